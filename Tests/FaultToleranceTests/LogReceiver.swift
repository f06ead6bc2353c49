import BlockingWork
import ClusterModel
import ClusterOperations
import Glibc
import PostgresClient
import Synchronization
import TestSupport

/// A `pg_receivewal` that streams from a primary under some name, without a slot.
final class LogReceiver: Sendable {
    private let process: pid_t
    private let isStopped = Atomic<Bool>(false)

    fileprivate init(directory: String, primary: TestServer, name: String) throws {
        try Account.run(
            """
            mkdir -p \(directory) && { "$bin"/pg_receivewal -n -D \(directory) \
            -d 'host=127.0.0.1 port=\(primary.port) user=postgres application_name=\(name)' & } \
            && echo $! > \(directory).pid
            """)
        guard let process = pid_t(try LocalFiles.read(directory + ".pid").trimmed), process > 1 else {
            throw TestFailure("pg_receivewal has no process ID")
        }
        self.process = process
    }

    deinit { stop() }

    /// Ends it.
    func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        kill(process, SIGKILL)
    }
}

extension PairCluster {
    /// Starts a receiver of a primary's log and waits until it streams.
    func receiver(of primary: TestServer, name: String) throws -> LogReceiver {
        let receiver = try LogReceiver(
            directory: coordinator.directory + "/../receiver-\(name)", primary: primary, name: name)
        for _ in 0..<200 {
            let streams = try primary.sql(
                """
                SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication
                WHERE application_name = '\(name)' AND state = 'streaming'
                    AND pid NOT IN (SELECT active_pid FROM pg_catalog.pg_replication_slots WHERE active)
                """
            ).value()
            if streams == "1" { return receiver }
            usleep(50_000)
        }
        throw TestFailure("pg_receivewal does not stream")
    }
}
