import ClusterModel
import RemoteShell

/// A finished copy takes the place of the old one by two renames; a journal beside says so meanwhile.
///
/// Whatever moment it is cut off at, `settle` tells from the journal and from what has which name how far it came.
enum DirectorySwap {
    /// The shell texts of the swap in their order; a kill can come between any two and inside none that matters.
    static func steps(_ target: Segment, mark: CopyMark, binaryDirectory: String) -> [String] {
        let place = RecoveryPlace(target.dataDirectory)
        return [
            """
            \(place.prelude(mark, binaryDirectory: binaryDirectory))
            old=\(ShellQuoting.word(place.oldPrefix + mark.run))
            ours "$new/gpha.copy" || fail "no complete copy of ours in $new"
            running "$directory" && fail "a server runs in $directory"
            [ -e "$old" ] && fail "$old exists"
            """,
            #"printf '%s\n' "$mark" "old $old" | put "$journal" || exit 4"#,
            // The old copy knows whose it is, so that it can be discarded later, and only then.
            #"if [ -e "$directory" ]; then printf '%s\n' "$mark" | put "$directory/gpha.old" || { rm -f "$journal"; exit 4; }; fi"#,
            #"if [ -e "$directory" ]; then mv -T "$directory" "$old" || { rm -f "$journal"; exit 4; }; fi"#,
            #"mv -T "$new" "$directory" || { [ ! -e "$old" ] || mv -T "$old" "$directory"; rm -f "$journal"; exit 4; }"#,
            // What a copy by content into the replaced one left is of no use either.
            #"sync "`dirname "$directory"`"; rm -f "$beside" "$journal"; [ ! -e "$work" ] || rm -rf "$work""#,
        ]
    }

    /// Ends a swap that was cut off: forward, or back to what was there before.
    ///
    /// Back is impossible once a server was started in the new copy; then the journal alone goes.
    static func settle(_ target: Segment, mark: CopyMark, forward: Bool, binaryDirectory: String) -> String {
        let place = RecoveryPlace(target.dataDirectory)
        return #"""
            \#(place.prelude(mark, binaryDirectory: binaryDirectory))
            ours "$journal" || fail "no journal of ours beside $directory"
            old=`sed -n 's/^old //p' "$journal"`
            prefix=\#(ShellQuoting.word(place.oldPrefix))
            case $old in "$prefix"*/*|"$prefix"|*/..*) fail "the journal $journal makes no sense" ;; "$prefix"*) ;; *) fail "the journal $journal makes no sense" ;; esac
            running "$directory" && fail "a server runs in $directory"
            forward=\#(forward ? "yes" : "")
            swapped() { [ -f "$directory/gpha.copy" ] && [ ! -e "$new" ]; }
            if [ -n "$forward" ] && ours "$new/gpha.copy"; then
              if [ -e "$directory" ] && [ ! -e "$old" ]; then head -n 1 "$journal" | put "$directory/gpha.old" && mv -T "$directory" "$old" || exit 4; fi
              [ -e "$directory" ] || mv -T "$new" "$directory" || exit 4
            elif [ -z "$forward" ]; then
              if swapped && [ ! -e "$directory/postmaster.opts" ] && [ -d "$old" ]; then mv -T "$directory" "$new" || exit 4; fi
            fi
            if [ ! -e "$directory" ] && [ -d "$old" ]; then mv -T "$old" "$directory" || exit 4; fi
            # Not the replaced one: the directory is in its place.
            [ -e "$old" ] || rm -f "$directory/gpha.old"
            # The mark beside was the replaced one's.
            if swapped; then rm -f "$beside"; fi
            sync "`dirname "$directory"`"; rm -f "$journal"
            """#
    }

    /// Removes the copies that were replaced: only those with our mark in them, and none in which a server runs.
    static func discard(_ target: Segment, mark: CopyMark, binaryDirectory: String) -> String {
        let place = RecoveryPlace(target.dataDirectory)
        return """
            \(place.prelude(mark, binaryDirectory: binaryDirectory))
            [ -e "$journal" ] && fail "a swap of $directory is not ended"
            for old in "$directory".gpha-old-*; do
              [ -d "$old" ] && [ ! -L "$old" ] && ours "$old/gpha.old" || continue
              running "$old" && fail "a server runs in $old"
              # The mark goes last: what is left of a cut off removal is found again.
              find "$old/" -mindepth 1 ! -name gpha.old -delete && rm -f "$old/gpha.old" && rmdir "$old" || exit 4
            done
            """
    }
}

extension SegmentRecovery {
    /// Puts the complete copy beside the directory into its place; the old one stays, named by this run.
    ///
    /// Undo: `settleSwap(forward: false)` while the journal is there.
    func swap(_ request: RecoveryRequest, _ mark: CopyMark) async throws {
        let steps = DirectorySwap.steps(request.target, mark: mark, binaryDirectory: build.binaryDirectory)
        try await run(
            steps.joined(separator: "\n"), on: request.target.hostname,
            purpose: "the swap of \(request.target.dataDirectory)", timeout: .seconds(120))
    }

    /// Ends a swap that an earlier run was cut off in.
    ///
    /// - Parameter forward: to the new copy; else back to the old one, when the new one never was started.
    /// - Throws: `ShellError`, `OperationError`.
    public func settleSwap(_ request: RecoveryRequest, forward: Bool = true) async throws {
        let mark = try await mark(request)
        try await run(
            DirectorySwap.settle(
                request.target, mark: mark, forward: forward, binaryDirectory: build.binaryDirectory),
            on: request.target.hostname, purpose: "ending the swap of \(request.target.dataDirectory)",
            timeout: .seconds(120))
    }

    /// Removes the old copies of a target: call it when the new one is in sync.
    ///
    /// No undo. Only directories that a swap of ours renamed and marked.
    /// - Throws: `ShellError`, `OperationError`; the cluster works nonetheless, and the next call goes on.
    public func discardOld(_ request: RecoveryRequest) async throws {
        let mark = try await mark(request)
        try await run(
            DirectorySwap.discard(request.target, mark: mark, binaryDirectory: build.binaryDirectory),
            on: request.target.hostname, purpose: "removing old copies of \(request.target.dataDirectory)")
    }
}
