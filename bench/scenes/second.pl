# The second set of scenes that was written before the judges were read and played once (docs/heal-scenes.md). Each is
# proved by queries of its own while it runs.
use strict;
use warnings;
our ($i, @programs, %session, $queue, $shops, $jobs);

# Sessions that get a statement at the same moment, every so many seconds.
sub waves {
	my ($seconds, $sql, @names) = @_;
	my $pid = fork // die "fork: $!";
	if ($pid) { push @programs, bless { name => 'waves', pid => $pid, log => '/dev/null' }, 'Program'; return }
	session($_, 'SELECT 1;') for @names;
	while (1) {
		select undef, undef, undef, $seconds;
		print { $session{$_} } "$sql\n" for @names;
	}
}
# Log of 16 MB for each call, nearly empty.
sub segments { for (1 .. $_[0]) {
	$i->sql("SELECT pg_logical_emit_message(false, 'x', 'x')"), $i->sql('SELECT pg_switch_wal()') } }
sub blocks { my ($like) = @_; return "SELECT sum(rows) = 0 AND sum(shared_blks_hit + shared_blks_read) / sum(calls) > 50
	AND sum(calls) >= 20 FROM pg_stat_statements WHERE query LIKE '$like'" }
sub second_half { my @late = @_[ int(@_ * 0.7) .. $#_ ]; return mostly(@late) }
sub grows { my @n = grep { /^\d+$/ } @_; return @n > 2 && $n[-1] - $n[0] }

return map { { alone => 1, %$_, name => "second-$_->{name}" } } (
	{ name => 'unique', label => 'lock-chain', soon => 9, beside => 1, tables => $queue, play => sub {
		session('signup-1', "BEGIN; INSERT INTO queue (id, note) VALUES (70001, 'a');");
		there(1, "application_name = 'signup-1' AND state = 'idle in transaction'");
		sessions('form', 4, "INSERT INTO queue (id, note) VALUES (70001, 'b');");
		waiting(4);
	}, is => "SELECT count(*) = 4 FROM pg_stat_activity AS w, pg_stat_activity AS r WHERE w.wait_event_type = 'Lock'
		AND w.application_name LIKE 'form-%' AND r.pid = ANY (pg_blocking_pids(w.pid))
		AND r.application_name = 'signup-1' AND r.state = 'idle in transaction'" },
	{ name => 'deep', label => 'lock-chain', soon => 9, tables => $queue, play => sub {
		session('sync-1', 'BEGIN; UPDATE queue SET state = 1 WHERE id = 1;');
		there(1, "application_name = 'sync-1' AND state = 'idle in transaction'");
		for my $n (2 .. 6) {
			session("sync-$n", "BEGIN; UPDATE queue SET state = 1 WHERE id = $n;
				UPDATE queue SET state = 1 WHERE id = " . ($n - 1) . ';');
			waiting($n - 1);
		}
	}, is => "SELECT count(*) = 5 FROM generate_series(2, 6) AS n, pg_stat_activity AS w, pg_stat_activity AS r
		WHERE w.application_name = 'sync-' || n AND w.wait_event_type = 'Lock' AND r.application_name = 'sync-' || n - 1
			AND pg_blocking_pids(w.pid) = ARRAY[r.pid]" },
	{ name => 'rows', label => 'transaction-over-io', soon => 14, beside => 1,
		tables => 'CREATE TABLE more (n integer, note text)', play => sub {
		bench('feed-import', 6, 0, "BEGIN;\n" . "\\set us random(150000, 400000)
INSERT INTO more VALUES (1, 'x');\n\\sleep :us us\n" x 30 . "COMMIT;");
		there(6, "application_name = 'feed-import' AND xact_start < now() - interval '4 s'");
	}, is => "SELECT count(*) >= 5 AND count(*) FILTER (WHERE state = 'idle in transaction') >= 0.8 * count(*)
		FROM pg_stat_activity WHERE application_name = 'feed-import' AND xact_start IS NOT NULL" },
	{ name => 'reader', label => 'abandoned', soon => 6, later => 310, tables => $queue, play => sub {
		session('metabase-3', 'BEGIN; SELECT note FROM queue WHERE id = 5;');
		there(1, "application_name = 'metabase-3' AND state = 'idle in transaction'");
	}, is => "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'metabase-3' AND backend_xid IS NULL
		AND state = 'idle in transaction' AND state_change < now() - interval '100 ms'" },
	{ name => 'report', label => 'pinned-xmin', soon => 13, later => 62, tables => "$shops $jobs", play => sub {
		session('warehouse-1', 'SELECT id, pg_sleep(0.05) FROM shop;');
		there(1, "application_name = 'warehouse-1' AND state = 'active'");
		churn();
		dead_rows(2000, 'queue');
	}, is => "SELECT count(*) = 1 FROM pg_stat_activity AS a, pg_stat_user_tables AS t
		WHERE a.application_name = 'warehouse-1' AND a.state = 'active' AND t.relname = 'queue' AND t.n_dead_tup > 2000
			AND t.last_vacuum > now() - interval '10 s' AND age(a.backend_xmin) = (SELECT max(age(backend_xmin))
				FROM pg_stat_activity)" },
	{ name => 'stopped', label => 'slot-retains', soon => 13, tables => '', play => sub {
		$i->sql("SELECT pg_create_physical_replication_slot('archive', true)");
		my $to = "$i->{home}/archive";
		mkdir $to;
		push @programs, Program->start('pg_receivewal', [ '/usr/lib/postgresql/15/bin/pg_receivewal', '-D', $to, '-S',
			'archive', '-h', "$i->{dir}/run", '-U', 'postgres' ], log => "$i->{home}/receivewal.log");
		$i->until('it is read', sub { $i->sql("SELECT active FROM pg_replication_slots") eq 't' });
		$programs[-1]->signal('STOP');
		segments(70);
		again('app', 'psql -qXtc "SELECT pg_logical_emit_message(true, $$x$$, $$x$$)" -c "SELECT pg_switch_wal()"'
			. ' >/dev/null; sleep 0.5');
	}, is => "SELECT active AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > 1.0e9 FROM pg_replication_slots",
		undo => sub {
		$i->until('nobody reads it', sub { $i->sql('SELECT active FROM pg_replication_slots') eq 'f' });
		$i->sql("SELECT pg_drop_replication_slot('archive')");
		$i->sql('CHECKPOINT');
		system 'rm', '-rf', "$i->{home}/archive";
	} },
	{ name => 'month', label => 'stale-statistics', soon => 34, tables => "$shops CREATE INDEX shop_id ON shop (id);
		CREATE TABLE visit (shop integer, state text, day date) PARTITION BY RANGE (day);
		CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
		CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')
			WITH (autovacuum_enabled = false);
		INSERT INTO visit SELECT n, 'done', '2026-01-05' FROM generate_series(1, 60000) AS n;
		INSERT INTO visit SELECT n, 'done', '2026-02-01' FROM generate_series(1, 400) AS n; ANALYZE visit",
		play => sub {
		bench('dispatch', 2, 5, "\\set q random(1, 900)\nSELECT count(*), max(s.name) FROM visit AS v
	JOIN shop AS s ON s.id = v.shop WHERE v.day >= '2026-02-01' AND v.state = 'new' AND s.quality > :q;");
	}, at => 17, then => sub {
		$i->sql("INSERT INTO visit SELECT n, 'new', '2026-02-02' FROM generate_series(1, 90000) AS n");
	}, holds => \&second_half, is => sub {
		my $plan = $i->sql("EXPLAIN SELECT count(*), max(s.name) FROM visit AS v JOIN shop AS s ON s.id = v.shop
			WHERE v.day >= '2026-02-01' AND v.state = 'new' AND s.quality > 7");
		return $plan =~ /Nested Loop/ ? $i->sql("SELECT t.n_mod_since_analyze > 10 * c.reltuples
			FROM pg_stat_user_tables AS t JOIN pg_class AS c ON c.oid = t.relid WHERE t.relname = 'visit_2'") : 'f';
	} },
	{ name => 'invalid', label => 'plan-change', soon => 34, beside => 1, tables => "$shops
		CREATE INDEX shop_name ON shop (name);
		INSERT INTO shop SELECT 300001, 5, name FROM shop WHERE id = 1; ANALYZE shop", play => sub {
		bench('profile', 2, 15, "\\set n random(1, 300000)\nSELECT quality FROM shop WHERE name = md5(:n::text);");
	}, at => 17, then => sub {
		$i->sql('DROP INDEX shop_name');
		eval { $i->sql('CREATE UNIQUE INDEX CONCURRENTLY shop_name ON shop (name)') };
	}, holds => \&second_half, is => sub {
		return $i->sql("EXPLAIN SELECT quality FROM shop WHERE name = md5('7')") =~ /Seq Scan/
			? $i->sql("SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass('shop_name')") : 'f';
	} },
	{ name => 'join', label => 'spinning-update', soon => 16, beside => 1, tables => "$queue
		CREATE TABLE more AS SELECT n AS queue, false AS paid FROM generate_series(1, 20000) AS n; ANALYZE more",
		play => sub {
		$i->sql('SELECT pg_stat_statements_reset()');
		bench('settle', 3, 5, 'UPDATE queue SET state = 2 FROM more WHERE more.queue = queue.id AND more.paid
	AND queue.state = 1;');
	}, holds => \&second_half, is => blocks('UPDATE queue SET state = $1 FROM more%') },
	{ name => 'services', label => 'herd', soon => 30, beside => 1, tables => $shops, play => sub {
		waves(8, 'SELECT quality, count(*), avg(length(name)) FROM shop, generate_series(1, 4) GROUP BY quality;',
			(map { "portal-$_" } 1 .. 4), (map { "mobile-$_" } 1 .. 3));
	}, is => "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND leader_pid IS NULL
		AND (application_name LIKE 'portal-%' OR application_name LIKE 'mobile-%')",
		holds => sub { grep({ /\d/ && $_ >= 5 } @_) >= 0.1 * @_ && grep({ $_ eq '0' } @_) >= 0.3 * @_ } },
	{ name => 'cold', label => 'herd-no-period', soon => 14, tables => $shops, play => sub {
		bench('suggest', 10, 0, "\\set k random(1, 2)\nSELECT quality, count(*) FROM shop WHERE quality > :k
	GROUP BY quality;\n\\sleep 60 ms");
	}, is => "SELECT max(n) >= 3 FROM (SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active'
		AND leader_pid IS NULL AND application_name = 'suggest' GROUP BY query) AS q" },
	{ name => 'lower', label => 'index-near-miss', soon => 15, tables => "$shops CREATE INDEX shop_name ON shop (name)",
		play => sub {
		bench('login', 2, 0, "\\set n random(1, 300000)\nSELECT id FROM shop WHERE lower(name) = md5(:n::text);");
		there(1, "application_name = 'login' AND state = 'active'");
	}, is => sub { $i->sql("EXPLAIN SELECT id FROM shop WHERE lower(name) = 'x'") =~ /Seq Scan/ ? $i->sql(
		"SELECT count(*) >= 1 FROM pg_stat_activity WHERE application_name = 'login' AND state = 'active'") : 'f' } },
	{ name => 'releases', label => 'connections', soon => 9, single => 1, tables => '', play => sub {
		my $room = $i->sql("SELECT current_setting('max_connections')::int * 88 / 100 - count(*) FROM pg_stat_activity
			WHERE backend_type = 'client backend'");
		bench("shop-$_", int($room / 2), 0, '\sleep 2000 s', '-j', 1) for qw(blue green);
		there(2 * int($room / 2), "application_name IN ('shop-blue', 'shop-green')");
	}, is => "SELECT count(*) >= 0.8 * current_setting('max_connections')::int FROM pg_stat_activity
		WHERE backend_type = 'client backend'" },
	{ name => 'worker', label => 'autovacuum-behind', soon => 14, settings => "autovacuum_max_workers = 1
autovacuum_naptime = 1s\nautovacuum_vacuum_cost_delay = 100ms\nautovacuum_vacuum_cost_limit = 20\n",
		tables => "$shops $queue CREATE INDEX queue_state ON queue (state)", play => sub {
		$i->sql('UPDATE shop SET quality = quality + 1');
		$i->until('the worker has a large table', sub { $i->sql("SELECT count(*) FROM pg_stat_progress_vacuum
			WHERE relid = 'shop'::regclass") eq '1' });
		$i->sql('UPDATE queue SET state = state + 1') for 1 .. 4;
		bench('meter', 2, 400, "\\set id random(1, 20000)\nUPDATE queue SET state = state + 1 WHERE id = :id;");
		dead_rows(45_000, 'queue');
	}, is => "SELECT t.n_dead_tup > 10 * (50 + 0.2 * c.reltuples) AND EXISTS (SELECT FROM pg_stat_progress_vacuum
			WHERE relid = 'shop'::regclass)
		FROM pg_stat_user_tables AS t JOIN pg_class AS c ON c.oid = t.relid WHERE t.relname = 'queue'" },
	{ name => 'pages', label => 'write-pressure', soon => 18, settings => "max_wal_size = 32MB\nmin_wal_size = 32MB\n",
		tables => "$shops CREATE INDEX shop_id ON shop (id)", play => sub {
		bench('counter', 4, 0, "\\set id random(1, 300000)\nUPDATE shop SET quality = quality + 1 WHERE id = :id;");
	}, is => 'SELECT checkpoints_req FROM pg_stat_bgwriter', holds => sub { grows(@_) >= 3 } },
	{ name => 'parallel', label => 'runaway', soon => 5, later => 310, tables => $shops, play => sub {
		session('analyst-9', 'SET max_parallel_workers_per_gather = 2; SELECT count(*) FROM shop AS a
			JOIN shop AS b USING (quality) JOIN shop AS c USING (quality) WHERE a.id + b.id > c.id;');
		there(1, 'leader_pid IS NOT NULL');
	}, is => "SELECT count(*) >= 2 AND count(leader_pid) >= 1 FROM pg_stat_activity
		WHERE application_name = 'analyst-9' AND state = 'active'" },
	{ name => 'crash', label => 'unreachable', soon => 14, tables => '', play => sub {
		session('web-1', 'SELECT 1;');
		there(1, "application_name = 'web-1'");
	}, at => 6, then => sub {
		kill KILL => $i->sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'web-1'");
		$i->until('the server is back', sub { eval { $i->sql('SELECT 1') eq '1' } });
	}, is => "SELECT backend_start FROM pg_stat_activity WHERE backend_type = 'checkpointer'",
		holds => sub { my @s = grep { /\d/ } @_; @s > 2 && $s[0] ne $s[-1] } },
);
