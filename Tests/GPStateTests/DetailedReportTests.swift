import ClusterModel
import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("gpstate -s")
struct DetailedReportTests {
    private let unavailable = "DATABASE IS PROBABLY UNAVAILABLE"

    /// The rows of one segment's block, warnings marked with `!`.
    private func block(_ facts: ClusterFacts, datadir: String) -> [String] {
        let lines = DetailedReport(facts).lines
        guard let middle = lines.firstIndex(where: { $0.text.contains("Datadir") && $0.text.hasSuffix(datadir) }) else {
            return []
        }
        let rows = lines[middle...].prefix { !$0.text.hasPrefix("---") && !$0.text.hasPrefix("***") }
        return rows.map { ($0.level == .warning ? "!" : "") + $0.text.split(separator: " ").joined(separator: " ") }
    }

    @Test("a cluster that runs well has no warning and exits 0")
    func healthy() throws {
        let report = DetailedReport(try SampleCluster.small())
        #expect(report.exitStatus == 0)
        #expect(report.lines.allSatisfy { $0.level == .info })
    }

    @Test("both copies of a content down: probably unavailable, twice, and exit 1")
    func doubleFault() throws {
        var facts = try SampleCluster.small { rows in
            for index in [1, 3] { rows[index].mode = .notInSync }
            rows[3].status = .down
        }
        var status = SampleCluster.up(pid: 1002)
        status.databaseStatus = .down
        facts.instances[DatabaseID(2)] = .fetched(status)
        facts.replication[ContentID(0)] = .failed(reason: "connection refused")
        let report = DetailedReport(facts)
        #expect(report.lines.count { $0.text == unavailable && $0.level == .warning } == 2)
        #expect(report.assessment.unservedContents == [ContentID(0)])
        #expect(report.lines[0] == .warning("could not query segment 2 (sdw1:7000)"))
        #expect(report.exitStatus == 1)
        #expect(report.json["summary"]["unserved_contents"] == .array([.int(0)]))
        #expect(report.json["pairs"][0]["served"] == .bool(false))
        #expect(report.json["pairs"][1]["served"] == .bool(true))
    }

    @Test("a dead primary with a mirror in sync is not yet unavailable")
    func mirrorServes() throws {
        var facts = try SampleCluster.small()
        facts.instances[DatabaseID(2)] = .failed(.unreachable(address: "sdw1"))
        let report = DetailedReport(facts)
        #expect(!report.assessment.isProbablyUnavailable)
        #expect(report.exitStatus == 1)
    }

    @Test("a host that does not answer is named in an own section, and has no PID row")
    func unreachable() throws {
        var facts = try SampleCluster.small()
        facts.instances[DatabaseID(4)] = .failed(.unreachable(address: "sdw2", reason: "timed out after 10 s"))
        let rows = block(facts, datadir: "/data/m0")
        #expect(rows.contains("Error Getting Segment Status"))
        #expect(rows.contains("Error Getting Segment Status = Error getting status from host sdw2"))
        #expect(!rows.contains { $0.hasPrefix("PID") || $0.hasPrefix("!PID") })
        #expect(rows.last == "!Segment status = Unknown -- unable to load segment status <<<<<<<<")
    }

    @Test("an unreachable coordinator host gives the original's doubled label")
    func coordinatorUnreachable() throws {
        var facts = try SampleCluster.small()
        facts.instances[DatabaseID(1)] = .failed(.unreachable(address: "cdw"))
        let texts = DetailedReport(facts).lines.filter { $0.level == .warning }.map(\.text)
        #expect(texts[0].hasPrefix("Coordinator port"))
        #expect(texts[0].contains("= Error fetching data: Error getting status from host cdw"))
        #expect(texts[1].hasPrefix("Greenplum current version"))
    }

    @Test("two connections of the mirror's kind leave everything unknown")
    func twoReceivers() throws {
        var facts = try SampleCluster.small()
        let sender = SampleCluster.sender("0/1")
        facts.replication[ContentID(0)] = .answered(
            ReplicationAnswer(senders: [sender, sender], currentLSN: "0/1"))
        #expect(
            DetailedReport(facts).lines[0] == .warning("pg_stat_replication shows more than one standby connection"))
        #expect(block(facts, datadir: "/data/p0").contains("!Bytes remaining to send to mirror = Unknown <<<<<<<<"))
        #expect(block(facts, datadir: "/data/p0").contains("Current write location = 0/1"))
        #expect(block(facts, datadir: "/data/m0").contains("!WAL Sent Location = Unknown <<<<<<<<"))
        #expect(block(facts, datadir: "/data/m0").contains("Mirror status = Synchronized"))
    }

    @Test("null columns are unknown, the others are shown")
    func nullColumns() throws {
        var facts = try SampleCluster.small()
        var sender = SampleCluster.sender("0/5")
        sender.state = "catchup"
        sender.flushLSN = nil
        sender.bytesToFlush = nil
        sender.bytesToSend = nil
        facts.replication[ContentID(0)] = .answered(ReplicationAnswer(senders: [sender], currentLSN: nil))
        let mirror = block(facts, datadir: "/data/m0")
        #expect(mirror.contains("Mirror status = Catchup"))
        #expect(mirror.contains("WAL Sent Location = 0/5"))
        #expect(mirror.contains("!WAL Flush Location = Unknown <<<<<<<<"))
        #expect(mirror.contains("!Bytes received but remain to flush = Unknown <<<<<<<<"))
        #expect(mirror.contains("Bytes received but remain to replay = 0"))
        let primary = block(facts, datadir: "/data/p0")
        #expect(primary.contains("!Current write location = Unknown <<<<<<<<"))
        #expect(primary.contains("!Bytes remaining to send to mirror = Unknown <<<<<<<<"))
    }

    @Test("a base backup shows on the primary and wins over a rewind")
    func backup() throws {
        var facts = try SampleCluster.small { rows in
            for index in [1, 3] { rows[index].mode = .notInSync }
            rows[3].status = .down
        }
        let backup = WALSender(
            applicationName: "pg_basebackup", state: "backup", backendStart: "2026-11-21 11:22:33+00:00")
        facts.replication[ContentID(0)] = .answered(
            ReplicationAnswer(senders: [backup], currentLSN: "0/1", rewindStarts: ["a", "b"]))
        let primary = block(facts, datadir: "/data/p0")
        #expect(primary.contains("Mirror status = Copying files from primary"))
        #expect(primary.contains("Mirror recovery start = 2026-11-21 11:22:33+00:00"))
        #expect(
            DetailedReport(facts).lines.prefix(2) == [
                .warning("pg_stat_activity has more than one rewinding mirror"),
                .warning("pg_stat_replication shows no standby connections"),
            ])
    }

    @Test("without mirrors there is neither mirroring nor replication")
    func withoutMirrors() throws {
        let report = DetailedReport(try SampleCluster.small { $0.removeAll { $0.role == .mirror } })
        #expect(!report.lines.contains { $0.text.contains("Mirroring Info") || $0.text.contains("Replication Info") })
        #expect(report.exitStatus == 0)
        // The longest label left is that of the configuration's status.
        #expect(report.lines.last?.text == "      Database status                   = Up")
    }

    @Test("an expansion ends the table with its own rows")
    func expansion() throws {
        var facts = try SampleCluster.small()
        facts.expansion = .replicatingMetadata
        let tail = DetailedReport(facts).lines.suffix(3)
        #expect(tail.first == .rule() && tail.last == .rule())
        #expect(tail.dropFirst().first?.text.hasPrefix("   Cluster Expansion ") == true)
    }
}
