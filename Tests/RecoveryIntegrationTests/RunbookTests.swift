import ClusterModel
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnOneCluster {
    /// docs/runbook-segments.md, typed as it is written, each case in the trouble it is for.
    @Suite struct SegmentRunbookTests {
        @Test func `what is wrong, and the way back in place`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let runbook = try Runbook()
            try await cluster.lose(try await cluster.mirror(0))
            let wrong = try await runbook.type("What is wrong?", on: cluster)
            #expect(wrong.map(\.command) == ["gpstate -e", "gprecoverseg --dry-run"])
            #expect(wrong[0].output.standardOutput.contains("Downed Segments"), words(wrong[0].output))
            #expect(wrong[1].output.status == 0 && wrong[1].output.standardOutput.contains("Down because"))
            let back = try await runbook.type("A mirror, or an old primary after a failover, is down", on: cluster)
            #expect(back.map(\.command) == ["gprecoverseg --dry-run", "gprecoverseg -a --wait", "gpstate -e"])
            #expect(back.allSatisfy { $0.output.status == 0 }, words(back[1].output))
            #expect(back[1].output.standardOutput.contains("Segments successfully recovered."))
            #expect(back[2].output.standardOutput.contains("All segments are running normally"))
            try await cluster.expectHealthy()
        }

        @Test func `where incremental recovery cannot work, each of the other ways does`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let commands = try Runbook().commands("Incremental recovery cannot work")
            #expect(
                commands == [
                    "gprecoverseg -a --differential --wait", "gprecoverseg -a -F --wait",
                    "gprecoverseg -a --fallback full --wait",
                ])
            for command in commands {
                let mirror = try await cluster.mirror(2)
                try await cluster.lose(mirror)
                try await cluster.shell("rm \"$1/global/pg_control\"", [mirror.dataDirectory])
                let refused = try await cluster.recover()
                #expect(refused.standardOutput.contains("incremental recovery cannot work:"), words(refused))
                let output = try await cluster.shell(command)
                #expect(output.status == 0, words(output))
                try await cluster.expectHealthy()
            }
        }

        @Test func `a host that does not come back, and a file of one's own`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let commands = try Runbook().commands("A host does not come back")
            #expect(
                commands == [
                    "gprecoverseg -a -p newhost", "gprecoverseg -o /tmp/moves", "gprecoverseg -a -i /tmp/moves --wait",
                ])
            let (mirror, host) = (try await cluster.mirror(0), try await cluster.mirror(1).hostname)
            let file = "\(cluster.demo.directory)/home/moves"
            let typed = commands.map {
                $0.replacing("newhost", with: host).replacing("/tmp/moves", with: file)
            }
            try await cluster.lose(mirror)
            try await cluster.stopSecureShell(of: mirror.hostname)
            let moved = try await cluster.shell(typed[0])
            try cluster.startSecureShells()
            #expect(moved.status == 0, words(moved))
            #expect(try await cluster.mirror(0).hostname == host)
            try await cluster.awaitSync()
            try await cluster.lose(try await cluster.mirror(0))
            let listed = try await cluster.shell(typed[1])
            #expect(listed.status == 0, words(listed))
            // vi: the second place of the line is where it was.
            try await cluster.shell("sed -i \"s=\\$= $1=\" \"$2\"", [mirror.fileForm, file])
            let back = try await cluster.shell(typed[2])
            #expect(back.status == 0, words(back))
            #expect(try await cluster.mirror(0).hostname == mirror.hostname)
            try await cluster.expectHealthy()
        }

        @Test func `switched roles go back`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            try await cluster.lose(try await cluster.primary(1))
            #expect(try await cluster.recover(["--wait"]).status == 0)
            let typed = try await Runbook().type("Roles are switched", on: cluster)
            #expect(typed.map(\.command) == ["gprecoverseg -r --dry-run", "gprecoverseg -a -r"])
            #expect(typed.allSatisfy { $0.output.status == 0 }, words(typed[1].output))
            #expect(try await cluster.rows().allSatisfy { $0.role == $0.preferredRole })
            try await cluster.expectHealthy()
        }
    }
}

/// The commands of the document, by section.
private struct Runbook {
    private let sections: [String: [String]]

    init() throws {
        let text = try PrivateFiles.read("\(BuiltPrograms.package)/docs/runbook-segments.md")
        var sections: [String: [String]] = [:]
        for section in text.split(separator: "\n## ").dropFirst() {
            let lines = section.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            sections[lines[0]] = lines.dropFirst().flatMap { line -> [String] in
                if line.hasPrefix("    gp") { return [String(line.dropFirst(4))] }
                // Commands inside a sentence: those with options.
                return line.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter {
                    $0.offset % 2 == 1 && ($0.element.hasPrefix("gprecoverseg -") || $0.element.hasPrefix("gpstate -"))
                }.map { String($0.element) }
            }
        }
        self.sections = sections
    }

    func commands(_ section: String) throws -> [String] { try #require(sections[section]) }

    func type(
        _ section: String, on cluster: RecoveryCluster
    ) async throws -> [(command: String, output: CommandOutput)] {
        var typed: [(String, CommandOutput)] = []
        for command in try commands(section) { typed.append((command, try await cluster.shell(command))) }
        return typed
    }
}
