import ClusterModel
import Testing

@Suite struct PostmasterFileTests {
    @Test func `the lines of postmaster.pid are read by their numbers`() throws {
        let file = try #require(
            PostmasterFile(
                text: "4711\n/data/gpseg-1\n1790000000\n6000\n/tmp\n127.0.0.2\n  6000001   327680\nready   \n"))
        #expect(file.pid == 4711)
        #expect(file.dataDirectory == "/data/gpseg-1")
        #expect(file.port == 6000)
        #expect(file.socketDirectory == "/tmp")
        #expect(file.sharedMemory == 327_680)
        #expect(file.listenAddress == "127.0.0.2")
    }

    @Test func `what is switched off is nil, and a relative socket directory is the data directory's`() throws {
        let off = try #require(PostmasterFile(text: "4711\n/data/c\n1790000000\n6000\n\n\n"))
        #expect(off.socketDirectory == nil)
        #expect(off.listenAddress == nil)
        let relative = try #require(PostmasterFile(text: "4711\n/data/c\n1790000000\n6000\nsockets\n*\n"))
        #expect(relative.socketDirectory == "/data/c/sockets")
        #expect(relative.listenAddress == "*")
    }

    @Test func `a standalone backend's negative number and a short file are read`() throws {
        let file = try #require(PostmasterFile(text: "-99\n/data/c\n"))
        #expect(file.pid == -99)
        #expect(file.port == nil)
    }

    @Test(arguments: ["", "\n", "x", "x\n/data\n"])
    func `a file without a process ID, as one just being written, is none`(text: String) {
        #expect(PostmasterFile(text: text) == nil)
    }
}

@Suite struct ServerSettingsTests {
    @Test(arguments: [
        ("port = 6000", "6000"), ("port=6000", "6000"), ("port 6000", "6000"), ("PORT = '6000'", "6000"),
        ("  port\t=\t6000  # why", "6000"), ("port = 6000#x", "6000"), ("port = '6000' # it's quoted", "6000"),
        ("port = 6000\r", "6000"), ("#port = 1\nport = 6000\n # port = 2", "6000"), ("port = 5\nport = 6000", "6000"),
        ("port = 'a''b'", "a'b"), ("port = 'a\\'b'", "a'b"), ("port = 'a\\\\b'", "a\\b"), ("port = 'a#b'", "a#b"),
        ("port = 'a\\nb\\tc'", "a\nb\tc"), ("port = 'a\\101\\7z'", "aA\u{7}z"), ("port = ''", ""), ("port", ""),
        ("# a comment\u{2028}port = 7\nport = 6000", "6000"), ("port = 'a\\", "a"), ("port = 'é\u{301}'", "é\u{301}"),
    ])
    func `a setting is read by the server's rules`(text: String, value: String) {
        #expect(ServerSettings(text: text)["port"] == value)
        #expect(ServerSettings(text: text)["Port"] == value, "names do not mind their case")
    }

    @Test(arguments: ["", "# port = 6000", "\n\n", "= 6000", "'port' = 6000", "my.port = 6000", "reports = 6000"])
    func `other lines do not set it`(text: String) {
        #expect(ServerSettings(text: text)["port"] == nil)
    }

    @Test func `includes keep their place among the assignments`() {
        let settings = ServerSettings(text: "a = 1\ninclude 'b.conf'\ninclude_if_exists = 'c.conf'\na = 2\n")
        #expect(settings.assignments.map(\.name) == ["a", "include", "include_if_exists", "a"])
        #expect(settings.assignments.map(\.value) == ["1", "b.conf", "c.conf", "2"])
        #expect(settings != ServerSettings(text: "a = 1"))
    }

    @Test(arguments: [
        "", "plain", "it's", "\\", "a\\'b", "''", "two words", "# no comment", "$(id)", "größe", "line\nline", "tab\t",
        "'\u{301}, fsync = off", "\\\u{301}", "a\r\nb", "\u{1}",
    ])
    func `a quoted value is read back as it was`(value: String) {
        let line = "name = \(ServerSettings.quoted(value)) # tail"
        #expect(!line.utf8.contains(UInt8(ascii: "\n")), "a value never leaves its line")
        let read = ServerSettings(text: line + "\nother = 1\n")
        #expect(read["name"].map { Array($0.utf8) } == Array(value.utf8))
        #expect(read.assignments.count == 2)
    }

    @Test func `every quote and backslash is doubled, also under a combining mark`() {
        #expect(
            ServerSettings.quoted("a'\u{301}\\\u{301}").unicodeScalars.elementsEqual(
                "'a''\u{301}\\\\\u{301}'".unicodeScalars))
    }

    @Test(arguments: [("", ""), ("  ", ""), (" a b\t\n", "a b"), ("x", "x")])
    func `trimming takes white space at the ends only`(text: String, trimmed: String) {
        #expect(text.trimmed == trimmed)
    }
}
