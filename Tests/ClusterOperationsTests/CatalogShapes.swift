import ClusterOperations

/// What the catalogs of each line of servers are made of: columns and functions, recorded from their definitions.
struct CatalogShape: Sendable {
    let family: Engine.Family
    /// A `version()` of that line.
    let version: String
    let versionFile: String
    let segmentConfiguration: String
    let configurationHistory: String
    let replicationView: String
    let functions: Set<String>

    static let all = [greenplum6, greenplum7, cloudberry]

    /// 6.24: `gp_segment_configuration.h`, `gp_configuration_history.h`, the view of `system_views.sql`.
    static let greenplum6 = CatalogShape(
        family: .greenplum6,
        version: "PostgreSQL 9.4.26 (Greenplum Database 6.24.3 build commit:25d3498a400ca5230e81abb94861f23389315213) "
            + "on x86_64-unknown-linux-gnu, compiled by gcc (GCC) 6.4.0, 64-bit compiled on May  3 2023 21:42:58",
        versionFile: "9.4\n",
        segmentConfiguration: "dbid content role preferred_role mode status port hostname address datadir",
        configurationHistory: "time dbid desc",
        replicationView: """
            gp_segment_id pid usesysid usename application_name client_addr client_hostname client_port backend_start \
            backend_xmin state sent_location write_location flush_location replay_location sync_priority sync_state \
            sync_error
            """,
        functions: [
            "gp_add_master_standby", "gp_remove_master_standby", "gp_request_fts_probe_scan", "gp_add_segment",
            "gp_remove_segment_mirror", "pg_current_xlog_location", "pg_last_xlog_replay_location",
            "pg_xlog_location_diff", "pg_xlogfile_name",
        ])

    /// 7.0.0, from a running server.
    static let greenplum7 = CatalogShape(
        family: .greenplum7,
        version: "PostgreSQL 12.12 (Greenplum Database 7.0.0 build commit:0a7a3566873325aca1789ae6f818c80f17a9402d) "
            + "on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit compiled on Nov 21 2026",
        versionFile: "12\n",
        segmentConfiguration: "dbid content role preferred_role mode status port hostname address datadir",
        configurationHistory: "time dbid description",
        replicationView: """
            gp_segment_id pid usesysid usename application_name client_addr client_hostname client_port backend_start \
            backend_xmin state sent_lsn write_lsn flush_lsn replay_lsn write_lag flush_lag replay_lag sync_priority \
            sync_state reply_time sync_error
            """,
        functions: [
            "gp_add_coordinator_standby", "gp_add_master_standby", "gp_remove_coordinator_standby",
            "gp_remove_master_standby", "gp_request_fts_probe_scan", "gp_add_segment", "gp_remove_segment_mirror",
            "pg_current_wal_lsn", "pg_last_wal_replay_lsn", "pg_wal_lsn_diff", "pg_walfile_name",
        ])

    /// Apache Cloudberry 2: its system catalog's manual, and the statements of its utilities.
    static let cloudberry = CatalogShape(
        family: .cloudberry,
        version: "PostgreSQL 14.4 (Apache Cloudberry 2.0.0-incubating build 1) on aarch64-unknown-linux-gnu, "
            + "compiled by gcc (GCC) 11.5.0 20240719 (Red Hat 11.5.0-11), 64-bit",
        versionFile: "14\n",
        segmentConfiguration: "dbid content role preferred_role mode status port hostname address datadir warehouseid",
        configurationHistory: "time dbid desc",
        replicationView: """
            gp_segment_id pid usesysid usename application_name client_addr client_hostname client_port backend_start \
            backend_xmin state sent_lsn write_lsn flush_lsn replay_lsn write_lag flush_lag replay_lag sync_priority \
            sync_state reply_time spill_txns spill_count spill_bytes sync_error
            """,
        functions: [
            "gp_add_master_standby", "gp_remove_master_standby", "gp_request_fts_probe_scan", "gp_add_segment",
            "gp_remove_segment_mirror", "pg_current_wal_lsn", "pg_last_wal_replay_lsn", "pg_wal_lsn_diff",
            "pg_walfile_name",
        ])

    static func columns(_ text: String) -> Set<String> {
        Set(text.split(separator: " ").map { $0.filter { $0 != "\"" && $0 != "," } })
    }
}
