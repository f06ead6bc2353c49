import BlockingWork

/// Runs `body` on a thread of its own.
func spawnThread(_ body: @escaping @Sendable () -> Void) { Thread.detach(body) }
