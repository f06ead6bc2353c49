function __gpstate_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpstate_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __gpstate_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpstate_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __gpstate_parse_tokens -S
    set -l unparsed_tokens (__gpstate_tokens -pc)
    switch $unparsed_tokens[1]
    case 'gpstate'
        __gpstate_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'ssh-config=' 'ssh-port=' 'ssh-user=' 'ssh-identity=' 'host-timeout=' 'B=' 'check' 'metrics' 'only=+' 'warning=+' 'critical=+' 'deadline=' 'output=' 'b' 's' 'e' 'm' 'c' 'Q' 'p' 'i' 'f' 'x' 'timeout=' 'retries=' 'advise' 'map=' 'events' 'since=' 'watch=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __gpstate_parse_subcommand -r 1 'version'
        end
    end
end

function __gpstate_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __gpstate_parse_subcommand -S -a positional_count
    argparse -s r -- $argv
    set -l option_specs $argv[2..]
    set -l is_repeating_positional $_flag_r
    set -el _flag_r
    set -a commands $unparsed_tokens[1]
    set positional_index 0
    while true
        set -e unparsed_tokens[1]
        argparse -sn "$commands" $option_specs -- $unparsed_tokens 2> /dev/null
        set unparsed_tokens $argv
        set positional_index (math $positional_index + 1)
        for non_repeating_flag_or_option in $non_repeating_flags_or_options
            if set -ql "_flag_$(string replace -a - _ -- $non_repeating_flag_or_option)"
                set non_repeating_flags_or_options_absent 1
                break
            end
        end
        test (count $unparsed_tokens) -eq 0 -o \( -z "$is_repeating_positional" -a "$positional_index" -gt "$positional_count" \) && break
    end
end

function __gpstate_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __gpstate_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__gpstate_tokens -p)
    if test -z "$(__gpstate_tokens -t)"
        set -l index (count (__gpstate_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'gpstate' -f
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpstate_complete_directories)'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpstate_complete_directories)'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" ssh-config' -l 'ssh-config' -d 'SSH configuration file (environment: GP_SSH_CONFIG).' -rF
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" ssh-port' -l 'ssh-port' -d 'SSH port of the hosts.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" ssh-user' -l 'ssh-user' -d 'SSH user on the hosts.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" ssh-identity' -l 'ssh-identity' -d 'SSH private key.' -rF
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" host-timeout' -l 'host-timeout' -d 'How long to wait for a host.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" B' -s 'B' -d 'Hosts worked on at once, 1 to 64.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" check' -l 'check' -d 'Judge the cluster for a monitor: OK, WARNING, CRITICAL or UNKNOWN.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" metrics' -l 'metrics' -d 'Print metrics in the Prometheus text format.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate"' -l 'only' -d 'With --check: these aspects alone.' -rfka 'coordinator standby segments-up in-sync preferred-roles replication-lag retained-wal disk versions one-more-host-loss'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate"' -l 'warning' -d 'With --check: thresholds of WARNING.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate"' -l 'critical' -d 'With --check: thresholds of CRITICAL.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" deadline' -l 'deadline' -d 'With --check and --metrics: time for all of it; default 30.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" output' -l 'output' -d 'With --metrics: write this file instead, at one stroke.' -rF
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" b' -s 'b' -d 'Brief summary (default).'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" s' -s 's' -d 'Detailed state of every instance.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" e' -s 'e' -d 'Mirrors with trouble only.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" m' -s 'm' -d 'List the mirrors.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" c' -s 'c' -d 'Map primaries to mirrors.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" Q' -s 'Q' -d 'Quick: from the catalog alone.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" p' -s 'p' -d 'List the ports.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" i' -s 'i' -d 'Show software versions.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" f' -s 'f' -d 'Show the standby coordinator.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" x' -s 'x' -d 'Show the state of an expansion.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" timeout' -l 'timeout' -d 'Time for the first connection.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" retries' -l 'retries' -d 'Tries of the first connection.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" advise' -l 'advise' -d 'Name the layout, its risks, and what to do; from the catalog alone.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" map' -l 'map' -d 'Draw hosts, roles and pairs: text, ascii or svg.' -rfka 'text ascii svg'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" events' -l 'events' -d 'Show what became of the instances (gp_configuration_history).'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" since' -l 'since' -d 'Events from then on: an ISO 8601 time, or an age as 30m, 2h, 1d.' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" watch' -l 'watch' -d 'Redraw on the terminal every so many seconds (2).' -rfka ''
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" version' -l 'version' -d 'Show the version.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_positional "gpstate" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'gpstate' -n '__gpstate_should_offer_completions_for_flags_or_options "gpstate help" version' -l 'version' -d 'Show the version.'
