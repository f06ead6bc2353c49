import Reporting
import ToolSupport

/// What `-f` shows after the original's last line: lags in bytes, the slot, what it keeps.
struct StandbyStreamSection {
    let stream: StandbyStreamFacts

    var lines: [ReportLine] {
        var table = Table(marksWarnings: true)
        table.add(["WAL state", "= \(stream.state ?? "not connected")"], warn: stream.state != "streaming")
        table.add(["Sync state", "= \(stream.syncState ?? "none")"], warn: !stream.isSynchronous)
        table.add(
            ["Commits wait for the standby", "= \(stream.commitsWait ? "Yes" : "No")"], warn: !stream.commitsWait)
        table.add(["Coordinator's WAL, flushed", "= \(stream.currentLSN ?? "unknown")"])
        table.add(["WAL sent", "= \(Self.text(stream.sent))"])
        table.add(["WAL flushed by the standby", "= \(Self.text(stream.flushed))"])
        table.add(["WAL replayed by the standby", "= \(Self.text(stream.replayed))"])
        addSlot(to: &table)
        return [.info("Standby coordinator replication, as the coordinator sees it"), .rule(ReportText.wideRule)]
            + table.lines
    }

    private func addSlot(to table: inout Table) {
        guard let slot = stream.slot else {
            table.warn(["Replication slot", "= none: WAL that the standby lacks may be removed"])
            return
        }
        let state = [slot.isActive ? "active" : "not active", slot.walStatus].compactMap { $0 }.joined(separator: ", ")
        table.add(["Replication slot", "= \(slot.name), \(state)"], warn: !slot.isActive || slot.walStatus == "lost")
        table.add(
            ["WAL kept by the slot", "= \(slot.retainedBytes.map(Self.bytes) ?? "none")"], warn: !slot.keepsWAL)
    }

    private static func text(_ place: StandbyStreamFacts.Place) -> String {
        guard let lsn = place.lsn else { return "unknown" }
        return lsn + (place.behind.map { ", \($0 == 0 ? "nothing" : bytes($0)) behind" } ?? "")
    }

    private static func bytes(_ count: Int) -> String {
        count < 1024 ? "\(count) bytes" : "\(ByteCount.text(Int64(count))) (\(count) bytes)"
    }

    var json: JSONValue {
        func place(_ place: StandbyStreamFacts.Place) -> JSONValue {
            .object([("location", .optional(place.lsn)), ("bytes_behind", .optional(place.behind))])
        }
        let slot: JSONValue =
            stream.slot.map { slot in
                .object([
                    ("name", .string(slot.name)), ("active", .bool(slot.isActive)),
                    ("wal_status", .optional(slot.walStatus)), ("bytes_kept", .optional(slot.retainedBytes)),
                ])
            } ?? .null
        return .object([
            ("state", .optional(stream.state)), ("sync_state", .optional(stream.syncState)),
            ("commits_wait", .bool(stream.commitsWait)), ("write_location", .optional(stream.currentLSN)),
            ("sent", place(stream.sent)), ("flushed", place(stream.flushed)), ("replayed", place(stream.replayed)),
            ("slot", slot),
        ])
    }
}
