-- Anonymous profiles, read-only: what parties have published. Nothing here leads to who they are.
-- role: holdfast_web

-- name: profiles_list
-- By number, which is random: the order says nothing about when. $6: the last number of the page before.
-- row: profiles
SELECT encode(p.id, 'hex') AS id, p.kind, c.key AS category, c.label AS category_label, g.group_key, g.group_label,
	r.key AS region, r.name AS region_name, p.country, p.size_band, p.budget_band,
	array_to_string(p.languages, ' ') AS languages, p.title, p.body, b.name AS badge
FROM profile AS p
LEFT JOIN category AS c ON c.id = p.category_id
LEFT JOIN (SELECT DISTINCT group_id, group_key, group_label FROM category) AS g ON g.group_id = p.group_id
LEFT JOIN region AS r ON r.id = p.region_id
LEFT JOIN profile_badge AS b ON b.id = p.badge
WHERE p.state = 'p' AND p.expires_on >= current_date AND ($1::text IS NULL OR p.kind = $1::"char")
	AND ($2::text IS NULL OR c.key = $2) AND ($3::text IS NULL OR g.group_key = $3)
	AND ($4::text IS NULL OR r.key = $4) AND ($5::text IS NULL OR $5 = ANY (p.languages))
	AND ($6::text IS NULL OR p.id > decode($6, 'hex'))
ORDER BY p.id LIMIT $7;

-- name: profiles_get
-- row: profiles
SELECT encode(p.id, 'hex') AS id, p.kind, c.key AS category, c.label AS category_label, g.group_key, g.group_label,
	r.key AS region, r.name AS region_name, p.country, p.size_band, p.budget_band,
	array_to_string(p.languages, ' ') AS languages, p.title, p.body, b.name AS badge
FROM profile AS p
LEFT JOIN category AS c ON c.id = p.category_id
LEFT JOIN (SELECT DISTINCT group_id, group_key, group_label FROM category) AS g ON g.group_id = p.group_id
LEFT JOIN region AS r ON r.id = p.region_id
LEFT JOIN profile_badge AS b ON b.id = p.badge
WHERE p.state = 'p' AND p.expires_on >= current_date AND p.id = decode($1, 'hex');

-- name: profiles_similar
-- Who could be meant: the other kind, the same group, a region that does not rule the other out.
-- extends: profiles
SELECT encode(p.id, 'hex') AS id, p.kind, c.key AS category, c.label AS category_label, g.group_key, g.group_label,
	r.key AS region, r.name AS region_name, p.country, p.size_band, p.budget_band,
	array_to_string(p.languages, ' ') AS languages, p.title, p.body, b.name AS badge,
	p.category_id IS NOT DISTINCT FROM o.category_id AND p.category_id IS NOT NULL AS same_category,
	p.region_id IS NOT DISTINCT FROM o.region_id AND p.region_id IS NOT NULL AS same_region
FROM profile AS o
JOIN profile AS p ON p.kind <> o.kind AND p.group_id = o.group_id
LEFT JOIN category AS c ON c.id = p.category_id
LEFT JOIN (SELECT DISTINCT group_id, group_key, group_label FROM category) AS g ON g.group_id = p.group_id
LEFT JOIN region AS r ON r.id = p.region_id
LEFT JOIN profile_badge AS b ON b.id = p.badge
WHERE o.id = decode($1, 'hex') AND o.state = 'p' AND p.state = 'p' AND p.expires_on >= current_date
	AND (p.region_id = o.region_id
		OR (p.region_id IS NULL OR o.region_id IS NULL) AND (p.country = o.country OR p.country IS NULL
			OR o.country IS NULL))
ORDER BY same_category DESC, same_region DESC, p.id LIMIT 20;
