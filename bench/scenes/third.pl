# The third set, written when the kinds that the second one missed had been mended, and played once. Each is proved by
# queries of its own while it runs. Helpers are in second.pl.
use strict;
use warnings;
our ($i, $queue, $shops, $jobs);

return map { { alone => 1, %$_, name => "third-$_->{name}" } } (
	{ name => 'share', label => 'lock-chain', soon => 9, tables => $queue, play => sub {
		sessions('invoice', 3, 'BEGIN; SELECT note FROM queue WHERE id = 9 FOR SHARE;');
		there(3, "application_name LIKE 'invoice-%' AND state = 'idle in transaction'");
		sessions('price', 2, 'UPDATE queue SET note = 1 WHERE id = 9;');
		waiting(2);
	}, is => "SELECT count(*) = 2 FROM pg_stat_activity WHERE application_name LIKE 'price-%'
		AND cardinality(pg_blocking_pids(pid)) > 0 AND 3 = (SELECT count(*) FROM pg_stat_activity
			WHERE application_name LIKE 'invoice-%' AND state = 'idle in transaction')" },
	{ name => 'build', label => 'lock-chain', soon => 9, beside => 1, tables => "$shops
		CREATE OR REPLACE FUNCTION slowly(n integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql
			AS 'BEGIN PERFORM pg_sleep(0.01); RETURN n; END'", play => sub {
		session('migrate-1', 'CREATE INDEX shop_slowly ON shop (slowly(id));');
		there(1, "application_name = 'migrate-1' AND wait_event = 'PgSleep'");
		sessions('editor', 4, sub { "UPDATE shop SET quality = 1 WHERE id = $_[0];" });
		waiting(4);
	}, is => "SELECT count(*) = 4 FROM pg_stat_activity AS w, pg_stat_activity AS r WHERE w.wait_event = 'relation'
		AND r.pid = ANY (pg_blocking_pids(w.pid)) AND r.application_name = 'migrate-1' AND r.state = 'active'" },
	{ name => 'upload', label => 'transaction-over-io', soon => 14, beside => 1, tables => $queue, play => sub {
		bench('uploads', 8, 0, "\\set id random(1, 20000)\n\\set s random(6, 9)\nBEGIN;
INSERT INTO queue (id, note) SELECT max(id) + random() * 1000000, 'x' FROM queue ON CONFLICT DO NOTHING;
SELECT note FROM queue WHERE id = :id;\n\\sleep :s s\nUPDATE queue SET state = 1 WHERE id = :id;\nCOMMIT;");
		there(6, "application_name = 'uploads' AND xact_start < now() - interval '4 s'");
	}, is => "SELECT count(*) >= 5 AND count(*) FILTER (WHERE state = 'idle in transaction') >= 0.8 * count(*)
		FROM pg_stat_activity WHERE application_name = 'uploads' AND xact_start IS NOT NULL" },
	{ name => 'savepoint', label => 'abandoned', soon => 6, later => 65, tables => $queue, play => sub {
		session('sidekiq-4', 'BEGIN; SAVEPOINT a; UPDATE queue SET state = 1 WHERE id = 3; RELEASE a;');
		there(1, "application_name = 'sidekiq-4' AND state = 'idle in transaction' AND query LIKE '%RELEASE%'");
	}, is => "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'sidekiq-4' AND backend_xid IS NOT NULL
		AND state = 'idle in transaction'" },
	{ name => 'loop', label => 'pinned-xmin', soon => 13, later => 65, tables => $jobs, play => sub {
		session('etl-1', 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM queue;
			DO $$ BEGIN LOOP PERFORM pg_sleep(0.2); END LOOP; END $$;');
		there(1, "application_name = 'etl-1' AND wait_event = 'PgSleep'");
		churn();
		dead_rows(2000, 'queue');
	}, is => "SELECT count(*) = 1 FROM pg_stat_activity AS a, pg_stat_user_tables AS t
		WHERE a.application_name = 'etl-1' AND a.state = 'active' AND t.relname = 'queue' AND t.n_dead_tup > 2000
			AND t.last_vacuum > now() - interval '10 s' AND age(a.backend_xmin) = (SELECT max(age(backend_xmin))
				FROM pg_stat_activity)" },
	{ name => 'reload', label => 'stale-statistics', soon => 34, tables => "$shops CREATE INDEX shop_id ON shop (id);
		CREATE TABLE visit (shop integer, state text) WITH (autovacuum_enabled = false);
		INSERT INTO visit SELECT n, 'done' FROM generate_series(1, 90000) AS n; ANALYZE visit", play => sub {
		bench('payout', 2, 5, "\\set q random(1, 900)\nSELECT count(*), max(s.name) FROM visit AS v
	JOIN shop AS s ON s.id = v.shop WHERE v.state = 'new' AND s.quality > :q;");
	}, at => 17, then => sub { $i->sql("UPDATE visit SET state = 'new' WHERE shop > 20000") },
		holds => \&second_half, is => sub {
		my $plan = $i->sql("EXPLAIN SELECT count(*), max(s.name) FROM visit AS v JOIN shop AS s ON s.id = v.shop
			WHERE v.state = 'new' AND s.quality > 7");
		return $plan =~ /Nested Loop/ ? $i->sql("SELECT t.n_mod_since_analyze > 0.5 * c.reltuples
			FROM pg_stat_user_tables AS t JOIN pg_class AS c ON c.oid = t.relid WHERE t.relname = 'visit'") : 'f';
	} },
	{ name => 'partial', label => 'plan-change', soon => 34, tables => "$shops
		CREATE INDEX shop_quality ON shop (quality); ANALYZE shop", play => sub {
		bench('catalogue', 2, 10, "\\set n random(1, 999)\nSELECT max(name) FROM shop WHERE quality = :n;");
	}, at => 17, then => sub {
		$i->sql('DROP INDEX shop_quality');
		$i->sql('CREATE INDEX shop_quality ON shop (quality) WHERE quality < 100');
	}, holds => \&second_half, is => sub {
		return $i->sql('EXPLAIN SELECT max(name) FROM shop WHERE quality = 700') =~ /Seq Scan/
			&& $i->sql('EXPLAIN SELECT max(name) FROM shop WHERE quality = 70') =~ /shop_quality/ ? 't' : 'f';
	} },
	{ name => 'exists', label => 'spinning-update', soon => 16, beside => 1, tables => "$queue
		CREATE TABLE more AS SELECT n AS queue FROM generate_series(1, 20000) AS n; ANALYZE more", play => sub {
		$i->sql('SELECT pg_stat_statements_reset()');
		bench('sender', 2, 4, 'UPDATE queue SET state = 1 WHERE state = 0 AND NOT EXISTS
	(SELECT FROM more WHERE more.queue = queue.id);');
	}, holds => \&second_half, is => blocks('UPDATE queue SET state = $1 WHERE state = $2 AND NOT EXISTS%') },
	{ name => 'sequence', label => 'herd', soon => 30, tables => $shops, play => sub {
		waves(7, 'SELECT quality, count(*) FROM shop, generate_series(1, 3) GROUP BY quality;'
			. ' SELECT max(name), avg(length(name)) FROM shop, generate_series(1, 3);', map { "gunicorn-$_" } 1 .. 6);
	}, is => "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name LIKE 'gunicorn-%'",
		holds => sub { grep({ /\d/ && $_ >= 5 } @_) >= 0.1 * @_ && grep({ $_ eq '0' } @_) >= 0.3 * @_ } },
	{ name => 'spill', label => 'temporary-files', soon => 14, settings => "work_mem = 64kB\n", tables => $shops,
		play => sub {
		bench('export', 2, 0, "\\set n random(1, 900)\nSELECT count(*) FROM (SELECT repeat(name, 30) AS wide, count(*)
	FROM shop WHERE quality <> :n GROUP BY wide OFFSET 0) AS s;");
		there(2, "application_name = 'export' AND state = 'active'");
	}, is => 'SELECT sum(size)::bigint / 1000000 FROM pg_ls_tmpdir()',
		holds => sub { grep({ /\d/ && $_ > 50 } @_) >= 0.6 * @_ } },
);
