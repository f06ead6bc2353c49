/// What a tool tells its caller when it ends: the one list of exit statuses, which the table of gpha(7) explains.
///
/// A tool's own statuses are those of its manual page. A program that a tool becomes (`gpdemo exec`) ends with its own.
public enum ExitStatus: Int32, Sendable, Hashable, CaseIterable {
    /// 0: everything asked for is done; help and version too. A check: nothing is wrong.
    case done = 0
    /// 1: it ran to its end, and some part failed or is not healthy. A check: a warning.
    case incomplete = 1
    /// 2: wrong usage, or it could not run, or it was interrupted. A check: something is critical.
    case refused = 2
    /// 3: a check could not tell.
    case unknown = 3
    /// 4: the user answered no.
    case declined = 4

    /// The status of this number; a number that is none of them stands for no work done: `refused`.
    public init(rawValue: Int32) {
        self = Self.allCases.first { $0.rawValue == rawValue } ?? .refused
    }
}
