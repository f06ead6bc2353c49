/// The rows of an answer, as text; null is nil.
public struct QueryResult: Sendable, Equatable {
    public let columns: [String]
    public let rows: [[String?]]

    public init(columns: [String], rows: [[String?]]) {
        self.columns = columns
        self.rows = rows
    }

    /// The one value of an answer with one row and one column.
    ///
    /// - Throws: `PostgresError` of kind `shape` when there is more or less.
    public func value() throws(PostgresError) -> String? {
        guard rows.count == 1, rows[0].count == 1 else {
            throw PostgresError(.shape, "expected one value, got \(rows.count) row(s) of \(columns.count) column(s)")
        }
        return rows[0][0]
    }

    /// The one row of the answer.
    ///
    /// - Throws: `PostgresError` of kind `shape` when there is more or less.
    public func row() throws(PostgresError) -> [String?] {
        guard rows.count == 1 else { throw PostgresError(.shape, "expected one row, got \(rows.count)") }
        return rows[0]
    }
}
