-- The statements of heal for any PostgreSQL from version 13 on: statistics views only, no user data. A statement that
-- differs between versions has a section for each: observe_activity_13 is for servers before 14. Times are microseconds
-- since 1970; NULL where the server has none. date_part, not extract: a double has microseconds until 2255, and extract
-- computes with numeric, which was most of the cost of a look at many sessions.
-- role: holdfast_heal

-- name: observe_limits
-- For this transaction only, because a pooler gives the session to other clients. With it, which server answers: behind
-- a pooler or after a failover it may be another one, and a standby may have been promoted.
SELECT set_config('statement_timeout', '2s', true) AS statement, set_config('lock_timeout', '200ms', true) AS lock,
	(date_part('epoch', pg_postmaster_start_time()) * 1000000)::bigint AS started, pg_is_in_recovery() AS standby;

-- name: observe_server
SELECT current_setting('server_version_num')::bigint AS version, current_setting('server_version') AS version_text,
	current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint AS connections_max,
	pg_size_bytes(current_setting('track_activity_query_size')) AS query_bytes, current_database() AS database,
	current_setting('autovacuum_max_workers')::bigint AS workers_max,
	pg_has_role(current_user, 'pg_monitor', 'USAGE') AS monitor, to_regclass('pg_stat_statements') IS NOT NULL AS statements;

-- name: observe_activity
-- row: observe_activity
SELECT {{observe_session}}, s.query_id
FROM pg_stat_get_activity(NULL) AS s
WHERE s.pid <> pg_backend_pid()
LIMIT 5000;

-- name: observe_activity_13
-- row: observe_activity
SELECT {{observe_session}}, NULL::bigint AS query_id
FROM pg_stat_get_activity(NULL) AS s
WHERE s.pid <> pg_backend_pid()
LIMIT 5000;

-- name: observe_locks
-- What is waited for.
SELECT l.pid, l.mode, coalesce(n.nspname || '.' || c.relname, l.locktype) AS object
FROM pg_locks AS l
LEFT JOIN pg_class AS c ON c.oid = l.relation
LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT l.granted
LIMIT 500;

-- name: observe_horizon
-- What keeps dead rows from being removed beside sessions: 1 prepared transactions, 2 slots, 3 standbys. Without the
-- catalog_xmin of logical slots, which keeps rows of the catalogs alone. Ages of standbys are those of their walsenders in
-- observe_activity: pg_stat_replication would list all sessions again. Functions, not the views over them: to plan those
-- took three times as long as all the rest.
SELECT 1 AS kind, gid AS name, age(transaction) AS age, (date_part('epoch', prepared) * 1000000)::bigint AS since
FROM pg_prepared_xact()
UNION ALL SELECT 2, slot_name, age(xmin), NULL FROM pg_get_replication_slots() WHERE xmin IS NOT NULL
UNION ALL SELECT 3, pid::text, NULL, NULL FROM pg_stat_get_wal_senders()
ORDER BY 3 DESC NULLS LAST, 1, 4
LIMIT 8;

-- name: observe_progress
-- Sessions whose work the server itself reports.
SELECT pid, 'VACUUM' AS work FROM pg_stat_progress_vacuum
UNION ALL SELECT pid, 'ANALYZE' FROM pg_stat_progress_analyze
UNION ALL SELECT pid, command FROM pg_stat_progress_create_index
UNION ALL SELECT pid, command FROM pg_stat_progress_cluster
UNION ALL SELECT pid, 'base backup' FROM pg_stat_progress_basebackup
LIMIT 500;

-- name: observe_permitted
-- Sessions whose role was given a statement_timeout of its own, also 0: somebody decided how long they may run.
SELECT a.pid
FROM pg_stat_activity AS a
WHERE a.state = 'active' AND EXISTS (SELECT FROM pg_db_role_setting AS r CROSS JOIN unnest(r.setconfig) AS s (setting)
	WHERE r.setrole = a.usesysid AND r.setdatabase IN (0, a.datid) AND s.setting LIKE 'statement_timeout=%')
LIMIT 500;

-- name: observe_totals
-- Without texts and without GROUP BY: both cost more than the counters themselves.
SELECT s.userid, s.dbid, s.queryid, s.calls, s.total_exec_time AS exec_ms, s.rows,
	s.shared_blks_hit + s.shared_blks_read AS blocks
FROM pg_stat_statements(false) AS s
LIMIT 20000;

-- name: observe_reset
-- When the statistics of all statements were reset. Since version 1.9 of the extension.
SELECT (date_part('epoch', stats_reset) * 1000000)::bigint AS at FROM pg_stat_statements_info;

-- name: observe_text
SELECT s.query FROM pg_stat_statements(true) AS s WHERE s.queryid = $1 LIMIT 1;

-- name: observe_tables
-- The tables of this database with the most dead or changed rows. Statements name the parent of a partition. Without
-- pg_stat_user_tables, which adds up the indexes of every table first. vacuum_at: when autovacuum should come, by the
-- table's settings or, if these are larger, by the server's defaults. Autovacuum never processes
-- temporary tables, and reaches others late where settings say so.
SELECT n.nspname || '.' || t.relname AS name,
	CASE WHEN t.relispartition THEN (SELECT p.relname FROM pg_class AS p WHERE p.oid = pg_partition_root(t.oid)) END AS parent,
	t.dead, t.modified, t.reltuples::bigint AS estimate, least(a.vacuum_at, a.usual_at)::bigint AS vacuum_at,
	(date_part('epoch', greatest(pg_stat_get_last_vacuum_time(t.oid),
		pg_stat_get_last_autovacuum_time(t.oid))) * 1000000)::bigint AS vacuumed,
	(date_part('epoch', greatest(pg_stat_get_last_analyze_time(t.oid),
		pg_stat_get_last_autoanalyze_time(t.oid))) * 1000000)::bigint AS analyzed,
	pg_stat_get_live_tuples(t.oid) AS live,
	a.nobody OR a.vacuum_at >= 10 * a.usual_at AS vacuum_off, a.nobody OR a.analyze_at >= 10 * a.usual_at AS analyze_off
FROM (SELECT c.oid, c.relname, c.relnamespace, c.relispartition, c.relpersistence, c.reltuples,
		coalesce(c.reloptions::text, '') AS options, pg_stat_get_dead_tuples(c.oid) AS dead,
		pg_stat_get_mod_since_analyze(c.oid) AS modified
	FROM pg_class AS c
	WHERE c.relkind IN ('r', 'm', 'p') AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
	ORDER BY pg_stat_get_dead_tuples(c.oid) + pg_stat_get_mod_since_analyze(c.oid) DESC
	LIMIT 32) AS t
JOIN pg_namespace AS n ON n.oid = t.relnamespace
CROSS JOIN LATERAL (SELECT 50 + 0.2 * greatest(t.reltuples, 0) AS usual_at,
	NOT current_setting('autovacuum')::boolean OR t.relpersistence = 't'
		OR current_setting('autovacuum_naptime')::interval >= interval '10 min'
		OR t.options ~ 'autovacuum_enabled=(false|off|no|0)' AS nobody,
	coalesce(substring(t.options FROM 'autovacuum_vacuum_threshold=([0-9]+)'),
		current_setting('autovacuum_vacuum_threshold'))::double precision
		+ coalesce(substring(t.options FROM 'autovacuum_vacuum_scale_factor=([0-9.]+)'),
			current_setting('autovacuum_vacuum_scale_factor'))::double precision * greatest(t.reltuples, 0) AS vacuum_at,
	coalesce(substring(t.options FROM 'autovacuum_analyze_threshold=([0-9]+)'),
		current_setting('autovacuum_analyze_threshold'))::double precision
		+ coalesce(substring(t.options FROM 'autovacuum_analyze_scale_factor=([0-9.]+)'),
			current_setting('autovacuum_analyze_scale_factor'))::double precision * greatest(t.reltuples, 0) AS analyze_at) AS a
ORDER BY t.dead + t.modified DESC;

-- name: observe_state
-- row: observe_state
-- Of the whole server: the oldest transactions and multixacts that rows may have, the last checkpoint, the end of WAL,
-- counters of all databases, archiving, and the limit of connections of which the largest part is used.
SELECT {{observe_state}},
	(SELECT sum(pg_stat_get_db_sessions(t.oid)) FROM pg_database AS t)::bigint AS sessions_at
{{observe_state_from}};

-- name: observe_state_13
-- row: observe_state
-- Sessions are counted since version 14.
SELECT {{observe_state}}, NULL::bigint AS sessions_at
{{observe_state_from}};

-- name: observe_temporary
-- Temporary files that are open now, by the process that wrote them. Those that parallel workers share are in folders.
SELECT substring(f.name FROM '^pgsql_tmp(\d+)\.')::integer AS pid, sum(f.size)::bigint AS bytes
FROM pg_ls_tmpdir() AS f
WHERE f.name ~ '^pgsql_tmp\d+\.'
GROUP BY 1
ORDER BY 2 DESC
LIMIT 500;

-- name: observe_slots
-- WAL that slots keep, and those whose WAL is gone. Without slots the server keeps about max_wal_size.
SELECT s.slot_name AS name, s.active, coalesce(s.wal_status = 'lost', false) AS lost,
	coalesce(s.wal_status = 'unreserved', false) AS leaves, pg_size_bytes(current_setting('max_wal_size')) AS usual,
	pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END,
		s.restart_lsn)::bigint AS retained
FROM pg_replication_slots AS s
WHERE s.restart_lsn IS NOT NULL OR s.wal_status = 'lost'
ORDER BY 6 DESC
LIMIT 16;
