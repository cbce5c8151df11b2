WITH b AS MATERIALIZED (SELECT id FROM jobs WHERE state = :'s' ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED)
UPDATE jobs j SET state = 'run' FROM b WHERE b.id = j.id AND (NOT j.done OR j.x IN (1, 2)) RETURNING j.*;
