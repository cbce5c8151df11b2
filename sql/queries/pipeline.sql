-- The pipeline's statements: queue, claims, results, containers. Each is one transaction, so that none is open while a
-- worker waits for the network.
-- role: holdfast_worker

-- name: batch_create
INSERT INTO pipeline_batch (stage) VALUES ($1) RETURNING id;

-- name: batch_fill
-- The items of a batch: businesses that pass the filters (NULL: any), have no result of the stage younger than $7 and
-- what the stage asks with: $9 a website.
WITH queued AS (
	INSERT INTO pipeline_item (batch_id, business_id)
	SELECT $1, b.id
	FROM business AS b
	LEFT JOIN category AS c ON c.id = b.category_id
	LEFT JOIN region AS r ON r.id = b.region_id
	LEFT JOIN source AS s ON s.id = b.source_id
	WHERE ($2::text IS NULL OR $2 IN (c.key, c.group_key))
		AND ($3::text IS NULL OR r.key = $3)
		AND ($4::text IS NULL OR s.key = $4)
		AND ($5::text IS NULL OR b.country = upper($5))
		AND NOT EXISTS (SELECT FROM pipeline_result AS p
			WHERE p.business_id = b.id AND p.stage = $6 AND p.found_at > now() - $7::bigint * interval '1 ms')
		AND (NOT $9::boolean OR EXISTS (SELECT FROM business_detail AS d WHERE d.id = b.id AND d.website IS NOT NULL))
	ORDER BY b.id
	LIMIT $8
	ON CONFLICT DO NOTHING
	RETURNING business_id
), counted AS (
	SELECT count(*) AS n FROM queued
), filled AS (
	UPDATE pipeline_batch SET total = total + counted.n, finished_at = CASE WHEN counted.n = 0 THEN now() END
	FROM counted WHERE id = $1
)
SELECT n FROM counted;

-- name: batch_oldest
-- The batch to work on.
-- served-by: pipeline_batch_open
SELECT id, stage FROM pipeline_batch WHERE finished_at IS NULL AND id > $1 ORDER BY id LIMIT 1;

-- name: schedule_state
-- The input of the schedule for a stage: the open batch (0: none), the time since the last one was made (-1: never), and
-- of the last finished batch with items the items per minute of one container and the retries per item.
SELECT coalesce((SELECT min(b.id) FROM pipeline_batch AS b WHERE b.stage = $1 AND b.finished_at IS NULL), 0) AS open_batch,
	coalesce((SELECT (extract(epoch FROM now() - max(b.created_at)) * 1000)::bigint FROM pipeline_batch AS b WHERE b.stage = $1), -1) AS age_ms,
	60 * sum(c.ok + c.failed + c.skipped + c.dead) / nullif(extract(epoch FROM sum(coalesce(c.finished_at, c.heartbeat_at) - c.started_at)), 0) AS rate,
	sum(c.again)::float8 / nullif(sum(c.ok + c.failed + c.skipped + c.dead), 0) AS retries
FROM pipeline_container AS c
WHERE c.batch_id = (SELECT max(b.id) FROM pipeline_batch AS b WHERE b.stage = $1 AND b.finished_at IS NOT NULL AND b.total > 0);

-- name: batch_finish
-- Finish the batch when no item is queued or claimed.
UPDATE pipeline_batch AS b SET finished_at = now()
WHERE b.id = $1 AND b.finished_at IS NULL
	AND NOT EXISTS (SELECT FROM pipeline_item AS i WHERE i.batch_id = $1)
	AND NOT EXISTS (SELECT FROM pipeline_claim AS c WHERE c.batch_id = $1 AND cardinality(c.items) > 0)
RETURNING id;

-- name: batch_progress
-- served-by: pipeline_container_of_batch
SELECT b.total, b.finished_at IS NOT NULL AS finished, coalesce(sum(c.ok), 0) AS ok, coalesce(sum(c.failed), 0) AS failed,
	coalesce(sum(c.skipped), 0) AS skipped, coalesce(sum(c.dead), 0) AS dead, coalesce(sum(c.in_flight), 0) AS in_flight, extract(epoch FROM now() - b.created_at) AS seconds
FROM pipeline_batch AS b LEFT JOIN pipeline_container AS c ON c.batch_id = b.id
WHERE b.id = $1 GROUP BY b.id;

-- name: batch_causes
-- Why items of the batch have failed.
-- served-by: pipeline_result_failed
SELECT outcome AS cause, count(*) AS n FROM pipeline_result
WHERE batch_id = $1 AND outcome NOT IN ('ok', 'known already')
GROUP BY outcome ORDER BY n DESC, cause LIMIT 50;

-- name: batch_failures
-- served-by: pipeline_result_failed
SELECT r.business_id, coalesce(b.name, '(deleted)') AS name, r.outcome AS cause, to_char(r.found_at, 'YYYY-MM-DD HH24:MI:SS TZ') AS at
FROM pipeline_result AS r LEFT JOIN business AS b ON b.id = r.business_id
WHERE r.batch_id = $1 AND r.outcome NOT IN ('ok', 'known already')
ORDER BY r.outcome, r.business_id LIMIT $2;

-- name: batch_last
-- The last batch of each stage, or of one, that had items.
SELECT stage, max(id) AS id FROM pipeline_batch WHERE total > 0 AND ($1::text IS NULL OR stage = $1) GROUP BY stage ORDER BY stage;

-- name: dead_list
SELECT b.stage, d.business_id, coalesce(n.name, '(deleted)') AS name, d.cause, to_char(d.died_at, 'YYYY-MM-DD HH24:MI:SS TZ') AS at
FROM pipeline_dead AS d JOIN pipeline_batch AS b ON b.id = d.batch_id LEFT JOIN business AS n ON n.id = d.business_id
WHERE $1::text IS NULL OR b.stage = $1
ORDER BY d.died_at DESC, d.business_id LIMIT $2;

-- name: dead_requeue
-- The dead items of a stage become a batch of their own.
WITH gone AS (
	DELETE FROM pipeline_dead AS d USING pipeline_batch AS b WHERE b.id = d.batch_id AND b.stage = $1 RETURNING d.business_id
), items AS (
	SELECT DISTINCT business_id FROM gone
), made AS (
	INSERT INTO pipeline_batch (stage, total) SELECT $1, count(*) FROM items HAVING count(*) > 0 RETURNING id
), queued AS (
	INSERT INTO pipeline_item (batch_id, business_id) SELECT made.id, items.business_id FROM made CROSS JOIN items RETURNING business_id
)
SELECT coalesce((SELECT id FROM made), 0) AS batch, (SELECT count(*) FROM queued) AS n;

-- name: dead_drop
WITH gone AS (
	DELETE FROM pipeline_dead AS d USING pipeline_batch AS b WHERE b.id = d.batch_id AND ($1::text IS NULL OR b.stage = $1)
	RETURNING d.business_id
)
SELECT count(*) AS n FROM gone;

-- name: container_create
INSERT INTO pipeline_container (batch_id, heartbeat_ms, lease_ms) VALUES ($1, $2, $3) RETURNING id;

-- name: container_finish
WITH left_over AS (DELETE FROM pipeline_claim WHERE container_id = $1 AND cardinality(items) = 0)
UPDATE pipeline_container SET finished_at = now(), heartbeat_at = now() WHERE id = $1;

-- name: claim
-- Claim up to $5 due items of a lane, beginning after ($6, $7): dead rows before that position are not scanned again, even
-- when another session keeps them from being vacuumed.
-- served-by: pipeline_item_due
WITH gone AS (
	DELETE FROM pipeline_claim WHERE id = ANY ($8::bigint[]) AND cardinality(items) = 0
), taken AS (
	DELETE FROM pipeline_item WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM pipeline_item
		WHERE batch_id = $1 AND lane = $4::smallint AND due_at <= now() AND (due_at, business_id) > ($6::timestamptz, $7::bigint)
		ORDER BY batch_id, lane, due_at, business_id
		LIMIT $5 FOR UPDATE SKIP LOCKED))
	RETURNING business_id, attempts, deaths, postponed, suspect_at, due_at
), claimed AS (
	INSERT INTO pipeline_claim (batch_id, container_id, lane, items, attempts, deaths, postponed, suspect_at, lease_until)
	SELECT $1, $2, $4::smallint, array_agg(business_id ORDER BY due_at, business_id), array_agg(attempts ORDER BY due_at, business_id),
		array_agg(deaths ORDER BY due_at, business_id), array_agg(postponed ORDER BY due_at, business_id), min(suspect_at), now() + $3::bigint * interval '1 ms'
	FROM taken HAVING count(*) > 0
	RETURNING id, items, attempts, deaths, postponed
), counted AS (
	UPDATE pipeline_container AS c
	SET claimed = claimed + n, in_flight = in_flight + n, heartbeat_at = now(), empty_claims = 0
	FROM (SELECT count(*) AS n FROM taken) AS t
	WHERE c.id = $2 AND n > 0
)
SELECT claimed.id, claimed.items, claimed.attempts, claimed.deaths, claimed.postponed, t.due_at, t.business_id
FROM claimed, (SELECT due_at, business_id FROM taken ORDER BY due_at DESC, business_id DESC LIMIT 1) AS t;

-- name: claim_state
-- After an empty claim: whether items are due (which raises an alarm), or when the next one will be.
-- served-by: pipeline_item_due
SELECT (SELECT min(d) FROM (
		SELECT (SELECT due_at FROM pipeline_item WHERE batch_id = $1 AND lane = l ORDER BY batch_id, lane, due_at, business_id LIMIT 1) AS d
		FROM generate_series(0, 2) AS l) AS due) - now() <= interval '0' AS due,
	ceil(extract(epoch FROM (SELECT min(d) FROM (
		SELECT (SELECT due_at FROM pipeline_item WHERE batch_id = $1 AND lane = l ORDER BY batch_id, lane, due_at, business_id LIMIT 1) AS d
		FROM generate_series(0, 2) AS l) AS due) - now()) * 1000)::bigint AS in_ms;

-- name: claim_empty
UPDATE pipeline_container SET empty_claims = empty_claims + 1, heartbeat_at = now() WHERE id = $1 RETURNING empty_claims;

-- name: flush
-- Finalise items of a claim; $2 are the items that stay in it. what: ok, failed (both have a result), skipped
-- (has none), again (counted as an attempt), later (not counted). Sent again, because the answer to the first was lost, it changes nothing: only items
-- still in the claim are finalised.
-- The fence: a worker whose claim was reaped finds no row here, so that its late flush writes nothing and returns no row.
WITH fence AS (
	SELECT id, items FROM pipeline_claim WHERE id = $1 FOR UPDATE
), mine AS (
	UPDATE pipeline_claim AS c SET items = $2::bigint[], attempts = $3::smallint[], deaths = $4::smallint[], postponed = $15::smallint[],
		lease_until = now() + $5::bigint * interval '1 ms'
	FROM fence AS b
	WHERE c.id = b.id
	RETURNING c.id, batch_id, container_id, lane, suspect_at, b.items AS had
), done AS (
	SELECT d.* FROM mine AS m, unnest($6::bigint[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::smallint[], $12::smallint[],
		$16::smallint[]) AS d (business_id, what, outcome, facts, due_ms, attempts, deaths, postponed)
	WHERE d.business_id = ANY (m.had)
), written AS (
	INSERT INTO pipeline_result AS r (business_id, stage, outcome, facts, source, batch_id)
	SELECT d.business_id, $13, d.outcome, d.facts::jsonb, $14, m.batch_id
	FROM done AS d CROSS JOIN mine AS m WHERE d.what IN ('ok', 'failed')
	ON CONFLICT (business_id, stage) DO UPDATE
	SET outcome = excluded.outcome, facts = CASE WHEN excluded.outcome = 'ok' THEN excluded.facts ELSE r.facts END,
		source = excluded.source, found_at = now(), batch_id = excluded.batch_id
), queued AS (
	INSERT INTO pipeline_item (batch_id, business_id, due_at, lane, attempts, deaths, postponed, suspect_at)
	SELECT m.batch_id, d.business_id, now() + d.due_ms * interval '1 ms', m.lane, d.attempts, d.deaths, d.postponed, m.suspect_at
	FROM done AS d CROSS JOIN mine AS m WHERE d.what IN ('again', 'later')
), sums AS (
	SELECT count(*) AS n, count(*) FILTER (WHERE what = 'ok') AS ok, count(*) FILTER (WHERE what = 'failed') AS failed,
		count(*) FILTER (WHERE what = 'skipped') AS skipped
	FROM done
), counted AS (
	UPDATE pipeline_container AS c
	SET in_flight = in_flight - s.n, ok = c.ok + s.ok, failed = c.failed + s.failed, skipped = c.skipped + s.skipped,
		again = again + s.n - s.ok - s.failed - s.skipped,
		heartbeat_at = now(), progress_at = CASE WHEN s.ok + s.failed + s.skipped > 0 THEN now() ELSE progress_at END,
		failed_in_row = CASE WHEN s.ok > 0 THEN 0 ELSE failed_in_row + s.failed END
	FROM sums AS s, mine AS m WHERE c.id = m.container_id
), minute AS (
	INSERT INTO pipeline_minute AS p (batch_id, container_id, minute, ok, failed)
	SELECT m.batch_id, m.container_id, date_trunc('minute', now()), s.ok, s.failed FROM mine AS m, sums AS s WHERE s.ok + s.failed > 0
	ON CONFLICT (batch_id, container_id, minute) DO UPDATE SET ok = p.ok + excluded.ok, failed = p.failed + excluded.failed
)
SELECT id FROM mine;

-- name: claims_expire
-- After the death of the fetcher: let the claims expire, so that the death counts against their items.
UPDATE pipeline_claim SET lease_until = now() - interval '1 ms' WHERE container_id = $1;

-- name: container_fenced
UPDATE pipeline_container SET fenced = fenced + $2 WHERE id = $1;

-- name: heartbeat
-- Written by the loop that does the work: the container's numbers. Renews the lease of its claims.
WITH kept AS (
	UPDATE pipeline_claim SET lease_until = now() + $2::bigint * interval '1 ms' WHERE id = ANY ($3::bigint[])
)
UPDATE pipeline_container SET heartbeat_at = now(), calls_in_flight = $4, oldest_call_ms = $5, slowest_ms = $6,
	network_ms = network_ms + $7, limiter_ms = limiter_ms + $8, database_ms = database_ms + $9, idle_ms = idle_ms + $10,
	declared = $11, declared_until = coalesce(now() + $12::bigint * interval '1 ms', declared_until), waiting = $13,
	declared_host = $14
WHERE id = $1;

-- name: reap
-- Expired claims: their items go back into a narrower lane. An item that was alone in its claim when two workers in a row
-- died is dead, provided the fleet works: items were finalised since it became suspect, or, because it may be the last
-- item, it has killed four times as many workers.
-- served-by: pipeline_claim_lease
WITH expired AS (
	DELETE FROM pipeline_claim WHERE id = ANY (ARRAY(
		SELECT id FROM pipeline_claim WHERE lease_until < now() ORDER BY lease_until LIMIT 20 FOR UPDATE SKIP LOCKED))
	RETURNING batch_id, container_id, lane, items, attempts, deaths, postponed, suspect_at
), items AS (
	SELECT e.batch_id, e.container_id, e.lane, u.business_id, u.attempts,
		(u.deaths + CASE WHEN cardinality(e.items) = 1 AND e.lane = 2 THEN 1 ELSE 0 END)::smallint AS deaths,
		u.postponed, coalesce(e.suspect_at, now()) AS suspect_at
	FROM expired AS e CROSS JOIN unnest(e.items, e.attempts, e.deaths, e.postponed) AS u (business_id, attempts, deaths, postponed)
), judged AS (
	SELECT i.*, i.deaths >= 8 OR (i.deaths >= 2 AND EXISTS (SELECT FROM pipeline_container AS c
		WHERE c.batch_id = i.batch_id AND c.progress_at > i.suspect_at)) AS dead
	FROM items AS i
), dead AS (
	INSERT INTO pipeline_dead (batch_id, business_id, cause)
	SELECT batch_id, business_id, format('%s workers died of it', deaths) FROM judged WHERE dead
	ON CONFLICT DO NOTHING
), queued AS (
	INSERT INTO pipeline_item (batch_id, business_id, due_at, lane, attempts, deaths, postponed, suspect_at)
	SELECT batch_id, business_id, now() + least(1000 * (1 << least(deaths, 10)::integer) - 1000, 300000) * interval '1 ms' * (0.5 + random() / 2),
		least(lane + 1, 2), attempts, deaths, postponed, suspect_at
	FROM judged WHERE NOT dead
), sums AS (
	SELECT container_id, count(*) AS n, count(*) FILTER (WHERE dead) AS dead FROM judged GROUP BY container_id
), counted AS (
	UPDATE pipeline_container AS c
	SET in_flight = in_flight - s.n, dead = c.dead + s.dead, returned = returned + s.n - s.dead
	FROM sums AS s WHERE c.id = s.container_id
)
SELECT coalesce(sum(n), 0) AS items, coalesce(sum(dead), 0) AS dead FROM sums;

-- name: host_turns
-- Reserve the next turn of each host and return the time until it.
WITH asked AS (
	SELECT host, interval_ms FROM unnest($1::text[], $2::bigint[]) AS a (host, interval_ms)
)
INSERT INTO pipeline_host AS h (host, next_at)
SELECT host, now() + interval_ms * interval '1 ms' FROM asked
ON CONFLICT (host) DO UPDATE SET next_at = greatest(h.next_at, now()) + (excluded.next_at - now())
RETURNING host, greatest(0, ceil(extract(epoch FROM next_at - now()) * 1000))::bigint AS wait_ms, postponed,
	coalesce(postponed_until > now(), false) AS pauses,
	coalesce((extract(epoch FROM now() - postponed_since) * 1000)::bigint, 0) AS postponed_ms;

-- name: host_postpone
-- Postpone the turns of a host that has answered with Retry-After. Answers within the pause that it asked for before belong
-- to the same round; a pause that ended an hour ago is forgotten.
INSERT INTO pipeline_host AS h (host, next_at, postponed, postponed_since, postponed_until)
VALUES ($1, now() + $2::bigint * interval '1 ms', 1, now(), now() + $2::bigint * interval '1 ms')
ON CONFLICT (host) DO UPDATE SET next_at = greatest(h.next_at, excluded.next_at),
	postponed = CASE WHEN h.postponed_until > now() THEN h.postponed
		WHEN h.postponed_until > now() - interval '1 hour' THEN h.postponed + 1 ELSE 1 END,
	postponed_since = CASE WHEN h.postponed_until > now() - interval '1 hour' THEN h.postponed_since ELSE now() END,
	postponed_until = greatest(h.postponed_until, excluded.postponed_until)
RETURNING postponed, (extract(epoch FROM now() - postponed_since) * 1000)::bigint AS postponed_ms;

-- name: host_recovered
-- The host has answered without Retry-After.
UPDATE pipeline_host SET postponed = 0, postponed_since = NULL, postponed_until = NULL WHERE host = $1 AND postponed > 0;

-- name: inputs
-- The columns that stages use. Deleted businesses have no row.
SELECT b.id, d.website, b.phone, b.name, b.street, b.postcode, b.city, b.country,
	b.street IS NOT NULL AND b.city IS NOT NULL AS has_address, b.lat_e7 IS NOT NULL AS has_place,
	b.hours IS NOT NULL AS has_hours, b.category_id IS NOT NULL AS has_category,
	d.description IS NOT NULL AS has_description
FROM business AS b JOIN business_detail AS d ON d.id = b.id
WHERE b.id = ANY ($1::bigint[]);

-- name: apply_quality
WITH given AS (
	SELECT u.id, u.score FROM unnest($1::bigint[], $2::smallint[]) AS u (id, score)
), listed AS (
	UPDATE business AS b SET quality_score = g.score FROM given AS g
	WHERE b.id = g.id AND b.quality_score IS DISTINCT FROM g.score
)
UPDATE business_detail AS d SET quality_score = g.score, change = nextval('business_change') FROM given AS g
WHERE d.id = g.id AND d.quality_score IS DISTINCT FROM g.score;
