import BlockingWork
public import Reporting

/// A script to run with `/bin/sh` on one host.
public struct ShellCommand: Sendable {
    /// POSIX shell text; quote every value in it with `ShellQuoting`.
    public var script: String
    /// How long it may take from the moment it is sent.
    public var timeout: Duration
    /// How long all may take from the call on: connecting, waiting for a turn, running.
    ///
    /// Nil: no such limit.
    public var overallTimeout: Duration?
    /// Whether it runs under the watcher that ends its process group when this side goes away.
    public var isWatched: Bool
    /// What is being waited for, for the error when time is up: `the disk survey of sdw1`.
    public var purpose: String
    /// Called with each piece of standard error as it comes, on a thread of the shell; for progress lines.
    public var onStandardError: (@Sendable ([UInt8]) -> Void)?

    public init(
        _ script: String, purpose: String, timeout: Duration = .seconds(30), isWatched: Bool = false,
        overallTimeout: Duration? = nil, onStandardError: (@Sendable ([UInt8]) -> Void)? = nil
    ) {
        self.script = script
        self.timeout = timeout
        self.overallTimeout = overallTimeout
        self.isWatched = isWatched
        self.purpose = purpose
        self.onStandardError = onStandardError
    }
}

/// What a script printed and how it ended; nothing a login shell printed before or after is in it.
public struct CommandOutput: Sendable, Equatable {
    /// The exit status; 128 + n when it died of signal n.
    public let status: Int
    public let standardOutput: String
    /// At most the last 64 KiB.
    public let standardError: String

    public init(status: Int, standardOutput: String, standardError: String) {
        self.status = status
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    /// Whether the status is 0.
    public var succeeded: Bool { status == 0 }

    /// The last line of standard error that holds something, for one-line messages.
    public var lastErrorLine: String {
        standardError.split(whereSeparator: \.isNewline).last { !$0.allSatisfy(\.isWhitespace) }.map(String.init)
            ?? "exit status \(status)"
    }
}

/// Why a script could not be run, or its result could not be trusted.
public struct ShellError: HintedError, Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// No connection to the host.
        case unreachable
        /// The host's key is not known.
        case unknownHostKey
        /// The host's key is another one than before.
        case changedHostKey
        /// The host refused this user.
        case authentication
        /// Time was up.
        case timeout
        /// The connection broke, or the output had no frame.
        case broken
        /// The configuration cannot be used.
        case configuration
        /// This run is being ended.
        case cancelled
    }

    public let kind: Kind
    public let host: String
    /// One line, lowercase, without the host.
    public let reason: String
    /// The next command to type, if there is one.
    public let hint: String?

    public init(_ kind: Kind, host: String, reason: String, hint: String? = nil) {
        self.kind = kind
        self.host = host
        self.reason = reason
        self.hint = hint
    }

    public var message: String { "\(host): \(reason)" }

    public var description: String { message + (hint.map { " (hint: \($0))" } ?? "") }
}

/// Runs scripts on hosts: over SSH, or on this machine.
public protocol Shell: Sendable {
    /// Runs `command` on `host` and returns what it printed, whatever its exit status.
    ///
    /// - Throws: `ShellError` when the script did not run to its end.
    func run(_ command: ShellCommand, on host: String) async throws(ShellError) -> CommandOutput

    /// Ends every connection and, through the watchers, everything still running on the hosts.
    func close() async
}
