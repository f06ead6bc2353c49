import ArgumentParser
import EmbeddedCluster
import Glibc
import RemoteShell
import ToolSupport

/// Prints `env.sh`, for `eval "$(gpdemo env)"`.
struct EnvironmentCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool(
        "env", abstract: "Print the variables under which the tools find the cluster.")
    static let printsDataOnly = true

    @OptionGroup var options: StandardOptions
    @OptionGroup var location: DirectoryOptions
    var standard: StandardOptions { options.quiet }

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        let cluster = try DemoCluster.open(directory: directory)
        context.printPlain(". \(ShellQuoting.word(cluster.environmentScript))")
        return .done
    }
}

/// Becomes a command on one of the hosts.
struct ExecCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool(
        "exec", abstract: "Run a command on a host, as the cluster's account.",
        discussion: "gpdemo exec sdw1 -- psql -p 16432 postgres")
    static let printsDataOnly = true

    @OptionGroup var options: StandardOptions
    @OptionGroup var location: DirectoryOptions
    @Argument(help: "The host's name or address.", completion: .custom(DemoHostCompletion.names)) var host: String
    @Argument(help: "The command and its arguments, after --.") var command: [String]
    var standard: StandardOptions { options.quiet }

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        let cluster = try DemoCluster.open(directory: directory)
        let (arguments, variables) = try cluster.execution(on: host, command)
        // The tool's own dispositions must not become the command's.
        for number in 1..<Int32(32) { signal(number, SIG_DFL) }
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        var environment = context.environment.filter { ["TERM", "TZ", "COLUMNS", "LINES"].contains($0.key) }
        environment.merge(variables) { _, own in own }
        var words = arguments.map { strdup($0) } + [nil]
        var pairs = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        execve(arguments[0], &words, &pairs)
        throw ToolError(.operational, "cannot run \(arguments[0]): \(String(cString: strerror(errno)))")
    }
}

extension StandardOptions {
    /// The same without informational records: standard error belongs to what is run or printed.
    fileprivate var quiet: StandardOptions {
        var options = self
        options.isQuiet = true
        return options
    }
}
