import BlockingWork
import ClusterModel
import Logging
import PostgresClient
import RemoteShell

extension SegmentRecovery {
    /// Copies the source anew (`pg_basebackup`) and starts the copy.
    ///
    /// Beside the old directory: the copy takes its place by rename when it is complete, and the old one stays as
    /// `<directory>.gpha-old-<run>` until `discardOld`. In place: the directory is emptied first, with no undo. What is
    /// cut off stays, marked, for `resumeFull`; only a copy that filled the disk is removed again. A complete copy that an
    /// earlier run left, beside or in place, is taken when the source still has all WAL that follows it.
    /// - Parameters:
    ///   - place: from `FullPlace.choose`.
    ///   - leftovers: what `reconcile` has just found; nil asks.
    ///   - check: throws when the run is to stop; asked before each change that cannot be taken back.
    /// - Returns: whether a copy was made; false where an earlier run's was there.
    /// - Throws: `RecoveryError` with the place of the evidence; `OperationError` when something that is not ours is
    ///   in the way; `ShellError`, `PostgresError`.
    @discardableResult
    public func full(
        _ request: RecoveryRequest, place: FullPlace, leftovers: Leftovers? = nil, check: () throws -> Void,
        onEvent: @escaping @Sendable (RecoveryEvent) -> Void
    ) async throws -> Bool {
        let mark = try await mark(request)
        let paths = RecoveryPlace(request.target.dataDirectory)
        let found = if let leftovers { leftovers } else { try await reconcile(request.target) }
        if try await holdsCopy(found, request, mark) {
            logger.info("\(request.target.label): the complete copy of an earlier run is in its place")
            try await start(request, after: .full, check: check, onEvent: onEvent)
            return false
        }
        var isNew = true
        switch place {
        case .nothingThere:
            try await baseBackup(request, paths.directory, mark, check, onEvent)
        case .inPlace:
            // First what may refuse: nothing is lost then.
            _ = try await tablespaces(request)
            try await awaitIdleSlot(of: request.source)
            try check()
            onEvent(.phase(.clearing))
            let before = try await run(
                FullRecoveryScript.emptying(request, mark, build), on: request.target.hostname,
                purpose: "emptying \(paths.directory)"
            ).standardOutput
            try await baseBackup(request, paths.directory, mark, before: before, check, onEvent)
        case .beside:
            isNew = try await !takesWaitingCopy(found, request, mark)
            if isNew {
                try await discardNew(request, found, mark)
                try await baseBackup(request, paths.new, mark, check, onEvent)
            }
            try check()
            onEvent(.phase(.swapping))
            try await swap(request, mark)
        }
        try await start(request, after: .full, check: check, onEvent: onEvent)
        return isNew
    }

    /// Removes the full copy beside a directory, unfinished or never swapped in; nothing when there is none.
    ///
    /// - Throws: `OperationError` when a directory of that name is not ours; `ShellError`.
    public func discardNew(_ request: RecoveryRequest) async throws {
        try await discardNew(request, try await reconcile(request.target), try await mark(request))
    }

    private func discardNew(_ request: RecoveryRequest, _ left: Leftovers, _ mark: CopyMark) async throws {
        let old: CopyMark
        switch left.newCopy {
        case nil: return
        case .incomplete(let mark), .complete(let mark): old = mark
        case .foreign:
            throw OperationError(
                "\(RecoveryPlace(request.target.dataDirectory).new) on \(request.target.hostname) is in the way and not ours"
            )
        }
        guard old.isSameMirror(as: mark) else {
            throw OperationError(
                "\(RecoveryPlace(request.target.dataDirectory).new) on \(request.target.hostname) is another mirror's copy"
            )
        }
        let staged = request.item(in: RecoveryPlace(request.target.dataDirectory).new).mirror
        // What a run that was cut off left working in it ends first, and nobody works in it until it is gone.
        let script = """
            directory=\(ShellQuoting.word(staged.dataDirectory)); [ ! -d "$directory" ] || exec 9<"$directory"
            (
            \(RecoveryPlace(staged.dataDirectory).prelude(old, binaryDirectory: build.binaryDirectory))
            [ ! -d "$directory" ] || alone "$directory" opened
            ) || exit
            \(build.removal(staged, mark: old))
            """
        try await run(script, on: request.target.hostname, purpose: "removing \(staged.dataDirectory)")
    }

    /// Whether the directory holds a complete copy that was cut off before it was started.
    private func holdsCopy(
        _ left: Leftovers, _ request: RecoveryRequest, _ mark: CopyMark
    ) async throws -> Bool {
        guard let found = left.complete, left.unfinished == nil, left.swap == nil, !left.wasStarted else {
            return false
        }
        return try await canStream(found, request, mark)
    }

    /// Whether a complete copy waits beside the directory.
    private func takesWaitingCopy(
        _ left: Leftovers, _ request: RecoveryRequest, _ mark: CopyMark
    ) async throws -> Bool {
        guard case .complete(let found) = left.newCopy else { return false }
        return try await canStream(found, request, mark)
    }

    /// Whether a copy is this mirror's, and its source keeps all WAL that follows it.
    private func canStream(_ found: CopyMark, _ request: RecoveryRequest, _ mark: CopyMark) async throws -> Bool {
        guard found.isSameMirror(as: mark) else { return false }
        let slotFile = try await access.withSegment(request.source) { connection in
            try connection.query(
                """
                SELECT pg_catalog.pg_walfile_name(restart_lsn) FROM pg_catalog.pg_replication_slots
                WHERE slot_name = $1 AND restart_lsn IS NOT NULL AND NOT active
                """, [Engine.replicationSlot]
            ).rows.first?[0]
        }
        guard let last = found.lastFile, let slotFile, last.count == 24, slotFile.count == 24 else { return false }
        // The first eight digits are the timeline.
        return slotFile.dropFirst(8) <= last.dropFirst(8)
    }

    private func baseBackup(
        _ request: RecoveryRequest, _ directory: String, _ mark: CopyMark, before: String = "",
        _ check: () throws -> Void, _ onEvent: @escaping @Sendable (RecoveryEvent) -> Void
    ) async throws {
        try check()
        let host = request.target.hostname
        let item = request.item(in: directory, tablespaces: try await tablespaces(request))
        if let old = request.replaced, engine.tablespacesAreSeparate, !item.tablespaces.isEmpty {
            try await run(
                FullRecoveryScript.takingTablespaces(item.tablespaces, from: old, build), on: host,
                purpose: "taking over the tablespaces of \(old.dataDirectory)")
        }
        try await run(
            build.prepare(item, mark: mark), on: host, purpose: "preparing \(directory)", timeout: .seconds(120))
        try await freeSlot(of: request.source)
        onEvent(.phase(.copying))
        let reader = ProgressReader { line in
            if let read = CopyProgress(line: line) {
                onEvent(.progress(done: read.doneBytes, total: read.totalBytes))
            }
        }
        let output = try await access.shell.run(
            ShellCommand(
                FullRecoveryScript.copy(item, mark, build, maxRate: request.maxRate),
                purpose: "the copy of content \(request.source.content) to \(host)", timeout: Self.endless,
                isWatched: true, onStandardError: { reader.take($0) }), on: host)
        guard !output.succeeded else { return }
        // A slot for nobody would keep WAL until the source's disk is full; a resumed copy makes its own.
        _ = await instanceCopy.dropSlot(of: request.source, until: .after(.seconds(10)))
        if output.standardError.contains("No space left on device") {
            _ = try? await run(build.removal(item.mirror, mark: mark), on: host, purpose: "removing \(directory)")
        }
        let evidence = await keep(
            before + output.standardError,
            as: RecoveryPlace(request.target.dataDirectory).evidence(.full, run: runID), on: host)
        throw RecoveryError(
            .full, InstanceCopy.reason(output), evidence: evidence,
            leavesTargetUntouched: directory != RecoveryPlace(request.target.dataDirectory).directory)
    }

    /// Waits until nobody streams from the source's slot; it goes on keeping WAL.
    private func awaitIdleSlot(of source: Segment) async throws {
        let deadline = Deadline.after(.seconds(30))
        while try await access.withSegment(
            source,
            { connection in
                try !connection.query(
                    "SELECT 1 FROM pg_catalog.pg_replication_slots WHERE slot_name = $1 AND active",
                    [Engine.replicationSlot]
                ).rows.isEmpty
            })
        {
            guard !deadline.isPast else { throw inUse(source) }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func inUse(_ source: Segment) -> OperationError {
        OperationError("replication slot \(Engine.replicationSlot) of \(source.label) is in use")
    }

    /// Waits until nobody streams from the source's slot, and drops it.
    private func freeSlot(of source: Segment) async throws {
        guard await instanceCopy.dropSlot(of: source, until: .after(.seconds(30))) else { throw inUse(source) }
    }

    /// The directories outside the data directory that the copy fills.
    private func tablespaces(_ request: RecoveryRequest) async throws -> [String] {
        let locations = try await access.withSegment(request.source) { connection in
            try connection.query(
                """
                SELECT pg_catalog.pg_tablespace_location(oid) FROM pg_catalog.pg_tablespace
                WHERE spcname NOT IN ('pg_default', 'pg_global')
                """
            ).rows.compactMap { $0[0] }
        }
        return locations.filter { $0.hasPrefix("/") }.map { engine.tablespaceDirectory($0, of: request.target.dbid) }
    }
}

/// The script that makes room in the old directory.
enum FullRecoveryScript {
    /// The copy, locked like every other change of a directory; what fails stays.
    static func copy(_ item: MirrorPlan.Item, _ mark: CopyMark, _ build: MirrorBuild, maxRate: String?) -> String {
        """
        \(RecoveryPlace(item.mirror.dataDirectory).prelude(mark, binaryDirectory: build.binaryDirectory))
        mkdir -p -m 700 "$directory" || exit 3
        alone "$directory"
        [ ! -e "$work" ] || rm -rf "$work"
        \(build.copy(item, mark: mark, maxRate: maxRate, keepsPartial: true))
        """
    }

    /// Empties the tablespaces that the same mirror's old copy fills and the new one is to fill; without such nothing.
    ///
    /// The old copy's control file goes first: no server can be started in it afterwards, not even by hand.
    static func takingTablespaces(_ tablespaces: [String], from old: Segment, _ build: MirrorBuild) -> String {
        """
        directory=\(ShellQuoting.word(RecoveryPlace(old.dataDirectory).directory))
        [ -d "$directory/pg_tblspc" ] || exit 0
        \(build.program("pg_ctl")) -D "$directory" status >/dev/null 2>&1 && {
          echo "a server runs in $directory" >&2; exit 3; }
        for space in \(ShellQuoting.words(tablespaces)); do
          real=`readlink -f "$space"` || continue
          for link in "$directory"/pg_tblspc/*; do
            [ -L "$link" ] && [ "`readlink -f "$link"`" = "$real" ] || continue
            rm -f "$directory/global/pg_control" || exit 4
            [ ! -d "$space" ] || find "$space/" -mindepth 1 -maxdepth 1 -type d -name 'GPDB_*' -exec rm -rf {} + || exit 4
          done
        done
        """
    }

    /// Empties the old directory and its tablespaces: marked first, so that what is left counts as ours.
    ///
    /// Prints what the control file said before.
    static func emptying(_ request: RecoveryRequest, _ mark: CopyMark, _ build: MirrorBuild) -> String {
        let place = RecoveryPlace(request.target.dataDirectory)
        return """
            \(place.prelude(mark, binaryDirectory: build.binaryDirectory))
            [ ! -e "$beside" ] || ours "$beside" || fail "$directory is another mirror's unfinished copy"
            if [ -n "`ls -A "$directory/" 2>/dev/null | head -n 1`" ] && [ ! -f "$directory/PG_VERSION" ] && ! ours "$beside"; then
              fail "$directory is no data directory"
            fi
            [ ! -d "$directory" ] || alone "$directory"
            "$bin/pg_controldata" -D "$directory" 2>&1
            real=`readlink -f "$directory"`; wal=
            [ -L "$directory/pg_wal" ] && wal=`readlink -f "$directory/pg_wal"`
            {
              printf '%s\\n' "$mark" 'method full'
              sed -n '/^tablespace /p' "$beside" 2>/dev/null
              for link in "$directory"/pg_tblspc/*; do
                [ -L "$link" ] || continue
                there=`readlink -f "$link"` || continue
                case $there in "$real"/*) ;; *) printf 'tablespace %s\\n' "$there" ;; esac
              done
            } > "$beside.list" && put "$beside" < "$beside.list" && rm -f "$beside.list" || exit 3
            # First what makes it startable.
            rm -f "$directory/global/pg_control" || exit 4
            # Of a tablespace's directory only what a server makes there: whatever else is in it is not ours.
            sed -n 's/^tablespace //p' "$beside" | { while IFS= read -r space; do
              [ ! -d "$space" ] || find "$space/" -mindepth 1 -maxdepth 1 -type d \\( -name 'PG_*' -o -name 'GPDB_*' \\) -exec rm -rf {} + || exit 4
            done; } || exit 4
            if [ -n "$wal" ] && [ -d "$wal" ]; then clear "$wal" || exit 4; fi
            if [ -d "$directory" ]; then clear "$directory" || exit 4; fi
            """
    }
}
