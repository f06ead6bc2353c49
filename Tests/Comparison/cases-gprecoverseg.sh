# shellcheck shell=bash disable=SC2154
cases_gprecoverseg() {
  local move=$work/move.list
  printf '%s|%s|%s %s|%s|%s\n' "$host" $((port + 102)) "$work/data/m/gpseg0" "$host" $((port + 120)) "$work/data/m/y0" > "$move"
  in_turn gprecoverseg healthy -a
  in_turn gprecoverseg healthy -a -r
  in_turn gprecoverseg healthy -a -F
  in_turn gprecoverseg mirrors_down -a
  in_turn gprecoverseg mirrors_down -a -F
  in_turn gprecoverseg mirrors_down -a --differential
  in_turn gprecoverseg mirrors_down -a -B 1 -b 1
  in_turn gprecoverseg mirrors_down -a -i "$move"
  in_turn gprecoverseg mirrors_down -a -o "$work/written.list"
  in_turn gprecoverseg mirrors_down
  in_turn gprecoverseg mirrors_down -a -p "$host"
  in_turn gprecoverseg failed_over -a
  in_turn gprecoverseg failed_over -a -F
  in_turn gprecoverseg failed_over -a -r
  in_turn gprecoverseg switched -a
  in_turn gprecoverseg switched -a -r
  in_turn gprecoverseg unsynchronised -a
  in_turn gprecoverseg unsynchronised -a -F
  in_turn gprecoverseg double_fault -a
  in_turn gprecoverseg no_mirrors -a
  in_turn gprecoverseg no_mirrors -a -r
  in_turn gprecoverseg standby_gone -a
  in_turn gprecoverseg utility -a
  in_turn gprecoverseg stopped -a
  in_turn gprecoverseg mirrors_down -a -i "$work/missing"
  in_turn gprecoverseg mirrors_down -a -F --differential
  in_turn gprecoverseg mirrors_down -a -B 0
}
