import ClusterModel
import Reporting
import Testing

@testable import GPState

@Suite("The choice of a mode")
struct StatusModeTests {
    @Test("no flag means brief")
    func brief() throws { #expect(try StatusMode.chosen(from: []) == .brief) }

    @Test("one flag means its mode", arguments: StatusMode.allCases)
    func single(mode: StatusMode) throws { #expect(try StatusMode.chosen(from: [mode]) == mode) }

    @Test(
        "any two flags but -x are too many",
        arguments: StatusMode.allCases.filter { $0 != .expansion },
        StatusMode.allCases.filter { $0 != .expansion })
    func two(first: StatusMode, second: StatusMode) throws {
        guard first != second else { return }
        let error = #expect(throws: TooManyOutputOptions.self) { try StatusMode.chosen(from: [first, second]) }
        #expect(error?.description == "Too many output options specified")
    }

    @Test("-x loses without a word beside another mode", arguments: StatusMode.allCases)
    func expansionLoses(mode: StatusMode) throws {
        // -b is what remains when no flag was looked at, so it alone comes after -x.
        #expect(try StatusMode.chosen(from: [mode, .expansion]) == (mode == .brief ? .expansion : mode))
    }

    @Test("the options are our own, and after them those of the original")
    func options() {
        #expect(
            StatusMode.allCases.map(\.option) == [
                "--advise", "--map", "--events", "-m", "-c", "-Q", "-s", "-i", "-e", "--printSampleExternalTableSql",
                "-f", "-p",
                "--segmentStatusPipeSeparatedForTableUse", "-x", "-b",
            ])
    }

    @Test("modes that read the catalog alone need nothing else")
    func catalogModes() throws {
        let configuration = try SampleCluster.small().configuration
        for mode in [StatusMode.mirrors, .mapping, .quick, .ports, .sampleTable, .advice, .map] {
            #expect(mode.needs(in: configuration) == [])
            #expect(mode.announcement(in: configuration) == nil)
        }
    }

    @Test("a cluster without mirrors is not asked for replication")
    func withoutMirrors() throws {
        let configuration = try SampleCluster.small { $0.removeAll { $0.role == .mirror } }.configuration
        #expect(StatusMode.problems.needs(in: configuration) == [])
        #expect(StatusMode.problems.announcement(in: configuration) == nil)
        #expect(StatusMode.detailed.needs(in: configuration) == [.instanceStatus, .session, .expansion])
        #expect(StatusMode.standby.needs(in: configuration) == .standbyReplication)
    }

    @Test("the announcement says what is gathered")
    func announcements() throws {
        let configuration = try SampleCluster.small().configuration
        for mode in [StatusMode.brief, .detailed, .problems, .segmentRows] {
            #expect(mode.announcement(in: configuration)?.text == "Gathering data from segments...")
        }
        #expect(StatusMode.versions.announcement(in: configuration)?.text == "Loading version information")
        #expect(StatusMode.standby.announcement(in: configuration) == nil)
    }
}
