import PostgresClient
import TestSupport
import Testing

@Suite("Servers that do not answer")
struct PostgresClientTests {
    private func parameters(_ port: Int, _ timeout: Duration = .seconds(10)) -> ConnectionParameters {
        ConnectionParameters(host: "127.0.0.1", port: port, database: "postgres", connectTimeout: timeout)
    }

    private func failure(_ parameters: ConnectionParameters) -> PostgresError? {
        do {
            _ = try PostgresConnection.connect(parameters)
            return nil
        } catch {
            return error
        }
    }

    @Test("A refused port fails at once, and names the port")
    func refused() throws {
        let port = try Loopback.freePort()
        let start = ContinuousClock.now
        let error = failure(parameters(port))
        #expect(error?.kind == .connection)
        #expect(error?.message.contains("\(port)") == true)
        #expect(start.duration(to: .now) < .seconds(2))
    }

    @Test("A listener that says nothing costs the timeout and no more")
    func hung() throws {
        let listener = try FakeListener(.hang)
        let start = ContinuousClock.now
        #expect(failure(parameters(listener.port, .milliseconds(400)))?.kind == .timeout)
        let taken = start.duration(to: .now)
        #expect(taken >= .milliseconds(400) && taken < .seconds(3))
    }

    @Test("Nobody there is silent, for ping")
    func ping() throws {
        guard case .silent = ServerPing.ask(parameters(try Loopback.freePort())) else {
            Issue.record("a free port answered")
            return
        }
    }
}
