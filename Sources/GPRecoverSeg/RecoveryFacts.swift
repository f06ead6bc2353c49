import ClusterModel
import ClusterOperations
import Reporting

/// A recovery of a content that runs already, whoever started it.
enum RunningRecovery: String, Sendable, CaseIterable {
    case baseBackup = "pg_basebackup"
    case rewind = "pg_rewind"
    case differential = "differential recovery"
}

/// Everything the plan is computed from, gathered without changing anything.
struct RecoveryFacts: Sendable {
    var cluster: ClusterConfiguration
    var origin: RecoveryPlan.Source
    var requests: [RecoveryDemand]
    var survey = PairSurvey()
    /// By the content ID of what is recovered.
    var running: [ContentID: RunningRecovery] = [:]
    /// The settings in a failed segment's own postgresql.conf, where it can be read.
    var ownSettings: [DatabaseID: ServerSettings] = [:]
    /// What is left where a segment is to be.
    var targets: [DatabaseID: TargetRecoveryFacts] = [:]
    /// What the acting primaries say of their WAL and sizes.
    var sources: [ContentID: SourceRecoveryFacts] = [:]
    /// What decides where a full copy goes.
    var places: [DatabaseID: FullPlace.Facts] = [:]
    /// What was seen there, and when that began.
    var looks = RecoveryLooks()
    /// What earlier runs left there.
    var leftovers: [DatabaseID: Leftovers] = [:]
    /// Why files cannot be compared over SSH between the two hosts; none for a segment where they can.
    var wayProblems: [DatabaseID: String] = [:]

    /// Takes in what primaries said; nil is one that did not answer.
    mutating func take(_ answers: [ContentID: SourceAnswer?]) {
        for (content, answer) in answers {
            sources[content] = answer?.facts
            running[content] = answer?.running
        }
    }

    /// What the acting primary of a content said; nil when it did not answer.
    func source(_ content: ContentID) -> SourceSurvey? { try? survey.sources[content]?.get() }

    /// What was found where a segment is to be.
    func place(of target: Segment) -> HostSurvey.Place? {
        (try? survey.hosts[target.hostname]?.get())?.places.first {
            $0.dataDirectory == target.dataDirectory
        }
    }

    /// Hosts that do not answer.
    var unreachable: Set<String> {
        Set(
            survey.hosts.compactMap { name, answer in
                if case .failure = answer { return name }
                return nil
            })
    }

    /// The original's two lines, with what each host's trouble is.
    var unreachableWarnings: [ReportLine] {
        let failures = survey.hosts.sorted { $0.key < $1.key }.compactMap { name, answer -> [ReportLine]? in
            guard case .failure(let failure) = answer else { return nil }
            return [.warning("Host \(name) is unreachable")]
                + [.warning("detail: \(failure.text)")] + (failure.hint.map { [.warning("hint: \($0)")] } ?? [])
        }
        guard !failures.isEmpty else { return [] }
        return [.warning("One or more hosts are not reachable via SSH.")] + failures.flatMap { $0 }
    }

    /// The original's lines about recoveries that run.
    var runningWarnings: [ReportLine] {
        RunningRecovery.allCases.compactMap { kind in
            let contents = running.filter { $0.value == kind }.map(\.key).sorted()
            guard !contents.isEmpty else { return nil }
            let list = contents.map { "\($0)" }.joined(separator: ", ")
            return .warning(
                "Found \(kind.rawValue) running for segments with contentIds [\(list)], "
                    + "skipping recovery of these segments")
        }
    }
}
