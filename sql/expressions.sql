-- Expressions that an index and a statement must share to the letter: the planner compares
-- expressions, not meanings. Written {{name}} in migrations and queries, replaced at build time.

-- Not judged is ranked like worst. Statements order by it descending, ties by id descending.
-- expression: business_rank
COALESCE(quality_score, 0)

-- Names in the order of Unicode's root collation, the same in every installation and language.
-- expression: business_name_order
name COLLATE "und-x-icu"
