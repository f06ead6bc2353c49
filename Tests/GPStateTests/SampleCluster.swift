import ClusterModel

@testable import GPState

/// Clusters for the tests, as values.
enum SampleCluster {
    static let version =
        "PostgreSQL 12.12 (Greenplum Database 7.0.0 build commit:0a7a3566873325aca1789ae6f818c80f17a9402d) on "
        + "x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit compiled on "
        + "Nov 21 2026 11:42:18 Bhuvnesh C."
    static let build = "7.0.0 build commit:0a7a3566873325aca1789ae6f818c80f17a9402d"

    static func segment(
        _ dbid: Int, _ content: Int, _ role: SegmentRole, preferred: SegmentRole? = nil,
        mode: SegmentMode = .inSync, status: SegmentStatus = .up, host: String, port: Int, directory: String
    ) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: preferred ?? role,
            mode: mode, status: status, hostname: host, address: host, port: port, dataDirectory: directory)
    }

    /// The recorded healthy cluster: three mirrored contents and a standby, all on one host.
    static func healthy() throws -> ClusterFacts {
        let data = "/gpdata/demo/datadirs"
        var rows = [
            segment(
                1, -1, .primary, mode: .notInSync, host: "vm", port: 7000, directory: data + "/qddir/demoDataDir-1"),
            segment(8, -1, .mirror, host: "vm", port: 7001, directory: data + "/standby"),
        ]
        for content in 0...2 {
            rows.append(
                segment(
                    content + 2, content, .primary, host: "vm", port: 7002 + content,
                    directory: data + "/dbfast\(content + 1)/demoDataDir\(content)"))
            rows.append(
                segment(
                    content + 5, content, .mirror, host: "vm", port: 7005 + content,
                    directory: data + "/dbfast_mirror\(content + 1)/demoDataDir\(content)"))
        }
        var facts = try wellRunning(rows, location: "0/C000060", version: version)
        let pids = [1: 19468, 8: 21026, 2: 19435, 5: 20549, 3: 19440, 6: 20532, 4: 19439, 7: 20531]
        for (dbid, pid) in pids {
            facts.instances[DatabaseID(dbid)] = .fetched(up(pid: pid, version: version))
        }
        facts.standbyReplication = [
            StandbyReplicationRow(
                state: "streaming", syncState: "sync", sentLSN: "0/C0069F8", flushLSN: "0/C0069F8",
                replayLSN: "0/C0069F8")
        ]
        return facts
    }

    /// Two contents on two hosts, mirrored crosswise, without a standby; `change` edits the rows first.
    static func small(_ change: (inout [Segment]) -> Void = { _ in }) throws -> ClusterFacts {
        var rows = [
            segment(1, -1, .primary, mode: .notInSync, host: "cdw", port: 6000, directory: "/data/c"),
            segment(2, 0, .primary, host: "sdw1", port: 7000, directory: "/data/p0"),
            segment(3, 1, .primary, host: "sdw2", port: 7000, directory: "/data/p1"),
            segment(4, 0, .mirror, host: "sdw2", port: 7001, directory: "/data/m0"),
            segment(5, 1, .mirror, host: "sdw1", port: 7001, directory: "/data/m1"),
        ]
        change(&rows)
        return try wellRunning(rows, location: "0/3000060", version: "PostgreSQL 12.12")
    }

    static func up(pid: Int, version: String = "PostgreSQL 12.12") -> InstanceStatus {
        InstanceStatus(pid: pid, hasPidFile: true, hasLockFile: true, databaseStatus: .up, version: version)
    }

    /// A WAL sender with nothing left to do.
    static func sender(_ location: String) -> WALSender {
        WALSender(
            applicationName: "gp_walreceiver", state: "streaming", sentLSN: location, flushLSN: location,
            bytesToFlush: 0, replayLSN: location, bytesToReplay: 0, backendStart: nil, bytesToSend: 0)
    }

    private static func wellRunning(_ rows: [Segment], location: String, version: String) throws -> ClusterFacts {
        let configuration = try ClusterConfiguration(rows: rows)
        var facts = ClusterFacts(
            configuration: configuration, coordinatorDirectory: configuration.coordinator.dataDirectory,
            programDirectory: "/opt/gpha/bin")
        for instance in configuration.allInstances {
            facts.instances[instance.dbid] = .fetched(up(pid: 1000 + instance.dbid.rawValue, version: version))
        }
        for pair in configuration.pairs {
            facts.replication[pair.content] = .answered(
                ReplicationAnswer(senders: [sender(location)], currentLSN: location))
            facts.synchronization[pair.content] = .answered([SynchronizationRow(bytes: 0, syncState: "sync")])
        }
        facts.session = CoordinatorSession(initialVersion: build, serverVersion: "12.12", role: .dispatch)
        return facts
    }
}

extension [Segment] {
    /// A content's mirror is marked down.
    mutating func loseMirror(of content: Int) {
        for index in indices where self[index].content == ContentID(content) {
            self[index].mode = .notInSync
            if self[index].role == .mirror { self[index].status = .down }
        }
    }
}
