import ClusterModel
import EmbeddedCluster
import RemoteShell
import TestSupport
import Testing

extension OnClusters.SmallCluster {
    /// What the tool is told wrongly: one clear line, status 2, nothing changed.
    @Suite struct BadInputTests {
        @Test func `a bad input file ends with 2, with file and line, and nothing is changed`() async throws {
            let cluster = try await TestCluster.fresh()
            let file = "\(cluster.demo.directory)/home/input"
            let address = cluster.demo.state.layout.segmentHosts[1].address
            let (base, port) = ("\(cluster.demo.directory)/own", cluster.demo.state.layout.portBase + 2_500)
            let before = try await cluster.everythingWritable()
            for (line, reason) in [
                ("0|\(address)|7000", "line 2 of file \(file): expected 4 parts, obtained 3"),
                ("0|\(address)|70000|/a", "Invalid port on line 2 of file \(file): '70000'"),
                ("0|\(address)|7000|a", "Path entered in config file is invalid"),
                (
                    "0|\(address)|7000|/a\n0|\(address)|7001|/b",
                    "lines 2 and 3 of file \(file): content 0 is given twice"
                ),
                ("9|\(address)|7000|/a", "line 2 of file \(file): content 9 is not in the cluster"),
                (
                    "0|\(address)|\(port)|\(base)/a\n1|\(address)|\(port)|\(base)/b",
                    "cannot have the same port \(port)."
                ),
                (
                    "0|\(address)|\(port)|\(base)/a\n1|\(address)|\(port + 1)|\(base)/a",
                    "cannot have the same data directory"
                ),
                ("0|-oProxyCommand=touch hit|7000|/a", "Invalid address on line 2 of file \(file)"),
            ] {
                try await cluster.expectRefused(["-i", file], input: "# input\n\(line)\n", reason, file)
            }
            try await cluster.expectRefused(["-m", file], input: "relative\n", "line 1 of file \(file)", file)
            try await cluster.shell("rm \"$1\"", [file])
            try await cluster.expectRefused(["-m", file], "No such file or directory: '\(file)'", file)
            #expect(try await cluster.everythingWritable() == before)
        }

        @Test func `options that contradict each other or need more hosts end with 2, and nothing is changed`()
            async throws
        {
            let cluster = try await TestCluster.fresh()
            let before = try await cluster.everythingWritable()
            for (options, reason) in [
                (["-s", "--block", "2"], "Only one of -s and --block may be specified"),
                (["--block", "3"], "host(s) missing"),
                (["--block", "1"], "block mirroring needs blocks of at least 2 hosts, not 1"),
                (["-p", "100000"], "produces ports outside of the valid range"),
                (["-B", "0"], "Invalid batch_size provided with -B argument: 0"),
            ] {
                let output = try await cluster.addMirrors(options)
                #expect(output.status == 2, words(output))
                #expect(output.standardOutput.contains(reason), words(output))
            }
            #expect(try await cluster.everythingWritable() == before)
        }
    }
}

extension TestCluster {
    /// Runs with this text in the file: one complaint with this reason, and status 2.
    fileprivate func expectRefused(
        _ options: [String], input: String? = nil, _ reason: String, _ file: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        if let input { try await shell("printf '%s' \"$2\" > \"$1\"", [file, input]) }
        let output = try await tool(["-a"] + options)
        #expect(output.status == 2, words(output), sourceLocation: sourceLocation)
        let complaints = output.standardOutput.split(separator: "\n").filter {
            ($0.contains("[ERROR]:-") || $0.contains("[CRITICAL]:-")) && !$0.contains("]:-hint: ")
                && !$0.hasSuffix("1 problem(s) found, nothing was changed")
        }
        #expect(complaints.count == 1, words(output), sourceLocation: sourceLocation)
        #expect(complaints.first?.contains(reason) == true, words(output), sourceLocation: sourceLocation)
    }
}
