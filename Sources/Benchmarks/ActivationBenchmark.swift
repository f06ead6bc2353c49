import BlockingWork
import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell

/// `gpactivatestandby -a` after the coordinator was stopped, against `pg_ctl promote -w` of the same standby and one SSH
/// `true`: until a client's first accepted write, and until the last line.
struct ActivationBenchmark: Sendable {
    let cluster: DemoCluster
    let standby: Segment

    /// Seconds above the floor until the first write, and from there to the last line.
    private static let bars = (write: 0.7, end: 2.0)
    private static let patience = Duration.seconds(60)

    /// Makes a cluster of its own, which no other measurement could use afterwards, and returns the row.
    static func run() async throws -> String {
        let cluster = try await DemoCluster.create(
            DemoSpecification(
                directory: "/tmp/gpbench-activation.\(getpid())", hosts: 2, primariesPerHost: 1, mirrors: .group,
                standby: true))
        do {
            guard
                let standby = try await cluster.instances().first(where: { $0.isCoordinatorPair && $0.role == .mirror })
            else { throw DemoError("the cluster has no standby") }
            let row = try await ActivationBenchmark(cluster: cluster, standby: standby).measure()
            try await cluster.destroy()
            return row
        } catch {
            try? await cluster.destroy()
            throw error
        }
    }

    private func measure() async throws -> String {
        try await cluster.query(Ledger.tableSQL)
        try await cluster.stopFaultTolerance()
        // The coordinator first: it hands the last of its WAL over.
        try await cluster.stop(cluster.state.layout.coordinator)
        try await cluster.stop(standby)
        try await shell("cp -a \"$1\" \"$2\"")
        var (writes, ends, floors): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<Benchmarks.pairs {
            try await restore()
            let (write, end) = try await activation()
            writes.append(write)
            ends.append(end)
            try await restore()
            let floor = "pg_ctl -D \"$1\" -w -s promote && \"$3\" exec-true \"$4\" cdw"
            floors.append(try await Statistics.time { try await shell(floor) }.inSeconds)
        }
        let (write, end, floor) = (
            Statistics.median(writes), Statistics.median(ends), Statistics.median(floors)
        )
        let isMet = write <= floor + Self.bars.write && end - write <= Self.bars.end
        return "| `gpactivatestandby -a`, coordinator stopped: to the first accepted write; to the last line "
            + "| at most the floor + \(Self.bars.write) s; \(Self.bars.end) s more "
            + "| floor: `pg_ctl promote -w` of the same standby and one SSH `true` "
            + "| \(Statistics.text(write)) s; \(Statistics.text(end)) s | \(Statistics.text(floor)) s | – "
            + "| \(isMet ? "met" : "not met") |\n"
            + "    first write \(writes.map(Statistics.text).joined(separator: " ")); "
            + "last line \(ends.map(Statistics.text).joined(separator: " ")); "
            + "floor \(floors.map(Statistics.text).joined(separator: " "))"
    }

    /// Seconds from the tool's start to the first write that a client gets in, and to the tool's end.
    private func activation() async throws -> (write: Double, end: Double) {
        let start = ContinuousClock.now
        let way = cluster.connection(to: standby)
        async let write = BlockingThreads(width: 1).run { try Self.firstWrite(way) }
        let output = try await cluster.exec(
            DemoLayout.standbyHost, ["gpactivatestandby", "-a", "-d", standby.dataDirectory], timeout: Self.patience)
        let end = start.duration(to: .now).inSeconds
        guard output.status == 0 else {
            throw DemoError("gpactivatestandby ended with \(output.status): \(output.standardOutput.suffix(2000))")
        }
        return (start.duration(to: try await write).inSeconds, end)
    }

    /// A client that tries until it gets through.
    private static func firstWrite(_ way: ConnectionParameters) throws -> ContinuousClock.Instant {
        let deadline = Deadline.after(patience)
        while true {
            do {
                let connection = try PostgresConnection.connect(way)
                try connection.query("INSERT INTO public.ledger VALUES (1, 'first')", timeout: .seconds(10))
                return .now
            } catch {
                guard !deadline.isPast else { throw DemoError("no write got in within \(patience): \(error)") }
                Thread.sleep(.milliseconds(10))
            }
        }
    }

    /// The standby as it was, running; what an activation started is ended.
    private func restore() async throws {
        try await shell(
            """
            service=`cat "$1/gpftsd.pid" 2>/dev/null` && kill -9 "$service"
            pg_ctl -D "$1" -m immediate -s stop 2>/dev/null
            rm -rf "$1" && cp -a "$2" "$1" && rm -f "$5".gpha-superseded
            """)
        try await cluster.start(standby)
    }

    /// Runs a shell text on the standby's host, with its directory, the copy of it, this program, the SSH configuration
    /// and the old coordinator's directory.
    private func shell(_ text: String) async throws {
        let words = [
            standby.dataDirectory, "\(cluster.directory)/home/saved", Benchmarks.ownPath,
            cluster.secureShellConfiguration, cluster.state.layout.coordinator.dataDirectory,
        ]
        let output = try await cluster.exec(DemoLayout.standbyHost, ["/bin/sh", "-c", text, "sh"] + words)
        guard output.status == 0 else { throw DemoError("\(text): \(output.standardError.suffix(2000))") }
    }
}
