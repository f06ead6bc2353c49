/// How mirrors are spread over hosts.
public enum MirrorLayout: Sendable, Hashable, CustomStringConvertible {
    /// All mirrors of a host on the next host.
    case group
    /// Each mirror of a host on another host.
    case spread
    /// Spread inside blocks of this many hosts.
    case block(Int)

    public var description: String {
        switch self {
        case .group: "group"
        case .spread: "spread"
        case .block(let size): "block of \(size)"
        }
    }
}

/// A layout that these hosts cannot carry; says how many are missing.
public enum LayoutError: Error, Sendable, Equatable, CustomStringConvertible {
    case tooFewHostsForSpread(hosts: Int, primariesPerHost: Int)
    case blockTooSmall(Int)
    case tooFewHostsForBlock(hosts: Int, block: Int)
    case tooFewDirectories(host: String)
    case portOutOfRange(host: String, port: Int)

    public var description: String {
        switch self {
        case .tooFewHostsForSpread(let hosts, let primaries):
            "spread mirroring needs more hosts than primaries per host: \(hosts) host(s), \(primaries) primaries on one, "
                + "\(primaries + 1 - hosts) host(s) missing"
        case .blockTooSmall(let size): "block mirroring needs blocks of at least 2 hosts, not \(size)"
        case .tooFewHostsForBlock(let hosts, let block):
            "block mirroring with blocks of \(block) hosts needs a multiple of \(block) hosts: \(hosts) host(s), "
                + "\(block - hosts % block) host(s) missing"
        case .tooFewDirectories(let host):
            "More mirrors targeted to host \(host) than there are mirror data directories"
        case .portOutOfRange(let host, let port): "port \(port) planned on host \(host) is outside 1..65535"
        }
    }
}

/// Where one mirror goes.
public struct MirrorPlacement: Sendable, Hashable {
    /// The primary it copies.
    public var primary: Segment
    public var hostname: String
    public var address: String
    public var port: Int
    public var dataDirectory: String

    public init(primary: Segment, hostname: String, address: String, port: Int, dataDirectory: String) {
        self.primary = primary
        self.hostname = hostname
        self.address = address
        self.port = port
        self.dataDirectory = dataDirectory
    }

    /// The catalog row of the mirror, with the dbid it is to have.
    public func segment(dbid: DatabaseID) -> Segment {
        Segment(
            dbid: dbid, content: primary.content, role: .mirror, preferredRole: .mirror, mode: .notInSync,
            status: .down, hostname: hostname, address: address, port: port, dataDirectory: dataDirectory)
    }
}

/// Ports, directories and addresses of computed placements.
public struct PlacementRules: Sendable, Hashable {
    /// Added to the lowest primary port of the target host.
    public var portOffset: Int
    /// Base directories; the i-th mirror of a host takes the i-th.
    public var baseDirectories: [String]
    /// The part of a directory's name before the content ID.
    public var directoryPrefix: String

    public init(portOffset: Int, baseDirectories: [String], directoryPrefix: String) {
        self.portOffset = portOffset
        self.baseDirectories = baseDirectories
        self.directoryPrefix = directoryPrefix
    }

    /// The prefix the original derives: the coordinator's directory name up to its last `-1`, else `gp`.
    public static func directoryPrefix(coordinatorDirectory: String) -> String {
        let name = coordinatorDirectory.split(separator: "/").last.map(String.init) ?? ""
        var index = name.endIndex
        while index > name.startIndex {
            index = name.index(before: index)
            guard name[index...].hasPrefix("-1") else { continue }
            return index == name.startIndex ? "gp" : String(name[..<index])
        }
        return "gp"
    }
}

extension MirrorLayout {
    /// Places a mirror for each primary.
    ///
    /// Pure: the same primaries and rules give the same placements.
    ///
    /// Hosts are taken in the order of their names, a host's primaries in the order of their ports.
    ///
    /// - Parameter nonstandardAddresses: whether addresses follow no pattern (the original's "non-standard" array);
    ///   then the i-th mirror of a host takes the address of its i-th primary.
    /// - Throws: `LayoutError` when the hosts or directories do not suffice.
    public func place(
        _ primaries: [Segment], rules: PlacementRules, nonstandardAddresses: Bool = false
    ) throws(LayoutError) -> [MirrorPlacement] {
        let hosts = PrimaryHost.group(primaries)
        try check(hosts)
        var placedOn = [Int](repeating: 0, count: hosts.count)
        var placements: [MirrorPlacement] = []
        placements.reserveCapacity(primaries.count)
        for (index, host) in hosts.enumerated() {
            for (ordinal, primary) in host.primaries.enumerated() {
                let targetIndex = target(ofHost: index, ordinal: ordinal, hosts: hosts.count)
                let target = hosts[targetIndex]
                let number = placedOn[targetIndex]
                placedOn[targetIndex] += 1
                guard number < rules.baseDirectories.count else { throw .tooFewDirectories(host: target.name) }
                let (port, isAbsurd) = (target.lowestPort + number).addingReportingOverflow(rules.portOffset)
                guard !isAbsurd, (1...65535).contains(port) else {
                    throw .portOutOfRange(host: target.name, port: isAbsurd ? rules.portOffset : port)
                }
                let address =
                    nonstandardAddresses
                    ? target.primaries[number % target.primaries.count].address
                    : target.address(partnerOf: primary, on: host)
                placements.append(
                    MirrorPlacement(
                        primary: primary, hostname: target.name, address: address, port: port,
                        dataDirectory: Self.join(
                            rules.baseDirectories[number], "\(rules.directoryPrefix)\(primary.content)")))
            }
        }
        return placements
    }

    private func check(_ hosts: [PrimaryHost]) throws(LayoutError) {
        let most = hosts.map(\.primaries.count).max() ?? 0
        switch self {
        case .group: return
        case .spread:
            guard hosts.count > most || hosts.isEmpty else {
                throw .tooFewHostsForSpread(hosts: hosts.count, primariesPerHost: most)
            }
        case .block(let size):
            guard size >= 2 else { throw .blockTooSmall(size) }
            guard hosts.count % size == 0 else { throw .tooFewHostsForBlock(hosts: hosts.count, block: size) }
        }
    }

    /// The host of the mirror of the `ordinal`-th primary of host `index`.
    private func target(ofHost index: Int, ordinal: Int, hosts: Int) -> Int {
        switch self {
        case .group: return (index + 1) % hosts
        case .spread: return (index + 1 + ordinal) % hosts
        case .block(let size):
            let start = index / size * size
            return start + (index - start + 1 + ordinal % (size - 1)) % size
        }
    }

    private static func join(_ base: String, _ name: String) -> String {
        base.hasSuffix("/") ? base + name : base + "/" + name
    }
}

/// A host and the primaries made for it.
struct PrimaryHost {
    let name: String
    /// By port.
    let primaries: [Segment]
    let lowestPort: Int
    private let addresses: [String]

    private init(name: String, primaries: [Segment]) {
        self.name = name
        self.primaries = primaries.sorted { ($0.port, $0.content) < ($1.port, $1.content) }
        lowestPort = self.primaries.first?.port ?? 0
        addresses = Set(primaries.map(\.address)).sorted()
    }

    static func group(_ primaries: [Segment]) -> [PrimaryHost] {
        Dictionary(grouping: primaries, by: \.hostname)
            .map { PrimaryHost(name: $0.key, primaries: $0.value) }
            .sorted { $0.name < $1.name }
    }

    /// The address that a mirror of `primary` gets here: the interface after the primary's own, in turn.
    func address(partnerOf primary: Segment, on other: PrimaryHost) -> String {
        let index = other.addresses.firstIndex(of: primary.address) ?? 0
        return addresses[(index + 1) % other.addresses.count % addresses.count]
    }
}
