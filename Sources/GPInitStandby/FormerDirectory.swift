import ClusterModel
import ClusterOperations
import RemoteShell
import Reporting
import ToolSupport

/// A coordinator's data directory from before an activation, found where the new standby is to be.
struct FormerDirectory: Sendable, Equatable {
    var path: String
    /// Where it goes: beside itself, under a dated name.
    var target: String
    /// Processes of a server that works in it.
    var processes: [String]

    /// What lies at `place`, if it is this cluster's former coordinator: its system identifier says so, and it
    /// follows nobody.
    ///
    /// - Returns: nil for anything else.
    static func find(
        _ place: StandbyPlace, systemIdentifier: String, _ access: ClusterAccess, timeout: Duration
    ) async -> FormerDirectory? {
        let script = CoordinatorSurvey.script(
            place.dataDirectory, binaryDirectory: access.location.binaryDirectory)
        let signal = ShellQuoting.word(place.dataDirectory + "/standby.signal")
        let command = ShellCommand(
            "[ -e \(signal) ] && exit 9\n" + script, purpose: "looking for a former coordinator",
            timeout: timeout + .seconds(10))
        guard let output = try? await access.shell.run(command, on: place.host), output.succeeded,
            let survey = try? CoordinatorSurvey(output: output.standardOutput), survey.isReadable,
            survey.systemIdentifier == systemIdentifier
        else { return nil }
        return FormerDirectory(
            path: place.dataDirectory, target: "\(place.dataDirectory).superseded-\(LocalTime.compact)",
            processes: survey.processes)
    }

    /// Moves it, with the mark beside it; nothing is deleted.
    ///
    /// Undo: `moveBack`.
    func moveAside(on host: String, _ shell: any Shell) async throws {
        try await move(from: path, to: target, on: host, shell)
    }

    /// Moves it back, unless something else is in its place.
    func moveBack(on host: String, _ shell: any Shell) async throws {
        try await move(from: target, to: path, on: host, shell)
    }

    private func move(from: String, to: String, on host: String, _ shell: any Shell) async throws {
        let marks = [from, to].map { ShellQuoting.word(SupersededMark.path($0)) }
        let script = """
            from=\(ShellQuoting.word(from)); to=\(ShellQuoting.word(to)); mark=\(marks[0])
            [ -e "$to" ] && { printf '%s exists\\n' "$to" >&2; exit 3; }
            # The mark first: one that stayed behind would be the new standby's.
            [ ! -e "$mark" ] || mv "$mark" \(marks[1]) || exit 3
            mv "$from" "$to"
            """
        let output = try await shell.run(
            ShellCommand(script, purpose: "moving \(from)", timeout: .seconds(60)), on: host)
        guard output.succeeded else { throw OperationError("\(host): unable to move \(from): \(output.lastErrorLine)") }
    }
}

extension SegmentFencing {
    /// Lets the host of the new standby in again where an activation had it turned away.
    ///
    /// - Returns: the instances that still turn it away.
    func openFences(_ plan: StandbyPlan, report: (ReportLine) -> Void) async -> [StandbyPlan.LeftOut] {
        guard !plan.fencedSegments.isEmpty else { return [] }
        let left = await remove(plan.fenceLines, at: plan.fencedSegments).map {
            StandbyPlan.LeftOut(instance: $0.instance, reason: "it still turns the standby's host away: \($0.reason)")
        }
        report(
            .info(
                "\(plan.fencedSegments.count - left.count) of \(plan.fencedSegments.count) segments that turned "
                    + "\(plan.standby.hostname) away let it in again"))
        for line in StandbyPlanText.leftOut(left) { report(line) }
        return left
    }
}
