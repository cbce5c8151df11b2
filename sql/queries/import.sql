-- Merging records into the directory: statements of `holdfast import` and `holdfast suppress`, one transaction for an
-- import. Rows are copied into import_row, a table that exists until the transaction ends.
-- role: holdfast_import

-- name: import_lock
-- One import at a time; released with the transaction.
SELECT pg_try_advisory_xact_lock(5142036002) AS locked;

-- name: import_create
CREATE TEMPORARY TABLE import_row (
	n bigint, line bigint, id bigint, external_id text, content_hash bigint,
	country text, region_name text, city text, category_id smallint, group_id smallint, categories smallint[],
	quality_score smallint, lat_e7 integer, lon_e7 integer,
	name text, street text, postcode text, phone text, hours text, timezone text, hours_week int4multirange,
	alt_names text[], description text, website text, service_area text[], same_as text[], offers jsonb, extra jsonb,
	source_updated_at timestamptz, words text[] COLLATE "C", marks smallint[],
	name_key text COLLATE "C", city_name_key text COLLATE "C", region_name_key text COLLATE "C",
	path_name text, -- the name as a part of an address
	closed text, -- NULL: open; a date, or 'yes'
	matched boolean NOT NULL DEFAULT false -- with a business that the directory has
) ON COMMIT DROP;

-- name: import_copy
COPY import_row (n, line, id, external_id, content_hash, country, region_name, city, category_id, group_id,
	categories, quality_score, lat_e7, lon_e7, name, street, postcode, phone, hours, timezone, hours_week,
	alt_names, description, website, service_area, same_as, offers, extra, source_updated_at, words, marks,
	name_key, city_name_key, region_name_key, path_name, closed)
FROM STDIN;

-- name: path_copy
-- Businesses that are to get paths, without their records.
COPY import_row (id, path_name) FROM STDIN;

-- name: import_sample
-- A sample of 3 000 rows is enough to tell how many there are; of 30 000 it would cost as much as an insert.
ALTER TABLE import_row ALTER id SET STATISTICS 10, ALTER external_id SET STATISTICS 10;

-- name: import_analyze
-- What joins are made by.
ANALYZE import_row (id, external_id);

-- name: import_source
INSERT INTO source AS s (key, name, licence, licence_url, attribution, url, imported_at)
VALUES ($1, COALESCE($2, $1), $3, $4, $5, $6, now())
ON CONFLICT (key) DO UPDATE SET
	name = COALESCE($2, s.name),
	licence = COALESCE($3, s.licence),
	licence_url = COALESCE($4, s.licence_url),
	attribution = COALESCE($5, s.attribution),
	url = COALESCE($6, s.url),
	imported_at = now()
RETURNING id;

-- name: import_source_find
-- For a dry run, which changes nothing.
SELECT id FROM source WHERE key = $1;

-- name: import_identities
-- Ids in the file take precedence over those derived from source and external id.
UPDATE import_row AS r SET id = i.id FROM identity AS i
WHERE i.source_key = $1 AND i.external_id = r.external_id;

-- name: import_known_create
CREATE TEMPORARY TABLE import_known (
	id bigint, external_id text, name text, street text, city text, phone text, website text, register text, start text
) ON COMMIT DROP;

-- name: import_known
-- The businesses of the source whose ids were made from their contents, and the suppressed ones. A file without ids is
-- matched with them by name and place, so that a corrected record remains the same business.
INSERT INTO import_known (id, external_id, name, street, city, phone, website, register, start)
SELECT b.id, d.external_id, md5(lower(b.name)), md5(lower(b.street)), md5(lower(b.city)),
	md5(b.phone), md5(lower(d.website)), md5(d.extra ->> 'register_number'), lower(left(b.name, 4))
FROM business AS b JOIN business_detail AS d ON d.id = b.id
WHERE b.source_id = $1::smallint AND d.external_id LIKE 'contents:%'
	AND EXISTS (SELECT FROM source AS s WHERE s.id = $1::smallint AND s.businesses > 0) -- else nothing is read
UNION ALL
SELECT c.id, c.external_id, md5(lower(c.name)), NULL, md5(lower(c.city)), NULL, NULL, NULL, lower(left(c.name, 4))
FROM business_closed AS c WHERE c.source_id = $1::smallint AND c.external_id LIKE 'contents:%'
UNION ALL
SELECT s.id, s.external_id, s.name, s.street, s.city, s.phone, s.website, s.register, NULL
FROM suppression AS s WHERE s.source_key = $2 AND s.external_id LIKE 'contents:%';

-- name: import_match_same
-- The same contents as in the first import.
UPDATE import_row AS r SET matched = true, id = k.id FROM import_known AS k
WHERE k.external_id = r.external_id;

-- name: import_match_address
-- The same name and address. Here and below, only records that are unique on both sides are matched.
{{import_match}} k.name = md5(lower(r.name)) AND k.street IS NOT DISTINCT FROM md5(lower(r.street))
		AND k.city IS NOT DISTINCT FROM md5(lower(r.city))
	{{import_match_alone}};

-- name: import_match_phone
-- The same name and telephone.
{{import_match}} k.name = md5(lower(r.name)) AND k.phone = md5(r.phone)
	{{import_match_alone}};

-- name: import_match_website
-- The same name and website.
{{import_match}} k.name = md5(lower(r.name)) AND k.website = md5(lower(r.website))
	{{import_match_alone}};

-- name: import_match_city
-- The same name in the same town: the street was corrected.
{{import_match}} k.name = md5(lower(r.name)) AND k.city = md5(lower(r.city)) AND {{import_match_reached}}
	{{import_match_alone}};

-- name: import_match_street
-- The same name in the same street: the town was corrected.
{{import_match}} k.name = md5(lower(r.name)) AND k.street = md5(lower(r.street)) AND {{import_match_reached}}
	{{import_match_alone}};

-- name: import_match_place
-- The same telephone in the same street, or the same website at the same address: the name was corrected.
{{import_match}} k.street = md5(lower(r.street))
		AND (k.phone = md5(r.phone) OR k.city = md5(lower(r.city)) AND k.website = md5(lower(r.website)))
	{{import_match_alone}};

-- name: import_match_similar
-- A name with the same beginning at the same address.
{{import_match}} k.start = lower(left(r.name, 4)) AND k.street IS NOT DISTINCT FROM md5(lower(r.street))
		AND k.city IS NOT DISTINCT FROM md5(lower(r.city))
		AND {{import_match_reached}}
	{{import_match_alone}};

-- name: import_match_name
-- The name alone, if no other column shows that the place is another one.
{{import_match}} k.name = md5(lower(r.name)) AND {{import_match_reached}}
		AND (k.street = md5(lower(r.street)) OR k.street IS NULL OR r.street IS NULL)
		AND (k.city = md5(lower(r.city)) OR k.city IS NULL OR r.city IS NULL)
	{{import_match_alone}};

-- name: import_gone_create
CREATE TEMPORARY TABLE import_gone (id bigint PRIMARY KEY, external_id text, name text) ON COMMIT DROP;

-- name: import_gone
-- Businesses of the source that the file does not have any more. $2: ids of the file's rejected records.
INSERT INTO import_gone (id, external_id, name)
SELECT b.id, d.external_id, b.name FROM business AS b JOIN business_detail AS d ON d.id = b.id
WHERE b.source_id = $1::smallint AND b.id <> ALL ($2::bigint[])
	AND NOT EXISTS (SELECT FROM import_row AS r WHERE r.id = b.id);

-- name: import_gone_count
SELECT (SELECT count(*) FROM import_gone) AS gone, (SELECT count(*) FROM business WHERE source_id = $1::smallint) AS known;

-- name: import_gone_list
SELECT id, external_id, name FROM import_gone ORDER BY name, id;

-- name: import_gone_leave
DELETE FROM business AS b USING import_gone AS g WHERE b.id = g.id;

-- name: import_gone_leave_detail
DELETE FROM business_detail AS d USING import_gone AS g WHERE d.id = g.id;

-- name: identity_add
-- A path in the file counts for businesses that have none yet: addresses do not change. One that is not theirs is an
-- address that they had there, as are the former ones. Without a source it is the slug of a place.
WITH given AS (SELECT * FROM jsonb_to_recordset($1::jsonb)
		AS i (source_key text, external_id text, id bigint, path text, path_old text[])),
	paths AS (INSERT INTO business_path AS p (id, path, path_old)
		SELECT DISTINCT ON (id) id, path, nullif(array_remove(path_old, path), '{}') FROM given
		WHERE path IS NOT NULL AND source_key <> '' ORDER BY id
		ON CONFLICT (id) DO UPDATE SET path_old = ARRAY(SELECT DISTINCT o
			FROM unnest(p.path_old || excluded.path_old || excluded.path) AS o WHERE o <> p.path ORDER BY o)
		WHERE NOT (excluded.path_old || excluded.path) <@ (p.path_old || p.path)),
	places AS (INSERT INTO city_slug (key, slug, slug_old) SELECT external_id, path, path_old FROM given WHERE source_key = ''
		ON CONFLICT DO NOTHING)
INSERT INTO identity (source_key, external_id, id)
SELECT source_key, external_id, id FROM given WHERE source_key <> ''
ON CONFLICT (source_key, external_id) DO UPDATE SET id = excluded.id;

-- name: identity_list
-- All businesses by id, in chunks. Each table is bounded: a merge join would read the others from their beginning.
SELECT b.id, s.key AS source_key, d.external_id, b.name, b.street, b.postcode, b.city, b.country, b.lat_e7, b.lon_e7,
	d.extra ->> 'register_number' AS registered, p.path, array_to_string(p.path_old, ' ') AS path_old
FROM business AS b JOIN business_detail AS d ON d.id = b.id AND d.id > $1 JOIN source AS s ON s.id = b.source_id
	LEFT JOIN business_path AS p ON p.id = b.id AND p.id > $1
WHERE b.id > $1::bigint ORDER BY b.id LIMIT 5000;

-- name: identity_places
SELECT key, slug, array_to_string(slug_old, ' ') AS slug_old FROM city WHERE slug IS NOT NULL
UNION SELECT key, slug, array_to_string(slug_old, ' ') FROM city_slug ORDER BY key;

-- name: import_others
-- The number of records whose ids the source has already, and how many of them have another name now; and of all records
-- of the source.
SELECT count(*) AS same_id, count(*) FILTER (WHERE lower(b.name) <> lower(r.name)) AS renamed,
	COALESCE((SELECT s.businesses FROM source AS s WHERE s.id = $1::smallint), 0)::bigint AS known
FROM import_row AS r JOIN business AS b ON b.id = r.id;

-- name: import_renumbered
-- Of a file that has no id of its source: how many records have the name and town of one that the source has.
SELECT count(*) AS renumbered FROM import_row AS r
WHERE EXISTS (SELECT FROM business AS b WHERE b.source_id = $1::smallint AND b.name = r.name
	AND COALESCE(b.city, '') = COALESCE(r.city, ''));

-- name: import_twice
-- Whether any id is in the file twice. Most files have none, and the two statements below need not look for them.
SELECT EXISTS (SELECT FROM import_row GROUP BY id HAVING count(*) > 1) AS twice;

-- name: import_repeated
-- The same record twice in one file, with the same facts: the second is dropped without loss.
DELETE FROM import_row AS r
USING (SELECT id, content_hash, min(n) AS n FROM import_row GROUP BY id, content_hash HAVING count(*) > 1) AS first
WHERE r.id = first.id AND r.content_hash = first.content_hash AND r.n <> first.n;

-- name: import_duplicates
-- row: import_reject
-- The same id twice in one file, with different facts: the first one counts.
DELETE FROM import_row AS r
USING (SELECT id, min(n) AS n FROM import_row GROUP BY id HAVING count(*) > 1) AS first,
	import_row AS f
WHERE r.id = first.id AND r.n <> first.n AND f.id = first.id AND f.n = first.n
RETURNING r.line, r.n, f.line AS first_line, r.external_id,
	{{import_record}};

-- name: import_suppressed
DELETE FROM import_row AS r USING suppression AS s WHERE s.id = r.id;

-- name: import_collisions
-- row: import_reject
-- Two different records with the same id: a collision of 63-bit hashes, or a key that was used for another source before.
-- The existing one is kept.
DELETE FROM import_row AS r
USING business AS b, business_detail AS d
WHERE b.id = r.id AND d.id = r.id AND (b.source_id <> $1::smallint OR d.external_id <> r.external_id)
RETURNING r.line, r.n, NULL::bigint AS first_line, r.external_id,
	{{import_record}};

-- name: import_unchanged
DELETE FROM import_row AS r USING business_detail AS d
WHERE d.id = r.id AND d.content_hash = r.content_hash;

-- name: import_closed_unchanged
DELETE FROM import_row AS r USING business_closed AS c WHERE c.id = r.id AND c.content_hash = r.content_hash;

-- name: import_closed_known
-- Of the businesses that are closed now, those that the directory has: they are updated, the others are new.
SELECT count(*) AS known FROM import_row AS r
WHERE r.closed IS NOT NULL AND (EXISTS (SELECT FROM business AS b WHERE b.id = r.id)
	OR EXISTS (SELECT FROM business_closed AS c WHERE c.id = r.id));

-- name: import_closed
INSERT INTO business_closed AS c (id, source_id, external_id, content_hash, name, city, closed_on)
SELECT id, $1::smallint, external_id, content_hash, name, city, NULLIF(closed, 'yes')::date
FROM import_row WHERE closed IS NOT NULL
ON CONFLICT (id) DO UPDATE SET content_hash = excluded.content_hash, name = excluded.name,
	city = excluded.city, closed_on = COALESCE(excluded.closed_on, c.closed_on);

-- name: import_closed_leave
DELETE FROM business AS b USING import_row AS r WHERE b.id = r.id AND r.closed IS NOT NULL;

-- name: import_closed_leave_detail
DELETE FROM business_detail AS d USING import_row AS r WHERE d.id = r.id AND r.closed IS NOT NULL;

-- name: import_closed_done
DELETE FROM import_row WHERE closed IS NOT NULL;

-- name: import_reopened
-- Where none is closed the rows are not read.
DELETE FROM business_closed AS c USING import_row AS r WHERE c.id = r.id AND r.closed IS NULL
	AND EXISTS (SELECT FROM business_closed);

-- name: import_dry_counts
-- What an import would do with the remaining rows.
SELECT count(*) FILTER (WHERE b.id IS NOT NULL) AS updated, count(*) FILTER (WHERE b.id IS NULL) AS inserted
FROM import_row AS r LEFT JOIN business AS b ON b.id = r.id;

-- name: import_place_create
CREATE TEMPORARY TABLE import_place (
	country text COLLATE "C", region_name text COLLATE "C", city text COLLATE "C", -- '': none
	region_name_key text, city_name_key text, region_key text, city_slug text,
	region_id integer, city_id integer,
	facets text[] COLLATE "C", marks smallint[] -- words and marks of the two (directory_facets, directory_marks)
) ON COMMIT DROP;

-- name: import_places
-- The places of the rows, each once: keys are made of names here, not for each business.
WITH p AS MATERIALIZED (SELECT country COLLATE "C" AS country, COALESCE(region_name, '') COLLATE "C" AS region_name,
		COALESCE(city, '') COLLATE "C" AS city, min(region_name_key) AS region_name_key, min(city_name_key) AS city_name_key
		FROM import_row WHERE country IS NOT NULL GROUP BY 1, 2, 3),
	g AS MATERIALIZED (SELECT country, region_name,
		lower(country) || COALESCE('-' || NULLIF(directory_slug(region_name), ''), '') AS region_key
		FROM (SELECT DISTINCT country, region_name FROM p) AS named)
INSERT INTO import_place (country, region_name, city, region_name_key, city_name_key, region_key, city_slug)
SELECT p.country, p.region_name, p.city, p.region_name_key, p.city_name_key, g.region_key, directory_slug(p.city)
FROM p JOIN g ON g.country = p.country AND g.region_name = p.region_name;

-- name: import_home_create
CREATE TEMPORARY TABLE import_home (
	country text, city_slug text, region_key text, region_name text, region_name_key text,
	lat_e7 integer, lon_e7 integer -- the middle of its businesses
) ON COMMIT DROP;

-- name: import_move_create
CREATE TEMPORARY TABLE import_move (id bigint PRIMARY KEY, city_id integer, region_key text, city_key text) ON COMMIT DROP;

-- name: import_homes
-- Towns that records name without their region, in this import or before it: the places of the same country and name
-- that have one. A hundred businesses of a place are enough to tell where it is.
WITH wanted AS MATERIALIZED (SELECT country, city_slug FROM import_place WHERE region_name = '' AND city_slug <> ''
	UNION SELECT p.country, p.city_slug FROM import_place AS p
	JOIN city AS c ON c.key = lower(p.country) || '-' || p.city_slug JOIN region AS g ON g.id = c.region_id
	WHERE g.name IS NULL AND c.businesses > 0
	UNION SELECT g.country, substr(c.key, length(g.key) + 2) FROM region AS g JOIN city AS c ON c.region_id = g.id
	WHERE g.name IS NULL AND c.businesses > 0 AND NOT (SELECT homes_given FROM directory_identity)),
known AS MATERIALIZED (SELECT c.id, g.country, substr(c.key, length(g.key) + 2) AS city_slug, g.key AS region_key,
		g.name AS region_name, g.name_key AS region_name_key
	FROM city AS c JOIN region AS g ON g.id = c.region_id
	JOIN wanted AS w ON w.country = g.country AND w.city_slug = substr(c.key, length(g.key) + 2)
	WHERE g.name IS NOT NULL AND c.businesses > 0),
come AS MATERIALIZED (SELECT p.* FROM import_place AS p
	JOIN wanted AS w ON w.country = p.country AND w.city_slug = p.city_slug WHERE p.region_name <> ''),
spots AS (SELECT k.region_key, k.city_slug, b.lat_e7, b.lon_e7 FROM known AS k
		CROSS JOIN LATERAL (SELECT lat_e7, lon_e7 FROM business WHERE city_id = k.id
			ORDER BY {{business_rank}} DESC, id DESC LIMIT 100) AS b
	UNION ALL SELECT c.region_key, c.city_slug, r.lat_e7, r.lon_e7 FROM come AS c JOIN import_row AS r
		ON c.country = r.country COLLATE "C" AND c.region_name = COALESCE(r.region_name, '') COLLATE "C"
		AND c.city = COALESCE(r.city, '') COLLATE "C"),
middle AS (SELECT region_key, city_slug, percentile_disc(0.5) WITHIN GROUP (ORDER BY lat_e7) AS lat_e7,
	percentile_disc(0.5) WITHIN GROUP (ORDER BY lon_e7) AS lon_e7 FROM spots GROUP BY region_key, city_slug)
INSERT INTO import_home (country, city_slug, region_key, region_name, region_name_key, lat_e7, lon_e7)
SELECT DISTINCT ON (n.region_key, n.city_slug) n.country, n.city_slug, n.region_key, n.region_name, n.region_name_key,
	m.lat_e7, m.lon_e7
FROM (SELECT country, city_slug, region_key, region_name, region_name_key FROM known
	UNION ALL SELECT country, city_slug, region_key, region_name, region_name_key FROM come) AS n
LEFT JOIN middle AS m ON m.region_key = n.region_key AND m.city_slug = n.city_slug
ORDER BY n.region_key, n.city_slug, n.region_name;

-- name: import_home_guess
-- The only place of a name, which does not say where it is, is where the records without region are, if that is one spot.
UPDATE import_home AS o SET lat_e7 = m.lat_e7, lon_e7 = m.lon_e7
FROM (SELECT country, city_slug, percentile_disc(0.5) WITHIN GROUP (ORDER BY lat_e7) AS lat_e7,
		percentile_disc(0.5) WITHIN GROUP (ORDER BY lon_e7) AS lon_e7
	FROM (SELECT h.country, h.city_slug, r.lat_e7, r.lon_e7 FROM {{import_homeless}}
		UNION ALL SELECT h.country, h.city_slug, r.lat_e7, r.lon_e7 FROM {{import_homeless_known}}) AS spots
	GROUP BY country, city_slug HAVING max(lat_e7) - min(lat_e7) <= 2248300
		AND (max(lon_e7) - min(lon_e7)) * cosd(min(lat_e7) / 1e7) <= 2248300) AS m
WHERE m.country = o.country AND m.city_slug = o.city_slug AND o.lat_e7 IS NULL
	AND NOT EXISTS (SELECT FROM import_home AS h WHERE h.country = o.country AND h.city_slug = o.city_slug
		AND h.region_key <> o.region_key);

-- name: import_home_rows_near
-- Records that lie near one of them, and near no other.
UPDATE import_row AS r SET region_name = m.region_name, region_name_key = m.region_name_key
FROM (SELECT r.n, min(h.region_name) AS region_name, min(h.region_name_key) AS region_name_key
	FROM {{import_homeless}} WHERE {{import_home_near}} GROUP BY r.n HAVING count(*) = 1) AS m
WHERE m.n = r.n;

-- name: import_home_known_near
-- The same of businesses that the directory has.
INSERT INTO import_move (id, city_id, region_key, city_key)
SELECT r.id, min(r.city_id), min(h.region_key), min(h.region_key || '-' || h.city_slug)
FROM {{import_homeless_known}} WHERE {{import_home_near}} GROUP BY r.id HAVING count(*) = 1;

-- name: import_home_unsure
-- By its name alone a town is known where it is the only one: there is one place, and no business of the name elsewhere.
DELETE FROM import_home AS o
USING (SELECT country, city_slug FROM import_home GROUP BY country, city_slug HAVING count(*) > 1
	UNION SELECT h.country, h.city_slug FROM {{import_homeless}} WHERE r.lat_e7 IS NOT NULL
	UNION SELECT h.country, h.city_slug FROM {{import_homeless_known}}
	WHERE r.lat_e7 IS NOT NULL AND NOT EXISTS (SELECT FROM import_move AS m WHERE m.id = r.id)) AS u
WHERE u.country = o.country AND u.city_slug = o.city_slug;

-- name: import_home_rows_alone
-- Records that do not say where they lie.
UPDATE import_row AS r SET region_name = m.region_name, region_name_key = m.region_name_key
FROM (SELECT r.n, h.region_name, h.region_name_key FROM {{import_homeless}} WHERE r.lat_e7 IS NULL) AS m
WHERE m.n = r.n;

-- name: import_home_known_alone
INSERT INTO import_move (id, city_id, region_key, city_key)
SELECT r.id, r.city_id, h.region_key, h.region_key || '-' || h.city_slug FROM {{import_homeless_known}} WHERE r.lat_e7 IS NULL;

-- name: import_places_again
-- Some rows have a region now.
DELETE FROM import_place;

-- name: import_move_detail
-- Before the businesses, which say what their facet words are.
UPDATE business_detail AS d SET change = nextval('business_change'), changed_xid = pg_current_xact_id(),
	words = array_replace(array_replace(d.words, '@r' || b.region_id, '@r' || g.id), '@t' || b.city_id, '@t' || c.id)
FROM import_move AS m JOIN business AS b ON b.id = m.id JOIN region AS g ON g.key = m.region_key
JOIN city AS c ON c.key = m.city_key WHERE d.id = m.id;

-- name: import_move_business
-- A mark too many costs a look at the business, one too few would hide it.
UPDATE business AS b SET region_id = g.id, city_id = c.id, marks = b.marks || directory_marks(NULL, NULL, g.id, c.id)
FROM import_move AS m JOIN region AS g ON g.key = m.region_key JOIN city AS c ON c.key = m.city_key WHERE b.id = m.id;

-- name: import_move_slugs
-- A place that all have left gives its address to the one where most of them are, or leads on to it.
WITH gone AS (SELECT DISTINCT ON (m.city_id) m.city_id AS id, t.id AS target
		FROM import_move AS m JOIN city AS c ON c.id = m.city_id JOIN city AS t ON t.key = m.city_key
		WHERE c.businesses = 0 GROUP BY m.city_id, t.id ORDER BY m.city_id, count(*) DESC, t.id),
	old AS (DELETE FROM city AS c USING gone AS g WHERE c.id = g.id RETURNING c.slug, c.slug_old, c.paths, g.target)
UPDATE city AS c SET slug = COALESCE(c.slug, o.slug), paths = CASE WHEN c.slug IS NULL THEN o.paths ELSE c.paths END,
	slug_old = NULLIF(COALESCE(c.slug_old, '{}') || COALESCE(o.slug_old, '{}')
		|| CASE WHEN c.slug IS NOT NULL AND o.slug IS NOT NULL THEN ARRAY[o.slug] ELSE '{}' END, '{}')
FROM old AS o WHERE c.id = o.target;

-- name: import_homes_given
UPDATE directory_identity SET homes_given = true WHERE NOT homes_given;

-- name: import_regions
INSERT INTO region AS r (key, country, name, name_key)
SELECT DISTINCT ON (region_key) region_key, country, NULLIF(region_name, ''), region_name_key
FROM import_place ORDER BY region_key, NULLIF(region_name, '')
ON CONFLICT (key) DO UPDATE SET name_key = excluded.name_key WHERE r.name_key = '' AND excluded.name_key <> '';

-- name: import_cities
INSERT INTO city AS c (region_id, key, name, name_key)
SELECT DISTINCT ON (key) region_id, key, name, name_key
FROM (SELECT g.id AS region_id, g.key || '-' || p.city_slug AS key, p.city AS name, p.city_name_key AS name_key
	FROM import_place AS p JOIN region AS g ON g.key = p.region_key WHERE p.city_slug <> '') AS keyed
ORDER BY key, name
ON CONFLICT (key) DO UPDATE SET name_key = excluded.name_key WHERE c.name_key = '';

-- name: import_place_ids
UPDATE import_place AS p SET region_id = (SELECT g.id FROM region AS g WHERE g.key = p.region_key),
	city_id = (SELECT c.id FROM city AS c WHERE c.key = p.region_key || '-' || p.city_slug);

-- name: import_place_facets
-- Made here, and not for each business. The facets of categories are among the words of the row.
UPDATE import_place SET facets = directory_facets(NULL, NULL, region_id, city_id),
	marks = directory_marks(NULL, NULL, region_id, city_id);

-- name: import_place_analyze
ANALYZE import_place (country, region_name, city);

-- name: import_update
UPDATE business AS b SET
	region_id = p.region_id, city_id = p.city_id, lat_e7 = r.lat_e7, lon_e7 = r.lon_e7,
	category_id = r.category_id, group_id = r.group_id, quality_score = r.quality_score, name = r.name,
	street = r.street, postcode = r.postcode, city = r.city, country = r.country, phone = r.phone,
	hours = r.hours, timezone = r.timezone,
	marks = r.marks || p.marks
FROM {{import_placed}} WHERE b.id = r.id;

-- name: import_update_detail
UPDATE business_detail AS d SET
	change = nextval('business_change'), changed_xid = pg_current_xact_id(), content_hash = r.content_hash, updated_at = now(),
	source_updated_at = r.source_updated_at, categories = r.categories, hours_week = r.hours_week,
	alt_names = r.alt_names, description = r.description, website = r.website,
	service_area = r.service_area, same_as = r.same_as, offers = r.offers, extra = r.extra,
	quality_score = r.quality_score, name_key = r.name_key,
	words = r.words || p.facets
FROM {{import_placed}} WHERE d.id = r.id;

-- name: import_updated
-- Remove the rows that were updated; the rest is new.
DELETE FROM import_row AS r USING business AS b WHERE b.id = r.id;

-- name: path_places
-- Places that have no path yet.
SELECT c.id, c.name, g.country, g.key AS region_key
FROM city AS c JOIN region AS g ON g.id = c.region_id
WHERE c.slug IS NULL AND c.id > $1::integer ORDER BY c.id LIMIT 5000;

-- name: path_places_given
-- Places that have come take what another installation has given them. Businesses whose paths came with it are in their
-- folders already.
UPDATE city AS c SET slug = s.slug, slug_old = s.slug_old, paths = COALESCE(n.paths, 0)
FROM city_slug AS s LEFT JOIN (SELECT split_part(path, '/', 1) AS slug, count(*) AS paths FROM business_path
	WHERE path NOT LIKE '%/%/%' GROUP BY 1) AS n ON n.slug = s.slug
WHERE c.key = s.key AND c.slug IS NULL AND NOT EXISTS (SELECT FROM city AS o WHERE o.slug = s.slug);

-- name: path_places_taken
DELETE FROM city_slug AS s USING city AS c WHERE c.key = s.key AND c.slug IS NOT NULL;

-- name: path_places_set
-- The first of those that want a path gets it, unless it is taken, here or in another installation.
UPDATE city AS c SET slug = f.slug
FROM (SELECT DISTINCT ON (slug) id, slug FROM jsonb_to_recordset($1::jsonb) AS r (id integer, slug text) ORDER BY slug, id) AS f
WHERE c.id = f.id AND NOT EXISTS (SELECT FROM city AS o WHERE o.slug = f.slug)
	AND NOT EXISTS (SELECT FROM city_slug AS s WHERE s.slug = f.slug OR f.slug = ANY (s.slug_old))
	AND NOT EXISTS (SELECT FROM city AS o WHERE o.slug_old @> ARRAY[f.slug]);

-- name: path_give
-- A folder has at most $1 businesses: what a place has beyond goes to folders of the first letters. What has a path keeps
-- it. `c.paths` is what it was before this statement.
WITH fresh AS MATERIALIZED (SELECT r.id, b.region_id, b.city_id, r.path_name,
		row_number() OVER (PARTITION BY b.city_id ORDER BY r.id) AS n
		FROM import_row AS r JOIN business AS b ON b.id = r.id
		WHERE NOT EXISTS (SELECT FROM business_path AS p WHERE p.id = r.id)),
	own AS (UPDATE city AS c SET paths = least(c.paths + f.n, $1::integer)
		FROM (SELECT city_id, count(*) AS n FROM fresh WHERE city_id IS NOT NULL GROUP BY city_id) AS f
		WHERE c.id = f.city_id AND c.paths < $1::integer)
INSERT INTO business_path (id, path)
SELECT r.id, COALESCE(c.slug, 'in/' || g.key, 'elsewhere') || '/'
	|| CASE WHEN c.paths + r.n <= $1::integer THEN '' ELSE left(r.path_name, 1) || '/' END || r.path_name
FROM fresh AS r LEFT JOIN city AS c ON c.id = r.city_id LEFT JOIN region AS g ON g.id = r.region_id
ORDER BY r.id;

-- name: region_merged
SELECT regions_merged AS merged FROM directory_identity;

-- name: region_merged_set
UPDATE directory_identity SET regions_merged = true;

-- name: region_named
SELECT id, country, name FROM region WHERE name IS NOT NULL ORDER BY id;

-- name: import_region_create
CREATE TEMPORARY TABLE import_region (id integer, name text, name_key text, key text, target integer) ON COMMIT DROP;

-- name: import_city_create
CREATE TEMPORARY TABLE import_city (id integer, slug text, key_old text, key text, region_id integer, target integer) ON COMMIT DROP;

-- name: region_merge
-- Regions that have another name now. target: the region that has this name, or the first of them, which gets it.
INSERT INTO import_region (id, name, name_key, key, target)
WITH given AS (SELECT g.id, g.name, g.name_key, lower(r.country) || '-' || directory_slug(g.name) AS key
	FROM jsonb_to_recordset($1::jsonb) AS g (id integer, name text, name_key text) JOIN region AS r ON r.id = g.id)
SELECT g.id, g.name, g.name_key, g.key,
	COALESCE((SELECT r.id FROM region AS r WHERE r.key = g.key), min(g.id) OVER (PARTITION BY g.key))
FROM given AS g;

-- name: region_merge_cities
INSERT INTO import_city (id, slug, key_old, key, region_id, target)
WITH moved AS (SELECT c.id, c.slug, c.key AS key_old, m.key || '-' || directory_slug(c.name) AS key,
		m.target AS region_id
	FROM city AS c JOIN import_region AS m ON m.id = c.region_id)
SELECT v.id, v.slug, v.key_old, v.key, v.region_id,
	COALESCE((SELECT c.id FROM city AS c WHERE c.key = v.key), min(v.id) OVER (PARTITION BY v.key))
FROM moved AS v;

-- name: region_merge_detail
-- Before the businesses, which say what their facet words are.
UPDATE business_detail AS d SET change = nextval('business_change'), changed_xid = pg_current_xact_id(),
	words = array_replace(array_replace(d.words, '@r' || m.id, '@r' || m.target), '@t' || c.id, '@t' || c.target)
FROM business AS b JOIN import_region AS m ON m.id = b.region_id LEFT JOIN import_city AS c ON c.id = b.city_id
WHERE d.id = b.id;

-- name: region_merge_business
UPDATE business AS b SET region_id = m.target, marks = NULL,
	city_id = COALESCE((SELECT c.target FROM import_city AS c WHERE c.id = b.city_id), b.city_id)
FROM import_region AS m WHERE m.id = b.region_id;

-- name: region_merge_profiles
UPDATE profile AS p SET region_id = m.target FROM import_region AS m WHERE m.id = p.region_id;

-- name: region_merge_slugs
-- No other place takes the address that a merged one had.
WITH gone AS (UPDATE city AS c SET slug = NULL FROM import_city AS m
	WHERE m.id = c.id AND m.target <> m.id AND c.slug IS NOT NULL RETURNING m.key_old, m.slug)
INSERT INTO city_slug (key, slug) SELECT key_old, slug FROM gone ON CONFLICT DO NOTHING;

-- name: region_merge_cities_gone
DELETE FROM city AS c USING import_city AS m WHERE m.id = c.id AND m.target <> m.id;

-- name: region_merge_cities_named
UPDATE city AS c SET region_id = m.region_id, key = m.key FROM import_city AS m WHERE m.id = c.id AND m.target = m.id;

-- name: region_merge_gone
DELETE FROM region AS r USING import_region AS m WHERE m.id = r.id AND m.target <> m.id;

-- name: region_merge_named
UPDATE region AS r SET key = m.key, name = m.name, name_key = m.name_key FROM import_region AS m
WHERE m.id = r.id AND m.target = m.id;

-- name: path_given
SELECT paths_given AS given FROM directory_identity;

-- name: path_given_set
UPDATE directory_identity SET paths_given = true;

-- name: path_missing
-- Businesses without a path, in chunks.
SELECT b.id, b.name, b.country, c.key AS category
FROM business AS b LEFT JOIN category AS c ON c.id = b.category_id
WHERE b.id > $1::bigint AND NOT EXISTS (SELECT FROM business_path AS p WHERE p.id = b.id AND p.id > $1)
ORDER BY b.id LIMIT 5000;

-- name: path_done
DROP TABLE import_row;

-- name: path_find
SELECT b.name, p.path, p.path_old FROM business AS b JOIN business_path AS p ON p.id = b.id WHERE b.id = $1::bigint;

-- name: path_change
-- The one that the business had stays known, so that it leads on.
UPDATE business_path SET path = $2, path_old = array_append(array_remove(path_old, $2), path)
WHERE id = $1::bigint AND path <> $2;

-- name: path_changed
-- For the next export.
UPDATE business_detail SET changed_xid = pg_current_xact_id(), change = nextval('business_change') WHERE id = $1::bigint;

-- name: import_indexes_leave
SELECT directory_indexes_leave() AS indexes;

-- name: import_indexes_return
SELECT directory_indexes_return() AS indexes;

-- In this order half of the indexes grow at one end.
-- name: import_insert
INSERT INTO business (id, region_id, city_id, lat_e7, lon_e7, source_id, category_id, group_id,
	quality_score, name, street, postcode, city, country, phone, hours, timezone, marks)
SELECT r.id, p.region_id, p.city_id, r.lat_e7, r.lon_e7, $1::smallint, r.category_id, r.group_id,
	r.quality_score, r.name, r.street, r.postcode, r.city, r.country, r.phone, r.hours, r.timezone,
	r.marks || p.marks
FROM {{import_placed}}
ORDER BY p.region_id, p.city_id, r.group_id;

-- name: import_insert_detail
INSERT INTO business_detail (id, content_hash, source_updated_at, external_id, categories, hours_week,
	alt_names, description, website, service_area, same_as, offers, extra, quality_score, name_key, words)
SELECT r.id, r.content_hash, r.source_updated_at, r.external_id, r.categories, r.hours_week,
	r.alt_names, r.description, r.website, r.service_area, r.same_as, r.offers, r.extra, r.quality_score, r.name_key,
	r.words || p.facets
FROM {{import_placed}};

-- name: import_size
-- How many businesses there were when the table was last looked through; -1: never.
SELECT reltuples::bigint AS businesses FROM pg_class WHERE oid = 'business'::regclass;

-- name: suppress_find
SELECT s.key AS source_key, d.external_id, b.name
FROM business AS b
JOIN business_detail AS d ON d.id = b.id
JOIN source AS s ON s.id = b.source_id
WHERE b.id = $1::bigint;

-- name: suppress_add
-- With the columns by which a file without ids is matched (import_known).
INSERT INTO suppression (id, source_key, external_id, reason, name, street, city, phone, website, register)
SELECT b.id, s.key, d.external_id, $2, md5(lower(b.name)), md5(lower(b.street)), md5(lower(b.city)), md5(b.phone),
	md5(lower(d.website)), md5(d.extra ->> 'register_number')
FROM business AS b JOIN business_detail AS d ON d.id = b.id JOIN source AS s ON s.id = b.source_id
WHERE b.id = $1::bigint
ON CONFLICT (id) DO UPDATE SET reason = excluded.reason;

-- name: suppress_delete
DELETE FROM business WHERE id = $1::bigint;

-- name: suppress_delete_detail
DELETE FROM business_detail WHERE id = $1::bigint;

-- name: suppress_delete_path
DELETE FROM business_path WHERE id = $1::bigint;

-- name: suppress_list
SELECT id, source_key, external_id, reason, created_at FROM suppression ORDER BY created_at, id;

-- name: suppress_remove
DELETE FROM suppression WHERE id = $1::bigint;
