import ArgumentParser
import ToolSupport

/// What a monitor asks for: `--check`, `--metrics` and what belongs to them.
struct MonitoringOptions: ParsableArguments, Sendable {
    @Flag(name: .customLong("check"), help: "Judge the cluster for a monitor: OK, WARNING, CRITICAL or UNKNOWN.")
    var check = false

    @Flag(name: .customLong("metrics"), help: "Print metrics in the Prometheus text format.")
    var metrics = false

    @Option(
        name: .customLong("only"),
        help: ArgumentHelp("With --check: these aspects alone.", valueName: "aspect,..."),
        completion: .list(CheckAspect.allCases.map(\.rawValue)))
    var only: [String] = []

    @Option(
        name: .customLong("warning"),
        help: ArgumentHelp("With --check: thresholds of WARNING.", valueName: "aspect=value,..."))
    var warning: [String] = []

    @Option(
        name: .customLong("critical"),
        help: ArgumentHelp("With --check: thresholds of CRITICAL.", valueName: "aspect=value,..."))
    var critical: [String] = []

    @Option(
        name: .customLong("deadline"),
        help: ArgumentHelp("With --check and --metrics: time for all of it; default 30.", valueName: "seconds"))
    var deadlineSeconds: Int?

    @Option(
        name: .customLong("output"),
        help: ArgumentHelp("With --metrics: write this file instead, at one stroke.", valueName: "file"),
        completion: .file())
    var output: String?

    /// The same options for the argument pre-pass.
    static let shapes: [OptionShape] = [
        .flag("--check"), .flag("--metrics"), .text("--only"), .text("--warning"), .text("--critical"),
        .integer("--deadline"), .text("--output"),
    ]

    func validate() throws {
        guard !(check && metrics) else { throw ValidationError("--check and --metrics do not go together") }
        let checkOnly = [("--only", only), ("--warning", warning), ("--critical", critical)]
        if !check, let name = checkOnly.first(where: { !$0.1.isEmpty })?.0 {
            throw ValidationError("option \(name): only with --check")
        }
        if !metrics, output != nil { throw ValidationError("option --output: only with --metrics") }
        if output?.isEmpty == true { throw ValidationError("option --output: the name of a file is missing") }
        if let deadlineSeconds {
            guard isAsked else { throw ValidationError("option --deadline: only with --check and --metrics") }
            guard (1...3600).contains(deadlineSeconds) else {
                throw ValidationError("option --deadline: \(deadlineSeconds) is not between 1 and 3600 seconds")
            }
        }
        do throws(ThresholdError) {
            _ = try (aspects(), thresholds())
        } catch {
            throw ValidationError(error.description)
        }
    }

    var isAsked: Bool { check || metrics }

    /// `--deadline` as a duration.
    var deadline: Duration { .seconds(deadlineSeconds ?? 30) }

    /// `--only`, in the order of the aspects; all without it.
    func aspects() throws(ThresholdError) -> [CheckAspect] {
        var chosen: Set<CheckAspect> = []
        for word in only.flatMap({ $0.split(separator: ",", omittingEmptySubsequences: false) }) {
            guard let aspect = CheckAspect(rawValue: String(word)) else {
                throw ThresholdError("option --only: no such aspect: '\(word)' (\(CheckAspect.list))")
            }
            chosen.insert(aspect)
        }
        return chosen.isEmpty ? CheckAspect.allCases : CheckAspect.allCases.filter(chosen.contains)
    }

    /// The defaults, and what `--warning` and `--critical` make of them.
    func thresholds() throws(ThresholdError) -> Thresholds {
        var thresholds = Thresholds()
        for text in warning { try thresholds.set(\.warning, text, option: "--warning") }
        for text in critical { try thresholds.set(\.critical, text, option: "--critical") }
        return thresholds
    }
}
