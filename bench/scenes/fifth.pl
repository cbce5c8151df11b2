# The fifth set: faults and healthy loads of other kinds (drivers, pools, standbys, subscribers, partitions), written by
# somebody who had not read the judges, with labels committed before it was played, and played once
# (docs/heal-scenes.md). Each is proved by queries of its own while it runs; `also` is what may be said, too, and is not
# judged. Helpers are in second.pl and fourth.pl.
use strict;
use warnings;
our ($i, $root, @programs, %session, $queue, $shops, $jobs);

# A program of node-postgres: `on` is its connection, `pause(ms)` waits, `between(a, b)` is a random number.
sub node {
	my ($name, $script) = @_;
	push @programs, Program->start($name, [ 'node', '-e', "const { Client } = require('pg');
		const on = { host: '$i->{dir}/run', user: 'postgres', database: 'holdfast', application_name: '$name' };
		const pause = (ms) => new Promise((done) => setTimeout(done, ms));
		const between = (a, b) => a + Math.floor(Math.random() * (b - a));
		async function client(more) {
			const c = new Client({ ...on, ...more });
			c.on('error', () => {});
			await c.connect();
			return c;
		}
		process.on('unhandledRejection', () => {});
		$script" ], env => { NODE_PATH => "$root/node_modules" }, log => "$i->{home}/node.log");
}
# The server, too, may connect as postgres: a standby, a subscriber.
sub admit_server {
	open my $to, '>>', "$i->{dir}/data/pg_ident.conf" or die "pg_ident.conf: $!";
	print $to "holdfast holdfast-db postgres\n";
	close $to;
	$i->sql('SELECT pg_reload_conf()');
}
# A standby of the same machine. Its socket is in its folder.
sub standby {
	my $to = "$i->{home}/standby";
	admit_server();
	system('rm', '-rf', $to) == 0
		&& system("pg_basebackup -R -c fast -D '$to' -h '$i->{dir}/run' -U postgres 2>'$i->{home}/basebackup.log'") == 0
		&& system("chown -R holdfast-db '$to'; chmod 700 '$to'") == 0
		or die Instance::read_file("$i->{home}/basebackup.log");
	push @programs, Program->start('standby', [ '/usr/lib/postgresql/15/bin/postgres', '-D', $to, '-p', 5433,
		map { ('-c', $_) } "unix_socket_directories=$to", 'shared_buffers=32MB', 'hot_standby_feedback=on',
		'wal_receiver_status_interval=1s', 'cluster_name=replica_1' ], as => 'holdfast-db',
		log => "$i->{home}/standby.log");
	$i->until('it streams', sub {
		$i->sql("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") eq '1' });
	my $there = "-h $to -p 5433";
	$i->until('it answers', sub { system("psql -qXtc 'SELECT 1' $there -U postgres holdfast >/dev/null 2>&1") == 0 });
	return $there;
}
# A subscriber to a table, in another database of the same server.
sub subscriber {
	my ($table, $fill) = @_;
	admit_server();
	$i->sql('CREATE DATABASE copy');
	$i->sql("CREATE PUBLICATION changes FOR TABLE $table");
	$i->sql("SELECT pg_create_logical_replication_slot('search_index', 'pgoutput')");
	$i->sql_in('copy', $fill);
	$i->sql_in('copy', "CREATE SUBSCRIPTION search_index CONNECTION 'host=$i->{dir}/run port=5432 dbname=holdfast
		user=postgres' PUBLICATION changes WITH (create_slot = false, copy_data = false)");
}
sub unsubscribe {
	$i->sql_in('copy', 'ALTER SUBSCRIPTION search_index DISABLE;
		ALTER SUBSCRIPTION search_index SET (slot_name = NONE); DROP SUBSCRIPTION search_index');
	$i->sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active");
	$i->until('nobody reads it', sub { $i->sql('SELECT count(*) FROM pg_replication_slots WHERE active') eq '0' });
	$i->sql("SELECT pg_drop_replication_slot('search_index')");
	$i->sql('DROP PUBLICATION changes');
	$i->sql('DROP DATABASE copy WITH (FORCE)');
	$i->sql('CHECKPOINT');
}
sub lag { my ($slot, $bytes) = @_; return "SELECT count(*) = 1 FROM pg_replication_slots
	WHERE slot_name = '$slot' AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) $bytes" }
sub open_idle { my ($app, $count) = @_; return "SELECT count(*) >= $count
		AND count(*) FILTER (WHERE state = 'idle in transaction') >= 0.7 * count(*)
	FROM pg_stat_activity WHERE application_name = '$app' AND xact_start IS NOT NULL" }
sub blocked_by { my ($count, $victim, $root_is) = @_; return "SELECT count(*) >= $count
		AND count(*) FILTER (WHERE EXISTS (SELECT FROM pg_stat_activity AS r
			WHERE $root_is AND r.pid = ANY (pg_blocking_pids(w.pid)))) >= 1
	FROM pg_stat_activity AS w WHERE w.wait_event_type = 'Lock' AND $victim" }
sub active { my ($app, $count) = @_; return "SELECT count(*) >= $count FROM pg_stat_activity
	WHERE application_name = '$app' AND state = 'active'" }
sub seldom { return @_ && grep({ $_ eq 't' } @_) >= 0.3 * @_ }
# Not at all at first, often at last.
sub turns {
	my @n = grep { /^\d+$/ } @_;
	my ($first, $last) = (int(@n * 0.35), int(@n * 0.75));
	return @n > 9 && $n[$first] - $n[0] <= 1 && $n[-1] - $n[$last] >= 10;
}
sub waves_of { grep({ /\d/ && $_ >= 5 } @_) >= 0.08 * @_ && grep({ $_ eq '0' } @_) >= 0.3 * @_ }
# Clients that wait at the pooler.
sub pooler_waits {
	my $waiting = 0;
	for (split /\n/, `psql -XAtc 'SHOW POOLS' -h $i->{home}/pooler -U holdfast_worker pgbouncer 2>&1`) {
		$waiting += (split /\|/)[3] if /^holdfast\|/;
	}
	return $waiting;
}
my $small_wal = "min_wal_size = 32MB\nmax_wal_size = 64MB\n";
my $least_wal = "max_wal_size = 32MB\nmin_wal_size = 32MB\n";
my $no_timeouts = 'ALTER ROLE holdfast_worker IN DATABASE holdfast SET lock_timeout = 0';

my @faults = (
	# ---- locks ----
	# The apply worker of a subscription waits: the subscriber falls behind and its slot keeps log.
	{ name => 'subscriber', label => 'lock-chain', also => 'slot-retains',
		soon => 12, settings => "wal_level = logical\n", tables => $queue,
		play => sub {
		subscriber('queue', "CREATE TABLE queue (id integer PRIMARY KEY, note text, state integer);
			INSERT INTO queue SELECT n, 'x', 0 FROM generate_series(1, 20000) AS n");
		session('reporting-1', "\\c copy\nBEGIN; UPDATE queue SET state = 5 WHERE id = 7;");
		there(1, "application_name = 'reporting-1' AND datname = 'copy' AND state = 'idle in transaction'");
		$i->sql('UPDATE queue SET state = 1 WHERE id = 7');
		bench('shop', 2, 20, "\\set id random(1, 100)\nUPDATE queue SET state = state + 1 WHERE id = :id;");
		there(1, "backend_type = 'logical replication worker' AND wait_event_type = 'Lock'");
	}, is => blocked_by(1, "w.backend_type = 'logical replication worker'", "r.application_name = 'reporting-1'"),
		undo => \&unsubscribe },
	{ name => 'detach', label => 'lock-chain', soon => 9, tables => "CREATE TABLE visit (shop integer, day date)
			PARTITION BY RANGE (day);
		CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
		CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
		CREATE TABLE other (shop integer, day date);
		INSERT INTO visit SELECT n, '2026-01-05' FROM generate_series(1, 20000) AS n", play => sub {
		session('partman-1', 'BEGIN; ALTER TABLE visit DETACH PARTITION visit_1;
			INSERT INTO other SELECT v.* FROM visit_1 AS v, pg_sleep(0.05 + 0 * v.shop);');
		there(1, "application_name = 'partman-1' AND query LIKE '%INSERT INTO other%' AND state = 'active'");
		sessions('api', 5, "SELECT count(*) FROM visit WHERE day >= '2026-02-01';");
		waiting(5);
	}, is => blocked_by(5, "w.application_name LIKE 'api-%'", "r.application_name = 'partman-1'") },
	# All of the pool waits for one row, and the clients wait for the pool; who holds the row is not in it.
	{ name => 'outside-pool', label => 'lock-chain', also => 'connections', soon => 9, tables => $queue, play => sub {
		$i->sql($no_timeouts);
		pooled(4, 'transaction');
		session('support-1', 'BEGIN; SELECT note FROM queue WHERE id = 1 FOR UPDATE;');
		there(1, "application_name = 'support-1' AND state = 'idle in transaction'");
		bench('shop', 16, 0, 'UPDATE queue SET state = state + 1 WHERE id = 1;', '-h', "$i->{home}/pooler");
		waiting(4);
	}, is => blocked_by(4, "w.usename = 'holdfast_worker'", "r.application_name = 'support-1'"),
		undo => "$no_timeouts" =~ s/SET lock_timeout.*/RESET lock_timeout/r },
	# ---- transactions ----
	{ name => 'checkout', label => 'transaction-over-io', soon => 14, tables => $queue, play => sub {
		node('checkout', "async function worker() {
			const c = await client();
			for (;;) {
				const id = between(1, 20000);
				await c.query('BEGIN');
				await c.query('SELECT note FROM queue WHERE id = \$1 FOR UPDATE', [id]);
				await pause(between(700, 1600));
				await c.query('UPDATE queue SET state = \$2 WHERE id = \$1', [id, 1]);
				await c.query('COMMIT');
				await pause(50);
			}
		}
		for (let n = 0; n < 9; n++) worker();");
		there(7, "application_name = 'checkout' AND state = 'idle in transaction'");
	}, is => open_idle('checkout', 5) },
	{ name => 'nested', label => 'transaction-over-io', soon => 14, tables => $queue, play => sub {
		bench('gunicorn: worker [api]', 8, 0, "BEGIN;\n" . "\\set id random(1, 20000)\n\\set us random(150000, 500000)
SAVEPOINT \"s140_x1\";\nUPDATE queue SET state = 1 WHERE id = :id;\nRELEASE SAVEPOINT \"s140_x1\";
\\sleep :us us\n" x 7 . "COMMIT;\n\\sleep 100 ms");
		there(6, "application_name = 'gunicorn: worker [api]' AND state = 'idle in transaction'");
	}, is => open_idle('gunicorn: worker [api]', 5) },
	{ name => 'paging', label => 'transaction-over-io', soon => 14, tables => $queue, play => sub {
		bench('mailing', 7, 0, "BEGIN;\nDECLARE c NO SCROLL CURSOR FOR SELECT id, note FROM queue WHERE state = 0;\n"
			. "\\set ms random(200, 600)\nFETCH FORWARD 20 FROM c;\n\\sleep :ms ms\n" x 14 . "CLOSE c;\nCOMMIT;");
		there(6, "application_name = 'mailing' AND xact_start < now() - interval '3 s'");
	}, is => open_idle('mailing', 5) },
	# Clients whose handlers have thrown, and which nobody gives back to the pool.
	{ name => 'unresolved', label => 'abandoned', also => 'pinned-xmin',
		soon => 6, later => 65, tables => $queue, play => sub {
		node('orders-api', "async function lost(n) {
			const c = await client();
			await c.query('BEGIN');
			await c.query('INSERT INTO queue (id, note) VALUES (\$1, \$2)', [30000 + n, 'x']);
		}
		for (let n = 0; n < 3; n++) lost(n);
		setInterval(() => {}, 1000);");
		there(3, "application_name = 'orders-api' AND state = 'idle in transaction' AND backend_xid IS NOT NULL");
	}, is => "SELECT count(*) = 3 FROM pg_stat_activity WHERE application_name = 'orders-api'
		AND state = 'idle in transaction' AND backend_xid IS NOT NULL" },
	{ name => 'temp-table', label => 'abandoned', also => 'pinned-xmin',
		soon => 6, later => 65, tables => $queue, play => sub {
		session('jupyter-2', 'BEGIN; CREATE TEMPORARY TABLE t AS SELECT * FROM queue; SELECT count(*) FROM t;');
		there(1, "application_name = 'jupyter-2' AND state = 'idle in transaction'");
	}, is => "SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'jupyter-2' AND backend_xid IS NOT NULL
		AND state = 'idle in transaction'" },
	# ---- what keeps vacuum from its work ----
	# The statement runs on a standby, which tells the primary what it still needs.
	{ name => 'feedback', label => 'pinned-xmin', also => 'autovacuum-behind',
		soon => 75, tables => $jobs, play => sub {
		my $there = standby();
		again('analyst', "(echo 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class;'; sleep 3600)"
			. " | psql -qX $there >/dev/null");
		$i->until('the standby pins', sub { $i->sql('SELECT count(backend_xmin) FROM pg_stat_replication') eq '1' });
		churn();
		dead_rows(2000, 'queue');
	}, is => "SELECT count(*) = 1 FROM pg_stat_replication AS r, pg_stat_user_tables AS t
		WHERE t.relname = 'queue' AND t.n_dead_tup > 2000 AND t.last_vacuum > now() - interval '15 s'
			AND age(r.backend_xmin) >= ALL (SELECT age(backend_xmin) FROM pg_stat_activity
				WHERE backend_type = 'client backend' AND backend_xmin IS NOT NULL)" },
	{ name => 'lookups', label => 'pinned-xmin', also => 'transaction-over-io',
		soon => 13, later => 65, tables => $jobs, play => sub {
		bench('reconcile', 1, 0, "BEGIN ISOLATION LEVEL REPEATABLE READ;\n"
			. "\\set id random(1, 20000)\nSELECT note FROM queue WHERE id = :id;\n\\sleep 60 ms\n" x 1500 . 'COMMIT;');
		there(1, "application_name = 'reconcile' AND xact_start IS NOT NULL");
		churn();
		dead_rows(2000, 'queue');
	}, is => "SELECT count(*) = 1 FROM pg_stat_activity AS a, pg_stat_user_tables AS t
		WHERE a.application_name = 'reconcile' AND t.relname = 'queue' AND t.n_dead_tup > 2000
			AND t.last_vacuum > now() - interval '15 s' AND age(a.backend_xmin) = (SELECT max(age(backend_xmin))
				FROM pg_stat_activity)" },
	{ name => 'freeze-slow', label => 'wraparound', soon => 6, settings => "autovacuum_freeze_max_age = 100000
autovacuum_naptime = 1s\nautovacuum_vacuum_cost_limit = 1\nautovacuum_vacuum_cost_delay = 100ms\n", tables => $shops,
		play => sub {
		burn(200_000);
		there(1, "backend_type = 'autovacuum worker' AND query LIKE '%(to prevent wraparound)'");
	}, is => "SELECT max(age(datfrozenxid)) > 180000 FROM pg_database" },
	# Another job wants the same table every other second, and whoever waits for autovacuum ends it.
	{ name => 'cancelled', label => 'autovacuum-behind', also => 'lock-chain',
		soon => 14, settings => "autovacuum_naptime = 1s\n",
		tables => "$queue ALTER TABLE queue SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);"
		. 'UPDATE queue SET state = 0;' x 7, play => sub {
		again('tune-job', "psql -qXc 'ALTER TABLE queue SET (fillfactor = 90)'; sleep 0.5");
		bench('meter', 2, 300, "\\set id random(1, 20000)\nUPDATE queue SET state = state + 1 WHERE id = :id;");
		dead_rows(100_000, 'queue');
		$i->until('autovacuum is ended', sub { $i->log =~ /canceling autovacuum task/ });
	}, is => "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'queue'",
		holds => sub { $_[0] > 80_000 && grows(@_) >= 100 } },
	{ name => 'parts', label => 'autovacuum-behind', soon => 14, tables => 'CREATE TABLE visit (id integer PRIMARY KEY,
			state integer) PARTITION BY HASH (id);' . join('', map { "CREATE TABLE visit_$_ PARTITION OF visit
			FOR VALUES WITH (MODULUS 3, REMAINDER $_) WITH (autovacuum_enabled = false);" } 0 .. 2)
		. 'INSERT INTO visit SELECT n, 0 FROM generate_series(1, 20000) AS n; ANALYZE visit;'
		. 'UPDATE visit SET state = 1;' x 8, play => sub {
		bench('presence', 2, 300, "\\set id random(1, 20000)\nUPDATE visit SET state = state + 1 WHERE id = :id;");
		dead_rows(40_000, 'visit_1');
	}, is => "SELECT sum(n_dead_tup) FROM pg_stat_user_tables WHERE relname LIKE 'visit_%'",
		holds => sub { $_[0] > 100_000 && grows(@_) >= 100 } },
	# ---- replication ----
	# The subscriber has a row already that comes again: it tries, fails, and tries anew.
	{ name => 'conflict', label => 'slot-retains', also => 'write-pressure',
		soon => 13, settings => "wal_level = logical
wal_retrieve_retry_interval = 1s\n$small_wal", tables => 'CREATE TABLE more (n integer PRIMARY KEY, note text)',
		play => sub {
		subscriber('more', "CREATE TABLE more (n integer PRIMARY KEY, note text); INSERT INTO more VALUES (7, 'mine')");
		$i->sql("INSERT INTO more VALUES (7, 'theirs')");
		$i->until('it fails', sub { $i->log =~ /duplicate key value violates unique constraint "more_pkey"/ });
		segments(20);
		load(2, 100);
	}, is => lag('search_index', '> 200e6'), undo => \&unsubscribe },
	# A consumer that is there and has stopped reading, because what is behind it has.
	{ name => 'backpressure', label => 'slot-retains', soon => 13, settings => "wal_level = logical
wal_sender_timeout = 0\n$small_wal", tables => $shops, play => sub {
		$i->sql("SELECT pg_create_logical_replication_slot('debezium', 'test_decoding')");
		again('debezium', 'pg_recvlogical -d holdfast -S debezium --start -f - | (head -c 9; sleep 3600) >/dev/null');
		$i->sql('UPDATE shop SET quality = 5 WHERE id < 100000');
		there(1, "backend_type = 'walsender' AND wait_event LIKE '%SenderWriteData' OR wait_event = 'ClientWrite'");
		segments(20);
		load(2, 100);
	}, is => lag('debezium', '> 200e6 AND active'), undo => sub {
		$i->until('nobody reads it', sub { $i->sql('SELECT count(*) FROM pg_replication_slots WHERE active') eq '0' });
		$i->sql("SELECT pg_drop_replication_slot('debezium')");
		$i->sql('CHECKPOINT');
	} },
	# ---- statistics and plans ----
	# A large customer is new; autovacuum comes by in some minutes.
	{ name => 'tenant', label => 'stale-statistics', also => 'plan-change',
		soon => 40, settings => "autovacuum_naptime = 10min\n",
		tables => "$shops CREATE INDEX shop_id ON shop (id); CREATE TABLE visit (shop integer, tenant integer);
		INSERT INTO visit SELECT n, n % 20 FROM generate_series(1, 50000) AS n; CREATE INDEX ON visit (tenant);
		ANALYZE visit", play => sub {
		bench('invoicing', 2, 4, "\\set q random(1, 900)\nSELECT count(*), max(s.name) FROM visit AS v
	JOIN shop AS s ON s.id = v.shop WHERE v.tenant = 77 AND s.quality > :q;");
	}, at => 17, then => sub { $i->sql('INSERT INTO visit SELECT n, 77 FROM generate_series(1, 65000) AS n') },
		holds => \&second_half, is => sub {
		my $plan = $i->sql("EXPLAIN SELECT count(*), max(s.name) FROM visit AS v JOIN shop AS s ON s.id = v.shop
			WHERE v.tenant = 77 AND s.quality > 7");
		return $plan =~ /Nested Loop/ ? $i->sql("SELECT t.n_mod_since_analyze > 60000 FROM pg_stat_user_tables AS t
			WHERE t.relname = 'visit'") : 'f';
	} },
	# A setting that was meant to save planning: a generic plan cannot use the partial index.
	{ name => 'generic', label => 'plan-change', also => 'index-near-miss', soon => 40, tables => "$shops
		CREATE INDEX shop_seven ON shop (id) WHERE quality = 7; ANALYZE shop", play => sub {
		bench('featured', 2, 20, "\\set q 7\n\\set n random(1, 290000)\nSELECT max(name) FROM shop
	WHERE quality = :q AND id BETWEEN :n AND :n + 3000;", '-M', 'prepared');
	}, at => 17, then => sub {
		$i->sql('ALTER SYSTEM SET plan_cache_mode = force_generic_plan');
		$i->sql('SELECT pg_reload_conf()');
	}, after => sub { $i->sql('ALTER SYSTEM RESET ALL'); $i->sql('SELECT pg_reload_conf()') },
		is => "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'shop'", holds => \&turns },
	# A partition was exchanged for a copy of it, which has no indexes.
	{ name => 'swap', label => 'plan-change', also => 'index-near-miss', soon => 40, tables => "
		CREATE TABLE visit (shop integer, day date, note text) PARTITION BY RANGE (day);
		CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
		CREATE TABLE visit_2 PARTITION OF visit FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
		INSERT INTO visit SELECT n, '2026-01-05', md5(n::text) FROM generate_series(1, 30000) AS n;
		INSERT INTO visit SELECT n, '2026-02-05', md5(n::text) FROM generate_series(1, 150000) AS n;
		CREATE INDEX visit_1_shop ON visit_1 (shop); CREATE INDEX visit_2_shop ON visit_2 (shop); ANALYZE visit",
		play => sub {
		bench('timeline', 2, 15, "\\set n random(1, 150000)\nSELECT max(note) FROM visit WHERE shop = :n
	AND day >= '2026-02-01';");
	}, at => 17, then => sub {
		$i->sql('CREATE TABLE visit_new (LIKE visit_2); INSERT INTO visit_new SELECT * FROM visit_2');
		$i->sql('ANALYZE visit_new');
		$i->sql("BEGIN; ALTER TABLE visit DETACH PARTITION visit_2; ALTER TABLE visit ATTACH PARTITION visit_new
			FOR VALUES FROM ('2026-02-01') TO ('2026-03-01'); DROP TABLE visit_2; COMMIT");
	}, holds => \&second_half, is => sub {
		return $i->sql("EXPLAIN SELECT max(note) FROM visit WHERE shop = 7 AND day >= '2026-02-01'")
			=~ /Seq Scan on visit_new/ ? 't' : 'f' } },
	# The application sends a decimal where the column has whole numbers.
	{ name => 'decimal', label => 'index-near-miss', also => 'herd-no-period', soon => 16,
		tables => "$shops ALTER TABLE shop ADD PRIMARY KEY (id)", play => sub {
		bench('invoice-pdf', 2, 0, "\\set n random(1, 300000)\nSELECT name FROM shop WHERE id = :n.0;\n\\sleep 20 ms");
		there(1, "application_name = 'invoice-pdf' AND state = 'active'");
	}, is => "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'shop'", holds => sub { grows(@_) >= 10 } },
	# The index is in the order of a language, and serves no prefix.
	{ name => 'collation', label => 'index-near-miss', also => 'herd-no-period', soon => 16, tables => "$shops
		CREATE TABLE other AS SELECT id, quality, name COLLATE \"en-x-icu\" AS title FROM shop;
		CREATE INDEX other_title ON other (title); ANALYZE other", play => sub {
		bench('completion', 2, 0, "\\set n random(1000, 9999)\nSELECT id, title FROM other WHERE title LIKE ':n%';\n"
			. '\sleep 20 ms');
		there(1, "application_name = 'completion' AND state = 'active'");
	}, is => sub {
		return $i->sql("EXPLAIN SELECT id FROM other WHERE title LIKE '4711%'") =~ /Seq Scan/ ? 't' : 'f' } },
	# ---- the same again ----
	{ name => 'merge', label => 'spinning-update', soon => 16, tables => "$queue
		CREATE TABLE other AS SELECT * FROM queue; ANALYZE other", play => sub {
		$i->sql('SELECT pg_stat_statements_reset()');
		bench('price-sync', 2, 4, 'MERGE INTO queue AS q USING other AS o ON q.id = o.id
	WHEN MATCHED AND q.note IS DISTINCT FROM o.note THEN UPDATE SET note = o.note
	WHEN NOT MATCHED THEN INSERT VALUES (o.id, o.note, o.state);');
	}, holds => \&second_half, is => blocks('MERGE INTO queue%') },
	{ name => 'due', label => 'spinning-update', soon => 16, tables => $queue, play => sub {
		$i->sql('SELECT pg_stat_statements_reset()');
		bench('dispatcher', 3, 12, "\\set s 3\nWITH due AS (SELECT id FROM queue WHERE state = :s
	ORDER BY md5(note) LIMIT 10 FOR UPDATE SKIP LOCKED)
	UPDATE queue AS q SET state = 4 FROM due WHERE q.id = due.id RETURNING q.id, q.note;",
			'-M', 'prepared');
	}, holds => \&second_half, is => blocks('WITH due AS%') },
	# Seven workers of a program, each with its own cache, which all end at the same time.
	{ name => 'dynos', label => 'herd', soon => 30, tables => $queue, play => sub {
		node('dynos', "(async () => {
			const all = [];
			for (let n = 1; n < 8; n++) all.push(await client({ application_name: 'web.' + n }));
			setInterval(() => all.map((c) => c.query(
				'SELECT count(*), max(note), pg_sleep(0.9) FROM queue WHERE state >= \$1', [0])), 6000);
		})();");
		there(7, "application_name LIKE 'web.%' AND query LIKE 'SELECT count%'");
	}, is => "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND application_name LIKE 'web.%'",
		holds => \&waves_of },
	{ name => 'dashboard', label => 'herd', also => 'connections',
		soon => 38, tables => "$queue CREATE OR REPLACE FUNCTION dashboard(integer)
			RETURNS bigint LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(2);
			RETURN (SELECT count(*) FROM queue WHERE state < \$1); END'", play => sub {
		pooled(9, 'transaction');
		again("page-$_", "psql -qXAtc 'SELECT shops FROM dashboard(3) AS d (shops)' -h $i->{home}/pooler >/dev/null; "
			. in_step(9)) for 1 .. 7;
	}, is => "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND usename = 'holdfast_worker'
		AND query LIKE '%dashboard%'", holds => \&waves_of },
	# Every request is a session of its own.
	{ name => 'php', label => 'herd-no-period', also => 'connections', soon => 16, tables => $queue, play => sub {
		again('php-fpm: pool www', "psql -qXAtc 'SELECT max(note), count(*), pg_sleep(2 + 3 * random()) FROM queue
			WHERE state = 0' >/dev/null; sleep 0.$_" =~ s/\n\s*/ /r) for 1 .. 9;
		there(3, "application_name = 'php-fpm: pool www' AND state = 'active'");
	}, is => at_once('php-fpm: pool www') },
	# ---- connections ----
	# Clients keep what they were given, and hardly use it.
	{ name => 'session-mode', label => 'connections', also => 'transaction-over-io',
		soon => 14, tables => $queue, play => sub {
		pooled(4, 'session');
		bench('backoffice', 14, 0, "\\set id random(1, 20000)\nSELECT note FROM queue WHERE id = :id;\n\\sleep 700 ms",
			'-h', "$i->{home}/pooler");
		there(4, "usename = 'holdfast_worker'");
	}, is => sub { pooler_waits() >= 8 ? 't' : 'f' } },
	{ name => 'flap', label => 'connections', soon => 14, tables => $queue, play => sub {
		node('functions', "(async () => {
			for (;;) {
				const all = await Promise.all(Array.from({ length: 12 }, () => client()));
				await Promise.all(all.map((c) => c.query('SELECT note FROM queue WHERE id = \$1', [7])));
				await Promise.all(all.map((c) => c.end()));
				await pause(50);
			}
		})();");
		there(1, "application_name = 'functions'");
	}, is => 'SELECT sum(sessions) FROM pg_stat_database', holds => sub { grows(@_) >= 80 } },
	# ---- writing ----
	{ name => 'messages', label => 'write-pressure', soon => 18, settings => $least_wal,
		tables => '', play => sub {
		bench('events', 2, 14, "SELECT pg_logical_emit_message(true, 'order', repeat('x', 1000000));");
	}, is => 'SELECT checkpoints_req FROM pg_stat_bgwriter', holds => sub { grows(@_) >= 3 } },
	{ name => 'documents', label => 'write-pressure', soon => 18, settings => $least_wal,
		tables => 'CREATE TABLE more (n integer, body text); ALTER TABLE more ALTER COLUMN body SET STORAGE EXTERNAL',
		play => sub {
		bench('scanner', 2, 12, "\\set n random(1, 100000)\nINSERT INTO more VALUES
	(:n, repeat(md5(:n::text), 25000));");
	}, is => 'SELECT checkpoints_req FROM pg_stat_bgwriter', holds => sub { grows(@_) >= 3 } },
	# The rows of a cursor that outlives its transaction are written out when it commits.
	{ name => 'holdable', label => 'temporary-files', also => 'write-pressure',
		soon => 16, settings => "work_mem = 64kB\n", tables => $shops,
		play => sub {
		bench('grid', 2, 2, "BEGIN;\nDECLARE c CURSOR WITH HOLD FOR SELECT id, repeat(name, 12) AS wide FROM shop
	WHERE id < 100000;\nCOMMIT;\nFETCH 20 FROM c;\n\\sleep 200 ms\nCLOSE c;");
	}, is => 'SELECT sum(temp_bytes)::bigint / 1000000 FROM pg_stat_database', holds => sub { grows(@_) >= 200 } },
	# ---- without end ----
	{ name => 'cycle', label => 'runaway', also => 'temporary-files',
		soon => 5, later => 310, tables => "CREATE TABLE other AS
		SELECT n AS child, 1 + n % 3 AS parent FROM generate_series(1, 3) AS n", play => sub {
		session('org-chart-1', 'WITH RECURSIVE up AS (SELECT child, parent FROM other WHERE child = 1 UNION ALL
			SELECT o.child, o.parent FROM up JOIN other AS o ON o.child = up.parent) SELECT count(*) FROM up;');
		there(1, "application_name = 'org-chart-1' AND state = 'active'");
	}, is => active('org-chart-1', 1) },
	# Its client is gone, and the server does not look.
	{ name => 'orphan', label => 'runaway', soon => 5, later => 310,
		settings => "client_connection_check_interval = 0\n", tables => $shops, play => sub {
		my $client = Program->start('export-2', [ $i->psql('-c', 'SELECT sum(length(md5(a.name || b.name)))
			FROM shop AS a, shop AS b') ], env => { PGAPPNAME => 'export-2' });
		there(1, "application_name = 'export-2' AND state = 'active'");
		$client->kill;
	}, is => active('export-2', 1) },
	# ---- away ----
	# All of it stands still, as when the machine is moved or its disk does not answer.
	{ name => 'stalled', label => 'unreachable', soon => 16, tables => '', play => sub { }, at => 6, then => sub {
		my ($pid) = split /\n/, $i->slurp('data/postmaster.pid');
		my @all = ($pid, split ' ', `pgrep -P $pid`);
		$i->end_sessions;
		$i->freeze(@all);
		our $stalled = $pid;
		script('wakes', "sleep 7; kill -CONT @all; sleep 3600");
	}, is => sub { our $stalled && Instance::read_file("/proc/$stalled/stat") =~ /^\d+ \(.*\) T/s ? 't' : 'f' },
		holds => sub { grep({ $_ eq 't' } @_) >= 4 } },
);
my @healthy = (
	{ name => 'restore', tables => "$shops CREATE INDEX shop_name ON shop (name);
		ALTER TABLE shop ADD PRIMARY KEY (id)", play => sub {
		my $to = "$i->{home}/dump";
		system("pg_dump -Fc -t shop -f '$to' -h '$i->{dir}/run' -U postgres holdfast") == 0 or die 'pg_dump';
		again('restore', "pg_restore --clean --if-exists -d holdfast '$to'; sleep 1");
	}, is => active('restore', 1), holds => \&seldom },
	{ name => 'base-backup', tables => $shops, play => sub {
		again('pgbackrest', 'pg_basebackup -D - -Ft -X none --max-rate=1M >/dev/null');
		load(4, 100);
	}, is => 'SELECT count(*) = 1 FROM pg_stat_progress_basebackup' },
	{ name => 'slow-consumer', settings => "wal_level = logical\n", tables => $queue, play => sub {
		$i->sql("SELECT pg_create_logical_replication_slot('lake', 'test_decoding')");
		again('lake', q{pg_recvlogical -d holdfast -S lake --start -s 2 -F 2 -f - |
			perl -e 'while (sysread STDIN, $b, 16384) { select undef, undef, undef, 0.05 }'} =~ s/\n\s*/ /r);
		$i->until('the slot is read', sub { $i->sql('SELECT count(*) FROM pg_replication_slots WHERE active') eq '1' });
		again('shop', 'psql -qXc "UPDATE queue SET state = state + 1 WHERE id % 5 = 0"; sleep 6');
		load(2, 40);
	}, is => lag('lake', '< 200e6 AND active'), undo => "SELECT pg_drop_replication_slot('lake')" },
	{ name => 'graphile', tables => '', play => sub {
		mkdir "$i->{home}/jobs";
		mkdir "$i->{home}/jobs/tasks";
		open my $to, '>', "$i->{home}/jobs/tasks/mail.js" or die $!;
		print $to "module.exports = () => new Promise((done) => setTimeout(done, 60));\n";
		close $to;
		my $url = 'postgres:///holdfast?host=' . "$i->{dir}/run" . '&user=postgres&application_name=graphile';
		script('graphile', "cd $i->{home}/jobs
			&& exec node $root/node_modules/graphile-worker/dist/cli.js -j 4 -m 5 -c '$url'" =~ s/\n\s*/ /r,
			env => { PGUSER => 'postgres', PGHOST => "$i->{dir}/run" }, log => "$i->{home}/graphile.log");
		$i->until('its tables are there',
			sub { $i->sql("SELECT to_regclass('graphile_worker.jobs') IS NOT NULL") eq 't' });
		bench('api', 2, 15, "SELECT graphile_worker.add_job('mail', json_build_object('to', :client_id));");
	}, is => 'SELECT count(*) < 200 FROM graphile_worker.jobs', undo => 'DROP SCHEMA graphile_worker CASCADE' },
	{ name => 'hundreds', settings => "max_connections = 250\n", tables => "$queue CREATE INDEX ON queue (state)",
		play => sub {
		bench('agents', 130, 0, "\\set s random(4, 12)\n\\sleep :s s\nSELECT id FROM queue WHERE state = 9 LIMIT 1;",
			'-j', 1);
		there(130, "application_name = 'agents'");
	}, is => "SELECT count(*) = 130 FROM pg_stat_activity WHERE application_name = 'agents'" },
	{ name => 'migration', tables => "$shops CREATE INDEX shop_id ON shop (id)", play => sub {
		again('flyway', join(' ', q{psql -qX -c "SET lock_timeout = '2s'"},
			q{-c 'ALTER TABLE shop ADD COLUMN total integer';},
			'for n in $(seq 0 20000 280000); do psql -qXc "UPDATE shop SET total = quality WHERE id > $n',
			'AND id <= $n + 20000"; done; psql -qX',
			q{-c 'CREATE INDEX CONCURRENTLY shop_total ON shop (total)'},
			q{-c 'ALTER TABLE shop ADD CONSTRAINT some CHECK (total IS NOT NULL) NOT VALID'},
			q{-c 'ALTER TABLE shop VALIDATE CONSTRAINT some' -c 'ALTER TABLE shop DROP COLUMN total'}));
		bench('page', 2, 20, "\\set n random(1, 300000)\nSELECT name FROM shop WHERE id = :n;");
	}, is => active('flyway', 1), holds => \&seldom },
	{ name => 'warehouse', settings => "max_parallel_workers_per_gather = 2\n", tables => $shops, play => sub {
		again('superset', 'psql -qXc "SELECT quality % 40, left(name, 1), count(DISTINCT name), avg(quality) FROM shop
			GROUP BY GROUPING SETS ((1, 2), (1), (2), ())" >/dev/null; sleep 1' =~ s/\n\s*/ /r);
	}, is => active('superset', 1), holds => \&seldom },
	{ name => 'archive', tables => "$queue CREATE TABLE other (LIKE queue); CREATE OR REPLACE PROCEDURE archive()
			LANGUAGE plpgsql AS 'DECLARE n integer; BEGIN LOOP
			WITH gone AS (DELETE FROM queue WHERE id IN (SELECT id FROM queue ORDER BY id LIMIT 20) RETURNING *)
				INSERT INTO other SELECT * FROM gone; GET DIAGNOSTICS n = ROW_COUNT; COMMIT; EXIT WHEN n = 0;
			PERFORM pg_sleep(0.1); END LOOP; END'", play => sub {
		session('archive-1', 'CALL archive();');
		there(1, "application_name = 'archive-1' AND state = 'active'");
		load(2, 50);
	}, is => active('archive-1', 1) },
	{ name => 'replica', tables => $queue, play => sub {
		my $there = standby();
		again('reads', "psql -qXAtc 'SELECT count(*), pg_sleep(0.5) FROM queue' $there >/dev/null; sleep 1");
		load(4, 100);
	}, is => "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'
		AND pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) < 50e6" },
);
return map { { alone => 1, %$_, name => "fifth-$_->{name}" } } @faults,
	map { { %$_, label => 'none', single => 1 } } @healthy;
