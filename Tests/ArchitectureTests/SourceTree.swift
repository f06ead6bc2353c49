import Glibc

/// The checked-out package, read from disk.
enum SourceTree {
    /// A Swift file below `Sources`.
    struct File: CustomStringConvertible {
        /// The target whose folder holds it.
        let target: String
        /// Below the package's folder.
        let path: String
        let lines: [Substring]

        var description: String { path }

        /// The modules it imports.
        var imports: [String] {
            lines.compactMap { line in
                var words = line.split(separator: " ")[...]
                while let first = words.first, first.hasPrefix("@") || accessLevels.contains(first) {
                    words.removeFirst()
                }
                guard words.popFirst() == "import" else { return nil }
                // `import struct Module.Type` names the module second.
                if let kind = words.first, kinds.contains(kind) { words.removeFirst() }
                return words.first.map { String($0.prefix { $0 != "." && $0 != ";" }) }
            }
        }

        private let accessLevels: [Substring] = ["public", "package", "internal", "fileprivate", "private"]
        private let kinds: [Substring] = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
    }

    static let root: String = {
        // Tests/ArchitectureTests/SourceTree.swift is three levels below the package.
        #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
    }()

    /// Every Swift file of every target.
    static func files() throws -> [File] {
        var found: [File] = []
        for folder in try names(in: "Sources") {
            if folder == "Executables" {
                for tool in try names(in: "Sources/Executables") {
                    found += try files(of: tool, in: "Sources/Executables/\(tool)")
                }
            } else {
                found += try files(of: folder, in: "Sources/\(folder)")
            }
        }
        return found
    }

    private static func files(of target: String, in folder: String) throws -> [File] {
        var found: [File] = []
        for name in try names(in: folder) {
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".swift") {
                let lines = try text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
                found.append(File(target: target, path: path, lines: lines))
            } else if !name.contains(".") {
                found += try files(of: target, in: path)
            }
        }
        return found
    }

    /// The text of every Swift file below a folder.
    static func texts(below folder: String) throws -> [String] {
        try names(in: folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            if name.hasSuffix(".swift") { return [try text(of: path)] }
            return name.contains(".") ? [] : try texts(below: path)
        }
    }

    private static func names(in folder: String) throws -> [String] {
        guard let directory = opendir("\(root)/\(folder)") else { throw Unreadable(path: folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    static func text(of path: String) throws -> String {
        let descriptor = open("\(root)/\(path)", O_RDONLY)
        guard descriptor >= 0 else { throw Unreadable(path: path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw Unreadable(path: path) }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    struct Unreadable: Error { let path: String }
}
