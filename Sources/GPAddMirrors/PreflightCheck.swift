import ClusterModel
import ClusterOperations

/// What stands in the way, found before anything is touched.
///
/// Pure; every failure of every host is listed. What only matters to a copy is not held against a mirror that just
/// has to be started.
struct PreflightCheck {
    let facts: PlanFacts
    let serverVersion: String?
    let engine: Engine

    /// Problems of hosts and of primaries that did not answer, by host, then by content.
    func problems() -> [String] {
        hostProblems()
            + facts.wanted.compactMap { wanted in
                let primary = wanted.placement.primary
                switch facts.sources[primary.content] {
                case .success: return nil
                case .failure(let failure):
                    return "content \(primary.content): primary \(primary.label) cannot be asked: \(failure.text)"
                case nil: return "content \(primary.content): primary \(primary.label) was not asked"
                }
            }
    }

    private func hostProblems() -> [String] {
        facts.hosts.sorted { $0.key < $1.key }.flatMap { name, answer -> [String] in
            switch answer {
            case .failure(let failure):
                return [failure.text.hasPrefix("\(name):") ? failure.text : "\(name): \(failure.text)"]
            case .success(let survey):
                var problems: [String] = []
                if !survey.missingPrograms.isEmpty {
                    problems.append(
                        "\(name): missing server programs: \(survey.missingPrograms.joined(separator: ", "))")
                }
                if let version = survey.serverVersion, let expected = serverVersion, version != expected {
                    problems.append("\(name): server programs are '\(version)', the coordinator's are '\(expected)'")
                }
                return problems
            }
        }
    }

    /// What stands in the way of one mirror, given what has to be done for it.
    func problems(
        of wanted: PlanFacts.Wanted, _ action: MirrorAction, _ source: SourceSurvey, _ place: HostSurvey.Place
    ) -> [String] {
        let target = wanted.placement
        let name = "\(target.hostname):\(target.port)"
        var problems: [String] = []
        if let problem = DataDirectory.startProblem(target.dataDirectory) { problems.append("\(name): \(problem)") }
        if !place.isRunning, isTaken(target, place) {
            problems.append("\(name): port \(target.port) is in use on address \(target.address)")
        }
        if let reason = place.sourceProblem {
            problems.append("\(name): primary \(target.primary.label) cannot be reached from here: \(reason)")
        }
        if case .failure(let failure) = facts.hbaTexts[target.primary.content] {
            problems.append(
                "content \(target.primary.content): pg_hba.conf of primary \(target.primary.label) cannot be read: "
                    + failure.text)
        }
        guard action.copies else { return problems }
        return problems + copyProblems(name, target, action, source, place)
    }

    /// A name may stand for any of the host's addresses: then every listener counts.
    private func isTaken(_ target: MirrorPlacement, _ place: HostSurvey.Place) -> Bool {
        guard HostName.isNumeric(target.address) else { return !place.listeners.isEmpty }
        return place.listeners.contains { $0 == "*" || $0 == target.address }
    }

    private func copyProblems(
        _ name: String, _ target: MirrorPlacement, _ action: MirrorAction, _ source: SourceSurvey,
        _ place: HostSurvey.Place
    ) -> [String] {
        let content = "content \(target.primary.content)"
        var problems: [String] = []
        if let obstacle = place.obstacle { problems.append("\(name): \(obstacle)") }
        if source.slot?.isActive == true {
            problems.append(
                "\(content): replication slot \(Engine.replicationSlot) of primary \(target.primary.label) is in use: "
                    + "another copy of it is running")
        }
        if source.freeWALSenders < 2 {
            problems.append(
                "\(content): primary \(target.primary.label) has no two free WAL senders (max_wal_senders)")
        }
        problems += source.unusableTablespaces.map {
            "\(content): primary \(target.primary.label) has a tablespace directory with a control character in "
                + "its path: \($0)"
        }
        guard !engine.tablespacesAreSeparate else { return problems }
        if !action.removesFirst {
            problems += place.filledTablespaces.map {
                "\(name): tablespace directory \($0) is not empty here: it may be the primary's own"
            }
        }
        if target.hostname == target.primary.hostname, let shared = source.tablespaces.first {
            problems.append(
                "\(name): tablespace directory \(shared.directory) would be shared with the primary on this host")
        }
        return problems
    }

    /// File systems that are too small for what is to be copied to them, by host and device.
    func spaceProblems(_ items: [MirrorPlan.Item]) -> [String] {
        var needs: [String: (host: String, bytes: Int, free: Int?)] = [:]
        for item in items where item.action.copies {
            guard let source = try? facts.sources[item.source.content]?.get(),
                let place = facts.place(of: item.mirror)
            else { continue }
            func add(_ path: String, _ bytes: Int) {
                let space = place.spaces[path]
                let key = "\(item.mirror.hostname) \(space?.device ?? path)"
                needs[key] = (item.mirror.hostname, (needs[key]?.bytes ?? 0) + bytes, space?.freeBytes)
            }
            let freed = item.action.removesFirst ? place.usedBytes : 0
            add(item.mirror.dataDirectory, max(0, source.neededBytes - freed))
            for tablespace in source.tablespaces { add(tablespace.directory, tablespace.bytes) }
        }
        return needs.sorted { $0.key < $1.key }.compactMap { _, need in
            guard let free = need.free, need.bytes > free else { return nil }
            return "\(need.host): not enough space: \(need.bytes >> 20) MB needed for data, WAL and growth, "
                + "\(free >> 20) MB free"
        }
    }

    /// What could not be found out and does not stop the work.
    func warnings(_ items: [MirrorPlan.Item]) -> [String] {
        items.filter(\.action.copies).flatMap { item -> [String] in
            var warnings: [String] = []
            if let source = try? facts.sources[item.source.content]?.get(), source.dataBytes == nil {
                warnings.append("content \(item.source.content): the size of the primary is not known")
            }
            if let place = facts.place(of: item.mirror), place.spaces[item.mirror.dataDirectory]?.freeBytes == nil {
                warnings.append("content \(item.source.content): free space on \(item.mirror.hostname) is not known")
            }
            return warnings
        }
    }
}
