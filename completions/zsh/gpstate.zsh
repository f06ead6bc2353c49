#compdef gpstate

__gpstate_complete() {
    local -ar non_empty_completions=("${@:#(|:*)}")
    local -ar empty_completions=("${(M)@:#(|:*)}")
    _describe -V '' non_empty_completions -- empty_completions -P $'\'\''
}

__gpstate_custom_complete() {
    local -a completions
    completions=("${(@f)"$("${command_name}" "${@}" "${command_line[@]}")"}")
    if [[ "${#completions[@]}" -gt 1 ]]; then
        __gpstate_complete "${completions[@]:0:-1}"
    fi
}

__gpstate_cursor_index_in_current_word() {
    if [[ -z "${QIPREFIX}${IPREFIX}${PREFIX}" ]]; then
        printf 0
    else
        printf %s "${#${(z)LBUFFER}[-1]}"
    fi
}

_gpstate() {
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
    local -ar ___map=('text' 'ascii' 'svg')
    local -ar arg_specs=(
        '(-v --verbose)'{-v,--verbose}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '-l[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '(-d --coordinator_data_directory --master_data_directory --coordinator-data-directory --master-data-directory)'{-d,--coordinator_data_directory,--master_data_directory,--coordinator-data-directory,--master-data-directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--ssh-config[SSH configuration file (environment\: GP_SSH_CONFIG).]:file:_files'
        '--ssh-port[SSH port of the hosts.]:port:'
        '--ssh-user[SSH user on the hosts.]:user:'
        '--ssh-identity[SSH private key.]:file:_files'
        '--host-timeout[How long to wait for a host.]:seconds:'
        '-B[Hosts worked on at once, 1 to 64.]:number:'
        '--check[Judge the cluster for a monitor\: OK, WARNING, CRITICAL or UNKNOWN.]'
        '--metrics[Print metrics in the Prometheus text format.]'
        '*--only[With --check\: these aspects alone.]:aspect,...:'
        '*--warning[With --check\: thresholds of WARNING.]:aspect=value,...:'
        '*--critical[With --check\: thresholds of CRITICAL.]:aspect=value,...:'
        '--deadline[With --check and --metrics\: time for all of it; default 30.]:seconds:'
        '--output[With --metrics\: write this file instead, at one stroke.]:file:'
        '-b[Brief summary (default).]'
        '-s[Detailed state of every instance.]'
        '-e[Mirrors with trouble only.]'
        '-m[List the mirrors.]'
        '-c[Map primaries to mirrors.]'
        '-Q[Quick\: from the catalog alone.]'
        '-p[List the ports.]'
        '-i[Show software versions.]'
        '-f[Show the standby coordinator.]'
        '-x[Show the state of an expansion.]'
        '--timeout[Time for the first connection.]:seconds:'
        '--retries[Tries of the first connection.]:number:'
        '--advise[Name the layout, its risks, and what to do; from the catalog alone.]'
        '--map[Draw hosts, roles and pairs\: text, ascii or svg.]:form:{__gpstate_complete "${___map[@]}"}'
        '--events[Show what became of the instances (gp_configuration_history).]'
        '--since[Events from then on\: an ISO 8601 time, or an age as 30m, 2h, 1d.]:when:'
        '--watch[Redraw on the terminal every so many seconds (2).]:seconds:'
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
            "_gpstate_${words[1]}" && ret=0
            ;;
        esac
        ;;
    esac

    return "${ret}"
}

_gpstate_help() {
    local -i ret=1
    local -ar arg_specs=(
        '*:subcommands:'
        '--version[Show the version.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

if [[ "${funcstack[1]}" = _gpstate ]]; then
    _gpstate "${@}"
else
    compdef _gpstate gpstate
fi
