import ArgumentParser
import EmbeddedCluster
import ToolSupport

/// Takes a host off the network; for tests and for the curious.
struct CutCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool(
        "cut", abstract: "Take a host off the network (namespaces).", shouldDisplay: false)

    @OptionGroup var standard: StandardOptions
    @OptionGroup var location: DirectoryOptions
    @Argument(help: "The host's name or address.", completion: .custom(DemoHostCompletion.names)) var host: String

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        try await DemoCluster.open(directory: directory).cutHost(host)
        return .done
    }
}

/// Puts a host back on the network.
struct JoinCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool(
        "join", abstract: "Put a host back on the network (namespaces).", shouldDisplay: false)

    @OptionGroup var standard: StandardOptions
    @OptionGroup var location: DirectoryOptions
    @Argument(help: "The host's name or address.", completion: .custom(DemoHostCompletion.names)) var host: String

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        try await DemoCluster.open(directory: directory).joinHost(host)
        return .done
    }
}

/// Kills everything that runs on a host.
struct CrashCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool(
        "crash", abstract: "Kill everything that runs on a host.", shouldDisplay: false)

    @OptionGroup var standard: StandardOptions
    @OptionGroup var location: DirectoryOptions
    @Argument(help: "The host's name or address.", completion: .custom(DemoHostCompletion.names)) var host: String

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        try await DemoCluster.open(directory: directory).killHost(host)
        return .done
    }
}
