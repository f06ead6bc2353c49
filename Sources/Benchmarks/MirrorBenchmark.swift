import BlockingWork
import ClusterModel
import EmbeddedCluster
import PostgresClient
import RemoteShell

/// gpaddmirrors with `--wait` against the same copies made by hand in parallel.
struct MirrorBenchmark: Sendable {
    let cluster: DemoCluster

    /// Fills every primary.
    func load(megabytes: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for primary in try await primaries() {
                group.addTask {
                    for statement in [
                        "CREATE TABLE ballast AS SELECT i, repeat(md5(i::text), 30) AS t "
                            + "FROM generate_series(1, \(megabytes * 980)) AS i", "CHECKPOINT",
                    ] { try await cluster.query(statement, on: primary, timeout: .seconds(300)) }
                }
            }
            try await group.waitForAll()
        }
    }

    func addMirrors() async throws {
        _ = try await Benchmarks.run(
            cluster,
            ["gpaddmirrors", "-a", "-s", "--no-progress", "-m", cluster.mirrorDirectoryList, "--wait=300"])
    }

    func measure() async throws -> PairedMeasurement {
        var result = PairedMeasurement("`gpaddmirrors --wait`, 8 primaries of 256 MB", bar: 1.25)
        let mirrors = try await cluster.instances().filter { $0.role == .mirror }
        for _ in 0..<Benchmarks.pairs {
            try await remove(mirrors)
            let ours = try await Statistics.time { try await addMirrors() }
            try await remove(mirrors)
            let floor = try await Statistics.time { try await copyByHand(mirrors) }
            try await remove(mirrors)
            result.add(ours: ours, floor: floor)
        }
        return result
    }

    private func primaries() async throws -> [Segment] {
        try await cluster.instances().filter { $0.role == .primary && $0.content >= ContentID(0) }
    }

    /// Takes the mirrors away again, as if they had never been.
    private func remove(_ mirrors: [Segment]) async throws {
        let known = try await cluster.instances()
        for mirror in mirrors where known.contains(where: { $0.dbid == mirror.dbid && $0.role == .mirror }) {
            try await cluster.query("SELECT gp_remove_segment_mirror($1::int2)", ["\(mirror.content)"])
        }
        try await cluster.query("UPDATE pg_catalog.gp_segment_configuration SET mode = 'n' WHERE content >= 0")
        for primary in known where primary.role == .primary && primary.content >= ContentID(0) {
            try await cluster.query("ALTER SYSTEM RESET synchronous_standby_names", on: primary)
            try await cluster.query("SELECT pg_reload_conf()", on: primary)
        }
        let lines = mirrors.map {
            "pg_ctl -D '\($0.dataDirectory)' -m immediate -w stop >/dev/null 2>&1; rm -rf '\($0.dataDirectory)'"
        }
        _ = try await Benchmarks.run(cluster, ["/bin/sh", "-c", lines.joined(separator: "\n") + "\nexit 0"])
        for primary in known where primary.role == .primary && primary.content >= ContentID(0) {
            try await dropSlot(on: primary)
            try await cluster.query("CHECKPOINT", on: primary, timeout: .seconds(120))
        }
    }

    private func dropSlot(on primary: Segment) async throws {
        for _ in 0..<50 {
            let active = try await cluster.query(
                "SELECT count(*) FROM pg_replication_slots WHERE active", on: primary
            ).value()
            if active == "0" { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        try await cluster.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots", on: primary)
    }

    /// `pg_basebackup` of all at once, started, and waited for until each streams.
    private func copyByHand(_ mirrors: [Segment]) async throws {
        let primaries = try await primaries()
        var script = "set -e\numask 077\n"
        for mirror in mirrors {
            guard let primary = primaries.first(where: { $0.content == mirror.content }) else { continue }
            let sockets = "\(cluster.directory)/hosts/\(mirror.hostname)/run"
            script += """
                ( pg_basebackup -D '\(mirror.dataDirectory)' -h \(primary.address) -p \(primary.port) -c fast \
                -X stream -C -S internal_wal_replication_slot -R
                printf "port = \(mirror.port)\\nlisten_addresses = '\(mirror.address)'\\nunix_socket_directories = '\(sockets)'\\n" >> '\(mirror.dataDirectory)/postgresql.conf'
                pg_ctl -D '\(mirror.dataDirectory)' -l '\(mirror.dataDirectory)/startup.log' -w start >/dev/null </dev/null 2>&1
                until [ "`psql -XAt -h \(primary.address) -p \(primary.port) -c "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"`" = 1 ]; do sleep 0.1; done ) &

                """
        }
        _ = try await Benchmarks.run(cluster, ["/bin/sh", "-c", script + "wait"])
    }
}
