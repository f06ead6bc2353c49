import BlockingWork
import ClusterOperations
import Reporting
import ToolSupport

/// `--check` and `--metrics`: gather before the deadline, then judge or print.
struct MonitoringRun: Sendable {
    let options: MonitoringOptions
    let gatherer: MonitorGatherer

    /// Judges and prints; with `-q` nothing where nothing is wrong.
    func check(_ context: ToolContext) async throws -> ExitStatus {
        let aspects: [CheckAspect]
        let thresholds: Thresholds
        do throws(ThresholdError) {
            (aspects, thresholds) = (try options.aspects(), try options.thresholds())
        } catch {
            throw ToolError(.validation, error.description)
        }
        let facts = try await gatherer.gather(ClusterCheck.needs(aspects))
        let text = PluginText(results: ClusterCheck(facts: facts, thresholds: thresholds).results(aspects))
        context.report(ReportLine(text.status == .ok ? .info : .warning, text.headline))
        if context.isJSON {
            context.emit(json: CheckJSON.document(text, catalogAge: facts.catalogAge))
        } else if !(context.isQuiet && text.status == .ok) {
            context.printPlain(text.lines.joined(separator: "\n"))
        }
        return text.status.exitStatus
    }

    /// Prints or writes the metrics; whatever they say, having done so is success.
    ///
    /// - Throws: `ToolError` when the file cannot be written; what was there stays.
    func metrics(_ context: ToolContext) async throws -> ExitStatus {
        guard !context.isJSON else {
            throw ToolError(.validation, "--metrics has a format of its own: --json does not go with it")
        }
        let text = ClusterMetrics(facts: try await gatherer.gather([.instances, .hosts])).text
        guard let path = options.output else {
            context.printPlain(String(text.dropLast()))
            return .done
        }
        do {
            try LocalFiles.write(text, to: path, mode: 0o644)
        } catch {
            throw ToolError(
                .operational, "cannot write the metrics: \(error)",
                hint: "name a file in a directory that this user can write")
        }
        return .done
    }
}
