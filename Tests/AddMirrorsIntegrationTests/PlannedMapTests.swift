import EmbeddedCluster
import RemoteShell
import TestSupport
import Testing

extension OnClusters.SmallCluster {
    @Suite struct PlannedMapTests {
        @Test func `a dry run draws the layout that it plans, in text below the plan, as SVG alone`() async throws {
            let cluster = try await TestCluster.fresh()
            let text = try await cluster.addMirrors(["--dry-run", "--map=ascii"])
            #expect(text.status == 0, words(text))
            let lines = text.standardOutput.split(separator: "\n")
            let start = try #require(lines.firstIndex(of: "layout pairs: 2 hosts, 2 contents"))
            #expect(lines[..<start].allSatisfy { $0.contains("]:-") })
            #expect(lines[start...].contains { $0.contains("+M1 ") && $0.contains("+M0 ") })
            #expect(lines.last?.hasSuffix("+ planned") == true)
            let drawing = try await cluster.addMirrors(["--dry-run", "--map=svg"])
            #expect(drawing.status == 0, words(drawing))
            #expect(drawing.standardOutput.hasPrefix("<?xml ") && drawing.standardOutput.hasSuffix("</svg>\n"))
            #expect(drawing.standardError.contains("Two-host losses that stop the cluster"))
            #expect(try await cluster.leftovers() == [])
        }
    }
}
