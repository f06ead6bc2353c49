import ClusterModel
import Reporting
import Testing
import ToolSupport

@testable import ClusterOperations
@testable import GPRecoverSeg

/// From facts to a plan, and what it looks like.
@Suite struct PlanTests {
    @Test func `each failed segment is an item with its primary, its method and what it needs`() throws {
        let plan = try PlannedRecovery().plan()
        #expect(plan.leftOut == [])
        #expect(plan.items.map(\.dbid.rawValue) == [4, 5])
        let item = try #require(plan.items.first)
        #expect(item.source.dbid == DatabaseID(2))
        #expect(item.method == .incremental)
        #expect(item.fallbacks == [])
        #expect(!item.moves)
        #expect(item.systemIdentifier == "7000")
        #expect(item.outlooks.map(\.method) == RecoveryMethod.allCases)
        #expect(item.outlook(.full)?.bytes == 300 << 20)
        #expect(item.outlook(.full)?.seconds == 3)
        #expect(plan.authentication.map(\.segment.dbid.rawValue) == [2, 3])
        #expect(item.authentication.contains("host replication gpadmin 10.0.0.1/32 trust"))
        #expect(item.authentication.contains("host replication gpadmin 10.0.0.2/32 trust"))
    }

    @Test func `a host that does not answer costs its own segments, and is named`() throws {
        var planned = try PlannedRecovery()
        planned.lose("sdw3")
        let plan = planned.plan()
        #expect(plan.items.map(\.dbid.rawValue) == [4])
        #expect(plan.leftOut.map(\.unreachableHost) == ["sdw3"])
        #expect(plan.leftOut.map(\.sourceHost) == ["sdw2"])
        #expect(
            RecoveryResultText.leftOut(plan.leftOut).map(\.text)
                == ["Not recovering segment 5 because sdw3 is unreachable (content 1, sdw3:7000)"])
        #expect(
            planned.facts.unreachableWarnings.map(\.text)
                == [
                    "One or more hosts are not reachable via SSH.", "Host sdw3 is unreachable",
                    "detail: sdw3: no route",
                ])
    }

    @Test func `the host of a primary that does not answer costs its content`() throws {
        var planned = try PlannedRecovery()
        planned.lose("sdw1")
        let plan = planned.plan()
        #expect(plan.items.map(\.dbid.rawValue) == [5])
        #expect(plan.leftOut.first?.reason == "The recovery source segment sdw1 (content 0) is unreachable.")
    }

    @Test func `a method that cannot work leaves its rung to the next, if the user agreed`() throws {
        var planned = try PlannedRecovery()
        planned.facts.targets[DatabaseID(4)] = {
            var target = TargetRecoveryFacts(dataDirectory: "/d/4")
            target.directory = .missing
            target.nearestDirectory = "/d"
            target.room = FileSystemRoom(device: "/dev/a", freeBytes: 10 << 30)
            return target
        }()
        let refused = planned.plan()
        #expect(refused.items.map(\.dbid.rawValue) == [5])
        #expect(refused.leftOut.first?.reason.hasPrefix("incremental recovery cannot work: ") == true)
        #expect(refused.leftOut.first?.reason.hasSuffix("; use -F, or --fallback full") == true)
        let agreed = planned.plan(fallbacks: [.differential, .full])
        #expect(agreed.items.map(\.method) == [.full, .incremental])
        #expect(agreed.items.map(\.fallbacks) == [[], [.differential, .full]])
    }

    @Test func `rsync on one host alone is not enough, and neither is a way that is closed`() throws {
        var planned = try PlannedRecovery()
        planned.facts.sources[ContentID(0)]?.hasRsync = false
        planned.facts.wayProblems[DatabaseID(5)] = "Permission denied (publickey)"
        let plan = planned.plan(.differential)
        #expect(plan.items == [])
        #expect(plan.leftOut.map { $0.reason.contains("rsync") } == [true, false])
        #expect(plan.leftOut.last?.reason.contains("Permission denied (publickey)") == true)
    }

    @Test func `a recovery that runs already is left alone`() throws {
        var planned = try PlannedRecovery()
        planned.facts.running = [ContentID(0): .baseBackup, ContentID(1): .baseBackup]
        #expect(planned.plan().items == [])
        #expect(
            planned.facts.runningWarnings.map(\.text)
                == [
                    "Found pg_basebackup running for segments with contentIds [0, 1], "
                        + "skipping recovery of these segments"
                ])
    }

    @Test func `a segment that moves is copied in full, and not onto what is there`() throws {
        var planned = try PlannedRecovery()
        var target = planned.facts.requests[0].failed
        (target.hostname, target.address, target.dataDirectory, target.port) = ("sdw3", "sdw3", "/e/4", 7100)
        planned.facts.requests[0].target = target
        guard case .success(var survey) = planned.facts.survey.hosts["sdw3"] else { return }
        survey.places.append(HostSurvey.Place(dataDirectory: "/e/4", directory: .absent))
        planned.facts.survey.hosts["sdw3"] = .success(survey)
        let item = try #require(planned.plan().items.first)
        #expect(item.method == .full)
        #expect(item.moves)
        survey.places[survey.places.count - 1].directory = .foreign
        planned.facts.survey.hosts["sdw3"] = .success(survey)
        // An old copy of the same content may be replaced: it stays until the new one is good.
        #expect(planned.plan().items.first?.moves == true)
        planned.facts.sources[ContentID(0)]?.systemIdentifier = "another"
        #expect(
            planned.plan().leftOut.first?.reason
                == "Segment directory '/e/4' on sdw3 exists but is not empty!")
    }

    @Test func `a mirror that runs may move and keep its port, another's port is refused`() throws {
        var planned = try PlannedRecovery()
        var request = planned.facts.requests[0]
        request.failed.status = .up
        var target = request.failed
        target.dataDirectory = "/e/4"
        request.target = target
        planned.facts.requests[0] = request
        var survey = try #require(try planned.facts.survey.hosts[target.hostname]?.get())
        survey.places.append(HostSurvey.Place(dataDirectory: "/e/4", directory: .absent, listeners: ["*"]))
        planned.facts.survey.hosts[target.hostname] = .success(survey)
        #expect(planned.plan().items.first?.target.dataDirectory == "/e/4")
        planned.facts.requests[0].target?.port += 1
        #expect(planned.plan().leftOut.first?.reason.hasPrefix("port \(target.port + 1) is in use") == true)
    }

    @Test func `full copies that fit only one by one are warned about`() throws {
        var planned = try PlannedRecovery()
        // Both on one host and file system, each with room for itself alone.
        planned.facts.requests[1].target = planned.facts.requests[1].failed
        planned.facts.requests[1].target?.hostname = "sdw2"
        planned.facts.requests[1].target?.dataDirectory = "/e/5"
        guard case .success(var survey) = planned.facts.survey.hosts["sdw2"] else { return }
        survey.places.append(HostSurvey.Place(dataDirectory: "/e/5", directory: .absent))
        planned.facts.survey.hosts["sdw2"] = .success(survey)
        for dbid in [4, 5] { planned.facts.targets[DatabaseID(dbid)]?.room?.freeBytes = 500 << 20 }
        #expect(planned.plan(.incremental).warnings == [])
        let plan = planned.plan(.full)
        #expect(plan.items.map(\.method) == [.full, .full])
        #expect(plan.warnings.count == 1)
        #expect(plan.warnings.first?.hasPrefix("sdw2: the copies of content 0, 1 need ") == true)
    }

    @Test func `the original's display, word by word`() throws {
        var plan = try PlannedRecovery().plan()
        plan.items = [plan.items[0]]
        let lines = RecoveryPlanText(plan: plan, isDetailed: false).lines.map(\.text)
        let rule = String(repeating: "-", count: 57)
        #expect(
            lines == [
                "Greenplum instance recovery parameters", rule, "Recovery type              = Standard", rule,
                "Recovery 1 of 1", rule, "   Synchronization mode                 = Incremental",
                "   Failed instance host                 = sdw2", "   Failed instance address              = sdw2",
                "   Failed instance directory            = /d/4", "   Failed instance port                 = 7000",
                "   Recovery Source instance host        = sdw1", "   Recovery Source instance address     = sdw1",
                "   Recovery Source instance directory   = /d/2", "   Recovery Source instance port        = 6000",
                "   Recovery Target                      = in-place", rule,
            ])
    }
}

/// What the plan says of the place of a full copy.
@Suite struct FullPlaceInPlanTests {
    @Test func `a place that lets nothing be made beside it is planned to be emptied, with the reason`() throws {
        var planned = try PlannedRecovery()
        let dbid = DatabaseID(4)
        #expect(planned.plan(.full).items.first { $0.dbid == dbid }?.place == .beside)
        var found = FullPlace.Facts()
        found.holdsSomething = true
        found.tablespaces = ["/space/4"]
        planned.facts.places[dbid] = found
        let items = planned.plan(.full).items
        #expect(items.first { $0.dbid == dbid }?.place == .inPlace("tablespaces outside it: /space/4"))
        #expect(items.first { $0.dbid != dbid }?.place == .beside)
    }

    @Test func `who agreed to a full copy in place is told of it, also where it is only the last rung`() throws {
        var planned = try PlannedRecovery()
        planned.facts.targets[DatabaseID(4)]?.isMountPoint = true
        let words = "a full copy replaces /d/4 in place: /d/4 is a mount point"
        #expect(planned.plan().warnings == [])
        #expect(planned.plan(.full).warnings == ["content 0: \(words)"])
        #expect(planned.plan(fallbacks: [.differential, .full]).warnings == ["content 0: if it comes to it, \(words)"])
    }
}

/// What the plan says of methods that are not chosen, and of what nobody knows.
@Suite struct OutlookInPlanTests {
    private func rows(_ planned: PlannedRecovery) throws -> [String] {
        var plan = planned.plan()
        plan.items = [try #require(plan.items.first)]
        return RecoveryPlanText(plan: plan, isDetailed: true).lines.map(\.text).filter {
            $0.contains(" recovery  ") || $0.contains("In doubt")
        }.map { String($0.drop { $0 == " " }) }
    }

    @Test func `each method has its bytes and its time, a comparison the most it can take`() throws {
        let planned = try PlannedRecovery()
        #expect(
            try rows(planned) == [
                "Incremental recovery                 = possible, 3 MB of WAL since then, about 1s, started, it streams "
                    + "on from 0/600028",
                "Differential recovery                = possible, at most about 3s, compares 300 MB and moves what differs",
                "Full recovery                        = possible, 300 MB to move, about 3s",
            ])
    }

    @Test func `what could not be found out is said`() throws {
        var planned = try PlannedRecovery()
        planned.facts.sources[ContentID(0)]?.dataBytes = nil
        planned.facts.sources[ContentID(0)]?.hasRsync = nil
        #expect(
            try rows(planned).suffix(4) == [
                "Differential recovery                = possible", "Full recovery                        = possible",
                "In doubt                             = whether the source's host has rsync is not known",
                "In doubt                             = the source could not add up its size in time: space is not checked",
            ])
        let json = "\(RecoveryJSON.document(planned.plan(), applied: nil, status: .done))"
        #expect(json.contains("space is not checked"))
    }
}
