import ClusterModel
import Glibc
import RemoteShell
import TestSupport
import Testing

@testable import EmbeddedCluster
@testable import GPInitStandby

extension OnOneCluster {
    @Suite struct StepTests {
        @Test(arguments: StandbyStep.allCases)
        func `a failure at any step leaves everything as before`(_ step: StandbyStep) async throws {
            let cluster = try await StandbyCluster.fresh()
            let output = try await cluster.add(environment: ["GPHA_FAIL_AT": step.rawValue])
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("injected failure at \(step.rawValue)"), words(output))
            if step == .finished { return try await cluster.expectStandby() }
            try await cluster.expectNoStandby()
            try cluster.expectOwnAccessFiles()
            try await cluster.expectCommits()
            guard step == .started else { return }
            #expect(output.standardOutput.contains("the standby's logs are kept in scdw:"), words(output))
            let again = try await cluster.add()
            #expect(again.status == 0, words(again))
            try await cluster.expectStandby()
        }

        @Test(arguments: StandbyStep.allCases)
        func `killed at any step, commits go on and the next run finishes`(_ step: StandbyStep) async throws {
            let cluster = try await StandbyCluster.fresh()
            let first = try await cluster.add(environment: ["GPHA_KILL_AT": step.rawValue])
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            try await cluster.expectCommits()
            let second = try await cluster.add()
            if step == .finished {
                #expect(second.standardOutput.contains("Standby coordinator already configured"), words(second))
            } else {
                #expect(second.status == 0, words(second))
            }
            try await cluster.expectStandby()
        }

        @Test(arguments: RemovalStep.allCases)
        func `a removal killed at any step is finished by the next, and commits go on`(_ step: RemovalStep)
            async throws
        {
            let cluster = try await StandbyCluster.fresh()
            _ = try await cluster.add()
            let first = try await cluster.tool(["-a", "-r"], environment: ["GPHA_KILL_AT": step.rawValue])
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            try await cluster.expectCommits()
            let second = try await cluster.tool(["-a", "-r"])
            #expect(second.status == (step == .rowRemoved ? 2 : 0), words(second))
            try await cluster.shell("rm -rf \"$1\"/gpinitstandby.lock", [cluster.coordinator.dataDirectory])
            try await cluster.expectNoStandby()
        }

        @Test func `interrupted during the copy, it undoes what it did`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let answer = try await cluster.value(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
            let checkpointer = try #require(pid_t(answer))
            kill(checkpointer, SIGSTOP)
            defer { kill(checkpointer, SIGCONT) }
            let script = """
                gpinitstandby -a -s scdw -S "$1" > "$2" 2>&1 & tool=$!
                i=0; while ! grep -q 'Copying the coordinator' "$2" && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done
                sleep 1; kill -INT $tool; wait $tool; status=$?; cat "$2"; exit $status
                """
            let screen = "\(cluster.demo.directory)/home/screen"
            // A shell starts what it puts in the background with SIGINT ignored; the tool asks for it again.
            let output = try await cluster.shell(script, [cluster.place, screen])
            kill(checkpointer, SIGCONT)
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("User canceled"), words(output))
            #expect(output.standardOutput.contains("everything is as it was before"), words(output))
            try await cluster.expectNoStandby()
            try cluster.expectOwnAccessFiles()
        }

        @Test func `a file that somebody changes meanwhile loses our lines only`() async throws {
            let cluster = try await StandbyCluster.fresh()
            let segment = try #require(try await cluster.demo.instances().first { $0.content.rawValue == 0 })
            let file = StandbyCluster.accessFile(segment)
            let before = try StandbyCluster.read(file)
            let address = cluster.demo.hosts[1].address
            async let running = cluster.add(environment: ["GPHA_FAIL_AT": "verified"])
            let written = await eventually(within: .seconds(60)) {
                ((try? StandbyCluster.read(file)) ?? "").contains(address)
            }
            #expect(written)
            try await cluster.shell("echo '# mine' >> \"$1\"", [file])
            let output = try await running
            #expect(output.status == 2, words(output))
            #expect(try StandbyCluster.read(file) == before + "# mine\n")
            try await cluster.expectNoStandby()
        }
    }
}
