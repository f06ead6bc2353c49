import BlockingWork
import CLibSSH
import Glibc

/// Brings one session up to the point where commands can run: socket, greeting, keys, host key, login.
///
/// The gate is for keys and login alone: a host that does not answer, or answers with nothing, holds up no other.
/// It blocks, on the thread that will own the session. A server that drops the connection before the login
/// (`MaxStartups`) is tried again after a pause; one that refuses it is not.
struct SSHConnector {
    let host: String
    let settings: SSHSettings
    let wake: WakePipe
    let gate: ConnectGate
    /// Whether the run is being ended.
    let isEnding: () -> Bool

    /// How often a host that drops the connection is tried.
    static let mostTries = 10

    private enum Attempt {
        case connected(OpaquePointer)
        /// The server closed the connection.
        case dropped(String)
    }

    /// Connects within `settings.connectTimeout`, all tries together; waiting for the gate comes on top.
    ///
    /// - Returns: a session that does not block, logged in; the caller frees it.
    func connect() throws(ShellError) -> OpaquePointer {
        var deadline = Deadline.after(settings.connectTimeout)
        let files = try configurationFiles()
        let rules = try SSHConfigurationFile.rules(for: host, paths: files, home: UserAccount.current.home)
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
        var drops = 0
        while true {
            let outcome: Attempt
            do throws(ShellError) {
                outcome = try attempt(files, rules, &deadline)
            } catch {
                throw error.kind == .unreachable && drops > 0 ? dropped(drops, error.reason) : error
            }
            switch outcome {
            case .connected(let session): return session
            case .dropped(let reason):
                drops += 1
                let pause = backoff.next()
                guard drops < Self.mostTries, pause < deadline.remaining else { throw dropped(drops, reason) }
                try self.pause(pause)
            }
        }
    }

    private func dropped(_ times: Int, _ reason: String) -> ShellError {
        ShellError(
            .unreachable, host: host,
            reason: "the server closed the connection before the login, \(times) time(s): \(reason)",
            hint: "look at MaxStartups in the host's sshd_config, and at its log")
    }

    private func configurationFiles() throws(ShellError) -> [String] {
        if let file = settings.configFile {
            guard access(file, R_OK) == 0 else {
                throw ShellError(
                    .configuration, host: host,
                    reason: "cannot read the SSH configuration \(file): \(SocketConnection.errorText(errno))")
            }
            return [file]
        }
        return [UserAccount.current.home + "/.ssh/config", "/etc/ssh/ssh_config"].filter { access($0, R_OK) == 0 }
    }

    private func attempt(
        _ files: [String], _ rules: SSHConfigurationFile.Rules, _ deadline: inout Deadline
    ) throws(ShellError) -> Attempt {
        let session = try SSHEndpoint.makeSession(for: host, settings: settings, files: files)
        do {
            let endpoint = SSHEndpoint(session: session, host: host, settings: settings)
            ssh_set_blocking(session, 0)
            let socket = endpoint.usesProxy ? nil : try openSocket(endpoint, deadline)
            let place = try enterGate(&deadline, closing: socket)
            defer { gate.leave(place) }
            // From here on libssh closes it.
            if var socket { ssh_options_set(session, SSH_OPTIONS_FD, &socket) }
            if let reason = try agreeOnKeys(session, endpoint, deadline) {
                ssh_free(session)
                return .dropped(reason)
            }
            // As libssh has it now: applied and expanded.
            let applied = SSHEndpoint(session: session, host: host, settings: settings)
            try SSHHostKey(session: session, host: host, endpoint: applied, policy: rules.unknownKey).check()
            if let reason = try logIn(session, applied, rules, deadline) {
                ssh_free(session)
                return .dropped(reason)
            }
            return .connected(session)
        } catch {
            ssh_free(session)
            throw error
        }
    }

    /// - Returns: a connection over which the server has begun to speak.
    private func openSocket(_ endpoint: SSHEndpoint, _ deadline: Deadline) throws(ShellError) -> Int32 {
        switch SocketConnection.open(endpoint.host, port: endpoint.port, until: deadline, wake: wake, isEnding) {
        case .connected(let descriptor):
            do throws(ShellError) {
                // A server speaks first (RFC 4253, 4.2); until it does it takes nobody's place.
                guard try sleep(on: descriptor, Int16(POLLIN), until: deadline) else {
                    throw late("the server's greeting")
                }
                return descriptor
            } catch {
                close(descriptor)
                throw error
            }
        case .failed(let reason): throw ShellError(.unreachable, host: host, reason: reason)
        case .interrupted: throw cancelled
        }
    }

    /// Waits for a place in the gate, which moves the deadline by as much.
    private func enterGate(
        _ deadline: inout Deadline, closing socket: Int32?
    ) throws(ShellError) -> ConnectGate.Place {
        let left = deadline.remaining
        guard let place = gate.enter(wake, isEnding) else {
            if let socket { close(socket) }
            throw cancelled
        }
        deadline = .after(left)
        return place
    }

    /// - Returns: nil when it worked, else why the server closed the connection.
    private func agreeOnKeys(
        _ session: OpaquePointer, _ endpoint: SSHEndpoint, _ deadline: Deadline
    ) throws(ShellError) -> String? {
        // libssh ends a proxy with TERM and waits for it: it must not inherit a mask that blocks TERM.
        var status = endpoint.usesProxy ? withSignalsOpen { ssh_connect(session) } : ssh_connect(session)
        keepFromChildren(session)
        while status == SSH_AGAIN {
            try wait(session, deadline, for: "the server's greeting")
            status = ssh_connect(session)
        }
        guard status != SSH_OK else { return nil }
        let reason = Self.errorText(of: session)
        if Self.isDrop(reason) { return reason }
        throw ShellError(.unreachable, host: host, reason: reason)
    }

    /// - Returns: nil when it worked, else why the server closed the connection.
    private func logIn(
        _ session: OpaquePointer, _ endpoint: SSHEndpoint, _ rules: SSHConfigurationFile.Rules, _ deadline: Deadline
    ) throws(ShellError) -> String? {
        let login = SSHLogin(session: session, settings: settings, rules: rules)
        let status = try login.run { () throws(ShellError) in try wait(session, deadline, for: "the login") }
        guard status != SSH_AUTH_SUCCESS.rawValue else { return nil }
        let reason = Self.errorText(of: session)
        if status == SSH_AUTH_ERROR.rawValue && Self.isDrop(reason) { return reason }
        let detail = status == SSH_AUTH_ERROR.rawValue && !reason.isEmpty ? ": \(reason)" : ": no key was accepted"
        throw ShellError(
            .authentication, host: host, reason: "the host refused user \(endpoint.user)\(detail)",
            hint: "ssh-copy-id -p \(endpoint.port) \(ShellQuoting.word(endpoint.user + "@" + endpoint.host))")
    }

    /// libssh opens the socket pair of a `ProxyCommand` so that other children would hold it too.
    private func keepFromChildren(_ session: OpaquePointer) {
        let descriptor = ssh_get_fd(session)
        if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }

    private func wait(_ session: OpaquePointer, _ deadline: Deadline, for what: String) throws(ShellError) {
        let writes = ssh_get_poll_flags(session) & SSH_WRITE_PENDING != 0
        guard
            try sleep(on: ssh_get_fd(session), Int16(POLLIN) | Int16(writes ? POLLOUT : 0), until: deadline)
        else { throw late(what) }
    }

    private func late(_ what: String) -> ShellError {
        ShellError(
            .unreachable, host: host, reason: "\(what) did not come within \(settings.connectTimeout.inWords)")
    }

    private func pause(_ duration: Duration) throws(ShellError) {
        _ = try sleep(on: -1, 0, until: .after(duration))
    }

    /// - Returns: whether the descriptor became ready; false when time is up.
    private func sleep(on descriptor: Int32, _ events: Int16, until deadline: Deadline) throws(ShellError) -> Bool {
        var waited = [
            pollfd(fd: descriptor, events: events, revents: 0),
            pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
        ]
        while !deadline.isPast {
            poll(&waited, 2, deadline.remainingMilliseconds)
            if waited[1].revents != 0 { wake.drain() }
            if isEnding() { throw cancelled }
            if waited[0].revents != 0 { return true }
        }
        return false
    }

    private var cancelled: ShellError { ShellError(.cancelled, host: host, reason: "connecting was cancelled") }

    /// The words libssh has for a connection that the other side closed.
    private static func isDrop(_ reason: String) -> Bool { reason.lowercased().hasPrefix("socket error") }

    /// What libssh says last, on one line.
    static func errorText(of session: OpaquePointer) -> String {
        let text = String(cString: ssh_get_error(UnsafeMutableRawPointer(session)))
        return String(text.prefix(300).map { $0.isNewline ? " " : $0 })
    }
}
