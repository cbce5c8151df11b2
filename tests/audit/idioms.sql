-- Batches that are right, after the styles of job queues and of maintenance scripts: no finding, and no note.

-- 1 a claim by a CTE with a lock, joined
WITH j AS (SELECT id FROM jobs WHERE locked_at IS NULL AND run_at <= now() ORDER BY priority, run_at LIMIT 1 FOR UPDATE SKIP LOCKED)
UPDATE jobs SET locked_at = now(), locked_by = $1 FROM j WHERE jobs.id = j.id RETURNING jobs.*;
-- 2 the CTE read through IN
WITH next AS (SELECT id FROM job WHERE state < 'active' AND start_after < now() ORDER BY priority DESC, created_on, id LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE job SET state = 'active', started_on = now() WHERE id IN (SELECT id FROM next) RETURNING id;
-- 3 joined with an alias
WITH next AS (SELECT id FROM job WHERE name = $1 AND state < 'active' LIMIT $2 FOR UPDATE SKIP LOCKED)
UPDATE job j SET state = 'active', retry_count = CASE WHEN started_on IS NOT NULL THEN retry_count + 1 ELSE retry_count END
FROM next WHERE j.id = next.id RETURNING j.id, j.data;
-- 4 a scalar with LIMIT 1
UPDATE delayed_jobs SET locked_at = $1, locked_by = $2 WHERE id = (SELECT id FROM delayed_jobs WHERE locked_at IS NULL ORDER BY priority, run_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *;
-- 5 an array
UPDATE oban_jobs SET state = 'executing', attempted_at = now() WHERE id = ANY (ARRAY(SELECT id FROM oban_jobs WHERE state = 'available' AND queue = $1 ORDER BY priority, scheduled_at, id LIMIT $2 FOR UPDATE SKIP LOCKED));
-- 6 a subset in a materialized CTE
WITH subset AS MATERIALIZED (SELECT id FROM oban_jobs WHERE state = 'available' AND queue = 'mail' ORDER BY priority, id LIMIT 10 FOR UPDATE SKIP LOCKED)
UPDATE oban_jobs o SET state = 'executing', attempt = o.attempt + 1 FROM subset s WHERE o.id = s.id RETURNING o.*;
-- 7 a recheck of what the subset selected
UPDATE oban_jobs SET state = 'available' WHERE id IN (SELECT id FROM oban_jobs WHERE state IN ('scheduled', 'retryable') AND scheduled_at <= now() LIMIT 5000) AND state IN ('retryable', 'scheduled');
-- 8 pruning
DELETE FROM oban_jobs WHERE id IN (SELECT id FROM oban_jobs WHERE state = 'completed' AND completed_at < now() - interval '60 days' ORDER BY id LIMIT 10000);
-- 9 a weaker bound outside
DELETE FROM oban_jobs WHERE id IN (SELECT id FROM oban_jobs WHERE completed_at < now() - interval '60 days' ORDER BY id LIMIT 10000) AND completed_at < now() - interval '30 days';
-- 10 ctid
DELETE FROM events WHERE ctid = ANY (ARRAY(SELECT ctid FROM events WHERE created_at < $1 LIMIT 1000));
-- 11 advisory locks in a recursive CTE
WITH RECURSIVE c AS (SELECT id, pg_try_advisory_lock(id) AS locked FROM que_jobs WHERE queue = $1 AND run_at <= now() ORDER BY priority, run_at, id LIMIT 1)
SELECT id FROM c WHERE locked;
-- 12 delete by key
DELETE FROM que_jobs WHERE priority = $1 AND run_at = $2 AND id = $3;
-- 13 keyset
UPDATE items SET score = length(body) WHERE id IN (SELECT id FROM items WHERE id > $1 ORDER BY id LIMIT 500) AND score IS NULL RETURNING id;
-- 14 keyset by a row
UPDATE items SET score = 1 WHERE id IN (SELECT id FROM items WHERE (at, id) > ($1, $2) ORDER BY at, id LIMIT 500);
-- 15 keyset of a named parameter
DELETE FROM snap WHERE id IN (SELECT id FROM snap WHERE id > :last AND gone ORDER BY id LIMIT :n) AND gone;
-- 16 all that were done are named
UPDATE items SET done = true WHERE id IN (SELECT id FROM items WHERE id <> ALL ($1) ORDER BY id LIMIT 100) AND NOT done;
-- 17 retention
DELETE FROM versions WHERE id NOT IN (SELECT id FROM versions ORDER BY at DESC LIMIT 1000) AND NOT pinned;
-- 18 retention by an array
DELETE FROM versions WHERE id <> ALL (ARRAY(SELECT id FROM versions ORDER BY at DESC LIMIT 1000));
-- 19 a ranking
UPDATE players SET tier = 'gold' WHERE id IN (SELECT id FROM players WHERE season = 3 ORDER BY points DESC LIMIT 10);
-- 20 a ranking that spares unchanged rows
UPDATE players SET tier = 'gold' WHERE id IN (SELECT id FROM players ORDER BY points DESC LIMIT 10) AND tier IS DISTINCT FROM 'gold';
-- 21 the newest of each: a LIMIT per row
UPDATE visits v SET newest = true WHERE v.id = (SELECT w.id FROM visits w WHERE w.person = v.person ORDER BY w.at DESC LIMIT 1) AND NOT v.newest;
-- 22 round robin
UPDATE feeds SET checked = now() WHERE id IN (SELECT id FROM feeds WHERE active ORDER BY checked NULLS FIRST LIMIT 100) RETURNING url;
-- 23 a queue table beside
WITH taken AS (DELETE FROM queue WHERE ctid = ANY (ARRAY(SELECT ctid FROM queue ORDER BY prio LIMIT 100 FOR UPDATE SKIP LOCKED)) RETURNING item)
UPDATE items SET state = 'run' FROM taken WHERE items.id = taken.item AND items.state = 'new';
-- 24 moving rows
WITH moved AS (DELETE FROM live WHERE id IN (SELECT id FROM live WHERE at < now() - interval '1 year' ORDER BY id LIMIT 1000) RETURNING *) INSERT INTO archive SELECT * FROM moved;
-- 25 conditions in another order and spelling
UPDATE t SET done = true WHERE id IN (SELECT id FROM t WHERE NOT done AND 5 > attempts ORDER BY id LIMIT 10) AND attempts < 5 AND done = false;
-- 26 an alias outside
UPDATE t AS o SET done = true WHERE o.id IN (SELECT i.id FROM t AS i WHERE NOT i.done ORDER BY i.id LIMIT 10) AND o.done IS FALSE;
-- 27 NOT NULL follows from a comparison
UPDATE t SET locked_until = NULL WHERE id IN (SELECT id FROM t WHERE locked_until < now() ORDER BY id LIMIT 10) AND locked_until IS NOT NULL;
-- 28 one of a list
UPDATE t SET state = 'retry' WHERE id IN (SELECT id FROM t WHERE state = 'failed' LIMIT 10) AND state IN ('failed', 'lost');
-- 29 a disjunction that follows
UPDATE t SET locked_until = now() WHERE id IN (SELECT id FROM t WHERE locked_until IS NULL LIMIT 10) AND (locked_until IS NULL OR locked_until < now());
-- 30 both sides are disjunctions
UPDATE t SET locked_until = now() WHERE id IN (SELECT id FROM t WHERE locked_until IS NULL OR locked_until < now() LIMIT 10) AND (locked_until < now() OR locked_until IS NULL);
-- 31 another value
UPDATE t SET state = 'run' WHERE id IN (SELECT id FROM t WHERE state = 'new' LIMIT 10) AND state <> 'done' AND state NOT IN ('lost', 'cancelled');
-- 32 BETWEEN
UPDATE t SET state = 'run' WHERE id IN (SELECT id FROM t WHERE attempts BETWEEN 1 AND 3 LIMIT 10) AND attempts >= 1 AND attempts <= 5;
-- 33 the key is not NULL
UPDATE t SET done = true WHERE id IN (SELECT id FROM t WHERE NOT done LIMIT 10) AND id IS NOT NULL;
-- 34 nothing outside
UPDATE t SET done = true WHERE id IN (SELECT id FROM t WHERE done IS NOT TRUE ORDER BY id LIMIT 10) AND true;
-- 35 the same subquery on both sides
UPDATE t SET done = true WHERE id IN (SELECT id FROM t WHERE NOT done AND EXISTS (SELECT 1 FROM u WHERE u.id = t.user_id) LIMIT 10) AND EXISTS (SELECT 1 FROM u WHERE u.id = t.user_id);
-- 36 a join with the batch
UPDATE t SET done = true FROM (SELECT id, user_id FROM t WHERE NOT done ORDER BY id LIMIT 10) b WHERE b.id = t.id AND b.user_id = t.user_id;
-- 37 a third table
DELETE FROM t USING (SELECT id FROM t WHERE done ORDER BY id LIMIT 10) b, u WHERE b.id = t.id AND u.id = t.user_id;
-- 38 random order
UPDATE t SET checked = now() WHERE id IN (SELECT id FROM t ORDER BY random() LIMIT 10) AND NOT done;
-- 39 pages of a caller
UPDATE t SET score = 1 WHERE id IN (SELECT id FROM t ORDER BY id LIMIT 100 OFFSET $1) AND score IS NULL;
-- 40 FETCH FIRST and a CASE
UPDATE t SET state = CASE WHEN attempts > 3 THEN 'dead' ELSE 'retry' END WHERE id IN (SELECT id FROM t WHERE state = 'failed' ORDER BY id FETCH FIRST 50 ROWS ONLY) AND state = 'failed';
-- 41 a function that claims
CREATE FUNCTION get_job(worker text, names text[] DEFAULT NULL) RETURNS jobs LANGUAGE plpgsql AS $$
DECLARE found_id bigint; row jobs;
BEGIN
  SELECT id INTO found_id FROM jobs WHERE (locked_at IS NULL OR locked_at < now() - interval '4 hours') AND run_at <= now() AND attempts < max_attempts AND (names IS NULL OR name = ANY (names))
    ORDER BY priority, run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF found_id IS NULL THEN RETURN NULL; END IF;
  UPDATE jobs SET attempts = attempts + 1, locked_by = worker, locked_at = now() WHERE id = found_id RETURNING * INTO row;
  RETURN row;
END $$;
-- 42 a loop whose write makes its condition false
DO $$ BEGIN LOOP
  UPDATE t SET done = true WHERE id = ANY (ARRAY(SELECT id FROM t WHERE NOT done ORDER BY id LIMIT 1000));
  EXIT WHEN NOT FOUND; COMMIT;
END LOOP; END $$;
-- 43 a loop that deletes
CREATE PROCEDURE prune() LANGUAGE plpgsql AS $$ DECLARE n bigint; BEGIN LOOP
  DELETE FROM log WHERE id IN (SELECT id FROM log WHERE at < now() - interval '30 days' LIMIT 5000);
  GET DIAGNOSTICS n = ROW_COUNT; EXIT WHEN n = 0; COMMIT; PERFORM pg_sleep(0.1);
END LOOP; END $$;
-- 44 keyset in a procedure
CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ DECLARE last bigint := 0; BEGIN LOOP
  WITH b AS (SELECT id FROM t WHERE id > last ORDER BY id LIMIT 1000), w AS (UPDATE t SET score = length(x) FROM b WHERE b.id = t.id RETURNING t.id) SELECT max(id) INTO last FROM w;
  EXIT WHEN last IS NULL; COMMIT;
END LOOP; END $$;
-- 45 one batch per tenant
DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM tenants LOOP
  UPDATE t SET score = 0 WHERE id IN (SELECT id FROM t WHERE tenant = r.id ORDER BY id LIMIT 10);
END LOOP; END $$;
-- 46 another statement of the loop moves the batch
DO $$ BEGIN LOOP
  UPDATE t SET score = length(x) WHERE id IN (SELECT id FROM t WHERE NOT done ORDER BY id LIMIT 10);
  UPDATE t SET done = true WHERE score IS NOT NULL AND NOT done; EXIT WHEN NOT FOUND;
END LOOP; END $$;
-- 47 a lease
DO $$ BEGIN LOOP
  UPDATE t SET locked_until = now() + interval '1 minute' WHERE id IN (SELECT id FROM t WHERE locked_until < now() ORDER BY id LIMIT 10); EXIT WHEN NOT FOUND;
END LOOP; END $$;
-- 48 attempts count up
DO $$ BEGIN LOOP
  UPDATE t SET attempts = attempts + 1 WHERE id IN (SELECT id FROM t WHERE attempts < 3 ORDER BY id LIMIT 10); EXIT WHEN NOT FOUND;
END LOOP; END $$;
-- 49 a claim, a call of the client, a write
BEGIN;
UPDATE t SET state = 'run' WHERE id = 1;
COMMIT;
SELECT pg_sleep(5);
BEGIN;
UPDATE t SET state = 'done' WHERE id = 1;
COMMIT;
-- 50 a queued call
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM net.http_post(url := 'https://hooks.example.org/x', body := '{}'::jsonb); RETURN NEW; END $$;
-- 51 a MERGE of what its batch says
MERGE INTO t USING (SELECT id FROM t WHERE NOT done ORDER BY id LIMIT 9) b ON t.id = b.id WHEN MATCHED AND NOT t.done THEN UPDATE SET done = true;
-- 52 a MERGE whose other WHEN takes the rest
MERGE INTO t USING (SELECT id FROM t ORDER BY id LIMIT 9) b ON t.id = b.id WHEN MATCHED AND t.done THEN DELETE WHEN MATCHED THEN UPDATE SET done = true;
-- 53 a MERGE from another table
MERGE INTO t USING (SELECT id, x FROM u ORDER BY id LIMIT 9) b ON t.id = b.id WHEN MATCHED AND t.x <> b.x THEN UPDATE SET x = b.x WHEN NOT MATCHED THEN INSERT VALUES (b.id);
-- 54 EXISTS with what the batch says
UPDATE t SET x = NULL WHERE done AND EXISTS (SELECT 1 FROM (SELECT id FROM t WHERE done AND x IS NOT NULL ORDER BY id LIMIT 9) b WHERE b.id = t.id);
-- 55 EXISTS with a LIMIT for each row
UPDATE t SET done = true WHERE NOT done AND EXISTS (SELECT 1 FROM t AS other WHERE other.user_id = t.user_id AND other.score > 9 LIMIT 1);
-- 56 FOR loop outside of any loop
DO $$ DECLARE r record; BEGIN
  FOR r IN SELECT id FROM firm WHERE score IS NULL ORDER BY id LIMIT 100 LOOP
    UPDATE firm SET touched = now() WHERE id = r.id;
  END LOOP;
END $$;
-- 57 FOR in LOOP that moves
DO $$ DECLARE r record; n int; BEGIN
  LOOP n := 0;
    FOR r IN SELECT id FROM firm WHERE score IS NULL ORDER BY id LIMIT 100 LOOP
      UPDATE firm SET score = 0 WHERE id = r.id; n := n + 1;
    END LOOP;
    EXIT WHEN n = 0; COMMIT;
  END LOOP;
END $$;
-- 58 FOR in LOOP with a keyset
DO $$ DECLARE r record; last bigint := 0; n int; BEGIN
  LOOP n := 0;
    FOR r IN SELECT id FROM firm WHERE id > last ORDER BY id LIMIT 100 LOOP
      UPDATE firm SET touched = now() WHERE id = r.id AND touched IS NULL; last := r.id; n := n + 1;
    END LOOP;
    EXIT WHEN n = 0;
  END LOOP;
END $$;
-- 59 FOR in LOOP that deletes
DO $$ DECLARE r record; n int; BEGIN
  LOOP n := 0;
    FOR r IN SELECT id, path FROM trash ORDER BY id LIMIT 50 LOOP
      PERFORM remove_file(r.path);
      DELETE FROM trash WHERE id = r.id; n := n + 1;
    END LOOP;
    EXIT WHEN n = 0;
  END LOOP;
END $$;
-- 60 FOR in LOOP per tenant
DO $$ DECLARE t record; r record; BEGIN
  FOR t IN SELECT id FROM tenants LOOP
    FOR r IN SELECT id FROM firm WHERE tenant = t.id ORDER BY score DESC LIMIT 10 LOOP
      UPDATE firm SET featured = true WHERE id = r.id AND NOT featured;
    END LOOP;
  END LOOP;
END $$;
-- 61 FOR in LOOP, marked by another statement
DO $$ DECLARE r record; BEGIN
  LOOP
    FOR r IN SELECT id FROM firm WHERE NOT seen ORDER BY id LIMIT 10 LOOP
      UPDATE firm SET score = 1 WHERE id = r.id AND score IS NULL;
      UPDATE firm SET seen = true WHERE id = r.id;
    END LOOP;
    EXIT WHEN NOT FOUND;
  END LOOP;
END $$;
-- 62 array in a variable
DO $$ DECLARE ids bigint[]; BEGIN LOOP
  SELECT array_agg(id) INTO ids FROM (SELECT id FROM t WHERE NOT done ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED) s;
  EXIT WHEN ids IS NULL;
  UPDATE t SET done = true WHERE id = ANY (ids);
  COMMIT;
END LOOP; END $$;
-- 63 array in a variable, guarded by the same condition
DO $$ DECLARE ids bigint[]; BEGIN LOOP
  ids := ARRAY(SELECT id FROM t WHERE NOT done ORDER BY id LIMIT 100);
  EXIT WHEN cardinality(ids) = 0;
  UPDATE t SET done = true WHERE id = ANY (ids) AND NOT done;
END LOOP; END $$;
