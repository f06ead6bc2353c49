import BlockingWork
import ClusterModel
import Glibc
import RemoteShell

/// Runs `gpftsd` beside the coordinator.
struct FaultToleranceDaemon: Sendable {
    let launcher: HostLauncher
    let files: PrivateFiles
    private var state: ClusterState { launcher.state }
    private var directory: String { state.layout.coordinator.dataDirectory }
    private var pidFile: String { "\(directory)/gpftsd.pid" }
    private var program: String { "\(state.toolPrograms)/gpftsd" }

    /// Refuses when the account cannot run the program.
    func check() throws(DemoError) {
        let output = try launcher.localProgram(
            ["/usr/bin/test", "-x", program], purpose: "looking for gpftsd"
        ).run()
        guard output.succeeded else {
            throw DemoError(
                "\(program) is missing, or the account \(state.account) cannot run it",
                hint: "build gpftsd beside gpdemo, or create with --without-fts")
        }
    }

    /// Starts it in the coordinator's host; nothing when it runs.
    func start() throws(DemoError) {
        guard process == nil else { return }
        try check()
        let log = "\(directory)/log/gpftsd.log"
        if !PrivateFiles.exists(log) { try files.write("", to: log) }
        let child = try launcher.program(
            on: state.layout.coordinator.hostname, [program, "-d", directory], purpose: "starting gpftsd"
        ).launch(log: log)
        try files.write("\(child)\n", to: pidFile)
        // The words before it on the way into its host become gpftsd one after the other; then it shall stay.
        let deadline = Deadline.after(.seconds(10))
        while process == nil, !ClusterProcesses.isEnded(child), !deadline.isPast { usleep(5_000) }
        usleep(200_000)
        guard process == nil else { return }
        let last = ((try? PrivateFiles.read(log)) ?? "").split(separator: "\n").last.map(String.init)
        throw DemoError("gpftsd ended at once: \(last ?? "it said nothing")", hint: "see \(log)")
    }

    /// Ends it and waits until it is gone.
    func stop() throws(DemoError) {
        guard let process else { return }
        kill(process, SIGTERM)
        let deadline = Deadline.after(.seconds(5))
        while self.process != nil, !deadline.isPast { usleep(5_000) }
        if self.process != nil { kill(process, SIGKILL) }
        unlink(pidFile)
    }

    /// Its process ID; nil when it does not run.
    var process: pid_t? {
        guard let text = try? PrivateFiles.read(pidFile), let process = pid_t(text.filter(\.isNumber)), process > 1,
            Self.isFaultTolerance((try? PrivateFiles.read("/proc/\(process)/cmdline")) ?? "", of: directory)
        else { return nil }
        return process
    }

    /// Whether a command line, as `/proc` has it, is that of the `gpftsd` of this data directory.
    ///
    /// A number in a pid file may have become another process's, and a postmaster names its data directory too.
    static func isFaultTolerance(_ commandLine: String, of directory: String) -> Bool {
        let words = commandLine.split(separator: "\0")
        return words.first?.split(separator: "/").last == "gpftsd" && words.dropFirst().contains { $0 == directory }
    }
}
