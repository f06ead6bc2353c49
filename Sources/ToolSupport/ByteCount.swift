/// Sizes as people read them.
public enum ByteCount {
    /// `bytes` in PostgreSQL's units (1 kB = 1024 bytes): `512 bytes`, `16 MB`, `1.2 GB`.
    ///
    /// One decimal below 10, none when it is zero.
    public static func text(_ bytes: Int64) -> String {
        guard bytes >= 1024 else { return "\(bytes) bytes" }
        var value = Double(bytes)
        var unit = ""
        for next in ["kB", "MB", "GB", "TB", "PB", "EB"] {
            value /= 1024
            unit = next
            if value < 1023.5 { break }
        }
        let tenths = Int((value * 10).rounded())
        guard tenths < 100, !tenths.isMultiple(of: 10) else { return "\(Int(value.rounded())) \(unit)" }
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
