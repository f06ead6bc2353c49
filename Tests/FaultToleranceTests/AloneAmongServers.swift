import Testing

/// The suites that start servers run one after the other.
///
/// Their tests block the threads they run on, and together they would make the times that they measure meaningless.
struct AloneAmongServers: SuiteTrait, TestScoping {
    private static let turn = Turn()

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await Self.turn.begin()
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await function())
        } catch {
            outcome = .failure(error)
        }
        await Self.turn.end()
        try outcome.get()
    }

    /// Handed from one suite to the next.
    private actor Turn {
        private var isTaken = false
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func begin() async {
            guard isTaken else {
                isTaken = true
                return
            }
            await withCheckedContinuation { waiting.append($0) }
        }

        func end() {
            if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
        }
    }
}

extension Trait where Self == AloneAmongServers {
    /// One suite with servers at a time.
    static var aloneAmongServers: AloneAmongServers { AloneAmongServers() }
}
