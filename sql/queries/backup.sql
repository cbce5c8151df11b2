-- Statements of `holdfast backup`, as the embedded server's superuser.

-- name: backup_keep_wal
-- A temporary replication slot: until this session ends the server keeps the write-ahead log that the backup needs.
SELECT lsn::text AS position
FROM pg_create_physical_replication_slot('holdfast_backup_' || pg_backend_pid(), immediately_reserve => true, temporary => true);

-- name: backup_server
-- Of a server of others, as the owner: whether there is a pooler in between (db_server_process), which programs can read
-- it, and which extensions the owner could make elsewhere, too.
SELECT pg_backend_pid() AS process, current_setting('server_version_num')::integer / 10000 AS version,
	(SELECT array_agg(e.extname ORDER BY e.extname) FROM pg_extension AS e
		WHERE e.extname <> 'plpgsql' AND EXISTS (SELECT FROM pg_available_extension_versions AS v
			WHERE v.name = e.extname AND v.version = e.extversion AND v.trusted)) AS extensions;
