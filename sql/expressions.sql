-- Expressions that an index and a statement must share to the letter (the planner compares expressions, not
-- meanings), and lists of columns that statements share. Written {{name}} in migrations and queries, replaced
-- at build time.

-- Not judged is ranked like worst. Statements order by it descending, ties by id descending.
-- expression: business_rank
COALESCE(quality_score, 0)

-- Names in the order of Unicode's root collation, the same in every installation and language.
-- expression: business_name_order
name COLLATE "und-x-icu"

-- A place as a point on the unit sphere: straight-line distance orders like great-circle distance,
-- anywhere on Earth, also across the date line.
-- expression: business_place
cube(ARRAY[cosd(lat_e7 / 1e7::float8) * cosd(lon_e7 / 1e7::float8), cosd(lat_e7 / 1e7::float8) * sind(lon_e7 / 1e7::float8), sind(lat_e7 / 1e7::float8)])

-- A business as lists and its page show it: b is business, s its source.
-- expression: business_row
b.id, b.quality_score, b.category_id, b.lat_e7, b.lon_e7,
	b.name, b.street, b.postcode, b.city, b.country, b.phone, b.hours, b.timezone,
	s.key AS source_key, s.name AS source_name, s.licence AS source_licence, s.licence_url AS source_licence_url,
	s.attribution AS source_attribution, s.url AS source_url

-- A business as its exported page needs it: b is business, d its business_detail. Days are counted from 1970, UTC.
-- expression: export_row
b.id, b.region_id, b.category_id, b.source_id, b.quality_score, b.lat_e7, b.lon_e7,
	b.name, b.street, b.postcode, b.city, b.country, b.phone, b.hours, b.timezone,
	d.description, d.website, d.offers, d.extra, d.alt_names, d.service_area, d.same_as, d.categories,
	floor(date_part('epoch', d.updated_at) / 86400)::integer AS changed_day,
	floor(date_part('epoch', COALESCE(d.source_updated_at, d.updated_at)) / 86400)::integer AS updated_day
