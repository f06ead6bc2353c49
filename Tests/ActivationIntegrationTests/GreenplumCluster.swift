import ClusterModel
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport

@testable import EmbeddedCluster

/// What is different where the cluster of a suite is Greenplum's: every instance is put back to the same moment, since
/// the segments know the coordinator's transactions.
extension ActivationCluster {
    private var all: [Segment] { [coordinator, standby] + segments }
    private var primaries: [Segment] { segments.filter { $0.role == .primary } }

    /// Stops everything and keeps a copy of every data directory.
    func saveGreenplum() async throws {
        try await demo.stop()
        let output = try await shell(
            """
            set -e; saved=$1; shift; mkdir "$saved"; number=0
            for place; do number=$((number + 1)); cp -a --sparse=always "$place" "$saved/$number"; done
            """, [saved] + all.map(\.dataDirectory))
        guard output.succeeded else { throw TestFailure("saving: \(output.lastErrorLine)") }
    }

    /// Ends everything, puts all directories back and starts what is to run.
    ///
    /// - Parameter running: whether the coordinator runs too, in sync with its standby.
    func restoreGreenplum(_ running: Bool) async throws {
        let output = try await shell(
            """
            saved=$1; shift
            for place; do
              (head -n 1 "$place/postmaster.pid" | xargs -r kill -CONT; pg_ctl -D "$place" -m immediate -s stop) 2>/dev/null &
            done
            wait; number=0; failed=0
            for place; do
              number=$((number + 1)); rm -rf "$place".*
              rsync -a --sparse --delete "$saved/$number/" "$place/" || failed=1
            done
            exit $failed
            """, [saved] + all.map(\.dataDirectory))
        guard output.succeeded else { throw TestFailure("putting back: \(output.lastErrorLine)") }
        try await showOldHostItsOwn()
        try await start(segments)
        if running { try await demo.start(coordinator) }
        try await demo.start(standby)
        for primary in primaries { try await awaitSender(of: primary) }
        if running { try await awaitSender(of: coordinator) }
    }

    private func start(_ instances: [Segment]) async throws {
        try await withThrowingTaskGroup { group in
            for instance in instances { group.addTask { try await demo.start(instance) } }
            try await group.waitForAll()
        }
    }

    /// Waits until commits of an instance wait for its mirror, or its standby.
    private func awaitSender(of instance: Segment) async throws {
        let question = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'"
        let end = ContinuousClock.now + .seconds(60)
        while (try? await value(question, on: instance)) != "1" {
            guard ContinuousClock.now < end else {
                throw TestFailure("\(instance.label) is without its mirror or standby after 60 s")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Whether the standby is one still.
    func isStandby() async throws -> Bool {
        guard TestEngine.isGreenplum else {
            return try await value("SELECT pg_is_in_recovery()", on: standby) == "t"
        }
        // It takes no sessions.
        let signal = "\(standby.dataDirectory)/standby.signal"
        return PrivateFiles.exists(signal) && demo.process(of: standby) != nil
    }

    // MARK: - The old coordinator's host

    /// The old coordinator's directory as a session on its host knows it.
    var oldDirectoryThere: String { TestEngine.isGreenplum ? standby.dataDirectory : coordinator.dataDirectory }

    /// Starts the sshd of the coordinator's host anew, as all hosts have it.
    func showOldHostAll() throws {
        guard TestEngine.isGreenplum else { return }
        demo.secureShells.stop(demo.hosts[0])
        try demo.secureShells.start(demo.hosts[0])
    }

    /// Starts the sshd of the coordinator's host anew, for sessions that see what is its own alone: where the standby's
    /// directory is on the standby's host, the coordinator's is, and no process of another host.
    ///
    /// The standby does not show its catalog, so the old coordinator is looked for in the same place on its host; these
    /// hosts share their files and processes.
    private func showOldHostItsOwn() async throws {
        let host = demo.hosts[0]
        demo.secureShells.stop(host)
        let places = [coordinator, standby].map { $0.dataDirectory.split(separator: "/").dropLast() }
            .map { "/" + $0.joined(separator: "/") }
        let own = demo.state.layout.hostDirectory(host.name)
        let (settings, number) = ("\(own)/sshd.conf", "\(own)/sshd.pid")
        let script = """
            mount --bind "$1" "$2" && mount -t proc proc /proc && hostname "$3" && shift 3 && exec "$@"
            """
        var program = demo.launcher.program(on: host.name, [], purpose: "starting sshd of \(host.name)")
        program.arguments =
            [
                "/sbin/ip", "netns", "exec", HostNetwork(state: demo.state).namespace(of: host.name),
                "/usr/bin/unshare", "--uts", "--mount", "--pid", "--fork", "--", "/bin/sh", "-c", script, "sh",
            ] + places + [host.name] + demo.launcher.accountPrefix
            + ["/usr/sbin/sshd", "-D", "-f", settings, "-E", "\(own)/sshd.log"]
        let child = try program.launch(log: "\(own)/sshd.log")
        // It writes its number once it listens, and there it is process 1.
        let listens = await eventually(within: .seconds(10)) { PrivateFiles.exists(number) }
        let children = try PrivateFiles.read("/proc/\(child)/task/\(child)/children")
        guard listens, let outer = pid_t(children.filter(\.isNumber)) else {
            throw TestFailure("sshd of \(host.name) does not start")
        }
        try demo.files.write("\(outer)\n", to: number)
        guard demo.secureShells.process(of: host) == outer else { throw TestFailure("sshd is not process \(outer)") }
    }
}
