-- What people type: whole names however they are joined, places and categories by name, telephones in any spelling, two
-- typing errors in a long word. The words of a business now say where it has them (src/directory/words/tokens.h).

-- The folded name in one (words_key): whole names and their beginnings.
ALTER TABLE business_detail ADD COLUMN name_key text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX business_detail_by_name_key ON business_detail (name_key, ({{business_rank}}) DESC, id DESC);
ALTER TABLE city ADD COLUMN name_key text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX city_by_name_key ON city (name_key, businesses DESC, id);
ALTER TABLE region ADD COLUMN name_key text COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX region_by_name_key ON region (name_key);

CREATE INDEX business_by_phone ON business (({{business_phone}})) WHERE phone ~ '[0-9]';

-- Digits are never corrected, hosts neither. Of the first seven letters, what is left when none, one or (in words of eight
-- letters and more) two are taken away, as hashes: words that are so many edits apart share one (Wolf Garbe's SymSpell with
-- its prefix, 2012).
DROP INDEX word_by_deletes;
ALTER TABLE word DROP COLUMN deletes;
DROP FUNCTION word_deletes(text);
-- (two_from: a word of eight letters may be typed with six.)
CREATE FUNCTION word_deletes(token text, two_from integer DEFAULT 8) RETURNS integer[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN token ~ '[0-9:@]' THEN NULL ELSE (
	SELECT array_agg(DISTINCT hashtext(CASE
		WHEN i = 0 THEN p
		WHEN j = 0 THEN overlay(p PLACING '' FROM i FOR 1)
		ELSE overlay(overlay(p PLACING '' FROM i FOR 1) PLACING '' FROM j FOR 1) END COLLATE "C"))
	FROM (SELECT left(w, 7) AS p, length(w) AS n FROM ltrim(token, './') AS w) AS word
	CROSS JOIN LATERAL generate_series(0, CASE WHEN n < 3 THEN 0 ELSE length(p) END) AS i
	CROSS JOIN LATERAL generate_series(0, CASE WHEN n < two_from THEN 0 ELSE greatest(i - 1, 0) END) AS j) END;
ALTER TABLE word ADD COLUMN deletes integer[];
UPDATE word SET deletes = word_deletes(word);
CREATE INDEX word_by_deletes ON word USING gin (deletes);

-- The next import writes what the search needs of every record that it brings, also of those that did not change.
UPDATE business_detail SET content_hash = 0;
