import Glibc
import Synchronization

/// Places where a test makes a tool die or fail, to prove that the next run finishes its work.
///
/// For tests only: without the two variables nothing happens. `GPHA_KILL_AT=<name>` kills the process (SIGKILL) at
/// the point of that name, `GPHA_FAIL_AT=<name>` throws there; `<name>:<n>` means the n-th time, counted from 1.
public final class KillPoints: Sendable {
    private struct Target {
        let name: String
        let count: Int

        init?(_ text: String?) {
            guard let text, !text.isEmpty else { return nil }
            let parts = text.split(separator: ":", maxSplits: 1)
            name = parts.first.map(String.init) ?? text
            count = parts.count == 2 ? Int(parts[1]) ?? 1 : 1
        }
    }

    private let killing: Target?
    private let failing: Target?
    private let kill: @Sendable () -> Void
    private let hits = Mutex<[String: Int]>([:])

    /// - Parameter kill: ends the process; another closure in tests of this type.
    init(environment: [String: String], kill: @escaping @Sendable () -> Void) {
        killing = Target(environment["GPHA_KILL_AT"])
        failing = Target(environment["GPHA_FAIL_AT"])
        self.kill = kill
    }

    /// The points of this process.
    public convenience init(environment: [String: String]) {
        self.init(environment: environment) { _ = Glibc.kill(getpid(), SIGKILL) }
    }

    /// Passes the point `name`.
    ///
    /// - Throws: `ToolError` when a test asked for a failure here.
    public func hit(_ name: String) throws {
        guard killing != nil || failing != nil else { return }
        let count = hits.withLock { hits in
            hits[name, default: 0] += 1
            return hits[name, default: 0]
        }
        if let killing, killing.name == name, killing.count == count { kill() }
        if let failing, failing.name == name, failing.count == count {
            throw ToolError(.failure, "injected failure at \(name)")
        }
    }

    /// The same as a closure, for layers that do not know this type.
    public var closure: @Sendable (String) throws -> Void {
        { try self.hit($0) }
    }
}
