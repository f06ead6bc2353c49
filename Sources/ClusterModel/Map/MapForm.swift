/// What `--map` draws.
public enum MapForm: String, Sendable, CaseIterable {
    /// Lines and arrows as the locale has them.
    case text
    /// The same in ASCII alone.
    case ascii
    case svg

    /// Reads the option's value.
    ///
    /// - Throws: `UnknownMapForm`.
    public static func parse(_ value: String) throws(UnknownMapForm) -> MapForm {
        guard let form = MapForm(rawValue: value) else { throw UnknownMapForm(value: value) }
        return form
    }

    /// Draws a map, in lines without their newlines.
    ///
    /// - Parameter style: what the text forms may use; the drawing has its own colours, and takes the coordinator's word.
    public func lines(of map: ClusterMap, style: MapStyle) -> [String] {
        var style = style
        switch self {
        case .svg:
            return MapDrawing(map, coordinatorWord: style.coordinatorWord).text.split(separator: "\n").map(String.init)
        case .ascii:
            style.isUnicode = false
            return MapText(map, style: style).lines
        case .text: return MapText(map, style: style).lines
        }
    }
}

/// A value of `--map` that is no form.
public struct UnknownMapForm: Error, Sendable, Equatable, CustomStringConvertible {
    public let value: String

    public var description: String {
        "Invalid --map: '\(value)' is none of \(MapForm.allCases.map(\.rawValue).joined(separator: ", "))"
    }
}
