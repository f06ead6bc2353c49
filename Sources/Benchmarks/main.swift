import EmbeddedCluster
import Glibc

// `make bench`: the figures of docs/performance.md, on an embedded cluster of its own. Not installed.
// `exec-true CONFIG HOST…` is the floor that gpstate is compared with; `footprint PROGRAM` prints the least
// milliseconds and kilobytes of ten runs of its --help.

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "exec-true" {
    await ExecTrue.run(configuration: arguments[1], hosts: Array(arguments.dropFirst(2)))
} else if arguments.count == 2, arguments[0] == "footprint" {
    do {
        let runs = try (0..<10).map { _ in try ChildProcess.run([arguments[1], "--help"]) }
        print(Int((runs.map(\.seconds).min() ?? 0) * 1000), runs.map(\.kilobytes).min() ?? 0)
    } catch {
        print("bench: \(error)")
        exit(2)
    }
} else {
    do {
        try await Benchmarks(chosen: Set(arguments)).run()
    } catch {
        print("bench: \(error)")
        exit(2)
    }
}
