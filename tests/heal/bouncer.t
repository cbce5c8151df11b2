#!/usr/bin/perl
# heal asks a PgBouncer in front of the server, too: clients that wait there make a transaction over I/O certain, who is
# behind a connection is named, and a PgBouncer that does not answer is said and stops nothing.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Pooler;
use POSIX ();
use Program;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
my $pooler = Pooler->start($i, pool => 2, as => 'holdfast-worker', logins => ['holdfast_worker']);
my @console = ('--bouncer', "host=$pooler->{dir} user=holdfast_worker");

# (exit code, causes by name, the last object, the whole text)
sub heal {
	my ($code, $text) = $i->run('--json', 'heal', '--once', '--seconds', 6, @_);
	my @said = map { decode_json($_) } split /\n/, $text;
	return ($code, { map { $_->{diagnosis} => $_ } grep { $_->{diagnosis} } @said }, $said[-1], $text);
}

my ($code, $found, $rest, $text) = heal(@console);
is($code, 0, 'a PgBouncer without clients is no cause') or diag $text;
is($rest->{pooler_problem}, undef, 'and was asked');

# Six clients of two connections, each in a transaction that goes on and on: four never get one.
my @clients;
for my $n (1 .. 6) {
	local $ENV{PGAPPNAME} = "booking-$n";
	my $pid = open(my $in, '|-') // die "fork: $!";
	if (!$pid) {
		open STDERR, '>', "$i->{home}/client.$n";
		exec qw(psql -X -o /dev/null -U holdfast_worker -d holdfast -h), $pooler->{dir} or POSIX::_exit(127);
	}
	$in->autoflush;
	print $in "BEGIN;\nSELECT 7 \\watch 0.3\n";
	push @clients, [ $pid, $in ];
}
$i->until('four wait', sub { my %pool = $pooler->pools('holdfast_worker'); ($pool{cl_waiting} // 0) == 4 });
$i->until('two have been in a transaction for 4 s', sub { $i->sql("SELECT count(*) = 2 FROM pg_stat_activity
	WHERE application_name LIKE 'booking-%' AND xact_start < clock_timestamp() - interval '4 s'") eq 't' });
my $recording = "$i->{home}/recording";
my @ledger = ('--keep', "$i->{home}/ledger");
($code, $found, $rest, $text) = heal(@console, '--record', $recording, @ledger);
is_deeply([ keys %$found ], ['transaction-over-io'], 'transactions over I/O are the cause, and nothing else')
	or diag $text;
is($found->{'transaction-over-io'}{confidence}, 'certain', 'certain, because clients wait for the connections');
is($found->{'transaction-over-io'}{waiters}, 4, 'which are counted');
my ($pool) = grep { $_->{role} eq 'holdfast_worker' } @{ $rest->{pools} };
is("$pool->{clients_waiting} $pool->{connections_used} $pool->{mode}", '4 2 transaction', 'the pool is told');
my $samples = Instance::read_file($recording);
like($samples, qr/"application":"booking-\d"[^}]*"behind":"local"/, 'who is behind a connection is in the sample');
like($i->run_ok('heal', '--report', 1, @ledger), qr/^## What could not be seen\n\nCPU and disk of the server\.$/m,
	'a report does not say that clients behind the pooler could not be seen');
# A ledger that was begun without a console: what counts is who has seen the incident last.
my @other = ('--keep', "$i->{home}/other");
heal(@other);
like($i->run_ok('heal', '--report', @other), qr/clients behind a pooler, if there is one/,
	'without a console it says so');
heal(@console, @other);
unlike($i->run_ok('heal', '--report', @other), qr/clients behind a pooler/, 'and with one, later, no longer');

my ($again, $replayed) = $i->run('--json', 'heal', '--replay', $recording);
like($replayed, qr/"confidence":"certain".*"clients_waiting":4/s, 'and a recording has it all');
($code, $found, $rest) = heal();
is($found->{'transaction-over-io'}{confidence}, 'high', 'without the console it is less than certain');

# Two consoles, one of which is not there.
my ($plain, $screen) = $i->run('heal', '--once', '--seconds', 2, @console, '--bouncer', 'host=/nonexistent user=x');
like($screen, qr/^pooler  holdfast\/holdfast_worker: 4 clients wait, the first for [\d.]+ s; 2 connections in use/m,
	'the screen has the pool');
like($screen =~ s/\s+/ /gr, qr{cannot see: .*PgBouncer 2: PgBouncer's console: .*/nonexistent},
	'and says which PgBouncer cannot be asked, and why');
kill TERM => $_->[0] for @clients;
{
	local $SIG{PIPE} = 'IGNORE';
	close $_->[1] for @clients;
}

# PgBouncer is restarted while heal looks: it is said, and goes on. Clients of then are gone with it.
my $watch = "$i->{home}/watch";
my $heal = Program->start('heal', [ $i->command('heal', '--once', '--seconds', 3600, '--every', 200, '--record', $watch,
	@console, '--keep', "$i->{home}/ledger.watch") ], log => "$i->{home}/heal.log");
sub sees_pool { my @lines = split /\n/, Instance::read_file($watch); return ($lines[-1] // '') =~ /"pools":\[\{/ }
$heal->until('it has seen the pool', sub { sees_pool() });
$pooler->{program}->kill;
$heal->until('a look without it', sub { !sees_pool() });
unlink "$pooler->{dir}/pid", "$pooler->{dir}/.s.PGSQL.5432";
$pooler->run;
$i->until('it is asked again', sub { $pooler->admin('SHOW CLIENTS') =~ /holdfast heal/ });
$heal->signal('INT');
$i->until('heal ends', sub { $heal->ended });
like(Instance::read_file("$i->{home}/ledger.watch"), qr/"kind":"start"/, 'heal has watched all the time');
unlike(Instance::read_file("$i->{home}/ledger.watch"), qr/"kind":"(?:intent|gap)"/, 'and did nothing');
$pooler->stop;
done_testing;
