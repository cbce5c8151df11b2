#!/usr/bin/perl
# `audit db --watch`: a batch of a running application that is called and changes nothing is found while rows are left
# to be changed; an empty queue, a poller and a batch that works are not. And a pooler is refused clearly.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
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
SELECT pg_stat_statements_reset();
SQL

# An application: the same statement again and again.
sub runs {
	my ($name, $statement) = @_;
	my $loop = "SET application_name = '$name';\n$statement \\watch 0.1\n";
	my $file = $db->file($loop);
	return Program->start($name, [ 'psql', '-XAtq', '-o', '/dev/null', '-f', $file, $db->url('postgres') ],
		log => "$db->{work}/$name.log");
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
);
for my $program (qw(job done_job work)) {
	wait_until("$program is written", sub {
			$db->sql("SELECT count(*) FROM pg_stat_statements WHERE query LIKE 'UPDATE $program %' AND calls > 3") });
}
my $none = $db->file("SELECT 1;\n");
my ($code, $out) = $db->audit('--watch', 12, '--statements', $none, '--rule', 'spinning-filter');
is($code, 2, 'a finding');
my @headlines = $out =~ /^(\w+: a batch on .*)$/mg;
is(scalar @headlines, 2, 'the one that spins, and the one that cannot be told from it') or diag $out;
like($out,
	qr/^error: a batch on job was written \d+ times in 12 s and changed 0 rows, while rows are left to be changed /m,
	'the first line is count, table and what is left');
like($out, qr/id = ANY \(ARRAY\(SELECT id FROM job WHERE sent IS NULL ORDER BY id LIMIT \$1 FOR UPDATE SKIP LOCKED\)\)/,
	'with the remedy');
like($out, qr/^warning: a batch on job .*\n(?:.*\n){3,5}?  .*whether rows are left cannot be seen/m,
	'where constants are hidden it is said');
unlike($out, qr/done_job|on work/, 'neither an empty queue nor one that is worked on');
is($db->sql("SELECT count(*) FROM job WHERE sent IS NULL"), 2400, 'nothing was changed');
$_->stop for @programs;

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
