import ClusterModel
import Glibc
import RemoteShell
import TestClusters
import TestSupport
import Testing

@testable import EmbeddedCluster

extension OnLoopback {
    @Suite(.embeddedOnly("the document is the transcript of an embedded cluster")) struct RunbookTests {
        static let path = "\(BuiltPrograms.package)/docs/runbook-coordinator.md"

        @Test func `every command of the runbook prints what the runbook says`() async throws {
            let cluster = try await ActivationCluster.fresh(running: true)
            let recorded = try PrivateFiles.read(Self.path)
            let document = try await transcript(of: recorded, cluster)
            if getenv("GPHA_RECORD") != nil {
                try PrivateFiles(owner: nil).write(document, to: Self.path, mode: 0o644)
            }
            let (wanted, found) = (recorded.split(separator: "\n"), document.split(separator: "\n"))
            let first = zip(wanted, found).first { $0 != $1 }
            #expect(first == nil && wanted.count == found.count, "the first difference: \(String(describing: first))")
        }

        /// The document with the output of its commands in place of what stands there.
        private func transcript(of text: String, _ cluster: ActivationCluster) async throws -> String {
            var lines: [String] = []
            var isInside = false
            for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
                if line.hasPrefix("```") { isInside = line == "```console" }
                guard isInside, !line.hasPrefix("```") else {
                    lines.append(line)
                    continue
                }
                guard let dollar = line.firstRange(of: "$ "), ["cdw", "scdw"].contains(line[..<dollar.lowerBound])
                else { continue }
                lines.append(line)
                let plain = PlainNames(cluster)
                let output = try await cluster.shell(
                    plain.real(String(line[dollar.upperBound...])), on: String(line[..<dollar.lowerBound]))
                lines += plain.shown(output.standardOutput + output.standardError)
            }
            return lines.joined(separator: "\n")
        }
    }
}

/// The names in the document and the cluster's own.
struct PlainNames {
    private let names: [(plain: String, real: String)]

    init(_ cluster: ActivationCluster) {
        names = [
            ("/data/coordinator/gpseg-1", cluster.coordinator.dataDirectory),
            ("/data/standby/gpseg-1", cluster.standby.dataDirectory),
            ("10.0.0.1", cluster.coordinator.address), ("10.0.0.2", cluster.standby.address),
            ("5432", "\(cluster.coordinator.port)"),
        ]
    }

    func real(_ command: String) -> String {
        names.reduce(command) { text, name in text.replacing(name.plain, with: name.real) }
    }

    /// The lines without what differs from run to run.
    func shown(_ output: String) -> [String] {
        let plain = names.reduce(output) { text, name in text.replacing(name.real, with: name.plain) }
        return plain.split(separator: "\n").map { line in
            String(line)
                .replacing(#/^[0-9]{8}:[0-9:]+ ?[^ ]*-\[/#) { _ in "[" }
                .replacing(#/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\+[0-9]+/#) { _ in "TIME" }
                .replacing(#/[0-9]{8}_[0-9]{6}/#) { _ in "TIME" }
                .replacing(#/\b[0-9A-F]+/[0-9A-F]{6,8}\b/#) { _ in "LSN" }
                .replacing(#/; [0-9a-f.:]+ is also an address of scdw, sdw1, sdw2/#) { _ in "" }
                .replacing(#/not fenced: [0-9a-f.:]+ is also an address of .*/#) { _ in "not fenced: ..." }
                .replacing(#/; the newest commit it replayed is of TIME/#) { _ in "" }
                .replacing(#/, [0-9.]+ [bkMG][a-zB]* of it not replayed/#) { _ in "" }
                // Whichever of the two looks came back first.
                .replacing(#/process [0-9]+ .* works in .*gpseg-1/#) { _ in
                    "port 5432 of 10.0.0.1 accepts PostgreSQL sessions"
                }
        }.filter { !$0.contains("not fenced: ...") && !$0.contains("the catalog's last word about the standby") }
    }
}
