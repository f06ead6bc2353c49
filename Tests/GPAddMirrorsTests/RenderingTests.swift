import ClusterModel
import ClusterOperations
import Reporting
import Testing

@testable import GPAddMirrors

@Suite struct RenderingTests {
    private func text(_ plan: MirrorPlan, detailed: Bool) -> [ReportLine] {
        PlanText(
            plan: plan, dataDirectory: "/data/gpseg-1", port: 5432, hostCount: 16, segmentCount: 64,
            isDetailed: detailed
        ).lines
    }

    @Test func `the plan is shown as the original shows it`() throws {
        let lines = text(try PlannedCluster().plan(), detailed: false)
        #expect(lines.allSatisfy { $0.level == .info })
        let dashes = String(repeating: "-", count: 44)
        #expect(
            Array(lines.map(\.text).prefix(17)) == [
                "Greenplum Add Mirrors Parameters", dashes,
                "Greenplum coordinator data directory    = /data/gpseg-1",
                "Greenplum coordinator port              = 5432",
                "Batch size                              = 16",
                "Segment batch size                      = 64",
                dashes, "Mirror 1 of 4", dashes,
                "   Primary instance host        = sdw1", "   Primary instance address     = sdw1",
                "   Primary instance directory   = /p/0", "   Primary instance port        = 6000",
                "   Mirror instance host         = sdw2", "   Mirror instance address      = sdw2",
                "   Mirror instance directory    = /m1/gpseg0", "   Mirror instance port         = 7000",
            ])
        #expect(lines.last == .rule(44))
        #expect(lines.count == 6 + 4 * 11 + 1)
    }

    @Test func `a dry run says besides what is written and what the layout means`() throws {
        let lines = text(try PlannedCluster().plan(), detailed: true).map(\.text)
        for line in [
            "   Action                       = copy", "   Mirror dbid                  = 6",
            "   To copy                      = 100 MB",
            "/p/0/pg_hba.conf on sdw1: 7 line(s) added", "   + host replication gpadmin samehost trust",
            "gp_segment_configuration: 4 row(s) added (role m, preferred role m, mode n, status d)",
            "Layout                                  = group",
            "Most primaries on a host                = 2, 4 after the loss of any one host",
            "Two-host losses that stop the cluster   = 1 of 1 (100.0 %)",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
    }

    @Test func `warnings and problems come last, as such`() throws {
        var plan = try PlannedCluster().plan()
        plan.warnings = ["w"]
        plan.problems = ["p1", "p2"]
        #expect(text(plan, detailed: false).suffix(3) == [.warning("w"), .error("p1"), .error("p2")])
    }

    @Test func `the plan's JSON has its schema, every mirror and the risk`() throws {
        var plan = try PlannedCluster().plan()
        plan.problems = ["a \"quoted\" problem"]
        guard case .object(let members) = PlanJSON.document(plan, applied: nil) else {
            Issue.record("not an object")
            return
        }
        #expect(
            members.map(\.0) == [
                "schema", "tool", "kind", "layout", "mirrors", "authentication", "risk", "warnings", "problems",
            ])
        let byName = Dictionary(members) { first, _ in first }
        #expect(byName["schema"] == .int(1))
        #expect(byName["kind"] == .string("plan"))
        #expect(byName["problems"] == .array([.string("a \"quoted\" problem")]))
        guard case .array(let mirrors) = byName["mirrors"], case .object(let first) = mirrors.first else {
            Issue.record("no mirrors")
            return
        }
        #expect(mirrors.count == 4)
        #expect(
            first.map(\.0) == ["content", "dbid", "action", "removes_run", "bytes", "primary", "mirror", "settings"])
        #expect(first[3].1 == .null)
    }

    @Test func `the result's JSON tells each mirror's state, its error, and the exit status`() throws {
        let plan = try PlannedCluster().plan()
        let document = PlanJSON.document(
            plan, applied: outcomes(plan), unsynchronized: [plan.items[0]], exitStatus: 1
        ).text()
        for part in [
            "\"kind\": \"result\"", "\"state\": \"started\"", "\"state\": \"copy-failed\"", "\"error\": \"disk full\"",
            "\"state\": \"catalog-failed\"", "\"state\": \"start-failed\"", "\"error\": null", "\"exit_status\": 1",
            "\"unsynchronized_dbids\": [\n    6\n  ]",
        ] {
            #expect(document.contains(part), "\(part)")
        }
    }

    /// One mirror of each fate.
    private func outcomes(_ plan: MirrorPlan) -> [MirrorOutcome] {
        let states: [MirrorOutcome.State] = [
            .done, .copyFailed("disk full"), .rowFailed("dbid taken"), .startFailed("port in use"),
        ]
        return zip(plan.items, states).map { MirrorOutcome(item: $0, state: $1) }
    }

    private func done(_ plan: MirrorPlan) -> [MirrorOutcome] {
        plan.items.map { MirrorOutcome(item: $0, state: .done) }
    }

    @Test func `the run whose copy is removed first is named, in text and JSON`() throws {
        var cluster = try PlannedCluster()
        let mark = CopyMark(
            run: "20261121_101112.7", content: ContentID(0), dbid: DatabaseID(6), systemIdentifier: "7000")
        cluster.host("sdw2") { $0.places[0].directory = .incomplete(mark) }
        let plan = cluster.plan()
        let row =
            "   Action                       = copy-again: removes the unfinished copy of run 20261121_101112.7 in /m1/gpseg0"
        for detailed in [false, true] {
            #expect(text(plan, detailed: detailed).map(\.text).filter { $0.hasPrefix(row) }.count == 1)
        }
        // What is merely copied says so only where everything is said.
        #expect(text(plan, detailed: false).count { $0.text.hasPrefix("   Action ") } == 1)
        #expect(text(plan, detailed: true).count { $0.text.hasPrefix("   Action ") } == 4)
        #expect(
            text(plan, detailed: true).contains(.info("/m1/gpseg0 on sdw2: unfinished copy removed")))
        let document = PlanJSON.document(plan, applied: nil).text()
        #expect(document.contains("\"action\": \"copy-again\",\n      \"removes_run\": \"20261121_101112.7\""))
    }

    @Test func `a mirror whose primary does not let it in is refused, in text and JSON`() throws {
        let plan = try PlannedCluster().plan()
        var outcomes = done(plan)
        outcomes[3] = MirrorOutcome(item: plan.items[3], state: .refused("sdw1 is not let in"))
        #expect(!outcomes[3].succeeded)
        let texts = ResultText(outcomes: outcomes, unsynchronized: nil, probed: true).lines.map(\.text)
        let index = try #require(texts.firstIndex(of: "Failed to add the following segments"))
        #expect(texts[index + 1] == " hostname: sdw1; port: 7001; error: sdw1 is not let in; recoverytype: full")
        #expect(texts.contains { $0.contains("/m2/gpseg3") && $0.contains("   refused") })
        #expect(texts.last?.contains("3 of 4 mirrors work") == true)
        let document = PlanJSON.document(plan, applied: outcomes, exitStatus: 1).text()
        #expect(document.contains("\"state\": \"refused\",\n      \"error\": \"sdw1 is not let in\""))
    }

    @Test func `a mirror that runs but lacks something is a warning, and no success`() throws {
        let plan = try PlannedCluster().plan()
        var outcomes = done(plan)
        outcomes[1].notes = ["sdw1 is not let in for replication by dbid 7 (sdw2:7001): no entry"]
        for probed in [true, false] {
            let lines = ResultText(outcomes: outcomes, unsynchronized: nil, probed: probed).lines
            #expect(lines.contains(.warning(outcomes[1].notes[0])))
            #expect(
                lines.suffix(2).map(\.text) == [
                    "the mirrors run, but not every one is ready for a swap of roles (see the warnings above)",
                    "hint: put pg_hba.conf of these mirrors right, then look with gpstate -e",
                ])
            #expect(lines.suffix(2).allSatisfy { $0.level == .error })
            #expect(!lines.map(\.text).contains { $0.contains("Mirror segments have been added") })
        }
        let document = PlanJSON.document(plan, applied: outcomes, exitStatus: 1).text()
        #expect(document.contains("\"notes\": [\n        \"sdw1 is not let in"))
    }

    @Test func `mirrors that the service did not look at are no success, waited for or not`() throws {
        let plan = try PlannedCluster().plan()
        for unsynchronized in [nil, plan.items, []] {
            let lines = ResultText(outcomes: done(plan), unsynchronized: unsynchronized, probed: false).lines
            #expect(
                lines.suffix(2) == [
                    .error(
                        "the mirrors run, but the catalog does not say so yet: the fault-tolerance service did not probe"
                    ),
                    .error("hint: start the service (gpftsd, or gpdemo start), then look with gpstate -e"),
                ])
        }
    }

    @Test func `failures are told in the original's words, and what to run to finish`() throws {
        let plan = try PlannedCluster().plan()
        let lines = ResultText(outcomes: outcomes(plan), unsynchronized: nil, probed: true).lines
        let texts = lines.map(\.text)
        let added = try #require(texts.firstIndex(of: "Failed to add the following segments"))
        #expect(texts[added + 1] == " hostname: sdw2; port: 7001; error: disk full; recoverytype: full")
        #expect(texts[added + 2] == " hostname: sdw1; port: 7000; error: dbid taken; recoverytype: full")
        let started = try #require(
            texts.firstIndex {
                $0
                    == "Failed to start the following segments. Please check the latest logs located in segment's data directory"
            })
        #expect(texts[started + 1] == " hostname: sdw1; port: 7001; datadir: /m2/gpseg3; error: port in use")
        #expect(lines.suffix(2).allSatisfy { $0.level == .error })
        #expect(texts.last?.contains("1 of 4 mirrors work; run gpaddmirrors again") == true)
        #expect(lines.count { $0.level == .warning } == 3, "a row per failed mirror is marked")
    }

    @Test func `success ends as the original does, or says that all are in sync, or which are not`() throws {
        let plan = try PlannedCluster().plan()
        let done = plan.items.map { MirrorOutcome(item: $0, state: .done) }
        let stars = ReportLine.info(String(repeating: "*", count: 66))
        #expect(
            ResultText(outcomes: done, unsynchronized: nil, probed: true).lines.suffix(5) == [
                stars, .info("Mirror segments have been added; data synchronization is in progress."),
                .info("Data synchronization will continue in the background."),
                .info("Use  gpstate -s  to check the resynchronization progress."), stars,
            ])
        let synced = ResultText(outcomes: done, unsynchronized: [], probed: true).lines
        #expect(synced.suffix(2).first == .info("Mirror segments have been added; all mirrors are synchronized."))
        #expect(synced.count { $0.text.hasSuffix("synchronized") } == 4)
        let late = ResultText(outcomes: done, unsynchronized: [plan.items[2]], probed: true).lines
        #expect(late.count { $0.text.hasSuffix("not in sync") } == 1)
        #expect(late.suffix(2).first == .error("1 mirror(s) not in sync when the waiting time was over"))
    }

    @Test func `mirrors that another tool left unfinished are named at the end, with who builds them`() throws {
        let plan = try PlannedCluster().plan()
        let done = plan.items.map { MirrorOutcome(item: $0, state: .done) }
        let row = PlannedCluster.segment(20, 0, .mirror, on: "sdw2", port: 7000, directory: "/m1/gpseg0")
        let lines = ResultText(outcomes: done, unsynchronized: [], probed: true, stillDown: [row]).lines
        #expect(
            lines.suffix(2) == [
                .error("the mirrors run; still down in the catalog: content 0 (\(row.label))"),
                .error("hint: gprecoverseg -F builds them"),
            ])
    }
}
