#compdef gpaddmirrors

__gpaddmirrors_complete() {
    local -ar non_empty_completions=("${@:#(|:*)}")
    local -ar empty_completions=("${(M)@:#(|:*)}")
    _describe -V '' non_empty_completions -- empty_completions -P $'\'\''
}

__gpaddmirrors_custom_complete() {
    local -a completions
    completions=("${(@f)"$("${command_name}" "${@}" "${command_line[@]}")"}")
    if [[ "${#completions[@]}" -gt 1 ]]; then
        __gpaddmirrors_complete "${completions[@]:0:-1}"
    fi
}

__gpaddmirrors_cursor_index_in_current_word() {
    if [[ -z "${QIPREFIX}${IPREFIX}${PREFIX}" ]]; then
        printf 0
    else
        printf %s "${#${(z)LBUFFER}[-1]}"
    fi
}

_gpaddmirrors() {
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
        '-i[Place the mirrors as this file says.]:file:_files'
        '-o[Write the placements to a file and stop.]:file:_files'
        '-m[File with the mirror data directories.]:file:_files'
        '-s[Spread the mirrors of a host over the other hosts.]'
        '--block[Spread inside blocks of N hosts.]:N:'
        '-p[Add this to ports of primaries.]:offset:'
        '(-B --batch-size)'{-B,--batch-size}'[Hosts worked on at once, 1 to 64.]:number:'
        '(-b --segment-batch-size)'{-b,--segment-batch-size}'[Segments of a host worked on at once, 1 to 128.]:number:'
        '--hba-hostnames[Write host names, not addresses, to pg_hba.conf.]'
        '--hba-auth[Authentication method in pg_hba.conf.]:method:'
        '--dry-run[Show the plan; write nothing anywhere.]'
        '--map[With --dry-run\: draw the planned layout\: text, ascii or svg.]:form:{__gpaddmirrors_complete "${___map[@]}"}'
        '--no-progress[Show no progress.]'
        '--wait[Wait until every mirror is in sync (3600 seconds).]:seconds:'
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
            "_gpaddmirrors_${words[1]}" && ret=0
            ;;
        esac
        ;;
    esac

    return "${ret}"
}

_gpaddmirrors_help() {
    local -i ret=1
    local -ar arg_specs=(
        '*:subcommands:'
        '--version[Show the version.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

if [[ "${funcstack[1]}" = _gpaddmirrors ]]; then
    _gpaddmirrors "${@}"
else
    compdef _gpaddmirrors gpaddmirrors
fi
