-- The first load of an empty directory builds its indexes behind the data, in the transaction of the import: a load that
-- breaks off leaves the indexes as they were. The functions run as the owner, take no argument and touch these tables
-- only. Readers of the directory wait meanwhile; there is nothing yet that they could find.
CREATE TABLE directory_index_left (
	place integer GENERATED ALWAYS AS IDENTITY,
	definition text NOT NULL
);

-- How many indexes were taken away; 0: the directory is not empty, or somebody holds the tables.
CREATE FUNCTION directory_indexes_leave() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
	i record;
	n integer := 0;
BEGIN
	IF EXISTS (SELECT FROM business) OR EXISTS (SELECT FROM business_detail) THEN
		RETURN 0;
	END IF;
	LOCK TABLE business, business_detail IN ACCESS EXCLUSIVE MODE;
	DELETE FROM directory_index_left;
	FOR i IN
		SELECT c.oid::regclass AS index, x.indrelid::regclass AS relation, k.conname AS key,
			CASE WHEN k.oid IS NULL THEN pg_get_indexdef(c.oid)
				ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', x.indrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
			END AS definition
		FROM pg_index AS x
		JOIN pg_class AS c ON c.oid = x.indexrelid
		LEFT JOIN pg_constraint AS k ON k.conindid = c.oid AND k.contype IN ('p', 'u')
		WHERE x.indrelid IN ('business'::regclass, 'business_detail'::regclass)
		ORDER BY x.indrelid, x.indisprimary DESC, c.relname
	LOOP
		INSERT INTO directory_index_left (definition) VALUES (i.definition);
		IF i.key IS NULL THEN
			EXECUTE format('DROP INDEX %s', i.index);
		ELSE
			EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', i.relation, i.key);
		END IF;
		n := n + 1;
	END LOOP;
	RETURN n;
EXCEPTION WHEN lock_not_available THEN
	RETURN 0;
END $$;

CREATE FUNCTION directory_indexes_return() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET maintenance_work_mem = '256MB' AS $$
DECLARE
	i record;
	n integer := 0;
BEGIN
	FOR i IN SELECT definition FROM directory_index_left ORDER BY place LOOP
		EXECUTE i.definition;
		n := n + 1;
	END LOOP;
	DELETE FROM directory_index_left;
	RETURN n;
END $$;

REVOKE ALL ON FUNCTION directory_indexes_leave(), directory_indexes_return() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION directory_indexes_leave(), directory_indexes_return() TO holdfast_import;
