import ArgumentParser
import BlockingWork
import EmbeddedCluster
import Glibc
import ToolSupport

/// `gpdemo tour`: the main job from beginning to end, on a cluster of its own that is gone afterwards.
struct TourCommand: DemoCommand {
    static let configuration = CommandConfiguration.tool(
        "tour", abstract: "Mirror a cluster under load, lose a host, prove that no row was lost.")

    @OptionGroup var standard: StandardOptions
    @OptionGroup var location: DirectoryOptions

    @Option(
        name: .customLong("network"), help: ArgumentHelp("loopback or namespaces (root).", valueName: "kind"),
        completion: .list(DemoNetwork.allCases.map(\.rawValue)))
    var network = DemoNetwork.loopback.rawValue

    @Option(
        name: .customLong("pg-bin"), help: ArgumentHelp("The server's programs.", valueName: "directory"),
        completion: .directory)
    var serverPrograms = DemoSpecification.debianServerPrograms

    @Flag(name: .customLong("keep"), help: "Keep the cluster afterwards.")
    var keeps = false

    static let ownShapes: [OptionShape] = [.text("--network"), .text("--pg-bin"), .flag("--keep")]

    func perform(_ context: ToolContext, in directory: String) async throws -> ExitStatus {
        guard let network = DemoNetwork(rawValue: network) else {
            throw ToolError(.validation, "--network takes loopback or namespaces, not '\(network)'")
        }
        let own = location.directory ?? "/tmp/gpdemo-tour.\(getpid())"
        let directory = own.hasPrefix("/") ? own : directory
        let clock = ContinuousClock.now
        let specification = DemoSpecification(
            directory: directory, serverPrograms: serverPrograms, network: network)
        do {
            let isProved = try await context.cleaningUp {
                let isProved = try await tour(context, specification)
                try await cleanUp(context, directory)
                return isProved
            }
            let seconds = clock.duration(to: .now).inSeconds
            context.printPlain("tour done in \(Int(seconds.rounded())) s")
            return isProved ? .done : .incomplete
        } catch {
            // Also when interrupted: the cluster goes, unless it is to stay.
            try? await Task.detached { try await cleanUp(context, directory) }.value
            throw error
        }
    }

    private func tour(_ context: ToolContext, _ specification: DemoSpecification) async throws -> Bool {
        context.printPlain(
            "\n==> create \(specification.hosts) hosts with \(specification.primariesPerHost) primaries each, no mirrors"
        )
        let clock = ContinuousClock.now
        let cluster = try await DemoCluster.create(specification, progress: context.demoProgress)
        context.printPlain("    ready after \(ElapsedTime.text(clock.duration(to: .now)))")
        return try await Tour(context: context, cluster: cluster).run()
    }

    private func cleanUp(_ context: ToolContext, _ directory: String) async throws {
        guard !keeps else {
            context.printPlain("the cluster stays in \(directory): gpdemo destroy --dir \(directory)")
            return
        }
        try await DemoCluster.destroy(directory: directory)
    }
}
