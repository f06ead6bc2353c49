import BlockingWork
import CLibPQ
import Glibc

/// A session with one server.
///
/// It blocks: make, use and drop it on one thread of `BlockingThreads`. Every call has a deadline that also holds
/// when the server hangs; a statement that runs into it is cancelled on the server (`PQcancel`) and the connection
/// counts as lost.
public struct PostgresConnection: ~Copyable {
    private let handle: OpaquePointer
    /// Where the session leads, for messages.
    public let endpoint: String

    private init(handle: OpaquePointer, endpoint: String) {
        self.handle = handle
        self.endpoint = endpoint
    }

    deinit { PQfinish(handle) }

    /// Connects within `parameters.connectTimeout`.
    ///
    /// - Throws: `PostgresError` of kind `connection` or `timeout`.
    public static func connect(_ parameters: ConnectionParameters) throws(PostgresError) -> PostgresConnection {
        let deadline = Deadline.after(parameters.connectTimeout)
        let resolved = try NameLookup.resolve(parameters, until: deadline)
        let connection = PostgresConnection(handle: try start(resolved), endpoint: parameters.endpoint)
        PQsetNoticeProcessor(connection.handle, { _, _ in }, nil)
        // The SQLSTATE of a refusal is in the verbose text alone.
        PQsetErrorVerbosity(connection.handle, PQERRORS_VERBOSE)
        try connection.finishConnecting(deadline)
        return connection
    }

    private static func start(_ parameters: ConnectionParameters) throws(PostgresError) -> OpaquePointer {
        let pairs = parameters.keywords
        var keywords: [UnsafePointer<CChar>?] = pairs.map { strdup($0.0).map { UnsafePointer($0) } } + [nil]
        var values: [UnsafePointer<CChar>?] = pairs.map { strdup($0.1).map { UnsafePointer($0) } } + [nil]
        defer { for pointer in keywords + values { free(UnsafeMutablePointer(mutating: pointer)) } }
        guard let handle = PQconnectStartParams(&keywords, &values, 0) else {
            throw PostgresError(.connection, "out of memory")
        }
        return handle
    }

    private borrowing func finishConnecting(_ deadline: Deadline) throws(PostgresError) {
        guard PQstatus(handle) != CONNECTION_BAD else { throw lastError(.connection) }
        var wanted = PGRES_POLLING_WRITING
        while wanted != PGRES_POLLING_OK {
            guard wanted != PGRES_POLLING_FAILED else { throw lastError(.connection) }
            guard wait(forWriting: wanted == PGRES_POLLING_WRITING, until: deadline) else {
                throw PostgresError(.timeout, "timeout expired connecting to \(endpoint)")
            }
            wanted = PQconnectPoll(handle)
        }
    }

    /// Runs one statement and returns its rows.
    ///
    /// - Parameters:
    ///   - sql: one statement; values come as `$1`, `$2` … from `parameters`, never spliced in.
    ///   - parameters: text values, nil for null.
    ///   - timeout: how long the statement may take.
    /// - Throws: `PostgresError`.
    @discardableResult
    public borrowing func query(
        _ sql: String, _ parameters: [String?] = [], timeout: Duration = .seconds(30)
    ) throws(PostgresError) -> QueryResult {
        let deadline = Deadline.after(timeout)
        try send(sql, parameters)
        try flush(until: deadline)
        var result: QueryResult?
        var failure: PostgresError?
        while let answer = try nextAnswer(until: deadline, of: sql) {
            defer { PQclear(answer) }
            switch PQresultStatus(answer) {
            case PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE: result = Self.rows(answer)
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: result = result ?? QueryResult(columns: [], rows: [])
            default: failure = failure ?? Self.statementError(answer, alive: PQstatus(handle) == CONNECTION_OK)
            }
        }
        if let failure { throw failure }
        guard let result else { throw lastError(.lost) }
        return result
    }

    /// Whether the session still stands, as far as this side knows.
    public var isAlive: Bool { PQstatus(handle) == CONNECTION_OK }

    private borrowing func send(_ sql: String, _ parameters: [String?]) throws(PostgresError) {
        let sent: Int32
        if parameters.isEmpty {
            sent = PQsendQuery(handle, sql)
        } else {
            let copies = parameters.map { text in text.flatMap { strdup($0) } }
            defer { for copy in copies { free(copy) } }
            var values: [UnsafePointer<CChar>?] = copies.map { $0.map { UnsafePointer($0) } }
            sent = PQsendQueryParams(handle, sql, Int32(parameters.count), nil, &values, nil, nil, 0)
        }
        guard sent == 1 else { throw lastError(.lost) }
    }

    private borrowing func flush(until deadline: Deadline) throws(PostgresError) {
        while true {
            let left = PQflush(handle)
            if left == 0 { return }
            guard left == 1, wait(forWriting: true, until: deadline) else { throw lastError(.lost) }
        }
    }

    private borrowing func nextAnswer(
        until deadline: Deadline, of sql: String
    ) throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(handle) == 1 {
            guard wait(forWriting: false, until: deadline) else {
                cancel()
                throw PostgresError(.timeout, "\(endpoint) did not answer in time: \(sql.prefix(80))")
            }
            guard PQconsumeInput(handle) == 1 else { throw lastError(.lost) }
        }
        return PQgetResult(handle)
    }

    /// Asks the server to give up the running statement.
    ///
    /// Best effort: a hung server cannot be asked.
    private borrowing func cancel() {
        guard let token = PQgetCancel(handle) else { return }
        // The request opens a second connection that would block on a dead host; without a reachable server
        // nothing is lost by leaving it to a thread of its own.
        let address = UInt(bitPattern: token)
        let isStarted = Thread.detach {
            guard let token = OpaquePointer(bitPattern: address) else { return }
            var text = [CChar](repeating: 0, count: 256)
            PQcancel(token, &text, 256)
            PQfreeCancel(token)
        }
        if !isStarted { PQfreeCancel(token) }
    }

    private borrowing func wait(forWriting: Bool, until deadline: Deadline) -> Bool {
        var descriptor = pollfd(
            fd: PQsocket(handle), events: Int16(forWriting ? POLLOUT : POLLIN), revents: 0)
        while true {
            let ready = poll(&descriptor, 1, deadline.remainingMilliseconds)
            if ready > 0 { return true }
            if ready < 0 && errno == EINTR { continue }
            return false
        }
    }

    private borrowing func lastError(_ kind: PostgresError.Kind) -> PostgresError {
        let message = VerboseMessage(PQerrorMessage(handle).map { String(cString: $0) } ?? "")
        return PostgresError(
            kind, message.text.isEmpty ? "connection lost" : message.text, sqlState: message.sqlState)
    }

    private static func trimmed(_ text: String) -> String {
        var slice = Substring(text)
        while let last = slice.last, last.isWhitespace { slice.removeLast() }
        return String(slice)
    }

    private static func field(_ answer: OpaquePointer, _ code: Int) -> String? {
        PQresultErrorField(answer, Int32(code)).map { String(cString: $0) }
    }

    private static func statementError(_ answer: OpaquePointer, alive: Bool) -> PostgresError {
        let fallback = PQresultErrorMessage(answer).map { String(cString: $0) } ?? "unknown error"
        return PostgresError(
            alive ? .statement : .lost,
            field(answer, Int(CLIBPQ_DIAG_MESSAGE)).map(trimmed) ?? VerboseMessage(fallback).text,
            sqlState: field(answer, Int(CLIBPQ_DIAG_SQLSTATE)),
            detail: field(answer, Int(CLIBPQ_DIAG_DETAIL)))
    }

    private static func rows(_ answer: OpaquePointer) -> QueryResult {
        let width = PQnfields(answer)
        let columns = (0..<width).map { PQfname(answer, $0).map { String(cString: $0) } ?? "" }
        let rows = (0..<PQntuples(answer)).map { row in
            (0..<width).map { column -> String? in
                guard PQgetisnull(answer, row, column) == 0 else { return nil }
                return PQgetvalue(answer, row, column).map { String(cString: $0) }
            }
        }
        return QueryResult(columns: columns, rows: rows)
    }
}
