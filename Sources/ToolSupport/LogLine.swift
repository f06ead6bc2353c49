import Glibc
public import Logging

/// Who writes a log: the fixed part of every line.
public struct LogIdentity: Sendable, Equatable {
    public let tool: String
    public let host: String
    public let user: String
    public let processID: Int32

    public init(tool: String, host: String, user: String, processID: Int32) {
        self.tool = tool
        self.host = host
        self.user = user
        self.processID = processID
    }

    /// This process: the host name up to its first dot, and the user that the real user ID has in passwd.
    public static func current(tool: String) -> LogIdentity {
        LogIdentity(tool: tool, host: hostName(), user: userName(), processID: getpid())
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: ".") }, as: UTF8.self)
    }

    private static func userName() -> String {
        UserRecord.current?.name ?? String(getuid())
    }
}

/// The calling user's passwd entry, as far as tools need it.
struct UserRecord {
    let name: String
    let home: String

    static var current: UserRecord? {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 16_384)
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name,
            let home = entry.pw_dir
        else { return nil }
        return UserRecord(name: String(cString: name), home: String(cString: home))
    }
}

/// A local point in time, to the second.
public struct LogTime: Sendable, Equatable {
    public let year: Int
    public let month: Int
    public let day: Int
    public let hour: Int
    public let minute: Int
    public let second: Int

    public init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        (self.year, self.month, self.day) = (year, month, day)
        (self.hour, self.minute, self.second) = (hour, minute, second)
    }

    /// The moment it is called, in the process's time zone.
    public static var now: LogTime {
        var seconds = time(nil)
        var local = tm()
        localtime_r(&seconds, &local)
        return LogTime(
            year: Int(local.tm_year) + 1900, month: Int(local.tm_mon) + 1, day: Int(local.tm_mday),
            hour: Int(local.tm_hour), minute: Int(local.tm_min), second: Int(local.tm_sec))
    }

    /// `YYYYMMDD`.
    public var date: String { LogLine.padded(year, 4) + LogLine.padded(month, 2) + LogLine.padded(day, 2) }
    /// `HH:MM:SS`.
    public var clock: String { [hour, minute, second].map { LogLine.padded($0, 2) }.joined(separator: ":") }
}

/// Greenplum's log line.
public enum LogLine {
    /// `YYYYMMDD:HH:MM:SS:PPPPPP <prog>:<host>:<user>-[<LEVEL>]:-<message>`, with its newline.
    ///
    /// A message of several lines gets the prefix on its first one only, as Greenplum's.
    public static func text(_ level: Logger.Level, _ message: String, at time: LogTime, by identity: LogIdentity)
        -> String
    {
        "\(time.date):\(time.clock):\(padded(Int(identity.processID), 6)) "
            + "\(identity.tool):\(identity.host):\(identity.user)-[\(name(of: level))]:-"
            + PrintableText.of(message) + "\n"
    }

    /// The level's name in Greenplum's logs.
    public static func name(of level: Logger.Level) -> String {
        switch level {
        case .trace, .debug: "DEBUG"
        case .info, .notice: "INFO"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "CRITICAL"
        }
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
