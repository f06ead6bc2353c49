import Glibc
import TestSupport
import Testing

/// The scripts in `completions/`, in the shells that they are for.
@Suite("In a real shell the completion scripts")
struct ShellCompletionTests {
    /// A shell that is tried, where it is installed.
    enum ShellName: String, CaseIterable {
        case bash, zsh, fish

        /// Its program; nil where it is not installed (`make deps` installs all three).
        var path: String? {
            ["/usr/bin/\(rawValue)", "/bin/\(rawValue)"].first { access($0, X_OK) == 0 }
        }

        var isInstalled: Bool { path != nil }
    }

    private static let completions = BuiltPrograms.package + "/completions"

    /// Types `line` and asks for completion.
    ///
    /// - Returns: what the shell offers, without explanations; in zsh what the line has become.
    static func complete(
        _ line: String, in shell: ShellName, environment: [String: String] = [:]
    ) async throws -> [String] {
        guard let path = shell.path else { throw TestFailure("\(shell) is not installed") }
        let scratch = try TemporaryDirectory()
        let tool = String(line.prefix { $0 != " " })
        let script =
            switch shell {
            case .bash: bash(tool, line)
            case .zsh: zsh(tool, line)
            case .fish: "source \(completions)/fish/\(tool).fish; complete -C \"$GPHA_LINE\""
            }
        let options = shell == .fish ? ["--no-config"] : shell == .zsh ? ["-f"] : ["--norc", "--noprofile"]
        let variables = [
            "PATH": "\(BuiltPrograms.debug):/usr/bin:/bin", "HOME": scratch.path, "GPHA_LINE": line, "TERM": "dumb",
            "LC_ALL": "C.UTF-8",
        ]
        let run = try await FinishedProgram.run(
            [path] + options + ["-c", script], environment: variables.merging(environment) { _, own in own },
            timeout: .seconds(30))
        let offered = run.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
        return offered.map { shell == .zsh ? $0 : String($0.reversed().drop { $0 == " " }.reversed()) }
    }

    /// What readline does: the words, the word under the cursor, the one before it.
    private static func bash(_ tool: String, _ line: String) -> String {
        """
        source \(completions)/bash/\(tool).bash
        COMP_LINE=$GPHA_LINE COMP_POINT=${#GPHA_LINE}
        read -ra COMP_WORDS <<<"$GPHA_LINE"
        case $GPHA_LINE in *' ') COMP_WORDS+=('') ;; esac
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMPREPLY=()
        _\(tool) \(tool) "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\\n' "${COMPREPLY[@]}"
        """
    }

    /// zsh completes in its line editor alone: a shell on a terminal of its own, that prints its line after a tab.
    private static func zsh(_ tool: String, _ line: String) -> String {
        """
        zmodload zsh/zpty
        zpty -b inner "PS1= exec $ZSH_ARGZERO -f -i" || zpty inner "zsh -f -i"
        show() { print -r -- }
        zpty -w inner "PS1=''; autoload -Uz compinit; compinit -u -D; source \(completions)/zsh/\(tool).zsh"
        zpty -w inner "show() { print; print -r -- \\"<$BUFFER>\\"; }; zle -N show; bindkey '^X' show; LISTMAX=0"
        """
    }
}
