import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension TestCluster {
    /// Runs `body` while no checkpoint of the primary gets on, so that a copy of it begins and does not end.
    func withFrozenCopy<Result: Sendable>(
        of primary: Segment, _ body: (_ thaw: @Sendable () -> Void) async throws -> Result
    ) async throws -> Result {
        let answer = try await value(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'", on: primary)
        guard let process = pid_t(answer), kill(process, SIGSTOP) == 0 else {
            throw TestFailure("no checkpointer of \(primary.label): '\(answer)'")
        }
        defer { kill(process, SIGCONT) }
        return try await body { kill(process, SIGCONT) }
    }

    /// Waits until as many copies run on the mirrors' hosts.
    func waitForCopies(_ count: Int = 1, of content: Int? = nil) async throws {
        let words = ["pg_basebackup", demo.directory] + (content.map { ["gpseg\($0)"] } ?? [])
        guard await eventually(within: .seconds(60), { Processes.all(with: words).count >= count }) else {
            throw TestFailure("no copy begins")
        }
    }

    /// Waits until the catalog has these mirrors, up or down.
    func waitForRows(contents: [Int]) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            let known = Set(try await built().map(\.rawValue))
            if known.isSuperset(of: contents) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw TestFailure("the catalog gets no mirrors of \(contents)")
    }

    /// A run that waits for its answer with the plan shown; `body` changes the world before the answer comes.
    func runPaused(
        answer: String = "y", _ more: [String] = [], meanwhile body: () async throws -> Void
    ) async throws -> CommandOutput {
        let flag = "\(demo.directory)/home/go", screen = "\(demo.directory)/home/screen"
        try await shell("rm -f \"$1\" \"$2\"", [flag, screen])
        let script = """
            flag=$1 answer=$2 screen=$3; shift 3
            { i=0; while [ ! -e "$flag" ] && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done; echo "$answer"; } |
              gpaddmirrors "$@" > "$screen" 2>&1
            status=$?; cat "$screen"; exit $status
            """
        async let running = demo.exec(
            DemoLayout.coordinatorHost,
            ["/bin/sh", "-c", script, "sh", flag, answer, screen, "-m", demo.mirrorDirectoryList] + more,
            timeout: .seconds(180))
        let asked = await eventually(within: .seconds(60)) {
            ((try? Files.read(screen)) ?? "").contains("Continue with add mirrors procedure")
        }
        do {
            try await body()
            try await shell("touch \"$1\"", [flag])
        } catch {
            try await shell("touch \"$1\"", [flag])
            _ = try? await running
            throw error
        }
        let output = try await running
        guard asked else { throw TestFailure("gpaddmirrors did not ask: \(output.standardOutput)") }
        return output
    }
}
