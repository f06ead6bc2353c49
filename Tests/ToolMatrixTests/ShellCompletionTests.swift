import TestSupport
import Testing

@testable import ClusterOperations
@testable import GPRecoverSeg

/// The scripts in `completions/`, in the shells that they are for.
@Suite("In a real shell the completion scripts")
struct ShellCompletionTests {
    /// What is completed the same way everywhere: a beginning that has one end.
    private func expect(
        _ line: String, _ end: String, in shell: CompletingShell, environment: [String: String] = [:]
    ) async throws {
        let offered = try await shell.complete(line, environment: environment)
        let start = String(line[...(line.lastIndex(of: " ") ?? line.startIndex)])
        // zsh has the line as it is then, maybe with a blank after the word.
        #expect(
            shell == .zsh
                ? offered.map { $0.hasSuffix(" ") ? String($0.dropLast()) : $0 } == [start + end]
                : offered.contains(end),
            "\(shell): \(offered)")
    }

    @Test("are there for each shell that is installed, and load without a word")
    func load() async throws {
        #expect(CompletingShell.installed.contains(.bash))
        // fish makes directories in its user's home.
        let home = try TemporaryDirectory()
        for shell in CompletingShell.installed {
            for tool in BuiltPrograms.names {
                let prelude = shell == .zsh ? "autoload -Uz compinit; compinit -u -D; " : ""
                let run = try await shell.run(
                    "\(prelude)source \(shell.script(of: tool))",
                    environment: ["PATH": "/usr/bin:/bin", "HOME": home.path, "TERM": "dumb"])
                #expect(run.status == 0 && run.output == "" && run.error == "", "\(shell) \(tool): \(run.error)")
            }
        }
    }

    @Test(
        "complete options, subcommands, values, files and directories",
        arguments: [
            ("gpstate --vers", "--version"), ("gpaddmirrors --dry", "--dry-run"), ("gpdemo cre", "create"),
            ("gprecoverseg --fallback diff", "differential"), ("gpdemo create --network name", "namespaces"),
            ("gpactivatestandby --require", "--require-fencing"), ("gpftsd --on", "--once"),
            ("gpinitstandby --rep", "--replace"),
        ])
    func words(_ line: String, _ end: String) async throws {
        for shell in CompletingShell.installed { try await expect(line, end, in: shell) }
    }

    @Test("complete files where a file is wanted, and directories where one is")
    func files() async throws {
        let place = try TemporaryDirectory()
        try place.write("", to: "places-of-mirrors")
        try runProgram(["/bin/mkdir", "\(place.path)/data-of-cdw"])
        for shell in CompletingShell.installed {
            try await expect("gpaddmirrors -i \(place.path)/places", "\(place.path)/places-of-mirrors", in: shell)
            let offered = try await shell.complete("gpstate -d \(place.path)/")
            #expect(offered.contains { $0.contains("\(place.path)/data-of-cdw") }, "\(shell): \(offered)")
            #expect(!offered.contains { $0.contains("places-of-mirrors") }, "\(shell): \(offered)")
        }
    }

    @Test("offer no hosts, and say nothing, where the coordinator cannot be asked")
    func noCluster() async throws {
        let directory = "/nonexistent"
        for tool in ["gprecoverseg -p ", "gpinitstandby -s ", "gpdemo exec "] {
            for shell in CompletingShell.installed {
                let offered = try await shell.complete(
                    tool, environment: ["COORDINATOR_DATA_DIRECTORY": directory, "GPDEMO_DIR": directory])
                #expect(!offered.contains { $0.contains("sdw") || $0.lowercased().contains("error") }, "\(offered)")
            }
        }
    }

    @Test("find the data directory in the words of a line that is being typed")
    func directory() {
        func found(_ words: String...) -> String? { CatalogNames.dataDirectory(in: words) }
        #expect(found("gprecoverseg", "-p", "") == nil)
        #expect(found("gprecoverseg", "-d", "/a", "-p", "") == "/a")
        #expect(found("gprecoverseg", "-d", "/a", "--master-data-directory", "'/b c'") == "/b c")
        #expect(found("gprecoverseg", "--coordinator_data_directory=/c", "-p", "x") == "/c")
    }

    @Test("go on after the last comma of a list, and offer no host twice")
    func list() {
        let hosts = ["sdw1", "sdw2", "sdw3"]
        #expect(HostCompletion.candidates(hosts, after: "") == hosts)
        #expect(HostCompletion.candidates(hosts, after: "sdw1,s") == ["sdw1,sdw2", "sdw1,sdw3"])
        #expect(HostCompletion.candidates(hosts, after: "sdw3,sdw1,") == ["sdw3,sdw1,sdw2"])
    }
}
