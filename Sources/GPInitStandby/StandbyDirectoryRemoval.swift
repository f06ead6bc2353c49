import ClusterModel
import ClusterOperations
import RemoteShell

/// The script that removes a stopped standby's directory.
///
/// It refuses a directory that is neither a standby's nor a copy, and prints the tablespace directories that stay. A
/// base backup by anybody that did not come to its end has a label and no control file, which is copied last.
struct StandbyDirectoryRemoval {
    let engine: Engine
    let standby: Segment

    var script: String {
        let beside = ShellQuoting.word(CopyMark.besidePath(standby.dataDirectory))
        return """
            directory=\(ShellQuoting.word(standby.dataDirectory)); beside=\(beside)
            [ -e "$directory" ] || { rm -f "$beside"; exit 0; }
            if [ -n "`ls -A "$directory"`" ] && [ ! -f "$directory/standby.signal" ] && [ ! -f "$directory/gpha.copy" ] \
            && ! grep -q '^gpha-copy 1 ' "$beside" 2>/dev/null \
            && { [ ! -f "$directory/backup_label" ] || [ -e "$directory/global/pg_control" ]; }; then
              echo "$directory is not a standby's data directory" >&2; exit 3
            fi
            find "$directory/pg_tblspc" -type l 2>/dev/null | while IFS= read -r link; do
              \(tablespace)
            done
            rm -rf "$directory" && rm -f "$beside"
            """
    }

    /// What becomes of the tablespace behind `$link`.
    ///
    /// Where a directory belongs to one instance alone, that instance's files go with it: the next standby gets the same
    /// dbid, and its copy refuses a directory that is not empty. A shared location stays.
    private var tablespace: String {
        guard engine.tablespacesAreSeparate else { return #"readlink "$link""# }
        return """
            case `readlink "$link"` in
              */\(standby.dbid))
                find "$link/" -mindepth 1 -maxdepth 1 -type d -name 'GPDB_*' -exec rm -rf {} +
                rmdir "`readlink "$link"`" 2>/dev/null || readlink "$link" ;;
              *) readlink "$link" ;;
            esac
            """
    }
}
