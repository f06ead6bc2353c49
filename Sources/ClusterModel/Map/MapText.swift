/// A cluster's picture in text: a box for each host, or a row where boxes would take too many lines.
public struct MapText: Sendable {
    let map: ClusterMap
    let style: MapStyle
    let glyphs: MapGlyphs
    /// Host names as the picture shows them, by host name.
    let labels: [String: String]
    /// What all host names end with and the labels leave out.
    private let domain: String
    let contentWidth: Int
    /// Whether any instance has switched roles, which takes a column.
    let showsSwitches: Bool

    public init(_ map: ClusterMap, style: MapStyle) {
        self.map = map
        self.style = style
        glyphs = MapGlyphs(isUnicode: style.isUnicode)
        let names = map.hosts.map(\.name)
        let domain = Self.commonDomain(names)
        self.domain = domain
        labels = Dictionary(
            uniqueKeysWithValues: names.map { ($0, Self.printable(String($0.dropLast(domain.count)))) })
        let segments = map.hosts.flatMap(\.instances)
        contentWidth = segments.map { String($0.segment.content.rawValue).count }.max() ?? 1
        showsSwitches = segments.contains(where: \.isSwitched)
    }

    /// The lines of the picture; none holds a control character but colour, and none ends in blanks.
    public var lines: [String] {
        let body = MapBoxes(self).lines ?? MapRows(self).lines
        return (heading + body + legend).map(\.text)
    }

    /// What a coloured line holds where an instance is marked as changed.
    public static let changeMark = ";7m"

    /// How many lines stand above the hosts.
    public var headingCount: Int { heading.count }

    private var heading: [MapInk] {
        var title = MapInk()
        title.add(map.title, .title, style)
        title.add(domainNote, style)
        var pair = MapInk()
        let place = map.coordinator
        pair.add("\(style.coordinatorWord) \(Self.printable(place.hostname)):\(place.port)   ", style)
        if let standby = map.standby {
            let isDown = standby.status == .down
            pair.add("standby \(Self.printable(standby.hostname)):\(standby.port)", isDown ? .failed : nil, style)
            if isDown { pair.add(" \(glyphs.mark(.down)) down", .failed, style) }
        } else {
            pair.add("no standby", .warning, style)
        }
        return [title, pair] + trouble
    }

    private var domainNote: String { domain.isEmpty ? "" : " in \(Self.printable(String(domain.dropFirst())))" }

    /// A line for each kind of trouble, with the contents that have it.
    private var trouble: [MapInk] {
        let kinds: [(String, [ContentID], MapTone)] = [
            ("with a copy down", map.down, .failed), ("not in sync", map.unsynchronized, .warning),
            ("without mirror", map.alone, .warning), ("with switched roles", map.switched, .switched),
        ]
        return kinds.filter { !$0.1.isEmpty }.map { words, contents, tone in
            var ink = MapInk()
            let start = "\(contents.count) content\(contents.count == 1 ? "" : "s") \(words): "
            ink.add(start + Self.ranges(contents.map(\.rawValue), room: style.columns - start.count), tone, style)
            return ink
        }
    }

    /// What letters, arrows and the marks that occur mean, in as many lines as the width asks for.
    private var legend: [MapInk] {
        var pieces: [(sign: String, words: String, tone: MapTone?)] = [
            ("P", "primary", .primary), ("M", "mirror", .mirror), (glyphs.toMirror, "its mirror's host", nil),
            (glyphs.toPrimary, "its primary's host", nil),
        ]
        for state in ClusterMap.State.allCases where state != .inSync && map.states.contains(state) {
            let tone: MapTone = state == .down ? .failed : state == .planned ? .planned : .warning
            pieces.append((glyphs.mark(state), MapGlyphs.words(state), tone))
        }
        if showsSwitches { pieces.append((glyphs.switched, "switched role", .switched)) }
        var lines = [MapInk()]
        for piece in pieces {
            var line = lines.removeLast()
            if line.width > 0, line.width + 4 + piece.words.count > style.columns {
                lines.append(line)
                line = MapInk()
            }
            if line.width > 0 { line.add("  ", style) }
            line.add(piece.sign, piece.tone, style)
            line.add(" \(piece.words)", style)
            lines.append(line)
        }
        return lines
    }

    func label(of host: String) -> String { labels[host] ?? Self.printable(host) }

    /// `0-3, 5, 7-9`, cut with `...` where there is no room.
    static func ranges(_ numbers: [Int], room: Int) -> String {
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var end = index
            while end + 1 < numbers.count, numbers[end + 1] == numbers[end] + 1 { end += 1 }
            parts.append(index == end ? "\(numbers[index])" : "\(numbers[index])-\(numbers[end])")
            index = end + 1
        }
        var text = parts.joined(separator: ", ")
        guard text.count > room, parts.count > 1 else { return text }
        while parts.count > 1, text.count + 5 > room {
            parts.removeLast()
            text = parts.joined(separator: ", ")
        }
        return text + ", ..."
    }

    /// The `.example.com` that all names end with; empty for one host, numeric addresses, and names without dots.
    static func commonDomain(_ names: [String]) -> String {
        guard names.count > 1, let first = names.first, let dot = first.firstIndex(of: "."),
            !names.contains(where: HostName.isNumeric)
        else { return "" }
        let domain = String(first[dot...])
        return names.allSatisfy { $0.hasSuffix(domain) && $0.count > domain.count } ? domain : ""
    }

    /// A name as single-column characters; everything else becomes a question mark.
    static func printable(_ name: String) -> String {
        String(name.unicodeScalars.map { (0x20..<0x7f).contains($0.value) ? Character($0) : "?" })
    }
}
