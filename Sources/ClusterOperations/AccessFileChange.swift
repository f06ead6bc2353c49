public import RemoteShell

/// What becomes of an instance's `pg_hba.conf` in one step, and how its server gets to read it again.
///
/// The file is replaced by rename, keeping owner, mode and a link to it; every other byte stays. Whatever kills the
/// script leaves the old or the new file.
public struct AccessFileChange: Sendable, Equatable {
    /// Lines put first.
    var first: [String]
    /// Whole lines taken out.
    var without: [String]
    /// Texts; every line that holds one is taken out.
    var holding: [String]

    public init(first: [String] = [], without: [String] = [], holding: [String] = []) {
        self.first = first
        self.without = without
        self.holding = holding
    }

    /// The shell text for instances of one host.
    ///
    /// - Parameter changes: a name for each in the answer, its data directory, and what becomes of its file.
    static func script(
        _ changes: [(name: String, dataDirectory: String, change: AccessFileChange)], binaryDirectory: String
    ) -> String {
        let calls = changes.map { call($0.name, $0.dataDirectory, $0.change) }.joined(separator: "\n")
        let program = ShellQuoting.word("\(binaryDirectory)/pg_ctl")
        return "umask 077; LC_ALL=C; export LC_ALL; program=\(program)\n\(functions)\n\(calls)"
    }

    /// `change name directory first exact-patterns fixed-patterns`; patterns one a line, empty for none.
    private static func call(_ name: String, _ directory: String, _ change: AccessFileChange) -> String {
        let first = change.first.map { $0 + "\n" }.joined()
        return [
            "change", name, directory, first, change.without.joined(separator: "\n"),
            change.holding.joined(separator: "\n"),
        ].map(ShellQuoting.word).joined(separator: " ")
    }

    private static let functions = #"""
        say() { printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }
        # grep takes an empty pattern for one that fits every line, and ends with 1 when it prints none.
        without() { if [ -n "$2" ]; then grep -a -v "$1" -e "$2" || [ $? -eq 1 ]; else cat; fi; }
        change() {
          file=`readlink -f "$2/pg_hba.conf"`
          [ -f "$file" ] && [ -w "$file" ] || { say failed "$1" "unable to write $2/pg_hba.conf"; return; }
          new="$file.gpha.$$"; now=`cksum < "$file"`
          cp -p "$file" "$new" && without -xF "$4" < "$file" > "$new.1" &&
            { printf '%s' "$3" && without -F "$5" < "$new.1"; } > "$new" ||
            { rm -f "$new" "$new.1"; say failed "$1" "unable to write $new"; return; }
          rm -f "$new.1"
          if [ "`cksum < "$file"`" != "$now" ]; then rm -f "$new"; say failed "$1" "$file changed meanwhile"; return; fi
          if cmp -s "$file" "$new"; then rm -f "$new"; else mv "$new" "$file" || { say failed "$1" "unable to replace $file"; return; }; fi
          time=`date +%s.%N`
          if "$program" -D "$2" -s reload 2>/dev/null; then say running "$1" "$time"; else say stopped "$1" ""; fi
        }
        """#

    /// What the script printed, by name: since when a server has the new file, nil where none runs.
    static func answers(_ output: CommandOutput) -> [String: Result<String?, GatherFailure>] {
        var found: [String: Result<String?, GatherFailure>] = [:]
        for line in output.standardOutput.unicodeScalars.split(separator: "\n") {
            let fields = Substring(line).split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3 else { continue }
            switch fields[0] {
            case "running": found[fields[1]] = .success(fields[2])
            case "stopped": found[fields[1]] = .success(nil)
            default: found[fields[1]] = .failure(GatherFailure(OperationError(fields[2])))
            }
        }
        return found
    }

    /// Changes one instance's file.
    ///
    /// Undo: the change the other way round.
    /// - Returns: since when its server has the new file, in seconds since 1970 by its host's clock; nil where none runs.
    /// - Throws: `ShellError`; `OperationError` in the host's words, and then the file is as it was.
    public func apply(
        to dataDirectory: String, binaryDirectory: String, _ shell: any Shell, on host: String
    ) async throws -> String? {
        let script = Self.script([("0", dataDirectory, self)], binaryDirectory: binaryDirectory)
        let output = try await shell.run(
            ShellCommand(script, purpose: "changing pg_hba.conf in \(dataDirectory)"), on: host)
        switch Self.answers(output)["0"] {
        case .success(let time): return time
        case .failure(let failure): throw OperationError(failure.text)
        case nil: throw OperationError("no answer: \(output.lastErrorLine)")
        }
    }
}
