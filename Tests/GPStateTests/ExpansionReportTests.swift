import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("gpstate -x")
struct ExpansionReportTests {
    private func lines(_ expansion: ExpansionFacts) throws -> [String] {
        var facts = try SampleCluster.small()
        facts.expansion = expansion
        return ExpansionReport(facts).lines.map(\.text)
    }

    private let waiting = ExpansionTable(database: "db1", name: "public.a", status: "NOT STARTED")
    private let moving = ExpansionTable(database: "db2", name: "public.b", status: "IN PROGRESS")

    @Test(
        "every status has its sentence",
        arguments: [
            ("SETUP DONE", "Data Distribution - Paused"), ("EXPANSION STOPPED", "Data Distribution - Paused"),
            ("EXPANSION STARTED", "Data Distribution - Active"), ("EXPANSION COMPLETE", "Expansion Complete"),
            ("SOMETHING", "Data Distribution - Unknown"),
        ])
    func states(status: String, text: String) throws {
        #expect(try lines(.redistributing(status: status, tables: [])) == ["Cluster Expansion State = \(text)"])
    }

    @Test("no expansion, and the phase of the catalog")
    func phases() throws {
        #expect(try lines(.none) == ["Cluster Expansion State = No Expansion Detected"])
        #expect(
            try lines(.replicatingMetadata) == [
                "Cluster Expansion State = Replicating Meta Data", "  Some database tools and functionality",
                "  are disabled during this process",
            ])
    }

    @Test("only the parts with tables are shown")
    func parts() throws {
        let rule = String(repeating: "-", count: 52)
        #expect(
            try lines(.redistributing(status: "SETUP DONE", tables: [waiting])).dropFirst() == [
                rule, "Number of tables to be redistributed", "     Database   Count of Tables to redistribute",
                "     db1        1", rule,
            ])
        #expect(
            try lines(.redistributing(status: "EXPANSION STARTED", tables: [moving])).dropFirst() == [
                rule, "Active redistributions = 1", "     Action         Database   Table",
                "     Redistribute   db2        public.b", rule,
            ])
        #expect(try lines(.redistributing(status: "EXPANSION COMPLETE", tables: [waiting, moving])).count == 1)
    }
}
