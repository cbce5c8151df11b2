-- The contact sphere. The whole database is closed to every role of the directory. Every row but those of schema_migration
-- is sealed by the keeper (src/keeper), whose keys are in no database: a dump tells how many rows there are of which week,
-- and no more. Labels are pseudo-random functions of the keeper: they name nobody.
CREATE TABLE schema_migration (
	version integer PRIMARY KEY,
	name text NOT NULL,
	checksum text NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now()
);
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO holdfast_contact;
GRANT SELECT ON schema_migration TO holdfast_contact;

-- Of equal size, whatever they hold, and stored plain (below): a body would be moved to a table of its own otherwise, which is one
-- more read for a row that exists than for one that does not.
CREATE TABLE party (
	code_label bytea PRIMARY KEY CHECK (length(code_label) = 16),
	id_label bytea NOT NULL UNIQUE CHECK (length(id_label) = 16),
	period integer NOT NULL,
	version integer NOT NULL, -- counts its changes: a write that read another version changes nothing
	expires_week integer NOT NULL, -- weeks since 1970
	body bytea NOT NULL CHECK (length(body) = 2436)
);
CREATE INDEX party_by_period ON party (period);
CREATE INDEX party_by_expiry ON party (expires_week);

-- That one party has unlocked another. Which two is sealed in the body.
CREATE TABLE unlock (
	label bytea PRIMARY KEY CHECK (length(label) = 16),
	period integer NOT NULL,
	keep_week integer NOT NULL,
	body bytea NOT NULL CHECK (length(body) = 168)
);
CREATE INDEX unlock_by_period ON unlock (period);
CREATE INDEX unlock_by_keep ON unlock (keep_week);

-- That a party has consented, sealed to a key that is in a safe.
CREATE TABLE consent (
	n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	week integer NOT NULL,
	entry bytea NOT NULL CHECK (length(entry) = 112)
);
CREATE INDEX consent_by_week ON consent (week);

-- Codes that let somebody enrol, as labels; a used one is deleted, so that nobody can tell which party came by which.
CREATE TABLE invite (
	label bytea PRIMARY KEY CHECK (length(label) = 16),
	badge smallint NOT NULL
);

ALTER TABLE party ALTER COLUMN body SET STORAGE PLAIN;
ALTER TABLE unlock ALTER COLUMN body SET STORAGE PLAIN;
ALTER TABLE consent ALTER COLUMN entry SET STORAGE PLAIN;

GRANT SELECT, INSERT, UPDATE, DELETE ON party, unlock TO holdfast_contact;
-- Nobody who serves visitors reads or deletes a consent.
GRANT INSERT ON consent TO holdfast_contact;
GRANT SELECT, DELETE ON invite TO holdfast_contact;
