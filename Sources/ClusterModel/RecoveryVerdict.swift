/// Whether one method can work.
public enum MethodOutcome: Sendable, Equatable {
    /// It can; with the bytes to move, nil where nobody can know them before.
    case possible(bytes: Int?)
    /// It cannot, in words.
    case impossible(String)

    public var isPossible: Bool {
        if case .possible = self { true } else { false }
    }

    /// Why it cannot work.
    public var reason: String? {
        guard case .impossible(let reason) = self else { return nil }
        return reason
    }
}

/// What an incremental recovery is.
public enum IncrementalWay: Sendable, Equatable {
    /// It is a mirror that fell behind: started, it streams the rest from this place on.
    case restart(from: WALPosition)
    /// `pg_rewind`: back to this place, where its timeline and the source's part.
    case rewind(to: WALPosition)

    public var isRewind: Bool { if case .rewind = self { true } else { false } }
}

/// Where a full copy can go.
public enum FullCopyPlace: Sendable, Equatable {
    /// Beside the old directory, which stays until the copy is good.
    case beside
    /// Into the old directory's place, which is emptied first; with the reason.
    case inPlace(String)
}

/// What the facts of a failed copy and of its source say about bringing it back.
public struct RecoveryVerdict: Sendable, Equatable {
    /// What the engine has to do with it.
    public struct Rules: Sendable, Equatable {
        /// The major PostgreSQL version of the servers.
        public var postgresMajor: Int
        /// Where an instance keeps its part of a tablespace: location in, directory out.
        public var tablespaceDirectories: [String: String]

        public init(postgresMajor: Int, tablespaceDirectories: [String: String] = [:]) {
            self.postgresMajor = postgresMajor
            self.tablespaceDirectories = tablespaceDirectories
        }
    }

    public var incremental: MethodOutcome
    /// What incremental means here; nil when it is impossible.
    public var incrementalWay: IncrementalWay?
    /// Whether the source has to make a checkpoint before `pg_rewind` runs.
    ///
    /// Up to PostgreSQL 15 the program takes the timeline of the source's latest checkpoint for the source's own: right
    /// after a promotion it would find both on the same timeline, do nothing and report success.
    public var needsSourceCheckpoint = false
    public var differential: MethodOutcome
    public var full: MethodOutcome
    /// Where the full copy can go; nil when it is impossible.
    public var fullCopyPlace: FullCopyPlace?
    /// Why the instance is down, as far as can be told: the weightiest first.
    public var causes: [String]
    /// What could not be found out and may still stand in the way.
    public var doubts: [String]

    /// What is said of a method.
    public func outcome(of method: RecoveryMethod) -> MethodOutcome {
        switch method {
        case .incremental: incremental
        case .differential: differential
        case .full: full
        }
    }

    /// How long a method takes at a rate, in seconds; nil when the bytes are not known or it is impossible.
    ///
    /// - Parameter rate: bytes per second.
    public func seconds(of method: RecoveryMethod, rate: Int) -> Int? {
        guard case .possible(let bytes) = outcome(of: method), let bytes, rate > 0 else { return nil }
        return (bytes + rate - 1) / rate
    }

    /// The verdict on a copy whose host does not answer: nothing can be done there.
    public static func unreachable(host: String, reason: String) -> RecoveryVerdict {
        let text = "host \(host) is not reachable: \(reason)"
        return RecoveryVerdict(
            incremental: .impossible(text), differential: .impossible(text), full: .impossible(text), causes: [text],
            doubts: [])
    }

    /// The verdict where the acting primary does not answer: there is nothing to recover from.
    public static func withoutSource(target: TargetRecoveryFacts, reason: String) -> RecoveryVerdict {
        let text = "its acting primary does not answer: \(reason)"
        return RecoveryVerdict(
            incremental: .impossible(text), differential: .impossible(text), full: .impossible(text),
            causes: DownCause.words(target), doubts: [])
    }

    init(
        incremental: MethodOutcome, incrementalWay: IncrementalWay? = nil, differential: MethodOutcome,
        full: MethodOutcome, fullCopyPlace: FullCopyPlace? = nil, causes: [String], doubts: [String]
    ) {
        self.incremental = incremental
        self.incrementalWay = incrementalWay
        self.differential = differential
        self.full = full
        self.fullCopyPlace = fullCopyPlace
        self.causes = causes
        self.doubts = doubts
    }

    /// The place before which the last checkpoint has to be searched for in the target's WAL: its control file names a
    /// later one, as where a primary went on when its mirror had been promoted.
    ///
    /// - Returns: nil when nothing has to be searched for.
    public static func searchPlace(
        target: TargetRecoveryFacts, source: SourceRecoveryFacts
    ) -> (timeline: UInt32, end: WALPosition)? {
        guard target.earlierCheckpoint == nil, let data = target.control.data,
            data.systemIdentifier == source.systemIdentifier, let theirs = source.history,
            let parting = target.history?.parting(from: theirs), let end = parting.end, data.checkpoint >= end
        else { return nil }
        return (parting.timeline, end)
    }

    /// Judges; asks nobody.
    public static func judge(
        target: TargetRecoveryFacts, source: SourceRecoveryFacts, rules: Rules
    ) -> RecoveryVerdict {
        let incremental = IncrementalJudgement(target: target, source: source, rules: rules)
        let copies = CopyJudgement(target: target, source: source, rules: rules)
        var way: IncrementalWay?
        var outcome: MethodOutcome
        var doubts: [String] = []
        do {
            let found = try incremental.judge()
            way = found.way
            outcome = .possible(bytes: found.bytes)
            doubts = found.doubts
        } catch {
            outcome = .impossible(error.reason)
        }
        let full = copies.full()
        var verdict = RecoveryVerdict(
            incremental: outcome, incrementalWay: way, differential: copies.differential(), full: full.outcome,
            fullCopyPlace: full.place, causes: DownCause.words(target), doubts: doubts + copies.doubts)
        if case .rewind = way { verdict.needsSourceCheckpoint = source.checkpointTimeline != source.history?.timeline }
        return verdict
    }
}

/// Why a method cannot work.
struct Obstacle: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
