-- A town that some records name without its region is one place. Directories from before this have two; the next import
-- merges them. The address of a place that another took in leads on to it, as path_old does for businesses.
ALTER TABLE city ADD COLUMN slug_old text[];
ALTER TABLE city_slug ADD COLUMN slug_old text[];
CREATE INDEX city_former ON city USING gin (slug_old);

ALTER TABLE directory_identity ADD COLUMN homes_given boolean NOT NULL DEFAULT true;
UPDATE directory_identity SET homes_given = NOT EXISTS (SELECT FROM city);
GRANT UPDATE (homes_given) ON directory_identity TO holdfast_import;
