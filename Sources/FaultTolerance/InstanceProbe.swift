import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient

/// Asks one instance for its facts, on the calling thread.
struct InstanceProbe {
    let segment: Segment
    let parameters: ConnectionParameters
    let settings: FTSSettings
    let stop: FTSStop
    /// Where a session with an acting primary is kept; nil asks without.
    var kept: KeptSessions?
    /// Lets the service in or not; nil for the coordinator's own pair.
    let fence: CoordinatorFence?
    /// Whether a tool says that it has stopped this server on purpose: then a first failure is the answer.
    var isHandedOver: @Sendable () -> Bool = { false }

    /// Attempts until there is an answer, or the retries are used up.
    ///
    /// - Throws: `CancellationError` when the service shall end; `Superseded` when it may not be one.
    func ask() throws -> ProbeResult {
        var result = try attempt()
        for _ in 0..<settings.probeRetries {
            switch result {
            case .answered, .starting, .refused: return result
            case .dead where isHandedOver(): return result
            case .dead, .hung:
                try stop.pause(FTSSettings.retryPause)
                result = try attempt()
            }
        }
        return result
    }

    private func attempt() throws -> ProbeResult {
        let deadline = Deadline.after(settings.probeTimeout)
        do {
            let connection = try PostgresConnection.connect(parameters)
            let facts = try fencedFacts(connection, deadline)
            if let kept { kept.keep(connection, with: segment) }
            return .answered(facts)
        } catch let error as Superseded {
            throw error
        } catch {
            let result = Self.classify(error)
            guard case .refused = result, let facts = try keptFacts(deadline) else { return result }
            return .answered(facts)
        }
    }

    /// What it says through the session that it cannot turn away.
    private func keptFacts(_ deadline: Deadline) throws -> InstanceFacts? {
        do {
            return try kept?.use(with: segment) { try fencedFacts($0, deadline) }
        } catch let error as Superseded {
            throw error
        } catch {
            return nil
        }
    }

    private func fencedFacts(
        _ connection: borrowing PostgresConnection, _ deadline: Deadline
    ) throws -> InstanceFacts {
        var facts = try Self.facts(connection, timeout: deadline.remaining)
        facts.coordinatorTimeline = try fence?.check(connection, segment, timeout: deadline.remaining)
        return facts
    }

    /// What a failed attempt says of the instance.
    static func classify(_ error: any Error) -> ProbeResult {
        guard let error = error as? PostgresError else { return .refused("\(error)") }
        let reason = error.message.split(whereSeparator: \.isNewline).joined(separator: " ")
        if error.isServerStarting { return .starting(reason) }
        switch error.kind {
        case .timeout: return .hung(reason)
        case .statement, .shape: return .refused(reason)
        // Only a server says FATAL; libpq's own reasons do not.
        case .connection: return error.message.contains("FATAL:") ? .refused(reason) : .dead(reason)
        case .lost: return .dead(reason)
        }
    }

    /// Reads the facts through an open session.
    static func facts(_ connection: borrowing PostgresConnection, timeout: Duration) throws -> InstanceFacts {
        let row = try connection.query(
            question, [Engine.walReceiverName, Engine.replicationSlot], timeout: timeout
        ).row()
        guard row.count == 12, let identifier = row[0], let names = row[4] else {
            throw PostgresError(.shape, "an answer of \(row.count) columns to the probe")
        }
        return InstanceFacts(
            systemIdentifier: identifier, isInRecovery: row[1] == "t",
            timeline: row[2].flatMap { UInt32($0, radix: 16) }, flushed: row[3].flatMap { WALPosition($0) },
            synchronousStandbyNames: names, hasSlot: row[5] == "t",
            sender: row[6].map { _ in
                WALSender(
                    isStreaming: row[7] == "t", isSynchronous: row[8] == "t",
                    flushed: row[9].flatMap { WALPosition($0) })
            },
            streamingSenders: row[10].flatMap { Int($0) } ?? 0, receives: row[11] == "t")
    }

    // The server compares names in synchronous_standby_names without regard to case.
    private static let question = """
        WITH sender AS (
            SELECT pid, state = 'streaming' AS streams, sync_state IN ('sync', 'quorum') AS synchronous, flush_lsn
            FROM pg_catalog.pg_stat_replication WHERE pg_catalog.lower(application_name) = $1
        ), own AS (
            SELECT sender.* FROM sender JOIN pg_catalog.pg_replication_slots ON active_pid = pid WHERE slot_name = $2
        ), self AS (
            SELECT system_identifier, pg_catalog.pg_is_in_recovery() AS recovers FROM pg_catalog.pg_control_system()
        )
        SELECT self.system_identifier, self.recovers,
            CASE WHEN NOT self.recovers
                THEN pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8) END,
            CASE WHEN NOT self.recovers THEN pg_catalog.pg_current_wal_flush_lsn() END,
            pg_catalog.current_setting('synchronous_standby_names'),
            EXISTS (SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = $2),
            own.pid, own.streams, own.synchronous, own.flush_lsn,
            (SELECT pg_catalog.count(*) FROM sender WHERE streams),
            EXISTS (SELECT FROM pg_catalog.pg_stat_wal_receiver WHERE status = 'streaming')
        FROM self LEFT JOIN own ON true
        """
}
