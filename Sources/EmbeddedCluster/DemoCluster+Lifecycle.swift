import BlockingWork
public import ClusterModel
import Glibc
import PostgresClient
import RemoteShell

extension DemoCluster {
    /// Starts everything that is not running: sshd, coordinator, then every instance in its catalog role, `gpftsd`.
    ///
    /// - Throws: `DemoError`, also when the coordinator it was made with is superseded; nothing is started then.
    public func start(progress: @escaping DemoProgress = { _ in }) async throws {
        try Servers.refuseSuperseded(state.layout.coordinator)
        if state.network == .namespaces, HostNetwork(state: state).inodes.isEmpty {
            progress("making the network namespaces")
            try await threads.run { [state] in try HostNetwork(state: state).make() }
        }
        progress("starting sshd on \(hosts.count) hosts and the coordinator")
        try await startSecureShells()
        if state.engine == .greenplum { return try await startGreenplum(progress) }
        try await threads.run { [servers, state] in try servers.start(state.layout.coordinator) }
        let others = try await instances().filter(Self.mayStart)
        progress("starting \(others.count) instances")
        try await each(others, on: threads) { [servers] in try servers.start($0) }
        guard state.faultTolerance else { return }
        progress("starting gpftsd")
        try await threads.run { [faultTolerance] in try faultTolerance.start() }
    }

    /// An instance with the mirror's role that would not follow anybody would be a second primary: it stays down.
    static func mayStart(_ instance: Segment) -> Bool {
        PrivateFiles.exists("\(instance.dataDirectory)/PG_VERSION")
            && (instance.role == .primary || PrivateFiles.exists("\(instance.dataDirectory)/standby.signal"))
    }

    /// Stops everything: `gpftsd` first, so that it sees no failure; then primaries, their mirrors, sshd.
    public func stop(progress: @escaping DemoProgress = { _ in }) async throws {
        try await threads.run { [faultTolerance] in try faultTolerance.stop() }
        let running = DataDirectories.running(of: state)
        progress("stopping \(running.count) servers")
        // A primary hands the last of its WAL to its mirror before it ends; a Greenplum coordinator, which would take
        // a stopped primary for a lost one, goes first.
        let primaries = running.filter { !$0.isStandby }
        for part in [
            primaries.filter(\.isDispatcher), primaries.filter { !$0.isDispatcher }, running.filter(\.isStandby),
        ] {
            try await each(part, on: threads) { [servers] in try servers.stop($0, mode: "fast") }
        }
        progress("stopping sshd on \(hosts.count) hosts")
        try await each(hosts, on: threads) { [secureShells] in secureShells.stop($0) }
    }

    /// Ends and removes everything that belongs to the cluster in a directory, however much of it there is.
    ///
    /// - Throws: `DemoError` when there is no cluster of gpdemo, or something cannot be removed.
    public static func destroy(directory: String, progress: @escaping DemoProgress = { _ in }) async throws {
        try await destroy(directory: directory, onlyID: nil, progress: progress)
    }

    /// The same, refusing when the directory's cluster has another id than `onlyID`.
    static func destroy(
        directory: String, onlyID: String?, progress: @escaping DemoProgress = { _ in }
    ) async throws {
        let state = try readState(directory)
        if let onlyID, state.id != onlyID {
            throw DemoError("the cluster in \(directory) is another one: \(state.id), not \(onlyID)")
        }
        try await BlockingThreads(width: 1).run {
            progress("ending all processes")
            let processes = ClusterProcesses(state: state)
            try ClusterProcesses.kill(processes.all)
            let hasOwnAccount = Account.isRoot && state.account == Account.name(forCluster: state.id)
            let account = hasOwnAccount ? Account.find(state.account) : nil
            SharedMemory.remove(of: state, account: account)
            if let account { KeptConnections.remove(of: account) }
            if Account.isRoot {
                try HostNetwork(state: state).remove()
                if hasOwnAccount {
                    try Account.remove(name: state.account, home: "\(directory)/home")
                }
            }
            progress("removing \(directory)")
            // The marker goes last, so that a second try finds what a first one left.
            for name in PrivateFiles.names(in: directory) where name != ClusterState.fileName {
                try PrivateFiles.removeTree("\(directory)/\(name)")
            }
            try PrivateFiles.removeTree(directory)
        }
    }

    /// The same for this cluster.
    public func destroy(progress: @escaping DemoProgress = { _ in }) async throws {
        try await Self.destroy(directory: directory, progress: progress)
    }

    /// Starts one instance and waits until it is up.
    public func start(_ instance: Segment) async throws {
        try await threads.run { [servers] in try servers.start(instance) }
    }

    /// Stops one instance.
    ///
    /// - Parameter mode: `smart`, `fast` or `immediate`, as `pg_ctl -m` takes it.
    public func stop(_ instance: Segment, mode: String = "fast") async throws {
        try await threads.run { [servers] in
            guard let server = DataDirectories.server(instance.dataDirectory) else { return }
            try servers.stop(server, mode: mode)
        }
    }

    /// The postmaster's process ID; nil when the instance does not run.
    public func process(of instance: Segment) -> Int32? {
        DataDirectories.server(instance.dataDirectory)?.process
    }

    /// Starts `gpftsd`; nothing when it runs.
    public func startFaultTolerance() async throws {
        guard state.engine == .embedded else { return }
        try await threads.run { [faultTolerance] in try faultTolerance.start() }
    }

    /// Ends `gpftsd`; nothing when it does not run.
    ///
    /// - Throws: `DemoError` on Greenplum, whose service is a part of the coordinator.
    public func stopFaultTolerance() async throws {
        guard state.engine == .embedded else {
            throw DemoError("Greenplum's fault-tolerance service cannot be stopped")
        }
        try await threads.run { [faultTolerance] in try faultTolerance.stop() }
    }
}
