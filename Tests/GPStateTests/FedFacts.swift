import ClusterModel
import Reporting
import TestSupport

@testable import GPState

/// Turns a recorded state into the facts that the original's gatherer got from it.
///
/// The recording names catalog rows and replication rows. What its simulated hosts answered beyond that is the same in
/// all recordings and stands here.
enum FedFacts {
    static let location = "0/C0002A0"

    static func read(_ text: String) throws -> ClusterFacts {
        let state = try JSONReader.read(text)
        let configuration = try ClusterConfiguration(rows: state["segments"].elements.map(segment))
        var facts = ClusterFacts(
            configuration: configuration, coordinatorDirectory: configuration.coordinator.dataDirectory,
            programDirectory: "/gpdata01/gphome/bin")
        let failing = state["fail"].elements.compactMap(\.string)
        let utilityOnly = state["utility_ok"].elements.compactMap(\.string)
        for instance in configuration.allInstances {
            facts.instances[instance.dbid] = .fetched(host(instance, version: state["version"].string))
        }
        for pair in configuration.pairs {
            let server = "\(pair.primary.hostname):\(pair.primary.port)"
            guard !failing.contains(server) else {
                facts.replication[pair.content] = .failed(reason: "connection refused")
                facts.synchronization[pair.content] = .failed(reason: "connection refused")
                continue
            }
            let rows = state["repl"][server].elements
            let rewinds = pair.mirror?.status == .down ? state["activity"][server].elements : []
            facts.replication[pair.content] = .answered(
                ReplicationAnswer(
                    senders: rows.map(sender), currentLSN: location, rewindStarts: rewinds.compactMap { $0[0].string }))
            facts.synchronization[pair.content] = .answered(
                rows.map { SynchronizationRow(bytes: $0["bytes"].int, syncState: $0["sync"].string) })
        }
        let coordinator = "localhost:\(configuration.coordinator.port)"
        let isUtility = failing.contains(coordinator) && utilityOnly.contains(coordinator)
        facts.session = CoordinatorSession(
            initialVersion: state["initdb"].string ?? "", serverVersion: "12.12",
            role: isUtility ? .utility : .dispatch)
        facts.standbyReplication = state["repl"][coordinator].elements.map(standbyRow)
        facts.expansion = expansion(state)
        return facts
    }

    /// `[dbid, content, role, preferred role, mode, status, host, address, port, directory]`.
    private static func segment(_ row: JSONValue) throws -> Segment {
        struct Malformed: Error {}
        guard let dbid = row[0].int, let content = row[1].int,
            let role = row[2].string.flatMap(SegmentRole.init), let preferred = row[3].string.flatMap(SegmentRole.init),
            let mode = row[4].string.flatMap(SegmentMode.init), let status = row[5].string.flatMap(SegmentStatus.init),
            let hostname = row[6].string, let address = row[7].string, let port = row[8].int,
            let directory = row[9].string
        else { throw Malformed() }
        return Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: preferred, mode: mode,
            status: status, hostname: hostname, address: address, port: port, dataDirectory: directory)
    }

    /// What the simulated hosts said of an instance.
    ///
    /// Every port had its lock file and socket. Directories below `/gpdata01/data` had a `postmaster.pid`, those below
    /// `/gpdata01/mir` did not exist. `pg_isready` found the server on port 17005 down and every other one up.
    private static func host(_ segment: Segment, version: String?) -> InstanceStatus {
        let hasDirectory = segment.dataDirectory.hasPrefix("/gpdata01/data/")
        let isStale = segment.port == 17005
        let pid = !hasDirectory ? 0 : isStale ? 30529 : 33000 + segment.port
        return InstanceStatus(
            pid: pid,
            pidError: PidError.text(
                pid: pid, lockFile: "/tmp/.s.PGSQL.\(segment.port).lock", port: segment.port, hasLockFile: true,
                isListening: true),
            hasPidFile: hasDirectory, hasLockFile: true, databaseStatus: isStale ? .down : .up, version: version)
    }

    private static func sender(_ row: JSONValue) -> WALSender {
        WALSender(
            applicationName: row["app"].string, state: row["state"].string, sentLSN: row["sent"].string,
            flushLSN: row["flush"].string, bytesToFlush: row["flush_left"].int, replayLSN: row["replay"].string,
            bytesToReplay: row["replay_left"].int, backendStart: row["start"].string,
            bytesToSend: row["sent_left"].int)
    }

    private static func standbyRow(_ row: JSONValue) -> StandbyReplicationRow {
        StandbyReplicationRow(
            state: row["state"].string, syncState: row["sync"].string, sentLSN: row["sent"].string,
            flushLSN: row["flush"].string, replayLSN: row["replay"].string)
    }

    private static func expansion(_ state: JSONValue) -> ExpansionFacts {
        guard state["expand"].int == 1, let status = state["expand_status"].string else { return .none }
        return .redistributing(
            status: status,
            tables: state["expand_detail"].elements.map {
                ExpansionTable(
                    database: $0[0].string ?? "", name: $0[1].string ?? "", status: $0[2].string ?? "")
            })
    }
}
