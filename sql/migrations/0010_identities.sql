-- Identities of files without ids. What was suppressed is known by more than its id, so that a record that was corrected
-- meanwhile is still the one that is kept out: digests only, because what is kept out is not to be read here.
ALTER TABLE suppression ADD COLUMN name text, ADD COLUMN street text, ADD COLUMN city text, ADD COLUMN phone text,
	ADD COLUMN website text, ADD COLUMN register text;

-- Ids that were brought from another installation, or from before a source changed its own ids.
CREATE TABLE identity (
	source_key text NOT NULL,
	external_id text NOT NULL,
	id bigint NOT NULL,
	PRIMARY KEY (source_key, external_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON identity TO holdfast_import;
