import BlockingWork
public import ClusterModel
import Glibc
public import PostgresClient

/// The coordinator's standby as its data directory on this machine tells of it, running or not.
public struct StandbyDirectory: Sendable, Equatable {
    public let dataDirectory: String
    public let engine: Engine
    /// As configured; a running server's own is in `postmaster`.
    public let port: Int
    /// Whether `standby.signal` is there: a server that starts here follows another one.
    public let isStandby: Bool
    /// The running server's file; nil when none runs.
    public let postmaster: PostmasterFile?
    /// The directory of the server's programs, from its last start; empty when it was never started.
    public let binaryDirectory: String
    /// What it follows, from `primary_conninfo`; nil where that is not set.
    public let source: (host: String, port: Int)?

    public static func == (left: StandbyDirectory, right: StandbyDirectory) -> Bool {
        left.dataDirectory == right.dataDirectory && left.postmaster == right.postmaster && left.port == right.port
            && left.isStandby == right.isStandby
    }

    /// Reads the files.
    ///
    /// - Throws: `LocalFileError` for a missing file, `OperationError` for a version that is not supported.
    public init(dataDirectory: String) throws {
        self.dataDirectory = dataDirectory
        engine = try Engine(versionFile: try LocalFiles.read(dataDirectory + "/PG_VERSION"))
        var port = 5432
        try CoordinatorLocation.readPort(dataDirectory + "/postgresql.conf", into: &port)
        self.port = port
        isStandby = LocalFiles.exists(dataDirectory + "/standby.signal")
        postmaster = Self.running(dataDirectory)
        binaryDirectory = CoordinatorLocation.binaryDirectory(
            (try? LocalFiles.read(dataDirectory + "/postmaster.opts")) ?? "")
        let automatic = (try? LocalFiles.read(dataDirectory + "/postgresql.auto.conf")) ?? ""
        source = ServerSettings(text: automatic)["primary_conninfo"].flatMap(Self.source)
    }

    /// Whether a session's failure says that the server is a standby that takes none, and so shows no catalog: every
    /// standby of Greenplum, and one without `hot_standby`.
    public func hidesCatalog(_ error: PostgresError) -> Bool {
        if case .mirror = ServerPing.classify(error) { return true }
        return isStandby && error.isServerStarting && postmaster?.status == "standby"
    }

    /// The postmaster of the directory, if it lives: a postmaster works in its data directory.
    private static func running(_ directory: String) -> PostmasterFile? {
        guard let text = try? LocalFiles.read(directory + "/postmaster.pid"), let file = PostmasterFile(text: text),
            file.pid > 1
        else { return nil }
        var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/\(file.pid)/cwd", &target, target.count - 1)
        guard count > 0 else { return nil }
        let place = String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return place == directory ? file : nil
    }

    /// Host and port of a connection string (libpq, "Keyword/Value Connection Strings").
    static func source(_ conninfo: String) -> (host: String, port: Int)? {
        var values: [String: String] = [:]
        var rest = conninfo.unicodeScalars[...]
        func skipBlanks() { rest = rest.drop { $0.properties.isWhitespace } }
        while true {
            skipBlanks()
            let name = String(String.UnicodeScalarView(rest.prefix { $0 != "=" && !$0.properties.isWhitespace }))
            rest = rest.dropFirst(name.unicodeScalars.count)
            skipBlanks()
            guard !name.isEmpty, rest.popFirst() == "=" else { break }
            skipBlanks()
            let isQuoted = rest.first == "'"
            if isQuoted { rest.removeFirst() }
            var value = String.UnicodeScalarView()
            while let scalar = rest.first, isQuoted ? scalar != "'" : !scalar.properties.isWhitespace {
                rest.removeFirst()
                value.append(scalar == "\\" ? rest.popFirst() ?? scalar : scalar)
            }
            if isQuoted { _ = rest.popFirst() }
            values[name] = String(value)
        }
        guard let host = values["host"] ?? values["hostaddr"], !host.isEmpty else { return nil }
        return (host, values["port"].flatMap { Int($0) } ?? 5432)
    }
}
