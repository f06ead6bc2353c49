import ClusterModel
import ClusterOperations
import ToolSupport

/// Computes the plan from the facts.
///
/// Pure: the same facts give the same plan.
struct RecoveryPlanBuilder {
    let facts: RecoveryFacts
    let engine: Engine
    let user: String
    /// What the options ask for; segments that move are always copied in full.
    let method: RecoveryMethod
    /// What may follow a method that fails.
    let fallbacks: (RecoveryMethod) -> [RecoveryMethod]
    let hbaMethod: String
    let usesHostnames: Bool
    let maxRate: String?

    /// Bytes a second that an estimate takes for granted: a gigabit network, or `--max-rate` where that is less.
    private static let usualRate = 100 << 20

    func build() -> RecoveryPlan {
        var plan = RecoveryPlan(origin: facts.origin, items: [], maxRate: maxRate)
        for request in facts.requests {
            switch item(request) {
            case .success(let item): plan.items.append(item)
            case .failure(let leftOut): plan.leftOut.append(leftOut.value)
            }
        }
        plan.authentication = plan.items.compactMap(authentication)
        plan.warnings += plan.items.compactMap { item in
            guard case .inPlace(let reason) = item.place, item.ladder.contains(.full) else { return nil }
            let condition = item.method == .full ? "" : "if it comes to it, "
            return "content \(item.content): \(condition)a full copy replaces \(item.target.dataDirectory) in place: "
                + reason
        }
        plan.warnings += spaceWarnings(plan.items)
        return plan
    }

    /// Full copies that each fit, and together do not: the last ones will find no room.
    private func spaceWarnings(_ items: [RecoveryPlan.Item]) -> [String] {
        var needs: [String: (host: String, contents: [ContentID], bytes: Int, free: Int)] = [:]
        for item in items where item.method == .full && item.place == .beside {
            guard let room = facts.targets[item.failed.dbid]?.room, let free = room.freeBytes,
                let bytes = facts.sources[item.content]?.neededBytes
            else { continue }
            let key = "\(item.target.hostname) \(room.device)"
            let known = needs[key] ?? (item.target.hostname, [], 0, free)
            needs[key] = (known.host, known.contents + [item.content], known.bytes + bytes, known.free)
        }
        return needs.sorted { $0.key < $1.key }.compactMap { _, need in
            guard need.contents.count > 1, need.bytes > need.free else { return nil }
            return "\(need.host): the copies of content \(need.contents.map { "\($0)" }.joined(separator: ", ")) need "
                + "\(need.bytes >> 20) MB together, \(need.free >> 20) MB are free: recover them in runs of their own (-i)"
        }
    }

    private struct NotBegun: Error {
        let value: RecoveryPlan.LeftOut
    }

    private func item(_ request: RecoveryDemand) -> Result<RecoveryPlan.Item, NotBegun> {
        func leaveOut(_ reason: String, host: String? = nil) -> Result<RecoveryPlan.Item, NotBegun> {
            let source = facts.cluster.peer(of: request.failed)?.hostname
            return .failure(NotBegun(value: .init(request.failed, reason, unreachableHost: host, sourceHost: source)))
        }
        let unreachable = facts.unreachable
        if let problem = RecoveryDemands.problem(of: request, in: facts.cluster, unreachable: unreachable) {
            let hosts = [request.result.hostname, facts.cluster.peer(of: request.failed)?.hostname ?? ""]
            return leaveOut(problem, host: hosts.first { unreachable.contains($0) })
        }
        let content = request.failed.content
        if let running = facts.running[content] { return leaveOut("\(running.rawValue) is running for it already") }
        guard let primary = facts.cluster.peer(of: request.failed) else { return leaveOut("it has no peer") }
        guard let source = facts.source(content) else {
            guard case .failure(let failure) = facts.survey.sources[content] else { return leaveOut("was not asked") }
            return leaveOut("its acting primary \(primary.label) does not answer: \(failure.text)")
        }
        guard let host = try? facts.survey.hosts[request.result.hostname]?.get(),
            let place = facts.place(of: request.result)
        else { return leaveOut("host \(request.result.hostname) was not asked", host: request.result.hostname) }
        if let problem = placeProblem(request, place) { return leaveOut(problem) }
        guard let target = facts.targets[request.failed.dbid], let sourceFacts = facts.sources[content] else {
            return leaveOut("what is left of it could not be found out")
        }
        let verdict = RecoveryVerdict.judge(target: target, source: sourceFacts, engine: engine)
        var item = RecoveryPlan.Item(
            failed: request.failed, target: request.result, source: primary,
            method: request.target == nil ? method : .full, causes: verdict.causes,
            outlooks: outlooks(request, verdict), place: copyPlace(request.failed.dbid, verdict),
            settings: settings(request, primary, source, host), tablespaces: source.tablespaces.map(\.directory),
            authentication: lines(request.result, primary), systemIdentifier: source.systemIdentifier)
        guard let rungs = ladder(item) else {
            let reason = item.outlook(item.method)?.obstacle ?? "no method is known"
            return leaveOut("\(item.method.rawValue) recovery cannot work: \(reason); \(Self.advice(item))")
        }
        item.doubts = verdict.doubts
        item.mustRewind = verdict.incrementalWay?.isRewind == true
        item.method = rungs[0]
        item.fallbacks = Array(rungs.dropFirst())
        return .success(item)
    }

    /// The verdict's, unless what is there lets nothing be made beside it: the run would find that out too late.
    private func copyPlace(_ dbid: DatabaseID, _ verdict: RecoveryVerdict) -> RecoveryPlan.Place {
        if case .inPlace(let reason) = verdict.fullCopyPlace { return .inPlace(reason) }
        guard let found = facts.places[dbid], case .inPlace(let reason) = FullPlace.choose(found, bytes: 0) else {
            return .beside
        }
        return .inPlace(reason.description)
    }

    /// The rungs against which nothing is known; nil when none is left.
    private func ladder(_ item: RecoveryPlan.Item) -> [RecoveryMethod]? {
        let rungs = ([item.method] + fallbacks(item.method)).filter { item.outlook($0)?.obstacle == nil }
        return rungs.isEmpty ? nil : rungs
    }

    /// What to try instead of a method that cannot work.
    static func advice(_ item: RecoveryPlan.Item) -> String {
        let others = item.outlooks.filter { $0.method > item.method && $0.obstacle == nil }.map(\.method)
        guard let next = others.first else { return "no other method can work either" }
        return next == .full ? "use -F, or --fallback full" : "use --differential, or --fallback differential"
    }

    private func placeProblem(_ request: RecoveryDemand, _ place: HostSurvey.Place) -> String? {
        let target = request.result
        if let problem = DataDirectory.startProblem(target.dataDirectory) { return problem }
        if let reason = place.sourceProblem {
            return "its primary cannot be reached from \(target.hostname): \(reason)"
        }
        if !place.isRunning, !keepsItsPort(request), isTaken(target, place) {
            return "port \(target.port) is in use on \(target.hostname), address \(target.address)"
        }
        if request.moves, case .foreign = place.directory, !holdsOldCopy(request) {
            return "Segment directory '\(target.dataDirectory)' on \(target.hostname) exists but is not empty!"
        }
        if case .failure(let failure) = facts.survey.hbaTexts[target.content] {
            return "pg_hba.conf of its primary cannot be read: \(failure.text)"
        }
        return nil
    }

    /// Whether the new place holds a copy of the same content, as when a segment moves back to where it was.
    private func holdsOldCopy(_ request: RecoveryDemand) -> Bool {
        let found = facts.targets[request.failed.dbid]?.control.data?.systemIdentifier
        return found != nil && found == facts.sources[request.failed.content]?.systemIdentifier
    }

    /// Whether who listens there is the segment itself, which is stopped before it moves.
    private func keepsItsPort(_ request: RecoveryDemand) -> Bool {
        let (failed, target) = (request.failed, request.result)
        return failed.status == .up && failed.hostname == target.hostname && failed.port == target.port
    }

    private func isTaken(_ target: Segment, _ place: HostSurvey.Place) -> Bool {
        guard HostName.isNumeric(target.address) else { return !place.listeners.isEmpty }
        return place.listeners.contains { $0 == "*" || $0 == target.address }
    }

    /// The segment's own settings: what its old configuration says of its sockets wins over what a copy would get.
    private func settings(
        _ request: RecoveryDemand, _ primary: Segment, _ source: SourceSurvey, _ host: HostSurvey
    ) -> [InstanceSetting] {
        let target = request.result
        var settings = source.settingsOfCopy(
            of: primary, address: target.address, port: target.port, dataDirectory: target.dataDirectory, on: host)
        guard let own = facts.ownSettings[request.failed.dbid]?["unix_socket_directories"], !own.isEmpty else {
            return settings
        }
        settings.removeAll { $0.name == "unix_socket_directories" }
        if own != source.socketDirectories { settings.append(InstanceSetting("unix_socket_directories", own)) }
        return settings
    }
}

extension RecoveryDemand {
    /// Whether the segment gets another place.
    var moves: Bool {
        guard let target else { return false }
        return target.hostname != failed.hostname || target.dataDirectory != failed.dataDirectory
    }
}

/// Lines for pg_hba.conf, space, and what each method would mean.
extension RecoveryPlanBuilder {
    /// In the spelling of the primary's file, which the mirror most often gets with its data.
    private func lines(_ target: Segment, _ primary: Segment) -> [String] {
        let lines = HostBasedAuthentication.pairLines(
            user: user, mirror: peers(target), primary: peers(primary), method: hbaMethod)
        guard let text = try? facts.survey.hbaTexts[primary.content]?.get() else { return lines }
        return HostBasedAuthentication.spelled(lines, as: text)
    }

    private func peers(_ segment: Segment) -> [String] {
        HostBasedAuthentication.peers(
            of: segment, discovered: (try? facts.survey.hosts[segment.hostname]?.get())?.addresses ?? [],
            usesHostnames: usesHostnames)
    }

    private func authentication(_ item: RecoveryPlan.Item) -> AuthenticationChange? {
        guard let source = facts.source(item.content), let text = try? facts.survey.hbaTexts[item.content]?.get()
        else { return nil }
        let missing = HostBasedAuthentication.missing(item.authentication, in: text)
        guard !missing.isEmpty else { return nil }
        return AuthenticationChange(segment: item.source, file: source.hbaFile, lines: missing)
    }

    private func outlooks(_ demand: RecoveryDemand, _ verdict: RecoveryVerdict) -> [MethodOutlook] {
        let dbid = demand.failed.dbid
        let wayProblem = facts.wayProblems[dbid]
        let closed = facts.places[dbid].flatMap { $0.parentIsWritable ? nil : "no permission to write in \($0.parent)" }
        return RecoveryMethod.allCases.map { method in
            var outlook = MethodOutlook(method)
            switch verdict.outcome(of: method) {
            case .possible(let bytes):
                outlook.bytes = bytes
                outlook.seconds = bytes.map(seconds)
            case .impossible(let reason): outlook.obstacle = reason
            }
            // Whoever changes a copy marks it first, beside it.
            if let closed, outlook.obstacle == nil, method != .incremental || verdict.incrementalWay?.isRewind == true {
                outlook = MethodOutlook(method, obstacle: closed)
            }
            switch method {
            case .incremental:
                outlook.note = verdict.incrementalWay.map(Self.text)
                // What a rewind moves beside the WAL since then depends on what it finds there.
                if verdict.incrementalWay?.isRewind == true { outlook.bound = .atLeast }
            case .differential:
                if outlook.obstacle == nil { outlook.obstacle = wayProblem }
                guard outlook.obstacle == nil, let all = facts.sources[demand.failed.content]?.copiedBytes else {
                    break
                }
                outlook.seconds = seconds(all)
                outlook.bound = .atMost
                outlook.note = "compares \(ByteCount.text(Int64(all))) and moves what differs"
            case .full:
                guard facts.leftovers[dbid]?.resumable != nil else { break }
                outlook.note =
                    wayProblem.map { "starts again, what was copied before cannot be taken: \($0)" }
                    ?? "goes on with what an earlier run copied"
            }
            return outlook
        }
    }

    private static func text(_ way: IncrementalWay) -> String {
        switch way {
        case .restart(let position): "started, it streams on from \(position)"
        case .rewind(let position): "rewound to \(position), where the histories part"
        }
    }

    func seconds(_ bytes: Int) -> Int {
        let limit = maxRate.flatMap { GPRecoverSeg.kilobytes(rate: $0) }.map { $0 * 1024 } ?? Self.usualRate
        return max(1, bytes / min(limit, Self.usualRate))
    }
}
