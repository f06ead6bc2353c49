import Testing

@testable import ClusterModel

@Suite("The loss of one more host")
struct HostLossTests {
    /// A cluster of `hosts`, its copies, modes and deaths by chance.
    private func chance(_ seed: Int) throws -> (ClusterConfiguration, dead: Set<DatabaseID>, standbyIsInSync: Bool) {
        var random = SeededGenerator(seed: seed)
        let hosts = (1...Int.random(in: 1...5, using: &random)).map { "sdw\($0)" }
        func host() -> String { hosts[Int.random(in: 0..<hosts.count, using: &random)] }
        var rows = [MadeUpCluster.segment(1, -1, mode: .notInSync, on: Bool.random(using: &random) ? "cdw" : host())]
        if Bool.random(using: &random) { rows.append(MadeUpCluster.segment(100, -1, .mirror, on: host())) }
        for content in 0..<Int.random(in: 1...6, using: &random) {
            let mode: SegmentMode = Int.random(in: 0..<3, using: &random) == 0 ? .notInSync : .inSync
            rows.append(MadeUpCluster.segment(2 + content, content, mode: mode, on: host()))
            guard Int.random(in: 0..<5, using: &random) > 0 else { continue }
            let isDown = mode == .notInSync && Bool.random(using: &random)
            rows.append(
                MadeUpCluster.segment(
                    50 + content, content, .mirror, mode: mode, status: isDown ? .down : .up, on: host()))
        }
        let dead = Set(rows.filter { _ in Int.random(in: 0..<6, using: &random) == 0 }.map(\.dbid))
        return (try ClusterConfiguration(rows: rows), dead, Bool.random(using: &random))
    }

    /// Takes the hosts away one after the other and looks who is left, without any shortcut.
    private func bruteForce(
        _ cluster: ClusterConfiguration, dead: Set<DatabaseID>, standbyIsInSync: Bool
    ) -> (lethal: [HostLoss.Lethal], lost: [ContentID]) {
        func isServed(_ content: ContentID, without gone: String?) -> Bool {
            cluster.allInstances.contains { instance in
                guard instance.content == content, instance.hostname != gone, !dead.contains(instance.dbid) else {
                    return false
                }
                if instance.role == .primary { return true }
                if content == .coordinator { return standbyIsInSync }
                return instance.status == .up && instance.mode == .inSync
            }
        }
        let contents = Set(cluster.allInstances.map(\.content)).sorted()
        let lost = contents.filter { !isServed($0, without: nil) }
        let lethal = cluster.hostnames.compactMap { host -> HostLoss.Lethal? in
            let taken = contents.filter { isServed($0, without: nil) && !isServed($0, without: host) }
            return taken.isEmpty ? nil : HostLoss.Lethal(host: host, contents: taken)
        }
        return (lethal, lost)
    }

    @Test("is judged as by taking away every host in turn")
    func againstBruteForce() throws {
        var lethalHosts = 0, lost = 0, harmless = 0
        for seed in 0..<4000 {
            let (cluster, dead, inSync) = try chance(seed)
            let loss = HostLoss(cluster, standbyIsInSync: inSync) { !dead.contains($0.dbid) }
            let expected = bruteForce(cluster, dead: dead, standbyIsInSync: inSync)
            #expect(loss.lethal == expected.lethal, "seed \(seed)")
            #expect(loss.lost == expected.lost, "seed \(seed)")
            lethalHosts += loss.lethal.count
            lost += loss.lost.count
            harmless += loss.lethal.isEmpty && loss.lost.isEmpty ? 1 : 0
        }
        // Each kind came up often enough to have been tried.
        #expect(lethalHosts > 1000 && lost > 100 && harmless > 20, "\(lethalHosts) \(lost) \(harmless)")
    }

    @Test("is harmless where every copy has its partner elsewhere, and the standby is in sync")
    func healthy() throws {
        let rows = [
            MadeUpCluster.segment(1, -1, mode: .notInSync, on: "cdw"),
            MadeUpCluster.segment(9, -1, .mirror, on: "sdw1"),
            MadeUpCluster.segment(2, 0, on: "sdw1"), MadeUpCluster.segment(3, 0, .mirror, on: "sdw2"),
        ]
        let cluster = try ClusterConfiguration(rows: rows)
        let well = HostLoss(cluster, standbyIsInSync: true) { _ in true }
        #expect(well.lethal == [] && well.lost == [])
        #expect(well.copies == [ContentID(-1): 2, ContentID(0): 2])
        let behind = HostLoss(cluster, standbyIsInSync: false) { _ in true }
        #expect(behind.lethal == [HostLoss.Lethal(host: "cdw", contents: [.coordinator])])
        let alone = HostLoss(cluster, standbyIsInSync: true) { $0.dbid != DatabaseID(2) }
        #expect(alone.lethal == [HostLoss.Lethal(host: "sdw2", contents: [ContentID(0)])])
        #expect(alone.copies[ContentID(0)] == 1)
    }
}
