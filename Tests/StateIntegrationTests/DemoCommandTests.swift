import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import TestClusters
import TestSupport
import Testing

/// `gpdemo` as a user types it, on clusters of one host and one primary.
final class DemoUser: Sendable {
    let place: TemporaryDirectory
    let directory: String
    private let guardian: Guardian

    init() throws {
        place = try TemporaryDirectory()
        chmod(place.path, 0o755)
        directory = place.path + "/c"
        guardian = try Guardian(directory: directory)
    }

    deinit {
        // Also when a test failed half way.
        let destroy = [BuiltPrograms.debug + "/gpdemo", "destroy", "--dir", directory, "-l", place.path]
        if access(directory + "/cluster.conf", F_OK) == 0 { _ = try? runProgram(destroy) }
        guardian.release()
    }

    static let small = ["--hosts", "1", "--primaries-per-host", "1"]

    /// Runs `gpdemo` with `GPDEMO_DIR` set.
    func gpdemo(_ words: [String], input: String = "", directory: String? = nil) async throws -> FinishedProgram {
        try await FinishedProgram.run(
            [BuiltPrograms.debug + "/gpdemo"] + words,
            environment: ["HOME": place.path, "PATH": "/usr/bin:/bin", "GPDEMO_DIR": directory ?? self.directory],
            input: input)
    }

    func gpdemo(_ words: String..., input: String = "") async throws -> FinishedProgram {
        try await gpdemo(words, input: input)
    }

    /// Runs `body` with a cluster and removes it, unless `body` did.
    static func with(_ options: [String] = [], _ body: (DemoUser) async throws -> Void) async throws {
        let user = try DemoUser()
        let created = try await user.gpdemo(["create"] + small + TestEngine.createOptions + options)
        guard created.status == 0 else { throw TestFailure("create: \(created.output)\(created.error)") }
        try await body(user)
        if access(user.directory, F_OK) == 0 { #expect(try await user.gpdemo("destroy").status == 0) }
    }

    /// What is left of a cluster: processes, its directory, its account, its namespaces; nothing when all is gone.
    func remains(id: String) async throws -> String {
        let text = """
            ls -d "$1" 2>/dev/null
            getent passwd "gpd$2"; getent group "gpd$2"
            ls /run/netns /etc/netns 2>/dev/null | grep "^gpd$2-"
            for process in /proc/[0-9]*; do
              case $(tr '\\0' ' ' < $process/cmdline 2>/dev/null) in *check-remains*) continue ;; *"$1/"*) echo $process ;; esac
              grep -q "GPDEMO_CLUSTER=$2" $process/environ 2>/dev/null && echo $process
            done
            true
            """
        return try await FinishedProgram.run(
            ["/bin/sh", "-c", text, "check-remains", directory, id], environment: ["PATH": "/usr/bin:/bin"]
        ).output
    }

    /// The cluster's id.
    func id() throws -> String {
        let lines = TextFile.read(directory + "/cluster.conf").split(separator: "\n")
        return String(try #require(lines.first { $0.hasPrefix("id=") }).dropFirst(3))
    }
}

extension RealClusters {
    @Suite("gpdemo", .serialized)
    struct DemoCommandTests {
        @Test("creates, tells, stops, starts and destroys a cluster")
        func life() async throws {
            try await DemoUser.with { user in
                let id = try user.id()
                let status = try await user.gpdemo("status", "--json")
                #expect(status.status == 0)
                let document = try status.json()
                #expect(document["catalog_problem"].isNull)
                #expect((document["gpftsd"].int != nil) == !TestEngine.isGreenplum)
                #expect(document["hosts"].elements.map { $0["name"].string } == ["cdw", "scdw", "sdw1"])
                #expect(document["hosts"].elements.allSatisfy { $0["sshd"].int != nil })
                #expect(document["instances"].elements.count == 2)
                #expect(document["instances"].elements.allSatisfy { $0["postmaster"].int != nil })
                #expect(try await user.gpdemo("stop").status == 0)
                let stopped = try await user.gpdemo("status")
                #expect(stopped.status == 0)
                #expect(stopped.complaints.count { $0.contains("not running") } == 5)
                #expect(stopped.complaints.contains { $0.contains("catalog not read: ") })
                #expect(try await user.gpdemo("stop").status == 0)
                #expect(try await user.gpdemo("start").status == 0)
                #expect(try await user.gpdemo("start").status == 0)
                #expect(try await user.gpdemo("status").complaints == [])
                // A second one in the same place is refused.
                let second = try await user.gpdemo(["create"] + DemoUser.small)
                #expect(second.status == 2)
                #expect(
                    second.complaints.first == "[ERROR]:-gpdemo error: there is a cluster in \(user.directory) already")
                #expect(try await user.gpdemo("destroy").status == 0)
                #expect(try await user.remains(id: id) == "")
                let again = try await user.gpdemo("destroy")
                #expect(again.status == 2)
                #expect(again.complaints.first == "[ERROR]:-gpdemo error: no cluster in \(user.directory)")
            }
        }

        @Test(
            "exec hands on input, output, status and words as they are; env.sh works in any shell and place",
            .embeddedOnly("it looks at nothing that the servers do"))
        func execution() async throws {
            try await DemoUser.with { user in
                let words = ["a b", "", "it's", "$HOME", "`id`", "a\nb", "--json", "-l", "*", "ä", "x=y"]
                let echo = try await user.gpdemo(["exec", "sdw1", "--", "printf", "<%s>"] + words)
                #expect(echo.status == 0)
                #expect(echo.output == words.map { "<\($0)>" }.joined())
                #expect(echo.error == "")
                let input = String(repeating: "0123456789\n", count: 50_000)
                #expect(try await user.gpdemo("exec", "cdw", "--", "cat", input: input).output == input)
                #expect(try await user.gpdemo("exec", "cdw", "--", "sh", "-c", "echo e >&2; exit 7").status == 7)
                #expect(try await user.gpdemo("exec", "cdw", "--", "sh", "-c", "kill -9 $$").status == 128 + 9)
                #expect(try await user.gpdemo("exec", "cdw", "--", "x=y").status == 127)
                let nowhere = try await user.gpdemo("exec", "sdw9", "--", "true")
                #expect(nowhere.status == 2)
                #expect(
                    nowhere.errorRecords == ["[ERROR]:-gpdemo error: no host 'sdw9' in this cluster: cdw, scdw, sdw1"])
                #expect(nowhere.output == "")
                try await environment(user)
            }
        }

        private func environment(_ user: DemoUser) async throws {
            let line = try await user.gpdemo("env")
            #expect(line.status == 0 && line.error == "")
            #expect(line.output == ". '\(user.directory)/env.sh'\n" || line.output == ". \(user.directory)/env.sh\n")
            for shell in ["/bin/sh", "/bin/bash"] {
                let run = try await FinishedProgram.run(
                    [
                        shell, "-euc",
                        "cd /; eval \"$1\"; psql -Atc 'SELECT count(*) FROM gp_segment_configuration'; gpstate -Q -l \"$2\"",
                        "sh", line.output, user.place.path,
                    ], environment: ["PATH": "/usr/bin:/bin", "HOME": user.place.path])
                #expect(run.status == 0, "\(run.output)\(run.error)")
                #expect(run.output.hasPrefix("2\n"))
            }
        }

        @Test("quotes what env.sh holds", .embeddedOnly("it looks at nothing that the servers do"))
        func quoting() async throws {
            let place = try TemporaryDirectory()
            chmod(place.path, 0o755)
            let directory = place.path + "/it's a; b #&*|"
            let user = try DemoUser()
            let created = try await user.gpdemo(["create"] + DemoUser.small, directory: directory)
            #expect(created.status == 0, "\(created.output)\(created.error)")
            let run = try await FinishedProgram.run(
                [
                    "/bin/sh", "-euc", ". \"$1/env.sh\"; psql -Atc 'SELECT 1'; gpstate -s -l \"$2\" > /dev/null", "sh",
                    directory, place.path,
                ],
                environment: ["PATH": "/usr/bin:/bin", "HOME": place.path])
            #expect(run.output == "1\n", "\(run.error)")
            #expect(run.status == 0)
            let destroyed = try await user.gpdemo(["destroy"], directory: directory)
            #expect(destroyed.status == 0)
            #expect(access(directory, F_OK) != 0)
        }

        @Test(
            "refuses options that make no cluster, with one line and 2, and makes nothing",
            .embeddedOnly("it looks at nothing that the servers do"),
            arguments: [
                (["--hosts", "0"], "--hosts must be 1 to 200"), (["--hosts", "201"], "--hosts must be 1 to 200"),
                (["--hosts=-1"], "--hosts must be 1 to 200"),
                (["--primaries-per-host", "0"], "--primaries-per-host must be 1 to 64"),
                (["--port-base", "80"], "--port-base must be 5432 to 28000"),
                (["--port-base", "70000"], "--port-base must be 5432 to 28000"),
                (["--mirrors", "ring"], "--mirrors takes group, spread, block:N or none, not 'ring'"),
                (["--mirrors", "block:1"], "--mirrors takes group, spread, block:N or none, not 'block:1'"),
                (["--network", "moon"], "--network takes loopback or namespaces, not 'moon'"),
                (["--pg-bin", "/no/such"], "no initdb in /no/such"),
            ])
        func badOptions(_ options: [String], _ text: String) async throws {
            let user = try DemoUser()
            let run = try await user.gpdemo(["create"] + options)
            #expect(run.status == 2)
            #expect(run.complaints.first?.hasSuffix(text) == true, "\(run.output)")
            #expect(run.complaints.dropFirst().allSatisfy { $0.contains("]:-hint: ") })
            #expect(access(user.directory, F_OK) != 0)
        }

        @Test(
            "refuses a directory whose sockets' names would be too long, or that cannot be made",
            .embeddedOnly("it looks at nothing that the servers do"))
        func badDirectories() async throws {
            let user = try DemoUser()
            let file = try user.place.write("mine\n", to: "file", mode: 0o644)
            let long = "/tmp/" + String(repeating: "x", count: 90)
            let run = try await user.gpdemo(["create", "--dir", long])
            #expect(run.status == 2)
            #expect(run.complaints.first?.contains("--dir is too long for sockets: 95 bytes, at most ") == true)
            #expect(access(long, F_OK) != 0)
            for directory in [
                "/no/parent/c", "/proc/c", file, "/tmp/a\nb", "/tmp/$(touch hit)", "/tmp/\"", "/tmp/`x`",
            ] {
                let run = try await user.gpdemo(["create", "--dir", directory])
                #expect(run.status == 2, "\(directory): \(run.output)")
                #expect(run.complaints.first?.hasPrefix("[ERROR]:-gpdemo error: ") == true)
            }
            var facts = stat()
            #expect(stat(file, &facts) == 0 && facts.st_mode & 0o777 == 0o644)
        }

        @Test("never touches a directory that is not its own", .embeddedOnly("it looks at nothing that the servers do"))
        func foreignDirectory() async throws {
            let user = try DemoUser()
            mkdir(user.directory, 0o755)
            let file = user.directory + "/precious"
            try TextFile.write("mine\n", to: file)
            for words in [["create"], ["destroy"], ["start"], ["stop"], ["status"], ["env"]] {
                let run = try await user.gpdemo(words)
                #expect(run.status == 2, "\(words)")
                #expect(TextFile.read(file) == "mine\n")
            }
            // A file of that name does not make it a cluster.
            for text in ["", "hello\n", "# gpdemo cluster, format 1\n", "# gpdemo cluster, format 1\nid=../..\n"] {
                try TextFile.write(text, to: user.directory + "/cluster.conf")
                #expect(try await user.gpdemo("destroy").status == 2)
                #expect(TextFile.read(file) == "mine\n")
            }
            unlink(user.directory + "/cluster.conf")
        }
    }
}
