import ClusterModel
import Testing

@Suite struct LayoutAdviceTests {
    /// Where a content is served after the loss of a host, found by looking at it and nothing else.
    private static func server(_ pair: SegmentPair, without lost: String?) -> String? {
        guard pair.primary.status == .up else { return nil }
        if pair.primary.hostname != lost { return pair.primary.hostname }
        guard let mirror = pair.mirror, mirror.status == .up, pair.primary.mode == .inSync, mirror.hostname != lost
        else { return nil }
        return mirror.hostname
    }

    private static func primaries(_ cluster: ClusterConfiguration, without lost: String?) -> [String: Int] {
        var counts: [String: Int] = [:]
        for pair in cluster.pairs {
            if let host = server(pair, without: lost) { counts[host, default: 0] += 1 }
        }
        return counts
    }

    /// Loses every host and every two hosts, and compares what is left with the advice.
    private static func compare(_ cluster: ClusterConfiguration) {
        let advice = LayoutAdvice(cluster)
        let hosts = cluster.segmentHostnames
        #expect(Set(advice.losses.map(\.host)) == Set(hosts))
        #expect(advice.contents == cluster.pairs.count)
        let now = primaries(cluster, without: nil)
        let busiest = now.filter { $0.value == now.values.max() }.map(\.key)
        #expect(Set(advice.busiestNow) == Set(busiest))
        for loss in advice.losses {
            let then = primaries(cluster, without: loss.host)
            #expect(loss.mostPrimaries == then.values.max() ?? 0)
            #expect(Set(loss.busiest) == Set(then.filter { $0.value == then.values.max() }.map(\.key)))
            let lost = cluster.pairs.filter {
                server($0, without: nil) != nil && server($0, without: loss.host) == nil
            }
            #expect(loss.lost == lost.map(\.content))
        }
        #expect(
            advice.mostPrimariesAfterOneLoss == hosts.map { primaries(cluster, without: $0).values.max() ?? 0 }.max())
        #expect(
            advice.indispensableHosts.sorted()
                == hosts.filter { primaries(cluster, without: $0).values.reduce(0, +) < now.values.reduce(0, +) })
        comparePairs(advice, cluster, hosts)
    }

    private static func comparePairs(_ advice: LayoutAdvice, _ cluster: ClusterConfiguration, _ hosts: [String]) {
        var lethal = 0
        for (index, first) in hosts.enumerated() {
            for second in hosts[(index + 1)...] {
                lethal +=
                    cluster.pairs.contains { pair in
                        [pair.primary.hostname, pair.mirror?.hostname].compactMap { $0 }.allSatisfy {
                            $0 == first || $0 == second
                        }
                    } ? 1 : 0
            }
        }
        #expect(advice.risk.lethalHostPairs == lethal)
        #expect(advice.risk.hostPairs == hosts.count * (hosts.count - 1) / 2)
        #expect(
            advice.bothOnOneHost
                == cluster.pairs.filter { $0.mirror?.hostname == $0.primary.hostname }.map(\.content))
    }

    @Test(arguments: 1...300)
    func `every figure of a cluster thrown together is what losing its hosts shows`(seed: Int) throws {
        var generator = SeededGenerator(seed: seed)
        Self.compare(try MadeUpCluster.thrown(&generator))
    }

    @Test(
        arguments: [(2, 2), (4, 2), (8, 4), (16, 8), (24, 8), (64, 8)],
        [MirrorLayout.group, .block(2), .block(4), .block(8), .spread])
    func `every figure of a standard layout is what losing its hosts shows`(
        size: (hosts: Int, perHost: Int), layout: MirrorLayout
    ) throws {
        if case .block(let block) = layout, size.hosts % block != 0 { return }
        if layout == .spread, size.hosts <= size.perHost { return }
        let cluster = try MadeUpCluster.laidOut(hosts: size.hosts, perHost: size.perHost, layout)
        Self.compare(cluster)
        let advice = LayoutAdvice(cluster)
        #expect(advice.exposures.isEmpty && advice.steps.isEmpty)
        #expect(advice.mostPrimariesNow == size.perHost)
        #expect(advice.mostPrimariesAfterOneLoss == advice.risk.mostPrimariesAfterOneLoss)
        #expect(advice.indispensableHosts.isEmpty)
    }

    @Test func `what is exposed is named with the command that helps, in the order in which to type it`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 4, perHost: 2, .spread) { rows in
            for index in rows.indices where rows[index].content == ContentID(0) {
                rows[index].mode = .notInSync
                if rows[index].role == .mirror { rows[index].status = .down }
            }
            for index in rows.indices where rows[index].content == ContentID(3) {
                rows[index].role = rows[index].role == .primary ? .mirror : .primary
            }
            rows.removeAll { $0.content == ContentID(5) && $0.role == .mirror }
            for index in rows.indices where rows[index].content == ContentID(6) {
                rows[index].hostname = "sdw4"
            }
            for index in rows.indices where rows[index].content == ContentID(7) { rows[index].mode = .notInSync }
            for index in rows.indices where rows[index].isCoordinatorPair { rows[index].hostname = "cdw" }
        }
        let advice = LayoutAdvice(cluster)
        #expect(
            advice.exposures.map(\.code) == [
                "mirror_down", "switched", "no_mirror", "both_on_one_host", "not_in_sync", "standby_with_coordinator",
            ])
        #expect(
            advice.exposures.map { $0.text() } == [
                "content 0: the mirror sdw2:7000 is down", "content 3: sdw4:7000, made as a mirror, acts as primary",
                "content 5: sdw3:6001 has no mirror", "content 6: both copies are on host sdw4",
                "content 7: the mirror of sdw4:6001 is up and not in sync",
                "the standby cdw:5432 is on the coordinator's own host",
            ])
        #expect(
            advice.steps.map(\.command) == [
                "gprecoverseg", "gpaddmirrors --dry-run --map", "gpstate -e", "gprecoverseg -r",
                "gprecoverseg -i <file>", "gpinitstandby -r, then gpinitstandby -s <host>",
            ])
        #expect(advice.name == .irregular)
        #expect(advice.indispensableHosts == ["sdw1", "sdw3", "sdw4"])
    }

    @Test func `without mirrors every host is indispensable and the way to mirrors is named`() throws {
        let cluster = try MadeUpCluster.laidOut(hosts: 2, perHost: 2, .group) { rows in
            rows.removeAll { $0.role == .mirror }
        }
        let advice = LayoutAdvice(cluster)
        #expect(advice.name == .none)
        #expect(advice.indispensableHosts == ["sdw1", "sdw2"])
        #expect(advice.steps.map(\.command) == ["gpaddmirrors --dry-run --map", "gpinitstandby -s <host>"])
    }
}
