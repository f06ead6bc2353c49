/// Host names are hostile input: libssh puts them into the text of `ProxyCommand`, which a shell reads.
public enum RemoteHostName {
    /// Whether `name` is a host name, an IPv4 or an IPv6 address, and nothing else.
    ///
    /// A leading `-` would be an option to `ssh`; quotes, blanks, `$` and `@` would be more than a name.
    public static func isUsable(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "-"), name.utf8.count <= 253 else { return false }
        return name.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "%") }
    }

    /// Whether `name` can be a login name; it too may end in `ProxyCommand`.
    static func isUsableUser(_ name: String) -> Bool {
        guard let first = name.utf8.first, first != UInt8(ascii: "-") else { return false }
        return name.utf8.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "+") }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
