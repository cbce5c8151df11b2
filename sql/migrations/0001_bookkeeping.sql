-- What has been applied. Written by db/migrate only.
CREATE TABLE schema_migration (
	version integer PRIMARY KEY,
	name text NOT NULL,
	checksum text NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now()
);

-- Nobody creates or sees anything by default.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO holdfast_import, holdfast_web;
GRANT SELECT ON schema_migration TO holdfast_import, holdfast_web;
