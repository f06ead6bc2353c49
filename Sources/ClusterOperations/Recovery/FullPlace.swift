import ClusterModel
import RemoteShell

/// Where a full copy goes.
public enum FullPlace: Sendable, Equatable {
    /// There is nothing that could be lost.
    case nothingThere
    /// Into a new directory beside the old one, which stays until the new one is in sync.
    case beside
    /// Into the old directory, which is emptied first; why it cannot go beside.
    case inPlace(Reason)

    /// Why the old copy cannot be kept.
    public enum Reason: Sendable, Equatable, CustomStringConvertible {
        case mountPoint
        case symbolicLink
        /// What is there is a full copy of ours that did not get to its end: nothing to keep.
        case unfinishedCopy
        /// Directories outside that the copy has to fill again.
        case tablespaces([String])
        /// `pg_wal` is a link to somewhere else.
        case walDirectory(String)
        /// A directory in which nothing can be made.
        case parent(String)
        case space(neededBytes: Int, freeBytes: Int)

        public var description: String {
            switch self {
            case .mountPoint: "the data directory is a mount point"
            case .symbolicLink: "the data directory is a symbolic link"
            case .unfinishedCopy: "what is there is an unfinished full copy"
            case .tablespaces(let directories): "tablespaces outside it: \(directories.joined(separator: ", "))"
            case .walDirectory(let path): "pg_wal is a link to \(path)"
            case .parent(let path): "no permission to write in \(path)"
            case .space(let needed, let free): "\(needed >> 20) MB are needed beside it, \(free >> 20) MB are free"
            }
        }
    }

    /// What is found at the target's place.
    public struct Facts: Sendable, Equatable {
        public var holdsSomething = false
        public var isMountPoint = false
        public var isSymbolicLink = false
        public var isUnfinishedCopy = false
        /// Where the links in `pg_tblspc` lead that leave the directory.
        public var tablespaces: [String] = []
        /// Where `pg_wal` leads when it is a link.
        public var walDirectory: String?
        public var parent = ""
        public var parentIsWritable = true
        /// Free bytes of the file system that holds the directory's parent; nil when that could not be found out.
        public var freeBytes: Int?
        /// What an unfinished copy of ours beside it takes up already.
        public var besideBytes = 0

        public init() {}
    }

    /// Where a full copy is made beside a data directory.
    public static func newDirectory(_ dataDirectory: String) -> String { RecoveryPlace(dataDirectory).new }

    /// Decides from what is there and how much is to come.
    ///
    /// - Parameter bytes: data, tablespaces and the WAL that comes meanwhile.
    public static func choose(_ facts: Facts, bytes: Int) -> FullPlace {
        guard facts.holdsSomething else { return .nothingThere }
        if facts.isUnfinishedCopy { return .inPlace(.unfinishedCopy) }
        if facts.isSymbolicLink { return .inPlace(.symbolicLink) }
        if facts.isMountPoint { return .inPlace(.mountPoint) }
        if !facts.tablespaces.isEmpty { return .inPlace(.tablespaces(facts.tablespaces)) }
        if let path = facts.walDirectory { return .inPlace(.walDirectory(path)) }
        if !facts.parentIsWritable { return .inPlace(.parent(facts.parent)) }
        if let free = facts.freeBytes, free + facts.besideBytes < bytes {
            return .inPlace(.space(neededBytes: bytes, freeBytes: free))
        }
        return .beside
    }

    /// The shell text that looks at a target's place and changes nothing.
    static func script(_ dataDirectory: String) -> String {
        let place = RecoveryPlace(dataDirectory)
        return #"""
            LC_ALL=C; export LC_ALL
            directory=\#(ShellQuoting.word(place.directory)); new=\#(ShellQuoting.word(place.new)); beside=\#(ShellQuoting.word(place.beside))
            if [ -e "$directory/PG_VERSION" ] || [ -n "`find "$directory/" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null`" ]; then
              echo filled
            fi
            [ -L "$directory" ] && echo link
            if [ -f "$beside" ]; then
              case `head -n 1 "$beside" 2>/dev/null` in 'gpha-copy 1 '*) grep -q -x -E 'method (rewind|differential)' "$beside" || echo unfinished ;; esac
            fi
            parent=${directory%/*}; while [ ! -d "${parent:=/}" ]; do parent=${parent%/*}; done
            printf 'parent\t%s\n' "$parent"
            [ -w "$parent" ] || echo readonly
            if [ -d "$directory" ]; then
              set -- `stat -c %d "$directory/" "$parent/"`
              # The other one: of the same file system, mounted once more.
              if [ "$1" != "$2" ] || mountpoint -q "$directory" 2>/dev/null; then echo mount; fi
            fi
            [ -L "$directory/pg_wal" ] && printf 'wal\t%s\n' "`readlink -f "$directory/pg_wal"`"
            if cd -P "$directory/" 2>/dev/null; then real=$PWD; cd /; else real=`readlink -f "$directory"`; fi
            for link in "$directory"/pg_tblspc/*; do
              [ -L "$link" ] || continue
              there=`readlink -f "$link"` || there=`readlink "$link"`
              case $there in "$real"/*) ;; *) printf 'tablespace\t%s\n' "$there" ;; esac
            done
            \#(SharedShellText.room)
            room "$parent"; printf 'free\t%s\n' "$kilobytes"
            [ -d "$new" ] && printf 'newsize\t%s\n' "`timeout 60 du -sk "$new" 2>/dev/null | cut -f 1`"
            echo placed
            """#
    }
}

extension FullPlace.Facts {
    /// Reads what the script printed.
    ///
    /// - Throws: `OperationError` when it is not whole.
    init(output: String) throws(OperationError) {
        var isWhole = false
        func bytes(_ text: String) -> Int? { Int(text.trimmed).map { min(max(0, $0), Int.max / 1024) * 1024 } }
        for line in output.unicodeScalars.split(separator: "\n") {
            let fields = Substring(line).split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
            let value = fields.count > 1 ? String(fields[1]) : ""
            switch fields[0] {
            case "filled": holdsSomething = true
            case "link": isSymbolicLink = true
            case "unfinished": isUnfinishedCopy = true
            case "mount": isMountPoint = true
            case "readonly": parentIsWritable = false
            case "parent": parent = value
            case "wal": walDirectory = value
            case "tablespace": tablespaces.append(value)
            case "free": freeBytes = bytes(value)
            case "newsize": besideBytes = bytes(value) ?? 0
            case "placed": isWhole = true
            default: break
            }
        }
        guard isWhole else { throw OperationError("the look at the target's directory gave no complete answer") }
    }
}
