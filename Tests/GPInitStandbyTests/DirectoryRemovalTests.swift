import ClusterModel
import ClusterOperations
import TestSupport
import Testing

@testable import GPInitStandby

/// What goes with a standby's directory, and what stays.
@Suite struct DirectoryRemovalTests {
    /// A standby with dbid 4 and one tablespace, as its engine lays it out.
    private static func standby(_ engine: Engine, in root: TemporaryDirectory) async throws -> Segment {
        let standby = PlanTests.segment(4, -1, .mirror, "scdw", 5432, "\(root.path)/s")
        let space = engine.tablespaceDirectory("\(root.path)/space", of: standby.dbid)
        try await shell(
            """
            cd \(root.path) && mkdir -p s/pg_tblspc && : > s/standby.signal && ln -s \(space) s/pg_tblspc/17 &&
            mkdir -p \(space)/GPDB_7_1/x space/1/GPDB_7_1 space/PG_15_1
            """)
        return standby
    }

    @discardableResult
    private static func shell(_ script: String) async throws -> String {
        let done = try await FinishedProgram.run(["/bin/sh", "-c", script])
        try #require(done.status == 0, "\(done.error)")
        return done.output
    }

    private static func remove(_ engine: Engine, _ standby: Segment) async throws -> String {
        try await shell(StandbyDirectoryRemoval(engine: engine, standby: standby).script)
    }

    @Test func `where a tablespace is kept by dbid the standby's part goes with it and no other`() async throws {
        let root = try TemporaryDirectory()
        let standby = try await Self.standby(PlanTests.greenplum, in: root)
        #expect(try await Self.remove(PlanTests.greenplum, standby) == "")
        #expect(
            try await Self.shell("cd \(root.path) && find . -mindepth 1 | sort")
                == "./space\n./space/1\n./space/1/GPDB_7_1\n./space/PG_15_1\n")
    }

    @Test func `somebody's files in the standby's part of a tablespace stay, and are named`() async throws {
        let root = try TemporaryDirectory()
        let standby = try await Self.standby(PlanTests.greenplum, in: root)
        try root.write("x", to: "space/4/keep")
        #expect(try await Self.remove(PlanTests.greenplum, standby) == "\(root.path)/space/4\n")
        #expect(try await Self.shell("ls -A \(root.path)/space/4") == "keep\n")
    }

    @Test(arguments: [PlanTests.greenplum, PlanTests.embedded])
    func `a tablespace that is not the standby's alone stays, and is named`(engine: Engine) async throws {
        let root = try TemporaryDirectory()
        let standby = try await Self.standby(PlanTests.embedded, in: root)
        #expect(try await Self.remove(engine, standby) == "\(root.path)/space\n")
        #expect(try await Self.shell("ls -A \(root.path)/space") == "1\nGPDB_7_1\nPG_15_1\n")
    }

    @Test func `a base backup that did not come to its end goes, one with a control file does not`() async throws {
        let root = try TemporaryDirectory()
        let standby = try await Self.standby(PlanTests.greenplum, in: root)
        try await Self.shell(
            "cd \(root.path)/s && rm standby.signal && : > backup_label && mkdir -p global && : > global/pg_control")
        let script = StandbyDirectoryRemoval(engine: PlanTests.greenplum, standby: standby).script
        #expect(try await FinishedProgram.run(["/bin/sh", "-c", script]).status == 3)
        try await Self.shell("rm \(root.path)/s/global/pg_control")
        #expect(try await Self.remove(PlanTests.greenplum, standby) == "")
        #expect(try await Self.shell("ls -A \(root.path)") == "space\n")
    }

    @Test func `a directory without a standby's signs is refused`() async throws {
        let root = try TemporaryDirectory()
        let standby = try await Self.standby(PlanTests.greenplum, in: root)
        try await Self.shell("rm \(root.path)/s/standby.signal")
        let script = StandbyDirectoryRemoval(engine: PlanTests.greenplum, standby: standby).script
        let done = try await FinishedProgram.run(["/bin/sh", "-c", script])
        #expect(done.status == 3 && done.error.contains("is not a standby's data directory"))
        #expect(try await Self.shell("ls -A \(root.path)") == "s\nspace\n")
    }
}
