import BlockingWork
import ClusterModel
import ClusterOperations
import PostgresClient

/// Turns a former coordinator away at segments that come back: they may have been out of reach when the activation of
/// its standby did that everywhere else.
struct FormerFence: Sendable {
    let access: ClusterAccess
    /// How long a host may take, connecting included.
    let hostTimeout: Duration

    /// How long a host's name may take to become addresses.
    private static let lookupTime = Duration.seconds(3)

    /// Sets it where the history remembers one; a file that has the lines already stays as it is.
    ///
    /// Undo: `gpinitstandby` takes the lines out when that host gets the standby.
    /// - Returns: what to tell about segments where it is missing, by dbid.
    func set(at segments: [Segment]) async -> [DatabaseID: String] {
        guard !segments.isEmpty else { return [:] }
        do {
            let (rows, activation) = try await access.withCoordinator { connection in
                (try Catalog.rows(connection), try Catalog.formerCoordinator(on: connection))
            }
            guard let activation, !activation.former.fencedAddresses.isEmpty else { return [:] }
            let addresses = await addresses(rows)
            guard let fence = Self.fence(activation.former, activation.successor, rows, addresses) else { return [:] }
            let leftOut = await SegmentFencing(access: access, hostTimeout: hostTimeout)
                .set(fence, at: segments, staying: Set(addresses.values.flatMap { $0 }).sorted())
            return Dictionary(uniqueKeysWithValues: leftOut.map { ($0.instance.dbid, Self.note($0)) })
        } catch {
            let note = "whether a former coordinator is to be turned away is not known: \(error)"
            return Dictionary(segments.map { ($0.dbid, note) }) { first, _ in first }
        }
    }

    private static func note(_ leftOut: SegmentFencing.LeftOut) -> String {
        "\(leftOut.instance.label) does not turn the former coordinator away: \(leftOut.reason); "
            + "gpactivatestandby --finish sets it"
    }

    /// What is to be turned away; nil when the coordinator is another one by now, or that host is one of the cluster's.
    ///
    /// - Parameter addresses: of each host, in digits, by host name.
    static func fence(
        _ former: FormerCoordinator, _ successor: DatabaseID, _ rows: [Segment], _ addresses: [String: [String]]
    ) -> SegmentFence? {
        let coordinator = rows.first { $0.isCoordinatorPair && $0.role == .primary }
        guard coordinator?.dbid == successor, !rows.contains(where: { $0.hostname == former.hostname }) else {
            return nil
        }
        let choice = SegmentFence.choose(former.fencedAddresses, staying: addresses)
        return choice.addresses.isEmpty ? nil : SegmentFence(host: former.hostname, addresses: choice.addresses)
    }

    private func addresses(_ rows: [Segment]) async -> [String: [String]] {
        let names = Dictionary(grouping: rows, by: \.hostname).mapValues { Set($0.map(\.address)) }
        let found = await fanOut(names.keys.sorted(), limit: 64) { [threads = access.threads] host in
            var list: [String] = []
            for name in (names[host] ?? []).union([host]).sorted() {
                let outcome = await threads.run {
                    HostLookup.addresses(of: name, port: 1, until: .after(Self.lookupTime))
                }
                if case .found(let addresses) = outcome { list += addresses.compactMap(\.numeric) }
            }
            return (host, list)
        }
        return Dictionary(uniqueKeysWithValues: found)
    }
}
