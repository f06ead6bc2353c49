import ClusterModel
import Reporting

/// The frame of every JSON document: the cluster as the catalog has it, with what was found out beyond.
struct StatusJSON: Sendable {
    /// How much of an instance was asked for.
    enum Detail: Sendable {
        case catalog
        case version
        case standbyProcess
        case full
    }

    let facts: ClusterFacts
    let detail: Detail
    /// Present in the modes that judge replication.
    let assessment: ClusterAssessment?

    init(_ facts: ClusterFacts, detail: Detail = .catalog, assessment: ClusterAssessment? = nil) {
        self.facts = facts
        self.detail = detail
        self.assessment = assessment
    }

    /// The whole document of a report.
    func document(of report: some StatusReport, _ members: [(String, JSONValue)]) -> JSONValue {
        let configuration = facts.configuration
        let layout = configuration.hasMirrors ? configuration.guessedLayout.rawValue.lowercased() : nil
        return .object(
            [
                ("schema", .int(1)), ("tool", .string("gpstate")), ("mode", .string(report.mode.rawValue)),
                ("exit_status", .int(Int(report.exitStatus))), ("mirror_layout", .optional(layout)),
                ("coordinator", instance(configuration.coordinator)),
                ("standby", configuration.standby.map { standby($0) } ?? .null),
                ("pairs", .array(configuration.pairs.map { pair($0) })),
            ] + members)
    }

    /// Content IDs as numbers.
    static func contents(_ contents: [ContentID]) -> JSONValue { .array(contents.map { .int($0.rawValue) }) }

    private func pair(_ pair: SegmentPair) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("content", .int(pair.content.rawValue)), ("primary", instance(pair.primary)),
            ("mirror", pair.mirror.map { instance($0) } ?? .null),
            ("synchronized", .bool(pair.mirror != nil && pair.primary.mode == .inSync)),
            ("switched", .bool(pair.primary.isSwitched)),
        ]
        guard let assessment else { return .object(members) }
        members.append(("served", .bool(!assessment.unservedContents.contains(pair.content))))
        members.append(
            ("replication", assessment.replication[pair.content].map { ReplicationJSON.object($0) } ?? .null))
        if let synchronization = facts.synchronization[pair.content] {
            members.append(("synchronization", ReplicationJSON.object(synchronization)))
        }
        return .object(members)
    }

    private func standby(_ segment: Segment) -> JSONValue {
        guard detail == .full, case .object(let members) = instance(segment) else { return instance(segment) }
        return .object(members + [("standby_state", .string(StandbyState(facts.instance(segment)).code))])
    }

    private func instance(_ segment: Segment) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("dbid", .int(segment.dbid.rawValue)), ("content", .int(segment.content.rawValue)),
            ("role", .string(segment.role.rawValue)), ("preferred_role", .string(segment.preferredRole.rawValue)),
            ("mode", .string(segment.mode.rawValue)), ("status", .string(segment.status.rawValue)),
            ("hostname", .string(segment.hostname)), ("address", .string(segment.address)),
            ("port", .int(segment.port)), ("datadir", .string(segment.dataDirectory)),
        ]
        let isAsked =
            switch detail {
            case .catalog: false
            case .version: segment.status == .up
            case .standbyProcess: segment == facts.configuration.standby
            case .full: true
            }
        if isAsked { members += gathered(segment) }
        return .object(members)
    }

    private func gathered(_ segment: Segment) -> [(String, JSONValue)] {
        let answer = facts.instance(segment)
        let status = answer.status
        var members: [(String, JSONValue)] = [
            ("fetched", .bool(status != nil)), ("fetch_error", .optional(answer.failure?.text)),
            ("fetch_error_reason", .optional(answer.failure?.reason)),
        ]
        if detail != .version {
            members.append(("pid", .optional(status.flatMap { $0.pid == 0 ? nil : abs($0.pid) })))
            members.append(("pid_error", .optional(status?.pidError)))
        }
        if detail == .full { members += judged(segment, answer) }
        if detail != .standbyProcess { members.append(("version", .optional(status?.version))) }
        return members
    }

    private func judged(_ segment: Segment, _ answer: InstanceFacts) -> [(String, JSONValue)] {
        let state = InstanceState(segment, answer)
        let status = answer.status
        return [
            ("pid_file", status.map { .bool($0.hasPidFile) } ?? .null),
            ("lock_file", status.map { .bool($0.hasLockFile) } ?? .null),
            ("database_status", .optional(status?.databaseStatus?.rawValue)),
            ("state", .string(state.code)), ("warnings", .array(warnings(segment, answer, state))),
        ]
    }

    private func warnings(_ segment: Segment, _ answer: InstanceFacts, _ state: InstanceState) -> [JSONValue] {
        var texts = [answer.failure?.text, answer.status?.pidError].compactMap { $0 }
        if state.isWarning { texts.append(state.text) }
        return texts.map { .string($0) }
    }
}

/// A pair's replication in JSON: bytes are whole numbers, unknown is null.
enum ReplicationJSON {
    static func object(_ pair: PairReplication) -> JSONValue {
        let rebuild: JSONValue =
            pair.rebuild.map {
                .object([("kind", .string($0.kind.rawValue)), ("started", .optional($0.started))])
            } ?? .null
        return .object([
            ("state", .optional(pair.mirror.state)), ("write_location", .optional(pair.primary?.currentLSN)),
            ("sent_location", .optional(pair.mirror.sentLSN)), ("flush_location", .optional(pair.mirror.flushLSN)),
            ("replay_location", .optional(pair.mirror.replayLSN)),
            ("bytes_to_send", .optional(pair.primary?.bytesToSend)),
            ("bytes_to_flush", .optional(pair.mirror.bytesToFlush)),
            ("bytes_to_replay", .optional(pair.mirror.bytesToReplay)), ("rebuild", rebuild),
            ("error_reason", .optional(pair.failureReason)),
            ("warnings", .array(pair.warnings.map { .string($0) })),
        ])
    }

    static func object(_ synchronization: SynchronizationFacts) -> JSONValue {
        switch synchronization {
        case .failed(let reason): .object([("queried", .bool(false)), ("error_reason", .optional(reason))])
        case .answered(let rows):
            .object([
                ("queried", .bool(true)), ("sync_state", .optional(rows.first?.syncState)),
                ("bytes", .optional(rows.first?.bytes)),
            ])
        }
    }
}
