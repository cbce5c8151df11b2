#!/usr/bin/perl
# What happens to the server, the machine and heal itself while heal watches: clocks that are set, statistics that are
# reset, restarts, a promotion, a healer that is stopped, a connection that breaks in the middle of an act. The ledger
# says each, nothing is done in the window after, and never is an act done twice or to a session that it is not due to.
# heal is stepped (tests/lib/Steps.pm), so that each happens at a certain moment.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Steps;
use Test::More;

my $window = 12;
my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
$i->sql('CREATE TABLE queue (id integer PRIMARY KEY, note text); INSERT INTO queue VALUES (1);
	ALTER TABLE queue OWNER TO holdfast_owner');
my ($heal, $runs, @root) = (undef, 0);

# A healer, and a root that is idle in its transaction with a session that waits for it.
sub start {
	my (@more) = @_;
	my $ledger = "$i->{home}/ledger." . ++$runs;
	$heal = Steps->start($i, ledger => $ledger, allow => 'application=^billing', @more);
	chain();
	return;
}
sub chain {
	$heal->ask('open billing-1');
	$heal->sql('billing-1' => 'BEGIN; UPDATE queue SET note = 1 WHERE id = 1');
	$heal->ask('open web-1');
	$heal->ask('send web-1 UPDATE queue SET note = 2 WHERE id = 1');
	$i->until('one waits', sub { $heal->value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
		AND application_name = 'web-1'") eq '1' });
	return;
}
sub unchain { $heal->ask("close $_") for 'billing-1', 'web-1'; return }
sub intents { return scalar(my @i = $heal->lines('intent')) }
sub root_lives { return $heal->value("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'billing-1'") }
sub kinds { return join ' ', map { $_->{kind} } grep { $_->{kind} =~ /intent|done/ } $heal->lines }
sub end {
	my ($what) = @_;
	is($heal->end, 0, "$what: the healer ends in order");
	$i->until('its sessions are gone', sub { $i->sql("SELECT count(*) FROM pg_stat_activity
		WHERE application_name ~ '^(billing|web)-'") eq '0' });
	return;
}
# Nothing is done in the window after, and then it is, once.
sub is_held_back {
	my ($what, $gap) = @_;
	is(scalar(grep { $_ eq $gap } $heal->gaps), 1, "$what: the ledger says it once: $gap")
		or diag explain [ $heal->gaps ];
	$heal->pass($window - 3);
	is(intents(), 0, "$what: nothing is done in the window after");
	$heal->pass(8);
	is(intents(), 1, "$what: then it is, once");
	is(kinds(), 'intent done', "$what: with what came of it");
	is(root_lives(), 0, "$what: to the root");
	return;
}

# ---- nothing happens ----
start();
my $look = $heal->pass($window - 1);
like($look->{relief}, qr/the window has to fill first/, 'the first window only looks');
$look = $heal->pass(1);
is($look->{terminates}, 1, 'then the root is terminated');
is($heal->ask('result web-1'), 'ok', 'and who waited goes on');
$heal->pass(20);
is(kinds(), 'intent done', 'once, and the ledger has it');
is(($heal->lines('done'))[0]{seen}, 'gone', 'with what was seen afterwards');
is_deeply([ $heal->gaps ], [], 'no gap is in the ledger');
end('nothing');

# ---- the clock of this machine ----
for my $by (7200, -7200) {
	start();
	$heal->pass($window - 2);
	$heal->ask("wall $by");
	$heal->pass(1);
	is_held_back("clock of the machine set by $by s", 'the clock of this machine was set');
	end("wall $by");
}
my @time = gmtime(time + 6 * 3600 - 600);
start(maintenance => sprintf 'daily %02d:%02d 30min', $time[2], $time[1]);
$heal->ask('wall ' . 6 * 3600);
$look = $heal->pass($window + 2);
like($look->{relief}, qr/it is time of maintenance/, 'maintenance is by the clock as it is set now');
is(intents(), 0, 'so nothing is done');
end('maintenance');

# ---- the clock of the server ----
start();
$heal->pass($window - 2);
$heal->server_clock('2 h');
$look = $heal->pass($window + 4);
like(join(', ', $heal->gaps), qr/^the clock of the server was set[^,]*, or[^,]*$/,
	'server set forward: the ledger says it');
like($look->{relief}, qr/the server's clock was set since it began/, 'what seems to last for hours is not acted on');
is(intents(), 0, 'nothing is done');
is(root_lives(), 1, 'nobody was hit');
end('server set forward');
start();
$heal->pass($window - 2);
$heal->server_clock('-2 h');
$look = $heal->pass($window + 4);
like(join(', ', $heal->gaps), qr/^the clock of the server was set/, 'server set backward: the ledger says it');
is(intents(), 0, 'what has not begun yet by that clock is not acted on');
is(root_lives(), 1, 'nobody was hit');
end('server set backward');

# ---- statistics are reset ----
start();
$heal->value('SELECT 7') for 1 .. 20;
$heal->pass($window - 2);
$i->sql('SELECT pg_stat_statements_reset()');
$i->sql('SELECT pg_stat_reset()');
$heal->value('SELECT 7');
$look = $heal->pass(2);
is_deeply($look->{causes}, ['lock-chain'], 'a reset is no other cause');
is_held_back('statistics reset', 'the statistics of statements were reset');
end('reset');

# ---- heal is stopped, and goes on ----
start();
$heal->pass($window - 2);
$heal->ask('sleep 40');
$heal->server_clock('40 s');
$heal->pass(1);
is_held_back('stopped for 40 s', 'this process did not run');
end('stopped');
# ... between its intent and its act
start();
$heal->pass($window - 1);
$heal->ask('slow 30');
$look = $heal->pass(1);
is($look->{terminates}, 0, 'stopped before the act: what was seen 30 s ago is not acted on');
is(kinds(), 'intent done', 'and the ledger says so');
like(($heal->lines('done'))[-1]{seen}, qr/^not sent: it was seen too long ago/, 'in words');
is(root_lives(), 1, 'nobody was hit');
end('stopped before the act');

# ---- the connection breaks in the middle of an act ----
start();
$heal->pass($window - 1);
$heal->ask('pause');
like($heal->pass(1)->{act}, qr/^\d+$/, 'an act is about to be sent');
$i->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holdfast heal'");
$look = $heal->ask('go');
like($look->{relief}, qr/^terminate process \d+ \(billing-1\): act: /,
	'the connection breaks before it: the error is told');
is(root_lives(), 1, 'the root lives');
$heal->pass($window - 1);
is(intents(), 1, 'it is not tried again at once');
is(($heal->lines('done'))[0]{seen}, 'still', 'the ledger says that it is still there');
$heal->pass(6);
is(kinds(), 'intent done intent done', 'after a window it is tried again');
is(root_lives(), 0, 'and the root is gone');
end('broken before');
start();
$i->sql('CREATE OR REPLACE FUNCTION fake.pg_terminate_backend(wanted integer) RETURNS boolean LANGUAGE sql AS
	$$SELECT pg_catalog.pg_terminate_backend(wanted) AND pg_catalog.pg_terminate_backend(pg_backend_pid())$$');
$look = $heal->pass($window);
like($look->{relief}, qr/^terminate process \d+ \(billing-1\): act: /,
	'the connection breaks after it: the error is told');
$heal->pass(2 * $window);
is(kinds(), 'intent done', 'it is not done twice');
is(($heal->lines('done'))[0]{seen}, 'gone', 'and the ledger has what came of it');
is(root_lives(), 0, 'the root is gone');
end('broken after');

# ---- a standby is promoted ----
start();
$heal->standby(1);
is($heal->pass(4)->{standby}, 1, 'the server is a standby');
$heal->standby(0);
$heal->pass(1);
is_held_back('promoted', 'the standby was promoted');
end('promoted');

# ---- the server is restarted ----
start();
$heal->pass($window - 2);
my $postmaster = (split /\n/, $i->slurp('data/postmaster.pid'))[0];
kill INT => $postmaster;
$i->until('another one answers', sub { my $now = (split /\n/, $i->slurp('data/postmaster.pid'))[0];
	$now && $now != $postmaster && eval { $i->sql('SELECT 1') } });
unchain();
$heal->ask('close admin');
$heal->ask('open admin');
isnt($heal->step->{reach}, 0, 'restarted: its connection is gone');
chain();
$heal->free_clock;
$heal->server_started('1 h'); # the clock of heal is ahead of the real one
$heal->pass(1);
is(scalar(grep { $_ eq 'the server was restarted' } $heal->gaps), 1, 'restarted: the ledger says it');
$heal->pass($window - 4);
is(intents(), 0, 'nothing is done in the window after');
$heal->pass(16);
is(intents(), 1, 'then it is, once');
end('restarted');
done_testing;
