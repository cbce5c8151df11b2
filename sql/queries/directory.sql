-- Statements of holdfast-web that read the directory. The table in src/directory/search/plan.c says which list
-- statement is used for which filters and order.
--
-- The list statements return the row `business` (read by src/directory/search/rows.c): the key for cursors, the
-- columns of a list row, its source. The key to continue from is a parameter, and the first page passes one that is
-- before all others, so that every page has the same plan. The inner SELECT is the page, read in order from one index;
-- the source is joined to its rows. (The sources, which are few, are materialized: otherwise the planner would read them
-- again for every row of a page that it believes to be short.)
-- role: holdfast_web

-- name: list_all
-- row: business
-- served-by: business_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT id, {{business_rank}} AS rank, {{business_listed}}
	FROM business
	WHERE ({{business_rank}}, id) < ($1::integer, $2::bigint)
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT $3
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- name: list_group
-- row: business
-- served-by: business_of_group_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT id, {{business_rank}} AS rank, {{business_listed}}
	FROM business
	WHERE group_id = $1::smallint AND ({{business_rank}}, id) < ($2::integer, $3::bigint)
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT $4
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- name: list_category
-- row: business
-- served-by: business_of_category_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT id, {{business_rank}} AS rank, {{business_listed}}
	FROM business
	WHERE category_id = $1::smallint AND ({{business_rank}}, id) < ($2::integer, $3::bigint)
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT $4
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- name: list_region
-- row: business
-- served-by: business_of_region_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT id, {{business_rank}} AS rank, {{business_listed}}
	FROM business
	WHERE region_id = $1::integer AND ({{business_rank}}, id) < ($2::integer, $3::bigint)
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT $4
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- name: list_region_group
-- row: business
-- served-by: business_of_region_group_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT id, {{business_rank}} AS rank, {{business_listed}}
	FROM business
	WHERE region_id = $1::integer AND group_id = $2::smallint AND ({{business_rank}}, id) < ($3::integer, $4::bigint)
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT $5
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- name: list_region_category
-- row: business
-- served-by: business_of_region_category_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT id, {{business_rank}} AS rank, {{business_listed}}
	FROM business
	WHERE region_id = $1::integer AND category_id = $2::smallint AND ({{business_rank}}, id) < ($3::integer, $4::bigint)
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT $5
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- name: list_city
-- row: business
-- served-by: business_of_city_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT id, {{business_rank}} AS rank, {{business_listed}}
	FROM business
	WHERE city_id = $1::integer AND ({{business_rank}}, id) < ($2::integer, $3::bigint)
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT $4
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- name: list_city_group
-- row: business
-- served-by: business_of_city_group_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT id, {{business_rank}} AS rank, {{business_listed}}
	FROM business
	WHERE city_id = $1::integer AND group_id = $2::smallint AND ({{business_rank}}, id) < ($3::integer, $4::bigint)
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT $5
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- name: list_city_category
-- row: business
-- served-by: business_of_city_category_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT id, {{business_rank}} AS rank, {{business_listed}}
	FROM business
	WHERE city_id = $1::integer AND category_id = $2::smallint AND ({{business_rank}}, id) < ($3::integer, $4::bigint)
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT $5
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- name: list_by_name
-- row: business
-- served-by: business_by_name
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.name AS key, {{business_row}}
FROM (
	SELECT *
	FROM business
	WHERE ({{business_name_order}}, id) > ($1::text, $2::bigint)
	ORDER BY {{business_name_order}}, id
	LIMIT $3
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.name COLLATE "und-x-icu", b.id;

-- name: list_city_by_name
-- row: business
-- served-by: business_of_city_by_name
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.name AS key, {{business_row}}
FROM (
	SELECT *
	FROM business
	WHERE city_id = $1::integer
		AND ($2::smallint IS NULL OR group_id = $2) AND ($3::smallint IS NULL OR category_id = $3)
		AND ({{business_name_order}}, id) > ($4::text, $5::bigint)
	ORDER BY {{business_name_order}}, id
	LIMIT $6
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.name COLLATE "und-x-icu", b.id;

-- Of a category, a group, a region: all of it is read from the index of its list by quality, and the page sorted out of it.
-- name: list_part_by_name
-- row: business
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.name AS key, {{business_row}}
FROM (
	SELECT *
	FROM (
		SELECT id, {{business_listed}}
		FROM business
		WHERE ($1::smallint IS NULL OR group_id = $1) AND ($2::smallint IS NULL OR category_id = $2)
			AND ($3::integer IS NULL OR region_id = $3) AND ($4::integer IS NULL OR city_id = $4)
		OFFSET 0
	) AS m
	WHERE (name COLLATE "und-x-icu", id) > ($5::text, $6::bigint)
	ORDER BY name COLLATE "und-x-icu", id
	LIMIT $7
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.name COLLATE "und-x-icu", b.id;

-- Text and further facts by name: $1 to $9 are those of the expression text_match.
-- name: list_text_by_name
-- row: business
-- served-by: business_detail_by_word
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.name AS key, {{business_row}}
FROM (
	SELECT business.*
	FROM (SELECT id AS found FROM business_detail WHERE {{text_match}} OFFSET 0) AS m
	JOIN business ON id = found
	WHERE (name COLLATE "und-x-icu", id) > ($10::text, $11::bigint)
	ORDER BY name COLLATE "und-x-icu", id
	LIMIT $12
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.name COLLATE "und-x-icu", b.id;

-- The newest that have what $1 to $9 ask (text_match): of what many have, among the $12 newest.
-- name: list_text_recent_walk
-- row: business
-- served-by: business_detail_by_change
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT d.change AS key, {{business_row}}
FROM (
	SELECT id, change
	FROM (
		SELECT id, change, words
		FROM business_detail
		WHERE (change, id) < ($10::bigint, $11::bigint)
		ORDER BY change DESC
		LIMIT $12
	) AS w
	WHERE {{text_match}}
	LIMIT $13
) AS d
JOIN business AS b ON b.id = d.id
JOIN s ON s.id = b.source_id
ORDER BY d.change DESC;

-- name: list_text_recent_rare
-- row: business
-- served-by: business_detail_by_word
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT d.change AS key, {{business_row}}
FROM (
	SELECT id, change
	FROM (SELECT id, change FROM business_detail WHERE {{text_match}} OFFSET 0) AS m
	WHERE (change, id) < ($10::bigint, $11::bigint)
	ORDER BY change DESC
	LIMIT $12
) AS d
JOIN business AS b ON b.id = d.id
JOIN s ON s.id = b.source_id
ORDER BY d.change DESC;

-- name: list_recent
-- row: business
-- served-by: business_detail_by_change
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT d.change AS key, {{business_row}}
FROM (
	SELECT id, change FROM business_detail
	WHERE (change, id) < ($1::bigint, $2::bigint)
	ORDER BY change DESC
	LIMIT $3
) AS d
JOIN business AS b ON b.id = d.id
JOIN s ON s.id = b.source_id
ORDER BY d.change DESC;

-- By id, which never changes.
-- name: list_by_id
-- row: business
-- served-by: business_pkey
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.id AS key, {{business_row}}
FROM (
	SELECT *
	FROM business
	WHERE ($1::smallint IS NULL OR group_id = $1) AND ($2::smallint IS NULL OR category_id = $2)
		AND ($3::integer IS NULL OR region_id = $3) AND ($4::integer IS NULL OR city_id = $4)
		AND id > $5::bigint
	ORDER BY id
	LIMIT $6
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.id;

-- The same for filters that few businesses pass: $1 to $9 are those of the expression text_match.
-- name: list_by_id_rare
-- row: business
-- served-by: business_detail_by_word
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.id AS key, {{business_row}}
FROM (
	SELECT id FROM (SELECT id FROM business_detail WHERE {{text_match}} OFFSET 0) AS m
	WHERE id > $10::bigint
	ORDER BY id
	LIMIT $11
) AS t
JOIN business AS b ON b.id = t.id
JOIN s ON s.id = b.source_id
ORDER BY b.id;

-- A small section of a map: $1 to $6 a box around it in space, $7 to $10 west, south, east and north in 1e-7 degrees.
-- name: list_box
-- row: business
-- served-by: business_near
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.rank AS key, {{business_row}}
FROM (
	SELECT m.*
	FROM (
		SELECT *, {{business_rank}} AS rank
		FROM business
		WHERE lat_e7 IS NOT NULL
			AND {{business_place}} <@ cube(ARRAY[$1::float8, $2::float8, $3::float8], ARRAY[$4::float8, $5::float8, $6::float8])
			AND lat_e7 BETWEEN $8::integer AND $10::integer
			AND CASE WHEN $7::integer <= $9::integer THEN lon_e7 BETWEEN $7 AND $9 ELSE lon_e7 >= $7 OR lon_e7 <= $9 END
			AND ($11::smallint IS NULL OR group_id = $11) AND ($12::smallint IS NULL OR category_id = $12)
			AND ($13::integer IS NULL OR region_id = $13) AND ($14::integer IS NULL OR city_id = $14)
		OFFSET 0
	) AS m
	WHERE (rank, id) < ($15::integer, $16::bigint)
	ORDER BY rank DESC, id DESC
	LIMIT $17
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.rank DESC, b.id DESC;

-- Nearest first, by the chord of the unit sphere: $1 x, $2 y, $3 z, $4 the longest chord. The index
-- orders by the chord alone; WITH TIES brings all that stand at one spot, so that the outer order by
-- chord and id is complete.
-- name: list_near
-- row: business
-- served-by: business_near
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.chord AS key, {{business_row}}
FROM (
	SELECT *, {{business_place}} <-> cube(ARRAY[$1::float8, $2::float8, $3::float8]) AS chord
	FROM business
	WHERE lat_e7 IS NOT NULL
		AND {{business_place}} <@ cube_enlarge(cube(ARRAY[$1::float8, $2::float8, $3::float8]), $4::float8, 3)
		AND {{business_place}} <-> cube(ARRAY[$1::float8, $2::float8, $3::float8]) <= $4::float8
		AND ($5::smallint IS NULL OR group_id = $5) AND ($6::smallint IS NULL OR category_id = $6)
		AND ({{business_place}} <-> cube(ARRAY[$1::float8, $2::float8, $3::float8]), id) > ($7::float8, $8::bigint)
	ORDER BY {{business_place}} <-> cube(ARRAY[$1::float8, $2::float8, $3::float8])
	FETCH FIRST ($9) ROWS WITH TIES
) AS b
JOIN s ON s.id = b.source_id
ORDER BY b.chord, b.id
LIMIT $9;

-- Further pages: what stands between two distances. $1, $2 and $3 are stretches of bands (src/directory/search/near.c):
-- band, west and east in 1e-7 degrees; $4 and $5 south and north of them all; $6 the chord at which the ring ends; $7, $8
-- and $9 the point; the key in $10 and $11.
-- name: list_near_ring
-- row: business
-- served-by: business_by_band
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT t.chord AS key, {{business_row}}
FROM (
	SELECT id, chord
	FROM (
		SELECT id, {{business_place}} <-> cube(ARRAY[$7::float8, $8::float8, $9::float8]) AS chord
		FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS r (band, west, east)
		CROSS JOIN LATERAL (
			SELECT id, lat_e7, lon_e7
			FROM business
			WHERE {{business_band}} = r.band AND lon_e7 BETWEEN r.west AND r.east AND lat_e7 BETWEEN $4::integer AND $5::integer
			OFFSET 0
		) AS p
		OFFSET 0
	) AS m
	WHERE chord <= $6::float8 AND (chord, id) > ($10::float8, $11::bigint)
	ORDER BY chord, id
	LIMIT $12
) AS t
JOIN business AS b ON b.id = t.id
JOIN s ON s.id = b.source_id
ORDER BY t.chord, t.id;

-- The same of group $12, and of category $13 unless it is NULL.
-- name: list_near_ring_group
-- row: business
-- served-by: business_of_group_by_band
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT t.chord AS key, {{business_row}}
FROM (
	SELECT id, chord
	FROM (
		SELECT id, {{business_place}} <-> cube(ARRAY[$7::float8, $8::float8, $9::float8]) AS chord
		FROM unnest($1::integer[], $2::integer[], $3::integer[]) AS r (band, west, east)
		CROSS JOIN LATERAL (
			SELECT id, lat_e7, lon_e7
			FROM business
			WHERE group_id = $12::smallint AND {{business_band}} = r.band AND lon_e7 BETWEEN r.west AND r.east
				AND lat_e7 BETWEEN $4::integer AND $5::integer
				AND ($13::smallint IS NULL OR category_id = $13)
			OFFSET 0
		) AS p
		OFFSET 0
	) AS m
	WHERE chord <= $6::float8 AND (chord, id) > ($10::float8, $11::bigint)
	ORDER BY chord, id
	LIMIT $14
) AS t
JOIN business AS b ON b.id = t.id
JOIN s ON s.id = b.source_id
ORDER BY t.chord, t.id;

-- Text: $1 to $9 are those of the expression text_match.
-- Common words: the first $12 businesses after the key, of which up to $13 have the words.
-- name: list_text_walk
-- row: business
-- served-by: business_detail_by_rank
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT t.rank AS key, {{business_row}}
FROM (
	SELECT id, rank
	FROM (
		SELECT id, {{business_rank}} AS rank, quality_score, words
		FROM business_detail
		WHERE ({{business_rank}}, id) < ($10::integer, $11::bigint)
		ORDER BY {{business_rank}} DESC, id DESC
		LIMIT $12
	) AS w
	WHERE {{text_match}}
	LIMIT $13
) AS t
JOIN business AS b ON b.id = t.id
JOIN s ON s.id = b.source_id
ORDER BY t.rank DESC, t.id DESC;

-- Rare words: all that have them, the best $12 after the key.
-- name: list_text_rare
-- row: business
-- served-by: business_detail_by_word
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT t.rank AS key, {{business_row}}
FROM (
	SELECT id, rank
	FROM (
		SELECT id, {{business_rank}} AS rank
		FROM business_detail
		WHERE {{text_match}}
		OFFSET 0
	) AS m
	WHERE (rank, id) < ($10::integer, $11::bigint)
	ORDER BY rank DESC, id DESC
	LIMIT $12
) AS t
JOIN business AS b ON b.id = t.id
JOIN s ON s.id = b.source_id
ORDER BY t.rank DESC, t.id DESC;

-- Text and place, between two distances: $10 to $18 are those of the expression text_may_match, $19 to $29 as $1 to $11
-- of list_near_ring. What the index does not exclude is looked up, nearest first, until $30 have the words.
-- name: list_text_near_ring
-- row: business
-- served-by: business_by_band
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT t.chord AS key, {{business_row}}
FROM (
	SELECT id, chord
	FROM (
		SELECT id, chord
		FROM (
			SELECT id, {{business_place}} <-> cube(ARRAY[$25::float8, $26::float8, $27::float8]) AS chord
			FROM unnest($19::integer[], $20::integer[], $21::integer[]) AS r (band, west, east)
			CROSS JOIN LATERAL (
				SELECT id, lat_e7, lon_e7
				FROM business
				WHERE {{business_band}} = r.band AND lon_e7 BETWEEN r.west AND r.east
					AND lat_e7 BETWEEN $22::integer AND $23::integer AND ({{text_may_match}})
				OFFSET 0
			) AS p
			OFFSET 0
		) AS m
		WHERE chord <= $24::float8 AND (chord, id) > ($28::float8, $29::bigint)
		ORDER BY chord, id
		OFFSET 0
	) AS n
	WHERE (SELECT {{text_match}} FROM business_detail AS d WHERE d.id = n.id)
	ORDER BY chord, id
	LIMIT $30
) AS t
JOIN business AS b ON b.id = t.id
JOIN s ON s.id = b.source_id
ORDER BY t.chord, t.id;

-- Text and place, of rare words: $10 to $13 as $1 to $4 of list_near, the key in $14 and $15.
-- name: list_text_near_rare
-- row: business
-- served-by: business_detail_by_word
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT b.chord AS key, {{business_row}}
FROM (
	SELECT business.*, {{business_place}} <-> cube(ARRAY[$10::float8, $11::float8, $12::float8]) AS chord
	FROM (
		SELECT id AS found
		FROM business_detail
		WHERE {{text_match}}
		OFFSET 0
	) AS m
	JOIN business ON id = found
	WHERE lat_e7 IS NOT NULL
	OFFSET 0
) AS b
JOIN s ON s.id = b.source_id
WHERE b.chord <= $13::float8 AND (b.chord, b.id) > ($14::float8, $15::bigint)
ORDER BY b.chord, b.id
LIMIT $16;

-- The candidates for the head of a text's answer, which is ranked in C (src/directory/search/rank.c): businesses that
-- match, the whole name ($10) first, then those with all words in their names ($11), short names before long ones.
-- name: text_head
-- extends: business
-- served-by: business_detail_by_word
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT t.rank AS key, {{business_row}}, t.alt_names, t.categories, 1::bigint AS namesakes
FROM (
	SELECT id, rank, alt_names, categories, row_number() OVER () AS place
	FROM (
		SELECT id, {{business_rank}} AS rank, name_key, words, alt_names, categories
		FROM business_detail
		WHERE {{text_match}}
		OFFSET 0
	) AS m
	ORDER BY name_key = $10::text DESC, words @> $11::text[] DESC, length(name_key), rank DESC, id DESC
	LIMIT $12
) AS t
JOIN business AS b ON b.id = t.id
JOIN s ON s.id = b.source_id
ORDER BY t.place;

-- Whole names that are the typed text ($1), and those that begin with it, the commonest first: up to $4 businesses of the
-- former and three of each of the latter. $2 bounds them from above. $3: facets that all must be there.
-- name: text_names
-- row: text_head
-- served-by: business_detail_by_name_key
WITH s AS MATERIALIZED (SELECT * FROM source), names AS MATERIALIZED (
	SELECT name_key, count(*) AS namesakes
	FROM (
		SELECT name_key
		FROM business_detail
		WHERE name_key >= $1::text AND name_key < $2::text
		ORDER BY name_key
		LIMIT 3000
	) AS b
	GROUP BY name_key
	ORDER BY name_key = $1 DESC, 2 DESC, length(name_key), name_key
	LIMIT 30
)
SELECT t.rank AS key, {{business_row}}, t.alt_names, t.categories, n.namesakes
FROM names AS n
CROSS JOIN LATERAL (
	SELECT id, {{business_rank}} AS rank, alt_names, categories
	FROM business_detail AS d
	WHERE d.name_key = n.name_key AND words @> $3::text[]
	ORDER BY {{business_rank}} DESC, id DESC
	LIMIT CASE WHEN n.name_key = $1 THEN $4::integer ELSE 3 END
) AS t
JOIN business AS b ON b.id = t.id
JOIN s ON s.id = b.source_id
ORDER BY n.name_key = $1 DESC, n.namesakes DESC, t.rank DESC, t.id DESC;

-- Names that begin with the typed text ($1, bounded by $2 from above): whole ones first, then the commonest of the first
-- three thousand businesses.
-- name: suggest_names
-- served-by: business_detail_by_name_key
SELECT b.name, n.namesakes, n.place
FROM (
	SELECT name_key, count(*) AS namesakes, row_number() OVER (ORDER BY name_key = $1 DESC, count(*) DESC, length(name_key), name_key) AS place
	FROM (
		SELECT name_key
		FROM business_detail
		WHERE name_key >= $1::text AND name_key < $2::text
		ORDER BY name_key
		LIMIT 3000
	) AS b
	GROUP BY name_key
	ORDER BY place
	LIMIT $3
) AS n
CROSS JOIN LATERAL (
	SELECT id FROM business_detail AS d WHERE d.name_key = n.name_key
	ORDER BY {{business_rank}} DESC, id DESC LIMIT 1
) AS t
JOIN business AS b ON b.id = t.id
ORDER BY n.place;

-- Towns that begin with the typed text, the largest first.
-- name: suggest_towns
-- served-by: city_by_name_key
SELECT c.key, c.name, c.businesses, r.country
FROM city AS c JOIN region AS r ON r.id = c.region_id
WHERE c.name_key >= $1::text AND c.name_key < $2::text AND c.businesses > 0
ORDER BY c.businesses DESC, c.id
LIMIT $3;

-- Businesses whose telephone ends in these seven digits; the other digits are compared in C.
-- name: text_phone
-- row: text_head
-- served-by: business_by_phone
WITH s AS MATERIALIZED (SELECT * FROM source)
SELECT {{business_rank}} AS key, {{business_row}}, NULL::text[] AS alt_names, NULL::smallint[] AS categories, 1::bigint AS namesakes
FROM (SELECT * FROM business WHERE {{business_phone}} = $1::integer AND phone ~ '[0-9]' LIMIT 100) AS b
JOIN s ON s.id = b.source_id
ORDER BY 1 DESC, b.id DESC;

-- What the dictionary knows of tokens ($1), and which tokens begin with those of $2 (up to eight each, the commonest).
-- name: words_known
-- served-by: word_pkey
SELECT word, businesses, 0 AS beginning FROM word WHERE word = ANY ($1::text[]) AND businesses > 0
UNION ALL
SELECT w.word, w.businesses, b.position::integer
FROM unnest($2::text[]) WITH ORDINALITY AS b (word, position)
CROSS JOIN LATERAL (
	SELECT word, businesses
	FROM word
	WHERE word > b.word AND word < b.word || U&'\+10FFFF' AND businesses > 0
	ORDER BY businesses DESC
	LIMIT 16) AS w;

-- Tokens that share a beginning with letters left out with the typed words: what may be meant by them. How many edits it
-- takes is told in C. Common words come with far more candidates than are worth looking at, so the nearest in length win.
-- name: words_near
-- served-by: word_by_deletes
SELECT typed.position, w.word, w.businesses
FROM unnest($1::text[]) WITH ORDINALITY AS typed (word, position)
CROSS JOIN LATERAL (
	SELECT word, businesses
	FROM word
	WHERE deletes && word_deletes(typed.word, 6) AND businesses > 0
		AND abs(length(ltrim(word, './')) - length(typed.word)) <= CASE WHEN length(typed.word) < 6 THEN 1 ELSE 2 END
	LIMIT 3000) AS w;

-- Towns (with the region that they are in) and regions of these folded names ($1), and all regions of these countries ($2), the largest first.
-- name: places_named
SELECT p.kind, p.name_key, p.key, p.name, p.country, p.businesses, p.id, p.region_id, p.region_key, p.region, p.region_businesses
FROM (
	(SELECT 'town' AS kind, c.name_key, c.key, c.name, r.country, c.businesses, c.id, r.id AS region_id, r.key AS region_key,
		r.name AS region, r.businesses AS region_businesses
	FROM city AS c JOIN region AS r ON r.id = c.region_id
	WHERE c.name_key = ANY ($1::text[]) AND c.businesses > 0
	ORDER BY c.businesses DESC, c.id LIMIT 100)
	UNION ALL
	(SELECT 'region', name_key, key, name, country, businesses, id, NULL, NULL, NULL, NULL
	FROM region
	WHERE name_key = ANY ($1::text[]) AND businesses > 0
	ORDER BY businesses DESC, id LIMIT 20)
	UNION ALL
	(SELECT 'country', name_key, key, name, country, businesses, id, NULL, NULL, NULL, NULL
	FROM region
	WHERE country = ANY ($2::text[]) AND businesses > 0
	ORDER BY businesses DESC, id LIMIT 400)
) AS p
ORDER BY p.businesses DESC, p.kind DESC, p.id;

-- How many businesses a list has, of which categories, regions and towns, and with which hours: of the first 1 001 that are found, so that no
-- count is without a bound.
-- name: list_facets
WITH m AS MATERIALIZED (
	SELECT category_id, region_id, city_id, hours, timezone, country, lat_e7, lon_e7
	FROM business
	WHERE ($1::smallint IS NULL OR group_id = $1) AND ($2::smallint IS NULL OR category_id = $2)
		AND ($3::integer IS NULL OR region_id = $3) AND ($4::integer IS NULL OR city_id = $4)
	LIMIT 1001
)
{{facet_rows}};

-- The same of a text: $1 to $9 are those of the expression text_match.
-- name: text_facets
-- row: list_facets
-- served-by: business_detail_by_word
WITH m AS MATERIALIZED (
	SELECT b.category_id, b.region_id, b.city_id, b.hours, b.timezone, b.country, b.lat_e7, b.lon_e7
	FROM (SELECT id FROM business_detail WHERE {{text_match}} LIMIT 1001) AS d
	JOIN business AS b ON b.id = d.id
)
{{facet_rows}};

-- The same of businesses that were found otherwise than by an exact match of the text.
-- name: found_facets
-- row: list_facets
-- served-by: business_pkey
WITH m AS MATERIALIZED (
	SELECT category_id, region_id, city_id, hours, timezone, country, lat_e7, lon_e7
	FROM business
	WHERE id = ANY ($1::bigint[])
)
{{facet_rows}};

-- name: business_get
-- extends: business
-- served-by: business_pkey
SELECT NULL AS key, {{business_row}},
	d.external_id, r.key AS region_key, r.name AS region_name, r.country AS region_country,
	r.businesses AS region_businesses, t.key AS city_key, t.slug AS city_slug, t.name AS city_name,
	t.businesses AS city_businesses, c.businesses AS category_businesses, d.categories, d.alt_names, d.service_area, d.same_as, d.description, d.website,
	d.offers, d.extra, a.path,
	to_char(d.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS created_at,
	to_char(d.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS updated_at,
	to_char(d.source_updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS source_updated_at,
	(SELECT coalesce(jsonb_agg(jsonb_build_object('stage', p.stage, 'source', p.source,
			'found_at', to_char(p.found_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'facts', p.facts) ORDER BY p.stage), '[]')
		FROM pipeline_result AS p WHERE p.business_id = b.id AND p.facts <> '{}') AS found
FROM business AS b
JOIN business_detail AS d ON d.id = b.id
JOIN source AS s ON s.id = b.source_id
LEFT JOIN region AS r ON r.id = b.region_id
LEFT JOIN city AS t ON t.id = b.city_id
LEFT JOIN category AS c ON c.id = b.category_id
LEFT JOIN business_path AS a ON a.id = b.id
WHERE b.id = $1;

-- name: business_paths
-- The paths of the pages of businesses in a list.
-- served-by: business_path_pkey
SELECT id, path FROM business_path WHERE id = ANY ($1::bigint[]);

-- name: towns_served
-- The places that a business means by folded names of towns ($2), as coming.c of the export finds them: the only one of a
-- name in its region, or else in its country. listed: at least $3 businesses there are of its kind.
-- served-by: city_by_name_key
WITH found AS (SELECT n.place, c.slug, c.region_id = b.region_id AS own, c.businesses,
		(SELECT count(*) FROM (SELECT FROM business AS o WHERE o.city_id = c.id AND o.category_id = b.category_id
			LIMIT $3::integer) AS kind) >= $3::integer AS listed
	FROM business AS b JOIN region AS h ON h.id = b.region_id
	CROSS JOIN unnest($2::text[]) WITH ORDINALITY AS n (key, place)
	CROSS JOIN LATERAL (SELECT * FROM city WHERE name_key = n.key AND slug <> ''
		ORDER BY businesses DESC, id LIMIT 1000) AS c
	JOIN region AS g ON g.id = c.region_id AND g.country = h.country
	WHERE b.id = $1::bigint),
meant AS (SELECT f.*, count(*) OVER w AS places, count(*) FILTER (WHERE own) OVER w AS owns
	FROM found AS f WINDOW w AS (PARTITION BY place))
SELECT place, slug, listed FROM meant WHERE businesses > 0 AND (own AND owns = 1 OR owns = 0 AND places = 1) ORDER BY place;

-- name: business_closed_get
-- served-by: business_closed_pkey
SELECT name, closed_on::text AS closed_on FROM business_closed WHERE id = $1::bigint;

-- The region and the city that a query names, NULL where there is none of that key, and how many
-- businesses its category or group has, and the directory.
-- name: places_of_query
SELECT r.id AS region_id, r.key AS region_key, r.name AS region_name, r.country AS region_country,
	r.businesses AS region_businesses, t.id AS city_id, t.key AS city_key, t.slug AS city_slug, t.name AS city_name,
	t.region_id AS city_region_id, t.businesses AS city_businesses, w.country AS city_country,
	(SELECT sum(businesses) FROM category WHERE id = $3::smallint OR group_id = $4::smallint) AS category_businesses,
	(SELECT sum(businesses) FROM source) AS all_businesses
FROM (SELECT 1) AS always
LEFT JOIN region AS r ON r.key = $1::text
LEFT JOIN city AS t ON t.key = $2::text
LEFT JOIN region AS w ON w.id = t.region_id;

-- name: categories_all
SELECT id, businesses FROM category ORDER BY id;

-- name: regions_all
-- row: place
SELECT key, name, country, businesses
FROM (SELECT * FROM region WHERE businesses > 0 ORDER BY businesses DESC, id LIMIT 1000) AS r
ORDER BY country, name COLLATE "und-x-icu" NULLS FIRST;

-- name: region_get
-- extends: place
-- served-by: region_key_key
SELECT key, name, country, businesses, id FROM region WHERE key = $1;

-- The town whose addresses begin with this, or began with it before another place took it in.
-- name: city_by_slug
-- row: place
-- served-by: city_slug_key
-- served-by: city_former
SELECT key, name, NULL::text AS country, businesses FROM city WHERE slug = $1 OR slug_old @> ARRAY[$1]
ORDER BY slug = $1 DESC NULLS LAST LIMIT 1;

-- name: cities_of_region
-- row: place
-- served-by: city_of_region
SELECT key, name, NULL::text AS country, businesses
FROM city
WHERE region_id = $1 AND businesses > 0
ORDER BY businesses DESC, id
LIMIT 1000;

-- Changes with every import and with whatever is taken away.
-- name: directory_version
-- Its last word is the country of most businesses.
SELECT concat_ws(' ', date_part('epoch', max(imported_at)), sum(businesses),
                 (SELECT country FROM region GROUP BY country ORDER BY sum(businesses) DESC, country LIMIT 1)) AS version
FROM source;

-- name: sources_all
SELECT key, name, licence, licence_url, attribution, url, businesses
FROM source
WHERE businesses > 0
ORDER BY key
LIMIT 1000;
