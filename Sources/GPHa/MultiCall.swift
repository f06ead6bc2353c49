import ArgumentParser
import GPActivateStandby
import GPAddMirrors
import GPDemo
import GPInitStandby
import GPRecoverSeg
import GPState
import Glibc
public import ToolSupport

/// One program that is every tool of the suite: an installation holds it once, and a link to it for each tool.
///
/// It is the tool that it is called by: the last part of the path in its first word. Under its own name, `gpha`, its
/// first argument names the tool. Called either way a tool is the same, its own name in its messages included.
public enum MultiCall {
    /// The program's own name.
    public static let name = "gpha"

    /// Every tool, in the order in which they are listed.
    public static let tools: [any Tool.Type] = [
        GPState.self, GPAddMirrors.self, GPInitStandby.self, GPActivateStandby.self, GPRecoverSeg.self, GPDemo.self,
        GPFtsd.self,
    ]

    /// What a command line asks for.
    enum Choice {
        case tool(any Tool.Type, arguments: [String])
        /// Standard output, exit status 0.
        case text(String)
        /// Standard error, exit status 2.
        case refusal(String)
    }

    /// Runs the process's command line and ends the process.
    public static func main() async -> Never {
        let terminal = SystemTerminal()
        switch choice(CommandLine.arguments) {
        case .tool(let tool, let arguments): await ToolRunner.main(tool, arguments: arguments)
        case .text(let text):
            terminal.write(text, to: .standardOutput)
            exit(ExitStatus.done.rawValue)
        case .refusal(let text):
            terminal.write(text, to: .standardError)
            exit(ExitStatus.refused.rawValue)
        }
    }

    /// Chooses the tool for a whole command line, the program's name first.
    static func choice(_ words: [String]) -> Choice {
        let called = lastPart(words.first ?? "")
        if let tool = tool(called) { return .tool(tool, arguments: Array(words.dropFirst())) }
        guard called == name else {
            return .refusal(refusal("called as '\(PrintableText.oneLine(called))', which is none of its tools"))
        }
        switch words.dropFirst().first {
        case nil, "--help", "-h", "-?", "help": return .text(help)
        case "--version": return .text(ToolVersion.line(of: name) + "\n")
        case let word?:
            guard let tool = tool(word) else {
                return .refusal(refusal("no such tool: '\(PrintableText.oneLine(word))'"))
            }
            return .tool(tool, arguments: Array(words.dropFirst(2)))
        }
    }

    private static func tool(_ name: String) -> (any Tool.Type)? { tools.first { $0.toolName == name } }

    private static func lastPart(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    private static func refusal(_ problem: String) -> String {
        "\(name): error: \(problem)\n\(name): hint: the tools are \(tools.map { $0.toolName }.joined(separator: ", "))\n"
    }

    static var help: String {
        let width = tools.map { $0.toolName.count }.max() ?? 0
        let lines = tools.map { tool in
            let blanks = String(repeating: " ", count: width - tool.toolName.count + 2)
            return "  \(tool.toolName)\(blanks)\(tool.configuration.abstract)\n"
        }
        return "OVERVIEW: High-availability utilities for Greenplum-family clusters.\n\n"
            + "USAGE: \(name) <tool> [<options>]\n\nTOOLS:\n\(lines.joined())\n"
            + "  A link to this program with a tool's name is that tool. See gpha(7), '\(name) <tool> --help'.\n"
    }
}
