import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell

/// Lets replication connections in on every primary that gets a mirror, and proves it from the mirror's host.
struct AuthenticationStep: Sendable {
    let access: ClusterAccess
    let build: MirrorBuild
    let hostLimit: Int

    /// Writes, reloads and connects for replication from each mirror's host to its primary.
    ///
    /// - Returns: why it failed, by content; each pair is its own story.
    func admit(_ plan: MirrorPlan) async -> [ContentID: String] {
        let failures = await write(plan.authentication)
        let open = plan.items.filter { $0.action.copies && failures[$0.source.content] == nil }
        let refused = await prove(open.map { (content: $0.source.content, from: $0.mirror, to: $0.source) })
        return failures.merging(refused) { first, _ in first }
    }

    private func write(_ changes: [AuthenticationChange]) async -> [ContentID: String] {
        let results = await fanOut(changes, limit: hostLimit) { change -> (ContentID, String)? in
            do {
                try await write(change)
                return nil
            } catch {
                return (change.segment.content, "pg_hba.conf of \(change.segment.label): \(error)")
            }
        }
        return Dictionary(uniqueKeysWithValues: results.compactMap { $0 })
    }

    private func write(_ change: AuthenticationChange) async throws {
        let host = change.segment.hostname
        let old = try await HostFiles.read(change.file, on: host, access.shell)
        let comment = "added by gpaddmirrors: replication of content \(change.segment.content)"
        if let text = HostBasedAuthentication.adding(change.lines, to: old.text, comment: comment) {
            try await HostFiles.replace(change.file, old, with: text, on: host, access.shell)
        }
        _ = try await access.withSegment(change.segment) { try $0.query("SELECT pg_catalog.pg_reload_conf()") }
    }

    /// The other direction, for the day when the roles are swapped: from each primary's host to its mirror.
    ///
    /// - Returns: why it was refused, by content; nothing where mirrors let nobody in and it cannot be tried.
    func proveBackward(_ items: [MirrorPlan.Item]) async -> [ContentID: String] {
        guard access.engine.mirrorsAcceptSessions else { return [:] }
        return await prove(items.map { (content: $0.source.content, from: $0.source, to: $0.mirror) })
    }

    private func prove(_ ways: [(content: ContentID, from: Segment, to: Segment)]) async -> [ContentID: String] {
        let results = await fanOut(ways, limit: hostLimit * 4) { way -> (ContentID, String)? in
            await refusal(from: way.from, to: way.to).map { (way.content, $0) }
        }
        return Dictionary(uniqueKeysWithValues: results.compactMap { $0 })
    }

    /// Why `to` does not let the host of `from` replicate; nil when it does.
    private func refusal(from: Segment, to: Segment) async -> String? {
        // The server takes a moment to read its file again.
        let script = """
            for try in 1 2 3 4 5 6 7 8 9 10; do
              answer=`\(build.replicationProof(to)) 2>&1` && exit 0
              sleep 0.3
            done
            printf '%s\\n' "$answer" >&2; exit 1
            """
        do {
            let command = ShellCommand(
                script, purpose: "a replication connection to \(to.label)", timeout: .seconds(130))
            let output = try await access.shell.run(command, on: from.hostname)
            guard !output.succeeded else { return nil }
            return "\(from.hostname) is not let in for replication by \(to.label): \(output.lastErrorLine)"
        } catch {
            return "\(to.label): \(error)"
        }
    }
}
