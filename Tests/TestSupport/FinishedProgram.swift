import BlockingWork
import Glibc

/// What a program that ran to its end left behind.
public struct FinishedProgram: Sendable {
    /// The exit status; 128 and the signal's number when a signal ended it.
    public let status: Int32
    public let output: String
    public let error: String
    /// From start to end.
    public let duration: Duration
    /// The largest resident set, in KiB (`wait4`).
    public let maxResident: Int

    /// Runs a program, its streams in files, in a process group of its own.
    ///
    /// - Parameters:
    ///   - words: the program's path, then its arguments.
    ///   - environment: all of it; nil hands this process's on.
    ///   - input: what standard input holds.
    ///   - timeout: after that its group is killed.
    /// - Throws: `TestFailure` when it cannot be started or takes longer.
    public static func run(
        _ words: [String], environment: [String: String]? = nil, input: String = "",
        timeout: Duration = .seconds(60)
    ) async throws -> FinishedProgram {
        try await BlockingThreads(width: 1).run {
            let directory = try TemporaryDirectory()
            try directory.write(input, to: "input")
            let start = ContinuousClock.now
            let process = try spawn(words, environment, directory.path)
            var status: Int32 = 0
            var usage = rusage()
            while wait4(process, &status, WNOHANG, &usage) == 0 {
                guard start.duration(to: .now) < timeout else {
                    kill(-process, SIGKILL)
                    wait4(process, &status, 0, &usage)
                    throw TestFailure(
                        "\(words.joined(separator: " ")) took longer than \(timeout):\n"
                            + directory.read("output") + directory.read("error"))
                }
                usleep(500)
            }
            let signal = status & 0x7f
            return FinishedProgram(
                status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: directory.read("output"),
                error: directory.read("error"), duration: start.duration(to: .now),
                maxResident: usage.ru_maxrss)
        }
    }

    private static func spawn(
        _ words: [String], _ environment: [String: String]?, _ directory: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, directory + "/input", O_RDONLY, 0)
        for (number, name) in [(Int32(1), "output"), (2, "error")] {
            posix_spawn_file_actions_addopen(
                &actions, number, directory + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var arguments = words.map { strdup($0) } + [nil]
        var variables = environment.map { $0.map { strdup("\($0.key)=\($0.value)") } + [nil] } ?? []
        defer { for pointer in arguments + variables { free(pointer) } }
        var process = pid_t()
        let failure =
            environment == nil
            ? posix_spawn(&process, words[0], &actions, &attributes, &arguments, environ)
            : posix_spawn(&process, words[0], &actions, &attributes, &arguments, &variables)
        guard failure == 0 else { throw TestFailure("cannot start \(words[0]): errno \(failure)") }
        return process
    }
}

/// Where the package's own programs lie.
public enum BuiltPrograms {
    /// The package's folder.
    public static let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    public static let debug = package + "/.build/debug"
    public static let release = package + "/.build/release"
    public static let names = [
        "gpstate", "gpaddmirrors", "gpinitstandby", "gpactivatestandby", "gprecoverseg", "gpdemo", "gpftsd",
    ]
}
