import Glibc
import Reporting

@testable import GPState

/// Recorded behaviour of the original, beside the tests.
enum Fixture {
    struct Unreadable: Error {
        let path: String
    }

    private static var root: String {
        #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Fixtures"
    }

    static func text(_ name: String) throws -> String {
        let path = root + "/" + name
        guard let file = fopen(path, "r") else { throw Unreadable(path: path) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The names of the files in a folder, sorted.
    static func names(in folder: String) -> [String] {
        guard let directory = opendir(root + "/" + folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    /// Every `STATE.gpstate-MODE.txt`.
    static let stateOutputs = names(in: "states").filter { $0.hasSuffix(".txt") }
    /// Every `gpstate-MODE.txt` of the healthy cluster.
    static let healthyOutputs = names(in: "healthy")

    /// The mode that a file name ends with.
    static func mode(ofFile name: String) -> StatusMode? {
        let stem = name.split(separator: ".").first { $0.hasPrefix("gpstate-") }
        let letter = stem?.dropFirst("gpstate-".count)
        return StatusMode.allCases.first { $0.option.drop { $0 == "-" } == letter }
    }
}

/// One line on standard output, without the log's prefix.
enum PrintedLine: Equatable {
    case log(ReportLine)
    case plain(String)

    /// The lines of a recording: prefixes are cut to the level, dots of progress are left out.
    static func parse(_ text: String) -> (lines: [PrintedLine], exitStatus: Int32?) {
        var rows = text.split(separator: "\n", omittingEmptySubsequences: false)
        if rows.last == "" { rows.removeLast() }
        var exitStatus: Int32?
        if let last = rows.last, last.hasPrefix("rc=") {
            exitStatus = Int32(last.dropFirst(3))
            rows.removeLast()
        }
        let isProgress = { (row: Substring) in !row.isEmpty && row.allSatisfy { $0 == "." } }
        return (rows.filter { !isProgress($0) }.map { PrintedLine(String($0)) }, exitStatus)
    }

    private init(_ row: String) {
        for level in [ReportLevel.info, .warning, .error, .critical] {
            let mark = "[\(level.rawValue)]:-"
            guard let start = row.range(ofMark: mark), row[..<start].isEmpty || row[..<start].hasSuffix("-") else {
                continue
            }
            self = .log(ReportLine(level, String(row[start...].dropFirst(mark.count))))
            return
        }
        self = .plain(row)
    }

    /// What the tool prints for a report.
    static func printed(_ mode: StatusMode, _ facts: ClusterFacts) -> [PrintedLine] {
        let report = mode.report(of: facts)
        let announcement = mode.announcement(in: facts.configuration).map { [$0] } ?? []
        return (announcement + report.lines).map { .log($0) } + report.plainLines.map { .plain($0) }
    }
}

extension String {
    /// Where `mark` first stands.
    fileprivate func range(ofMark mark: String) -> String.Index? {
        indices.first { self[$0...].hasPrefix(mark) }
    }
}
