import EmbeddedCluster
import Glibc

// `make bench`: the figures of docs/performance.md, on an embedded cluster of its own. Not installed.
// `exec-true CONFIG HOST…` is the floor that gpstate is compared with.

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "exec-true" {
    await ExecTrue.run(configuration: arguments[1], hosts: Array(arguments.dropFirst(2)))
} else {
    do {
        try await Benchmarks(chosen: Set(arguments)).run()
    } catch {
        print("bench: \(error)")
        exit(2)
    }
}
