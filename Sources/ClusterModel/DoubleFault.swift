/// A command to type, and where.
public struct HostCommand: Sendable, Equatable {
    public var host: String
    /// Shell text, quoted.
    public var text: String

    public init(host: String, text: String) {
        self.host = host
        self.text = text
    }
}

/// A content both of whose copies are down: what is left of each, and which is the better one to start from.
///
/// Evidence only: nothing is started by anybody but the reader.
public struct DoubleFault: Sendable, Equatable {
    /// One copy.
    public struct Copy: Sendable, Equatable {
        public var segment: Segment
        /// Nil when its host did not answer.
        public var facts: TargetRecoveryFacts?
        /// Why the host did not answer.
        public var failure: String?

        public init(segment: Segment, facts: TargetRecoveryFacts?, failure: String? = nil) {
            self.segment = segment
            self.facts = facts
            self.failure = failure
        }

        /// The newest timeline that its control file or its WAL names.
        public var timeline: UInt32? {
            guard let facts, let data = facts.control.data else { return nil }
            return max(data.furthestTimeline, facts.lastTimeline ?? 0)
        }

        /// Where the last whole record of its WAL begins.
        public var lastRecord: WALPosition? { facts?.lastRecord }

        /// Whether a server runs in it.
        public var isRunning: Bool { facts?.postmaster.map { !$0.isStopped } ?? false }

        /// Why no server can be started from it; nil when one can, as far as can be told.
        public var defect: String? {
            guard let facts else { return failure ?? "its host did not answer" }
            do {
                try CopyJudgement.checkPresent(facts)
            } catch {
                return error.reason
            }
            if let mark = facts.mark, !facts.isCopyComplete { return "run \(mark.run) did not finish copying it" }
            switch facts.control {
            case .missing: return "its control file global/pg_control is missing"
            case .unreadable(let reason): return "its control file cannot be read: \(reason)"
            case .read: return nil
            }
        }

        /// How its server ended, in a few words.
        public var ending: String {
            guard let facts else { return "unreachable" }
            if let postmaster = facts.postmaster { return postmaster.isStopped ? "process stopped" : "running" }
            guard let data = facts.control.data else {
                return facts.directory == .missing ? "directory missing" : "unreadable"
            }
            return data.wasShutDown ? "shut down" : "crashed"
        }

        /// Why it is down, as far as can be told.
        public var causes: [String] {
            guard let facts else { return ["host \(segment.hostname) is not reachable: \(failure ?? "no answer")"] }
            return DownCause.words(facts)
        }
    }

    /// The better copy to start from, or why none is named.
    public enum Choice: Sendable, Equatable {
        case start(DatabaseID, reason: String)
        case undecided(reason: String)

        /// The copy that is named.
        public var dbid: DatabaseID? {
            guard case .start(let dbid, _) = self else { return nil }
            return dbid
        }

        public var reason: String {
            switch self {
            case .start(_, let reason), .undecided(let reason): reason
            }
        }
    }

    public let primary: Copy
    public let mirror: Copy
    public let choice: Choice
    /// What to type to start from the chosen copy; empty without one.
    public var commands: [HostCommand]

    /// Weighs the copies.
    ///
    /// - Parameters:
    ///   - primary: the catalog's acting primary.
    ///   - mirror: the other copy.
    public init(primary: Copy, mirror: Copy, commands: [HostCommand] = []) {
        self.primary = primary
        self.mirror = mirror
        choice = Choice.weigh(primary, mirror)
        self.commands = commands
    }

    public var content: ContentID { primary.segment.content }
    public var copies: [Copy] { [primary, mirror] }
    /// Whether the catalog has the pair in sync: then neither copy lacks an acknowledged commit.
    public var wasInSync: Bool { primary.segment.mode == .inSync }
}

extension DoubleFault.Choice {
    /// Names a copy only where nothing speaks against it.
    fileprivate static func weigh(_ primary: DoubleFault.Copy, _ mirror: DoubleFault.Copy) -> Self {
        for copy in [primary, mirror] where copy.facts == nil {
            return .undecided(
                reason: "host \(copy.segment.hostname) of \(copy.segment.label) is not reachable: look there first")
        }
        switch (primary.defect, mirror.defect) {
        case (let first?, let second?):
            return .undecided(
                reason:
                    "neither copy can be started: \(primary.segment.label): \(first); \(mirror.segment.label): \(second)"
            )
        case (nil, let defect?):
            return .start(
                primary.segment.dbid,
                reason: "it is the acting primary, and the other copy cannot be started: \(defect)")
        case (let defect?, nil): return onlyMirror(primary, defect, mirror)
        case (nil, nil): return both(primary, mirror)
        }
    }

    private static func onlyMirror(
        _ primary: DoubleFault.Copy, _ defect: String, _ mirror: DoubleFault.Copy
    ) -> Self {
        guard primary.segment.mode == .inSync else {
            return .undecided(
                reason: "the acting primary cannot be started: \(defect); \(mirror.segment.label) was not in sync and "
                    + "lacks commits that were acknowledged")
        }
        return .start(
            mirror.segment.dbid,
            reason: "it was in sync and lacks no acknowledged commit, and the other copy cannot be started: \(defect)")
    }

    private static func both(_ primary: DoubleFault.Copy, _ mirror: DoubleFault.Copy) -> Self {
        let identifiers = [primary, mirror].compactMap { $0.facts?.control.data?.systemIdentifier }
        guard Set(identifiers).count == 1 else {
            return .undecided(
                reason: "the copies belong to two systems: identifiers \(identifiers.joined(separator: " and "))")
        }
        let (ours, theirs) = (primary.timeline ?? 0, mirror.timeline ?? 0)
        if ours > theirs {
            return .start(
                primary.segment.dbid,
                reason: "it is the acting primary, and its timeline \(ours) is newer than the other copy's \(theirs)")
        }
        if ours < theirs {
            return .undecided(
                reason: "the acting primary is on timeline \(ours), and its mirror on the newer timeline \(theirs): "
                    + "somebody promoted it, and both may hold commits that the other lacks")
        }
        return sameTimeline(primary, mirror)
    }

    private static func sameTimeline(_ primary: DoubleFault.Copy, _ mirror: DoubleFault.Copy) -> Self {
        let isInSync = primary.segment.mode == .inSync
        guard let own = primary.lastRecord, let other = mirror.lastRecord else {
            guard isInSync else {
                return .undecided(reason: "the pair was not in sync, and how far the WAL of both reaches is not known")
            }
            return .start(
                primary.segment.dbid,
                reason:
                    "the pair was in sync, so neither copy lacks an acknowledged commit, and it is the acting primary")
        }
        switch (isInSync, other > own) {
        case (true, false):
            return .start(
                primary.segment.dbid,
                reason:
                    "the pair was in sync, so neither copy lacks an acknowledged commit, and it is the acting primary")
        case (true, true):
            return .start(
                mirror.segment.dbid,
                reason:
                    "the pair was in sync, and its WAL reaches \(other), the acting primary's only \(own): that one "
                    + "has lost WAL")
        case (false, false):
            return .start(
                primary.segment.dbid,
                reason: "it is the acting primary, and the other copy was not in sync: its WAL ends at \(other), "
                    + "this one's at \(own)")
        case (false, true):
            return .undecided(
                reason:
                    "the pair was not in sync, and yet the mirror's WAL reaches \(other), the acting primary's only "
                    + "\(own): both may hold commits that the other lacks")
        }
    }
}
