import ClusterModel
import Glibc
import RemoteShell
import Testing

@testable import ClusterOperations

/// The real script, run with `/bin/sh` against directories of every kind.
@Suite struct HostSurveyTests {
    /// Stand-ins: the primary on port 1 refuses at once.
    private static let programs = [
        "postgres": ":", "pg_basebackup": ":", "pg_ctl": "echo 'pg_ctl (PostgreSQL) 15.9'", "pg_controldata": ":",
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
        _ questions: [HostSurvey.Question], bin: String, siblings: [String] = [], before: String = ""
    ) async throws -> HostSurvey {
        let script = HostSurvey.script(
            questions, binaryDirectory: bin, siblings: siblings, versionProgram: "pg_ctl", versionArgument: "--version")
        let output = try await shell(before + script)
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
                let names = [
                    "absent", "deep/er", "empty", "foreign", "file", "file/below", "begun", "complete", "both",
                ]
                let survey = try await survey(names.map { question("\(parent)/\($0)") }, bin: bin)
                #expect(
                    survey.places.map(\.directory) == [
                        .absent, .absent, .empty, .foreign, .foreign, .absent, .incomplete(Samples.mark),
                        .complete(Samples.mark),
                        .complete(Samples.mark),
                    ], "below \(base)")
                #expect(
                    survey.places.map(\.obstacle) == [
                        nil, nil, nil, nil, nil, "\(parent)/file is not a directory", nil, nil, nil,
                    ])
                for place in survey.places {
                    let space = try #require(place.spaces[place.dataDirectory], "\(place.dataDirectory)")
                    #expect(try #require(space.freeBytes) > 0 && !space.device.isEmpty)
                    #expect(!place.isRunning && !place.wasStarted)
                }
                #expect(survey.places.allSatisfy { $0.sourceProblem == nil })
            }
        }
    }

    @Test func `who is let in for replication is known, else pg_isready tells who answers`() async throws {
        try await TemporaryDirectory.with { root in
            var programs = Self.programs
            programs["psql"] = #"[ "$3" = "host='it''s here' replication='true'" ] || exit 2"#
            let bin = try root.programs(programs)
            var questions = (0..<4).map { question("\(root.path)/\($0)", sourcePort: $0 < 2 ? 6000 : 1) }
            questions[0].sourceConnection = "host='it''s here' replication='true'"
            questions[1].sourceConnection = "host='elsewhere'"
            questions[2].sourceConnection = "host='elsewhere'"
            let places = try await survey(questions, bin: bin).places
            #expect(places.map(\.isAdmitted) == [true, false, false, false])
            #expect(places.map { $0.sourceProblem != nil } == [false, false, true, true])
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

    /// Root may write everywhere: there, the script is run as nobody.
    @Test func `a directory that this user may not write in is an obstacle, and so is one above it`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let open = try root.directory("open")
            try root.directory("open/closed")
            let parent = try root.directory("closed")
            try root.directory("closed/open")
            let questions = [parent + "/m", parent + "/deep/er", open + "/closed", parent + "/open", open + "/m"]
                .map { question($0) }
            _ = try await shell(
                "chmod 755 \(root.path); chmod 777 \(open) \(parent)/open; chmod 555 \(parent) \(open)/closed")
            let script = HostSurvey.script(
                questions, binaryDirectory: bin, siblings: [], versionProgram: "pg_ctl", versionArgument: "--version")
            let output = try await shell(
                geteuid() == 0
                    ? "setpriv --reuid 65534 --regid 65534 --clear-groups /bin/sh -c \(ShellQuoting.word(script))"
                    : script)
            let survey = try HostSurvey(output: output.standardOutput, questions: questions)
            #expect(
                survey.places.map(\.obstacle) == [
                    "no permission to write in \(parent)", "no permission to write in \(parent)",
                    "no permission to write in \(open)/closed",
                    // The mark is made beside the directory.
                    "no permission to write in \(parent)", nil,
                ])
            _ = try await shell("chmod 755 \(parent) \(open)/closed")
        }
    }

    @Test func `a server that once ran in a directory is found, and what a copy of ours takes up`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            for name in ["theirs", "begun", "complete"] {
                try root.directory(name)
                try root.file("\(name)/data", String(repeating: "x", count: 300_000))
            }
            try root.file(".begun.gpha-copy", Samples.mark.text + "\n")
            try root.file(".gone.gpha-copy", Samples.mark.text + "\n")
            try root.file("complete/gpha.copy", Samples.mark.text + " 000000010000000000000007\n")
            try root.file("complete/postmaster.opts", "")
            _ = try await shell(
                "ln -s begun \(root.at("link")); cp \(root.at(".begun.gpha-copy")) \(root.at(".link.gpha-copy"))")
            let names = ["theirs", "begun", "complete", "gone", "link"]
            let places = try await survey(names.map { question(root.at($0)) }, bin: bin).places
            #expect(places.map(\.wasStarted) == [false, false, true, false, false])
            #expect(places.map { $0.usedBytes > 290_000 } == [false, true, true, false, true])
            #expect(places[0].usedBytes == 0, "nobody removes what is not ours")
            #expect(places[2].directory.mark?.lastFile == "000000010000000000000007")
        }
    }

    /// With ss, and on a host that has none, from the kernel's list.
    @Test(
        arguments: ["127.0.0.1", "127.0.0.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"],
        ["", "ss() { return 127; }; alias /sbin/ss=ss\n"])
    func `a port in use is found with the address it is used on`(address: String, before: String) async throws {
        let listener: Listener
        do { listener = try Listener(address) } catch {
            guard address.contains(":") else { throw error }
            return  // No IPv6 on this machine.
        }
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let free = listener.port == 65_535 ? 1024 : listener.port + 1
            let survey = try await survey(
                [question(root.at("a"), port: listener.port), question(root.at("b"), port: free)], bin: bin,
                before: before)
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
            #expect(
                absent.missingPrograms == [
                    "postgres", "pg_basebackup", "pg_ctl", "pg_controldata", "psql", "pg_isready",
                ])
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
            let spaces = [root.at("gone"), filled, empty, "/proc/none"]
            let survey = try await survey([question(root.at("m"), tablespaces: spaces)], bin: bin)
            #expect(survey.places[0].filledTablespaces == [filled])
            #expect(survey.places[0].spaces.keys.sorted() == (spaces + [root.at("m")]).sorted())
            let here = try #require(survey.places[0].spaces[root.at("m")])
            #expect(spaces.prefix(3).allSatisfy { survey.places[0].spaces[$0]?.device == here.device })
            #expect(survey.places[0].spaces["/proc/none"]?.device != here.device)
        }
    }

    @Test func `hundreds of answers at once do not run into each other`() async throws {
        try await TemporaryDirectory.with { root in
            let bin = try root.programs(Self.programs)
            let questions = (0..<150).map { question(root.at("m\($0)"), source: "sdw\($0)", sourcePort: 1) }
            let survey = try await survey(questions, bin: bin)
            #expect(survey.places.allSatisfy { $0.directory == .absent && $0.spaces.count == 1 })
            #expect(survey.places.enumerated().allSatisfy { $1.sourceProblem == "sdw\($0):1 - no response" })
        }
    }
}
