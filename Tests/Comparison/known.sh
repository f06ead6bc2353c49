# shellcheck shell=bash
# known TOOL STATE ARGUMENTS: why a difference is meant; nothing for any other. Each is a row of docs/compatibility.md.
known() {
  case "$1:$2:$3" in
    gpstate:*:-v*) echo "debug lines tell what this program does" ;;
    gpstate:*:--printSampleExternalTableSql) echo "paths are quoted" ;;
    gpstate:*:extra) echo "an extra argument is wrong usage, 2" ;;
    gpstate:stopped:*) echo "says that it is stopped, and what to do" ;;
    gpstate:*:-f) echo "the replication as the coordinator sees it follows" ;;
    gpstate:double_fault:-e | gpstate:utility:-e) echo "what each copy has, and how to start one, follows" ;;
    gpaddmirrors:no_mirrors:*" -s") echo "spread with too few hosts is refused" ;;
    gprecoverseg:unsynchronised:-a) echo "the mirror starts as it is set and is waited for without end; ours sets its source right" ;;
    gprecoverseg:failed_over:*" -r") echo "a pair that could not be swapped makes it 1" ;;
    gpactivatestandby:coordinator_killed:*) echo "files in /tmp are no proof of a running server" ;;
  esac
}
