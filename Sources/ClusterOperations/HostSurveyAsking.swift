public import ClusterModel
import RemoteShell

extension ClusterAccess {
    /// Asks one host about places on it, with one script; what does not answer is a fact too.
    ///
    /// - Parameters:
    ///   - questions: the places; none asks for addresses and versions alone.
    ///   - siblings: instances on that host whose directories are looked at for the socket directory.
    ///   - timeout: what the host may take, before what the survey itself waits for.
    public func survey(
        _ host: String, _ questions: [HostSurvey.Question], siblings: [Segment], timeout: Duration
    ) async -> Result<HostSurvey, GatherFailure> {
        let script = HostSurvey.script(
            questions, binaryDirectory: location.binaryDirectory, siblings: siblings.map(\.dataDirectory),
            versionProgram: engine.versionProgram, versionArgument: engine.versionArgument)
        do {
            let output = try await shell.run(
                ShellCommand(script, purpose: "the survey of host \(host)", timeout: timeout + .seconds(10)), on: host)
            return .success(try HostSurvey(output: output.standardOutput, questions: questions))
        } catch {
            return .failure(GatherFailure(error))
        }
    }
}
