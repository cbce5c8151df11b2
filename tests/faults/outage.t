#!/usr/bin/perl
# After an outage of the database: it is away as a whole, not key by key. Whatever was asked meanwhile and however
# often, the first request for each key after /readyz succeeds is answered 200, by every web process.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Test::More;

my @keys = map { "/v1/stats/$_" } qw(quality quality-tiers quality-by-group categories groups);
my $i = Instance->make(settings => {
	'web.processes' => 3, 'cache.stats_ttl' => '1ms', 'cache.stale' => '0s', 'cache.search_ttl' => '0s',
	'db.timeout' => '3s' });
$i->up;
push @keys, '/v1/businesses', '/v1/categories', '/';
is_deeply(refused(@keys), [], 'every key is answered before');

my ($postmaster) = $i->slurp('data/postmaster.pid') =~ /^(\d+)/;
for my $outage ('killed again and again', 'stopped') {
	if ($outage eq 'stopped') {
		($postmaster) = $i->slurp('data/postmaster.pid') =~ /^(\d+)/;
		$i->freeze(database($i));
	}
	# During it each key fails several times, and would be backed off for longer each time.
	my $failures = 0;
	for my $round (1 .. ($outage eq 'stopped' ? 4 : 8)) { # while it is stopped each takes db.timeout
		if ($outage ne 'stopped') {
			($postmaster) = $i->slurp('data/postmaster.pid') =~ /^(\d+)/;
			kill KILL => $postmaster if $postmaster;
		}
		$failures += @{ refused($outage eq 'stopped' ? $keys[ $round % @keys ] : @keys) };
	}
	cmp_ok($failures, '>', 0, "$outage: requests fail during the outage ($failures)");
	kill CONT => database($i);
	for my $time (1 .. 3) {
		$i->until('/readyz succeeds', sub { $i->get('/readyz')->{status} == 200 });
		is_deeply(refused(@keys), [],
			"$outage: the first request for each key after /readyz is answered 200 ($time)");
	}
	$i->until_running;
}

my %s = $i->status;
is(scalar(grep { $s{$_}{restarts} } grep { /^web/ } keys %s), 0, 'no web process died of it');
my $log = $i->log;
my @lines = $log =~ /"database connection lost"/g;
cmp_ok(scalar @lines, '<', 200, 'the log has a line for each lost connection, not for each request');
$i->run('down');
done_testing;

sub refused { return [ map { my $a = $i->get($_); $a->{status} == 200 ? () : "$_ $a->{status}" } @_ ] }

# The processes of the database.
sub database {
	my ($at) = @_;
	my %p = $at->processes;
	return grep { Instance::read_file("/proc/$_/cmdline") =~ /^(?:postgres: |\S*\/postgres\b)/ } keys %p;
}
