-- Statements of db/migrate. As the owner, but for the first two.

-- name: migrate_create_database
CREATE DATABASE holdfast TEMPLATE template0;

-- name: migrate_passwords
-- For the roles script in the same transaction.
SELECT set_config('holdfast.passwords', $1, true) AS passwords;

-- name: migrate_lock
-- One migration at a time; released with the transaction.
SELECT pg_advisory_xact_lock(5142036001) AS locked;

-- name: migrate_has_table
SELECT to_regclass('schema_migration') IS NOT NULL AS has_table;

-- name: migrate_applied
SELECT version, name, checksum FROM schema_migration ORDER BY version;

-- name: migrate_record
INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3);
