import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension OnOneCluster {
    @Suite struct PlaceTests {
        @Test func `the segments of a lost host go to a new one, and the host is not asked`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(0)
            let host = try await cluster.mirror(1)
            try await cluster.lose(mirror)
            try await cluster.stopSecureShell(of: mirror.hostname)
            let output = try await cluster.recover(["-p", host.hostname, "--wait", "--host-timeout", "3"])
            try cluster.startSecureShells()
            #expect(output.status == 0, words(output))
            let row = try await cluster.mirror(0)
            #expect(row.hostname == host.hostname && row.address == host.address)
            #expect(row.dbid == mirror.dbid && row.dataDirectory == mirror.dataDirectory)
            let taken = try await cluster.demo.instances().filter {
                $0.hostname == host.hostname && $0.port == row.port
            }
            #expect(taken.map(\.dbid) == [row.dbid])
            try await cluster.move(row, to: mirror)
            try await cluster.expectHealthy()
        }

        @Test func `a segment moves to a host that the cluster has nothing on, and back`() async throws {
            let cluster = try await RecoveryCluster.healthy()
            let mirror = try await cluster.mirror(1)
            let host = try #require(cluster.demo.hosts.first { $0.name == "scdw" })
            #expect(try await !cluster.demo.instances().contains { $0.hostname == host.name })
            var moved = mirror
            (moved.hostname, moved.address) = (host.name, host.address)
            moved.dataDirectory += "-away"
            let file = "\(cluster.demo.directory)/home/away"
            try await cluster.shell(
                "printf '%s|%s %s|%s\\n' \"$1\" \"$2\" \"$3\" \"$4\" > \"$5\"",
                [mirror.hostname, mirror.fileForm, moved.hostname, moved.fileForm, file])
            let output = try await cluster.recover(["-i", file, "--wait"])
            #expect(output.status == 0, words(output))
            #expect(output.standardOutput.contains("Please run `gppkg sync`") == TestEngine.isGreenplum, words(output))
            let row = try await cluster.mirror(1)
            #expect(row.hostname == host.name && row.address == host.address && row.status == .up)
            try await cluster.shell(
                "printf '%s|%s %s|%s\\n' \"$3\" \"$4\" \"$1\" \"$2\" > \"$5\"",
                [mirror.hostname, mirror.fileForm, moved.hostname, moved.fileForm, file])
            let back = try await cluster.recover(["-i", file, "--wait"])
            #expect(back.status == 0, words(back))
            try await cluster.shell("rm -rf \"$1\"", [moved.dataDirectory])
            try await cluster.expectHealthy()
        }

        @Test func `a tablespace comes back with the segment, copied or by content, wherever the engine has it`()
            async throws
        {
            let cluster = try await RecoveryCluster.healthy()
            let primary = try await cluster.primary(1)
            try await cluster.demo.makeTablespace("narrow", on: primary)
            try await cluster.demo.query(
                "CREATE TABLE public.spaced TABLESPACE narrow AS SELECT i AS id FROM generate_series(1, 1000) AS i",
                on: primary)
            for (method, rows) in [("-F", 900), ("--differential", 800)] {
                let mirror = try await cluster.mirror(1)
                try await cluster.lose(mirror)
                try await cluster.demo.query("DELETE FROM public.spaced WHERE id > \(rows)", on: primary)
                let output = try await cluster.recover([method, "--wait"])
                #expect(output.status == 0, words(output))
                try await cluster.expectHealthy()
                if TestEngine.isGreenplum {
                    #expect(try await cluster.demo.isFileEqual(of: "public.spaced", primary, mirror), "\(method)")
                } else {
                    let found = try await cluster.value(
                        "SELECT count(*) || ' ' || max(id) FROM public.spaced", on: mirror)
                    #expect(found == "\(rows) \(rows)", "\(method)")
                }
                let files = try await cluster.shell(
                    "find \"$1\"/pg_tblspc/*/*_*/*/ -type f | wc -l", [mirror.dataDirectory])
                #expect(Int(files.standardOutput.filter(\.isNumber)) ?? 0 > 0, "\(method)")
            }
            try await cluster.demo.query("DROP TABLE public.spaced", on: primary)
            try await cluster.demo.dropTablespace("narrow", on: primary)
        }
    }
}
