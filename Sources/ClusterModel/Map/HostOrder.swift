/// The order in which people count hosts: `sdw2` before `sdw10`.
public enum HostOrder {
    /// Whether `first` comes before `second`: digits compare as numbers, all else byte by byte.
    public static func precedes(_ first: String, _ second: String) -> Bool {
        var left = Array(first.utf8)[...]
        var right = Array(second.utf8)[...]
        while let one = left.first, let other = right.first {
            guard isDigit(one), isDigit(other) else {
                if one != other { return one < other }
                left.removeFirst()
                right.removeFirst()
                continue
            }
            let (own, theirs) = (number(&left), number(&right))
            if own.count != theirs.count { return own.count < theirs.count }
            if own != theirs { return own.lexicographicallyPrecedes(theirs) }
        }
        if left.isEmpty != right.isEmpty { return left.isEmpty }
        // `sdw1` and `sdw01` are equal so far.
        return first < second
    }

    /// The names in that order, each once.
    public static func sorted(_ names: some Sequence<String>) -> [String] { Set(names).sorted(by: precedes) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Takes the digits at the start, without leading zeros.
    private static func number(_ bytes: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = bytes.prefix(while: isDigit)
        bytes = bytes.dropFirst(digits.count)
        return digits.drop { $0 == UInt8(ascii: "0") }
    }
}
