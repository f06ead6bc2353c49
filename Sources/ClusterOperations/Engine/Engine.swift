/// The kind of server a cluster is made of, and every fact in which the kinds differ.
///
/// This folder is the one place for such facts; each names its source. The embedded engine is plain PostgreSQL whose
/// coordinator carries Greenplum's catalog table, views and functions in database `postgres`.
///
/// What is known of Greenplum 6 and of Cloudberry comes from the originals' behaviour and from their sources; nothing
/// was tried on such a server, so nothing is done to one (`isTried`).
public struct Engine: Sendable, Hashable {
    /// The family and its line.
    public enum Family: String, Sendable, CaseIterable {
        case embedded
        /// PostgreSQL 9.4 inside.
        case greenplum6
        /// PostgreSQL 12 inside.
        case greenplum7
        /// Cloudberry Database 1 and Apache Cloudberry 2: PostgreSQL 14 inside.
        case cloudberry

        /// As messages name it.
        public var title: String {
            switch self {
            case .embedded: "embedded engine"
            case .greenplum6: "Greenplum 6"
            case .greenplum7: "Greenplum 7"
            case .cloudberry: "Cloudberry"
            }
        }
    }

    /// What a connection is for.
    public enum SessionKind: Sendable {
        /// To one instance alone (Greenplum: `gp_role=utility`).
        case utility
        /// To the coordinator as a client sees it.
        case dispatch
        /// To the coordinator, to change its catalog.
        case catalogChange
        /// To the coordinator alone, to change its standby's row (Greenplum: the functions want utility mode).
        case standbyChange
    }

    public let family: Family
    /// The server's major PostgreSQL version, from `PG_VERSION` in the data directory; 9 for 9.4.
    public let postgresMajor: Int

    public init(family: Family, postgresMajor: Int) {
        self.family = family
        self.postgresMajor = postgresMajor
    }

    /// Whether it is a server with Greenplum's own code in it, not plain PostgreSQL.
    public var isGreenplum: Bool { family != .embedded }

    /// Whether the tools were ever run on such a server: they refuse all others.
    public var isTried: Bool { family == .embedded || family == .greenplum7 }

    // MARK: Catalog and probes

    /// Where the catalog table lives: shared in Greenplum, in one database of the embedded engine.
    public var database: String { isGreenplum ? "template1" : "postgres" }

    /// The database for replication-level and per-segment sessions.
    public var segmentDatabase: String { database }

    /// How often `gp_request_fts_probe_scan()` is called: Greenplum 7's first call may return early (manual, §FTS);
    /// Greenplum 6's utilities call it once.
    public var probeCalls: Int { family == .greenplum7 || family == .cloudberry ? 2 : 1 }

    /// Whether the rows of all mirrors have to appear at once, before the copies.
    ///
    /// Greenplum's coordinator takes a catalog with mirrors to have one for every content: seen on 7.0.0, with rows
    /// for some contents only its sessions end with a segmentation fault when they dispatch, and with them the whole
    /// coordinator restarts. The embedded engine has no dispatcher.
    public var addsMirrorRowsTogether: Bool { isGreenplum }

    /// Whether the server itself takes the old coordinator's row out and makes the standby's row the coordinator's when
    /// it is promoted (Greenplum: `UpdateCatalogForStandbyPromotion`, xlog.c).
    public var changesCatalogAtPromotion: Bool { isGreenplum }

    /// Whether the fault-tolerance service is a program of ours beside the coordinator; Greenplum has it inside.
    public var hasFaultToleranceProgram: Bool { !isGreenplum }

    /// Whether one statement on the coordinator reaches every content: Greenplum dispatches, the embedded engine's
    /// contents are asked one by one.
    public var dispatches: Bool { isGreenplum }

    /// Whether a coordinator that was just started or promoted lets clients in only once it reached every content.
    ///
    /// Seen on 7.0.0: until its distributed transactions are recovered, which needs a primary of each, every session but
    /// those of the utilities is told "the database system is in recovery mode".
    public var awaitsEveryContent: Bool { isGreenplum }

    // MARK: Programs

    /// Whether extensions come as packages that every host needs (Greenplum's `gppkg`; Cloudberry has none).
    public var hasPackages: Bool { family == .greenplum7 || family == .greenplum6 }

    /// The program that names the installed version soonest.
    ///
    /// `pg_ctl` comes with `postgres` and starts ten times as fast: that one has libraries to load. Greenplum's build is
    /// told by `postgres` alone.
    public var versionProgram: String { isGreenplum ? "postgres" : "pg_ctl" }

    /// Whether `postgres --gp-version` exists; else `--version` is asked.
    public var versionArgument: String { isGreenplum ? "--gp-version" : "--version" }
}
