import Reporting
import Synchronization
import ToolSupport

/// What a signal means while segments are recovered: the original warns, and on Ctrl-C asks.
final class Interruption: Sendable {
    private let context: ToolContext
    private let isOver = Mutex(false)

    init(context: ToolContext) { self.context = context }

    /// Runs `body`; a Ctrl-C that the user does not confirm changes nothing.
    func during<Result: Sendable>(_ body: () async -> Result) async -> Result {
        await context.stop.withQuestion({ self.isMeant($0) }) {
            let result = await body()
            isOver.withLock { $0 = true }
            return result
        }
    }

    private func isMeant(_ reason: StopRequest.Reason) -> Bool {
        let signal = reason == .interrupt ? "SIGINT" : "SIGTERM"
        context.report(.warning("Recieved \(signal) signal, terminating gprecoverseg"))
        if reason == .interrupt, !confirms() { return false }
        guard isOver.withLock({ $0 }) else { return true }
        context.report(
            .info("Not able to terminate the recovery process since it has been completed successfully."))
        return false
    }

    private func confirms() -> Bool {
        let answer = context.answersYesNow(
            "Continue terminating gprecoverseg",
            background: "\nIt is not recommended to terminate a recovery procedure midway. However, if you choose to "
                + "proceed, you will need to run either gprecoverseg --differential or gprecoverseg -F to start a new "
                + "recovery process the next time.")
        // Nobody is there to answer: the signal is all there is.
        return answer ?? true
    }
}
