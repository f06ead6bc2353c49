public import ClusterModel

/// One host of an embedded cluster.
public struct DemoHost: Sendable, Equatable {
    /// The name: `cdw`, `scdw`, `sdw1` and so on.
    public let name: String
    /// Its own network address.
    public let address: String

    public init(name: String, address: String) {
        self.name = name
        self.address = address
    }
}

/// Who is where in an embedded cluster: pure, from the numbers of the specification.
public struct DemoLayout: Sendable, Equatable {
    /// The host of the coordinator.
    public static let coordinatorHost = "cdw"
    /// The host kept for the coordinator's standby.
    public static let standbyHost = "scdw"
    /// The distance from one kind's ports to the next kind's: the default of `gpaddmirrors -p`.
    public static let portStep = 1000

    public let directory: String
    public let portBase: Int
    public let primariesPerHost: Int
    /// Coordinator's, standby's, then the segment hosts.
    public let hosts: [DemoHost]
    /// Whether the servers may know their hosts by name, or by address only: Greenplum's connect to the catalog's
    /// host names, and nothing on the machine resolves those of hosts that are loopback addresses.
    public let namesResolve: Bool

    /// Lays out hosts over addresses.
    ///
    /// - Parameter address: the address of the host with this number: 1 is cdw, 2 scdw, 3 sdw1.
    public init(
        directory: String, hosts: Int, primariesPerHost: Int, portBase: Int, namesResolve: Bool = true,
        address: (Int) -> String
    ) {
        self.directory = directory
        self.portBase = portBase
        self.primariesPerHost = primariesPerHost
        self.namesResolve = namesResolve
        let names = [Self.coordinatorHost, Self.standbyHost] + (1...max(1, hosts)).map { "sdw\($0)" }
        self.hosts = names.enumerated().map { DemoHost(name: $1, address: address($0 + 1)) }
    }

    init(directory: String, primariesPerHost: Int, portBase: Int, hosts: [DemoHost], namesResolve: Bool = true) {
        self.namesResolve = namesResolve
        self.directory = directory
        self.portBase = portBase
        self.primariesPerHost = primariesPerHost
        self.hosts = hosts
    }

    public var segmentHosts: [DemoHost] { Array(hosts.dropFirst(2)) }

    /// The port of every host's sshd.
    public var sshPort: Int { portBase + 22 }

    /// The coordinator and the primaries as they are made: no mirrors, mode n, status u.
    public var instances: [Segment] { [coordinator] + primaries }

    public var coordinator: Segment {
        Segment(
            dbid: DatabaseID(1), content: .coordinator, role: .primary, preferredRole: .primary, mode: .notInSync,
            status: .up, hostname: catalogName(hosts[0]), address: hosts[0].address, port: portBase,
            dataDirectory: "\(hostDirectory(hosts[0].name))/coordinator/gpseg-1")
    }

    /// The coordinator's standby as `gpdemo create --standby` makes it.
    ///
    /// - Parameter dbid: the number after the highest of the others.
    public func standby(dbid: DatabaseID) -> Segment {
        Segment(
            dbid: dbid, content: .coordinator, role: .mirror, preferredRole: .mirror, mode: .inSync, status: .up,
            hostname: catalogName(hosts[1]), address: hosts[1].address, port: portBase,
            dataDirectory: "\(standbyParent)/gpseg-1")
    }

    /// Where the standby's data directory goes; it is there from the start, as `gpinitstandby -S` wants it.
    public var standbyParent: String { "\(hostDirectory(hosts[1].name))/standby" }

    public var primaries: [Segment] {
        segmentHosts.enumerated().flatMap { index, host in
            (0..<primariesPerHost).map { place in
                let content = index * primariesPerHost + place
                return Segment(
                    dbid: DatabaseID(content + 2), content: ContentID(content), role: .primary,
                    preferredRole: .primary, mode: .notInSync, status: .up, hostname: catalogName(host),
                    address: host.address, port: portBase + Self.portStep + place,
                    dataDirectory: "\(hostDirectory(host.name))/primary\(place + 1)/gpseg\(content)")
            }
        }
    }

    /// Where mirrors go: the list that `gpaddmirrors -m` reads, the same on every host.
    public var mirrorDirectories: [String] { (1...primariesPerHost).map { "\(directory)/mirror\($0)" } }

    /// What the catalog calls a host.
    func catalogName(_ host: DemoHost) -> String { namesResolve ? host.name : host.address }

    /// Everything of one host: its instances, its sockets, its sshd.
    ///
    /// - Parameter host: its name or its address.
    public func hostDirectory(_ host: String) -> String { "\(directory)/hosts/\(self.host(host)?.name ?? host)" }

    /// Where a host's servers put their sockets.
    public func socketDirectory(_ host: String) -> String { "\(hostDirectory(host))/run" }

    /// The host with this name or address.
    public func host(_ name: String) -> DemoHost? { hosts.first { $0.name == name || $0.address == name } }

    /// The ports that something listens on, sooner or later: sshd, coordinator, primaries, mirrors.
    public var ports: [Int] {
        let places = 0..<primariesPerHost
        return [sshPort, portBase] + places.map { portBase + Self.portStep + $0 }
            + places.map { portBase + 2 * Self.portStep + $0 }
    }
}
