import ClusterModel

/// What runs beside rsync in a copy by content: the backup session, the WAL that is received, the telling how far it is.
extension ContentCopy {
    /// Starts `pg_receivewal` once the backup has begun; the backup's first WAL file and the size of one come through a FIFO.
    ///
    /// The slot keeps that file and all that follow until they are received. A first file of full size is not filled
    /// with zeros (`receivelog.c`), which would be most of the work for a short copy. When it ends early all ends.
    var receiving: String {
        #"""
        # Open for both: neither end waits for the other to open it.
        exec 6<>"$work/wal"
        {
          read -r file size <&6 || exit
          echo '\#(Self.begun)' >&4
          echo "$size" > "$work/size"
          first=$directory/pg_wal/$file.partial
          fallocate -l "$size" "$first" || printf '' > "$first"
          # What it writes is brought to the disk with everything else, at the end.
          "$bin/pg_receivewal" --no-loop --no-sync -D "$directory/pg_wal" -S \#(Engine.replicationSlot) -w -d "$source" &
          streaming=$!; ended=
          trap 'ended=1; kill -INT $streaming' TERM
          wait $streaming
          [ -z "$ended" ] || { wait $streaming; exit 0; }
          # rsync may have left a line open.
          printf '\n\#(Self.streamEnded): %s\n' "`tail -n 1 "$work/received"`" >&4
          # The whole script ends, and its process group with it.
          kill $$; exit 1
        } >"$work/received" 2>&1 </dev/null &
        receiver=$!
        """#
    }

    /// What has its files outside the data directory, as SQL takes it behind FROM.
    static let tablespaces = """
        pg_catalog.pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') \
        AND pg_catalog.pg_tablespace_location(oid) LIKE '/%'
        """

    /// What psql does to give the mirror a new slot and to begin the backup, when the target is prepared too.
    var beginning: String {
        """
        SELECT pg_catalog.pg_drop_replication_slot(slot_name) FROM pg_catalog.pg_replication_slots \
        WHERE slot_name = '\(Engine.replicationSlot)' \\g /dev/null
        SELECT pg_catalog.pg_create_physical_replication_slot('\(Engine.replicationSlot)', true) \\g replaced
        \(engine.backupStart) \\gset start
        SELECT pg_catalog.string_agg(oid::text, ' ' ORDER BY oid) FROM \(Self.tablespaces) \\g spaces
        \\! ( eval "$prepare" ) >&5 2>said </dev/null && printf '' > prepared || kill $PPID
        SELECT pg_catalog.pg_walfile_name(:'startlsn'), \
        pg_catalog.pg_size_bytes(pg_catalog.current_setting('wal_segment_size')) \\g wal
        """
    }

    /// Prints every second how far rsync is: the last line of what it has written.
    ///
    /// rsync itself tells it with every file, and to send all that costs more than to compare the file.
    static let showing = #"""
        ( trap 'kill $pause 2>/dev/null; wait $pause; exit' TERM
        begin=`printf '\r'`
        while :; do
          sleep 1 & pause=$!; wait $pause
          # rsync begins a line with it, and ends none.
          said=`tail -c 200 "$work/progress"`
          case $said in *"$begin"*%*) printf '%s\n' "${said##*"$begin"}" ;; esac
        done )
        """#

    /// Makes the WAL file that follows the one that is received now, as long as it is not there.
    ///
    /// The end of the backup begins it. Who writes it first, `pg_receivewal` or the mirror's WAL receiver, would fill it
    /// with zeros and bring them to the disk. Where this cannot be done, they do.
    static let preparingNextFile = #"""
        set -- "$directory"/pg_wal/*.partial
        # Between two files there is none for a moment.
        [ $# -eq 1 ] && [ -f "$1" ] && read -r size < "$work/size" || exit 0
        name=${1##*/}; name=${name%.partial}; number=$((0x${name#????????????????} + 1))
        # The last one before the middle part of the name changes has none.
        [ $number -lt $((4294967296 / size)) ] && fallocate -l "$size" "$work/next" 2>/dev/null &&
          ln "$work/next" "`printf '%s/pg_wal/%s%08X.partial' "$directory" "${name%????????}" $number`" 2>/dev/null
        exit 0
        """#
}
