/// What the colours of a picture mean.
enum MapTone: Sendable {
    case title
    case frame
    case primary
    case mirror
    case warning
    case failed
    case planned
    case switched

    /// The parameters of its "select graphic rendition" sequence (ECMA-48).
    fileprivate var code: String {
        switch self {
        case .title: "1"
        case .frame: "2"
        case .primary: "32"
        case .mirror: "36"
        case .warning: "33"
        case .failed: "1;31"
        case .planned: "34"
        case .switched: "35"
        }
    }
}

/// A piece of a line and the columns that it takes.
struct MapInk: Sendable {
    private(set) var text = ""
    private(set) var width = 0

    /// Adds text that holds nothing but single-column characters.
    mutating func add(_ piece: String, _ tone: MapTone?, isReversed: Bool = false, _ style: MapStyle) {
        width += piece.count
        let codes = [tone?.code, isReversed ? "7" : nil].compactMap { $0 }
        guard style.hasColour, !codes.isEmpty, !piece.isEmpty else {
            text += piece
            return
        }
        text += "\u{1b}[\(codes.joined(separator: ";"))m\(piece)\u{1b}[0m"
    }

    mutating func add(_ piece: String, _ style: MapStyle) { add(piece, nil, style) }

    mutating func add(_ other: MapInk) {
        text += other.text
        width += other.width
    }

    /// Adds blanks up to a column.
    mutating func pad(to column: Int) {
        guard column > width else { return }
        text += String(repeating: " ", count: column - width)
        width = column
    }
}

/// The characters that pictures are made of.
struct MapGlyphs: Sendable {
    let isUnicode: Bool

    var toMirror: String { isUnicode ? "→" : ">" }
    var toPrimary: String { isUnicode ? "←" : "<" }
    var horizontal: String { isUnicode ? "─" : "-" }
    var vertical: String { isUnicode ? "│" : "|" }
    var topLeft: String { isUnicode ? "┌" : "+" }
    var topRight: String { isUnicode ? "┐" : "+" }
    var bottomLeft: String { isUnicode ? "└" : "+" }
    var bottomRight: String { isUnicode ? "┘" : "+" }
    let switched = "*"

    func mark(_ state: ClusterMap.State) -> String {
        switch state {
        case .inSync: " "
        case .notInSync: "~"
        case .down: isUnicode ? "✗" : "x"
        case .planned: "+"
        case .alone: "!"
        }
    }

    static func words(_ state: ClusterMap.State) -> String {
        switch state {
        case .inSync: "in sync"
        case .notInSync: "not in sync"
        case .down: "down"
        case .planned: "planned"
        case .alone: "no mirror"
        }
    }

    static func tone(_ instance: ClusterMap.Instance) -> MapTone {
        switch instance.state {
        case .inSync: instance.isSwitched ? .switched : instance.segment.role == .primary ? .primary : .mirror
        case .notInSync, .alone: .warning
        case .down: .failed
        case .planned: .planned
        }
    }
}
