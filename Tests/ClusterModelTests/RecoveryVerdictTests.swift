import Testing

@testable import ClusterModel

@Suite struct RecoveryVerdictTests {
    /// A WAL file of 1 MB: file 3 begins at 0/300000.
    static let size = 1 << 20

    static func position(_ file: UInt64, _ offset: UInt64 = 0x28) -> WALPosition {
        WALPosition(rawValue: file << 20 | offset)
    }

    /// An old primary on timeline 1 that crashed; its mirror was promoted in file 6.
    static func oldPrimary(_ change: (inout TargetRecoveryFacts) -> Void = { _ in }) -> TargetRecoveryFacts {
        var target = TargetRecoveryFacts(dataDirectory: "/data/p0")
        target.directory = .present
        target.version = "15"
        target.control = .read(control())
        target.wal = [WALRun(timeline: 1, files: 3...8)]
        target.lastRecord = position(6, 0x900)
        target.lastTimeline = 1
        target.hasRsync = true
        target.hasSlot = true
        target.room = FileSystemRoom(device: "/dev/a", freeBytes: 1 << 30)
        target.usedBytes = 50 << 20
        change(&target)
        return target
    }

    static func control(_ change: (inout ControlData) -> Void = { _ in }) -> ControlData {
        var data = ControlData(
            systemIdentifier: "7001", state: "in production", checkpoint: position(5), redo: position(4), timeline: 1,
            segmentSize: size)
        change(&data)
        return data
    }

    /// A mirror that fell behind.
    static func mirror(_ change: (inout TargetRecoveryFacts) -> Void = { _ in }) -> TargetRecoveryFacts {
        oldPrimary {
            $0.hasStandbySignal = true
            $0.control = .read(
                control {
                    $0.state = "in archive recovery"
                    $0.minimumRecoveryEnd = position(5, 0x800)
                    $0.minimumRecoveryTimeline = 1
                })
            $0.lastRecord = position(5, 0x900)
            $0.wal = [WALRun(timeline: 1, files: 4...5)]
            change(&$0)
        }
    }

    static func source(_ change: (inout SourceRecoveryFacts) -> Void = { _ in }) -> SourceRecoveryFacts {
        var source = SourceRecoveryFacts(systemIdentifier: "7001")
        source.history = TimelineHistory(
            timeline: 2, ancestors: [TimelineHistory.Ancestor(timeline: 1, end: position(6, 0x800))])
        source.checkpointTimeline = 2
        source.position = position(9)
        source.checksums = true
        source.logsHints = true
        source.segmentSize = size
        source.oldestFile = 4
        source.walBytes = 6 << 20
        source.slot = SourceRecoveryFacts.Slot(restart: position(4), status: "reserved")
        source.dataBytes = 40 << 20
        source.hasRsync = true
        change(&source)
        return source
    }

    /// The source of a mirror: never promoted.
    static func steadySource(_ change: (inout SourceRecoveryFacts) -> Void = { _ in }) -> SourceRecoveryFacts {
        source {
            $0.history = TimelineHistory(timeline: 1)
            change(&$0)
        }
    }

    static func judge(
        _ target: TargetRecoveryFacts, _ source: SourceRecoveryFacts = source(),
        spaces: [String: String] = [:]
    ) -> RecoveryVerdict {
        RecoveryVerdict.judge(
            target: target, source: source,
            rules: RecoveryVerdict.Rules(postgresMajor: 15, tablespaceDirectories: spaces))
    }

    @Test func `an old primary goes back to where its mirror was promoted`() {
        let verdict = Self.judge(Self.oldPrimary())
        #expect(verdict.incrementalWay == .rewind(to: Self.position(6, 0x800)))
        #expect(verdict.incremental == .possible(bytes: 3 << 20 | 0x28 - 0x800))
        #expect(verdict.differential == .possible(bytes: nil))
        #expect(verdict.full == .possible(bytes: 40 << 20))
        #expect(verdict.fullCopyPlace == .beside)
        #expect(verdict.causes == ["it did not shut down: its control file says \"in production\""])
        #expect(verdict.doubts.isEmpty)
        #expect(verdict.seconds(of: .full, rate: 10 << 20) == 4)
        #expect(verdict.seconds(of: .differential, rate: 10 << 20) == nil)
    }

    @Test func `a mirror that fell behind only restarts, and the bytes begin where its WAL ends`() {
        let verdict = Self.judge(Self.mirror(), Self.steadySource())
        #expect(verdict.incrementalWay == .restart(from: Self.position(5, 0x900)))
        #expect(verdict.incremental == .possible(bytes: 4 << 20 | 0x28 - 0x900))
    }

    @Test func `a mirror may restart behind a source that was promoted, if it had not gone further`() {
        #expect(Self.judge(Self.mirror()).incrementalWay == .restart(from: Self.position(5, 0x900)))
        let ahead = Self.judge(Self.mirror { $0.lastRecord = Self.position(6, 0x900) })
        #expect(ahead.incremental.reason?.contains("0/600800, where timeline 1 was left") == true)
        let ended = Self.judge(
            Self.mirror {
                $0.lastRecord = Self.position(6, 0x900)
                $0.wal = [WALRun(timeline: 1, files: 4...6)]
                $0.control = .read(Self.control { $0.state = "shut down in recovery" })
            })
        #expect(ended.incrementalWay == .rewind(to: Self.position(6, 0x800)))
    }

    @Test func `a mirror that followed its source over a promotion restarts, whatever its control file still names`() {
        let followed = { (change: (inout TargetRecoveryFacts) -> Void) in
            Self.mirror {
                $0.lastRecord = Self.position(6, 0x900)
                $0.lastTimeline = 2
                $0.wal = [WALRun(timeline: 1, files: 4...6), WALRun(timeline: 2, files: 6...6)]
                $0.histories = [
                    TimelineHistory(timeline: 2, ancestors: [.init(timeline: 1, end: Self.position(6, 0x800))])
                ]
                change(&$0)
            }
        }
        #expect(Self.judge(followed { _ in }).incrementalWay == .restart(from: Self.position(6, 0x900)))
        let withoutHistory = Self.judge(followed { $0.histories = [] })
        #expect(withoutHistory.incremental.reason?.contains("where timeline 1 was left") == true)
        let wentFurther = Self.judge(
            followed {
                $0.control = .read(
                    Self.control {
                        $0.minimumRecoveryEnd = Self.position(6, 0x880)
                        $0.minimumRecoveryTimeline = 1
                    })
            })
        #expect(wentFurther.incremental.reason?.contains("where timeline 1 was left") == true)
        let primary = Self.judge(followed { $0.hasStandbySignal = false })
        #expect(primary.incrementalWay == .rewind(to: Self.position(6, 0x800)))
    }

    @Test func `a mirror whose own WAL has a gap needs it from the source`() {
        let gap = Self.mirror { $0.wal = [WALRun(timeline: 1, files: 5...5)] }
        #expect(Self.judge(gap, Self.steadySource()).incrementalWay == .restart(from: Self.position(4)))
        let gone = Self.judge(gap, Self.steadySource { $0.oldestFile = 5 })
        #expect(
            gone.incremental.reason
                == "the source has removed WAL that is needed: what it lacks begins at 0/400028, the oldest it has "
                + "begins at 0/500000")
        #expect(Self.judge(Self.mirror(), Self.steadySource { $0.oldestFile = 5 }).incremental.isPossible)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let reason: String
        var target = RecoveryVerdictTests.oldPrimary()
        var source = RecoveryVerdictTests.source()

        var testDescription: String { reason }
    }

    static let impossible: [Case] = [
        Case(reason: "its data directory /data/p0 is missing", target: oldPrimary { $0.directory = .missing }),
        Case(reason: "its data directory /data/p0 is empty", target: oldPrimary { $0.directory = .empty }),
        Case(reason: "/data/p0 is not a directory", target: oldPrimary { $0.directory = .notADirectory }),
        Case(reason: "no permission to look into /data/p0", target: oldPrimary { $0.directory = .closed }),
        Case(
            reason: "run r1 did not finish copying it",
            target: oldPrimary {
                $0.mark = CopyMark(run: "r1", content: ContentID(0), dbid: DatabaseID(2), systemIdentifier: "7001")
            }),
        Case(reason: "PG_VERSION is 14, the source's is 15", target: oldPrimary { $0.version = "14" }),
        Case(reason: "PG_VERSION is missing, the source's is 15", target: oldPrimary { $0.version = nil }),
        Case(reason: "its control file global/pg_control is missing", target: oldPrimary { $0.control = .missing }),
        Case(reason: "its control file cannot be read: bad", target: oldPrimary { $0.control = .unreadable("bad") }),
        Case(
            reason: "it belongs to another system: identifier 7002, the source's is 7001",
            target: oldPrimary { $0.control = .read(control { $0.systemIdentifier = "7002" }) }),
        Case(
            reason: "it has neither checksums nor wal_log_hints: pg_rewind cannot tell which pages changed",
            target: oldPrimary { $0.control = .read(control { $0.logsHints = false }) }),
        Case(
            reason:
                "its own WAL back to 0/500028, the last checkpoint before the timelines part at 0/600800, is not in "
                + "pg_wal any more",
            target: oldPrimary { $0.wal = [WALRun(timeline: 1, files: 6...8)] }),
        Case(
            reason:
                "its own WAL back to 0/500028, the last checkpoint before the timelines part at 0/600800, is not in "
                + "pg_wal any more",
            target: oldPrimary { $0.wal = [WALRun(timeline: 1, files: 3...4), WALRun(timeline: 1, files: 6...8)] }),
        Case(
            reason: "the history of its timeline 3 is missing in pg_wal",
            target: oldPrimary { $0.control = .read(control { $0.timeline = 3 }) }),
        Case(
            reason: "it ran as a primary on timeline 1, which its source writes too: what it wrote cannot be told from "
                + "the source's", source: steadySource()),
        Case(
            reason: "its WAL ends at 0/900100, past the source's 0/900028, on the same timeline 1",
            target: mirror { $0.lastRecord = position(9, 0x100) }, source: steadySource()),
        Case(reason: "its source does not act as a primary", source: source { $0.isInRecovery = true }),
        Case(reason: "the source's timeline history cannot be read", source: source { $0.history = nil }),
        Case(reason: "full_page_writes is off at the source", source: source { $0.fullPageWrites = false }),
        Case(
            reason:
                "the source has removed WAL that is needed: recovery begins at 0/400028, the oldest it has begins at "
                + "0/500000", source: source { $0.oldestFile = 5 }),
        Case(
            reason: "the source has removed WAL that is needed: recovery begins at 0/400028, it has none",
            source: source { $0.oldestFile = nil }),
        Case(
            reason: "timelines 1 and 3 have no ancestor in common",
            source: source {
                $0.history = TimelineHistory(
                    timeline: 3, ancestors: [TimelineHistory.Ancestor(timeline: 2, end: position(6))])
            }),
    ]

    @Test(arguments: impossible)
    func `incremental is impossible, with the reason`(situation: Case) {
        let verdict = Self.judge(situation.target, situation.source)
        #expect(verdict.incremental == .impossible(situation.reason))
        #expect(verdict.incrementalWay == nil)
    }

    @Test func `both went their own way from the same place`() {
        let end = Self.position(5, 0x400)
        let target = Self.oldPrimary {
            $0.control = .read(Self.control { $0.timeline = 2 })
            $0.histories = [TimelineHistory(timeline: 2, ancestors: [.init(timeline: 1, end: Self.position(5, 0x700))])]
        }
        let source = Self.source {
            $0.history = TimelineHistory(timeline: 3, ancestors: [.init(timeline: 1, end: end)])
        }
        #expect(Self.judge(target, source).incrementalWay == .rewind(to: end))
    }

    @Test func `a checkpoint past the parting leaves a doubt, WAL that begins past it does not`() {
        let past = Self.oldPrimary { $0.control = .read(Self.control { $0.checkpoint = Self.position(7) }) }
        let verdict = Self.judge(past)
        #expect(verdict.incremental.isPossible)
        #expect(verdict.doubts.count == 1 && verdict.doubts[0].hasPrefix("its last checkpoint is past 0/600800"))
        let place = RecoveryVerdict.searchPlace(target: past, source: Self.source())
        #expect(place?.timeline == 1 && place?.end == Self.position(6, 0x800))
        #expect(RecoveryVerdict.searchPlace(target: Self.oldPrimary(), source: Self.source()) == nil)
        #expect(RecoveryVerdict.searchPlace(target: Self.mirror(), source: Self.source()) == nil)
        var searched = past
        searched.earlierCheckpoint = .found(position: Self.position(4, 0x900), redo: Self.position(4, 0x800))
        #expect(Self.judge(searched).incremental.isPossible && Self.judge(searched).doubts.isEmpty)
        #expect(RecoveryVerdict.searchPlace(target: searched, source: Self.source()) == nil)
        searched.wal = [WALRun(timeline: 1, files: 5...8)]
        #expect(Self.judge(searched).incremental.reason?.hasPrefix("its own WAL back to 0/400900, ") == true)
        searched.earlierCheckpoint = .absent
        #expect(
            Self.judge(searched).incremental
                == .impossible(
                    "its pg_wal holds no checkpoint from before 0/600800, where the timelines part: the latest is at "
                        + "0/700028"))
        var short = past
        short.wal = [WALRun(timeline: 1, files: 7...8)]
        #expect(!Self.judge(short).incremental.isPossible)
    }

    @Test func `a source that made no checkpoint since its promotion has to make one before a rewind`() {
        #expect(!Self.judge(Self.oldPrimary()).needsSourceCheckpoint)
        let fresh = Self.source { $0.checkpointTimeline = 1 }
        #expect(Self.judge(Self.oldPrimary(), fresh).needsSourceCheckpoint)
        #expect(!Self.judge(Self.mirror(), fresh).needsSourceCheckpoint)
    }

    @Test func `a crashed primary without a slot may lose WAL when its recovery is ended`() {
        let crashed = Self.oldPrimary { $0.hasSlot = false }
        #expect(
            Self.judge(crashed).doubts.map { $0.prefix(37) }
                == ["it crashed and has no replication slot"].map { $0.prefix(37) })
        let ended = Self.oldPrimary {
            $0.hasSlot = false
            $0.control = .read(Self.control { $0.state = "shut down" })
        }
        #expect(Self.judge(ended).doubts.isEmpty)
    }

    @Test func `a slot that is missing or lost is a doubt`() {
        #expect(Self.judge(Self.oldPrimary(), Self.source { $0.slot = nil }).doubts.count == 1)
        #expect(Self.judge(Self.oldPrimary(), Self.source { $0.slot?.status = "lost" }).doubts.count == 1)
        #expect(Self.judge(Self.oldPrimary(), Self.source { $0.slot?.restart = nil }).doubts.count == 1)
    }
}
