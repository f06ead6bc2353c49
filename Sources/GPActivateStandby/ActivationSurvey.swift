import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient
import RemoteShell

/// Gathers the facts: this host's own first, then the old coordinator and the segments' hosts side by side.
struct ActivationSurvey: Sendable {
    let dataDirectory: String
    let port: Int
    /// Without `PGHOST`: the standby is this machine's, whatever it says.
    let environment: [String: String]
    let threads: BlockingThreads
    let hostTimeout: Duration
    let gate: GateKeeper

    /// What this machine says.
    ///
    /// - Throws: `LocalFileError`, `OperationError`, `PostgresError`, `ConfigurationError`; `RecoveryEnding`.
    func local() async throws -> ActivationFacts {
        let directory = try StandbyDirectory(dataDirectory: dataDirectory)
        var facts = ActivationFacts(directory: directory, port: port, hostname: Self.hostname)
        facts.isGateShut = gate.isShut
        if directory.postmaster == nil {
            facts.survey = try await controlData(directory)
        } else {
            try await ask(&facts)
        }
        if facts.former == nil, let source = directory.source {
            facts.former = FormerCoordinator(
                dbid: nil, hostname: await name(of: source.host), address: source.host, port: source.port,
                dataDirectory: nil)
        }
        return facts
    }

    private static var hostname: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, 255)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func controlData(_ directory: StandbyDirectory) async throws -> CoordinatorSurvey {
        let script = CoordinatorSurvey.script(dataDirectory, binaryDirectory: directory.binaryDirectory)
        let output = try await LocalShell().run(
            ShellCommand(script, purpose: "the standby's control data"), on: "localhost")
        return try CoordinatorSurvey(output: output.standardOutput)
    }

    private typealias Activation = (former: FormerCoordinator, successor: DatabaseID)

    /// Asks the running server; one that takes no sessions, as a Greenplum standby, leaves its catalog unknown.
    private func ask(_ facts: inout ActivationFacts) async throws {
        let location = try CoordinatorLocation(dataDirectory: dataDirectory)
        let access = ClusterAccess(
            location: location, environment: environment, shell: LocalShell(), threads: threads)
        do {
            let (server, rows, former) = try await access.withCoordinator(.utility) { connection in
                let server = try LocalServer.ask(connection)
                // A segment's server has no such table.
                let isThere = try connection.query(
                    "SELECT pg_catalog.to_regclass('pg_catalog.gp_segment_configuration') IS NOT NULL"
                ).value()
                guard isThere == "t" else { return (server, [Segment](), nil as Activation?) }
                return (server, try Catalog.rows(connection), try Catalog.formerCoordinator(on: connection))
            }
            facts.server = server
            guard !rows.isEmpty else { return }
            facts.cluster = try ClusterConfiguration(rows: rows)
            let place = location.postmaster.port ?? location.port
            facts.own = try Self.own(rows, dataDirectory, place)
            if let row = rows.first(where: { $0.isCoordinatorPair && $0.role == .primary }), row.dbid != facts.own?.dbid
            {
                facts.former = FormerCoordinator(row)
            } else if let former, former.successor == facts.own?.dbid {
                facts.former = former.former
            }
            if let own = facts.own {
                facts.hostname = own.hostname
                facts.lastWord = try await lastWord(own, access)
                if location.engine.hasFaultToleranceProgram {
                    facts.isInSyncInHistory = try await access.withCoordinator(.utility) {
                        try StandbyHistory.isInSync(own.dbid, on: $0)
                    }
                }
            }
        } catch let error as PostgresError where facts.directory.hidesCatalog(error) || error.isServerStarting {
            guard LocalFiles.exists(dataDirectory + "/standby.signal") else { throw RecoveryEnding(reason: "\(error)") }
            guard facts.directory.hidesCatalog(error) else { throw error }
            facts.hidesCatalog = true
            // The identifier by which the old coordinator is known, and a position, from its files then.
            facts.survey = try await controlData(facts.directory)
        }
    }

    /// The newest row of the history about an instance.
    private func lastWord(_ own: Segment, _ access: ClusterAccess) async throws -> String? {
        try await access.withCoordinator(.utility) { connection in
            try connection.query(
                """
                SELECT pg_catalog.date_trunc('second', "time") || ': ' || "description"
                FROM pg_catalog.gp_configuration_history WHERE dbid = $1::int2 ORDER BY "time" DESC LIMIT 1
                """, ["\(own.dbid)"]
            ).rows.first?.first.flatMap { $0 }
        }
    }

    /// The row whose place is this instance's.
    static func own(_ rows: [Segment], _ dataDirectory: String, _ port: Int) throws -> Segment? {
        rows.first { row in
            guard row.isCoordinatorPair, row.port == port else { return false }
            if row.dataDirectory == dataDirectory { return true }
            guard let resolved = realpath(row.dataDirectory, nil) else { return false }
            defer { free(resolved) }
            return String(cString: resolved) == dataDirectory
        }
    }

    // MARK: - The others

    /// Looks at the old coordinator for `window` at most, and at every segment's host.
    func others(_ facts: inout ActivationFacts, _ shell: any Shell, window: Duration) async {
        let snapshot = facts
        async let old = look(snapshot, shell, window: window)
        async let neighbours = neighbours(snapshot, shell)
        let found = await neighbours
        facts.old = await old
        if facts.old.survey != nil, let former = facts.former, former.dataDirectory == nil {
            // Its system identifier proved that it is the right one.
            let directory = await formerDirectory(former, facts)
            facts.former?.dataDirectory = directory
        }
        found.enter(&facts)
    }

    /// Looks at the segments' hosts alone; what is known of the old coordinator stays.
    func segments(_ facts: inout ActivationFacts, _ shell: any Shell) async {
        await neighbours(facts, shell).enter(&facts)
    }

    /// Who is where: what a fence is chosen by.
    private struct Neighbours: Sendable {
        var own: [String]
        var former: [String]
        var hosts: [(String, HostAnswer)]

        /// Needs the old coordinator's survey.
        func enter(_ facts: inout ActivationFacts) {
            facts.staying = [facts.hostname: own]
            facts.silentHosts = [:]
            for (host, answer) in hosts {
                facts.staying[host, default: []] += answer.addresses
                if let problem = answer.problem { facts.silentHosts[host] = problem }
            }
            var addresses = facts.former?.fencedAddresses ?? []
            for address in former + (facts.old.survey?.addresses ?? []) where !addresses.contains(address) {
                addresses.append(address)
            }
            facts.formerAddresses = addresses
        }
    }

    private func neighbours(_ facts: ActivationFacts, _ shell: any Shell) async -> Neighbours {
        async let hosts = segmentHosts(facts, shell)
        async let former = addresses(of: facts.former.map { [$0.address, $0.hostname] } ?? [])
        async let own = ownAddresses(facts)
        return Neighbours(own: await own, former: await former, hosts: await hosts)
    }

    /// Looks at the old coordinator.
    func look(_ facts: ActivationFacts, _ shell: any Shell, window: Duration) async -> OldCoordinator {
        guard let former = facts.former else { return .unreachable(reason: "its host is not known") }
        let directory = await formerDirectory(former, facts)
        let programs = facts.directory.binaryDirectory
        let script =
            directory.map { CoordinatorSurvey.script($0, binaryDirectory: programs) }
            ?? FormerTraces.script(
                port: former.port, own: dataDirectory, systemIdentifier: facts.systemIdentifier,
                binaryDirectory: programs)
        return await OldCoordinatorWatch(
            former: former, directory: directory, systemIdentifier: facts.systemIdentifier,
            ownPlace: facts.survey?.place, script: script,
            database: facts.directory.engine.database, shell: shell, threads: threads
        ).look(for: window)
    }

    /// Nil where it is on this machine, and nothing here names it.
    private func formerDirectory(_ former: FormerCoordinator, _ facts: ActivationFacts) async -> String? {
        if let named = former.dataDirectory { return named }
        let there = await addresses(of: [former.hostname])
        let here = await ownAddresses(facts)
        let isHere =
            former.hostname == facts.hostname
            || there.contains { $0.hasPrefix("127.") || $0 == "::1" || here.contains($0) }
        return FormerDirectory.guess(
            own: dataDirectory, isHere: isHere, lock: FormerDirectory.lockText(port: former.port))
    }

    private struct HostAnswer: Sendable {
        var addresses: [String]
        var problem: String?
    }

    private static let addressScript = #"""
        { ip -o addr show 2>/dev/null || /sbin/ip -o addr show 2>/dev/null; } | awk '$3 ~ /^inet/ && $2 != "lo" {sub(/\/.*/, "", $4); if ($4 !~ /^(fe80:|127\.)/) print $4}'
        """#

    private func segmentHosts(_ facts: ActivationFacts, _ shell: any Shell) async -> [(String, HostAnswer)] {
        let segments = Dictionary(grouping: facts.segments, by: \.hostname)
        return await fanOut(segments.keys.sorted(), limit: 64) { host in
            async let catalog = addresses(of: segments[host]?.map(\.address) ?? [])
            let command = ShellCommand(
                Self.addressScript, purpose: "the addresses of \(host)", overallTimeout: hostTimeout)
            do {
                let output = try await shell.run(command, on: host)
                let found = output.standardOutput.split(separator: "\n").map(String.init)
                return (host, HostAnswer(addresses: await catalog + found, problem: nil))
            } catch {
                return (host, HostAnswer(addresses: await catalog, problem: GatherFailure(error).text))
            }
        }
    }

    private func ownAddresses(_ facts: ActivationFacts) async -> [String] {
        let output = try? await LocalShell().run(
            ShellCommand(Self.addressScript, purpose: "this host's addresses"), on: facts.hostname)
        let found = output?.standardOutput.split(separator: "\n").map(String.init) ?? []
        return found + (await addresses(of: facts.own.map { [$0.address] } ?? []))
    }

    /// The name of a host that `primary_conninfo` gives by its address: what SSH and people know it by.
    private func name(of host: String) async -> String {
        guard HostLookup.isNumeric(host), !host.hasPrefix("127."), host != "::1" else { return host }
        let deadline = Deadline.after(.seconds(3))
        guard let name = await threads.run({ HostLookup.name(of: host, until: deadline) }), HostName.isUsable(name)
        else { return host }
        let (there, known) = (await addresses(of: [name]), await addresses(of: [host]))
        return Set(there).isSuperset(of: known) ? name : host
    }

    /// What names stand for, in digits; a name that nobody knows stands for nothing.
    private func addresses(of names: [String]) async -> [String] {
        var found: [String] = []
        for name in Set(names).sorted() {
            let deadline = Deadline.after(.seconds(3))
            let outcome = await threads.run { HostLookup.addresses(of: name, port: 1, until: deadline) }
            if case .found(let list) = outcome { found += list.compactMap(\.numeric) }
        }
        return found
    }
}
