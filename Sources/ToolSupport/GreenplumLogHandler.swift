public import Logging
import Reporting

/// Writes log records as Greenplum's tools do: to the screen and to the log file.
public struct GreenplumLogHandler: LogHandler {
    let log: ToolLog
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    init(_ log: ToolLog) {
        self.log = log
        logLevel = min(log.screenLevel ?? log.fileLevel, log.fileLevel)
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let own = event.metadata { all.merge(own) { $1 } }
        log.write([(event.level, "\(event.message)" + Self.text(of: all))])
    }

    /// ` (host=sdw1 dbid=4)`, in the order of the names; nothing when there is no metadata.
    static func text(of metadata: Logger.Metadata) -> String {
        guard !metadata.isEmpty else { return "" }
        let parts = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return " (" + parts.joined(separator: " ") + ")"
    }
}

/// Where a tool's log records go, and from which level up.
final class ToolLog: Sendable {
    let identity: LogIdentity
    let screen: Screen
    let stream: OutputStream
    /// Nil: nothing reaches the screen.
    let screenLevel: Logger.Level?
    let fileLevel: Logger.Level
    let file: LogFile?

    init(
        identity: LogIdentity, screen: Screen, use: ScreenUse, isVerbose: Bool, isQuiet: Bool, file: LogFile?
    ) {
        self.identity = identity
        self.screen = screen
        self.file = file
        stream = use == .log ? .standardOutput : .standardError
        fileLevel = isVerbose ? .debug : .info
        screenLevel =
            switch use {
            case .log, .data: isQuiet ? .warning : fileLevel
            case .errors: isVerbose ? .debug : .error
            case .nothing: isVerbose ? .debug : nil
            }
    }

    /// Writes the records in order: one write to each destination.
    func write(_ records: [(level: Logger.Level, text: String)]) {
        let time = LogTime.now
        var forScreen = ""
        var forFile = ""
        for (level, text) in records {
            let line = LogLine.text(level, text, at: time, by: identity)
            if let screenLevel, level >= screenLevel { forScreen += line }
            if level >= fileLevel { forFile += line }
        }
        if !forFile.isEmpty { file?.append(forFile) }
        if !forScreen.isEmpty { screen.write(forScreen, to: stream) }
    }

    func write(_ lines: [ReportLine]) {
        write(lines.map { ($0.level.logLevel, $0.text) })
    }
}

extension ReportLevel {
    /// The same level for swift-log.
    var logLevel: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}
