import Testing

@testable import ClusterModel

/// The `-i` and `-o` file of gprecoverseg.
@Suite struct RecoveryFileTests {
    private func parse(_ text: String) throws -> [RecoveryFile.Entry] {
        try RecoveryFile.parse(Array(text.utf8), file: "f")
    }

    private func refusal(_ text: String) -> String? {
        do {
            _ = try parse(text)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `one group stays, two groups move, in three fields or four`() throws {
        let entries = try parse(
            "# a comment\n\nsdw1|7000|/d/a\nsdw1-1|sdw1|7001|/d/b \t sdw9|sdw9-1|7002|/e//b/\n  sdw2|7003|/d/ü\r\n")
        #expect(entries.map(\.line) == [3, 4, 5])
        #expect(entries[0].failed == .init(hostname: nil, address: "sdw1", port: 7000, dataDirectory: "/d/a"))
        #expect(entries[0].target == nil)
        #expect(entries[1].failed.hostname == "sdw1-1")
        #expect(entries[1].target == .init(hostname: "sdw9", address: "sdw9-1", port: 7002, dataDirectory: "/e/b"))
        #expect(entries[2].failed.dataDirectory == "/d/ü")
    }

    @Test func `IPv6 addresses lose the brackets that -o puts around them`() throws {
        let entry = try parse("[fe80::1]|6000|/d fe80::2|6001|/e")[0]
        #expect(entry.failed.address == "fe80::1")
        #expect(entry.target?.address == "fe80::2")
    }

    @Test(arguments: [
        ("a|1|/d b|1|/d c|1|/d", "line 1 of file f: expected 1 or 2 groups but found 3"),
        ("a|1", "line 1 of file f: expected 3 or 4 parts on failed segment group, obtained 2"),
        ("#\na|b|c|1|/d", "line 2 of file f: expected 3 or 4 parts on failed segment group, obtained 5"),
        (
            "a|1|/d b|b|1|/d",
            "line 1 of file f: expected equal parts, either 3 or 4 on both segment group, "
                + "obtained 3 on group1 and 4 on group2"
        ),
        ("|1|/d", "Invalid address on line 1 of file f: ''"),
        ("a;b|1|/d", "Invalid address on line 1 of file f: 'a;b'"),
        ("a|x|/d", "Invalid port on line 1 of file f: 'x'"),
        ("a|-1|/d", "Invalid port on line 1 of file f: '-1'"),
        ("a|65536|/d", "Invalid port on line 1 of file f: '65536'"),
        ("a|99999999999999999999|/d", "Invalid port on line 1 of file f: '99999999999999999999'"),
        ("a|1|", "Invalid directory on line 1 of file f: ''"),
        ("a|1|/d\u{7f}", "Invalid directory on line 1 of file f: '/d\u{7f}'"),
        ("-o|a|1|/d", "Invalid hostname on line 1 of file f: '-o'"),
        ("\na|1|d/e", "Path entered f is invalid; it must be a full path.  Path: 'd/e' from: 2"),
        (
            "a|1|/d\na|2|/d/",
            "config file lines 1 and 2 conflict: Cannot recover the same failed segment a and data directory /d twice. "
                + "(file f)"
        ),
        (
            "a|1|/d b|1|/e\nb|1|/e",
            "config file lines 1 and 2 conflict: Cannot recover segment b with data directory /e in place if it is used "
                + "as a recovery segment. (file f)"
        ),
        (
            "b|1|/e\n\na|1|/d b|1|/e",
            "config file lines 1 and 3 conflict: Cannot recover segment b with data directory /e in place if it is used "
                + "as a recovery segment. (file f)"
        ),
        (
            "a|1|/d c|1|/f\nb|1|/e c|2|/f",
            "config file lines 1 and 2 conflict: Cannot recover to the same segment c and data directory /f twice. "
                + "(file f)"
        ),
    ])
    func `a bad line is named, in the original's words`(_ text: String, _ error: String) {
        #expect(refusal(text) == error)
    }

    @Test func `bytes that are no text are refused, and a line too long`() {
        #expect(throws: InputFileError.self) { try RecoveryFile.parse([0x61, 0xff, 0x7c], file: "f") }
        #expect(
            refusal("a|1|/\(String(repeating: "x", count: 9000))")?.hasPrefix("line 1 of file f: 9005 bytes") == true)
    }
}

/// From catalog and wishes to demands.
@Suite struct RecoveryDemandTests {
    private static func segment(
        _ dbid: Int, _ content: Int, _ role: SegmentRole, _ host: String, _ port: Int, status: SegmentStatus = .up
    ) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: role, mode: .notInSync,
            status: status, hostname: host, address: "\(host)-1", port: port, dataDirectory: "/d/\(dbid)")
    }

    private static let rows = [
        segment(1, -1, .primary, "cdw", 5432), segment(2, 0, .primary, "sdw1", 6000),
        segment(3, 1, .primary, "sdw2", 6000), segment(4, 2, .primary, "sdw3", 6000),
        segment(5, 0, .mirror, "sdw2", 7000, status: .down), segment(6, 1, .mirror, "sdw3", 7000, status: .down),
        segment(7, 2, .mirror, "sdw2", 7001, status: .down),
    ]

    private func cluster() throws -> ClusterConfiguration { try ClusterConfiguration(rows: Self.rows) }

    private func demands(_ file: String) throws -> [RecoveryDemand] {
        try RecoveryDemands.from(
            RecoveryFile.parse(Array(file.utf8), file: "f"), in: try cluster(), file: "f")
    }

    @Test func `without a file everything that is down is meant`() throws {
        #expect(RecoveryDemands.inPlace(try cluster()).map(\.failed.dbid.rawValue) == [5, 6, 7])
    }

    @Test func `a line names a segment by address, port and directory`() throws {
        let list = try demands("sdw2-1|7000|/d/5\nsdw3|sdw3-1|7000|/d/6 new|new-1|7100|/e")
        #expect(list.map(\.failed.dbid.rawValue) == [5, 6])
        #expect(list[0].target == nil)
        #expect(list[1].target?.hostname == "new")
        #expect(list[1].target?.dbid == DatabaseID(6))
        #expect(list[1].target?.port == 7100)
    }

    @Test func `three fields keep the name of a host that is known by its address`() throws {
        #expect(try demands("sdw2-1|7000|/d/5 sdw3-1|7100|/e")[0].target?.hostname == "sdw3")
        #expect(try demands("sdw2-1|7000|/d/5 other|7100|/e")[0].target?.hostname == "other")
    }

    @Test func `a line whose work is done names the segment by its new place`() throws {
        let list = try demands("gone|7000|/d/5 sdw2-1|7000|/d/5")
        #expect(list.map(\.failed.dbid.rawValue) == [5])
        #expect(list[0].target == nil)
    }

    @Test func `an unknown segment is an error with its line`() throws {
        let error = #expect(throws: InputFileError.self) { try demands("\nsdw2-1|7000|/d/6") }
        #expect(
            error?.description
                == "A segment to recover was not found in configuration. "
                + "This segment is described by 'sdw2-1|7000|/d/6' (line 2 of file f)")
    }

    @Test func `new hosts take the hosts of failed segments in order, with ports nobody has`() throws {
        let (list, unneeded) = try RecoveryDemands.onHosts(["sdw1", "sdw9", "sdw8"], try cluster())
        #expect(
            list.map { "\($0.failed.dbid) \($0.result.hostname):\($0.result.port)" }
                == ["5 sdw1:6001", "7 sdw1:6002", "6 sdw9:6000"])
        #expect(unneeded == ["sdw8"])
        let error = #expect(throws: PlacementConflict.self) { try RecoveryDemands.onHosts(["sdw9"], try cluster()) }
        #expect(error?.description == "Not enough new recovery hosts given for recovery.")
        #expect(RecoveryDemands.hostList(" a, b,,a ,c") == ["a", "b", "c"])
    }

    @Test func `two instances in one place are a conflict`() throws {
        let list = try demands("sdw2-1|7000|/d/5 sdw3|sdw3-1|7000|/d/9".replacing("sdw3|", with: ""))
        let error = #expect(throws: PlacementConflict.self) {
            try RecoveryDemands.checkConflicts(list, in: try cluster())
        }
        #expect(error?.description.contains("cannot have the same port 7000") == true)
    }

    @Test func `what the catalog alone shows to be wrong is said in the original's words`() throws {
        let cluster = try cluster()
        func problem(_ dbid: Int, _ unreachable: Set<String> = []) throws -> String? {
            let failed = try #require(Self.rows.first { $0.dbid.rawValue == dbid })
            return RecoveryDemands.problem(of: RecoveryDemand(failed: failed), in: cluster, unreachable: unreachable)
        }
        #expect(try problem(5) == nil)
        #expect(try problem(1) == "No peer found for dbid 1. liveSegment is None")
        #expect(try problem(2) == "Segment to recover from for content 0 is not a primary")
        #expect(try problem(5, ["sdw1"]) == "The recovery source segment sdw1 (content 0) is unreachable.")
        #expect(try problem(5, ["sdw2"]) == "The recovery target segment sdw2 (content 0) is unreachable.")
    }

    @Test func `the written file can be read again`() throws {
        let cluster = try cluster()
        var moved = RecoveryDemands.inPlace(cluster)
        moved[1].target = moved[1].failed
        moved[1].target?.hostname = "new"
        moved[1].target?.address = "fe80::7"
        let text = try RecoveryFile.text(moved)
        #expect(text.split(separator: "\n")[1] == "sdw3|sdw3-1|7000|/d/6 new|[fe80::7]|7000|/d/6")
        let read = try RecoveryDemands.from(RecoveryFile.parse(Array(text.utf8), file: "f"), in: cluster, file: "f")
        #expect(read.map(\.result) == moved.map(\.result))
        var odd = moved[0]
        odd.failed.dataDirectory = "/a b"
        #expect(throws: InputFileError.self) { try RecoveryFile.text([odd]) }
    }
}
