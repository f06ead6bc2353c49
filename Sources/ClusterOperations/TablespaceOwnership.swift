public import ClusterModel

extension Engine {
    /// Why the unfinished copy with this mark cannot be removed with its tablespaces; nil when it can.
    ///
    /// Where tablespaces are kept by dbid (`tablespaceDirectory`), a dbid that went to somebody else meanwhile names
    /// that instance's tablespaces now.
    ///
    /// - Parameters:
    ///   - place: the instance that the copy was found for, as its row is or will be.
    ///   - row: the dbid of the row it has already.
    public func removalObstacle(
        _ mark: CopyMark, at place: (hostname: String, dataDirectory: String), row: DatabaseID?,
        in cluster: ClusterConfiguration
    ) -> String? {
        guard tablespacesAreSeparate, mark.dbid != row,
            let holder = cluster.allInstances.first(where: { $0.dbid == mark.dbid })
        else { return nil }
        return "\(place.hostname): the unfinished copy in \(place.dataDirectory) was made for dbid \(mark.dbid), "
            + "which \(holder.label) has now: remove it by hand"
    }

    /// The part of each of the source's tablespaces that a copy with this dbid fills.
    public func tablespaceDirectories(of source: SourceSurvey, for instance: DatabaseID) -> [String] {
        source.tablespaces.map { tablespaceDirectory($0.directory, of: instance) }
    }
}

extension SourceSurvey {
    /// Tablespace directories whose path a mark, a line a directory, cannot hold; as they can be shown.
    public var unusableTablespaces: [String] {
        tablespaces.map(\.directory).filter { !DataDirectory.isUsable($0) }
            .map { $0.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() }
    }
}
