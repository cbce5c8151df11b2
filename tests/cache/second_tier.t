#!/usr/bin/perl
# The second tier: two machines (two holdfast-web, each with a cache of its own) that share a Redis and a database fill
# a key once between them; a Redis that is down, hangs or is restarted is not noticed by clients.
use strict;
use warnings;
no warnings 'numeric';
use FindBin;
use lib "$FindBin::Bin/../lib";
use Clients;
use Instance;
use Redis;
use Test::More;
use Tree;
use Web;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
$i->fill(500, 5);
$i->no_statement_timeouts;
my $redis = Redis->start($i->{home}, password => 'secret');

my %settings = (
	database => "host=$i->{dir}/run user=holdfast_web dbname=holdfast",
	'cache.redis_url' => "redis://:secret\@$redis->{address}/3",
	'cache.stats_ttl' => '1h',
	'cache.search_ttl' => '1h',
	'cache.wait' => '600s',
	'cache.lease' => '600s',
	'db.timeout' => '600s',
);
# Two machines: processes, clients of both in turns, and clients of each.
sub machines {
	my (%more) = @_;
	my @web = map { Web->start(%settings, %more) } 1, 2;
	my @one = map { Clients->new($_->{address}) } @web;
	$i->until('both reach the database', sub { !grep { ($_->ask('/readyz'))[0]{status} != 200 } @one });
	return { web => \@web, one => \@one, both => Clients->new(map { $_->{address} } @web) };
}
my $m = machines();
sub metric {
	my ($n, $name) = @_;
	my ($value) = ($m->{one}[$n]->ask('/metrics'))[0]{content} =~ /^holdfast_cache_$name (\d+)$/m;
	return $value;
}
# The connections to Redis are up when a value comes from there.
my $probe = 0;
sub until_shared {
	$i->until('both use the second tier', sub {
		my $hits = metric(1, 'second_hits_total');
		my $path = '/v1/businesses?q=probe' . ++$probe;
		$_->ask($path) for @{ $m->{one} };
		return metric(1, 'second_hits_total') > $hits;
	});
}
until_shared();

# ---- once between them ----
# A tier that is too slow hinders nobody, on a busy machine too: then each machine fills by itself, and its metrics
# say so. What is judged here is a key for which that did not happen.
my ($limit, $before, @answers) = (0);
sub slow { return metric(0, 'second_failed_total') . ' ' . metric(1, 'second_failed_total') }
$i->until('the second tier is fast enough for one key', sub {
	until_shared();
	my $slow = slow();
	$before = $i->fills_finished;
	@answers = $m->{both}->ask(("/v1/businesses?limit=@{[ ++$limit ]}") x 64);
	return slow() eq $slow;
});
is(scalar(grep { $_->{status} == 200 } @answers), 64, 'all are answered');
is(scalar(keys %{ { map { $_->{content} => 1 } @answers } }), 1, 'with the same value on both machines');
is($i->fills_finished - $before, 1, 'by one statement over both');
ok((grep { ($_->{headers}{'cache-status'} // '') =~ /second-tier/ } @answers),
	'the other machine says where it has it from');

# ---- away, hanging, back ----
$redis->stop;
$before = $i->fills_finished;
@answers = $m->{both}->ask(('/v1/stats/telephones') x 20);
is(scalar(grep { $_->{status} == 200 } @answers), 20, 'without Redis all are answered');
is($i->fills_finished - $before, 2, 'each machine on its own');
ok(metric(0, 'second_failed_total') > 0, 'which is counted');
$redis->run;
until_shared();
pass('when it is back it is used again');
$redis->signal('STOP');
$before = $i->fills_finished;
@answers = $m->{both}->ask(('/v1/stats/locations') x 20);
is(scalar(grep { $_->{status} == 200 } @answers), 20, 'while it hangs all are answered');
is($i->fills_finished - $before, 2, 'each machine on its own');
$redis->signal('CONT');
$_->stop for @{ $m->{web} };

# ---- a machine hangs past its lease while it fills ----
$m = machines('cache.lease' => '1s');
until_shared();
my $hold = $i->hold('business');
my $fenced = metric(0, 'fenced_total');
my $asked = $m->{one}[0]->begin('/v1/stats/hours');
$i->until('the first machine fills', sub { $i->fills_running == 1 });
$i->freeze($m->{web}[0]{pid});
my $more = $m->{one}[1]->begin(('/v1/stats/hours') x 10);
$i->until('the second one takes over', sub { $i->fills_running >= 2 });
Instance::release($hold);
@answers = $m->{one}[1]->end($more);
is(scalar(grep { $_->{status} == 200 } @answers), 10, 'when a machine hangs past its lease the other one goes on');
kill CONT => $m->{web}[0]{pid};
my ($late) = $m->{one}[0]->end($asked);
is($late->{content}, $answers[0]{content},
	'what the first one brings late is thrown away: it has the value of the other');
is(metric(0, 'fenced_total') - $fenced, 1, 'as its numbers say');
$_->stop for @{ $m->{web} };

# ---- addresses that are refused ----
my %refused = (
	'rediss://127.0.0.1' => qr/TLS/,
	'redis://cache.example' => qr/names are not resolved/,
	'http://127.0.0.1' => qr/is not redis/,
	'redis://127.0.0.1:99999' => qr/port/,
	'redis://127.0.0.1/x' => qr/database/,
	'unix:' => qr/path/,
);
for my $url (sort keys %refused) {
	open my $conf, '>', "$i->{home}/conf" or die "conf: $!";
	print $conf "cache.redis_url = $url\n";
	close $conf;
	my $text = `$build/holdfast-web --listen 127.0.0.1:0 --conf $i->{home}/conf 2>&1`;
	like($text, $refused{$url}, "$url is refused, and why");
}
done_testing;
