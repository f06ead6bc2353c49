import BlockingWork
import ClusterModel
import Glibc

/// Layouts for 1,000 hosts with 16 primaries each, and what that catalog weighs.
struct LayoutBenchmark {
    func run() {
        let before = Self.residentBytes
        let primaries = (0..<16_000).map { number in
            Segment(
                dbid: DatabaseID(number + 2), content: ContentID(number), role: .primary, preferredRole: .primary,
                mode: .notInSync, status: .up, hostname: "sdw\(number / 16 + 1)", address: "sdw\(number / 16 + 1)",
                port: 6000 + number % 16, dataDirectory: "/data/primary\(number % 16)/gpseg\(number)")
        }
        let rules = PlacementRules(
            portOffset: 1000, baseDirectories: (0..<16).map { "/data/mirror\($0)" }, directoryPrefix: "gpseg")
        for layout in [MirrorLayout.group, .spread, .block(8)] {
            var times: [Double] = []
            var lethal = 0
            for _ in 0..<5 {
                let start = ContinuousClock.now
                let placements = (try? layout.place(primaries, rules: rules)) ?? []
                lethal = LayoutRisk(copies: placements.map { ($0.primary.hostname, $0.hostname) }).lethalHostPairs
                times.append(start.duration(to: .now).inSeconds)
            }
            print(
                "| layout \(layout), 1,000 hosts × 16, with its risk | \(Statistics.text(Statistics.median(times) * 1000)) ms"
                    + " | \(lethal) lethal pairs |")
        }
        let mirrored = (try? MirrorLayout.spread.place(primaries, rules: rules)) ?? []
        let catalog = try? ClusterConfiguration(
            rows: [Self.coordinator] + primaries
                + mirrored.enumerated().map { $1.segment(dbid: DatabaseID(16_002 + $0)) })
        let megabytes = (Self.residentBytes - before) >> 20
        print("| that catalog with its mirrors | \(megabytes) MB | \(catalog?.allInstances.count ?? 0) instances |")
    }

    private static let coordinator = Segment(
        dbid: DatabaseID(1), content: .coordinator, role: .primary, preferredRole: .primary, mode: .notInSync,
        status: .up, hostname: "cdw", address: "cdw", port: 5432, dataDirectory: "/data/coordinator/gpseg-1")

    private static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
