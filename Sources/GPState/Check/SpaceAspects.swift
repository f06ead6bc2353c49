import ClusterModel
import ClusterOperations

/// What is judged by disks and by what fills them.
extension ClusterCheck {
    func disk(_ configuration: ClusterConfiguration) -> AspectResult {
        var seen: [String: FileSystemSpace] = [:]
        var gaps: [String] = []
        for host in configuration.hostnames {
            switch facts.hosts[host] {
            case .success(let answer)?:
                let here = configuration.allInstances.filter { $0.hostname == host }
                for segment in here {
                    let spaces = answer.spaces[segment.dbid] ?? []
                    for space in spaces { seen["\(host):\(space.mountPoint)"] = space }
                    // What is down may have no directory at all.
                    guard spaces.isEmpty, segment.status == .up else { continue }
                    gaps.append("\(host): \(segment.dataDirectory) has no file system that answers")
                }
            case .failure(let failure)?: gaps.append(failure.text)
            case nil: gaps.append("\(host) was not asked")
            }
        }
        let numbers = seen.sorted { $0.key < $1.key }.compactMap { name, space in
            space.usedPercent.map { value(($0 * 10).rounded() / 10, .diskUsed, label: "disk \(name)", most: 100) }
        }
        guard let worst = numbers.max(by: { $0.value < $1.value }) else {
            return AspectResult(.disk, [], summary: "no file system could be asked", gaps: gaps)
        }
        let full = numbers.filter { $0.status != .ok }
        let summary =
            full.isEmpty
            ? "file systems are at most \(PlainNumber.text(worst.value)) % full (\(worst.label.dropFirst(5)))"
            : Self.some(full.map { "\($0.label.dropFirst(5)) is \(PlainNumber.text($0.value)) % full" })
        let all = [value(worst.value, .diskUsed, most: 100)] + numbers
        return AspectResult(
            .disk, all, summary: summary,
            details: full.map { number in
                let name = String(number.label.dropFirst(5))
                let free = seen[name].map { ", \(Self.size($0.availableBytes)) free" } ?? ""
                return "\(name) is \(PlainNumber.text(number.value)) % full\(free)"
            }, gaps: gaps)
    }

    /// A slot, whose it is, and how long until what it keeps has filled its room.
    private struct Keeping {
        let segment: Segment
        let slot: SlotFacts
        let isFullIn: (seconds: Double, what: String)?
    }

    func retainedWAL(_ configuration: ClusterConfiguration) -> AspectResult {
        let up = configuration.allInstances.filter { $0.status == .up }
        // A mirror keeps WAL for nobody, and Greenplum's refuse sessions.
        let gaps = up.filter { $0.role == .primary && !facts.answer($0).isComplete }.map {
            "slots of \(Self.place($0)) unknown: \(facts.answer($0).reason ?? "not asked in time")"
        }
        let all = up.flatMap { segment in
            facts.answer(segment).slots.map { Keeping(segment: segment, slot: $0, isFullIn: fullIn(segment, $0)) }
        }
        let worst = all.max { ($0.slot.retainedBytes ?? 0) < ($1.slot.retainedBytes ?? 0) }
        let soonest = all.compactMap(\.isFullIn).min { $0.seconds < $1.seconds }
        let lost = all.filter(\.slot.isLost)
        var numbers = [value(Double(worst?.slot.retainedBytes ?? 0), .retainedWAL)]
        if let soonest { numbers.append(value(soonest.seconds.rounded(), .walFullIn)) }
        let notable = all.filter { $0.slot.isLost || $0.isFullIn != nil || isBig($0.slot) }
        var summary =
            worst.flatMap { worst in
                worst.slot.retainedBytes.map {
                    "slots keep at most \(Self.size($0)) of WAL (\(Self.place(worst.segment)))"
                }
            } ?? "no slot keeps WAL"
        if let soonest {
            summary += ", \(soonest.what) in \(Self.time(soonest.seconds)) at the rate of the last second"
        }
        if let first = lost.first {
            summary = "slot \(first.slot.name) of \(Self.place(first.segment)) lost WAL that its mirror needs"
        }
        return AspectResult(
            .retainedWAL, numbers, summary: summary, details: notable.map { line($0) }, gaps: gaps,
            atLeast: lost.isEmpty ? .ok : .critical)
    }

    private func isBig(_ slot: SlotFacts) -> Bool {
        thresholds[.retainedWAL].status(Double(slot.retainedBytes ?? 0), of: .retainedWAL) != .ok
    }

    /// When the room for an idle slot's WAL is used up at the rate that was seen: the disk's, or the server's limit.
    ///
    /// Nil for a slot that is in use, whose WAL goes as it comes, and where nothing was written.
    private func fullIn(_ segment: Segment, _ slot: SlotFacts) -> (seconds: Double, what: String)? {
        let answer = facts.answer(segment)
        guard !slot.isActive, let kept = slot.retainedBytes, let rate = answer.growth?.bytesPerSecond else {
            return nil
        }
        var ends: [(seconds: Double, what: String)] = []
        if let limit = answer.slotLimit {
            ends.append((Double(max(0, limit - kept)) / rate, "max_slot_wal_keep_size is reached"))
        }
        if case .success(let host)? = facts.hosts[segment.hostname],
            let space = host.spaces[segment.dbid]?.first(where: { $0.purpose == .wal })
        {
            ends.append((Double(space.availableBytes) / rate, "the disk is full"))
        }
        return ends.min { $0.seconds < $1.seconds }
    }

    private func line(_ keeping: Keeping) -> String {
        let (slot, answer) = (keeping.slot, facts.answer(keeping.segment))
        var parts = ["slot \(slot.name) of \(Self.place(keeping.segment)) \(slot.isActive ? "is in use" : "is idle")"]
        if slot.isLost { parts.append("its WAL is lost: gprecoverseg -F makes the mirror anew") }
        if let bytes = slot.retainedBytes { parts.append("keeps \(Self.size(bytes))") }
        if let limit = answer.slotLimit { parts.append("may keep \(Self.size(limit))") }
        if !slot.isActive, let growth = answer.growth {
            parts.append("\(Self.size(growth.bytes)) more in \(PlainNumber.text(growth.seconds)) s")
        }
        if let end = keeping.isFullIn { parts.append("\(end.what) in \(Self.time(end.seconds))") }
        return parts.joined(separator: ", ")
    }
}
