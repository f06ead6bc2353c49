import ClusterModel
import ClusterOperations

/// Computes the plan from the facts.
///
/// Pure: the same facts give the same plan.
struct PlanBuilder {
    let facts: PlanFacts
    let engine: Engine
    let user: String
    let hbaMethod: String
    let usesHostnames: Bool
    /// `postgres --version` of the coordinator's programs, which every host must share.
    let serverVersion: String?

    private var nextDatabaseID: Int {
        (facts.cluster.allInstances.map(\.dbid.rawValue).max() ?? 0) + 1
    }

    private var check: PreflightCheck {
        PreflightCheck(facts: facts, serverVersion: serverVersion, engine: engine)
    }

    /// The plan, with every problem that stands in its way.
    func build() -> MirrorPlan {
        var items: [MirrorPlan.Item] = []
        var problems = check.problems()
        var nextID = nextDatabaseID
        for wanted in facts.wanted {
            let (item, own) = item(wanted, nextID: &nextID)
            problems += own
            if let item { items.append(item) }
        }
        problems += check.spaceProblems(items)
        do {
            let kept = facts.cluster.allInstances.filter { known in
                !items.contains { $0.mirror.dbid == known.dbid }
            }
            try PlacementConflict.check(kept + items.map(\.mirror))
        } catch {
            problems.append(error.description)
        }
        var plan = MirrorPlan(
            origin: facts.origin, items: items, authentication: authentication(items), risk: risk(items),
            warnings: leftOutWarnings + warnings(items) + check.warnings(items), problems: problems)
        plan.leftOut = facts.leftOut.filter { !facts.onceUp.contains($0.dbid) }
        return plan
    }

    private var leftOutWarnings: [String] {
        facts.leftOut.map { row in
            "content \(row.content): mirror \(row.label) is in the catalog and no unfinished work of this tool: left as "
                + "it is; if gpstate -e shows it down, gprecoverseg -F builds it"
        }
    }

    /// What has to be done for one mirror; what could not be asked is a problem already named by the check.
    private func item(
        _ wanted: PlanFacts.Wanted, nextID: inout Int
    ) -> (item: MirrorPlan.Item?, problems: [String]) {
        let place = wanted.placement
        guard let source = try? facts.sources[place.primary.content]?.get(),
            let survey = try? facts.hosts[place.hostname]?.get(),
            let found = survey.places.first(where: { $0.dataDirectory == place.dataDirectory })
        else { return (nil, []) }
        guard let action = found.directory.action(evidence(wanted, source, found)) else {
            // A row with a directory that is not ours belongs to gprecoverseg.
            guard wanted.row == nil else { return (nil, []) }
            return (
                nil,
                [
                    "\(place.hostname):\(place.port): Segment directory '\(place.dataDirectory)' "
                        + "exists but is not empty!"
                ]
            )
        }
        if let problem = foreignMark(wanted, found, action, source) { return (nil, [problem]) }
        let dbid = dbid(wanted, found, action, nextID: &nextID)
        let item = MirrorPlan.Item(
            mirror: wanted.row ?? place.segment(dbid: dbid), source: place.primary, action: action,
            bytes: action.copies ? source.copiedBytes : 0,
            settings: source.settingsOfCopy(
                of: place.primary, address: place.address, port: place.port, dataDirectory: place.dataDirectory,
                on: survey),
            removes: action.removesFirst ? found.directory.mark : nil,
            tablespaces: engine.tablespaceDirectories(of: source, for: wanted.row?.dbid ?? dbid))
        return (item, check.problems(of: wanted, action, source, found))
    }

    private func evidence(
        _ wanted: PlanFacts.Wanted, _ source: SourceSurvey, _ found: HostSurvey.Place
    ) -> CopyEvidence {
        CopyEvidence(
            row: wanted.row, content: wanted.placement.primary.content, systemIdentifier: source.systemIdentifier,
            slotFile: source.slot?.file, wasStarted: found.wasStarted || found.isRunning,
            takenBy: { dbid in facts.cluster.allInstances.first { $0.dbid == dbid } },
            wasUp: { facts.onceUp.contains($0) })
    }

    /// Where tablespaces are kept by dbid, a copy whose dbid went to somebody else cannot be removed with them.
    private func foreignMark(
        _ wanted: PlanFacts.Wanted, _ found: HostSurvey.Place, _ action: MirrorAction, _ source: SourceSurvey
    ) -> String? {
        guard !source.tablespaces.isEmpty, action.removesFirst, let mark = found.directory.mark else { return nil }
        return engine.removalObstacle(
            mark, at: (wanted.placement.hostname, found.dataDirectory), row: wanted.row?.dbid, in: facts.cluster)
    }

    private func dbid(
        _ wanted: PlanFacts.Wanted, _ found: HostSurvey.Place, _ action: MirrorAction, nextID: inout Int
    ) -> DatabaseID {
        if let row = wanted.row { return row.dbid }
        if action == .adopt, case .complete(let mark) = found.directory { return mark.dbid }
        let adopted = facts.adoptableIDs
        while adopted.contains(nextID) { nextID += 1 }
        nextID += 1
        return DatabaseID(nextID - 1)
    }

    private func authentication(_ items: [MirrorPlan.Item]) -> [AuthenticationChange] {
        items.compactMap { item -> AuthenticationChange? in
            let content = item.source.content
            guard let source = try? facts.sources[content]?.get(), let text = try? facts.hbaTexts[content]?.get()
            else {
                return nil
            }
            let wanted = HostBasedAuthentication.pairLines(
                user: user, mirror: peers(item.mirror), primary: peers(item.source), method: hbaMethod)
            let missing = HostBasedAuthentication.missing(wanted, in: text)
            guard !missing.isEmpty else { return nil }
            return AuthenticationChange(segment: item.source, file: source.hbaFile, lines: missing)
        }
    }

    private func peers(_ segment: Segment) -> [String] {
        HostBasedAuthentication.peers(
            of: segment, discovered: (try? facts.hosts[segment.hostname]?.get())?.addresses ?? [],
            usesHostnames: usesHostnames)
    }

    private func risk(_ items: [MirrorPlan.Item]) -> LayoutRisk {
        LayoutRisk(
            copies: facts.cluster.pairs.map { pair in
                let planned = items.first { $0.source.content == pair.content }?.mirror.hostname
                return (pair.primary.hostname, planned ?? pair.mirror?.hostname)
            })
    }

    private func warnings(_ items: [MirrorPlan.Item]) -> [String] {
        let shared = items.filter { $0.mirror.hostname == $0.source.hostname }
        guard !shared.isEmpty else { return [] }
        return [
            "\(shared.count) mirror(s) on the host of their own primary: the loss of that host loses both copies "
                + "(content " + shared.map { "\($0.source.content)" }.joined(separator: ", ") + ")"
        ]
    }
}

extension PlanFacts {
    /// What was found where a mirror is to be.
    func place(of mirror: Segment) -> HostSurvey.Place? {
        (try? hosts[mirror.hostname]?.get())?.places.first { $0.dataDirectory == mirror.dataDirectory }
    }

    /// dbids that complete copies of ours were made for.
    var adoptableIDs: Set<Int> {
        var ids: Set<Int> = []
        for case .success(let survey) in hosts.values {
            for place in survey.places {
                guard case .complete(let mark) = place.directory else { continue }
                ids.insert(mark.dbid.rawValue)
            }
        }
        return ids
    }
}
