import ClusterModel

/// Instances and clusters for the tests, as values.
enum MadeUpCluster {
    static func segment(
        _ dbid: Int, _ content: Int, _ role: SegmentRole = .primary, preferred: SegmentRole? = nil,
        mode: SegmentMode = .inSync, status: SegmentStatus = .up, on host: String, address: String? = nil,
        port: Int = 6000, directory: String? = nil
    ) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: preferred ?? role,
            mode: mode, status: status, hostname: host, address: address ?? host, port: port,
            dataDirectory: directory ?? "/data/\(role.rawValue)\(content)")
    }

    /// `hosts` × `perHost` primaries on sdw1, sdw2 …, content IDs in host order, ports from 6000.
    ///
    /// With `interfaces` above 1 the addresses are sdw1-1, sdw1-2 … in turn, as installations with several networks
    /// name them.
    static func primaries(hosts: Int, perHost: Int, interfaces: Int = 1) -> [Segment] {
        (0..<hosts * perHost).map { content in
            let host = "sdw\(content / perHost + 1)"
            let ordinal = content % perHost
            return segment(
                content + 2, content, on: host,
                address: interfaces > 1 ? "\(host)-\(ordinal % interfaces + 1)" : host, port: 6000 + ordinal)
        }
    }

    static let coordinator = segment(1, -1, mode: .notInSync, on: "cdw", port: 5432, directory: "/data/gpseg-1")

    static func rules(directories: Int, offset: Int = 1000) -> PlacementRules {
        PlacementRules(
            portOffset: offset, baseDirectories: (1...max(1, directories)).map { "/m\($0)" }, directoryPrefix: "gpseg")
    }
}

extension [Segment] {
    /// Content 0 has its mirror down, 1 has switched roles, 2 is not in sync.
    mutating func disturb() {
        for index in indices {
            switch self[index].content.rawValue {
            case 0:
                self[index].mode = .notInSync
                if self[index].role == .mirror { self[index].status = .down }
            case 1: self[index].role = self[index].role == .primary ? .mirror : .primary
            case 2: self[index].mode = .notInSync
            default: break
            }
        }
    }
}

/// The same "random" numbers in every run (SplitMix64), so that a failure can be seen again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
