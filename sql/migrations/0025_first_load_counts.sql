-- A first load writes its dictionary in a third of the time, and counts behind the data.

-- The same hashes as before, some of them twice. A query for each word cost three times as much as these loops.
CREATE OR REPLACE FUNCTION word_deletes(token text, two_from integer DEFAULT 8) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	letters text := ltrim(token, './');
	start text := left(letters, 7);
	shorter text;
	hashes integer[] := ARRAY[hashtext(start COLLATE "C")];
BEGIN
	IF token ~ '[0-9:@]' THEN
		RETURN NULL;
	END IF;
	IF length(letters) < 3 THEN
		RETURN hashes;
	END IF;
	FOR i IN 1 .. length(start) LOOP
		shorter := overlay(start PLACING '' FROM i FOR 1);
		hashes := hashes || hashtext(shorter COLLATE "C");
		IF length(letters) >= two_from THEN
			FOR j IN 1 .. i - 1 LOOP
				hashes := hashes || hashtext(overlay(shorter PLACING '' FROM j FOR 1) COLLATE "C");
			END LOOP;
		END IF;
	END LOOP;
	RETURN hashes;
END $$;

-- What a writer must count. `changed`: a query of the rows of business with n, 1 for each that came, -1 for each that went.
CREATE FUNCTION business_count_statement(counted text, changed text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN format('UPDATE %1$I SET businesses = businesses + d.n
	FROM (SELECT %2$I AS id, sum(n) AS n FROM (%3$s) AS c GROUP BY 1 HAVING sum(n) <> 0) AS d
	WHERE %1$I.id = d.id', counted, counted || '_id', changed);

-- Of the words of business_detail. In an empty dictionary no word can be there already, because businesses come by imports,
-- one at a time; with ON CONFLICT each word would be written twice.
CREATE FUNCTION business_words_statement(changed text) RETURNS text LANGUAGE sql STABLE
RETURN format('INSERT INTO word AS w (word, businesses, deletes)
	SELECT word, sum(n), CASE WHEN word !~ ''[0-9:@]'' THEN word_deletes(word) END
	FROM (SELECT unnest(words) AS word, n FROM (%s) AS c) AS d
	WHERE word NOT LIKE ''@%%''
	GROUP BY word HAVING sum(n) <> 0 ORDER BY word %s', changed, CASE WHEN EXISTS (SELECT FROM word)
		THEN 'ON CONFLICT (word) DO UPDATE SET businesses = w.businesses + excluded.businesses' ELSE '' END);

CREATE OR REPLACE FUNCTION business_counted() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	changed text := CASE TG_OP
		WHEN 'INSERT' THEN 'SELECT *, 1 AS n FROM added'
		WHEN 'DELETE' THEN 'SELECT *, -1 AS n FROM removed'
		ELSE 'SELECT *, 1 AS n FROM added UNION ALL SELECT *, -1 FROM removed' END;
	counted text;
BEGIN
	FOREACH counted IN ARRAY ARRAY['source', 'category', 'region', 'city'] LOOP
		EXECUTE business_count_statement(counted, changed);
	END LOOP;
	RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION business_words_counted() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	EXECUTE business_words_statement(CASE TG_OP
		WHEN 'INSERT' THEN 'SELECT words, 1 AS n FROM added'
		WHEN 'DELETE' THEN 'SELECT words, -1 AS n FROM removed'
		ELSE 'SELECT words, 1 AS n FROM added UNION ALL SELECT words, -1 FROM removed' END);
	RETURN NULL;
END $$;

-- The first load counts behind the data, too: triggers would keep a copy of all rows. business_path is part of it as long as
-- no business has an address that was given to it elsewhere.
CREATE OR REPLACE FUNCTION directory_indexes_leave() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
	i record;
	n integer := 0;
	relations regclass[] := '{business,business_detail}';
BEGIN
	IF EXISTS (SELECT FROM business) OR EXISTS (SELECT FROM business_detail) THEN
		RETURN 0;
	END IF;
	LOCK TABLE business, business_detail, business_path IN ACCESS EXCLUSIVE MODE;
	IF NOT EXISTS (SELECT FROM business_path) THEN
		relations := relations || 'business_path'::regclass;
	END IF;
	DELETE FROM directory_index_left;
	FOR i IN
		SELECT c.oid::regclass AS index, x.indrelid::regclass AS relation, k.conname AS key,
			CASE WHEN k.oid IS NULL THEN pg_get_indexdef(c.oid)
				ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', x.indrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
			END AS definition
		FROM pg_index AS x
		JOIN pg_class AS c ON c.oid = x.indexrelid
		LEFT JOIN pg_constraint AS k ON k.conindid = c.oid AND k.contype IN ('p', 'u')
		WHERE x.indrelid = ANY (relations)
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
	ALTER TABLE business DISABLE TRIGGER counted_insert;
	ALTER TABLE business_detail DISABLE TRIGGER counted_insert;
	RETURN n;
EXCEPTION WHEN lock_not_available THEN
	RETURN 0;
END $$;

CREATE OR REPLACE FUNCTION directory_indexes_return() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET maintenance_work_mem = '256MB' AS $$
DECLARE
	i record;
	n integer := 0;
	counted text;
BEGIN
	FOR i IN SELECT definition FROM directory_index_left ORDER BY place LOOP
		EXECUTE i.definition;
		n := n + 1;
	END LOOP;
	IF n = 0 THEN
		RETURN 0; -- they were never taken away
	END IF;
	DELETE FROM directory_index_left;
	FOREACH counted IN ARRAY ARRAY['source', 'category', 'region', 'city'] LOOP
		EXECUTE business_count_statement(counted, 'SELECT *, 1 AS n FROM business');
	END LOOP;
	EXECUTE business_words_statement('SELECT words, 1 AS n FROM business_detail');
	ALTER TABLE business ENABLE TRIGGER counted_insert;
	ALTER TABLE business_detail ENABLE TRIGGER counted_insert;
	RETURN n;
END $$;

REVOKE ALL ON FUNCTION business_count_statement(text, text), business_words_statement(text) FROM PUBLIC;
