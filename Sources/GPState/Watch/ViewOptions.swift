import ArgumentParser
import ClusterModel
import ClusterOperations
import ToolSupport

/// The options of the views for people: `--map`, `--advise`, `--events`, `--watch`.
struct ViewOptions: ParsableArguments, Sendable {
    @Flag(name: .customLong("advise"), help: "Name the layout, its risks, and what to do; from the catalog alone.")
    var advises = false

    @Option(
        name: .customLong("map"), defaultAsFlag: MapForm.text.rawValue, parsing: .next,
        help: ArgumentHelp("Draw hosts, roles and pairs: text, ascii or svg.", valueName: "form"),
        completion: .list(MapForm.allCases.map(\.rawValue)))
    var map: String?

    @Flag(name: .customLong("events"), help: "Show what became of the instances (gp_configuration_history).")
    var showsEvents = false

    @Option(
        name: .customLong("since"),
        help: ArgumentHelp("Events from then on: an ISO 8601 time, or an age as 30m, 2h, 1d.", valueName: "when"))
    var since: String?

    @Option(
        name: .customLong("watch"), defaultAsFlag: "2", parsing: .next,
        help: ArgumentHelp("Redraw on the terminal every so many seconds (2).", valueName: "seconds"))
    var watch: String?

    static let shapes: [OptionShape] = [
        .flag("--advise"), .optional("--map"), .flag("--events"), .text("--since"), .optional("--watch"),
    ]

    /// Whether any of them was given.
    var isAsked: Bool { advises || map != nil || showsEvents || since != nil || watch != nil }

    /// The modes that are asked for.
    var asked: [(Bool, StatusMode)] { [(advises, .advice), (map != nil, .map), (showsEvents, .events)] }

    /// Errors alone where a picture or rows of data fill the screen.
    var screenUse: ScreenUse? { map != nil || showsEvents || watch != nil ? .errors : nil }

    /// What the options say, checked.
    ///
    /// - Parameter mode: the one that was chosen.
    func checked(_ mode: StatusMode, _ context: ToolContext) throws(ToolError) -> CheckedViews {
        guard since == nil || mode == .events else {
            throw ToolError(.validation, "--since goes with --events only")
        }
        var views = CheckedViews()
        if let since { views.since = try SinceOption.parse(since) }
        views.picture.style = MapStyle(
            columns: context.columns ?? 80, hasColour: context.hasColour, isUnicode: context.isUnicode)
        if let map {
            do { views.picture.form = try MapForm.parse(map) } catch {
                throw ToolError(.validation, PrintableText.oneLine(error.description))
            }
        }
        if let watch {
            views.interval = try interval(watch, mode, views.picture.form, context)
            views.seconds = watch
        }
        return views
    }

    private func interval(
        _ text: String, _ mode: StatusMode, _ form: MapForm, _ context: ToolContext
    ) throws(ToolError) -> Duration {
        guard let seconds = Double(text), (0.5...3600).contains(seconds) else {
            throw ToolError(
                .validation,
                "Invalid --watch: '\(PrintableText.oneLine(text))' is not a number of seconds from 0.5 to 3600")
        }
        guard !context.isJSON else { throw ToolError(.validation, "--watch draws on a terminal, not with --json") }
        guard mode.isWatchable, mode != .map || form != .svg else {
            throw ToolError(.validation, "--watch does not go with \(mode == .map ? "--map=svg" : mode.option)")
        }
        guard context.isTerminal else {
            throw ToolError(.validation, "--watch needs a terminal, and standard output is none")
        }
        guard let kind = context.environment["TERM"], !kind.isEmpty, kind != "dumb" else {
            throw ToolError(.validation, "--watch needs a terminal that is drawn on: TERM is unset or 'dumb'")
        }
        return .seconds(seconds)
    }
}

/// What the views' options say.
struct CheckedViews: Sendable {
    var picture = Picture()
    var since: HistoryStart?
    /// Between the end of one cycle and the start of the next; nil: once.
    var interval: Duration?
    /// The same as the user gave it.
    var seconds = ""
}

extension StatusMode {
    /// Whether it is something to look at again and again.
    var isWatchable: Bool { self != .segmentRows && self != .sampleTable }
}
