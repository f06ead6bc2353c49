import ClusterModel
import Testing

extension MadeUpCluster {
    /// A cluster in sync: `hosts` × `perHost` primaries, their mirrors placed by `layout`, and a standby on `scdw`.
    static func laidOut(
        hosts: Int, perHost: Int, _ layout: MirrorLayout, _ change: (inout [Segment]) -> Void = { _ in }
    ) throws -> ClusterConfiguration {
        let primaries = primaries(hosts: hosts, perHost: perHost)
        let placements = try layout.place(primaries, rules: rules(directories: perHost * 2))
        var rows = [coordinator, segment(2 * primaries.count + 2, -1, .mirror, on: "scdw", port: 5432)] + primaries
        rows += placements.enumerated().map { index, placement in
            var mirror = placement.segment(dbid: DatabaseID(primaries.count + 2 + index))
            (mirror.mode, mirror.status) = (.inSync, .up)
            return mirror
        }
        change(&rows)
        return try ClusterConfiguration(rows: rows)
    }

    /// A cluster thrown together: any host may hold anything, anything may be down, switched, or not there.
    static func thrown<G: RandomNumberGenerator>(_ generator: inout G) throws -> ClusterConfiguration {
        let hosts = (1...Int.random(in: 1...8, using: &generator)).map { "sdw\($0)" }
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
        func host() -> String { hosts.randomElement(using: &generator) ?? "sdw1" }
        var rows = [coordinator]
        if chance(70) {
            rows.append(segment(2, -1, .mirror, status: chance(20) ? .down : .up, on: chance(30) ? "cdw" : "scdw"))
        }
        for content in 0..<Int.random(in: 1...24, using: &generator) {
            let isSwitched = chance(15)
            let mode: SegmentMode = chance(75) ? .inSync : .notInSync
            rows.append(
                segment(
                    10 + 2 * content, content, .primary, preferred: isSwitched ? .mirror : .primary, mode: mode,
                    status: chance(5) ? .down : .up, on: host(), port: 6000 + content))
            guard chance(92) else { continue }
            rows.append(
                segment(
                    11 + 2 * content, content, .mirror, preferred: isSwitched ? .primary : .mirror, mode: mode,
                    status: chance(15) ? .down : .up, on: host(), port: 7000 + content))
        }
        return try ClusterConfiguration(rows: rows)
    }
}
