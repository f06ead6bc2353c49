function __gprecoverseg_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gprecoverseg_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __gprecoverseg_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gprecoverseg_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __gprecoverseg_parse_tokens -S
    set -l unparsed_tokens (__gprecoverseg_tokens -pc)
    switch $unparsed_tokens[1]
    case 'gprecoverseg'
        __gprecoverseg_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'ssh-config=' 'ssh-port=' 'ssh-user=' 'ssh-identity=' 'host-timeout=' 'B=' 'b=' 'i=' 'o=' 'p=' 'F' 'differential' 'fallback=' 'r' 'replay-lag=' 'disable-replay-lag' 'max-rate=' 's' 'no-progress' 'hba-hostnames' 'hba-auth=' 'dry-run' 'wait=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __gprecoverseg_parse_subcommand -r 1 'version'
        end
    end
end

function __gprecoverseg_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __gprecoverseg_parse_subcommand -S -a positional_count
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

function __gprecoverseg_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __gprecoverseg_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__gprecoverseg_tokens -p)
    if test -z "$(__gprecoverseg_tokens -t)"
        set -l index (count (__gprecoverseg_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'gprecoverseg' -f
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" l' -s 'l' -d 'Write the log file there.' -rfa '(__gprecoverseg_complete_directories)'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gprecoverseg_complete_directories)'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" ssh-config' -l 'ssh-config' -d 'SSH configuration file (environment: GP_SSH_CONFIG).' -rF
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" ssh-port' -l 'ssh-port' -d 'SSH port of the hosts.' -rfka ''
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" ssh-user' -l 'ssh-user' -d 'SSH user on the hosts.' -rfka ''
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" ssh-identity' -l 'ssh-identity' -d 'SSH private key.' -rF
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" host-timeout' -l 'host-timeout' -d 'How long to wait for a host.' -rfka ''
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" B' -s 'B' -d 'Hosts worked on at once, 1 to 64.' -rfka ''
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" b' -s 'b' -d 'Segments of a host worked on at once, 1 to 128.' -rfka ''
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" i' -s 'i' -d 'Recover what this file says.' -rF
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" o' -s 'o' -d 'Write such a file and stop.' -rF
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" p' -s 'p' -d 'Recover to these other hosts.' -rfka '(__gprecoverseg_custom_completion ---completion -- -p (count (__gprecoverseg_tokens -pc)) (__gprecoverseg_tokens -tC))'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" F' -s 'F' -d 'Copy everything.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" differential' -l 'differential' -d 'Move what differs, found by rsync.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" fallback' -l 'fallback' -d 'How far to go where a method fails: differential, full or none.' -rfka 'differential full none'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" r' -s 'r' -d 'Give every pair its preferred roles.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" replay-lag' -l 'replay-lag' -d 'Lag in GB that -r accepts (10).' -rfka ''
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" disable-replay-lag' -l 'disable-replay-lag' -d 'Let -r accept any lag.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" max-rate' -l 'max-rate' -d 'kB a second that a copy moves at most.' -rfka ''
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" s' -s 's' -d 'Show progress line by line.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" no-progress' -l 'no-progress' -d 'Show no progress.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" hba-hostnames' -l 'hba-hostnames' -d 'Write host names, not addresses, to pg_hba.conf.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" hba-auth' -l 'hba-auth' -d 'Authentication method in pg_hba.conf.' -rfka ''
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" dry-run' -l 'dry-run' -d 'Show the plan; write nothing anywhere.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" wait' -l 'wait' -d 'Wait until every pair is in sync (3600 seconds).' -rfka ''
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" version' -l 'version' -d 'Show the version.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_positional "gprecoverseg" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'gprecoverseg' -n '__gprecoverseg_should_offer_completions_for_flags_or_options "gprecoverseg help" version' -l 'version' -d 'Show the version.'
