#!/usr/bin/perl
# heal.keep: the healer of an instance, in its sandbox, drops lines of its ledger that are older, keeps those of an
# incident that is not closed, and goes on. (Crashes in the middle of it: tests/unit/ledger.c.)
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Steps;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1, 'heal.enabled' => 'yes' });
$i->up;
my $ledger = "$i->{dir}/heal/ledger.ndjson";
sub lines { return eval { map { decode_json($_) } split /\n/, Instance::read_file($ledger) } }
$i->until('the healer watches', sub { grep { $_->{kind} eq 'start' } lines() });
$i->sql('CREATE TABLE queue (id integer PRIMARY KEY, note text); INSERT INTO queue VALUES (1);
	ALTER TABLE queue OWNER TO holdfast_owner');

# A ledger whose lines are 40 days old: an incident that nobody has closed, and a gap.
my $old = "$i->{home}/old";
my $heal = Steps->start($i, ledger => $old);
$heal->ask('sleep ' . -40 * 86400);
$heal->ask('open billing-1');
$heal->sql('billing-1' => 'BEGIN; UPDATE queue SET note = 1 WHERE id = 1');
$heal->ask('open web-1');
$heal->ask('send web-1 UPDATE queue SET note = 2 WHERE id = 1');
$i->until('one waits', sub { $heal->value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
	AND application_name = 'web-1'") eq '1' });
$heal->pass(5);
$heal->ask('sleep 60');
$heal->pass(1);
my $gaps = $heal->gaps;
cmp_ok($gaps, '>=', 1, 'the old ledger has a gap');
is(scalar(my @found = $heal->lines('finding')), 1, 'and an incident');
is($heal->end, 0, 'and is complete');
$i->run_ok('down');
my ($user, $group) = (stat $ledger)[4, 5];
system('cp', $old, $ledger) == 0 or die "cp: $?";
chown $user, $group, $ledger or die "chown: $!";

$i->up;
$i->until('old lines are dropped', sub { grep { $_->{kind} eq 'trimmed' } lines() });
my ($trimmed, @rest) = lines();
is("$trimmed->{kind} $trimmed->{lines}", "trimmed $gaps", 'the gaps are dropped, and their number begins the file');
is_deeply([ map { $_->{kind} } @rest[ 0 .. 2 ] ], [qw(start finding breaker)], 'the incident that is not closed stays');
is(-s "$ledger.trim", 0, 'nothing is left over');
my %status = $i->until_running && $i->status;
is($status{'heal/1'}{state}, 'running', 'the healer goes on');
ok($status{'heal/1'}{separation}{seccomp}, 'in its sandbox');
like($i->run_ok('heal', '--ledger'), qr/$gaps older lines were dropped so far \(heal\.keep\)/,
	'the command line says it');
like($i->run_ok('heal', '--report', 1), qr/^# Incident 1: Sessions wait for a lock/, 'and has the report');
$i->run_ok('down');
is_deeply([ $i->left ], [], 'down leaves nothing');
done_testing;
