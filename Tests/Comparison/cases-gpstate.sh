# shellcheck shell=bash disable=SC2154
cases_gpstate() {
  local modes=("" -s -b -e -m -c -Q -p -i -f -x "-q -s" --segmentStatusPipeSeparatedForTableUse)
  same_lines healthy "${modes[@]}" "-v -b" --printSampleExternalTableSql "-s -B 1" "-sB2" "-b -e" --bogus "-z 3" "-B 0" \
    extra "-d /nowhere"
  for state in no_mirrors mirrors_down mirror_gone_unseen failed_over switched unsynchronised double_fault \
    standby_gone utility stopped; do
    same_lines "$state" "${modes[@]}"
  done
}
