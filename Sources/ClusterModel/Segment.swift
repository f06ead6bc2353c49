/// Which slice of the data an instance holds; −1 is the coordinator's (`gp_segment_configuration.content`).
public struct ContentID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public init(_ rawValue: Int) { self.rawValue = rawValue }
    /// The coordinator and its standby.
    public static let coordinator = ContentID(-1)
    public static func < (left: ContentID, right: ContentID) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(rawValue) }
}

/// The unique number of one instance (`gp_segment_configuration.dbid`).
public struct DatabaseID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public init(_ rawValue: Int) { self.rawValue = rawValue }
    public static func < (left: DatabaseID, right: DatabaseID) -> Bool { left.rawValue < right.rawValue }
    public var description: String { String(rawValue) }
}

/// The part an instance plays: `p` or `m` in the catalog.
public enum SegmentRole: String, Sendable, CaseIterable {
    case primary = "p"
    case mirror = "m"

    /// `Primary` or `Mirror`, as the reports print it.
    public var label: String { self == .primary ? "Primary" : "Mirror" }
}

/// Whether a pair is in sync: `s` or `n` in the catalog.
public enum SegmentMode: String, Sendable, CaseIterable {
    case inSync = "s"
    case notInSync = "n"
}

/// Whether the fault-tolerance service counts an instance as up: `u` or `d` in the catalog.
public enum SegmentStatus: String, Sendable, CaseIterable {
    case up = "u"
    case down = "d"
}

/// One instance: one row of `gp_segment_configuration`.
public struct Segment: Hashable, Sendable {
    public var dbid: DatabaseID
    public var content: ContentID
    /// The part it plays now.
    public var role: SegmentRole
    /// The part it was made for.
    public var preferredRole: SegmentRole
    public var mode: SegmentMode
    public var status: SegmentStatus
    /// The machine's name: where SSH goes.
    public var hostname: String
    /// The interface's name or number: where database connections go.
    public var address: String
    public var port: Int
    /// An absolute path on that host.
    public var dataDirectory: String

    public init(
        dbid: DatabaseID, content: ContentID, role: SegmentRole, preferredRole: SegmentRole,
        mode: SegmentMode, status: SegmentStatus, hostname: String, address: String, port: Int,
        dataDirectory: String
    ) {
        self.dbid = dbid
        self.content = content
        self.role = role
        self.preferredRole = preferredRole
        self.mode = mode
        self.status = status
        self.hostname = hostname
        self.address = address
        self.port = port
        self.dataDirectory = dataDirectory
    }

    /// The columns of `gp_segment_configuration` in the order of `init(catalogRow:)`.
    public static let catalogColumns =
        "dbid, content, role, preferred_role, mode, status, hostname, address, port, datadir"

    /// Reads a row of `catalogColumns`; null is an empty text.
    ///
    /// Returns nil where a number is none, or a letter is not one of the column's.
    public init?(catalogRow row: [String?]) {
        let cells = row.map { $0 ?? "" }
        guard cells.count == 10, let dbid = Int(cells[0]), let content = Int(cells[1]),
            let role = SegmentRole(rawValue: cells[2]), let preferred = SegmentRole(rawValue: cells[3]),
            let mode = SegmentMode(rawValue: cells[4]), let status = SegmentStatus(rawValue: cells[5]),
            let port = Int(cells[8])
        else { return nil }
        self.init(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: preferred, mode: mode,
            status: status, hostname: cells[6], address: cells[7], port: port, dataDirectory: cells[9])
    }

    /// Whether it belongs to the coordinator's pair.
    public var isCoordinatorPair: Bool { content == .coordinator }
    /// Whether it plays another part than it was made for.
    public var isSwitched: Bool { role != preferredRole }
    /// `dbid 5 (sdw2:7001)`, the form in which messages name an instance.
    public var label: String { "dbid \(dbid) (\(hostname):\(port))" }
    /// The original's own form, kept because its error texts carry it.
    public var catalogForm: String {
        "\(hostname):\(dataDirectory):content=\(content):dbid=\(dbid):role=\(role.rawValue)"
            + ":preferred_role=\(preferredRole.rawValue):mode=\(mode.rawValue):status=\(status.rawValue)"
    }
}
