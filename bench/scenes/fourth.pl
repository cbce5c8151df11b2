# The fourth set: written by somebody who had not read the judges, with its labels committed before it was played, and
# played once (docs/heal-scenes.md). Each is proved by queries of its own while it runs. Helpers are in second.pl.
use strict;
use warnings;
our ($i, $queue, $shops, $jobs);

sub queued { my ($event) = @_; return "SELECT count(*) >= 5 AND max(clock_timestamp() - query_start) > '3 s'
	FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event IN ($event)" }
sub at_once { my ($app) = @_; return "SELECT max(n) >= 3 FROM (SELECT count(*) AS n FROM pg_stat_activity
	WHERE state = 'active' AND leader_pid IS NULL AND application_name LIKE '$app' GROUP BY query) AS q" }
# Every so many seconds of the clock, in step with others that wait for the same.
sub in_step { return 'sleep $((' . "$_[0] - " . '$(date +%s) % ' . "$_[0]))" }

my @faults = (
	# Each DELETE reads the whole child, because its foreign key has no index.
	{ name => 'cascade', label => 'index-near-miss', soon => 16, tables => "$shops ALTER TABLE shop ADD PRIMARY KEY (id);
		CREATE TABLE visit AS SELECT n AS id, n AS shop FROM generate_series(1, 200000) AS n;
		ALTER TABLE visit ADD FOREIGN KEY (shop) REFERENCES shop; ANALYZE visit", play => sub {
		bench('cleanup', 2, 0, "\\set n random(200001, 300000)\nDELETE FROM shop WHERE id = :n;");
		there(1, "application_name = 'cleanup' AND state = 'active'");
	}, is => "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'visit'", holds => sub { grows(@_) >= 100 } },
	{ name => 'convoy', label => 'lock-chain', soon => 14, tables => $queue, play => sub {
		bench('billing-run', 8, 0, "BEGIN;\nSELECT pg_advisory_xact_lock(7);
SELECT count(*), pg_sleep(1.5) FROM queue WHERE state = 0;\nCOMMIT;");
		$i->until('a queue', sub { $i->sql(queued("'advisory'")) eq 't' });
	}, is => queued("'advisory'") },
	{ name => 'counter', label => 'lock-chain', soon => 14, tables => $queue, play => sub {
		bench('order-api', 10, 0, "\\set id random(2, 20000)\nBEGIN;\nUPDATE queue SET state = state + 1 WHERE id = 1;
SELECT note, pg_sleep(0.6) FROM queue WHERE id = :id;\nCOMMIT;");
		$i->until('a queue', sub { $i->sql(queued("'transactionid', 'tuple'")) eq 't' });
	}, is => queued("'transactionid', 'tuple'") },
	# Each file is small and gone at once; the disk writes all the time.
	{ name => 'chunks', label => 'temporary-files', soon => 16, settings => "work_mem = 64kB\n",
		tables => "$shops CREATE INDEX shop_id ON shop (id)", play => sub {
		bench('facets', 3, 0, "\\set n random(1, 280000)\nSELECT count(*) FROM (SELECT repeat(name, 10) AS wide FROM shop
	WHERE id BETWEEN :n AND :n + 12000 ORDER BY wide OFFSET 0) AS s;");
		there(1, "application_name = 'facets' AND state = 'active'");
	}, is => 'SELECT sum(temp_bytes)::bigint / 1000000 FROM pg_stat_database', holds => sub { grows(@_) >= 300 } },
	{ name => 'upsert', label => 'write-pressure', soon => 18, settings => "max_wal_size = 32MB\nmin_wal_size = 32MB\n",
		tables => 'CREATE TABLE more (n integer PRIMARY KEY, note text)', play => sub {
		bench('feed-sync', 3, 0, "\\set n random(1, 200000)\nINSERT INTO more SELECT g, md5(g::text)
	FROM generate_series(:n, :n + 2000) AS g ON CONFLICT (n) DO UPDATE SET note = md5(excluded.note);");
	}, is => 'SELECT checkpoints_req FROM pg_stat_bgwriter', holds => sub { grows(@_) >= 3 } },
	# The new replica reads its slot; the one that it replaced left its own.
	{ name => 'migrated', label => 'slot-retains', soon => 13, settings => "min_wal_size = 32MB\nmax_wal_size = 64MB\n",
		tables => '', play => sub {
		$i->sql("SELECT pg_create_physical_replication_slot('old_replica', true)");
		mkdir "$i->{home}/replica";
		again('new_replica', "pg_receivewal -S new_replica --create-slot --if-not-exists -D $i->{home}/replica;"
			. " pg_receivewal -S new_replica -D $i->{home}/replica");
		$i->until('one is read', sub { $i->sql('SELECT count(*) FROM pg_replication_slots WHERE active') eq '1' });
		segments(14);
		load(4, 200);
	}, is => "SELECT bool_or(active AND slot_name = 'new_replica') AND bool_or(NOT active AND slot_name = 'old_replica'
			AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > 150e6) FROM pg_replication_slots",
		undo => sub {
		$i->sql('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
		$i->sql('CHECKPOINT');
		system 'rm', '-rf', "$i->{home}/replica";
	} },
	# An export whose reader has stopped reading.
	{ name => 'paused', label => 'pinned-xmin', soon => 13, later => 62, tables => "$shops $jobs", play => sub {
		again('feed-export', "psql -qXc 'COPY (SELECT * FROM shop) TO STDOUT' | (head -c 1000; sleep 3600) >/dev/null");
		there(1, "application_name = 'feed-export' AND wait_event = 'ClientWrite'");
		churn();
		dead_rows(2000, 'queue');
	}, is => "SELECT count(*) = 1 FROM pg_stat_activity AS a, pg_stat_user_tables AS t
		WHERE a.application_name = 'feed-export' AND a.wait_event = 'ClientWrite' AND t.relname = 'queue'
			AND t.n_dead_tup > 2000 AND t.last_vacuum > now() - interval '10 s' AND age(a.backend_xmin) =
				(SELECT max(age(backend_xmin)) FROM pg_stat_activity)" },
	# A page that is asked for again because it never comes: the statement is cancelled before it ends.
	{ name => 'timeouts', label => 'herd-no-period', soon => 16, tables => $shops, play => sub {
		again("homepage-$_", q{psql -qX -c "SET statement_timeout = '4s'" -c 'SELECT count(*), max(b.name)
			FROM shop AS a JOIN shop AS b USING (quality)' >/dev/null} =~ s/\n\s*/ /r) for 1 .. 5;
		there(3, "application_name LIKE 'homepage-%' AND state = 'active'");
	}, is => at_once('homepage-%') },
	{ name => 'functions', label => 'connections', soon => 14, tables => $queue, play => sub {
		bench('api-fn', 10, 0, "SELECT note FROM queue WHERE id = 4;\n\\sleep 50 ms\nSELECT state FROM queue WHERE id = 4;",
			'-C');
	}, is => 'SELECT sum(sessions) FROM pg_stat_database', holds => sub { grows(@_) >= 200 } },
	{ name => 'outbox', label => 'autovacuum-behind', soon => 14, tables => "$jobs
		ALTER TABLE queue SET (autovacuum_enabled = false)", play => sub {
		for (1 .. 6) {
			$i->sql("INSERT INTO queue SELECT nextval('job'), 'x' FROM generate_series(1, 22000)");
			$i->sql('DELETE FROM queue');
		}
		bench('relay', 2, 100, "INSERT INTO queue (id, note) VALUES (nextval('job'), 'x');\nDELETE FROM queue WHERE id =
	(SELECT id FROM queue ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);" =~ s/id =\n\t/id = /r);
		dead_rows(120_000, 'queue');
	}, is => "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'queue'",
		holds => sub { $_[0] > 100_000 && grows(@_) >= 100 } },
	{ name => 'held', label => 'wraparound', soon => 6, settings => "autovacuum_freeze_max_age = 100000
autovacuum_naptime = 1s\n", tables => $queue, play => sub {
		session('settlement-2', 'BEGIN; UPDATE queue SET note = 1 WHERE id = 1;');
		there(1, "application_name = 'settlement-2' AND state = 'idle in transaction'");
		burn(200_000);
	}, is => "SELECT max(age(datfrozenxid)) > 180000 FROM pg_database" },
	{ name => 'aborted', label => 'abandoned', soon => 6, later => 310, tables => $queue, play => sub {
		session('checkout-3', "\\set ON_ERROR_STOP off\nBEGIN; SELECT note FROM queue WHERE id = 5; SELECT 1 / 0;");
		there(1, "application_name = 'checkout-3' AND state = 'idle in transaction (aborted)'");
	}, is => "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'checkout-3'
		AND state = 'idle in transaction (aborted)'" },
	# All rows are there already.
	{ name => 'sync', label => 'spinning-update', soon => 16, tables => $queue, play => sub {
		$i->sql('SELECT pg_stat_statements_reset()');
		bench('catalogue-sync', 2, 4, 'INSERT INTO queue SELECT n, md5(n::text), 0 FROM generate_series(1, 20000) AS n
	ON CONFLICT DO NOTHING;');
	}, holds => \&second_half, is => blocks('INSERT INTO queue SELECT%') },
	# Jobs are worked on while their row is locked.
	{ name => 'jobs', label => 'transaction-over-io', soon => 14, tables => $queue, play => sub {
		bench('sidekiq', 10, 0, "\\set ms random(1500, 3000)\nBEGIN;
SELECT id FROM queue WHERE state = 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED \\gset\n\\sleep :ms ms
UPDATE queue SET state = 1 WHERE id = :id;\nCOMMIT;");
		there(8, "application_name = 'sidekiq' AND state = 'idle in transaction'");
	}, is => "SELECT count(*) >= 5 AND count(*) FILTER (WHERE state = 'idle in transaction') >= 0.8 * count(*)
		FROM pg_stat_activity WHERE application_name = 'sidekiq' AND xact_start IS NOT NULL" },
	# Parameters are bound: the texts do not show that they are equal.
	{ name => 'bound', label => 'herd', soon => 34, tables => $shops, play => sub {
		bench("unicorn-$_", 1, 0, "\\set k 5\n\\shell " . in_step(7) . "\nSELECT quality, count(*), avg(length(name))
	FROM shop, generate_series(1, 3) WHERE id > :k GROUP BY quality;", '-M', 'prepared') for 1 .. 6;
	}, is => "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name LIKE 'unicorn-%'
		AND leader_pid IS NULL",
		holds => sub { grep({ /\d/ && $_ >= 5 } @_) >= 0.1 * @_ && grep({ $_ eq '0' } @_) >= 0.3 * @_ } },
);
my @healthy = (
	{ name => 'leader-try', tables => '', play => sub {
		sessions('node', 4, watch('SELECT pg_try_advisory_lock(7)', 1)); load(2, 50) } },
	{ name => 'backfill', tables => "$shops CREATE INDEX shop_id ON shop (id)", play => sub {
		again('backfill', 'for n in $(seq 0 2000 298000); do psql -qXc "UPDATE shop SET quality = quality + 1
			WHERE id BETWEEN $n AND $n + 2000"; sleep 0.4; done' =~ s/\n\s*/ /r); load(2, 50) } },
	{ name => 'session-store', settings => "autovacuum_naptime = 1s\n", tables => "$queue", play => sub {
		bench('web', 4, 100, "\\set n random(1, 500)\nINSERT INTO queue (id, note) VALUES (:n, 'x')
	ON CONFLICT (id) DO UPDATE SET note = excluded.note, state = queue.state + 1;");
		again('expiry', 'psql -qXc "DELETE FROM queue WHERE id <= 20"; sleep 2') } },
	# Three jobs of their own that begin in the same second.
	{ name => 'crontab', tables => $shops, play => sub {
		my @of = ('count(DISTINCT name)', 'sum(length(md5(name)))', 'max(repeat(name, 5))');
		for my $n (0 .. 2) { again("cron-$n", "psql -qXc 'SELECT $of[$n] FROM shop' >/dev/null; " . in_step(7)) } } },
);
return map { { alone => 1, %$_, name => "fourth-$_->{name}" } } @faults,
	map { { %$_, label => 'none', single => 1 } } @healthy;
