#!/usr/bin/perl
# Incident 5 on a whole instance: eight web processes, fourteen keys, and one statement for each key and expiry,
# also when the process that fills dies, hangs or fails. The database counts the statements (pg_stat_statements).
use strict;
use warnings;
no warnings 'numeric';
use FindBin;
use lib "$FindBin::Bin/../lib";
use Clients;
use Instance;
use JSON::XS;
use Test::More;
use Time::HiRes qw(time);

my %generous = ('http.connections_per_address' => 1000, 'web.drain_timeout' => '600s', 'db.connections' => 16);
my $ttl = 3;
my $i = Instance->make(settings => {
	%generous, 'web.processes' => 8, 'cache.stats_ttl' => $ttl . 's', 'cache.stale' => '0s' });
$i->up;
$i->fill(2000, 5);
$i->no_statement_timeouts;
$i->run_ok('down');
$i->up;

my @names
	= qw(quality quality-tiers quality-by-group categories groups regions countries cities sources hours telephones
	locations addresses freshness);
my @paths = map { "/v1/stats/$_" } @names;
my $clients = Clients->new($i->{address});

# The numbers are those of all processes, whichever answers.
sub metric {
	my ($name) = @_;
	my ($value) = $clients->ask_any('/metrics')->{content} =~ /^holdfast_cache_$name (\d+)$/m;
	return $value // die "no metric $name";
}
# The requests are parked: one for each key fills, the others wait for it.
sub until_waiting { my ($count) = @_; $i->until("$count requests wait", sub { metric('waiting') == $count }) }
sub hold { return $i->hold(qw(business business_detail source)) }
# A moment when no key is fresh any more.
sub expire { my ($until) = @_; $i->until('everything has expired', sub { time > $until }) }

# Process ids of the web processes that are filling: in several looks their database connections were busy. To
# answer /metrics takes a connection for a moment, too.
sub fillers {
	my %looks;
	for (1 .. 8) {
		my $text = $clients->ask_any('/metrics')->{content};
		$looks{$_}++ for $text =~ /^holdfast_db_connections_busy\{process="(web\/\d+)"\} [1-9]/mg;
	}
	my %status = $i->status;
	return map { $status{$_}{pid} } grep { $looks{$_} == 8 } sort keys %looks;
}

# ---- expiry under load ----
my $rounds = $ENV{HOLDFAST_ROUNDS} // 3;
my $end = 0;
for my $round (1 .. $rounds) {
	my ($statements, $fills, @answers);
	# A machine may be so busy that a value expires before the last request that waits has found it: such a round
	# proves nothing, and another one follows.
	$i->until("round $round: all are answered before a value expires", sub {
		expire($end);
		($statements, $fills) = (-$i->fills_finished, -metric('fills_total'));
		# The fills hang until the last request is there.
		my $hold = hold();
		my $asked = $clients->begin((@paths) x 8);
		until_waiting(14 * 8);
		my $released = time;
		Instance::release($hold);
		@answers = $clients->end($asked);
		my $answered = time;
		$end = $answered + $ttl + 0.01;
		$statements += $i->fills_finished;
		$fills += metric('fills_total');
		return $answered < $released + $ttl;
	});
	is(scalar(grep { $_->{status} != 200 } @answers), 0, "round $round: all " . @answers . ' are answered');
	my %made;
	$made{ $_->{path} }{ decode_json($_->{content})->{counted_at} }++ for @answers;
	is(scalar(grep { keys %{ $made{$_} } == 1 } @paths), 14, 'each key with the same value for everybody');
	is("$statements $fills", '14 14', 'and one statement for each key, as the cache counts too');
}
ok(metric('collapsed_total') > 0, 'and others waited for them');

# ---- the process that fills is killed ----
# From here on nothing expires while a test looks; each asks for a key of its own.
$i->run_ok('down');
$i->set(%generous, 'web.processes' => 8, 'cache.stats_ttl' => '1h', 'cache.stale' => '0s');
$i->up;
my %killed = (KILL => $paths[0], TERM => $paths[5]);
for my $signal (sort keys %killed) {
	my $before = $i->fills_finished;
	my $taken = metric('taken_over_total');
	my $hold = hold();
	my $asked = $clients->begin(($killed{$signal}) x 60);
	until_waiting(60);
	$i->until('a statement waits for the table', sub { $i->fills_running == 1 });
	my @filler = fillers();
	is(scalar @filler, 1, "$signal: of all processes one fills");
	my ($session) = $i->fill_sessions;
	kill $signal => $filler[0];
	if ($signal eq 'KILL') {
		$i->until('another has taken over', sub { metric('taken_over_total') > $taken });
		$i->until('the statement of the dead one has ended', sub {
			my @sessions = $i->fill_sessions;
			return @sessions == 1 && $sessions[0] ne $session;
		});
		is(scalar(grep { $_ ne $filler[0] } fillers()), 1, 'and again it is one that fills');
	}
	Instance::release($hold);
	my @answers = $clients->end($asked);
	# The connections to the process that died are cut; all others are answered.
	my $answered = grep { ($_->{status} // 0) == 200 } @answers;
	my $cut = grep { !defined $_->{status} } @answers;
	is($answered + $cut, 60, "all are answered, but for $cut connected to the process that ended");
	ok($answered > 30, 'that is most');
	is($i->fills_finished - $before, 1, 'with one statement that finished');
	$i->until_running;
}

# ---- the fill fails ----
my $failed = metric('failed_total');
my $hold = hold();
my $asked = $clients->begin(($paths[1]) x 64);
until_waiting(64);
print $hold "REVOKE SELECT ON business FROM holdfast_web;\n";
Instance::release($hold);
my @answers = $clients->end($asked);
is(scalar(grep { $_->{status} == 503 } @answers), 64, 'when the fill fails, all are told');
is(scalar(grep { ($_->{headers}{'retry-after'} // 0) >= 1 } @answers), 64, 'and when to come again');
is(metric('failed_total') - $failed, 1, 'after one attempt for all');
# Whoever comes before that time is told the same. Each failure doubles the time: on a busy machine the first may be
# over before all have been answered, and then a later one is judged.
my (%told, $attempts);
$i->until('a round fits into the time', sub {
	$clients->ask($paths[1]); # an attempt, where the time is over
	my $until = time + (($clients->ask($paths[1]))[0]{headers}{'retry-after'} // 0) - 1;
	$failed = metric('failed_total');
	%told = ();
	$told{ $_->{status} // 'cut' }++ for $clients->ask(($paths[1]) x 64);
	$attempts = metric('failed_total') - $failed;
	return time < $until;
});
is_deeply(\%told, { 503 => 64 }, 'whoever asks before that is told the same') or diag explain \%told, $i->log;
is($attempts, 0, 'without another attempt');
$i->sql('GRANT SELECT ON business TO holdfast_web');
$i->until('it works again', sub { ($clients->ask($paths[1]))[0]{status} == 200 });

# ---- the fill is slow; a value past its time ----
$i->set(%generous, 'web.processes' => 8, 'cache.stats_ttl' => '300ms', 'cache.stale' => '1h',
	'cache.wait' => '200ms');
$i->run_ok('down');
$i->up;
my $value;
$i->until('there is a value', sub { ($clients->ask($paths[2]))[0]{status} == 200 });
expire(time + 0.35);
$hold = hold();
$i->until('the next one is being made', sub { $clients->ask($paths[2]); $i->fills_running });
($value) = $clients->ask($paths[2]); # the same until the table is released
@answers = $clients->ask(($paths[2]) x 64);
is(scalar(grep { $_->{content} eq $value->{content} } @answers), 64,
	'past its time a value is still served while the next is made');
like($answers[-1]{headers}{'cache-status'}, qr/^holdfast; hit; detail=stale; ttl=-?\d+$/, 'and says so');
is($i->fills_running, 1, 'by one');
@answers = $clients->ask(($paths[3]) x 64);
is(scalar(grep { $_->{status} == 503 && $_->{headers}{'retry-after'} } @answers), 64,
	'without a value all are told after cache.wait to come again');
@answers = $clients->ask(($paths[3]) x 64);
is(scalar(grep { $_->{status} == 503 } @answers), 64, 'also those that come later');
$i->until('both values are being made', sub { $i->fills_running >= 2 });
is($i->fills_running, 2, 'while one statement for each key runs');
Instance::release($hold);
$i->until('the value is there', sub { ($clients->ask($paths[3]))[0]{status} == 200 });
is(metric('failed_total'), 0, 'nothing failed')
	or diag join "\n", grep { /fill of the cache failed/ } split /\n/, $i->log;

# ---- the process that fills is stopped past its lease ----
$i->run_ok('down');
$i->set(%generous, 'web.processes' => 3, 'web.hang_timeout' => 0, 'cache.stats_ttl' => '1h', 'cache.lease' => '500ms');
$i->up;
# The two others are stopped while the first one begins its fill: so it is known which one fills, however late it
# is found, and nobody can take over before it is stopped itself.
my %web = $i->status;
my ($filler, @others) = map { $web{"web/$_"}{pid} } 1 .. 3;
$i->freeze(@others);
$hold = hold();
$asked = $clients->begin(($paths[4]) x 40);
$i->until('the first one fills', sub { $i->fills_running == 1 });
$i->freeze($filler);
kill CONT => @others;
# Those that wait in the other processes look again at the end of its lease, and one of them fills.
$i->until('another has taken over', sub { $i->fills_running >= 2 });
Instance::release($hold);
$i->until('others are answered', sub { $clients->answered($asked) });
my ($kept) = map { /\r\n\r\n(.*)/s } map { $_->{text} } grep { $_->{done} } @$asked;
my $fenced = metric('fenced_total');
kill CONT => $filler;
$i->until('what it then brings is thrown away', sub { metric('fenced_total') > $fenced });
@answers = $clients->end($asked);
is(scalar(grep { $_->{status} == 200 && $_->{content} eq $kept } @answers), 40,
	'a filler that is stopped past its lease is replaced, and all get the value of its successor');
is(($clients->ask($paths[4]))[0]{content}, $kept, 'which stays');
is(metric('waiting'), 0, 'nobody waits any more');

# ---- what an answer says ----
my ($first) = $clients->ask($paths[0]);
like($first->{headers}{'cache-status'}, qr/^holdfast; fwd=miss; stored; ttl=\d+$/, 'an answer says that it was made');
my ($hit) = $clients->ask($paths[0]);
like($hit->{headers}{'cache-status'}, qr/^holdfast; hit; ttl=\d+$/, 'or found');
like($hit->{headers}{age}, qr/^\d+$/, 'how old it is');
like($hit->{headers}{'cache-control'}, qr/^public, max-age=\d+$/, 'for how long it is good');
is($hit->{headers}{etag}, $first->{headers}{etag}, 'with the tag of its content');
my ($same) = $clients->ask([ $paths[0], "If-None-Match: $hit->{headers}{etag}" ]);
is("$same->{status}/$same->{content}", '304/', 'not sent again when it is known');
done_testing;
