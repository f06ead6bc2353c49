import BlockingWork
public import ClusterModel
import Glibc
public import PostgresClient

/// The coordinator as its data directory on this machine tells of it.
public struct CoordinatorLocation: Sendable, Equatable {
    /// How the postmaster was started (first line of `postmaster.opts`).
    public enum StartMode: Sendable, Equatable {
        case normal
        case restricted
        case utility
    }

    public let dataDirectory: String
    /// From `postgresql.conf`, includes followed; the last assignment wins.
    public let port: Int
    public let engine: Engine
    public let postmaster: PostmasterFile
    public let startMode: StartMode
    /// The directory of the running server's programs, from `postmaster.opts`.
    public let binaryDirectory: String

    /// Reads the files of a running coordinator.
    ///
    /// - Throws: `LocalFileError` for a missing file, `OperationError` when the server is stopped, its files make no
    ///   sense, or its standby has taken its place.
    public init(dataDirectory: String) throws {
        self.dataDirectory = dataDirectory
        try Self.refuseSuperseded(dataDirectory)
        var port = 5432
        try Self.readPort(dataDirectory + "/postgresql.conf", into: &port)
        self.port = port
        engine = try Engine(versionFile: try LocalFiles.read(dataDirectory + "/PG_VERSION"))
        guard let text = try? LocalFiles.read(dataDirectory + "/postmaster.pid"),
            let postmaster = PostmasterFile(text: text)
        else {
            throw OperationError(
                "Greenplum database appears to be stopped", hint: "start the coordinator, then run this again")
        }
        self.postmaster = postmaster
        let options = (try? LocalFiles.read(dataDirectory + "/postmaster.opts")) ?? ""
        startMode = Self.startMode(options)
        binaryDirectory = Self.binaryDirectory(options)
    }

    /// Refuses a coordinator beside whose data directory the activation of its standby left its mark.
    ///
    /// - Throws: `OperationError` that names the coordinator of today.
    public static func refuseSuperseded(_ dataDirectory: String) throws(OperationError) {
        let path = SupersededMark.path(dataDirectory)
        guard LocalFiles.exists(path) else { return }
        let mark = (try? LocalFiles.read(path)).flatMap { SupersededMark(text: $0) }
        throw OperationError(
            SupersededMark.refusal(dataDirectory, mark), hint: SupersededMark.hint(dataDirectory))
    }

    /// Follows a file's assignments into `port`; an included file is read where its line stands.
    static func readPort(_ file: String, into port: inout Int, depth: Int = 0) throws {
        // The server's own limit (CONF_FILE_MAX_DEPTH in PostgreSQL's conffiles.h).
        guard depth <= 10 else {
            throw OperationError(
                "configuration files are nested too deep: \(file)", hint: "look for one that includes itself")
        }
        for (name, value) in ServerSettings(text: try LocalFiles.read(file)).assignments {
            switch name {
            case "port": port = Int(value) ?? port
            case "include", "include_if_exists":
                // A relative name is relative to the file that includes.
                let directory = file[..<(file.lastIndex(of: "/") ?? file.startIndex)]
                let included = value.hasPrefix("/") ? value : "\(directory)/\(value)"
                guard name == "include" || LocalFiles.exists(included) else { continue }
                try readPort(included, into: &port, depth: depth + 1)
            default: break
            }
        }
    }

    private static func startMode(_ options: String) -> StartMode {
        if options.contains("superuser_reserved_connections") { return .restricted }
        return options.contains("gp_role=utility") ? .utility : .normal
    }

    /// The directory part of the program in `postmaster.opts`, whose arguments follow in double quotes.
    static func binaryDirectory(_ options: String) -> String {
        let line = options.prefix { $0 != "\n" }
        let program = line[..<(line.firstRange(of: " \"")?.lowerBound ?? line.endIndex)]
        guard let slash = program.lastIndex(of: "/") else { return "" }
        return String(program[..<slash])
    }

    /// How to reach the coordinator from this machine: `PGHOST`, else the socket directory it names itself.
    public func parameters(
        _ kind: Engine.SessionKind, environment: [String: String], connectTimeout: Duration = .seconds(10)
    ) -> ConnectionParameters {
        let named = environment["PGHOST"].flatMap { $0.isEmpty ? nil : $0 }
        return ConnectionParameters(
            host: named ?? postmaster.socketDirectory ?? postmaster.listenAddress ?? "localhost",
            port: postmaster.port ?? port, database: engine.database, user: Self.user(environment),
            settings: engine.settings(kind), connectTimeout: connectTimeout)
    }

    /// How to reach another instance of the cluster.
    public func parameters(
        of segment: Segment, environment: [String: String], connectTimeout: Duration = .seconds(10)
    ) -> ConnectionParameters {
        ConnectionParameters(
            host: engine.connectionHost(of: segment), port: segment.port, database: engine.segmentDatabase,
            user: Self.user(environment), settings: engine.settings(.utility), connectTimeout: connectTimeout)
    }

    /// The database user: `PGUSER`, `USER`, then the name of the effective user.
    public static func user(_ environment: [String: String]) -> String? {
        for name in ["PGUSER", "USER"] {
            if let value = environment[name], !value.isEmpty { return value }
        }
        return getpwuid(geteuid()).flatMap { $0.pointee.pw_name }.map { String(cString: $0) }
    }
}
