-- After an import, as the owner, outside of a transaction.

-- name: maintain_business
VACUUM (ANALYZE) business;

-- name: maintain_detail
VACUUM (ANALYZE) business_detail;

-- name: maintain_word
VACUUM (ANALYZE) word;

-- name: maintain_places
ANALYZE region, city, category, source;
