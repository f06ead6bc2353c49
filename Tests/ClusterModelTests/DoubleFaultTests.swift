import Testing

@testable import ClusterModel

@Suite struct DoubleFaultTests {
    private typealias Facts = RecoveryVerdictTests

    private static func segment(_ dbid: Int, _ role: SegmentRole, _ mode: SegmentMode) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(0), role: role, preferredRole: role, mode: mode, status: .up,
            hostname: "sdw\(dbid)", address: "sdw\(dbid)", port: 7000, dataDirectory: "/data/p0")
    }

    private func fault(
        _ mode: SegmentMode, _ primary: TargetRecoveryFacts?, _ mirror: TargetRecoveryFacts?
    ) -> DoubleFault {
        DoubleFault(
            primary: DoubleFault.Copy(segment: Self.segment(2, .primary, mode), facts: primary, failure: "no route"),
            mirror: DoubleFault.Copy(segment: Self.segment(4, .mirror, mode), facts: mirror, failure: "no route"))
    }

    private func copy(_ last: WALPosition?, timeline: UInt32 = 1) -> TargetRecoveryFacts {
        Facts.oldPrimary {
            $0.lastRecord = last
            $0.lastTimeline = timeline
        }
    }

    private let early = Facts.position(6, 0x100)
    private let late = Facts.position(6, 0x200)

    @Test func `a pair in sync starts from the acting primary, unless that has lost WAL`() {
        for primary in [late, early] {
            let fault = fault(.inSync, copy(primary), copy(early))
            #expect(fault.choice.dbid == DatabaseID(2))
            #expect(fault.choice.reason.contains("neither copy lacks an acknowledged commit"))
        }
        #expect(fault(.inSync, copy(nil), copy(early)).choice.dbid == DatabaseID(2))
        let lost = fault(.inSync, copy(early), copy(late))
        #expect(lost.choice.dbid == DatabaseID(4))
        #expect(lost.choice.reason.contains("0/600200, the acting primary's only 0/600100"))
    }

    @Test func `a pair that was not in sync starts from the acting primary, or from none`() {
        #expect(fault(.notInSync, copy(late), copy(early)).choice.dbid == DatabaseID(2))
        let odd = fault(.notInSync, copy(early), copy(late))
        #expect(odd.choice.dbid == nil && odd.choice.reason.contains("both may hold commits"))
        let blind = fault(.notInSync, copy(early), copy(nil))
        #expect(blind.choice.dbid == nil && blind.choice.reason.contains("is not known"))
    }

    @Test func `the newer timeline counts before the place, if the catalog agrees`() {
        #expect(fault(.notInSync, copy(early, timeline: 2), copy(late)).choice.dbid == DatabaseID(2))
        let promoted = fault(.inSync, copy(late), copy(early, timeline: 2))
        #expect(promoted.choice.dbid == nil && promoted.choice.reason.contains("somebody promoted it"))
    }

    @Test func `a copy that cannot be seen keeps the question open`() {
        for fault in [fault(.inSync, nil, copy(late)), fault(.inSync, copy(late), nil)] {
            #expect(fault.choice.dbid == nil)
            #expect(fault.choice.reason.contains("is not reachable: look there first"))
            #expect(fault.copies.contains { $0.ending == "unreachable" && $0.causes[0].contains("no route") })
        }
    }

    @Test func `the only copy that can be started is named, a mirror only if it was in sync`() {
        let gone = Facts.oldPrimary { $0.directory = .missing }
        let corrupt = Facts.oldPrimary { $0.control = .unreadable("bad") }
        let unfinished = Facts.oldPrimary {
            $0.mark = CopyMark(run: "r1", content: ContentID(0), dbid: DatabaseID(4), systemIdentifier: "7001")
        }
        for broken in [gone, corrupt, unfinished] {
            #expect(fault(.notInSync, copy(early), broken).choice.dbid == DatabaseID(2))
            #expect(fault(.inSync, broken, copy(early)).choice.dbid == DatabaseID(4))
            let stale = fault(.notInSync, broken, copy(early))
            #expect(stale.choice.dbid == nil && stale.choice.reason.contains("lacks commits"))
            #expect(fault(.inSync, broken, gone).choice.reason.hasPrefix("neither copy can be started"))
        }
    }

    @Test func `copies of two systems are never weighed`() {
        let other = Facts.oldPrimary { $0.control = .read(Facts.control { $0.systemIdentifier = "7002" }) }
        #expect(fault(.inSync, copy(late), other).choice.reason.contains("identifiers 7001 and 7002"))
    }

    @Test func `how a copy ended is told in a word or two`() {
        func ending(_ change: (inout TargetRecoveryFacts) -> Void) -> String {
            fault(.inSync, Facts.oldPrimary(change), nil).primary.ending
        }
        #expect(ending { _ in } == "crashed")
        #expect(ending { $0.control = .read(Facts.control { $0.state = "shut down" }) } == "shut down")
        #expect(ending { $0.control = .missing } == "unreadable")
        #expect(
            ending {
                $0.directory = .missing; $0.control = .missing
            } == "directory missing")
        #expect(ending { $0.postmaster = .init(pid: 1, state: "S") } == "running")
        #expect(ending { $0.postmaster = .init(pid: 1, state: "T") } == "process stopped")
    }
}
