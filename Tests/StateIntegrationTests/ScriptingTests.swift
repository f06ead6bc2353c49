import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import TestClusters
import TestSupport
import Testing

extension RealClusters.ClusterTests {
    @Suite("In scripts", .serialized)
    struct ScriptingTests {
        /// The one log file of a directory, as text.
        private func log(_ shared: SharedCluster, _ directory: String) async throws -> String {
            try await shared.shell("cat \"$1\"/gpstate_$(date +%Y%m%d).log", directory)
        }

        @Test("-q prints warnings only, and the log file has everything")
        func quiet() async throws {
            let shared = try SharedCluster.get()
            let scratch = try await shared.scratch()
            let run = try await shared.state("-s", "-q", "-l", scratch)
            #expect(run.status == 0)
            #expect(run.output == "" && run.error == "")
            let plain = try await shared.state("-s")
            let logged = FinishedProgram.records(try await log(shared, scratch))
            #expect(logged.dropFirst().count == plain.records.count - 1)
            #expect(logged.first == "[INFO]:-Starting gpstate with args: -s -q -l \(scratch)")
        }

        @Test("-v adds debug records")
        func verbose() async throws {
            let shared = try SharedCluster.get()
            let scratch = try await shared.scratch()
            let run = try await shared.state("-s", "-v", "-l", scratch)
            #expect(run.status == 0)
            #expect(FinishedProgram.records(try await log(shared, scratch)) == run.records)
        }

        @Test("-l makes one directory, and no parents; what cannot be written ends with 2")
        func logDirectory() async throws {
            let shared = try SharedCluster.get()
            let scratch = try await shared.scratch()
            #expect(try await shared.state("-Q", "-l", scratch + "/new").status == 0)
            #expect(try await log(shared, scratch + "/new") != "")
            try await shared.shell("touch \"$1/new/file\"", scratch)
            for (path, reason) in [
                (scratch + "/no/parent", "No such file or directory"), ("/proc/none", "No such file or directory"),
                (scratch + "/new/file", "Not a directory"), ("", "No such file or directory"),
            ] {
                let run = try await shared.state("-Q", "-l", path)
                #expect(run.status == 2)
                #expect(
                    run.complaints.first?.contains("gpstate failed. (Reason='[Errno ") == true, "\(path): \(run.output)"
                )
                #expect(run.complaints.first?.contains(reason) == true, "\(path): \(run.output)")
            }
            guard geteuid() == 0 || shared.cluster.accountName != "root" else { return }
            try await shared.shell("mkdir \"$1/closed\"; chmod 500 \"$1/closed\"", scratch)
            let run = try await shared.state("-Q", "-l", scratch + "/closed")
            #expect(run.status == 2)
            #expect(run.complaints.first?.contains("Permission denied") == true)
        }

        @Test("the log file's lines have the original's form")
        func lineForm() async throws {
            let shared = try SharedCluster.get()
            let scratch = try await shared.scratch()
            for _ in 0..<2 { #expect(try await shared.state("-b", "-l", scratch).status == 0) }
            let lines = try await log(shared, scratch).split(separator: "\n")
            let account = shared.cluster.accountName
            for line in lines {
                let match = line.wholeMatch(
                    of: #/\d{8}:\d\d:\d\d:\d\d:\d{6,} gpstate:([^:.]+):([^:]+)-\[INFO\]:-.*/#)
                #expect(match.map { String($0.2) } == account, "\(line)")
                if SharedCluster.network == .namespaces { #expect(match?.1 == "cdw") }
            }
            // The second run was appended to the first.
            #expect(lines.count { $0.contains("-[INFO]:-Starting gpstate with args: -b -l ") } == 2)
        }

        @Test("a reader that goes away changes neither the log nor the status")
        func closedOutput() async throws {
            let shared = try SharedCluster.get()
            let scratch = try await shared.scratch()
            let run = try await shared.tool(
                [
                    "/bin/bash", "-c",
                    "gpstate -s -l \"$1\" | head -1; echo \"${PIPESTATUS[0]}\"; gpstate -s -l \"$1\" >&-; echo $?",
                    "bash",
                    scratch,
                ])
            #expect(run.error == "")
            #expect(run.output.split(separator: "\n").dropFirst() == ["0", "0"])
            let rows = try await log(shared, scratch).split(separator: "\n").count { $0.hasSuffix("= Up") }
            #expect(rows == 2 * 16)
        }

        @Test("a full disk under standard output changes no status")
        func fullDisk() async throws {
            let shared = try SharedCluster.get()
            let run = try await shared.tool(["/bin/sh", "-c", "gpstate -s > /dev/full; echo $?"])
            #expect(run.output == "0\n")
        }

        @Test("without HOME the log goes to the account's home directory")
        func withoutHome() async throws {
            let shared = try SharedCluster.get()
            let home = try await shared.shell("getent passwd \"$(id -un)\" | cut -d: -f6 | tr -d '\\n'")
            for value in [nil, ""] as [String?] {
                try await shared.shell("rm -rf \"$1\"/gpAdminLogs/gpstate_*", home)
                let run = try await shared.tool(
                    value == nil ? ["/usr/bin/env", "-u", "HOME", "gpstate", "-Q"] : ["gpstate", "-Q"],
                    changes: ["HOME": value])
                #expect(run.status == 0, "\(run.output)")
                #expect(try await log(shared, home + "/gpAdminLogs").contains("Starting gpstate with args: -Q"))
            }
        }

        @Test("two modes at once, or -B out of range, end with 2 in the original's words, before anything is asked")
        func validation() async throws {
            let shared = try SharedCluster.get()
            for (arguments, text) in [
                (["-s", "-e"], "Too many output options specified"), (["-sbe"], "Too many output options specified"),
                (["-B", "0"], "Invalid parallelDegree provided with -B argument: 0"),
                (["-B65"], "Invalid parallelDegree provided with -B argument: 65"),
                (["-s", "-B", "-1"], "Invalid parallelDegree provided with -B argument: -1"),
            ] {
                let run = try await shared.tool(["gpstate"] + arguments)
                #expect(run.status == 2)
                #expect(run.records.dropFirst() == ["[ERROR]:-gpstate: error: \(text)"])
            }
            // -x loses without a word, and the original's other spellings are taken.
            for arguments in [
                ["-xs"], ["-sB4"], ["-aB", "0x10", "-s"], ["-s", "-x", "--retries=3", "--timeout", "010"],
            ] {
                let run = try await shared.tool(["gpstate"] + arguments)
                #expect(run.status == 0)
                #expect(run.records.contains("[INFO]:-Segment Instance Status Report"))
            }
        }

        @Test("Ctrl-C ends it silently with 2, at once, also while a host hangs")
        func interrupted() async throws {
            let shared = try SharedCluster.get()
            let server = try shared.secureShell(of: "sdw1")
            try await shared.cluster.withoutFaultTolerance {
                try await shared.whileStopped([server]) {
                    // It is at its work when it says so; a busy machine takes its time.
                    func stopped(by signal: String) async throws -> FinishedProgram {
                        let script = """
                            gpstate -s > screen 2>&1 & i=0
                            while ! grep -q Gathering screen && [ $i -lt 200 ]; do sleep 0.05; i=$((i + 1)); done
                            sleep 0.5; begun=$(date +%s%3N); kill -$1 $!; wait $!; status=$?
                            [ $(($(date +%s%3N) - begun)) -lt 2500 ] || echo late
                            cat screen; rm screen; echo status $status
                            """
                        return try await shared.tool(["/bin/sh", "-c", "cd; " + script, "sh", signal])
                    }
                    let run = try await stopped(by: "INT")
                    // A shell without job control starts it with SIGINT ignored or not; TERM is never ignored.
                    let other = try await stopped(by: "TERM")
                    for run in [run, other] {
                        #expect(!run.output.hasPrefix("late"), "\(run.output)")
                        #expect(run.output.hasSuffix("Gathering data from segments...\nstatus 2\n"), "\(run.output)")
                    }
                }
            }
        }
    }
}
