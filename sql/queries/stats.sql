-- Statistics over the whole directory. Each row: key, label (NULL: the key is the label), businesses. They read every
-- business, so they are cached: each runs once per cache.stats_ttl, over all processes. All but the last need the
-- narrow table only.

-- role: holdfast_web

-- name: stats_quality
-- row: stats
SELECT v.key, v.label, v.businesses
FROM (
	SELECT COUNT(*) AS all_of_them,
		COUNT(*) FILTER (WHERE quality_score >= 80) AS good,
		COUNT(*) FILTER (WHERE quality_score IS NULL) AS unjudged
	FROM business
) AS c
CROSS JOIN LATERAL (VALUES
	('all', 'Businesses', c.all_of_them),
	('good', 'Quality 80 or more', c.good),
	('unjudged', 'Not enough known to judge', c.unjudged)) AS v (key, label, businesses);

-- name: stats_quality_tiers
-- row: stats
SELECT coalesce(tier || '-' || CASE tier WHEN 80 THEN 100 ELSE tier + 19 END, 'unjudged') AS key, NULL::text AS label, count(*) AS businesses
FROM (SELECT least(quality_score / 20 * 20, 80) AS tier FROM business) AS b
GROUP BY tier ORDER BY tier DESC NULLS LAST;

-- name: stats_quality_by_group
-- row: stats
SELECT g.group_key AS key, g.group_label AS label, b.good AS businesses
FROM (
	SELECT group_id, COUNT(*) FILTER (WHERE quality_score >= 80) AS good
	FROM business GROUP BY group_id
) AS b
JOIN (SELECT DISTINCT group_id, group_key, group_label FROM category) AS g USING (group_id)
ORDER BY b.good DESC, g.group_key;

-- name: stats_categories
-- row: stats
SELECT c.key, c.label, b.n AS businesses
FROM (SELECT category_id, count(*) AS n FROM business GROUP BY category_id) AS b
JOIN category AS c ON c.id = b.category_id
ORDER BY b.n DESC, c.key;

-- name: stats_groups
-- row: stats
SELECT g.group_key AS key, g.group_label AS label, b.n AS businesses
FROM (SELECT group_id, count(*) AS n FROM business GROUP BY group_id) AS b
JOIN (SELECT DISTINCT group_id, group_key, group_label FROM category) AS g USING (group_id)
ORDER BY b.n DESC, g.group_key;

-- name: stats_regions
-- row: stats
SELECT r.key, r.name AS label, b.n AS businesses
FROM (SELECT region_id, count(*) AS n FROM business GROUP BY region_id) AS b
JOIN region AS r ON r.id = b.region_id
ORDER BY b.n DESC, r.key LIMIT 500;

-- name: stats_countries
-- row: stats
SELECT lower(country) AS key, NULL::text AS label, count(*) AS businesses
FROM business WHERE country IS NOT NULL
GROUP BY country ORDER BY count(*) DESC, country;

-- name: stats_cities
-- row: stats
SELECT c.key, c.name AS label, b.n AS businesses
FROM (SELECT city_id, count(*) AS n FROM business GROUP BY city_id ORDER BY n DESC, city_id LIMIT 101) AS b
JOIN city AS c ON c.id = b.city_id
ORDER BY b.n DESC, c.key LIMIT 100;

-- name: stats_sources
-- row: stats
SELECT s.key, s.name AS label, b.n AS businesses
FROM (SELECT source_id, count(*) AS n FROM business GROUP BY source_id) AS b
JOIN source AS s ON s.id = b.source_id
ORDER BY b.n DESC, s.key;

-- name: stats_hours
-- row: stats
SELECT v.key, v.label, v.businesses
FROM (SELECT count(hours) AS known, count(*) AS n FROM business) AS c
CROSS JOIN LATERAL (VALUES
	('known', 'Opening hours known', c.known),
	('unknown', 'Opening hours not known', c.n - c.known)) AS v (key, label, businesses);

-- name: stats_telephones
-- row: stats
SELECT v.key, v.label, v.businesses
FROM (SELECT count(phone) AS known, count(*) AS n FROM business) AS c
CROSS JOIN LATERAL (VALUES
	('known', 'Telephone known', c.known),
	('unknown', 'Telephone not known', c.n - c.known)) AS v (key, label, businesses);

-- name: stats_locations
-- row: stats
SELECT v.key, v.label, v.businesses
FROM (SELECT count(lat_e7) AS known, count(*) AS n FROM business) AS c
CROSS JOIN LATERAL (VALUES
	('known', 'Coordinates known', c.known),
	('unknown', 'Coordinates not known', c.n - c.known)) AS v (key, label, businesses);

-- name: stats_addresses
-- row: stats
SELECT v.key, v.label, v.businesses
FROM (
	SELECT count(*) FILTER (WHERE street IS NOT NULL AND postcode IS NOT NULL AND city IS NOT NULL) AS whole,
		count(*) FILTER (WHERE street IS NULL AND postcode IS NULL AND city IS NULL) AS missing, count(*) AS n
	FROM business
) AS c
CROSS JOIN LATERAL (VALUES
	('whole', 'Street, postcode and town known', c.whole),
	('partial', 'Part of the address known', c.n - c.whole - c.missing),
	('missing', 'No address known', c.missing)) AS v (key, label, businesses);

-- name: stats_freshness
-- row: stats
-- served-by: business_detail_by_updated
SELECT v.key, v.label, v.businesses
FROM (
	SELECT count(*) FILTER (WHERE updated_at > now() - interval '1 day') AS day,
		count(*) FILTER (WHERE updated_at > now() - interval '7 days') AS week,
		count(*) FILTER (WHERE updated_at > now() - interval '30 days') AS month,
		count(*) FILTER (WHERE updated_at > now() - interval '1 year') AS year,
		count(*) AS n
	FROM (SELECT updated_at FROM business_detail ORDER BY updated_at) AS d
) AS c
CROSS JOIN LATERAL (VALUES
	('day', 'Changed within a day', c.day),
	('week', 'within seven days', c.week - c.day),
	('month', 'within thirty days', c.month - c.week),
	('year', 'within a year', c.year - c.month),
	('older', 'longer ago', c.n - c.year)) AS v (key, label, businesses);
