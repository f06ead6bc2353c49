import ClusterModel
import Testing

@testable import ClusterOperations
@testable import GPInitStandby

/// The plan from facts, and what stands in its way.
@Suite struct PlanTests {
    static let coordinator = segment(1, -1, .primary, "cdw", 5432, "/c/gpseg-1")
    static let rows = [
        coordinator, segment(2, 0, .primary, "sdw1", 6000, "/p/gpseg0"),
        segment(3, 0, .mirror, "sdw2", 7000, "/m/gpseg0"),
    ]
    static let standbyRow = segment(4, -1, .mirror, "scdw", 5432, "/s/gpseg-1")

    static func segment(
        _ dbid: Int, _ content: Int, _ role: SegmentRole, _ host: String, _ port: Int, _ directory: String
    ) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(content), role: role, preferredRole: role, mode: .inSync,
            status: .up, hostname: host, address: "10.0.0.\(dbid)", port: port, dataDirectory: directory)
    }

    static func source(_ slot: SourceSurvey.Slot? = nil) -> SourceSurvey {
        SourceSurvey(
            systemIdentifier: "77", checksums: true, dataBytes: 1 << 20, walBytes: 0, tablespaces: [],
            hbaFile: "/c/gpseg-1/pg_hba.conf", listenAddresses: "10.0.0.1", socketDirectories: "/tmp",
            freeWALSenders: 5, slot: slot)
    }

    /// Facts of a host on which everything is as it should be.
    static func facts(
        standby: Segment? = nil, wanted: StandbyPlace = .init(host: "scdw", port: 5432, dataDirectory: "/s/gpseg-1"),
        replaces: Bool = false, change: (inout StandbyFacts, inout HostSurvey.Place) -> Void = { _, _ in }
    ) throws -> StandbyFacts {
        let cluster = try ClusterConfiguration(rows: rows + (standby.map { [$0] } ?? []))
        let question = HostSurvey.Question(
            dataDirectory: wanted.dataDirectory, address: wanted.host, port: wanted.port, sourceHost: "10.0.0.1",
            sourcePort: 5432, tablespaces: [])
        let parent = wanted.dataDirectory.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        var survey = try HostSurvey(
            output: "version\tpg 15\naddress\t10.0.0.9/24\nshell\t10.0.0.9\nabsent\t0\nabove\t0\t\(parent)\n"
                + "space\t0\t\(wanted.dataDirectory)\t/dev/a\t99999999\n", questions: [question])
        var facts = StandbyFacts(
            cluster: cluster, wanted: wanted, replaces: replaces, source: source(),
            stream: StandbyStream(
                state: nil, syncState: nil, lagBytes: nil, flushed: nil, synchronousNames: "", slot: nil))
        for row in rows { facts.accessTexts[row.dbid] = .success("local all all trust\n") }
        change(&facts, &survey.places[0])
        facts.hosts["cdw"] = .success(try HostSurvey(output: "", questions: []))
        facts.hosts[wanted.host] = .success(survey)
        return facts
    }

    static let embedded = Engine(family: .embedded, postgresMajor: 15)
    static let greenplum = Engine(family: .greenplum7, postgresMajor: 12)

    static func plan(_ facts: StandbyFacts, _ engine: Engine = embedded) -> StandbyPlan {
        StandbyPlanBuilder(
            facts: facts, engine: engine, user: "gpadmin", hbaMethod: "trust",
            usesHostnames: false, serverVersion: "pg 15"
        ).build()
    }

    private func texts(_ facts: StandbyFacts) -> [String] { Self.plan(facts).problems.map(\.text) }

    @Test func `without obstacles it copies, adds a row after the highest dbid and lets the standby in everywhere`()
        throws
    {
        let plan = Self.plan(try Self.facts())
        #expect(plan.problems == [])
        #expect(plan.item.action == .copy)
        #expect(plan.standby.dbid == DatabaseID(4))
        #expect(plan.standby.address == "10.0.0.9")
        #expect(plan.segmentAccess.map(\.instance.dbid.rawValue) == [2, 3])
        #expect(plan.segmentAccess.allSatisfy { $0.lines == ["host all gpadmin 10.0.0.9/32 trust"] })
        #expect(plan.coordinatorAccess?.lines.contains("host replication gpadmin 10.0.0.9/32 trust") == true)
        #expect(plan.item.settings.map(\.name) == ["port", "listen_addresses"])
    }

    @Test func `a name that the coordinator's host resolves stays the address`() throws {
        #expect(Self.plan(try Self.facts { facts, _ in facts.isResolved = true }).standby.address == "scdw")
    }

    @Test func `a segment whose file cannot be read is left out and no obstacle`() throws {
        let plan = Self.plan(
            try Self.facts { facts, _ in
                facts.accessTexts[DatabaseID(3)] = .failure(GatherFailure(OperationError("sdw2: gone")))
            })
        #expect(plan.problems == [])
        #expect(plan.leftOut.map(\.instance.dbid.rawValue) == [3])
        #expect(plan.leftOutHosts == ["sdw2"])
    }

    @Test func `the original's refusals keep their texts`() throws {
        #expect(
            texts(try Self.facts(standby: Self.standbyRow) { $1.directory = .foreign }) == [
                "standby coordinator already configured"
            ])
        #expect(texts(try Self.facts { $1.directory = .foreign }) == ["coordinator data directory exists"])
        #expect(texts(try Self.facts { $1.directory = .empty }) == ["coordinator data directory exists"])
        #expect(texts(try Self.facts { $1.nearestDirectory = "/" }) == ["Parent directory /s does not exist"])
        let own = StandbyPlace(host: "cdw", port: 5432, dataDirectory: "/other/gpseg-1")
        #expect(texts(try Self.facts(wanted: own)) == ["cannot create standby on the same host and port"])
    }

    @Test func `every obstacle is listed`() throws {
        let found = texts(
            try Self.facts { facts, place in
                facts.stream.synchronousNames = "other"
                facts.source.freeWALSenders = 1
                place.listeners = ["*"]
                place.sourceProblem = "no response"
                place.spaces["/s/gpseg-1"]?.freeBytes = 1 << 20
            })
        #expect(found.count == 5, "\(found)")
    }

    @Test func `what an earlier run left unfinished is gone on with, at its place only`() throws {
        let mark = CopyMark(
            run: "r", content: .coordinator, dbid: DatabaseID(4), systemIdentifier: "77",
            lastFile: "000000010000000000000003")
        let absent = Self.plan(try Self.facts(standby: Self.standbyRow))
        #expect(absent.problems == [])
        #expect(absent.item.action == .rebuild(removeFirst: false))
        let running = Self.plan(
            try Self.facts(standby: Self.standbyRow) { facts, place in
                place.directory = .complete(mark)
                place.isRunning = true
            })
        #expect(running.problems == [])
        #expect(running.item.action == .start)
        #expect(running.mark == mark)
        let elsewhere = StandbyPlace(host: "scdw", port: 5433, dataDirectory: "/s/gpseg-1")
        #expect(
            texts(try Self.facts(standby: Self.standbyRow, wanted: elsewhere)) == [
                "standby coordinator already configured"
            ])
    }

    @Test func `a mark of another cluster is somebody else's directory`() throws {
        let mark = CopyMark(run: "r", content: .coordinator, dbid: DatabaseID(4), systemIdentifier: "78")
        #expect(texts(try Self.facts { $1.directory = .incomplete(mark) }) == ["coordinator data directory exists"])
    }

    @Test func `a replacement takes the old one's place or another, and its dbid again`() throws {
        let inPlace = Self.plan(
            try Self.facts(standby: Self.standbyRow, replaces: true) { facts, place in
                facts.stream.slot = .init(isActive: true, isKept: true, walStatus: "reserved")
                place.directory = .foreign
                place.isRunning = true
                place.listeners = ["10.0.0.4"]
            })
        #expect(inPlace.problems == [])
        #expect(inPlace.removes == Self.standbyRow)
        #expect(inPlace.item.action == .copy)
        #expect(inPlace.standby.dbid == DatabaseID(4))
    }

    @Test func `a former coordinator's directory is moved aside, unless a server works in it`() throws {
        func plan(_ processes: [String]) throws -> StandbyPlan {
            Self.plan(
                try Self.facts { facts, place in
                    place.directory = .foreign
                    facts.former = FormerDirectory(path: "/s/gpseg-1", target: "/s/gpseg-1.old", processes: processes)
                })
        }
        let free = try plan([])
        #expect(free.problems == [])
        #expect(free.movesAside?.target == "/s/gpseg-1.old")
        #expect(free.item.action == .copy)
        let taken = try plan(["7 T (stopped)"]).problems.map(\.text)
        #expect(
            taken == ["the former coordinator still runs on host scdw in /s/gpseg-1: process 7 T (stopped): stop it"])
    }

    @Test func `a fence that an activation left against the standby's host is taken out at the end`() throws {
        let fence = SegmentFence(host: "scdw", addresses: ["10.0.0.9"])
        let plan = Self.plan(
            try Self.facts { facts, _ in
                facts.accessTexts[DatabaseID(3)] = .success(
                    (fence.lines + ["local all all trust"]).joined(separator: "\n"))
            })
        #expect(plan.fenceLines == [DatabaseID(3): fence.lines])
        #expect(plan.fencedSegments.map(\.dbid.rawValue) == [3])
    }

    @Test func `the tablespace directories a copy fills are in the plan, Greenplum's by the standby's dbid`() throws {
        let facts = try Self.facts { facts, _ in
            facts.source.tablespaces = [SourceSurvey.Tablespace(directory: "/space", bytes: 5 << 20)]
        }
        #expect(Self.plan(facts).item.tablespaces == ["/space"])
        #expect(Self.plan(facts, Self.greenplum).item.tablespaces == ["/space/4"])
        #expect(Self.plan(facts, Self.greenplum).item.bytes == 6 << 20)
        #expect(Self.plan(facts, Self.greenplum).problems == [])
    }

    @Test func `a tablespace directory that holds something is found before anything is done, Greenplum's too`() throws
    {
        func problems(_ engine: Engine) throws -> [String] {
            let facts = try Self.facts { facts, place in
                facts.source.tablespaces = [SourceSurvey.Tablespace(directory: "/space", bytes: 1)]
                place.filledTablespaces = StandbyPlanner.question(facts, engine).tablespaces
            }
            return Self.plan(facts, engine).problems.map(\.text)
        }
        #expect(
            try problems(Self.embedded) == [
                "scdw: tablespace directory /space is not empty here: it may be the coordinator's own"
            ])
        #expect(try problems(Self.greenplum) == ["scdw: tablespace directory /space/4 is not empty here"])
    }

    @Test func `-n starts a standby without a slot where the original made it, and nowhere else`() {
        let stream = StandbyStream(
            state: nil, syncState: nil, lagBytes: nil, flushed: nil, synchronousNames: "", slot: nil)
        #expect(StandbyStart.slotObstacle(stream, wanted: nil) == nil)
        #expect(StandbyStart.slotObstacle(stream, wanted: "own")?.contains("has no slot own") == true)
    }

    @Test func `tablespaces of an unfinished copy are not removed by a dbid that somebody else has now`() throws {
        func facts(madeFor dbid: Int, tablespaces: [SourceSurvey.Tablespace]) throws -> StandbyFacts {
            try Self.facts { facts, place in
                facts.source.tablespaces = tablespaces
                place.directory = .incomplete(
                    CopyMark(run: "r", content: .coordinator, dbid: DatabaseID(dbid), systemIdentifier: "77"))
            }
        }
        let space = [SourceSurvey.Tablespace(directory: "/space", bytes: 1)]
        let stopped = Self.plan(try facts(madeFor: 3, tablespaces: space), Self.greenplum)
        #expect(
            stopped.problems.map(\.text) == [
                "scdw: the unfinished copy in /s/gpseg-1 was made for dbid 3, "
                    + "which dbid 3 (sdw2:7000) has now: remove it by hand"
            ])
        #expect(Self.plan(try facts(madeFor: 3, tablespaces: []), Self.greenplum).problems == [])
        #expect(Self.plan(try facts(madeFor: 3, tablespaces: space)).problems == [])
        let own = Self.plan(try facts(madeFor: 4, tablespaces: space), Self.greenplum)
        #expect(own.problems == [])
        #expect(own.item.action == .copyAgain)
    }

    @Test func `a tablespace whose path breaks lines is a problem, not a line of a mark`() throws {
        let facts = try Self.facts { facts, _ in
            facts.source.tablespaces = [SourceSurvey.Tablespace(directory: "/a\ntablespace /etc", bytes: 1)]
        }
        for engine in [Self.embedded, Self.greenplum] {
            let problems = Self.plan(facts, engine).problems.map(\.text)
            #expect(problems.count == 1 && problems[0].contains("a control character in its path: /a\\"), "\(problems)")
        }
    }

    @Test func `on Greenplum a warning names gppkg sync, which is not done`() throws {
        let facts = try Self.facts()
        #expect(Self.plan(facts).warnings == [])
        #expect(
            Self.plan(facts, Self.greenplum).warnings == [
                "Please run `gppkg sync` after successful standby initialization."
            ])
    }

    @Test(arguments: ["-oProxyCommand=touch hit", "$(touch hit)", "a b", "'", "`id`", "", "x;y"])
    func `a standby's host whose name is no name is refused`(host: String) throws {
        let place = StandbyPlace(host: host, port: 5432, dataDirectory: "/s/gpseg-1")
        #expect(texts(try Self.facts(wanted: place)).contains("'\(host)' is not the name of a host"))
    }

    @Test func `localhost is no place for a standby`() throws {
        let place = StandbyPlace(host: "localhost", port: 5433, dataDirectory: "/s/gpseg-1")
        #expect(texts(try Self.facts(wanted: place)).contains { $0.contains("another host on every host") })
    }
}
