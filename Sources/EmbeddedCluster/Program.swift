import BlockingWork
import Glibc
import RemoteShell

/// One program to run on this machine: what, under which environment, where its output goes.
struct Program: Sendable {
    /// The program's path, then its arguments.
    var arguments: [String]
    var environment: [String: String]
    /// Nil: the caller's.
    var workingDirectory: String?
    /// How long it may take.
    var timeout: Duration = .seconds(60)
    /// What is being waited for, for the error when time is up.
    var purpose: String

    /// Runs it to its end, in a process group of its own that is killed when time is up.
    ///
    /// A daemon that the program leaves behind may keep its output open: reading ends with the program, not with the
    /// output. Blocks: call it on a thread of `BlockingThreads`.
    /// - Throws: `DemoError` when it cannot be started or is not done in time.
    func run() throws(DemoError) -> CommandOutput {
        let deadline = Deadline.after(timeout)
        let output = try OutputPipe(), errors = try OutputPipe()
        let child = try spawn(output: output.writingEnd, errors: errors.writingEnd, flags: Int32(POSIX_SPAWN_SETPGROUP))
        output.closeWritingEnd()
        errors.closeWritingEnd()
        var status: Int32 = 0
        while true {
            // A program that prints much must not wait for us, so both pipes are emptied in between.
            output.drain()
            errors.drain()
            let ended = waitpid(child, &status, WNOHANG)
            if ended == child { break }
            guard !deadline.isPast else {
                kill(-child, SIGKILL)
                waitpid(child, &status, 0)
                throw DemoError("\(purpose) took longer than \(timeout): \(arguments.joined(separator: " "))")
            }
            output.wait(milliseconds: 5, with: errors)
        }
        output.drain()
        errors.drain()
        let signal = status & 0x7f
        return CommandOutput(
            status: signal == 0 ? Int((status >> 8) & 0xff) : 128 + Int(signal), standardOutput: output.text,
            standardError: errors.text)
    }

    /// Starts it in a session of its own, its output appended to `log`, and does not wait for it.
    ///
    /// - Returns: its process ID. It is reaped when it ends.
    func launch(log: String) throws(DemoError) -> pid_t {
        let file = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw DemoError("\(log): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let child = try spawn(output: file, errors: file, flags: Self.newSession)
        // Without a thread it stays a zombie when it ends before us: no harm, `isEnded` counts those as gone.
        _ = Thread.detach {
            var status: Int32 = 0
            waitpid(child, &status, 0)
        }
        return child
    }

    /// `POSIX_SPAWN_SETSID` of <spawn.h>, which is hidden behind a feature macro.
    private static let newSession: Int32 = 0x80

    private func spawn(output: Int32, errors: Int32, flags: Int32) throws(DemoError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        // A server outlives its caller: it must not hold a lock or a pipe that the caller was given.
        for descriptor in Int32(3)..<256 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A tool that ignores SIGPIPE or blocks signals must not hand that on to servers.
        var none = sigset_t(), all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(flags | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))
        let placed = workingDirectory.map { ["/usr/bin/env", "--chdir=\($0)"] } ?? []
        var words = (placed + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var child = pid_t()
        let failure = posix_spawn(&child, (placed + arguments)[0], &actions, &attributes, &words, &variables)
        guard failure == 0 else {
            throw DemoError("cannot run \(arguments[0]): \(String(cString: strerror(failure)))")
        }
        return child
    }
}

/// The reading side of a program's output.
private final class OutputPipe {
    private let readingEnd: Int32
    private(set) var writingEnd: Int32
    private var bytes: [UInt8] = []
    /// More than this is dropped: nothing here prints as much.
    private static let limit = 1 << 22

    init() throws(DemoError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw DemoError("cannot make a pipe: \(String(cString: strerror(errno)))")
        }
        readingEnd = ends[0]
        writingEnd = ends[1]
        // A program started by another thread just now may inherit them; nothing here waits for their end.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(readingEnd, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(readingEnd)
        closeWritingEnd()
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    func closeWritingEnd() {
        guard writingEnd >= 0 else { return }
        close(writingEnd)
        writingEnd = -1
    }

    func drain() {
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = read(readingEnd, &buffer, buffer.count)
            guard count > 0 else { return }
            if bytes.count < Self.limit { bytes += buffer[..<count] }
        }
    }

    /// Waits until either pipe has something, or so many milliseconds.
    func wait(milliseconds: Int32, with other: OutputPipe) {
        var descriptors = [
            pollfd(fd: readingEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: other.readingEnd, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&descriptors, 2, milliseconds)
        // A closed pipe is always ready: do not spin until the program's end is seen.
        if descriptors.allSatisfy({ $0.revents & Int16(POLLIN) == 0 && $0.revents != 0 }) {
            usleep(UInt32(milliseconds) * 1000)
        }
    }
}
