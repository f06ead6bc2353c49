import ClusterModel
import RemoteShell
import TestSupport
import Testing

@testable import EmbeddedCluster

/// Everything a run printed, for the comment of a failed expectation.
func words(_ output: CommandOutput) -> Comment {
    Comment(rawValue: "status \(output.status)\n\(output.standardOutput)\n\(output.standardError)")
}

extension ActivationCluster {
    /// The standby is the coordinator: one row, writes everywhere, its service runs, commits wait for nobody.
    func expectActivated(
        _ output: CommandOutput, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        #expect(output.status == 0, words(output), sourceLocation: sourceLocation)
        #expect(
            output.standardOutput.contains("The activation of the standby coordinator has completed successfully."),
            words(output), sourceLocation: sourceLocation)
        #expect(
            try await rows("content = -1") == ["\(standby.dbid) -1 p p s u \(standby.port)"],
            sourceLocation: sourceLocation)
        #expect(try await value("SELECT pg_is_in_recovery()", on: standby) == "f", sourceLocation: sourceLocation)
        #expect(
            try await value(
                "SELECT count(*) FROM gp_configuration_history WHERE description LIKE 'gpactivatestandby: standby%'",
                on: standby) == "1", sourceLocation: sourceLocation)
        try await demo.query(
            "INSERT INTO public.ledger SELECT coalesce(min(least(id, 0)), 0) - 1, 'new' FROM public.ledger",
            on: standby, timeout: .seconds(10))
        // It answers a request for a probe: the service of this coordinator runs.
        try await demo.query("SELECT gp_request_fts_probe_scan()", on: standby, timeout: .seconds(30))
    }

    /// The standby is a standby as before.
    func expectUntouched(_ output: CommandOutput, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(output.status == 2, words(output), sourceLocation: sourceLocation)
        #expect(try await isStandby(), sourceLocation: sourceLocation)
        #expect(PrivateFiles.exists(SupersededMark.path(coordinator.dataDirectory)) == false)
        for segment in segments {
            #expect(
                try !PrivateFiles.read(Self.accessFile(segment)).contains("gpha-fence"), sourceLocation: sourceLocation)
        }
    }
}
