import ClusterModel
import Testing

/// Placements as `content→host:port dir`, the form of the recorded example.
private func summary(_ placements: [MirrorPlacement]) -> [String] {
    placements.map { "\($0.primary.content)→\($0.hostname):\($0.port) \($0.dataDirectory)" }
}

@Suite struct LayoutTests {
    @Test func `group places three hosts of two primaries as the original was recorded to do`() throws {
        let primaries = MadeUpCluster.primaries(hosts: 3, perHost: 2)
        let placements = try MirrorLayout.group.place(primaries, rules: MadeUpCluster.rules(directories: 2))
        #expect(
            summary(placements) == [
                "0→sdw2:7000 /m1/gpseg0", "1→sdw2:7001 /m2/gpseg1", "2→sdw3:7000 /m1/gpseg2",
                "3→sdw3:7001 /m2/gpseg3", "4→sdw1:7000 /m1/gpseg4", "5→sdw1:7001 /m2/gpseg5",
            ])
    }

    @Test func `spread places three hosts of two primaries as the original was recorded to do`() throws {
        let primaries = MadeUpCluster.primaries(hosts: 3, perHost: 2)
        let placements = try MirrorLayout.spread.place(primaries, rules: MadeUpCluster.rules(directories: 2))
        #expect(
            summary(placements) == [
                "0→sdw2:7000 /m1/gpseg0", "1→sdw3:7000 /m1/gpseg1", "2→sdw3:7001 /m2/gpseg2",
                "3→sdw1:7000 /m1/gpseg3", "4→sdw1:7001 /m2/gpseg4", "5→sdw2:7001 /m2/gpseg5",
            ])
    }

    @Test func `block spreads inside its block and never leaves it`() throws {
        let primaries = MadeUpCluster.primaries(hosts: 4, perHost: 2)
        let placements = try MirrorLayout.block(2).place(primaries, rules: MadeUpCluster.rules(directories: 2))
        #expect(placements.map(\.hostname) == ["sdw2", "sdw2", "sdw1", "sdw1", "sdw4", "sdw4", "sdw3", "sdw3"])
    }

    @Test func `hosts are taken in the order of their letters, not of their numbers`() throws {
        let primaries = ["sdw2", "sdw10", "sdw1"].enumerated().map { MadeUpCluster.segment($0 + 2, $0, on: $1) }
        let placements = try MirrorLayout.group.place(primaries, rules: MadeUpCluster.rules(directories: 1))
        let targets = placements.map { "\($0.primary.hostname)→\($0.hostname)" }
        #expect(targets == ["sdw1→sdw10", "sdw10→sdw2", "sdw2→sdw1"])
    }

    @Test func `a host's primaries are taken in the order of their ports`() throws {
        let primaries = [
            MadeUpCluster.segment(2, 0, on: "sdw1", port: 6001), MadeUpCluster.segment(3, 1, on: "sdw1", port: 6000),
            MadeUpCluster.segment(4, 2, on: "sdw2", port: 6500), MadeUpCluster.segment(5, 3, on: "sdw2", port: 6501),
        ]
        let placements = try MirrorLayout.group.place(primaries, rules: MadeUpCluster.rules(directories: 2))
        // The target's own lowest port counts, not the source's.
        #expect(
            summary(placements) == [
                "1→sdw2:7500 /m1/gpseg1", "0→sdw2:7501 /m2/gpseg0", "2→sdw1:7000 /m1/gpseg2", "3→sdw1:7001 /m2/gpseg3",
            ])
    }

    @Test(arguments: [MirrorLayout.group, .spread, .block(3)])
    func `with several interfaces a mirror takes the one after its primary's`(layout: MirrorLayout) throws {
        let primaries = MadeUpCluster.primaries(hosts: 3, perHost: 2, interfaces: 2)
        for placement in try layout.place(primaries, rules: MadeUpCluster.rules(directories: 2)) {
            let other = placement.primary.address.hasSuffix("-1") ? "2" : "1"
            #expect(placement.address == "\(placement.hostname)-\(other)")
        }
    }

    @Test func `without an address pattern the i-th mirror takes the address of the target's i-th primary`() throws {
        var primaries = MadeUpCluster.primaries(hosts: 2, perHost: 2)
        for index in primaries.indices { primaries[index].address = "nic\(index)" }
        let placements = try MirrorLayout.group.place(
            primaries, rules: MadeUpCluster.rules(directories: 2), nonstandardAddresses: true)
        #expect(placements.map(\.address) == ["nic2", "nic3", "nic0", "nic1"])
    }

    @Test func `group on one host goes on as the original does`() throws {
        let primaries = MadeUpCluster.primaries(hosts: 1, perHost: 2)
        let placements = try MirrorLayout.group.place(primaries, rules: MadeUpCluster.rules(directories: 2))
        #expect(placements.map(\.hostname) == ["sdw1", "sdw1"])
    }

    @Test(arguments: [(hosts: 1, perHost: 1, missing: 1), (2, 2, 1), (3, 8, 6), (8, 8, 1)])
    func `spread with too few hosts says how many are missing`(
        shape: (hosts: Int, perHost: Int, missing: Int)
    ) throws {
        let primaries = MadeUpCluster.primaries(hosts: shape.hosts, perHost: shape.perHost)
        let error = try #require(throws: LayoutError.self) {
            try MirrorLayout.spread.place(primaries, rules: MadeUpCluster.rules(directories: shape.perHost))
        }
        #expect(error == .tooFewHostsForSpread(hosts: shape.hosts, primariesPerHost: shape.perHost))
        #expect(error.description.hasSuffix("\(shape.missing) host(s) missing"))
    }

    @Test func `spread needs just one host more than a host has primaries`() throws {
        let primaries = MadeUpCluster.primaries(hosts: 9, perHost: 8)
        #expect(try MirrorLayout.spread.place(primaries, rules: MadeUpCluster.rules(directories: 8)).count == 72)
    }

    @Test(arguments: [(hosts: 3, block: 2, missing: 1), (3, 4, 1), (5, 4, 3), (9, 8, 7)])
    func `block with a rest of hosts says how many are missing`(shape: (hosts: Int, block: Int, missing: Int)) throws {
        let primaries = MadeUpCluster.primaries(hosts: shape.hosts, perHost: 1)
        let error = try #require(throws: LayoutError.self) {
            try MirrorLayout.block(shape.block).place(primaries, rules: MadeUpCluster.rules(directories: 2))
        }
        #expect(error == .tooFewHostsForBlock(hosts: shape.hosts, block: shape.block))
        #expect(error.description.hasSuffix("\(shape.missing) host(s) missing"))
    }

    @Test(arguments: [1, 0, -4, Int.min])
    func `a block of fewer than two hosts is refused`(size: Int) throws {
        let primaries = MadeUpCluster.primaries(hosts: 4, perHost: 1)
        #expect(throws: LayoutError.blockTooSmall(size)) {
            try MirrorLayout.block(size).place(primaries, rules: MadeUpCluster.rules(directories: 1))
        }
    }

    @Test func `too few base directories name the host that lacks them`() throws {
        let primaries = MadeUpCluster.primaries(hosts: 2, perHost: 2)
        let error = try #require(throws: LayoutError.self) {
            try MirrorLayout.group.place(primaries, rules: MadeUpCluster.rules(directories: 1))
        }
        #expect(error.description == "More mirrors targeted to host sdw2 than there are mirror data directories")
    }

    @Test(arguments: [59_536, -6000, Int.max, Int.min])
    func `an offset that leads out of the port range is refused, however large`(offset: Int) {
        let primaries = MadeUpCluster.primaries(hosts: 2, perHost: 1)
        #expect(throws: LayoutError.self) {
            try MirrorLayout.group.place(primaries, rules: MadeUpCluster.rules(directories: 1, offset: offset))
        }
    }

    @Test func `no primaries give no placements`() throws {
        for layout in [MirrorLayout.group, .spread, .block(4)] {
            #expect(try layout.place([], rules: MadeUpCluster.rules(directories: 1)).isEmpty)
        }
    }

    @Test(arguments: [
        ("/data/coordinator/gpseg-1", "gpseg"), ("/data/qddir/demoDataDir-1", "demoDataDir"), ("/data/a-1b-1", "a-1b"),
        ("/data/gpseg-10", "gpseg"), ("/data/-1", "gp"), ("/data/coordinator", "gp"), ("/data-1/coordinator", "gp"),
        ("/", "gp"), ("", "gp"), ("/data/x-1-1", "x-1"), ("/data/größe-1", "größe"),
    ])
    func `the directory prefix is the coordinator's directory name up to its last -1, else gp`(
        directory: String, prefix: String
    ) {
        #expect(PlacementRules.directoryPrefix(coordinatorDirectory: directory) == prefix)
    }

    @Test func `a base directory with a trailing slash gets no second one`() throws {
        let rules = PlacementRules(portOffset: 1000, baseDirectories: ["/"], directoryPrefix: "gp")
        let primaries = MadeUpCluster.primaries(hosts: 2, perHost: 1)
        #expect(try MirrorLayout.group.place(primaries, rules: rules).map(\.dataDirectory) == ["/gp0", "/gp1"])
    }
}
