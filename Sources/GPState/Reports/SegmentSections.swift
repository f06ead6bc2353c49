import ClusterModel

/// The block of one segment in `-s`: titled sections of labelled values.
struct SegmentSections: Sendable, Equatable {
    struct Row: Sendable, Equatable {
        var label: String
        var text: String
        var isWarning = false

        init(_ label: String, _ text: String, warn isWarning: Bool = false) {
            self.label = label
            self.text = text
            self.isWarning = isWarning
        }

        /// A value that may be unknown, which is a warning.
        init(_ label: String, orUnknown text: String?) {
            self.init(label, text ?? "Unknown", warn: text == nil)
        }

        /// A number of bytes that may be unknown, which is a warning.
        init(_ label: String, orUnknown bytes: Int?) { self.init(label, orUnknown: bytes.map { String($0) }) }
    }

    struct Section: Sendable, Equatable {
        var title: String
        var rows: [Row]
    }

    /// Only those that have rows.
    let sections: [Section]

    /// - Parameter replication: nil in a cluster without mirrors.
    init(_ assessed: SegmentAssessment, replication: PairReplication?) {
        let segment = assessed.segment
        let all = [
            Section(
                title: "Segment Info",
                rows: [
                    Row("Hostname", segment.hostname), Row("Address", segment.address),
                    Row("Datadir", segment.dataDirectory), Row("Port", String(segment.port)),
                ]),
            Section(title: "Mirroring Info", rows: replication == nil ? [] : Self.mirroring(assessed)),
            Section(
                title: "Error Getting Segment Status",
                rows: assessed.facts.failure.map { [Row("Error Getting Segment Status", $0.text)] } ?? []),
            Section(
                title: "Replication Info",
                rows: replication.map { segment.role == .primary ? Self.sending($0) : Self.receiving($0) } ?? []),
            Section(title: "Status", rows: Self.status(assessed)),
        ]
        sections = all.filter { !$0.rows.isEmpty }
    }

    private static func mirroring(_ assessed: SegmentAssessment) -> [Row] {
        var rows = [
            Row("Current role", assessed.segment.role.label),
            Row("Preferred role", assessed.segment.preferredRole.label),
            Row("Mirror status", assessed.mirrorStatus),
        ]
        if let start = assessed.recoveryStart { rows.append(Row("Mirror recovery start", start)) }
        return rows
    }

    private static func sending(_ replication: PairReplication) -> [Row] {
        guard let side = replication.primary else { return [] }
        return [
            Row("Current write location", orUnknown: side.currentLSN),
            Row("Bytes remaining to send to mirror", orUnknown: side.bytesToSend),
        ]
    }

    private static func receiving(_ replication: PairReplication) -> [Row] {
        let side = replication.mirror
        return [
            Row("WAL Sent Location", orUnknown: side.sentLSN),
            Row("WAL Flush Location", orUnknown: side.flushLSN),
            Row("WAL Replay Location", orUnknown: side.replayLSN),
            Row("Bytes received but remain to flush", orUnknown: side.bytesToFlush),
            Row("Bytes received but remain to replay", orUnknown: side.bytesToReplay),
        ]
    }

    private static func status(_ assessed: SegmentAssessment) -> [Row] {
        let segment = assessed.segment
        var rows: [Row] = []
        if let status = assessed.facts.status {
            let isBelieved = status.pidError == nil
            rows.append(Row("PID", isBelieved ? String(abs(status.pid)) : "Not found", warn: !isBelieved))
        }
        rows.append(
            Row("Configuration reports status as", segment.status.label, warn: segment.status == .down))
        rows.append(
            Row(
                segment.role == .mirror ? "Segment status" : "Database status", assessed.state.text,
                warn: assessed.state.isWarning))
        return rows
    }
}
