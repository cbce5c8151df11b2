-- Businesses that are closed for good: in no list, search or sitemap, but their address answers since when.
CREATE TABLE business_closed (
	id bigint PRIMARY KEY, -- as it was in business
	source_id smallint NOT NULL,
	external_id text NOT NULL,
	content_hash bigint NOT NULL, -- of the record that says so
	name text NOT NULL,
	city text,
	closed_on date, -- NULL: the source does not say when
	noticed_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON business_closed TO holdfast_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON business_closed TO holdfast_import;
