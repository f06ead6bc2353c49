import ClusterModel
import Logging
import RemoteShell
import Synchronization
import ToolSupport

extension GPState {
    /// Shows the mode again and again until it is told to stop.
    ///
    /// - Returns: the status of the last cycle.
    func watch(
        _ mode: StatusMode, _ views: CheckedViews, every interval: Duration, _ dataDirectory: String,
        _ context: ToolContext
    ) async -> ExitStatus {
        let shell = ReusedShell(options: shellOptions, width: parallel.hostCount)
        // The terminal is a picture, and the log file would grow with every cycle.
        let silent = Logger(label: Self.toolName) { _ in SwiftLogNoOpLogHandler() }
        let environment = context.environment
        let run = WatchRun(context: context, interval: interval) {
            let (cluster, own) = try await open(
                mode, dataDirectory, environment, silent, shell: shell, since: views.since)
            return try await facts(of: cluster, own, mode, dataDirectory, environment)
        }
        let seconds = views.seconds
        return await run.run(
            WatchBoard(
                mode: mode, command: "\(Self.toolName) \(mode.option)", pace: "every \(seconds) s",
                picture: views.picture))
    }
}

/// The shell of a run, made when the coordinator's host name is known and kept for the cycles after.
final class ReusedShell: Sendable {
    private let options: ShellOptions
    private let width: Int
    private let made = Mutex<(host: String, shell: any Shell)?>(nil)

    init(options: ShellOptions, width: Int) {
        self.options = options
        self.width = width
    }

    /// The shell that takes the coordinator's host for this one.
    func shell(_ configuration: ClusterConfiguration, _ environment: [String: String]) -> any Shell {
        let host = configuration.coordinator.hostname
        return made.withLock { made in
            if let made, made.host == host { return made.shell }
            let shell = options.shell(localHosts: [host], width: width, environment: environment)
            made = (host, shell)
            return shell
        }
    }
}
