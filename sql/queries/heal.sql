-- The two acts of heal, each in one statement that looks at the session and signals it at once. Times are as in
-- observe.sql. $1 process, $2 its start, $3 start of the statement (terminate: since when it has been idle), $4 start of
-- the transaction, $5 application, $6 start of the server, $7 whether it is a standby, $8 query_id. Behind a pooler one
-- process serves many clients, one after the other: the transaction and the application tell them apart; and the server
-- behind the connection may be another one by now. The sections _13 are for servers before 14, which have no query_id.
-- role: holdfast_heal

-- name: heal_cancel
-- row: heal_signal
SELECT pg_cancel_backend(s.pid) AS signalled FROM pg_stat_get_activity($1::integer) AS s
WHERE {{heal_same_session}} AND s.state = 'active' AND (date_part('epoch', s.query_start) * 1000000)::bigint = $3
	AND s.query_id IS NOT DISTINCT FROM $8::bigint;

-- name: heal_cancel_13
-- row: heal_signal
SELECT pg_cancel_backend(s.pid) AS signalled FROM pg_stat_get_activity($1::integer) AS s
WHERE {{heal_same_session}} AND s.state = 'active' AND (date_part('epoch', s.query_start) * 1000000)::bigint = $3;

-- name: heal_terminate
-- row: heal_signal
SELECT pg_terminate_backend(s.pid) AS signalled FROM pg_stat_get_activity($1::integer) AS s
WHERE {{heal_same_session}} AND s.state LIKE 'idle in transaction%'
	AND (date_part('epoch', s.state_change) * 1000000)::bigint = $3 AND s.query_id IS NOT DISTINCT FROM $8::bigint;

-- name: heal_terminate_13
-- row: heal_signal
SELECT pg_terminate_backend(s.pid) AS signalled FROM pg_stat_get_activity($1::integer) AS s
WHERE {{heal_same_session}} AND s.state LIKE 'idle in transaction%'
	AND (date_part('epoch', s.state_change) * 1000000)::bigint = $3;
