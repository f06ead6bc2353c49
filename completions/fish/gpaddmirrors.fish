function __gpaddmirrors_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpaddmirrors_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __gpaddmirrors_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpaddmirrors_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __gpaddmirrors_parse_tokens -S
    set -l unparsed_tokens (__gpaddmirrors_tokens -pc)
    switch $unparsed_tokens[1]
    case 'gpaddmirrors'
        __gpaddmirrors_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'ssh-config=' 'ssh-port=' 'ssh-user=' 'ssh-identity=' 'host-timeout=' 'i=' 'o=' 'm=' 's' 'block=' 'p=' 'B/batch-size=' 'b/segment-batch-size=' 'hba-hostnames' 'hba-auth=' 'dry-run' 'map=' 'no-progress' 'wait=' 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'help'
            __gpaddmirrors_parse_subcommand -r 1 'version'
        end
    end
end

function __gpaddmirrors_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __gpaddmirrors_parse_subcommand -S -a positional_count
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

function __gpaddmirrors_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __gpaddmirrors_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__gpaddmirrors_tokens -p)
    if test -z "$(__gpaddmirrors_tokens -t)"
        set -l index (count (__gpaddmirrors_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'gpaddmirrors' -f
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpaddmirrors_complete_directories)'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpaddmirrors_complete_directories)'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" ssh-config' -l 'ssh-config' -d 'SSH configuration file (environment: GP_SSH_CONFIG).' -rF
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" ssh-port' -l 'ssh-port' -d 'SSH port of the hosts.' -rfka ''
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" ssh-user' -l 'ssh-user' -d 'SSH user on the hosts.' -rfka ''
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" ssh-identity' -l 'ssh-identity' -d 'SSH private key.' -rF
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" host-timeout' -l 'host-timeout' -d 'How long to wait for a host.' -rfka ''
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" i' -s 'i' -d 'Place the mirrors as this file says.' -rF
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" o' -s 'o' -d 'Write the placements to a file and stop.' -rF
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" m' -s 'm' -d 'File with the mirror data directories.' -rF
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" s' -s 's' -d 'Spread the mirrors of a host over the other hosts.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" block' -l 'block' -d 'Spread inside blocks of N hosts.' -rfka ''
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" p' -s 'p' -d 'Add this to ports of primaries.' -rfka ''
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" B batch-size' -s 'B' -l 'batch-size' -d 'Hosts worked on at once, 1 to 64.' -rfka ''
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" b segment-batch-size' -s 'b' -l 'segment-batch-size' -d 'Segments of a host worked on at once, 1 to 128.' -rfka ''
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" hba-hostnames' -l 'hba-hostnames' -d 'Write host names, not addresses, to pg_hba.conf.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" hba-auth' -l 'hba-auth' -d 'Authentication method in pg_hba.conf.' -rfka ''
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" dry-run' -l 'dry-run' -d 'Show the plan; write nothing anywhere.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" map' -l 'map' -d 'With --dry-run: draw the planned layout: text, ascii or svg.' -rfka 'text ascii svg'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" no-progress' -l 'no-progress' -d 'Show no progress.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" wait' -l 'wait' -d 'Wait until every mirror is in sync (3600 seconds).' -rfka ''
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" version' -l 'version' -d 'Show the version.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_positional "gpaddmirrors" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'gpaddmirrors' -n '__gpaddmirrors_should_offer_completions_for_flags_or_options "gpaddmirrors help" version' -l 'version' -d 'Show the version.'
