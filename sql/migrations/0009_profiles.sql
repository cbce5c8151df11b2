-- Anonymous profiles: what a party publishes so that others find it. Nothing here says who it is; what does is in another
-- database, sealed (sql/migrations/contact). A profile was checked to fit enough businesses of the directory when it was
-- published, and names what it was counted by.
CREATE TABLE profile (
	id bytea PRIMARY KEY CHECK (length(id) = 16), -- random
	kind "char" NOT NULL CHECK (kind IN ('n', 'o')), -- needs, offers
	category_id smallint REFERENCES category,
	group_id smallint NOT NULL,
	region_id integer REFERENCES region,
	country text CHECK (length(country) = 2),
	size_band "char" CHECK (size_band IN ('s', 'm', 'l')), -- below 10, below 250, more people
	budget_band "char" CHECK (budget_band IN ('a', 'b', 'c', 'd')), -- below 10 000, 100 000, 1 000 000, more
	languages text[],
	title text NOT NULL,
	body text NOT NULL,
	badge smallint, -- whose invitation it came by
	state "char" NOT NULL CHECK (state IN ('p', 'r', 'h')), -- published, waits for review, hidden by the operator
	reason text, -- why it is hidden
	published_week integer NOT NULL, -- weeks since 1970
	expires_on date NOT NULL
);
CREATE INDEX profile_listed ON profile (kind, group_id, id) WHERE state = 'p';
CREATE INDEX profile_by_expiry ON profile (expires_on);

CREATE TABLE profile_report (
	n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	profile bytea NOT NULL,
	cause smallint NOT NULL,
	said text NOT NULL,
	matched boolean NOT NULL, -- the keeper vouches that a matched party says so
	day date NOT NULL
);

GRANT SELECT ON profile TO holdfast_web;
GRANT USAGE ON SCHEMA public TO holdfast_profile;
GRANT SELECT ON schema_migration, category, region TO holdfast_profile;
GRANT SELECT (id, category_id, group_id, region_id, country, name) ON business TO holdfast_profile;
GRANT SELECT, INSERT, UPDATE, DELETE ON profile TO holdfast_profile;
GRANT INSERT ON profile_report TO holdfast_profile;
