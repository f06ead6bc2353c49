function __gpinitstandby_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpinitstandby_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __gpinitstandby_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpinitstandby_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __gpinitstandby_parse_tokens -S
    set -l unparsed_tokens (__gpinitstandby_tokens -pc)
    switch $unparsed_tokens[1]
    case 'gpinitstandby'
        __gpinitstandby_parse_subcommand 0 'v' 'D/debug' 'q/quiet' 'l/logfile=' 'a' 'json' 'ssh-config=' 'ssh-port=' 'ssh-user=' 'ssh-identity=' 'host-timeout=' 'd/coordinator-data-directory=' 's/standby-host=' 'P/standby-port=' 'S/standby-datadir=' 'n/no-update' 'r/remove' 'replace' 'finish' 'hba-hostnames' 'hba-auth=' 'M/mode=' 'dry-run' 'no-progress' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __gpinitstandby_parse_subcommand -r 1 'version'
        end
    end
end

function __gpinitstandby_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __gpinitstandby_parse_subcommand -S -a positional_count
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

function __gpinitstandby_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __gpinitstandby_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__gpinitstandby_tokens -p)
    if test -z "$(__gpinitstandby_tokens -t)"
        set -l index (count (__gpinitstandby_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'gpinitstandby' -f
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" v' -s 'v' -d 'Show the version.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" D debug' -s 'D' -l 'debug' -d 'Log debug records too.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" l logfile' -s 'l' -l 'logfile' -d 'Write the log file there.' -rfa '(__gpinitstandby_complete_directories)'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" ssh-config' -l 'ssh-config' -d 'SSH configuration file (environment: GP_SSH_CONFIG).' -rF
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" ssh-port' -l 'ssh-port' -d 'SSH port of the hosts.' -rfka ''
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" ssh-user' -l 'ssh-user' -d 'SSH user on the hosts.' -rfka ''
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" ssh-identity' -l 'ssh-identity' -d 'SSH private key.' -rF
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" host-timeout' -l 'host-timeout' -d 'How long to wait for a host.' -rfka ''
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" coordinator-data-directory coordinator_data_directory d' -s 'd' -l 'coordinator-data-directory' -l 'coordinator_data_directory' -d 'The coordinator\'s data directory.' -rfa '(__gpinitstandby_complete_directories)'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" s standby-host' -s 's' -l 'standby-host' -d 'Add a standby on this host.' -rfka '(__gpinitstandby_custom_completion ---completion -- --standby-host (count (__gpinitstandby_tokens -pc)) (__gpinitstandby_tokens -tC))'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" P standby-port' -s 'P' -l 'standby-port' -d 'The standby\'s port (the coordinator\'s).' -rfka ''
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" S standby-datadir' -s 'S' -l 'standby-datadir' -d 'The standby\'s data directory (the coordinator\'s).' -rfka ''
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" n no-update' -s 'n' -l 'no-update' -d 'Start the standby that is configured.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" r remove' -s 'r' -l 'remove' -d 'Remove the standby.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" replace' -l 'replace' -d 'With -s: remove the old standby and add the new one.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" finish' -l 'finish' -d 'Let the standby in at segments that were out of reach.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" hba-hostnames' -l 'hba-hostnames' -d 'Write host names, not addresses, to pg_hba.conf.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" hba-auth' -l 'hba-auth' -d 'Authentication method in pg_hba.conf.' -rfka ''
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" M mode' -s 'M' -l 'mode' -d 'Taken for compatibility; has no effect.' -rfka ''
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" dry-run' -l 'dry-run' -d 'Show the plan; write nothing anywhere.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" no-progress' -l 'no-progress' -d 'Show no progress.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" version' -l 'version' -d 'Show the version.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_positional "gpinitstandby" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'gpinitstandby' -n '__gpinitstandby_should_offer_completions_for_flags_or_options "gpinitstandby help" version' -l 'version' -d 'Show the version.'
