-- Statements of db/migrate: the first ones as a user that may create roles, the others as the owner.

-- name: migrate_create_database
CREATE DATABASE holdfast TEMPLATE template0;

-- name: migrate_has_contact_database
SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'holdfast_contact') AS has_contact_database;

-- name: migrate_create_contact_database
CREATE DATABASE holdfast_contact TEMPLATE template0;

-- name: migrate_close_others
-- The embedded server's own databases: only the superuser may connect to them.
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;

-- name: migrate_target
-- Whether an instance can use the database: its name, whether this user may do what init does, and the name of an object
-- in it, if there is one.
SELECT current_database() AS database,
	r.rolsuper OR (r.rolcreaterole AND pg_has_role(d.datdba, 'member')) AS allowed,
	(SELECT format('%I.%I', n.nspname, o.name)
		FROM (SELECT relnamespace AS namespace, relname AS name, 'pg_class'::regclass AS class, oid FROM pg_class
			UNION ALL SELECT pronamespace, proname, 'pg_proc'::regclass, oid FROM pg_proc) o
		JOIN pg_namespace n ON n.oid = o.namespace
		WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
			AND NOT EXISTS (SELECT FROM pg_depend p WHERE p.classid = o.class AND p.objid = o.oid AND p.deptype = 'e')
		ORDER BY 1 LIMIT 1) AS occupied
FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database();

-- name: migrate_plan
-- Input of the scripts of sql/roles.sql, which run in the same transaction.
SELECT set_config('holdfast.roles', $1, true) AS plan;

-- name: migrate_lock
-- One migration at a time; released with the transaction.
SELECT pg_advisory_xact_lock(5142036001) AS locked;

-- name: migrate_has_table
SELECT to_regclass('schema_migration') IS NOT NULL AS has_table;

-- name: migrate_applied
SELECT version, name, checksum FROM schema_migration ORDER BY version;

-- name: migrate_record
INSERT INTO schema_migration (version, name, checksum) VALUES ($1, $2, $3);
