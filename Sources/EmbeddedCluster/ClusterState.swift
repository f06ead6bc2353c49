/// What `cluster.conf` says: all that later commands need to find every part of the cluster again.
///
/// It is written before the first part is made, so that `destroy` finds the parts of a half-made cluster too.
public struct ClusterState: Sendable, Equatable {
    /// The first line: only a directory with a file that begins so is ever removed.
    static let marker = "# gpdemo cluster, format 1"
    static let fileName = "cluster.conf"

    /// Six letters and digits; part of the names of the account and the namespaces.
    public var id: String
    public var network: DemoNetwork
    /// What the servers are.
    public var engine = DemoEngine.embedded
    /// The operating-system account that everything runs as.
    public var account: String
    public var serverPrograms: String
    public var toolPrograms: String
    public var faultTolerance: Bool
    public var mirrors: DemoMirrors
    /// Whether it was created with a standby of the coordinator.
    public var standby = false
    public var layout: DemoLayout

    var text: String {
        var lines = [
            Self.marker, "id=\(id)", "network=\(network.rawValue)", "account=\(account)",
            "server_programs=\(serverPrograms)", "tool_programs=\(toolPrograms)",
            "fault_tolerance=\(faultTolerance ? "on" : "off")", "mirrors=\(mirrors)",
            "standby=\(standby ? "on" : "off")",
            "port_base=\(layout.portBase)", "primaries_per_host=\(layout.primariesPerHost)",
        ]
        if engine != .embedded { lines.append("engine=\(engine.rawValue)") }
        lines += layout.hosts.map { "host=\($0.name) \($0.address)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads `cluster.conf`.
    ///
    /// - Throws: `DemoError` that names the line or the missing key.
    init(text: String, directory: String) throws(DemoError) {
        let path = "\(directory)/\(Self.fileName)"
        let lines = text.split(separator: "\n").map(String.init)
        guard lines.first == Self.marker else { throw DemoError("\(path) is no cluster file of gpdemo") }
        var values: [String: String] = [:]
        var hosts: [DemoHost] = []
        for (number, line) in lines.enumerated().dropFirst() {
            guard let equals = line.firstIndex(of: "=") else {
                throw DemoError("\(path):\(number + 1): expected key=value")
            }
            let value = String(line[line.index(after: equals)...])
            guard line[..<equals] == "host" else {
                values[String(line[..<equals])] = value
                continue
            }
            let words = value.split(separator: " ").map(String.init)
            guard words.count == 2 else { throw DemoError("\(path):\(number + 1): expected host=NAME ADDRESS") }
            hosts.append(DemoHost(name: words[0], address: words[1]))
        }
        func value(_ key: String) throws(DemoError) -> String {
            guard let text = values[key] else { throw DemoError("\(path): '\(key)' is missing") }
            return text
        }
        func number(_ key: String) throws(DemoError) -> Int {
            let text = try value(key)
            guard let number = Int(text) else { throw DemoError("\(path): '\(key)' is no number: \(text)") }
            return number
        }
        guard hosts.count >= 3 else { throw DemoError("\(path): hosts are missing") }
        id = try value("id")
        guard id.utf8.count == 6, id.allSatisfy({ $0.isASCII && ($0.isLowercase || $0.isNumber) }) else {
            throw DemoError("\(path): 'id' is not one that gpdemo gives: \(id)")
        }
        guard let network = DemoNetwork(rawValue: try value("network")) else {
            throw DemoError("\(path): 'network' is unknown")
        }
        guard let mirrors = DemoMirrors(try value("mirrors")) else { throw DemoError("\(path): 'mirrors' is unknown") }
        self.network = network
        self.mirrors = mirrors
        standby = values["standby"] == "on"
        account = try value("account")
        serverPrograms = try value("server_programs")
        toolPrograms = try value("tool_programs")
        faultTolerance = try value("fault_tolerance") == "on"
        guard let engine = DemoEngine(rawValue: values["engine"] ?? DemoEngine.embedded.rawValue) else {
            throw DemoError("\(path): 'engine' is unknown")
        }
        self.engine = engine
        layout = DemoLayout(
            directory: directory, primariesPerHost: try number("primaries_per_host"),
            portBase: try number("port_base"), hosts: hosts, namesResolve: engine == .embedded || network == .namespaces
        )
    }

    init(specification: DemoSpecification, id: String, account: String, toolPrograms: String, layout: DemoLayout) {
        self.id = id
        network = specification.network
        engine = specification.engine
        self.account = account
        serverPrograms = specification.serverPrograms
        self.toolPrograms = toolPrograms
        faultTolerance = specification.faultTolerance
        mirrors = specification.mirrors
        standby = specification.standby
        self.layout = layout
    }
}
