import ClusterModel
import ClusterOperations
import Reporting

/// What stands in the way, found before anything is touched.
///
/// Pure; every obstacle is listed, the original's in its words.
struct StandbyPreflight {
    let facts: StandbyFacts
    let engine: Engine
    let serverVersion: String
    let standby: Segment
    /// Whether an earlier run's standby is being finished.
    let isUnfinished: Bool
    /// Whether the old standby's directory is the new one's.
    let isInPlace: Bool

    /// What the place needs; nil when what lies there is somebody else's.
    let action: MirrorAction?

    typealias Problem = StandbyPlan.Problem

    private var coordinator: Segment { facts.cluster.coordinator }
    private var isSameHost: Bool { standby.hostname == coordinator.hostname }

    /// All problems, the catalog's first.
    func problems() -> [Problem] { catalogProblems() + coordinatorProblems() + hostProblems() + placeProblems() }

    private func catalogProblems() -> [Problem] {
        var problems: [Problem] = []
        if facts.cluster.standby != nil, !facts.replaces, !isUnfinished {
            problems.append(
                Problem(
                    "standby coordinator already configured",
                    lines: [
                        .error("Standby coordinator already configured"),
                        .info("If you want to start the stopped standby coordinator, use the -n option"),
                    ]))
        }
        if isSameHost, standby.port == coordinator.port {
            problems.append(Problem("cannot create standby on the same host and port"))
        }
        if !HostName.isUsable(standby.hostname) {
            problems.append(Problem("'\(standby.hostname)' is not the name of a host"))
        } else if standby.hostname == "localhost" || standby.hostname == "127.0.0.1" || standby.hostname == "::1" {
            problems.append(Problem("'\(standby.hostname)' means another host on every host: name the standby's host"))
        }
        if !DataDirectory.isUsable(standby.dataDirectory) {
            problems.append(Problem("-S needs an absolute path without control characters: '\(standby.dataDirectory)'"))
        }
        if let problem = DataDirectory.startProblem(standby.dataDirectory) { problems.append(Problem(problem)) }
        if !(1...65_535).contains(standby.port) {
            problems.append(Problem("-P \(standby.port) is not a port (1 to 65535)"))
        }
        // The coordinator itself is left to the original's texts.
        let others = facts.cluster.segments.filter { $0.hostname == standby.hostname }
        do { try PlacementConflict.check(others + [standby]) } catch { problems.append(Problem(error.description)) }
        return problems
    }

    private func coordinatorProblems() -> [Problem] {
        var problems: [Problem] = []
        if case .failure(let failure) = facts.accessTexts[coordinator.dbid] {
            problems.append(Problem("coordinator: \(failure.text)"))
        }
        if facts.source.freeWALSenders < 2 {
            problems.append(Problem("the coordinator has no two free WAL senders (max_wal_senders)"))
        }
        if facts.stream.slot?.isActive == true, facts.cluster.standby == nil {
            problems.append(
                Problem(
                    "replication slot \(Engine.replicationSlot) of the coordinator is in use, and the catalog has no "
                        + "standby: another copy is running, or a removed standby still streams"))
        }
        let names = facts.stream.synchronousNames
        if engine.setsCoordinatorSync, !names.isEmpty, !facts.stream.waits {
            problems.append(
                Problem("synchronous_standby_names of the coordinator is '\(names)', which is somebody else's"))
        }
        return problems
    }

    private func hostProblems() -> [Problem] {
        var problems: [Problem] = []
        for host in Set([standby.hostname, coordinator.hostname]).sorted() {
            switch facts.hosts[host] {
            case .failure(let failure):
                let text = failure.text.hasPrefix("\(host):") ? failure.text : "\(host): \(failure.text)"
                problems.append(Problem(text))
            case .success(let survey) where host == standby.hostname:
                if !survey.missingPrograms.isEmpty {
                    problems.append(
                        Problem("\(host): missing server programs: \(survey.missingPrograms.joined(separator: ", "))"))
                }
                if let version = survey.serverVersion, version != serverVersion {
                    problems.append(
                        Problem("\(host): server programs are '\(version)', the coordinator's are '\(serverVersion)'"))
                }
            default: break
            }
        }
        return problems
    }

    private func placeProblems() -> [Problem] {
        guard let place = facts.place else { return [] }
        let host = standby.hostname
        var problems: [Problem] = []
        if !isInPlace { problems += directoryProblems(place) }
        if let obstacle = place.obstacle { problems.append(Problem("\(host): \(obstacle)")) }
        let old = facts.cluster.standby
        let isOldsPort = (facts.replaces || isUnfinished) && old?.hostname == host && old?.port == standby.port
        let isOwnCoordinators = isSameHost && standby.port == coordinator.port
        if !isOldsPort, !isOwnCoordinators, !place.isRunning,
            place.listeners.contains(where: { $0 == "*" || $0 == standby.address })
        {
            problems.append(Problem("\(host): port \(standby.port) is in use on address \(standby.address)"))
        }
        if let reason = place.sourceProblem {
            problems.append(Problem("\(host): the coordinator cannot be reached from here: \(reason)"))
        }
        problems += facts.source.unusableTablespaces.map {
            Problem("the coordinator has a tablespace directory with a control character in its path: \($0)")
        }
        problems += filledTablespaces(place).map {
            Problem(
                "\(host): tablespace directory \($0) is not empty here"
                    + (engine.tablespacesAreSeparate ? "" : ": it may be the coordinator's own"))
        }
        if isSameHost, !engine.tablespacesAreSeparate, let tablespace = facts.source.tablespaces.first?.directory {
            problems.append(
                Problem("\(host): tablespace directory \(tablespace) would be shared with the coordinator"))
        }
        if !isInPlace, !isUnfinished, let free = facts.freeBytes, free < facts.source.neededBytes {
            problems.append(
                Problem(
                    "\(host): not enough space: \(facts.source.neededBytes >> 20) MB needed for data, WAL and growth, "
                        + "\(free >> 20) MB free"))
        }
        return problems
    }

    /// Somebody else's files where the copy's are to be.
    private func filledTablespaces(_ place: HostSurvey.Place) -> [String] {
        // What an unfinished copy or the standby that is replaced put there goes with it.
        if isInPlace || isUnfinished || action?.removesFirst == true { return [] }
        if engine.tablespacesAreSeparate, facts.replaces, let old = facts.cluster.standby,
            old.hostname == standby.hostname, old.dbid == standby.dbid
        {
            return []
        }
        return place.filledTablespaces
    }

    private func directoryProblems(_ place: HostSurvey.Place) -> [Problem] {
        let (host, directory) = (standby.hostname, standby.dataDirectory)
        if let former = facts.former {
            guard let process = former.processes.first else { return [] }
            return [
                Problem(
                    "the former coordinator still runs on host \(host) in \(directory): process \(process): stop it")
            ]
        }
        switch place.directory {
        case .incomplete where action != nil, .complete where action != nil: return []
        case .absent:
            let parent = directory.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            guard place.nearestDirectory != (parent.isEmpty ? "/" : parent) else { return [] }
            return [
                Problem(
                    "Parent directory \(parent) does not exist",
                    lines: [
                        .error("Parent directory \(parent) does not exist on host \(host)"),
                        .error("This directory must be created before running gpactivatestandby"),
                    ])
            ]
        case .empty where isUnfinished: return []
        case .empty, .foreign, .incomplete, .complete:
            // The configured standby's own directory needs no second complaint.
            if let row = facts.cluster.standby, row.hostname == host, row.dataDirectory == directory { return [] }
            var lines: [ReportLine] = [.error("Data directory already exists on host \(host)")]
            if isSameHost {
                lines.append(
                    .error(
                        "If you want to initialize a new standby on the same host as the coordinator "
                            + "(not recommended), use -S and -P to specify a new data directory and port"))
            }
            return [Problem("coordinator data directory exists", lines: lines)]
        }
    }
}
