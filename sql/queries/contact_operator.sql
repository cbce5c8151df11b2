-- 'holdfast contact': what the operator asks and decides. In the contact database first.
-- role: holdfast_contact_owner

-- name: operator_sphere
-- Rows by kind; counted up to a million. `older`: rows of other periods than the newest.
SELECT (SELECT count(*) FROM (SELECT FROM party LIMIT 1000000) AS t) AS parties,
	(SELECT count(*) FROM (SELECT FROM unlock LIMIT 1000000) AS t) AS unlocks,
	(SELECT count(*) FROM (SELECT FROM consent LIMIT 1000000) AS t) AS consents,
	(SELECT count(*) FROM (SELECT FROM invite LIMIT 1000000) AS t) AS invites,
	(SELECT count(*) FROM (SELECT FROM party WHERE period < $1::integer LIMIT 1000000) AS t)
		+ (SELECT count(*) FROM (SELECT FROM unlock WHERE period < $1::integer LIMIT 1000000) AS t) AS older,
	pg_database_size(current_database()) AS bytes;

-- name: operator_invite
INSERT INTO invite (label, badge) SELECT decode(l, 'hex'), $2::smallint FROM unnest($1::text[]) AS l;

-- name: operator_consents
SELECT encode(entry, 'hex') AS entry, n FROM consent WHERE n > $1 ORDER BY n LIMIT 1000;

-- name: operator_expire_consents
DELETE FROM consent WHERE week < extract(epoch FROM now())::bigint / 604800 - $1::integer / 7;

-- In the directory's database.
-- name: operator_profiles
-- role: holdfast_owner
SELECT (SELECT count(*) FROM (SELECT FROM profile WHERE state = 'p' LIMIT 1000000) AS t) AS published,
	(SELECT count(*) FROM (SELECT FROM profile WHERE state = 'r' LIMIT 1000000) AS t) AS waiting,
	(SELECT count(*) FROM (SELECT FROM profile WHERE state = 'h' LIMIT 1000000) AS t) AS hidden,
	(SELECT count(*) FROM (SELECT FROM profile_report LIMIT 1000000) AS t) AS reports,
	(SELECT count(*) FROM (SELECT FROM profile WHERE pending IS NOT NULL LIMIT 1000000) AS t) AS pending;

-- name: operator_reports
SELECT r.n, encode(r.profile, 'hex') AS profile, r.cause, r.said, r.matched, r.day, p.title, p.state
FROM profile_report AS r LEFT JOIN profile AS p ON p.id = r.profile ORDER BY r.n DESC LIMIT 1000;

-- name: operator_waiting
-- Profiles that wait for a review.
SELECT encode(id, 'hex') AS profile, title, body FROM profile WHERE state = 'r' ORDER BY published_week, id LIMIT 1000;

-- name: operator_decide
-- $2: the state it has from now on, or NULL as it is; $3: what the contact process has to do; $4: the reason.
UPDATE profile SET state = coalesce($2, state), pending = $3, reason = $4 WHERE id = decode($1, 'hex');

-- name: operator_badge
INSERT INTO profile_badge (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id;
