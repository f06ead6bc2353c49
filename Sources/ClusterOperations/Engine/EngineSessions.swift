public import ClusterModel

/// How sessions are opened, and to whom.
extension Engine {
    /// Start-up options of a session (`postgres -c name=value`).
    public func settings(_ kind: SessionKind) -> [String] {
        var settings = ["search_path="]
        let isAlone = kind == .utility || kind == .standbyChange
        let changes = kind == .catalogChange || kind == .standbyChange
        if isAlone, let setting = utilitySetting { settings.insert(setting, at: 0) }
        if changes { settings.append("allow_system_table_mods=true") }
        settings.append("client_min_messages=error")
        // The embedded coordinator's catalog must stay writable while its standby is gone.
        if !isGreenplum && changes { settings.append("synchronous_commit=local") }
        return settings
    }

    /// The setting that makes a session one with a single instance (Greenplum 6: `gp_session_role`, its utilities'
    /// start-up options); nil where every session is.
    public var utilitySetting: String? {
        switch family {
        case .embedded: nil
        case .greenplum6: "gp_session_role=utility"
        case .greenplum7, .cloudberry: "gp_role=utility"
        }
    }

    /// Whether a session can be one with a single instance only.
    public var hasUtilityMode: Bool { utilitySetting != nil }

    /// Whether a mirror accepts read-only sessions: PostgreSQL's hot standby does, Greenplum's mirrors refuse.
    public var mirrorsAcceptSessions: Bool { !isGreenplum }

    /// Whether replication and database connections go to the catalog's `address` (embedded) or `hostname`.
    public var connectsByAddress: Bool { !isGreenplum }

    /// The name a peer is connected by, from this engine's column.
    public func connectionHost(of segment: Segment) -> String {
        connectsByAddress ? segment.address : segment.hostname
    }
}
