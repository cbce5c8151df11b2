#!/usr/bin/perl
# heal that may act, and real servers: a process number that another session gets, a standby that is promoted between
# the look and the act, a primary that dies while another server takes over, where a session has the same process number
# and name. Nobody is hit who was not looked at, on the server and the timeline that was looked at. heal is stepped
# (tests/lib/Steps.pm).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use Server;
use Steps;
use Test::More;
use Wait;

my $window = 12;
my $ledgers = tempdir(CLEANUP => 1);
# Where namespaces are not allowed, process numbers differ between the servers and are not reused.
my $primary = eval { Server->start(own_pids => 1) };
my $own_pids = $primary ? 1 : 0;
diag "process numbers are not reused here: $@" if !$own_pids;
$primary //= Server->start;
$ENV{PGPASSWORD} = 'of the roles';
$primary->sql("CREATE ROLE holdfast_owner LOGIN PASSWORD 'of the roles';
	CREATE ROLE holdfast_heal LOGIN PASSWORD 'of the roles' IN ROLE pg_monitor;
	CREATE TABLE queue (id integer PRIMARY KEY, note text); INSERT INTO queue VALUES (1);
	ALTER TABLE queue OWNER TO holdfast_owner");
Steps::prepare($primary);
my $standby = $primary->standby(own_pids => $own_pids);
sub at { my ($server) = @_; return "host=$server->{home} port=5432 dbname=postgres" }
my $idle = 'SELECT note FROM queue WHERE id = 1';
my $heal;
sub run { my ($name, @sql) = @_; $heal->sql($name => $_) for @sql; return }
sub lives { my ($server, $name) = @_; return $server->sql("SELECT count(*) FROM pg_stat_activity
	WHERE application_name = '$name'") }
sub gap { my ($why) = @_; return scalar grep { $_ eq $why } $heal->gaps }
sub kinds { return join ' ', map { $_->{kind} } grep { $_->{kind} =~ /intent|done/ } $heal->lines }
# A session under that name whose process has that number, as soon as the server gives it.
sub open_as {
	my ($name, $pid, $server) = @_;
	return wait_until("process $pid is a session again", sub {
		$server->next_pid($pid);
		my $got = $heal->ask("open $name " . at($server));
		$heal->ask("close $name") if $got != $pid;
		return $got == $pid;
	});
}

# ---- a process number is used again ----
$heal = Steps->start($primary, conninfo => at($primary), ledger => "$ledgers/reuse");
for my $act (qw(terminate cancel)) {
	last if !$own_pids;
	my @begin = $act eq 'cancel' ? () : ('BEGIN', $idle);
	my $work = sub {
		run(victim => @begin);
		return if @begin;
		$heal->ask('send victim SELECT pg_sleep(600)');
		wait_until('it is active', sub { $primary->sql("SELECT count(*) FROM pg_stat_activity
			WHERE application_name = 'victim' AND state = 'active'") eq '1' });
	};
	my $pid = $heal->ask('open victim');
	$work->();
	is($heal->ask('look victim'), $pid, "$act: the look has the session");
	$primary->sql("SELECT pg_terminate_backend($pid)");
	$heal->ask('close victim');
	wait_until('it is gone', sub { lives($primary, 'victim') eq '0' });
	open_as(victim => $pid, $primary);
	$work->();
	is($heal->ask($act), 'not sent', "$act: another session with its process number and name is not hit");
	is($primary->sql("SELECT state FROM pg_stat_activity WHERE application_name = 'victim' AND pid = $pid"),
		@begin ? 'idle in transaction' : 'active', "$act: it goes on");
	is($heal->ask('look victim'), $pid, "$act: looked at again");
	is($heal->ask($act), 'sent', "$act: the same session is");
	$heal->ask('close victim');
}
is($heal->end, 0, 'the healer ends in order');

# ---- the standby is promoted between the look and the act ----
# A transaction that writes nothing has to be idle for five minutes, which it seems to be.
$heal = Steps->start($primary, conninfo => at($standby), admin => at($primary), allow => 'application=^billing',
	ledger => "$ledgers/promoted", replayed => sub { $standby->replayed if $standby->{follows} });
my $pid = $heal->ask('open billing-1');
run('billing-1' => 'BEGIN', $idle);
$heal->server_clock('310 s');
my $look = $heal->pass($window - 1);
is($look->{standby}, 1, 'heal watches a standby');
is_deeply($look->{causes}, ['abandoned'], 'on which a transaction was left open');
like($look->{relief}, qr/the window has to fill first/, 'that it would end');
$heal->ask('pause');
is($heal->pass(1)->{act}, $pid, 'the act is about to be sent');
$standby->promote;
delete $standby->{follows};
is($standby->sql("SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"), '00000002',
	'the standby is promoted: another timeline');
like($heal->ask('go')->{relief}, qr/it is another session by now/, 'what was seen on a standby is not done');
is(lives($standby, 'billing-1'), 1, 'the session lives');
$heal->ask('close admin');
$heal->ask('open admin');
$look = $heal->pass(1);
is($look->{standby}, 0, 'the next look is at a primary');
is(gap('the standby was promoted'), 1, 'and the ledger says it');
$heal->pass($window - 2);
is(kinds(), 'intent done', 'nothing is done in the window after');
$heal->pass(8);
is(kinds(), 'intent done intent done', 'then it is, once');
is(lives($standby, 'billing-1'), 0, 'to the session');
is($heal->end, 0, 'the healer ends in order');

# ---- the primary dies, and its standby of before takes over ----
# There a session has the same name, statement and, where that can be made, the same process number.
$heal = Steps->start($primary, conninfo => "host=$primary->{home},$standby->{home} port=5432 dbname=postgres"
	. ' target_session_attrs=read-write', allow => 'application=^billing', ledger => "$ledgers/died");
sub chain {
	my ($n, $server) = @_;
	run("billing-$n" => 'BEGIN; UPDATE queue SET note = 1 WHERE id = 1');
	$heal->ask("open web-$n " . at($server));
	$heal->ask("send web-$n UPDATE queue SET note = 2 WHERE id = 1");
	wait_until('one waits', sub { $server->sql("SELECT count(*) FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND application_name = 'web-$n'") eq '1' });
}
$pid = $heal->ask('open billing-1 ' . at($primary));
chain(1, $primary);
$heal->pass($window - 1);
if ($own_pids) { open_as('billing-2' => $pid, $standby) }
else { $heal->ask('open billing-2 ' . at($standby)) }
run('billing-2' => "SET application_name = 'billing-1'");
chain(2, $standby);
$heal->ask('pause');
is($heal->pass(1)->{act}, $pid, 'the act is about to be sent to the primary');
$primary->stop;
like($heal->ask('go')->{relief}, qr/^terminate process \d+ \(billing-1\): act: /, 'which has died: the error is told');
$heal->ask('close admin');
$heal->ask('open admin');
$heal->free_clock;
wait_until('heal reaches the other server', sub { $heal->pass(1)->{reach} == 0 });
is(gap('another server answers'), 1, 'the ledger says that another server answers')
	or diag explain [ $heal->gaps ];
is((grep { $_->{seen} =~ /^not known: another server/ } $heal->lines('done')), 1,
	'and that what came of the act is not known');
is(lives($standby, 'billing-1'), 1, 'the session there, of the same name, lives');
$heal->pass($window - 2);
is(scalar(my @before = $heal->lines('intent')), 1, 'nothing is done in the window after');
is(lives($standby, 'billing-1'), 1, 'and it lives');
$heal->pass(8);
is(scalar(my @after = $heal->lines('intent')), 2, 'then it is relieved for what it is itself');
is(lives($standby, 'billing-1'), 0, 'and is gone');
$heal->ask("close $_") for qw(billing-1 web-1);
is($heal->end, 0, 'the healer ends in order');
done_testing;
