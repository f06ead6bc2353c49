import ClusterModel
import Testing

@Suite struct LayoutNameTests {
    typealias Copies = [(primary: String, mirror: String?)]

    /// The definitions, tried one after the other on all hosts: nothing clever.
    private static func byDefinition(_ copies: Copies) -> LayoutName {
        if copies.allSatisfy({ $0.mirror == nil }) { return .none }
        if copies.contains(where: { $0.mirror == nil || $0.mirror == $0.primary }) { return .irregular }
        let hosts = Set(copies.flatMap { [$0.primary, $0.mirror ?? ""] }).sorted()
        func count(_ from: String, _ to: String) -> Int { copies.count { $0.primary == from && $0.mirror == to } }
        func targets(_ host: String) -> [String] { hosts.filter { count(host, $0) > 0 } }
        if hosts.contains(where: { targets($0).isEmpty }) { return .irregular }
        if hosts.allSatisfy({ targets($0).count == 1 }) {
            let next = Dictionary(uniqueKeysWithValues: hosts.map { ($0, targets($0)[0]) })
            if hosts.allSatisfy({ next[next[$0] ?? ""] == $0 }) { return .pairs }
            let isInjective = hosts.allSatisfy { host in hosts.count { next[$0] == host } == 1 }
            return isInjective && hosts.allSatisfy { next[next[$0] ?? ""] != $0 } ? .ring : .irregular
        }
        // Who can be reached from whom, by as many steps as there are hosts.
        var reach = Dictionary(uniqueKeysWithValues: hosts.map { ($0, Set([$0])) })
        for _ in hosts {
            for copy in copies {
                let both = (reach[copy.primary] ?? []).union(reach[copy.mirror ?? ""] ?? [])
                for host in both { reach[host, default: []].formUnion(both) }
            }
        }
        let size = reach[hosts[0]]?.count ?? 0
        guard reach.values.allSatisfy({ $0.count == size }) else { return .irregular }
        if size == hosts.count, hosts.allSatisfy({ from in hosts.allSatisfy { count(from, $0) <= 1 } }) {
            return .spread
        }
        let isEven = hosts.allSatisfy { from in
            let own = copies.count { $0.primary == from }
            return hosts.filter { $0 != from && reach[from]?.contains($0) == true }.allSatisfy {
                [own / (size - 1), (own + size - 2) / (size - 1)].contains(count(from, $0))
            }
        }
        return isEven ? .block(size) : .irregular
    }

    static let standard: [(hosts: Int, perHost: Int, layout: MirrorLayout, name: LayoutName)] = [
        (2, 2, .group, .pairs), (3, 2, .group, .ring), (4, 4, .group, .ring), (64, 8, .group, .ring),
        (4, 2, .block(2), .pairs), (8, 4, .block(2), .pairs), (4, 2, .spread, .spread), (9, 8, .spread, .spread),
        (64, 8, .spread, .spread), (8, 4, .block(4), .block(4)), (16, 8, .block(8), .block(8)),
        (64, 8, .block(4), .block(4)), (4, 4, .block(4), .block(4)), (6, 2, .block(3), .block(3)),
        (4, 1, .spread, .ring), (2, 1, .spread, .pairs), (4, 3, .block(4), .spread),
    ]

    @Test(arguments: standard)
    func `standard layouts have the names that people use`(
        row: (hosts: Int, perHost: Int, layout: MirrorLayout, name: LayoutName)
    ) throws {
        let cluster = try MadeUpCluster.laidOut(hosts: row.hosts, perHost: row.perHost, row.layout)
        let copies: Copies = cluster.pairs.map { ($0.primary.hostname, $0.mirror?.hostname) }
        #expect(LayoutName(copies: copies) == row.name)
        #expect(Self.byDefinition(copies) == row.name)
    }

    @Test(arguments: 1...300)
    func `the name of any layout is what the definitions say`(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        var copies: Copies
        if seed % 2 == 0 {
            copies = try MadeUpCluster.thrown(&generator).pairs.map { ($0.primary.hostname, $0.mirror?.hostname) }
        } else {
            // A standard one with at most two mirrors out of place: near misses.
            let layout = [MirrorLayout.group, .block(2), .block(4), .spread].randomElement(using: &generator) ?? .group
            let perHost = Int.random(in: 1...5, using: &generator)
            copies = try MadeUpCluster.laidOut(hosts: 8, perHost: perHost, layout).pairs.map {
                ($0.primary.hostname, $0.mirror?.hostname)
            }
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let (first, second) = (copies.indices.randomElement(using: &generator) ?? 0, copies.count - 1)
                (copies[first].mirror, copies[second].mirror) = (copies[second].mirror, copies[first].mirror)
            }
        }
        #expect(LayoutName(copies: copies) == Self.byDefinition(copies))
    }

    @Test func `switched roles do not change a layout's name`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 4, perHost: 2, .spread) { rows in
            for index in rows.indices where rows[index].content == ContentID(1) {
                rows[index].role = rows[index].role == .primary ? .mirror : .primary
            }
        }
        #expect(LayoutAdvice(cluster).name == .spread)
    }

    @Test func `hosts are counted as people do`() {
        #expect(HostOrder.sorted(["sdw10", "sdw2", "cdw", "sdw1", "sdw2"]) == ["cdw", "sdw1", "sdw2", "sdw10"])
        #expect(HostOrder.sorted(["a1b10", "a1b9", "a", "a01"]) == ["a", "a01", "a1b9", "a1b10"])
        #expect(HostOrder.sorted(["10.0.0.9", "10.0.0.10"]) == ["10.0.0.9", "10.0.0.10"])
        let numbers = (0..<40).map { "h\($0 % 4 == 0 ? "0" : "")\($0)x\(40 - $0)" }
        #expect(HostOrder.sorted(numbers.reversed()) == HostOrder.sorted(numbers))
    }
}
