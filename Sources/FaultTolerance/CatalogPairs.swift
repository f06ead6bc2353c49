import ClusterModel
import ClusterOperations

/// The pairs of the catalog, each judged by itself: rows that cannot be a pair cost their own content alone.
struct CatalogPairs: Sendable {
    /// In the order of content IDs; the coordinator and its standby, content −1, come last.
    private(set) var usable: [SegmentPair] = []
    /// What is wrong with the others.
    private(set) var faults: [ContentID: String] = [:]

    /// - Parameters:
    ///   - rows: the cells that `question` asks for.
    ///   - coordinator: the one this process serves; the rules for a whole catalog want one.
    init(rows: [[String?]], coordinator: CoordinatorLocation) {
        let coordinator = Segment(
            dbid: DatabaseID(0), content: ContentID(-1), role: .primary, preferredRole: .primary, mode: .notInSync,
            status: .up, hostname: "localhost", address: "localhost", port: coordinator.port,
            dataDirectory: coordinator.dataDirectory)
        let byContent = Dictionary(grouping: rows) { $0.first.flatMap { $0 }.flatMap { Int($0) } ?? -1 }
        for (number, rows) in byContent.sorted(by: { $0.key < $1.key }) where number >= 0 {
            let content = ContentID(number)
            do {
                usable += try ClusterConfiguration(rows: [coordinator] + rows.map(Self.segment)).pairs
            } catch {
                faults[content] = "\(error)"
            }
        }
    }

    /// Adds the coordinator's pair, or why there is none.
    mutating func add(coordinator: Result<SegmentPair, any Error>) {
        switch coordinator {
        case .success(let pair): usable.append(pair)
        case .failure(let error): faults[.coordinator] = "\(error)"
        }
    }

    static let question = """
        SELECT content, dbid, role, preferred_role, mode, status, hostname, address, port, datadir
        FROM pg_catalog.gp_segment_configuration
        """

    static func segment(_ row: [String?]) throws -> Segment {
        let cells = row.map { $0 ?? "" }
        guard cells.count == 10, let content = Int(cells[0]), let dbid = Int(cells[1]),
            let role = SegmentRole(rawValue: cells[2]), let preferred = SegmentRole(rawValue: cells[3]),
            let mode = SegmentMode(rawValue: cells[4]), let status = SegmentStatus(rawValue: cells[5]),
            let port = Int(cells[8])
        else { throw OperationError("a row that makes no sense: \(cells.joined(separator: "|"))") }
        return Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: preferred, mode: mode,
            status: status, hostname: cells[6], address: cells[7], port: port, dataDirectory: cells[9])
    }
}
