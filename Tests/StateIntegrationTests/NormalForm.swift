import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import TestClusters
import TestSupport

/// Makes the output of two clusters comparable: what differs from run to run gets a name.
struct NormalForm {
    private var texts: [(text: String, name: String)] = []
    private var numbers: [Substring: String] = [:]

    /// Learns the names of a cluster.
    init(_ shared: SharedCluster) async throws {
        let cluster = shared.cluster
        let instances = try await cluster.instances()
        if let version = try await cluster.query("SELECT version()").rows.first?.first ?? nil {
            texts.append((version, "VERSION"))
        }
        if TestEngine.isGreenplum {
            // The goldens' servers have one name and one version.
            let initial = try await cluster.query("SELECT productversion FROM gp_version_at_initdb").rows.first?.first
            if let initial = initial ?? nil { texts.append((initial, "NUMBER")) }
            texts.append(("(Greenplum Database) NUMBER", "(PostgreSQL) NUMBER"))
        }
        if let version = try await cluster.query("SHOW server_version").rows.first?.first ?? nil {
            texts.append((version, "NUMBER"))
        }
        texts.append((cluster.directory, "DIR"))
        if let tools = realpath(BuiltPrograms.debug, nil) {
            texts.append((String(cString: tools), "TOOLS"))
            free(tools)
        }
        // The longest first: one address may begin another.
        for host in cluster.hosts.sorted(by: { $0.address.utf8.count > $1.address.utf8.count }) {
            texts.append((host.address, "@\(host.name)"))
        }
        for instance in instances {
            let offset = instance.port - cluster.state.layout.portBase
            numbers["\(instance.port)"] = "PORT+\(offset)"
            if let process = cluster.process(of: instance) { numbers["\(process)"] = "PID" }
        }
    }

    /// The records of an output in normal form; the padding of tables is cut to three blanks.
    func lines(_ run: FinishedProgram) -> [String] { run.records.map(line) }

    private func line(_ text: String) -> String {
        var line = text
        for (text, name) in texts { line = line.replacing(text, with: name) }
        line = line.replacing(#/\b[0-9A-F]+/[0-9A-F]{3,}\b/#) { _ in "LSN" }
        line = line.replacing(#/[0-9]+/#) { numbers[$0.output] ?? String($0.output) }
        return line.replacing(#/([^ \-]) {4,}/#) { "\($0.1)   " }
    }
}

/// A committed text that an output is compared with.
enum Golden {
    private static let folder = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Goldens"

    /// The lines of a golden file; with `GPHA_RECORD_GOLDENS` in the environment they are first written anew.
    static func lines(_ name: String, recording lines: [String]) throws -> [String] {
        let path = "\(folder)/\(name).txt"
        if getenv("GPHA_RECORD_GOLDENS") != nil {
            try TextFile.write(lines.map { $0 + "\n" }.joined(), to: path)
        }
        return TextFile.read(path).split(separator: "\n").map(String.init)
    }

    /// The labels of a recording of the original, in order: what stands before ` = `.
    static func labels(ofSample name: String) -> [String] {
        let path = BuiltPrograms.package + "/Tests/GPStateTests/Fixtures/healthy/\(name).txt"
        return labels(FinishedProgram.records(TextFile.read(path)))
    }

    static func labels(_ lines: [String]) -> [String] {
        lines.compactMap { line in
            guard let equals = line.firstRange(of: " = ") else { return nil }
            var label = line[..<equals.lowerBound]
            while label.last == " " { label.removeLast() }
            return String(label)
        }
    }
}
