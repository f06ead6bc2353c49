public import ClusterOperations

/// What the servers of a demo cluster are.
public enum DemoEngine: String, Sendable, CaseIterable {
    /// Plain PostgreSQL servers with Greenplum's catalog on the coordinator, and `gpftsd` beside it.
    case embedded
    /// The Greenplum 7 server of an installation on this machine.
    case greenplum

    /// What is known of such servers.
    public var facts: Engine {
        switch self {
        case .embedded: Engine(family: .embedded, postgresMajor: 15)
        case .greenplum: Engine(family: .greenplum7, postgresMajor: 12)
        }
    }

    /// Programs that a cluster cannot be made without.
    var programs: [String] {
        let common = ["initdb", "postgres", "pg_ctl", "pg_basebackup"]
        return self == .greenplum ? common + ["pg_rewind", "psql"] : common
    }
}
