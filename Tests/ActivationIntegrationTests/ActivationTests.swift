import BlockingWork
import ClusterModel
import Glibc
import PostgresClient
import RemoteShell
import Synchronization
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnLoopback {
    @Suite struct ActivationTests {
        @Test func `activated once and again, the old one is refused everywhere and comes back as the standby`()
            async throws
        {
            let cluster = try await ActivationCluster.fresh()
            let old = cluster.coordinator.dataDirectory
            let output = try await cluster.activate()
            try await cluster.expectActivated(output)
            for text in [
                "found standby postmaster process", "Promoting standby...", "Standby coordinator is promoted",
                "Reading current configuration...", "scdw is now the new primary coordinator.",
                "COORDINATOR_DATA_DIRECTORY is now \(cluster.standby.dataDirectory) if",
                "COORDINATOR_PORT is now \(cluster.standby.port), if this has changed, you",
                "When convenient, run ANALYZE against all user databases.",
                "the old coordinator was shut down cleanly",
                // Hosts on loop-back addresses cannot be told apart.
                TestEngine.isGreenplum ? "4 of 4 segments turn " : "this fence cannot be set",
                "gpinitstandby -s cdw -P \(cluster.coordinator.port) -S '\(cluster.oldDirectoryThere)'",
            ] { #expect(output.standardOutput.contains(text), words(output)) }

            let again = try await cluster.activate()
            try await cluster.expectActivated(again)
            #expect(again.standardOutput.contains("this instance is the coordinator already"), words(again))

            try await expectRefused(cluster, old)
            try cluster.showOldHostAll()
            let back = try await cluster.tool(["gpinitstandby", "-a", "-s", "cdw", "-S", old])
            #expect(back.status == 0, words(back))
            #expect(try await cluster.rows("content = -1 AND role = 'm'").count == 1)
            let names = PrivateFiles.names(in: old + "/..").sorted()
            #expect(names.count == 3 && names[0] == "gpseg-1", "\(names)")
            #expect(names[1].hasPrefix("gpseg-1.superseded-") && names[2] == names[1] + ".gpha-superseded")
            #expect(PrivateFiles.exists("\(old)/../\(names[1])/PG_VERSION"))
        }

        /// gpdemo, gpftsd and a tool know the mark.
        private func expectRefused(_ cluster: ActivationCluster, _ old: String) async throws {
            #expect(PrivateFiles.exists(SupersededMark.path(old)))
            let service = TestEngine.isGreenplum ? [] : [["gpftsd", "--once"]]
            for command in [["gpstate", "-Q"], ["gpinitstandby", "-n"]] + service {
                let output = try await cluster.demo.exec("cdw", command + ["-d", old])
                #expect(output.status == 2, words(output))
                #expect(
                    output.standardOutput.contains("the coordinator in \(old) ")
                        && output.standardOutput.contains(SupersededMark.path(old)), words(output))
            }
            await #expect(throws: DemoError.self) { try await cluster.demo.start() }
            #expect(cluster.demo.process(of: cluster.coordinator) == nil)
        }

        @Test func `a coordinator that dies while it commits loses no row that it acknowledged in sync`() async throws {
            let cluster = try await ActivationCluster.fresh(running: true)
            try await cluster.demo.query("TRUNCATE public.ledger")
            let (old, new) = (
                cluster.demo.connection(to: cluster.coordinator), cluster.demo.connection(to: cluster.standby)
            )
            let isActivated = Flag()
            let ledger = Ledger(contents: [-1]) { _ in isActivated.isSet ? new : old }
            async let writing: Void = ledger.write()
            try await Task.sleep(for: .milliseconds(700))
            let process = try #require(cluster.demo.process(of: cluster.coordinator))
            kill(process, SIGKILL)
            let output = try await cluster.activate()
            isActivated.set()
            let before = ledger.acknowledgedCount
            _ = await eventually(within: .seconds(10)) { ledger.acknowledgedCount > before + 10 }
            ledger.stop()
            await writing
            #expect(output.status == 0, words(output))
            // Nothing on disk tells that of Greenplum's.
            let word =
                TestEngine.isGreenplum ? "whether the standby was in sync is not known" : "the standby was in sync: "
            #expect(output.standardOutput.contains(word), words(output))
            let verdict = try #require(try await ledger.verify().first)
            #expect(verdict.lost == [])
            #expect(verdict.invented == [])
            #expect(verdict.acknowledged > before + 10)
        }

        @Test func `a standby that does not run needs -f, and tells how far it is`() async throws {
            let cluster = try await ActivationCluster.fresh()
            try await cluster.demo.stop(cluster.standby, mode: "immediate")
            let refused = try await cluster.activate()
            #expect(refused.status == 2, words(refused))
            #expect(refused.standardOutput.contains("Standby running           = no"), words(refused))
            #expect(
                refused.standardOutput.contains("Error activating standby coordinator: Force activation required"),
                words(refused))
            let output = try await cluster.activate(["-a", "-f"])
            try await cluster.expectActivated(output)
            #expect(output.standardOutput.contains("its latest restart point is at "), words(output))
            #expect(output.standardOutput.contains("Force standby activation  = yes"), words(output))
        }

        @Test func `the answer no and a dry run leave everything as it is`() async throws {
            let cluster = try await ActivationCluster.fresh()
            let no = try await cluster.shell(
                "echo n | PGPORT=\"$2\" gpactivatestandby -d \"$1\"",
                [cluster.standby.dataDirectory, "\(cluster.standby.port)"], on: "scdw")
            try await cluster.expectUntouched(no)
            #expect(
                no.standardOutput.contains("Do you want to continue with standby coordinator activation?"), words(no))
            #expect(no.standardOutput.contains("Error activating standby coordinator: User canceled"), words(no))
            let dry = try await cluster.activate(["--dry-run", "--json"])
            #expect(dry.status == 0, words(dry))
            #expect(dry.standardOutput.hasPrefix("{"), words(dry))
            for text in ["\"kind\": \"plan\"", "\"old_coordinator\": \"stopped\"", "\"state\": \"promote\""] {
                #expect(dry.standardOutput.contains(text), words(dry))
            }
            #expect(try await cluster.isStandby())
        }

        @Test func `a content that takes no write makes the exit status 1, and the activation is complete`()
            async throws
        {
            let cluster = try await ActivationCluster.fresh()
            let primary = try #require(cluster.segments.first { $0.content == ContentID(1) && $0.role == .primary })
            let mirror = try #require(cluster.segments.first { $0.content == ContentID(1) && $0.role == .mirror })
            for segment in [primary, mirror] { try await cluster.demo.stop(segment) }
            let result: Result<CommandOutput, any Error>
            do { result = .success(try await cluster.activate(["-a", "--timeout", "4", "--json"])) } catch {
                result = .failure(error)
            }
            // Greenplum's mirror is up once it follows; a primary of the embedded engine shall find its mirror waiting.
            for segment in TestEngine.isGreenplum ? [primary, mirror] : [mirror, primary] {
                try await cluster.demo.start(segment)
            }
            let output = try result.get()
            #expect(output.status == 1, words(output))
            #expect(output.standardError.contains("content 1 takes no writes: "), words(output))
            #expect(!output.standardError.contains("content 0 takes no writes: "), words(output))
            let again = try await cluster.activate()
            try await cluster.expectActivated(again)
            #expect(again.standardOutput.contains("this instance is the coordinator already"), words(again))
        }

        @Test func `PGHOST, which names the old coordinator or nobody, is ignored`() async throws {
            let cluster = try await ActivationCluster.fresh()
            let output = try await cluster.activate(environment: ["PGHOST": "192.0.2.1"])
            try await cluster.expectActivated(output)
        }

        @Test func `a failover that the standby's catalog missed is corrected`() async throws {
            let cluster = try await ActivationCluster.fresh()
            let primary = try #require(cluster.segments.first { $0.content == ContentID(0) && $0.role == .primary })
            let mirror = try #require(cluster.segments.first { $0.content == ContentID(0) && $0.role == .mirror })
            if TestEngine.isGreenplum { return try await missed(cluster, primary, mirror) }
            let save = "cp -a \"$1\" \"$3\"/p && cp -a \"$2\" \"$3\"/m"
            let saved = ["\(primary.dataDirectory)", "\(mirror.dataDirectory)", "\(cluster.demo.directory)/home"]
            try await cluster.demo.stop(primary)
            try await cluster.demo.stop(mirror)
            try await cluster.shell(save, saved)
            try await cluster.demo.start(mirror)
            try await cluster.shell(
                "pg_ctl -D \"$1\" -s promote", [mirror.dataDirectory], on: mirror.hostname)
            let output = try await cluster.activate()
            #expect(
                output.standardOutput.contains("the catalog was behind: \(mirror.label) of content 0"), words(output))
            try await cluster.expectActivated(output)
            let rows = try await cluster.rows("content = 0 AND role = 'p'")
            #expect(rows == ["\(mirror.dbid) 0 p m n u \(mirror.port)"])
            for segment in [mirror] { try await cluster.demo.stop(segment, mode: "immediate") }
            try await cluster.shell(
                "rm -rf \"$1\" \"$2\"; mv \"$3\"/p \"$1\" && mv \"$3\"/m \"$2\"", saved)
            for segment in [primary, mirror] { try await cluster.demo.start(segment) }
        }

        /// There the server's own service corrects the roles, before the run is over.
        private func missed(_ cluster: ActivationCluster, _ primary: Segment, _ mirror: Segment) async throws {
            try await cluster.demo.stop(primary, mode: "immediate")
            try await cluster.shell("pg_ctl -D \"$1\" -s promote", [mirror.dataDirectory], on: mirror.hostname)
            let output = try await cluster.activate()
            try await cluster.expectActivated(output)
            let rows = try await cluster.rows("content = 0 AND role = 'p'")
            #expect(rows == ["\(mirror.dbid) 0 p m n u \(mirror.port)"])
        }
    }
}

/// Something that becomes true once.
final class Flag: Sendable {
    private let isUp = Mutex(false)
    var isSet: Bool { isUp.withLock { $0 } }
    func set() { isUp.withLock { $0 = true } }
}
