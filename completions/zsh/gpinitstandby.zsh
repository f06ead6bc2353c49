#compdef gpinitstandby

__gpinitstandby_complete() {
    local -ar non_empty_completions=("${@:#(|:*)}")
    local -ar empty_completions=("${(M)@:#(|:*)}")
    _describe -V '' non_empty_completions -- empty_completions -P $'\'\''
}

__gpinitstandby_custom_complete() {
    local -a completions
    completions=("${(@f)"$("${command_name}" "${@}" "${command_line[@]}")"}")
    if [[ "${#completions[@]}" -gt 1 ]]; then
        __gpinitstandby_complete "${completions[@]:0:-1}"
    fi
}

__gpinitstandby_cursor_index_in_current_word() {
    if [[ -z "${QIPREFIX}${IPREFIX}${PREFIX}" ]]; then
        printf 0
    else
        printf %s "${#${(z)LBUFFER}[-1]}"
    fi
}

_gpinitstandby() {
    emulate -RL zsh -G
    setopt extendedglob nullglob numericglobsort
    unsetopt aliases banghist

    local -xr SAP_SHELL=zsh
    local -x SAP_SHELL_VERSION
    SAP_SHELL_VERSION="$(builtin emulate zsh -c 'printf %s "${ZSH_VERSION}"')"
    local -r SAP_SHELL_VERSION

    local context state state_descr line
    local -A opt_args

    local -r command_name="${words[1]}"
    local -ar command_line=("${words[@]}")
    local -ir current_word_index="$((CURRENT - 1))"

    local -i ret=1
    local -ar arg_specs=(
        '-v[Show the version.]'
        '(-D --debug)'{-D,--debug}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '(-l --logfile)'{-l,--logfile}'[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--ssh-config[SSH configuration file (environment\: GP_SSH_CONFIG).]:file:_files'
        '--ssh-port[SSH port of the hosts.]:port:'
        '--ssh-user[SSH user on the hosts.]:user:'
        '--ssh-identity[SSH private key.]:file:_files'
        '--host-timeout[How long to wait for a host.]:seconds:'
        '(-d --coordinator-data-directory --coordinator_data_directory)'{-d,--coordinator-data-directory,--coordinator_data_directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '(-s --standby-host)'{-s,--standby-host}'[Add a standby on this host.]:host:{__gpinitstandby_custom_complete ---completion -- --standby-host "${current_word_index}" "$(__gpinitstandby_cursor_index_in_current_word)"}'
        '(-P --standby-port)'{-P,--standby-port}'[The standby'\''s port (the coordinator'\''s).]:port:'
        '(-S --standby-datadir)'{-S,--standby-datadir}'[The standby'\''s data directory (the coordinator'\''s).]:directory:'
        '(-n --no-update)'{-n,--no-update}'[Start the standby that is configured.]'
        '(-r --remove)'{-r,--remove}'[Remove the standby.]'
        '--replace[With -s\: remove the old standby and add the new one.]'
        '--finish[Let the standby in at segments that were out of reach.]'
        '--hba-hostnames[Write host names, not addresses, to pg_hba.conf.]'
        '--hba-auth[Authentication method in pg_hba.conf.]:method:'
        '(-M --mode)'{-M,--mode}'[Taken for compatibility; has no effect.]:mode:'
        '--dry-run[Show the plan; write nothing anywhere.]'
        '--no-progress[Show no progress.]'
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
        '(-): :->command'
        '(-)*:: :->arg'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0
    case "${state}" in
    command)
        local -ar subcommands=(
            'help:Show subcommand help information.'
        )
        _describe -V subcommand subcommands && ret=0
        ;;
    arg)
        case "${words[1]}" in
        help)
            "_gpinitstandby_${words[1]}" && ret=0
            ;;
        esac
        ;;
    esac

    return "${ret}"
}

_gpinitstandby_help() {
    local -i ret=1
    local -ar arg_specs=(
        '*:subcommands:'
        '--version[Show the version.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

if [[ "${funcstack[1]}" = _gpinitstandby ]]; then
    _gpinitstandby "${@}"
else
    compdef _gpinitstandby gpinitstandby
fi
