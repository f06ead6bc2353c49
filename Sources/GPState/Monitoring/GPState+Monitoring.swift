import BlockingWork
import ClusterOperations
import Reporting
public import ToolSupport

/// How a run for a monitor shows itself: no log on the screen, and for `--check` never another form than a plugin's.
extension GPState {
    public var screenUse: ScreenUse {
        if monitoring.check { return .nothing }
        if monitoring.metrics { return .errors }
        if standard.isJSON { return .data }
        return views.screenUse ?? .log
    }

    /// A check that was cut off knows nothing.
    public var interruptedStatus: ExitStatus { monitoring.check ? .unknown : .refused }

    public func refusal(of error: ToolError) -> ToolRefusal? {
        guard monitoring.check else { return nil }
        let reason = [error.message, error.detail, error.hint.map { "(\($0))" }].compactMap { $0 }
            .joined(separator: " ")
        let text = standard.isJSON ? CheckJSON.unknown(reason).text() : PluginText.unknown(reason)
        return ToolRefusal(text: text, status: .unknown)
    }

    public static func refusal(ofUsage message: String, _ arguments: [String]) -> ToolRefusal? {
        // What the pre-pass would take for it, although something else is wrong: it knows unique prefixes.
        let isCheck = arguments.prefix { $0 != "--" }.contains { $0.count >= 4 && "--check".hasPrefix($0) }
        return isCheck ? ToolRefusal(text: PluginText.unknown(message), status: .unknown) : nil
    }

    /// Runs `--check` or `--metrics`.
    func monitor(_ context: ToolContext) async throws -> ExitStatus {
        let gatherer = MonitorGatherer(
            dataDirectory: try context.requireCoordinatorDataDirectory(), environment: context.environment,
            logger: context.logger, logDirectory: standard.logDirectory(context.environment),
            deadline: .after(monitoring.deadline), connectTimeout: timeoutSeconds.map { .seconds($0) },
            hostTimeout: shellOptions.hostTimeout, hostLimit: parallel.hostCount
        ) { [shellOptions, parallel] host in
            shellOptions.shell(localHosts: [host], width: parallel.hostCount, environment: context.environment)
        }
        let run = MonitoringRun(options: monitoring, gatherer: gatherer)
        return monitoring.check ? try await run.check(context) : try await run.metrics(context)
    }
}
