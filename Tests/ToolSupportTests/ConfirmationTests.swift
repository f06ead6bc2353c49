import Testing

@testable import ToolSupport

@Suite("a yes/no question")
struct ConfirmationTests {
    static let prompt = "Continue with probe Yy|Nn (default=N):\n> "

    @Test("goes on after yes", arguments: ["y", "Y", "yes", "YES  "])
    func yes(_ answer: String) async throws {
        let outcome = try await probe(["--do", "ask"], input: [answer])
        #expect(outcome.status == .done)
        #expect(outcome.output.contains("This is a probe.\n\n" + Self.prompt))
        #expect(outcome.records.last?.hasSuffix("INFO confirmed") == true)
    }

    @Test("ends with status 4 after no", arguments: ["n", "NO", "", "  "])
    func no(_ answer: String) async throws {
        let outcome = try await probe(["--do", "ask"], input: [answer])
        #expect(outcome.status == .declined)
        #expect(outcome.output.hasSuffix("-[INFO]:-User abort requested, Exiting...\n"))
    }

    @Test("is asked again after anything else")
    func garbage() async throws {
        let outcome = try await probe(["--do", "ask", "-q"], input: ["perhaps", " y", "y"])
        #expect(outcome.status == .done)
        #expect(
            outcome.output == "This is a probe.\n\n\(Self.prompt)Invalid input: 'perhaps'\n\n"
                + "\(Self.prompt)Invalid input: ' y'\n\n\(Self.prompt)")
    }

    @Test("fails at the end of input")
    func endOfInput() async throws {
        let outcome = try await probe(["--do", "ask"])
        #expect(outcome.status == .refused)
        #expect(outcome.records.last?.hasSuffix("probe failed. (Reason='EOF when reading a line') exiting...") == true)
    }

    @Test("is not asked with -a")
    func notAsked() async throws {
        let outcome = try await probe(["-a", "--do", "ask"])
        #expect(outcome.status == .done)
        #expect(!outcome.output.contains("Yy|Nn"))
    }
}
