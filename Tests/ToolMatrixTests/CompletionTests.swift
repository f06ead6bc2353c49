import ArgumentParser
import BlockingWork
import ClusterModel
import GPActivateStandby
import GPAddMirrors
import GPDemo
import GPInitStandby
import GPRecoverSeg
import GPState
import Testing
import ToolSupport

/// The scripts in `completions/` are what the tools' own options say; `make completions` writes them anew.
@Suite struct CompletionTests {
    private static let root = String(#filePath.dropLast("Tests/ToolMatrixTests/CompletionTests.swift".count))

    private static func isCurrent(_ tool: (some Tool).Type, _ shell: CompletionShell) throws -> Bool {
        // In fish an unquoted question mark is a wildcard, and the rule for help would fail.
        let script = tool.completionScript(for: shell).replacing(" ? h help'", with: " h help'")
        let path = "\(root)completions/\(shell.rawValue)/\(tool.toolName).\(shell.rawValue)"
        return try LocalFiles.read(path).trimmed == script.trimmed
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `the checked-in scripts are current`(name: String) throws {
        let shell = try #require(CompletionShell(rawValue: name))
        #expect(try Self.isCurrent(GPState.self, shell))
        #expect(try Self.isCurrent(GPAddMirrors.self, shell))
        #expect(try Self.isCurrent(GPInitStandby.self, shell))
        #expect(try Self.isCurrent(GPActivateStandby.self, shell))
        #expect(try Self.isCurrent(GPRecoverSeg.self, shell))
        #expect(try Self.isCurrent(GPDemo.self, shell))
        #expect(try Self.isCurrent(GPFtsd.self, shell))
    }
}
