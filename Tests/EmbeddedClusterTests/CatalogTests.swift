import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import Testing

@Suite("The embedded catalog", .serialized)
struct CatalogTests {
    @Test("Its functions keep Greenplum's rules, numbers and error texts")
    func functions() async throws {
        try await ClusterFixture.with { cluster in
            // The coordinator has dbid 1, content 0's primary dbid 2.
            #expect(try await cluster.value("SELECT gp_add_segment_primary('h', 'a', 7000, '/p1')") == "3")
            #expect(try await cluster.value("SELECT content FROM gp_segment_configuration WHERE dbid = 3") == "1")
            let add = "SELECT gp_add_segment(9::int2, 1::int2, 'm', 'm', 's', 'd', 7001, 'h', 'a', '/m1')"
            #expect(try await cluster.value(add) == "9")
            #expect(await cluster.refusal(of: add) == "segment already has a mirror defined")
            let state = try await cluster.query(
                "SELECT mode, status, role, preferred_role FROM gp_segment_configuration WHERE dbid = 9")
            #expect(state.rows == [["n", "d", "m", "m"]])
            #expect(try await cluster.value("SELECT gp_add_segment_mirror(0::int2, 'h', 'a', 7002, '/m0')") == "4")
            #expect(try await cluster.value("SELECT gp_add_coordinator_standby('s', 'a', '/s')") == "10")
            let standby = try await cluster.query(
                "SELECT port, role, mode, status FROM gp_segment_configuration WHERE dbid = 10")
            #expect(standby.rows == [["\(cluster.state.layout.portBase)", "m", "s", "u"]])
            #expect(
                await cluster.refusal(of: "SELECT gp_add_master_standby('s', 'a', '/s', 1)")
                    == "only a single coordinator standby may be defined")
            #expect(try await cluster.value("SELECT gp_remove_master_standby()") == "t")
            #expect(
                await cluster.refusal(of: "SELECT gp_remove_coordinator_standby()")
                    == "no coordinator standby defined")
            #expect(try await cluster.value("SELECT gp_remove_segment_mirror(1::int2)") == "t")
            #expect(
                await cluster.refusal(of: "SELECT gp_remove_segment_mirror(1::int2)")
                    == "segment does not have a mirror")
            #expect(
                await cluster.refusal(of: "SELECT gp_remove_segment_mirror(77::int2)") == "no dbid for contentid 77")
            #expect(try await cluster.value("SELECT gp_remove_segment(3::int2)") == "t")
            // 3 is the lowest free number again.
            #expect(try await cluster.value("SELECT gp_add_segment_primary('h', 'a', 7000, '/p1')") == "3")
            #expect(
                await cluster.refusal(
                    of: "SELECT gp_add_segment(30::int2, 5::int2, 'm', 'm', 'n', 'd', 1, 'h', 'a', '/x')")
                    == "contentid 5 does not point to an existing segment")
        }
    }

    @Test("A mirror of a switched pair is stored as the one made as primary, and says so")
    func preferredRoleOverride() async throws {
        try await ClusterFixture.with { cluster in
            try await cluster.query("UPDATE gp_segment_configuration SET preferred_role = 'm' WHERE dbid = 2")
            let output = try await cluster.exec(
                "cdw",
                [
                    "psql", "-X", "-A", "-t", "-c",
                    "SELECT gp_add_segment(5::int2, 0::int2, 'm', 'm', 's', 'd', 7000, 'h', 'a', '/m')",
                ])
            #expect(output.standardOutput == "5\n")
            #expect(
                output.standardError.contains(
                    "NOTICE:  mode is changed to GP_SEGMENT_CONFIGURATION_MODE_NOTINSYNC under walrep."))
            #expect(
                output.standardError.contains(
                    "NOTICE:  override preferred_role of this mirror as primary to support rebalance operation."))
            #expect(
                try await cluster.value("SELECT preferred_role FROM gp_segment_configuration WHERE dbid = 5") == "p")
        }
    }

    @Test("Null arguments are named, doubles are refused, others may read and not write")
    func refusals() async throws {
        try await ClusterFixture.with { cluster in
            let arguments = ["5::int2", "0::int2", "'m'", "'m'", "'n'", "'d'", "7000", "'h'", "'a'", "'/m'"]
            let names = [
                "dbid", "content", "role", "preferred_role", "mode", "status", "port", "hostname", "address", "datadir",
            ]
            for (place, name) in names.enumerated() {
                var given = arguments
                given[place] = "NULL"
                #expect(
                    await cluster.refusal(of: "SELECT gp_add_segment(\(given.joined(separator: ", ")))")
                        == "\(name) cannot be NULL")
            }
            #expect(await cluster.refusal(of: "SELECT gp_remove_segment(NULL)") == "dbid cannot be NULL")
            #expect(await cluster.refusal(of: "SELECT gp_remove_segment_mirror(NULL)") == "content cannot be NULL")
            #expect(
                await cluster.refusal(of: "SELECT gp_add_coordinator_standby('h', 'a', NULL)")
                    == "datadir cannot be NULL")
            let double = await cluster.refusal(
                of: "SELECT gp_add_segment(2::int2, 3::int2, 'p', 'p', 'n', 'u', 1, 'h', 'a', '/x')")
            #expect(double?.contains("gp_segment_config_dbid_index") == true)
            try await cluster.query("CREATE ROLE guest")
            for call in [
                "gp_add_segment_primary('h', 'a', 1, '/x')", "gp_remove_segment(2::int2)",
                "gp_remove_segment_mirror(0::int2)", "gp_add_coordinator_standby('h', 'a', '/s')",
                "gp_remove_coordinator_standby()", "gp_add_segment_mirror(0::int2, 'h', 'a', 1, '/x')",
            ] {
                let refusal = await cluster.refusal(of: "SET ROLE guest; SELECT \(call)")
                #expect(refusal?.hasPrefix("permission denied for function") == true, "\(call): \(refusal ?? "-")")
            }
            #expect(
                await cluster.refusal(of: "SET ROLE guest; SELECT count(*) FROM gp_segment_configuration") == nil)
            #expect(
                await cluster.refusal(of: "SET ROLE guest; DELETE FROM gp_segment_configuration")?
                    .hasPrefix("permission denied") == true)
        }
    }

    @Test("Everything is found with an empty search path")
    func emptySearchPath() async throws {
        try await ClusterFixture.with { cluster in
            let session = cluster.connection(
                to: cluster.state.layout.coordinator, settings: ["search_path=", "allow_system_table_mods=true"])
            let rows = try await cluster.query(
                "SELECT count(*) FROM pg_catalog.gp_stat_replication", on: nil)
            #expect(rows.rows == [["0"]])
            let dbid = try await Task.detached {
                let connection = try PostgresConnection.connect(session)
                try connection.query("SELECT * FROM gp_stat_replication")
                return try connection.query("SELECT gp_add_segment_mirror(0::int2, 'h', 'a', 1, '/m')").value()
            }.value
            #expect(dbid == "3")
        }
    }
}
