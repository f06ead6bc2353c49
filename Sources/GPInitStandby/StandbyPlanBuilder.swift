import ClusterModel
import ClusterOperations

/// Computes the plan from the facts.
///
/// Pure: the same facts give the same plan.
struct StandbyPlanBuilder {
    let facts: StandbyFacts
    let engine: Engine
    let user: String
    let hbaMethod: String
    let usesHostnames: Bool
    let serverVersion: String

    private var cluster: ClusterConfiguration { facts.cluster }

    /// The configured standby, when it is the one that an earlier run left unfinished at the wanted place.
    private var unfinished: Segment? {
        guard let row = cluster.standby, !facts.replaces, row.hostname == facts.wanted.host,
            row.port == facts.wanted.port, row.dataDirectory == facts.wanted.dataDirectory,
            action(row) != nil
        else { return nil }
        return row
    }

    /// Whether the new standby takes the old one's place on disk.
    private var isInPlace: Bool {
        facts.replaces && cluster.standby?.hostname == facts.wanted.host
            && cluster.standby?.dataDirectory == facts.wanted.dataDirectory
    }

    private var standby: Segment {
        if let unfinished { return unfinished }
        return Segment(
            dbid: facts.nextDatabaseID, content: .coordinator, role: .mirror, preferredRole: .mirror, mode: .inSync,
            status: .up, hostname: facts.wanted.host, address: facts.address(engine), port: facts.wanted.port,
            dataDirectory: facts.wanted.dataDirectory)
    }

    /// The plan, with every problem that stands in its way.
    func build() -> StandbyPlan {
        let standby = standby
        let settings = facts.survey.map {
            facts.source.settingsOfCopy(
                of: cluster.coordinator, address: standby.address, port: standby.port,
                dataDirectory: standby.dataDirectory, on: $0)
        }
        let found = action(unfinished)
        let action = found ?? .copy
        let mark = facts.place?.directory.mark
        let item = MirrorPlan.Item(
            mirror: standby, source: cluster.coordinator, action: action,
            bytes: action.copies ? facts.source.copiedBytes : 0, settings: settings ?? [],
            removes: action.removesFirst ? mark : nil,
            tablespaces: engine.tablespaceDirectories(of: facts.source, for: standby.dbid))
        let (changes, leftOut) = segmentAccess(standby)
        let fences = fenceLines(standby)
        return StandbyPlan(
            item: item, mark: action == .start ? mark : nil, removes: facts.replaces ? cluster.standby : nil,
            movesAside: isInPlace ? nil : facts.former, fenceLines: fences,
            fencedSegments: cluster.segments.filter { fences[$0.dbid] != nil },
            coordinatorAccess: coordinatorAccess(standby), segmentAccess: changes, leftOut: leftOut,
            warnings: warnings(standby),
            problems: StandbyPreflight(
                facts: facts, engine: engine, serverVersion: serverVersion, standby: standby,
                isUnfinished: unfinished != nil, isInPlace: isInPlace, action: found
            ).problems() + leftoverProblems(standby, removes: item.removes))
    }

    /// What an unfinished copy filled cannot go with it where its dbid is another instance's by now.
    private func leftoverProblems(_ standby: Segment, removes mark: CopyMark?) -> [StandbyPlan.Problem] {
        guard let mark, !facts.source.tablespaces.isEmpty,
            let obstacle = engine.removalObstacle(
                mark, at: (standby.hostname, standby.dataDirectory), row: unfinished?.dbid, in: cluster)
        else { return [] }
        return [.init(obstacle)]
    }

    /// What the place needs for a standby with this row, or with none yet; nil when what lies there is not ours.
    private func action(_ row: Segment?) -> MirrorAction? {
        guard !isInPlace else { return .copy }
        if let former = facts.former, former.processes.isEmpty {
            return row == nil ? .copy : .rebuild(removeFirst: false)
        }
        guard let place = facts.place else { return row == nil ? .copy : nil }
        let action = place.directory.action(
            CopyEvidence(
                row: row, content: .coordinator, systemIdentifier: facts.source.systemIdentifier,
                slotFile: facts.source.slot?.file, wasStarted: place.wasStarted || place.isRunning,
                takenBy: { dbid in cluster.allInstances.first { $0.dbid == dbid } },
                // The standby's row says up from its first moment on.
                wasUp: { _ in false }))
        // The catalog chooses the dbid: a copy that was made for another row is made again.
        return action == .adopt ? .copyAgain : action
    }

    private func peers(_ instance: Segment) -> [String] {
        HostBasedAuthentication.peers(
            of: instance, discovered: (try? facts.hosts[instance.hostname]?.get())?.addresses ?? [],
            usesHostnames: usesHostnames)
    }

    private func coordinatorAccess(_ standby: Segment) -> StandbyPlan.AccessChange? {
        guard case .success(let text) = facts.accessTexts[cluster.coordinator.dbid] else { return nil }
        let wanted = HostBasedAuthentication.pairLines(
            user: user, mirror: peers(standby), primary: peers(cluster.coordinator), method: hbaMethod)
        let missing = HostBasedAuthentication.missing(wanted, in: text)
        guard !missing.isEmpty else { return nil }
        return StandbyPlan.AccessChange(
            instance: cluster.coordinator, file: facts.source.hbaFile, lines: missing)
    }

    /// What an activation wrote to keep this host out, while it had the coordinator.
    private func fenceLines(_ standby: Segment) -> [DatabaseID: [String]] {
        var found: [DatabaseID: [String]] = [:]
        for segment in cluster.segments {
            guard case .success(let text) = facts.accessTexts[segment.dbid] else { continue }
            let lines = SegmentFence.lines(in: text, host: standby.hostname, addresses: peers(standby))
            if !lines.isEmpty { found[segment.dbid] = lines }
        }
        return found
    }

    /// Every primary and every mirror: whoever serves on the day of the activation must let the new coordinator in.
    func segmentAccess(_ standby: Segment) -> ([StandbyPlan.AccessChange], [StandbyPlan.LeftOut]) {
        var changes: [StandbyPlan.AccessChange] = []
        var leftOut: [StandbyPlan.LeftOut] = []
        let wanted = HostBasedAuthentication.sessionLines(user: user, peers: peers(standby), method: hbaMethod)
        for segment in cluster.segments {
            switch facts.accessTexts[segment.dbid] {
            case .success(let text):
                let missing = HostBasedAuthentication.missing(wanted, in: text)
                guard !missing.isEmpty else { continue }
                changes.append(.init(instance: segment, file: segment.accessFile, lines: missing))
            case .failure(let failure): leftOut.append(.init(instance: segment, reason: failure.text))
            case nil: leftOut.append(.init(instance: segment, reason: "it was not asked"))
            }
        }
        return (changes, leftOut)
    }

    private func warnings(_ standby: Segment) -> [String] {
        var warnings: [String] = []
        if standby.hostname == cluster.coordinator.hostname {
            warnings.append("the standby is on the coordinator's own host: the loss of that host loses both")
        }
        if isInPlace, let free = facts.freeBytes, free < facts.source.neededBytes {
            warnings.append(
                "\(standby.hostname): \(free >> 20) MB free, \(facts.source.neededBytes >> 20) MB needed: "
                    + "the old standby's data goes first and must make up the difference")
        }
        if engine.hasPackages {
            warnings.append("Please run `gppkg sync` after successful standby initialization.")
        }
        if facts.source.dataBytes == nil { warnings.append("the size of the coordinator is not known") }
        return warnings
    }
}
