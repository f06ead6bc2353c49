import ClusterOperations
import RemoteShell

/// The Greenplum installation that a demo cluster's servers come from; it is only read.
enum GreenplumInstallation {
    /// Refuses programs of any other server than Greenplum 7.
    ///
    /// - Throws: `DemoError` that says what they are.
    static func check(_ programs: String) throws(DemoError) {
        let output = try Program(
            arguments: ["\(programs)/postgres", "--gp-version"], environment: ["PATH": "/usr/bin:/bin"],
            timeout: .seconds(20), purpose: "asking \(programs)/postgres for its version"
        ).run()
        let said = output.standardOutput.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard output.succeeded, isSupported(said) else {
            throw DemoError(
                "\(programs) holds no Greenplum 7 server: \(said.isEmpty ? output.lastErrorLine : said)",
                hint: "name the directory of a Greenplum 7 installation with --gphome")
        }
    }

    /// Reads `postgres (Greenplum Database) 7.0.0 build commit:…`.
    static func isSupported(_ version: String) -> Bool {
        version.hasPrefix("postgres (Greenplum Database) 7.")
    }
}
