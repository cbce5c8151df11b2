#!/usr/bin/perl
# What an upstream can do to holdfast-fetch: nothing beyond its caps, and it leads it nowhere inside.
use strict;
use warnings;
use utf8;
use Encode 'encode_utf8';
use FindBin;
use IO::Socket::INET;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Fetch;

my $up = Upstream->start;
my %port = %{ $up->{ports} };
my $P = $port{http};
my $sanitized = $ENV{HOLDFAST_BUILD} =~ m{/(?:asan|tsan)$};

sub escaped {
	my ($s) = @_;
	utf8::encode($s) if utf8::is_utf8($s);
	$s =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge;
	return $s;
}

# ---- addresses inside, in every spelling ----

# Where this machine itself would answer: the canary listens there.
my @own = map { "http://$_/" } map { /:P/ ? s/:P/:$P/r : "$_:$P" } (
	qw(127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0X7F000001 0x7f.0.0.1 0x7f.0x0.0x0.0x1 0x7f.1 0177.0.0.1
		0177.0.0.01 017700000001 00000177.0.0.1 0177.0x0.1 127.000.000.001 127.0.0.1. 127.0.0.3 127.1.1.1
		0 0.0.0.0 0x0 00 0.0),
	'１２７.0.0.1', '①②⑦.⓪.⓪.①', '127。0。0。1', '127．0．0．1', '127｡0｡0｡1', '%31%32%37.0.0.1', '127%2e0%2e0%2e1',
	qw(localhost LOCALHOST localhost. LocalHost.), 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ', 'ｌｏｃａｌｈｏｓｔ', 'loc%61lhost',
	qw([::1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [::0001] [::0.0.0.1] [::ffff:127.0.0.1]
		[::FFFF:7F00:1] [0:0:0:0:0:ffff:7f00:0001] [::] [::ffff:0.0.0.0]),
	qw(evil4.test EVIL4.TEST evil4.test. evil6.test mapped.test zero.test alias.test));
# Where others would: metadata services, private networks, tunnels that end in them.
my @inside = map { "http://$_:$P/" } (
	qw(169.254.169.254 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518 169.16689662 0xA9.0xFE.0xA9.0xFE
		100.100.100.200 168.63.129.16 192.0.0.192 10.0.0.1 10.1 0xa000001 167772161 172.16.0.1 172.31.255.255
		192.168.0.1 192.168.1 3232235521 100.64.0.1 198.18.0.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
		[::127.0.0.1] [::7f00:1] [::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [::ffff:10.0.0.1] [::ffff:0:127.0.0.1]
		[64:ff9b::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:a9fe:a9fe::] [2001:0:7f00:1::]
		[2001:db8::1] [fc00::1] [fd00:ec2::254] [fe80::1] [fe80::1%25lo] [fe80::1%lo] [::1%25lo] [fec0::1] [ff02::1]
		[100::1] [5f00::1] metadata.test nat64.test sixtofour.test mixed.test));
# Where parsers disagree.
my @odd = map { s/:P/:$P/gr } (
	'http://good.test@127.0.0.1:P/', 'http://good.test:P@127.0.0.1:P/', 'http://127.0.0.1:P@good.test:P/',
	'http://good.test%00@127.0.0.1:P/', 'http://good.test\\@127.0.0.1:P/', 'http://127.0.0.1:P\\@good.test:P/',
	'http://127.0.0.1:P#@good.test:P/', 'http://127.0.0.1:P?@good.test:P/', 'http://127.0.0.1:P;good.test/',
	'http:\\\\127.0.0.1:P/', 'http:///127.0.0.1:P/', 'http:127.0.0.1:P/', 'http:/127.0.0.1:P/',
	' http://127.0.0.1:P/', "http://127.0.0.1:P\t/", "http://127.0.0.1\t:P/", "http://\t127.0.0.1:P/",
	"http://127.0.0.1\r\n:P/",
	'HTTP://127.0.0.1:P/', 'hTTps://127.0.0.1:P/', 'http://127.0.0.1:0P/', 'http://127.0.0.1:+P/',
	'http://127.0.0.1:-P/',
	'http://[::1]good.test:P/', 'http://[::1]:P@good.test:P/', 'http://good.test,127.0.0.1:P/',
	'http://127.0.0.1 good.test:P/',
	'http://127.0.0.1%20good.test:P/', 'http://127.0.0.1%0d%0aX:P/', 'http://6425673729:P/', 'http://0x17f000001:P/',
	'http://127.0.0.1.1:P/', 'http://383.0.0.1:P/', 'http://127..0.1:P/', 'http://.127.0.0.1:P/',
	'http://127.0.0.1..:P/',
	'http://[127.0.0.1]:P/', 'http://[0x7f000001]:P/', 'http://::1:P/', 'http://[::1/', 'http://:P/', 'http://',
	'file:///etc/passwd', 'gopher://127.0.0.1:P/_GET%20/', 'ftp://127.0.0.1:P/', 'dict://127.0.0.1:P/x',
	'ldap://127.0.0.1:P/',
	'telnet://127.0.0.1:P/', 'tftp://127.0.0.1:P/x', 'smb://127.0.0.1/x', 'scp://127.0.0.1:P/x', 'ws://127.0.0.1:P/',
	'data:text/html,x', 'javascript:alert(1)', 'http+unix://%2Frun%2Fx/', 'http://127.0.0.1:22/', 'http://good.test:22/'
);
my @spellings = map { encode_utf8($_) } @own, @inside, @odd;
cmp_ok(scalar @spellings, '>=', 120, scalar(@spellings) . ' spellings');
cmp_ok($port{canaries}, '>=', 4, "$port{canaries} canaries listen");

# So that silence means something: the canary hears, and the spellings do lead to it when they are allowed to.
{
	my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$P", Timeout => 5);
	ok($socket, 'the canary answers who calls it');
	close $socket;
	my $open = Fetch->start(hello => $up->hello(allow => '0.0.0.0/0 ::/0'));
	$open->request(url => encode_utf8($_), timeout_ms => 60_000) for @own;
	$open->answers(scalar @own);
	my $heard = @{ $up->stats->{canary} } - 1;
	cmp_ok($heard, '>=', 40, "without a guard $heard of " . @own . ' spellings of our own addresses reach the canary');
}

my $fetch = Fetch->start(hello => $up->hello);
my $before = @{ $up->stats->{canary} };
sub refused_all {
	my ($how, @requests) = @_;
	my %asked = map { $fetch->request(%$_) => $_->{url} } @requests;
	my $answers = $fetch->answers(scalar @requests);
	is(scalar keys %$answers, scalar @requests, "$how: every call is answered");
	my @wrong
		= grep { $answers->{$_}{outcome} !~ /^(?:refused_address|refused_url|no_such_name)$/ } sort keys %$answers;
	is_deeply([ map {"$asked{$_}: $answers->{$_}{outcome} $answers->{$_}{detail}"} @wrong ], [], "$how: and refused");
	is(scalar @{ $up->stats->{canary} } - $before, 0, "$how: 0 connections inside");
}
refused_all('called', map { { url => $_, timeout_ms => 60_000 } } grep { length } @spellings);
refused_all('as a website', map { { kind => 'website', url => $_, timeout_ms => 60_000 } } @spellings);
# A Location without a host is relative, and one that begins with white space or a wrong scheme's slashes too: those
# stay at home, which is not inside either.
my @absolute = grep { m{^[A-Za-z+]+://[^/]} && !/[\t\r\n]/ } @spellings;
refused_all('as a redirect', map { { url => "http://good.test:$P/to?u=" . escaped($_), timeout_ms => 60_000,
	host_concurrency => 8 } } @absolute);
{
	my $answer = $fetch->call(kind => 'website', url => "http://inside.good.test:$P/");
	is($answer->{outcome}, 'refused_address', 'robots.txt that leads inside is not followed');
	for my $to (grep { !m{^[A-Za-z+]+://[^/]} } @spellings) {
		my $moved = $fetch->call(url => "http://good.test:$P/to?u=" . escaped($to), timeout_ms => 60_000);
		isnt($moved->{outcome}, 'ok', 'a broken Location leads nowhere')
			if $moved->{final_url} !~ m{^http://good\.test:};
	}
	is(scalar @{ $up->stats->{canary} } - $before, 0, 'nor do broken Locations lead inside');
}
{
	my $page = $fetch->call(kind => 'website', url => "http://rebind.test:$P/");
	is($page->{outcome}, 'ok', 'a name that changes its address after the check is called at the checked one');
	my $stats = $up->stats;
	is($stats->{dns}{'rebind.test/1'}, 1, 'and was asked for once, for robots.txt and page');
	my $again = $fetch->call(url => "http://rebind.test:$P/json");
	is($again->{outcome}, 'refused_address', 'the next call asks anew, and refuses what it hears');
	is(scalar @{ $up->stats->{canary} } - $before, 0, 'the canary heard nothing of it');
}

# ---- time ----

my @endless = map { "http://good.test:$P$_" } qw(/hang /hang-in-header /hang-in-body /drip /drip-header);
push @endless, "http://good.test:$port{silent}/", "https://good.test:$port{silent}/", "http://silent.test:$P/";
{
	my %asked = map { $fetch->request(url => $_, timeout_ms => 600, host_concurrency => 50) => $_ } @endless;
	my $good = $fetch->request(url => "http://other.good.test:$P/json");
	my $answers = $fetch->answers(@endless + 1);
	is($answers->{$good}{outcome}, 'ok', 'a good call beside those that hang is answered');
	for (sort keys %asked) {
		my $a = $answers->{$_};
		ok($a->{outcome} eq 'timeout' && $a->{total_ms} >= 590,
			"the deadline ends $asked{$_} (after $a->{total_ms} ms)") or diag(explain($a));
	}
}

# ---- size ----

my %large = (
	'/huge' => 'too_large', '/huge-length' => 'too_large', '/huge-error' => 'too_large',
	'/huge-redirect' => 'too_large',
	'/bomb' => 'too_large', '/bomb-br' => 'too_large', '/bomb-twice' => 'too_large', '/many-headers' => 'too_large',
	'/long-header' => 'too_large', '/deep' => 'unreadable', '/wide' => 'too_large',
	'/bad-gzip' => 'unreadable', '/odd-encoding' => 'unreadable', '/garbage' => 'unreadable',
	'/two-lengths' => qr/^(?:ok|unreadable|connect)$/,
	'/nothing' => 'connect', '/reset' => 'connect', '/short' => 'connect', '/not-json' => 'unreadable'
);
my $sent = $up->stats->{bytes};
for my $path (sort keys %large) {
	my $a = $fetch->call(url => "http://good.test:$P$path", timeout_ms => 300_000, facts => [ x => '/x' ]);
	like($a->{outcome}, ref $large{$path} ? $large{$path} : qr/^$large{$path}$/,
		"$path ends as $a->{outcome}: $a->{detail}");
}
{
	my $big = $fetch->call(url => "http://good.test:$P/bomb", max_body_bytes => 16 << 20);
	is($big->{outcome}, 'too_large', 'a bomb below the cap of bytes is one by its ratio');
	cmp_ok($big->{body_bytes}, '<', 4 << 20, "after $big->{body_bytes} bytes");
	my $pdf = $fetch->call(kind => 'website', url => "http://good.test:$P/pdf");
	is_deeply([@$pdf{qw(outcome facts)}], ['ok', undef], 'a site that is no HTML is not read to its end');
	my $long = $fetch->call(kind => 'website', url => "http://long.good.test:$P/");
	is($long->{outcome}, 'ok', 'a robots.txt of 10 GB is read up to its limit');
	my $total = $up->stats->{bytes} - $sent;
	cmp_ok($total, '<', 128 << 20, sprintf 'of 70 GB that were offered %.0f MB left the other side', $total / 1e6);
}
SKIP: {
	skip 'sanitizers keep memory of their own', 1 if $sanitized;
	my $peak = $fetch->memory('VmHWM');
	cmp_ok($peak, '<', 192 << 20, sprintf 'the most memory it ever had is %.0f MB', $peak / 1e6);
}

# ---- TLS ----

for ([ 'selfsigned', 'tls' ], [ 'othername', 'tls' ], [ 'expired', 'tls' ], [ 'nottls', 'tls' ], [ 'http', 'tls' ],
	[ 'https', 'ok' ], [ 'http2', 'ok' ])
{
	my ($what, $want) = @$_;
	my $a = $fetch->call(url => "https://good.test:$port{$what}/json", facts => [lat => '/0/lat']);
	is($a->{outcome}, $want, "$what: $want $a->{detail}");
}
{
	my $strict = Fetch->start(hello => $up->hello(authorities => ''));
	is($strict->call(url => "https://good.test:$port{https}/json")->{outcome}, 'tls',
		'an authority nobody named is not trusted');
	is(
		$fetch->call(url => "http://good.test:$P/to?u=" . escaped("https://good.test:$port{selfsigned}/"))->{outcome},
		'tls',
		'nor does a redirect lead to a certificate that does not hold'
	);
}

# ---- redirects ----

is($fetch->call(url => "http://good.test:$P/loop")->{outcome}, 'too_many_redirects', 'a redirect to itself ends');
is($fetch->call(url => "http://good.test:$P/chain/5")->{outcome}, 'ok', 'five redirects are followed');
is($fetch->call(url => "http://good.test:$P/chain/6")->{outcome}, 'too_many_redirects', 'six are not');
is($fetch->call(url => "http://good.test:$P/to?u=" . ('x' x 1500))->{outcome}, 'http_error',
	'a long Location within the limit is followed');

is($fetch->call(url => "http://good.test:$P/json", facts => [lat => '/0/lat'])->{facts}{lat}[0], '48.1',
	'after all of this a good call is a good call');
is(scalar @{ $up->stats->{canary} } - $before, 0, 'and no connection was ever made inside');
$fetch->drain;
is($fetch->next_message->{type}, 'bye', 'it says farewell');
is($fetch->wait_end, 0, 'and ends well');
done_testing;
