/// What a tool tells its caller when it ends.
///
/// A structure and not an enumeration, so that a tool that runs a program for the user can pass that program's status on.
public struct ExitStatus: RawRepresentable, Sendable, Hashable {
    public let rawValue: Int32

    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// 0: everything asked for is done; help and version too.
    public static let done = ExitStatus(rawValue: 0)
    /// 1: it ran to its end, and some part failed or is not healthy.
    public static let incomplete = ExitStatus(rawValue: 1)
    /// 2: wrong usage, or it could not run, or it was interrupted.
    public static let refused = ExitStatus(rawValue: 2)
    /// 3: `gpstate --check` could not tell.
    ///
    /// That mode speaks to monitors: its 0, 1 and 2 are OK, WARNING and CRITICAL (Monitoring Plugins guidelines).
    public static let unknown = ExitStatus(rawValue: 3)
    /// 4: the user answered no.
    public static let declined = ExitStatus(rawValue: 4)
}
