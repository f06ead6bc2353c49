/// How the hosts of an embedded cluster are told apart.
public enum DemoNetwork: String, Sendable, CaseIterable {
    /// Every host is an address 127.0.x.y; needs no rights.
    case loopback
    /// Every host is a network namespace with its own address and name; needs root.
    case namespaces
}

/// Which mirrors a cluster is created with.
public enum DemoMirrors: Sendable, Equatable, CustomStringConvertible {
    case none
    /// All mirrors of one host together on the next host.
    case group
    /// The mirrors of one host on as many other hosts.
    case spread
    /// Hosts mirror each other within blocks of so many hosts.
    case block(Int)

    /// Reads `none`, `group`, `spread` or `block:N`; nil for anything else.
    public init?(_ text: String) {
        switch text {
        case "none": self = .none
        case "group": self = .group
        case "spread": self = .spread
        default:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == "block", let size = Int(parts[1]), size >= 2 else { return nil }
            self = .block(size)
        }
    }

    public var description: String {
        switch self {
        case .none: "none"
        case .group: "group"
        case .spread: "spread"
        case .block(let size): "block:\(size)"
        }
    }
}

/// What a demo cluster shall be.
public struct DemoSpecification: Sendable, Equatable {
    /// The lowest coordinator port: the tools' port rules begin there.
    public static let lowestPortBase = 5432
    /// The highest coordinator port: mirrors of mirrors still stay below the kernel's own range, 32768.
    public static let highestPortBase = 28_000

    /// The absolute path that holds everything the cluster is made of.
    public var directory: String
    /// The number of segment hosts.
    public var hosts: Int
    public var primariesPerHost: Int
    public var mirrors: DemoMirrors
    /// Whether the coordinator has a standby from the start, on scdw.
    public var standby: Bool
    /// The coordinator's port; nil: the first base from 15432 whose ports are free.
    public var portBase: Int?
    /// The directory of the server's programs.
    public var serverPrograms: String
    /// Whether `gpftsd` runs with the cluster.
    public var faultTolerance: Bool
    public var network: DemoNetwork
    /// What the servers are; Greenplum's programs are in `serverPrograms`, and it needs no `gpftsd`.
    public var engine: DemoEngine
    /// The directory of `gpftsd` and the other tools; nil: beside the running program.
    public var toolPrograms: String?

    public init(
        directory: String, hosts: Int = 4, primariesPerHost: Int = 2, mirrors: DemoMirrors = .none,
        standby: Bool = false, portBase: Int? = nil, serverPrograms: String = DemoSpecification.debianServerPrograms,
        faultTolerance: Bool = true, network: DemoNetwork = .loopback, toolPrograms: String? = nil,
        engine: DemoEngine = .embedded
    ) {
        self.directory = directory
        self.hosts = hosts
        self.primariesPerHost = primariesPerHost
        self.mirrors = mirrors
        self.standby = standby
        self.portBase = portBase
        self.serverPrograms = serverPrograms
        self.faultTolerance = faultTolerance && engine == .embedded
        self.engine = engine
        self.network = network
        self.toolPrograms = toolPrograms
    }

    /// Where Debian's postgresql-15 keeps the server's programs.
    public static let debianServerPrograms = "/usr/lib/postgresql/15/bin"

    /// Refuses what cannot become a cluster, before anything is touched.
    ///
    /// - Throws: `DemoError` that names the option.
    public func validate() throws(DemoError) {
        guard directory.hasPrefix("/"), !directory.utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
            throw DemoError("--dir needs an absolute path without control characters")
        }
        // sshd's configuration has no way to write the first three in a path; pg_ctl starts the server through a shell,
        // the directory between double quotes, where the last two would be obeyed.
        guard !directory.contains(where: { "\"\\%$`".contains($0) }) else {
            throw DemoError("--dir must not contain any of \" \\ % $ `")
        }
        // A socket's whole path must fit sockaddr_un: 107 bytes.
        let longest = "\(directory)/hosts/sdw\(hosts)/run/.s.PGSQL.65535"
        guard longest.utf8.count <= 107 else {
            throw DemoError(
                "--dir is too long for sockets: \(directory.utf8.count) bytes, at most "
                    + "\(directory.utf8.count - (longest.utf8.count - 107))", hint: "choose a directory under /tmp")
        }
        guard (1...200).contains(hosts) else { throw DemoError("--hosts must be 1 to 200") }
        guard (1...64).contains(primariesPerHost) else { throw DemoError("--primaries-per-host must be 1 to 64") }
        if let portBase {
            guard (Self.lowestPortBase...Self.highestPortBase).contains(portBase) else {
                throw DemoError("--port-base must be \(Self.lowestPortBase) to \(Self.highestPortBase)")
            }
        }
    }
}

/// Why something could not be done to an embedded cluster.
public struct DemoError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line, lowercase, that names the object.
    public let message: String
    /// The next command to type, if there is one.
    public let hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    public var description: String { message + (hint.map { " (hint: \($0))" } ?? "") }
}
