import TestSupport
import Testing

/// docs/scripts.md shows the examples that are installed; ManualPageTests runs them.
@Suite("docs/scripts.md")
struct DocumentTests {
    private func lines(_ path: String) async throws -> [String] {
        let run = try await FinishedProgram.run(["/bin/cat", "\(BuiltPrograms.package)/\(path)"])
        #expect(run.status == 0)
        return run.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test("shows each example as it is installed")
    func same() async throws {
        let document = try await lines("docs/scripts.md")
        var shown = 0
        for (number, line) in document.enumerated() where line.hasPrefix("<!-- packaging/") {
            let path = String(line.dropFirst(5).prefix { $0 != " " })
            let block = document[(number + 2)...].prefix { $0 != "```" }
            #expect(document[number + 1] == "```" && !block.isEmpty)
            // From the first line that is shown to the end of the file.
            let file = try await lines(path)
            #expect(Array(block) == Array(file[(file.firstIndex(of: block.first ?? "") ?? 0)...].dropLast()), "\(path)")
            shown += 1
        }
        #expect(shown == 2)
    }

    @Test("calls the metrics as the unit does, and names units and files that are there")
    func units() async throws {
        let text = try await lines("docs/scripts.md").joined(separator: "\n")
        let unit = try await lines("packaging/systemd/gpha-metrics@.service")
        let start = try #require(unit.first { $0.hasPrefix("ExecStart=") })
        let command = start.dropFirst("ExecStart=@BINDIR@/".count).replacing("%i", with: "warehouse")
        #expect(text.contains("\n\(command)\n"), "\(command)")
        for name in ["gpha-metrics@warehouse.timer", "gpha-metrics@warehouse.service", "gpftsd@warehouse.service"] {
            #expect(text.contains(name))
            let file = name.replacing("warehouse", with: "")
            #expect(
                try await FinishedProgram.run([
                    "/usr/bin/test", "-f", "\(BuiltPrograms.package)/packaging/systemd/\(file)",
                ]).status == 0)
        }
    }
}
