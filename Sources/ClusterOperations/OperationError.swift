public import Reporting

/// Why an operation on a cluster could not be done.
public struct OperationError: HintedError, Sendable, Equatable {
    /// One line that names the object.
    public let message: String
    /// What to do next.
    public let hint: String?

    public init(_ message: String, hint: String? = nil) {
        self.message = message
        self.hint = hint
    }

    public var description: String { message }
}
