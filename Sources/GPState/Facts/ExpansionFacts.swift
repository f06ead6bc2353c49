/// A table that an expansion has to spread anew (`gpexpand.status_detail`).
struct ExpansionTable: Sendable, Equatable {
    /// Quoted as an identifier.
    var database: String
    /// With its schema.
    var name: String
    /// `NOT STARTED`, `IN PROGRESS`, `COMPLETED`.
    var status: String

    var isCompleted: Bool { status == "COMPLETED" }
    var isInProgress: Bool { status == "IN PROGRESS" }
}

/// Whether segments are being added to the cluster.
///
/// An error while finding out counts as `none`.
enum ExpansionFacts: Sendable, Equatable {
    case none
    /// The file `gpexpand.status` lies in the coordinator's data directory: the catalog is being copied.
    case replicatingMetadata
    /// The table `gpexpand.status` exists: its newest status, and the tables.
    case redistributing(status: String, tables: [ExpansionTable])

    var isInProgress: Bool { self != .none }
}
