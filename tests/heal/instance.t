#!/usr/bin/perl
# heal.enabled: a healer as a process of the instance. It says in the log and in the ledger what it finds, acts only
# with heal.act, and knows after a kill -9 what it knew before.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use POSIX ();
use Test::More;

my %settings = ('web.processes' => 1, 'heal.enabled' => 'yes', 'heal.allow' => 'application=^billing');
my $i = Instance->make(settings => \%settings);
$i->up;
my %status = $i->until_running && $i->status;
is($status{'heal/1'}{state}, 'running', 'the healer is a process of the instance');
ok($status{'heal/1'}{separation}{seccomp}, 'in a sandbox');
$i->sql('CREATE TABLE queue (id integer PRIMARY KEY, note text); INSERT INTO queue VALUES (1); ALTER TABLE queue
	OWNER TO holdfast_owner');

# A root that is idle in its transaction, and who waits for it.
my @in;
for my $name (qw(billing-1 web-1)) {
	local $ENV{PGAPPNAME} = $name;
	my $pid = open(my $in, '|-') // die "fork: $!";
	if (!$pid) {
		open STDERR, '>', '/dev/null';
		exec $i->psql(qw(-U holdfast_owner -o /dev/null)) or POSIX::_exit(127);
	}
	$in->autoflush;
	print $in "BEGIN; UPDATE queue SET note = '$name' WHERE id = 1;\n";
	my $state = $name eq 'web-1' ? "wait_event_type = 'Lock'" : "state = 'idle in transaction'";
	$i->until("$name is there",
		sub { $i->sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = '$name' AND $state") });
	push @in, $in;
}
sub lines { return eval { map { decode_json($_) } split /\n/, $i->slurp('heal/ledger.ndjson') } }
$i->until('the incident is in the ledger', sub { grep { $_->{kind} eq 'breaker' } lines() });
ok($i->until('it is in the log', sub { $i->log =~ /"incident".*lock-chain/ }), 'and in the log');
like($i->run_ok('heal', '--report'), qr/^# Incident 1: Sessions wait for a lock/, 'the command line has its report');
is((grep { $_->{kind} eq 'start' } lines())[0]{acts}, 0, 'without heal.act it does not act');

my $pid = $status{'heal/1'}{pid};
kill KILL => $pid;
$i->until('another one watches', sub { (grep { $_->{kind} eq 'start' } lines()) == 2 });
my $seen = () = $i->slurp('heal/ledger.ndjson') =~ /"what":"began"/g;
is($seen, 1, 'which knows the incident: it is no new one');
is(scalar(grep { $_->{kind} eq 'intent' } lines()), 0, 'nothing was done');

$i->run_ok('down');
is_deeply([ $i->left ], [], 'down ends it with the others');
done_testing;
