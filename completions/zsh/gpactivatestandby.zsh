#compdef gpactivatestandby

__gpactivatestandby_complete() {
    local -ar non_empty_completions=("${@:#(|:*)}")
    local -ar empty_completions=("${(M)@:#(|:*)}")
    _describe -V '' non_empty_completions -- empty_completions -P $'\'\''
}

__gpactivatestandby_custom_complete() {
    local -a completions
    completions=("${(@f)"$("${command_name}" "${@}" "${command_line[@]}")"}")
    if [[ "${#completions[@]}" -gt 1 ]]; then
        __gpactivatestandby_complete "${completions[@]:0:-1}"
    fi
}

__gpactivatestandby_cursor_index_in_current_word() {
    if [[ -z "${QIPREFIX}${IPREFIX}${PREFIX}" ]]; then
        printf 0
    else
        printf %s "${#${(z)LBUFFER}[-1]}"
    fi
}

_gpactivatestandby() {
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
        '(-d --coordinator-data-directory --master-data-directory --coordinator_data_directory --master_data_directory)'{-d,--coordinator-data-directory,--master-data-directory,--coordinator_data_directory,--master_data_directory}'[The standby'\''s data directory.]:directory:_files -/'
        '(-f --force)'{-f,--force}'[Go on with a standby that is not running.]'
        '--timeout[How long the end of the replay may take.]:seconds:'
        '--fence-timeout[How long an old coordinator out of reach is listened for.]:seconds:'
        '--fence-command[Switch the old coordinator off with this.]:command:'
        '--require-fencing[Refuse an old coordinator that is not proved to be stopped.]'
        '--no-segment-fence[Do not turn the old coordinator away at the segments.]'
        '--finish[Turn the old coordinator away at segments that were out of reach.]'
        '--dry-run[Show the plan; change nothing anywhere.]'
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
            "_gpactivatestandby_${words[1]}" && ret=0
            ;;
        esac
        ;;
    esac

    return "${ret}"
}

_gpactivatestandby_help() {
    local -i ret=1
    local -ar arg_specs=(
        '*:subcommands:'
        '--version[Show the version.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

if [[ "${funcstack[1]}" = _gpactivatestandby ]]; then
    _gpactivatestandby "${@}"
else
    compdef _gpactivatestandby gpactivatestandby
fi
