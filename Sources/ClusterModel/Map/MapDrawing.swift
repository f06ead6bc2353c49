/// A cluster's picture as SVG: hosts as boxes, primaries above mirrors, an arrow from each primary to its mirror.
public struct MapDrawing: Sendable {
    private let map: ClusterMap
    private let perLine: Int
    private let boxWidth: Int
    private let boxHeight: Int
    private let mostPrimaries: Int
    private let coordinatorWord: String

    private typealias Size = DrawingSize

    /// - Parameter coordinatorWord: what this line of servers calls its coordinator.
    public init(_ map: ClusterMap, coordinatorWord: String = "coordinator") {
        self.map = map
        self.coordinatorWord = coordinatorWord
        let group = map.groups.count > 1 ? map.groups.map(\.count).max() ?? 1 : 1
        // No block is broken over two lines.
        perLine = max(1, min(map.hosts.count, group <= 8 ? 8 / group * group : 8))
        mostPrimaries = map.hosts.map(\.primaries.count).max() ?? 0
        let mirrors = map.hosts.map(\.mirrors.count).max() ?? 0
        let longest = map.hosts.map(\.name.count).max() ?? 0
        let labels = map.hosts.flatMap(\.instances).map { Self.label($0).count }.max() ?? 0
        boxWidth = max(longest * 8, labels * 7 + 16, 120) + 2 * Size.margin
        boxHeight =
            Size.title + (mostPrimaries + mirrors) * Size.step + (mirrors > 0 ? Size.section : 0) + Size.margin
    }

    /// The whole document, with a final newline.
    public var text: String {
        let lines = (map.hosts.count + perLine - 1) / perLine
        let width = 2 * Size.border + perLine * boxWidth + (perLine - 1) * Size.gapX
        let height = Size.top + lines * (boxHeight + Size.gapY) + Size.legend
        let whole = max(width, Size.leastWidth)
        var parts = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(whole)\" height=\"\(height)\" "
                + "viewBox=\"0 0 \(whole) \(height)\" font-family=\"sans-serif\" font-size=\"13\">",
            "<title>\(XMLText.escaped(map.title))</title>", DrawingStyle.definitions,
            "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
            Self.text(x: Size.border, y: 28, map.title, "font-size=\"16\" font-weight=\"bold\""),
        ]
        parts += coordinators
        let order = placed
        parts += order.map { host, x, y in frame(map.hosts[host], x, y) }
        // Below the instances, so that no arrow crosses a name.
        parts += arrows(order)
        parts += order.flatMap { host, x, y in instances(map.hosts[host], x, y) }
        parts += DrawingStyle.legend(y: height - Size.legend + 24, states: map.states, switched: !map.switched.isEmpty)
        return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private var coordinators: [String] {
        var parts = [coordinator(coordinatorWord, map.coordinator, x: Size.border)]
        guard let standby = map.standby else { return parts }
        let start = Size.border + Size.coordinator
        parts.append(coordinator("standby", standby, x: start + 60))
        parts.append(
            "<path d=\"M \(start) 62 L \(start + 58) 62\" "
                + DrawingStyle.arrow(standby.status == .down ? .down : .inSync) + "/>")
        return parts
    }

    private func coordinator(_ part: String, _ segment: Segment, x: Int) -> String {
        let colours = segment.status == .down ? DrawingStyle.failed : DrawingStyle.plain
        return "<g><title>\(XMLText.escaped(Self.tip(segment)))</title>"
            + "<rect x=\"\(x)\" y=\"46\" width=\"\(Size.coordinator)\" height=\"32\" rx=\"4\" \(colours)/>"
            + Self.text(x: x + 10, y: 67, "\(part) \(segment.hostname):\(segment.port)") + "</g>"
    }

    /// Hosts and the corners of their boxes, groups together.
    private var placed: [(host: Int, x: Int, y: Int)] {
        map.groups.flatMap { $0 }.enumerated().map { place, host in
            (
                host, Size.border + place % perLine * (boxWidth + Size.gapX),
                Size.top + place / perLine * (boxHeight + Size.gapY)
            )
        }
    }

    private func frame(_ host: ClusterMap.Host, _ x: Int, _ y: Int) -> String {
        "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(boxWidth)\" height=\"\(boxHeight)\" rx=\"6\" "
            + "\(DrawingStyle.plain)/>"
            + Self.text(x: x + Size.margin, y: y + 20, host.name, "font-weight=\"bold\"")
    }

    private func instances(_ host: ClusterMap.Host, _ x: Int, _ y: Int) -> [String] {
        zip(host.instances, tops(host)).map { instance, top in
            rectangle(instance, x: x + Size.margin, y: y + top)
        }
    }

    /// Where each instance of a host begins below the box's upper edge.
    private func tops(_ host: ClusterMap.Host) -> [Int] {
        host.primaries.indices.map { Size.title + $0 * Size.step }
            + host.mirrors.indices.map { Size.title + Size.section + (mostPrimaries + $0) * Size.step }
    }

    private func rectangle(_ instance: ClusterMap.Instance, x: Int, y: Int) -> String {
        "<g><title>\(XMLText.escaped(Self.tip(instance.segment)))</title>"
            + "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(boxWidth - 2 * Size.margin)\" height=\"\(Size.instance)\" rx=\"3\" "
            + "\(DrawingStyle.colours(instance))/>" + Self.text(x: x + 8, y: y + 16, Self.label(instance)) + "</g>"
    }

    private func arrows(_ order: [(host: Int, x: Int, y: Int)]) -> [String] {
        var ends: [DatabaseID: (x: Int, y: Int)] = [:]
        for (host, x, y) in order {
            for (instance, top) in zip(map.hosts[host].instances, tops(map.hosts[host])) {
                ends[instance.segment.dbid] = (x + Size.margin, y + top + Size.instance / 2)
            }
        }
        return map.hosts.flatMap(\.mirrors).compactMap { mirror in
            guard let primary = mirror.partner, let start = ends[primary.dbid], let end = ends[mirror.segment.dbid]
            else { return nil }
            let state = primary.status == .down ? .down : mirror.state
            return "<path d=\"\(curve(start, end))\" \(DrawingStyle.arrow(state))/>"
        }
    }

    /// From the edge of one instance to the facing edge of the other; both right edges where they stand in a column.
    private func curve(_ start: (x: Int, y: Int), _ end: (x: Int, y: Int)) -> String {
        let inner = boxWidth - 2 * Size.margin
        let (from, to) =
            if end.x > start.x { (start.x + inner, end.x - 2) } else if end.x < start.x {
                (start.x, end.x + inner + 2)
            } else { (start.x + inner, end.x + inner + 2) }
        let reach = max(36, abs(to - from) / 3)
        let (first, second) =
            if end.x > start.x { (from + reach, to - reach) } else if end.x < start.x {
                (from - reach, to + reach)
            } else { (from + reach, to + reach) }
        return "M \(from) \(start.y) C \(first) \(start.y), \(second) \(end.y), \(to) \(end.y)"
    }

    private static func label(_ instance: ClusterMap.Instance) -> String {
        let segment = instance.segment
        let words = [
            segment.role == .primary ? "primary" : "mirror", "\(segment.content)", ":\(segment.port)",
            instance.state == .down ? "down" : nil, instance.state == .planned ? "planned" : nil,
            instance.isSwitched ? "switched" : nil,
        ]
        return words.compactMap { $0 }.joined(separator: " ")
    }

    private static func tip(_ segment: Segment) -> String {
        "dbid \(segment.dbid), content \(segment.content): \(segment.hostname):\(segment.port) \(segment.dataDirectory)"
    }

    private static func text(x: Int, y: Int, _ words: String, _ more: String = "") -> String {
        "<text x=\"\(x)\" y=\"\(y)\"\(more.isEmpty ? "" : " " + more)>\(XMLText.escaped(words))</text>"
    }
}

/// Lengths of the drawing, in its units.
private enum DrawingSize {
    static let border = 20
    static let margin = 12
    static let top = 104
    static let title = 30
    static let instance = 22
    static let step = 27
    static let section = 10
    static let gapX = 64
    static let gapY = 36
    static let legend = 44
    static let coordinator = 250
    static let leastWidth = 720
}
