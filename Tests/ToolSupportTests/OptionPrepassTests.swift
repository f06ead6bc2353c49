import Testing

@testable import ToolSupport

@Suite("the original parser's habits")
struct OptionPrepassTests {
    static let shapes: [OptionShape] =
        StandardOptions.shapes + [
            .integer("-B", "--batch-size"), .flag("-F"), .text("-i", "--input"), .number("--replay-lag"),
            .flag("--a-one"), .text("--a-two"), .integer("-p"), .optional("--wait"), .flag("--verbatim"),
        ]

    static let accepted: [(String, [String])] = [
        ("", []),
        ("-a", ["-a"]),
        ("-aF", ["-a", "-F"]),
        ("-aB4", ["-a", "-B=4"]),
        ("-aB 4", ["-a", "-B=4"]),
        ("-B4 -B 5", ["-B=4", "-B=5"]),
        ("-B 010", ["-B=8"]),
        ("-B 0x1F", ["-B=31"]),
        ("-B 0b101", ["-B=5"]),
        ("-B +7", ["-B=7"]),
        ("-p -1000", ["-p=-1000"]),
        ("-p-5", ["-p=-5"]),
        ("--batch-size=3", ["--batch-size=3"]),
        ("--batch-size 3", ["--batch-size=3"]),
        ("--batch 3", ["--batch-size=3"]),
        ("--b 3", ["--batch-size=3"]),
        ("--coord /x", ["--coordinator_data_directory=/x"]),
        ("--coordinator-d /x", ["--coordinator-data-directory=/x"]),
        ("--master=/x", ["--master_data_directory=/x"]),
        ("--verbose", ["--verbose"]),
        ("--q", ["--quiet"]),
        ("-l -a", ["-l=-a"]),
        ("-i -- -a", ["-i=--", "-a"]),
        ("--input=a=b", ["--input=a=b"]),
        ("--input=", ["--input="]),
        ("-i a=b", ["-i=a=b"]),
        ("-d /x -v one two", ["-d=/x", "-v", "--", "one", "two"]),
        ("one -a two", ["-a", "--", "one", "two"]),
        ("-a -- -F --bogus", ["-a", "--", "-F", "--bogus"]),
        ("-", ["--", "-"]),
        ("--replay-lag 1.5", ["--replay-lag=1.5"]),
        ("--wait", ["--wait"]),
        ("--wait=60", ["--wait=60"]),
        ("--wait -a", ["-a", "--wait"]),
        ("--wait=5 -a x", ["-a", "--wait=5", "--", "x"]),
        ("--wait=5 --wait -a", ["-a", "--wait"]),
        ("--generate-completion-script bash", ["--generate-completion-script", "--", "bash"]),
        ("--generate-completion-script=bash", ["--generate-completion-script=bash"]),
    ]

    @Test("are rewritten to full options", arguments: accepted)
    func rewrites(_ typed: String, _ expected: [String]) throws {
        let arguments = typed.split(separator: " ").map(String.init)
        #expect(try OptionPrepass.run(arguments, shapes: Self.shapes) == .arguments(expected))
    }

    static let refused: [(String, String)] = [
        ("--bogus", "no such option: --bogus"),
        ("--bogus=3", "no such option: --bogus"),
        ("-z", "no such option: -z"),
        ("-az", "no such option: -z"),
        ("-é", "no such option: -é"),
        ("---", "no such option: ---"),
        ("-B", "-B option requires 1 argument"),
        ("-aB", "-B option requires 1 argument"),
        ("--batch", "--batch-size option requires 1 argument"),
        ("-B x", "option -B: invalid integer value: 'x'"),
        ("-B=4", "option -B: invalid integer value: '=4'"),
        ("-B 4.0", "option -B: invalid integer value: '4.0'"),
        ("-B 09", "option -B: invalid integer value: '09'"),
        ("-B 0x", "option -B: invalid integer value: '0x'"),
        ("-B --5", "option -B: invalid integer value: '--5'"),
        ("-B 99999999999999999999", "option -B: invalid integer value: '99999999999999999999'"),
        ("--batch=x", "option --batch-size: invalid integer value: 'x'"),
        ("--replay-lag abc", "option --replay-lag: invalid floating-point value: 'abc'"),
        ("--a", "ambiguous option: --a (--a-one, --a-two?)"),
        ("--verb", "ambiguous option: --verb (--verbatim, --verbose?)"),
        ("--v", "ambiguous option: --v (--verbatim, --verbose, --version?)"),
        ("--quiet=1", "--quiet option does not take a value"),
        ("--quiet=", "--quiet option does not take a value"),
        ("-B x --help", "option -B: invalid integer value: 'x'"),
    ]

    @Test("are refused in its words", arguments: refused)
    func refuses(_ typed: String, _ message: String) {
        let arguments = typed.split(separator: " ").map(String.init)
        #expect(throws: OptionPrepass.Refusal(message: message)) {
            try OptionPrepass.run(arguments, shapes: Self.shapes)
        }
    }

    @Test("help wins over what follows it", arguments: ["-h", "-?", "--help", "--he", "-ah", "-a --help --bogus"])
    func help(_ typed: String) throws {
        let arguments = typed.split(separator: " ").map(String.init)
        #expect(try OptionPrepass.run(arguments, shapes: Self.shapes) == .help)
    }

    @Test("version is known by prefix too", arguments: ["--version", "--vers"])
    func version(_ typed: String) throws {
        #expect(try OptionPrepass.run([typed], shapes: Self.shapes) == .version)
    }

    @Test("an empty value stays a value")
    func emptyValue() throws {
        #expect(try OptionPrepass.run(["-l", "", ""], shapes: Self.shapes) == .arguments(["-l=", "--", ""]))
    }
}
