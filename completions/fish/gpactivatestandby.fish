function __gpactivatestandby_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpactivatestandby_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __gpactivatestandby_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpactivatestandby_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __gpactivatestandby_parse_tokens -S
    set -l unparsed_tokens (__gpactivatestandby_tokens -pc)
    switch $unparsed_tokens[1]
    case 'gpactivatestandby'
        __gpactivatestandby_parse_subcommand 0 'v' 'D/debug' 'q/quiet' 'l/logfile=' 'a' 'json' 'ssh-config=' 'ssh-port=' 'ssh-user=' 'ssh-identity=' 'host-timeout=' 'd/coordinator-data-directory=' 'f/force' 'timeout=' 'fence-timeout=' 'fence-command=' 'require-fencing' 'no-segment-fence' 'finish' 'dry-run' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __gpactivatestandby_parse_subcommand -r 1 'version'
        end
    end
end

function __gpactivatestandby_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __gpactivatestandby_parse_subcommand -S -a positional_count
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

function __gpactivatestandby_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __gpactivatestandby_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__gpactivatestandby_tokens -p)
    if test -z "$(__gpactivatestandby_tokens -t)"
        set -l index (count (__gpactivatestandby_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'gpactivatestandby' -f
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" v' -s 'v' -d 'Show the version.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" D debug' -s 'D' -l 'debug' -d 'Log debug records too.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" l logfile' -s 'l' -l 'logfile' -d 'Write the log file there.' -rfa '(__gpactivatestandby_complete_directories)'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" ssh-config' -l 'ssh-config' -d 'SSH configuration file (environment: GP_SSH_CONFIG).' -rF
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" ssh-port' -l 'ssh-port' -d 'SSH port of the hosts.' -rfka ''
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" ssh-user' -l 'ssh-user' -d 'SSH user on the hosts.' -rfka ''
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" ssh-identity' -l 'ssh-identity' -d 'SSH private key.' -rF
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" host-timeout' -l 'host-timeout' -d 'How long to wait for a host.' -rfka ''
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator-data-directory' -l 'master-data-directory' -l 'coordinator_data_directory' -l 'master_data_directory' -d 'The standby\'s data directory.' -rfa '(__gpactivatestandby_complete_directories)'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" f force' -s 'f' -l 'force' -d 'Go on with a standby that is not running.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" timeout' -l 'timeout' -d 'How long the end of the replay may take.' -rfka ''
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" fence-timeout' -l 'fence-timeout' -d 'How long an old coordinator out of reach is listened for.' -rfka ''
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" fence-command' -l 'fence-command' -d 'Switch the old coordinator off with this.' -rfka ''
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" require-fencing' -l 'require-fencing' -d 'Refuse an old coordinator that is not proved to be stopped.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" no-segment-fence' -l 'no-segment-fence' -d 'Do not turn the old coordinator away at the segments.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" finish' -l 'finish' -d 'Turn the old coordinator away at segments that were out of reach.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" dry-run' -l 'dry-run' -d 'Show the plan; change nothing anywhere.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" version' -l 'version' -d 'Show the version.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_positional "gpactivatestandby" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'gpactivatestandby' -n '__gpactivatestandby_should_offer_completions_for_flags_or_options "gpactivatestandby help" version' -l 'version' -d 'Show the version.'
