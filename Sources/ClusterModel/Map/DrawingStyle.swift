/// Colours and arrow heads of the drawing.
enum DrawingStyle {
    static let plain = "fill=\"#f7f7f7\" stroke=\"#888888\""
    static let failed = "fill=\"#f4b6b0\" stroke=\"#c0261c\""

    /// Fill and edge of an instance: red when it is down, a violet edge when it plays another part than it was made for.
    static func colours(_ instance: ClusterMap.Instance) -> String {
        let isPrimary = instance.segment.role == .primary
        let fill = isPrimary ? "#cfe3f7" : "#e2f0da"
        var edge = isPrimary ? "#3b78b5" : "#6a9c4b"
        var more = ""
        switch instance.state {
        case .inSync: break
        case .notInSync, .alone: edge = "#c07f00"
        case .down: return failed + switchedEdge(instance)
        case .planned: more = " stroke-dasharray=\"5 3\""
        }
        if instance.isSwitched { return "fill=\"\(fill)\"" + switchedEdge(instance) + more }
        return "fill=\"\(fill)\" stroke=\"\(edge)\"" + (instance.state == .inSync ? "" : " stroke-width=\"2\"") + more
    }

    private static func switchedEdge(_ instance: ClusterMap.Instance) -> String {
        guard instance.isSwitched else { return "" }
        // A failed one keeps its red edge; the label names the switch.
        return instance.state == .down ? "" : " stroke=\"#7d3fb0\" stroke-width=\"3\""
    }

    private static func colour(_ state: ClusterMap.State) -> (name: String, code: String, isDashed: Bool) {
        switch state {
        case .inSync, .alone: ("insync", "#557799", false)
        case .notInSync: ("behind", "#c07f00", true)
        case .down: ("down", "#c0261c", true)
        case .planned: ("planned", "#3b78b5", true)
        }
    }

    /// How the arrow to a mirror in this state is drawn.
    static func arrow(_ state: ClusterMap.State) -> String {
        let (name, code, isDashed) = colour(state)
        return "fill=\"none\" stroke=\"\(code)\" stroke-width=\"1.5\" stroke-opacity=\"0.75\""
            + (isDashed ? " stroke-dasharray=\"6 4\"" : "") + " marker-end=\"url(#\(name))\""
    }

    /// The arrow heads.
    static var definitions: String {
        let states: [ClusterMap.State] = [.inSync, .notInSync, .down, .planned]
        return "<defs>"
            + states.map { state in
                let (name, code, _) = colour(state)
                return "<marker id=\"\(name)\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" "
                    + "markerHeight=\"8\" orient=\"auto\"><path d=\"M 0 0 L 8 4 L 0 8 z\" fill=\"\(code)\"/></marker>"
            }.joined() + "</defs>"
    }

    /// Samples of what occurs.
    static func legend(y: Int, states: Set<ClusterMap.State>, switched: Bool) -> [String] {
        var samples = [
            ("primary", "fill=\"#cfe3f7\" stroke=\"#3b78b5\""), ("mirror", "fill=\"#e2f0da\" stroke=\"#6a9c4b\""),
        ]
        if states.contains(.down) { samples.append(("down", failed)) }
        if states.contains(.notInSync) || states.contains(.alone) {
            samples.append(("not in sync", "fill=\"#ffffff\" stroke=\"#c07f00\" stroke-width=\"2\""))
        }
        if states.contains(.planned) {
            samples.append(
                ("planned", "fill=\"#ffffff\" stroke=\"#6a9c4b\" stroke-width=\"2\" stroke-dasharray=\"5 3\""))
        }
        if switched {
            samples.append(("switched role", "fill=\"#ffffff\" stroke=\"#7d3fb0\" stroke-width=\"3\""))
        }
        return samples.enumerated().map { number, sample in
            let x = 20 + number * 116
            return "<rect x=\"\(x)\" y=\"\(y - 12)\" width=\"18\" height=\"14\" \(sample.1)/>"
                + "<text x=\"\(x + 24)\" y=\"\(y)\">\(sample.0)</text>"
        }
    }
}

/// Text inside XML 1.0.
public enum XMLText {
    /// `text` for an element or a quoted attribute; characters that XML does not allow become U+FFFD.
    public static func escaped(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&apos;".unicodeScalars)
            default: result.append(isAllowed(scalar) ? scalar : "\u{fffd}")
            }
        }
        return String(result)
    }

    /// The `Char` production, without the C1 controls that may be there and mean nothing, and direction overrides.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0a, 0x0d: true
        case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069, 0xfffe, 0xffff: false
        default: true
        }
    }
}
