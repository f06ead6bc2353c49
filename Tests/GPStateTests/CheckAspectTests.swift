import ClusterModel
import ClusterOperations
import Testing

@testable import GPState

@Suite("What a check makes of facts")
struct CheckAspectTests {
    private func status(_ facts: MonitorFacts, _ aspect: CheckAspect) -> CheckStatus? {
        MonitoredCluster.check(facts)[aspect]?.status
    }

    @Test("nothing is wrong with a healthy cluster, in any aspect")
    func healthy() throws {
        let results = MonitoredCluster.check(try MonitoredCluster.healthy())
        #expect(results.count == 10)
        for result in results.values { #expect(result.status == .ok, "\(result)") }
        #expect(results[.replicationLag]?.summary == "at most 4 kB behind (standby sdw1:6001)")
        #expect(results[.standby]?.summary == "standby sdw1:6001 streams in sync, 4 kB behind")
        #expect(results[.disk]?.summary == "file systems are at most 30 % full (cdw:/data)")
    }

    @Test("a mirror marked down is critical, names its content and place, and exposes its primary's host")
    func mirrorDown() throws {
        let facts = try MonitoredCluster.healthy { rows in
            for index in rows.indices where rows[index].content == ContentID(3) {
                rows[index].mode = .notInSync
                if rows[index].role == .mirror { rows[index].status = .down }
            }
        }
        let results = MonitoredCluster.check(facts)
        #expect(results[.segmentsUp]?.status == .critical)
        #expect(results[.segmentsUp]?.summary == "1 of 4 contents unprotected: content 3 (sdw1:7103 down)")
        #expect(results[.segmentsUp]?.performance.first?.value == 1)
        #expect(results[.inSync]?.status == .warning)
        #expect(results[.inSync]?.details == ["content 3: mirror sdw1:7103 is marked down"])
        #expect(results[.oneMoreHostLoss]?.status == .warning)
        #expect(results[.oneMoreHostLoss]?.summary == "losing sdw2 now stops the cluster")
        #expect(results[.oneMoreHostLoss]?.details == ["sdw2 has the last copy of content 3"])
        #expect(results[.disk]?.status == .ok && results[.versions]?.status == .ok)
    }

    @Test("a primary that does not answer is critical although the catalog has it up; the rest is judged")
    func hungPrimary() throws {
        var facts = try MonitoredCluster.healthy()
        facts.instances[DatabaseID(2)] = InstanceAnswer(
            status: .down, reason: "timeout expired connecting to sdw1:7000")
        let results = MonitoredCluster.check(facts)
        #expect(results[.segmentsUp]?.status == .critical)
        #expect(
            results[.segmentsUp]?.summary == "1 of 4 contents unprotected: content 0 (sdw1:7000 does not answer)")
        #expect(results[.segmentsUp]?.details.first?.hasSuffix("timeout expired connecting to sdw1:7000") == true)
        #expect(results[.replicationLag]?.status == .unknown)
        #expect(results[.versions]?.status == .unknown)
        #expect(results[.retainedWAL]?.status == .unknown)
        #expect(results[.oneMoreHostLoss]?.summary == "losing sdw2 now stops the cluster")
        #expect(results[.preferredRoles]?.status == .ok && results[.coordinator]?.status == .ok)
        // What was not asked in time is not known, and that is what it is called.
        facts.instances[DatabaseID(2)] = nil
        #expect(status(facts, .segmentsUp) == .unknown)
        #expect(status(facts, .oneMoreHostLoss) == .unknown)
    }

    @Test("both copies gone is a lost content, critical whatever the thresholds are")
    func lostContent() throws {
        var facts = try MonitoredCluster.healthy()
        for dbid in [2, 6] { facts.instances[DatabaseID(dbid)] = InstanceAnswer(status: .down, reason: "refused") }
        var thresholds = Thresholds()
        try thresholds.set(\.critical, "segments-up=off,one-more-host-loss=off", option: "--critical")
        let results = MonitoredCluster.check(facts, CheckAspect.allCases, thresholds)
        #expect(results[.segmentsUp]?.status == .critical)
        #expect(
            results[.segmentsUp]?.summary
                == "1 of 4 contents lost: content 0 (sdw1:7000 does not answer, sdw2:7100 does not answer)")
        #expect(results[.oneMoreHostLoss]?.status == .critical)
        #expect(results[.oneMoreHostLoss]?.summary.hasPrefix("content 0 lost already; ") == true)
    }

    @Test("the standby is judged by what the coordinator sees of it, in three degrees")
    func standby() throws {
        var facts = try MonitoredCluster.healthy()
        let coordinator = DatabaseID(1)
        facts.instances[coordinator]?.stream = MonitoredCluster.streaming(behind: 0, sync: "async")
        #expect(status(facts, .standby) == .warning)
        #expect(status(facts, .oneMoreHostLoss) == .warning)
        facts.instances[coordinator]?.stream = StandbyStreamFacts()
        #expect(status(facts, .standby) == .critical)
        #expect(MonitoredCluster.check(facts)[.standby]?.summary == "standby sdw1:6001 is not connected")
        let none = try MonitoredCluster.healthy { $0.removeAll { $0.dbid == DatabaseID(10) } }
        #expect(status(none, .standby) == .warning)
        #expect(MonitoredCluster.check(none)[.oneMoreHostLoss]?.details == ["cdw has the last copy of the coordinator"])
    }

    @Test("a silent coordinator is critical, the rest is judged by the remembered catalog, or not at all")
    func coordinatorDown() throws {
        var facts = try MonitoredCluster.healthy()
        facts.coordinator = .silent("Greenplum database appears to be stopped")
        facts.catalogAge = 200
        facts.instances[DatabaseID(1)] = nil
        let results = MonitoredCluster.check(facts)
        #expect(results[.coordinator]?.status == .critical)
        #expect(
            results[.coordinator]?.summary == "coordinator does not answer: Greenplum database appears to be stopped")
        #expect(results[.segmentsUp]?.status == .ok)
        #expect(results[.segmentsUp]?.details.first == "judged by the catalog as it was 3 min ago")
        #expect(results[.standby]?.status == .unknown)
        facts.configuration = nil
        let blind = MonitoredCluster.check(facts)
        for (aspect, result) in blind { #expect(result.status == (aspect == .coordinator ? .critical : .unknown)) }
    }

    @Test("lag, switched roles, versions and full disks are judged by their thresholds and name the worst")
    func numbers() throws {
        var facts = try MonitoredCluster.healthy { rows in
            for index in rows.indices where rows[index].content == ContentID(1) {
                rows[index].preferredRole = rows[index].role == .primary ? .mirror : .primary
            }
        }
        facts.instances[DatabaseID(4)]?.stream = MonitoredCluster.streaming(behind: 2 << 30)
        facts.instances[DatabaseID(5)]?.version = "PostgreSQL 15.17 on x86_64"
        facts.hosts["sdw2"] = .success(
            HostAnswer(spaces: [DatabaseID(4): [MonitoredCluster.space(.data, used: 74)]]))
        let results = MonitoredCluster.check(facts)
        #expect(results[.replicationLag]?.status == .warning)
        #expect(results[.replicationLag]?.summary == "at most 2 GB behind (mirror sdw1:7102)")
        #expect(results[.replicationLag]?.details == ["mirror sdw1:7102 is 2 GB behind"])
        #expect(results[.preferredRoles]?.status == .warning)
        #expect(results[.preferredRoles]?.summary == "1 of 4 contents not in preferred roles: content 1")
        #expect(results[.versions]?.status == .warning)
        #expect(results[.versions]?.details.last == "1 of 10: PostgreSQL 15.17 on x86_64 (sdw2:7003)")
        #expect(results[.versions]?.details.count == 2)
        #expect(results[.disk]?.status == .warning)
        #expect(results[.disk]?.details.first == "sdw2:/data is 74 % full, 26 GB free")
        facts.hosts["sdw2"] = .failure(GatherFailure(OperationError("sdw2: no route to host")))
        #expect(MonitoredCluster.check(facts)[.disk]?.status == .unknown)
        #expect(MonitoredCluster.check(facts)[.disk]?.details == ["sdw2: no route to host"])
        #expect(
            MonitoredCluster.check(facts)[.disk]?.summary
                == "file systems are at most 30 % full (cdw:/data), 1 not known")
    }

    @Test("WAL that an idle slot keeps is measured against the disk and the server's limit, at the rate that was seen")
    func retainedWAL() throws {
        var facts = try MonitoredCluster.healthy()
        let primary = DatabaseID(2)
        facts.instances[primary]?.slots = [MonitoredCluster.slot(active: false, kept: 512 << 20)]
        facts.instances[primary]?.growth = WALGrowth(bytes: 10 << 20, seconds: 1)
        // 70 GB free at 10 MB/s: two hours.
        let filling = try #require(MonitoredCluster.check(facts)[.retainedWAL])
        #expect(filling.status == .critical)
        #expect(filling.performance.map(\.value) == [Double(512 << 20), 7168])
        #expect(
            filling.summary == "slots keep at most 512 MB of WAL (sdw1:7000), the disk is full in 119 min "
                + "at the rate of the last second")
        facts.instances[primary]?.slotLimit = 1 << 30
        #expect(MonitoredCluster.check(facts)[.retainedWAL]?.performance.last?.value == 51)
        facts.instances[primary]?.growth = WALGrowth(bytes: 0, seconds: 1)
        #expect(status(facts, .retainedWAL) == .ok)
        facts.instances[primary]?.slots = [MonitoredCluster.slot(active: false, kept: 0, status: "lost")]
        #expect(status(facts, .retainedWAL) == .critical)
        facts.instances[primary]?.slots = [MonitoredCluster.slot(active: true, kept: 11 << 30)]
        #expect(status(facts, .retainedWAL) == .critical)
    }

    @Test("a cluster without mirrors is told so, as a warning")
    func mirrorless() throws {
        let facts = try MonitoredCluster.healthy { $0.removeAll { $0.role == .mirror && !$0.isCoordinatorPair } }
        let results = MonitoredCluster.check(facts)
        #expect(results[.inSync]?.status == .warning)
        #expect(results[.inSync]?.summary == "no mirrors are configured")
        #expect(results[.segmentsUp]?.status == .ok)
        #expect(results[.oneMoreHostLoss]?.performance.first?.value == 2)
    }

    @Test("only what the aspects need is asked")
    func needs() {
        #expect(ClusterCheck.needs([.coordinator, .preferredRoles]) == [])
        #expect(ClusterCheck.needs([.disk]) == .hosts)
        #expect(ClusterCheck.needs([.segmentsUp, .versions]) == .instances)
        #expect(ClusterCheck.needs(CheckAspect.allCases) == [.instances, .hosts])
    }
}
