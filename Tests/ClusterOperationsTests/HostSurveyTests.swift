import ClusterModel
import Glibc
import RemoteShell
import Testing

@testable import ClusterOperations

/// The real script, run with `/bin/sh` against directories of every kind.
@Suite struct HostSurveyTests {
    /// Stand-ins: the primary on port 1 refuses at once.
    private static let programs = [
        "postgres": "echo 'postgres (PostgreSQL) 15.9'", "pg_basebackup": ":", "pg_ctl": ":", "pg_controldata": ":",
        "psql": ":", "pg_isready": #"[ "$6" != 1 ] || { echo "$4:$6 - no response"; exit 2; }"#,
    ]

    private func question(
        _ directory: String, port: Int = 7000, source: String = "127.0.0.2", sourcePort: Int = 6000,
        tablespaces: [String] = []
    ) -> HostSurvey.Question {
        HostSurvey.Question(
            dataDirectory: directory, address: "127.0.0.1", port: port, sourceHost: source, sourcePort: sourcePort,
            tablespaces: tablespaces)
    }

    private func survey(
        _ questions: [HostSurvey.Question], bin: String, siblings: [String] = []
    ) async throws -> HostSurvey {
        let script = HostSurvey.script(
            questions, binaryDirectory: bin, siblings: siblings, versionArgument: "--version")
        let output = try await shell(script)
        return try HostSurvey(output: output.standardOutput, questions: questions)
    }

    @Test func `a place is absent, empty, foreign, incomplete or complete, whatever its name`() async throws {
        for base in [
            "plain", "with blank", "it's", "\"quoted\"", "$(touch pwned)", "`id`", "größe*?[", "-n", "a\\b", "#x;&|",
        ] {
            try await TemporaryDirectory.with { root in
                let bin = try root.programs(Self.programs)
                let parent = try root.directory(base)
                for name in ["empty", "foreign", "complete", "both"] { try root.directory("\(base)/\(name)") }
                try root.file("\(base)/foreign/.hidden", "")
                try root.file("\(base)/file", "")
                for name in ["complete", "both"] {
                    try root.file("\(base)/\(name)/gpha.copy", Samples.mark.text + "\n")
                }
                for name in ["begun", "both"] { try root.file("\(base)/.\(name).gpha-copy", Samples.mark.text + "\n") }
                let names = ["absent", "deep/er", "empty", "foreign", "file", "begun", "complete", "both"]
                let survey = try await survey(names.map { question("\(parent)/\($0)") }, bin: bin)
                #expect(
                    survey.places.map(\.directory) == [
                        .absent, .absent, .empty, .foreign, .foreign, .incomplete(Samples.mark),
                        .complete(Samples.mark),
                        .complete(Samples.mark),
                    ], "below \(base)")
                #expect(
                    survey.places.map(\.obstacle) == [
                        nil, nil, nil, nil, "\(parent)/file is not a directory", nil, nil, nil,
                    ])
                #expect(survey.places.allSatisfy { $0.freeBytes > 0 && !$0.device.isEmpty && !$0.isRunning })
                #expect(survey.places.allSatisfy { $0.sourceProblem == nil })
            }
        }
    }

    @Test func `a mark that is none makes the place somebody else's`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let place = try root.directory("m")
            for text in ["", "something\n", "gpha-copy 9 a 0 10 7001\n", "x\rabsent\t0\n", "\tabsent\t0\n"] {
                try root.file("m/gpha.copy", text)
                #expect(try await survey([question(place)], bin: bin).places[0].directory == .foreign)
            }
        }
    }

    @Test func `links: a dangling one is foreign, one to an empty directory is empty`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            try root.directory("real")
            _ = try await shell("ln -s gone \(root.at("dangling")); ln -s real \(root.at("link"))")
            let survey = try await survey(["dangling", "link"].map { question(root.at($0)) }, bin: bin)
            #expect(survey.places.map(\.directory) == [.foreign, .empty])
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
    func `a directory that this user may not write in is an obstacle`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let parent = try root.directory("closed", mode: 0o500)
            let survey = try await survey([question(parent + "/m")], bin: bin)
            #expect(survey.places[0].obstacle == "no permission to write in \(parent)")
        }
    }

    @Test(arguments: ["127.0.0.1", "127.0.0.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"])
    func `a port in use is found with the address it is used on`(address: String) async throws {
        let listener: Listener
        do { listener = try Listener(address) } catch {
            guard address.contains(":") else { throw error }
            return  // No IPv6 on this machine.
        }
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let free = listener.port == 65_535 ? 1024 : listener.port + 1
            let survey = try await survey(
                [question(root.at("a"), port: listener.port), question(root.at("b"), port: free)], bin: bin)
            let expected = ["0.0.0.0": "*", "::": "*", "::ffff:127.0.0.1": "127.0.0.1"][address] ?? address
            #expect(survey.places[0].listeners.contains(expected))
            #expect(!survey.places[1].listeners.contains(expected))
        }
        _ = listener
    }

    @Test func `a running postmaster and the socket directory of a sibling are found`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let place = try root.directory("running one")
            try root.file("running one/postmaster.pid", "\(getpid())\n\(place)\n1\n7000\n/run/my sockets\n\n")
            let dead = try root.directory("dead")
            try root.file("dead/postmaster.pid", "4194304\n\(dead)\n1\n7001\n/other\n\n")
            let survey = try await survey(
                [question(place), question(dead)], bin: bin, siblings: [root.at("gone"), place, dead])
            #expect(survey.places.map(\.isRunning) == [true, false])
            #expect(survey.socketDirectory == "/run/my sockets")
            #expect(survey.places.map(\.directory) == [.foreign, .foreign])
        }
    }

    @Test func `missing programs are named, present ones tell their version`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let present = try await survey([question(root.at("m"))], bin: bin)
            #expect(present.serverVersion == "postgres (PostgreSQL) 15.9")
            #expect(present.missingPrograms.isEmpty)
            let absent = try await survey([question(root.at("m"))], bin: root.at("no bin"))
            #expect(absent.serverVersion == nil)
            #expect(absent.missingPrograms == ["pg_basebackup", "pg_ctl", "pg_controldata", "psql", "pg_isready"])
            #expect(absent.places[0].sourceProblem != nil)
        }
    }

    @Test func `a primary that cannot be reached from here is told with the program's words`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let survey = try await survey(
                [question(root.at("a"), source: "sdw1", sourcePort: 1), question(root.at("b"))], bin: bin)
            #expect(survey.places.map(\.sourceProblem) == ["sdw1:1 - no response", nil])
        }
    }

    @Test func `tablespace directories that hold something are named`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let filled = try root.directory("filled space")
            try root.file("filled space/PG_15", "")
            let empty = try root.directory("empty")
            let survey = try await survey(
                [question(root.at("m"), tablespaces: [root.at("gone"), filled, empty])], bin: bin)
            #expect(survey.places[0].filledTablespaces == [filled])
        }
    }

    @Test func `hundreds of answers at once do not run into each other`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let questions = (0..<150).map { question(root.at("m\($0)"), source: "sdw\($0)", sourcePort: 1) }
            let survey = try await survey(questions, bin: bin)
            #expect(survey.places.allSatisfy { $0.directory == .absent && $0.freeBytes > 0 })
            #expect(survey.places.enumerated().allSatisfy { $1.sourceProblem == "sdw\($0):1 - no response" })
        }
    }
}

@Suite struct HostSurveyParsingTests {
    private let questions = [
        HostSurvey.Question(
            dataDirectory: "/m/0", address: "a", port: 1, sourceHost: "b", sourcePort: 2, tablespaces: [])
    ]

    @Test func `an answer that is cut off is an error, not an empty place`() {
        #expect(throws: OperationError.self) {
            try HostSurvey(output: "version\tx\nspace\t0\tdev\t1\n", questions: questions)
        }
        #expect(throws: OperationError.self) { try HostSurvey(output: "", questions: questions) }
    }

    @Test(arguments: ["absent\t1", "absent\t-1", "absent\tx", "absent", "\t0", "unknown\t0\tabsent"])
    func `a line about no question answers nothing`(line: String) {
        #expect(throws: OperationError.self) { try HostSurvey(output: line + "\n", questions: questions) }
    }

    @Test(arguments: ["9223372036854775807", "-5", "x", ""])
    func `absurd numbers are no crash`(blocks: String) throws {
        let survey = try HostSurvey(output: "absent\t0\nspace\t0\tdev\t\(blocks)\n", questions: questions)
        #expect(survey.places[0].freeBytes >= 0)
    }

    @Test func `a value cannot begin a line of its own`() throws {
        for newline in ["\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}"] {
            let survey = try HostSurvey(
                output: "foreign\t0\nobstacle\t0\t/x\(newline)absent\t0\tis not\n", questions: questions)
            #expect(survey.places[0].directory == .foreign)
        }
    }

    @Test(arguments: [
        ("0100007F:1770", "127.0.0.1"), ("00000000:1770", "*"), ("0A00000A:0001", "10.0.0.10"),
        ("00000000000000000000000000000000:1770", "*"), ("00000000000000000000000001000000:1770", "::1"),
        ("0000000000000000FFFF00000100007F:1770", "127.0.0.1"),
        ("B80D0120000000000000000007000000:1770", "2001:db8::7"),
        ("zz:1770", "zz"),
    ])
    func `the kernel's notation is decoded`(text: String, address: String) {
        #expect(KernelAddress.decode(text) == address)
    }
}
