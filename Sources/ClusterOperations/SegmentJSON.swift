public import ClusterModel
public import Reporting

extension Segment {
    /// Where an instance is, as every tool's JSON names it.
    ///
    /// - Parameter hasNumber: whether its dbid comes first.
    public func place(hasNumber: Bool) -> JSONValue {
        .object(
            (hasNumber ? [("dbid", .int(dbid.rawValue))] : []) + [
                ("hostname", .string(hostname)), ("address", .string(address)), ("port", .int(port)),
                ("datadir", .string(dataDirectory)),
            ])
    }
}

extension AuthenticationChange {
    /// The file and the lines that it lacks.
    public var json: JSONValue {
        .object([
            ("dbid", .int(segment.dbid.rawValue)), ("hostname", .string(segment.hostname)), ("file", .string(file)),
            ("lines", .array(lines.map { .string($0) })),
        ])
    }
}
