public import ClusterModel
import RemoteShell

/// What earlier runs left at and around one data directory.
public struct Leftovers: Sendable, Equatable {
    /// A run that was cut off while it changed the directory itself.
    public struct Unfinished: Sendable, Equatable {
        public var mark: CopyMark
        /// Nil: a copy by another tool.
        public var method: CopyMethod?
        /// Whether anything had been written; only a rewind can have been cut off before that.
        public var isTouched: Bool
    }

    /// The full copy beside the directory.
    public enum NewCopy: Sendable, Equatable {
        /// It did not get to its end: `resumeFull` can go on with it.
        case incomplete(CopyMark)
        /// It is complete and waits for its place.
        case complete(CopyMark)
        /// A directory of that name which is not ours.
        case foreign
    }

    /// A swap that was cut off; `settleSwap` ends it.
    public struct HalfSwap: Sendable, Equatable {
        public var mark: CopyMark
        /// What the old copy is called, or was to be.
        public var old: String
        /// Whether the directory's place is empty at this moment.
        public var isEmptyPlace: Bool
    }

    /// A copy that was replaced and is still there.
    public struct OldCopy: Sendable, Equatable {
        public var directory: String
        /// Nil: it cannot be told whose it is; nothing of ours removes it.
        public var mark: CopyMark?
    }

    public var unfinished: Unfinished?
    /// The mark in the directory: a complete copy that never got to run.
    public var complete: CopyMark?
    /// Whether a server was ever started in the directory since it was copied.
    public var wasStarted = false
    public var newCopy: NewCopy?
    public var swap: HalfSwap?
    public var oldCopies: [OldCopy] = []
    /// Whether the unfinished copy got as far as to its directory.
    public var hasBegun = false

    public init() {}

    /// Whether nothing was left.
    public var isEmpty: Bool {
        unfinished == nil && complete == nil && newCopy == nil && swap == nil && oldCopies.isEmpty
    }

    /// The unfinished full copy that can be resumed by content: the one beside, else the directory itself.
    ///
    /// An old copy in which another method broke off is none: whoever wants a full copy then wants a new one.
    public var resumable: CopyMark? {
        guard hasBegun else { return nil }
        if case .incomplete(let mark) = newCopy { return mark }
        guard let unfinished, unfinished.method != .differential, unfinished.method != .rewind else { return nil }
        return unfinished.mark
    }

    /// The shell text that looks at a directory and changes nothing.
    static func script(_ dataDirectory: String) -> String {
        let place = RecoveryPlace(dataDirectory)
        let paths = [place.directory, place.beside, place.new, CopyMark.besidePath(place.new), place.journal]
        return #"""
            LC_ALL=C; export LC_ALL
            set -- \#(ShellQuoting.words(paths))
            directory=$1 beside=$2 new=$3 newbeside=$4 journal=$5
            lines() { [ -f "$2" ] && sed "s/^/$1	/" "$2"; }
            first() { [ -f "$2" ] && printf '%s\t%s\n' "$1" "`head -n 1 "$2"`"; }
            lines beside "$beside"
            first inside "$directory/gpha.copy"
            [ -e "$directory/postmaster.opts" ] && printf 'started\n'
            lines journal "$journal"
            if [ -e "$new" ] || [ -e "$newbeside" ]; then printf 'new\n'; first newbeside "$newbeside"; first newinside "$new/gpha.copy"; fi
            # The usual directory has no mark beside it.
            story=; [ ! -f "$beside" ] || story=`sed -n 's/^story //p' "$beside" 2>/dev/null`
            if [ -n "$story" ]; then
              boot=; read -r boot < /proc/sys/kernel/random/boot_id
              [ "`sed -n 's/^boot //p' "$beside"`" = "$boot" ] && [ -f "$story" ] && { \#(Rewind.touched) || printf 'untouched\n'; }
            fi
            [ -e "$directory" ] || printf 'absent\n'
            if [ -f "$newbeside" ]; then [ -d "$new" ] && printf 'begun\n'; elif [ -f "$beside" ]; then [ -d "$directory" ] && printf 'begun\n'; fi
            for old in "$directory".gpha-old-*; do
              [ -d "$old" ] && printf 'old\t%s\t%s\n' "$old" "`head -n 1 "$old/gpha.old" 2>/dev/null`"
            done
            printf 'end\n'
            """#
    }

    /// Reads what the script printed.
    ///
    /// - Throws: `OperationError` when it is not whole.
    init(output: String) throws(OperationError) {
        var lines: [String: [String]] = [:]
        for line in output.unicodeScalars.split(separator: "\n") {
            let fields = Substring(line).split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            lines[String(fields[0]), default: []].append(fields.count > 1 ? String(fields[1]) : "")
        }
        guard lines["end"] != nil else { throw OperationError("the search for what earlier runs left gave no answer") }
        func mark(_ key: String) -> CopyMark? { lines[key]?.first.flatMap { CopyMark(text: $0) } }
        if let mark = mark("beside") {
            let method = lines["beside"]?.first { $0.hasPrefix("method ") }.map { String($0.dropFirst(7)) }
            unfinished = Unfinished(
                mark: mark, method: method.flatMap(CopyMethod.init), isTouched: lines["untouched"] == nil)
        }
        hasBegun = lines["begun"] != nil
        complete = mark("inside")
        wasStarted = lines["started"] != nil
        if lines["new"] != nil {
            if let mark = mark("newbeside") {
                newCopy = .incomplete(mark)
            } else {
                newCopy = mark("newinside").map { .complete($0) } ?? .foreign
            }
        }
        if let mark = mark("journal"),
            let old = lines["journal"]?.first(where: { $0.hasPrefix("old ") })
        {
            swap = HalfSwap(mark: mark, old: String(old.dropFirst(4)), isEmptyPlace: lines["absent"] != nil)
        }
        oldCopies = (lines["old"] ?? []).map { value in
            let fields = value.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return OldCopy(directory: fields[0], mark: fields.count > 1 ? CopyMark(text: fields[1]) : nil)
        }
    }
}

extension SegmentRecovery {
    /// Reads what earlier runs left for a target; changes nothing.
    ///
    /// - Throws: `ShellError`, `OperationError`.
    public func reconcile(_ target: Segment) async throws -> Leftovers {
        let output = try await access.shell.run(
            ShellCommand(
                Leftovers.script(target.dataDirectory), purpose: "looking for what earlier runs left of \(target.label)"
            ),
            on: target.hostname)
        return try Leftovers(output: output.standardOutput)
    }
}
