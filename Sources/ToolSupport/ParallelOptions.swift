public import ArgumentParser

/// `-B`: how many hosts are worked on at once.
///
/// Each tool checks the range and words the error.
public struct HostParallelOptions: ParsableArguments, Sendable {
    @Option(name: .customShort("B"), help: ArgumentHelp("Hosts worked on at once, 1 to 64.", valueName: "number"))
    public var hostCount = 16

    public init() {}

    /// The range Greenplum accepts for `-B`.
    public static let hostRange = 1...64
    /// The same option for the argument pre-pass.
    public static let shapes: [OptionShape] = [.integer("-B")]
}

/// `-B` and `-b`: how many hosts, and how many segments on each, are worked on at once.
///
/// Each tool checks the ranges and words the errors.
public struct ParallelOptions: ParsableArguments, Sendable {
    @Option(name: .customShort("B"), help: ArgumentHelp("Hosts worked on at once, 1 to 64.", valueName: "number"))
    public var hostCount = 16

    @Option(
        name: .customShort("b"),
        help: ArgumentHelp("Segments of a host worked on at once, 1 to 128.", valueName: "number"))
    public var segmentCount = 64

    public init() {}

    /// The range Greenplum accepts for `-B`.
    public static let hostRange = 1...64
    /// The range Greenplum accepts for `-b`.
    public static let segmentRange = 1...128
    /// The same options for the argument pre-pass.
    public static let shapes: [OptionShape] = [.integer("-B"), .integer("-b")]
}
