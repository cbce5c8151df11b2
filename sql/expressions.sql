-- Expressions that an index and a statement must share to the letter: the planner compares
-- expressions, not meanings. Written {{name}} in migrations and queries, replaced at build time.

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
