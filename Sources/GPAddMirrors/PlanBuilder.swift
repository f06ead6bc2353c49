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

    /// The plan, with every problem that stands in its way.
    func build() -> MirrorPlan {
        var items: [MirrorPlan.Item] = []
        var problems = PreflightCheck(facts: facts, serverVersion: serverVersion).problems()
        var nextID = nextDatabaseID
        for wanted in facts.wanted {
            switch item(wanted, nextID: &nextID) {
            case .success(let item): if let item { items.append(item) }
            case .failure(let problem): problems.append(problem.text)
            }
        }
        problems += spaceProblems(items)
        do {
            try PlacementConflict.check(
                facts.cluster.allInstances.filter { known in
                    !items.contains { $0.mirror.dbid == known.dbid }
                } + items.map(\.mirror))
        } catch {
            problems.append(error.description)
        }
        return MirrorPlan(
            origin: facts.origin, items: items, authentication: authentication(items), risk: risk(items),
            warnings: warnings(items), problems: problems)
    }

    private struct Problem: Error { let text: String }

    private func item(
        _ wanted: PlanFacts.Wanted, nextID: inout Int
    ) -> Result<MirrorPlan.Item?, Problem> {
        let place = wanted.placement
        // What could not be asked is a problem already named by the preflight check.
        guard let source = try? facts.sources[place.primary.content]?.get(),
            let survey = try? facts.hosts[place.hostname]?.get(),
            let found = survey.places.first(where: { $0.dataDirectory == place.dataDirectory })
        else { return .success(nil) }
        let action = found.directory.action(
            row: wanted.row, content: place.primary.content, systemIdentifier: source.systemIdentifier,
            slotKept: source.slot?.isKept ?? false,
            takenBy: { dbid in facts.cluster.allInstances.first { $0.dbid == dbid } })
        guard let action else {
            // A row with a directory that is not ours belongs to gprecoverseg.
            guard wanted.row == nil else { return .success(nil) }
            return .failure(
                Problem(
                    text: "\(place.hostname):\(place.port): Segment directory '\(place.dataDirectory)' "
                        + "exists but is not empty!"))
        }
        let dbid = dbid(wanted, found, action, nextID: &nextID)
        return .success(
            MirrorPlan.Item(
                mirror: wanted.row ?? place.segment(dbid: dbid), source: place.primary, action: action,
                bytes: action.copies ? source.dataBytes : 0,
                settings: source.settingsOfCopy(
                    of: place.primary, address: place.address, port: place.port, dataDirectory: place.dataDirectory,
                    on: survey)))
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

    private func authentication(_ items: [MirrorPlan.Item]) -> [MirrorPlan.AuthenticationChange] {
        items.compactMap { item in
            let content = item.source.content
            guard let source = try? facts.sources[content]?.get(), let text = facts.hbaTexts[content] else {
                return nil
            }
            let wanted = HostBasedAuthentication.pairLines(
                user: user, mirror: peers(item.mirror), primary: peers(item.source), method: hbaMethod)
            let missing = HostBasedAuthentication.missing(wanted, in: text)
            guard !missing.isEmpty else { return nil }
            return MirrorPlan.AuthenticationChange(segment: item.source, file: source.hbaFile, lines: missing)
        }
    }

    private func peers(_ segment: Segment) -> [String] {
        HostBasedAuthentication.peers(
            of: segment, discovered: (try? facts.hosts[segment.hostname]?.get())?.addresses ?? [],
            usesHostnames: usesHostnames)
    }

    private func spaceProblems(_ items: [MirrorPlan.Item]) -> [String] {
        var needed: [String: (bytes: Int, free: Int, host: String)] = [:]
        for item in items where item.action.copies {
            guard let source = try? facts.sources[item.source.content]?.get(),
                let survey = try? facts.hosts[item.mirror.hostname]?.get(),
                let place = survey.places.first(where: { $0.dataDirectory == item.mirror.dataDirectory })
            else { continue }
            let key = "\(item.mirror.hostname) \(place.device)"
            let before = needed[key]?.bytes ?? 0
            needed[key] = (before + source.neededBytes, place.freeBytes, item.mirror.hostname)
        }
        return needed.sorted { $0.key < $1.key }.compactMap { _, need in
            need.bytes <= need.free
                ? nil
                : "\(need.host): not enough space: \(need.bytes >> 20) MB needed for data, WAL and growth, "
                    + "\(need.free >> 20) MB free"
        }
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
