import ClusterModel
import ClusterOperations
import PostgresClient
import RemoteShell

/// Lets replication connections in on every primary that gets a mirror, and proves it from the mirror's host.
struct AuthenticationStep: Sendable {
    let access: ClusterAccess
    let build: MirrorBuild
    let hostLimit: Int

    /// Writes and reloads; returns what failed.
    func write(_ changes: [MirrorPlan.AuthenticationChange]) async -> [String] {
        await fanOut(changes, limit: hostLimit) { change -> String? in
            do {
                let old = try await HostFiles.read(change.file, on: change.segment.hostname, access.shell)
                let comment = "added by gpaddmirrors: replication of content \(change.segment.content)"
                if let text = HostBasedAuthentication.adding(change.lines, to: old.text, comment: comment) {
                    try await HostFiles.replace(
                        change.file, old, with: text, on: change.segment.hostname, access.shell)
                }
                _ = try await access.withSegment(change.segment) { try $0.query("SELECT pg_catalog.pg_reload_conf()") }
                return nil
            } catch {
                return "\(change.segment.label): \(error)"
            }
        }.compactMap { $0 }
    }

    /// Connects for replication from each mirror's host to its primary; returns what was refused.
    func proveForward(_ items: [MirrorPlan.Item]) async -> [String] {
        await prove(items.filter(\.action.copies).map { (from: $0.mirror, to: $0.source) })
    }

    /// The other direction, for the day when the roles are swapped: from each primary's host to its mirror.
    func proveBackward(_ items: [MirrorPlan.Item]) async -> [String] {
        guard access.engine.mirrorsAcceptSessions else { return [] }
        return await prove(items.map { (from: $0.source, to: $0.mirror) })
    }

    private func prove(_ ways: [(from: Segment, to: Segment)]) async -> [String] {
        await fanOut(ways, limit: hostLimit * 4) { way -> String? in
            // The server takes a moment to read its file again.
            let script = """
                for try in 1 2 3 4 5 6 7 8 9 10; do
                  answer=`\(build.replicationProof(way.to)) 2>&1` && exit 0
                  sleep 0.3
                done
                printf '%s\\n' "$answer" >&2; exit 1
                """
            do {
                let output = try await access.shell.run(
                    ShellCommand(
                        script, purpose: "a replication connection to \(way.to.label)", timeout: .seconds(130)),
                    on: way.from.hostname)
                guard !output.succeeded else { return nil }
                return "\(way.from.hostname) is not let in for replication by \(way.to.label): \(output.lastErrorLine)"
            } catch {
                return "\(way.to.label): \(error)"
            }
        }.compactMap { $0 }
    }
}
