#!/usr/bin/perl
# Real scenes on a real PostgreSQL, each made certain before heal looks: what it names, with which exit status, and that
# no literal of a statement is in what it prints or records. The judges themselves: tests/unit/judge.c.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use POSIX ();
use Program;
use Test::More;
use Wait;

my $canary = 'canary-4711-never-shown';
my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
$i->sql("CREATE TABLE queue (id integer PRIMARY KEY, note text);
	INSERT INTO queue SELECT n, 'x' FROM generate_series(1, 100) AS n");

# Sessions of psql under another name: written to as the scene goes on, ended with the scene.
my %session;
sub begin {
	my ($name, $sql) = @_;
	local $ENV{PGAPPNAME} = $name;
	my $pid = open(my $in, '|-') // die "fork: $!";
	if (!$pid) {
		open STDERR, '>', "$i->{home}/psql.$name";
		exec $i->psql(qw(-o /dev/null)) or POSIX::_exit(127);
	}
	$in->autoflush;
	$session{$name} = $in;
	print $in "$sql\n";
}
sub say_to { my ($name, $sql) = @_; print { $session{$name} } "$sql\n" }
sub end {
	my $names = join ', ', map { "'$_'" } keys %session;
	$i->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ($names)");
	close delete $session{$_} for keys %session;
}
sub until_sql {
	my ($event, $sql) = @_;
	return $i->until($event, sub { $i->sql("SELECT $sql") eq 't' });
}
my $activity = 'FROM pg_stat_activity WHERE';

# (exit code, causes by name, the whole text)
sub judge {
	my ($code, $text) = @_;
	my @found = grep { $_->{diagnosis} } map { decode_json($_) } split /\n/, $text;
	unlike($text, qr/canary|4711/, 'no literal is shown');
	return ($code, { map { $_->{diagnosis} => $_ } grep { $_->{confidence} ne 'note' } @found }, $text);
}
sub heal { my (@options) = @_; return judge($i->run('--json', 'heal', '--once', @options)) }

# It looks until its ledger has what is waited for, however long that takes, and then says what it sees. The sub gets
# the findings of the ledger, the latest last.
my $runs = 0;
sub heal_until {
	my ($event, $code, @options) = @_;
	my ($ledger, $out) = map { "$i->{home}/$_." . ++$runs } qw(ledger found);
	my $heal = Program->start('heal', [ $i->command('--json', 'heal', '--once', '--seconds', 3600,
		'--keep', $ledger, @options) ], log => "$i->{home}/heal.log", out => $out);
	$heal->until($event, sub {
		my @lines = map { decode_json($_) } split /\n/, Instance::read_file($ledger);
		$code->(map { $_->{finding} } grep { $_->{kind} eq 'finding' } @lines) });
	$heal->signal('INT');
	$i->until('heal ends', sub { $heal->ended });
	return (judge($heal->{status} >> 8, Instance::read_file($out)), $ledger);
}
sub named { my ($diagnosis, @found) = @_; return (grep { $_->{diagnosis} eq $diagnosis } @found)[-1] }

# ---- nothing is wrong ----
my ($code, $causes, $text) = heal('--seconds', 2);
is($code, 0, 'a quiet server: exit status 0') or diag $text;
is_deeply($causes, {}, 'and no cause');
is(decode_json($text)->{sees_all_sessions}, JSON::XS::true, 'the role sees all sessions');
is(decode_json($text)->{sees_statements}, JSON::XS::true, 'and the counters of statements');

# What a recording has of texts: times, numbers and hashes may have any digits.
sub texts_of {
	my ($recorded) = @_;
	return $recorded =~ s/":-?[\d.]+//gr =~ s/"(?:hash|fingerprint)":"[0-9a-f]+"//gr;
}

# ---- a lock chain ----
begin('billing-1', "BEGIN; UPDATE queue SET note = '$canary' WHERE id = 1;");
until_sql('the root is idle in its transaction',
	"count(*) = 1 $activity application_name = 'billing-1' AND state = 'idle in transaction'");
begin("web-$_", "SELECT '$canary'; UPDATE queue SET note = '$canary' WHERE id = 1;") for 1 .. 3;
until_sql('three have waited for 3 s', "count(*) = 3 $activity wait_event_type = 'Lock'
	AND application_name LIKE 'web-%' AND query_start < clock_timestamp() - interval '3 s'");
my $recording = "$i->{home}/chain";
($code, $causes, $text, my $ledger) = heal_until('the chain is named', sub { named('lock-chain', @_) },
	'--record', $recording);
is($code, 2, 'with a cause: exit status 2');
is_deeply([ keys %$causes ], ['lock-chain'], 'sessions that wait are a lock chain and nothing else') or diag $text;
my $root = $i->sql("SELECT pid $activity application_name = 'billing-1'");
is($causes->{'lock-chain'}{pid}, $root, 'its root is named');
is($causes->{'lock-chain'}{waiters}, 3, 'and how many wait');
like($causes->{'lock-chain'}{cause}, qr/billing-1/, 'by the name of its application');
my $recorded = Instance::read_file($recording);
unlike(texts_of($recorded), qr/canary|4711/, 'no literal is in the recording');
like($recorded, qr/"frozen_age":\d+,"freeze_max":\d+,.*"checkpoint_at":\d+,"wal_at":\d+/,
	'the state of the whole server is in it');
cmp_ok(scalar(split /\n/, $recorded), '>', 2, 'which has a line a sample');
my ($again, $replayed) = $i->run('--json', 'heal', '--replay', $recording);
is($again, 2, 'a replayed recording has the exit status');
is_deeply([ map { decode_json($_) } split /\n/, $replayed ], [ map { decode_json($_) } split /\n/, $text ],
	'and the findings of the server');
($code, $text) = $i->run('heal', '--replay', $recording);
like($text, qr/^CAUSE   3 sessions wait .*^\s+DO     .*^\s+UNTIL  .*^\s+SURE   certain/ms,
	'text: cause, do, until, sure');
is($i->sql("SELECT count(*) $activity wait_event_type = 'Lock'"), 3, 'nobody was cancelled or terminated');
end();

# ---- the ledger of it ----
my @ledger = ('--keep', $ledger);
($code, $text) = $i->run('heal', '--ledger', @ledger);
like($text, qr/watching holdfast.*\n.* 1  began: 3 sessions wait .*CLOSED -> SUSPECT/s,
	'the ledger says what was found');
unlike(Instance::read_file($ledger) . $text, qr/canary|4711/, 'without literals');
my ($reported, $report) = $i->run('heal', '--report', @ledger);
like($report, qr/^# Incident 1: Sessions wait for a lock.*\*\*What to do\.\*\* .*billing-1/s,
	'its report says what to do');
unlike($report, qr/canary|4711/, 'without literals');
like($report, qr/clients behind a pooler, if there is one \(--bouncer/,
	'and what could not be seen without a console');
is($i->run_ok('--json', 'heal', '--report', 1, @ledger) =~ /"pid":$root,/, 1, 'as JSON, too');
($code, $text) = $i->run('heal', '--report', 7, @ledger);
is("$code $text", "1 holdfast heal: the ledger has no incident 7\n", 'an incident that there is not');
$i->run_ok('heal', '--ack', 1, '--for', '2h', @ledger);
like($i->run_ok('heal', '--ledger', @ledger), qr/ 1  acknowledged until /, 'an acknowledgement is in the ledger');

# ---- recordings that are none ----
open my $out, '>', "$i->{home}/broken" or die $!;
print $out (split /^/, $recorded)[0], "{\"at\":1,\"sessions\":[{\"pid\":\"x\"}]}\n";
close $out;
($code, $text) = $i->run('heal', '--replay', "$i->{home}/broken");
is($code, 1, 'a broken recording is refused');
like($text, qr{broken:2: the value of "pid" is not allowed}, 'with file, line and cause');
($code, $text) = $i->run('heal', '--once', '--seconds', 2, '--record', $recording);
is($code, 1, 'a recording is not written over another file');

# ---- a transaction that stays open while the application calls elsewhere ----
# psql's \watch is the application: a statement, a pause, the next statement, in one transaction.
begin("enricher-$_", "BEGIN;\nSELECT note FROM queue WHERE note = '$canary' \\watch 0.3") for 1 .. 12;
until_sql('twelve have been at it for 4 s', "count(*) = 12 $activity application_name LIKE 'enricher-%'
	AND xact_start < clock_timestamp() - interval '4 s'");
($code, $causes, $text) = heal_until('it is named', sub { named('transaction-over-io', @_) });
is_deeply([ keys %$causes ], ['transaction-over-io'],
	'transactions held open over I/O are named, and nothing else') or diag $text;
like($causes->{'transaction-over-io'}{cause}, qr/^enricher keeps transactions open .* 1\d\.\d sessions/,
	'with their caller and number');
is($code, 2, 'exit status 2');
end();

# ---- a herd ----
# Eight processes without a lock, whose entry is computed anew every 4 s. They begin together, at a gate.
begin('gate', 'SELECT pg_advisory_lock(7);');
until_sql('the gate is closed', "count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND granted");
begin("portal-$_", "SELECT pg_advisory_lock_shared(7);\n"
	. "SELECT count(*), pg_sleep(1) FROM queue WHERE note <> '$canary' \\watch 4") for 1 .. 8;
until_sql('all eight stand before it', "count(*) = 8 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
say_to('gate', 'SELECT pg_advisory_unlock(7);');
until_sql('all eight have computed', "count(*) = 8 $activity application_name LIKE 'portal-%' AND query ~ 'pg_sleep'");
$recording = "$i->{home}/herd";
($code, $causes, $text) = heal_until('all eight are named',
	sub { (named('herd', @_) // { k => 0 })->{k} == 8 }, '--record', $recording);
is_deeply([ keys %$causes ], ['herd'], 'a herd is a herd and nothing else') or diag $text;
is($causes->{herd}{k}, 8, 'all eight are in it');
is($causes->{herd}{confidence}, 'high', 'because their texts are equal');
my ($first, $last) = map { $_->{start} } @{ $causes->{herd}{wave} }[ 0, -1 ];
my $waves = @{ $causes->{herd}{wave} };
my $mean = ($last - $first) / 1e6 / ($waves - 1);
cmp_ok(abs($causes->{herd}{period_s} - $mean), '<=', 0.25 * $mean,
	'the period is that of its waves, which the server has dated, not of some statements');
is($causes->{herd}{key}, 'herd/portal', 'under the name of the application without the number of the process');
unlike(texts_of(Instance::read_file($recording)), qr/canary|4711/, 'no literal is in the recording');
is($i->sql("SELECT count(*) $activity application_name LIKE 'portal-%'"), 8, 'all are there afterwards');
end();

# ---- a healthy load ----
my @server = ('-h', "$i->{dir}/run", '-U', 'postgres', 'holdfast');
my $pgbench = '/usr/lib/postgresql/15/bin/pgbench';
system("$pgbench -i -q -s 2 @server >'$i->{home}/pgbench' 2>&1") == 0 or die Instance::read_file("$i->{home}/pgbench");
my $load = Program->start('pgbench', [ $pgbench, '-n', '-N', '-c', 6, '-R', 300, '-T', 600, @server ],
	log => "$i->{home}/pgbench",
	ready => sub { $i->sql("SELECT count(*) $activity application_name = 'pgbench' AND xact_start IS NOT NULL") > 0 });
($code, $causes, $text) = heal();
is_deeply($causes, {}, 'pgbench is no cause') or diag $text;
is($code, 0, 'exit status 0');
$load->stop;

# ---- a transaction that was left open ----
# The minute that it must be idle is one of the recording's clock.
begin('left-1', "BEGIN; UPDATE queue SET note = '$canary' WHERE id = 7;");
until_sql('it is idle', "count(*) = 1 $activity application_name = 'left-1' AND state = 'idle in transaction'");
$recording = "$i->{home}/left";
($code, $causes, $text) = heal('--seconds', 2, '--record', $recording);
is_deeply($causes, {}, 'a transaction that was just left open is no cause yet') or diag $text;
my $later = Instance::read_file($recording) =~ s/^(\{"at":)(\d+)/$1 . ($2 + 61_000_000)/gmer;
open my $to, '>', "$i->{home}/later" or die $!;
print $to $later;
close $to;
($code, $causes, $text) = heal('--replay', "$i->{home}/later");
is_deeply([ keys %$causes ], ['abandoned'], 'an abandoned transaction is named, and nothing else') or diag $text;
like($causes->{abandoned}{cause}, qr/left-1/, 'by its application');
is($i->sql("SELECT count(*) $activity application_name = 'left-1'"), 1, 'and left alone');
end();

done_testing;
