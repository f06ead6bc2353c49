public import ArgumentParser
import ClusterOperations
import FaultTolerance
public import ToolSupport

/// The fault-tolerance service of the embedded engine, in the foreground.
///
/// See gpftsd(8).
///
/// It probes every primary, swaps roles when one is lost, and keeps `gp_segment_configuration` true.
public struct GPFtsd: ToolCommand {
    public static let toolName = "gpftsd"
    public static let configuration = CommandConfiguration.tool(
        toolName, abstract: "Watch the segments of an embedded cluster and fail over.")

    @OptionGroup public var standard: StandardOptions

    @Flag(name: .customLong("once"), help: "Probe once, wait for what that decides, and end.")
    var runsOnce = false

    public init() {}

    public static let optionShapes: [OptionShape] = StandardOptions.shapes + [.flag("--once")]

    /// Runs the service until it is asked to stop, or once.
    public func run(_ context: ToolContext) async throws -> ExitStatus {
        let dataDirectory = try context.requireCoordinatorDataDirectory()
        let stop = FTSStop()
        let points = context.killPoints
        let service = FaultToleranceService(
            dataDirectory: dataDirectory, environment: context.environment, logger: context.logger, stop: stop,
            killPoint: { try points.hit($0.rawValue) })
        return try await context.stop.withHandler({ stop.request() }) {
            do {
                guard runsOnce else {
                    try await service.run()
                    return .done
                }
                return try await service.runOnce() ? .done : .incomplete
            } catch let error as OperationError {
                throw ToolError(.operational, error.message, hint: error.hint)
            }
        }
    }
}
