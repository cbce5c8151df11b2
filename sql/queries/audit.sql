-- What `audit db` reads of any PostgreSQL from version 13 on: catalogues and pg_stat_statements, in READ ONLY transactions
-- of the probe (src/audit/probe), which alone sends foreign text.

-- name: audit_server
SELECT current_setting('server_version_num')::bigint AS version, pg_backend_pid()::bigint AS pid;

-- name: audit_table
-- A relation by the name that a statement gives it; no row: there is none. view: its SELECT.
SELECT c.oid::bigint AS id, n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.reltuples::float8 AS tuples,
	c.relpages::bigint AS pages, c.relrowsecurity AS secured,
	(SELECT sum(greatest(l.reltuples, 0)) FROM pg_partition_tree(c.oid) AS p JOIN pg_class AS l ON l.oid = p.relid
	WHERE c.relkind = 'p' AND p.isleaf)::float8 AS leaf_tuples,
	(SELECT sum(l.relpages) FROM pg_partition_tree(c.oid) AS p JOIN pg_class AS l ON l.oid = p.relid
	WHERE c.relkind = 'p' AND p.isleaf)::bigint AS leaf_pages,
	CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS view
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = to_regclass(CASE WHEN $1::text = '' THEN quote_ident($2::text) ELSE quote_ident($1::text) || '.' || quote_ident($2::text) END);

-- name: audit_columns
-- generated: the expression of a stored generated column. plain: no cast of the server's own stands around it, so that the
-- column has the type and the value of the expression as it is written.
SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, t.typcategory::text AS category, t.typname AS base,
	a.attnotnull AS required, a.attcollation::bigint AS collation,
	CASE WHEN a.attgenerated = 's' THEN pg_get_expr(d.adbin, d.adrelid, true) END AS generated,
	coalesce(d.adbin::text ~ '^\{(OPEXPR|COALESCE|BOOLEXPR|FUNCEXPR [^{]*:funcformat 0) ', false) AS plain
FROM pg_attribute AS a
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum;

-- name: audit_indexes
-- A row for each key of each valid index. expression: as the server writes it. options: bit 0 DESC, bit 1 NULLS FIRST.
-- parts: of the index of a partitioned table those of its partitions, which plans name, as "schema.name", a line each.
SELECT i.indexrelid::bigint AS id, c.relname AS name, n.nspname AS schema, am.amname AS method, k.n AS key,
	pg_get_indexdef(i.indexrelid, k.n::int, true) AS expression, i.indoption[k.n - 1]::int AS options,
	i.indkey[k.n - 1] = 0 AS computed, format_type(a.atttypid, NULL) AS type, o.opcname AS class,
	i.indcollation[k.n - 1]::bigint AS collation,
	CASE WHEN i.indcollation[k.n - 1] <> 0 THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END AS collation_name,
	coalesce(co.collname IN ('C', 'POSIX') OR (co.collname = 'default'
		AND (SELECT d.datcollate IN ('C', 'POSIX') FROM pg_database AS d WHERE d.datname = current_database())), false) AS bytewise,
	coalesce(co.collisdeterministic, true) AS deterministic,
	pg_get_expr(i.indpred, i.indrelid, true) AS predicate,
	CASE WHEN c.relkind = 'I' THEN (SELECT string_agg(ln.nspname || '.' || l.relname, E'\n')
		FROM pg_partition_tree(c.oid) AS p
		JOIN pg_class AS l ON l.oid = p.relid
		JOIN pg_namespace AS ln ON ln.oid = l.relnamespace
		WHERE p.isleaf) END AS parts
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_am AS am ON am.oid = c.relam
CROSS JOIN generate_series(1, i.indnkeyatts) AS k (n)
JOIN pg_attribute AS a ON a.attrelid = i.indexrelid AND a.attnum = k.n
JOIN pg_opclass AS o ON o.oid = i.indclass[k.n - 1]
LEFT JOIN pg_collation AS co ON co.oid = i.indcollation[k.n - 1]
LEFT JOIN pg_namespace AS cn ON cn.oid = co.collnamespace
WHERE i.indrelid = $1::oid AND i.indisvalid
ORDER BY i.indexrelid, k.n;

-- name: audit_checks
SELECT pg_get_expr(conbin, conrelid, true) AS expression
FROM pg_constraint
WHERE conrelid = $1::oid AND contype = 'c' AND convalidated;

-- name: audit_functions
-- Whether every function that could be meant by one of the names gives the same each time, for one row.
SELECT coalesce(bool_and(provolatile <> 'v' AND prokind = 'f' AND NOT proretset), true) AS plain
FROM pg_proc
WHERE proname = ANY ($1::text[]);

-- name: audit_immutable
-- Whether an index can be made over an expression of the columns: its functions, operators and casts, each as it is for the
-- types of these columns, or else for every type, are immutable. What is not found is not.
WITH own AS (
	SELECT CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END AS type, t.typcategory AS category
	FROM pg_attribute AS a
	JOIN pg_type AS t ON t.oid = a.atttypid
	WHERE a.attrelid = $1::oid AND a.attname = ANY ($2::text[])
), target AS (
	SELECT to_regtype(c)::oid AS type FROM unnest($5::text[]) AS c
), known AS (
	SELECT array_agg(type) AS types
	FROM (SELECT type FROM own UNION SELECT type FROM target UNION SELECT 'text'::regtype FROM own WHERE category = 'S') AS k
), part AS (
	SELECT min(CASE WHEN p.provolatile = 'i' THEN 1 ELSE 0 END) AS fixed
	FROM unnest($3::text[]) AS f
	CROSS JOIN known
	LEFT JOIN pg_proc AS p ON p.proname = f AND (p.proargtypes::oid[] && known.types
		OR NOT EXISTS (SELECT FROM pg_proc AS q WHERE q.proname = f AND q.proargtypes::oid[] && known.types))
	GROUP BY f
	UNION ALL
	SELECT min(CASE WHEN p.provolatile = 'i' THEN 1 ELSE 0 END)
	FROM unnest($4::text[]) AS o
	CROSS JOIN known
	LEFT JOIN pg_operator AS r ON r.oprname = o AND CASE
		WHEN EXISTS (SELECT FROM pg_operator AS q
		WHERE q.oprname = o AND q.oprleft = ANY (known.types) AND q.oprright = ANY (known.types))
		THEN r.oprleft = ANY (known.types) AND r.oprright = ANY (known.types)
		ELSE r.oprleft = ANY (known.types) OR r.oprright = ANY (known.types) END
	LEFT JOIN pg_proc AS p ON p.oid = r.oprcode
	GROUP BY o
	UNION ALL
	SELECT CASE WHEN target.type IS NULL THEN 0
		WHEN target.type = own.type OR c.castmethod = 'b' THEN 1
		WHEN c.castmethod = 'f' THEN (SELECT (p.provolatile = 'i')::int FROM pg_proc AS p WHERE p.oid = c.castfunc)
		ELSE (SELECT min((p.provolatile = 'i')::int) FROM pg_proc AS p
		WHERE p.oid IN ((SELECT t.typoutput FROM pg_type AS t WHERE t.oid = own.type),
			(SELECT t.typinput FROM pg_type AS t WHERE t.oid = target.type))) END
	FROM target
	CROSS JOIN own
	LEFT JOIN pg_cast AS c ON c.castsource = own.type AND c.casttarget = target.type
)
SELECT coalesce(min(coalesce(fixed, 0)), 1) = 1 AS immutable FROM part;

-- name: audit_extension
-- The schema of pg_stat_statements; no row: it is not installed in this database.
SELECT n.nspname AS schema, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS all_statements
FROM pg_extension AS e
JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements';

-- name: audit_executed
-- Statements of this database, the most expensive first, with what the role's or the database's settings say; without what
-- an audit itself has sent.
-- The search_path of the transaction is the extension's schema.
SELECT s.queryid, s.query, s.calls, s.total_exec_time AS total_ms, s.rows, r.rolname AS role,
	(SELECT substring(o.setting FROM '^search_path=(.*)$')
	FROM pg_db_role_setting AS d
	CROSS JOIN unnest(d.setconfig) AS o (setting)
	WHERE d.setdatabase IN (0, s.dbid) AND d.setrole IN (0, s.userid) AND o.setting LIKE 'search\_path=%'
	ORDER BY d.setrole <> 0 DESC, d.setdatabase <> 0 DESC
	LIMIT 1) AS search_path
FROM pg_stat_statements AS s
LEFT JOIN pg_roles AS r ON r.oid = s.userid
WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
	AND ($1::bigint = 0 OR s.queryid = $1::bigint)
	AND s.query !~* '^\s*(explain|prepare)\s' AND s.query !~ '^\s*(SELECT|WITH) /\* holdfast audit \*/'
ORDER BY s.total_exec_time DESC
LIMIT 20000;

-- name: audit_code
-- Functions and procedures in SQL and PL/pgSQL, views and rules, without those of the system and of extensions.
-- title: what it is and of which trigger. search_path: fixed by the function, or else as for its owner in this database.
WITH /* holdfast audit */ own AS (
	SELECT n.oid, n.nspname
	FROM pg_namespace AS n
	WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), member AS (
	SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
), code AS (
	SELECT CASE p.prokind WHEN 'p' THEN 'procedure ' ELSE 'function ' END AS kind, p.oid::regprocedure::text AS called,
		own.nspname AS schema, p.proname AS short,
		(SELECT string_agg(format(' of trigger %I on %s', t.tgname, t.tgrelid::regclass), ',' ORDER BY t.tgrelid, t.tgname)
		FROM pg_trigger AS t
		WHERE t.tgfoid = p.oid AND NOT t.tgisinternal AND t.tgparentid = 0) AS triggers,
		pg_get_functiondef(p.oid) AS definition, p.proowner AS owner,
		(SELECT substring(c FROM '^search_path=(.*)$') FROM unnest(p.proconfig) AS c WHERE c LIKE 'search\_path=%') AS fixed
	FROM pg_proc AS p
	JOIN own ON own.oid = p.pronamespace
	JOIN pg_language AS l ON l.oid = p.prolang
	WHERE p.prokind IN ('f', 'p') AND l.lanname IN ('sql', 'plpgsql')
		AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
	UNION ALL
	SELECT CASE c.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END, c.oid::regclass::text, own.nspname, c.relname,
		NULL, format(E'CREATE VIEW %s AS\n%s', c.oid::regclass, pg_get_viewdef(c.oid, true)), c.relowner, NULL
	FROM pg_class AS c
	JOIN own ON own.oid = c.relnamespace
	WHERE c.relkind IN ('v', 'm')
		AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
	UNION ALL
	SELECT 'rule ', format('%I on %s', r.rulename, c.oid::regclass), own.nspname, r.rulename, NULL,
		pg_get_ruledef(r.oid, true), c.relowner, NULL
	FROM pg_rewrite AS r
	JOIN pg_class AS c ON c.oid = r.ev_class
	JOIN own ON own.oid = c.relnamespace
	WHERE r.rulename <> '_RETURN'
		AND NOT EXISTS (SELECT FROM member AS m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
)
SELECT code.kind || code.called || coalesce(code.triggers, '') AS title, code.called AS name, code.definition,
	code.fixed IS NOT NULL AS fixed,
	coalesce(code.fixed, (SELECT substring(o.setting FROM '^search_path=(.*)$')
	FROM pg_db_role_setting AS d
	CROSS JOIN unnest(d.setconfig) AS o (setting)
	WHERE d.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
		AND d.setrole IN (0, code.owner) AND o.setting LIKE 'search\_path=%'
	ORDER BY d.setrole <> 0 DESC, d.setdatabase <> 0 DESC
	LIMIT 1)) AS search_path
FROM code
ORDER BY code.schema, code.kind, code.short, code.called
LIMIT 20000;

-- name: audit_counters
-- Counters of this database's statements, without texts. The search_path of the transaction is the extension's schema.
SELECT queryid, sum(calls)::bigint AS calls, sum(rows)::bigint AS rows,
	sum(shared_blks_hit + shared_blks_read)::bigint AS blocks
FROM pg_stat_statements(false)
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND queryid IS NOT NULL
GROUP BY queryid
ORDER BY queryid
LIMIT 20000;

-- name: audit_limits
-- The LIMITs that running and idle sessions of this database show in the text of an UPDATE or DELETE, by its number in
-- pg_stat_statements, which has no constants. Before PostgreSQL 14 sessions do not say the number.
SELECT s.queryid, max(s.rows) AS rows
FROM (SELECT (to_jsonb(a) ->> 'query_id')::bigint AS queryid,
		substring(a.query FROM '(?i)\mlimit\s+(\d{1,9})\M')::bigint AS rows
	FROM pg_stat_activity AS a
	WHERE a.datname = current_database() AND a.backend_type = 'client backend'
		AND a.query ~* '\m(update|delete)\s') AS s
WHERE s.queryid IS NOT NULL AND s.rows IS NOT NULL
GROUP BY s.queryid
ORDER BY s.queryid
LIMIT 256;

-- name: audit_unique
-- Whether no two rows of the table have one value of the column. The search_path of the transaction decides on the name.
SELECT EXISTS (SELECT FROM pg_index AS i
	JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
	WHERE i.indrelid = to_regclass($1::text) AND i.indisunique AND i.indnkeyatts = 1 AND i.indisvalid
		AND a.attname = $2::text) AS is_unique;

-- name: audit_updates
-- Rows that committed transactions have updated, by table; those of partitions count for the partitioned table. Of many
-- tables those that are updated most.
SELECT c.oid::bigint AS id, n.nspname AS schema, c.relname AS name, sum(s.n_tup_upd)::bigint AS updates
FROM pg_stat_user_tables AS s
JOIN pg_class AS c ON c.oid = coalesce(pg_partition_root(s.relid), s.relid)
JOIN pg_namespace AS n ON n.oid = c.relnamespace
GROUP BY c.oid, n.nspname, c.relname
ORDER BY updates DESC
LIMIT 5000;

-- name: audit_updaters
-- Sessions of this database that are idle since an UPDATE that ended after the time, in microseconds since 1970.
SELECT pg_get_userbyid(s.usesysid) AS role, s.application_name AS application,
	(date_part('epoch', s.state_change) * 1000000)::bigint AS ended, s.query
FROM pg_stat_activity AS s
WHERE s.datname = current_database() AND s.backend_type = 'client backend' AND s.state = 'idle'
	AND s.query ~* '\mupdate\s' AND (date_part('epoch', s.state_change) * 1000000)::bigint > $1::bigint
ORDER BY s.state_change DESC
LIMIT 256;

-- name: audit_scratch_role
-- Of the throw-away cluster: the role that the schema is loaded as. It owns the database, and is no superuser.
CREATE ROLE holdfast_owner LOGIN;

-- name: audit_scratch_database
CREATE DATABASE holdfast OWNER holdfast_owner;
