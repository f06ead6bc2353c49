import Glibc

/// Socket addresses as hosts tell them.
enum KernelAddress {
    /// As `/proc/net/tcp` and `tcp6` write them (proc(5)), in little-endian hexadecimal words: `0100007F:1770` → `127.0.0.1`; the two "any" addresses become `*`, IPv4 ones inside IPv6 plain IPv4.
    static func decode(_ text: String) -> String? {
        guard let host = text.split(separator: ":").first else { return nil }
        var bytes: [UInt8] = []
        var rest = host
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return String(host) }
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
            rest = rest.dropFirst(8)
        }
        if bytes.count == 16, bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10...11] == [255, 255] {
            bytes = Array(bytes.suffix(4))
        }
        guard bytes.contains(where: { $0 != 0 }) else { return "*" }
        var name = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard bytes.count == 4 || bytes.count == 16,
            inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &name, socklen_t(name.count)) != nil
        else { return String(host) }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// An address as ss(8) writes it: `*`, `0.0.0.0`, `[::]` and `::` become `*`; `[::1]` and `127.0.0.53%lo` lose what is
    /// not the address.
    static func plain(_ text: String) -> String {
        var host = text.filter { $0 != "[" && $0 != "]" }.prefix { $0 != "%" }
        if host.hasPrefix("::ffff:"), host.contains(".") { host = host.dropFirst(7) }
        return ["*", "0.0.0.0", "::"].contains(host) ? "*" : String(host)
    }
}
