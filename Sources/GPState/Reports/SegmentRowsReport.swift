import ClusterModel
import Reporting

/// A column of the rows for an external table.
enum SegmentColumn: String, CaseIterable, Sendable {
    case dbid
    case contentid
    case hostname
    case address
    case datadir
    case port
    case role
    case preferredRole = "preferred_role"
    case mirrorStatus = "mirror_status"
    case mirrorRecoveryStart = "mirror_recovery_start"
    case statusInConfig = "status_in_config"
    case instanceStatus = "instance_status"
    case hasStatusWarning = "has_status_warning"
    case errorGettingStatus = "error_getting_status"
    case postmasterPidFileExists = "postmaster_pid_file_exists"
    case postmasterPid = "postmaster_pid"
    case lockFilesExist = "lock_files_exist"
    case activePid = "active_pid"
    case version

    /// Its SQL type.
    var type: String {
        switch self {
        case .dbid, .contentid, .port, .postmasterPid, .activePid: "int"
        case .hasStatusWarning, .postmasterPidFileExists, .lockFilesExist: "bool"
        default: "text"
        }
    }

    /// Its value, nil where the fact is missing.
    func value(of row: SegmentAssessment) -> String? {
        let segment = row.segment
        let status = row.facts.status
        let pid = status.flatMap { $0.pid == 0 ? nil : String($0.pid) }
        return switch self {
        case .dbid: segment.dbid.description
        case .contentid: segment.content.description
        case .hostname: segment.hostname
        case .address: segment.address
        case .datadir: segment.dataDirectory
        case .port: String(segment.port)
        case .role: segment.role.label
        case .preferredRole: segment.preferredRole.label
        case .mirrorStatus: row.mirrorStatus
        case .mirrorRecoveryStart: row.recoveryStart
        case .statusInConfig: segment.status.label
        case .instanceStatus: row.state.text
        case .hasStatusWarning: Self.bool(row.state.isWarning)
        case .errorGettingStatus: row.facts.failure?.text
        case .postmasterPidFileExists: status.map { Self.bool($0.hasPidFile) }
        case .postmasterPid: pid
        case .lockFilesExist: status.map { Self.bool($0.hasLockFile) }
        case .activePid: status?.pidError == nil ? pid : nil
        case .version: status?.version
        }
    }

    private static func bool(_ value: Bool) -> String { value ? "t" : "f" }
}

/// `--segmentStatusPipeSeparatedForTableUse`: one row of fields for each segment.
struct SegmentRowsReport: StatusReport {
    let mode = StatusMode.segmentRows
    let facts: ClusterFacts
    let assessment: ClusterAssessment

    init(_ facts: ClusterFacts) {
        self.facts = facts
        assessment = ClusterAssessment(facts)
    }

    var lines: [ReportLine] { assessment.warnings.map { .warning($0) } }

    /// The separator cannot stand inside a field, and a line break would make two rows.
    var plainLines: [String] {
        assessment.segments.map { row in
            SegmentColumn.allCases.map { column in
                String((column.value(of: row) ?? "").map { $0 == "|" ? "_" : $0.isNewline ? " " : $0 })
            }.joined(separator: "|")
        }
    }

    var json: JSONValue { StatusJSON(facts, detail: .full, assessment: assessment).document(of: self, []) }
}
