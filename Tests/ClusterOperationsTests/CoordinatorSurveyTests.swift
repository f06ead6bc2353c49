import BlockingWork
import ClusterModel
import RemoteShell
import Testing

@testable import ClusterOperations

/// What a host says of an old coordinator, by the script that asks it.
@Suite struct CoordinatorSurveyTests {
    private static let control = """
        printf 'Database cluster state:               in production\\n'
        printf 'Database system identifier:           7710677378804798586\\n'
        printf 'Latest checkpoint location:           0/3000060\\n'
        """

    private func survey(_ directory: String, _ bin: String) async throws -> CoordinatorSurvey {
        let output = try await shell(CoordinatorSurvey.script(directory, binaryDirectory: bin))
        return try CoordinatorSurvey(output: output.standardOutput)
    }

    @Test func `a stopped coordinator's directory is read, quotes in its path and all`() async throws {
        try await TemporaryDirectory.with { directory in
            let bin = try directory.programs(["pg_controldata": Self.control])
            let place = try directory.directory("it's $(here)")
            try directory.file("it's $(here)/PG_VERSION", "15\n")
            try directory.file(
                "it's $(here)/postgresql.auto.conf",
                "synchronous_standby_names = ''\nsynchronous_standby_names = 'gp_walreceiver'\n")
            let found = try await survey(place, bin)
            #expect(found.isReadable && found.processes == [] && !found.isMarked)
            #expect(found.systemIdentifier == "7710677378804798586")
            #expect(found.checkpoint == "0/3000060")
            #expect(found.state == "in production")
            #expect(found.synchronousNames == "gp_walreceiver")
            try directory.file("it's $(here).gpha-superseded", "")
            #expect(try await survey(place, bin).isMarked)
        }
    }

    @Test func `a server in it is seen, stopped by a signal too, and other programs are not`() async throws {
        try await TemporaryDirectory.with { directory in
            let bin = try directory.programs(["pg_controldata": Self.control])
            let place = try directory.directory("c")
            try directory.file("c/PG_VERSION", "15\n")
            // A program of the server's name that works in the directory, and one of another name.
            let started = try await shell(
                """
                cp /bin/sleep \(bin)/postgres && cd \(place)
                \(bin)/postgres 60 </dev/null >/dev/null 2>&1 & server=$!
                sleep 60 </dev/null >/dev/null 2>&1 & other=$!
                sleep 0.3; kill -STOP $server; echo $server $other
                """)
            let processes = started.standardOutput.split(whereSeparator: \.isWhitespace).map(String.init)
            let found = try await survey(place, bin)
            _ = try await shell("kill -9 \(processes.joined(separator: " "))")
            #expect(found.processes == ["\(processes[0]) T (stopped)"])
        }
    }

    @Test func `the same directory has the same place by any name, and no other has`() async throws {
        try await TemporaryDirectory.with { directory in
            let (first, second) = (try directory.directory("c"), try directory.directory("d"))
            _ = try await shell("ln -s \(first) \(directory.at("e"))")
            let place = try await survey(first, directory.path).place
            #expect(place?.split(separator: " ").count == 2)
            #expect(try await survey(directory.at("e"), directory.path).place == place)
            #expect(try await survey(second, directory.path).place != place)
            #expect(try await survey(directory.at("gone"), directory.path).place == nil)
        }
    }

    @Test func `a directory that is not there proves nothing`() async throws {
        try await TemporaryDirectory.with { directory in
            let found = try await survey(directory.at("gone"), directory.path)
            #expect(!found.isReadable && found.systemIdentifier == nil && found.processes == [])
        }
    }

    @Test func `an answer that was cut off is no answer`() {
        #expect(throws: OperationError.self) { try CoordinatorSurvey(output: "readable\tyes\n") }
    }

    @Test func `a superseded coordinator is refused wherever its files are read`() async throws {
        try await TemporaryDirectory.with { directory in
            let place = try directory.directory("c")
            let mark = SupersededMark(host: "scdw", port: 5432, time: "now", systemIdentifier: "7")
            try directory.file("c.gpha-superseded", mark.text)
            let error = #expect(throws: OperationError.self) { try CoordinatorLocation(dataDirectory: place) }
            #expect(
                error?.message == "the coordinator in \(place) is superseded by the standby on scdw:5432, activated now"
            )
        }
    }
}
