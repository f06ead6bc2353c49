import ClusterModel

/// The state of an instance, as the last row of `-s` and a column of `-e` tell it.
enum InstanceState: Sendable, Equatable {
    case downInConfiguration
    /// The host was not reached, or could not find it out.
    case unknown
    case processError
    case database(DatabaseStatus)

    /// The catalog is believed first, then the process, then the server's answer.
    init(_ segment: Segment, _ facts: InstanceFacts) {
        self =
            switch facts {
            case _ where segment.status == .down: .downInConfiguration
            case .failed: .unknown
            case .fetched(let status) where status.pidError != nil: .processError
            case .fetched(let status): status.databaseStatus.map { .database($0) } ?? .unknown
            }
    }

    var text: String {
        switch self {
        case .downInConfiguration: "Down in configuration"
        case .unknown: "Unknown -- unable to load segment status"
        case .processError: "Process error -- database process may be down"
        case .database(let status): status.rawValue
        }
    }

    var isWarning: Bool { self != .database(.up) }

    /// The word in JSON.
    var code: String {
        switch self {
        case .downInConfiguration: "down_in_configuration"
        case .unknown: "unknown"
        case .processError: "process_error"
        case .database(let status):
            switch status {
            case .up: "up"
            case .rejectingConnections: "rejecting_connections"
            case .down: "down"
            case .actingAsPrimary: "acting_as_primary"
            case .actingAsMirror: "acting_as_mirror"
            }
        }
    }
}

/// The state of the standby, judged by its process alone.
enum StandbyState: Sendable, Equatable {
    case passive
    case down
    case undetermined(FetchFailure)

    init(_ facts: InstanceFacts) {
        self =
            switch facts {
            case .failed(let failure): .undetermined(failure)
            case .fetched(let status):
                status.hasPidFile && status.pid > 0 && status.pidError == nil ? .passive : .down
            }
    }

    var text: String {
        switch self {
        case .passive: "Standby host passive"
        case .down: "Standby host DOWN"
        case .undetermined(let failure): "Status could not be determined: \(failure.text)"
        }
    }

    var isWarning: Bool { self != .passive }

    /// The word in JSON.
    var code: String {
        switch self {
        case .passive: "passive"
        case .down: "down"
        case .undetermined: "unknown"
        }
    }
}

extension SegmentMode {
    /// The words of the reports.
    var label: String { self == .inSync ? "Synchronized" : "Not In Sync" }
}

extension SegmentStatus {
    /// The word of the reports.
    var label: String { self == .up ? "Up" : "Down" }
}
