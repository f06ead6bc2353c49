import BlockingWork
import ClusterOperations
import Glibc
import RemoteShell
import TestSupport
import Testing

/// A directory of its own for one test; everything in it is gone afterwards.
struct TemporaryDirectory {
    let path: String

    /// Makes the directory, runs `body` with it, removes it.
    static func with<Result>(_ body: (TemporaryDirectory) async throws -> Result) async throws -> Result {
        let directory = TemporaryDirectory(path: try makeTemporaryDirectory(named: "gpha-tests"))
        do {
            let result = try await body(directory)
            _ = try await shell("rm -rf \(ShellQuoting.word(directory.path))")
            return result
        } catch {
            _ = try? await shell("rm -rf \(ShellQuoting.word(directory.path))")
            throw error
        }
    }

    /// The path of `name` in here.
    func at(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a subdirectory and returns its path.
    @discardableResult
    func directory(_ name: String, mode: mode_t = 0o700) throws -> String {
        try #require(mkdir(at(name), mode) == 0, "mkdir \(name)")
        return at(name)
    }

    /// Writes a file and returns its path.
    @discardableResult
    func file(_ name: String, _ text: String, mode: UInt32 = 0o600) throws -> String {
        try LocalFiles.write(text, to: at(name), mode: mode)
        return at(name)
    }

    /// A directory of stand-ins for the server's programs, each with the given body.
    func programs(_ bodies: [String: String]) throws -> String {
        let bin = try directory("bin")
        for name in ["postgres", "pg_basebackup", "pg_ctl", "pg_controldata", "pg_waldump", "psql", "pg_isready"] {
            guard let body = bodies[name] else { continue }
            try file("bin/\(name)", "#!/bin/sh\n\(body)\n", mode: 0o700)
        }
        return bin
    }
}
