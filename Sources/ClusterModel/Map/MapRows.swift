/// Hosts as rows, for large clusters: its primaries' contents, its mirrors' contents, and where its own mirrors are.
///
/// Hosts that share contents stand together.
struct MapRows {
    private let text: MapText
    private let labelWidth: Int
    private let tokenWidth: Int
    private let hasStars: Bool
    private let primaries: Int
    private let mirrors: Int

    /// Of a section's letter with the blanks before it.
    private static let letters = 3
    /// Hosts between two gaps where the layout has no groups of its own.
    private static let stretch = 8

    init(_ text: MapText) {
        self.text = text
        labelWidth = text.labels.values.map(\.count).max() ?? 0
        primaries = text.map.hosts.map(\.primaries.count).max() ?? 0
        mirrors = text.map.hosts.map(\.mirrors.count).max() ?? 0
        // Mark, content, and where there is room the switched role's star; else it takes the mark's place.
        let plain = 1 + text.contentWidth
        let isWide = labelWidth + 2 * Self.letters + (primaries + mirrors) * (plain + 1) <= text.style.columns
        hasStars = text.showsSwitches && isWide
        tokenWidth = plain + (hasStars ? 1 : 0)
    }

    var lines: [MapInk] {
        groups.enumerated().flatMap { number, group in
            var rule = MapInk()
            rule.add(heading(number, group), .title, text.style)
            return [rule] + group.flatMap { row(text.map.hosts[$0]) }
        }
    }

    private var isBlocks: Bool { text.map.groups.count > 1 && text.map.groups.allSatisfy { $0.count > 2 } }

    /// The layout's own groups if they have some size, else so many hosts in their order.
    private var groups: [[Int]] {
        if isBlocks { return text.map.groups }
        let all = text.map.groups.flatMap { $0 }
        return stride(from: 0, to: all.count, by: Self.stretch).map {
            Array(all[$0..<min($0 + Self.stretch, all.count)])
        }
    }

    private func heading(_ number: Int, _ group: [Int]) -> String {
        let names = group.map { text.label(of: text.map.hosts[$0].name) }
        let start = isBlocks ? "block \(number + 1) of \(text.map.groups.count): " : ""
        let all = names.joined(separator: " ")
        if start.count + all.count <= text.style.columns { return start + all }
        return start + "\(names.first ?? "") .. \(names.last ?? ""), \(names.count) hosts"
    }

    private func row(_ host: ClusterMap.Host) -> [MapInk] {
        let style = text.style
        var line = MapInk()
        line.add(text.label(of: host.name), style)
        line.pad(to: labelWidth)
        let whole = labelWidth + 2 * Self.letters + (primaries + mirrors) * tokenWidth
        guard whole <= style.columns else { return tall(host, line) }
        line.add(section("P", .primary, host.primaries, width: primaries))
        let targets = self.targets(host, room: style.columns - whole - 3)
        line.add(section("M", .mirror, host.mirrors, width: targets.isEmpty ? 0 : mirrors))
        if !targets.isEmpty { line.add(" \(text.glyphs.toMirror) \(targets)", style) }
        return [line]
    }

    /// Primaries and mirrors in lines of their own, broken where they are too many.
    private func tall(_ host: ClusterMap.Host, _ label: MapInk) -> [MapInk] {
        let perLine = max(1, (text.style.columns - labelWidth - Self.letters) / tokenWidth)
        var lines: [MapInk] = []
        for (letter, tone, instances) in [
            ("P", MapTone.primary, host.primaries), ("M", .mirror, host.mirrors),
        ] {
            for start in stride(from: 0, to: instances.count, by: perLine) {
                var line = lines.isEmpty ? label : MapInk()
                line.pad(to: labelWidth)
                let part = Array(instances[start..<min(start + perLine, instances.count)])
                line.add(section(start == 0 ? letter : " ", tone, part, width: 0))
                lines.append(line)
            }
        }
        return lines
    }

    private func section(_ letter: String, _ tone: MapTone, _ instances: [ClusterMap.Instance], width: Int) -> MapInk {
        var ink = MapInk()
        ink.add("  ", text.style)
        ink.add(letter, tone, text.style)
        for (index, instance) in instances.enumerated() {
            let tone = MapGlyphs.tone(instance)
            let number = String(instance.segment.content.rawValue)
            if hasStars, index > 0 { ink.add(instances[index - 1].isSwitched ? star : " ", .switched, text.style) }
            ink.add(String(repeating: " ", count: text.contentWidth - number.count), text.style)
            ink.add(mark(instance), tone, text.style)
            ink.add(number, tone, isReversed: instance.isChanged, text.style)
        }
        if hasStars, instances.last?.isSwitched == true { ink.add(star, .switched, text.style) }
        if width > 0 { ink.pad(to: 3 + width * tokenWidth) }
        return ink
    }

    private var star: String { text.glyphs.switched }

    private func mark(_ instance: ClusterMap.Instance) -> String {
        let isFree = instance.state == .inSync && !hasStars
        return isFree && instance.isSwitched ? star : text.glyphs.mark(instance.state)
    }

    /// The hosts of the host's own mirrors, or how many there are; nothing where there is no room.
    private func targets(_ host: ClusterMap.Host, room: Int) -> String {
        let names = HostOrder.sorted(host.primaries.compactMap { $0.partner?.hostname }).map(text.label)
        let all = names.joined(separator: " ")
        if all.count <= room { return all }
        let count = "\(names.count) hosts"
        return names.count > 1 && count.count <= room ? count : ""
    }
}
