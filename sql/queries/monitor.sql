-- The monitor's numbers: counters that claims and flushes maintain. No statement counts items.
-- role: holdfast_web

-- name: monitor_totals
-- Outcomes of all items ever finalised, by stage: counters that only grow.
SELECT b.stage, sum(c.ok)::bigint AS ok, sum(c.failed)::bigint AS failed, sum(c.skipped)::bigint AS skipped, sum(c.dead)::bigint AS dead
FROM pipeline_batch AS b JOIN pipeline_container AS c ON c.batch_id = b.id
GROUP BY b.stage
ORDER BY b.stage
LIMIT 100;

-- name: monitor_read
-- The open batches and the last finished ones, with their containers; a batch without containers has one row. Of a batch
-- 20 finished containers, 20 whose lease is over and 500 others have a row each; the rest of each kind are one row, the
-- sums of `folded` containers. Rates are items per minute over one, five and fifteen minutes, from buckets by minute, of
-- which the oldest counts in part.
WITH shown AS (
	(SELECT * FROM pipeline_batch WHERE finished_at IS NULL ORDER BY id LIMIT 20)
	UNION ALL
	(SELECT * FROM (SELECT * FROM pipeline_batch ORDER BY id DESC LIMIT 20) AS last WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 5)
), placed AS (
	SELECT c.*, row_number() OVER (PARTITION BY c.batch_id, c.lives, c.finished_at IS NULL ORDER BY c.heartbeat_at DESC, c.id) AS place
	FROM (
		SELECT p.*, p.finished_at IS NULL AND p.heartbeat_at > now() - p.lease_ms * interval '1 ms' AS lives
		FROM shown AS b JOIN pipeline_container AS p ON p.batch_id = b.id
	) AS c
), listed AS (
	SELECT batch_id, id, 0::bigint AS folded, finished_at, started_at, heartbeat_at, progress_at, heartbeat_ms, lease_ms, claimed, in_flight,
		ok, failed, skipped, dead, again, returned, fenced, empty_claims, failed_in_row, calls_in_flight, oldest_call_ms, slowest_ms,
		waiting, declared, declared_until, declared_host, network_ms, limiter_ms, database_ms, idle_ms
	FROM placed WHERE place <= CASE WHEN lives THEN 500 ELSE 20 END
	UNION ALL
	SELECT batch_id, 0, count(*), max(finished_at), min(started_at), max(heartbeat_at), max(progress_at),
		max(heartbeat_ms), max(lease_ms), sum(claimed), sum(in_flight), sum(ok), sum(failed), sum(skipped), sum(dead), sum(again), sum(returned),
		sum(fenced), 0, 0, 0, 0, 0, 0, NULL, NULL, NULL, sum(network_ms), sum(limiter_ms), sum(database_ms), sum(idle_ms)
	FROM placed WHERE place > CASE WHEN lives THEN 500 ELSE 20 END GROUP BY batch_id, lives, finished_at IS NULL
)
SELECT b.id AS batch_id, b.stage, b.total, b.finished_at IS NOT NULL AS batch_finished,
	(extract(epoch FROM now() - b.created_at) * 1000)::bigint AS batch_age_ms,
	(extract(epoch FROM now() - b.finished_at) * 1000)::bigint AS batch_ended_ms,
	(extract(epoch FROM d.due_at - now()) * 1000)::bigint AS due_ms,
	c.id AS container_id, c.folded, c.finished_at IS NOT NULL AS finished,
	(extract(epoch FROM now() - c.started_at) * 1000)::bigint AS started_ms,
	(extract(epoch FROM now() - c.heartbeat_at) * 1000)::bigint AS heartbeat_age_ms,
	(extract(epoch FROM now() - c.progress_at) * 1000)::bigint AS progress_age_ms, c.heartbeat_ms, c.lease_ms,
	c.claimed, c.in_flight, c.ok, c.failed, c.skipped, c.dead, c.again, c.returned, c.fenced, c.empty_claims, c.failed_in_row,
	c.calls_in_flight, c.oldest_call_ms, c.slowest_ms, c.waiting, c.declared, c.declared_host,
	(extract(epoch FROM c.declared_until - now()) * 1000)::bigint AS declared_for_ms,
	c.network_ms, c.limiter_ms, c.database_ms, c.idle_ms, m.one AS rate_1, m.five AS rate_5, m.fifteen AS rate_15
FROM shown AS b
LEFT JOIN listed AS c ON c.batch_id = b.id
LEFT JOIN LATERAL (
	SELECT min(first.due_at) AS due_at
	FROM generate_series(0, 2) AS l
	CROSS JOIN LATERAL (SELECT i.due_at FROM pipeline_item AS i WHERE i.batch_id = b.id AND i.lane = l ORDER BY i.due_at, i.business_id LIMIT 1) AS first
	WHERE b.finished_at IS NULL
) AS d ON true
LEFT JOIN LATERAL (
	SELECT sum((p.ok + p.failed) * least(1, greatest(0, 1 + extract(epoch FROM p.minute - (now() - interval '1 minutes')) / 60))) AS one, sum((p.ok + p.failed) * least(1, greatest(0, 1 + extract(epoch FROM p.minute - (now() - interval '5 minutes')) / 60))) / 5 AS five,
		sum((p.ok + p.failed) * least(1, greatest(0, 1 + extract(epoch FROM p.minute - (now() - interval '15 minutes')) / 60))) / 15 AS fifteen
	FROM pipeline_minute AS p
	WHERE p.batch_id = b.id AND p.container_id = c.id AND p.minute > now() - interval '17 minutes'
) AS m ON true
ORDER BY b.finished_at IS NOT NULL, b.id, c.folded, c.id
LIMIT 15000;
