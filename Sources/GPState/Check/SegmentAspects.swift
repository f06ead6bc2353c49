import ClusterModel

/// What is judged pair by pair.
extension ClusterCheck {
    func segmentsUp(_ configuration: ClusterConfiguration) -> AspectResult {
        let segments = configuration.segments
        let down = segments.filter { facts.isUp($0) == false }
        let gaps = segments.filter { facts.isUp($0) == nil }.map { "\(Self.place($0)) was not asked in time" }
        let numbers = [value(Double(down.count), .segmentsDown, most: Double(segments.count))]
        let pairs = configuration.pairs
        let unserved = pairs.filter { pair in
            let isServed = facts.isUp(pair.primary) ?? true
            return !isServed && !(pair.isInSync && pair.mirror.map { facts.isUp($0) ?? true } == true)
        }
        let unprotected = pairs.filter { pair in down.contains { $0.content == pair.content } }
        var summary = "all \(segments.count) segments are up"
        if !unserved.isEmpty {
            summary =
                "\(unserved.count) of \(pairs.count) contents lost: " + Self.some(unserved.map { trouble($0, down) })
        } else if !unprotected.isEmpty {
            summary =
                "\(unprotected.count) of \(pairs.count) contents unprotected: "
                + Self.some(unprotected.map { trouble($0, down) })
        } else if !gaps.isEmpty {
            summary = "\(segments.count - gaps.count) of \(segments.count) segments are up"
        }
        return AspectResult(
            .segmentsUp, numbers, summary: summary,
            details: down.map {
                "content \($0.content): \($0.role.label.lowercased()) \(Self.place($0)) \(reason($0))"
            },
            gaps: gaps, atLeast: unserved.isEmpty ? .ok : .critical)
    }

    /// `content 3 (sdw2:7002 down)`.
    private func trouble(_ pair: SegmentPair, _ down: [Segment]) -> String {
        let members = down.filter { $0.content == pair.content }.map { "\(Self.place($0)) \(word($0))" }
        return "content \(pair.content) (\(members.joined(separator: ", ")))"
    }

    private func word(_ segment: Segment) -> String {
        guard segment.status == .up else { return "down" }
        return switch facts.answer(segment).status {
        case .down?: "does not answer"
        case .rejectingConnections?: "rejects connections"
        case .actingAsPrimary?: "acts as primary"
        case .actingAsMirror?: "acts as mirror"
        case .up?, nil: "unknown"
        }
    }

    private func reason(_ segment: Segment) -> String {
        guard segment.status == .up else { return "is marked down in the catalog" }
        return word(segment) + (facts.answer(segment).reason.map { ": \($0)" } ?? "")
    }

    func inSync(_ configuration: ClusterConfiguration) -> AspectResult {
        let pairs = configuration.pairs
        let bad = pairs.compactMap { pair in notInSync(pair).map { (pair, $0) } }
        let gaps = pairs.filter { pair in
            pair.isInSync && facts.isUp(pair.primary) == true && facts.answer(pair.primary).stream == nil
        }.map {
            "content \($0.content): \(facts.answer($0.primary).reason ?? "the primary does not tell of its mirror")"
        }
        let summary =
            if !configuration.hasMirrors {
                "no mirrors are configured"
            } else if bad.isEmpty {
                "all \(pairs.count) contents are in sync"
            } else {
                "\(bad.count) of \(pairs.count) contents not in sync: \(Self.contents(bad.map(\.0.content)))"
            }
        return AspectResult(
            .inSync, [value(Double(bad.count), .contentsNotInSync, most: Double(pairs.count))], summary: summary,
            details: bad.map { "content \($0.0.content): \($0.1)" }, gaps: gaps)
    }

    /// Why a pair is not in sync; nil when it is, by the catalog and, where it was heard, by the primary.
    private func notInSync(_ pair: SegmentPair) -> String? {
        guard let mirror = pair.mirror else { return "there is no mirror" }
        guard mirror.status == .up else { return "mirror \(Self.place(mirror)) is marked down" }
        guard pair.isInSync else { return "the catalog has it not in sync" }
        guard let stream = facts.answer(pair.primary).stream else { return nil }
        guard stream.state == "streaming" else {
            return "primary \(Self.place(pair.primary)) has "
                + (stream.state.map { "its mirror in state \($0)" } ?? "no mirror connected")
        }
        return stream.isSynchronous ? nil : "commits of \(Self.place(pair.primary)) do not wait for the mirror"
    }

    func replicationLag(_ configuration: ClusterConfiguration) -> AspectResult {
        var lags: [(name: String, bytes: Int)] = []
        var gaps: [String] = []
        let standby = configuration.standby.map { [SegmentPair(primary: configuration.coordinator, mirror: $0)] } ?? []
        for pair in standby + configuration.pairs {
            // One that does not stream is told by the other aspects: it has no lag, it has a gap.
            guard let mirror = pair.mirror, mirror.status == .up else { continue }
            let name = pair.content == .coordinator ? "standby \(Self.place(mirror))" : "mirror \(Self.place(mirror))"
            guard let stream = facts.answer(pair.primary).stream else {
                gaps.append("\(name): \(Self.place(pair.primary)) does not tell")
                continue
            }
            if let bytes = stream.replayed.behind ?? stream.flushed.behind { lags.append((name, bytes)) }
        }
        guard let worst = lags.max(by: { $0.bytes < $1.bytes }) else {
            guard gaps.isEmpty else {
                return AspectResult(.replicationLag, [], summary: "no lag could be found out", gaps: gaps)
            }
            return AspectResult(.replicationLag, [], summary: "no mirror streams")
        }
        let limit = thresholds[.replicationLag]
        return AspectResult(
            .replicationLag, [value(Double(worst.bytes), .replicationLag)],
            summary: "at most \(Self.size(worst.bytes)) behind (\(worst.name))",
            details: lags.filter { limit.status(Double($0.bytes), of: .replicationLag) != .ok }.map {
                "\($0.name) is \(Self.size($0.bytes)) behind"
            }, gaps: gaps)
    }
}
