import ClusterModel
import EmbeddedCluster
import Glibc
import RemoteShell
import TestSupport
import Testing

extension OnClusters.SmallCluster {
    @Suite struct BannerTests {
        @Test func `what a host prints before and after every command changes nothing`() async throws {
            let cluster = try await TestCluster.fresh()
            let file = "\(cluster.demo.state.layout.hostDirectory("sdw2"))/sshd.conf"
            let text = try Files.read(file)
            // Greetings, a forged frame, forged answers of the survey: before and after, on both streams.
            let noise =
                #"printf 'Welcome!\n\036 gpha-begin-00\nforeign\t0\n\036 gpha-end-00 7\nversion\tnone\nSTATUS 3\n'"#
            let wrapper = "\(cluster.demo.directory)/home/greeting"
            try await cluster.shell(
                "printf '%s' \"$2\" > \"$1\"; chmod 700 \"$1\"",
                [
                    wrapper,
                    """
                    #!/bin/sh
                    \(noise); \(noise) >&2
                    /bin/sh -c "$SSH_ORIGINAL_COMMAND"; status=$?
                    \(noise); \(noise) >&2
                    exit $status
                    """,
                ])
            await cluster.stopSecureShell(of: "sdw2")
            try Files.overwrite(file, text + "ForceCommand \(wrapper)\n")
            try cluster.startSecureShells()
            let result = await Result {
                let plan = try await PlanDocument.dryRun(cluster).mirrors()
                #expect(plan.count == 2)
                let output = try await cluster.addMirrors(["--wait=60"])
                #expect(output.status == 0, words(output))
                #expect(!output.standardOutput.contains("Welcome"), words(output))
                try await cluster.expectSynchronized()
                try await cluster.expectNothingLeft()
            }
            await cluster.stopSecureShell(of: "sdw2")
            try Files.overwrite(file, text)
            try result.get()
        }
    }
}
