import ClusterModel
import Testing

@testable import ClusterOperations

@Suite struct HostSurveyParsingTests {
    private let questions = [
        HostSurvey.Question(
            dataDirectory: "/m/0", address: "a", port: 1, sourceHost: "b", sourcePort: 2, tablespaces: [])
    ]

    @Test func `an answer that is cut off is an error, not an empty place`() {
        #expect(throws: OperationError.self) {
            try HostSurvey(output: "version\tx\nspace\t0\t/m/0\tdev\t1\n", questions: questions)
        }
        #expect(throws: OperationError.self) { try HostSurvey(output: "", questions: questions) }
    }

    @Test(arguments: ["absent\t1", "absent\t-1", "absent\tx", "absent", "\t0", "unknown\t0\tabsent"])
    func `a line about no question answers nothing`(line: String) {
        #expect(throws: OperationError.self) { try HostSurvey(output: line + "\n", questions: questions) }
    }

    @Test(
        arguments: [
            ("9223372036854775807", Int.max / 1024 * 1024), ("-5", 0), ("7", 7168), ("x", nil), ("", nil),
        ] as [(String, Int?)])
    func `absurd numbers are no crash, and what is no number is not known`(blocks: String, bytes: Int?) throws {
        let survey = try HostSurvey(
            output: "absent\t0\nspace\t0\t/m/0\tdev\t\(blocks)\nused\t0\t\(blocks)\n", questions: questions)
        #expect(survey.places[0].spaces["/m/0"] == HostSurvey.Space(device: "dev", freeBytes: bytes))
        #expect(survey.places[0].usedBytes == bytes ?? 0)
    }

    @Test func `a file system that says nothing is not known, not full`() throws {
        let survey = try HostSurvey(output: "absent\t0\nspace\t0\t/m/0\t\nspace\t0\n", questions: questions)
        #expect(survey.places[0].spaces == ["/m/0": HostSurvey.Space(device: "", freeBytes: nil)])
    }

    @Test func `a value cannot begin a line of its own`() throws {
        for newline in ["\r", "\u{B}", "\u{C}", "\u{85}", "\u{2028}", "\u{2029}"] {
            let survey = try HostSurvey(
                output: "foreign\t0\nobstacle\t0\t/x\(newline)absent\t0\tis not\n", questions: questions)
            #expect(survey.places[0].directory == .foreign)
        }
    }

    @Test(arguments: [
        ("0100007F:1770", "127.0.0.1"), ("00000000:1770", "*"), ("0A00000A:0001", "10.0.0.10"),
        ("00000000000000000000000000000000:1770", "*"), ("00000000000000000000000001000000:1770", "::1"),
        ("0000000000000000FFFF00000100007F:1770", "127.0.0.1"),
        ("B80D0120000000000000000007000000:1770", "2001:db8::7"),
        ("zz:1770", "zz"),
    ])
    func `the kernel's notation is decoded`(text: String, address: String) {
        #expect(KernelAddress.decode(text) == address)
    }

    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "*"), ("*", "*"), ("[::]", "*"), ("::", "*"), ("[::1]", "::1"),
        ("127.0.0.53%lo", "127.0.0.53"), ("[fe80::1]%eth0", "fe80::1"), ("[fe80::1%eth0]", "fe80::1"),
        ("[::ffff:10.0.0.7]", "10.0.0.7"), ("::ffff:10.0.0.7", "10.0.0.7"), ("[2001:db8::7]", "2001:db8::7"),
    ])
    func `what ss writes is read`(text: String, address: String) throws {
        #expect(KernelAddress.plain(text) == address)
        let place = try HostSurvey(output: "absent\t0\nlistens\t0\t\(text)\n", questions: questions).places[0]
        #expect(place.listeners == [address])
    }
}
