#!/usr/bin/perl
# `audit db --watch --bouncer`: transactions that are held open behind a PgBouncer, while other clients wait for the
# connection. Real sessions, a real PgBouncer.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use POSIX ();
use Test::More;
use Wait;

my $db = AuditDb->start(settings => ['fsync=off']);
$db->sql('CREATE TABLE job (id int PRIMARY KEY, state text); INSERT INTO job SELECT i FROM generate_series(1, 50) i');
my ($pooler, $dir) = $db->pooler('shop', 'default_pool_size = 2', 'stats_users = watcher');
my $none = $db->file("SELECT 1;\n");
my @watch = ('--statements', $none, '--watch', 6, '--rule', 'transaction-over-io');
my @console = ('--bouncer', "host=$dir port=6432 user=watcher");

# A client that begins, selects and then waits for something else: its input stays open. It ends with the test.
my @clients;
sub holds {
	my ($application, $host, $port, $database) = @_;
	local @ENV{qw(PGAPPNAME PGPASSWORD)} = ($application, $db->{password});
	my $pid = open(my $in, '|-') // die "fork: $!";
	if (!$pid) {
		open STDERR, '>', "$db->{work}/client." . @clients;
		exec qw(psql -X -o /dev/null -U admin -d), $database, '-h', $host, '-p', $port or POSIX::_exit(127);
	}
	$in->autoflush;
	print $in "BEGIN;\nSELECT id FROM job WHERE state IS NULL LIMIT 7;\n";
	push @clients, [ $pid, $in ];
}
# All go, also those that still wait for a connection.
sub leave {
	my @gone = splice @clients;
	kill TERM => map { $_->[0] } @gone;
	close $_->[1] for @gone;
}
sub held { $db->sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") }
sub show {
	my $rows = `psql -XAt -F '|' -h $dir -p 6432 -U watcher -d pgbouncer -c 'SHOW POOLS' 2>&1`;
	return $rows =~ /^shop\|admin\|\d+\|(\d+)\|/m ? $1 : -1;
}

holds('mailer-1', $dir, 6432, 'shop');
holds('mailer-2', $dir, 6432, 'shop');
wait_until('two transactions are open', sub { held() == 2 });
my ($code, $out) = $db->audit(@watch, @console);
is($code, 2, 'two sessions that wait with a transaction open');
like($out, qr/; PgBouncer shop: 2 of 2 server connections in use\n/, 'the pool is named; nobody waits for it');

holds("mailer-$_", $dir, 6432, 'shop') for 3 .. 6;
wait_until('four clients wait', sub { show() == 4 });
($code, $out) = $db->audit(@watch, @console);
is($code, 2, 'a finding');
like($out, qr/^error: 2 sessions of mailer wait outside the database with a transaction open/m, 'who, how many');
like($out, qr/; PgBouncer shop: 2 of 2 server connections in use, 4 clients wait, the longest for \d+\.\d s\n/,
	'and who waits for them');
like($out, qr/SELECT id FROM job WHERE state IS NULL LIMIT \?/, 'the last statement, without constants');
subtest 'a console that cannot be asked is an error with its reason' => sub {
	my ($failed, undef, $why) = $db->audit(@watch, '--bouncer', "host=$dir port=6433 user=watcher");
	is($failed, 1, 'could not be done');
	like($why, qr/PgBouncer 1: .*6433/, 'which, and why');
	my ($usage, undef, $said) = $db->audit(@console);
	is($usage, 64, 'without --watch it has no meaning');
	like($said, qr/--bouncer is for audit db --watch/, 'which is said');
};

subtest 'a person in psql is a warning when clients wait for the connection' => sub {
	leave();
	wait_until('nobody holds a transaction', sub { held() == 0 && show() == 0 });
	holds('psql', $dir, 6432, 'shop');
	holds('psql', $dir, 6432, 'shop');
	wait_until('two hold', sub { held() == 2 });
	holds('shop', $dir, 6432, 'shop');
	wait_until('one waits', sub { show() == 1 });
	my ($found, $text) = $db->audit(@watch, @console);
	is($found, 2, 'a finding when one waits');
	like($text, qr/^warning: .* of psql .*\n(?:.*\n)*?.*2 server connections in use, 1 client waits/m, 'a warning');
};
leave();
$pooler->stop;
done_testing;
