import ClusterModel
import ClusterOperations
import PostgresClient

/// What an instance says when it is connected to: whether it is up in its role, and its version.
struct DatabaseQuestion: Sendable {
    let engine: Engine

    /// The answer of one instance.
    struct Answer: Sendable, Equatable {
        var status: DatabaseStatus?
        var version: String?
    }

    /// Asks; blocks for at most the connect timeout and 5 s.
    func ask(_ segment: Segment, _ parameters: ConnectionParameters) -> Answer {
        do {
            let connection = try PostgresConnection.connect(parameters)
            let row = try connection.query(
                "SELECT pg_catalog.version(), pg_catalog.pg_is_in_recovery()", timeout: .seconds(5)
            ).row()
            return accepted(segment, version: row.first ?? nil, isInRecovery: row.last == "t")
        } catch {
            return refused(segment, ServerPing.classify(error))
        }
    }

    private func accepted(_ segment: Segment, version: String?, isInRecovery: Bool) -> Answer {
        guard engine.mirrorsAcceptSessions else {
            return Answer(status: segment.role == .primary ? .up : .actingAsPrimary, version: version)
        }
        switch (segment.role, isInRecovery) {
        case (.primary, false), (.mirror, true): return Answer(status: .up, version: version)
        case (.primary, true): return Answer(status: .actingAsMirror, version: version)
        case (.mirror, false): return Answer(status: .actingAsPrimary, version: version)
        }
    }

    private func refused(_ segment: Segment, _ ping: ServerPing) -> Answer {
        switch ping {
        // It is there and let us not in: alive, as pg_isready counts it.
        case .accepting: return Answer(status: .up, version: nil)
        case .rejecting:
            // A plain PostgreSQL mirror that refuses sessions is a healthy one.
            let isHealthy = engine.mirrorsAcceptSessions && segment.role == .mirror
            return Answer(status: isHealthy ? .up : .rejectingConnections, version: nil)
        case .mirror(let text):
            return Answer(status: segment.role == .mirror ? .up : .actingAsMirror, version: Self.version(in: text))
        case .silent: return Answer(status: .down, version: nil)
        }
    }

    /// A Greenplum mirror tells its version in the detail of its refusal: a line that begins with `- VERSION: `.
    static func version(in text: String) -> String? {
        text.split(whereSeparator: \.isNewline).lazy.map { $0.trimmed }.first { $0.hasPrefix("- VERSION: ") }
            .map { String($0.dropFirst("- VERSION: ".count)) }
    }
}
