import BlockingWork
import ClusterModel
public import ClusterOperations

/// The settings of the service: Greenplum's names and defaults (compatibility table, FTS).
public struct FTSSettings: Sendable, Equatable {
    /// From the start of one cycle to the start of the next: `gp_fts_probe_interval`.
    public var probeInterval: Duration
    /// How long one attempt at an instance may take, connecting included: `gp_fts_probe_timeout`.
    public var probeTimeout: Duration
    /// How many more attempts follow a failed first one, a second apart: `gp_fts_probe_retries`.
    public var probeRetries: Int
    /// How long a mirror may be missing before it is marked down: `gp_fts_mark_mirror_down_grace_period`.
    public var mirrorGracePeriod: Duration

    /// How long a coordinator that went away is waited for before the service ends with it.
    ///
    /// No setting of the file: a restart takes seconds, and whoever starts a coordinator later starts its service too.
    public var coordinatorPatience: Duration = .seconds(60)

    /// The pause between two attempts; fixed, as in the original.
    public static let retryPause: Duration = .seconds(1)
    /// How long a primary that says it is starting, stopping or recovering counts as alive.
    ///
    /// A crash restart ends well within it; a primary that takes longer gives way to its mirror, which loses nothing.
    public static let startingPatience: Duration = .seconds(60)
    /// How long a promotion is waited for before it is left to the next cycle.
    public static let promotionPatience: Duration = .seconds(15)

    /// How long the catalog may be locked by somebody else before a cycle gives up; the session stays.
    public var lockPatience: Duration { min(.seconds(5), probeTimeout) }

    /// How long one attempt to bring a mirror into sync may take.
    ///
    /// Commits may wait for the mirror during it.
    public var bringUpPatience: Duration { max(.seconds(10), probeTimeout) }

    /// How long a standby of the coordinator that is in sync may take to have a change of the catalog on its disk
    /// before the work goes on without it.
    public static let standbyPatience: Duration = .seconds(2)

    /// How long one CHECKPOINT on the way into sync may take, while the mirror streams and moves.
    public static let checkpointPatience: Duration = .seconds(60)

    public init(
        probeInterval: Duration = .seconds(60), probeTimeout: Duration = .seconds(20), probeRetries: Int = 5,
        mirrorGracePeriod: Duration = .seconds(30)
    ) {
        self.probeInterval = probeInterval
        self.probeTimeout = probeTimeout
        self.probeRetries = probeRetries
        self.mirrorGracePeriod = mirrorGracePeriod
    }

    /// The name of the settings file in the coordinator's data directory.
    public static let fileName = "gpftsd.conf"

    /// The settings in the coordinator's data directory; the defaults where there is no file.
    ///
    /// - Throws: `OperationError` that names file and line; `LocalFileError` when the file cannot be read.
    public static func read(dataDirectory: String) throws -> FTSSettings {
        let path = dataDirectory + "/" + fileName
        guard LocalFiles.exists(path) else { return FTSSettings() }
        return try FTSSettings(text: try LocalFiles.read(path), path: path)
    }

    /// Reads `name = value` lines, with the server's rules for quotes, comments and time units.
    ///
    /// - Throws: `OperationError` that names `path` and the line.
    public init(text: String, path: String) throws(OperationError) {
        self.init()
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            guard let (name, value) = ServerSettings(text: String(line)).assignments.first else { continue }
            do {
                try Self.checkEnd(of: line)
                try set(name, value)
            } catch {
                throw OperationError("\(path):\(index + 1): \(error.message)", hint: error.hint)
            }
        }
    }

    /// A value of two words needs quotes; half of it must not count as the whole.
    private static func checkEnd(of line: Substring) throws(OperationError) {
        guard !line.contains("'") else { return }
        let words = line.prefix { $0 != "#" }.split { $0.isWhitespace || $0 == "=" }
        guard words.count > 2 else { return }
        throw OperationError(
            "a value of several words needs single quotes: '\(words.dropFirst().joined(separator: " "))'")
    }

    private mutating func set(_ name: String, _ value: String) throws(OperationError) {
        switch name {
        case "gp_fts_probe_interval":
            probeInterval = try Self.duration(name, value, from: .milliseconds(100), to: .seconds(3600))
        case "gp_fts_probe_timeout":
            probeTimeout = try Self.duration(name, value, from: .milliseconds(100), to: .seconds(3600))
        case "gp_fts_mark_mirror_down_grace_period":
            mirrorGracePeriod = try Self.duration(name, value, from: .zero, to: .seconds(3600))
        case "gp_fts_probe_retries":
            guard let number = Int(value), (0...100).contains(number) else {
                throw OperationError("\(name) takes a whole number from 0 to 100, not '\(value)'")
            }
            probeRetries = number
        default:
            throw OperationError(
                "unknown setting '\(name)'",
                hint: "known: gp_fts_probe_interval, gp_fts_probe_timeout, gp_fts_probe_retries, "
                    + "gp_fts_mark_mirror_down_grace_period")
        }
    }

    private static func duration(
        _ name: String, _ text: String, from least: Duration, to most: Duration
    ) throws(OperationError) -> Duration {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Duration] = [
            "": .seconds(1), "ms": .milliseconds(1), "s": .seconds(1), "min": .seconds(60), "h": .seconds(3600),
        ]
        // Seven digits at most: no unit can overflow.
        guard digits.count <= 7, let number = Int(digits), let unit = units[text.dropFirst(digits.count).trimmed],
            (least...most).contains(unit * number)
        else {
            throw OperationError(
                "\(name) takes a time from \(least) to \(most), in seconds or with a unit (ms, s, min, h), not '\(text)'"
            )
        }
        return unit * number
    }
}
