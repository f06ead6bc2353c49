import BlockingWork
import ClusterModel
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
        try run(
            launcher.localProgram(
                [
                    "\(state.serverPrograms)/initdb", "-D", instance.dataDirectory, "--username=\(state.account)",
                    "--auth=trust", "--data-checksums", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
                    "--no-instructions",
                ], purpose: "initdb of \(instance.label)", timeout: .seconds(120)))
        try configure(instance)
    }

    /// Writes what is the instance's own: addresses, ports, memory, who may connect.
    private func configure(_ instance: Segment) throws(DemoError) {
        let directory = instance.dataDirectory
        try files.makeDirectory("\(directory)/log")
        try files.append(
            InstanceSettings.configuration(
                for: instance, socketDirectory: state.layout.socketDirectory(instance.hostname)),
            to: "\(directory)/postgresql.conf")
        try files.write(
            InstanceSettings.access(
                account: state.account, coordinatorAddress: state.layout.coordinator.address,
                network: state.network),
            to: "\(directory)/pg_hba.conf")
        guard instance.isCoordinatorPair else { return }
        try files.write(InstanceSettings.faultTolerance, to: "\(directory)/gpftsd.conf")
    }

    /// Starts an instance and waits until it accepts connections (a standby: until it could); nothing when it runs.
    func start(_ instance: Segment) throws(DemoError) {
        guard DataDirectories.server(instance.dataDirectory) == nil else { return }
        try Self.refuseSuperseded(instance)
        DataDirectories.removeStaleLocks(
            of: instance, socketDirectory: state.layout.socketDirectory(instance.hostname))
        try files.makeDirectory("\(instance.dataDirectory)/log")
        let log = "\(instance.dataDirectory)/log/startup.log"
        let output = try launcher.program(
            on: instance.hostname,
            [
                "\(state.serverPrograms)/pg_ctl", "-D", instance.dataDirectory, "-l", log, "-w", "-t", "60", "-s",
                "start",
            ], purpose: "starting \(instance.label)", timeout: .seconds(70)
        ).run()
        guard !output.succeeded else { return }
        throw DemoError(
            "starting \(instance.label): \(Self.reason(in: instance.dataDirectory) ?? output.lastErrorLine)",
            hint: "see \(instance.dataDirectory)/log")
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
        let texts = ["gpdb.log", "startup.log"].map { (try? PrivateFiles.read("\(directory)/log/\($0)")) ?? "" }
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
