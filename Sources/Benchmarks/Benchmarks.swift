import BlockingWork
import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell

/// All measurements, on one cluster of 4 hosts with 2 primaries each.
struct Benchmarks {
    static let pairs = 5
    /// `layout`, `help`, `status`, `quick`, `mirrors`, `recovery`, `rebalance`, `activation`; empty means
    /// all.
    let chosen: Set<String>

    private func wants(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }

    func run() async throws {
        // Before anything that fills this process: a child's largest size counts what its parent held.
        if wants("help") { try helpTimes() }
        if wants("layout") { LayoutBenchmark().run() }
        if wants("activation") { print(try await ActivationBenchmark.run()) }
        guard !chosen.isSubset(of: ["layout", "help", "activation"]) || chosen.isEmpty else { return }
        let directory = "/tmp/gpbench.\(getpid())"
        let clock = ContinuousClock.now
        let cluster = try await DemoCluster.create(DemoSpecification(directory: directory)) { print($0) }
        print("created in \(Statistics.text(clock.duration(to: .now).inSeconds)) s")
        do {
            try await measure(cluster)
        } catch {
            try? await cluster.destroy()
            throw error
        }
        try await cluster.destroy()
    }

    private func measure(_ cluster: DemoCluster) async throws {
        let mirrors = MirrorBenchmark(cluster: cluster)
        try await mirrors.load(megabytes: wants("mirrors") || wants("recovery") ? 256 : 1)
        try await mirrors.addMirrors()
        try await memory(cluster)
        if wants("status") { print(try await status(cluster).row) }
        if wants("quick") { print(try await quick(cluster).row) }
        if wants("mirrors") {
            print(try await mirrors.measure().row)
            // It ends without mirrors.
            try await mirrors.addMirrors()
        }
        if wants("recovery") {
            for result in try await RecoveryBenchmark(cluster: cluster).measure() { print(result.row) }
        }
        if wants("rebalance") { print(try await RebalanceBenchmark(cluster: cluster).measure()) }
    }

    /// Runs a command on the coordinator's host and refuses any status but the expected ones.
    static func run(
        _ cluster: DemoCluster, _ arguments: [String], accepting: Set<Int> = [0], timeout: Duration = .seconds(600)
    ) async throws -> CommandOutput {
        let output = try await cluster.exec(DemoLayout.coordinatorHost, arguments, timeout: timeout)
        guard accepting.contains(output.status) else {
            throw DemoError(
                "\(arguments.joined(separator: " ")) ended with \(output.status): "
                    + "\(output.standardOutput.suffix(2000))\(output.standardError.suffix(2000))")
        }
        return output
    }

    private func status(_ cluster: DemoCluster) async throws -> PairedMeasurement {
        var result = PairedMeasurement("`gpstate -s`, 17 instances on 4 hosts and the coordinator's", bar: 1.5)
        let program = Self.ownPath
        let hosts = cluster.hosts.map(\.name).filter { $0.hasPrefix("sdw") }
        for _ in 0..<Self.pairs {
            let ours = try await Statistics.time { _ = try await Self.run(cluster, ["gpstate", "-s"]) }
            let floor = try await Statistics.time {
                _ = try await Self.run(cluster, [program, "exec-true", cluster.secureShellConfiguration] + hosts)
            }
            result.add(ours: ours, floor: floor)
        }
        return result
    }

    private func quick(_ cluster: DemoCluster) async throws -> PairedMeasurement {
        var result = PairedMeasurement("`gpstate -Q` against `psql` of the same rows", bar: 2)
        for _ in 0..<Self.pairs {
            let ours = try await Statistics.time { _ = try await Self.run(cluster, ["gpstate", "-Q"]) }
            let floor = try await Statistics.time {
                _ = try await Self.run(
                    cluster, ["psql", "-XAtc", "SELECT * FROM pg_catalog.gp_segment_configuration ORDER BY content"])
            }
            result.add(ours: ours, floor: floor)
        }
        return result
    }

    /// The least of 20 runs of each tool's `--help`, and the most memory one took.
    private func helpTimes() throws {
        for tool in [
            "gpstate", "gpaddmirrors", "gpinitstandby", "gpactivatestandby", "gprecoverseg", "gpdemo", "gpftsd",
        ] {
            let path = Self.ownPath.replacingLast(with: tool)
            var times: [Double] = []
            var resident = 0
            for _ in 0..<20 {
                let (seconds, kilobytes) = try ChildProcess.run([path, "--help"])
                times.append(seconds)
                resident = max(resident, kilobytes)
            }
            print(
                "| `\(tool) --help` | \(Statistics.text((times.min() ?? 0) * 1000)) ms least, "
                    + "\(Statistics.text(Statistics.median(times) * 1000)) ms median | \(resident / 1024) MB resident |"
            )
        }
    }

    /// The proportional set size of every process of the cluster's account.
    private func memory(_ cluster: DemoCluster) async throws {
        let output = try await Self.run(
            cluster,
            [
                "/bin/sh", "-c",
                "cat /proc/[0-9]*/smaps_rollup 2>/dev/null | awk '/^Pss:/ {sum += $2} END {print sum / 1024}'",
            ], accepting: [0, 1])
        print(
            "| memory of all processes of the cluster, idle | \(output.standardOutput.filter { !$0.isNewline }) MiB PSS |"
        )
    }

    static var ownPath: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return String(decoding: buffer[..<max(0, length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension String {
    /// The path with another last part.
    func replacingLast(with name: String) -> String {
        lastIndex(of: "/").map { String(self[...$0]) + name } ?? name
    }
}
