import Glibc
import Synchronization

/// Ctrl-Z while a tool draws on the whole terminal: the screen is given back before the process stops.
public enum Suspension {
    private static let isAsked = Atomic<Bool>(false)

    /// From now on Ctrl-Z is a request that `stopIfAsked` obeys.
    public static func watch() {
        isAsked.store(false, ordering: .sequentiallyConsistent)
        set { _ in Suspension.isAsked.store(true, ordering: .sequentiallyConsistent) }
    }

    /// Ctrl-Z stops the process again.
    public static func unwatch() { set(SIG_DFL) }

    /// Stops the process if Ctrl-Z was pressed, and takes the screen again when it goes on.
    ///
    /// - Returns: whether it was, so that the screen has to be drawn anew.
    public static func stopIfAsked(_ screen: FullScreen) -> Bool {
        guard isAsked.exchange(false, ordering: .sequentiallyConsistent) else { return false }
        screen.pause()
        // To this thread: one sent to the process may reach another, while this one goes on.
        raise(SIGSTOP)
        screen.enter()
        return true
    }

    private static func set(_ handler: __sighandler_t?) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        action.sa_flags = Int32(SA_RESTART)
        sigaction(SIGTSTP, &action, nil)
    }
}
