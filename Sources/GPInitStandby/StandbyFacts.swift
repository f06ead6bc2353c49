import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell

/// Where the standby is to be.
struct StandbyPlace: Sendable, Equatable {
    var host: String
    var port: Int
    var dataDirectory: String
}

/// Everything the plan is computed from, gathered without changing anything.
struct StandbyFacts: Sendable {
    var cluster: ClusterConfiguration
    var wanted: StandbyPlace
    var replaces: Bool
    var source: SourceSurvey
    var stream: StandbyStream
    /// By host name: the standby's and the coordinator's.
    var hosts: [String: Result<HostSurvey, GatherFailure>] = [:]
    /// Whether the coordinator's host knows an address for the standby's host name.
    var isResolved = false
    /// The former coordinator's directory, where it lies in the wanted place.
    var former: FormerDirectory?
    /// The `pg_hba.conf` of each instance but the standby's.
    var accessTexts: [DatabaseID: Result<String, GatherFailure>] = [:]

    var survey: HostSurvey? { try? hosts[wanted.host]?.get() }
    var place: HostSurvey.Place? { survey?.places.first }
    /// Room where the data directory is to be; nil when unknown.
    var freeBytes: Int? { place?.spaces[wanted.dataDirectory]?.freeBytes }

    /// The dbid the catalog gives to a new standby: the highest of those that stay, and one more.
    var nextDatabaseID: DatabaseID {
        let others = cluster.allInstances.filter { $0.dbid != cluster.standby?.dbid || !replaces }
        return DatabaseID((others.map(\.dbid.rawValue).max() ?? 0) + 1)
    }

    /// Where the server's own connections to the standby go.
    func address(_ engine: Engine) -> String {
        let known = cluster.allInstances.first { $0.hostname == wanted.host && $0.dbid != cluster.standby?.dbid }
        guard engine.connectsByAddress else { return wanted.host }
        if let known { return known.address }
        return isResolved ? wanted.host : survey?.shellAddress ?? wanted.host
    }
}

/// Asks the coordinator, the hosts and the segments what the plan needs to know.
struct StandbyPlanner: Sendable {
    let access: ClusterAccess
    let hostTimeout: Duration

    /// Gathers all facts; a host that does not answer is a fact of its own.
    ///
    /// - Throws: what the coordinator answers when it cannot be asked.
    func gather(_ cluster: ClusterConfiguration, _ wanted: StandbyPlace, replaces: Bool) async throws -> StandbyFacts {
        let (source, stream) = try await access.withCoordinator { connection in
            (try SourceSurvey.ask(connection), try StandbyStream.ask(connection))
        }
        var facts = StandbyFacts(
            cluster: cluster, wanted: wanted, replaces: replaces, source: source, stream: stream)
        let coordinator = cluster.coordinator
        async let texts = accessTexts(
            [(coordinator, source.hbaFile)] + cluster.segments.map { ($0, $0.accessFile) })
        async let resolved = isResolved(wanted.host, on: coordinator.hostname)
        async let own = access.survey(coordinator.hostname, [], siblings: [], timeout: hostTimeout)
        let (question, siblings) = (Self.question(facts, access.engine), siblings(facts))
        async let other = access.survey(wanted.host, [question], siblings: siblings, timeout: hostTimeout)
        facts.hosts[coordinator.hostname] = await own
        facts.hosts[wanted.host] = await other
        facts.isResolved = await resolved
        facts.accessTexts = await texts
        let isInCatalog = cluster.allInstances.contains {
            $0.hostname == wanted.host && $0.dataDirectory == wanted.dataDirectory
        }
        if facts.place?.directory == .foreign, !isInCatalog {
            facts.former = await FormerDirectory.find(
                wanted, systemIdentifier: source.systemIdentifier, access, timeout: hostTimeout)
        }
        return facts
    }

    /// What the standby's host is asked about its place.
    static func question(_ facts: StandbyFacts, _ engine: Engine) -> HostSurvey.Question {
        let coordinator = facts.cluster.coordinator
        // An unfinished standby has its dbid already.
        let row = facts.replaces ? nil : facts.cluster.standby
        let tablespaces = engine.tablespaceDirectories(of: facts.source, for: row?.dbid ?? facts.nextDatabaseID)
        return HostSurvey.Question(
            dataDirectory: facts.wanted.dataDirectory, address: facts.wanted.host, port: facts.wanted.port,
            sourceHost: engine.connectionHost(of: coordinator), sourcePort: coordinator.port,
            sourceSockets: facts.source.firstSocketDirectory, tablespaces: tablespaces)
    }

    /// Instances on the standby's host that stay there.
    private func siblings(_ facts: StandbyFacts) -> [Segment] {
        facts.cluster.allInstances.filter {
            $0.hostname == facts.wanted.host && $0.dbid != facts.cluster.standby?.dbid
        }
    }

    private func isResolved(_ host: String, on coordinator: String) async -> Bool {
        let command = ShellCommand(
            "getent ahosts \(ShellQuoting.word(host)) >/dev/null", purpose: "looking up \(host)", timeout: hostTimeout)
        return (try? await access.shell.run(command, on: coordinator))?.succeeded == true
    }

    /// Reads the files of all these instances.
    func accessTexts(_ files: [(Segment, String)]) async -> [DatabaseID: Result<String, GatherFailure>] {
        let answers = await fanOut(files.map { AccessFile(instance: $0.0, path: $0.1) }, limit: 64) { file in
            do {
                let text = try await HostFiles.read(file.path, on: file.instance.hostname, access.shell).text
                return (file.instance.dbid, Result<String, GatherFailure>.success(text))
            } catch {
                return (file.instance.dbid, .failure(GatherFailure(error)))
            }
        }
        return Dictionary(uniqueKeysWithValues: answers)
    }

    private struct AccessFile: Sendable {
        let instance: Segment
        let path: String
    }
}

extension Segment {
    /// Its `pg_hba.conf`, where Greenplum's own tools expect it.
    var accessFile: String { "\(dataDirectory)/pg_hba.conf" }
}
