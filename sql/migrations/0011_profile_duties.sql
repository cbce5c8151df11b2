-- What the operator has decided about a profile and the contact process has not carried out yet.
ALTER TABLE profile ADD COLUMN pending "char" CHECK (pending IN ('h', 's', 'e')); -- hide, show again, erase
CREATE INDEX profile_pending ON profile (id) WHERE pending IS NOT NULL;

-- Who vouches for a member: the name that 'holdfast contact invite --badge' was given.
CREATE TABLE profile_badge (
	id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE
);
GRANT SELECT ON profile_badge TO holdfast_profile, holdfast_web;
