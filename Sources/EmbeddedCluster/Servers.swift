import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import RemoteShell

/// Makes, starts and stops database servers.
struct Servers: Sendable {
    let launcher: HostLauncher
    let files: PrivateFiles
    private var state: ClusterState { launcher.state }

    /// Makes a data directory with its own system identifier and writes its configuration.
    func initialize(_ instance: Segment) throws(DemoError) {
        let parent = instance.dataDirectory.split(separator: "/").dropLast().joined(separator: "/")
        try files.makeDirectories("/" + parent, below: state.layout.directory)
        // Greenplum's initdb tries how much memory it gets, unless it is told.
        let own =
            state.engine == .greenplum
            ? ["--max_connections=40", "--shared_buffers=16MB"] : ["--no-instructions"]
        try run(
            launcher.localProgram(
                [
                    "\(state.serverPrograms)/initdb", "-D", instance.dataDirectory, "--username=\(state.account)",
                    "--auth=trust", "--data-checksums", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
                ] + own, purpose: "initdb of \(instance.label)", timeout: .seconds(180)))
        try configure(instance)
    }

    /// Writes what is the instance's own: addresses, ports, memory, who may connect.
    private func configure(_ instance: Segment) throws(DemoError) {
        let directory = instance.dataDirectory
        try files.makeDirectory("\(directory)/log")
        let sockets = state.layout.socketDirectory(instance.hostname)
        try files.append(
            state.engine == .greenplum
                ? GreenplumSettings.configuration(for: instance, socketDirectory: sockets)
                : InstanceSettings.configuration(for: instance, socketDirectory: sockets),
            to: "\(directory)/postgresql.conf")
        if state.engine == .greenplum {
            try files.write(GreenplumSettings.identity(of: instance), to: "\(directory)/internal.auto.conf")
        }
        try files.write(
            InstanceSettings.access(
                account: state.account, coordinatorAddress: state.layout.coordinator.address,
                network: state.network),
            to: "\(directory)/pg_hba.conf")
        guard instance.isCoordinatorPair, state.engine == .embedded else { return }
        try files.write(InstanceSettings.faultTolerance, to: "\(directory)/gpftsd.conf")
    }

    /// Starts an instance and waits until it accepts connections (a standby: until it could); nothing when it runs.
    ///
    /// - Parameter isAlone: whether a Greenplum coordinator serves utility sessions only, and no service probes.
    func start(_ instance: Segment, isAlone: Bool = false) throws(DemoError) {
        guard DataDirectories.server(instance.dataDirectory) == nil else { return }
        try Self.refuseSuperseded(instance)
        DataDirectories.removeStaleLocks(
            of: instance, socketDirectory: state.layout.socketDirectory(instance.hostname))
        try files.makeDirectory("\(instance.dataDirectory)/log")
        let log = "\(instance.dataDirectory)/log/startup.log"
        let engine = state.engine.facts
        let options = isAlone ? engine.utilitySetting.map { "-c \($0)" } : engine.startOptions(of: instance)
        let isFollower = PrivateFiles.exists("\(instance.dataDirectory)/standby.signal")
        let waits = engine.awaitsStandbyStart || !instance.isCoordinatorPair || !isFollower
        let variables = engine.startEnvironment.map { "\($0.name)=\($0.value)" }
        let output = try launcher.program(
            on: instance.hostname,
            (variables.isEmpty ? [] : ["/usr/bin/env"] + variables) + [
                "\(state.serverPrograms)/pg_ctl", "-D", instance.dataDirectory, "-l", log, waits ? "-w" : "-W", "-t",
                "60", "-s",
            ] + (options.map { ["-o", $0] } ?? []) + ["start"], purpose: "starting \(instance.label)",
            timeout: .seconds(70)
        ).run()
        if output.succeeded, waits || Self.awaitFollower(instance) { return }
        throw DemoError(
            "starting \(instance.label): \(Self.reason(in: instance.dataDirectory) ?? output.lastErrorLine)",
            hint: "see \(instance.dataDirectory)/log")
    }

    /// Waits until a server that follows another one says that it runs (`postmaster.pid`, eighth line).
    private static func awaitFollower(_ instance: Segment) -> Bool {
        // pg_ctl -W is back before the server has written anything.
        let deadline = Deadline.after(.seconds(60)), grace = Deadline.after(.seconds(5))
        while !deadline.isPast {
            let lines = ((try? PrivateFiles.read("\(instance.dataDirectory)/postmaster.pid")) ?? "")
                .split(separator: "\n", omittingEmptySubsequences: false)
            let state = lines.count > 7 ? lines[7].trimmingPrefix(" ") : ""
            if ["standby", "wrecvstreaming", "ready", "dtmready"].contains(where: { state.hasPrefix($0) }) {
                return true
            }
            if grace.isPast, DataDirectories.server(instance.dataDirectory) == nil { return false }
            usleep(50_000)
        }
        return false
    }

    /// Refuses a coordinator whose standby was activated: there would be two.
    static func refuseSuperseded(_ instance: Segment) throws(DemoError) {
        let path = SupersededMark.path(instance.dataDirectory)
        guard instance.isCoordinatorPair, PrivateFiles.exists(path) else { return }
        let mark = SupersededMark(text: (try? PrivateFiles.read(path)) ?? "")
        throw DemoError(
            SupersededMark.refusal(instance.dataDirectory, mark), hint: SupersededMark.hint(instance.dataDirectory))
    }

    /// The last thing that a server said before it gave up.
    private static func reason(in directory: String) -> String? {
        // Greenplum names its files by the time of the start.
        let newest = PrivateFiles.names(in: "\(directory)/log").filter { $0.hasPrefix("gpdb-") }.sorted().last
        let texts = ["gpdb.log", newest ?? "", "startup.log"].filter { !$0.isEmpty }
            .map { (try? PrivateFiles.read("\(directory)/log/\($0)")) ?? "" }
        let lines = texts.flatMap { $0.split(separator: "\n") }
        let fatal = lines.last { $0.contains("FATAL:") } ?? lines.last
        guard let fatal else { return nil }
        return fatal.firstRange(of: "FATAL:  ").map { String(fatal[$0.upperBound...]) } ?? String(fatal)
    }

    /// Stops the server of a data directory; nothing when none runs.
    func stop(_ server: RunningServer, mode: String) throws(DemoError) {
        try run(
            launcher.localProgram(
                ["\(state.serverPrograms)/pg_ctl", "-D", server.path, "-m", mode, "-w", "-t", "60", "-s", "stop"],
                purpose: "stopping the server in \(server.path)", timeout: .seconds(70)))
    }

    private func run(_ program: Program) throws(DemoError) {
        let output = try program.run()
        guard output.succeeded else { throw DemoError("\(program.purpose): \(output.lastErrorLine)") }
    }
}
