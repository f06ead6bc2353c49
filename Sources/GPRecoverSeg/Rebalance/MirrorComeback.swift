import BlockingWork
import ClusterModel
import ClusterOperations
import Logging
import PostgresClient
import RemoteShell

/// The part of a swap that makes the old primary a mirror again.
extension PairSwap {
    /// Makes the stopped primary follow its successor, and waits until it streams.
    func bringBack(_ old: Segment, _ successor: Segment) async throws {
        do {
            show(old, "returning")
            if let obstacle = try await obstacle(to: old, following: successor) {
                logger.info("content \(old.content): \(old.label): \(obstacle); rewinding it")
                try await rewind(old, successor)
            } else {
                try await command(
                    build.follow(old, source: successor), "the settings of mirror \(old.label)", old.hostname)
            }
            try killPoint(.returnConfigured)
            try await recovery.start(old, after: .rewind)
            try await awaitStream(from: successor, to: old)
            try killPoint(.mirrorStarted)
        } catch {
            throw SwapFailure(.mirrorDown("\(old.label) is not back as a mirror: \(error)"))
        }
    }

    /// Why the stopped primary cannot follow with its data as they are; nil when it can.
    private func obstacle(to old: Segment, following successor: Segment) async throws -> String? {
        let output = try await command(build.controlData(old), "the control data of \(old.label)", old.hostname)
        let file = ControlFile(
            output: output.standardOutput.split(whereSeparator: \.isNewline).map(String.init), status: output.status)
        guard let data = file.data else { throw OperationError("pg_controldata says nothing of its last checkpoint") }
        return CleanShutdown.obstacle(data, try await history(of: successor))
    }

    private func history(of primary: Segment) async throws -> TimelineHistory {
        let row = try await access.withSegment(primary) { connection in
            try connection.query(
                """
                SELECT name, pg_catalog.pg_read_file('pg_wal/' || name || '.history') FROM pg_catalog.substr(
                    pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8) AS name
                """, timeout: .seconds(10)
            ).row()
        }
        guard row.count == 2, let timeline = row[0].flatMap({ UInt32($0, radix: 16) }),
            let history = row[1].flatMap({ TimelineHistory(timeline: timeline, text: $0) })
        else { throw OperationError("\(primary.label) has no history of its timeline") }
        return history
    }

    /// Takes the old primary back to where its successor left it; its own settings stay.
    private func rewind(_ old: Segment, _ successor: Segment) async throws {
        let file = try await HostFiles.read(old.dataDirectory + "/postgresql.conf", on: old.hostname, access.shell)
        let own = ServerSettings(text: file.text)
        let settings = ["listen_addresses", "unix_socket_directories"].compactMap { name in
            own[name].map { InstanceSetting(name, $0) }
        }
        _ = try await recovery.rewind(
            RecoveryRequest(
                source: successor, target: old, settings: [InstanceSetting("port", "\(old.port)")] + settings,
                starts: false), check: {}, onEvent: { _ in })
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
