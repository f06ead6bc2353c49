import ClusterModel
import EmbeddedCluster
import Glibc
import PostgresClient
import RemoteShell
import TestClusters
import TestSupport
import Testing

extension RecoveryCluster {
    /// Waits until every pair is in sync, for at most 30 seconds.
    func awaitSync() async throws {
        let end = ContinuousClock.now + .seconds(30)
        while try await !isHealthy(), ContinuousClock.now < end {
            try await probe()
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Every pair is in sync, mirrors have their primaries' rows, and nothing of the work lies about.
    func expectHealthy(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await awaitSync()
        let rows = try await rows()
        #expect(
            rows.count == 6 && rows.allSatisfy { $0.mode == .inSync && $0.status == .up },
            "\(rows.map(\.catalogForm))", sourceLocation: sourceLocation)
        for primary in rows where primary.role == .primary {
            let mirror = try #require(
                rows.first { $0.content == primary.content && $0.role == .mirror }, sourceLocation: sourceLocation)
            try await expectCopy(mirror, of: primary, sourceLocation)
        }
        #expect(try await leftovers() == [], sourceLocation: sourceLocation)
    }

    private func expectCopy(
        _ mirror: Segment, of primary: Segment, _ sourceLocation: SourceLocation
    ) async throws {
        let senders = try await value(
            "SELECT string_agg(application_name || ' ' || sync_state, ',') FROM pg_stat_replication", on: primary)
        #expect(senders == "gp_walreceiver sync", sourceLocation: sourceLocation)
        let slot = try await value(
            "SELECT string_agg(slot_name || ' ' || active, ',') FROM pg_replication_slots", on: primary)
        #expect(slot == "internal_wal_replication_slot true", sourceLocation: sourceLocation)
        let position = try await value("SELECT pg_current_wal_flush_lsn()", on: primary)
        // A Greenplum mirror lets nobody in: its walreceiver's word is all there is.
        if TestEngine.isGreenplum { return try await expectReplayed(position, primary, sourceLocation) }
        let end = ContinuousClock.now + .seconds(20)
        while try await value("SELECT pg_last_wal_replay_lsn() >= '\(position)'::pg_lsn", on: mirror) != "t",
            ContinuousClock.now < end
        { try await Task.sleep(for: .milliseconds(50)) }
        let question = "SELECT count(*) || md5(string_agg(id || note, ',' ORDER BY id)) FROM public.ledger"
        let answer = try await value(question, on: mirror)
        #expect(try await answer == value(question, on: primary), sourceLocation: sourceLocation)
        #expect(!answer.isEmpty, sourceLocation: sourceLocation)
    }

    private func expectReplayed(
        _ position: String, _ primary: Segment, _ sourceLocation: SourceLocation
    ) async throws {
        let question = "SELECT replay_lsn >= '\(position)'::pg_lsn FROM pg_stat_replication"
        let end = ContinuousClock.now + .seconds(20)
        while try await value(question, on: primary) != "t", ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try await value(question, on: primary) == "t", sourceLocation: sourceLocation)
    }

    /// Marks, journals, locks, drafts, progress and old copies.
    func leftovers() async throws -> [String] {
        let found = try await shell(
            """
            find "$1" \\( -name '*gpha*' -o -name 'gprecoverseg.lock*' -o -name recovery_progress.file \\) \
            -not -name '*.log'
            """, [demo.directory])
        return found.standardOutput.split(separator: "\n").map(String.init)
    }

    /// Programs of a recovery that run for this cluster.
    func programs() -> [pid_t] {
        ["pg_basebackup", "pg_rewind", "rsync"].flatMap { Processes.all(with: [$0, demo.directory]) }
    }

    /// Waits until the full copy of a segment is being made.
    func expectCopying(_ segment: Segment, sourceLocation: SourceLocation = #_sourceLocation) async {
        let isCopying = await eventually(within: .seconds(30)) {
            !Processes.all(with: ["pg_basebackup", segment.dataDirectory]).isEmpty
        }
        #expect(isCopying, "no copy begins", sourceLocation: sourceLocation)
    }

    /// No program of a recovery lives longer than the watcher's grace.
    func expectNoPrograms(sourceLocation: SourceLocation = #_sourceLocation) async {
        let isQuiet = await eventually(within: .seconds(15)) { programs().isEmpty }
        #expect(isQuiet, "a program of the recovery still runs", sourceLocation: sourceLocation)
    }
}

/// Processes of this machine, as `/proc` shows them.
enum Processes {
    /// Live processes whose command lines hold all the words; shells, which carry texts, are left out.
    static func all(with words: [String]) -> [pid_t] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [pid_t] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let number = pid_t(name), isRunning(number), let line = text("/proc/\(number)/cmdline"),
                !line.hasPrefix("/bin/sh"), !line.hasPrefix("sh"), words.allSatisfy({ line.contains($0) })
            else { continue }
            found.append(number)
        }
        return found
    }

    static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
