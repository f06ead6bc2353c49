/// An error that knows the next command to type.
public protocol HintedError: Error, CustomStringConvertible {
    /// What went wrong, in one line, without the hint.
    var message: String { get }
    /// One sentence with what to do next.
    var hint: String? { get }
}
