import BlockingWork
import ClusterModel
import EmbeddedCluster
import PostgresClient
import RemoteShell
import ToolSupport

/// The main job shown in one go: a cluster gets mirrors and a standby under load, loses a host, then its coordinator,
/// and loses no acknowledged row.
struct Tour: Sendable {
    let context: ToolContext
    let cluster: DemoCluster
    /// The coordinator of the moment.
    let coordinator: CurrentCoordinator

    init(context: ToolContext, cluster: DemoCluster) {
        self.context = context
        self.cluster = cluster
        coordinator = CurrentCoordinator(cluster.state.layout.coordinator)
    }

    /// Runs every step; returns whether the proof held.
    ///
    /// - Throws: what stopped it.
    func run() async throws -> Bool {
        let primaries = try await cluster.instances().filter { $0.content >= ContentID(0) && $0.role == .primary }
        try await load(primaries)
        try await cluster.query(Ledger.tableSQL)
        let contents = [ContentID.coordinator.rawValue] + primaries.map(\.content.rawValue)
        let ledger = Ledger(contents: contents) { [locate = locator()] in try locate($0) }
        async let writing: Void = ledger.write()
        let isProved: Bool
        do {
            try await mirrorAndFail(ledger)
            try await loseCoordinator(ledger)
            ledger.stop()
            await writing
            isProved = try await prove(ledger)
        } catch {
            ledger.stop()
            await writing
            throw error
        }
        return isProved
    }

    func title(_ text: String) { context.printPlain("\n==> \(text)") }

    private func load(_ primaries: [Segment]) async throws {
        title("load 20000 rows into each of \(primaries.count) primaries")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for primary in primaries {
                group.addTask {
                    try await cluster.query(Ledger.tableSQL, on: primary)
                    try await cluster.query(
                        """
                        INSERT INTO public.ledger SELECT -i, repeat('x', 100) FROM generate_series(1, 20000) AS i
                        """, on: primary, timeout: .seconds(60))
                }
            }
            try await group.waitForAll()
        }
    }

    private func mirrorAndFail(_ ledger: Ledger) async throws {
        title("a writer inserts into the coordinator and into every primary from now on")
        try await Task.sleep(for: .seconds(1))
        try await tool(["gpaddmirrors", "-a", "-s", "-m", cluster.mirrorDirectoryList, "--wait=120"])
        context.printPlain("    the writer went on meanwhile: \(ledger.acknowledgedCount) rows acknowledged so far")
        try await tool(["gpinitstandby", "-a", "-s", DemoLayout.standbyHost, "-S", standbyDirectory])
        try await tool(["gpstate", "-b"])
        try await tool(["gpstate", "-e"])
        try await loseHost(ledger)
        try await tool(["gpstate", "-Q"])
        try await tool(["gpstate", "-m"])
        try await recoverAndRebalance()
    }

    /// The host comes back: its segments are recovered under load, then every pair gets its preferred roles again.
    private func recoverAndRebalance() async throws {
        title("the power of sdw1 comes back: sshd runs, its old primaries are a failover behind")
        try await cluster.startHost("sdw1")
        try await tool(["gprecoverseg", "-a", "--wait=120"])
        try await tool(["gpstate", "-e"])
        try await tool(["gprecoverseg", "-a", "-r"])
        try await tool(["gpstate", "-e"])
    }

    private func loseHost(_ ledger: Ledger) async throws {
        let host = "sdw1"
        let lost = try await cluster.instances().filter { $0.hostname == host && $0.role == .primary }
        title("host \(host) dies: kill -9 of everything on it, \(lost.count) primaries among it")
        let start = ContinuousClock.now
        let deadline = Deadline.after(.seconds(60))
        try await cluster.killHost(host)
        while try await cluster.instances().contains(where: { $0.hostname == host && $0.status == .up }) {
            try await pause(until: deadline, "mark the instances of \(host) down")
        }
        let marked = ledger.snapshot
        context.printPlain("    the catalog knows after \(ElapsedTime.text(start.duration(to: .now)))")
        while marked.contains(where: { content, account in
            (ledger.snapshot[content]?.acknowledged.count ?? 0) <= account.acknowledged.count
        }) { try await pause(until: deadline, "take rows for every content again") }
        showLostTransactions(lost, ledger)
        let longest = ledger.snapshot.values.map(\.longestPause).max() ?? .zero
        context.printPlain(
            "    every content takes rows again after \(ElapsedTime.text(start.duration(to: .now))); "
                + "the longest pause of one content was \(ElapsedTime.text(longest))")
    }

    func pause(until deadline: Deadline, _ expectation: String) async throws {
        guard !deadline.isPast else { throw ToolError(.plain, "the cluster did not \(expectation) in 60 seconds") }
        try await Task.sleep(for: .milliseconds(100))
    }

    /// The transactions that were under way on the lost primaries failed; nobody was told that they succeeded.
    private func showLostTransactions(_ lost: [Segment], _ ledger: Ledger) {
        for segment in lost {
            let open = ledger.snapshot[segment.content.rawValue]?.inFlight.sorted { $0.key < $1.key }.first
            let words = open?.value.split(whereSeparator: \.isNewline).first.map(String.init)
            context.printPlain(
                "    content \(segment.content): row \(open.map { "\($0.key)" } ?? "-") was in flight and failed: "
                    + (words ?? "no transaction was under way"))
        }
    }

    private func prove(_ ledger: Ledger) async throws -> Bool {
        title("compare every row with what the writer was told")
        let verdicts = try await ledger.verify()
        for verdict in verdicts {
            context.printPlain(
                "    content \(verdict.content): \(verdict.acknowledged) acknowledged, \(verdict.found) found, "
                    + "\(verdict.inFlight) in flight, \(verdict.lost.count) lost, \(verdict.invented.count) invented")
        }
        let lost = verdicts.map(\.lost.count).reduce(0, +)
        let invented = verdicts.map(\.invented.count).reduce(0, +)
        let all = verdicts.map(\.acknowledged).reduce(0, +)
        context.printPlain(
            "\n\(all) rows acknowledged before, during and after the loss of a host and of the coordinator: \(lost) lost, \(invented) invented"
        )
        return lost == 0 && invented == 0
    }

    /// Runs one of the tools on a host, the coordinator's where none is named, its output as it comes, its prefix cut.
    func tool(_ arguments: [String]) async throws {
        context.printPlain("\n$ \(arguments.joined(separator: " "))")
        let here = coordinator.segment
        let place = ["env", "-u", "PGHOST", "COORDINATOR_DATA_DIRECTORY=\(here.dataDirectory)"]
        let output = try await cluster.exec(here.hostname, place + arguments, timeout: .seconds(300))
        for line in output.standardOutput.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            context.printPlain(Self.withoutPrefix(line))
        }
        if !output.standardError.isEmpty { context.printPlain(output.standardError) }
        let isReport = arguments.first == "gpstate"
        guard output.succeeded || isReport && output.status == 1 else {
            throw ToolError(.plain, "\(arguments.joined(separator: " ")) ended with \(output.status)")
        }
    }

    /// `[INFO]:-text` of a log line.
    private static func withoutPrefix(_ line: Substring) -> String {
        guard let start = line.firstRange(of: "-[")?.lowerBound else { return String(line) }
        return String(line[line.index(after: start)...])
    }

    /// Tells where the acting primary of a content is, from the catalog.
    private func locator() -> @Sendable (Int) throws -> ConnectionParameters {
        let (cluster, coordinator) = (cluster, coordinator)
        return { content in
            var there = cluster.connection(to: coordinator.segment)
            there.connectTimeout = .seconds(3)
            if content == ContentID.coordinator.rawValue { return there }
            let connection = try PostgresConnection.connect(there)
            let row = try connection.query(
                """
                SELECT dbid, preferred_role, hostname, address, port, datadir
                FROM pg_catalog.gp_segment_configuration WHERE content = $1::int2 AND role = 'p'
                """, ["\(content)"]
            ).row().map { $0 ?? "" }
            let segment = Segment(
                dbid: DatabaseID(Int(row[0]) ?? 0), content: ContentID(content), role: .primary,
                preferredRole: SegmentRole(rawValue: row[1]) ?? .primary, mode: .inSync, status: .up,
                hostname: row[2], address: row[3], port: Int(row[4]) ?? 0, dataDirectory: row[5])
            var parameters = cluster.connection(to: segment)
            parameters.connectTimeout = .seconds(3)
            return parameters
        }
    }
}
