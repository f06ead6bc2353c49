/// What `pg_isready` said of an instance, in Greenplum's words.
///
/// The gatherer decides the word. For plain PostgreSQL a mirror that refuses connections because it is starting up
/// or in recovery is `up`: that is its healthy state.
enum DatabaseStatus: String, Sendable, CaseIterable {
    case up = "Up"
    case rejectingConnections = "Rejecting Connections"
    case down = "Down"
    case actingAsPrimary = "Acting as Primary"
    case actingAsMirror = "Acting as Mirror"
}

/// Why a host's answer about one of its instances is missing.
struct FetchFailure: Error, Sendable, Equatable {
    /// The original's sentence, which the reports print.
    let text: String
    /// What really happened, for JSON and the log.
    let reason: String?

    init(text: String, reason: String? = nil) {
        self.text = text
        self.reason = reason
    }

    /// The command on the host failed, or the host was not reached in time.
    static func unreachable(address: String, reason: String? = nil) -> FetchFailure {
        FetchFailure(text: "Error getting status from host \(address)", reason: reason)
    }

    /// The host answered, but not with a status.
    static func noOutput(address: String, reason: String? = nil) -> FetchFailure {
        FetchFailure(text: "No status output provided from host \(address)", reason: reason)
    }
}

/// What an instance's own host says of it.
///
/// A mode that asks for less leaves the other members at their defaults and does not show them.
struct InstanceStatus: Sendable, Equatable {
    /// The first line of `postmaster.pid`; 0 when there is none, negative for a single-user server.
    var pid = 0
    /// Why the number is not to be believed.
    var pidError: String?
    /// Whether `postmaster.pid` exists.
    var hasPidFile = false
    /// Whether the socket's lock file exists.
    var hasLockFile = false
    /// Whether the process exists and is neither stopped nor a zombie.
    var isAwake = false
    /// Nil when it could not be found out.
    var databaseStatus: DatabaseStatus?
    /// The text of `version()`; nil when it could not be found out.
    var version: String?
}

/// The outcome of asking an instance's host.
enum InstanceFacts: Sendable, Equatable {
    case fetched(InstanceStatus)
    case failed(FetchFailure)

    /// The answer, if there was one.
    var status: InstanceStatus? {
        guard case .fetched(let status) = self else { return nil }
        return status
    }

    /// Sets what the server itself is; a failure stays one.
    mutating func setStatus(_ status: DatabaseStatus) {
        guard case .fetched(var fetched) = self else { return }
        fetched.databaseStatus = status
        self = .fetched(fetched)
    }

    /// The failure, if there was one.
    var failure: FetchFailure? {
        guard case .failed(let failure) = self else { return nil }
        return failure
    }
}

/// The sentences in which the original doubts a process ID.
enum PidError {
    /// Judges what was found on the host.
    ///
    /// - Parameters:
    ///   - pid: the first line of `postmaster.pid`, 0 without one.
    ///   - lockFile: the lock file's path as the sentence names it.
    ///   - port: the instance's port.
    ///   - hasLockFile: whether that file exists.
    ///   - isListening: whether the instance's socket is in the kernel's table.
    /// - Returns: nil when the process ID can be believed.
    static func text(pid: Int, lockFile: String, port: Int, hasLockFile: Bool, isListening: Bool) -> String? {
        switch (hasLockFile, isListening) {
        case (false, false): "No socket connection or lock file (\(lockFile)) found for port \(port)"
        case (false, true): "No lock file \(lockFile) but process running on port \(port)"
        case (true, false): "Have lock file \(lockFile) but no process running on port \(port)"
        case (true, true): pid == 0 ? "Have lock file and process is active, but did not get a pid value" : nil
        }
    }
}
