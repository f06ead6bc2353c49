import ClusterModel

/// What is being done to a mirror while its primary serves alone.
struct MirrorRebuild: Sendable, Equatable {
    enum Kind: String, Sendable {
        case copying
        case rewinding
    }

    var kind: Kind
    /// As the report prints it.
    var started: String?

    var text: String {
        kind == .copying ? "Copying files from primary" : "Rewinding history to match primary timeline"
    }
}

/// What is known of one pair's replication.
///
/// Nil members are unknown.
struct PairReplication: Sendable, Equatable {
    /// What the primary tells of itself.
    struct PrimarySide: Sendable, Equatable {
        var currentLSN: String?
        var bytesToSend: Int?
    }

    /// What the primary tells of its mirror.
    struct MirrorSide: Sendable, Equatable {
        var state: String?
        var sentLSN: String?
        var flushLSN: String?
        var replayLSN: String?
        var bytesToFlush: Int?
        var bytesToReplay: Int?
    }

    /// Nil when the primary could not be asked, or is down in the catalog and was not.
    private(set) var primary: PrimarySide?
    private(set) var mirror = MirrorSide()
    private(set) var rebuild: MirrorRebuild?
    /// Trouble in the original's words.
    private(set) var warnings: [String] = []
    /// Why the primary could not be asked.
    private(set) var failureReason: String?

    init(_ pair: SegmentPair, _ facts: ReplicationFacts) {
        guard pair.primary.status == .up else { return }
        switch facts {
        case .failed(let reason):
            failureReason = reason
            warnings = [Self.couldNotQuery(pair.primary)]
        case .answered(let answer): take(answer)
        }
    }

    /// The sentence about a primary that does not answer.
    static func couldNotQuery(_ primary: Segment) -> String {
        "could not query segment \(primary.dbid) (\(primary.hostname):\(primary.port))"
    }

    private mutating func take(_ answer: ReplicationAnswer) {
        if answer.rewindStarts.count > 1 {
            warnings.append("pg_stat_activity has more than one rewinding mirror")
        }
        if let backup = answer.senders.first(where: { $0.state == "backup" }) {
            rebuild = MirrorRebuild(kind: .copying, started: backup.backendStart)
        } else if let start = answer.rewindStarts.first {
            rebuild = MirrorRebuild(kind: .rewinding, started: start)
        }
        var side = PrimarySide(currentLSN: answer.currentLSN)
        let connections = answer.senders.filter(\.isMirrorConnection)
        switch connections.count {
        case 0: warnings.append("pg_stat_replication shows no standby connections")
        case 1:
            let sender = connections[0]
            side.bytesToSend = sender.bytesToSend
            mirror = MirrorSide(
                state: sender.state, sentLSN: sender.sentLSN, flushLSN: sender.flushLSN,
                replayLSN: sender.replayLSN, bytesToFlush: sender.bytesToFlush, bytesToReplay: sender.bytesToReplay)
        default: warnings.append("pg_stat_replication shows more than one standby connection")
        }
        primary = side
    }
}
