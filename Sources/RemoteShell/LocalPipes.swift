import Glibc

/// The three streams of one local program: our ends and its ends, none of them passed on to other children.
struct LocalPipes {
    struct Ends {
        let ours: Int32
        let theirs: Int32
    }

    let input: Ends
    let output: Ends
    let error: Ends

    /// Nil when the process has no descriptors left.
    init?() {
        guard let input = Self.socketPair() else { return nil }
        guard let output = Self.pipe() else {
            Self.close(input)
            return nil
        }
        guard let error = Self.pipe() else {
            Self.close(input)
            Self.close(output)
            return nil
        }
        (self.input, self.output, self.error) = (input, output, error)
    }

    /// A socket pair for the input: marked at birth, so that no other child can keep a watcher's input open.
    private static func socketPair() -> Ends? {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
        return Ends(ours: ends[0], theirs: ends[1])
    }

    private static func pipe() -> Ends? {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { return nil }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return Ends(ours: ends[0], theirs: ends[1])
    }

    private static func close(_ ends: Ends) {
        Glibc.close(ends.ours)
        Glibc.close(ends.theirs)
    }

    /// Closes both sides: no program was started.
    func closeAll() {
        for ends in [input, output, error] { Self.close(ends) }
    }

    /// Closes our side.
    func closeOurs() {
        for ends in [input, output, error] { Glibc.close(ends.ours) }
    }
}
