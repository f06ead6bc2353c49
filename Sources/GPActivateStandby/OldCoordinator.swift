import ClusterOperations

/// What is known of the coordinator that shall be replaced: three states, not two.
enum OldCoordinator: Sendable, Equatable {
    /// Reached over SSH: no server in its data directory; or on this very machine, and no trace of a server.
    case stopped(CoordinatorSurvey)
    /// A server in its data directory, a stopped one (SIGSTOP) too, or its port speaks PostgreSQL.
    case running(evidence: String)
    /// Anything else; a refused connection proves only that nothing listens there now.
    case unreachable(reason: String)

    var label: String {
        switch self {
        case .stopped: "stopped"
        case .running: "running"
        case .unreachable: "unreachable"
        }
    }

    /// What the host said, where it answered and the server is stopped.
    var survey: CoordinatorSurvey? {
        if case .stopped(let survey) = self { survey } else { nil }
    }

    /// What a survey over SSH proves.
    ///
    /// - Parameters:
    ///   - systemIdentifier: the standby's, which the right data directory shares.
    ///   - ownPlace: which directory the standby's own is (`CoordinatorSurvey.place`).
    init(_ survey: CoordinatorSurvey, dataDirectory: String, systemIdentifier: String, ownPlace: String? = nil) {
        if let ownPlace, survey.place == ownPlace {
            // Hosts that share files: containers, namespaces.
            self = .unreachable(
                reason: "its host answers, and \(dataDirectory) there is this standby's own; where the old "
                    + "coordinator's is, is not known")
        } else if let process = survey.processes.first {
            self = .running(evidence: "process \(process) works in \(dataDirectory)")
        } else if !survey.isReadable {
            self = .unreachable(reason: "its host answers, and \(dataDirectory) cannot be read there")
        } else if survey.systemIdentifier == nil || survey.systemIdentifier != systemIdentifier {
            self = .unreachable(
                reason: "its host answers, and \(dataDirectory) there is not known to be this cluster's coordinator "
                    + "(system identifier \(survey.systemIdentifier ?? "unreadable"))")
        } else {
            self = .stopped(survey)
        }
    }
}

/// How sure the user wants to be that the old coordinator is gone.
struct FencePolicy: Sendable, Equatable {
    /// `--require-fencing`.
    var requiresProof: Bool
    /// `--fence-command`: whether there is one.
    var hasCommand: Bool
    /// Whether it has run and ended with 0.
    var commandSucceeded = false
    /// `--fence-timeout`, in seconds.
    var seconds: Int

    /// Why the activation must not go on; nil when it may.
    func problem(_ old: OldCoordinator, place: String) -> String? {
        switch old {
        case .stopped: return nil
        case .running: return hasCommand && !commandSucceeded ? nil : "Active postgres process on coordinator"
        case .unreachable:
            guard requiresProof, !hasCommand else { return nil }
            return "the old coordinator \(place) is not proved to be stopped, and --require-fencing was given"
        }
    }

    /// What is not proved, in a sentence; nil where nothing is open.
    func warning(_ old: OldCoordinator, place: String) -> String? {
        guard case .unreachable(let reason) = old else { return nil }
        if hasCommand, !commandSucceeded { return nil }
        if commandSucceeded {
            return "the old coordinator \(place) is taken for stopped because the fence command ended with 0; "
                + "it could not be seen: \(reason)"
        }
        return "the old coordinator \(place) is NOT PROVED to be stopped: \(reason); its port spoke no PostgreSQL for "
            + "\(seconds) s, which proves only that it could not be heard from here: it may be running, and clients "
            + "that reach it would go on using it"
    }
}
