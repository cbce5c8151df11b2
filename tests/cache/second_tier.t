#!/usr/bin/perl
# The second tier: two machines (two holdfast-web, each with a cache of its own) that share a Redis and a database fill
# a key once between them; a Redis that is down, hangs or is restarted is not noticed by clients.
use strict;
use warnings;
no warnings 'numeric';
use FindBin;
use lib "$FindBin::Bin/../faults", "$FindBin::Bin/../http", $FindBin::Bin;
use Crowd;
use File::Temp qw(tempdir);
use Instance;
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);
use Web;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
my $file = "$i->{home}/records.ndjson";
system("$i->{bin}/holdfast generate 500 --seed 5 >$file 2>/dev/null") == 0 or die;
is(($i->run('import', '--source', 'some', $file))[0], 0, 'records are there');
sub sql { my ($sql) = @_; open my $p, '-|', 'psql', '-XAtq', '-h', "$i->{dir}/run", '-U', 'postgres', '-d', 'holdfast', '-c', $sql or die; my $text = do { local $/; <$p> } // ''; chomp $text; return $text }
sql("ALTER ROLE holdfast_web SET $_ = '60s'") for qw(statement_timeout lock_timeout); # a fill may hang here
sub finished { return sql(q{SELECT coalesce(sum(s.calls), 0) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname = 'holdfast_web' AND s.query ~ 'FROM business'}) }
sub running { return sql(q{SELECT count(*) FROM pg_stat_activity WHERE usename = 'holdfast_web' AND state = 'active' AND query ~ 'FROM business'}) }
sub hold {
	my $pid = open my $in, '|-', 'psql', '-Xqt', '-h', "$i->{dir}/run", '-U', 'postgres', '-d', 'holdfast', '-o', '/dev/null' or die;
	$in->autoflush;
	print $in "BEGIN; LOCK TABLE business IN ACCESS EXCLUSIVE MODE;\n";
	$i->until('the table is held', sub { sql("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relname = 'business' AND l.mode = 'AccessExclusiveLock' AND l.granted") });
	return $in;
}
sub release { my ($in) = @_; print $in "COMMIT;\n\\q\n"; close $in }

my $home = tempdir(CLEANUP => 1);
my $redis_port = Instance::free_port();
my $redis;
END { my $code = $?; if ($redis) { kill CONT => $redis; kill KILL => $redis; waitpid $redis, 0 } $? = $code }
sub start_redis {
	$redis = fork // die;
	if (!$redis) {
		open STDOUT, '>', "$home/redis.log";
		open STDERR, '>&', \*STDOUT;
		exec 'redis-server', '--port', $redis_port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--requirepass', 'secret', '--dir', $home;
	}
	$i->until('Redis answers', sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $redis_port) });
}
sub stop_redis { kill KILL => $redis; waitpid $redis, 0; undef $redis }
start_redis();

my %settings = (database => "host=$i->{dir}/run user=holdfast_web dbname=holdfast", 'cache.redis_url' => "redis://:secret\@127.0.0.1:$redis_port/3", 'cache.stats_ttl' => '1h', 'cache.search_ttl' => '1h', 'cache.wait' => '20s', 'cache.lease' => '1s', 'db.timeout' => '60s');
my @web = map { Web->start(%settings) } 1 .. 2;
my $crowd = Crowd->new(map { $_->{port} } @web);
my @one = map { Crowd->new($_->{port}) } @web;
sub metric { my ($n, $name) = @_; my ($m) = ($one[$n]->ask('/metrics'))[0]{content} =~ /^holdfast_cache_$name (\d+)$/m; return $m }
$i->until('both reach the database', sub { !grep { ($_->ask('/readyz'))[0]{status} != 200 } @one });
# The connections to Redis stand when a value comes from there.
my $probe = 0;
sub shared {
	my $hits = metric(1, 'second_hits_total');
	my $path = '/v1/businesses?limit=' . ++$probe;
	$_->ask($path) for @one;
	return metric(1, 'second_hits_total') > $hits;
}
$i->until('both use the second tier', \&shared);

# ---- once between them ----
# A tier that is too slow hinders nobody, on a busy machine too: then each machine fills by itself, and the metric says so.
# What is asked here is the round in which that did not happen.
my ($before, @answers);
for my $key (qw(quality quality-tiers groups countries cities sources)) {
	my @failed = map { metric($_, 'second_failed_total') } 0, 1;
	$before = finished();
	@answers = $crowd->ask(("/v1/stats/$key") x 64);
	last if $failed[0] == metric(0, 'second_failed_total') && $failed[1] == metric(1, 'second_failed_total');
	diag "the second tier was too slow for $key";
	$i->until('both use the second tier again', \&shared);
}
is(scalar(grep { $_->{status} == 200 } @answers), 64, 'all are answered');
is(scalar(keys %{ { map { $_->{content} => 1 } @answers } }), 1, 'with the same value on both machines');
is(finished() - $before, 1, 'by one statement over both');
my ($other) = grep { ($_->{headers}{'cache-status'} // '') =~ /second-tier/ } @answers;
ok($other, 'the other machine says where it has it from');

# ---- the holder hangs past its lease ----
$before = finished();
my $hold = hold();
my $fenced = metric(0, 'fenced_total');
my $asked = $one[0]->begin('/v1/stats/hours');
$i->until('the first machine fills', sub { running() == 1 });
kill STOP => $web[0]{pid};
my $more = $one[1]->begin(('/v1/stats/hours') x 10);
$i->until('the second one takes over', sub { running() == 2 });
release($hold);
@answers = $one[1]->end($more);
is(scalar(grep { $_->{status} == 200 } @answers), 10, 'when a machine hangs past its lease the other one goes on');
kill CONT => $web[0]{pid};
my ($late) = $one[0]->end($asked);
is($late->{content}, $answers[0]{content}, 'and what the first one brings late is thrown away: it has the value of the other');
is(metric(0, 'fenced_total') - $fenced, 1, 'as its numbers say');

# ---- away, hanging, back ----
stop_redis();
$before = finished();
@answers = $crowd->ask(('/v1/stats/telephones') x 20);
is(scalar(grep { $_->{status} == 200 } @answers), 20, 'without Redis all are answered');
is(finished() - $before, 2, 'each machine on its own');
ok(metric(0, 'second_failed_total') > 0, 'which is counted');
start_redis();
$i->until('it is used again', \&shared);
pass('when it is back it is used again');
kill STOP => $redis;
$before = finished();
@answers = $crowd->ask(('/v1/stats/locations') x 20);
is(scalar(grep { $_->{status} == 200 } @answers), 20, 'while it hangs all are answered');
is(finished() - $before, 2, 'each machine on its own');
kill CONT => $redis;

# ---- addresses that are refused ----
for my $case (['rediss://127.0.0.1', qr/TLS/], ['redis://cache.example', qr/names are not resolved/], ['http://127.0.0.1', qr/is not redis/], ['redis://127.0.0.1:99999', qr/port/], ['redis://127.0.0.1/x', qr/database/], ['unix:', qr/path/]) {
	my ($url, $why) = @$case;
	open my $conf, '>', "$home/conf" or die;
	print $conf "cache.redis_url = $url\n";
	close $conf;
	my $build = $ENV{HOLDFAST_BUILD} // "$Instance::root/build/release";
	my $text = `$build/holdfast-web --listen 127.0.0.1:0 --conf $home/conf 2>&1`;
	like($text, $why, "$url is refused, and why");
}
$_->stop for @web;
done_testing;
