import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient
import RemoteShell

/// Starts the fault-tolerance service of the embedded engine beside the new coordinator.
struct ServiceStart: Sendable {
    /// With this machine's shell.
    let access: ClusterAccess

    private static let patience = Duration.seconds(10)

    private var directory: String { access.location.dataDirectory }

    /// The command that starts it by hand.
    var command: String { "gpftsd -d \(ShellQuoting.word(directory)) &" }

    /// Starts it unless it runs, and waits until it holds its lock.
    ///
    /// Undo: end the process.
    /// - Throws: `OperationError` when there is no such program or it ended at once.
    func start() async throws {
        if try await isRunning() { return }
        guard let program = Self.program(access.environment) else {
            throw OperationError("gpftsd is not beside this program and not in PATH", hint: "start it: \(command)")
        }
        let log = "\(directory)/log/gpftsd.log"
        let script = """
            unset PGHOST PGHOSTADDR
            COORDINATOR_DATA_DIRECTORY=\(ShellQuoting.word(directory)); export COORDINATOR_DATA_DIRECTORY
            mkdir -p \(ShellQuoting.word(directory + "/log"))
            cd / && setsid \(ShellQuoting.word(program)) -d \(ShellQuoting.word(directory)) </dev/null >>\(ShellQuoting.word(log)) 2>&1 &
            echo $!
            """
        let output = try await access.shell.run(ShellCommand(script, purpose: "the start of gpftsd"), on: "localhost")
        let process = Int(output.standardOutput.trimmed) ?? 0
        let deadline = Deadline.after(Self.patience)
        while !(try await isRunning()) {
            guard !deadline.isPast, process > 0, LocalFiles.exists("/proc/\(process)") else {
                let last = (try? LocalFiles.read(log))?.split(separator: "\n").last.map(String.init)
                throw OperationError(
                    "gpftsd did not become the service: \(last ?? "it said nothing")",
                    hint: "see \(log), then start it: \(command)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func isRunning() async throws -> Bool {
        try await access.withCoordinator { try Catalog.isServiceRunning(on: $0) }
    }

    /// Beside the running program, else in `PATH`.
    private static func program(_ environment: [String: String]) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let beside = own[..<(own.lastIndex(of: "/") ?? own.startIndex)]
        let places = [String(beside)] + (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return places.map { "\($0)/gpftsd" }.first { Glibc.access($0, X_OK) == 0 }
    }
}
