public import ClusterModel

extension SourceSurvey {
    /// What a copy must not take over: the port, and on a host-bound source its addresses and socket place.
    ///
    /// - Parameters:
    ///   - source: the instance that is copied, which this survey is of.
    ///   - address: where the copy listens when its source listens on an address of its own.
    ///   - survey: what the copy's host said.
    public func settingsOfCopy(
        of source: Segment, address: String, port: Int, dataDirectory: String, on survey: HostSurvey
    ) -> [InstanceSetting] {
        var settings = [InstanceSetting("port", "\(port)")]
        let listens = listenAddresses.split(separator: ",").map { $0.trimmed }
        if !listens.contains("*"), listens.contains(source.address) {
            settings.append(InstanceSetting("listen_addresses", address))
        }
        if let directory = survey.socketDirectory {
            if directory != socketDirectories {
                settings.append(InstanceSetting("unix_socket_directories", directory))
            }
        } else if survey.places.contains(where: { $0.dataDirectory == dataDirectory && $0.lacksSocketDirectory }) {
            settings.append(InstanceSetting("unix_socket_directories", Self.ownSockets(dataDirectory)))
        }
        return settings
    }

    /// Where its sockets go when its source has them.
    public var firstSocketDirectory: String {
        let first = socketDirectories.split(separator: ",").first.map { $0.trimmed } ?? ""
        return first.hasPrefix("/") ? first : ""
    }

    /// A place for sockets that is the instance's alone: its data directory, when the name fits `sockaddr_un`.
    private static func ownSockets(_ dataDirectory: String) -> String {
        "\(dataDirectory)/.s.PGSQL.65535.lock".utf8.count <= 107 ? dataDirectory : "/tmp"
    }
}
