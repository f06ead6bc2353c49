public import ClusterModel

/// What a host says of itself and of the places where mirrors are to be: one command per host, nothing changed.
public struct HostSurvey: Sendable, Equatable {
    /// What is asked about one mirror.
    public struct Question: Sendable, Equatable {
        public var dataDirectory: String
        public var address: String
        public var port: Int
        /// The primary as the mirror will reach it.
        public var sourceHost: String
        public var sourcePort: Int
        /// How the mirror will connect to it for replication, in libpq's words; empty: that is not tried.
        public var sourceConnection: String
        /// Where the source has its sockets; empty when it has none.
        public var sourceSockets: String
        /// Tablespace directories outside the data directory that the copy will fill.
        public var tablespaces: [String]

        public init(
            dataDirectory: String, address: String, port: Int, sourceHost: String, sourcePort: Int,
            sourceConnection: String = "", sourceSockets: String = "", tablespaces: [String]
        ) {
            self.dataDirectory = dataDirectory
            self.address = address
            self.port = port
            self.sourceHost = sourceHost
            self.sourcePort = sourcePort
            self.sourceConnection = sourceConnection
            self.sourceSockets = sourceSockets
            self.tablespaces = tablespaces
        }
    }

    /// What is found for one question.
    public struct Place: Sendable, Equatable {
        /// The directory that was asked about.
        public var dataDirectory: String
        public var directory: TargetDirectory = .absent
        /// Whether a postmaster runs in the directory.
        public var isRunning = false
        /// Whether one ever ran there: `postmaster.opts`, which no backup copies.
        public var wasStarted = false
        /// Why the directory cannot be made; nil when it can.
        public var obstacle: String?
        /// The file system of the data directory and those of the tablespaces, by path.
        public var spaces: [String: Space] = [:]
        /// What a copy of ours takes up already; 0 where that takes long to find out.
        public var usedBytes = 0
        /// Who listens on the port already: addresses, `*` for any.
        public var listeners: [String] = []
        /// The nearest directory that exists, itself or above it.
        public var nearestDirectory = ""
        /// Whether the source's socket directory cannot be used here: it is missing, or its name for the port is taken.
        public var lacksSocketDirectory = false
        /// Why the primary cannot be reached from here; nil when it answers.
        public var sourceProblem: String?
        /// Whether the primary let a replication connection from here in.
        public var isAdmitted = false
        /// Tablespace directories that exist here and hold something.
        public var filledTablespaces: [String] = []
    }

    /// A file system.
    public struct Space: Sendable, Equatable {
        public var device: String
        /// Nil when it could not be found out.
        public var freeBytes: Int?
    }

    /// `postgres --version` of the server's programs here; nil when they are missing.
    public var serverVersion: String?
    /// Programs that are missing.
    public var missingPrograms: [String] = []
    /// The host's addresses without loop-back and link-local ones.
    public var addresses: [String] = []
    /// The host's own address in the SSH connection; nil for this machine.
    public var shellAddress: String?
    /// The socket directory of an instance that runs here.
    public var socketDirectory: String?
    /// One per question, in its order.
    public var places: [Place] = []

    /// Reads what the script printed.
    ///
    /// - Throws: `OperationError` when a question stayed without answer.
    public init(output: String, questions: [Question]) throws(OperationError) {
        places = questions.map { Place(dataDirectory: $0.dataDirectory) }
        var answered: Set<Int> = []
        // Only the script's own line breaks count: a carriage return or the like can be part of a value.
        for line in output.unicodeScalars.split(separator: "\n") {
            let fields = Substring(line).split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count > 1 else { continue }
            switch fields[0] {
            case "version": serverVersion = fields[1]
            case "missing": missingPrograms.append(fields[1])
            case "address": addresses.append(fields[1])
            case "socket": socketDirectory = fields[1]
            case "shell": shellAddress = fields[1].isEmpty ? nil : fields[1]
            default:
                guard let index = Int(fields[1]), places.indices.contains(index) else { continue }
                if places[index].take(fields[0], Array(fields.dropFirst(2))) { answered.insert(index) }
            }
        }
        guard answered.count == questions.count else {
            throw OperationError("the survey of the mirror directories gave no complete answer")
        }
    }
}

extension HostSurvey.Place {
    /// Takes one answer; returns whether it was the one about the directory, which always comes.
    mutating func take(_ kind: String, _ values: [String]) -> Bool {
        let value = values.first ?? ""
        switch kind {
        case "absent": directory = .absent
        case "empty": directory = .empty
        case "foreign": directory = .foreign
        case "incomplete": directory = CopyMark(text: value).map { .incomplete($0) } ?? .foreign
        case "complete": directory = CopyMark(text: value).map { .complete($0) } ?? .foreign
        default:
            takeDetail(kind, value, values)
            return false
        }
        return true
    }

    private static func bytes(_ blocks: Int) -> Int { min(max(0, blocks), Int.max / 1024) * 1024 }

    private mutating func takeDetail(_ kind: String, _ value: String, _ values: [String]) {
        switch kind {
        case "running": isRunning = true
        case "obstacle": obstacle = value
        case "above": nearestDirectory = value
        case "sockets": lacksSocketDirectory = true
        case "space":
            guard values.count > 1 else { return }
            let free = values.count > 2 ? Int(values[2]).map(Self.bytes) : nil
            spaces[value] = HostSurvey.Space(device: values[1], freeBytes: free)
        case "started": wasStarted = true
        case "used": usedBytes = Int(value).map(Self.bytes) ?? 0
        case "listener": if let decoded = KernelAddress.decode(value) { listeners.append(decoded) }
        case "listens": listeners.append(KernelAddress.plain(value))
        case "unreachable": sourceProblem = value
        case "admitted": isAdmitted = true
        case "tablespace": filledTablespaces.append(value)
        default: break
        }
    }
}
