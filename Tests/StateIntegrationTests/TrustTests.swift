import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import Reporting
import TestSupport
import Testing

extension RealClusters.ClusterTests {
    /// How the tools reach hosts over SSH, with configurations of a user's own.
    @Suite("The way to a host", .serialized)
    struct TrustTests {
        /// A copy of the cluster's client configuration with its own file of known hosts.
        private func configuration(
            _ shared: SharedCluster, known: (String) -> String = { $0 }, extra: String = ""
        ) async throws -> (file: String, known: String) {
            let scratch = try await shared.scratch()
            let original = "\(shared.cluster.directory)/ssh"
            let names = scratch + "/known_hosts", file = scratch + "/config"
            let text = TextFile.read(original + "/config")
                .replacing("\(original)/known_hosts", with: names)
            try await write(shared, known(TextFile.read(original + "/known_hosts")), names)
            try await write(shared, extra + text, file)
            return (file, names)
        }

        private func write(_ shared: SharedCluster, _ text: String, _ path: String) async throws {
            let run = try await shared.tool(["/bin/sh", "-c", "umask 077; cat > \"$1\"", "sh", path], input: text)
            #expect(run.status == 0)
        }

        /// Why each host could not be asked, by host.
        private func reasons(_ run: FinishedProgram) throws -> [String: String] {
            var found: [String: String] = [:]
            for pair in try run.json()["pairs"].elements {
                for instance in [pair["primary"], pair["mirror"]] {
                    guard let reason = instance["fetch_error_reason"].string else { continue }
                    found[instance["hostname"].string ?? ""] = reason
                }
            }
            return found
        }

        @Test("is refused for an unknown key, with its fingerprint and the command that adds it; the command works")
        func unknownKey() async throws {
            let shared = try SharedCluster.get()
            let (file, known) = try await configuration(shared, known: { _ in "" })
            let found = try reasons(try await shared.state("-s", "--json", "--ssh-config", file))
            #expect(found.keys.sorted() == ["sdw1", "sdw2"])
            for (host, reason) in found {
                let key = "\(shared.cluster.directory)/hosts/\(host)/ssh_host_ed25519_key.pub"
                let shown = try await shared.shell("ssh-keygen -l -f \"$1\"", key)
                let fingerprint = try #require(shown.split(separator: " ").first { $0.hasPrefix("SHA256:") })
                #expect(reason.contains(fingerprint), "\(reason)")
                let start = try #require(reason.firstRange(of: "ssh-keyscan -p ")?.lowerBound, "\(reason)")
                var command = String(reason[start...])
                if command.hasSuffix(")") { command.removeLast() }
                #expect(command.hasSuffix(">> '\(known)'") || command.hasSuffix(">> \(known)"), "\(command)")
                try await shared.shell(command)
            }
            #expect(try await shared.state("-s", "--ssh-config", file).status == 0)
        }

        @Test(
            "is refused for a changed key, whatever StrictHostKeyChecking says", arguments: ["yes", "no", "accept-new"])
        func changedKey(_ checking: String) async throws {
            let shared = try SharedCluster.get()
            let (file, known) = try await configuration(
                shared,
                known: { text in
                    // Each host under the other's key.
                    let lines = text.split(separator: "\n").map {
                        $0.split(separator: " ", maxSplits: 1).map(String.init)
                    }
                    return zip(lines, lines.dropFirst() + lines.prefix(1)).map { "\($0[0]) \($1[1])\n" }.joined()
                }, extra: "Host *\n  StrictHostKeyChecking \(checking)\n")
            let before = TextFile.read(known)
            let run = try await shared.state("-s", "--json", "--ssh-config", file)
            #expect(run.status == 1)
            let found = try reasons(run)
            #expect(found.keys.sorted() == ["sdw1", "sdw2"])
            #expect(
                found.values.allSatisfy { $0.contains("the host key has changed") && $0.contains("ssh-keygen -R ") })
            #expect(TextFile.read(known) == before)
        }

        @Test("is refused when others can write the configuration", arguments: ["g+w", "o+w"])
        func writableConfiguration(_ mode: String) async throws {
            let shared = try SharedCluster.get()
            let (file, _) = try await configuration(shared)
            #expect(try await shared.state("-s", "--ssh-config", file).status == 0)
            try await shared.shell("chmod \"$2\" \"$1\"", file, mode)
            let found = try reasons(try await shared.state("-s", "--json", "--ssh-config", file))
            #expect(found.count == 2)
            #expect(found.values.allSatisfy { $0.contains("others can write the SSH configuration \(file)") })
        }

        @Test("is refused to a key that the host does not know, and open again with the right one")
        func identity() async throws {
            let shared = try SharedCluster.get()
            let scratch = try await shared.scratch()
            try await shared.shell("ssh-keygen -q -t ed25519 -N '' -f \"$1/key\"", scratch)
            let bare = TextFile.read("\(shared.cluster.directory)/ssh/config").split(separator: "\n")
                .filter { !$0.contains("IdentityFile") && !$0.contains("    User ") && !$0.contains("    Port ") }
                .joined(separator: "\n")
            let file = scratch + "/config"
            try await write(shared, bare + "\n", file)
            let port = "\(shared.cluster.state.layout.sshPort)"
            let options = ["--ssh-config", file, "--ssh-port", port, "--ssh-user", shared.cluster.accountName]
            let wrong = try await shared.tool(
                ["gpstate", "-s", "--json"] + options + ["--ssh-identity", scratch + "/key"])
            let found = try reasons(wrong)
            #expect(wrong.status == 1 && found.count == 2)
            #expect(
                found.values.allSatisfy {
                    $0.contains("the host refused user \(shared.cluster.accountName): no key was accepted")
                }, "\(found)")
            let right = ["--ssh-identity", "\(shared.cluster.directory)/ssh/id_ed25519"]
            #expect(try await shared.tool(["gpstate", "-s"] + options + right).status == 0)
            let stranger = try await shared.tool(
                ["gpstate", "-s", "--json", "--ssh-config", file, "--ssh-port", port, "--ssh-user", "nobody"] + right)
            #expect(try reasons(stranger).values.allSatisfy { $0.contains("the host refused user nobody") })
        }

        @Test("is described by GP_SSH_CONFIG, unless --ssh-config names another file")
        func variable() async throws {
            let shared = try SharedCluster.get()
            let (file, _) = try await configuration(shared)
            let missing = ["GP_SSH_CONFIG": "/no/such/file"]
            let found = try reasons(try await shared.state("-s", "--json", changes: missing))
            #expect(found.values.allSatisfy { $0.contains("cannot read the SSH configuration /no/such/file") })
            #expect(found.count == 2)
            #expect(try await shared.state("-s", "--ssh-config", file, changes: missing).status == 0)
            #expect(try await shared.state("-s", changes: ["GP_SSH_CONFIG": file]).status == 0)
        }

        @Test("may begin with a banner and 10 MB on standard error, or with dropped connections")
        func noisyServer() async throws {
            let shared = try SharedCluster.get()
            let host = try #require(shared.cluster.hosts.first { $0.name == "sdw1" })
            let own = "\(shared.cluster.directory)/hosts/sdw1"
            let settings = TextFile.read("\(own)/sshd.conf")
            let noise = "yes noise | head -c 10000000 >&2; echo noise; eval \"$SSH_ORIGINAL_COMMAND\""
            for change in [
                "Banner \(own)/sshd.conf\nForceCommand \(noise)\n", "MaxStartups 1:100:1\n",
            ] {
                kill(try shared.secureShell(of: "sdw1"), SIGTERM)
                try await Task.sleep(for: .milliseconds(200))
                try TextFile.write(change + settings, to: "\(own)/sshd.conf")
                try await shared.cluster.startHost(host.name)
                // Connections that are only being made hold the one place that MaxStartups leaves.
                async let busy = shared.tool([
                    "/usr/bin/timeout", "1.5", "/bin/bash", "-c",
                    "exec 3<>/dev/tcp/\(host.address)/\(shared.cluster.state.layout.sshPort); sleep 2",
                ])
                try await Task.sleep(for: .milliseconds(200))
                let run = try await shared.state("-s")
                #expect(run.status == 0, "\(change): \(run.complaints)")
                _ = try await busy
                kill(try shared.secureShell(of: "sdw1"), SIGTERM)
                try await Task.sleep(for: .milliseconds(200))
                try TextFile.write(settings, to: "\(own)/sshd.conf")
                try await shared.cluster.startHost(host.name)
            }
        }
    }
}
