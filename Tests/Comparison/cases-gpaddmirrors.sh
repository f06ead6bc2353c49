# shellcheck shell=bash disable=SC2154
cases_gpaddmirrors() {
  local list=$work/mirrors.list
  printf '%s|%s|%s|%s\n' 0 "$host" $((port + 110)) "$work/data/m/x0" 1 "$host" $((port + 111)) "$work/data/m/x1" > "$list"
  in_turn gpaddmirrors no_mirrors -a -m "$work/mirrors" -p 100
  in_turn gpaddmirrors no_mirrors -a -i "$list"
  in_turn gpaddmirrors no_mirrors -a -i "$list" -B 1 -b 1
  in_turn gpaddmirrors no_mirrors -a -m "$work/mirrors" -p 100 -s
  in_turn gpaddmirrors no_mirrors -a -m "$work/mirrors" -p 100 -o "$work/written.list"
  in_turn gpaddmirrors no_mirrors -a -m "$work/missing"
  in_turn gpaddmirrors no_mirrors -a -i "$work/missing"
  in_turn gpaddmirrors no_mirrors -m "$work/mirrors" -p 100
  in_turn gpaddmirrors no_mirrors -a -B 0
  in_turn gpaddmirrors healthy -a -m "$work/mirrors" -p 100
  in_turn gpaddmirrors mirrors_down -a -m "$work/mirrors" -p 100
  in_turn gpaddmirrors utility -a -m "$work/mirrors" -p 100
  in_turn gpaddmirrors stopped -a -m "$work/mirrors" -p 100
}
