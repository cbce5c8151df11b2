#!/usr/bin/perl
# Incident 5 on a whole instance: eight web processes, fourteen keys, and one statement for each expiry, whoever dies,
# hangs or fails in the middle. What reached the database is counted by the database (pg_stat_statements).
use strict;
use warnings;
no warnings 'numeric';
use FindBin;
use lib "$FindBin::Bin/../faults", $FindBin::Bin;
use Crowd;
use Instance;
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);

my $processes = 8;
my $i = Instance->make(settings => { 'web.processes' => $processes, 'cache.stats_ttl' => '1s', 'cache.stale' => '0s', 'cache.wait' => '20s', 'db.timeout' => '30s', 'http.connections_per_address' => 1000 });
$i->up;
my $file = "$i->{home}/records.ndjson";
system("$i->{bin}/holdfast generate 2000 --seed 5 >$file 2>/dev/null") == 0 or die;
is(($i->run('import', '--source', 'some', $file))[0], 0, 'records are there');

my @names = qw(quality quality-tiers quality-by-group categories groups regions countries cities sources hours telephones locations addresses freshness);
my @paths = map { "/v1/stats/$_" } @names;
my $crowd = Crowd->new($i->{port});

sub sql { my ($sql) = @_; open my $p, '-|', 'psql', '-XAtq', '-h', "$i->{dir}/run", '-U', 'postgres', '-d', 'holdfast', '-c', $sql or die; my $text = do { local $/; <$p> } // ''; chomp $text; return $text }
# Statements of the web role over `business` or its details that were finished, or run now.
sub finished { return sql(q{SELECT coalesce(sum(s.calls), 0) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname = 'holdfast_web' AND s.query ~ 'FROM business'}) }
sub running { return sql(q{SELECT count(*) FROM pg_stat_activity WHERE usename = 'holdfast_web' AND state = 'active' AND query ~ 'FROM business'}) }
# The numbers are those of all processes; one that is stopped does not tell them, another does.
sub metric { my ($name) = @_; return $i->until("$name is told", sub { my ($a) = $crowd->end($crowd->begin('/metrics'), 1); ($a->{content} // '') =~ /^holdfast_cache_$name (\d+)$/m ? "$1 " : '' }) + 0 }
# A second session that holds the table, so that fills hang until it lets go.
sub hold {
	my $pid = open my $in, '|-', 'psql', '-Xqt', '-h', "$i->{dir}/run", '-U', 'postgres', '-d', 'holdfast', '-o', '/dev/null' or die;
	$in->autoflush;
	print $in "BEGIN; LOCK TABLE business, business_detail, source IN ACCESS EXCLUSIVE MODE;\n";
	$i->until('the table is held', sub { sql("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'business_detail' AND l.mode = 'AccessExclusiveLock' AND l.granted") });
	return $in;
}
sub release { my ($in) = @_; print $in "COMMIT;\n\\q\n"; close $in }
# Every web process by its pid, with the fewest of its database connections that were at work: telling its numbers is a
# moment's work too.
sub busy {
	my (%busy, %asked);
	for (1 .. 400) {
		my $text = $i->get('/metrics')->{content};
		my ($pid, $n) = $text =~ /^holdfast_db_connections_busy\{process="(\d+)"\} (\d+)/m or next;
		$busy{$pid} = $n if !defined $busy{$pid} || $n < $busy{$pid};
		last if ++$asked{$pid} >= 3 && keys %busy == $processes && !grep { $_ < 3 } values %asked;
	}
	return %busy;
}
# A moment when no key is fresh any more.
sub expire { my ($until) = @_; $i->until('everything has expired', sub { time > $until }) }

# Fills may hang here for as long as a test wants.
sql("ALTER ROLE holdfast_web SET $_ = '60s'") for qw(statement_timeout lock_timeout);
$i->run('down');
$i->up;

# ---- expiry under load ----
my $rounds = $ENV{HOLDFAST_ROUNDS} // 5;
my $before = finished();
my $end = 0;
for my $round (1 .. $rounds) {
	expire($end);
	my @answers = $crowd->ask(map { (@paths) x 4 } 1 .. 2);
	$end = time + 1.01;
	is(scalar(grep { $_->{status} != 200 } @answers), 0, "round $round: all " . @answers . ' are answered');
	my %made;
	$made{ $_->{path} }{ decode_json($_->{content})->{counted_at} }++ for @answers;
	is(scalar(grep { keys %{ $made{$_} } == 1 } @paths), 14, 'each key with the same value for everybody');
	is(finished() - $before, 14 * $round, 'and one statement for each key');
}
is(metric('fills_total'), 14 * $rounds, 'as the cache counts too');
ok(metric('collapsed_total') > 0, 'and others waited for them');

# ---- what an answer says ----
expire($end);
my ($first) = $crowd->ask($paths[0]);
like($first->{headers}{'cache-status'}, qr/^holdfast; fwd=miss; stored; ttl=\d+$/, 'who made it');
my ($hit) = $crowd->ask($paths[0]);
like($hit->{headers}{'cache-status'}, qr/^holdfast; hit; ttl=\d+$/, 'who found it');
is($hit->{headers}{age}, 0, 'how old it is');
like($hit->{headers}{'cache-control'}, qr/^public, max-age=\d+$/, 'for how long it is good');
is($hit->{headers}{etag}, $first->{headers}{etag}, 'with the tag of its content');
my ($same) = $crowd->ask([ $paths[0], "If-None-Match: $hit->{headers}{etag}" ]);
is("$same->{status}/$same->{content}", '304/', 'not sent again when it is known');
$end = time + 1.01;

# ---- the filler is killed ----
for my $signal ('KILL', 'TERM') {
	expire($end);
	$before = finished();
	my $taken = metric('taken_over_total');
	my $hold = hold();
	my $asked = $crowd->begin(($paths[0]) x 60);
	$i->until('one statement waits for the table', sub { running() == 1 });
	my %busy = busy();
	my ($filler) = grep { $busy{$_} } keys %busy;
	is(scalar(grep { $_ } values %busy), 1, "$signal: of all processes one fills");
	kill $signal => $filler;
	if ($signal eq 'KILL') {
		$i->until('another has taken over', sub { metric('taken_over_total') > $taken });
		$i->until('the statement of the dead one has ended', sub { running() == 1 });
		my %now = busy();
		is(scalar(grep { $_ && $_ ne $filler } grep { $now{$_} } keys %now), 1, 'and again it is one that fills');
	}
	release($hold);
	my @answers = $crowd->end($asked);
	# Who was connected to the one that died is told by its connection; all others are answered.
	my $answered = grep { ($_->{status} // 0) == 200 } @answers;
	my $cut = grep { !defined $_->{status} } @answers;
	is($answered + $cut, 60, "all are answered, but for $cut connected to the process that ended");
	ok($answered > 30, 'that is most');
	is(finished() - $before, 1, 'with one statement that finished');
	$end = time + 1.01;
	$i->until_running;
}

# ---- it fails ----
expire($end);
sql('REVOKE SELECT ON business FROM holdfast_web');
my $failed = metric('failed_total');
my @answers = $crowd->ask(($paths[1]) x 64);
is(scalar(grep { $_->{status} == 503 } @answers), 64, 'when it fails, all are told at once');
is(scalar(grep { ($_->{headers}{'retry-after'} // 0) >= 1 } @answers), 64, 'and when to come again');
is(metric('failed_total') - $failed, 1, 'after one attempt for all');
@answers = $crowd->ask(($paths[1]) x 64);
is(scalar(grep { $_->{status} == 503 } @answers), 64, 'whoever asks before that is told the same');
is(metric('failed_total') - $failed, 1, 'without another attempt');
sql('GRANT SELECT ON business TO holdfast_web');
$i->until('it works again', sub { ($crowd->ask($paths[1]))[0]{status} == 200 });

# ---- it is slow; a value past its time ----
$i->set('web.processes' => $processes, 'cache.stats_ttl' => '300ms', 'cache.stale' => '1h', 'cache.wait' => '200ms', 'cache.lease' => '60s', 'db.timeout' => '30s');
$i->run('down');
$i->up;
my $value;
$i->until('there is a value', sub { ($value) = $crowd->ask($paths[2]); $value->{status} == 200 }); # a busy machine may need longer than cache.wait
expire(time + 0.35);
my $hold = hold();
$before = metric('stale_total');
@answers = $crowd->ask(($paths[2]) x 64);
is(scalar(grep { $_->{content} eq $value->{content} } @answers), 64, 'past its time a value is still served while the next is made');
like($answers[-1]{headers}{'cache-status'}, qr/^holdfast; hit; detail=stale; ttl=-?\d+$/, 'and says so');
is(running(), 1, 'by one');
@answers = $crowd->ask(($paths[3]) x 64);
is(scalar(grep { $_->{status} == 503 && $_->{headers}{'retry-after'} } @answers), 64, 'without a value all are told after cache.wait to come again');
@answers = $crowd->ask(($paths[3]) x 64);
is(scalar(grep { $_->{status} == 503 } @answers), 64, 'also who comes later');
is(running(), 2, 'while one statement for each key runs');
release($hold);
$i->until('the value is there', sub { ($crowd->ask($paths[3]))[0]{status} == 200 });
is(metric('failed_total'), 0, 'nothing failed') or diag join "\n", grep { /fill of the cache failed/ } split /\n/, $i->log;

# ---- the filler is stopped past its lease ----
$i->run('down');
$i->set('web.processes' => 3, 'cache.stats_ttl' => '1h', 'cache.wait' => '30s', 'cache.lease' => '500ms', 'db.timeout' => '60s', 'http.connections_per_address' => 1000);
$i->up;
$processes = 3;
$hold = hold();
my $asked = $crowd->begin(($paths[4]) x 30);
$i->until('one fills', sub { running() == 1 });
my %busy = busy();
my ($filler) = grep { $busy{$_} } keys %busy;
kill STOP => $filler;
# Those that wait in the other processes look again at the end of its lease, and one of them fills.
$i->until('another has taken over', sub { running() >= 2 });
release($hold);
my @taken = grep { $_->{status} } $crowd->end($asked, 5);
ok(scalar(grep { $_->{status} == 200 } @taken) > 0, 'a filler that is stopped past its lease is replaced');
my $fenced = metric('fenced_total');
my ($kept) = grep { $_->{status} == 200 } @taken;
kill CONT => $filler;
$i->until('what it then brings is thrown away', sub { metric('fenced_total') > $fenced });
$i->until('it answers', sub { ($crowd->ask($paths[4]))[0]{status} == 200 });
is(($crowd->ask($paths[4]))[0]{content}, $kept->{content}, 'and the value is that of its successor');
is(metric('waiting'), 0, 'nobody waits any more');
done_testing;
