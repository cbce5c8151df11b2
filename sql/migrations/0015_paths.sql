-- Addresses that stay. The page of a business is at /PATH-ID.html with the path that it got when it came into the
-- directory, whatever it is called or wherever it is afterwards. A table of its own, so that no merge can write it, a
-- record that comes back has its address again, and an upgrade does not rewrite every record. The path of a suppressed
-- business is deleted. The id makes the address unique without an index.
CREATE TABLE business_path (
	id bigint PRIMARY KEY,
	path text NOT NULL, -- "hochtann/fliesen-falkner-amsel", "munich/f/fliesen-falkner"
	path_old text[] -- until `holdfast path` gave another one
);

-- The first segment of the paths of a place, given once: "hochtann"; the second place of a name "munster-bern".
ALTER TABLE city ADD COLUMN slug text UNIQUE,
	ADD COLUMN paths integer NOT NULL DEFAULT 0; -- in the place's own folder, not in those of its letters

-- Names become paths in C (directory/slug). What was there before gets its paths at the next import or export.
ALTER TABLE directory_identity ADD COLUMN paths_given boolean NOT NULL DEFAULT true;
UPDATE directory_identity SET paths_given = NOT EXISTS (SELECT FROM business) AND NOT EXISTS (SELECT FROM city);

GRANT SELECT, INSERT, UPDATE, DELETE ON business_path TO holdfast_import;
GRANT SELECT ON business_path TO holdfast_export, holdfast_web;
GRANT SELECT, UPDATE (paths_given) ON directory_identity TO holdfast_import;
