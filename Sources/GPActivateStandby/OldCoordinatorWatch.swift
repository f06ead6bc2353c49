import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell
import Synchronization

/// Looks at the old coordinator in two ways at once: its host over SSH, and its port.
struct OldCoordinatorWatch: Sendable {
    let former: FormerCoordinator
    /// Its data directory; nil when it is not known.
    let directory: String?
    let systemIdentifier: String
    /// Which directory the standby's own is; nil when nobody asked.
    let ownPlace: String?
    /// Surveys that directory; without one, looks for traces of a server on this machine.
    let script: String
    let database: String
    let shell: any Shell
    let threads: BlockingThreads

    /// How long a port may keep us waiting once its host has proved that no server is there.
    private static let afterProof = Duration.seconds(1)

    /// What came in so far.
    private final class Findings: Sendable {
        struct State {
            var survey: Result<OldCoordinator, GatherFailure>?
            var answer: String?
            /// Addresses whose first attempt is over.
            var heard: Set<String> = []
            var isDone = false
        }
        let state = Mutex(State())
    }

    /// Looks until something is certain, for `window` at most.
    ///
    /// Not structured: a connection attempt to a black hole ends by its own deadline, and nobody waits for it.
    func look(for window: Duration) async -> OldCoordinator {
        let findings = Findings()
        let deadline = Deadline.after(window)
        let addresses = Set([former.address, former.hostname])
        Task { await survey(findings, within: window) }
        for address in addresses { Task { await listen(findings, to: address, until: deadline) } }
        defer { findings.state.withLock { $0.isDone = true } }
        var proof: Deadline?
        while !deadline.isPast {
            let (survey, answer, isHeard) = findings.state.withLock {
                ($0.survey, $0.answer, $0.heard.contains(former.address))
            }
            if let answer { return .running(evidence: answer) }
            if case .success(let verdict) = survey {
                if case .running = verdict { return verdict }
                if case .stopped = verdict {
                    let limit = proof ?? .after(Self.afterProof)
                    proof = limit
                    if isHeard || limit.isPast { return verdict }
                }
            }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return findings.state.withLock { state in
            if let answer = state.answer { return .running(evidence: answer) }
            switch state.survey {
            case .success(let verdict): return verdict
            case .failure(let failure): return .unreachable(reason: failure.text)
            case nil: return .unreachable(reason: "its host \(former.hostname) does not answer over SSH")
            }
        }
    }

    private func survey(_ findings: Findings, within window: Duration) async {
        let result: Result<OldCoordinator, GatherFailure>
        do {
            result = .success(try await verdict(within: window))
        } catch {
            result = .failure(GatherFailure(error))
        }
        findings.state.withLock { $0.survey = result }
    }

    /// What its host says of its directory; where that is not known, this machine of its traces.
    private func verdict(within window: Duration) async throws -> OldCoordinator {
        let command = ShellCommand(script, purpose: "the survey of \(former.hostname)", overallTimeout: window)
        guard let directory else {
            return FormerTraces.verdict(try await LocalShell().run(command, on: former.hostname))
        }
        let output = try await shell.run(command, onHostOf: former)
        return OldCoordinator(
            try CoordinatorSurvey(output: output.standardOutput), dataDirectory: directory,
            systemIdentifier: systemIdentifier, ownPlace: ownPlace)
    }

    /// Tries the port again and again; only the PostgreSQL protocol is an answer.
    private func listen(_ findings: Findings, to address: String, until deadline: Deadline) async {
        while !deadline.isPast, !findings.state.withLock({ $0.isDone }) {
            let parameters = ConnectionParameters(
                host: address, port: former.port, database: database,
                connectTimeout: max(.milliseconds(1), deadline.remaining))
            let answer = await threads.run { ServerPing.ask(parameters) }
            findings.state.withLock { state in
                state.heard.insert(address)
                switch answer {
                case .silent: break
                case .accepting: state.answer = "port \(former.port) of \(address) accepts PostgreSQL sessions"
                case .rejecting(let text), .mirror(let text):
                    let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? text
                    state.answer = "port \(former.port) of \(address) answers as PostgreSQL: \(line)"
                }
            }
            try? await Task.sleep(for: .milliseconds(250))
        }
    }
}
