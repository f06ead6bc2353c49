import EmbeddedCluster
import Glibc
import TestSupport

/// A cluster of two hosts with a primary each for the examples, and where their places are on it.
struct ExampleCluster: Sendable {
    let cluster: DemoCluster
    let place: TemporaryDirectory

    var directory: String { cluster.directory }
    var standbyDirectory: String { "\(directory)/hosts/scdw/standby/gpseg-1" }
    var coordinatorDirectory: String { "\(directory)/hosts/cdw/coordinator/gpseg-1" }

    /// Makes a cluster without mirrors, runs `body`, and removes it whatever happens.
    static func with(_ body: (ExampleCluster) async throws -> Void) async throws {
        let place = try scratch()
        let directory = place.path + "/c"
        let cluster = try await DemoCluster.create(
            DemoSpecification(
                directory: directory, hosts: 2, primariesPerHost: 1, toolPrograms: BuiltPrograms.debug))
        do {
            try await body(ExampleCluster(cluster: cluster, place: place))
        } catch {
            try? await DemoCluster.destroy(directory: directory)
            throw error
        }
        try await DemoCluster.destroy(directory: directory)
    }

    /// A directory that the cluster's account may write to, with an editor and a fence in `bin` that change nothing.
    static func scratch() throws -> TemporaryDirectory {
        let place = try TemporaryDirectory()
        chmod(place.path, 0o777)
        mkdir(place.path + "/bin", 0o755)
        chmod(place.path + "/bin", 0o755)
        for name in ["vi", "ipmitool"] { try place.write("#!/bin/sh\nexit 0\n", to: "bin/\(name)", mode: 0o755) }
        return place
    }

    /// An example's command with the places of this cluster for those of the page.
    ///
    /// All hosts of such a cluster share one disk, so a standby needs a directory of its own.
    func onThisCluster(_ command: String) -> String {
        let port = cluster.state.layout.portBase
        return [
            ("/home/gpadmin/mirror_dirs", cluster.mirrorDirectoryList), ("/tmp/places", "\(place.path)/places"),
            ("/tmp/moves", "\(place.path)/moves"), ("-s scdw", "-s scdw -S \(standbyDirectory)"),
            ("/data/standby/gpseg-1", standbyDirectory), ("PGPORT=5432", "PGPORT=\(port)"),
            ("/var/tmp/demo/hosts/cdw/coordinator/gpseg-1", coordinatorDirectory),
            ("/data/coordinator/gpseg-1", coordinatorDirectory),
        ].reduce(command) { $0.replacing($1.0, with: $1.1) }
    }

    /// Runs commands one after the other in one shell on a host, as the cluster's account.
    ///
    /// - Returns: each command's exit status, and all that was printed.
    func run(
        _ commands: [String], on host: String = "cdw", input: String = ""
    ) async throws -> (statuses: [Int], output: String) {
        try await Self.run(
            commands.map(onThisCluster), in: place,
            shell: ["\(BuiltPrograms.debug)/gpdemo", "exec", "--dir", directory, "-l", place.path, host, "--"],
            input: input)
    }

    /// Runs commands one after the other in one shell.
    static func run(
        _ commands: [String], in place: TemporaryDirectory, shell words: [String] = [],
        environment: [String: String]? = nil, input: String = ""
    ) async throws -> (statuses: [Int], output: String) {
        let script =
            "PATH=\(place.path)/bin:$PATH; exec 2>&1\n"
            + commands.map { "\($0)\nprintf '\\n%s %s\\n' @@status $?\n" }.joined()
        let run = try await FinishedProgram.run(
            words + ["/bin/sh", "-c", script], environment: environment, input: input, timeout: .seconds(120))
        let statuses = run.output.split(separator: "\n").filter { $0.hasPrefix("@@status ") }
            .compactMap { Int($0.dropFirst(9)) }
        return (statuses, run.output + run.error)
    }
}
