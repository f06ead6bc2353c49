import ClusterModel
import ClusterOperations

/// What a monitor needs to be asked; the coordinator always is.
struct MonitorNeeds: OptionSet, Sendable {
    let rawValue: Int

    /// A session with every instance that is up in the catalog.
    static let instances = MonitorNeeds(rawValue: 1 << 0)
    /// A script on every host.
    static let hosts = MonitorNeeds(rawValue: 1 << 1)
}

/// What became of asking the coordinator.
enum CoordinatorFacts: Sendable, Equatable {
    /// It answered after so many seconds.
    case answered(seconds: Double)
    /// Why it cannot be used, in one line.
    case silent(String)

    var isAnswered: Bool {
        guard case .answered = self else { return false }
        return true
    }
}

/// What an instance said in its session, or why there was none.
struct InstanceAnswer: Sendable, Equatable {
    /// Nil: it was not asked in time.
    var status: DatabaseStatus?
    /// Why it is not up, in one line.
    var reason: String?
    /// The text of `version()`.
    var version: String?
    /// Of an acting primary: how its one mirror streams, with the mirror's slot.
    var stream: StandbyStreamFacts?
    /// All its replication slots.
    var slots: [SlotFacts] = []
    /// `max_slot_wal_keep_size` in bytes; nil: no limit.
    var slotLimit: Int?
    /// How fast its WAL grows; seen only where an idle slot keeps some.
    var growth: WALGrowth?
    /// How long ago `gpftsd` began its newest session with it; nil without one.
    var secondsSinceProbe: Double?
    /// Of an acting primary whose mirror is down: what is being done to the mirror.
    var rebuild: MirrorRebuild?
    /// Whether its own statements were answered in full.
    var isComplete = false

    static let notAsked = InstanceAnswer()
}

/// A replication slot and the WAL that it keeps.
struct SlotFacts: Sendable, Equatable {
    var name: String
    var isActive: Bool
    /// `reserved`, `extended`, `unreserved`, `lost`; nil where the server has no such column.
    var walStatus: String?
    /// From its restart position to the server's WAL; nil when it keeps none.
    var retainedBytes: Int?

    var isLost: Bool { walStatus == "lost" }
}

/// How much WAL was written in a while.
struct WALGrowth: Sendable, Equatable {
    var bytes: Int
    var seconds: Double

    /// Nil when nothing was written.
    var bytesPerSecond: Double? { bytes > 0 && seconds > 0 ? Double(bytes) / seconds : nil }
}

/// What one host's script said.
struct HostAnswer: Sendable, Equatable {
    /// By instance: the file system of its data directory, and of its WAL.
    var spaces: [DatabaseID: [FileSystemSpace]] = [:]
}

/// A file system, as df(1) sees it.
struct FileSystemSpace: Sendable, Hashable {
    enum Purpose: String, Sendable { case data, wal }

    var purpose: Purpose
    var mountPoint: String
    var sizeBytes: Int
    var usedBytes: Int
    /// For users without privileges.
    var availableBytes: Int

    /// As df(1) computes its Capacity: of what users can have.
    var usedPercent: Double? {
        let usable = Double(usedBytes) + Double(availableBytes)
        return usable > 0 ? Double(usedBytes) / usable * 100 : nil
    }
}

/// Everything that a check or the metrics are made of.
struct MonitorFacts: Sendable {
    var coordinator: CoordinatorFacts
    /// Nil: no catalog is known.
    var configuration: ClusterConfiguration?
    /// How old the catalog is, in seconds, where the coordinator did not answer and an earlier run's was taken.
    var catalogAge: Int?
    /// By dbid, for those that were asked.
    var instances: [DatabaseID: InstanceAnswer] = [:]
    /// By name, for those that were asked.
    var hosts: [String: Result<HostAnswer, GatherFailure>] = [:]
    /// Whether the fault-tolerance service runs; nil where that cannot be told.
    var isServiceRunning: Bool?
    /// What a running recovery wrote down.
    var recoveries: [RecoveryProgress] = []
    /// How long the gathering took.
    var seconds = 0.0

    init(coordinator: CoordinatorFacts) { self.coordinator = coordinator }

    /// What is known of an instance.
    func answer(_ segment: Segment) -> InstanceAnswer { instances[segment.dbid] ?? .notAsked }

    /// Whether it is up in the catalog and answers as what it should be; nil when that is not known.
    func isUp(_ segment: Segment) -> Bool? {
        guard segment.status == .up else { return false }
        return answer(segment).status.map { $0 == .up }
    }

    /// How the standby streams; nil when the coordinator does not tell.
    var standbyStream: StandbyStreamFacts? {
        configuration.flatMap { $0.standby == nil ? nil : answer($0.coordinator).stream }
    }

    /// Whether the standby streams and commits wait for it; nil when that is not known.
    var standbyIsInSync: Bool? {
        guard let configuration, configuration.standby != nil else { return false }
        return standbyStream.map { $0.state == "streaming" && $0.isSynchronous }
    }

    /// What one more lost host would do; an instance that nothing is known of counts as the catalog has it.
    var hostLoss: HostLoss? {
        configuration.map { configuration in
            HostLoss(configuration, standbyIsInSync: standbyIsInSync ?? false) { isUp($0) ?? ($0.status == .up) }
        }
    }
}
