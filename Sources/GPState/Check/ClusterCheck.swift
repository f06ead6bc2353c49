import ClusterModel
import ToolSupport

/// Judges facts: a pure function to one result for each aspect.
struct ClusterCheck: Sendable {
    let facts: MonitorFacts
    let thresholds: Thresholds

    /// What has to be gathered for these aspects.
    static func needs(_ aspects: [CheckAspect]) -> MonitorNeeds {
        aspects.reduce(into: []) { needs, aspect in
            switch aspect {
            case .coordinator, .preferredRoles: break
            case .standby, .segmentsUp, .inSync, .replicationLag, .versions, .oneMoreHostLoss:
                needs.insert(.instances)
            case .retainedWAL: needs.formUnion([.instances, .hosts])
            case .disk: needs.insert(.hosts)
            }
        }
    }

    /// The results, in the order of `aspects`.
    func results(_ aspects: [CheckAspect]) -> [AspectResult] { aspects.map { result($0) } }

    private func result(_ aspect: CheckAspect) -> AspectResult {
        if aspect == .coordinator { return coordinator }
        guard let configuration = facts.configuration else {
            return .unknown(aspect, "\(aspect.rawValue): the catalog is not known")
        }
        var result =
            switch aspect {
            case .coordinator: coordinator
            case .standby: standby(configuration)
            case .segmentsUp: segmentsUp(configuration)
            case .inSync: inSync(configuration)
            case .preferredRoles: preferredRoles(configuration)
            case .replicationLag: replicationLag(configuration)
            case .retainedWAL: retainedWAL(configuration)
            case .disk: disk(configuration)
            case .versions: versions(configuration)
            case .oneMoreHostLoss: oneMoreHostLoss(configuration)
            }
        if let age = facts.catalogAge {
            result.details.insert("judged by the catalog as it was \(Self.time(Double(age))) ago", at: 0)
        }
        return result
    }

    /// A number with the thresholds of its measure.
    func value(
        _ value: Double, _ measure: Measure, label: String? = nil, most: Double? = nil
    ) -> PerformanceValue {
        PerformanceValue(
            label: label ?? measure.rawValue, value: value, measure: measure, threshold: thresholds[measure],
            range: (0, most))
    }

    /// `sdw2:7002`.
    static func place(_ segment: Segment) -> String { "\(segment.hostname):\(segment.port)" }

    /// `3 d`, `2 h`, `15 min`, `40 s`.
    static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<120: "\(Int(seconds)) s"
        case ..<7200: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3600)) h"
        case ..<8_640_000_000: "\(Int(seconds / 86_400)) d"
        default: "years"
        }
    }

    static func size(_ bytes: Int) -> String { ByteCount.text(Int64(bytes)) }

    /// `content 1`, `contents 1, 2`, at most eight of them.
    static func contents(_ contents: [ContentID]) -> String {
        let shown = contents.prefix(8).map(\.description).joined(separator: ", ")
        let rest = contents.count > 8 ? " and \(contents.count - 8) more" : ""
        return (contents.count == 1 ? "content " : "contents ") + shown + rest
    }

    /// Texts after one another, at most three of them.
    static func some(_ texts: [String]) -> String {
        texts.prefix(3).joined(separator: "; ") + (texts.count > 3 ? "; \(texts.count - 3) more" : "")
    }
}

extension ClusterCheck {
    private var coordinator: AspectResult {
        switch facts.coordinator {
        case .answered(let seconds):
            return AspectResult(
                .coordinator, [value(seconds, .coordinatorTime)],
                summary: "coordinator answered in \(PlainNumber.text(seconds)) s")
        case .silent(let reason):
            return AspectResult(
                aspect: .coordinator, status: .critical, summary: "coordinator does not answer: \(reason)")
        }
    }

    private func standby(_ configuration: ClusterConfiguration) -> AspectResult {
        guard let standby = configuration.standby else {
            return AspectResult(.standby, [value(1, .standbyTrouble, most: 2)], summary: "no standby is configured")
        }
        let name = "standby \(Self.place(standby))"
        guard let stream = facts.standbyStream else {
            // Without the coordinator only the standby itself can tell whether it is there.
            switch facts.isUp(standby) {
            case true?: return .unknown(.standby, "\(name) is up; the coordinator does not tell how it streams")
            case false?:
                return AspectResult(
                    .standby, [value(2, .standbyTrouble, most: 2)],
                    summary: "\(name) does not answer: \(facts.answer(standby).reason ?? "it is down")")
            case nil: return .unknown(.standby, "\(name): nothing could be asked in time")
            }
        }
        let lag = stream.replayed.behind.map { ", \(Self.size($0)) behind" } ?? ""
        guard stream.state == "streaming" else {
            let state = stream.state.map { "is in state \($0)" } ?? "is not connected"
            return AspectResult(.standby, [value(2, .standbyTrouble, most: 2)], summary: "\(name) \(state)")
        }
        guard stream.isSynchronous else {
            return AspectResult(
                .standby, [value(1, .standbyTrouble, most: 2)],
                summary: "\(name) streams, but commits do not wait for it\(lag)")
        }
        return AspectResult(
            .standby, [value(0, .standbyTrouble, most: 2)], summary: "\(name) streams in sync\(lag)")
    }

    private func preferredRoles(_ configuration: ClusterConfiguration) -> AspectResult {
        let switched = configuration.pairs.filter(\.primary.isSwitched)
        let summary =
            switched.isEmpty
            ? "all segments are in their preferred roles"
            : "\(switched.count) of \(configuration.pairs.count) contents not in preferred roles: "
                + Self.contents(switched.map(\.content))
        return AspectResult(
            .preferredRoles, [value(Double(switched.count), .rolesSwitched, most: Double(configuration.pairs.count))],
            summary: summary,
            details: switched.map { "content \($0.content): \(Self.place($0.primary)) acts as primary" })
    }

    private func versions(_ configuration: ClusterConfiguration) -> AspectResult {
        let up = configuration.allInstances.filter { $0.status == .up }
        var byVersion: [String: [Segment]] = [:]
        var gaps: [String] = []
        for segment in up {
            if let version = facts.answer(segment).version {
                byVersion[version, default: []].append(segment)
            } else if facts.isUp(segment) != true {
                gaps.append(
                    "version of \(Self.place(segment)) unknown: \(facts.answer(segment).reason ?? "not asked in time")")
            }
        }
        let sorted = byVersion.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
        let numbers = [value(Double(max(0, sorted.count - 1)), .versionsBeyondOne, most: Double(up.count))]
        let known = sorted.reduce(0) { $0 + $1.value.count }
        let summary =
            switch sorted.count {
            case 0: "no instance tells its version"
            case 1: "one server version on \(known) of \(up.count) instances"
            default: "\(sorted.count) server versions"
            }
        let details =
            sorted.count < 2
            ? []
            : sorted.map { version, segments in
                "\(segments.count) of \(up.count): \(version) (\(Self.some(segments.map { Self.place($0) })))"
            }
        return AspectResult(.versions, numbers, summary: summary, details: details, gaps: gaps)
    }

    private func oneMoreHostLoss(_ configuration: ClusterConfiguration) -> AspectResult {
        guard let loss = facts.hostLoss else { return .unknown(.oneMoreHostLoss, "the catalog is not known") }
        let gaps = configuration.allInstances.filter { facts.isUp($0) == nil }.map {
            "\(Self.place($0)) was not asked in time: taken as the catalog has it"
        }
        let hosts = configuration.hostnames.count
        var lost = loss.lost
        // Without the coordinator nobody can tell whether the standby has all of it.
        if facts.coordinator.isAnswered == false { lost.removeAll { $0 == .coordinator } }
        let lethal = loss.lethal.filter { facts.coordinator.isAnswered || $0.contents != [.coordinator] }
        let stopped = lost.isEmpty ? "" : "\(Self.contents(lost)) lost already; "
        let summary =
            lethal.isEmpty
            ? stopped + "no loss of one more host stops the cluster"
            : stopped + "losing \(Self.hosts(lethal.map(\.host))) now stops the cluster"
        return AspectResult(
            .oneMoreHostLoss, [value(Double(lethal.count), .lethalHosts, most: Double(hosts))], summary: summary,
            details: lethal.map { "\($0.host) has the last copy of \(Self.holdings($0.contents))" }, gaps: gaps,
            atLeast: lost.isEmpty ? .ok : .critical)
    }

    private static func hosts(_ names: [String]) -> String {
        let shown = names.prefix(4).joined(separator: " or ")
        return names.count > 4 ? "\(shown) or one of \(names.count - 4) more hosts" : shown
    }

    private static func holdings(_ contents: [ContentID]) -> String {
        let segments = contents.filter { $0 != .coordinator }
        let parts =
            (contents.contains(.coordinator) ? ["the coordinator"] : [])
            + (segments.isEmpty ? [] : [Self.contents(segments)])
        return parts.joined(separator: " and ")
    }
}
