import ClusterModel
import ClusterOperations
import TestSupport
import Testing

/// What keeps a copy by content from beginning costs the target nothing.
@Suite(.serialized) struct ContentCopyRefusalTests {
    @Test func `a source that turns the backup away leaves the copy as it was`() async throws {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let before = try await pair.run("cd \(pair.primary.dataDirectory) && find . -type f -exec md5sum {} + | sort")
        try await pair.sql("CREATE ROLE stranger LOGIN", on: pair.mirror)
        for (user, words) in [("stranger", "replication role"), ("nobody", "role \"nobody\" does not exist")] {
            let failure = await #expect(throws: RecoveryError.self) {
                try await pair.recovery(user: user).differential(
                    pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: { _ in })
            }
            #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
            #expect(failure?.leavesTargetUntouched == true)
        }
        #expect(
            try await pair.run("cd \(pair.primary.dataDirectory) && find . -type f -exec md5sum {} + | sort") == before)
        let recovery = try pair.recovery()
        #expect(try await recovery.reconcile(pair.primary).isEmpty)
        try await recovery.differential(pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: { _ in })
        try await pair.verify(pair.primary, from: pair.mirror)
    }

    @Test func `a target that cannot be marked stays as it was, with the reason, and no slot keeps WAL for it`()
        async throws
    {
        let pair = try await RecoveryPair()
        try await pair.failOver()
        let name = pair.primary.dataDirectory.split(separator: "/").last ?? ""
        try await pair.run("mkdir \(pair.path)/.\(name).gpha-copy.new")
        let recovery = try pair.recovery()
        let failure = await #expect(throws: RecoveryError.self) {
            try await recovery.differential(pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: { _ in })
        }
        #expect(failure?.message.contains("Is a directory") == true, "\(failure?.message ?? "")")
        #expect(failure?.leavesTargetUntouched == true)
        try await pair.run(
            "ls \(pair.primary.dataDirectory)/global/pg_control && rmdir \(pair.path)/.\(name).gpha-copy.new")
        #expect(try await pair.sql("SELECT count(*) FROM pg_replication_slots", on: pair.mirror) == "0")
        try await recovery.differential(pair.request(pair.primary, from: pair.mirror), check: {}, onEvent: { _ in })
        try await pair.verify(pair.primary, from: pair.mirror)
    }
}
