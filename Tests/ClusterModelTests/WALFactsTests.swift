import Testing

@testable import ClusterModel

@Suite struct WALFactsTests {
    private func place(_ text: String) throws -> WALPosition { try #require(WALPosition(text)) }

    @Test func `a history file is read with its comments, and refused when it makes no sense`() throws {
        let text = "# comment\n1\t0/3000148\tno recovery target specified\n\n2\t0/5000000\tat restore point \"x\"\n"
        let history = try #require(TimelineHistory(timeline: 3, text: text))
        #expect(history.ancestors.map(\.timeline) == [1, 2])
        #expect(history.ancestors.map(\.end.description) == ["0/3000148", "0/5000000"])
        for bad in ["1", "x 0/1 y", "1 0-1 y", "2 0/2\n1 0/1", "3 0/1 itself", "1 0/1\n1 0/2"] {
            #expect(TimelineHistory(timeline: 3, text: bad) == nil, "\(bad)")
        }
        #expect(TimelineHistory(timeline: 1, text: "")?.ancestors.isEmpty == true)
    }

    @Test func `two histories part at the nearer end of the last timeline in common`() throws {
        let one = TimelineHistory(timeline: 1)
        let (a, b, c) = (try place("0/3000000"), try place("0/4000000"), try place("0/5000000"))
        let two = TimelineHistory(timeline: 2, ancestors: [.init(timeline: 1, end: b)])
        let third = TimelineHistory(timeline: 3, ancestors: [.init(timeline: 1, end: b), .init(timeline: 2, end: c)])
        let other = TimelineHistory(timeline: 3, ancestors: [.init(timeline: 1, end: a)])
        func expect(_ left: TimelineHistory, _ right: TimelineHistory, _ timeline: UInt32, _ end: WALPosition?) {
            for (first, second) in [(left, right), (right, left)] {
                let parting = first.parting(from: second)
                #expect(parting?.timeline == timeline && parting?.end == end)
            }
        }
        expect(one, one, 1, nil)
        expect(one, two, 1, b)
        expect(two, third, 2, c)
        expect(one, third, 1, b)
        expect(two, other, 1, a)
        expect(third, other, 1, a)
        let stranger = TimelineHistory(timeline: 3, ancestors: [.init(timeline: 2, end: a)])
        #expect(stranger.parting(from: two) == nil)
        #expect(third.end(of: 2) == .some(.some(c)))
        #expect(third.end(of: 3) == .some(nil))
        #expect(other.end(of: 2) == nil)
    }

    @Test func `a WAL file's name is its number, for every size`() {
        #expect(WALFileName("000000020000000100000003", size: 16 << 20)?.number == 256 + 3)
        #expect(WALFileName("000000020000000100000003", size: 64 << 20)?.number == 64 + 3)
        #expect(WALFileName("00000002000000010000003F", size: 64 << 20)?.timeline == 2)
        for bad in [
            "000000020000000100000040", "00000002000000010000000", "+00000020000000100000003",
            "0000000200000001000000G3",
        ] {
            #expect(WALFileName(bad, size: 64 << 20) == nil, "\(bad)")
        }
        #expect(WALFileName("000000020000000100000003", size: 0) == nil)
    }

    @Test func `WAL is without a gap across timelines`() {
        let runs = [
            WALRun(timeline: 1, files: 2...3), WALRun(timeline: 1, files: 5...6), WALRun(timeline: 2, files: 6...9),
        ]
        #expect(runs.firstWithoutGap(before: 9) == 5)
        #expect(runs.firstWithoutGap(before: 3) == 2)
        #expect(runs.firstWithoutGap(before: 4) == nil)
        #expect(runs.firstWithoutGap(before: 10) == nil)
        #expect([WALRun(timeline: 1, files: 0...1)].firstWithoutGap(before: 1) == 0)
    }

    private static let lines = [
        "pg_control version number:            1300", "Database system identifier:           7001",
        "Database cluster state:               in archive recovery",
        "pg_control last modified:             Sat Nov 21 12:00:00 2026",
        "Latest checkpoint location:           0/3000060", "Latest checkpoint's REDO location:    0/3000028",
        "Latest checkpoint's REDO WAL file:    000000010000000000000003",
        "Latest checkpoint's TimeLineID:       1", "Minimum recovery ending location:     0/5000000",
        "Min recovery ending loc's timeline:   2", "wal_log_hints setting:                on",
        "Bytes per WAL segment:                16777216", "Data page checksum version:           0",
    ]

    @Test func `control data is read, and every line that matters must be there`() throws {
        let data = try #require(ControlFile(output: Self.lines, status: 0).data)
        #expect(data.systemIdentifier == "7001" && data.state == "in archive recovery")
        #expect(data.checkpoint.description == "0/3000060" && data.redo.description == "0/3000028")
        #expect(data.furthest.description == "0/5000000" && data.furthestTimeline == 2)
        #expect(!data.checksums && data.logsHints && data.segmentSize == 16 << 20)
        #expect(!data.wasPrimary && !data.wasShutDown)
        for missing in ["Database system", "Database cluster", "Latest checkpoint l", "Bytes per"] {
            let rest = Self.lines.filter { !$0.hasPrefix(missing) }
            #expect(ControlFile(output: rest, status: 0) == .unreadable("pg_controldata printed something else"))
        }
    }

    @Test func `a wrong checksum is unreadable, though everything is printed`() {
        let warning = "WARNING: Calculated CRC checksum does not match value stored in file."
        #expect(
            ControlFile(output: [warning, "Either the file is corrupt"] + Self.lines, status: 0)
                == .unreadable("Calculated CRC checksum does not match value stored in file."))
        let error = "pg_controldata: error: could not read file \"x\": read 10 of 292"
        #expect(
            ControlFile(output: [error], status: 1) == .unreadable("error: could not read file \"x\": read 10 of 292"))
        #expect(
            ControlFile(output: [], status: 124) == .unreadable("pg_controldata ended with status 124"))
        #expect(
            ControlFile(output: [""], status: 139) == .unreadable("pg_controldata was ended by signal 11"))
    }

    @Test func `no minimum recovery end is none`() throws {
        let lines = Self.lines.map { $0.hasPrefix("Minimum") ? "Minimum recovery ending location:     0/0" : $0 }
        let data = try #require(ControlFile(output: lines, status: 0).data)
        #expect(data.minimumRecoveryEnd == nil && data.minimumRecoveryTimeline == nil)
        #expect(data.furthest == data.checkpoint && data.furthestTimeline == 1)
    }
}
