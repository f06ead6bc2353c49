import ClusterModel
import Testing

@testable import GPState

@Suite("Facts")
struct FactsTests {
    @Test(
        "a timestamp is written as the original writes it",
        arguments: [
            ("2026-11-21 11:22:33+00", "2026-11-21 11:22:33+00:00"),
            ("2026-11-21 11:22:33.5+00", "2026-11-21 11:22:33.500000+00:00"),
            ("2026-11-21 11:22:33.123456-08", "2026-11-21 11:22:33.123456-08:00"),
            ("2026-11-21 11:22:33.000+05:30", "2026-11-21 11:22:33+05:30"),
            ("-infinity", "-infinity"), ("2026-11-21", "2026-11-21"), ("", ""),
        ])
    func timestamps(text: String, expected: String) { #expect(BackendStart.reportForm(of: text) == expected) }

    @Test("recovery progress takes the last line of each instance and skips what it cannot read")
    func progress() {
        let file = """
            full:5:  52784/278453 kB (18%), 0/1 tablespace (...r4/demoDataDir3/base/13720/16384)
            incremental:6:164848/1371715 kB (84%) copied
            full:5: 100000/278453 kB (35%), 0/1 tablespace
            differential:7:  1,036,923,510  99%   39.90MB/s    0:00:24
            full:5:pg_basebackup: base backup completed
            full:x:1/2 kB (50%)
            full
            """
        #expect(
            RecoveryProgress.parse(file) == [
                RecoveryProgress(
                    dbid: DatabaseID(5), kind: "full", completed: 100000, total: 278453, unit: "kB", percent: 35),
                RecoveryProgress(
                    dbid: DatabaseID(6), kind: "incremental", completed: 164848, total: 1_371_715, unit: "kB",
                    percent: 84),
            ])
    }

    @Test("a process ID is doubted in the original's words")
    func pidErrors() {
        func text(_ pid: Int, _ lock: Bool, _ socket: Bool) -> String? {
            PidError.text(
                pid: pid, lockFile: "/tmp/.s.PGSQL.7000.lock", port: 7000, hasLockFile: lock, isListening: socket)
        }
        #expect(
            text(1, false, false) == "No socket connection or lock file (/tmp/.s.PGSQL.7000.lock) found for port 7000")
        #expect(text(1, false, true) == "No lock file /tmp/.s.PGSQL.7000.lock but process running on port 7000")
        #expect(text(1, true, false) == "Have lock file /tmp/.s.PGSQL.7000.lock but no process running on port 7000")
        #expect(text(0, true, true) == "Have lock file and process is active, but did not get a pid value")
        #expect(text(1, true, true) == nil)
    }

    @Test("the catalog is believed before the process, and the process before the server")
    func states() throws {
        var segment = try SampleCluster.small().configuration.pairs[0].primary
        var status = SampleCluster.up(pid: 1)
        #expect(InstanceState(segment, .fetched(status)) == .database(.up))
        status.databaseStatus = nil
        #expect(InstanceState(segment, .fetched(status)) == .unknown)
        status.databaseStatus = .rejectingConnections
        #expect(InstanceState(segment, .fetched(status)).text == "Rejecting Connections")
        #expect(InstanceState(segment, .fetched(status)).isWarning)
        status.pidError = "No lock file"
        #expect(InstanceState(segment, .fetched(status)).text == "Process error -- database process may be down")
        #expect(
            InstanceState(segment, .failed(.unreachable(address: "sdw1"))).text
                == "Unknown -- unable to load segment status")
        segment.status = .down
        #expect(InstanceState(segment, .fetched(status)).text == "Down in configuration")
    }
}
