import BlockingWork
import ClusterModel
import Glibc
import Synchronization

/// `recovery_progress.file` in the log directory, from which `gpstate -e` shows segments in recovery.
///
/// The original appends a line for each segment every second; here each segment has one line, the newest. It counts
/// only while a run holds the lock, so one that a killed run left misleads nobody.
final class RecoveryProgressFile: Sendable {
    private struct State {
        var lines: [DatabaseID: String] = [:]
        var lastWritten: ContinuousClock.Instant?
    }

    private let path: String
    private let state = Mutex(State())

    /// - Parameter directory: the log directory.
    init(directory: String) { path = directory + "/recovery_progress.file" }

    /// Notes how far a segment is; in bytes.
    func note(_ dbid: DatabaseID, _ method: RecoveryMethod, done: Int, total: Int) {
        let percent = total > 0 ? min(100, done * 100 / total) : 0
        state.withLock { state in
            state.lines[dbid] = "\(method.rawValue):\(dbid):\(done / 1024)/\(total / 1024) kB (\(percent)%)"
            let now = ContinuousClock.now
            if let last = state.lastWritten, last.duration(to: now) < .milliseconds(500) { return }
            state.lastWritten = now
            write(state)
        }
    }

    /// A segment is not in recovery any more.
    func forget(_ dbid: DatabaseID) {
        state.withLock { state in
            if state.lines.removeValue(forKey: dbid) != nil { write(state) }
        }
    }

    /// Takes the file away.
    func remove() {
        state.withLock { state in
            state.lines = [:]
            unlink(path)
        }
    }

    /// A full disk loses what `gpstate` shows and nothing else.
    private func write(_ state: State) {
        guard !state.lines.isEmpty else {
            unlink(path)
            return
        }
        let text = state.lines.sorted { $0.key < $1.key }.map { $0.value + "\n" }.joined()
        try? LocalFiles.write(text, to: path, mode: 0o644)
    }
}
