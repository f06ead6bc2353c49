import ClusterModel
import ClusterOperations

/// What stands in the way, found before anything is touched.
///
/// Pure; every failure of every host is listed.
struct PreflightCheck {
    let facts: PlanFacts
    let serverVersion: String?

    /// All problems, by host, then by content.
    func problems() -> [String] { hostProblems() + sourceProblems() + placeProblems() }

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

    private func sourceProblems() -> [String] {
        facts.wanted.compactMap { wanted in
            let primary = wanted.placement.primary
            switch facts.sources[primary.content] {
            case .success(let source):
                if source.slot?.isActive == true {
                    return "content \(primary.content): replication slot \(Engine.replicationSlot) of primary "
                        + "\(primary.label) is in use: another copy of it is running"
                }
                if source.freeWALSenders < 2 {
                    return "content \(primary.content): primary \(primary.label) has no two free WAL senders "
                        + "(max_wal_senders)"
                }
                return nil
            case .failure(let failure):
                return "content \(primary.content): primary \(primary.label) cannot be asked: \(failure.text)"
            case nil: return "content \(primary.content): primary \(primary.label) was not asked"
            }
        }
    }

    private func placeProblems() -> [String] {
        facts.wanted.flatMap { wanted -> [String] in
            let target = wanted.placement
            guard let survey = try? facts.hosts[target.hostname]?.get(),
                let place = survey.places.first(where: { $0.dataDirectory == target.dataDirectory })
            else { return [] }
            let name = "\(target.hostname):\(target.port)"
            var problems: [String] = []
            if let obstacle = place.obstacle { problems.append("\(name): \(obstacle)") }
            if !place.isRunning, place.listeners.contains(where: { $0 == "*" || $0 == target.address }) {
                problems.append("\(name): port \(target.port) is in use on address \(target.address)")
            }
            if let reason = place.sourceProblem {
                problems.append("\(name): primary \(target.primary.label) cannot be reached from here: \(reason)")
            }
            problems += place.filledTablespaces.map {
                "\(name): tablespace directory \($0) is not empty here: it may be the primary's own"
            }
            if target.hostname == target.primary.hostname,
                let source = try? facts.sources[target.primary.content]?.get(), !source.tablespaces.isEmpty
            {
                problems.append(
                    "\(name): tablespace directory \(source.tablespaces[0]) would be shared with the primary on this host"
                )
            }
            return problems
        }
    }
}
