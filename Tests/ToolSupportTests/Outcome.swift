@testable import ToolSupport

/// What a run of a probe left behind.
struct Outcome {
    let status: ExitStatus
    let output: String
    let error: String
    let file: String?

    /// The lines of standard output without their prefix: `INFO text`.
    var records: [String] { Self.records(output) }

    static func records(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
            guard let start = line.firstRange(of: "-["), let end = line.firstRange(of: "]:-") else {
                return String(line)
            }
            return line[start.upperBound..<end.lowerBound] + " " + line[end.upperBound...]
        }
    }
}

/// Runs a probe with a home directory of its own.
func probe<C: Tool>(
    _ tool: C.Type, _ arguments: [String], input: [String] = [], environment: [String: String] = [:]
) async throws -> Outcome {
    let scratch = try ScratchDirectory()
    let terminal = CapturedTerminal(input: input)
    let status = await ToolRunner.run(
        tool, arguments: arguments, environment: environment.merging(["HOME": scratch.path]) { $1 }, terminal: terminal)
    return Outcome(
        status: status, output: terminal.output, error: terminal.error,
        file: scratch.text("gpAdminLogs/\(C.toolName)_\(LogTime.now.date).log"))
}

/// Runs `ProbeTool`.
func probe(
    _ arguments: [String], input: [String] = [], environment: [String: String] = [:]
) async throws -> Outcome {
    try await probe(ProbeTool.self, arguments, input: input, environment: environment)
}
