import ClusterModel
import PostgresClient
import RemoteShell

/// How an incremental recovery went.
public enum RewindOutcome: Sendable, Equatable {
    /// The instance had been a mirror all the time and was just to be started again.
    case notNeeded
    /// It had written nothing that the source has not: there was nothing to rewind.
    case notRequired
    case rewound
}

/// The script of an incremental recovery.
enum Rewind {
    /// The name of the sessions by which other runs know that an instance is being rewound; the original's.
    static let applicationName = "__gprecoverseg_pg_rewind__"
    /// What a standby that only has to be started again ends with.
    static let notNeeded = "gpha-standby"

    /// What is printed where the target has nothing that is not in the source's history too, as `pg_rewind` says.
    static let notRequired = "gpha-no-rewind"

    /// Writes the mark, keeps what the control file says, rewinds, configures.
    ///
    /// The output of `pg_rewind` goes to a file first and from there to standard error: the file tells a later run
    /// whether anything had been written when this one was cut off (`touched`). It stays until the server runs.
    static func script(_ request: RecoveryRequest, mark: CopyMark, evidence: String, build: MirrorBuild) -> String {
        let place = RecoveryPlace(request.target.dataDirectory)
        let session = build.longSession(request.source, name: applicationName)
        var arguments = [
            "--target-pgdata=\(place.directory)", "--source-server=\(session)",
            "--progress",
        ]
        if build.engine.isGreenplum {
            arguments += ["--write-recovery-conf", "--slot=\(Engine.replicationSlot)"]
        }
        let identity = build.engine.keepsDatabaseIDFile ? #" "$directory/internal.auto.conf""# : ""
        return """
            \(place.prelude(mark, binaryDirectory: build.binaryDirectory))
            [ -f "$directory/PG_VERSION" ] || fail "no data directory: $directory"
            alone "$directory"
            # What another run left may have worked on until the lock was ours.
            story=; [ ! -f "$beside" ] || story=`sed -n 's/^story //p' "$beside"`
            [ -z "$story" ] || ! \(touched) || fail "an earlier run was cut off while it wrote into $directory"
            story=\(ShellQuoting.word(evidence))
            if \(request.mustRewind ? "false" : #"[ -f "$directory/standby.signal" ] && [ ! -e "$beside" ]"#); then
              \(RecoveryConfiguration.script(request, in: place.directory, build: build))
              echo \(notNeeded); exit 0
            fi
            { printf 'pg_controldata before\\n'; "$bin/pg_controldata" -D "$directory" 2>&1; } > "$story" || fail "no control data: `tail -n 1 "$story"`"
            read -r boot < /proc/sys/kernel/random/boot_id || exit 3
            printf '%s\\n' "$mark" 'method rewind' "story $story" "boot $boot" > "$beside.new" && settle "$beside" || exit 3
            "$bin/pg_rewind" \(ShellQuoting.words(arguments)) >> "$story" 2>&1 &
            tool=$!
            tail -n +1 -f -s 0.2 --pid=$tool "$story" >&2 &
            reader=$!
            wait $tool; status=$?
            kill $reader 2>/dev/null; wait $reader 2>/dev/null
            if [ $status -ne 0 ]; then
              tail -n 3 "$story" >&2
              # Before it begins to write, the directory is as good as it was.
              \(touched) && exit 8
              rm -f "$beside"
              exit 5
            fi
            LC_ALL=C grep -a -q 'no rewind required' "$story" && echo \(notRequired)
            \(RecoveryConfiguration.script(request, in: place.directory, build: build))
            # pg_rewind has brought its own files to the disk.
            \(RecoveryConfiguration.completing(
                afterSyncOf: #""$configuration" "$automatic" "$directory/standby.signal" "$directory""# + identity))
            """
    }

    /// Whether `pg_rewind` had begun to write according to `$story`: it says how much there is to copy just before.
    static let touched = #"LC_ALL=C grep -a -q -i 'need to copy' "$story""#
}

extension SegmentRecovery {
    /// Brings back an old copy by what differs since it parted from the source (`pg_rewind`), and starts it.
    ///
    /// A copy that was cut off while it was being written has a mark beside it and is refused here; one that was cut
    /// off before that is taken again. No undo: the old copy's own changes are lost, which is the purpose.
    /// - Parameters:
    ///   - leftovers: what `reconcile` has just found; nil asks.
    ///   - check: throws when the run is to stop; asked before anything is changed and before the start.
    /// - Throws: `RecoveryError` with the place of the evidence; `ShellError`, `PostgresError`.
    @discardableResult
    public func rewind(
        _ request: RecoveryRequest, leftovers: Leftovers? = nil, check: () throws -> Void,
        onEvent: @escaping @Sendable (RecoveryEvent) -> Void
    ) async throws -> RewindOutcome {
        let found = if let leftovers { leftovers } else { try await reconcile(request.target) }
        if let unfinished = found.unfinished, unfinished.isTouched {
            throw RecoveryError(
                .rewind,
                "\(request.target.label): an earlier run was cut off while it wrote into \(request.target.dataDirectory)",
                leavesTargetUntouched: false, hint: "recover it with --differential or -F")
        }
        onEvent(.phase(.checkpoint))
        let mark = try await access.withSegment(request.source) { connection in
            // A new primary's control file names its timeline only after one, and pg_rewind reads it from there.
            try connection.query("CHECKPOINT", timeout: .seconds(1800))
            try Self.ensureSlot(on: connection)
            return try self.mark(request, on: connection)
        }
        try check()
        onEvent(.phase(.rewinding))
        let outcome = try await rewind(request, mark, onEvent)
        try await start(request, after: .rewind, check: check, onEvent: onEvent)
        return outcome
    }

    private func rewind(
        _ request: RecoveryRequest, _ mark: CopyMark, _ onEvent: @escaping @Sendable (RecoveryEvent) -> Void
    ) async throws -> RewindOutcome {
        let evidence = RecoveryPlace(request.target.dataDirectory).evidence(.rewind, run: runID)
        let reader = ProgressReader { line in
            if let read = CopyProgress(line: line) {
                onEvent(.progress(done: read.doneBytes, total: read.totalBytes))
            }
        }
        let output = try await access.shell.run(
            ShellCommand(
                Rewind.script(request, mark: mark, evidence: evidence, build: build),
                purpose: "pg_rewind of \(request.target.label)", timeout: Self.endless, isWatched: true,
                onStandardError: { reader.take($0) }), on: request.target.hostname)
        guard output.succeeded else {
            throw RecoveryError(
                .rewind, InstanceCopy.reason(output), evidence: output.status >= 5 ? evidence : nil,
                leavesTargetUntouched: output.status <= 5)
        }
        if output.standardOutput.contains(Rewind.notNeeded) { return .notNeeded }
        return output.standardOutput.contains(Rewind.notRequired) ? .notRequired : .rewound
    }
}
