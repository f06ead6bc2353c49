import Glibc
import RemoteShell

/// The network namespaces of a cluster: one per host, and a hub with the bridge that joins them.
///
/// The bridge and the hub's ends of all cables live in the hub's namespace: nothing changes in the machine's own.
/// Every name begins with the cluster's, so that `destroy` finds what a killed `create` left.
struct HostNetwork: Sendable {
    let state: ClusterState

    /// What the names of this cluster's namespaces begin with.
    var prefix: String { "gpd\(state.id)-" }
    private var hub: String { prefix + "hub" }

    func namespace(of host: String) -> String { prefix + host }

    /// Makes all namespaces, cables and hosts files.
    func make() throws(DemoError) {
        mkdir("/etc/netns", 0o755)
        let files = PrivateFiles(owner: nil)
        let names =
            (["127.0.0.1 localhost"] + state.layout.hosts.map { "\($0.address) \($0.name)" })
            .joined(separator: "\n") + "\n"
        for host in state.layout.hosts {
            let directory = "/etc/netns/\(namespace(of: host.name))"
            mkdir(directory, 0o755)
            try files.write(names, to: "\(directory)/hosts", mode: 0o644)
        }
        try run(script, purpose: "making the network namespaces")
    }

    /// The commands that make the hub, then each host's namespace and its cable to the hub.
    var script: String {
        var lines = [
            "set -e", "ip netns add \(hub)", "ip -n \(hub) link add bridge0 type bridge",
            "ip -n \(hub) link set bridge0 up",
        ]
        for (number, host) in state.layout.hosts.enumerated() {
            let own = namespace(of: host.name)
            lines += [
                "ip netns add \(own)",
                "ip -n \(hub) link add \(Self.cable(number)) type veth peer name eth0 netns \(own)",
                "ip -n \(hub) link set \(Self.cable(number)) master bridge0 up",
                "ip -n \(own) address add \(host.address)/24 dev eth0",
                "ip -n \(own) link set eth0 up",
                "ip -n \(own) link set lo up",
            ]
        }
        return lines.joined(separator: "\n")
    }

    /// Takes a host off the bridge, or puts it back.
    func setCable(of host: String, up: Bool) throws(DemoError) {
        guard let number = state.layout.hosts.firstIndex(where: { $0.name == host }) else {
            throw DemoError("no host '\(host)' in this cluster")
        }
        try run(
            "ip -n \(hub) link set \(Self.cable(number)) \(up ? "up" : "down")",
            purpose: "\(up ? "joining" : "cutting off") \(host)")
    }

    /// The inode numbers by which the kernel knows this cluster's namespaces, by namespace name.
    var inodes: [String: ino_t] {
        var found: [String: ino_t] = [:]
        for name in PrivateFiles.names(in: "/run/netns") where name.hasPrefix(prefix) {
            var status = stat()
            if stat("/run/netns/\(name)", &status) == 0 { found[name] = status.st_ino }
        }
        return found
    }

    /// Removes the namespaces and the hosts files; what is not there is no error.
    func remove() throws(DemoError) {
        for name in PrivateFiles.names(in: "/run/netns") where name.hasPrefix(prefix) {
            try run("ip netns delete \(name)", purpose: "removing the network namespace \(name)")
        }
        for name in PrivateFiles.names(in: "/etc/netns") where name.hasPrefix(prefix) {
            try PrivateFiles.removeTree("/etc/netns/\(name)")
        }
        rmdir("/etc/netns")
    }

    private static func cable(_ number: Int) -> String { "host\(number)" }

    private func run(_ script: String, purpose: String) throws(DemoError) {
        let output = try Program(
            arguments: ["/bin/sh", "-c", script],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "GPDEMO_CLUSTER": state.id], purpose: purpose
        ).run()
        guard output.succeeded else { throw DemoError("\(purpose): \(output.lastErrorLine)") }
    }
}
