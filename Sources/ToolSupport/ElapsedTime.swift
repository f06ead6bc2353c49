/// Durations as people read them.
public enum ElapsedTime {
    /// The two largest units: `0.4s`, `45s`, `1m 20s`, `2h 5m`, `3d 4h`; a negative duration counts as zero.
    public static func text(_ duration: Duration) -> String {
        let (whole, attoseconds) = max(.zero, duration).components
        let tenths = whole * 10 + attoseconds / 100_000_000_000_000_000
        guard tenths >= 100 || tenths.isMultiple(of: 10) else { return "\(tenths / 10).\(tenths % 10)s" }
        switch whole {
        case ..<60: return "\(whole)s"
        case ..<3600: return "\(whole / 60)m \(whole % 60)s"
        case ..<86_400: return "\(whole / 3600)h \(whole % 3600 / 60)m"
        default: return "\(whole / 86_400)d \(whole % 86_400 / 3600)h"
        }
    }
}
