import ClusterModel
import Testing

/// The decision table of what is done with a directory found where a mirror is to be.
@Suite struct TargetDirectoryTests {
    private static let file = "000000010000000000000007"
    private static let mark = CopyMark(
        run: "r1", content: ContentID(0), dbid: DatabaseID(10), systemIdentifier: "7001", lastFile: file)
    private static let row = MadeUpCluster.segment(
        10, 0, .mirror, mode: .notInSync, status: .down, on: "sdw2", port: 7000, directory: "/m/0")

    /// What the decision depends on; the defaults are those of an untouched, usable copy.
    struct Situation: Sendable, CustomTestStringConvertible {
        var name: String
        var directory: TargetDirectory
        var hasRow = false
        var rowID = 10
        var slotFile: String? = "000000010000000000000007"
        var wasStarted = false
        var wasUp = false
        var holder: Segment?
        var expected: MirrorAction?

        var testDescription: String { "\(name)\(hasRow ? ", with a row" : "")" }

        /// The same with a catalog row.
        func withRow(_ expected: MirrorAction?, _ change: (inout Situation) -> Void = { _ in }) -> Situation {
            var copy = self
            copy.hasRow = true
            copy.expected = expected
            change(&copy)
            return copy
        }
    }

    private static func changed(_ change: (inout CopyMark) -> Void) -> CopyMark {
        var mark = mark
        change(&mark)
        return mark
    }

    private static let otherContent = changed { $0.content = ContentID(1) }
    private static let otherSystem = changed { $0.systemIdentifier = "7002" }
    private static let otherMirror = MadeUpCluster.segment(10, 3, .mirror, on: "sdw3")
    private static let primary = MadeUpCluster.segment(10, 0, .primary, on: "sdw1")

    static let withoutRow: [Situation] = [
        Situation(name: "nothing there", directory: .absent, expected: .copy),
        Situation(name: "an empty directory", directory: .empty, expected: .copy),
        Situation(name: "somebody else's", directory: .foreign, expected: nil),
        Situation(name: "ours, incomplete", directory: .incomplete(mark), expected: .copyAgain),
        Situation(name: "ours, complete", directory: .complete(mark), expected: .adopt),
        Situation(name: "its slot is lost", directory: .complete(mark), slotFile: nil, expected: .copyAgain),
        Situation(
            name: "its dbid is a mirror's", directory: .complete(mark), holder: otherMirror, expected: .copyAgain),
        Situation(name: "its dbid is a primary's", directory: .complete(mark), holder: primary, expected: .copyAgain),
    ]

    static let withRow: [Situation] = [
        Situation(name: "nothing there", directory: .absent).withRow(.rebuild(removeFirst: false)),
        Situation(name: "an empty directory", directory: .empty).withRow(.rebuild(removeFirst: false)),
        Situation(name: "not marked: gprecoverseg's work", directory: .foreign).withRow(nil),
        Situation(name: "ours, incomplete", directory: .incomplete(mark)).withRow(.rebuild(removeFirst: true)),
        Situation(name: "ours, complete", directory: .complete(mark), holder: row).withRow(.start),
        Situation(name: "its slot is lost", directory: .complete(mark), slotFile: nil, holder: row)
            .withRow(.rebuild(removeFirst: true)),
        Situation(name: "made for another dbid, free", directory: .complete(mark), rowID: 11)
            .withRow(.rebuild(removeFirst: true)),
        Situation(name: "made for another dbid, taken", directory: .complete(mark), rowID: 11, holder: otherMirror)
            .withRow(.rebuild(removeFirst: true)),
    ]

    /// What an earlier run for something else left is never touched, with a row or without.
    static let somebodyElses: [Situation] = [TargetDirectory.incomplete, TargetDirectory.complete].flatMap { kind in
        [("for another content", otherContent), ("of another system", otherSystem)].flatMap { name, mark in
            let found = Situation(
                name: "\(name), \(kind(mark) == .complete(mark) ? "complete" : "incomplete")", directory: kind(mark))
            return [found, found.withRow(nil) { $0.holder = row }]
        }
    }

    /// Where a server was once started there may be data that is nowhere else.
    static let started: [Situation] = [
        Situation(name: "started, incomplete", directory: .incomplete(mark), wasStarted: true),
        Situation(name: "started, incomplete", directory: .incomplete(mark), wasStarted: true).withRow(nil),
        Situation(name: "started, complete", directory: .complete(mark), wasStarted: true),
        Situation(name: "started, complete", directory: .complete(mark), wasStarted: true, holder: row).withRow(.start),
        Situation(
            name: "started, complete, no slot", directory: .complete(mark), slotFile: nil, wasStarted: true, holder: row
        ).withRow(.start),
        Situation(name: "started under another dbid", directory: .complete(mark), rowID: 11, wasStarted: true)
            .withRow(nil),
        Situation(name: "started, not marked", directory: .foreign, wasStarted: true).withRow(nil),
    ]

    /// A mirror that was once up and whose directory is gone is a failed one, not an unfinished one.
    static let onceUp: [Situation] = [
        Situation(name: "once up, nothing there", directory: .absent, wasUp: true).withRow(nil),
        Situation(name: "once up, an empty directory", directory: .empty, wasUp: true).withRow(nil),
        Situation(name: "once up, copy begun since", directory: .incomplete(mark), wasUp: true)
            .withRow(.rebuild(removeFirst: true)),
        Situation(name: "once up, copy complete since", directory: .complete(mark), wasUp: true, holder: row)
            .withRow(.start),
    ]

    @Test(arguments: withoutRow + withRow + somebodyElses + started + onceUp)
    func `each finding leads to its one action`(situation: Situation) {
        var row = Self.row
        row.dbid = DatabaseID(situation.rowID)
        let evidence = CopyEvidence(
            row: situation.hasRow ? row : nil, content: ContentID(0), systemIdentifier: "7001",
            slotFile: situation.slotFile, wasStarted: situation.wasStarted,
            takenBy: { $0 == DatabaseID(10) ? situation.holder : nil },
            wasUp: { $0 == DatabaseID(situation.rowID) && situation.wasUp })
        #expect(situation.directory.action(evidence) == situation.expected)
    }

    /// The slot's first file, the copy's last one, and whether the copy can go on from there.
    @Test(
        arguments: [
            ("000000010000000000000007", "000000010000000000000007", true),
            ("000000010000000000000006", "000000010000000000000007", true),
            ("000000010000000000000008", "000000010000000000000007", false),
            ("0000000100000000000000FF", "000000010000000100000000", true),
            ("000000010000000100000000", "0000000100000000000000FF", false),
            // Another timeline's number says nothing about the place.
            ("000000020000000000000007", "000000010000000000000007", true),
            ("000000010000000000000008", "000000020000000000000007", false),
            ("", "000000010000000000000007", false), ("7", "000000010000000000000007", false),
            ("000000010000000000000007", nil, false), (nil, "000000010000000000000007", false), (nil, nil, false),
        ] as [(String?, String?, Bool)])
    func `a complete copy is used only while the slot begins within its last WAL file`(
        slot: String?, last: String?, isUsed: Bool
    ) {
        let directory = TargetDirectory.complete(Self.changed { $0.lastFile = last })
        func action(_ row: Segment?) -> MirrorAction? {
            directory.action(
                CopyEvidence(
                    row: row, content: ContentID(0), systemIdentifier: "7001", slotFile: slot, wasStarted: false,
                    takenBy: { _ in row }, wasUp: { _ in false }))
        }
        #expect(action(nil) == (isUsed ? .adopt : .copyAgain))
        #expect(action(Self.row) == (isUsed ? .start : .rebuild(removeFirst: true)))
    }

    @Test func `only copying actions copy, only first-time ones add a row, only ours is removed`() {
        let all: [MirrorAction] = [
            .copy, .copyAgain, .adopt, .rebuild(removeFirst: false), .rebuild(removeFirst: true), .start,
        ]
        #expect(all.map(\.copies) == [true, true, false, true, true, false])
        #expect(all.map(\.addsRow) == [true, true, true, false, false, false])
        #expect(all.map(\.removesFirst) == [false, true, false, false, true, false])
        #expect(all.map(\.label) == ["copy", "copy-again", "adopt", "rebuild", "rebuild-again", "start"])
    }

    @Test func `only a copy of ours has a mark`() {
        #expect(TargetDirectory.incomplete(Self.mark).mark == Self.mark)
        #expect(TargetDirectory.complete(Self.mark).mark == Self.mark)
        #expect([TargetDirectory.absent, .empty, .foreign].allSatisfy { $0.mark == nil })
    }
}

@Suite struct CopyMarkTests {
    @Test func `a mark is read as it was written`() {
        let mark = CopyMark(
            run: "20261121-1417-99", content: ContentID(12), dbid: DatabaseID(31),
            systemIdentifier: "7301234567890123456")
        #expect(mark.text == "gpha-copy 1 20261121-1417-99 12 31 7301234567890123456")
        #expect(CopyMark(text: mark.text) == mark)
        #expect(CopyMark(text: mark.text + "\n") == mark)
    }

    @Test func `a complete copy's mark names its last WAL file as well`() throws {
        var mark = CopyMark(run: "r", content: ContentID(0), dbid: DatabaseID(10), systemIdentifier: "7001")
        #expect(try #require(CopyMark(text: mark.text + " ")).lastFile == nil)
        mark.lastFile = "0000000100000000000000A7"
        #expect(mark.text == "gpha-copy 1 r 0 10 7001 0000000100000000000000A7")
        #expect(CopyMark(text: mark.text) == mark)
    }

    @Test(arguments: [
        "", "gpha-copy", "gpha-copy 2 r 0 10 7001", "gpha-copy 1 r x 10 7001", "gpha-copy 1 r 0 x 7001",
        "gpha-copy 1 r 0 10", "gpha-copy 1 r 0 10 7001 file more", "GPHA-COPY 1 r 0 10 7001",
        "#gpha-copy 1 r 0 10 7001",
        "gpha-copy 1 $(id) 0 10 7001", "gpha-copy 1 `id` 0 10 7001", "gpha-copy 1 \";id;\" 0 10 7001",
        "gpha-copy 1 \u{1B}[2J 0 10 7001", "gpha-copy 1 größe 0 10 7001",
    ])
    func `anything else is no mark`(text: String) {
        #expect(CopyMark(text: text) == nil)
    }

    @Test(arguments: [
        ("/m1/gp0", "/m1/.gp0.gpha-copy"), ("/m 1/g'p0", "/m 1/.g'p0.gpha-copy"), ("/gp0", "/.gp0.gpha-copy"),
        ("/m1/gp0/", "/m1/.gp0.gpha-copy"),
    ])
    func `the mark of a copy under way stands beside the directory, not in it`(directory: String, path: String) {
        #expect(CopyMark.besidePath(directory) == path)
        #expect(CopyMark.insidePath("/m1/gp0") == "/m1/gp0/gpha.copy")
    }
}
