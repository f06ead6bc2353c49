import ClusterModel
import Testing

@Suite struct ConflictTests {
    @Test func `two instances on one port of a host are named with dbids, host and port`() throws {
        let error = try #require(throws: PlacementConflict.self) {
            try PlacementConflict.check([
                MadeUpCluster.segment(2, 0, on: "sdw1", port: 6000, directory: "/a"),
                MadeUpCluster.segment(9, 1, .mirror, on: "sdw1", port: 6000, directory: "/b"),
            ])
        }
        #expect(error.description == "Segment dbid's 9 and 2 on host sdw1 cannot have the same port 6000.")
    }

    @Test func `two instances in one directory of a host are named with dbids, host and directory`() throws {
        let error = try #require(throws: PlacementConflict.self) {
            try PlacementConflict.check([
                MadeUpCluster.segment(2, 0, on: "sdw1", port: 6000, directory: "/a"),
                MadeUpCluster.segment(9, 1, .mirror, on: "sdw1", port: 6001, directory: "/a"),
            ])
        }
        #expect(error.description == "Segment dbid's 9 and 2 on host sdw1 cannot have the same data directory '/a'.")
    }

    @Test func `the same port and directory on two hosts are no conflict`() throws {
        try PlacementConflict.check([
            MadeUpCluster.segment(2, 0, on: "sdw1", directory: "/a"),
            MadeUpCluster.segment(3, 1, on: "sdw2", directory: "/a"),
        ])
    }

    /// The lowest derived port must reach 6432, the highest stay at 61000; three offsets away counts.
    @Test(arguments: [
        (1000, [5432, 6000], true), (999, [5432, 6000], false), (1000, [5432, 58_000], true),
        (1000, [5432, 58_001], false), (0, [6432], true), (0, [6431], false), (0, [61_000], true), (0, [61_001], false),
        (-1000, [9432, 62_000], true), (-1000, [9431, 62_000], false), (-1000, [9432, 62_001], false),
        (-1, [6435], true), (-1, [6434], false), (1, [], true),
    ])
    func `an offset is accepted just as far as its ports stay in range`(offset: Int, ports: [Int], accepted: Bool) {
        #expect(PortOffsetCheck.accepts(offset: offset, ports: ports) == accepted)
    }

    @Test(arguments: [Int.max, Int.min, Int.max / 3, Int.min / 3, 1 << 40])
    func `an absurd offset is refused, not a crash`(offset: Int) {
        #expect(!PortOffsetCheck.accepts(offset: offset, ports: [5432, 6000]))
    }
}

@Suite struct StandardArrayTests {
    private func reason(_ rows: [Segment]) throws -> String? {
        StandardArrayCheck.reason(try ClusterConfiguration(rows: [MadeUpCluster.coordinator] + rows))
    }

    @Test func `an even cluster is standard, with one interface or several`() throws {
        #expect(try reason(MadeUpCluster.primaries(hosts: 3, perHost: 2)) == nil)
        #expect(try reason(MadeUpCluster.primaries(hosts: 3, perHost: 2, interfaces: 2)) == nil)
    }

    @Test func `uneven primaries name the odd host and the first`() throws {
        let rows = MadeUpCluster.primaries(hosts: 3, perHost: 2).dropLast()
        #expect(
            try reason(Array(rows))
                == "The number of primary segments is not consistent across all nodes: sdw3 != sdw1.")
    }

    @Test func `uneven mirrors name the odd host and the first`() throws {
        var rows = MadeUpCluster.primaries(hosts: 2, perHost: 1)
        rows.append(MadeUpCluster.segment(10, 0, .mirror, on: "sdw2", port: 7000))
        #expect(
            try reason(rows) == "The number of mirror segments is not consistent across all nodes. sdw2 != sdw1.")
    }

    @Test(arguments: ["data1", "sdw2.example.org", "10.0.0", "a.b.c.d"])
    func `an address that is neither the host name nor numbered is named`(address: String) throws {
        var rows = MadeUpCluster.primaries(hosts: 2, perHost: 1)
        rows[1].address = address
        #expect(try reason(rows) == "The address value for \(address) does not correspond to a standard address.")
    }

    @Test(arguments: ["10.0.0.7", "2001:db8::7"])
    func `a numeric address says nothing about a naming scheme`(address: String) throws {
        var rows = MadeUpCluster.primaries(hosts: 2, perHost: 1)
        rows[1].address = address
        #expect(try reason(rows) == nil)
    }

    @Test(arguments: ["sdw1-", "sdw1-x", "sdw1-1x", "sdw1-١"])
    func `a suffix counts only when it is a number`(address: String) throws {
        var rows = MadeUpCluster.primaries(hosts: 1, perHost: 1)
        rows[0].address = address
        // The last one is no usable address at all: its digits are not ASCII.
        guard HostName.isUsable(address) else { return }
        #expect(try reason(rows) == "The address value for \(address) does not correspond to a standard address.")
    }

    @Test func `a host name as address after a numbered one is named`() throws {
        var rows = MadeUpCluster.primaries(hosts: 1, perHost: 2)
        rows[0].address = "sdw1-1"
        #expect(
            try reason(rows)
                == "The address value for sdw1 is the same as the host name, but other addresses on the host are not.")
    }

    @Test func `hosts with the coordinator or the standby alone count for addresses only`() throws {
        var rows = MadeUpCluster.primaries(hosts: 2, perHost: 1)
        rows.append(MadeUpCluster.segment(9, -1, .mirror, on: "scdw", directory: "/data/standby"))
        #expect(try reason(rows) == nil)
        rows[2].address = "other"
        #expect(try reason(rows) == "The address value for other does not correspond to a standard address.")
    }
}
