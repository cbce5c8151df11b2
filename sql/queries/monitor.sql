-- The monitor's numbers: counters that claims and flushes maintain. No statement counts items.
-- role: holdfast_web

-- name: monitor_totals
-- Outcomes of all items ever finalised, by stage: counters that only grow.
SELECT b.stage, sum(c.ok)::bigint AS ok, sum(c.failed)::bigint AS failed, sum(c.dead)::bigint AS dead
FROM pipeline_batch AS b JOIN pipeline_container AS c ON c.batch_id = b.id
GROUP BY b.stage
ORDER BY b.stage
LIMIT 100;

-- name: monitor_read
-- The open batches and the last finished ones, with their containers; a batch without containers has one row. Rates are
-- items per minute over one, five and fifteen minutes, from buckets by minute, of which the oldest counts in part.
WITH shown AS (
	(SELECT * FROM pipeline_batch WHERE finished_at IS NULL ORDER BY id LIMIT 20)
	UNION ALL
	(SELECT * FROM (SELECT * FROM pipeline_batch ORDER BY id DESC LIMIT 20) AS last WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 5)
)
SELECT b.id AS batch_id, b.stage, b.total, b.finished_at IS NOT NULL AS batch_finished,
	(extract(epoch FROM now() - b.created_at) * 1000)::bigint AS batch_age_ms,
	(extract(epoch FROM now() - b.finished_at) * 1000)::bigint AS batch_ended_ms,
	c.id AS container_id, c.finished_at IS NOT NULL AS finished,
	(extract(epoch FROM now() - c.started_at) * 1000)::bigint AS started_ms,
	(extract(epoch FROM now() - c.heartbeat_at) * 1000)::bigint AS heartbeat_age_ms,
	(extract(epoch FROM now() - c.progress_at) * 1000)::bigint AS progress_age_ms, c.heartbeat_ms, c.lease_ms,
	c.claimed, c.in_flight, c.ok, c.failed, c.dead, c.again, c.returned, c.fenced, c.empty_claims, c.failed_in_row,
	c.calls_in_flight, c.oldest_call_ms, c.slowest_ms, c.declared,
	(extract(epoch FROM c.declared_until - now()) * 1000)::bigint AS declared_for_ms,
	c.network_ms, c.limiter_ms, c.database_ms, c.idle_ms, m.one AS rate_1, m.five AS rate_5, m.fifteen AS rate_15
FROM shown AS b
LEFT JOIN pipeline_container AS c ON c.batch_id = b.id
LEFT JOIN LATERAL (
	SELECT sum((p.ok + p.failed) * least(1, greatest(0, 1 + extract(epoch FROM p.minute - (now() - interval '1 minutes')) / 60))) AS one, sum((p.ok + p.failed) * least(1, greatest(0, 1 + extract(epoch FROM p.minute - (now() - interval '5 minutes')) / 60))) / 5 AS five,
		sum((p.ok + p.failed) * least(1, greatest(0, 1 + extract(epoch FROM p.minute - (now() - interval '15 minutes')) / 60))) / 15 AS fifteen
	FROM pipeline_minute AS p
	WHERE p.batch_id = b.id AND p.container_id = c.id AND p.minute > now() - interval '17 minutes'
) AS m ON true
ORDER BY b.finished_at IS NOT NULL, b.id, c.id
LIMIT 2000;
