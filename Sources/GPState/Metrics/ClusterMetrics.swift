import ClusterModel

/// Facts as metrics: a pure function.
///
/// The names follow the existing exporters (`_segment_…`, `_replication_lag_bytes`), with base units; what is not known
/// has no sample.
struct ClusterMetrics: Sendable {
    let facts: MonitorFacts

    var text: String { MetricFamily.text(families) }

    var families: [MetricFamily] {
        var families = coordinator
        guard let configuration = facts.configuration else { return families }
        families += segments(configuration) + standby(configuration) + replication(configuration)
        families += slots(configuration) + recovery(configuration) + exposure(configuration)
        families += service(configuration) + hosts(configuration)
        return families
    }

    private var coordinator: [MetricFamily] {
        var up = MetricFamily("gpha_coordinator_up", "Whether the coordinator answered.")
        up.add(facts.coordinator.isAnswered)
        var time = MetricFamily("gpha_coordinator_answer_seconds", "Time to the coordinator's first answer.")
        if case .answered(let seconds) = facts.coordinator { time.add(seconds) }
        var age = MetricFamily(
            "gpha_catalog_age_seconds",
            "Age of the catalog that the other metrics rest on; above 0 the coordinator did not answer.")
        if facts.configuration != nil { age.add(Double(facts.catalogAge ?? 0)) }
        var duration = MetricFamily("gpha_collect_duration_seconds", "How long it took to collect these metrics.")
        duration.add(facts.seconds)
        return [up, time, age, duration]
    }

    /// The labels of every metric about one instance.
    static func labels(_ segment: Segment) -> [(name: String, value: String)] {
        [
            ("content", "\(segment.content)"), ("dbid", "\(segment.dbid)"), ("hostname", segment.hostname),
            ("port", "\(segment.port)"),
        ]
    }

    private func segments(_ configuration: ClusterConfiguration) -> [MetricFamily] {
        var up = MetricFamily("gpha_segment_up", "Whether the instance is up in the catalog and answers in its role.")
        var status = MetricFamily("gpha_segment_status", "Whether the catalog has the instance up.")
        var mode = MetricFamily("gpha_segment_in_sync", "Whether the catalog has the instance's pair in sync.")
        var role = MetricFamily("gpha_segment_primary", "Whether the instance acts as primary.")
        var preferred = MetricFamily("gpha_segment_in_preferred_role", "Whether the instance is in its preferred role.")
        for segment in configuration.segments {
            let labels = Self.labels(segment)
            up.add(facts.isUp(segment), labels)
            status.add(segment.status == .up, labels)
            mode.add(segment.mode == .inSync, labels)
            role.add(segment.role == .primary, labels)
            preferred.add(!segment.isSwitched, labels)
        }
        var version = MetricFamily("gpha_instance_version", "Always 1; the label tells the server's version.")
        for segment in configuration.allInstances {
            guard let text = facts.answer(segment).version else { continue }
            version.add(1, Self.labels(segment) + [("version", text)])
        }
        return [up, status, mode, role, preferred, version]
    }

    private func standby(_ configuration: ClusterConfiguration) -> [MetricFamily] {
        var configured = MetricFamily("gpha_standby_configured", "Whether the coordinator has a standby.")
        configured.add(configuration.standby != nil)
        var up = MetricFamily("gpha_standby_up", "Whether the standby answers.")
        var sync = MetricFamily("gpha_standby_in_sync", "Whether the standby streams and commits wait for it.")
        if let standby = configuration.standby {
            up.add(facts.isUp(standby), Self.labels(standby))
            sync.add(facts.standbyIsInSync, Self.labels(standby))
        }
        return [configured, up, sync]
    }

    /// The coordinator and its standby come as content −1.
    private func pairs(_ configuration: ClusterConfiguration) -> [SegmentPair] {
        [SegmentPair(primary: configuration.coordinator, mirror: configuration.standby)] + configuration.pairs
    }

    private func replication(_ configuration: ClusterConfiguration) -> [MetricFamily] {
        var lag = MetricFamily(
            "gpha_replication_lag_bytes",
            "WAL of the primary that is not yet sent to, flushed by, replayed by the content's mirror or standby.")
        var streaming = MetricFamily("gpha_replication_streaming", "Whether the mirror or standby streams.")
        var synchronous = MetricFamily(
            "gpha_replication_synchronous", "Whether commits count on the mirror's or standby's flush.")
        for pair in pairs(configuration) where pair.mirror != nil {
            guard let stream = facts.answer(pair.primary).stream else { continue }
            let labels = Self.labels(pair.primary)
            for (stage, place) in [("sent", stream.sent), ("flushed", stream.flushed), ("replayed", stream.replayed)] {
                lag.add(place.behind.map(Double.init), labels + [("stage", stage)])
            }
            streaming.add(stream.state == "streaming", labels)
            synchronous.add(stream.isSynchronous, labels)
        }
        return [lag, streaming, synchronous]
    }

    private func slots(_ configuration: ClusterConfiguration) -> [MetricFamily] {
        var retained = MetricFamily("gpha_replication_slot_retained_bytes", "WAL that the replication slot keeps.")
        var active = MetricFamily("gpha_replication_slot_active", "Whether the replication slot is in use.")
        var lost = MetricFamily(
            "gpha_replication_slot_lost", "Whether WAL that the slot's mirror needs is gone.")
        var limit = MetricFamily(
            "gpha_replication_slot_limit_bytes", "max_slot_wal_keep_size; no sample without a limit.")
        var growth = MetricFamily(
            "gpha_wal_growth_bytes_per_second",
            "Rate at which WAL grew for about a second; only where an idle slot keeps WAL.")
        for segment in configuration.allInstances {
            let answer = facts.answer(segment)
            let labels = Self.labels(segment)
            for slot in answer.slots {
                let own = labels + [("slot", slot.name)]
                retained.add(slot.retainedBytes.map(Double.init), own)
                active.add(slot.isActive, own)
                lost.add(slot.isLost, own)
            }
            if !answer.slots.isEmpty { limit.add(answer.slotLimit.map(Double.init), labels) }
            growth.add(answer.growth.map { $0.bytesPerSecond ?? 0 }, labels)
        }
        return [retained, active, lost, limit, growth]
    }

    private func recovery(_ configuration: ClusterConfiguration) -> [MetricFamily] {
        var done = MetricFamily("gpha_recovery_completed_bytes", "Bytes that a running gprecoverseg has copied.")
        var size = MetricFamily("gpha_recovery_size_bytes", "Bytes that a running gprecoverseg has to copy.")
        for progress in facts.recoveries {
            guard let segment = configuration.allInstances.first(where: { $0.dbid == progress.dbid }) else { continue }
            let unit = progress.unit == "mB" ? 1_048_576.0 : 1024.0
            let labels = Self.labels(segment) + [("type", progress.kind)]
            done.add(Double(progress.completed) * unit, labels)
            size.add(Double(progress.total) * unit, labels)
        }
        var rebuild = MetricFamily(
            "gpha_mirror_rebuild", "1 while the mirror is copied from its primary or rewound to it.")
        for pair in configuration.pairs {
            guard let mirror = pair.mirror, let running = facts.answer(pair.primary).rebuild else { continue }
            rebuild.add(1, Self.labels(mirror) + [("type", running.kind.rawValue)])
        }
        return [done, size, rebuild]
    }

    private func exposure(_ configuration: ClusterConfiguration) -> [MetricFamily] {
        var copies = MetricFamily(
            "gpha_content_copies",
            "Copies that can serve the content now or at once: 2 protected, 1 exposed to a double fault, 0 lost.")
        var lethal = MetricFamily("gpha_host_loss_lethal", "Whether losing the host now would stop the cluster.")
        // Nothing measured, nothing said: the catalog alone would make it look well.
        guard let loss = facts.hostLoss, !facts.instances.isEmpty else { return [] }
        for pair in pairs(configuration) where pair.content != .coordinator || facts.coordinator.isAnswered {
            copies.add(loss.copies[pair.content].map(Double.init), [("content", "\(pair.content)")])
        }
        for host in configuration.hostnames {
            let isLethal = loss.lethal.contains {
                $0.host == host && (facts.coordinator.isAnswered || $0.contents != [.coordinator])
            }
            lethal.add(isLethal, [("hostname", host)])
        }
        return [copies, lethal]
    }

    private func service(_ configuration: ClusterConfiguration) -> [MetricFamily] {
        var running = MetricFamily("gpha_fts_up", "Whether the fault-tolerance service runs; where that can be told.")
        running.add(facts.isServiceRunning)
        var age = MetricFamily(
            "gpha_fts_last_probe_age_seconds",
            "Time since the fault-tolerance service last probed the primary; where that can be told.")
        for primary in configuration.primaries {
            age.add(facts.answer(primary).secondsSinceProbe, Self.labels(primary))
        }
        return [running, age]
    }

    private func hosts(_ configuration: ClusterConfiguration) -> [MetricFamily] {
        var up = MetricFamily("gpha_host_up", "Whether the host answered over SSH.")
        var size = MetricFamily("gpha_filesystem_size_bytes", "Size of a file system with data directories or WAL.")
        var used = MetricFamily("gpha_filesystem_used_bytes", "Used bytes of the file system.")
        var free = MetricFamily("gpha_filesystem_avail_bytes", "Bytes that users without privileges can still have.")
        for (host, answer) in facts.hosts.sorted(by: { $0.key < $1.key }) {
            guard case .success(let answer) = answer else {
                up.add(false, [("hostname", host)])
                continue
            }
            up.add(true, [("hostname", host)])
            let spaces = Dictionary(answer.spaces.values.joined().map { ($0.mountPoint, $0) }) { first, _ in first }
            for (mountPoint, space) in spaces.sorted(by: { $0.key < $1.key }) {
                let labels = [("hostname", host), ("mountpoint", mountPoint)]
                size.add(Double(space.sizeBytes), labels)
                used.add(Double(space.usedBytes), labels)
                free.add(Double(space.availableBytes), labels)
            }
        }
        return [up, size, used, free]
    }
}
