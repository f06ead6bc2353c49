import ArgumentParser
import BlockingWork
import EmbeddedCluster
import RemoteShell
import Reporting
import ToolSupport

/// Makes a cluster and starts it.
struct CreateCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool("create", abstract: "Make a cluster and start it.")

    @OptionGroup var standard: StandardOptions
    @OptionGroup var location: DirectoryOptions

    @Option(name: .customLong("hosts"), help: ArgumentHelp("Segment hosts.", valueName: "number"))
    var hosts = 4

    @Option(name: .customLong("primaries-per-host"), help: ArgumentHelp("Primaries on each.", valueName: "number"))
    var primariesPerHost = 2

    @Option(
        name: .customLong("mirrors"), help: ArgumentHelp("group, spread, block:N or none.", valueName: "layout"))
    var mirrors = "none"

    @Option(name: .customLong("port-base"), help: ArgumentHelp("The coordinator's port.", valueName: "port"))
    var portBase: Int?

    @Option(
        name: .customLong("pg-bin"), help: ArgumentHelp("The server's programs.", valueName: "directory"),
        completion: .directory)
    var serverPrograms: String?

    @Option(
        name: .customLong("engine"), help: ArgumentHelp("embedded or greenplum.", valueName: "kind"),
        completion: .list(DemoEngine.allCases.map(\.rawValue)))
    var engine = DemoEngine.embedded.rawValue

    @Option(
        name: .customLong("gphome"),
        help: ArgumentHelp("The Greenplum 7 installation (default: $GPHOME).", valueName: "directory"),
        completion: .directory)
    var home: String?

    @Option(
        name: .customLong("network"), help: ArgumentHelp("loopback or namespaces (root).", valueName: "kind"),
        completion: .list(DemoNetwork.allCases.map(\.rawValue)))
    var network = DemoNetwork.loopback.rawValue

    @Flag(name: .customLong("standby"), help: "Give the coordinator a standby on scdw.")
    var hasStandby = false

    @Flag(name: .customLong("without-fts"), help: "Run no gpftsd.")
    var withoutFaultTolerance = false

    static let ownShapes: [OptionShape] = [
        .integer("--hosts"), .integer("--primaries-per-host"), .text("--mirrors"), .integer("--port-base"),
        .text("--pg-bin"), .text("--engine"), .text("--gphome"), .text("--network"), .flag("--standby"),
        .flag("--without-fts"),
    ]

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        let clock = ContinuousClock.now
        let specification = try specification(directory, context.environment)
        let cluster = try await context.cleaningUp {
            try await DemoCluster.create(specification, progress: context.demoProgress)
        }
        let seconds = clock.duration(to: .now).inSeconds
        if specification.network == .loopback {
            context.report(
                .warning("every local user can log in to this cluster as its superuser: keep no real data in it"))
        }
        context.report([
            .info("cluster ready in \(Int(seconds.rounded())) s: \(cluster.directory)"),
            .info("use it: . \(ShellQuoting.word(cluster.environmentScript))"),
        ])
        return .done
    }

    private func specification(
        _ directory: String, _ environment: [String: String]
    ) throws(ToolError) -> DemoSpecification {
        guard let engine = DemoEngine(rawValue: engine) else {
            throw ToolError(.validation, "--engine takes embedded or greenplum, not '\(engine)'")
        }
        guard let mirrors = DemoMirrors(mirrors) else {
            throw ToolError(.validation, "--mirrors takes group, spread, block:N or none, not '\(mirrors)'")
        }
        guard let network = DemoNetwork(rawValue: network) else {
            throw ToolError(.validation, "--network takes loopback or namespaces, not '\(network)'")
        }
        return DemoSpecification(
            directory: directory, hosts: hosts, primariesPerHost: primariesPerHost, mirrors: mirrors,
            standby: hasStandby, portBase: portBase, serverPrograms: try programs(of: engine, environment),
            faultTolerance: !withoutFaultTolerance, network: network, engine: engine)
    }

    /// Where the server's programs are; only Greenplum's installation is looked for in the environment.
    private func programs(of engine: DemoEngine, _ environment: [String: String]) throws(ToolError) -> String {
        guard engine == .greenplum else {
            guard home == nil else { throw ToolError(.validation, "--gphome goes with --engine greenplum") }
            return serverPrograms ?? DemoSpecification.debianServerPrograms
        }
        guard serverPrograms == nil else {
            throw ToolError(.validation, "--pg-bin goes with --engine embedded", hint: "use --gphome")
        }
        let given = home ?? environment["GPHOME"] ?? ""
        guard given.hasPrefix("/") else {
            throw ToolError(
                .validation, "--engine greenplum needs the absolute path of a Greenplum 7 installation",
                hint: "--gphome DIR, or set GPHOME")
        }
        return (given.count > 1 && given.hasSuffix("/") ? String(given.dropLast()) : given) + "/bin"
    }
}
