import ClusterModel
import Glibc
import RemoteShell
import TestClusters
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
            // A shell starts what it puts in the background with SIGINT ignored; the tool asks for it again.
            let output = try await cluster.addHeld(meanwhile: "kill -INT $tool")
            #expect(output.status == 2, words(output))
            #expect(output.standardOutput.contains("User canceled"), words(output))
            #expect(output.standardOutput.contains("everything is as it was before"), words(output))
            try await cluster.expectNoStandby()
            try cluster.expectOwnAccessFiles()
        }

        @Test(.enabled(if: geteuid() == 0, "a file system of one's own needs root"))
        func `a disk that gets full during the copy leaves everything as before, and the next run works`()
            async throws
        {
            let cluster = try await StandbyCluster.fresh()
            let parent = cluster.demo.state.layout.standbyParent
            try runProgram(["/bin/mount", "-t", "tmpfs", "-o", "size=4g,mode=777", "gpha-test", parent])
            do {
                try cluster.showMounts()
                let output = try await cluster.addHeld { checkpointer in
                    // The preflight has seen the room; somebody else takes it.
                    try runProgram(["/bin/mount", "-o", "remount,size=8m", parent])
                    kill(checkpointer, SIGCONT)
                }
                #expect(output.status == 2, words(output))
                #expect(output.standardOutput.contains("No space left on device"), words(output))
                #expect(output.standardOutput.contains("everything is as it was before"), words(output))
                // While it is mounted: the copy lay there.
                try await cluster.expectNoStandby()
                try cluster.expectOwnAccessFiles()
            } catch {
                try runProgram(["/bin/umount", parent])
                throw error
            }
            try runProgram(["/bin/umount", parent])
            try cluster.showMounts()
            let again = try await cluster.add()
            #expect(again.status == 0, words(again))
            try await cluster.expectStandby()
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

extension StandbyCluster {
    /// Runs the tool to where its copy waits for the checkpointer, which is held; then the shell text `meanwhile`, which
    /// knows the tool's process as `$tool`, and `body`, which may let the checkpointer go.
    fileprivate func addHeld(
        meanwhile: String = ":", _ body: (_ checkpointer: pid_t) throws -> Void = { _ in }
    ) async throws -> CommandOutput {
        let answer = try await value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        let checkpointer = try #require(pid_t(answer))
        kill(checkpointer, SIGSTOP)
        defer { kill(checkpointer, SIGCONT) }
        let script = """
            rm -f "$2" "$2.held"
            gpinitstandby -a -s scdw -S "$1" > "$2" 2>&1 & tool=$!
            i=0; while ! grep -q 'Copying the coordinator' "$2" && [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done
            sleep 1; \(meanwhile); : > "$2.held"; wait $tool; status=$?; cat "$2"; exit $status
            """
        let screen = "\(demo.directory)/home/screen"
        try await shell("rm -f \"$1\"", ["\(screen).held"])
        async let output = shell(script, [place, screen])
        #expect(await eventually(within: .seconds(60)) { PrivateFiles.exists("\(screen).held") })
        try body(checkpointer)
        return try await output
    }
}
