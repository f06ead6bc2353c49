import ClusterModel
import Reporting
import Testing

@testable import ClusterOperations
@testable import GPActivateStandby

/// The plan from facts, and what stands in its way.
@Suite struct PlanTests {
    static let coordinator = segment(1, -1, .primary, "cdw", "10.0.0.1", "/c/gpseg-1")
    static let standby = segment(4, -1, .mirror, "scdw", "10.0.0.2", "/s/gpseg-1")
    static let segments = [
        segment(2, 0, .primary, "sdw1", "10.0.0.3", "/p/gpseg0"),
        segment(3, 0, .mirror, "sdw2", "10.0.0.4", "/m/gpseg0"),
    ]

    static func segment(
        _ dbid: Int, _ content: Int, _ role: SegmentRole, _ host: String, _ address: String, _ directory: String
    ) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: role, mode: .inSync,
            status: .up, hostname: host, address: address, port: 5432, dataDirectory: directory)
    }

    static func survey(_ change: (inout CoordinatorSurvey) -> Void = { _ in }) -> CoordinatorSurvey {
        var survey = CoordinatorSurvey()
        survey.isReadable = true
        survey.systemIdentifier = "77"
        survey.checkpoint = "0/3000028"
        survey.state = "in production"
        change(&survey)
        return survey
    }

    /// A standby that runs, its coordinator stopped, everybody within reach.
    static func facts(_ change: (inout ActivationFacts) throws -> Void = { _ in }) throws -> ActivationFacts {
        var facts = ActivationFacts(directory: try TemporaryStandby().read(), port: 5432, hostname: "scdw")
        facts.server = LocalServer(
            isInRecovery: true, received: WALPosition("0/4000000"), replayed: WALPosition("0/4000000"),
            lastCommit: nil, timeline: 1, systemIdentifier: "77")
        facts.cluster = try ClusterConfiguration(rows: [coordinator, standby] + segments)
        facts.own = standby
        facts.former = FormerCoordinator(coordinator)
        facts.old = .stopped(survey())
        facts.formerAddresses = ["10.0.0.1", "fd00::1"]
        facts.staying = ["scdw": ["10.0.0.2"], "sdw1": ["10.0.0.3"], "sdw2": ["10.0.0.4"]]
        try change(&facts)
        return facts
    }

    static func plan(
        _ facts: ActivationFacts, requiresProof: Bool = false, command: Bool = false, succeeded: Bool = false,
        forced: Bool = false, fences: Bool = true
    ) -> ActivationPlan {
        ActivationPlanBuilder(
            facts: facts,
            policy: FencePolicy(
                requiresProof: requiresProof, hasCommand: command, commandSucceeded: succeeded, seconds: 10),
            isForced: forced, fencesSegments: fences
        ).build()
    }

    // The files of the directory say that it is a standby that does not run: the server's answer counts here.

    @Test func `a stopped coordinator is replaced: fence, promotion, catalog, mark, service`() throws {
        let plan = Self.plan(try Self.facts())
        #expect(plan.problems == [])
        #expect(plan.warnings == [])
        #expect(plan.situation == .standby)
        #expect(plan.fence == SegmentFence(host: "cdw", addresses: ["10.0.0.1", "fd00::1"]))
        #expect(plan.fencedSegments == Self.segments)
        #expect(plan.promotes && plan.changesCatalog && plan.marksOld && plan.startsService && !plan.startsStandby)
        #expect(plan.parts.map(\.state) == ActivationPlan.State.allCases)
        #expect(plan.parts.allSatisfy { !$0.lines.isEmpty })
    }

    @Test func `a standby that shows no catalog is promoted behind a gate, unless no fence could be set`() throws {
        func plan(
            _ addresses: [String] = ["10.0.0.1"], fences: Bool = true,
            _ change: (inout ActivationFacts) throws -> Void = { _ in }
        ) throws -> ActivationPlan {
            let facts = try Self.facts {
                ($0.server, $0.cluster, $0.own, $0.hidesCatalog) = (nil, nil, nil, true)
                $0.survey = Self.survey()
                ($0.formerAddresses, $0.staying) = (addresses, ["scdw": ["10.0.0.2"]])
                try change(&$0)
            }
            return Self.plan(facts, forced: true, fences: fences)
        }
        let hidden = try plan()
        #expect(hidden.shutsGate && hidden.fence?.addresses == ["10.0.0.1"] && hidden.fencedSegments == [])
        func words(_ plan: ActivationPlan) -> String {
            plan.parts.first { $0.state == .fence }?.lines.joined(separator: "\n") ?? ""
        }
        #expect(words(hidden).contains("nobody but the") && words(hidden).contains("10.0.0.1/32 reject"))
        // One that does not run: what it will show when it does is its engine's.
        let stopped = try plan { $0.hidesCatalog = false }
        #expect(stopped.startsStandby && !stopped.shutsGate)
        #expect(
            words(stopped).contains("turn away at every segment, which the catalog names once the standby runs: 10"))
        let greenplum = try plan {
            $0.hidesCatalog = false
            $0.directory = try TemporaryStandby(version: "12").read()
        }
        #expect(greenplum.startsStandby && greenplum.shutsGate)
        #expect(words(greenplum).contains("the segments are known once the standby is promoted"))
        #expect(try !plan(["10.0.0.2"]).shutsGate)
        #expect(try !plan(fences: false).shutsGate)
        #expect(try !Self.plan(Self.facts()).shutsGate)
    }

    @Test func `promoted behind a gate that is shut still, the fence is to be set and the gate to be opened`() throws {
        let facts = try Self.facts {
            $0.server?.isInRecovery = false
            $0.server?.timeline = 2
            $0.own?.role = .primary
            $0.cluster = try? ClusterConfiguration(rows: [Self.activated] + Self.segments)
            $0.isGateShut = true
        }
        let plan = Self.plan(facts)
        #expect(plan.situation == .promoted && !plan.promotes && !plan.shutsGate)
        #expect(plan.fence != nil && plan.fencedSegments == Self.segments)
        #expect(plan.warnings.contains { $0.contains("they are taken out") })
        var open = facts
        open.isGateShut = false
        #expect(Self.plan(open).situation == .activated && Self.plan(open).fence == nil)
    }

    private static var activated: Segment {
        var row = standby
        (row.role, row.preferredRole) = (.primary, .primary)
        return row
    }

    @Test func `the old coordinator's three states decide, with and without proof and command`() throws {
        func texts(_ old: OldCoordinator, proof: Bool = false, command: Bool = false, succeeded: Bool = false) throws
            -> [String]
        {
            let facts = try Self.facts { $0.old = old }
            return Self.plan(facts, requiresProof: proof, command: command, succeeded: succeeded).problems.map(\.text)
        }
        let active = ["Active postgres process on coordinator"]
        let running = OldCoordinator.running(evidence: "process 7 T (stopped)")
        let silent = OldCoordinator.unreachable(reason: "cdw: no route")
        #expect(try texts(running) == active)
        #expect(try texts(running, proof: true) == active)
        #expect(try texts(running, command: true) == [])
        #expect(try texts(running, command: true, succeeded: true) == active)
        #expect(try texts(silent) == [])
        #expect(try texts(silent, command: true, succeeded: true) == [])
        #expect(try texts(silent, proof: true, command: true, succeeded: true) == [])
        let refused = try texts(silent, proof: true)
        #expect(refused.count == 1 && refused[0].contains("--require-fencing was given"))
        #expect(try texts(.stopped(Self.survey()), proof: true) == [])
    }

    @Test func `what was not proved is in the warning`() throws {
        let plan = Self.plan(try Self.facts { $0.old = .unreachable(reason: "cdw: no route") })
        #expect(plan.warnings.count == 1)
        #expect(plan.warnings[0].contains("cdw:5432 is NOT PROVED to be stopped: cdw: no route"))
        #expect(plan.warnings[0].contains("spoke no PostgreSQL for 10 s"))
        #expect(!plan.marksOld)
    }

    @Test func `a host that is not the old coordinator's proves nothing`() throws {
        func state(_ change: (inout CoordinatorSurvey) -> Void) -> OldCoordinator {
            OldCoordinator(Self.survey(change), dataDirectory: "/c", systemIdentifier: "77", ownPlace: "boot 1:2")
        }
        #expect(state { _ in }.label == "stopped")
        #expect(state { $0.systemIdentifier = "78" }.label == "unreachable")
        #expect(state { $0.systemIdentifier = nil }.label == "unreachable")
        #expect(state { $0.isReadable = false }.label == "unreachable")
        #expect(state { $0.processes = ["5 T (stopped)"] }.label == "running")
        let gone: OldCoordinator = state {
            $0.isReadable = false
            $0.processes = ["5 S (sleeping)"]
        }
        #expect(gone.label == "running")
        // On hosts that share their files the standby would be taken for its coordinator.
        let own: OldCoordinator = state {
            $0.place = "boot 1:2"
            $0.processes = ["5 S (sleeping)"]
        }
        guard case .unreachable(let reason) = own else {
            Issue.record("the standby's own directory proves something: \(own)")
            return
        }
        #expect(reason.contains("this standby's own"))
        #expect(state { $0.place = "boot 1:3" }.label == "stopped")
    }

    @Test func `an address that others have is not fenced off, and it is said`() throws {
        let shared = Self.plan(try Self.facts { $0.staying["sdw1"]?.append("10.0.0.1") })
        #expect(shared.fence?.addresses == ["fd00::1"])
        #expect(shared.warnings == ["not fenced off at the segments: 10.0.0.1 is also an address of sdw1"])
        let loopback = Self.plan(try Self.facts { $0.formerAddresses = ["127.0.1.1"] })
        #expect(loopback.fence == nil)
        #expect(loopback.warnings.count == 1 && loopback.warnings[0].hasPrefix("this fence cannot be set"))
        let open = Self.plan(try Self.facts(), fences: false)
        #expect(open.fence == nil && open.warnings == [])
    }

    @Test func `segments out of reach are left out and named`() throws {
        let plan = Self.plan(try Self.facts { $0.silentHosts = ["sdw2": "sdw2: no route"] })
        #expect(plan.fencedSegments.map(\.hostname) == ["sdw1"])
        #expect(plan.leftOut == [.init(instance: Self.segments[1], reason: "sdw2: no route")])
    }

    @Test func `a stopped standby needs -f`() throws {
        func facts() throws -> ActivationFacts {
            try Self.facts {
                $0.server = nil
                $0.survey = Self.survey()
            }
        }
        #expect(Self.plan(try facts()).problems.map(\.text) == ["Force activation required"])
        let forced = Self.plan(try facts(), forced: true)
        #expect(forced.problems == [])
        #expect(forced.startsStandby && forced.promotes)
    }

    @Test func `what was promoted goes on, what is the coordinator stays`() throws {
        var new = Self.standby
        (new.role, new.preferredRole) = (.primary, .primary)
        let promoted = try Self.facts { facts in
            facts.server?.isInRecovery = false
            facts.server?.timeline = 2
            facts.old = .running(evidence: "port 5432 answers")
        }
        let plan = Self.plan(promoted)
        #expect(plan.situation == .promoted && plan.problems == [] && !plan.promotes && plan.changesCatalog)
        #expect(plan.warnings.contains { $0.contains("the cluster has two coordinators") })
        let activated = try Self.facts { facts in
            facts.server?.isInRecovery = false
            facts.server?.timeline = 2
            facts.own = new
            facts.cluster = try? ClusterConfiguration(rows: [new] + Self.segments)
        }
        let done = Self.plan(activated)
        #expect(done.situation == .activated && done.problems == [] && !done.changesCatalog && done.fence == nil)
        let never = try Self.facts { facts in
            facts.server?.isInRecovery = false
            facts.own = Self.coordinator
        }
        #expect(Self.plan(never).problems.map(\.text).first?.hasPrefix("Critical required file on standby") == true)
    }

    @Test func `another port than the standby's is a problem with the right one in its hint`() throws {
        let plan = Self.plan(try Self.facts { $0.port = 5433 })
        #expect(plan.problems.map(\.text) == ["PGPORT is 5433, the standby's port is 5432"])
        #expect(plan.problems.map(\.hint) == ["export PGPORT=5432"])
    }
}
