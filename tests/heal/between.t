#!/usr/bin/perl
# What changes between the look of heal and its act: the victim ends, its process number is given to another session,
# its transaction or its statement is another one by then, it only goes on in the same transaction. Nobody else is ever
# hit, and who has not changed is. HOLDFAST_BETWEEN rounds (50) go through all changes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Steps;
use Test::More;

my $rounds = $ENV{HOLDFAST_BETWEEN} // 50;
my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
$i->sql('CREATE TABLE queue (id integer PRIMARY KEY, note text); INSERT INTO queue VALUES (1);
	ALTER TABLE queue OWNER TO holdfast_owner');
my $heal = Steps->start($i);
sub run { my ($sql) = @_; return $heal->sql(victim => $sql) }
my $idle = 'SELECT note FROM queue WHERE id = 1';
my $long = 'SELECT pg_sleep(600)';
my $pid;
sub begin { $pid = $heal->ask('open victim'); return }
# The session is active with that statement, and it is not the one that was there before.
sub until_active {
	my ($process, $than) = @_;
	$i->until('it is active', sub { $heal->value("SELECT state = 'active' AND query = '$long'
		AND query_start > timestamptz '$than' FROM pg_stat_activity WHERE pid = $process") eq 't' });
	return;
}
sub started {
	return $heal->value("SELECT coalesce(max(query_start), '-infinity') FROM pg_stat_activity WHERE pid = $pid");
}
sub send_long { my $than = started(); $heal->ask("send victim $long"); until_active($pid, $than); return }
sub cancel_long {
	$heal->value("SELECT pg_cancel_backend($pid)");
	like($heal->ask('result victim'), qr/user request/, 'somebody else has cancelled it');
	return;
}
sub disconnect {
	my ($process) = @_;
	$heal->ask('close victim');
	$i->until('it is gone', sub { $heal->value("SELECT count(*) FROM pg_stat_activity WHERE pid = $process") eq '0' });
	return;
}
# Another session, with the same application and statement, gets the number of the process.
sub reuse {
	my ($old) = @_;
	disconnect($old);
	begin();
	$heal->pid_reused($old => $pid);
	return;
}

# A change, and what it does after the look; `sent`: the session has not changed, so it is hit.
my @idle = (
	[ 'nothing', sub { }, 'sent' ],
	[ 'the transaction has ended', sub { run('COMMIT') } ],
	[ 'another transaction has begun', sub { run($_) for 'COMMIT', 'BEGIN', $idle } ],
	[ 'another transaction has begun at once', sub { run("COMMIT AND CHAIN; $idle") } ],
	[ 'it has gone on in its transaction', sub { run($idle) } ],
	[ 'it has run another statement', sub { run('SELECT 2') } ],
	[ 'it has another name', sub { run("SET application_name = 'other'") } ],
	[ 'another server answers', sub { $heal->server_started('1 s') } ],
	[ 'the standby has been promoted', sub { $heal->standby(1) } ],
	[ 'it has disconnected', sub { disconnect($pid) }, undef, 'gone' ],
	[ 'its number is that of another session', sub {
		reuse($pid);
		run($_) for 'BEGIN', $idle;
	} ],
);
my @active = (
	[ 'nothing', sub { }, 'sent' ],
	[ 'another server answers', sub { $heal->server_started('1 s') } ],
	[ 'the statement has ended', sub { cancel_long() } ],
	[ 'the same statement runs again', sub { cancel_long(); send_long() } ],
	[ 'its number is that of another session', sub {
		$heal->value("SELECT pg_terminate_backend($pid)");
		$heal->ask('result victim');
		reuse($pid);
		send_long();
	} ],
);
my %hit;
for my $round (0 .. $rounds - 1) {
	my $cancels = $round % 4 == 3;
	my $list = $cancels ? \@active : \@idle;
	my ($change, $happens, $sent, $gone) = @{ $list->[ ($cancels ? $round / 4 : $round - int($round / 4)) % @$list ] };
	begin();
	if ($cancels) { send_long() }
	else { run($_) for 'BEGIN', $idle }
	is($heal->ask('look victim'), $pid, 'the look has the session');
	$happens->();
	my $said = $heal->ask($cancels ? 'cancel' : 'terminate');
	is($said, $sent ? 'sent' : 'not sent', ($cancels ? 'cancel: ' : 'terminate: ') . "$change: $said");
	$hit{$said}++;
	if ($sent && $cancels) { like($heal->ask('result victim'), qr/user request/, 'it is cancelled') }
	elsif ($sent) { like($heal->ask('sql victim SELECT 1'), qr/terminating|closed/, 'it is terminated') }
	elsif (!$gone) {
		is($heal->value("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid"), 1, 'who is there now is not hit');
		is($heal->value("SELECT state FROM pg_stat_activity WHERE pid = $pid"), 'active', 'nor its statement')
			if $cancels && $change !~ /ended/;
	}
	$heal->value("SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE application_name IN ('victim', 'other')");
	$heal->ask('close victim') unless $gone;
	$heal->value('TRUNCATE fake.process');
	$heal->server_started('0');
	$heal->standby(0);
}
cmp_ok($hit{'not sent'} // 0, '>=', $rounds / 2, 'in most rounds something had changed') if $rounds >= 20;
is($heal->end, 0, 'the program ends in order');
done_testing;
