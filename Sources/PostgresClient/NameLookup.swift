import BlockingWork

/// Looks names up before libpq does, which would wait for the resolver as long as that likes.
enum NameLookup {
    /// The parameters with the addresses of their host, where it is a name; the name stays, for `.pgpass` and TLS.
    ///
    /// - Throws: `PostgresError` of kind `connection` in libpq's words, or `timeout`.
    static func resolve(
        _ parameters: ConnectionParameters, until deadline: Deadline
    ) throws(PostgresError) -> ConnectionParameters {
        let host = parameters.host
        // Socket directories and abstract sockets begin so; libpq has its own default for no host.
        guard parameters.hostAddress == nil, !host.isEmpty, !host.hasPrefix("/"), !host.hasPrefix("@"),
            !HostLookup.isNumeric(host)
        else { return parameters }
        switch HostLookup.addresses(of: host, port: parameters.port, until: deadline) {
        case .found(let addresses):
            var resolved = parameters
            let numeric = addresses.compactMap(\.numeric)
            guard !numeric.isEmpty else { return parameters }
            // libpq pairs the two lists.
            resolved.host = Array(repeating: host, count: numeric.count).joined(separator: ",")
            resolved.hostAddress = numeric.joined(separator: ",")
            return resolved
        case .failed(let reason):
            throw PostgresError(.connection, "could not translate host name \"\(host)\" to address: \(reason)")
        case .timeout:
            throw PostgresError(.timeout, "timeout expired looking up \(host)")
        }
    }
}
