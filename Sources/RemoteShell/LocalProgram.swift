public import BlockingWork
import Glibc

/// A program of this machine that answers with a few words and needs no shell: no text, no frame, no watcher.
public enum LocalProgram {
    /// The most that is read.
    private static let limit = 64 << 10

    /// Runs a program with nothing on its standard input and returns its standard output.
    ///
    /// It blocks: call it on a thread of `BlockingThreads`. What it writes to standard error is thrown away.
    ///
    /// - Parameter deadline: at its end the program is killed.
    /// - Returns: nil when it cannot be started, failed, or did not end in time.
    public static func output(_ path: String, _ arguments: [String], until deadline: Deadline) -> String? {
        var ends: [Int32] = [-1, -1]
        // Not pipe(2): no other child may inherit an end in the moment before it is marked.
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
        defer { close(ends[0]) }
        let child = start(path, arguments, output: ends[1])
        close(ends[1])
        guard let child else { return nil }
        let text = read(ends[0], until: deadline)
        if text == nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 && errno == EINTR {}
        return status == 0 ? text : nil
    }

    private static func start(_ path: String, _ arguments: [String], output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child = pid_t()
        let failure = withSignalsOpen { posix_spawn(&child, path, &actions, nil, &words, environ) }
        return failure == 0 ? child : nil
    }

    /// Everything up to the end, cut at the limit; nil when the end did not come in time.
    private static func read(_ descriptor: Int32, until deadline: Deadline) -> String? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waited, 1, deadline.remainingMilliseconds)
            if ready < 0 && errno == EINTR { continue }
            guard ready > 0 else { return nil }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes += buffer[..<min(count, limit - bytes.count)]
        }
    }
}
