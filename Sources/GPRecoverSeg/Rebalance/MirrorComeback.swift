import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient

/// The part of a swap that makes the old primary a mirror again.
extension PairSwap {
    /// Makes the stopped primary follow its successor, and waits until it streams.
    func bringBack(_ old: Segment, _ successor: Segment) async throws {
        do {
            show(old, "returning")
            try await configure(old, successor)
            try killPoint(.returnConfigured)
            try await command(
                build.start(old, timeout: Self.startTimeout), "the start of mirror \(old.label)", old.hostname,
                timeout: Self.startTimeout + .seconds(30))
            try await awaitStream(from: successor, to: old)
            try killPoint(.mirrorStarted)
        } catch {
            throw SwapFailure(.mirrorDown("\(old.label) is not back as a mirror: \(error)"))
        }
    }

    private func configure(_ old: Segment, _ successor: Segment) async throws {
        let output = try await command(
            build.controlData(old), "the control data of \(old.label)", old.hostname)
        let history = try await access.withSegment(successor) { connection in
            try connection.query(
                """
                SELECT pg_catalog.pg_read_file('pg_wal/' || pg_catalog.substr(
                    pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8) || '.history')
                """, timeout: .seconds(10)
            ).value() ?? ""
        }
        guard let shutdown = CleanShutdown(controlData: output.standardOutput) else {
            throw OperationError("pg_controldata says nothing of its last checkpoint")
        }
        if let obstacle = shutdown.obstacle(history: history) {
            guard let rewind else { throw OperationError("\(obstacle): it needs pg_rewind") }
            logger.info("content \(old.content): \(old.label): \(obstacle); rewinding it")
            try await rewind(old, successor)
        } else {
            try await command(
                build.follow(old, source: successor), "the settings of mirror \(old.label)", old.hostname)
        }
    }

    private func awaitStream(from primary: Segment, to mirror: Segment) async throws {
        let deadline = Deadline.after(Self.streamTimeout)
        while !deadline.isPast {
            let count = try? await access.withSegment(primary) { connection in
                try connection.query(
                    """
                    SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication
                    WHERE pg_catalog.lower(application_name) = $1 AND state = 'streaming'
                    """, [Engine.walReceiverName], timeout: .seconds(10)
                ).value()
            }
            if (count ?? nil) == "1" { return }
            try? await Task.sleep(for: .milliseconds(100))
        }
        throw OperationError("it runs and does not stream from \(primary.label) within \(Self.streamTimeout)")
    }

    /// Waits until the catalog has both instances up and in sync in the roles they were made for.
    func awaitSync(_ old: Segment, _ successor: Segment) async throws {
        onPhase(.synchronization)
        show(old, "synchronizing")
        let deadline = Deadline.after(syncTimeout)
        let dbids = [old.dbid, successor.dbid]
        var state = "the catalog could not be read"
        while true {
            let timeout = max(.seconds(1), min(deadline.remaining, .seconds(120)))
            let rows = try? await access.withCoordinator(.dispatch) { [engine = access.engine] connection in
                try Catalog.requestProbe(engine, on: connection, timeout: timeout)
                return try Catalog.rows(connection).filter { dbids.contains($0.dbid) }
            }
            if let rows {
                let isDone = rows.allSatisfy { $0.status == .up && $0.mode == .inSync && !$0.isSwitched }
                if rows.count == 2 && isDone { break }
                state = rows.map(\.catalogForm).joined(separator: ", ")
            }
            guard !deadline.isPast else {
                throw SwapFailure(.notInSync("not in sync within \(syncTimeout.components.seconds) s: \(state)"))
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
        do {
            try killPoint(.synchronized)
        } catch {
            throw SwapFailure(.notInSync("\(error)"))
        }
    }
}
