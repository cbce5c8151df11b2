-- Statements of `holdfast backup`, as the embedded server's superuser.

-- name: backup_keep_wal
-- A temporary replication slot: until this session ends the server keeps the write-ahead log that the backup needs.
SELECT lsn::text AS position
FROM pg_create_physical_replication_slot('holdfast_backup_' || pg_backend_pid(), immediately_reserve => true, temporary => true);
