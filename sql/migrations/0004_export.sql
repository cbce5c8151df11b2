-- What the static export needs to read "all that changed since the last time" without ever missing a change.
-- A change number is taken before its transaction commits, so that a lower one can appear after a higher one
-- was read. The transaction that wrote a row is told apart by its id: all below pg_snapshot_xmin of a snapshot
-- were seen by it or never will be, so that reading from that id on has no gap.
ALTER TABLE business_detail ADD COLUMN changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX business_detail_by_changed_xid ON business_detail (changed_xid, id);

-- No writer can forget it; one that sets it itself pays nothing.
CREATE FUNCTION business_detail_stamped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.changed_xid := pg_current_xact_id();
	RETURN NEW;
END $$;
CREATE TRIGGER stamped BEFORE UPDATE ON business_detail FOR EACH ROW
	WHEN (NEW.changed_xid = OLD.changed_xid) EXECUTE FUNCTION business_detail_stamped();

-- What is gone leaves its id here.
CREATE TABLE business_deletion (
	deleted_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
	id bigint NOT NULL,
	PRIMARY KEY (deleted_xid, id)
);
CREATE FUNCTION business_detail_deleted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
	INSERT INTO business_deletion (id) SELECT id FROM removed ON CONFLICT DO NOTHING;
	RETURN NULL;
END $$;
CREATE TRIGGER deleted AFTER DELETE ON business_detail
	REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION business_detail_deleted();

-- Which directory this is, so that what was exported from another is not taken for its own.
CREATE TABLE directory_identity (id uuid NOT NULL);
INSERT INTO directory_identity VALUES (gen_random_uuid());

GRANT SELECT ON source, category, region, city, business, business_detail, business_deletion,
	directory_identity TO holdfast_export;
GRANT USAGE ON SCHEMA public TO holdfast_export;
GRANT SELECT ON schema_migration TO holdfast_export;
