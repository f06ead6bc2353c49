/// What the argument pre-pass has to know of one option: its names, and whether it takes a value.
public struct OptionShape: Sendable, Equatable {
    /// What follows the option's name.
    public enum Value: Sendable, Equatable {
        /// Nothing: a switch.
        case none
        /// Any text.
        case text
        /// A whole number: decimal, `0x…`, `0b…`, or octal after a leading 0.
        case integer
        /// A number with a fraction.
        case number
        /// Text, only in the attached form `--wait=60`; else the option stands alone.
        ///
        /// A command with several such gives each of them `parsing: .next`.
        case optional
        /// Nothing: it asks for the version, as `--version` does.
        case version
    }

    /// With their dashes, the preferred one first: `["-l"]`, `["-v", "--verbose"]`.
    public let names: [String]
    public let value: Value

    public init(_ names: [String], _ value: Value) {
        self.names = names
        self.value = value
    }

    /// A switch.
    public static func flag(_ names: String...) -> OptionShape { OptionShape(names, .none) }
    /// An option with a text.
    public static func text(_ names: String...) -> OptionShape { OptionShape(names, .text) }
    /// An option with a whole number.
    public static func integer(_ names: String...) -> OptionShape { OptionShape(names, .integer) }
    /// An option with a number that may have a fraction.
    public static func number(_ names: String...) -> OptionShape { OptionShape(names, .number) }
    /// An option that takes `=value` or stands alone: an `@Option` with `defaultAsFlag:`.
    public static func optional(_ names: String...) -> OptionShape { OptionShape(names, .optional) }

    /// Another name for `--version`.
    public static func version(_ names: String...) -> OptionShape { OptionShape(names, .version) }

    static let help = flag("--help", "-h", "-?")
    static let version = flag("--version")

    /// Whether a value must follow.
    var needsValue: Bool { value == .text || value == .integer || value == .number }
}
