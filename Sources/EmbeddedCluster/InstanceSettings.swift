import ClusterModel

/// The texts of an instance's configuration files.
enum InstanceSettings {
    /// What is added to the `postgresql.conf` that initdb wrote: small, and ready to be mirrored.
    static func configuration(for instance: Segment, socketDirectory: String) -> String {
        """

        # gpdemo
        listen_addresses = \(ServerSettings.quoted(instance.address))
        port = \(instance.port)
        unix_socket_directories = \(ServerSettings.quoted(socketDirectory))
        unix_socket_permissions = 0700
        cluster_name = 'gpseg\(instance.content)'
        shared_buffers = 16MB
        dynamic_shared_memory_type = mmap
        max_connections = 40
        max_prepared_transactions = 10
        max_worker_processes = 2
        max_parallel_workers = 0
        max_parallel_workers_per_gather = 0
        max_logical_replication_workers = 0
        jit = off
        autovacuum_max_workers = 1
        autovacuum_work_mem = 4MB
        maintenance_work_mem = 16MB
        wal_level = replica
        wal_log_hints = on
        hot_standby = on
        max_wal_senders = 10
        max_replication_slots = 10
        wal_keep_size = 64MB
        min_wal_size = 32MB
        max_wal_size = 256MB
        wal_receiver_timeout = 10s
        wal_sender_timeout = 10s
        wal_retrieve_retry_interval = 1s
        logging_collector = on
        log_directory = 'log'
        log_filename = 'gpdb.log'
        log_rotation_age = 0
        log_rotation_size = 0
        log_line_prefix = '%m [%p] %q%u@%d/%a '

        """
    }

    /// Who may connect: the account through the socket, from the host itself and from the coordinator's host.
    ///
    /// Nothing else, and no replication: the tools add what a mirror needs. On loopback every client's address is
    /// 127.0.0.1, so that one is let in there.
    static func access(account: String, coordinatorAddress: String, network: DemoNetwork) -> String {
        var lines = [
            "# TYPE  DATABASE  USER  ADDRESS  METHOD",
            "local all all trust",
            "host all \(doubleQuoted(account)) samehost trust",
            "host all \(doubleQuoted(account)) \(coordinatorAddress)/32 trust",
        ]
        if network == .loopback { lines.append("host all \(doubleQuoted(account)) 127.0.0.1/32 trust") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The settings of the fault-tolerance service, quick enough to watch.
    static let faultTolerance = """
        gp_fts_probe_interval=5
        gp_fts_probe_timeout=2
        gp_fts_probe_retries=2
        gp_fts_mark_mirror_down_grace_period=5

        """

    /// A name in `pg_hba.conf`, safe from being read as a keyword.
    private static func doubleQuoted(_ name: String) -> String { "\"\(name)\"" }
}
