import ClusterOperations
import Reporting
import Synchronization
import ToolSupport

/// What was begun, and how each thing is taken back: last begun, first undone.
final class UndoStack: Sendable {
    struct Entry: Sendable {
        /// What stays when it cannot be undone.
        let remains: String
        let lines: [ReportLine]
        let action: @Sendable (ClusterAccess) async throws -> Void
    }

    private let entries = Mutex<[Entry]>([])

    /// Notes what is about to be done; call it before doing it.
    ///
    /// - Parameters:
    ///   - remains: named when undoing fails.
    ///   - lines: reported before it is undone.
    func push(
        _ remains: String, lines: [ReportLine] = [], _ action: @escaping @Sendable (ClusterAccess) async throws -> Void
    ) {
        entries.withLock { $0.append(Entry(remains: remains, lines: lines, action: action)) }
    }

    /// Forgets everything: it is done.
    func clear() { entries.withLock { $0 = [] } }

    /// Whether there is nothing to undo.
    var isEmpty: Bool { entries.withLock { $0.isEmpty } }

    /// Undoes everything; one failure does not keep the rest from being undone.
    ///
    /// - Returns: what stays.
    func run(_ access: ClusterAccess, report: @Sendable (ReportLine) -> Void) async -> [String] {
        let pending = entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
        var remains: [String] = []
        for entry in pending.reversed() {
            for line in entry.lines { report(line) }
            do { try await entry.action(access) } catch {
                report(.warning("\(entry.remains): \(error)"))
                remains.append(entry.remains)
            }
        }
        return remains
    }
}
