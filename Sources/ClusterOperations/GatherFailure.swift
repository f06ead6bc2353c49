import RemoteShell

/// Why something could not be asked.
public struct GatherFailure: Error, Sendable, Equatable {
    public let text: String
    public let hint: String?

    public init(_ error: any Error) {
        text = "\(error)"
        hint = (error as? ShellError)?.hint
    }
}
