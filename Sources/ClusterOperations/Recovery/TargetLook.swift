public import ClusterModel
import RemoteShell

/// What was found at a target's place.
public struct TargetLook: Sendable {
    public let leftovers: Leftovers
    public let place: FullPlace.Facts
    /// What the target's `postgresql.conf` says; nil without one that can be read.
    public let settings: ServerSettings?

    /// The shell text that looks; changes nothing.
    static func script(_ dataDirectory: String) -> String {
        let file = ShellQuoting.word(RecoveryPlace(dataDirectory).directory + "/postgresql.conf")
        return [
            Leftovers.script(dataDirectory), FullPlace.script(dataDirectory),
            "[ -r \(file) ] && { echo configuration; sed 's/^/setting\t/' \(file); }; exit 0",
        ].joined(separator: "\n")
    }

    /// Reads what the script printed.
    ///
    /// - Throws: `OperationError` when it is not whole.
    init(output: String) throws(OperationError) {
        leftovers = try Leftovers(output: output)
        place = try FullPlace.Facts(output: output)
        settings = Self.settings(output)
    }

    /// The lines of the file behind their word.
    static func settings(_ output: String) -> ServerSettings? {
        let lines = output.unicodeScalars.split(separator: "\n").map { Substring($0) }
        guard lines.contains("configuration") else { return nil }
        let text = lines.filter { $0.hasPrefix("setting\t") }.map { $0.dropFirst(8) }.joined(separator: "\n")
        return ServerSettings(text: text + "\n")
    }
}

extension SegmentRecovery {
    /// Looks what earlier runs left of a target, where a full copy can go and what the target's own settings are, with
    /// one script; changes nothing.
    ///
    /// - Throws: `ShellError`, `OperationError`.
    public func look(_ target: Segment) async throws -> TargetLook {
        let output = try await access.shell.run(
            ShellCommand(
                TargetLook.script(target.dataDirectory), purpose: "looking at the place of \(target.label)",
                timeout: .seconds(90)), on: target.hostname)
        return try TargetLook(output: output.standardOutput)
    }
}
