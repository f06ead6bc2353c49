import BlockingWork

/// Runs `body` on a thread of its own.
func spawnThread(_ body: @escaping @Sendable () -> Void) { precondition(Thread.detach(body), "out of threads") }
