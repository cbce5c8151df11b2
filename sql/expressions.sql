-- Expressions that an index and a statement must share literally (the planner compares expressions, not their
-- meaning), and lists of columns that statements share. Migrations and queries have {{name}}, which is replaced at build
-- time.

-- Businesses without a score rank as the worst. Statements sort by it descending, then by id descending.
-- expression: business_rank
COALESCE(quality_score, 0)

-- Names in the order of Unicode's root collation, the same in every installation and language.
-- expression: business_name_order
name COLLATE "und-x-icu"

-- A place as a point on the unit sphere: straight-line distance orders like great-circle distance,
-- anywhere on Earth, also across the date line.
-- expression: business_place
cube(ARRAY[cosd(lat_e7 / 1e7::float8) * cosd(lon_e7 / 1e7::float8), cosd(lat_e7 / 1e7::float8) * sind(lon_e7 / 1e7::float8), sind(lat_e7 / 1e7::float8)])

-- The band of latitude (1/25 degree, 4.4 km) that a place lies in. src/directory/search/near.c has the same number.
-- expression: business_band
(lat_e7 / 400000)

-- What a list selects of business for business_row, beside the id. The lists' indexes cover these columns.
-- expression: business_listed
source_id, quality_score, category_id, lat_e7, lon_e7, name, street, postcode, city, country, phone, hours, timezone

-- The columns of a business for lists and its page. b: business, s: its source.
-- expression: business_row
b.id, b.quality_score, b.category_id, b.lat_e7, b.lon_e7,
	b.name, b.street, b.postcode, b.city, b.country, b.phone, b.hours, b.timezone,
	s.key AS source_key, s.name AS source_name, s.licence AS source_licence, s.licence_url AS source_licence_url,
	s.attribution AS source_attribution, s.url AS source_url

-- The columns of a business for its exported page. b: business, d: its business_detail. Days since 1970, UTC.
-- expression: export_row
b.id, b.region_id, b.city_id, b.category_id, b.source_id, b.quality_score, b.lat_e7, b.lon_e7,
	b.name, b.street, b.postcode, b.city, b.country, b.phone, b.hours, b.timezone,
	d.description, d.website, d.offers, d.extra, d.alt_names, d.service_area, d.same_as, d.categories,
	floor(date_part('epoch', d.updated_at) / 86400)::integer AS changed_day,
	floor(date_part('epoch', COALESCE(d.source_updated_at, d.updated_at)) / 86400)::integer AS updated_day,
	p.path

-- The last seven digits of a telephone number, which are the same in all its notations.
-- expression: business_phone
right(regexp_replace(phone, '[^0-9]', '', 'g'), 7)::integer

-- What a business must have of a text: $1 all of these tokens; of each of $2 to $9 one (NULL: not asked). The names of the
-- tokens are in src/directory/words/tokens.h.
-- expression: text_match
words @> $1::text[] AND ($2::text[] IS NULL OR words && $2) AND ($3::text[] IS NULL OR words && $3)
	AND ($4::text[] IS NULL OR words && $4) AND ($5::text[] IS NULL OR words && $5)
	AND ($6::text[] IS NULL OR words && $6) AND ($7::text[] IS NULL OR words && $7)
	AND ($8::text[] IS NULL OR words && $8) AND ($9::text[] IS NULL OR words && $9)

-- The same of marks, which are hashes of tokens ($10 to $18): it may have the text.
-- expression: text_may_match
marks IS NULL OR marks @> $10::smallint[] AND ($11::smallint[] IS NULL OR marks && $11)
	AND ($12::smallint[] IS NULL OR marks && $12) AND ($13::smallint[] IS NULL OR marks && $13)
	AND ($14::smallint[] IS NULL OR marks && $14) AND ($15::smallint[] IS NULL OR marks && $15)
	AND ($16::smallint[] IS NULL OR marks && $16) AND ($17::smallint[] IS NULL OR marks && $17)
	AND ($18::smallint[] IS NULL OR marks && $18)

-- A rejected row of an import in our own format. r: import_row.
-- expression: import_record
jsonb_strip_nulls(jsonb_build_object('external_id', r.external_id, 'name', r.name, 'street', r.street,
	'postcode', r.postcode, 'city', r.city, 'region', r.region_name, 'country', r.country, 'phone', r.phone, 'website', r.website,
	'hours', r.hours, 'description', r.description, 'extra', r.extra)) AS record

-- How many of the businesses of m there are, and of which categories, regions and towns.
-- expression: facet_rows
SELECT 'total' AS facet, NULL::text AS key, NULL::text AS name, NULL::integer AS category_id, count(*) AS businesses,
	NULL::text AS country, NULL::integer AS lat_e7, NULL::integer AS lon_e7
FROM m
UNION ALL
(SELECT 'category', NULL, NULL, category_id, count(*), NULL, NULL, NULL FROM m WHERE category_id IS NOT NULL GROUP BY category_id ORDER BY 5 DESC, 4 LIMIT 12)
UNION ALL
(SELECT 'region', r.key, COALESCE(r.name, r.country), NULL, c.n, NULL, NULL, NULL
FROM (SELECT region_id, count(*) AS n FROM m GROUP BY region_id ORDER BY 2 DESC, 1 LIMIT 12) AS c JOIN region AS r ON r.id = c.region_id)
UNION ALL
(SELECT 'city', t.key, t.name, NULL, c.n, NULL, NULL, NULL
FROM (SELECT city_id, count(*) AS n FROM m GROUP BY city_id ORDER BY 2 DESC, 1 LIMIT 12) AS c JOIN city AS t ON t.id = c.city_id)
UNION ALL
SELECT 'hours', hours, timezone, NULL, count(*), country, lat_e7, lon_e7
FROM (SELECT hours, timezone, country, CASE WHEN by_sun THEN lat_e7 END AS lat_e7, CASE WHEN by_sun THEN lon_e7 END AS lon_e7
	FROM (SELECT *, hours ~ 'sun(rise|set)|dawn|dusk' AS by_sun FROM m WHERE hours IS NOT NULL) AS h) AS h
GROUP BY hours, timezone, country, lat_e7, lon_e7

-- Rows of an import (r) with their places (p). What an expression joins by is hashed; IS NOT DISTINCT FROM is not.
-- expression: import_placed
import_row AS r LEFT JOIN import_place AS p ON p.country = r.country COLLATE "C"
	AND p.region_name = COALESCE(r.region_name, '') COLLATE "C" AND p.city = COALESCE(r.city, '') COLLATE "C"

-- Rows of an import (r) that name a town without its region, with the places of its name (h); the same of businesses.
-- expression: import_homeless
import_row AS r JOIN import_place AS p ON p.country = r.country COLLATE "C"
	AND p.region_name = COALESCE(r.region_name, '') COLLATE "C" AND p.city = COALESCE(r.city, '') COLLATE "C"
	AND p.region_name = '' JOIN import_home AS h ON h.country = p.country AND h.city_slug = p.city_slug

-- expression: import_homeless_known
import_home AS h JOIN city AS c ON c.key = lower(h.country) || '-' || h.city_slug
	JOIN region AS g ON g.id = c.region_id AND g.name IS NULL JOIN business AS r ON r.city_id = c.id

-- Within 25 km. NULL where one of the two does not say where it is.
-- expression: import_home_near
abs(r.lat_e7 - h.lat_e7) <= 2248300 AND ((r.lon_e7 - h.lon_e7) * cosd(h.lat_e7 / 1e7)) ^ 2
	+ (r.lat_e7 - h.lat_e7)::float8 ^ 2 <= 2248300::float8 ^ 2

-- The frame of statements that match rows of an import (r) with records of the source (k), before and after the
-- condition: only records that are unique on both sides, and none with different numbers in a register.
-- expression: import_match
UPDATE import_row AS r SET matched = true, id = m.id, external_id = m.external_id
FROM (SELECT r.n, k.id, k.external_id, count(*) OVER (PARTITION BY r.n) AS of_row, count(*) OVER (PARTITION BY k.id) AS of_known
	FROM import_row AS r JOIN import_known AS k ON

-- Neither telephone nor website shows that it is another business.
-- expression: import_match_reached
(k.phone = md5(r.phone) OR k.phone IS NULL OR r.phone IS NULL)
		AND (k.website = md5(lower(r.website)) OR k.website IS NULL OR r.website IS NULL)

-- expression: import_match_alone
WHERE NOT r.matched AND r.external_id LIKE 'contents:%'
		AND (k.register = md5(r.extra ->> 'register_number') OR k.register IS NULL OR r.extra ->> 'register_number' IS NULL)
		AND NOT EXISTS (SELECT FROM import_row AS taken WHERE taken.matched AND taken.id = k.id)) AS m
WHERE m.of_row = 1 AND m.of_known = 1 AND r.n = m.n

-- A session as heal looks at it: s is of pg_stat_get_activity. Without query_id, which version 13 does not have.
-- expression: observe_session
s.pid, pg_get_userbyid(s.usesysid) AS role, s.application_name AS application, s.client_addr AS client, s.backend_type,
	s.state, (date_part('epoch', s.backend_start) * 1000000)::bigint AS backend_start,
	(date_part('epoch', s.xact_start) * 1000000)::bigint AS xact_start,
	(date_part('epoch', s.query_start) * 1000000)::bigint AS query_start,
	(date_part('epoch', s.state_change) * 1000000)::bigint AS state_change,
	(date_part('epoch', clock_timestamp()) * 1000000)::bigint AS now, s.wait_event_type AS wait_type, s.wait_event AS wait,
	age(s.backend_xid) AS xid_age, age(s.backend_xmin) AS xmin_age, s.leader_pid,
	CASE WHEN s.state <> 'idle' THEN s.query END AS query,
	CASE WHEN s.wait_event_type = 'Lock' THEN pg_blocking_pids(s.pid)::text END AS blockers

-- That it is still the server and the session that heal has seen: s is of pg_stat_get_activity, the parameters are those
-- of heal.sql.
-- expression: heal_same_session
s.backend_type = 'client backend' AND (date_part('epoch', s.backend_start) * 1000000)::bigint = $2::bigint
	AND (date_part('epoch', s.xact_start) * 1000000)::bigint = $4::bigint AND s.application_name = $5::text
	AND (date_part('epoch', pg_postmaster_start_time()) * 1000000)::bigint = $6::bigint
	AND pg_is_in_recovery() = $7::boolean

-- expression: observe_state
age(d.datfrozenxid) AS frozen_age, d.datname AS frozen_database,
	current_setting('autovacuum_freeze_max_age')::bigint AS freeze_max,
	m.age AS multixact_age, m.datname AS multixact_database,
	current_setting('autovacuum_multixact_freeze_max_age')::bigint AS multixact_max,
	(date_part('epoch', c.checkpoint_time) * 1000000)::bigint AS checkpoint_at,
	pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')::bigint AS wal_at,
	(SELECT sum(pg_stat_get_db_temp_bytes(t.oid)) FROM pg_database AS t)::bigint AS temporary_at,
	(SELECT sum(pg_stat_get_db_deadlocks(t.oid)) FROM pg_database AS t)::bigint AS deadlocks_at,
	a.failed_count AS archive_failed_at,
	coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'), false) AS archive_fails,
	r.name AS room_of, r.room::bigint AS room, r.used::bigint AS room_used

-- expression: observe_state_from
FROM pg_database AS d CROSS JOIN pg_control_checkpoint() AS c CROSS JOIN pg_stat_get_archiver() AS a
	CROSS JOIN (SELECT datname, mxid_age(datminmxid) AS age FROM pg_database ORDER BY 2 DESC LIMIT 1) AS m
	LEFT JOIN (SELECT l.name, l.room, l.used
		FROM (SELECT 'role ' || o.rolname AS name, o.rolconnlimit AS room,
				(SELECT count(*) FROM pg_stat_get_activity(NULL) AS u WHERE u.usesysid = o.oid) AS used
			FROM pg_roles AS o WHERE o.rolconnlimit > 0 AND NOT o.rolsuper
			UNION ALL SELECT 'database ' || b.datname, b.datconnlimit, pg_stat_get_db_numbackends(b.oid)
			FROM pg_database AS b WHERE b.datconnlimit > 0) AS l
		ORDER BY l.used::double precision / l.room DESC
		LIMIT 1) AS r ON true
ORDER BY age(d.datfrozenxid) DESC
LIMIT 1
