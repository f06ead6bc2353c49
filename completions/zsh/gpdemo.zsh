#compdef gpdemo

__gpdemo_complete() {
    local -ar non_empty_completions=("${@:#(|:*)}")
    local -ar empty_completions=("${(M)@:#(|:*)}")
    _describe -V '' non_empty_completions -- empty_completions -P $'\'\''
}

__gpdemo_custom_complete() {
    local -a completions
    completions=("${(@f)"$("${command_name}" "${@}" "${command_line[@]}")"}")
    if [[ "${#completions[@]}" -gt 1 ]]; then
        __gpdemo_complete "${completions[@]:0:-1}"
    fi
}

__gpdemo_cursor_index_in_current_word() {
    if [[ -z "${QIPREFIX}${IPREFIX}${PREFIX}" ]]; then
        printf 0
    else
        printf %s "${#${(z)LBUFFER}[-1]}"
    fi
}

_gpdemo() {
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
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
        '(-): :->command'
        '(-)*:: :->arg'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0
    case "${state}" in
    command)
        local -ar subcommands=(
            'create:Make a cluster and start it.'
            'start:Start a stopped cluster.'
            'stop:Stop a cluster.'
            'destroy:End a cluster'\''s processes and remove everything it is made of.'
            'status:List hosts, instances and processes.'
            'tour:Mirror a cluster under load, lose a host, prove that no row was lost.'
            'env:Print the variables under which the tools find the cluster.'
            'exec:Run a command on a host, as the cluster'\''s account.'
            'help:Show subcommand help information.'
        )
        _describe -V subcommand subcommands && ret=0
        ;;
    arg)
        case "${words[1]}" in
        create|start|stop|destroy|status|tour|env|exec|help)
            "_gpdemo_${words[1]}" && ret=0
            ;;
        esac
        ;;
    esac

    return "${ret}"
}

_gpdemo_create() {
    local -i ret=1
    local -ar ___engine=('embedded' 'greenplum')
    local -ar ___network=('loopback' 'namespaces')
    local -ar arg_specs=(
        '(-v --verbose)'{-v,--verbose}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '-l[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '(-d --coordinator_data_directory --master_data_directory --coordinator-data-directory --master-data-directory)'{-d,--coordinator_data_directory,--master_data_directory,--coordinator-data-directory,--master-data-directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--dir[The cluster'\''s directory (GPDEMO_DIR, else ./gpdemo).]:directory:_files -/'
        '--hosts[Segment hosts.]:number:'
        '--primaries-per-host[Primaries on each.]:number:'
        '--mirrors[group, spread, block\:N or none.]:layout:'
        '--port-base[The coordinator'\''s port.]:port:'
        '--pg-bin[The server'\''s programs.]:directory:_files -/'
        '--engine[embedded or greenplum.]:kind:{__gpdemo_complete "${___engine[@]}"}'
        '--gphome[The Greenplum 7 installation (default\: $GPHOME).]:directory:_files -/'
        '--network[loopback or namespaces (root).]:kind:{__gpdemo_complete "${___network[@]}"}'
        '--standby[Give the coordinator a standby on scdw.]'
        '--without-fts[Run no gpftsd.]'
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_gpdemo_start() {
    local -i ret=1
    local -ar arg_specs=(
        '(-v --verbose)'{-v,--verbose}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '-l[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '(-d --coordinator_data_directory --master_data_directory --coordinator-data-directory --master-data-directory)'{-d,--coordinator_data_directory,--master_data_directory,--coordinator-data-directory,--master-data-directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--dir[The cluster'\''s directory (GPDEMO_DIR, else ./gpdemo).]:directory:_files -/'
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_gpdemo_stop() {
    local -i ret=1
    local -ar arg_specs=(
        '(-v --verbose)'{-v,--verbose}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '-l[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '(-d --coordinator_data_directory --master_data_directory --coordinator-data-directory --master-data-directory)'{-d,--coordinator_data_directory,--master_data_directory,--coordinator-data-directory,--master-data-directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--dir[The cluster'\''s directory (GPDEMO_DIR, else ./gpdemo).]:directory:_files -/'
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_gpdemo_destroy() {
    local -i ret=1
    local -ar arg_specs=(
        '(-v --verbose)'{-v,--verbose}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '-l[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '(-d --coordinator_data_directory --master_data_directory --coordinator-data-directory --master-data-directory)'{-d,--coordinator_data_directory,--master_data_directory,--coordinator-data-directory,--master-data-directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--dir[The cluster'\''s directory (GPDEMO_DIR, else ./gpdemo).]:directory:_files -/'
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_gpdemo_status() {
    local -i ret=1
    local -ar arg_specs=(
        '(-v --verbose)'{-v,--verbose}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '-l[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '(-d --coordinator_data_directory --master_data_directory --coordinator-data-directory --master-data-directory)'{-d,--coordinator_data_directory,--master_data_directory,--coordinator-data-directory,--master-data-directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--dir[The cluster'\''s directory (GPDEMO_DIR, else ./gpdemo).]:directory:_files -/'
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_gpdemo_tour() {
    local -i ret=1
    local -ar ___network=('loopback' 'namespaces')
    local -ar arg_specs=(
        '(-v --verbose)'{-v,--verbose}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '-l[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '(-d --coordinator_data_directory --master_data_directory --coordinator-data-directory --master-data-directory)'{-d,--coordinator_data_directory,--master_data_directory,--coordinator-data-directory,--master-data-directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--dir[The cluster'\''s directory (GPDEMO_DIR, else ./gpdemo).]:directory:_files -/'
        '--network[loopback or namespaces (root).]:kind:{__gpdemo_complete "${___network[@]}"}'
        '--pg-bin[The server'\''s programs.]:directory:_files -/'
        '--keep[Keep the cluster afterwards.]'
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_gpdemo_env() {
    local -i ret=1
    local -ar arg_specs=(
        '(-v --verbose)'{-v,--verbose}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '-l[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '(-d --coordinator_data_directory --master_data_directory --coordinator-data-directory --master-data-directory)'{-d,--coordinator_data_directory,--master_data_directory,--coordinator-data-directory,--master-data-directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--dir[The cluster'\''s directory (GPDEMO_DIR, else ./gpdemo).]:directory:_files -/'
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_gpdemo_exec() {
    local -i ret=1
    local -ar arg_specs=(
        '(-v --verbose)'{-v,--verbose}'[Log debug records too.]'
        '(-q --quiet)'{-q,--quiet}'[Print warnings and errors only.]'
        '-l[Write the log file there.]:directory:_files -/'
        '-a[Do not ask for confirmation.]'
        '(-d --coordinator_data_directory --master_data_directory --coordinator-data-directory --master-data-directory)'{-d,--coordinator_data_directory,--master_data_directory,--coordinator-data-directory,--master-data-directory}'[The coordinator'\''s data directory.]:directory:_files -/'
        '--json[Print one JSON document; the log goes to standard error.]'
        '--dir[The cluster'\''s directory (GPDEMO_DIR, else ./gpdemo).]:directory:_files -/'
        ':host:{__gpdemo_custom_complete ---completion exec -- positional@0 "${current_word_index}" "$(__gpdemo_cursor_index_in_current_word)"}'
        '*:command:'
        '--version[Show the version.]'
        '(-h -? --help)'{-h,-?,--help}'[Show help information.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

_gpdemo_help() {
    local -i ret=1
    local -ar arg_specs=(
        '*:subcommands:'
        '--version[Show the version.]'
    )
    _arguments -w -s -S : "${arg_specs[@]}" && ret=0

    return "${ret}"
}

if [[ "${funcstack[1]}" = _gpdemo ]]; then
    _gpdemo "${@}"
else
    compdef _gpdemo gpdemo
fi
