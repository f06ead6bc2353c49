# shellcheck shell=bash disable=SC2154
# Runs the original and ours and writes rows of the table.

# What two runs cannot have in common: times, process IDs, LSNs, dots while waiting, and where the scratch directory is.
plain() {
  sed -E 's/^[0-9]{8}:[0-9:]{8}:[0-9]{6,} /TIME /; s/[0-9A-F]+\/[0-9A-F]{6,8}/LSN/g; s/(PID +=|pid=) *[0-9]+/\1 N/
    s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.+-]+/DATE/g; s/(Bytes remaining to send to mirror += ).*/\1 N/
    s/^\.+$//' | grep -v '^$'
}

# run original|ours FILE TOOL [ARGUMENT...]: the exit status.
run() {
  local place=$original file=$2 status
  [ "$1" = original ] || place=$tools
  shift 2
  timeout -k 5 300 "$place/$1" "${@:2}" > "$file" 2> "$file.error" < /dev/null
  status=$?
  printf '%s' $status
}

shown() { local text="$*"; text=${text//$work/…}; text=${text//$host/HOST}; printf '%s' "${text:-–}"; }
row() { printf '| %s | %s | %s | %s | %s |\n' "$@"; }
# The words of a difference: its reason, or that it has none.
reason() {
  local text
  text=$(known "$@")
  [ -n "$text" ] || { differences=$((differences + 1)); text="**no reason known**"; }
  printf '%s' "$text"
}

# same_lines STATE ARGUMENTS...: gpstate in every one of these ways, one row for all that agree and one for each other.
same_lines() {
  local state=$1 arguments words file theirs ours lines=0 count=0
  local -A statuses=()
  shift
  "state_$state"
  for arguments; do
    read -ra words <<< "$arguments"
    file=$work/out/gpstate-$state-${arguments//[^A-Za-z0-9]/_}
    theirs=$(run original "$file.original" gpstate "${words[@]}" -l "$work/log")
    ours=$(run ours "$file.ours" gpstate "${words[@]}" -l "$work/log")
    for side in original ours; do plain < "$file.$side" > "$file.$side.plain"; done
    diff "$file.original.plain" "$file.ours.plain" > "$file.diff"
    if [ "$theirs" = "$ours" ] && [ ! -s "$file.diff" ]; then
      count=$((count + 1)) lines=$((lines + $(wc -l < "$file.ours.plain")))
      statuses[$ours]=$((${statuses[$ours]:-0} + 1))
    else
      [ "$theirs" = "$ours" ] || theirs="$theirs / $ours"
      # In this shell: it counts.
      reason gpstate "$state" "$arguments" > "$work/reason"
      row gpstate "${state//_/ }" "\`${arguments:-–}\`" "$theirs" \
        "$(grep -c '^[<>]' "$file.diff") lines differ: $(cat "$work/reason")"
    fi
  done
  local texts=()
  for status in 0 1 2; do [ -z "${statuses[$status]:-}" ] || texts+=("$status (${statuses[$status]}×)"); done
  [ "$count" = 0 ] || row gpstate "${state//_/ }" "$count argument lists" "${texts[*]}" "$lines lines, all the same"
}

# in_turn TOOL STATE [ARGUMENT...]: the same cluster for both; the catalog before and after, and the exit status.
in_turn() {
  local tool=$1 state=$2 side file before
  shift 2
  local -A status=()
  for side in original ours; do
    file=$work/out/$tool-$state-$(printf '%s' "$*" | tr -c 'A-Za-z0-9' _ | tail -c 60).$side
    "state_$state"
    catalog > "$file.before"
    if [ "$tool" = gpactivatestandby ]; then
      status[$side]=$(COORDINATOR_DATA_DIRECTORY=$(directory standby) PGPORT=$((port + 1)) run $side "$file" "$tool" -l "$work/log" "$@")
    else
      status[$side]=$(run $side "$file" "$tool" -l "$work/log" "$@")
    fi
    [ "${status[$side]}" != 0 ] || settle 30
    catalog > "$file.after"
  done
  file=${file%.ours}
  before="same catalog"
  diff "$file.original.before" "$file.ours.before" > "$file.diff" || before="**not the same before**"
  diff "$file.original.after" "$file.ours.after" >> "$file.diff" || before="another catalog"
  cmp -s "$file.ours.before" "$file.ours.after" && [ "$before" = "same catalog" ] && before="same catalog, unchanged"
  local exits=${status[ours]} words
  words=$(shown "$@")
  if [ "${status[original]}" != "${status[ours]}" ] || [ -s "$file.diff" ]; then
    [ "${status[original]}" = "${status[ours]}" ] || exits="${status[original]} / ${status[ours]}"
    reason "$tool" "$state" "$words" > "$work/reason"
    before="$before: $(cat "$work/reason")"
  fi
  row "$tool" "${state//_/ }" "\`$words\`" "$exits" "$before"
}
