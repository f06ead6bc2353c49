import EmbeddedCluster
import Glibc
import TestSupport
import Testing

/// The shell lines of docs/monitoring.md, run as they stand.
enum MonitoringDocument {
    /// The texts of the fenced blocks of a kind, in order.
    static func blocks(_ kind: String) -> [String] {
        var found: [String] = []
        var current: [Substring]?
        for line in TextFile.read(BuiltPrograms.package + "/docs/monitoring.md")
            .split(separator: "\n", omittingEmptySubsequences: false)
        {
            if let lines = current {
                if line == "```" {
                    found.append(lines.joined(separator: "\n"))
                    current = nil
                } else {
                    current = lines + [line]
                }
            } else if line == "```" + kind {
                current = []
            }
        }
        return found
    }

    /// What cron would run of a crontab's line: the sixth field and all that follows.
    static func command(of line: String) -> String {
        line.split(separator: " ", maxSplits: 5).last.map(String.init) ?? ""
    }

    /// Runs a text as cron(8) does: with little more than a home, and `~/gpha.env` there.
    private static func run(_ text: String, home: String, _ shared: SharedCluster) async throws -> FinishedProgram {
        let inherited = try shared.cluster.execution(on: "cdw", ["true"]).environment.keys
        var changes: [String: String?] = [:]
        for name in inherited { changes[name] = .some(nil) }
        changes["HOME"] = home
        changes["LOGNAME"] = shared.cluster.accountName
        changes["SHELL"] = "/bin/sh"
        changes["PATH"] = "/usr/bin:/bin"
        return try await shared.tool(["/bin/sh", "-c", text], changes: changes)
    }

    /// A home with `gpha.env` and a textfile directory.
    private static func home(_ shared: SharedCluster) async throws -> String {
        let home = try await shared.scratch()
        try await shared.shell(
            "mkdir \"$1/textfile\"; printf '. %s\\nTEXTFILE_DIRECTORY=%s\\nexport TEXTFILE_DIRECTORY\\n' \"$2\" "
                + "\"$1/textfile\" > \"$1/gpha.env\"", home, shared.cluster.environmentScript)
        return home
    }

    /// In good times: OK, silence, `go on`, and a file of metrics.
    static func healthy(_ shared: SharedCluster) async throws {
        let home = try await home(shared)
        let shell = blocks("sh"), cron = blocks("cron").flatMap { $0.split(separator: "\n").map(String.init) }
        try #require(shell.count == 3 && cron.count == 2)
        let plugin = try await run(shell[0], home: home, shared)
        #expect(plugin.error == "" && plugin.output.hasPrefix("GPSTATE "), "\(plugin.output)\(plugin.error)")
        #expect(plugin.output.contains("[OK] segments-up: "))
        let script = try await run(shell[1], home: home, shared)
        #expect(script.status == 0 && script.output == "go on\n" && script.error == "", "\(script)")
        let mail = try await run(command(of: cron[0]), home: home, shared)
        // How full the machine's disk is belongs to the machine.
        #expect(mail.error == "" && (mail.output == "" || mail.output.contains("] disk: ")), "\(mail.output)")
        for line in [shell[2], command(of: cron[1])] {
            let written = try await run(line, home: home, shared)
            #expect(written.status == 0 && written.output == "" && written.error == "", "\(written)")
            let file = home + "/textfile/gpha.prom"
            #expect(try ExpositionReader.read(TextFile.read(file)).values("gpha_coordinator_up") == [1])
            var status = stat()
            stat(file, &status)
            #expect(status.st_mode & 0o777 == 0o644)
            unlink(file)
        }
    }

    /// With a mirror away: CRITICAL, a mail, `stop`.
    static func mirrorStopped(_ shared: SharedCluster) async throws {
        let home = try await home(shared)
        let shell = blocks("sh")
        let plugin = try await run(shell[0], home: home, shared)
        #expect(plugin.status == 2 && plugin.output.hasPrefix("GPSTATE CRITICAL - "), "\(plugin.output)")
        let script = try await run(shell[1], home: home, shared)
        #expect(script.output.hasPrefix("stop: GPSTATE CRITICAL - 1 of 2 contents unprotected"), "\(script.output)")
        let mail = try await run(command(of: blocks("cron")[0]), home: home, shared)
        #expect(mail.status == 2 && mail.output.hasPrefix("GPSTATE CRITICAL - "), "\(mail.output)")
    }
}
