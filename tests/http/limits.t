#!/usr/bin/perl
# Too much, too slow, too many: refused or bounded, and whoever behaves is served meanwhile.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Select;
use IO::Socket::INET;
use Socket qw(PF_INET SOCK_STREAM SOL_SOCKET SO_RCVBUF inet_aton pack_sockaddr_in);
use Test::More;
use Time::HiRes qw(time);
use Web;

my $hello = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
sub statuses { return join ' ', map { $_->[0] } Web::answers(@_) }

# ---- size ----
my $web = Web->start('http.header_bytes' => '16kB', 'http.body_bytes' => '64kB');
is(statuses($web->raw("GET /healthz HTTP/1.1\r\nHost: a\r\nX: " . 'x' x 1_000_000 . "\r\n\r\n")), 431,
	'one header field of a megabyte is answered 431');
is(statuses($web->raw("GET /healthz HTTP/1.1\r\nHost: a\r\n" . "X: y\r\n" x 150_000 . "\r\n")), 431,
	'a megabyte of small header fields is answered 431');
is(statuses($web->raw("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" . "X: y\r\n" x 98 . "\r\n")), 200,
	'a hundred header fields pass');
is(statuses($web->raw("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" . "X: y\r\n" x 99 . "\r\n")), 431,
	'one more does not');
is(statuses($web->raw("GET /" . 'x' x 9000 . " HTTP/1.1\r\nHost: a\r\n\r\n")), 414,
	'a request line of 9000 bytes is answered 414');
is(statuses($web->raw("GET /" . 'x' x 1_000_000)), 414, 'also when it does not end');
is(statuses($web->raw("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n" . 'x' x 65537)), 413,
	'a body over the limit is answered 413 before it is read');
is(
	statuses(
		$web->raw(
				  "POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
				. ("1000\r\n" . 'x' x 4096 . "\r\n") x 20
				. "0\r\n\r\n"
		)
	),
	413,
	'so is one whose chunks sum up to too much'
);
is(
	statuses(
		$web->raw(
			"POST /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 65536\r\n\r\n" . 'x' x 65536
		)
	),
	405,
	'one of exactly the limit is read'
);

# ---- many requests on a connection ----
my $socket = $web->connect;
if (!fork) { $web->put($socket, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" x 10_010); require POSIX; POSIX::_exit(0) }
my $text = $web->get($socket);
wait;
is(scalar(() = $text =~ /^HTTP\/1\.1 200 /mg), 10_000, 'a connection ends after ten thousand requests');
is(scalar(() = $text =~ /^Connection: close\r$/mg), 1, 'and says so in the last answer');
$web->stop;

# ---- time ----
# Each server has one limit that is short: however slow the client is, it meets no other.
$web = Web->start('http.header_timeout' => '150ms');
is(statuses($web->raw("GET /healthz HTTP/1.1\r\nHo")), 408, 'half a head is answered 408 when its time is over');
is($web->raw(''), '', 'a connection that never sends anything is closed without an answer');

# A byte every 30 ms never ends its head, and does not win time by it.
my $slow = $web->connect;
my @bytes = split //, 'GET /healthz HTTP/1.1' . "\r\nX: y" x 1000;
my $sent = 0;
for my $byte (@bytes) {
	last if IO::Select->new($slow)->can_read(0.03);
	$web->put($slow, $byte) or last;
	$sent++;
}
is(statuses($web->get($slow)), 408, 'a sender of one byte at a time is answered 408');
cmp_ok($sent, '<', @bytes, 'and its bytes did not prolong its time');
$web->stop;

$web = Web->start('http.body_timeout' => '150ms');
my $post = "POST /healthz HTTP/1.1\r\nHost: a\r\n";
is(statuses($web->raw("${post}Content-Length: 10\r\n\r\nabc")), 408, 'half a body is answered 408');
is(statuses($web->raw("${post}Transfer-Encoding: chunked\r\n\r\n5\r\nab")), 408, 'half a chunk is answered 408');
is($web->metric('holdfast_http_refusals_total', 'cause="body-timeout"'), 2, 'time-outs are counted by cause');
$web->stop;

$web = Web->start('http.idle_timeout' => '150ms');
is(statuses($web->raw("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")), 200,
	'an idle connection is closed after its answer');
$web->stop;

# Asks for much and takes nothing.
$web = Web->start('http.write_timeout' => '150ms');
my $deaf = $web->connect(Blocking => 0);
setsockopt $deaf, SOL_SOCKET, SO_RCVBUF, pack 'l', 4096;
$web->until('the server stops writing to a client that does not read', sub {
	syswrite $deaf, "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" x 100;
	$web->metric('holdfast_http_refusals_total', 'cause="write-timeout"');
});
pass('a client that takes nothing is cut off');
$web->stop;

# ---- number ----
$web = Web->start('http.connections' => 1000, 'http.connections_per_address' => 1000);
my @stalled = map {
	my $s = $web->connect;
	$web->put($s, $_ % 2 ? "GET /healthz HTTP/1.1\r\nX: " : "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
	$s
} 1 .. 500;
$web->until('all are connected', sub { $web->metric('holdfast_http_connections') == 501 });
my $served = grep { statuses($web->raw($hello)) eq '200' } 1 .. 200;
is($served, 200, 'two hundred requests are served beside 500 stalled connections');
@stalled = ();
$web->until('their places are free again', sub { $web->metric('holdfast_http_connections') == 1 });
pass('the places of those who left are free again');
$web->stop;

$web = Web->start('http.connections' => 20, 'http.connections_per_address' => 10);
my @mine = map { my $s = $web->connect(LocalAddr => '127.0.0.2'); $web->put($s, 'GET'); $s } 1 .. 10;
$web->until('they are connected', sub { $web->metric('holdfast_http_connections') == 11 });
is(statuses($web->raw($hello, LocalAddr => '127.0.0.2')), 503, 'an address with ten connections gets no further one');
is(statuses($web->raw($hello, LocalAddr => '127.0.0.3')), 200, 'another address does');
my $idle = $web->connect;
$web->put($idle, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
$web->get($idle, qr/ok\n\z/);
push @mine, map { my $s = $web->connect(LocalAddr => '127.0.0.4'); $web->put($s, 'GET'); $s } 1 .. 9;
my $late = $web->connect(LocalAddr => '127.0.0.6');
$web->put($late, $hello);
is(statuses($web->get($late)), 200, 'when all places are taken, an unfinished head makes room');
is($web->get($mine[0]), '', '... the oldest one');
$web->put($idle, $hello);
is(statuses($web->get($idle)), 200, '... and not a connection that idles between requests');
@mine = ();
$web->stop;

$web = Web->start('http.connections' => 4);
my @resting = map { $web->connect } 1 .. 4;
for my $socket (@resting) {
	$web->put($socket, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	$web->get($socket, qr/ok\n\z/);
}
is(statuses($web->raw($hello)), 200, 'when all places idle, one of them makes room');
is($web->get($resting[0]), '', '... the oldest one');
@resting = ();
$web->stop;

# ---- a flood of unfinished heads: 10 000 connections from 200 addresses ----
$web = Web->start('http.connections' => 1000, 'http.header_timeout' => '60s');
my $steady = $web->connect;
sub steady {
	$web->put($steady, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
	return $web->get($steady, qr/ok\n\z/) =~ /^HTTP\/1\.1 200 / ? 1 : 0;
}
is(steady(), 1, 'a client keeps its connection');
my $parent = $$;
# Each of 20 processes holds 500 connections from ten addresses, and opens a new one for each that is closed.
my @flooders = map { my $n = $_; my $pid = fork // die "fork: $!"; flood($n) if !$pid; $pid } 0 .. 19;
sub flood {
	my ($n) = @_;
	# Without IO::Socket and IO::Select, which take most of the CPU of this file.
	my $server = pack_sockaddr_in($web->{port}, inet_aton('127.0.0.1'));
	my @from = map { pack_sockaddr_in(0, inet_aton("127.1.$n.$_")) } 1 .. 10;
	my $open = sub {
		my ($i) = @_;
		my $s;
		socket($s, PF_INET, SOCK_STREAM, 0) && bind($s, $from[ $i % 10 ]) && connect($s, $server) or return;
		syswrite $s, "GET /healthz HTTP/1.1\r\nX: $i";
		return $s;
	};
	my @held = map { $open->($_) } 1 .. 500;
	while (getppid == $parent) {
		my $wanted = '';
		vec($wanted, fileno $_, 1) = 1 for grep { $_ } @held;
		select $wanted, undef, undef, 0.1;
		for my $i (0 .. $#held) {
			$held[$i] = $open->($i) if !$held[$i] || vec $wanted, fileno $held[$i], 1;
		}
	}
	require POSIX;
	POSIX::_exit(0);
}
my ($longest, $kept, $asked) = (0, 0, 0);
$served = 0;
# A client that is stopped by the system between its connection and its head is an unfinished head itself: nothing
# happens between the two.
sub new_client {
	my $server = pack_sockaddr_in($web->{port}, inet_aton('127.0.0.1'));
	socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
	connect($s, $server) && syswrite $s, $hello or return '';
	return statuses($web->get($s));
}
$web->until('ten thousand were there', sub {
	my $begin = time;
	$asked++;
	$served++ if new_client() eq '200';
	$kept += steady();
	$longest = time - $begin if time - $begin > $longest;
	return $asked >= 100 && $web->metric('holdfast_http_refusals_total', 'cause="slow"') >= 9000;
});
is($served, $asked, 'in a flood of unfinished heads every new client is answered');
is($kept, $asked, '... and so is a client that keeps its connection');
note sprintf 'of %d pairs of requests the slowest took %.0f ms', $asked, $longest * 1000;
kill KILL => @flooders;
waitpid $_, 0 for @flooders;
$web->stop;
done_testing;
