/// What a layout means when hosts are lost.
public struct LayoutRisk: Sendable, Equatable {
    /// Hosts that carry a primary or a mirror.
    public let hosts: Int
    /// The most acting primaries on one host with all hosts alive.
    public let mostPrimariesNow: Int
    /// The most acting primaries on one host after the worst loss of one host.
    public let mostPrimariesAfterOneLoss: Int
    /// Contents with both copies on one host: losing that host stops the cluster.
    public let contentsOnOneHost: Int
    /// Unordered pairs of hosts whose joint loss stops the cluster.
    public let lethalHostPairs: Int

    /// All unordered pairs of hosts.
    public var hostPairs: Int { hosts * (hosts - 1) / 2 }
    /// The share of two-host losses that stop the cluster, 0 to 1; 0 when there are no two hosts.
    public var lethalShare: Double { hostPairs == 0 ? 0 : Double(lethalHostPairs) / Double(hostPairs) }

    /// Computes the risk from where the two copies of each content are.
    ///
    /// - Parameter copies: the hosts of the acting primary and of its mirror; nil for a missing mirror, whose
    ///   content counts as lost with its primary's host.
    public init(copies: [(primary: String, mirror: String?)]) {
        var numbers: [String: Int] = [:]
        func number(_ host: String) -> Int {
            if let known = numbers[host] { return known }
            numbers[host] = numbers.count
            return numbers.count - 1
        }
        let pairs = copies.map { (number($0.primary), $0.mirror.map(number)) }
        let hosts = numbers.count
        self.hosts = hosts
        var primaries = [Int](repeating: 0, count: hosts)
        var fatal = [Bool](repeating: false, count: hosts)
        var moved: [Int: Int] = [:]
        var lethal: Set<Int> = []
        for (primary, mirror) in pairs {
            primaries[primary] += 1
            guard let mirror, mirror != primary else {
                fatal[primary] = true
                continue
            }
            moved[primary * hosts + mirror, default: 0] += 1
            lethal.insert(min(primary, mirror) * hosts + max(primary, mirror))
        }
        contentsOnOneHost = pairs.count { $0.0 == $0.1 }
        mostPrimariesNow = primaries.max() ?? 0
        mostPrimariesAfterOneLoss = moved.reduce(primaries.max() ?? 0) {
            max($0, primaries[$1.key % hosts] + $1.value)
        }
        let safe = fatal.count { !$0 }
        let withFatal = hosts * (hosts - 1) / 2 - safe * (safe - 1) / 2
        lethalHostPairs = withFatal + lethal.count { !fatal[$0 / hosts] && !fatal[$0 % hosts] }
    }
}
