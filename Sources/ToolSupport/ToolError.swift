public import Reporting

/// Why a tool ends before its work is done, in one of the original's forms.
public struct ToolError: Error, Sendable, Equatable, CustomStringConvertible {
    /// How the message is framed; the texts are Greenplum's, scripts match them.
    public enum Form: Sendable, Equatable {
        /// Arguments that do not fit together: ERROR `<prog>: error: <text>`.
        case validation
        /// An expected obstacle: ERROR `<prog> error: <text>`.
        case operational
        /// Anything else: CRITICAL `<prog> failed. (Reason='<text>') exiting...`.
        case failure
        /// The user said no: INFO `<text>`.
        case declined
        /// ERROR `<text>`, as it is.
        case plain
        /// CRITICAL `<text>`, as it is.
        case critical
    }

    public let form: Form
    /// What went wrong, lowercase unless it is the original's text.
    public let message: String
    /// The evidence as it came, for a record of its own.
    public let detail: String?
    /// One sentence with the next command to type, for a record of its own.
    public let hint: String?
    public let status: ExitStatus

    public init(
        _ form: Form, _ message: String, detail: String? = nil, hint: String? = nil, status: ExitStatus = .refused
    ) {
        self.form = form
        self.message = message
        self.detail = detail
        self.hint = hint
        self.status = status
    }

    /// The answer no to a confirmation: exit status 4.
    public static let userDeclined = ToolError(.declined, "User abort requested, Exiting...", status: .declined)

    public var description: String { message }

    /// The records that `tool` logs when it ends with this error: the message, then `detail: …` and `hint: …`.
    public func lines(of tool: String) -> [ReportLine] {
        let (level, text): (ReportLevel, String) =
            switch form {
            case .validation: (.error, "\(tool): error: \(message)")
            case .operational: (.error, "\(tool) error: \(message)")
            case .failure: (.critical, "\(tool) failed. (Reason='\(message)') exiting...")
            case .declined: (.info, message)
            case .plain: (.error, message)
            case .critical: (.critical, message)
            }
        let more = [detail.map { "detail: \($0)" }, hint.map { "hint: \($0)" }].compactMap { $0 }
        return [ReportLine(level, text)] + more.map { ReportLine(level, $0) }
    }
}
