import BlockingWork
public import ClusterModel
public import PostgresClient
import RemoteShell

/// What primaries and hosts say before mirrors are copied or recovered: gathered in parallel, nothing changed.
public struct PairSurvey: Sendable {
    /// By content ID.
    public var sources: [ContentID: Result<SourceSurvey, GatherFailure>] = [:]
    /// By host name.
    public var hosts: [String: Result<HostSurvey, GatherFailure>] = [:]
    /// The pg_hba.conf of each primary, by content ID.
    public var hbaTexts: [ContentID: Result<String, GatherFailure>] = [:]

    public init() {}
}

/// Asks primaries and hosts; one that does not answer is a fact of its own.
public struct PairSurveyor: Sendable {
    public let access: ClusterAccess
    public let hostLimit: Int
    public let hostTimeout: Duration
    private let provesReplication: Bool
    private let further: FurtherQuestions

    /// What else a primary is asked in the session that is open anyway, with what it has said by then.
    public typealias FurtherQuestions = @Sendable (Segment, borrowing PostgresConnection, SourceSurvey) -> Void

    /// - Parameter provesReplication: whether the mirrors' hosts try to connect for replication, which tells who is let in.
    public init(
        access: ClusterAccess, hostLimit: Int, hostTimeout: Duration, provesReplication: Bool = false,
        further: @escaping FurtherQuestions = { _, _, _ in }
    ) {
        self.access = access
        self.hostLimit = hostLimit
        self.hostTimeout = hostTimeout
        self.provesReplication = provesReplication
        self.further = further
    }

    /// Gathers what is to be known about mirrors at these places.
    ///
    /// - Parameter instances: all of the cluster: a host's socket directory is found by them.
    public func gather(_ places: [MirrorPlacement], instances: [Segment]) async -> PairSurvey {
        var survey = PairSurvey()
        let sources = await fanOut(places, limit: 64) { await (content: $0.primary.content, source($0.primary)) }
        for (content, answer) in sources { survey.sources[content] = answer }
        let known = survey.sources
        async let texts = hbaTexts(places, known)
        survey.hosts = await hosts(places, instances, known)
        survey.hbaTexts = await texts
        return survey
    }

    /// How long a primary that says that it is starting is asked again: the catalog names a promoted mirror before its
    /// promotion is over.
    private static let startingPatience = Duration.seconds(10)

    private func source(_ primary: Segment) async -> Result<SourceSurvey, GatherFailure> {
        let deadline = Deadline.after(Self.startingPatience)
        while true {
            do {
                return .success(
                    try await access.withSegment(primary) { [further] connection in
                        let survey = try SourceSurvey.ask(connection)
                        further(primary, connection, survey)
                        return survey
                    })
            } catch {
                guard (error as? PostgresError)?.isServerStarting == true, !deadline.isPast, !Task.isCancelled else {
                    return .failure(GatherFailure(error))
                }
                try? await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    private func hosts(
        _ places: [MirrorPlacement], _ instances: [Segment],
        _ sources: [ContentID: Result<SourceSurvey, GatherFailure>]
    ) async -> [String: Result<HostSurvey, GatherFailure>] {
        let byHost = Dictionary(grouping: places, by: \.hostname)
        // The primaries' hosts are asked too: their addresses go into pg_hba.conf.
        let names = Set(byHost.keys).union(places.map(\.primary.hostname)).sorted()
        let siblings = Dictionary(grouping: instances, by: \.hostname)
        let answers = await fanOut(names, limit: hostLimit) { name in
            let questions = (byHost[name] ?? []).map { question($0, sources) }
            return await access.survey(name, questions, siblings: siblings[name] ?? [], timeout: hostTimeout)
        }
        return Dictionary(uniqueKeysWithValues: zip(names, answers))
    }

    private func question(
        _ place: MirrorPlacement, _ sources: [ContentID: Result<SourceSurvey, GatherFailure>]
    ) -> HostSurvey.Question {
        let source = try? sources[place.primary.content]?.get()
        let build = MirrorBuild(
            engine: access.engine, binaryDirectory: access.location.binaryDirectory, user: access.user)
        return HostSurvey.Question(
            dataDirectory: place.dataDirectory, address: place.address, port: place.port,
            sourceHost: access.engine.connectionHost(of: place.primary), sourcePort: place.primary.port,
            sourceConnection: provesReplication ? build.replicationConnection(place.primary, timeout: 5) : "",
            sourceSockets: source?.firstSocketDirectory ?? "",
            tablespaces: access.engine.tablespacesAreSeparate ? [] : (source?.tablespaces ?? []).map(\.directory))
    }

    private func hbaTexts(
        _ places: [MirrorPlacement], _ sources: [ContentID: Result<SourceSurvey, GatherFailure>]
    ) async -> [ContentID: Result<String, GatherFailure>] {
        let answers = await fanOut(places, limit: 64) { place -> (ContentID, Result<String, GatherFailure>)? in
            let primary = place.primary
            guard let source = try? sources[primary.content]?.get() else { return nil }
            if let text = source.hbaText { return (primary.content, .success(text)) }
            do {
                let file = try await HostFiles.read(source.hbaFile, on: primary.hostname, access.shell)
                return (primary.content, .success(file.text))
            } catch {
                return (primary.content, .failure(GatherFailure(error)))
            }
        }
        return Dictionary(answers.compactMap { $0 }) { first, _ in first }
    }
}
