import EmbeddedCluster
import TestSupport
import Testing

/// A cluster with a writer on every content.
struct WrittenCluster: WrittenDuringTest {
    let cluster: PairCluster
    let ledger: Ledger

    init(_ cluster: PairCluster, contents: Int = 1) {
        self.cluster = cluster
        ledger = Ledger(contents: Array(0..<contents)) { try cluster.actingPrimary($0).parameters }
    }
}

/// A cluster that is written to during a test.
protocol WrittenDuringTest: Sendable {
    var cluster: PairCluster { get }
    var ledger: Ledger { get }
}

extension WrittenDuringTest {
    /// Writes while `body` runs, then checks that no acknowledged row is lost and none invented.
    func writing(_ body: () async throws -> Void) async throws {
        async let writer: Void = ledger.write()
        let outcome: Result<Void, any Error>
        do {
            guard await eventually(within: .seconds(20), { ledger.snapshot.values.allSatisfy(\.isWritten) }) else {
                throw TestFailure("not every content takes rows:\n\(cluster.log.text)")
            }
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        ledger.stop()
        await writer
        try outcome.get()
        for verdict in try await ledger.verify() {
            #expect(verdict.lost.isEmpty && verdict.invented.isEmpty, "\(verdict)\n\(cluster.log.text)")
            #expect(verdict.acknowledged > 0)
        }
    }

    /// Waits until rows are acknowledged again.
    func progress(within limit: Duration = .seconds(20)) async throws {
        let before = ledger.acknowledgedCount
        guard await eventually(within: limit, { ledger.acknowledgedCount > before + 3 }) else {
            throw TestFailure("no row was acknowledged within \(limit):\n\(cluster.log.text)")
        }
    }
}

extension Ledger.Account {
    /// Whether rows were acknowledged.
    fileprivate var isWritten: Bool { acknowledged.count > 3 }
}
