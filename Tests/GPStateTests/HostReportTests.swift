import ClusterModel
import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("gpstate -b, -f and -i")
struct HostReportTests {
    private func unmirrored() throws -> ClusterFacts {
        try SampleCluster.small { $0.removeAll { $0.role == .mirror } }
    }

    /// A cluster with a standby of whom this is known.
    private func withStandby(_ standby: InstanceFacts) throws -> ClusterFacts {
        var facts = try SampleCluster.small {
            $0.append(SampleCluster.segment(9, -1, .mirror, host: "scdw", port: 6001, directory: "/data/s"))
        }
        facts.instances[DatabaseID(9)] = standby
        return facts
    }

    @Test("-b is narrower without mirrors")
    func narrow() throws {
        let lines = BriefReport(try unmirrored()).lines
        #expect(lines[2].text == "   Coordinator instance                              = Active")
        #expect(
            lines.suffix(5) == [
                .rule(), .info("   Mirror Segment Status"), .rule(), .info("   Mirrors not configured on this array"),
                .rule(),
            ])
    }

    @Test("-b counts a host that does not answer as missing everything")
    func unreachable() throws {
        var facts = try SampleCluster.small()
        facts.instances[DatabaseID(2)] = .failed(.unreachable(address: "sdw1"))
        let tally = BriefReport(facts).primaries
        #expect(tally.pidFilesMissing == 1 && tally.pidsMissing == 1)
        #expect(tally.lockFilesMissing == 1 && tally.processesMissing == 1)
        #expect(tally.failures == 0)
        #expect(BriefReport(facts).exitStatus == 0)
    }

    @Test("-b counts a doubted process ID as a missing process alone")
    func doubtedPid() throws {
        var facts = try SampleCluster.small()
        var status = SampleCluster.up(pid: 7)
        status.pidError = "Have lock file"
        facts.instances[DatabaseID(4)] = .fetched(status)
        let tally = BriefReport(facts).mirrors
        #expect(tally.pidsMissing == 0 && tally.processesMissing == 1)
    }

    @Test("-b tells the standby's three states")
    func standbyStates() throws {
        func row(_ standby: InstanceFacts) throws -> ReportLine? {
            try BriefReport(withStandby(standby)).lines.first { $0.text.contains("Standby coordinator state") }
        }
        #expect(try row(.fetched(SampleCluster.up(pid: 5)))?.text.hasSuffix("= Standby host passive") == true)
        let down = try row(.fetched(InstanceStatus()))
        #expect(down?.level == .warning && down?.text.contains("= Standby host DOWN ") == true)
        let unknown = try row(.failed(.noOutput(address: "scdw")))
        #expect(
            unknown?.text.contains("= Status could not be determined: No status output provided from host scdw ")
                == true)
    }

    @Test("-f tells a standby that cannot be asked, has no process, or is in doubt")
    func standbyVariants() throws {
        func rows(_ standby: InstanceFacts) throws -> [ReportLine] {
            Array(try StandbyReport(withStandby(standby)).lines[5...6])
        }
        #expect(
            try rows(.failed(.unreachable(address: "scdw"))) == [
                .warning("Standby PID              = Error getting status from host scdw   <<<<<<<<"),
                .warning("Standby status           = Status could not be determined        <<<<<<<<"),
            ])
        #expect(
            try rows(.fetched(InstanceStatus())) == [
                .warning("Standby PID              = 0                             <<<<<<<<"),
                .warning("Standby status           = Standby process not running   <<<<<<<<"),
            ])
        #expect(
            try rows(.fetched(InstanceStatus(pid: 5, pidError: "No lock file"))) == [
                .warning("Standby PID              = 5                                No lock file   <<<<<<<<"),
                .warning("Standby status           = Status could not be determined   <<<<<<<<"),
            ])
    }

    @Test("-f tells how many rows of replication there are")
    func replicationRows() throws {
        var facts = try SampleCluster.small()
        #expect(StandbyReport(facts).lines[0] == .info("Standby coordinator instance not configured"))
        #expect(StandbyReport(facts).lines[4] == .info("No entries found."))
        facts.standbyReplication = [StandbyReplicationRow(state: "startup")]
        #expect(
            StandbyReport(facts).lines[4...8].map(\.text) == [
                "-WAL Sender State: startup", "-Sync state: None", "-Sent Location: None", "-Flush Location: None",
                "-Replay Location: None",
            ])
        facts.standbyReplication.append(StandbyReplicationRow())
        #expect(StandbyReport(facts).lines[4] == .warning("pg_stat_replication shows more than 1 row."))
    }

    @Test("-i tells differing and missing versions, one warning for each silent host")
    func versions() throws {
        var facts = try SampleCluster.small()
        facts.instances[DatabaseID(3)] = .fetched(SampleCluster.up(pid: 1, version: "PostgreSQL 13"))
        for dbid in [2, 5] { facts.instances[DatabaseID(dbid)] = .failed(.unreachable(address: "sdw1")) }
        let report = VersionsReport(facts)
        #expect(report.lines.count { $0 == .warning("Error getting status from host sdw1") } == 1)
        #expect(
            report.lines.suffix(2).map(\.text) == [
                "Versions for some segments do not match.  Review table above for details.",
                "Unable to retrieve version data from all segments.  Review table above for details.",
            ])
        #expect(report.exitStatus == 0)
        #expect(report.json["summary"]["same"] == .bool(false))
    }
}
