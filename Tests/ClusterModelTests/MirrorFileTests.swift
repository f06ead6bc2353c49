import ClusterModel
import Testing

@Suite struct MirrorFileTests {
    private static let good = "0|sdw2|7000|/m1/gp0"

    private func parse(_ text: String) throws -> [MirrorFile.Entry] {
        try MirrorFile.parse(Array(text.utf8), file: "/tmp/mirrors")
    }

    private func refusal(_ text: String) throws -> String {
        try #require(throws: InputFileError.self) { try parse(text) }.description
    }

    @Test(arguments: [
        ("0|sdw2|7000", "line 2 of file /tmp/mirrors: expected 4 parts, obtained 3"),
        ("0|sdw2|7000|/a|b", "line 2 of file /tmp/mirrors: expected 4 parts, obtained 5"),
        ("nonsense", "line 2 of file /tmp/mirrors: expected 4 parts, obtained 1"),
        ("0||7000|/a", "Invalid address on line 2 of file /tmp/mirrors: ''"),
        ("0|-oProxyCommand=x|7000|/a", "Invalid address on line 2 of file /tmp/mirrors: '-oProxyCommand=x'"),
        ("0|$(id)|7000|/a", "Invalid address on line 2 of file /tmp/mirrors: '$(id)'"),
        ("0|sdw 2|7000|/a", "Invalid address on line 2 of file /tmp/mirrors: 'sdw 2'"),
        ("0|sdw'2|7000|/a", "Invalid address on line 2 of file /tmp/mirrors: 'sdw'2'"),
        ("0|[::1|7000|/a", "Invalid address on line 2 of file /tmp/mirrors: '[::1'"),
        ("0|sdw2|x|/a", "Invalid port on line 2 of file /tmp/mirrors: 'x'"),
        ("0|sdw2||/a", "Invalid port on line 2 of file /tmp/mirrors: ''"),
        ("0|sdw2|0|/a", "Invalid port on line 2 of file /tmp/mirrors: '0'"),
        ("0|sdw2|65536|/a", "Invalid port on line 2 of file /tmp/mirrors: '65536'"),
        ("0|sdw2|99999999999999999999|/a", "Invalid port on line 2 of file /tmp/mirrors: '99999999999999999999'"),
        ("0|sdw2|7000|", "Invalid directory on line 2 of file /tmp/mirrors: ''"),
        ("x|sdw2|7000|/a", "Invalid content ID on line 2 of file /tmp/mirrors: 'x'"),
        ("-2|sdw2|7000|/a", "Invalid content ID on line 2 of file /tmp/mirrors: '-2'"),
        ("|sdw2|7000|/a", "Invalid content ID on line 2 of file /tmp/mirrors: ''"),
        (
            "0|sdw2|7000|data/gp0",
            "Path entered in config file is invalid; it must be a full path.  Path: 'data/gp0' "
                + "from: line 2 of file /tmp/mirrors"
        ),
        ("9|sdw3|7001|/b\n9|sdw2|7000|/a", "lines 2 and 3 of file /tmp/mirrors: content 9 is given twice"),
    ])
    func `a malformed line is refused with its number and the file`(line: String, text: String) throws {
        #expect(try refusal("# heading\n" + line + "\n") == text)
    }

    @Test func `invalid UTF-8 and NUL bytes are refused with their line`() throws {
        for bytes: [UInt8] in [[0xff, 0xfe], [0xc3, 0x28], Array("0|sdw2|7000|/a".utf8) + [0]] {
            let error = try #require(throws: InputFileError.self) {
                try MirrorFile.parse(Array("\n\n".utf8) + bytes, file: "f")
            }
            #expect(error.description == "line 3 of file f: not UTF-8 text")
        }
    }

    @Test func `a line of 1 MB is refused without printing it`() throws {
        let text = try refusal(Self.good + "\n" + String(repeating: "x", count: 1 << 20))
        #expect(text == "line 2 of file /tmp/mirrors: 1048576 bytes, more than 8192")
    }

    @Test func `a long field is cut in the message`() throws {
        #expect(try refusal("0|sdw2|" + String(repeating: "7", count: 8000) + "|/a").utf8.count < 200)
    }

    @Test(arguments: [
        "0|sdw2|7000|/m1/gp0", "0|sdw2|7000|/m1/gp0   ", "\t 0 | sdw2 | 7000 | /m1/gp0 ", "0|sdw2|7000|/m1/gp0\r\n",
        "# a comment\r\n\r\n0|sdw2|7000|/m1/gp0\r\n", "   # indented comment\n\n  \n0|sdw2|7000|/m1/gp0",
        "# größe, 日本語\n0|sdw2|7000|//m1/./x/../gp0/",
    ])
    func `blanks, CRLF, comments and untidy paths do no harm`(text: String) throws {
        let entry = try #require(try parse(text).first)
        #expect(entry.content == ContentID(0))
        #expect(entry.address == "sdw2")
        #expect(entry.port == 7000)
        #expect(entry.dataDirectory == "/m1/gp0")
    }

    @Test func `line numbers count comments and blank lines`() throws {
        #expect(try parse("#\n\n" + Self.good).map(\.line) == [3])
    }

    @Test func `UTF-8 in a path stays as it is`() throws {
        #expect(try parse("0|sdw2|7000|/größe/日本 語").first?.dataDirectory == "/größe/日本 語")
    }

    @Test func `an empty file holds no entries`() throws {
        #expect(try parse("").isEmpty)
        #expect(try parse("\n# nothing\n").isEmpty)
    }

    @Test(arguments: ["sdw2", "10.0.0.2", "fe80::1%eth0", "2001:db8::7"])
    func `what -o writes is read again, IPv6 in brackets`(address: String) throws {
        var primary = MadeUpCluster.segment(2, 0, on: "sdw1")
        primary.hostname = "sdw1"
        let placement = MirrorPlacement(
            primary: primary, hostname: address, address: address, port: 7000, dataDirectory: "/m1/gp0")
        let text = MirrorFile.text([placement])
        #expect(text == "0|\(address.contains(":") ? "[\(address)]" : address)|7000|/m1/gp0\n")
        let entries = try parse(text)
        let again = try MirrorFile.place(entries, primaries: [primary], mirrored: [], file: "f")
        #expect(again == [placement])
    }
}

@Suite struct MirrorFilePlacingTests {
    private let primaries = MadeUpCluster.primaries(hosts: 2, perHost: 1)

    private func place(_ text: String, mirrored: Set<ContentID> = []) throws -> [MirrorPlacement] {
        let entries = try MirrorFile.parse(Array(text.utf8), file: "f")
        return try MirrorFile.place(entries, primaries: primaries, mirrored: mirrored, file: "f")
    }

    @Test func `an unknown content is named with its line`() throws {
        for content in ["7", "-1"] {
            let error = try #require(throws: InputFileError.self) {
                try place("0|sdw2|7000|/m/0\n1|sdw1|7000|/m/1\n\(content)|sdw1|7001|/m/7")
            }
            #expect(error.description == "line 3 of file f: content \(content) is not in the cluster")
        }
    }

    @Test func `a missing content is refused in the original's words`() throws {
        let error = try #require(throws: InputFileError.self) { try place("0|sdw2|7000|/m/0") }
        #expect(error.description == "Wrong number of mirrors specified (specified 1 mirror(s) for 2 primarie(s))")
    }

    @Test func `the same file can be given again when some contents have their mirrors`() throws {
        let placements = try place("0|sdw2|7000|/m/0\n1|sdw1|7000|/m/1", mirrored: [ContentID(0)])
        #expect(placements.map(\.primary.content) == [ContentID(1)])
    }

    @Test(arguments: [
        ("7000", "/m/0", "7000", "/m/1", "port 7000"), ("7000", "/m/x", "7001", "/m/y/../x", "data directory '/m/x'"),
    ])
    func `two mirrors on one port or in one directory are a conflict`(
        port: String, directory: String, otherPort: String, otherDirectory: String, what: String
    ) throws {
        let placements = try place("0|sdw2|\(port)|\(directory)\n1|sdw2|\(otherPort)|\(otherDirectory)")
        let mirrors = placements.enumerated().map { $1.segment(dbid: DatabaseID(10 + $0)) }
        let error = try #require(throws: PlacementConflict.self) { try PlacementConflict.check(primaries + mirrors) }
        #expect(error.description == "Segment dbid's 11 and 10 on host sdw2 cannot have the same \(what).")
    }

    @Test func `a file for sixteen thousand mirrors is read and matched at once`() throws {
        let many = MadeUpCluster.primaries(hosts: 1000, perHost: 16)
        let placements = try MirrorLayout.group.place(many, rules: MadeUpCluster.rules(directories: 16))
        let bytes = Array(MirrorFile.text(placements).utf8)
        let time = try ContinuousClock().measure {
            let entries = try MirrorFile.parse(bytes, file: "f")
            #expect(try MirrorFile.place(entries, primaries: many, mirrored: [], file: "f").count == 16_000)
        }
        print("mirror file of 16,000 lines: \(time)")
        #expect(time < .seconds(5))
    }
}

@Suite struct MirrorDirectoryFileTests {
    private func parse(_ text: String, _ count: Int) throws -> [String] {
        try MirrorDirectoryFile.parse(Array(text.utf8), file: "/tmp/dirs", count: count)
    }

    private func refusal(_ text: String, _ count: Int) throws -> String {
        try #require(throws: InputFileError.self) { try parse(text, count) }.description
    }

    @Test func `directories are read one a line, trimmed and tidied`() throws {
        #expect(try parse("/m1 \r\n\r\n\t/m2//x/\n/m1\n", 3) == ["/m1", "/m2/x", "/m1"])
        #expect(try parse("/größe/#1", 1) == ["/größe/#1"])
    }

    @Test func `too many and too few directories are refused in the original's words`() throws {
        #expect(
            try refusal("/a\n/b\n/c", 2)
                == "Number of data directories must equal 2 but more were read from /tmp/dirs")
        #expect(
            try refusal("/a", 2) == "Number of data directories must equal 2 but 1 were read from /tmp/dirs")
        #expect(try refusal("", 2) == "Number of data directories must equal 2 but 0 were read from /tmp/dirs")
    }

    @Test(arguments: ["data", "# no comments here", "./x", "~/mirrors"])
    func `a relative path is refused with its line`(line: String) throws {
        #expect(
            try refusal("/a\n" + line, 2)
                == "Path entered config file is invalid; it must be a full path.  Path: '\(line)' "
                + "from: line 2 of file /tmp/dirs")
    }

    @Test func `invalid UTF-8, NUL and a line of 1 MB are refused with their line`() throws {
        for bytes: [UInt8] in [[0xff], [0x2f, 0]] {
            let error = try #require(throws: InputFileError.self) {
                try MirrorDirectoryFile.parse(Array("/a\n".utf8) + bytes, file: "d", count: 2)
            }
            #expect(error.description == "line 2 of file d: not UTF-8 text")
        }
        let long = "/" + String(repeating: "x", count: 1 << 20)
        #expect(try refusal(long, 1) == "line 1 of file /tmp/dirs: 1048577 bytes, more than 8192")
    }
}
