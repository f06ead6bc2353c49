import BlockingWork
import ClusterModel
import ClusterOperations
import Reporting
import ToolSupport

/// Turns the options into places for mirrors.
struct Placements {
    let options: GPAddMirrors
    let context: ToolContext
    let cluster: ClusterConfiguration

    /// The instance made as primary of each content: a layout does not change when a pair has switched roles.
    private var builtPrimaries: [Segment] {
        cluster.pairs.map { pair in
            guard let mirror = pair.mirror, mirror.preferredRole == .primary else { return pair.primary }
            return mirror
        }
    }

    /// Contents whose mirror has a catalog row.
    private var mirrored: Set<ContentID> { Set(cluster.pairs.filter { $0.mirror != nil }.map(\.content)) }

    /// One entry for each content that lacks its mirror, and for each mirror that is down and may be unfinished.
    ///
    /// - Throws: `ToolError`, `InputFileError`, `LayoutError`; asks for directories on the terminal where needed.
    func wanted() async throws -> (origin: MirrorPlan.Source, wanted: [PlanFacts.Wanted]) {
        let rows = cluster.pairs.compactMap { pair -> PlanFacts.Wanted? in
            guard let mirror = pair.mirror, mirror.status == .down, mirror.role == .mirror else { return nil }
            return PlanFacts.Wanted(
                placement: MirrorPlacement(
                    primary: pair.primary, hostname: mirror.hostname, address: mirror.address, port: mirror.port,
                    dataDirectory: mirror.dataDirectory), row: mirror)
        }
        guard mirrored.count < cluster.pairs.count else { return (.layout(.group), rows) }
        let (origin, placements) = try await missing()
        return (origin, placements.map { PlanFacts.Wanted(placement: $0, row: nil) } + rows)
    }

    /// Placements of the contents without a mirror's row, for `-o` too.
    func missing() async throws -> (MirrorPlan.Source, [MirrorPlacement]) {
        if let file = options.inputFile {
            let entries = try MirrorFile.parse(try LocalFiles.bytes(file), file: file)
            let placements = try MirrorFile.place(
                entries, primaries: cluster.primaries, mirrored: mirrored, file: file)
            return (.file(file), placements)
        }
        let layout = options.layout
        let rules = PlacementRules(
            portOffset: options.portOffset, baseDirectories: try await directories(),
            directoryPrefix: PlacementRules.directoryPrefix(
                coordinatorDirectory: cluster.coordinator.dataDirectory))
        let all = try layout.place(
            builtPrimaries, rules: rules, nonstandardAddresses: StandardArrayCheck.reason(cluster) != nil)
        let acting = Dictionary(uniqueKeysWithValues: cluster.primaries.map { ($0.content, $0) })
        let placements = all.filter { !mirrored.contains($0.primary.content) }.map { placement in
            var placement = placement
            placement.primary = acting[placement.primary.content] ?? placement.primary
            return placement
        }
        return (.layout(layout), placements)
    }

    /// As many base directories as the busiest host has primaries: from `-m`, else asked for line by line.
    private func directories() async throws -> [String] {
        let count = Dictionary(grouping: builtPrimaries, by: \.hostname).values.map(\.count).max() ?? 0
        if let file = options.directoryFile {
            return try MirrorDirectoryFile.parse(try LocalFiles.bytes(file), file: file, count: count)
        }
        var directories: [String] = []
        for number in 1...max(1, count) { directories.append(try await ask(number, of: count)) }
        return directories
    }

    private func ask(_ number: Int, of count: Int) async throws -> String {
        while true {
            context.printPlain("Enter mirror segment data directory location \(number) of \(count) >")
            guard let line = try await context.readLine() else {
                throw ToolError(
                    .failure, "EOF when reading a line", hint: "name the directories in a file and pass it with -m")
            }
            let path = line.trimmed
            if path.isEmpty { continue }
            guard path.hasPrefix("/") else {
                context.printPlain("\nPath entered is invalid; it must be a full path.  Path: '\(path)'\n")
                continue
            }
            return MirrorFile.normalized(path)
        }
    }
}
