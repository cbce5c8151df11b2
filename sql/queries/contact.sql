-- What the contact process (src/contact) asks of the database of the contact sphere. Every operation of a party reads by
-- one statement and writes by one, whatever it finds: the labels of what an operation does not need are random.
-- role: holdfast_contact

-- name: contact_read
-- Parties by the code's label ($1, $2) and by the new code's ($3, $4), the other party by its id's ($5, $6), the unlock of
-- the other ($7, $8) and by the other ($9, $10), the invite ($11). `place`: which of these, from 0.
SELECT 0 AS place, code_label, id_label, period, version, expires_week AS week, body FROM party
	WHERE code_label IN ($1::bytea, $2::bytea)
UNION ALL
SELECT 1, code_label, id_label, period, version, expires_week, body FROM party WHERE code_label IN ($3::bytea, $4::bytea)
UNION ALL
SELECT 2, code_label, id_label, period, version, expires_week, body FROM party WHERE id_label IN ($5::bytea, $6::bytea)
UNION ALL
SELECT 3, label, NULL, period, 0, keep_week, body FROM unlock WHERE label IN ($7::bytea, $8::bytea)
UNION ALL
SELECT 4, label, NULL, period, 0, keep_week, body FROM unlock WHERE label IN ($9::bytea, $10::bytea)
UNION ALL
SELECT 5, label, NULL, 0, badge, 0, NULL FROM invite WHERE label = $11::bytea;

-- name: contact_read_unlocks
-- All unlocks of a party's notes, both ways.
SELECT label, period, keep_week, body FROM unlock WHERE label = ANY ($1::bytea[]);

-- name: contact_enrol
-- A new party, or the one of this code again, with the consent. $10: the invite's label, used up; $11: without one nothing
-- is written.
WITH used AS (DELETE FROM invite WHERE label = $10::bytea RETURNING 1),
written AS (
	INSERT INTO party AS p (code_label, id_label, period, version, expires_week, body)
	SELECT $1::bytea, $2::bytea, $3::integer, $4::integer, $5::integer, $6::bytea
	WHERE NOT $11::boolean OR EXISTS (SELECT FROM used)
	ON CONFLICT (code_label) DO UPDATE SET version = excluded.version, expires_week = excluded.expires_week,
		body = excluded.body
		WHERE p.version = $7::integer AND p.id_label = excluded.id_label
	RETURNING 1),
agreed AS (INSERT INTO consent (week, entry) SELECT $8::integer, $9::bytea FROM written)
SELECT count(*) AS written FROM written;

-- name: contact_write_party
-- $1, $7: the row that was read.
UPDATE party SET code_label = $2::bytea, period = $3::integer, version = $4::integer, expires_week = $5::integer,
	body = $6::bytea
WHERE code_label = $1::bytea AND version = $7::integer;

-- name: contact_write_unlock
-- An unlock or its end: the party, the unlock, the consent; all or, when the party has changed meanwhile, nothing.
WITH written AS (
	UPDATE party SET period = $2::integer, version = $3::integer, expires_week = $4::integer, body = $5::bytea
	WHERE code_label = $1::bytea AND version = $6::integer RETURNING 1),
unlocked AS (
	INSERT INTO unlock (label, period, keep_week, body)
	SELECT $7::bytea, $8::integer, $9::integer, $10::bytea FROM written
	ON CONFLICT (label) DO UPDATE SET period = excluded.period, keep_week = excluded.keep_week, body = excluded.body),
agreed AS (INSERT INTO consent (week, entry) SELECT $11::integer, $12::bytea FROM written)
SELECT count(*) AS written FROM written;

-- name: contact_erase
-- The party and what it unlocked.
WITH gone AS (DELETE FROM unlock WHERE label = ANY ($2::bytea[]))
DELETE FROM party WHERE code_label = $1::bytea;

-- name: contact_erase_by_id
-- The operator erases: the party of a profile.
DELETE FROM party WHERE id_label IN ($1::bytea, $2::bytea);

-- name: contact_sweep
-- What has expired; $1: this week.
WITH gone AS (DELETE FROM unlock WHERE keep_week < $1::integer)
DELETE FROM party WHERE expires_week < $1::integer;

-- name: contact_old_parties
-- Rows of a period that is to become empty.
SELECT code_label, id_label, period, version, expires_week AS week, body FROM party WHERE period = $1::integer LIMIT $2;

-- name: contact_old_unlocks
SELECT label, period, keep_week, body FROM unlock WHERE period = $1::integer LIMIT $2;

-- name: contact_rewrap_parties
-- The n-th row of the new arrays over the row with the n-th old label and version; without a new label it is deleted:
-- nobody can open it.
WITH given AS (
	SELECT * FROM unnest($1::bytea[], $2::integer[], $3::bytea[], $4::bytea[], $5::integer[], $6::integer[], $7::bytea[])
		AS g (old_label, old_version, code_label, id_label, version, expires_week, body)),
gone AS (
	DELETE FROM party USING given WHERE party.code_label = given.old_label AND party.version = given.old_version
		AND given.code_label IS NULL)
UPDATE party SET code_label = given.code_label, id_label = given.id_label, period = $8::integer, version = given.version,
	expires_week = given.expires_week, body = given.body
FROM given WHERE party.code_label = given.old_label AND party.version = given.old_version AND given.code_label IS NOT NULL;

-- name: contact_rewrap_unlocks
WITH given AS (
	SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::integer[], $4::bytea[]) AS g (old_label, label, keep_week, body)),
gone AS (DELETE FROM unlock USING given WHERE unlock.label = given.old_label AND given.label IS NULL)
UPDATE unlock SET label = given.label, period = $5::integer, keep_week = given.keep_week, body = given.body
FROM given WHERE unlock.label = given.old_label AND given.label IS NOT NULL;
