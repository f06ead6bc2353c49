import GPHa
import TestSupport
import Testing
import ToolSupport

/// `ExitStatus` is the one list; gpha(7) explains it, and each tool's page says when it ends so.
@Suite("The exit statuses")
struct ExitStatusTests {
    /// The test that shows a tool ending with a status, for every mark in the table of gpha(7).
    static let proofs: [String: [Int32: String]] = [
        "gpstate": [
            0: "include help, in three spellings",
            1: "a mirror that is marked down costs -Q, -m, -e and -s their status, until it is back",
            2: "because it hangs ends with 2 within --timeout, after --retries tries",
            3: "of a run without a cluster is UNKNOWN, in text and in JSON, and asks for no log file",
        ],
        "gpaddmirrors": [
            0: "-o needs neither the lock nor a host",
            1: "a host that is cut off during its copy fails alone within its deadline",
            2: "a directory with somebody's data is refused and stays byte by byte",
            4: "a second run at the same time is refused with the original's two lines",
        ],
        "gpinitstandby": [
            0: "-n says that the WAL is gone and names --replace, which builds it anew in place",
            2: "the answer no changes nothing and ends with 2",
        ],
        "gpactivatestandby": [
            0: "activated once and again, the old one is refused everywhere and comes back as the standby",
            1: "a content that takes no write makes the exit status 1, and the activation is complete",
            2: "a standby that does not run needs -f, and tells how far it is",
        ],
        "gprecoverseg": [
            0: "where the WAL is gone the plan says so, and a full copy brings the segment back",
            1: "an unreachable host costs its own segments alone, and each is named",
            2: "with both copies of a content down the evidence is shown, and nothing is started",
            4: "the plan alone changes nothing, and no is an answer",
        ],
        "gpdemo": [
            0: "creates, tells, stops, starts and destroys a cluster",
            2: "quotes what env.sh holds",
        ],
        "gpftsd": [
            0: "include the version",
            2: "end with 2 and the original's three lines where one is unknown",
        ],
    ]
    /// Marks without a test, and why.
    static let unproved: [String: [Int32: String]] = [
        "gpdemo": [1: "tour: it would have to lose a row"],
        "gpftsd": [1: "--once: a host would have to go between a probe and what it decides"],
    ]

    /// The table of gpha(7): a row for each tool, cells as they stand.
    private func table() throws -> [[String]] {
        try ManualPage("gpha.7").section("EXIT STATUS").filter { $0.hasPrefix(".It ") && $0.contains(" Ta ") }
            .map { $0.dropFirst(4).split(separator: " ").map(String.init).filter { $0 != "Ta" } }
    }

    @Test("are listed in gpha(7) by number and name, all of them and no other")
    func list() throws {
        let items = try ManualPage("gpha.7").section("EXIT STATUS").filter {
            $0.hasPrefix(".It ") && $0.contains(" , ") && !$0.contains(" Ta ")
        }
        #expect(items == ExitStatus.allCases.map { ".It \($0.rawValue) , \($0)" })
    }

    @Test("have a column each in the table of gpha(7), and each tool has a row")
    func shape() throws {
        let table = try table()
        #expect(table.first == ["Em", "tool"] + ExitStatus.allCases.map { "\($0.rawValue)" })
        #expect(table.dropFirst().map { $0.first } == MultiCall.tools.map { $0.toolName })
        #expect(table.dropFirst().allSatisfy { $0.count == 1 + ExitStatus.allCases.count })
    }

    @Test("are marked in the table as each tool's own page says, and each mark has its test")
    func marks() async throws {
        let sources = try await Self.testSources()
        for row in try table().dropFirst() {
            let marked = zip(ExitStatus.allCases, row.dropFirst()).filter { $0.1 == "x" }.map(\.0.rawValue)
            #expect(marked == (try ManualPage("\(row[0]).8").exitStatuses), "\(row[0])")
            let proved = Self.proofs[row[0], default: [:]]
            #expect(Set(proved.keys).union(Self.unproved[row[0], default: [:]].keys) == Set(marked), "\(row[0])")
            for name in proved.values { #expect(sources.contains(name), "no such test: \(name)") }
        }
    }

    /// The text of all test sources but this one.
    private static func testSources() async throws -> String {
        try await FinishedProgram.run(
            [
                "/usr/bin/find", BuiltPrograms.package + "/Tests", "-name", "*.swift", "!", "-name",
                "ExitStatusTests.swift", "-exec", "cat", "{}", "+",
            ]
        ).output
    }
}
