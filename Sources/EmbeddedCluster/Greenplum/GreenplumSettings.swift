import ClusterModel

/// The texts of a Greenplum instance's configuration files.
enum GreenplumSettings {
    /// What is added to the `postgresql.conf` that initdb wrote: small, and quick enough to watch.
    ///
    /// How long a mirror may be away is asked of its primary. The content is what gpinitsystem writes there too; the dbid has a file of its own, which copies do not share.
    static func configuration(for instance: Segment, socketDirectory: String) -> String {
        // A segment serves several sessions for each of the coordinator's.
        let connections = instance.isCoordinatorPair ? 40 : 120
        let common = """

            # gpdemo
            gp_contentid = \(instance.content)
            listen_addresses = \(ServerSettings.quoted(instance.address))
            port = \(instance.port)
            unix_socket_directories = \(ServerSettings.quoted(socketDirectory))
            unix_socket_permissions = 0700
            shared_buffers = 16MB
            dynamic_shared_memory_type = mmap
            max_connections = \(connections)
            max_prepared_transactions = 40
            maintenance_work_mem = 16MB
            wal_sender_timeout = 10s
            wal_receiver_timeout = 10s
            wal_retrieve_retry_interval = 1s
            wal_keep_size = 64MB
            min_wal_size = 192MB
            max_wal_size = 512MB
            autovacuum = off
            log_rotation_age = 0
            log_rotation_size = 0
            gp_fts_mark_mirror_down_grace_period = 5s

            """
        return instance.isCoordinatorPair ? common + faultTolerance : common
    }

    /// The settings of the server's own fault-tolerance service; a cycle of 10 s is its shortest.
    static let faultTolerance = """
        gp_fts_probe_interval = 10s
        gp_fts_probe_timeout = 5s
        gp_fts_probe_retries = 1

        """

    /// The text of `internal.auto.conf`, which `postgresql.conf` includes.
    static func identity(of instance: Segment) -> String { "gp_dbid=\(instance.dbid)\n" }
}
