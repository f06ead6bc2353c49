import ClusterModel
import Testing

@Suite struct ConfigurationTests {
    private let primary = MadeUpCluster.segment(2, 0, on: "sdw1")

    private func error(_ rows: [Segment]) throws -> ConfigurationError {
        try #require(throws: ConfigurationError.self) { try ClusterConfiguration(rows: rows) }
    }

    @Test func `rows are arranged: coordinator, standby, then acting primary and mirror by content`() throws {
        let rows = [
            MadeUpCluster.segment(7, 1, .mirror, preferred: .primary, on: "sdw1", port: 6001),
            MadeUpCluster.segment(4, 0, .mirror, on: "sdw2", port: 7000),
            MadeUpCluster.segment(5, 1, .primary, preferred: .mirror, on: "sdw2", port: 7001),
            MadeUpCluster.segment(9, -1, .mirror, on: "scdw", directory: "/data/standby"),
            primary, MadeUpCluster.coordinator,
        ]
        let cluster = try ClusterConfiguration(rows: rows)
        #expect(cluster.allInstances.map(\.dbid.rawValue) == [1, 9, 2, 4, 5, 7])
        #expect(cluster.standby?.dbid == DatabaseID(9))
        #expect(cluster.hasMirrors)
        #expect(cluster.hostnames == ["cdw", "scdw", "sdw1", "sdw2"])
        #expect(cluster.segmentHostnames == ["sdw1", "sdw2"])
        #expect(cluster.peer(of: primary)?.dbid == DatabaseID(4))
        #expect(cluster.pairs[1].primary.isSwitched)
    }

    @Test func `rows without a coordinator are refused`() throws {
        #expect(try error([primary]) == .noCoordinator)
        let standby = MadeUpCluster.segment(9, -1, .mirror, on: "scdw", directory: "/data/standby")
        #expect(try error([standby, primary]) == .noCoordinator)
    }

    @Test func `a content with a mirror alone is refused`() throws {
        let orphan = MadeUpCluster.segment(4, 3, .mirror, on: "sdw2")
        let error = try error([MadeUpCluster.coordinator, primary, orphan])
        #expect(error == .noPrimary(ContentID(3)))
        #expect(error.description == "gp_segment_configuration names no primary for content 3")
    }

    @Test func `two acting primaries of one content are refused and both named`() throws {
        let second = MadeUpCluster.segment(4, 0, .primary, preferred: .mirror, on: "sdw2")
        let error = try error([MadeUpCluster.coordinator, primary, second])
        #expect(
            error.description
                == "gp_segment_configuration names 2 instances with role p for content 0: dbid 2, dbid 4")
    }

    @Test func `two coordinators are refused`() throws {
        let second = MadeUpCluster.segment(9, -1, on: "scdw", directory: "/data/other-1")
        #expect(
            try error([MadeUpCluster.coordinator, second, primary])
                == .duplicateRole(.coordinator, .primary, [DatabaseID(1), DatabaseID(9)]))
    }

    @Test func `a dbid given twice is refused`() throws {
        let twin = MadeUpCluster.segment(2, 1, on: "sdw2")
        #expect(try error([MadeUpCluster.coordinator, primary, twin]) == .duplicateDatabaseID(DatabaseID(2)))
    }

    @Test(arguments: [
        "-oProxyCommand=touch /tmp/x", "-oProxyCommand=x", "sdw1;id", "sdw1 sdw2", "$(id)", "`id`", "sd'w1", "sd\"w1",
        "",
        "sdw1\n", "sdw1\u{0}", "sdw1|x", "sdw1/x", "user@sdw1", "sdw1\u{301}", "größe", "a\u{200B}b", "*", "~", "&",
        String(repeating: "a", count: 254),
    ])
    func `a hostile host name or address is refused before anything uses it`(name: String) throws {
        #expect(!HostName.isUsable(name))
        var row = primary
        row.hostname = name
        #expect(try error([MadeUpCluster.coordinator, row]) == .unusableHost(DatabaseID(2), name))
        row = primary
        row.address = name
        #expect(try error([MadeUpCluster.coordinator, row]) == .unusableHost(DatabaseID(2), name))
    }

    @Test(arguments: [
        "sdw1", "sdw1-1", "seg_host.example.org", "10.0.0.1", "::1", "fe80::1%eth0", "2001:db8::7", "9host",
    ])
    func `ordinary names and addresses are taken`(name: String) throws {
        var row = primary
        row.hostname = name
        row.address = name
        #expect(try ClusterConfiguration(rows: [MadeUpCluster.coordinator, row]).primaries == [row])
    }

    @Test(arguments: [0, -1, 65_536, Int.max])
    func `a port out of range is refused`(port: Int) throws {
        var row = primary
        row.port = port
        #expect(try error([MadeUpCluster.coordinator, row]) == .unusablePort(DatabaseID(2), port))
    }

    @Test(arguments: ["", "data", "./data", "~/data"] + DataDirectoryTests.unusable)
    func `a directory that is relative or breaks lines is refused`(path: String) throws {
        var row = primary
        row.dataDirectory = path
        #expect(try error([MadeUpCluster.coordinator, row]) == .unusableDirectory(DatabaseID(2), path))
    }
}

/// The rule that the catalog and the input files share.
@Suite struct DataDirectoryTests {
    static let unusable = [
        "\n", "\r", "\r\n", "\u{0}", "\t", "\u{B}", "\u{C}", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{9F}", "\u{2028}",
        "\u{2029}",
    ].map { "/data/x\($0)y" }

    @Test(arguments: unusable)
    func `a control character or a line break makes a path unusable, wherever it comes from`(path: String) {
        #expect(!DataDirectory.isUsable(path))
        #expect(throws: InputFileError.self) {
            try MirrorFile.parse(Array("0|sdw2|7000|\(path)".utf8), file: "f")
        }
        #expect(throws: InputFileError.self) {
            try MirrorDirectoryFile.parse(Array(path.utf8), file: "d", count: 1)
        }
    }

    @Test(arguments: ["/", "/data", "/with blank", "/it's", "/größe/日本", "/$(id)", "/a\\b", "/\u{A0}", "/🜁"])
    func `any other absolute path is taken`(path: String) throws {
        #expect(DataDirectory.isUsable(path))
        #expect(try MirrorDirectoryFile.parse(Array((path + "/x").utf8), file: "d", count: 1).count == 1)
    }
}

@Suite struct PairValidityTests {
    /// Primary status and mode, mirror status and mode.
    private static let valid: Set<String> = ["usus", "unun", "undn"]

    static let quadruples: [String] = SegmentStatus.allCases.flatMap { first in
        SegmentMode.allCases.flatMap { second in
            SegmentStatus.allCases.flatMap { third in
                SegmentMode.allCases.map { "\(first.rawValue)\(second.rawValue)\(third.rawValue)\($0.rawValue)" }
            }
        }
    }

    private func cluster(_ letters: String, mirrored: Bool = true) throws -> ClusterConfiguration {
        let letters = letters.map(String.init)
        func row(_ dbid: Int, _ role: SegmentRole, _ at: Int) throws -> Segment {
            MadeUpCluster.segment(
                dbid, 0, role, mode: try #require(SegmentMode(rawValue: letters[at + 1])),
                status: try #require(SegmentStatus(rawValue: letters[at])), on: "sdw\(dbid)", directory: "/d\(dbid)")
        }
        let mirror = mirrored ? [try row(3, .mirror, 2)] : []
        return try ClusterConfiguration(rows: [MadeUpCluster.coordinator, try row(2, .primary, 0)] + mirror)
    }

    @Test(arguments: quadruples)
    func `of all sixteen states of a pair just three are valid`(letters: String) throws {
        let cluster = try cluster(letters)
        if Self.valid.contains(letters) {
            #expect(throws: Never.self) { try ConfigurationCheck.checkPairs(cluster) }
        } else {
            #expect(throws: ConfigurationError.self) { try ConfigurationCheck.checkPairs(cluster) }
        }
    }

    @Test(arguments: [("un", true), ("us", false), ("dn", false), ("ds", false)])
    func `a missing mirror counts as down and not in sync`(letters: String, isValid: Bool) throws {
        let cluster = try cluster(letters, mirrored: false)
        #expect(((try? ConfigurationCheck.checkPairs(cluster)) != nil) == isValid)
    }

    @Test func `an invalid pair is told in the original's words`() throws {
        let cluster = try ClusterConfiguration(rows: [
            MadeUpCluster.coordinator,
            MadeUpCluster.segment(2, 0, on: "sdw1", directory: "/p0"),
            MadeUpCluster.segment(
                4, 0, .mirror, mode: .notInSync, status: .down, on: "sdw2", port: 7000, directory: "/m0"),
            MadeUpCluster.segment(3, 1, mode: .notInSync, on: "sdw2", directory: "/p1"),
        ])
        let error = try #require(throws: ConfigurationError.self) { try ConfigurationCheck.checkPairs(cluster) }
        #expect(
            error.description == """
                Invalid GpArray: Coordinator: cdw:/data/gpseg-1:content=-1:dbid=1:role=p:preferred_role=p:mode=n:status=u
                Standby: Not Configured
                Segment Pairs: (Primary: sdw1:/p0:content=0:dbid=2:role=p:preferred_role=p:mode=s:status=u, \
                Mirror: sdw2:/m0:content=0:dbid=4:role=m:preferred_role=m:mode=n:status=d)
                (Primary: sdw2:/p1:content=1:dbid=3:role=p:preferred_role=p:mode=n:status=u, Mirror: Not Configured)
                """)
    }
}

@Suite struct CatalogRowTests {
    private let row: [String?] = ["2", "0", "p", "m", "s", "u", "sdw1", "10.0.0.1", "6000", "/p/gpseg0"]

    @Test func `a row of the catalog is read by its columns, null as an empty text`() throws {
        let segment = try #require(Segment(catalogRow: row))
        #expect(Segment.catalogColumns.split(separator: ",").count == row.count)
        #expect(segment.label == "dbid 2 (sdw1:6000)")
        #expect(segment.role == .primary && segment.preferredRole == .mirror)
        #expect(segment.mode == .inSync && segment.status == .up)
        #expect(segment.address == "10.0.0.1" && segment.dataDirectory == "/p/gpseg0")
        var unnamed = row
        unnamed[7] = nil
        #expect(Segment(catalogRow: unnamed)?.address == "")
    }

    @Test(arguments: [(0, "x"), (1, nil), (2, "q"), (3, ""), (4, "d"), (5, "s"), (8, "99999999999999999999")])
    func `a row with a number or letter that is none is no row`(column: Int, text: String?) {
        var broken = row
        broken[column] = text
        #expect(Segment(catalogRow: broken) == nil)
        #expect(Segment(catalogRow: Array(row.dropLast())) == nil)
    }
}
