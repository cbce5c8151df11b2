-- The static site: what `holdfast export` reads, in many short statements. None stays open while files are
-- written.
-- role: holdfast_export

-- name: export_state
-- Changes of transactions at or after `xid` may be missing in this run; the next run reads them. A cluster that was
-- restored or replaced has another identity, or a smaller xid.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xid,
	(SELECT id::text FROM directory_identity) || ' ' || (SELECT system_identifier FROM pg_control_system())
		|| ' ' || (SELECT oid FROM pg_database WHERE datname = current_database()) AS identity,
	pg_relation_size('business_detail') / current_setting('block_size')::integer AS blocks,
	pg_relation_size('business') / current_setting('block_size')::integer AS near_blocks;

-- name: export_sources
SELECT id, COALESCE(name, key) AS name, licence, licence_url, attribution, url FROM source WHERE businesses > 0 ORDER BY id;

-- name: export_source_keys
SELECT key FROM source ORDER BY id;

-- name: export_photos
-- Which of these ids are of a business, and what its source calls it.
-- served-by: business_detail_pkey
SELECT id, external_id FROM business_detail WHERE id = ANY($1::bigint[]);

-- name: export_regions
SELECT id, key, country, name, businesses > 0 AS used FROM region ORDER BY id;

-- name: export_places
SELECT id, region_id, slug, name, businesses > 0 AS used FROM city WHERE slug IS NOT NULL ORDER BY id;

-- name: export_only
-- The best businesses of a place, by its address.
-- served-by: business_of_city_by_rank
SELECT id FROM business WHERE city_id = (SELECT c.id FROM city AS c WHERE c.slug = $1::text)
ORDER BY {{business_rank}} DESC, id DESC LIMIT $2::integer;

-- name: export_coming
-- The towns that businesses serve, in chunks of so many businesses.
-- served-by: business_detail_serving
SELECT b.id, b.region_id, b.city_id, area.town
FROM (SELECT id, service_area FROM business_detail WHERE id > $1::bigint AND service_area IS NOT NULL
	ORDER BY id LIMIT $2::integer) AS d
JOIN business AS b ON b.id = d.id
CROSS JOIN unnest(d.service_area) AS area (town)
ORDER BY b.id;

-- name: export_kinds_of_places
-- Kinds with at least $1 businesses in a place; the export publishes most of them.
SELECT city_id, COALESCE(category_id, 0) AS category_id FROM business WHERE city_id IS NOT NULL
GROUP BY 1, 2 HAVING count(*) >= $1::integer;

-- name: export_near
-- What pages show of the businesses near theirs: a chunk of the table, as in export_blocks. Those of too little
-- quality ($3) have no page.
SELECT b.id, b.lat_e7, b.lon_e7, COALESCE(b.category_id, 0) AS category_id, b.name, p.path
FROM business AS b
LEFT JOIN business_path AS p ON p.id = b.id
WHERE b.ctid >= $1::tid AND b.ctid < $2::tid AND b.lat_e7 IS NOT NULL AND b.quality_score >= $3::integer;

-- name: export_country
-- The country of most businesses.
SELECT country FROM region GROUP BY country ORDER BY sum(businesses) DESC, country LIMIT 1;

-- name: export_changed
-- row: export_history
-- Ids of changed businesses, in an order in which new changes come last.
-- served-by: business_detail_by_changed_xid
SELECT changed_xid AS xid, id FROM business_detail
WHERE (changed_xid, id) > ($1::text::xid8, $2::bigint)
ORDER BY changed_xid, id
LIMIT $3::integer;

-- name: export_deleted
-- row: export_history
-- served-by: business_deletion_pkey
SELECT deleted_xid AS xid, id FROM business_deletion
WHERE (deleted_xid, id) > ($1::text::xid8, $2::bigint)
ORDER BY deleted_xid, id
LIMIT $3::integer;

-- name: export_blocks
-- row: export_business
-- A chunk of the whole table: the rows in a range of its blocks. A row that moves to a block that was already read
-- has changed since the run began, and is read by its id at the end.
SELECT {{export_row}}
FROM business_detail AS d
JOIN business AS b ON b.id = d.id
LEFT JOIN business_path AS p ON p.id = d.id
WHERE d.ctid >= $1::tid AND d.ctid < $2::tid;

-- name: export_rows
-- row: export_business
SELECT {{export_row}}
FROM unnest($1::bigint[]) AS wanted (id)
JOIN business AS b ON b.id = wanted.id
JOIN business_detail AS d ON d.id = wanted.id
LEFT JOIN business_path AS p ON p.id = wanted.id;

-- name: export_closed
-- Businesses that have closed for good and had an address, in chunks.
-- served-by: business_closed_pkey
SELECT c.id, c.name, c.closed_on::text AS closed_on, p.path
FROM business_closed AS c JOIN business_path AS p ON p.id = c.id AND p.id > $1
WHERE c.id > $1::bigint ORDER BY c.id LIMIT $2::integer;

-- name: export_former_paths
-- The paths that businesses had before, in chunks.
-- served-by: business_path_former
SELECT id, path_old FROM business_path WHERE id > $1::bigint AND path_old IS NOT NULL ORDER BY id LIMIT $2::integer;

-- name: export_former_places
-- First segments of addresses of places that others have taken in, and those of the others. Few of all.
SELECT o.slug AS former, c.slug FROM city AS c CROSS JOIN LATERAL unnest(c.slug_old) AS o (slug)
WHERE c.slug_old IS NOT NULL AND c.slug IS NOT NULL ORDER BY o.slug;

-- name: export_list
-- The columns that list pages show of their members, in the order of the list. Lateral: of up to some ten thousand
-- businesses the whole table would be hashed for each chunk of lists.
SELECT b.id, b.name, b.street, b.postcode, b.city, b.country, b.phone, b.hours, b.timezone, b.lat_e7, b.lon_e7
FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (id, place)
CROSS JOIN LATERAL (SELECT * FROM business AS b WHERE b.id = wanted.id LIMIT 1) AS b
ORDER BY wanted.place;

-- name: export_search
-- What the site's search knows of businesses: a chunk of the table, as in export_blocks. Few serve a cuisine: to look at
-- the words of all others one by one would take four times as long.
SELECT b.id, COALESCE(b.quality_score, 0) AS quality, b.category_id, b.name, b.street, b.postcode, b.city,
	c.name_key AS place, d.alt_names, d.categories, d.cuisines
FROM (
	SELECT id, alt_names, categories,
		CASE WHEN array_to_string(words, ' ') LIKE '%~%'
			THEN ARRAY(SELECT substr(w, 2) FROM unnest(words) AS w WHERE w LIKE '~%') END AS cuisines
	FROM business_detail
	WHERE ctid >= $1::tid AND ctid < $2::tid
) AS d
JOIN business AS b ON b.id = d.id
LEFT JOIN city AS c ON c.id = b.city_id;

-- name: export_towns
-- The names that the site's search takes for towns, the largest first; with one name several towns.
SELECT name, businesses FROM city WHERE businesses > 0 ORDER BY businesses DESC, id LIMIT $1;

-- name: export_search_regions
SELECT name, country, businesses FROM region WHERE businesses > 0 ORDER BY country, id;
