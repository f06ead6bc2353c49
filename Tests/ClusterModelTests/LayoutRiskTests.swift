import ClusterModel
import Testing

@Suite struct LayoutRiskTests {
    typealias Copies = [(primary: String, mirror: String?)]

    /// Takes away every host, then every two hosts, and counts what is left: nothing clever.
    private static func bruteForce(_ copies: Copies) -> (after: Int, lethal: Int, hosts: Int) {
        let hosts = Set(copies.flatMap { [$0.primary] + ($0.mirror.map { [$0] } ?? []) }).sorted()
        var worst = 0
        for lost in hosts {
            var acting: [String: Int] = [:]
            for copy in copies {
                if copy.primary != lost {
                    acting[copy.primary, default: 0] += 1
                } else if let mirror = copy.mirror, mirror != lost {
                    acting[mirror, default: 0] += 1
                }
            }
            worst = max(worst, acting.values.max() ?? 0)
        }
        var lethal = 0
        for (index, first) in hosts.enumerated() {
            for second in hosts[(index + 1)...] {
                let isStopped = copies.contains { copy in
                    [copy.primary, copy.mirror ?? first].allSatisfy { $0 == first || $0 == second }
                        || copy.mirror == nil && (copy.primary == first || copy.primary == second)
                }
                lethal += isStopped ? 1 : 0
            }
        }
        return (worst, lethal, hosts.count)
    }

    private static func copies(_ placements: [MirrorPlacement]) -> Copies {
        placements.map { ($0.primary.hostname, $0.hostname) }
    }

    @Test(arguments: 1...200)
    func `the risk of a random layout is what taking hosts away shows`(seed: Int) {
        var generator = SeededGenerator(seed: seed)
        let hosts = (1...Int.random(in: 2...9, using: &generator)).map { "h\($0)" }
        let copies: Copies = (0..<Int.random(in: 2...30, using: &generator)).map { _ in
            // Some contents without mirror, some with both copies on one host.
            let mirror = Int.random(in: 0..<20, using: &generator) == 0 ? nil : hosts.randomElement(using: &generator)
            return (hosts.randomElement(using: &generator) ?? "h1", mirror)
        }
        let expected = Self.bruteForce(copies)
        guard expected.hosts > 1 else { return }
        let risk = LayoutRisk(copies: copies)
        #expect(risk.hosts == expected.hosts)
        #expect(risk.mostPrimariesAfterOneLoss == expected.after)
        #expect(risk.lethalHostPairs == expected.lethal)
        #expect(risk.contentsOnOneHost == copies.count { $0.primary == $0.mirror })
    }

    /// Hosts × primaries, layout, and the outage share in tenths of a percent.
    static let table: [(hosts: Int, perHost: Int, layout: MirrorLayout, share: Int)] = [
        (8, 4, .group, 286), (8, 4, .block(2), 143), (8, 4, .block(4), 429), (8, 4, .block(8), 1000),
        (8, 4, .spread, 1000), (16, 4, .group, 133), (16, 4, .block(2), 67), (16, 4, .block(4), 200),
        (16, 4, .block(8), 467), (16, 4, .spread, 533), (16, 8, .group, 133), (16, 8, .block(2), 67),
        (16, 8, .block(4), 200), (16, 8, .block(8), 467), (16, 8, .spread, 1000), (24, 8, .group, 87),
        (24, 8, .block(2), 43), (24, 8, .block(4), 130), (24, 8, .block(8), 304), (24, 8, .spread, 696),
        (32, 8, .group, 65), (32, 8, .block(2), 32), (32, 8, .block(4), 97), (32, 8, .block(8), 226),
        (32, 8, .spread, 516), (64, 6, .group, 32), (64, 6, .block(2), 16), (64, 6, .block(4), 48),
        (64, 6, .block(8), 111), (64, 6, .spread, 190),
    ]

    @Test(arguments: table)
    func `the outage shares are those of the operators' table`(
        row: (hosts: Int, perHost: Int, layout: MirrorLayout, share: Int)
    ) throws {
        let primaries = MadeUpCluster.primaries(hosts: row.hosts, perHost: row.perHost)
        let rules = MadeUpCluster.rules(directories: row.perHost)
        let copies = try Self.copies(row.layout.place(primaries, rules: rules))
        let risk = LayoutRisk(copies: copies)
        #expect(Int((risk.lethalShare * 1000).rounded()) == row.share)
        let expected = Self.bruteForce(copies)
        #expect(risk.lethalHostPairs == expected.lethal)
        #expect(risk.mostPrimariesAfterOneLoss == expected.after)
        #expect(risk.mostPrimariesNow == row.perHost)
        #expect(risk.contentsOnOneHost == 0)
    }

    @Test(
        arguments: [(MirrorLayout.group, 16), (.block(2), 16), (.block(4), 11), (.block(8), 10), (.spread, 9)],
        [16, 24, 32])
    func `with eight primaries a host the busiest one carries what the operators' table says`(
        layout: (layout: MirrorLayout, most: Int), hosts: Int
    ) throws {
        let primaries = MadeUpCluster.primaries(hosts: hosts, perHost: 8)
        let placements = try layout.layout.place(primaries, rules: MadeUpCluster.rules(directories: 8))
        #expect(LayoutRisk(copies: Self.copies(placements)).mostPrimariesAfterOneLoss == layout.most)
    }

    @Test func `one host with all copies is named, and has no pairs`() {
        let risk = LayoutRisk(copies: [("h1", "h1"), ("h1", "h1")])
        #expect(risk.contentsOnOneHost == 2)
        #expect(risk.hostPairs == 0)
        #expect(risk.lethalShare == 0)
    }

    @Test func `a content with both copies on one host makes every pair with that host lethal`() {
        let risk = LayoutRisk(copies: [("h1", "h1"), ("h2", "h3"), ("h4", "h3")])
        // h1 with each of three, h2 with h3, h4 with h3.
        #expect(risk.lethalHostPairs == 5)
        #expect(risk.hostPairs == 6)
    }

    @Test func `no contents are no risk`() {
        let risk = LayoutRisk(copies: [])
        #expect(risk.hosts == 0)
        #expect(risk.lethalShare == 0)
        #expect(risk.mostPrimariesAfterOneLoss == 0)
    }
}
