import Glibc
import RemoteShell

/// What must hold before a cluster is made, and the choices that are left to the machine.
enum DemoRequirements {
    /// Refuses when programs or rights are missing, or the directory is taken.
    static func check(_ specification: DemoSpecification) throws(DemoError) {
        let directory = specification.directory
        if PrivateFiles.exists("\(directory)/\(ClusterState.fileName)") {
            throw DemoError(
                "there is a cluster in \(directory) already",
                hint: "gpdemo destroy --dir \(ShellQuoting.word(directory))")
        }
        guard PrivateFiles.names(in: directory).isEmpty else {
            throw DemoError("\(directory) is not empty", hint: "choose a new directory")
        }
        for name in specification.engine.programs
        where access("\(specification.serverPrograms)/\(name)", X_OK) != 0 {
            throw DemoError(
                "no \(name) in \(specification.serverPrograms)",
                hint: specification.engine == .greenplum
                    ? "name the Greenplum installation with --gphome"
                    : "apt install postgresql-15, or name the directory with --pg-bin")
        }
        if specification.engine == .greenplum { try GreenplumInstallation.check(specification.serverPrograms) }
        guard access("/usr/sbin/sshd", X_OK) == 0 else {
            throw DemoError("no sshd in /usr/sbin", hint: "apt install openssh-server")
        }
        guard specification.network == .namespaces else { return }
        guard Account.isRoot else {
            throw DemoError("--network namespaces needs root", hint: "use --network loopback")
        }
        guard access("/sbin/ip", X_OK) == 0 else { throw DemoError("no ip in /sbin", hint: "apt install iproute2") }
    }

    /// Chooses the id, the addresses and the ports.
    static func plan(_ specification: DemoSpecification) throws(DemoError) -> ClusterState {
        let id = try freeID()
        guard let account = Account.isRoot ? Account.name(forCluster: id) : Account.current?.name else {
            throw DemoError("user ID \(geteuid()) has no account name")
        }
        return ClusterState(
            specification: specification, id: id, account: account,
            toolPrograms: specification.toolPrograms ?? ownDirectory, layout: try freeLayout(specification))
    }

    /// Refuses when the cluster's account cannot reach its own directory.
    static func checkReach(_ cluster: DemoCluster) throws(DemoError) {
        let output = try cluster.launcher.localProgram(
            ["/usr/bin/test", "-w", cluster.directory], purpose: "looking at \(cluster.directory)"
        ).reachable
        guard output else {
            throw DemoError(
                "the account \(cluster.accountName) cannot reach \(cluster.directory)",
                hint: "choose a directory whose parents everybody may enter, such as /var/tmp/gpdemo")
        }
        let programs = try cluster.launcher.localProgram(
            ["/usr/bin/test", "-x", "\(cluster.state.serverPrograms)/postgres"], purpose: "looking at the server"
        ).reachable
        guard programs else {
            throw DemoError(
                "the account \(cluster.accountName) cannot run \(cluster.state.serverPrograms)/postgres",
                hint: "let everybody read the installation and enter its parents")
        }
    }

    private static func freeID() throws(DemoError) -> String {
        for _ in 0..<100 {
            let id = String((0..<6).compactMap { _ in "abcdefghijklmnopqrstuvwxyz0123456789".randomElement() })
            let taken =
                Account.find(Account.name(forCluster: id)) != nil
                || PrivateFiles.names(in: "/run/netns").contains { $0.hasPrefix("gpd\(id)-") }
            if !taken { return id }
        }
        throw DemoError("found no unused cluster id")
    }

    /// Addresses of a random block whose ports are all free.
    ///
    /// Random, so that two clusters that are being made at the same moment do not meet.
    private static func freeLayout(_ specification: DemoSpecification) throws(DemoError) -> DemoLayout {
        func layout(_ portBase: Int, _ block: String) -> DemoLayout {
            DemoLayout(
                directory: specification.directory, hosts: specification.hosts,
                primariesPerHost: specification.primariesPerHost, portBase: portBase,
                namesResolve: specification.engine == .embedded || specification.network == .namespaces
            ) { "\(block).\($0)" }
        }
        if specification.network == .namespaces {
            let block = "10.\(Int.random(in: 0...255)).\(Int.random(in: 0...255))"
            return layout(specification.portBase ?? defaultPortBases[0], block)
        }
        var busy = ""
        for portBase in specification.portBase.map({ [$0] }) ?? defaultPortBases {
            for block in (1...254).shuffled().prefix(20) {
                let candidate = layout(portBase, "127.0.\(block)")
                guard let endpoint = FreePorts.busyEndpoint(of: candidate) else { return candidate }
                busy = endpoint
            }
        }
        throw DemoError("ports are in use, for example \(busy)", hint: "choose another --port-base")
    }

    private static let defaultPortBases = Array(stride(from: 15_432, through: 25_432, by: 1_000))

    /// The directory of the running program.
    private static var ownDirectory: String {
        let path = PrivateFiles.linkTarget("/proc/self/exe") ?? "/usr/local/bin/gpdemo"
        return "/" + path.split(separator: "/").dropLast().joined(separator: "/")
    }
}

extension Program {
    /// Whether it runs and exits 0, started outside any directory that it might not be able to enter.
    fileprivate var reachable: Bool {
        get throws(DemoError) {
            var program = self
            program.workingDirectory = "/"
            return try program.run().succeeded
        }
    }
}
