import ClusterModel
import Testing

/// The decision table of what is done with a directory found where a mirror is to be.
@Suite struct TargetDirectoryTests {
    private static let mark = CopyMark(
        run: "r1", content: ContentID(0), dbid: DatabaseID(10), systemIdentifier: "7001")
    private static let row = MadeUpCluster.segment(
        10, 0, .mirror, mode: .notInSync, status: .down, on: "sdw2", port: 7000, directory: "/m/0")

    /// What the decision depends on; the defaults are those of an untouched, usable copy.
    struct Situation: Sendable, CustomTestStringConvertible {
        var name: String
        var directory: TargetDirectory
        var hasRow = false
        var rowID = 10
        var slotKept = true
        var holder: Segment?
        var expected: MirrorAction?

        var testDescription: String { name }
    }

    private static func complete(_ change: (inout CopyMark) -> Void = { _ in }) -> TargetDirectory {
        var mark = mark
        change(&mark)
        return .complete(mark)
    }

    private static let otherMirror = MadeUpCluster.segment(10, 3, .mirror, on: "sdw3")
    private static let primary = MadeUpCluster.segment(10, 0, .primary, on: "sdw1")

    static let withoutRow: [Situation] = [
        Situation(name: "nothing there", directory: .absent, expected: .copy),
        Situation(name: "an empty directory", directory: .empty, expected: .copy),
        Situation(name: "somebody else's", directory: .foreign, expected: nil),
        Situation(name: "ours, incomplete", directory: .incomplete(mark), expected: .copyAgain),
        Situation(name: "ours, complete", directory: complete(), expected: .adopt),
        Situation(name: "for another content", directory: complete { $0.content = ContentID(1) }, expected: .copyAgain),
        Situation(
            name: "of another system", directory: complete { $0.systemIdentifier = "7002" }, expected: .copyAgain),
        Situation(name: "its slot or WAL is lost", directory: complete(), slotKept: false, expected: .copyAgain),
        Situation(name: "its dbid was given away", directory: complete(), holder: otherMirror, expected: .copyAgain),
        Situation(name: "its dbid is a primary's", directory: complete(), holder: primary, expected: .copyAgain),
    ]

    static let withRow: [Situation] = [
        Situation(name: "nothing there", directory: .absent, hasRow: true, expected: .rebuild(removeFirst: false)),
        Situation(name: "an empty directory", directory: .empty, hasRow: true, expected: .rebuild(removeFirst: false)),
        Situation(name: "not marked: gprecoverseg's work", directory: .foreign, hasRow: true, expected: nil),
        Situation(
            name: "ours, incomplete", directory: .incomplete(mark), hasRow: true, expected: .rebuild(removeFirst: true)),
        Situation(name: "ours, complete", directory: complete(), hasRow: true, holder: row, expected: .start),
        Situation(
            name: "for another content", directory: complete { $0.content = ContentID(1) }, hasRow: true, holder: row,
            expected: .rebuild(removeFirst: true)),
        Situation(
            name: "of another system", directory: complete { $0.systemIdentifier = "" }, hasRow: true, holder: row,
            expected: .rebuild(removeFirst: true)),
        Situation(
            name: "its slot or WAL is lost", directory: complete(), hasRow: true, slotKept: false, holder: row,
            expected: .rebuild(removeFirst: true)),
        Situation(
            name: "made for another dbid, free", directory: complete(), hasRow: true, rowID: 11,
            expected: .rebuild(removeFirst: true)),
        Situation(
            name: "made for another dbid, taken", directory: complete(), hasRow: true, rowID: 11, holder: otherMirror,
            expected: .rebuild(removeFirst: true)),
    ]

    @Test(arguments: withoutRow + withRow)
    func `each finding leads to its one action`(situation: Situation) {
        var row = Self.row
        row.dbid = DatabaseID(situation.rowID)
        let action = situation.directory.action(
            row: situation.hasRow ? row : nil, content: ContentID(0), systemIdentifier: "7001",
            slotKept: situation.slotKept, takenBy: { $0 == DatabaseID(10) ? situation.holder : nil })
        #expect(action == situation.expected)
    }

    @Test func `only copying actions copy, only first-time ones add a row, only ours is removed`() {
        let all: [MirrorAction] = [
            .copy, .copyAgain, .adopt, .rebuild(removeFirst: false), .rebuild(removeFirst: true), .start,
        ]
        #expect(all.map(\.copies) == [true, true, false, true, true, false])
        #expect(all.map(\.addsRow) == [true, true, true, false, false, false])
        #expect(all.map(\.removesFirst) == [false, true, false, false, true, false])
        #expect(all.map(\.label) == ["copy", "copy-again", "adopt", "rebuild", "rebuild", "start"])
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

    @Test(arguments: [
        "", "gpha-copy", "gpha-copy 2 r 0 10 7001", "gpha-copy 1 r x 10 7001", "gpha-copy 1 r 0 x 7001",
        "gpha-copy 1 r 0 10", "gpha-copy 1 r 0 10 7001 more", "GPHA-COPY 1 r 0 10 7001", "#gpha-copy 1 r 0 10 7001",
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
