# shellcheck shell=bash disable=SC2154
cases_gpinitstandby() {
  local place=(-a -s "$host" -P $((port + 1)) -S "$work/data/standby")
  in_turn gpinitstandby no_mirrors "${place[@]}"
  in_turn gpinitstandby healthy "${place[@]}"
  in_turn gpinitstandby healthy -a -n
  in_turn gpinitstandby healthy -a -r
  in_turn gpinitstandby healthy -a -r -s "$host"
  in_turn gpinitstandby standby_gone -a -n
  in_turn gpinitstandby standby_gone -a -r
  in_turn gpinitstandby no_mirrors -a -n
  in_turn gpinitstandby no_mirrors -a -r
  in_turn gpinitstandby no_mirrors -a -s "$host" -S "$work/data/standby"
  in_turn gpinitstandby no_mirrors -a -s "$host" -P $((port + 1)) -S "$work/data/p"
  in_turn gpinitstandby no_mirrors -a -s nowhere.invalid
  in_turn gpinitstandby no_mirrors -a
  in_turn gpinitstandby no_mirrors -s "$host" -P $((port + 1)) -S "$work/data/standby"
  in_turn gpinitstandby failed_over -a -r
  in_turn gpinitstandby utility -a -r
  in_turn gpinitstandby stopped -a -n
}
