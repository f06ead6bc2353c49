import Glibc

/// Runs `body`, which starts a child, with no signal blocked: children inherit the mask, and the concurrency pool's
/// threads, from which ours descend, block everything.
func withSignalsOpen<Result>(_ body: () -> Result) -> Result {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return body()
}

/// Writing to a peer that has gone shall be an error, not a signal: for threads of our own only.
func blockPipeSignal() {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &set, nil)
}
