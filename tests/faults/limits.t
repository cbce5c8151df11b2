#!/usr/bin/perl
# An instance where something of the machine is otherwise than usual: IPv6 only, few file descriptors, a database that a
# newer version has migrated, a kernel that kills for want of memory.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use HTTP::Tiny;
use Instance;
use IO::Socket::IP;
use Sphere;
use Test::More;
use Wait;

my $i = Instance->make(settings => { 'web.processes' => 1 });

# ---- IPv6 ----
SKIP: {
	IO::Socket::IP->new(LocalHost => '::1', Listen => 1) or skip 'this machine has no IPv6', 5;
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

	my $contact = '[::1]:' . free_port();
	my $sphere = Sphere->start(settings => { 'contact.listen' => $contact });
	$sphere->{address} = $contact;
	my ($status, $answer) = $sphere->post('code');
	is($status, 200, 'the contact sphere answers over IPv6');
	like($answer->{code}, qr/\w/, 'with a code');
	$sphere->i->run_ok('down');
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
# What is read often is answered from the cache while the server still recovers.
sub until_recovered {
	$i->until_running;
	$i->until('the server answers', sub { eval { $i->sql('SELECT 1') } });
	$i->until('it serves again', sub { $i->get('/v1/businesses?limit=1')->{status} == 200 });
	return;
}
# What the kernel does is SIGKILL, to the process that has most: the server's session that imports, or the server.
for my $victim ('postgres', 'holdfast-web') {
	my %p = $i->processes;
	my ($pid) = sort { $a <=> $b } grep { $p{$_} eq $victim } keys %p;
	kill KILL => $pid;
	$i->until("$victim is another one", sub { !kill 0 => $pid });
	until_recovered();
	is($i->sql('SELECT count(*) FROM business'), 21, "nothing is lost with $victim");
}

# ---- killed by the kernel itself ----
# A cgroup with so little memory that whoever is in it is killed as soon as it needs some.
sub write_file {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
	return;
}
sub memory_group {
	my ($root, $limit) = -e '/sys/fs/cgroup/cgroup.controllers' ? ('/sys/fs/cgroup', 'memory.max')
		: ('/sys/fs/cgroup/memory', 'memory.limit_in_bytes');
	my $group = "$root/holdfast-test-$$";
	mkdir $group or return;
	return ($group, "$group/$limit") if -e "$group/$limit" && eval { write_file("$group/$limit", 4 << 20); 1 };
	rmdir $group;
	return;
}
my ($group, $limit) = memory_group();
END { my $code = $?; rmdir $group if $group; $? = $code }
SKIP: {
	skip 'no cgroup with a limit of memory can be made here: only as root, with the memory controller', 4 if !$group;
	# A session of the server that sorts more than it may have: the server ends all sessions and recovers.
	open my $in, '|-', $i->psql(qw(-o /dev/null)) or die "psql: $!";
	$in->autoflush;
	print $in "SET application_name = 'greedy';\n";
	my $greedy;
	$i->until('the session is there', sub { $greedy = $i->sql("SELECT pid FROM pg_stat_activity
		WHERE application_name = 'greedy'") });
	write_file("$group/cgroup.procs", $greedy);
	print $in "SELECT array_length(array_agg(n), 1) FROM generate_series(1, 20000000) AS n;\n";
	$i->until('the kernel has killed it', sub { !kill 0 => $greedy });
	{ local $SIG{PIPE} = 'IGNORE'; close $in }
	until_recovered();
	is($i->sql('SELECT count(*) FROM business'), 21, 'a session of the server is killed: nothing is lost');
	like($i->log, qr/server process \(PID $greedy\) was terminated by signal 9/, 'the log names it');

	my %before = $i->status;
	my $pid = $before{'web/1'}{pid};
	write_file("$group/cgroup.procs", $pid);
	write_file($limit, 64 << 10);
	my $asked = 0;
	$i->until('the kernel has killed the web process', sub {
		my @clients = grep {$_} map { IO::Socket::INET->new("$i->{host}:$i->{port}") } 1 .. 40;
		local $SIG{PIPE} = 'IGNORE';
		syswrite $_, 'GET /v1/businesses?limit=50&q=shop' . $asked++ . " HTTP/1.1\r\nHost: x\r\n\r\n" for @clients;
		return !kill 0 => $pid;
	});
	$i->until_running;
	my %after = $i->status;
	is($after{'web/1'}{last_end}, 'signal 9', 'a web process is killed: status says so');
	is($i->get('/v1/businesses?limit=1')->{status}, 200, 'and another one serves');
}
done_testing;
