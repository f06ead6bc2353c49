import Reporting
import TestSupport
import Testing

@testable import GPState

@Suite("What -f shows beyond the original")
struct StandbyStreamTests {
    private static func streaming() -> StandbyStreamFacts {
        var stream = StandbyStreamFacts(state: "streaming", syncState: "sync", currentLSN: "0/C0069F8")
        stream.sent = .init(lsn: "0/C0069F8", behind: "0")
        stream.flushed = .init(lsn: "0/C006908", behind: "240")
        stream.replayed = .init(lsn: "0/C0059F8", behind: "4096")
        stream.commitsWait = true
        stream.slot = .init(
            name: "internal_wal_replication_slot", isActive: true, walStatus: "reserved", retainedBytes: 1 << 24)
        return stream
    }

    private func lines(_ stream: StandbyStreamFacts?) throws -> [ReportLine] {
        var facts = try SampleCluster.healthy()
        facts.standbyStream = stream
        return StandbyReport(facts).lines
    }

    @Test("stands after the original's last line, which it leaves as it is")
    func after() throws {
        let original = try lines(nil)
        let all = try lines(Self.streaming())
        #expect(Array(all.prefix(original.count)) == original)
        #expect(original.last == .rule(61))
        #expect(
            Array(all.dropFirst(original.count)) == [
                .info("Standby coordinator replication, as the coordinator sees it"), .rule(61),
                .info("   WAL state                      = streaming"),
                .info("   Sync state                     = sync"),
                .info("   Commits wait for the standby   = Yes"),
                .info("   Coordinator's WAL, flushed     = 0/C0069F8"),
                .info("   WAL sent                       = 0/C0069F8, nothing behind"),
                .info("   WAL flushed by the standby     = 0/C006908, 240 bytes behind"),
                .info("   WAL replayed by the standby    = 0/C0059F8, 4 kB (4096 bytes) behind"),
                .info("   Replication slot               = internal_wal_replication_slot, active, reserved"),
                .info("   WAL kept by the slot           = 16 MB (16777216 bytes)"),
            ])
    }

    @Test("warns of a standby that is gone and of a slot that lost its WAL")
    func trouble() throws {
        var gone = StandbyStreamFacts(currentLSN: "0/C0069F8")
        gone.slot = .init(name: "s", isActive: false, walStatus: "lost", retainedBytes: nil)
        let warned = try lines(gone).filter { $0.level == .warning }.map(\.text)
        #expect(
            warned.map { $0.prefix { $0 != "=" } }.map { String($0) }.map { $0.trimmedEnd } == [
                "WAL state", "Sync state", "Commits wait for the standby", "Replication slot", "WAL kept by the slot",
            ])
        #expect(warned.contains { $0.contains("= not connected ") })
        #expect(warned.contains { $0.contains("= s, not active, lost ") })
        let slotless = StandbyStreamFacts(state: "streaming", syncState: "sync")
        let text = try lines(slotless).filter { $0.level == .warning }.map(\.text)
        #expect(text.contains { $0.contains("= none: WAL that the standby lacks may be removed") })
    }

    @Test("is in the document, unknown as null")
    func json() throws {
        var facts = try SampleCluster.healthy()
        #expect(StandbyReport(facts).json["standby_stream"].isNull)
        facts.standbyStream = Self.streaming()
        let stream = StandbyReport(facts).json["standby_stream"]
        #expect(
            stream.names == [
                "state", "sync_state", "commits_wait", "write_location", "sent", "flushed", "replayed", "slot",
            ])
        #expect(stream["flushed"]["bytes_behind"] == .int(240))
        #expect(stream["slot"].names == ["name", "active", "wal_status", "bytes_kept"])
        #expect(stream["slot"]["bytes_kept"] == .int(1 << 24))
        facts.standbyStream = StandbyStreamFacts()
        let unknown = StandbyReport(facts).json["standby_stream"]
        #expect(unknown["state"].isNull && unknown["slot"].isNull && unknown["sent"]["bytes_behind"].isNull)
        let page = try Fixture.text("../../../docs/json.md")
        for name in stream.names + stream["slot"].names + stream["sent"].names {
            #expect(page.contains("`\(name)`"), "\(name)")
        }
    }

    @Test("a position before the standby's own is no lag")
    func ahead() {
        #expect(StandbyStreamFacts.Place(lsn: "0/2", behind: "-8").behind == 0)
        #expect(StandbyStreamFacts.Place(lsn: nil, behind: nil).behind == nil)
    }
}

extension String {
    /// Without blanks at its end.
    fileprivate var trimmedEnd: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
