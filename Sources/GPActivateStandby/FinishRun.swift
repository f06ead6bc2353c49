import ClusterModel
import ClusterOperations
import RemoteShell
import Reporting
import ToolSupport

/// `--finish`: turns the former coordinator away at segments that were out of reach at the activation.
struct FinishRun: Sendable {
    let run: ActivationRun

    private var context: ToolContext { run.context }

    func finish() async throws -> ExitStatus {
        var facts = try await run.settledFacts()
        guard facts.situation == .activated || facts.isGateShut, let server = facts.server, !server.isInRecovery else {
            throw OperationError(
                "this instance is not the coordinator", hint: "run --finish where gpactivatestandby was run")
        }
        guard let former = facts.former else {
            throw OperationError("the history knows of no activation of this instance: there is nothing to finish")
        }
        guard facts.isGateShut || facts.cluster?.standby?.hostname != former.hostname else {
            context.report(.info("\(former.hostname) has the standby now and is to be let in: nothing to finish"))
            context.emit(json: ActivationJSON.finished(former, leftOut: []))
            return .done
        }
        if facts.isGateShut, run.options.isDryRun {
            context.report(.info("the lines that let nobody in but the administrator are to be taken out"))
        }
        let shell = run.makeShell(facts.hostname)
        return try await context.stop.withHandler({ Task { await shell.close() } }) {
            await run.survey.others(&facts, shell, window: ActivationRun.shortLook)
            let result: Result<ExitStatus, any Error>
            do { result = .success(try await fence(facts, former, shell)) } catch { result = .failure(error) }
            await shell.close()
            let addresses = SegmentFence.choose(facts.formerAddresses, staying: facts.staying).addresses
            try await openGate(facts, former, fenced: addresses)
            return try result.get()
        }
    }

    /// Opens the gate of an activation that was cut off: whatever could be fenced off is.
    private func openGate(
        _ facts: ActivationFacts, _ former: FormerCoordinator, fenced addresses: [String]
    ) async throws {
        guard facts.isGateShut, !run.options.isDryRun else { return }
        let access = ClusterAccess(
            location: try CoordinatorLocation(dataDirectory: run.dataDirectory), environment: run.environment,
            shell: LocalShell())
        let isNamed = facts.own?.role == .primary
        if isNamed, access.engine.changesCatalogAtPromotion, let dbid = facts.own?.dbid {
            var former = former
            former.fencedAddresses = addresses
            let noted = former
            try await access.withCoordinator(.standbyChange) {
                try Catalog.noteActivation(of: dbid, former: noted, on: $0)
            }
        }
        if try await run.gate.open(access) { context.report(.info("everybody is let in again as before")) }
        guard isNamed else {
            throw OperationError(
                "the catalog does not name this instance as the coordinator yet",
                hint: "run gpactivatestandby without --finish: it goes on from there")
        }
    }

    private func fence(
        _ facts: ActivationFacts, _ former: FormerCoordinator, _ shell: any Shell
    ) async throws -> ExitStatus {
        if case .running(let evidence) = facts.old {
            context.report(.warning("the old coordinator \(former.place) RUNS: \(evidence); stop it there"))
        }
        let choice = SegmentFence.choose(facts.formerAddresses, staying: facts.staying)
        context.report(choice.obstacles.map { .warning("not fenced off at the segments: \($0)") })
        guard !choice.addresses.isEmpty else {
            throw OperationError("this fence cannot be set: \(choice.obstacles.joined(separator: "; "))")
        }
        let reached = facts.segments.filter { facts.silentHosts[$0.hostname] == nil }
        var leftOut = facts.segments.filter { facts.silentHosts[$0.hostname] != nil }.map {
            SegmentFencing.LeftOut(instance: $0, reason: facts.silentHosts[$0.hostname] ?? "")
        }
        if run.options.isDryRun {
            context.report(
                .info("to be turned away at \(reached.count) segments: \(choice.addresses.joined(separator: ", "))"))
            return .done
        }
        let access = ClusterAccess(
            location: try CoordinatorLocation(dataDirectory: run.dataDirectory), environment: run.environment,
            shell: shell)
        let fence = SegmentFence(host: former.hostname, addresses: choice.addresses)
        leftOut += await SegmentFencing(access: access, hostTimeout: run.options.shellOptions.hostTimeout)
            .set(fence, at: reached, staying: Set(facts.staying.values.flatMap { $0 }).sorted())
        context.report(ActivationPlanText.leftOut(leftOut))
        context.emit(json: ActivationJSON.finished(former, leftOut: leftOut))
        guard leftOut.isEmpty else {
            throw OperationError("\(leftOut.count) segment(s) do not turn the old coordinator away yet")
        }
        context.report(
            .info("all \(reached.count) segments turn \(choice.addresses.joined(separator: ", ")) away"))
        return .done
    }
}
