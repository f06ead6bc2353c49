import ClusterModel

@testable import ClusterModel
@testable import ClusterOperations
@testable import GPRecoverSeg

/// Facts for plans, as values: two contents on three hosts; the mirror of each is down.
struct PlannedRecovery {
    static let engine = Engine(family: .embedded, postgresMajor: 15)
    var facts: RecoveryFacts

    static func segment(
        _ dbid: Int, _ content: Int, _ role: SegmentRole = .primary, on host: String, port: Int
    ) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: role, mode: .notInSync,
            status: role == .primary ? .up : .down, hostname: host, address: host, port: port,
            dataDirectory: "/d/\(dbid)")
    }

    init() throws {
        let primaries = [Self.segment(2, 0, on: "sdw1", port: 6000), Self.segment(3, 1, on: "sdw2", port: 6000)]
        let mirrors = [
            Self.segment(4, 0, .mirror, on: "sdw2", port: 7000), Self.segment(5, 1, .mirror, on: "sdw3", port: 7000),
        ]
        let coordinator = Self.segment(1, -1, on: "cdw", port: 5432)
        let cluster = try ClusterConfiguration(rows: [coordinator] + primaries + mirrors)
        facts = RecoveryFacts(
            cluster: cluster, origin: .standard, requests: RecoveryDemands.inPlace(cluster))
        for (primary, mirror) in zip(primaries, mirrors) {
            facts.survey.sources[primary.content] = .success(Self.source(primary))
            facts.survey.hbaTexts[primary.content] = .success("local all all trust\n")
            facts.sources[primary.content] = Self.sourceFacts(primary)
            facts.targets[mirror.dbid] = Self.target(mirror)
        }
        for host in ["sdw1", "sdw2", "sdw3"] {
            var survey = try HostSurvey(output: "", questions: [])
            survey.addresses = ["10.0.0.\(host.last ?? "9")"]
            survey.places = mirrors.filter { $0.hostname == host }.map {
                HostSurvey.Place(dataDirectory: $0.dataDirectory, directory: .foreign)
            }
            facts.survey.hosts[host] = .success(survey)
        }
    }

    private static func source(_ primary: Segment) -> SourceSurvey {
        SourceSurvey(
            systemIdentifier: "700\(primary.content)", checksums: true, dataBytes: 300 << 20, walBytes: 16 << 20,
            tablespaces: [], hbaFile: "\(primary.dataDirectory)/pg_hba.conf", listenAddresses: "*",
            socketDirectories: "/run/sockets", freeWALSenders: 10, slot: nil)
    }

    private static func sourceFacts(_ primary: Segment) -> SourceRecoveryFacts {
        var source = SourceRecoveryFacts(systemIdentifier: "700\(primary.content)")
        source.history = TimelineHistory(timeline: 1)
        source.position = WALPosition(rawValue: 9 << 20)
        source.checksums = true
        source.segmentSize = 1 << 20
        source.oldestFile = 3
        source.slot = SourceRecoveryFacts.Slot(
            restart: WALPosition(rawValue: 4 << 20), status: "reserved", isActive: false)
        source.dataBytes = 300 << 20
        source.hasRsync = true
        return source
    }

    /// A mirror that crashed a little behind its primary.
    private static func target(_ mirror: Segment) -> TargetRecoveryFacts {
        var target = TargetRecoveryFacts(dataDirectory: mirror.dataDirectory)
        target.directory = .present
        target.version = "15"
        target.hasStandbySignal = true
        var data = ControlData(
            systemIdentifier: "700\(mirror.content)", state: "in archive recovery",
            checkpoint: WALPosition(rawValue: 5 << 20), redo: WALPosition(rawValue: 5 << 20), timeline: 1,
            segmentSize: 1 << 20)
        data.minimumRecoveryEnd = WALPosition(rawValue: 6 << 20)
        data.minimumRecoveryTimeline = 1
        target.control = .read(data)
        target.wal = [WALRun(timeline: 1, files: 4...6)]
        target.lastRecord = WALPosition(rawValue: 6 << 20 | 0x28)
        target.lastTimeline = 1
        target.room = FileSystemRoom(device: "/dev/a", freeBytes: 10 << 30)
        target.hasRsync = true
        return target
    }

    /// Makes a host one that does not answer.
    mutating func lose(_ host: String) {
        facts.survey.hosts[host] = .failure(GatherFailure(OperationError("\(host): no route")))
        for request in facts.requests where request.result.hostname == host {
            facts.targets[request.failed.dbid] = nil
        }
    }

    func plan(_ method: RecoveryMethod = .incremental, fallbacks: [RecoveryMethod] = []) -> RecoveryPlan {
        RecoveryPlanBuilder(
            facts: facts, engine: Self.engine, user: "gpadmin", method: method,
            fallbacks: { last in fallbacks.filter { $0 > last } }, hbaMethod: "trust", usesHostnames: false,
            maxRate: nil
        ).build()
    }
}
