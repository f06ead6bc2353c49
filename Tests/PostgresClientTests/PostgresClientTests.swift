import BlockingWork
import Glibc
import TestSupport
import Testing

@testable import PostgresClient

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

    @Test(
        "A refusal is told by its code, whatever the server's language, and shown without code and source line",
        arguments: [
            ("57P03", "das Datenbanksystem ist im Wiederherstellungsmodus", true),
            ("57P01", "выключение", true), ("3D000", "Datenbank »postgres« existiert nicht", false),
        ])
    func language(_ code: String, _ words: String, _ isRejecting: Bool) throws {
        let server = try RefusingServer([
            ("S", "ВАЖНО"), ("V", "FATAL"), ("C", code), ("M", words), ("F", "postmaster.c"), ("L", "2370"),
            ("R", "ProcessStartupPacket"),
        ])
        let error = try #require(failure(parameters(server.port)))
        #expect(error.kind == .connection && error.sqlState == code)
        #expect(error.message.hasSuffix("failed: ВАЖНО:  \(words)"), "\(error.message)")
        #expect(ServerPing.classify(error) == (isRejecting ? .rejecting(error.message) : .accepting))
        #expect(error.isServerStarting == (code == "57P03"))
    }

    @Test(
        "Passwords come by libpq's rules: PGPASSWORD first, a password file only when it is closed to others",
        arguments: [("from the environment", 0o644, "from the environment"), (nil, 0o600, "a:b"), (nil, 0o644, nil)]
            as [(String?, mode_t, String?)])
    func passwords(_ variable: String?, _ mode: mode_t, _ expected: String?) throws {
        let server = try PasswordServer()
        let directory = try TemporaryDirectory()
        let file = try directory.write("127.0.0.1:\(server.port):*:*:a\\:b\n", to: "pgpass", mode: mode)
        // libpq reads both from the process; nothing else runs in it meanwhile.
        setenv("PGPASSFILE", file, 1)
        if let variable { setenv("PGPASSWORD", variable, 1) } else { unsetenv("PGPASSWORD") }
        defer {
            unsetenv("PGPASSFILE")
            unsetenv("PGPASSWORD")
        }
        let error = try #require(failure(parameters(server.port)))
        #expect(server.passwords == (expected.map { [$0] } ?? []), "\(error.message)")
        if expected == nil { #expect(error.message.contains("password"), "\(error.message)") }
    }

    @Test("What a Greenplum mirror says of itself stays whole")
    func mirror() throws {
        let server = try RefusingServer([
            ("S", "FATAL"), ("V", "FATAL"), ("C", "57M02"), ("M", "the database system is in recovery mode"),
            ("D", "last replayed record at 0/C000110\n- VERSION: PostgreSQL 12.12 (Greenplum Database 7.1.0)"),
            ("F", "postmaster.c"), ("L", "2370"), ("R", "ProcessStartupPacket"),
        ])
        let error = try #require(failure(parameters(server.port)))
        #expect(
            error.message.hasSuffix(
                """
                FATAL:  the database system is in recovery mode
                DETAIL:  last replayed record at 0/C000110
                - VERSION: PostgreSQL 12.12 (Greenplum Database 7.1.0)
                """), "\(error.message)")
        #expect(ServerPing.classify(error) == .mirror(error.message))
    }

    @Test(
        "A text without a code stays as it is",
        arguments: ["", "sorry, too many clients already", "a:  b: c", "x:  57P03:y"])
    func plainText(_ text: String) {
        #expect(VerboseMessage(text).text == text)
        #expect(VerboseMessage(text).sqlState == nil)
    }

    @Test("A name is looked up here and keeps its place; addresses and socket directories go as they are")
    func names() throws {
        let named = try NameLookup.resolve(
            ConnectionParameters(host: "localhost", port: 5432, database: "postgres"), until: .after(.seconds(5)))
        let addresses = try #require(named.hostAddress).split(separator: ",")
        #expect(addresses.contains { $0 == "127.0.0.1" || $0 == "::1" })
        #expect(named.host.split(separator: ",") == addresses.map { _ in "localhost" })
        for host in ["127.0.0.1", "::1", "/tmp", "@abstract", ""] {
            let parameters = ConnectionParameters(host: host, port: 5432, database: "postgres")
            #expect(try NameLookup.resolve(parameters, until: .after(.seconds(5))) == parameters)
        }
    }

    @Test("A name that nobody knows fails in libpq's words; one that is not answered in time is a timeout")
    func unknownName() {
        let parameters = ConnectionParameters(host: "no such name", port: 5432, database: "postgres")
        let error = failure(parameters)
        #expect(error?.kind == .connection)
        #expect(error?.message.hasPrefix("could not translate host name \"no such name\" to address: ") == true)
        let late = #expect(throws: PostgresError.self) {
            _ = try NameLookup.resolve(parameters, until: .after(.zero))
        }
        #expect(late?.kind == .timeout)
    }
}
