import BlockingWork
import ClusterModel
import ClusterOperations
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension OnClusters.SmallCluster {
    /// Where the tool does otherwise than the original on purpose.
    @Suite struct DeviationTests {
        @Test func `-o needs neither the lock nor a host`() async throws {
            let cluster = try await TestCluster.fresh()
            let (file, nowhere) = ("\(cluster.demo.directory)/home/layout", "\(cluster.demo.directory)/home/nowhere")
            try await cluster.shell(
                """
                umask 077; printf 'Host *\\n  HostName 127.0.0.1\\n  Port 1\\n' > "$1"; rm -f "$4"
                mkdir "$2/gpaddmirrors.lock" && printf '%s' "$3" > "$2/gpaddmirrors.lock/PID"
                """, [nowhere, cluster.coordinatorDirectory, "\(getpid())", file])
            let planned = try await cluster.addMirrors(["--dry-run", "--ssh-config", nowhere])
            #expect(planned.status == 2, words(planned))
            let output = try await cluster.addMirrors(["-o", file, "--ssh-config", nowhere])
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("Configuration file output to \(file) successfully."), words(output))
            #expect(try Files.read(file).split(separator: "\n").count == 2)
        }

        @Test func `the servers tell their checksums, and one line says that they agree`() async throws {
            let cluster = try await TestCluster.fresh()
            let output = try await cluster.addMirrors(["--dry-run", "-v"])
            #expect(output.status == 0, words(output))
            let lines = output.standardOutput.split(separator: "\n")
            #expect(lines.count { $0.hasSuffix("Heap checksum setting consistent across cluster") } == 1)
            #expect(lines.count { $0.lowercased().contains("checksum") } == 1, words(output))
            #expect(!output.standardOutput.contains("pg_controldata"), words(output))
        }

        @Test func `a catalog that refuses a row costs that mirror alone, is told and counts as a failure`()
            async throws
        {
            try TestEngine.skipOnGreenplum(
                "Greenplum enters the rows of all mirrors together, and has no triggers on its catalog")
            let cluster = try await TestCluster.fresh()
            try await cluster.demo.query(
                """
                CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF NEW.content = 1 THEN RAISE EXCEPTION 'no row for %', NEW.content; END IF; RETURN NEW; END $$
                """)
            try await cluster.demo.query(
                """
                SET allow_system_table_mods = on; CREATE TRIGGER refuse BEFORE INSERT
                ON pg_catalog.gp_segment_configuration FOR EACH ROW EXECUTE FUNCTION public.refuse()
                """)
            let output = await Result { try await cluster.addMirrors() }
            try await cluster.demo.query(
                "SET allow_system_table_mods = on; DROP FUNCTION public.refuse() CASCADE")
            let found = try output.get()
            #expect(found.status == 1, words(found))
            for part in ["catalog-failed", "Failed to add the following segments", "; error: ", "no row for 1"] {
                #expect(found.standardOutput.contains(part), words(found))
            }
            #expect(try await cluster.mirrors().map(\.content) == [ContentID(0)])
            try await cluster.expectNextRunFinishes()
        }

        @Test func `a mirror's row goes in alone, and of the others its primary's mode is written`() async throws {
            try TestEngine.skipOnGreenplum("Greenplum enters the rows of all mirrors together")
            let cluster = try await TestCluster.fresh()
            let before = try await cluster.versionsOfRows()
            try await cluster.add([cluster.mirror(of: 0, dbid: 100)])
            let after = try await cluster.versionsOfRows()
            #expect(Set(after.keys).subtracting(before.keys) == ["100"])
            let own = "\(cluster.primaries[0].dbid)"
            for (dbid, version) in before where dbid != own { #expect(after[dbid] == version, "dbid \(dbid)") }
            #expect(after[own] != nil && after[own] != before[own])
        }

        @Test func `a dbid that somebody took since the plan is refused, with every row of the run`() async throws {
            let cluster = try await TestCluster.fresh()
            let before = try await cluster.versionsOfRows()
            let taken = cluster.primaries[0].dbid.rawValue
            await #expect(throws: PostgresError.self) {
                try await cluster.add([cluster.mirror(of: 0, dbid: 100), cluster.mirror(of: 1, dbid: taken)])
            }
            #expect(try await cluster.versionsOfRows() == before)
        }

        @Test func `pg_hba.conf is read again, and a replication that runs goes on`() async throws {
            let cluster = try await TestCluster.fresh()
            let primary = cluster.primaries[0]
            let file = TestCluster.accessFile(primary)
            try Files.overwrite(file, try Files.read(file) + "local replication all trust\n")
            try await cluster.demo.query("SELECT pg_catalog.pg_reload_conf()", on: primary)
            let receiver = try await cluster.receiver(of: primary)
            let sender = "SELECT string_agg(pid::text, ',') FROM pg_stat_replication"
            let loaded = "SELECT pg_conf_load_time()::text"
            let before = (try await cluster.value(sender, on: primary), try await cluster.value(loaded, on: primary))
            let output = await Result {
                try await cluster.addMirrors(environment: ["GPHA_FAIL_AT": "authenticationWritten"])
            }
            let after = (try await cluster.value(sender, on: primary), try await cluster.value(loaded, on: primary))
            kill(receiver, SIGKILL)
            let found = try output.get()
            #expect(try Files.read(file).contains("# added by gpaddmirrors"), words(found))
            #expect(before.1 != after.1)
            #expect(!before.0.isEmpty && before.0 == after.0)
        }
    }
}

extension TestCluster {
    /// A row for a mirror that does not exist.
    fileprivate func mirror(of content: Int, dbid: Int) -> Segment {
        let (primary, other) = (primaries[content], primaries[1 - content])
        return Segment(
            dbid: DatabaseID(dbid), content: primary.content, role: .mirror, preferredRole: .mirror, mode: .notInSync,
            status: .down, hostname: other.hostname, address: other.address, port: primary.port + 900,
            dataDirectory: "\(demo.directory)/nowhere/gpseg\(content)")
    }

    fileprivate func add(_ mirrors: [Segment]) async throws {
        let parameters = demo.connection(
            to: demo.state.layout.coordinator, settings: ["allow_system_table_mods=true", "search_path="])
        try await BlockingThreads(width: 1).run {
            let connection = try PostgresConnection.connect(parameters)
            try Catalog.addMirrors(mirrors, history: "a test", on: connection)
        }
    }

    /// Each row's version in the table, by dbid: another one when it was written.
    fileprivate func versionsOfRows() async throws -> [String: String] {
        let rows = try await demo.query(
            "SELECT dbid::text, xmin::text || ctid::text FROM pg_catalog.gp_segment_configuration"
        ).rows
        return Dictionary(uniqueKeysWithValues: rows.map { ($0[0] ?? "", $0[1] ?? "") })
    }

    /// Starts a receiver of a primary's WAL and waits until it streams.
    fileprivate func receiver(of primary: Segment) async throws -> pid_t {
        let socket = demo.connection(to: primary).host
        let started = try await shell(
            """
            rm -rf "$HOME/received"; mkdir "$HOME/received"
            pg_receivewal -D "$HOME/received" -h "$1" -p "$2" </dev/null >/dev/null 2>&1 &
            echo $!
            """, [socket, "\(primary.port)"], on: primary.hostname)
        guard let process = pid_t(started.standardOutput.filter(\.isNumber)) else {
            throw TestFailure("pg_receivewal: \(started.standardError)")
        }
        for _ in 0..<100 {
            let count = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
            if try await value(count, on: primary) == "1" { return process }
            try await Task.sleep(for: .milliseconds(50))
        }
        kill(process, SIGKILL)
        throw TestFailure("pg_receivewal does not stream")
    }
}
