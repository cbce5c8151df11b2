-- One region, one row: directories from before names of ISO 3166-2 were known have "AT-7" beside "Tirol". The names are in C
-- (directory/iso), so that the next import merges the rows.
ALTER TABLE directory_identity ADD COLUMN regions_merged boolean NOT NULL DEFAULT true;
UPDATE directory_identity SET regions_merged = NOT EXISTS (SELECT FROM region);
GRANT UPDATE (regions_merged) ON directory_identity TO holdfast_import;
GRANT SELECT (region_id), UPDATE (region_id) ON profile TO holdfast_import;
