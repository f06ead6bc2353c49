import Glibc

/// A shell that completes command lines with the scripts in `completions/`, where it is installed.
public enum CompletingShell: String, CaseIterable, Sendable {
    case bash, zsh, fish

    /// Its program; nil where it is not installed (`make deps` installs all three).
    public var path: String? {
        ["/usr/bin/\(rawValue)", "/bin/\(rawValue)"].first { access($0, X_OK) == 0 }
    }

    public static var installed: [CompletingShell] { allCases.filter { $0.path != nil } }

    /// The script of a tool.
    public func script(of tool: String) -> String {
        "\(BuiltPrograms.package)/completions/\(rawValue)/\(tool).\(rawValue)"
    }

    /// Types `line` and asks for completion.
    ///
    /// - Returns: what bash and fish offer, without explanations; of zsh the line as it has become.
    public func complete(_ line: String, environment: [String: String] = [:]) async throws -> [String] {
        let scratch = try TemporaryDirectory()
        let tool = String(line.prefix { $0 != " " })
        let variables = [
            "PATH": "\(BuiltPrograms.debug):/usr/bin:/bin", "HOME": scratch.path, "GPHA_LINE": line, "TERM": "dumb",
            "LC_ALL": "C.UTF-8", "GPHA_SCRIPT": script(of: tool), "GPHA_TOOL": tool,
        ]
        // fish has a command line only on a terminal, which script(1) gives it.
        // fish has a command line only on a terminal, which script(1) gives it.
        let shell = self == .fish ? ["/bin/sh"] : words
        let run = try await FinishedProgram.run(
            shell + ["-c", commands], environment: environment.merging(variables) { _, own in own },
            timeout: .seconds(30))
        guard run.error == "" else { throw TestFailure("\(self): \(run.error)") }
        return run.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
    }

    /// Runs commands in the shell, without the user's own settings.
    public func run(
        _ commands: String, environment: [String: String]? = nil, timeout: Duration = .seconds(60)
    ) async throws -> FinishedProgram {
        guard path != nil else { throw TestFailure("\(self) is not installed") }
        return try await FinishedProgram.run(words + ["-c", commands], environment: environment, timeout: timeout)
    }

    /// The shell without the user's own settings.
    private var words: [String] {
        let options =
            switch self {
            case .bash: ["--norc", "--noprofile"]
            case .zsh: ["-f"]
            case .fish: ["--no-config"]
            }
        return [path ?? rawValue] + options
    }

    private var commands: String {
        switch self {
        // What readline does: the words, the one under the cursor, the one before it.
        case .bash:
            """
            source "$GPHA_SCRIPT"
            COMP_LINE=$GPHA_LINE COMP_POINT=${#GPHA_LINE} COMP_WORDS=($GPHA_LINE) COMPREPLY=()
            case $GPHA_LINE in *' ') COMP_WORDS+=('') ;; esac
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            "_$GPHA_TOOL" "$GPHA_TOOL" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        // It completes in its line editor alone: a second one on a terminal, whose line is written down after a tab.
        case .zsh:
            """
            zmodload zsh/zpty
            zpty inner zsh -f -i
            zpty -w inner 'unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; source "$GPHA_SCRIPT"'
            zpty -w inner 'show() { print -r -- "$BUFFER" >|$HOME/new; mv $HOME/new $HOME/line }; zle -N show'
            zpty -w inner 'bindkey "^X" show; print REA''DY'
            zpty -r inner said '*READY*'
            zpty -w -n inner "$GPHA_LINE"$'\\t\\C-x'
            for i in {1..200}; do [[ -f $HOME/line ]] && break; sleep 0.05; done
            zpty -d inner
            cat $HOME/line
            """
        case .fish: Self.fishOnTerminal
        }
    }

    /// Types the line when the prompt is there, has its completions written down, and leaves.
    private static let fishOnTerminal = """
        {
            until [ -e "$HOME/ready" ]; do sleep 0.02; done
            printf '%s\\030' "$GPHA_LINE"
            until [ -e "$HOME/offers" ]; do sleep 0.02; done
            printf 'exit\\r'
        } | script -qec 'fish --no-config -i -C "
            source \\$GPHA_SCRIPT
            function fish_prompt; touch \\$HOME/ready; end
            function show; complete -C >\\$HOME/new; commandline -r \\"\\"; mv \\$HOME/new \\$HOME/offers; end
            bind \\cx show"' /dev/null >/dev/null
        cat "$HOME/offers"
        """
}
