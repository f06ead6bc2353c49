/// How hosts are reached over SSH.
///
/// What is nil comes from the configuration file, then from SSH's own defaults.
public struct SSHSettings: Sendable, Equatable {
    /// The configuration file; nil reads `~/.ssh/config` and `/etc/ssh/ssh_config` where they exist.
    public var configFile: String?
    public var port: Int?
    public var user: String?
    /// The private key that is tried before the agent's and the configured ones.
    public var identity: String?
    /// What reaching one host may cost: name look-up, every try, host key and login; not waiting for its turn.
    public var connectTimeout: Duration
    /// How many hosts agree on keys and log in at once, at most.
    public var width: Int
    /// How many commands run at once over one connection; sshd allows 10 (`MaxSessions`).
    public var channelsPerHost: Int
    /// The pulse of watched commands.
    public var watch: WatchLimits

    public init(
        configFile: String? = nil, port: Int? = nil, user: String? = nil, identity: String? = nil,
        connectTimeout: Duration = .seconds(10), width: Int = 16, channelsPerHost: Int = 9,
        watch: WatchLimits = WatchLimits()
    ) {
        self.configFile = configFile
        self.port = port
        self.user = user
        self.identity = identity
        self.connectTimeout = connectTimeout
        self.width = width
        self.channelsPerHost = channelsPerHost
        self.watch = watch
    }
}
