/// The coordinator whose standby took its place, as the history of the catalog remembers it.
public struct FormerCoordinator: Sendable, Equatable {
    /// Nil when the catalog could not be read before its row was gone.
    public var dbid: DatabaseID?
    public var hostname: String
    /// Where its database connections went.
    public var address: String
    public var port: Int
    /// Nil when unknown.
    public var dataDirectory: String?
    /// The addresses that the segments turn away.
    public var fencedAddresses: [String]

    public init(
        dbid: DatabaseID?, hostname: String, address: String, port: Int, dataDirectory: String?,
        fencedAddresses: [String] = []
    ) {
        self.dbid = dbid
        self.hostname = hostname
        self.address = address
        self.port = port
        self.dataDirectory = dataDirectory
        self.fencedAddresses = fencedAddresses
    }

    public init(_ segment: Segment) {
        self.init(
            dbid: segment.dbid, hostname: segment.hostname, address: segment.address, port: segment.port,
            dataDirectory: segment.dataDirectory)
    }

    /// `cdw:5432`.
    public var place: String { "\(hostname):\(port)" }

    static let historyStart = "gpactivatestandby: standby activated; former coordinator "

    /// What `LIKE` finds the history's rows by.
    public static let historyPattern = historyStart + "%"

    /// The row of `gp_configuration_history` about the activation.
    public var history: String {
        var words = [
            "dbid=\(dbid.map { "\($0)" } ?? "unknown")", "host=\(hostname)", "address=\(address)", "port=\(port)",
            "fenced=\(fencedAddresses.joined(separator: ","))",
        ]
        // Last, because a path may hold blanks.
        if let dataDirectory { words.append("datadir=\(dataDirectory)") }
        return Self.historyStart + words.joined(separator: " ")
    }

    /// Reads a row of the history; nil for any other row.
    public init?(history: String) {
        guard history.hasPrefix(Self.historyStart) else { return nil }
        var rest = history.dropFirst(Self.historyStart.count)
        var values: [Substring: Substring] = [:]
        while let equals = rest.firstIndex(of: "=") {
            let name = rest[..<equals]
            let value = rest[rest.index(after: equals)...]
            let end = name == "datadir" ? value.endIndex : value.firstIndex(of: " ") ?? value.endIndex
            values[name] = value[..<end]
            rest = value[end...].drop { $0 == " " }
        }
        guard let host = values["host"], let address = values["address"], let port = values["port"].flatMap({ Int($0) })
        else { return nil }
        self.init(
            dbid: values["dbid"].flatMap { Int($0) }.map { DatabaseID($0) }, hostname: String(host),
            address: String(address), port: port, dataDirectory: values["datadir"].map { String($0) },
            fencedAddresses: (values["fenced"] ?? "").split(separator: ",").map(String.init))
    }
}
