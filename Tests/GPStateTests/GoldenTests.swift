import ClusterOperations
import Reporting
import Testing

@testable import GPState

@Suite("The original's output")
struct GoldenTests {
    @Test("every recording is there")
    func recordings() {
        #expect(Fixture.stateOutputs.count == 29)
        #expect(Fixture.healthyOutputs.count == 9)
    }

    @Test("a recorded state gives the recorded lines", arguments: Fixture.stateOutputs)
    func state(file: String) throws {
        let mode = try #require(Fixture.mode(ofFile: file))
        let name = try #require(file.split(separator: ".").first)
        let facts = try FedFacts.read(Fixture.text("states/\(name).json"))
        let recorded = PrintedLine.parse(try Fixture.text("states/\(file)"))
        compare(PrintedLine.printed(mode, facts), recorded.lines)
        #expect(mode.report(of: facts).exitStatus == recorded.exitStatus)
    }

    @Test("the healthy cluster gives the recorded lines", arguments: Fixture.healthyOutputs)
    func healthy(file: String) throws {
        let mode = try #require(Fixture.mode(ofFile: file))
        let facts = try SampleCluster.healthy()
        let recorded = PrintedLine.parse(try Fixture.text("healthy/\(file)")).lines
        #expect(recorded.first == .log(.info("Starting gpstate with args: \(mode.option)")))
        let preamble = ClusterVersions.lines(
            local: "postgres (Greenplum Database) \(SampleCluster.build)", server: SampleCluster.version)
        compare(
            preamble.map { .log(.info($0)) } + PrintedLine.printed(mode, facts), Array(recorded.dropFirst()))
        #expect(mode.report(of: facts).exitStatus == 0)
    }

    private func compare(_ printed: [PrintedLine], _ recorded: [PrintedLine]) {
        #expect(printed.count == recorded.count)
        for (index, line) in recorded.enumerated() where index < printed.count {
            #expect(printed[index] == line, "line \(index + 1)")
        }
    }
}
