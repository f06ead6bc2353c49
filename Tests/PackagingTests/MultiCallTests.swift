import Glibc
import TestSupport
import Testing
import ToolSupport

@testable import GPHa

@Suite("The one program")
struct MultiCallTests {
    private static let program = BuiltPrograms.debug + "/gpha"

    private func run(_ words: [String]) async throws -> FinishedProgram {
        try await FinishedProgram.run(words, environment: ["HOME": "/nonexistent"])
    }

    /// A link to the program under another name.
    private func link(_ name: String, in directory: TemporaryDirectory) -> String {
        let path = "\(directory.path)/\(name)"
        symlink(Self.program, path)
        return path
    }

    @Test("holds every tool that is built")
    func complete() {
        #expect(MultiCall.tools.map { $0.toolName } == BuiltPrograms.names)
    }

    @Test("is the tool that a link to it names", arguments: BuiltPrograms.names)
    func byLink(_ tool: String) async throws {
        let directory = try TemporaryDirectory()
        let path = link(tool, in: directory)
        let help = try await run([path, "--help"])
        #expect(help.status == 0)
        #expect(help.output == (try await run(["\(BuiltPrograms.debug)/\(tool)", "--help"]).output))
        let refused = try await run([path, "--bogus"])
        #expect(refused.status == 2)
        #expect(refused.error.hasSuffix("\(tool): error: no such option: --bogus\n"))
    }

    @Test("is the tool that its first argument names", arguments: BuiltPrograms.names)
    func byArgument(_ tool: String) async throws {
        let version = try await run([Self.program, tool, "--version"])
        #expect(version.status == 0)
        #expect(version.output == "\(tool) version \(ToolVersion.current)\n")
        let refused = try await run([Self.program, tool, "one", "two"])
        #expect(refused.status == 2)
        #expect(refused.error.hasPrefix("Usage: \(tool) "))
    }

    @Test("ends with 2 and clear lines where a link or an argument names no tool")
    func unknown() async throws {
        let directory = try TemporaryDirectory()
        let tools = "gpha: hint: the tools are \(BuiltPrograms.names.joined(separator: ", "))\n"
        let linked = try await run([link("gpstat", in: directory), "-e"])
        #expect(linked.status == 2)
        #expect(linked.output == "")
        #expect(linked.error == "gpha: error: called as 'gpstat', which is none of its tools\n" + tools)
        for word in ["gpstat", "-e", "", "/usr/bin/gpstate", "gp\u{1b}[31m"] {
            let run = try await run([Self.program, word])
            #expect(run.status == 2)
            #expect(run.output == "")
            #expect(run.error == "gpha: error: no such tool: '\(word.replacing("\u{1b}", with: "\\x1b"))'\n" + tools)
        }
    }

    @Test("tells what it holds, and its version", arguments: [["--help"], ["-h"], ["-?"], ["help"], []])
    func help(_ words: [String]) async throws {
        let run = try await run([Self.program] + words)
        #expect(run.status == 0)
        #expect(run.error == "")
        for tool in BuiltPrograms.names { #expect(run.output.contains("\n  \(tool) "), "\(run.output)") }
        #expect(try await self.run([Self.program, "--version"]).output == "gpha version \(ToolVersion.current)\n")
    }

    @Test(
        "knows its name by the last part of a path alone",
        arguments: [
            (["/a/gpftsd/gpha", "gpstate", "-e"], "gpstate", ["-e"]), (["gpstate"], "gpstate", []),
            (["./x/gpdemo", "gpstate", "status"], "gpdemo", ["gpstate", "status"]),
            (["gpha", "gpha"], nil, []), ([], nil, []), (["/"], nil, []),
        ] as [([String], String?, [String])])
    func names(_ words: [String], _ tool: String?, _ arguments: [String]) {
        switch MultiCall.choice(words) {
        case .tool(let chosen, let rest):
            #expect(chosen.toolName == tool)
            #expect(rest == arguments)
        case .text(let text): Issue.record("\(text)")
        case .refusal: #expect(tool == nil)
        }
    }
}
