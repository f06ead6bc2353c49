public import ArgumentParser

/// How hosts are reached: the options every tool that uses SSH has.
public struct ShellOptions: ParsableArguments, Sendable {
    @Option(
        name: .customLong("ssh-config"),
        help: ArgumentHelp("SSH configuration file (environment: GP_SSH_CONFIG).", valueName: "file"),
        completion: .file())
    public var configFile: String?

    @Option(name: .customLong("ssh-port"), help: ArgumentHelp("SSH port of the hosts.", valueName: "port"))
    public var port: Int?

    @Option(name: .customLong("ssh-user"), help: ArgumentHelp("SSH user on the hosts.", valueName: "user"))
    public var user: String?

    @Option(
        name: .customLong("ssh-identity"), help: ArgumentHelp("SSH private key.", valueName: "file"),
        completion: .file())
    public var identityFile: String?

    @Option(
        name: .customLong("host-timeout"),
        help: ArgumentHelp("How long to wait for a host.", valueName: "seconds"))
    public var hostTimeoutSeconds = 10

    public init() {}

    /// The same options for the argument pre-pass.
    public static let shapes: [OptionShape] = [
        .text("--ssh-config"), .integer("--ssh-port"), .text("--ssh-user"), .text("--ssh-identity"),
        .integer("--host-timeout"),
    ]

    /// `--host-timeout` as a duration.
    public var hostTimeout: Duration { .seconds(hostTimeoutSeconds) }

    /// The configuration file: `--ssh-config`, then `GP_SSH_CONFIG`; nil means the user's own.
    public func configFile(_ environment: [String: String]) -> String? {
        configFile ?? environment["GP_SSH_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    }

    public func validate() throws {
        if let port, !(1...65_535).contains(port) {
            throw ValidationError("option --ssh-port: \(port) is not a port (1 to 65535)")
        }
        if let user, user.isEmpty || user.hasPrefix("-") {
            throw ValidationError("option --ssh-user: '\(user)' is not a user name")
        }
        guard (1...3600).contains(hostTimeoutSeconds) else {
            throw ValidationError("option --host-timeout: \(hostTimeoutSeconds) is not between 1 and 3600 seconds")
        }
    }
}
