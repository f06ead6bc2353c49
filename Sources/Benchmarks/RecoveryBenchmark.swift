import BlockingWork
import ClusterModel
import EmbeddedCluster
import RemoteShell

/// gprecoverseg against the same programs by hand: eight mirrors of 256 MB on four hosts, until every pair is in sync.
///
/// Ours ends when every pair is in sync, the floors when every mirror streams. Making a mirror fail, and marking it down, is outside the times.
struct RecoveryBenchmark: Sendable {
    let cluster: DemoCluster

    /// All three, each with its bar.
    func measure() async throws -> [PairedMeasurement] {
        var full = PairedMeasurement("`gprecoverseg -F --wait`, 8 mirrors of 256 MB", bar: 1.25)
        var incremental = PairedMeasurement("`gprecoverseg --wait` after a failover and 1 % change", bar: 1.5)
        var differential = PairedMeasurement("`--differential` with 1 % changed, against `-F`", bar: 0.5)
        for _ in 0..<Benchmarks.pairs {
            let fullTime = try await time(losing: .mirror, by: .recovery(["-F"]))
            full.add(ours: fullTime, floor: try await time(losing: .mirror, by: .hand(Self.baseBackup)))
            incremental.add(
                ours: try await time(losing: .primary, by: .recovery([])),
                floor: try await time(losing: .primary, by: .hand(Self.rewind)))
            // The full one first: what differs then is what was changed, and not also the hint bits that the pages of a
            // failed-over mirror never got, of all changes before.
            let again = try await time(losing: .mirror, by: .recovery(["-F"]))
            differential.add(
                ours: try await time(losing: .mirror, by: .recovery(["--differential"])), floor: again)
        }
        return [full, incremental, differential]
    }

    private enum Way {
        /// gprecoverseg with these options.
        case recovery([String])
        /// The shell text for one mirror, all of them at once.
        case hand(String)
    }

    /// Crashes every acting primary or every mirror, changes 1 % and times the way back.
    private func time(losing role: SegmentRole, by way: Way) async throws -> Duration {
        try await settle()
        let lost = try await segments().filter { $0.role == role }
        for segment in lost { try await cluster.stop(segment, mode: "immediate") }
        try await until("the failures are in the catalog") { rows in
            rows.allSatisfy { $0.role == .primary ? $0.mode == .notInSync : $0.status == .down }
        }
        for primary in try await segments() where primary.role == .primary {
            try await change(primary)
        }
        let mirrors = try await segments().filter { $0.role == .mirror }
        switch way {
        case .recovery(let options):
            return try await untilInSync(["-a", "--no-progress", "--wait=300"] + options)
        case .hand(let text):
            if text == Self.baseBackup {
                let directories = mirrors.map { "rm -rf '\($0.dataDirectory)'" }.joined(separator: "\n")
                _ = try await Benchmarks.run(cluster, ["/bin/sh", "-c", directories])
            }
            return try await byHand(text, mirrors)
        }
    }

    /// How long gprecoverseg takes until it knows that all pairs are in sync; removing what it replaced comes after.
    private func untilInSync(_ options: [String]) async throws -> Duration {
        let script = """
            begun=`date +%s%N`
            gprecoverseg "$@" | while IFS= read -r line; do
              case $line in *'All recovered pairs are in sync.') echo $((`date +%s%N` - begun)) ;; esac
            done
            """
        let output = try await Benchmarks.run(cluster, ["/bin/sh", "-c", script, "sh"] + options)
        guard let nanoseconds = Int(output.standardOutput.filter(\.isNumber)) else {
            throw DemoError("gprecoverseg \(options.joined(separator: " ")) did not bring all pairs into sync")
        }
        return .nanoseconds(nanoseconds)
    }

    /// One in a hundred rows, which lie together.
    ///
    /// With what autovacuum would do to them a moment later: the table stays as large as it is, and the next round meets
    /// no hint bits that this one left to be set.
    private func change(_ primary: Segment) async throws {
        try await cluster.query(
            "UPDATE ballast SET t = reverse(t) WHERE i <= (SELECT count(*) / 100 FROM ballast)", on: primary,
            timeout: .seconds(120))
        try await cluster.query("VACUUM ballast", on: primary, timeout: .seconds(120))
        try await cluster.query("CHECKPOINT", on: primary, timeout: .seconds(120))
    }

    private func segments() async throws -> [Segment] {
        try await cluster.instances().filter { !$0.isCoordinatorPair }
    }

    /// Until every pair is in sync again.
    private func settle() async throws {
        try await until("every pair is in sync") { rows in
            rows.allSatisfy { $0.status == .up && $0.mode == .inSync }
        }
    }

    private func until(_ what: String, _ holds: ([Segment]) -> Bool) async throws {
        let deadline = Deadline.after(.seconds(120))
        while try await !holds(segments()) {
            guard !deadline.isPast else { throw DemoError("two minutes went by until \(what)") }
            try await cluster.query("SELECT pg_catalog.gp_request_fts_probe_scan()", timeout: .seconds(60))
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static let baseBackup = """
        pg_basebackup -D "$data" -h "$address" -p "$source" -c fast -X stream -S internal_wal_replication_slot -R
        printf "port = $port\\nlisten_addresses = '$own'\\nunix_socket_directories = '$sockets'\\n" >> "$data/postgresql.conf"
        printf "primary_conninfo = 'host=$address port=$source application_name=gp_walreceiver'\\nprimary_slot_name = 'internal_wal_replication_slot'\\nsynchronous_standby_names = ''\\n" >> "$data/postgresql.auto.conf"
        """

    private static let rewind = """
        cp "$data/postgresql.conf" "$data.conf"
        pg_rewind -D "$data" --source-server="host=$address port=$source dbname=postgres" >/dev/null 2>&1
        mv "$data.conf" "$data/postgresql.conf"
        printf "primary_conninfo = 'host=$address port=$source application_name=gp_walreceiver'\\nprimary_slot_name = 'internal_wal_replication_slot'\\nsynchronous_standby_names = ''\\n" >> "$data/postgresql.auto.conf"
        : > "$data/standby.signal"
        """

    /// Everything at once, started, and waited for until each streams.
    private func byHand(_ text: String, _ mirrors: [Segment]) async throws -> Duration {
        let rows = try await segments()
        var script = "set -e\numask 077\n"
        for mirror in mirrors {
            guard let primary = rows.first(where: { $0.content == mirror.content && $0.role == .primary }) else {
                continue
            }
            script += """
                ( data='\(mirror.dataDirectory)'; address=\(primary.address); source=\(primary.port); port=\(mirror.port)
                own=\(mirror.address); sockets='\(cluster.directory)/hosts/\(mirror.hostname)/run'
                \(text)
                pg_ctl -D "$data" -l "$data/startup.log" -w start >/dev/null </dev/null 2>&1
                until [ "`psql -XAt -h $address -p $source -c "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"`" = 1 ]; do sleep 0.1; done ) &

                """
        }
        let whole = script + "wait"
        return try await Statistics.time { _ = try await Benchmarks.run(cluster, ["/bin/sh", "-c", whole]) }
    }
}
