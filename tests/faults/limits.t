#!/usr/bin/perl
# An instance where something of the machine is otherwise than usual: IPv6 only, few file descriptors, a database that a
# newer version has migrated, a kernel that kills for want of memory.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use HTTP::Tiny;
use Instance;
use IO::Socket::IP;
use Test::More;
use Wait;

my $i = Instance->make(settings => { 'web.processes' => 1 });

# ---- IPv6 ----
SKIP: {
	IO::Socket::IP->new(LocalHost => '::1', Listen => 1) or skip 'this machine has no IPv6', 3;
	# Nobody else's address, so that the port of our IPv4 address is as good as any: it is taken once per test file.
	my $port = $i->{port};
	$i->set('web.processes' => 1, 'web.listen' => "[::1]:$port");
	$i->run_ok('up', '--detach');
	my $http = HTTP::Tiny->new(timeout => seconds_left());
	is($http->get("http://[::1]:$port/v1/regions")->{status}, 200, 'it serves over IPv6');
	like($i->run_ok('up', '--help'), qr/holdfast/, 'commands work beside it');
	ok(!$i->listens, 'and not over IPv4');
	$i->run_ok('down');
	$i->set('web.processes' => 1);
}

# ---- few file descriptors ----
# A service or a container may have less than a web process asks for.
{
	$i->set('web.processes' => 1, 'http.connections_per_address' => 1000);
	my ($code, $text);
	my $pid = open my $out, '-|' // die $!;
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		exec 'sh', '-c', 'ulimit -n 256; exec "$@"', 'sh', $i->command('up', '--detach') or die $!;
	}
	$text = do { local $/; <$out> };
	close $out;
	is($?, 0, 'it starts with 256 descriptors') or diag $text . $i->log;
	my @open = map { IO::Socket::INET->new(PeerAddr => $i->{host}, PeerPort => $i->{port}) } 1 .. 400;
	cmp_ok(scalar(grep {$_} @open), '>', 200, 'more clients come than it has descriptors');
	# Clients that say nothing do not keep one out that asks: theirs are closed for it.
	is($i->get('/v1/regions')->{status}, 200, 'one that asks is answered');
	close $_ for grep {$_} @open;
	my %p = $i->processes;
	ok((grep { $_ eq 'holdfast-web' } values %p), 'and the web process lives');
	like($i->log, qr/limit of open files allows fewer connections.* connections=18\d/, 'the log says what is short');
	unlike($i->log, qr/cannot accept/, 'it never came to that');
	$i->set('web.processes' => 1);
	$i->run_ok('down');
}

# ---- a newer version was here ----
$i->up;
$i->fill(20, 1);
$i->sql(q{INSERT INTO schema_migration (version, name, checksum) VALUES (9999, 'of_the_future', 'x')});
my $file = "$i->{home}/some.csv";
open my $csv, '>', $file or die $!;
print $csv "name,city,country\nFarm shop,Bern,CH\n";
close $csv;
for my $command ([ 'import', $file ], ['migrate'], [ 'export', "$i->{home}/site" ], [qw(enrich --stage quality)],
	[ 'suppress', '0' x 13 ])
{
	my ($code, $text) = $i->run(@$command);
	is($code, 1, "$command->[0] refuses a database of a newer version");
	like($text, qr/schema has version 9999, which this version of Holdfast does not know; use the newer program/,
		'and says which');
}
is($i->sql('SELECT count(*) FROM business'), 20, 'nothing was changed');
$i->sql('DELETE FROM schema_migration WHERE version = 9999');
is(($i->run('import', $file))[0], 0, 'the right program goes on');

# ---- killed for want of memory ----
# What the kernel does is SIGKILL, to the process that has most: the server's session that imports, or the server.
for my $victim ('postgres', 'holdfast-web') {
	my %p = $i->processes;
	my ($pid) = sort { $a <=> $b } grep { $p{$_} eq $victim } keys %p;
	kill KILL => $pid;
	$i->until("$victim is another one", sub { !kill 0 => $pid });
	$i->until_running;
	$i->until("it serves again after $victim", sub { $i->get('/v1/businesses?limit=1')->{status} == 200 });
	is($i->sql('SELECT count(*) FROM business'), 21, "nothing is lost with $victim");
}
done_testing;
