import BlockingWork
import ClusterModel
import RemoteShell
import Testing

@testable import ClusterOperations

/// The fence in real files, by the script that writes it on a host; no server runs.
@Suite struct SegmentFencingTests {
    private static let fence = SegmentFence(host: "cdw", addresses: ["10.0.0.1"])

    private static func segment(_ dbid: Int, _ directory: String) -> Segment {
        Segment(
            dbid: DatabaseID(dbid), content: ContentID(0), role: .primary, preferredRole: .primary, mode: .inSync,
            status: .up, hostname: "sdw1", address: "10.0.0.3", port: 6000, dataDirectory: directory)
    }

    /// A coordinator's files with a `pg_ctl` that finds no server, and one instance beside it.
    private static func with(
        _ text: [UInt8], _ body: (TemporaryDirectory, SegmentFencing, Segment) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            let bin = try directory.programs(["pg_ctl": "exit 1"])
            try directory.file("postgresql.conf", "port = 6000\n")
            try directory.file("PG_VERSION", "15\n")
            try directory.file("postmaster.pid", "4711\n/data/c\n1\n6000\n/run\n127.0.0.1\n")
            try directory.file("postmaster.opts", "\(bin)/postgres \"-D\" \"/data/c\"\n")
            let place = try directory.directory("it's an instance")
            let octal = text.map { "\\0" + String($0, radix: 8) }.joined()
            _ = try await shell("printf '%b' \(ShellQuoting.word(octal)) > \(ShellQuoting.word(place))/pg_hba.conf")
            let access = ClusterAccess(
                location: try CoordinatorLocation(dataDirectory: directory.path), environment: [:], shell: HereShell())
            try await body(
                directory, SegmentFencing(access: access, hostTimeout: .seconds(10)), segment(2, place))
        }
    }

    private static func bytes(_ segment: Segment) throws -> [UInt8] {
        try LocalFiles.bytes(segment.dataDirectory + "/pg_hba.conf")
    }

    private static func text(_ lines: [String]) -> [UInt8] { Array(lines.map { $0 + "\n" }.joined().utf8) }

    @Test func `its lines come first, everything else stays byte by byte, and once is enough`() async throws {
        let own: [UInt8] =
            Array("local all all trust\r\n# \u{fc}ber ".utf8) + [0xff, 0xfe] + Array("\n\nhost a b c d\n".utf8)
        try await Self.with(own) { _, fencing, segment in
            for _ in 0..<2 {
                #expect(await fencing.set(Self.fence, at: [segment], staying: []) == [])
                let found = try Self.bytes(segment)
                #expect(found == Self.text(Self.fence.lines) + own)
            }
            #expect(await fencing.remove([segment.dbid: Self.fence.lines], at: [segment]) == [])
            #expect(try Self.bytes(segment) == own)
            let left = try await shell("ls -A \(ShellQuoting.word(segment.dataDirectory))")
            #expect(left.standardOutput == "pg_hba.conf\n")
        }
    }

    @Test func `an older fence against who must get in is taken out, others stay`() async throws {
        let older = SegmentFence(host: "scdw", addresses: ["10.0.0.2"])
        let third = SegmentFence(host: "old", addresses: ["10.0.0.20"])
        let own = "host all all 10.0.0.2/32 trust"
        try await Self.with(Self.text(older.lines + third.lines + [own])) { _, fencing, segment in
            #expect(await fencing.set(Self.fence, at: [segment], staying: ["10.0.0.2"]) == [])
            let found = try Self.bytes(segment)
            #expect(found == Self.text(Self.fence.lines + third.lines + [own]))
        }
    }

    @Test func `a link to the file stays one, and mode and the last line are kept`() async throws {
        try await Self.with(Array("local all all trust".utf8)) { directory, fencing, segment in
            let file = segment.dataDirectory + "/pg_hba.conf"
            _ = try await shell(
                "chmod 640 \(ShellQuoting.word(file)) && mv \(ShellQuoting.word(file)) \(directory.path)/real && "
                    + "ln -s \(directory.path)/real \(ShellQuoting.word(file))")
            #expect(await fencing.set(Self.fence, at: [segment], staying: []) == [])
            let found = try await shell("readlink \(ShellQuoting.word(file)); stat -c %a \(directory.path)/real")
            #expect(found.standardOutput == "\(directory.path)/real\n640\n")
            #expect(try Self.bytes(segment) == Self.text(Self.fence.lines + ["local all all trust"]))
        }
    }

    @Test func `an instance without a file is left out by name, the others are done`() async throws {
        try await Self.with(Self.text(["local all all trust"])) { directory, fencing, segment in
            let gone = Self.segment(3, directory.at("gone"))
            let left = await fencing.set(Self.fence, at: [gone, segment], staying: [])
            #expect(left.map(\.instance.dbid.rawValue) == [3])
            #expect(left.first?.reason == "unable to write \(directory.at("gone"))/pg_hba.conf")
            let found = try Self.bytes(segment)
            #expect(found.starts(with: Self.text(Self.fence.lines)))
        }
    }
}
