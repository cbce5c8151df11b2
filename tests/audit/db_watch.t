#!/usr/bin/perl
# `audit db --watch`: a batch of a running application that is called and changes nothing is found while rows are left
# to be changed; an empty queue, a poller and a batch that works are not. A table that changes only in bursts while its
# application works is a note. And a pooler is refused clearly.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use IO::Handle;
use Program;
use Test::More;
use Wait;

my $db = AuditDb->start(settings => [qw(fsync=off shared_preload_libraries=pg_stat_statements)]);
$db->script(<<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE job (id int PRIMARY KEY, sent timestamptz, state text NOT NULL);
INSERT INTO job SELECT i, CASE WHEN i <= 600 THEN now() END, 'new' FROM generate_series(1, 3000) i;
CREATE TABLE done_job (LIKE job INCLUDING ALL);
INSERT INTO done_job SELECT id, now(), 'done' FROM job;
CREATE TABLE work (id int PRIMARY KEY, state text NOT NULL);
INSERT INTO work SELECT i, 'new' FROM generate_series(1, 200000) i;
CREATE TABLE lease (id int PRIMARY KEY, at timestamptz NOT NULL, parent int NOT NULL);
INSERT INTO lease VALUES (0, now(), 0);
ANALYZE lease;
INSERT INTO lease SELECT i, now(), i / 5 FROM generate_series(1, 20) i;
-- no rows a page: however much the updates make the table grow until it is looked at, one row is expected
UPDATE pg_class SET reltuples = 0 WHERE relname = 'lease';
CREATE TABLE lease_once (LIKE lease INCLUDING ALL);
INSERT INTO lease_once TABLE lease;
CREATE TABLE item (id int PRIMARY KEY, state text NOT NULL);
INSERT INTO item SELECT i, 'new' FROM generate_series(1, 3000) i;
CREATE TABLE one_by_one (LIKE item INCLUDING ALL);
INSERT INTO one_by_one TABLE item;
CREATE TABLE nightly (LIKE item INCLUDING ALL);
INSERT INTO nightly TABLE item;
CREATE TABLE before (LIKE item INCLUDING ALL);
INSERT INTO before TABLE item;
CREATE ROLE discovery LOGIN PASSWORD 'd' IN ROLE pg_read_all_data, pg_write_all_data;
CREATE ROLE finisher LOGIN PASSWORD 'f' IN ROLE pg_read_all_data, pg_write_all_data;
CREATE ROLE cron LOGIN PASSWORD 'c' IN ROLE pg_read_all_data, pg_write_all_data;
CREATE ROLE leaser LOGIN PASSWORD 'l' IN ROLE pg_read_all_data, pg_write_all_data;
SELECT pg_stat_statements_reset();
SQL

# An application: the same statement again and again.
sub runs {
	my ($name, $statement, @as) = @_;
	my $loop = "SET application_name = '$name';\n$statement \\watch 0.1\n";
	my $file = $db->file($loop);
	return Program->start($name, [ 'psql', '-XAtq', '-o', '/dev/null', '-f', $file, $db->url('postgres', @as) ],
		log => "$db->{work}/$name.log");
}
sub lease {
	my ($table, $before, $behind) = @_;
	return "UPDATE $table SET at = clock_timestamp() WHERE $before FROM $table WHERE parent >= 0"
		. " ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED$behind";
}
my @programs = (
	# spins: the first 500 have a value, and are selected for ever
	runs('spinner',
		'UPDATE job SET sent = now() WHERE id IN (SELECT id FROM job ORDER BY id LIMIT 500) AND sent IS NULL'),
	# of the same shape, but nothing is left to do
	runs('idler', 'UPDATE done_job SET sent = now()'
			. ' WHERE id IN (SELECT id FROM done_job ORDER BY id LIMIT 500) AND sent IS NULL'),
	# a queue that is empty: right
	runs('poller', "UPDATE done_job SET state = 'taken' WHERE id = ANY (ARRAY(SELECT id FROM done_job"
			. " WHERE state = 'new' ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED))"),
	# works
	runs('worker', "UPDATE work SET state = 'done' WHERE id = ANY (ARRAY(SELECT id FROM work"
			. " WHERE state = 'new' ORDER BY id LIMIT 10 FOR UPDATE SKIP LOCKED))"),
	# its constants are parameters in pg_stat_statements
	runs('hidden',
		"UPDATE job SET state = 'x' WHERE id IN (SELECT id FROM job ORDER BY id LIMIT 400) AND state = 'old'"),
	# its LIMIT runs for each row: a plan of statistics of one row
	runs('overrun', lease('lease', 'id IN (SELECT id', ')'), 'leaser', 'l'),
	# once, and of a column that several rows have alike
	runs('once', lease('lease_once', 'id = ANY (ARRAY(SELECT id', '))'), 'leaser', 'l'),
	runs('several', lease('lease_once', 'parent IN (SELECT parent', ')'), 'leaser', 'l'),
	# works, and says so only at the end: its UPDATE comes from another session
	runs('discovery-1', 'SELECT count(*) FROM item', 'discovery', 'd'),
	# says of each item that it is done
	runs('finisher', "UPDATE one_by_one SET state = 'done' WHERE id = (SELECT min(id) FROM one_by_one"
			. " WHERE state = 'new')", 'finisher', 'f'),
);
for my $program (qw(job done_job work)) {
	wait_until("$program is written", sub {
			$db->sql("SELECT count(*) FROM pg_stat_statements WHERE query LIKE 'UPDATE $program %' AND calls > 3") });
}
# A session that is idle but for one UPDATE of many rows. Because it is sent in the first second of the session, the
# server's counter of rows shows it only ten seconds later.
my @idle;
sub once {
	my ($name, $table) = @_;
	local $ENV{PGAPPNAME} = $name;
	my ($role) = $name =~ /^([a-z]+)/;
	open my $session, '|-', 'psql', '-XAtq', $db->url('postgres', $role, substr $role, 0, 1) or die "psql: $!";
	$session->autoflush;
	print $session "UPDATE $table SET state = 'done';\n";
	push @idle, $session;
	wait_until("$table is done", sub { $db->sql("SELECT count(*) FROM $table WHERE state = 'done'") == 3000 });
	return;
}
once('discovery-3', 'before');
my $none = $db->file("SELECT 1;\n");
my $looks = Program->start('audit', [ "$ENV{HOLDFAST_BUILD}/holdfast", 'audit', 'db', $db->url('postgres'), '--notes',
		'--watch', 25, '--statements', $none ], out => "$db->{work}/watched", log => "$db->{work}/watch.log");
wait_until('the first look is over', sub {
		$db->sql("SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%n_tup_upd%' AND calls > 0"
			. " AND query LIKE '%c.oid%'") });
once('discovery-2', 'item');
once('cron', 'nightly');
my $status = $looks->reap;
my $out = AuditDb::slurp("$db->{work}/watched");
is($status >> 8, 2, 'a finding') or diag $looks->log;
my @headlines = $out =~ /^(\w+: a batch on .* \[spinning-filter\])$/mg;
is(scalar @headlines, 2, 'the one that spins, and the one that cannot be told from it') or diag $out;
like($out,
	qr/^error: a batch on job was written \d+ times in 25 s and changed 0 rows, while rows are left to be changed /m,
	'the first line is count, table and what is left');
like($out, qr/id = ANY \(ARRAY\(SELECT id FROM job WHERE sent IS NULL ORDER BY id LIMIT \$1 FOR UPDATE SKIP LOCKED\)\)/,
	'with the remedy');
like($out, qr/^warning: a batch on job .*\n(?:.*\n){3,5}?  .*whether rows are left cannot be seen/m,
	'where constants are hidden it is said');
unlike($out, qr/done_job|on work/, 'neither an empty queue nor one that is worked on');
is($db->sql("SELECT count(*) FROM job WHERE sent IS NULL"), 2400, 'nothing was changed');
my @over = $out =~ /^(\w+: .*) \[limit-overrun\]$/mg;
is(scalar @over, 1, 'one batch writes more than its LIMIT: not one that runs once, or whose column is not unique')
	or diag $out;
like($over[0] // '', qr/^error: a batch on lease with LIMIT 2 changed \d+ rows in \d+ calls, within 25 s$/,
	'limit, rows and calls');
my @silent = $out =~ /^(\w+: rows of .*) \[silent-batch\]$/mg;
is(scalar @silent, 1, 'one table changes in bursts: not one that changes all the time, or that changed before the watch'
		. ' began, nor one of an idle application')
	or diag $out;
like($silent[0] // '', qr/^note: rows of public\.item change only in bursts: none for 2\d s, while discovery works$/,
	'a note: which table, how long, who works');
like($out, qr/  3000 rows changed in 1 of 25 looks, in which discovery was busy \d+ times; a monitor/, 'with figures');
like($out, qr/^.*UPDATE item SET state = .*$/m, 'and the statement');
like($out, qr/Write the state of each item when it is done, in a transaction of its own\./, 'and the remedy');
close $_ for @idle;
$_->stop for @programs;

subtest 'Ctrl-C ends the watch: what was seen is told, and how much was not looked at' => sub {
	local $ENV{PGAPPNAME} = 'mailer';
	open my $session, '|-', 'psql', '-XAtq', '-o', '/dev/null', $db->url('postgres') or die "psql: $!";
	$session->autoflush;
	print $session "BEGIN;\nSELECT count(*) FROM job;\n";
	wait_until('a transaction is open', sub {
			$db->sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") });
	my $looked = sub {
		$db->sql("SELECT coalesce(max(calls), 0) FROM pg_stat_statements WHERE query LIKE '%c.oid%n_tup_upd%'");
	};
	my $before = $looked->();
	my $watch = Program->start('audit', [ "$ENV{HOLDFAST_BUILD}/holdfast", 'audit', 'db', $db->url('postgres'),
			'--watch', 600, '--statements', $none ], out => "$db->{work}/cut", log => "$db->{work}/cut.log");
	wait_until('it has looked nine times', sub { $looked->() >= $before + 9 });
	$watch->signal('INT');
	is($watch->reap >> 8, 1, 'not all could be done');
	like(AuditDb::slurp("$db->{work}/cut"), qr/^warning: a session of mailer has a transaction open/m, 'what was seen');
	like($watch->log, qr/interrupted after \d+ of 601 looks/, 'and how far it came');
	close $session;
};

subtest 'what a watch does not see is told' => sub {
	$db->sql("CREATE ROLE guest LOGIN PASSWORD 'g'");
	my $watched = sub {
		my ($database, $role) = @_;
		my $url = $db->url($database, $role, substr $role, 0, 1);
		my ($code, $out, $said) = $db->audit({ url => $url }, '--notes', '--watch', 5, '--statements', $none);
		return "$out$said";
	};
	my $all = AuditDb::slurp("$db->{work}/watched");
	unlike($all, qr/not watched/, 'nothing, with all rights and the extension');
	my $guest = $watched->('postgres', 'guest');
	like($guest, qr/^note: --watch does not see a part of the server \[sql-unwatched\]$/m, 'a note');
	like($guest, qr/the sessions of other roles are not shown to this role: GRANT pg_monitor/, 'which, and what to do');
	like($guest, qr/; not watched: sessions of other roles \(pg_monitor\);/, 'also in the last line');
	unlike($guest, qr/not watched: batches/, 'the extension is there');
	$db->sql('CREATE DATABASE bare');
	my $bare = $watched->('bare', 'guest');
	like($bare, qr/without the extension nothing counts how often a batch runs/, 'without the extension');
	like($bare, qr/; not watched: batches \(pg_stat_statements\);/, 'and in the last line');
};

subtest 'a transaction pooler is refused with what to give instead, also where it refuses settings' => sub {
	for my $refuses (0, 1) {
		my @lines = $refuses ? () : 'ignore_startup_parameters = extra_float_digits,options';
		my ($pooler, $dir) = $db->pooler('postgres', @lines);
		my $address = { url => "host=$dir port=6432 dbname=postgres user=admin" };
		for my $how ([ '--statements', $none ], [ '--statements', 'code' ], [ '--watch', 5 ]) {
			my ($refused, $said, $why) = $db->audit($address, @$how);
			is($refused, 1, "@$how[0 .. 0]: could not be done");
			is($said, '', 'no report');
			like($why, qr/the address is a pooler's .*: give the server's own host and port/, 'why, and what to do');
		}
		$pooler->stop;
	}
};
done_testing;
