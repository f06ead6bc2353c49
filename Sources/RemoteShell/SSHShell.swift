import BlockingWork
import CLibSSH
import Synchronization

/// What became of one command, for debug logs.
public struct CommandTrace: Sendable {
    public let host: String
    public let script: String
    /// From the call to the result, connecting included.
    public let duration: Duration
    public let outcome: Result<Int, ShellError>

    /// Runs `body` and tells the observer what became of it.
    static func of(
        _ command: ShellCommand, on host: String, _ observer: (@Sendable (CommandTrace) -> Void)?,
        _ body: () async throws(ShellError) -> CommandOutput
    ) async throws(ShellError) -> CommandOutput {
        let start = ContinuousClock.now
        let result: Result<CommandOutput, ShellError>
        do throws(ShellError) { result = .success(try await body()) } catch { result = .failure(error) }
        observer?(
            CommandTrace(
                host: host, script: command.script, duration: start.duration(to: .now), outcome: result.map(\.status)))
        return try result.get()
    }
}

/// Runs scripts on hosts over SSH.
///
/// One connection per host, opened at first use and kept until `close()`; every command gets a channel of its own,
/// so many run at once. Each connection belongs to one thread. A connection that was lost is opened anew by the next
/// command; a command that has not begun when that shows is sent again.
public final class SSHShell: Shell {
    private struct State {
        var links: [String: SSHLink] = [:]
        /// Replaced by newer ones; commands may still run over them.
        var retired: [SSHLink] = []
        var isClosed = false
    }

    /// How often a host that drops connections before the login is tried.
    public static let mostTries = SSHConnector.mostTries

    private let settings: SSHSettings
    private let onCommand: (@Sendable (CommandTrace) -> Void)?
    private let gate: ConnectGate
    private let state = Mutex(State())

    /// Connects to nothing yet.
    ///
    /// - Parameter onCommand: called after each command, for debug logs.
    public init(settings: SSHSettings = SSHSettings(), onCommand: (@Sendable (CommandTrace) -> Void)? = nil) {
        self.settings = settings
        self.onCommand = onCommand
        gate = ConnectGate(width: settings.width)
    }

    deinit {
        for link in state.withLock({ Array($0.links.values) + $0.retired }) { link.close() }
    }

    public func run(_ command: ShellCommand, on host: String) async throws(ShellError) -> CommandOutput {
        try await CommandTrace.of(command, on: host, onCommand) { () throws(ShellError) in
            try check(command, host)
            return try await send(
                command, to: host, until: command.overallTimeout.map { .after($0) }, isRetry: false
            ).get()
        }
    }

    public func close() async {
        let links = state.withLock { state in
            state.isClosed = true
            defer { (state.links, state.retired) = ([:], []) }
            return Array(state.links.values) + state.retired
        }
        for link in links { link.close() }
        for link in links { await link.ended() }
    }

    private func check(_ command: ShellCommand, _ host: String) throws(ShellError) {
        guard RemoteHostName.isUsable(host) else {
            throw ShellError(.configuration, host: host, reason: "not a host name or an address")
        }
        if let user = settings.user, !RemoteHostName.isUsableUser(user) {
            throw ShellError(.configuration, host: host, reason: "'\(user)' is not a user name")
        }
        try command.check(host)
    }

    private func send(
        _ command: ShellCommand, to host: String, until deadline: Deadline?, isRetry: Bool
    ) async -> Result<CommandOutput, ShellError> {
        let job = CommandJob(command, host: host)
        let link: SSHLink
        do throws(ShellError) {
            link = try submit(job)
        } catch {
            return .failure(error)
        }
        let timer = deadline.map { deadline in
            Task { [weak link] in
                guard (try? await Task.sleep(for: deadline.remaining)) != nil else { return }
                job.failOverallTimeout()
                link?.wake.wake()
            }
        }
        let result = await job.result { link.wake.wake() }
        timer?.cancel()
        // The connection had died unnoticed since its last use, and the command never left.
        if case .failure(let error) = result, error.kind == .broken, error.reason != OutOfThreads.reason,
            !job.wasSent, !isRetry
        {
            return await send(command, to: host, until: deadline, isRetry: true)
        }
        return result
    }

    /// Puts the job into the host's link, or into a new one.
    private func submit(_ job: CommandJob) throws(ShellError) -> SSHLink {
        let host = job.host
        let (link, isNew, error) = state.withLock { state -> (SSHLink?, Bool, ShellError?) in
            guard !state.isClosed else {
                return (nil, false, ShellError(.cancelled, host: host, reason: "the run is being ended"))
            }
            if let link = state.links[host], link.submit(job) { return (link, false, nil) }
            guard let link = SSHLink(host: host), link.submit(job) else {
                return (nil, false, ShellError(.broken, host: host, reason: "out of file descriptors"))
            }
            state.retired.removeAll(where: \.hasEnded)
            if let old = state.links.updateValue(link, forKey: host), !old.hasEnded { state.retired.append(old) }
            return (link, true, nil)
        }
        guard let link else { throw error ?? ShellError(.broken, host: host, reason: "no connection") }
        if isNew { start(link) }
        return link
    }

    private func start(_ link: SSHLink) {
        let (settings, gate) = (settings, gate)
        guard !Thread.detach({ Self.serve(link, settings: settings, gate: gate) }) else { return }
        link.end(ShellError(.broken, host: link.host, reason: OutOfThreads.reason))
    }

    /// The whole life of one connection, on its thread.
    private static func serve(_ link: SSHLink, settings: SSHSettings, gate: ConnectGate) {
        blockPipeSignal()
        let connector = SSHConnector(host: link.host, settings: settings, wake: link.wake, gate: gate) {
            link.isClosing
        }
        do throws(ShellError) {
            let session = try connector.connect()
            guard let loop = SSHSessionLoop(session, link: link, settings: settings) else {
                ssh_free(session)
                throw ShellError(.broken, host: link.host, reason: "out of memory")
            }
            loop.run()
        } catch {
            link.end(error)
        }
    }
}

extension ShellCommand {
    /// Whether this command can be sent at all.
    func check(_ host: String) throws(ShellError) {
        if isWatched && script.utf8.count > CommandWatcher.longestProgram {
            throw ShellError(.configuration, host: host, reason: "\(purpose): the watched script is too long")
        }
        if script.utf8.contains(0) {
            throw ShellError(.configuration, host: host, reason: "\(purpose): the script holds a NUL byte")
        }
    }
}
