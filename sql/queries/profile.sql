-- Anonymous profiles in the directory's database, as the contact process writes them. Readers: profiles.sql.
-- role: holdfast_profile

-- name: profile_check
-- Before a profile is published: its category ($1), group ($2), region ($3: its key or name; $7: the name in its own
-- language) and country ($4) as numbers, and how many businesses fit it, and fit it if it said less; counted up to $5.
-- `named`: a business of the region whose name stands in the text ($6, folded). `regions`: how many are called so;
-- `near`: those, or such as may be meant when none is.
WITH meant AS (
	SELECT r.id, r.key, r.name, r.country FROM region AS r
	WHERE r.key = $3::text
		OR lower(r.name) IN (lower($3::text), lower($7::text)) AND ($4::text IS NULL OR r.country = $4::text)
	ORDER BY r.key = $3::text DESC, r.businesses DESC LIMIT 5),
asked AS (
	SELECT c.id AS category_id, coalesce(c.group_id, g.group_id) AS group_id, r.id AS region_id,
		coalesce(r.country, k.country) AS country, c.key AS category, coalesce(c.group_key, g.group_key) AS group_key,
		r.key AS region
	FROM (SELECT 1) AS one
	LEFT JOIN category AS c ON c.key = $1::text
	LEFT JOIN (SELECT DISTINCT group_id, group_key FROM category) AS g ON g.group_key = $2::text
	LEFT JOIN (SELECT * FROM meant LIMIT 1) AS r ON true
	LEFT JOIN (SELECT DISTINCT country FROM region) AS k ON k.country = $4::text)
SELECT a.category_id, a.group_id, a.region_id, a.country, a.category, a.group_key, a.region,
	CASE WHEN a.region = $3::text THEN 1 ELSE (SELECT count(*) FROM meant) END AS regions,
	CASE WHEN a.region_id IS NOT NULL THEN (SELECT string_agg(m.name || ' (' || m.country || ')', ', ') FROM meant AS m)
		WHEN $3::text IS NOT NULL THEN (SELECT string_agg(n.name || ' (' || n.country || ')', ', ') FROM (
			SELECT r.name, r.country FROM region AS r
			WHERE r.name IS NOT NULL AND r.businesses > 0 AND ($4::text IS NULL OR r.country = $4::text)
			ORDER BY position(lower($3::text) IN lower(r.name)) > 0 DESC,
				lower(left(r.name, 3)) = lower(left($3::text, 3)) DESC,
				lower(left(r.name, 1)) = lower(left($3::text, 1)) DESC, r.businesses DESC, r.id LIMIT 5) AS n) END AS near,
	(SELECT count(*) FROM (SELECT FROM business AS b
		WHERE (a.category_id IS NULL OR b.category_id = a.category_id) AND b.group_id = a.group_id
			AND (a.region_id IS NULL OR b.region_id = a.region_id)
			AND (a.country IS NULL OR b.country = a.country) LIMIT $5::bigint) AS f) AS fits,
	(SELECT count(*) FROM (SELECT FROM business AS b
		WHERE b.group_id = a.group_id AND (a.region_id IS NULL OR b.region_id = a.region_id)
			AND (a.country IS NULL OR b.country = a.country) LIMIT $5::bigint) AS f) AS fits_group,
	(SELECT count(*) FROM (SELECT FROM business AS b
		WHERE (a.category_id IS NULL OR b.category_id = a.category_id) AND b.group_id = a.group_id
			AND (a.country IS NULL OR b.country = a.country) LIMIT $5::bigint) AS f) AS fits_country,
	NOT EXISTS (SELECT FROM business) AS directory_is_empty,
	(SELECT b.name FROM business AS b WHERE b.region_id = a.region_id AND length(b.name) >= 8 AND b.name LIKE '% %'
		AND position(lower(b.name) IN $6::text) > 0 LIMIT 1) AS named
FROM asked AS a;

-- name: profile_get
-- A profile as its party published it, and what became of it.
SELECT p.kind, c.key AS category, g.group_key, r.key AS region, r.name AS region_name, p.country, p.size_band,
	p.budget_band, array_to_string(p.languages, ' ') AS languages, p.title, p.body, b.name AS badge, p.state, p.reason, p.expires_on
FROM profile AS p
LEFT JOIN category AS c ON c.id = p.category_id
LEFT JOIN (SELECT DISTINCT group_id, group_key FROM category) AS g ON g.group_id = p.group_id
LEFT JOIN region AS r ON r.id = p.region_id
LEFT JOIN profile_badge AS b ON b.id = p.badge
WHERE p.id = $1::bytea;

-- name: profile_put
-- A new profile, or the same one changed. What the operator has decided about it stays, and who vouches for it.
INSERT INTO profile AS p (id, kind, category_id, group_id, region_id, country, size_band, budget_band, languages, title,
	body, badge, state, published_week, expires_on)
VALUES ($1::bytea, $2, $3, $4, $5, $6, $7, $8, string_to_array($9, ' '), $10, $11, $12, $13, $14,
	(to_timestamp($15::bigint) AT TIME ZONE 'UTC')::date)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, category_id = excluded.category_id, group_id = excluded.group_id,
	region_id = excluded.region_id, country = excluded.country, size_band = excluded.size_band,
	budget_band = excluded.budget_band, languages = excluded.languages, title = excluded.title, body = excluded.body,
	state = CASE p.state WHEN 'h' THEN p.state ELSE excluded.state END, expires_on = excluded.expires_on;

-- name: profile_renew
-- Signing in renews a profile; what became of it.
UPDATE profile SET expires_on = (to_timestamp($2::bigint) AT TIME ZONE 'UTC')::date WHERE id = $1::bytea
RETURNING state, reason;

-- name: profile_delete
DELETE FROM profile WHERE id = $1::bytea;

-- name: profile_report_add
INSERT INTO profile_report (profile, cause, said, matched, day)
VALUES ($1::bytea, $2, $3, $4, (to_timestamp($5::bigint) AT TIME ZONE 'UTC')::date);

-- name: profile_sweep
DELETE FROM profile WHERE expires_on < (to_timestamp($1::bigint) AT TIME ZONE 'UTC')::date;

-- name: profile_pending
SELECT id, pending FROM profile WHERE pending IS NOT NULL ORDER BY id LIMIT $1;

-- name: profile_carried_out
UPDATE profile SET pending = NULL WHERE id = $1::bytea;
