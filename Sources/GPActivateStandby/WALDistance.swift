import ClusterModel

extension WALPosition {
    /// Nil for no text, too.
    init?(_ text: String?) {
        guard let text else { return nil }
        self.init(text)
    }

    /// How many bytes it lies behind another; 0 when it does not.
    func bytes(behind other: WALPosition) -> Int64 {
        other > self ? Int64(clamping: other.rawValue - rawValue) : 0
    }
}
