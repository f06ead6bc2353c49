import ClusterModel
import ClusterOperations

/// What happens while a segment's data is recovered.
enum DataEvent: Sendable, Equatable {
    /// A program began to change the data.
    case begun
    case phase(String)
    /// The data is complete, and the segment is being started by the same command.
    case copied
    /// In bytes.
    case progress(done: Int, total: Int)
}

/// Gives a stopped segment its primary's data, by one method; leaves it configured, and started only by a differential one.
struct DataRecovery: Sendable {
    let recovery: SegmentRecovery
    let maxRate: String?

    /// - Parameters:
    ///   - look: what has just been seen at the target's place; nil looks.
    ///   - way: the way to its source where that was just proved.
    ///   - source: what its source has just said; nil asks it.
    ///   - check: throws when the run is to stop.
    /// - Returns: what the original's programs say at their end, nil where an event has told it, and whether the segment
    ///   was started.
    /// - Throws: `RecoveryError` with the place of the evidence; `StartFailure`; `ShellError`, `PostgresError`,
    ///   `OperationError`.
    func recover(
        _ item: RecoveryPlan.Item, by method: RecoveryMethod, look: TargetLook?, way: ProvedWay?,
        source: SourceRecoveryFacts?, check: () throws -> Void,
        onEvent: @escaping @Sendable (DataEvent) -> Void
    ) async throws -> (words: String?, isStarted: Bool) {
        let request = request(item, method, source)
        var found = if let look { look } else { try await recovery.look(item.target) }
        if found.leftovers.swap != nil {
            try await recovery.settleSwap(request)
            // Much may have happened since that run: what is there now is looked at like anything else.
            found = try await recovery.look(item.target)
        }
        let leftovers = found.leftovers
        let relay: @Sendable (RecoveryEvent) -> Void = { event in
            switch event {
            case .moved(let wire): onEvent(.phase(Self.words(wire)))
            case .phase(.starting): onEvent(.copied)
            case .phase(let phase):
                onEvent(.phase(phase.rawValue))
                if phase == .rewinding || phase == .copying { onEvent(.begun) }
            case .progress(let done, let total): onEvent(.progress(done: done, total: total))
            }
        }
        switch method {
        case .incremental:
            let outcome = try await recovery.rewind(
                request, leftovers: leftovers, check: check, onEvent: relay)
            let words =
                switch outcome {
                case .notNeeded: "skipping pg_rewind on mirror as standby.signal is present"
                case .notRequired: "pg_rewind: no rewind required"
                case .rewound: "pg_rewind: Done!"
                }
            return (words, false)
        case .differential:
            let (wire, isStarted) = try await recovery.differential(
                request, way: way, having: item.authentication, check: check, onEvent: relay)
            return (request.starts ? nil : Self.words(wire), isStarted)
        case .full:
            let place = FullPlace.choose(found.place, bytes: request.bytes)
            return (try await full(item, request, place, leftovers, check, relay), false)
        }
    }

    private static func words(_ wire: WireBytes) -> String { "rsync: \(wire.total >> 10) kB moved" }

    private func full(
        _ item: RecoveryPlan.Item, _ request: RecoveryRequest, _ place: FullPlace, _ leftovers: Leftovers,
        _ check: () throws -> Void, _ relay: @escaping @Sendable (RecoveryEvent) -> Void
    ) async throws -> String {
        if let mark = leftovers.resumable, mark.isSameMirror(as: item.mark),
            try await recovery.resumePossible(source: item.source, target: item.target) == nil
        {
            let wire = try await resume(request, isBeside: leftovers.newCopy != nil, check, relay)
            return "rsync: base backup completed, \(wire.total >> 10) kB moved"
        }
        if case .inPlace(let reason) = place, case .beside = item.place {
            throw OperationError(
                "the plan was to copy beside \(item.target.dataDirectory), which cannot be done any more: \(reason)",
                hint: "run gprecoverseg again")
        }
        let isNew = try await recovery.full(
            request, place: place, leftovers: leftovers, check: check, onEvent: relay)
        return isNew ? "pg_basebackup: base backup completed" : "the copy of an earlier run is in its place"
    }

    /// - Throws: also how a copy is begun anew, which may help where going on fails for a reason of its own.
    private func resume(
        _ request: RecoveryRequest, isBeside: Bool, _ check: () throws -> Void,
        _ relay: @escaping @Sendable (RecoveryEvent) -> Void
    ) async throws -> WireBytes {
        do {
            return try await recovery.resumeFull(request, check: check, onEvent: relay)
        } catch let error as RecoveryError where isBeside {
            let directory = FullPlace.newDirectory(request.target.dataDirectory)
            throw RecoveryError(
                error.method,
                "\(error.message) (the next -F goes on with \(directory); it begins anew where that is removed)",
                evidence: error.evidence, leavesTargetUntouched: error.leavesTargetUntouched)
        }
    }

    private func request(
        _ item: RecoveryPlan.Item, _ method: RecoveryMethod, _ source: SourceRecoveryFacts?
    ) -> RecoveryRequest {
        let isBeside =
            item.failed.hostname == item.target.hostname && item.failed.dataDirectory != item.target.dataDirectory
        return RecoveryRequest(
            source: item.source, target: item.target, settings: item.settings,
            bytes: item.outlook(method)?.bytes ?? 0, maxRate: maxRate, replaced: isBeside ? item.failed : nil,
            starts: method == .differential && !item.moves, mustRewind: item.mustRewind, sourceFacts: source)
    }

    func stop(_ segment: Segment) async throws -> StopOutcome { try await recovery.stop(failed: segment) }

    /// Starts it unless its `pg_hba.conf` lacks one of the lines; returns whether it did.
    func start(_ target: Segment, having lines: [String] = [], after method: RecoveryMethod) async throws -> Bool {
        try await recovery.start(target, having: lines, after: Self.copyMethod(method))
    }

    /// Returns the file with the evidence; nil when it could not be written.
    func keepFailedStart(_ target: Segment, after method: RecoveryMethod, _ reason: String) async -> String? {
        await recovery.keepFailedStart(target, after: Self.copyMethod(method), reason)
    }

    private static func copyMethod(_ method: RecoveryMethod) -> CopyMethod {
        switch method {
        case .incremental: .rewind
        case .differential: .differential
        case .full: .full
        }
    }

    /// Removes what replaced or unfinished copies left of a mirror that is in sync.
    ///
    /// - Returns: whether there was something.
    func tidy(_ mirror: Segment, of source: Segment) async throws -> Bool {
        let left = try await recovery.reconcile(mirror)
        guard !left.oldCopies.isEmpty || left.newCopy != nil else { return false }
        let request = RecoveryRequest(source: source, target: mirror, settings: [])
        if left.newCopy != nil { try await recovery.discardNew(request) }
        if left.oldCopies.contains(where: { $0.mark != nil }) { try await recovery.discardOld(request) }
        return true
    }

    /// What is reported of a method that failed.
    static func failure(of method: RecoveryMethod, _ error: any Error) -> MethodFailure {
        guard let error = error as? RecoveryError else {
            return MethodFailure(method: method, error: "\(error)", evidence: nil)
        }
        return MethodFailure(method: method, error: error.message, evidence: error.evidence)
    }
}

extension RecoveryPlan.Item {
    /// Whose copy it is, whatever run makes it.
    fileprivate var mark: CopyMark {
        CopyMark(run: "", content: content, dbid: dbid, systemIdentifier: systemIdentifier)
    }
}
