import ClusterModel
import Glibc
import Testing

/// The largest clusters anybody runs: 1,000 hosts with 16 primaries each.
@Suite(.serialized) struct LayoutScaleTests {
    #if DEBUG
        static let bound = Duration.seconds(5)
    #else
        static let bound = Duration.milliseconds(50)
    #endif

    @Test(arguments: [MirrorLayout.group, .spread, .block(4)])
    func `sixteen thousand mirrors are placed and their risk computed in time`(layout: MirrorLayout) throws {
        let primaries = MadeUpCluster.primaries(hosts: 1000, perHost: 16, interfaces: 2)
        let rules = MadeUpCluster.rules(directories: 16)
        let clock = ContinuousClock()
        var best = Duration.seconds(3600)
        for _ in 0..<3 {
            let time = try clock.measure {
                let placements = try layout.place(primaries, rules: rules)
                let risk = LayoutRisk(copies: placements.map { ($0.primary.hostname, $0.hostname) })
                #expect(placements.count == 16_000)
                #expect(risk.hosts == 1000)
            }
            best = min(best, time)
        }
        print("layout \(layout): 1000 hosts x 16 primaries placed and weighed in \(best)")
        #expect(best < Self.bound)
    }

    /// Memory in use by this process, after what is free was given back to the system.
    private static func residentBytes() throws -> Int {
        typealias Trim = @convention(c) (Int) -> Int32
        let symbol = try #require(dlsym(nil, "malloc_trim"))
        _ = unsafeBitCast(symbol, to: Trim.self)(0)
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        try #require(fgets(&line, 256, file) != nil)
        let fields = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
        return try #require(Int(fields[1])) * Int(getpagesize())
    }

    // Pages that other tests left may be used again: run alone it tells the figure.
    @Test func `a catalog of thirty-two thousand instances stays under 64 MB`() throws {
        let before = try Self.residentBytes()
        let primaries = MadeUpCluster.primaries(hosts: 1000, perHost: 16, interfaces: 2)
        let placements = try MirrorLayout.spread.place(primaries, rules: MadeUpCluster.rules(directories: 16))
        let mirrors = placements.enumerated().map { $1.segment(dbid: DatabaseID(20_000 + $0)) }
        let cluster = try ClusterConfiguration(rows: [MadeUpCluster.coordinator] + primaries + mirrors)
        let after = try Self.residentBytes()
        let megabytes = Double(after - before) / 1_048_576
        #expect(cluster.allInstances.count == 32_001)
        #expect(placements.count == 16_000)
        print("catalog of 32,001 instances with its rows and placements: \(megabytes) MB")
        #expect(megabytes < 64)
    }
}
