import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestSupport
import Testing

@testable import GPRecoverSeg

extension OnOneCluster {
    @Suite struct InterruptionTests {
        @Test(arguments: RecoveryStep.allCases)
        func `killed at any step, it leaves a true catalog, and the next run finishes`(_ step: RecoveryStep)
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            try await cluster.lose(mirror)
            // What comes before the copy, and the last step, are the same for the quickest method.
            var arguments = [.copyBegun, .copied, .started].contains(step) ? ["-F"] : []
            if step == .rowChanged {
                let file = "\(cluster.demo.directory)/home/moves"
                var moved = mirror
                moved.dataDirectory = "\(cluster.demo.directory)/moved\(mirror.port)/seg0"
                try await cluster.shell(
                    "printf '%s %s\\n' \"$1\" \"$2\" > \"$3\"", [mirror.fileForm, moved.fileForm, file])
                arguments = ["-i", file]
            }
            let before = try await cluster.rows()
            let first = try await cluster.recover(arguments, environment: ["GPHA_KILL_AT": step.rawValue])
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            await cluster.expectNoPrograms()
            try await cluster.expectTrueCatalog(before, but: mirror, after: step)
            let second = try await cluster.recover(["--fallback", "full", "--wait"])
            #expect(second.status == 0, words(second))
            // A segment that was started before may have come up by itself meanwhile; its old copy goes then.
            if second.standardOutput.contains("No segments to recover") { #expect([.started, .probed].contains(step)) }
            try await cluster.awaitSync()
            if try await cluster.leftovers() != [] { #expect(try await cluster.recover().status == 0) }
            try await cluster.expectHealthy()
        }

        @Test(arguments: [RecoveryStep.copyBegun, .copied, .started])
        func `a recovery of an old primary that is killed, at its rewind or after it, is finished by the next run`(
            _ step: RecoveryStep
        ) async throws {
            let cluster = try await RecoveryCluster.healthy()
            let old = try await cluster.primary(2)
            try await cluster.lose(old)
            let first = try await cluster.recover(environment: ["GPHA_KILL_AT": step.rawValue])
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            #expect(first.standardOutput.contains("Synchronization mode                 = Incremental"), words(first))
            await cluster.expectNoPrograms()
            #expect(try await cluster.mirror(2).dbid == old.dbid)
            let second = try await cluster.recover(["--fallback", "full", "--wait"])
            #expect(second.status == 0, words(second))
            if second.standardOutput.contains("No segments to recover") { #expect(step == .started) }
            try await cluster.awaitSync()
            if try await cluster.leftovers() != [] { #expect(try await cluster.recover().status == 0) }
            try await cluster.expectHealthy()
        }

        @Test(arguments: [RecoveryStep.copyBegun, .copied])
        func `a differential recovery that is killed, before its start or in it, is finished by the next run`(
            _ step: RecoveryStep
        ) async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(1)
            try await cluster.lose(mirror)
            let first = try await cluster.recover(["--differential"], environment: ["GPHA_KILL_AT": step.rawValue])
            #expect(first.status == 128 + Int(SIGKILL), words(first))
            await cluster.expectNoPrograms()
            let second = try await cluster.recover(["--differential", "--wait"])
            #expect(second.status == 0, words(second))
            if second.standardOutput.contains("No segments to recover") { #expect(step == .copied) }
            try await cluster.awaitSync()
            if try await cluster.leftovers() != [] { #expect(try await cluster.recover().status == 0) }
            try await cluster.expectHealthy()
        }

        @Test func `a copy that is killed on its host fails alone, and the next run goes on with it`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(2)
            try await cluster.lose(mirror)
            async let running = cluster.recover(["-F", "--max-rate", "2M"])
            await cluster.expectCopying(mirror)
            try await Task.sleep(for: .seconds(2))
            for program in Processes.all(with: ["pg_basebackup", mirror.dataDirectory]) { kill(program, SIGKILL) }
            let output = try await running
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("recoverytype: full"), words(output))
            #expect(output.standardOutput.contains("logfile: "), words(output))
            let plan = try await cluster.recover(["-F", "--dry-run"])
            #expect(plan.standardOutput.contains("goes on with what an earlier run copied"), words(plan))
            let second = try await cluster.recover(["-F", "--wait"])
            #expect(second.status == 0, words(second))
            #expect(second.standardOutput.contains("rsync: base backup completed"), words(second))
            try await cluster.expectHealthy()
        }

        @Test func `where a method fails the next one follows in the same run, with consent alone`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            try await cluster.lose(mirror)
            let injected = ["GPHA_FAIL_AT": "\(RecoveryStep.copied.rawValue):1"]
            let refused = try await cluster.recover(environment: injected)
            #expect(refused.status == 1, words(refused))
            #expect(refused.standardOutput.contains("recoverytype: incremental; error: injected failure at copied"))
            #expect(try await cluster.mirror(0).status == .down)
            let output = try await cluster.recover(["--fallback", "differential", "--wait"], environment: injected)
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("incremental recovery had failed: injected failure at copied"))
            #expect(output.standardOutput.contains("rsync: "), words(output))
            try await cluster.expectHealthy()
        }

        @Test func `where a method's copy does not start its evidence is kept, and the next method's does`()
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(1)
            try await cluster.lose(mirror)
            // A mirror that is only started again keeps its settings; by content it gets its primary's.
            try await cluster.shell(
                "printf 'shared_preload_libraries = gone\\n' >> \"$1/postgresql.auto.conf\"", [mirror.dataDirectory])
            let output = try await cluster.recover(["--fallback", "differential", "--wait"])
            #expect(output.status == 0, words(output))
            let line = output.standardOutput.split(separator: "\n").first {
                $0.contains("incremental recovery had failed")
            }
            #expect(line?.contains("could not access file \"") == true, words(output))
            let file = try #require(line?.split(separator: "; logfile: ").last.map(String.init), words(output))
            let story = try await cluster.shell("cat \"$1\"", [file])
            for part in ["pg_controldata after\n", "Latest checkpoint location", "could not access file \""] {
                #expect(story.standardOutput.contains(part), words(story))
            }
            try await cluster.expectHealthy()
        }

        @Test func `Ctrl-C asks, and yes ends the run and its programs; gpstate shows the segment meanwhile`()
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(1)
            try await cluster.lose(mirror)
            let pipe = "\(cluster.demo.directory)/home/answers"
            try await cluster.shell("rm -f \"$1\"; mkfifo \"$1\"", [pipe])
            async let running = cluster.demo.exec(
                "cdw", ["/bin/sh", "-c", "exec gprecoverseg -aF --max-rate 1M <> \"$0\"", pipe], timeout: .seconds(90))
            do {
                try await cluster.interrupt(mirror, answers: pipe)
            } catch {
                _ = try? await running
                throw error
            }
            let output = try await running
            #expect(output.status == 1, words(output))
            #expect(output.standardOutput.contains("Recieved SIGINT signal, terminating gprecoverseg"))
            #expect(output.standardOutput.contains("Continue terminating gprecoverseg Yy|Nn (default=N):"))
            #expect(output.standardOutput.contains("gprecoverseg process was interrupted by the user."))
            #expect(output.standardOutput.contains("gprecoverseg failed. Please check the output for more details."))
            await cluster.expectNoPrograms()
            let second = try await cluster.recover(["-F", "--wait"])
            #expect(second.status == 0, words(second))
            try await cluster.expectHealthy()
        }
    }
}

extension RecoveryCluster {
    /// Nothing but the row of `segment` may have changed, and that only once its copy was good.
    fileprivate func expectTrueCatalog(
        _ before: [Segment], but segment: Segment, after step: RecoveryStep,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let rows = try await rows()
        let others = { (rows: [Segment]) in
            rows.filter { $0.dbid != segment.dbid }.map { "\($0.dbid) \($0.role) \($0.status) \($0.dataDirectory)" }
                .sorted()
        }
        #expect(others(rows) == others(before), sourceLocation: sourceLocation)
        let row = try #require(rows.first { $0.dbid == segment.dbid }, sourceLocation: sourceLocation)
        #expect((row.dataDirectory != segment.dataDirectory) == (step == .rowChanged), sourceLocation: sourceLocation)
        if ![.started, .probed].contains(step) { #expect(row.status == .down, sourceLocation: sourceLocation) }
        // Who is up serves, and no half-made directory has its place.
        if row.status == .up { #expect(demo.process(of: row) != nil, sourceLocation: sourceLocation) }
        if step == .rowChanged {
            let ended = try await shell("pg_controldata -D \"$1\" >/dev/null", [row.dataDirectory])
            #expect(ended.succeeded, words(ended), sourceLocation: sourceLocation)
        }
    }

    /// Lets a slow copy begin, looks at it with gpstate, then says no to the first Ctrl-C and yes to the second.
    fileprivate func interrupt(_ mirror: Segment, answers pipe: String) async throws {
        await expectCopying(mirror)
        var state = try await tool("gpstate", ["-e"])
        for _ in 0..<10 where !state.standardOutput.contains("Segments in recovery") {
            state = try await tool("gpstate", ["-e"])
        }
        #expect(state.standardOutput.contains("Segments in recovery"), words(state))
        #expect(state.standardOutput.contains("full"), words(state))
        let tools = Processes.all(with: ["gprecoverseg", "--max-rate"])
        #expect(tools.count == 1)
        for answer in ["n", "y"] {
            for tool in tools { kill(tool, SIGINT) }
            try await Task.sleep(for: .milliseconds(500))
            #expect(!programs().isEmpty, "the copy ends before the answer")
            try await shell("echo \"$2\" > \"$1\"", [pipe, answer])
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
