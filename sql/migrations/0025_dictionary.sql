-- The dictionary is written in a third of the time: a first load is mostly made of words that are new.

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

-- In an empty dictionary no word can be there already: writers that bring new businesses are imports, one at a time. With
-- ON CONFLICT each word is written twice.
CREATE OR REPLACE FUNCTION business_words_counted() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
	changed text := CASE TG_OP
		WHEN 'INSERT' THEN 'SELECT words, 1 AS n FROM added'
		WHEN 'DELETE' THEN 'SELECT words, -1 AS n FROM removed'
		ELSE 'SELECT words, 1 AS n FROM added UNION ALL SELECT words, -1 FROM removed' END;
	known text := CASE WHEN EXISTS (SELECT FROM word)
		THEN 'ON CONFLICT (word) DO UPDATE SET businesses = w.businesses + excluded.businesses' ELSE '' END;
BEGIN
	EXECUTE format('INSERT INTO word AS w (word, businesses, deletes)
		SELECT word, sum(n), CASE WHEN word !~ ''[0-9:@]'' THEN word_deletes(word) END
		FROM (SELECT unnest(words) AS word, n FROM (%s) AS c) AS d
		WHERE word NOT LIKE ''@%%''
		GROUP BY word HAVING sum(n) <> 0 ORDER BY word %s', changed, known);
	RETURN NULL;
END $$;
