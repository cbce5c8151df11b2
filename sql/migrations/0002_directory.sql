-- The directory. Two tables hold a business: `business` has what lists show and filter by and is
-- kept narrow (at 1.4 million rows its visibility map is one page, which is what lets a list page
-- be read from an index alone in a handful of buffers); `business_detail` has the rest. Both have a
-- row for every business. Counts and the search dictionary follow by triggers, once per statement,
-- so that no reader ever counts and no writer can forget to.
--
-- There is no column for e-mail addresses or persons: those are contact data.

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS cube;

CREATE TABLE source (
	id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	key text NOT NULL UNIQUE CHECK (key ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
	name text NOT NULL,
	licence text,
	licence_url text,
	attribution text,
	url text,
	imported_at timestamptz,
	businesses integer NOT NULL DEFAULT 0
);

-- Seeded from src/directory/taxonomy/categories.def; id is the row's number there and never reused.
CREATE TABLE category (
	id smallint PRIMARY KEY,
	key text NOT NULL UNIQUE,
	group_id smallint NOT NULL,
	group_key text NOT NULL,
	group_label text NOT NULL,
	label text NOT NULL,
	schema_type text NOT NULL,
	businesses integer NOT NULL DEFAULT 0 -- as their main category
);

-- A business without a region belongs to the region that stands for its whole country (name NULL).
CREATE TABLE region (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	key text NOT NULL UNIQUE, -- "ch", "ch-bern": country and directory_slug(name)
	country text NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
	name text,
	businesses integer NOT NULL DEFAULT 0
);

CREATE TABLE city (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	region_id integer NOT NULL REFERENCES region,
	key text NOT NULL UNIQUE, -- "ch-bern-thun": the region's key and directory_slug(name)
	name text NOT NULL,
	businesses integer NOT NULL DEFAULT 0
);
CREATE INDEX city_of_region ON city (region_id, businesses DESC, id);

-- No foreign keys here and in business_detail: five row triggers per record would double the time of
-- an import, and the merge takes every id from the table it names in the same transaction.
CREATE TABLE business (
	id bigint PRIMARY KEY, -- record_id(source, external_id)
	region_id integer, -- NULL: not even the country is known
	city_id integer,
	lat_e7 integer CHECK (lat_e7 BETWEEN -900000000 AND 900000000), -- WGS 84, 1e-7 degrees
	lon_e7 integer CHECK (lon_e7 BETWEEN -1800000000 AND 1800000000),
	source_id smallint NOT NULL,
	category_id smallint, -- the main one
	group_id smallint, -- of the main category
	quality_score smallint CHECK (quality_score BETWEEN 0 AND 100), -- NULL: not enough inputs
	name text NOT NULL,
	street text,
	postcode text,
	city text, -- as the source writes it
	country text,
	phone text, -- a public fact
	hours text, -- OSM opening_hours
	timezone text, -- IANA
	CHECK ((lat_e7 IS NULL) = (lon_e7 IS NULL)),
	CHECK ((category_id IS NULL) = (group_id IS NULL))
);

-- Every change of a business takes a new number: later readers ask for "all after the last I saw".
CREATE SEQUENCE business_change;

CREATE TABLE business_detail (
	id bigint PRIMARY KEY, -- of the business
	change bigint NOT NULL DEFAULT nextval('business_change'),
	content_hash bigint NOT NULL, -- of the whole record as imported
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	source_updated_at timestamptz,
	external_id text NOT NULL,
	categories smallint[], -- further ones
	hours_week int4multirange, -- minutes of the local week from Monday 00:00, [0, 10080)
	alt_names text[],
	description text,
	website text,
	service_area text[],
	same_as text[],
	offers jsonb,
	extra jsonb,
	-- What text search reads, so that it needs no other table: the score again, and the distinct folded
	-- words of name, other names, category labels and city (directory/words/words.h) || directory_facets().
	quality_score smallint,
	words text[] COLLATE "C" NOT NULL
);

-- The filters of a business as words, so that one index serves text with any filters. "@" is in no
-- folded word.
CREATE FUNCTION directory_facets(category_id smallint, group_id smallint, region_id integer, city_id integer)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_remove(ARRAY['@c' || category_id, '@g' || group_id, '@r' || region_id, '@t' || city_id], NULL);

-- What must not come back, by record_id. Imports leave these out and count them.
CREATE TABLE suppression (
	id bigint PRIMARY KEY,
	source_key text NOT NULL,
	external_id text NOT NULL,
	reason text,
	created_at timestamptz NOT NULL DEFAULT now()
);

-- Every word of the directory with the number of businesses that have it.
CREATE TABLE word (
	word text COLLATE "C" PRIMARY KEY,
	businesses integer NOT NULL,
	deletes text[] COLLATE "C" NOT NULL -- word_deletes(word): finds words that are one edit away
);

-- Lists are read from indexes alone only where the visibility map says so: imports vacuum when they
-- are done, and changes trickling in are vacuumed early.
ALTER TABLE business SET (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_scale_factor = 0.01);
ALTER TABLE business_detail SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE word SET (autovacuum_vacuum_scale_factor = 0.05, fillfactor = 80); -- room for new counts

-- Indexes. Lists by quality carry everything that a row of a list shows, so that a page is read from
-- the index alone: 20 rows from 20 random pages of the table would be the dearest part (and a category
-- filtered inside its group takes twice the 12 buffers that are the goal). An import inserts ordered
-- by region, city and group: half of the indexes then grow in one place at a time (measured: 79 s
-- instead of 112 s for 1.4 million rows).
CREATE INDEX business_by_rank ON business (({{business_rank}}) DESC, id DESC)
	INCLUDE (quality_score, source_id, category_id, lat_e7, lon_e7,
		name, street, postcode, city, country, phone, hours, timezone);
CREATE INDEX business_of_group_by_rank ON business (group_id, ({{business_rank}}) DESC, id DESC)
	INCLUDE (quality_score, source_id, category_id, lat_e7, lon_e7,
		name, street, postcode, city, country, phone, hours, timezone);
CREATE INDEX business_of_category_by_rank ON business (category_id, ({{business_rank}}) DESC, id DESC)
	INCLUDE (quality_score, source_id, lat_e7, lon_e7,
		name, street, postcode, city, country, phone, hours, timezone);
CREATE INDEX business_of_region_by_rank ON business (region_id, ({{business_rank}}) DESC, id DESC)
	INCLUDE (quality_score, source_id, category_id, lat_e7, lon_e7,
		name, street, postcode, city, country, phone, hours, timezone);
CREATE INDEX business_of_region_group_by_rank ON business (region_id, group_id, ({{business_rank}}) DESC, id DESC)
	INCLUDE (quality_score, source_id, category_id, lat_e7, lon_e7,
		name, street, postcode, city, country, phone, hours, timezone);
CREATE INDEX business_of_region_category_by_rank ON business (region_id, category_id, ({{business_rank}}) DESC, id DESC)
	INCLUDE (quality_score, source_id, lat_e7, lon_e7,
		name, street, postcode, city, country, phone, hours, timezone);
CREATE INDEX business_of_city_by_rank ON business (city_id, ({{business_rank}}) DESC, id DESC)
	INCLUDE (quality_score, source_id, category_id, lat_e7, lon_e7,
		name, street, postcode, city, country, phone, hours, timezone);
CREATE INDEX business_of_city_group_by_rank ON business (city_id, group_id, ({{business_rank}}) DESC, id DESC)
	INCLUDE (quality_score, source_id, category_id, lat_e7, lon_e7,
		name, street, postcode, city, country, phone, hours, timezone);
CREATE INDEX business_of_city_category_by_rank ON business (city_id, category_id, ({{business_rank}}) DESC, id DESC)
	INCLUDE (quality_score, source_id, lat_e7, lon_e7,
		name, street, postcode, city, country, phone, hours, timezone);
CREATE INDEX business_by_name ON business (({{business_name_order}}), id);
CREATE INDEX business_of_city_by_name ON business (city_id, ({{business_name_order}}), id)
	INCLUDE (group_id, category_id);
CREATE INDEX business_near ON business USING gist (({{business_place}}), category_id, group_id)
	WHERE lat_e7 IS NOT NULL;

CREATE UNIQUE INDEX business_detail_by_change ON business_detail (change);
-- Rare words are answered by the first, common ones by a walk down the second.
CREATE INDEX business_detail_by_word ON business_detail USING gin (words);
CREATE INDEX business_detail_by_rank ON business_detail (({{business_rank}}) DESC, id DESC);
CREATE INDEX word_by_deletes ON word USING gin (deletes);

-- "Zürich (Stadt)" -> "zurich-stadt". For the keys of places only, never per business.
CREATE FUNCTION directory_slug(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN trim('-' FROM regexp_replace(
	regexp_replace(lower(normalize(name, NFKD) COLLATE "und-x-icu"), '[\u0300-\u036f''’]', '', 'g'),
	'[^[:alnum:]]+', '-', 'g'));

-- The word and all that is left of it when one character is taken away. Two words that are one edit
-- (insertion, deletion, substitution, transposition) apart share at least one of these (Wolf Garbe's
-- SymSpell, 2012). Words under three characters stand for themselves alone.
CREATE FUNCTION word_deletes(word text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN length(word) < 3 THEN ARRAY[word]
	ELSE (SELECT array_agg(DISTINCT overlay(word PLACING '' FROM i FOR 1)) || word
		FROM generate_series(1, length(word)) AS i) END;

-- After a statement on `business`: the counts of sources, categories, regions and cities.
CREATE FUNCTION business_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	changed text := CASE TG_OP
		WHEN 'INSERT' THEN 'SELECT *, 1 AS n FROM added'
		WHEN 'DELETE' THEN 'SELECT *, -1 AS n FROM removed'
		ELSE 'SELECT *, 1 AS n FROM added UNION ALL SELECT *, -1 FROM removed' END;
	counted text;
BEGIN
	FOREACH counted IN ARRAY ARRAY['source', 'category', 'region', 'city'] LOOP
		EXECUTE format('UPDATE %1$I SET businesses = businesses + d.n
			FROM (SELECT %2$I AS id, sum(n) AS n FROM (%3$s) AS c GROUP BY 1 HAVING sum(n) <> 0) AS d
			WHERE %1$I.id = d.id', counted, counted || '_id', changed);
	END LOOP;
	RETURN NULL;
END $$;
CREATE TRIGGER counted_insert AFTER INSERT ON business
	REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION business_counted();
CREATE TRIGGER counted_update AFTER UPDATE ON business
	REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION business_counted();
CREATE TRIGGER counted_delete AFTER DELETE ON business
	REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION business_counted();

-- After a statement on `business_detail`: the dictionary. A word nobody has any more stays, with 0.
CREATE FUNCTION business_words_counted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	changed text := CASE TG_OP
		WHEN 'INSERT' THEN 'SELECT words, 1 AS n FROM added'
		WHEN 'DELETE' THEN 'SELECT words, -1 AS n FROM removed'
		ELSE 'SELECT words, 1 AS n FROM added UNION ALL SELECT words, -1 FROM removed' END;
BEGIN
	EXECUTE format('INSERT INTO word AS w (word, businesses, deletes)
		SELECT word, sum(n), word_deletes(word)
		FROM (SELECT unnest(words) AS word, n FROM (%s) AS c) AS d
		WHERE word NOT LIKE ''@%%''
		GROUP BY word HAVING sum(n) <> 0 ORDER BY word
		ON CONFLICT (word) DO UPDATE SET businesses = w.businesses + excluded.businesses', changed);
	RETURN NULL;
END $$;
CREATE TRIGGER counted_insert AFTER INSERT ON business_detail
	REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION business_words_counted();
CREATE TRIGGER counted_update AFTER UPDATE ON business_detail
	REFERENCING NEW TABLE AS added OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION business_words_counted();
CREATE TRIGGER counted_delete AFTER DELETE ON business_detail
	REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION business_words_counted();

GRANT SELECT ON source, category, region, city, business, business_detail, word TO holdfast_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON source, category, region, city, business, business_detail,
	suppression, word TO holdfast_import;
GRANT USAGE ON SEQUENCE business_change TO holdfast_import;
