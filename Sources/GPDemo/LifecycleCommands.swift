import ArgumentParser
import EmbeddedCluster
import Reporting
import ToolSupport

/// Starts what is not running.
struct StartCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool("start", abstract: "Start a stopped cluster.")

    @OptionGroup var standard: StandardOptions
    @OptionGroup var location: DirectoryOptions

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        try await DemoCluster.open(directory: directory).start(progress: context.demoProgress)
        context.report(.info("cluster started: \(directory)"))
        return .done
    }
}

/// Stops all of it.
struct StopCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool("stop", abstract: "Stop a cluster.")

    @OptionGroup var standard: StandardOptions
    @OptionGroup var location: DirectoryOptions

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        try await DemoCluster.open(directory: directory).stop(progress: context.demoProgress)
        context.report(.info("cluster stopped: \(directory)"))
        return .done
    }
}

/// Ends and removes all of it.
struct DestroyCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool(
        "destroy", abstract: "End a cluster's processes and remove everything it is made of.")

    @OptionGroup var standard: StandardOptions
    @OptionGroup var location: DirectoryOptions

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        try await DemoCluster.destroy(directory: directory, progress: context.demoProgress)
        context.report(.info("cluster removed: \(directory)"))
        return .done
    }
}
