import ClusterModel
import ClusterOperations

@testable import GPState

/// What a monitor heard of a cluster, as values.
enum MonitoredCluster {
    /// Four contents on two hosts, mirrored crosswise, with a standby on sdw1, all well; `change` edits the rows first.
    static func healthy(_ change: (inout [Segment]) -> Void = { _ in }) throws -> MonitorFacts {
        var rows = [
            SampleCluster.segment(1, -1, .primary, mode: .notInSync, host: "cdw", port: 6000, directory: "/data/c"),
            SampleCluster.segment(10, -1, .mirror, host: "sdw1", port: 6001, directory: "/data/s"),
        ]
        for content in 0..<4 {
            let (own, other) = content < 2 ? ("sdw1", "sdw2") : ("sdw2", "sdw1")
            rows.append(
                SampleCluster.segment(
                    2 + content, content, .primary, host: own, port: 7000 + content, directory: "/data/p\(content)"))
            rows.append(
                SampleCluster.segment(
                    6 + content, content, .mirror, host: other, port: 7100 + content, directory: "/data/m\(content)"))
        }
        change(&rows)
        let configuration = try ClusterConfiguration(rows: rows)
        var facts = MonitorFacts(coordinator: .answered(seconds: 0.012))
        facts.configuration = configuration
        facts.isServiceRunning = true
        facts.seconds = 0.25
        for segment in configuration.allInstances where segment.status == .up {
            facts.instances[segment.dbid] = answer(segment, hasMirror: configuration.peer(of: segment)?.status == .up)
        }
        for host in configuration.hostnames {
            var answer = HostAnswer()
            for segment in configuration.allInstances where segment.hostname == host {
                answer.spaces[segment.dbid] = [space(.data), space(.wal)]
            }
            facts.hosts[host] = .success(answer)
        }
        return facts
    }

    static func space(_ purpose: FileSystemSpace.Purpose, used: Int = 30) -> FileSystemSpace {
        FileSystemSpace(
            purpose: purpose, mountPoint: "/data", sizeBytes: 105 << 30, usedBytes: used << 30,
            availableBytes: (100 - used) << 30)
    }

    private static func answer(_ segment: Segment, hasMirror: Bool) -> InstanceAnswer {
        var answer = InstanceAnswer(status: .up, version: "PostgreSQL 15.18 on x86_64", isComplete: true)
        guard segment.role == .primary else { return answer }
        if !segment.isCoordinatorPair { answer.secondsSinceProbe = 2.5 }
        answer.slots = [slot(active: hasMirror, kept: 1 << 20)]
        answer.stream = hasMirror ? streaming(behind: 4096) : StandbyStreamFacts()
        return answer
    }

    static func slot(active: Bool, kept: Int, status: String = "reserved") -> SlotFacts {
        SlotFacts(name: "internal_wal_replication_slot", isActive: active, walStatus: status, retainedBytes: kept)
    }

    static func streaming(behind: Int, sync: String = "sync") -> StandbyStreamFacts {
        var stream = StandbyStreamFacts(state: "streaming", syncState: sync, currentLSN: "0/3000000")
        stream.sent = .init(lsn: "0/3000000", behind: "0")
        stream.flushed = .init(lsn: "0/3000000", behind: "0")
        stream.replayed = .init(lsn: "0/2FFF000", behind: "\(behind)")
        return stream
    }

    /// The results by aspect.
    static func check(
        _ facts: MonitorFacts, _ aspects: [CheckAspect] = CheckAspect.allCases, _ thresholds: Thresholds = Thresholds()
    ) -> [CheckAspect: AspectResult] {
        let results = ClusterCheck(facts: facts, thresholds: thresholds).results(aspects)
        return Dictionary(uniqueKeysWithValues: results.map { ($0.aspect, $0) })
    }
}
