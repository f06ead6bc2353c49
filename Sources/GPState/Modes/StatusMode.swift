import ClusterModel
import Reporting

/// What gpstate is asked to show.
///
/// The order of the cases is the order in which the original looks at its flags; its own modes come first.
enum StatusMode: String, CaseIterable, Sendable {
    case advice = "advise"
    case map
    case events
    case mirrors
    case mapping
    case quick
    case detailed
    case versions
    case problems
    case sampleTable = "sample-table"
    case standby
    case ports
    case segmentRows = "segment-rows"
    case expansion
    case brief

    /// The option that asks for it.
    var option: String {
        switch self {
        case .mirrors: "-m"
        case .mapping: "-c"
        case .quick: "-Q"
        case .detailed: "-s"
        case .versions: "-i"
        case .problems: "-e"
        case .sampleTable: "--printSampleExternalTableSql"
        case .standby: "-f"
        case .ports: "-p"
        case .segmentRows: "--segmentStatusPipeSeparatedForTableUse"
        case .expansion: "-x"
        case .brief: "-b"
        case .advice: "--advise"
        case .map: "--map"
        case .events: "--events"
        }
    }

    /// Chooses the mode; none asked for is `brief`.
    ///
    /// `-x` is not counted: beside any mode but `-b` it loses without a word.
    ///
    /// - Throws: `TooManyOutputOptions` when two others are asked for.
    static func chosen(from asked: Set<StatusMode>) throws(TooManyOutputOptions) -> StatusMode {
        guard asked.subtracting([.expansion]).count <= 1 else { throw TooManyOutputOptions() }
        return allCases.first { asked.contains($0) } ?? .brief
    }

    /// The line that is shown while the facts are gathered; nil for modes that ask no host.
    func announcement(in configuration: ClusterConfiguration) -> ReportLine? {
        let needs = needs(in: configuration)
        if needs.contains(.instanceStatus) { return .info("Gathering data from segments...") }
        return needs.contains(.versions) ? .info("Loading version information") : nil
    }

    /// Makes the report of this mode.
    ///
    /// - Parameter picture: how `map` is drawn.
    func report(of facts: ClusterFacts, picture: Picture = Picture()) -> any StatusReport {
        switch self {
        case .mirrors: MirrorsReport(facts)
        case .mapping: MappingReport(facts)
        case .quick: QuickReport(facts)
        case .detailed: DetailedReport(facts)
        case .versions: VersionsReport(facts)
        case .problems: ProblemsReport(facts)
        case .sampleTable: SampleTableReport(facts)
        case .standby: StandbyReport(facts)
        case .ports: PortsReport(facts)
        case .segmentRows: SegmentRowsReport(facts)
        case .expansion: ExpansionReport(facts)
        case .brief: BriefReport(facts)
        case .advice: AdviceReport(facts)
        case .map: MapReport(facts, picture: picture)
        case .events: EventsReport(facts)
        }
    }
}

/// Two modes were asked for at once.
struct TooManyOutputOptions: Error, Sendable, Equatable, CustomStringConvertible {
    var description: String { "Too many output options specified" }
}
