import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import TestClusters
import TestSupport
import Testing

extension RealClusters.ClusterTests {
    /// The catalog is changed by hand under the tools, and put back.
    @Suite("A catalog that makes no sense", .serialized)
    struct CatalogTests {
        /// Runs `body` with a changed catalog.
        private func changed(_ sql: String, _ body: (SharedCluster) async throws -> Void) async throws {
            let shared = try SharedCluster.get()
            try await shared.cluster.withoutFaultTolerance {
                // In the coordinator alone: no statement finds its way to the segments by such a catalog.
                let kept = try await shared.cluster.query(
                    "SELECT json_agg(row) FROM pg_catalog.gp_segment_configuration AS row"
                ).rows.first?.first.flatMap { $0 }
                let rows = try #require(kept)
                func restore() async throws {
                    try await shared.cluster.queryAlone(
                        """
                        BEGIN; DELETE FROM pg_catalog.gp_segment_configuration;
                        INSERT INTO pg_catalog.gp_segment_configuration SELECT * FROM
                            json_populate_recordset(NULL::pg_catalog.gp_segment_configuration, $rows$\(rows)$rows$);
                        COMMIT
                        """)
                }
                do {
                    try await shared.cluster.queryAlone(sql)
                    try await body(shared)
                } catch {
                    try await restore()
                    throw error
                }
                try await restore()
            }
        }

        private func expectRefused(_ run: FinishedProgram, _ text: String) {
            #expect(run.status == 2)
            #expect(run.error == "")
            #expect(run.complaints == ["[CRITICAL]:-gpstate failed. (Reason='\(text)') exiting..."])
        }

        @Test("because a content has two acting primaries is refused with both dbids")
        func twoPrimaries() async throws {
            try await changed("UPDATE gp_segment_configuration SET role = 'p' WHERE content = 1") { shared in
                let text = "gp_segment_configuration names 2 instances with role p for content 1: dbid 3, dbid 7"
                for mode in ["-s", "-Q", "-x"] { expectRefused(try await shared.state(mode), text) }
            }
        }

        @Test("because a mirror has no primary is refused with its content")
        func noPrimary() async throws {
            try await changed("DELETE FROM gp_segment_configuration WHERE content = 1 AND role = 'p'") { shared in
                expectRefused(
                    try await shared.state("-s"), "gp_segment_configuration names no primary for content 1")
            }
        }

        @Test("because the coordinator is not in it is refused")
        func noCoordinator() async throws {
            try await changed("DELETE FROM gp_segment_configuration WHERE content = -1") { shared in
                expectRefused(
                    try await shared.state("-s"),
                    "gp_segment_configuration names no coordinator (content -1, role p)")
            }
        }

        @Test("because of its port or directory is refused with its dbid")
        func oddRows() async throws {
            for (column, value, text) in [
                ("port", "0", "dbid 2 has an unusable port 0"), ("port", "70000", "dbid 2 has an unusable port 70000"),
                ("datadir", "'data'", "dbid 2 has an unusable data directory 'data'"),
            ] {
                try await changed("UPDATE gp_segment_configuration SET \(column) = \(value) WHERE dbid = 2") { shared in
                    expectRefused(try await shared.state("-s"), text)
                }
            }
        }

        @Test(
            "because its pairs cannot be is refused in the original's words",
            arguments: [("d", "s"), ("d", "n"), ("u", "s")])
        func impossiblePairs(_ status: String, _ mode: String) async throws {
            let part = status == "u" ? "role = 'm'" : "role = 'p'"
            let change = status == "u" ? "status = 'd'" : "status = '\(status)', mode = '\(mode)'"
            try await changed("UPDATE gp_segment_configuration SET \(change) WHERE content = 0 AND \(part)") { shared in
                let run = try await shared.state("-s")
                #expect(run.status == 2)
                let lines = run.output.split(separator: "\n").map(String.init)
                let start = try #require(lines.firstIndex { $0.contains("Invalid GpArray") })
                let coordinator = try await shared.instance(-1, .primary)
                #expect(
                    lines[start].hasSuffix(
                        "gpstate failed. (Reason='Invalid GpArray: Coordinator: cdw:\(coordinator.dataDirectory):content=-1"
                            + ":dbid=1:role=p:preferred_role=p:mode=n:status=u"))
                #expect(lines[start + 1] == "Standby: Not Configured")
                #expect(lines[start + 2].hasPrefix("Segment Pairs: (Primary: sdw1:"))
                #expect(lines.last?.hasSuffix("exiting...") == true)
            }
        }

        @Test(
            "because a host's name is no name is refused, and nothing of it is executed",
            arguments: [
                "-oProxyCommand=touch /tmp/gpha-hit", "$(touch /tmp/gpha-hit)", "`touch /tmp/gpha-hit`", "a b", "a'b",
                "a\"b",
                "a;touch /tmp/gpha-hit", "a|b", "a\nb", "", "a/b", "\u{1b}[31m",
            ], ["hostname", "address"])
        func hostileNames(_ name: String, _ column: String) async throws {
            unlink("/tmp/gpha-hit")
            let value = "E'" + name.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'"
            try await changed("UPDATE gp_segment_configuration SET \(column) = \(value) WHERE dbid = 4") { shared in
                for mode in ["-s", "-i", "-Q"] {
                    let run = try await shared.state(mode)
                    #expect(run.status == 2)
                    #expect(run.complaints.count == 1)
                    #expect(run.output.contains("dbid 4 has an unusable host name or address '"))
                    #expect(!run.output.contains("\u{1b}"))
                }
            }
            #expect(access("/tmp/gpha-hit", F_OK) != 0)
        }

        @Test("because it names a host that does not exist costs that host's rows only")
        func unknownHost() async throws {
            try await changed("UPDATE gp_segment_configuration SET hostname = 'nowhere.invalid' WHERE dbid = 4") {
                shared in
                let run = try await shared.state("-s", "--json", "--host-timeout", "3")
                #expect(run.status == 1)
                let failed = try run.json()["pairs"].elements.flatMap { [$0["primary"], $0["mirror"]] }
                    .filter { $0["fetched"] == .bool(false) }
                #expect(failed.map { $0["dbid"].int } == [4])
            }
        }
    }
}
