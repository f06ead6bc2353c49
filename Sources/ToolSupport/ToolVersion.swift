/// The version of the suite: all its tools carry the same one.
public enum ToolVersion {
    public static let current = "0.1.0"

    /// The line that `--version` prints.
    public static func line(of tool: String) -> String { "\(tool) version \(current)" }
}
