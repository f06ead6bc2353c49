import BlockingWork
import ClusterModel
import Glibc
import PostgresClient
import RemoteShell

extension DemoCluster {
    /// Makes a cluster and starts it.
    ///
    /// When a step fails, or the task is cancelled, everything made so far is removed again.
    ///
    /// - Throws: `DemoError` or `PostgresError`.
    public static func create(
        _ specification: DemoSpecification, progress: @escaping DemoProgress = { _ in }
    ) async throws -> DemoCluster {
        try specification.validate()
        try DemoRequirements.check(specification)
        let state = try DemoRequirements.plan(specification)
        // Only what carries this call's own marker is ever removed: another call may have been quicker.
        try claim(state)
        do {
            let cluster = try prepare(state)
            try await cluster.build(progress)
            return cluster
        } catch {
            progress("removing what was made")
            try? await destroy(directory: specification.directory, onlyID: state.id)
            throw error
        }
    }

    /// Makes the directory and its marker, from which on `destroy` finds everything.
    ///
    /// - Throws: `DemoError` when the directory is not empty, or another call has marked it; nothing is changed then.
    static func claim(_ state: ClusterState) throws(DemoError) {
        let directory = state.layout.directory
        try PrivateFiles.claimDirectory(directory)
        let marker = "\(directory)/\(ClusterState.fileName)"
        guard try PrivateFiles(owner: nil).writeNew(state.text, to: marker, draft: "\(marker).\(state.id)") else {
            throw DemoError(
                "there is a cluster in \(directory) already",
                hint: "gpdemo destroy --dir \(ShellQuoting.word(directory))")
        }
    }

    /// Makes the account, the directories and the namespaces of a claimed directory.
    static func prepare(_ state: ClusterState) throws -> DemoCluster {
        let directory = state.layout.directory
        let home = "\(directory)/home"
        guard let account = Account.isRoot ? try Account.make(name: state.account, home: home) : Account.current else {
            throw DemoError("user ID \(geteuid()) has no account name")
        }
        let cluster = DemoCluster(state: state, account: account)
        if Account.isRoot, chown(directory, account.user, account.group) != 0 {
            throw DemoError("\(directory): \(String(cString: strerror(errno)))")
        }
        try DemoRequirements.checkReach(cluster)
        try cluster.files.makeDirectory(home)
        for host in state.layout.hosts {
            try cluster.files.makeDirectories(state.layout.socketDirectory(host.name), below: directory)
        }
        try cluster.files.makeDirectories(state.layout.standbyParent, below: directory)
        for mirror in state.layout.mirrorDirectories { try cluster.files.makeDirectory(mirror) }
        try cluster.files.write(
            state.layout.mirrorDirectories.map { $0 + "\n" }.joined(), to: cluster.mirrorDirectoryList)
        let script = PrivateFiles(owner: nil)
        try script.write(
            ToolEnvironment.script(of: state), to: cluster.environmentScript, mode: Account.isRoot ? 0o644 : 0o600)
        if state.network == .namespaces { try HostNetwork(state: state).make() }
        return cluster
    }

    private func build(_ progress: @escaping DemoProgress) async throws {
        let instances = state.layout.instances
        progress("making keys and \(instances.count) data directories")
        async let keys: Void = threads.run { [secureShells] in try secureShells.prepare() }
        // initdb keeps one core busy each.
        let cores = BlockingThreads(width: max(2, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        try await each(instances, on: cores) { [servers] in try servers.initialize($0) }
        try await keys
        try Task.checkCancellation()
        progress("starting \(hosts.count) sshd and \(instances.count) servers")
        async let shells: Void = startSecureShells()
        let isGreenplum = state.engine == .greenplum
        try await each(instances, on: threads) { [servers] in
            try servers.start($0, isAlone: isGreenplum && $0.isCoordinatorPair)
        }
        try await shells
        try Task.checkCancellation()
        progress("writing the catalog")
        if isGreenplum {
            try await enterGreenplumRows()
            try await addGreenplumMirrors(progress)
        } else {
            try await threads.run { [self] in try loadCatalog() }
            try await addMirrors(progress)
        }
        try Task.checkCancellation()
        try await addStandby(progress)
        try Task.checkCancellation()
        if state.faultTolerance {
            progress("starting gpftsd")
            try await threads.run { [faultTolerance] in try faultTolerance.start() }
        }
        try await awaitMirrors(progress)
    }

    func startSecureShells() async throws {
        try await each(hosts, on: threads) { [secureShells] in try secureShells.start($0) }
    }

    /// Loads the catalog's objects, then enters the coordinator and the primaries.
    private func loadCatalog() throws {
        let session = try PostgresConnection.connect(connection(to: state.layout.coordinator))
        let script = String(decoding: PackageResources.embedded_catalog_sql, as: UTF8.self)
        try session.query("BEGIN")
        try session.query(script)
        for instance in state.layout.instances {
            try session.query(
                """
                INSERT INTO pg_catalog.gp_segment_configuration
                VALUES ($1, $2, 'p', 'p', 'n', 'u', $3, $4, $5, $6)
                """,
                [
                    "\(instance.dbid)", "\(instance.content)", "\(instance.port)", instance.hostname,
                    instance.address, instance.dataDirectory,
                ])
        }
        try session.query("COMMIT")
    }

    /// Does the same to every item side by side; all run to their end, then the first error is thrown.
    func each<Item: Sendable>(
        _ items: [Item], on threads: BlockingThreads, _ body: @escaping @Sendable (Item) throws -> Void
    ) async throws {
        let errors = await withTaskGroup(of: (any Error)?.self) { group in
            for item in items {
                group.addTask {
                    do {
                        try Task.checkCancellation()
                        try await threads.run { try body(item) }
                        return nil
                    } catch { return error }
                }
            }
            var errors: [any Error] = []
            for await error in group { if let error { errors.append(error) } }
            return errors
        }
        if let error = errors.first { throw error }
    }
}
