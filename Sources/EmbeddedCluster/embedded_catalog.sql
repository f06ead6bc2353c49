-- The cluster's catalog on plain PostgreSQL: Greenplum 7's names, columns, types and meanings.
--
-- Run once, by a superuser, in database postgres of the coordinator; it is the only copy. The file is one
-- transaction when it is sent as one query. Everything lives in pg_catalog, so that statements with an empty
-- search_path find it, and nothing here depends on the caller's settings.

SET allow_system_table_mods = on;
SET client_min_messages = warning;

CREATE EXTENSION dblink SCHEMA pg_catalog;

--
-- The two tables
--

CREATE TABLE pg_catalog.gp_segment_configuration (
    dbid           int2   NOT NULL,  -- the instance's own number
    content        int2   NOT NULL,  -- -1: coordinator and standby; from 0: segments
    role           "char" NOT NULL,  -- p or m: the part it plays now
    preferred_role "char" NOT NULL,  -- p or m: the part it was made for; only tools change it
    mode           "char" NOT NULL,  -- s: in sync, n: not in sync
    status         "char" NOT NULL,  -- u: up, d: down
    port           int4   NOT NULL,
    hostname       text   NOT NULL,  -- where SSH goes
    address        text   NOT NULL,  -- where database connections go
    datadir        text   NOT NULL
);
CREATE UNIQUE INDEX gp_segment_config_dbid_index
    ON pg_catalog.gp_segment_configuration (dbid);
CREATE UNIQUE INDEX gp_segment_config_content_preferred_role_index
    ON pg_catalog.gp_segment_configuration (content, preferred_role);

CREATE TABLE pg_catalog.gp_configuration_history (
    "time"      timestamptz NOT NULL,
    dbid        int2        NOT NULL,
    description text
);

REVOKE ALL ON pg_catalog.gp_segment_configuration, pg_catalog.gp_configuration_history FROM PUBLIC;
GRANT SELECT ON pg_catalog.gp_segment_configuration, pg_catalog.gp_configuration_history TO PUBLIC;

--
-- Changing the segment table
--

-- What every function that writes does first: only a superuser, and nobody beside it.
CREATE FUNCTION pg_catalog.gp_begin_configuration_change(caller text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE insufficient_privilege USING MESSAGE = format('must be superuser to run %s', caller);
    END IF;
    LOCK TABLE pg_catalog.gp_segment_configuration IN ACCESS EXCLUSIVE MODE;
END $$;

-- The lowest number from 1 that no instance has.
CREATE FUNCTION pg_catalog.gp_lowest_free_dbid() RETURNS int2
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT min(candidate)::int2
      FROM (SELECT 1 AS candidate UNION ALL SELECT dbid + 1 FROM gp_segment_configuration WHERE dbid > 0) AS free
     WHERE NOT EXISTS (SELECT FROM gp_segment_configuration AS taken WHERE taken.dbid = candidate)
$$;

-- The instance that plays a part for a content now; null when there is none.
CREATE FUNCTION pg_catalog.gp_dbid_of(wanted_content int2, wanted_role "char") RETURNS int2
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT dbid FROM gp_segment_configuration WHERE content = wanted_content AND role = wanted_role LIMIT 1
$$;

-- Enters a row, never in sync: only the fault-tolerance service says that a pair is.
CREATE FUNCTION pg_catalog.gp_enter_segment(
    new_dbid int2, new_content int2, new_role "char", preference "char", new_status "char",
    new_port int4, new_hostname text, new_address text, new_datadir text) RETURNS int2
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF new_role = 'm' THEN
        IF gp_dbid_of(new_content, 'p') IS NULL THEN
            RAISE EXCEPTION 'contentid % does not point to an existing segment', new_content;
        END IF;
        IF gp_dbid_of(new_content, 'm') IS NOT NULL THEN
            RAISE EXCEPTION 'segment already has a mirror defined';
        END IF;
        -- The acting primary was made as a mirror: the newcomer takes the place of the one made as primary.
        IF preference = 'm' AND NOT EXISTS (
            SELECT FROM gp_segment_configuration WHERE content = new_content AND preferred_role = 'p')
        THEN
            RAISE NOTICE 'override preferred_role of this mirror as primary to support rebalance operation.';
            preference := 'p';
        END IF;
    END IF;
    INSERT INTO gp_segment_configuration
    VALUES (new_dbid, new_content, new_role, preference, 'n', new_status, new_port, new_hostname, new_address,
            new_datadir);
    RETURN new_dbid;
END $$;

-- Enters an instance under a number that the caller chose.
CREATE FUNCTION pg_catalog.gp_add_segment(
    dbid int2, content int2, role "char", preferred_role "char", mode "char", status "char",
    port int4, hostname text, address text, datadir text) RETURNS int2
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    missing text := CASE
        WHEN dbid IS NULL THEN 'dbid' WHEN content IS NULL THEN 'content' WHEN role IS NULL THEN 'role'
        WHEN preferred_role IS NULL THEN 'preferred_role' WHEN mode IS NULL THEN 'mode'
        WHEN status IS NULL THEN 'status' WHEN port IS NULL THEN 'port' WHEN hostname IS NULL THEN 'hostname'
        WHEN address IS NULL THEN 'address' WHEN datadir IS NULL THEN 'datadir' END;
BEGIN
    IF missing IS NOT NULL THEN RAISE EXCEPTION '% cannot be NULL', missing; END IF;
    PERFORM gp_begin_configuration_change('gp_add_segment');
    RAISE NOTICE 'mode is changed to GP_SEGMENT_CONFIGURATION_MODE_NOTINSYNC under walrep.';
    RETURN gp_enter_segment(dbid, content, role, preferred_role, status, port, hostname, address, datadir);
END $$;

-- Enters a new primary under the next content ID and the lowest free number.
CREATE FUNCTION pg_catalog.gp_add_segment_primary(hostname text, address text, port int4, datadir text) RETURNS int2
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_dbid int2;
    missing text := CASE
        WHEN hostname IS NULL THEN 'hostname' WHEN address IS NULL THEN 'address'
        WHEN port IS NULL THEN 'port' WHEN datadir IS NULL THEN 'datadir' END;
BEGIN
    IF missing IS NOT NULL THEN RAISE EXCEPTION '% cannot be NULL', missing; END IF;
    PERFORM gp_begin_configuration_change('gp_add_segment_primary');
    new_dbid := gp_lowest_free_dbid();
    INSERT INTO gp_segment_configuration
    SELECT new_dbid, coalesce(max(c.content), -1) + 1, 'p', 'p', 'n', 'u', $3, $1, $2, $4
      FROM gp_segment_configuration AS c;
    RETURN new_dbid;
END $$;

-- Enters a mirror for a content under the lowest free number, not in sync and down.
CREATE FUNCTION pg_catalog.gp_add_segment_mirror(
    content int2, hostname text, address text, port int4, datadir text) RETURNS int2
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    missing text := CASE
        WHEN content IS NULL THEN 'content' WHEN hostname IS NULL THEN 'hostname'
        WHEN address IS NULL THEN 'address' WHEN port IS NULL THEN 'port' WHEN datadir IS NULL THEN 'datadir' END;
BEGIN
    IF missing IS NOT NULL THEN RAISE EXCEPTION '% cannot be NULL', missing; END IF;
    PERFORM gp_begin_configuration_change('gp_add_segment_mirror');
    RETURN gp_enter_segment(gp_lowest_free_dbid(), content, 'm', 'm', 'd', port, hostname, address, datadir);
END $$;

-- Deletes an instance's row, whatever part it plays; false when there was none.
CREATE FUNCTION pg_catalog.gp_remove_segment(dbid int2) RETURNS bool
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF gp_remove_segment.dbid IS NULL THEN RAISE EXCEPTION 'dbid cannot be NULL'; END IF;
    PERFORM gp_begin_configuration_change('gp_remove_segment');
    DELETE FROM gp_segment_configuration AS c WHERE c.dbid = gp_remove_segment.dbid;
    RETURN FOUND;
END $$;

-- Deletes the row of the instance that plays the mirror of a content now.
CREATE FUNCTION pg_catalog.gp_remove_segment_mirror(content int2) RETURNS bool
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF gp_remove_segment_mirror.content IS NULL THEN RAISE EXCEPTION 'content cannot be NULL'; END IF;
    PERFORM gp_begin_configuration_change('gp_remove_segment_mirror');
    IF gp_dbid_of(gp_remove_segment_mirror.content, 'p') IS NULL THEN
        RAISE EXCEPTION 'no dbid for contentid %', gp_remove_segment_mirror.content;
    END IF;
    IF gp_dbid_of(gp_remove_segment_mirror.content, 'm') IS NULL THEN
        RAISE EXCEPTION 'segment does not have a mirror';
    END IF;
    DELETE FROM gp_segment_configuration AS c
     WHERE c.content = gp_remove_segment_mirror.content AND c.role = 'm';
    RETURN true;
END $$;

-- Enters the standby of the coordinator: the number after the highest, in sync and up from the start.
CREATE FUNCTION pg_catalog.gp_add_coordinator_standby(hostname text, address text, datadir text, port int4) RETURNS int2
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_dbid int2;
    missing text := CASE
        WHEN hostname IS NULL THEN 'hostname' WHEN address IS NULL THEN 'address'
        WHEN datadir IS NULL THEN 'datadir' WHEN port IS NULL THEN 'port' END;
BEGIN
    IF missing IS NOT NULL THEN RAISE EXCEPTION '% cannot be NULL', missing; END IF;
    PERFORM gp_begin_configuration_change('gp_add_coordinator_standby');
    IF gp_dbid_of((-1)::int2, 'm') IS NOT NULL THEN
        RAISE EXCEPTION 'only a single coordinator standby may be defined';
    END IF;
    SELECT max(c.dbid) + 1 INTO new_dbid FROM gp_segment_configuration AS c;
    INSERT INTO gp_segment_configuration VALUES (new_dbid, -1, 'm', 'm', 's', 'u', $4, $1, $2, $3);
    RETURN new_dbid;
END $$;

-- The same with the coordinator's port.
CREATE FUNCTION pg_catalog.gp_add_coordinator_standby(hostname text, address text, datadir text) RETURNS int2
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN gp_add_coordinator_standby(
        hostname, address, datadir,
        (SELECT c.port FROM gp_segment_configuration AS c WHERE c.content = -1 AND c.role = 'p'));
END $$;

CREATE FUNCTION pg_catalog.gp_add_master_standby(hostname text, address text, datadir text, port int4) RETURNS int2
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$ SELECT gp_add_coordinator_standby($1, $2, $3, $4) $$;

CREATE FUNCTION pg_catalog.gp_add_master_standby(hostname text, address text, datadir text) RETURNS int2
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$ SELECT gp_add_coordinator_standby($1, $2, $3) $$;

-- Deletes the row of the coordinator's standby.
CREATE FUNCTION pg_catalog.gp_remove_coordinator_standby() RETURNS bool
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM gp_begin_configuration_change('gp_remove_coordinator_standby');
    DELETE FROM gp_segment_configuration WHERE content = -1 AND role = 'm';
    IF NOT FOUND THEN RAISE EXCEPTION 'no coordinator standby defined'; END IF;
    RETURN true;
END $$;

CREATE FUNCTION pg_catalog.gp_remove_master_standby() RETURNS bool
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$ SELECT gp_remove_coordinator_standby() $$;

REVOKE EXECUTE ON FUNCTION
    pg_catalog.gp_begin_configuration_change, pg_catalog.gp_lowest_free_dbid, pg_catalog.gp_dbid_of,
    pg_catalog.gp_enter_segment, pg_catalog.gp_add_segment, pg_catalog.gp_add_segment_primary,
    pg_catalog.gp_add_segment_mirror,
    pg_catalog.gp_remove_segment, pg_catalog.gp_remove_segment_mirror,
    pg_catalog.gp_add_coordinator_standby(text, text, text, int4),
    pg_catalog.gp_add_coordinator_standby(text, text, text),
    pg_catalog.gp_add_master_standby(text, text, text, int4),
    pg_catalog.gp_add_master_standby(text, text, text),
    pg_catalog.gp_remove_coordinator_standby, pg_catalog.gp_remove_master_standby
FROM PUBLIC;

--
-- Asking the fault-tolerance service for a probe
--

-- A request is a number drawn from the first sequence. gpftsd sees it at once, because a sequence is not
-- transactional; before a cycle it notes the number it has seen, and when the cycle is over it stores that number in
-- the second. The sequences are unlogged: drawing a number writes no WAL, so nobody waits for a standby; after a crash
-- both begin anew, and whoever waited is gone. gpftsd shows that it runs by the session advisory lock (1735419508, 1):
-- the first number spells gpft.
CREATE UNLOGGED SEQUENCE pg_catalog.gp_fts_probe_request AS bigint MINVALUE 0 START WITH 1;
CREATE UNLOGGED SEQUENCE pg_catalog.gp_fts_probe_done AS bigint MINVALUE 0 START WITH 0;
REVOKE ALL ON SEQUENCE pg_catalog.gp_fts_probe_request, pg_catalog.gp_fts_probe_done FROM PUBLIC;
GRANT SELECT, USAGE ON SEQUENCE pg_catalog.gp_fts_probe_request TO PUBLIC;
GRANT SELECT ON SEQUENCE pg_catalog.gp_fts_probe_done TO PUBLIC;

-- Makes gpftsd probe now and returns when a cycle that began after the call is over.
CREATE FUNCTION pg_catalog.gp_request_fts_probe_scan() RETURNS SETOF bool
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    request bigint;
    begun timestamptz := clock_timestamp();
    last_seen timestamptz := clock_timestamp();
    running bool := false;
BEGIN
    IF pg_is_in_recovery() THEN
        RAISE EXCEPTION 'gp_request_fts_probe_scan runs on the coordinator only';
    END IF;
    LOOP
        SELECT count(*) > 0 INTO running
          FROM pg_locks
         WHERE locktype = 'advisory' AND classid = 1735419508 AND objid = 1 AND objsubid = 2 AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
        IF running THEN last_seen := clock_timestamp(); END IF;
        -- Drawn only when somebody is there to see it.
        IF running AND request IS NULL THEN request := nextval('pg_catalog.gp_fts_probe_request'); END IF;
        EXIT WHEN request IS NOT NULL AND (SELECT is_called AND last_value >= request FROM gp_fts_probe_done);
        IF clock_timestamp() > last_seen + interval '5 seconds' THEN
            RAISE EXCEPTION 'gpftsd is not running'
                USING HINT = 'start it: gpftsd -d <coordinator data directory>, or gpdemo start';
        END IF;
        IF clock_timestamp() > begun + interval '120 seconds' THEN
            RAISE EXCEPTION 'gpftsd did not finish a probe cycle within 120 seconds (request %)', request
                USING HINT = 'see gpftsd.log in the log directory of the coordinator';
        END IF;
        PERFORM pg_sleep(0.02);
    END LOOP;
    RETURN NEXT true;
END $$;

--
-- Replication, seen from the coordinator
--

-- One connection string value, quoted.
CREATE FUNCTION pg_catalog.gp_conninfo_value(value text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT '''' || replace(replace(value, '\', '\\'), '''', '\''') || '''' $$;

-- What a server is asked of its walsenders: {"sync_error": ..., "senders": [...]}. walread: the WAL that the mirror's
-- slot needs is gone, so that a walsender could not read it.
CREATE FUNCTION pg_catalog.gp_replication_query() RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT
$query$SELECT json_build_object(
    'sync_error', CASE WHEN EXISTS (
        SELECT FROM pg_replication_slots
         WHERE slot_name = 'internal_wal_replication_slot' AND wal_status = 'lost') THEN 'walread' ELSE 'none' END,
    'senders', (SELECT coalesce(json_agg(row_to_json(r)), '[]'::json) FROM pg_stat_replication AS r))::text$query$ $$;

-- Asks one primary, within a number of seconds; null when it gave no answer, for whatever reason.
CREATE FUNCTION pg_catalog.gp_stat_get_segment_replication(address text, port int4, deadline timestamptz) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    connection text := 'gp_stat_get_segment_replication';
    answer text;
BEGIN
    IF connection = ANY (dblink_get_connections()) THEN PERFORM dblink_disconnect(connection); END IF;
    BEGIN
        PERFORM dblink_connect(connection, format(
            'host=%s port=%s user=%s dbname=postgres connect_timeout=2 application_name=gp_stat_replication '
            'options=''-c statement_timeout=2000 -c intervalstyle=postgres -c search_path=pg_catalog''',
            gp_conninfo_value(address), port, gp_conninfo_value(current_user)));
        PERFORM dblink_send_query(connection, gp_replication_query());
        WHILE dblink_is_busy(connection) = 1 AND clock_timestamp() < deadline LOOP
            PERFORM pg_sleep(0.002);
        END LOOP;
        IF dblink_is_busy(connection) = 0 THEN
            SELECT a.answer INTO answer FROM dblink_get_result(connection) AS a(answer text);
        END IF;
    EXCEPTION WHEN OTHERS THEN
        answer := NULL;
    END;
    IF connection = ANY (dblink_get_connections()) THEN PERFORM dblink_disconnect(connection); END IF;
    RETURN answer;
END $$;

-- The answers of all acting primaries by content, asked side by side; null for one that gave none in two seconds.
--
-- Connecting blocks in dblink, so sessions with this server itself do it: one more whenever all are busy. On a healthy
-- cluster two or three serve all primaries; hung primaries each hold up one of them, so there may be as many as
-- contents, but no more than sixteen or half of all connections. Pairs in sync come first: those that are known to be
-- in trouble are the likelier ones to hang.
CREATE FUNCTION pg_catalog.gp_stat_get_all_segments() RETURNS TABLE (content int2, answer text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + interval '1.9 seconds';
    prefix CONSTANT text := 'gp_stat_replication_';
    here CONSTANT text := format(
        'host=%s port=%s user=%s dbname=%s application_name=gp_stat_replication options=''-c statement_timeout=4000''',
        gp_conninfo_value(split_part(current_setting('unix_socket_directories'), ',', 1)), current_setting('port'),
        gp_conninfo_value(current_user), gp_conninfo_value(current_database()));
    asks text[];
    contents int2[];
    next_ask int := 1;
    workers int := 0;
    most_workers int := greatest(16, current_setting('max_connections')::int / 2);
    busy int2[];  -- the content that each worker asks about, null: idle
    idle int;
    left_over text;
BEGIN
    SELECT array_agg(c.content ORDER BY c.mode = 's' DESC, c.content),
           array_agg(format('SELECT pg_catalog.gp_stat_get_segment_replication(%L, %s, %L::timestamptz)',
                            c.address, c.port, deadline) ORDER BY c.mode = 's' DESC, c.content)
      INTO contents, asks
      FROM gp_segment_configuration AS c WHERE c.content >= 0 AND c.role = 'p';
    IF asks IS NULL THEN RETURN; END IF;
    FOREACH left_over IN ARRAY coalesce(dblink_get_connections(), '{}') LOOP
        IF starts_with(left_over, prefix) THEN PERFORM dblink_disconnect(left_over); END IF;
    END LOOP;
    LOOP
        FOR worker IN 1 .. workers LOOP
            CONTINUE WHEN busy[worker] IS NULL OR dblink_is_busy(prefix || worker) = 1;
            gp_stat_get_all_segments.content := busy[worker];
            SELECT r.answer INTO gp_stat_get_all_segments.answer
              FROM dblink_get_result(prefix || worker, false) AS r(answer text);
            RETURN NEXT;
            PERFORM FROM dblink_get_result(prefix || worker, false) AS r(answer text);
            busy[worker] := NULL;
        END LOOP;
        idle := (SELECT w FROM generate_series(1, workers) AS w WHERE busy[w] IS NULL LIMIT 1);
        IF next_ask <= cardinality(asks) AND idle IS NULL AND workers < most_workers THEN
            BEGIN
                PERFORM dblink_connect(prefix || (workers + 1), here);
                workers := workers + 1;
                idle := workers;
            EXCEPTION WHEN OTHERS THEN
                most_workers := workers;  -- no connection is left: go on with what there is
            END;
        END IF;
        IF next_ask <= cardinality(asks) AND idle IS NOT NULL THEN
            PERFORM dblink_send_query(prefix || idle, asks[next_ask]);
            busy[idle] := contents[next_ask];
            next_ask := next_ask + 1;
            CONTINUE;
        END IF;
        EXIT WHEN array_remove(busy, NULL) = '{}' AND next_ask > cardinality(asks);
        EXIT WHEN workers = 0 OR clock_timestamp() >= deadline;
        PERFORM pg_sleep(0.002);
    END LOOP;
    FOR worker IN 1 .. workers LOOP
        PERFORM dblink_disconnect(prefix || worker);
    END LOOP;
    gp_stat_get_all_segments.answer := NULL;
    FOR n IN 1 .. cardinality(contents) LOOP
        IF n >= next_ask OR contents[n] = ANY (busy) THEN
            gp_stat_get_all_segments.content := contents[n];
            RETURN NEXT;
        END IF;
    END LOOP;
END $$;

-- Every walsender of the coordinator (-1) and of the acting primaries; a content whose mirror has none, or whose
-- primary does not answer, has one row of nulls.
CREATE VIEW pg_catalog.gp_stat_replication AS
    SELECT -1 AS gp_segment_id, r.pid, r.usesysid, r.usename, r.application_name, r.client_addr, r.client_hostname,
           r.client_port, r.backend_start, r.backend_xmin, r.state, r.sent_lsn, r.write_lsn, r.flush_lsn,
           r.replay_lsn, r.write_lag, r.flush_lag, r.replay_lag, r.sync_priority, r.sync_state, r.reply_time,
           'none'::text AS sync_error
      FROM pg_catalog.pg_stat_replication AS r
    UNION ALL
    SELECT s.content::int4, r.pid, r.usesysid, r.usename, r.application_name, r.client_addr, r.client_hostname,
           r.client_port, r.backend_start, r.backend_xmin, r.state, r.sent_lsn, r.write_lsn, r.flush_lsn,
           r.replay_lsn, r.write_lag, r.flush_lag, r.replay_lag, r.sync_priority, r.sync_state, r.reply_time,
           s.answer::json ->> 'sync_error'
      FROM pg_catalog.gp_stat_get_all_segments() AS s
      LEFT JOIN LATERAL pg_catalog.json_populate_recordset(
               NULL::pg_catalog.pg_stat_replication, s.answer::json -> 'senders') AS r ON true
     WHERE r.pid IS NOT NULL
        OR EXISTS (SELECT FROM pg_catalog.gp_segment_configuration AS c
                    WHERE c.content OPERATOR(pg_catalog.=) s.content AND c.role OPERATOR(pg_catalog.=) 'm');

-- It holds addresses and positions of the whole cluster and opens sessions: for superusers and monitoring roles.
REVOKE ALL ON pg_catalog.gp_stat_replication FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION
    pg_catalog.gp_conninfo_value, pg_catalog.gp_replication_query, pg_catalog.gp_stat_get_segment_replication,
    pg_catalog.gp_stat_get_all_segments
FROM PUBLIC;
GRANT SELECT ON pg_catalog.gp_stat_replication TO pg_monitor;
GRANT EXECUTE ON FUNCTION pg_catalog.gp_stat_get_all_segments TO pg_monitor;
