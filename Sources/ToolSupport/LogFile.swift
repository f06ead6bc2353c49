import Glibc

/// The file a tool appends its log to: `<directory>/<prog>_YYYYMMDD.log`.
final class LogFile: Sendable {
    private let descriptor: Int32

    /// Opens the file of today, creating its directory (not the directory's parents) when it is missing.
    ///
    /// - Throws: `ToolError` in Greenplum's words when it cannot be written.
    init(directory: String, tool: String, date: String) throws(ToolError) {
        if mkdir(directory, 0o777) != 0, errno != EEXIST { throw Self.failure(directory) }
        let path = "\(directory)/\(tool)_\(date).log"
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o666)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    /// Appends `text` in one write; a full disk loses it and nothing else happens.
    func append(_ text: String) {
        DescriptorWriting.write(text, to: descriptor)
    }

    /// `-l`, else `gpAdminLogs` in the user's home directory.
    static func directory(_ option: String?, environment: [String: String]) -> String {
        if let option { return option }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? UserRecord.current?.home ?? "/"
        return home + "/gpAdminLogs"
    }

    private static func failure(_ path: String) -> ToolError {
        let code = errno
        return ToolError(
            .failure, "[Errno \(code)] \(String(cString: strerror(code))): '\(path)'",
            hint: "name a directory you can write with -l")
    }
}
