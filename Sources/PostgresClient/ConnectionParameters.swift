/// Where and how to connect to one server.
public struct ConnectionParameters: Sendable, Equatable {
    /// A host name, an address, or a socket directory that begins with `/`.
    public var host: String
    public var port: Int
    public var database: String
    /// Nil leaves the choice to libpq (`PGUSER`, then the operating-system user).
    public var user: String?
    /// Shown in `pg_stat_activity` and in the server's log.
    public var applicationName: String
    /// Start-up options, each one word or `-c name=value` without its `-c`: `["gp_role=utility"]`.
    public var settings: [String]
    /// How long connecting may take, name look-up included.
    public var connectTimeout: Duration
    /// The network address, when `host` is a name that libpq shall not resolve.
    public var hostAddress: String?

    public init(
        host: String, port: Int, database: String, user: String? = nil, applicationName: String = "gpha",
        settings: [String] = [], connectTimeout: Duration = .seconds(10), hostAddress: String? = nil
    ) {
        self.host = host
        self.port = port
        self.database = database
        self.user = user
        self.applicationName = applicationName
        self.settings = settings
        self.connectTimeout = connectTimeout
        self.hostAddress = hostAddress
    }

    /// `host:port`, for messages.
    public var endpoint: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The keyword/value pairs for `PQconnectStartParams`; nothing here needs quoting.
    var keywords: [(String, String)] {
        var pairs = [
            ("host", host), ("port", String(port)), ("dbname", database),
            ("application_name", applicationName), ("client_encoding", "UTF8"), ("keepalives_idle", "10"),
        ]
        if let user { pairs.append(("user", user)) }
        if let hostAddress { pairs.append(("hostaddr", hostAddress)) }
        if !settings.isEmpty {
            pairs.append(("options", settings.map { "-c " + Self.escaped($0) }.joined(separator: " ")))
        }
        return pairs
    }

    /// One start-up option as the server splits them: blanks and backslashes are escaped by a backslash.
    static func escaped(_ option: String) -> String {
        String(option.flatMap { $0 == " " || $0 == "\\" ? ["\\", $0] : [$0] })
    }
}
