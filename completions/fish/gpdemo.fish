function __gpdemo_should_offer_completions_for_flags_or_options -a expected_commands
    set -l non_repeating_flags_or_options $argv[2..]
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpdemo_parse_tokens
    test "$commands" = "$expected_commands"; and return $non_repeating_flags_or_options_absent
end

function __gpdemo_should_offer_completions_for_positional -a expected_commands positional_index_comparison expected_positional_index
    set -l non_repeating_flags_or_options
    set -l non_repeating_flags_or_options_absent 0
    set -l positional_index 0
    set -l commands
    __gpdemo_parse_tokens
    test "$commands" = "$expected_commands" -a \( "$positional_index" "$positional_index_comparison" "$expected_positional_index" \)
end

function __gpdemo_parse_tokens -S
    set -l unparsed_tokens (__gpdemo_tokens -pc)
    switch $unparsed_tokens[1]
    case 'gpdemo'
        __gpdemo_parse_subcommand 0 'version' 'h/help'
        switch $unparsed_tokens[1]
        case 'create'
            __gpdemo_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'dir=' 'hosts=' 'primaries-per-host=' 'mirrors=' 'port-base=' 'pg-bin=' 'engine=' 'gphome=' 'network=' 'standby' 'without-fts' 'version' 'h/help'
        case 'start'
            __gpdemo_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'dir=' 'version' 'h/help'
        case 'stop'
            __gpdemo_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'dir=' 'version' 'h/help'
        case 'destroy'
            __gpdemo_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'dir=' 'version' 'h/help'
        case 'status'
            __gpdemo_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'dir=' 'version' 'h/help'
        case 'tour'
            __gpdemo_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'dir=' 'network=' 'pg-bin=' 'keep' 'version' 'h/help'
        case 'env'
            __gpdemo_parse_subcommand 0 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'dir=' 'version' 'h/help'
        case 'exec'
            __gpdemo_parse_subcommand -r 2 'v/verbose' 'q/quiet' 'l=' 'a' 'd/coordinator_data_directory=' 'json' 'dir=' 'version' 'h/help'
        case 'help'
            __gpdemo_parse_subcommand -r 1 'version'
        end
    end
end

function __gpdemo_tokens
    if test (string split -m 1 -f 1 -- . "$FISH_VERSION") -gt 3
        commandline --tokens-raw $argv
    else
        commandline -o $argv
    end
end

function __gpdemo_parse_subcommand -S -a positional_count
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

function __gpdemo_complete_directories
    set -l token (commandline -t)
    string match -- '*/' $token
    set -l subdirs $token*/
    printf %s\n $subdirs
end

function __gpdemo_custom_completion
    set -x SAP_SHELL fish
    set -x SAP_SHELL_VERSION $FISH_VERSION
    set -l tokens (__gpdemo_tokens -p)
    if test -z "$(__gpdemo_tokens -t)"
        set -l index (count (__gpdemo_tokens -pc))
        set tokens $tokens[..$index] \'\' $tokens[(math $index + 1)..]
    end
    command $tokens[1] $argv $tokens
end

complete -c 'gpdemo' -f
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo" version' -l 'version' -d 'Show the version.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo" -eq 1' -fa 'create' -d 'Make a cluster and start it.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo" -eq 1' -fa 'start' -d 'Start a stopped cluster.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo" -eq 1' -fa 'stop' -d 'Stop a cluster.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo" -eq 1' -fa 'destroy' -d 'End a cluster\'s processes and remove everything it is made of.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo" -eq 1' -fa 'status' -d 'List hosts, instances and processes.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo" -eq 1' -fa 'tour' -d 'Mirror a cluster under load, lose a host, prove that no row was lost.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo" -eq 1' -fa 'env' -d 'Print the variables under which the tools find the cluster.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo" -eq 1' -fa 'exec' -d 'Run a command on a host, as the cluster\'s account.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo" -eq 1' -fa 'help' -d 'Show subcommand help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" dir' -l 'dir' -d 'The cluster\'s directory (GPDEMO_DIR, else ./gpdemo).' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" hosts' -l 'hosts' -d 'Segment hosts.' -rfka ''
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" primaries-per-host' -l 'primaries-per-host' -d 'Primaries on each.' -rfka ''
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" mirrors' -l 'mirrors' -d 'group, spread, block:N or none.' -rfka ''
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" port-base' -l 'port-base' -d 'The coordinator\'s port.' -rfka ''
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" pg-bin' -l 'pg-bin' -d 'The server\'s programs.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" engine' -l 'engine' -d 'embedded or greenplum.' -rfka 'embedded greenplum'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" gphome' -l 'gphome' -d 'The Greenplum 7 installation (default: $GPHOME).' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" network' -l 'network' -d 'loopback or namespaces (root).' -rfka 'loopback namespaces'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" standby' -l 'standby' -d 'Give the coordinator a standby on scdw.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" without-fts' -l 'without-fts' -d 'Run no gpftsd.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" version' -l 'version' -d 'Show the version.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo create" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo start" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo start" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo start" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo start" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo start" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo start" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo start" dir' -l 'dir' -d 'The cluster\'s directory (GPDEMO_DIR, else ./gpdemo).' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo start" version' -l 'version' -d 'Show the version.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo start" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo stop" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo stop" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo stop" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo stop" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo stop" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo stop" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo stop" dir' -l 'dir' -d 'The cluster\'s directory (GPDEMO_DIR, else ./gpdemo).' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo stop" version' -l 'version' -d 'Show the version.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo stop" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo destroy" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo destroy" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo destroy" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo destroy" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo destroy" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo destroy" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo destroy" dir' -l 'dir' -d 'The cluster\'s directory (GPDEMO_DIR, else ./gpdemo).' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo destroy" version' -l 'version' -d 'Show the version.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo destroy" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo status" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo status" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo status" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo status" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo status" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo status" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo status" dir' -l 'dir' -d 'The cluster\'s directory (GPDEMO_DIR, else ./gpdemo).' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo status" version' -l 'version' -d 'Show the version.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo status" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" dir' -l 'dir' -d 'The cluster\'s directory (GPDEMO_DIR, else ./gpdemo).' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" network' -l 'network' -d 'loopback or namespaces (root).' -rfka 'loopback namespaces'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" pg-bin' -l 'pg-bin' -d 'The server\'s programs.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" keep' -l 'keep' -d 'Keep the cluster afterwards.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" version' -l 'version' -d 'Show the version.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo tour" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo env" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo env" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo env" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo env" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo env" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo env" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo env" dir' -l 'dir' -d 'The cluster\'s directory (GPDEMO_DIR, else ./gpdemo).' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo env" version' -l 'version' -d 'Show the version.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo env" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo exec" v verbose' -s 'v' -l 'verbose' -d 'Log debug records too.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo exec" q quiet' -s 'q' -l 'quiet' -d 'Print warnings and errors only.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo exec" l' -s 'l' -d 'Write the log file there.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo exec" a' -s 'a' -d 'Do not ask for confirmation.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo exec" coordinator-data-directory coordinator_data_directory d master-data-directory master_data_directory' -s 'd' -l 'coordinator_data_directory' -l 'master_data_directory' -l 'coordinator-data-directory' -l 'master-data-directory' -d 'The coordinator\'s data directory.' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo exec" json' -l 'json' -d 'Print one JSON document; the log goes to standard error.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo exec" dir' -l 'dir' -d 'The cluster\'s directory (GPDEMO_DIR, else ./gpdemo).' -rfa '(__gpdemo_complete_directories)'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_positional "gpdemo exec" -eq 1' -fka '(__gpdemo_custom_completion ---completion exec -- positional@0 (count (__gpdemo_tokens -pc)) (__gpdemo_tokens -tC))'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo exec" version' -l 'version' -d 'Show the version.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo exec" h help' -s 'h' -s '?' -l 'help' -d 'Show help information.'
complete -c 'gpdemo' -n '__gpdemo_should_offer_completions_for_flags_or_options "gpdemo help" version' -l 'version' -d 'Show the version.'
