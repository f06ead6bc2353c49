import ClusterModel
import EmbeddedCluster
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

/// Everything a run printed, for the comment of a failed expectation.
func words(_ output: CommandOutput) -> Comment {
    Comment(rawValue: "status \(output.status)\n\(output.standardOutput)\n\(output.standardError)")
}

extension TestCluster {
    /// Waits until every content has its mirror, up and in sync, and checks that primaries and mirrors say so too.
    func expectSynchronized(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let end = ContinuousClock.now + .seconds(60)
        var rows = try await rows()
        while !Self.isSynchronized(rows, primaries.count), ContinuousClock.now < end {
            try await probe()
            rows = try await self.rows()
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(
            Self.isSynchronized(rows, primaries.count), "\(rows.map(\.catalogForm))", sourceLocation: sourceLocation)
        for primary in rows where primary.role == .primary {
            let senders = try await value(
                "SELECT string_agg(application_name || ' ' || sync_state, ',') FROM pg_stat_replication", on: primary)
            #expect(senders == "gp_walreceiver sync", sourceLocation: sourceLocation)
        }
        try await expectEqualData(rows, sourceLocation)
    }

    private static func isSynchronized(_ rows: [Segment], _ contents: Int) -> Bool {
        rows.count == 2 * contents && rows.allSatisfy { $0.mode == .inSync && $0.status == .up }
            && Set(rows.filter { $0.role == .mirror }.map(\.content)).count == contents
    }

    /// A mirror is its primary's: the same system identifier, and the same rows once it has replayed all.
    private func expectEqualData(_ rows: [Segment], _ sourceLocation: SourceLocation) async throws {
        // A Greenplum mirror lets nobody in.
        for mirror in rows where mirror.role == .mirror && !TestEngine.isGreenplum {
            guard let primary = rows.first(where: { $0.content == mirror.content && $0.role == .primary }) else {
                continue
            }
            let position = try await value("SELECT pg_current_wal_flush_lsn()", on: primary)
            let end = ContinuousClock.now + .seconds(20)
            let replayed = "SELECT pg_last_wal_replay_lsn() >= '\(position)'::pg_lsn"
            while try await value(replayed, on: mirror) != "t", ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(50))
            }
            for question in [
                "SELECT system_identifier FROM pg_control_system()",
                "SELECT count(*) || md5(string_agg(id || note, ',' ORDER BY id)) FROM public.goods",
            ] {
                let answer = try await value(question, on: mirror)
                #expect(
                    try await answer == value(question, on: primary), "content \(mirror.content)",
                    sourceLocation: sourceLocation)
                #expect(!answer.isEmpty, sourceLocation: sourceLocation)
            }
        }
    }

    /// No mirror in the catalog lacks its directory, or has an incomplete one.
    func expectTrueCatalog(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        // On Greenplum all rows come before the copies, marked down.
        for mirror in try await mirrors() where !TestEngine.isGreenplum || mirror.status == .up {
            let path = mirror.dataDirectory
            for file in ["PG_VERSION", "standby.signal", "global/pg_control"] {
                #expect(Files.exists("\(path)/\(file)"), "\(path)/\(file)", sourceLocation: sourceLocation)
            }
            #expect(!Files.exists(CopyMark.besidePath(path)), "\(path)", sourceLocation: sourceLocation)
        }
    }

    /// No program of a copy lives longer than the watcher's grace.
    func expectNoCopies(sourceLocation: SourceLocation = #_sourceLocation) async {
        let isQuiet = await eventually(within: .seconds(12)) { copies().isEmpty }
        #expect(isQuiet, "pg_basebackup still runs", sourceLocation: sourceLocation)
    }

    /// Neither marks nor locks nor drafts are left.
    func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(try await leftovers() == [], sourceLocation: sourceLocation)
    }
}

/// A document that the tool printed, read by the server's own parser: anything but one document is an error.
struct PlanDocument: Sendable {
    let cluster: TestCluster
    let text: String

    /// The plan as `gpaddmirrors --dry-run --json` prints it.
    static func dryRun(_ cluster: TestCluster, _ more: [String] = []) async throws -> PlanDocument {
        let output = try await cluster.addMirrors(["--dry-run", "--json"] + more)
        #expect(output.status == 0, words(output))
        return PlanDocument(cluster: cluster, text: output.standardOutput)
    }

    /// One SQL expression over the document `d`.
    func value(_ expression: String) async throws -> String {
        try await cluster.demo.query("SELECT (\(expression))::text FROM (SELECT $1::jsonb AS d) AS _", [text])
            .rows.first?.first.flatMap { $0 } ?? ""
    }

    /// The mirrors: `dbid|content|hostname|address|port|datadir`, in order of content.
    func mirrors() async throws -> [String] {
        try await cluster.demo.query(
            """
            SELECT concat_ws('|', m->>'dbid', m->>'content', m->'mirror'->>'hostname', m->'mirror'->>'address',
                m->'mirror'->>'port', m->'mirror'->>'datadir')
            FROM jsonb_array_elements($1::jsonb->'mirrors') AS m ORDER BY (m->>'content')::int
            """, [text]
        ).rows.map { $0.first.flatMap { $0 } ?? "" }
    }
}

extension Segment {
    /// As `PlanDocument.mirrors` writes it.
    var planForm: String { "\(dbid)|\(content)|\(hostname)|\(address)|\(port)|\(dataDirectory)" }
}
