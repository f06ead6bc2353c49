import ClusterModel
import ClusterOperations
import Reporting
import ToolSupport

/// What can be said before promoting: how far the standby is, and whether it was in sync.
///
/// Pure. A standby alone cannot prove that it was in sync: a coordinator that went on without it told others, not it.
struct StandbyEvidence {
    let facts: ActivationFacts

    var lines: [ReportLine] { position + sync + lastWord }

    private var own: WALPosition? { facts.server?.received ?? WALPosition(facts.survey?.checkpoint) }

    private var position: [ReportLine] {
        guard let server = facts.server else {
            let checkpoint = facts.survey?.checkpoint ?? "unknown"
            let state = facts.directory.postmaster == nil ? "is stopped" : "takes no sessions"
            return [.info("the standby \(state); its latest restart point is at \(checkpoint)")] + distance
        }
        let left = server.replayed.flatMap { replayed in server.received.map { replayed.bytes(behind: $0) } }
        let text =
            "the standby has WAL up to \(server.received.map { "\($0)" } ?? "an unknown position"), "
            + "\(left.map { ByteCount.text($0) } ?? "an unknown part") of it not replayed"
        let commit = server.lastCommit.map { "; the newest commit it replayed is of \($0)" } ?? ""
        return [.info(text + commit)] + distance
    }

    /// Whether the standby has the record with which the old coordinator ended cleanly.
    private var hasAll: Bool {
        guard let survey = facts.old.survey, survey.state == "shut down", let end = WALPosition(survey.checkpoint),
            let own
        else { return false }
        // What a server received ends at its position; a restart point is at a checkpoint that was replayed.
        return own > end || facts.server == nil && own == end
    }

    /// How far behind the last known position of the old coordinator.
    private var distance: [ReportLine] {
        guard let survey = facts.old.survey, let end = WALPosition(survey.checkpoint), let own else {
            return [.info("how far the old coordinator's WAL goes is not known")]
        }
        let behind = own.bytes(behind: end)
        if behind > 0 {
            return [
                .warning(
                    "the old coordinator's latest checkpoint is at \(end), \(ByteCount.text(behind)) beyond what the "
                        + "standby is known to have")
            ]
        }
        return [
            .info(
                hasAll
                    ? "the old coordinator was shut down cleanly at \(end): the standby has all of its WAL"
                    : "the standby has all WAL up to the old coordinator's latest checkpoint at \(end)")
        ]
    }

    /// Commits are made to wait before the standby has everything that was committed until then: only the history's
    /// word, written when it had, makes a promise of the names.
    private var sync: [ReportLine] {
        let unknown = "whether the standby was in sync is not known: "
        guard let survey = facts.old.survey, facts.directory.engine.setsCoordinatorSync else {
            return hasAll
                ? [Self.nothingLost]
                : [
                    .warning(
                        unknown
                            + "if it was not, transactions that were acknowledged after it lost the coordinator are "
                            + "missing")
                ]
        }
        let isAwaited = survey.synchronousNames == Engine.synchronousNames
        if isAwaited, facts.isInSyncInHistory == true {
            return [
                .info(
                    "the standby was in sync: the old coordinator's commits waited for it to the end, so no "
                        + "acknowledged transaction is lost")
            ]
        }
        if hasAll { return [Self.nothingLost] }
        if isAwaited {
            let history =
                facts.isInSyncInHistory == nil
                ? "the standby's catalog cannot be read"
                : "the standby's catalog does not say that it had come into sync"
            return [
                .warning(
                    unknown + "the old coordinator's commits were to wait for it, and \(history): if it had not, "
                        + "transactions that were acknowledged before may be missing")
            ]
        }
        return [
            .warning(
                "the standby was NOT in sync: the old coordinator's commits did not wait for it, and transactions that "
                    + "were acknowledged last may be missing")
        ]
    }

    private static let nothingLost = ReportLine.info(
        "no transaction is lost: the standby has all WAL of the old coordinator")

    private var lastWord: [ReportLine] {
        facts.lastWord.map { [.info("the catalog's last word about the standby is of \($0)")] } ?? []
    }
}
