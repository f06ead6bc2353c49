public import ClusterModel
import RemoteShell

/// Gathers the evidence on contents both of whose copies are down.
public enum DoubleFaultSurvey {
    /// Asks the hosts of the pairs, all at once; a host that does not answer is evidence too.
    ///
    /// - Parameters:
    ///   - pairs: those without a mirror are left out.
    ///   - coordinator: the name of the coordinator's host, for the commands to type.
    public static func ask(
        _ pairs: [SegmentPair], _ access: ClusterAccess, coordinator: String, hostLimit: Int,
        timeout: Duration = .seconds(60)
    ) async -> [DoubleFault] {
        let members = pairs.flatMap { pair in pair.mirror.map { [pair.primary, $0] } ?? [] }
        let hosts = Dictionary(grouping: members, by: \.hostname).sorted { $0.key < $1.key }
        let binaries = access.location.binaryDirectory
        let answers = await fanOut(hosts, limit: hostLimit) { host, segments in
            do {
                let survey = try await FailureSurvey.ask(
                    segments: segments, on: host, access.shell, binaryDirectory: binaries, timeout: timeout)
                return segments.map { DoubleFault.Copy(segment: $0, facts: survey.copies[$0.dbid]) }
            } catch {
                return segments.map {
                    DoubleFault.Copy(segment: $0, facts: nil, failure: (error as? ShellError)?.reason ?? "\(error)")
                }
            }
        }
        let copies = Dictionary(answers.joined().map { ($0.segment.dbid, $0) }) { first, _ in first }
        return pairs.compactMap { pair in
            guard let primary = copies[pair.primary.dbid], let mirror = pair.mirror.flatMap({ copies[$0.dbid] }) else {
                return nil
            }
            var fault = DoubleFault(primary: primary, mirror: mirror)
            fault.commands = commands(
                fault, engine: access.engine, binaryDirectory: binaries, coordinator: coordinator)
            return fault
        }
    }

    /// What to type to start from the chosen copy; empty without one.
    public static func commands(
        _ fault: DoubleFault, engine: Engine, binaryDirectory: String, coordinator: String
    ) -> [HostCommand] {
        guard let copy = fault.copies.first(where: { $0.segment.dbid == fault.choice.dbid }) else { return [] }
        let segment = copy.segment
        var commands: [HostCommand] = []
        if let postmaster = copy.facts?.postmaster {
            if postmaster.isStopped {
                commands.append(HostCommand(host: segment.hostname, text: "kill -CONT \(postmaster.pid)"))
            }
        } else {
            let options = engine.startOptions(of: segment).map { " -o \(ShellQuoting.word($0))" } ?? ""
            let log = ShellQuoting.word("\(segment.dataDirectory)/log/startup.log")
            let program = ShellQuoting.word("\(binaryDirectory)/pg_ctl")
            commands.append(
                HostCommand(
                    host: segment.hostname,
                    text: "\(program) -D \(ShellQuoting.word(segment.dataDirectory)) -w -l \(log)\(options) start"))
        }
        let probe = "psql -d \(engine.database) -c 'SELECT pg_catalog.gp_request_fts_probe_scan()'"
        for text in [probe, "gpstate -e", "gprecoverseg"] {
            commands.append(HostCommand(host: coordinator, text: text))
        }
        return commands
    }
}
