import ClusterModel
import ClusterOperations
import PostgresClient

/// What an instance says when it is connected to.
///
/// Whether it is up in its role, its version, and of a primary its mirror's replication. One session for all of it: starting a server process is what costs.
struct DatabaseQuestion: Sendable {
    let engine: Engine
    let segment: Segment
    /// Whether to ask a primary for its walsenders.
    var asksReplication = false
    var asksSynchronization = false
    var mirrorIsDown = false

    /// The answer of one instance.
    struct Answer: Sendable, Equatable {
        var status: DatabaseStatus?
        var version: String?
        var replication: ReplicationFacts?
        var synchronization: SynchronizationFacts?
    }

    /// Asks; blocks for at most the connect timeout and 5 s for each statement.
    func ask(_ parameters: ConnectionParameters) -> Answer {
        let connection: PostgresConnection
        do {
            connection = try PostgresConnection.connect(parameters)
        } catch {
            return refused(ServerPing.classify(error), reason: "\(error)")
        }
        return ask(connection)
    }

    /// Asks in a session that stands already; blocks for at most 5 s for each statement.
    func ask(_ connection: borrowing PostgresConnection) -> Answer {
        var answer = asked(connection)
        if asksReplication {
            do {
                answer.replication = .answered(
                    try ReplicationQuestion.replication(connection, mirrorIsDown: mirrorIsDown))
            } catch {
                answer.replication = .failed(reason: "\(error)")
            }
        }
        if asksSynchronization {
            do {
                answer.synchronization = .answered(try ReplicationQuestion.synchronization(connection))
            } catch {
                answer.synchronization = .failed(reason: "\(error)")
            }
        }
        return answer
    }

    private func asked(_ connection: borrowing PostgresConnection) -> Answer {
        let row = try? connection.query(
            "SELECT pg_catalog.version(), pg_catalog.pg_is_in_recovery()", timeout: .seconds(5)
        ).row()
        // Connected and then silent: it hangs.
        guard let row else { return Answer(status: .down) }
        return Answer(status: status(isInRecovery: row.last == "t"), version: row.first ?? nil)
    }

    private func status(isInRecovery: Bool) -> DatabaseStatus {
        guard engine.mirrorsAcceptSessions else { return segment.role == .primary ? .up : .actingAsPrimary }
        switch (segment.role, isInRecovery) {
        case (.primary, false), (.mirror, true): return .up
        case (.primary, true): return .actingAsMirror
        case (.mirror, false): return .actingAsPrimary
        }
    }

    /// What a connection that did not come about says.
    func refused(_ ping: ServerPing, reason: String) -> Answer {
        var answer = Answer()
        if asksReplication { answer.replication = .failed(reason: reason) }
        if asksSynchronization { answer.synchronization = .failed(reason: reason) }
        switch ping {
        // It is there and let us not in: alive, as pg_isready counts it.
        case .accepting: answer.status = .up
        case .rejecting:
            // A plain PostgreSQL mirror that refuses sessions is a healthy one.
            let isHealthy = engine.mirrorsAcceptSessions && segment.role == .mirror
            answer.status = isHealthy ? .up : .rejectingConnections
        case .mirror(let text):
            answer.status = segment.role == .mirror ? .up : .actingAsMirror
            answer.version = Self.version(in: text)
        case .silent: answer.status = .down
        }
        return answer
    }

    /// A Greenplum mirror tells its version in the detail of its refusal: a line that begins with `- VERSION: `.
    static func version(in text: String) -> String? {
        text.split(whereSeparator: \.isNewline).lazy.map { $0.trimmed }.first { $0.hasPrefix("- VERSION: ") }
            .map { String($0.dropFirst("- VERSION: ".count)) }
    }
}
