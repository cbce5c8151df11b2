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

-- name: migrate_grants
-- The privileges of roles on the owner's objects and on the schema, as a script. $1, $2: the roles of the database, and
-- their standard names. Those of other roles are comments in it: the restored server may not have them.
WITH role AS (
	SELECT r.oid, n.standard FROM unnest($1::text[], $2::text[]) AS n (name, standard)
	JOIN pg_roles AS r ON r.rolname = n.name
), me AS (
	SELECT oid FROM pg_roles WHERE rolname = current_user
), object AS (
	SELECT format('%s public.%I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname) AS object,
		'' AS columns, c.relacl AS acl
	FROM pg_class AS c, me
	WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relowner = me.oid
	UNION ALL
	SELECT format('TABLE public.%I', c.relname), format(' (%I)', a.attname), a.attacl
	FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid, me
	WHERE c.relnamespace = 'public'::regnamespace AND c.relowner = me.oid AND NOT a.attisdropped
	UNION ALL
	SELECT format('ROUTINE public.%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), '', p.proacl
	FROM pg_proc AS p, me WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = me.oid
	UNION ALL
	SELECT 'SCHEMA public', '', nspacl FROM pg_namespace WHERE nspname = 'public'
), granted AS (
	SELECT o.object, a.grantee, a.is_grantable,
		string_agg(a.privilege_type || o.columns, ', ' ORDER BY a.privilege_type, o.columns) AS privileges
	FROM object AS o, aclexplode(o.acl) AS a, me
	WHERE a.grantee <> me.oid AND (o.object <> 'SCHEMA public' OR a.grantor = me.oid)
	GROUP BY 1, 2, 3
)
SELECT line FROM (
	SELECT 1 AS step, format('REVOKE ALL ON %s FROM PUBLIC;', object) AS line
	FROM object WHERE acl IS NOT NULL AND columns = '' AND object <> 'SCHEMA public'
	UNION ALL
	SELECT 2, CASE WHEN g.grantee = 0 OR role.oid IS NOT NULL
		THEN format('GRANT %s ON %s TO %s%s;', g.privileges, g.object, coalesce(role.standard, 'PUBLIC'),
			CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
		ELSE '-- ' || translate(format('GRANT %s ON %s TO %I;', g.privileges, g.object, other.rolname), E'\n', ' ') END
	FROM granted AS g
	LEFT JOIN role ON role.oid = g.grantee
	LEFT JOIN pg_roles AS other ON other.oid = g.grantee
) AS script ORDER BY step, line;

-- name: migrate_new_identity
-- A directory that was restored from a dump is another one to exported sites, which are then written anew: its numbers of
-- transactions are those of another server.
UPDATE directory_identity SET id = gen_random_uuid();

-- name: migrate_new_changes
-- Changes of the server's future would be exported again each time.
UPDATE business_detail SET changed_xid = pg_current_xact_id() WHERE changed_xid > pg_current_xact_id();

-- name: migrate_new_deletions
DELETE FROM business_deletion;
