/// The lines of `pg_hba.conf` that keep a former coordinator out of the segments.
///
/// They stand first in the file, since the server obeys the first line that fits, and each carries our mark.
public struct SegmentFence: Sendable, Equatable {
    /// The former coordinator's host, named in the mark.
    public var host: String
    /// Its addresses, without prefix lengths.
    public var addresses: [String]

    public init(host: String, addresses: [String]) {
        self.host = host
        self.addresses = addresses
    }

    private static let mark = "# gpha-fence"

    /// Two lines for each address: `all` does not mean replication.
    public var lines: [String] {
        addresses.flatMap { address in
            ["all", "replication"].map { "host \($0) all \(Self.refusal(of: address)) \(host)" }
        }
    }

    /// The part of a line that tells whom it turns away.
    public static func refusal(of address: String) -> String {
        "\(HostBasedAuthentication.withPrefix(address)) reject \(mark)"
    }

    /// Our lines in a file's text that turn `host` or one of `addresses` away.
    public static func lines(in text: String, host: String, addresses: [String]) -> [String] {
        let refusals = addresses.map { " \(refusal(of: $0)) " }
        return text.unicodeScalars.split(separator: "\n").map { String($0) }.filter { line in
            guard let start = line.firstRange(of: mark) else { return false }
            return line[start.upperBound...].trimmedBlanks == host || refusals.contains { line.contains($0) }
        }
    }

    /// What can be fenced off: addresses that belong to the former coordinator alone.
    public struct Choice: Sendable, Equatable {
        public var addresses: [String]
        /// Why the others cannot be, in words.
        public var obstacles: [String]
    }

    /// Chooses among the former coordinator's addresses.
    ///
    /// - Parameters:
    ///   - former: its addresses in digits.
    ///   - staying: the addresses of each host that must stay in, by host name.
    public static func choose(_ former: [String], staying: [String: [String]]) -> Choice {
        var choice = Choice(addresses: [], obstacles: [])
        for address in former where !choice.addresses.contains(address) {
            let hosts = staying.filter { $0.value.contains(address) }.keys.sorted()
            if isLoopback(address) {
                choice.obstacles.append("\(address) is a loop-back address, which tells no host from another")
            } else if !hosts.isEmpty {
                choice.obstacles.append("\(address) is also an address of \(hosts.joined(separator: ", "))")
            } else if address.contains("%") || address.lowercased().hasPrefix("fe80:") {
                choice.obstacles.append("\(address) is a link-local address")
            } else {
                choice.addresses.append(address)
            }
        }
        if former.isEmpty { choice.obstacles.append("no address of it is known") }
        return choice
    }

    private static func isLoopback(_ address: String) -> Bool { address.hasPrefix("127.") || address == "::1" }
}

extension Substring {
    fileprivate var trimmedBlanks: Substring {
        var text = drop { $0 == " " || $0 == "\t" || $0 == "\r" }
        while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
        return text
    }
}
