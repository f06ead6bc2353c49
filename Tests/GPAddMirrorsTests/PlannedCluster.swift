import ClusterModel

@testable import ClusterOperations
@testable import GPAddMirrors

/// Facts for plans, as values: two hosts with two primaries each, mirrors placed in group layout.
struct PlannedCluster {
    static let engine = Engine(family: .embedded, postgresMajor: 15)
    static let version = "postgres (PostgreSQL) 15.9"
    var facts: PlanFacts

    static func segment(
        _ dbid: Int, _ content: Int, _ role: SegmentRole = .primary, on host: String, address: String? = nil, port: Int,
        directory: String
    ) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: role, mode: .notInSync,
            status: role == .primary ? .up : .down, hostname: host, address: address ?? host, port: port,
            dataDirectory: directory)
    }

    /// - Parameters:
    ///   - addresses: of sdw1 and sdw2.
    ///   - rows: mirrors that the catalog has already; those that are down are wanted again.
    init(addresses: [String] = ["sdw1", "sdw2"], rows: [Segment] = []) throws {
        let primaries = (0..<4).map { content in
            Self.segment(
                content + 2, content, on: "sdw\(content / 2 + 1)", address: addresses[content / 2],
                port: 6000 + content % 2, directory: "/p/\(content)")
        }
        let coordinator = Self.segment(1, -1, on: "cdw", port: 5432, directory: "/data/gpseg-1")
        let cluster = try ClusterConfiguration(rows: [coordinator] + primaries + rows)
        let rules = PlacementRules(portOffset: 1000, baseDirectories: ["/m1", "/m2"], directoryPrefix: "gpseg")
        let wanted = try MirrorLayout.group.place(primaries, rules: rules).map { placement in
            PlanFacts.Wanted(
                placement: placement, row: rows.first { $0.content == placement.primary.content })
        }
        facts = PlanFacts(cluster: cluster, origin: .layout(.group), wanted: wanted)
        for content in 0..<4 { facts.sources[ContentID(content)] = .success(Self.source(content)) }
        for host in ["sdw1", "sdw2"] { facts.hosts[host] = .success(try Self.survey(host, wanted)) }
        for content in 0..<4 { facts.hbaTexts[ContentID(content)] = .success("local all all trust\n") }
    }

    static func source(_ content: Int, bytes: Int = 100 << 20) -> SourceSurvey {
        SourceSurvey(
            systemIdentifier: "700\(content)", checksums: true, dataBytes: bytes, walBytes: 16 << 20, tablespaces: [],
            hbaFile: "/p/\(content)/pg_hba.conf", listenAddresses: "*", socketDirectories: "/run/sockets",
            freeWALSenders: 10, slot: nil)
    }

    private static func survey(_ host: String, _ wanted: [PlanFacts.Wanted]) throws -> HostSurvey {
        var survey = try HostSurvey(output: "", questions: [])
        survey.serverVersion = version
        survey.addresses = host == "sdw1" ? ["10.0.0.1"] : ["10.0.0.2", "2001:db8::2"]
        survey.places = wanted.map(\.placement).filter { $0.hostname == host }.map {
            Self.place($0.dataDirectory)
        }
        return survey
    }

    /// An absent directory on the host's one file system.
    static func place(_ directory: String) -> HostSurvey.Place {
        HostSurvey.Place(
            dataDirectory: directory, spaces: [directory: HostSurvey.Space(device: "/dev/sda", freeBytes: 10 << 30)])
    }

    /// Changes what one host answered.
    mutating func host(_ name: String, _ change: (inout HostSurvey) -> Void) {
        guard case .success(var survey) = facts.hosts[name] else { return }
        change(&survey)
        facts.hosts[name] = .success(survey)
    }

    /// Changes what one primary answered.
    mutating func source(_ content: Int, _ change: (inout SourceSurvey) -> Void) {
        guard case .success(var source) = facts.sources[ContentID(content)] else { return }
        change(&source)
        facts.sources[ContentID(content)] = .success(source)
    }

    func plan(
        usesHostnames: Bool = false, method: String = "trust", engine: Engine = engine
    ) -> MirrorPlan {
        PlanBuilder(
            facts: facts, engine: engine, user: "gpadmin", hbaMethod: method, usesHostnames: usesHostnames,
            serverVersion: Self.version
        ).build()
    }
}
