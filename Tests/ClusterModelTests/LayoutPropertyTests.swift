import ClusterModel
import Testing

/// What must hold for every layout, whatever the cluster looks like.
@Suite struct LayoutPropertyTests {
    /// A cluster of a random shape, hosts with different numbers of primaries and shuffled rows.
    struct Shape {
        let primaries: [Segment]
        let hosts: [String]
        let most: Int

        init(seed: Int, hostsDivisibleBy block: Int = 1) {
            var generator = SeededGenerator(seed: seed)
            let count = Int.random(in: 2...12, using: &generator)
            let hostCount = (count + block - 1) / block * block
            let names = (1...hostCount).map { "sdw\($0)" }
            var rows: [Segment] = []
            for name in names {
                for ordinal in 0..<Int.random(in: 1...6, using: &generator) {
                    rows.append(
                        MadeUpCluster.segment(rows.count + 2, rows.count, on: name, port: 6000 + ordinal))
                }
            }
            most = Dictionary(grouping: rows, by: \.hostname).values.map(\.count).max() ?? 0
            primaries = rows.shuffled(using: &generator)
            hosts = names.sorted()
        }
    }

    private func check(_ layout: MirrorLayout, _ shape: Shape) throws {
        let directories = shape.primaries.count
        let placements = try layout.place(shape.primaries, rules: MadeUpCluster.rules(directories: directories))
        #expect(placements.map(\.primary.content).sorted() == shape.primaries.map(\.content).sorted())
        #expect(placements.allSatisfy { $0.hostname != $0.primary.hostname })
        #expect(Set(placements.map(\.hostname)).isSubset(of: shape.hosts))
        #expect(Set(placements.map { "\($0.hostname):\($0.port)" }).count == placements.count)
        #expect(Set(placements.map { "\($0.hostname):\($0.dataDirectory)" }).count == placements.count)
        let mirrors = placements.enumerated().map { $1.segment(dbid: DatabaseID(1000 + $0)) }
        #expect(throws: Never.self) { try PlacementConflict.check(shape.primaries + mirrors) }
    }

    @Test(arguments: 1...60)
    func `group places each primary once, never on its own host, without conflicts`(seed: Int) throws {
        let shape = Shape(seed: seed)
        try check(.group, shape)
        let placements = try MirrorLayout.group.place(
            shape.primaries, rules: MadeUpCluster.rules(directories: shape.primaries.count))
        for (_, mirrors) in Dictionary(grouping: placements, by: \.primary.hostname) {
            #expect(Set(mirrors.map(\.hostname)).count == 1, "all mirrors of a host are on one host")
        }
    }

    @Test(arguments: 1...60)
    func `spread puts the mirrors of a host on as many hosts, or says that hosts are missing`(seed: Int) throws {
        let shape = Shape(seed: seed)
        guard shape.hosts.count > shape.most else {
            #expect(throws: LayoutError.tooFewHostsForSpread(hosts: shape.hosts.count, primariesPerHost: shape.most)) {
                try MirrorLayout.spread.place(shape.primaries, rules: MadeUpCluster.rules(directories: 99))
            }
            return
        }
        try check(.spread, shape)
        let placements = try MirrorLayout.spread.place(
            shape.primaries, rules: MadeUpCluster.rules(directories: shape.primaries.count))
        for (_, mirrors) in Dictionary(grouping: placements, by: \.primary.hostname) {
            #expect(Set(mirrors.map(\.hostname)).count == mirrors.count)
        }
    }

    @Test(arguments: 1...60, [2, 3, 4])
    func `block never leaves the block`(seed: Int, size: Int) throws {
        let shape = Shape(seed: seed, hostsDivisibleBy: size)
        try check(.block(size), shape)
        let block = Dictionary(uniqueKeysWithValues: shape.hosts.enumerated().map { ($1, $0 / size) })
        let placements = try MirrorLayout.block(size).place(
            shape.primaries, rules: MadeUpCluster.rules(directories: shape.primaries.count))
        #expect(placements.allSatisfy { block[$0.hostname] == block[$0.primary.hostname] })
    }

    @Test(arguments: 1...20)
    func `the order of the rows does not change a layout`(seed: Int) throws {
        let shape = Shape(seed: seed)
        let rules = MadeUpCluster.rules(directories: shape.primaries.count)
        let sorted = shape.primaries.sorted { $0.content < $1.content }
        #expect(
            try MirrorLayout.group.place(shape.primaries, rules: rules)
                == MirrorLayout.group.place(sorted, rules: rules))
    }
}
