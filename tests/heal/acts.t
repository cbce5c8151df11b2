#!/usr/bin/perl
# What heal does with --act, on a real PostgreSQL: only what heal.allow names, only where it relieves, one act at a
# time, its intent in the ledger before; and what it leaves alone. How often an act hits another statement:
# tests/heal/race.t.
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

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
$i->sql('CREATE TABLE queue (id integer PRIMARY KEY, note text);
	INSERT INTO queue SELECT n FROM generate_series(1, 100) AS n;
	ALTER TABLE queue OWNER TO holdfast_owner; GRANT pg_signal_backend TO holdfast_heal');
my $activity = 'FROM pg_stat_activity WHERE';

# Sessions of psql as the owner, under another name.
my %session;
sub begin {
	my ($name, $sql) = @_;
	local $ENV{PGAPPNAME} = $name;
	my $pid = open(my $in, '|-') // die "fork: $!";
	if (!$pid) {
		open STDERR, '>', "$i->{home}/psql.$name";
		exec $i->psql(qw(-U holdfast_owner -v ON_ERROR_STOP=0 -o /dev/null)) or POSIX::_exit(127);
	}
	$in->autoflush;
	$session{$name} = $in;
	print $in "$sql\n";
}
sub end {
	my $names = join ', ', map { "'$_'" } keys %session;
	$i->sql("SELECT pg_terminate_backend(pid) $activity application_name IN ($names)");
	local $SIG{PIPE} = 'IGNORE';
	close delete $session{$_} for keys %session;
}
sub until_sql { my ($event, $sql) = @_; return $i->until($event, sub { $i->sql("SELECT $sql") eq 't' }) }

# A root that is idle in its transaction, a migration that waits for it, readers that wait for the migration.
sub chain {
	begin('billing-1', 'BEGIN; SELECT count(*) FROM queue;');
	until_sql('the root is idle',
	"count(*) = 1 $activity application_name = 'billing-1' AND state = 'idle in transaction'");
	begin('deploy-1', 'ALTER TABLE queue ADD COLUMN other integer;');
	until_sql('the migration waits',
		"count(*) = 1 $activity application_name = 'deploy-1' AND wait_event_type = 'Lock'");
	begin("web-$_", 'SELECT count(*) FROM queue;') for 1 .. 3;
	until_sql('readers wait behind it',
		"count(*) = 3 $activity application_name LIKE 'web-%' AND wait_event_type = 'Lock'");
}

# heal in the background, five samples a second, until the event; then its ledger's lines.
my $runs = 0;
sub heal_until {
	my ($event, $code, @options) = @_;
	my $ledger = "$i->{home}/ledger." . ++$runs;
	my @heal = $i->command('heal', '--once', '--seconds', 3600, '--every', 200, '--keep', $ledger, @options);
	my $heal = Program->start('heal', \@heal, log => "$i->{home}/heal.$runs");
	my $lines = sub { map { decode_json($_) } split /\n/, Instance::read_file($ledger) };
	$heal->until($event, sub { $code->($lines->(), $heal) });
	$heal->signal('INT');
	$i->until('heal has ended', sub { $heal->ended });
	return ($heal->log, $lines->());
}
sub kinds { my ($kind, @lines) = @_; return grep { $_->{kind} eq $kind } @lines }

# ---- without --act ----
chain();
my ($text) = heal_until('the incident is there', sub { kinds('finding', grep { ref eq 'HASH' } @_) });
like($text, qr/would cancel process \d+ \(deploy-1\): no, heal\.allow is empty/,
	'it says what it would do, and why not');
is($i->sql("SELECT count(*) $activity wait_event_type = 'Lock'"), 4, 'and does nothing');

# ---- the migration that stops the readers is cancelled ----
my @lines;
($text, @lines) = heal_until('what came of it is written', sub { kinds('done', grep { ref eq 'HASH' } @_) },
	'--act', '--allow', 'application=^deploy role=holdfast_owner');
until_sql('the readers go on', "count(*) = 0 $activity wait_event_type = 'Lock'");
my ($intent) = kinds('intent', @lines);
is("$intent->{act} $intent->{who} $intent->{role}", 'cancel deploy-1 holdfast_owner',
	'the waiting migration was cancelled');
is((kinds('done', @lines))[0]{seen}, 'gone', 'and is gone');
is_deeply([ map { $_->{kind} } grep { $_->{kind} =~ /intent|done/ } @lines ], [qw(intent done)],
	'its intent was in the ledger before');
is($i->sql("SELECT count(*) $activity application_name = 'billing-1'"), 1, 'the root was left alone');
like(Instance::read_file("$i->{home}/psql.deploy-1"), qr/canceling statement due to user request/,
	'and the client was told');
end();

# ---- a root that does nothing is terminated, when nobody else is the cause ----
begin('billing-1', 'BEGIN; UPDATE queue SET note = 1 WHERE id = 1;');
until_sql('the root is idle',
	"count(*) = 1 $activity application_name = 'billing-1' AND state = 'idle in transaction'");
begin("web-$_", 'UPDATE queue SET note = 2 WHERE id = 1;') for 1 .. 2;
until_sql('two wait', "count(*) = 2 $activity wait_event_type = 'Lock'");
my ($quiet, @none) = heal_until('the incident is there', sub { kinds('finding', grep { ref eq 'HASH' } @_) },
	'--act', '--allow', 'application=^other');
like($quiet, qr/would terminate process \d+ \(billing-1\): no, no rule of heal\.allow names it/,
	'who is not allowed is not touched');
is(scalar kinds('intent', @none), 0, 'nothing was meant to be done');

# A ledger that cannot be written: no act. The limit is a disk that is full.
my $full = "$i->{home}/full";
my $command = join ' ', map { "'$_'" } $i->command('heal', '--once', '--seconds', 6, '--every', 200, '--keep',
	$full, '--act',
	'--allow', 'application=^billing');
my $said = `trap '' XFSZ; ulimit -f 0; $command 2>&1 | cat`;
like($said, qr/ledger cannot be written|not written|File too large/, 'with a full disk it says that it cannot');
is($i->sql("SELECT count(*) $activity application_name = 'billing-1'"), 1, 'and does not act');

($text, @lines) = heal_until('what came of it is written', sub { kinds('done', grep { ref eq 'HASH' } @_) },
	'--act', '--allow', 'application=^billing');
is((kinds('intent', @lines))[0]{act}, 'terminate', 'the idle root was terminated');
is((kinds('done', @lines))[0]{seen}, 'gone', 'and is gone');
until_sql('the others go on', "count(*) = 0 $activity wait_event_type = 'Lock'");
end();

# ---- mistakes ----
for (['application=(', qr/heal\.allow: '\('/], ['who=x', qr/application=REGEX or role=NAME is expected/]) {
	my ($code, $message) = $i->run('heal', '--once', '--seconds', 2, '--keep', "$i->{home}/x", '--act', '--allow',
		$_->[0]);
	is($code, 1, "a rule that is none: $_->[0]");
	like($message, $_->[1], 'with its cause');
}
done_testing;
