# shellcheck shell=bash disable=SC2154
cases_gpactivatestandby() {
  in_turn gpactivatestandby coordinator_killed -a
  in_turn gpactivatestandby coordinator_dead -a
  in_turn gpactivatestandby coordinator_dead -a -f
  in_turn gpactivatestandby coordinator_dead
  in_turn gpactivatestandby healthy -a
  in_turn gpactivatestandby healthy -a -f
  in_turn gpactivatestandby coordinator_and_standby_dead -a
  in_turn gpactivatestandby coordinator_and_standby_dead -a -f
  in_turn gpactivatestandby coordinator_dead -a -d "$work/data/c/gpseg-1"
  in_turn gpactivatestandby coordinator_dead -a -d "$work/missing"
  in_turn gpactivatestandby no_mirrors -a
}
