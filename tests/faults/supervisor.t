#!/usr/bin/perl
# What the supervisor promises: nothing outlives it, what dies comes back, requests in flight are answered,
# settings change without a refused connection, and one instance is run once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::INET;
use Instance;
use JSON::XS;
use Test::More;
use Time::HiRes qw(time);

my $i = Instance->make(settings => { 'web.processes' => 2, 'cache.search_ttl' => '0s' })
	;    # what is asked reaches the database
my ($code, $text) = $i->run('status');
is($code, 1, 'status exits 1 when nothing runs');
like($text, qr/is not running/, 'and says so');

# ---- a supervisor that is killed ----
$i->up;
my %p = $i->processes;
cmp_ok(scalar keys %p, '>', 6, 'supervisor, two web processes and PostgreSQL run');
is($i->get('/readyz')->{status}, 200, 'and are ready when up --detach returns');
my $begin = time;
kill KILL => $i->supervisor;
$i->until('everything is gone', sub { my %q = $i->processes; !%q });
pass(sprintf 'kill -9 of the supervisor takes down everything (%.2f s)', time - $begin);
($code, $text) = $i->run('status');
is($code, 1, 'status then says that nothing runs');
$i->up;
is($i->get('/readyz')->{status}, 200, 'and the next up needs no cleaning');

# ---- once ----
($code, $text) = $i->run('up', '--detach');
is($code, 1, 'a second up is refused');
like($text, qr/is running already/, 'and says why');
($code, $text) = $i->run('up');
is($code, 1, 'in the foreground too');
is($i->get('/readyz')->{status}, 200, 'which does not disturb the first');
my $other = Instance->make;
$other->set('web.listen' => $i->{address});
($code, $text) = $other->run('up', '--detach');
is($code, 1, 'another instance on the same address is refused');
like($text, qr/web\.listen: cannot listen on \Q$i->{address}\E: Address already in use/, 'and says which address');
is_deeply([ grep { !/^port/ } $other->left ], [], 'and leaves nothing');
$other->end;

# ---- who may ask ----
SKIP: {
	skip 'only root can be another user', 2 if $>;
	local $i->{user} = 'nobody';
	($code, $text) = $i->run('down');
	is($code, 1, 'another user cannot stop the instance');
	like($text, qr/Permission denied/, 'because the control socket is closed to him');
}

# ---- what is in force ----
my %s = $i->status;
for my $web (grep { m{^web/} } sort keys %s) {
	my $sandbox = ($ENV{VARIANT} // '') !~ /san/ && -e '/proc/sys/kernel/seccomp/actions_avail';
	is($s{$web}{separation}{seccomp}, $sandbox || ($ENV{VARIANT} // '') =~ /san/ ? JSON::XS::true : JSON::XS::false,
		"$web says that its system calls are filtered");
	my ($seccomp) = Instance::read_file("/proc/$s{$web}{pid}/status") =~ /^Seccomp:\s+(\d)/m;
	is($seccomp, 2, 'and the kernel says so too');
	my ($new) = Instance::read_file("/proc/$s{$web}{pid}/status") =~ /^NoNewPrivs:\s+(\d)/m;
	is($new, 1, 'and that it cannot gain privileges');
	my ($uid) = Instance::read_file("/proc/$s{$web}{pid}/status") =~ /^Uid:\s+(\d+)/m;
	is($uid, $> ? $> : getpwnam 'holdfast-web', 'and runs as the user it says');
	is($s{$web}{separation}{user}, $> ? JSON::XS::false : JSON::XS::true, 'which status reports');
	opendir my $fds, "/proc/$s{$web}{pid}/fd" or die;
	my @foreign = grep { /^\// && !/^\/dev\/null$|holdfast\.log$|^\/memfd:holdfast-cache / }
		map { readlink("/proc/$s{$web}{pid}/fd/$_") // () } readdir $fds;
	is_deeply(\@foreign, [], 'and it has no file open but the log and the cache');
	my $environ = join ' ', sort map { /^(\w+)=/ } split /\0/, Instance::read_file("/proc/$s{$web}{pid}/environ");
	is($environ, 'HOLDFAST_CACHE_SLOT HOLDFAST_DATABASE HOLDFAST_INSTANCE HOLDFAST_SCOREBOARD_REGION HOLDFAST_SETTINGS',
		'and nothing in its environment but what it needs');
}

# ---- what dies comes back ----
%s = $i->status;
my $victim = $s{'web/1'}{pid};
my $client = client($i);
kill KILL => $victim;
$i->until('web/1 is back',
	sub { %s = $i->status; ($s{'web/1'}{state} // '') eq 'running' && $s{'web/1'}{pid} != $victim });
is($s{'web/1'}{restarts}, 1, 'a killed web process is started again and counted');
is($s{'web/1'}{last_end}, 'signal 9', 'with how it ended');
like($i->run_ok('status'), qr/^web\/1 .*\n +last end: signal 9$/m, 'also on the screen');
is($s{'web/2'}{restarts}, 0, 'the other one was left alone');
my %seen = finish($client);
is($seen{refused} // 0, 0, "no connection was refused meanwhile ($seen{ok} answered)");

$victim
	= (grep { Instance::read_file("/proc/$_/cmdline") =~ /^postgres: checkpointer/ } keys %{ { $i->processes } })[0];
kill KILL => $victim;
$i->until('the server has noticed', sub { $i->log =~ /all server processes terminated; reinitializing/ });
$i->until('the database has recovered', sub { $i->get('/v1/categories')->{status} == 200 });
pass('a killed server process of the database: the web processes find the database again');
my ($postmaster) = $i->slurp('data/postmaster.pid') =~ /^(\d+)/;
kill KILL => $postmaster;
$i->until('another postmaster runs',
	sub { %s = $i->status; $s{postgres}{restarts} >= 1 && $s{postgres}{state} eq 'running' });
$i->until('the directory answers', sub { $i->get('/v1/categories')->{status} == 200 });
pass('a killed postmaster is replaced, and the directory answers again');
$i->remember;

# ---- a program that cannot live ----
rename "$i->{bin}/holdfast-web", "$i->{bin}/holdfast-web.good" or die;
system('cp', '/bin/false', "$i->{bin}/holdfast-web") == 0 or die;
kill KILL => $s{'web/2'}{pid};
$begin = time;
$i->until('web/2 has failed five times', sub { %s = $i->status; $s{'web/2'}{restarts} >= 5 });
# At least half of 100, 200, 400 and 800 ms: a busy machine only makes it longer.
cmp_ok(time - $begin, '>', 0.7, 'a program that fails at once is tried more and more seldom');
is($s{'web/2'}{last_end}, 'status 1', 'status says how it ends');
$i->until('status calls it that', sub { %s = $i->status; $s{'web/2'}{state} eq 'backing off' });
pass('and that it is backing off');
my @answers;
$i->until('web/2 is tried again', sub {
	push @answers, map { $i->get('/healthz')->{status} } 1 .. 20;
	%s = $i->status;
	return $s{'web/2'}{restarts} >= 7;
});
is_deeply([ grep { $_ != 200 } @answers ], [], 'the other process takes all connections meanwhile') or diag "@answers";
unlink "$i->{bin}/holdfast-web" or die;
open my $script, '>', "$i->{bin}/holdfast-web" or die;
print $script "#!/bin/sh\nexec sleep 10000\n";
close $script or die;
chmod 0755, "$i->{bin}/holdfast-web" or die;
$i->until('web/2 is started', sub { %s = $i->status; $s{'web/2'}{state} eq 'starting' });
@answers = map { $i->get('/healthz')->{status} } 1 .. 20;
is_deeply([ grep { $_ != 200 } @answers ], [], 'also while it is there and never ready') or diag "@answers";
kill KILL => $s{'web/2'}{pid};
rename "$i->{bin}/holdfast-web.good", "$i->{bin}/holdfast-web" or die;
$i->until_running;
pass('once it is mended it runs again');

# ---- connections that nobody has accepted ----
%s = $i->status;
my @webs = map { $s{$_}{pid} } 'web/1', 'web/2';
kill STOP => @webs;
$i->until('both have stopped', sub { !grep { Instance::read_file("/proc/$_/stat") !~ /\) T / } @webs });
my @waiting = map { IO::Socket::INET->new(PeerAddr => $i->{address}) // die "connect: $!" } 1 .. 20;
print $_ "GET /healthz HTTP/1.1\r\nHost: $i->{address}\r\nConnection: close\r\n\r\n" for @waiting;
kill KILL => @webs;
is(scalar(grep { (<$_> // '') =~ / 200 / } @waiting),
	20, 'they are answered by the next processes when all of them are killed');
$i->until_running;

# ---- settings ----
my %before = $i->status;
$i->set('web.processes' => 2, 'http.idle_timeout' => 'soon');
($code, $text) = $i->run('reload');
is($code, 1, 'settings with a mistake are refused');
like($text, qr/holdfast\.conf:\d+: http\.idle_timeout: 'soon' is not a duration/, 'with file, line and cause');
$i->set('web.processes' => 3);
($code, $text) = $i->run('reload');
is($code, 1, 'so is a change that a reload cannot make');
like($text, qr/web\.processes changes only by/, 'and says what can');
%s = $i->status;
is_deeply({ map { $_ => $s{$_}{pid} } keys %s }, { map { $_ => $before{$_}{pid} } keys %before },
	'and nothing was restarted');

$client = client($i);
$i->set('web.processes' => 2, 'log.format' => 'json', 'http.access_log' => 'yes');
kill HUP => $i->supervisor;
$i->until('both have been replaced', sub {
	%s = $i->status;
	return !grep { $s{$_}{state} ne 'running' || $s{$_}{pid} == $before{$_}{pid} } 'web/1', 'web/2';
});
%seen = finish($client);
is($seen{refused} // 0, 0, "SIGHUP replaces the web processes without a refused connection ($seen{ok} answered)");
is($seen{failed} // 0, 0, 'and without a broken answer');
is($s{'web/1'}{restarts}, $before{'web/1'}{restarts}, 'which does not count as a restart');
$i->until('the log is JSON', sub { $i->log =~ /^\{.*"path":"\/healthz"/m || $i->log =~ /^\{.*healthz/m });
pass('the new settings are in force');

# ---- a request in flight when the end comes ----
$i->set('web.processes' => 2, 'log.format' => 'json', 'http.access_log' => 'yes', 'db.timeout' => '600s',
	'web.drain_timeout' => '600s');
$i->no_statement_timeouts;
$i->run_ok('down');
$i->up;
my $lock = $i->hold('category');
my $pid = open my $asked, '-|' // die "fork: $!";
if (!$pid) {
	my $answer = $i->get('/v1/categories');
	print "$answer->{status} ", $answer->{status} == 200 ? '' : $answer->{content};
	require POSIX;
	STDOUT->flush;
	POSIX::_exit(0);
}
$i->until('the request waits in the database', sub {
	$i->sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'holdfast_web'");
});
kill TERM => $i->supervisor;
$i->until('the end has begun', sub { my %q = $i->status; ($q{holdfastd}{state} // '') eq 'stopping' });
$i->until('nobody listens', sub { !$i->listens });
Instance::release($lock);
is(join('', <$asked>), '200 ', 'a request in flight is answered although SIGTERM has come');
close $asked;
$i->until('everything is gone', sub { my %q = $i->processes; !%q });
is_deeply([ $i->left ], [], 'and then nothing is left');
like($i->log, qr/database system is shut down/, 'the database was shut down properly');

# ---- in the foreground ----
$pid = fork // die "fork: $!";
if (!$pid) {
	setpgrp;
	open STDOUT, '>', "$i->{home}/foreground.log" or die;
	open STDERR, '>&', \*STDOUT or die;
	exec "$i->{bin}/holdfast", '-C', $i->{dir}, 'up';
	die "exec: $!";
}
$i->until_running;
is($i->supervisor, $pid, 'up without --detach becomes the supervisor itself');
kill INT => -$pid;
waitpid $pid, 0;
is($?, 0, 'Ctrl-C, which goes to everything on the terminal, stops it');
my $log = Instance::read_file("$i->{home}/foreground.log");
unlike($log, qr/"?died"?|ERROR/, 'in order: nothing fails');
# The database is stopped only after the web processes, whose sessions it may still be ending.
my @order = $log =~ /"event":"stopped","process":"(web\/\d|postgres)"/g;
is($order[-1], 'postgres', 'the database ends last') or diag $log;
is_deeply([ sort @order[0 .. $#order - 1] ], [ 'web/1', 'web/2' ], 'after the web processes');
is_deeply([ $i->left ], [], 'and nothing is left');

# ---- a supervisor that hangs ----
$i->up;
$i->freeze($i->supervisor);
($code, $text) = $i->run('down', '--wait', 1);
is($code, 0, 'down ends an instance whose supervisor does not answer') or diag $text;
is_deeply([ $i->left ], [], 'and leaves nothing');
($code, $text) = $i->run('down');
is($code, 0, 'down of what does not run is no error');
like($text, qr/was not running/, 'and says so');
done_testing;

# Asks in a process of its own, one connection after the other, until finish().
sub client {
	my ($at) = @_;
	my $pid = open my $out, '-|' // die "fork: $!";
	return { pid => $pid, out => $out } if $pid;
	my (%seen, $end);
	$SIG{TERM} = sub { $end = 1 };
	until ($end) {
		my $answer = $at->get('/healthz');
		my $kind = $answer->{status} == 200 ? 'ok' : $answer->{content} =~ /refused/ ? 'refused' : 'failed';
		$seen{$kind}++;
	}
	print map { "$_ $seen{$_}\n" } keys %seen;
	require POSIX;
	STDOUT->flush;
	POSIX::_exit(0);
}

sub finish {
	my ($client) = @_;
	kill TERM => $client->{pid};
	my $out = $client->{out};
	my %seen = map { split } <$out>;
	close $out;
	return %seen;
}
