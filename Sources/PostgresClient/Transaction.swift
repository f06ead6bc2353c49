extension PostgresConnection {
    /// Runs `body` in one transaction: committed when it returns, rolled back when it throws.
    ///
    /// - Parameter timeout: how long `BEGIN`, `COMMIT` and `ROLLBACK` may take each.
    /// - Throws: what `body` throws; `PostgresError`. Whether a commit that broke off took effect is not known then.
    @discardableResult
    public borrowing func transaction<Result>(
        timeout: Duration = .seconds(30), _ body: (borrowing PostgresConnection) throws -> Result
    ) throws -> Result {
        try query("BEGIN", timeout: timeout)
        do {
            let result = try body(self)
            try query("COMMIT", timeout: timeout)
            return result
        } catch {
            _ = try? query("ROLLBACK", timeout: timeout)
            throw error
        }
    }
}
