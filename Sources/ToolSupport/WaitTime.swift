public import ArgumentParser
import Reporting

/// What `--wait[=SECONDS]` asks for.
///
/// The text as it came: an option that may stand alone would take a number that cannot be read for none.
public struct WaitTime: ExpressibleByArgument, Sendable, Equatable {
    /// For the option without a value: an hour.
    public static let usual = WaitTime(text: "3600")

    let text: String

    init(text: String) { self.text = text }

    public init?(argument: String) { self.init(text: argument) }

    public var defaultValueDescription: String { text }

    /// In whole seconds; nil when it is not a number of at least 1.
    public var seconds: Int? { Int(text).flatMap { $0 < 1 ? nil : $0 } }

    /// - Throws: `ToolError` when there is no such number.
    public func check() throws(ToolError) {
        guard seconds == nil else { return }
        throw ToolError(.validation, "Invalid --wait: '\(PrintableText.oneLine(text))' is not a number of seconds")
    }
}
