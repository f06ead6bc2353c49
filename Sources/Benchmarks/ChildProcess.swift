import EmbeddedCluster
import Glibc

/// One program run to its end, its output thrown away: how long it took and how much memory it held.
enum ChildProcess {
    static func run(_ arguments: [String]) throws(DemoError) -> (seconds: Double, kilobytes: Int) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let start = ContinuousClock.now
        var child = pid_t()
        guard posix_spawn(&child, arguments[0], &actions, nil, &words, environ) == 0 else {
            throw DemoError("cannot run \(arguments[0])")
        }
        var status: Int32 = 0
        var usage = rusage()
        wait4(child, &status, 0, &usage)
        let (seconds, attoseconds) = start.duration(to: .now).components
        return (Double(seconds) + Double(attoseconds) / 1e18, usage.ru_maxrss)
    }
}
