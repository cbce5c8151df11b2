#!/usr/bin/perl
# What HTTP promises to clients: order, methods, caching, errors that help, a graceful end.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use IO::Socket::INET;
use JSON::XS;
use Test::More;
use Web;

my $web = Web->start('http.access_log' => 'yes', 'db.timeout' => '5s');
sub get { return $web->request(@_) }

# ---- one connection ----
my @answers = Web::answers(
	$web->raw(
		join '',
		map { "GET /order$_ HTTP/1.1\r\nHost: a\r\n" . ($_ == 9 ? "Connection: close\r\n" : '') . "\r\n" } 1 .. 9
	));
is(join(' ', map { $_->[0] } @answers), '404 ' x 8 . 404, 'nine pipelined requests get nine answers');
my @logged = $web->log =~ m{id="(\w+)" method="GET" path="/order(\d)"}g;
is_deeply(\@logged, [ map { $answers[$_][1]{'x-request-id'}, $_ + 1 } 0 .. 8 ],
	'in order, each with the id that the log has');
my %ids = map { $_->[1]{'x-request-id'} => 1 } @answers;
is(scalar keys %ids, 9, 'no id comes twice');
my ($status, $header, $body) = get('GET /healthz', 'X-Request-Id: forged');
isnt($header->{'x-request-id'}, 'forged', 'an id from outside is not taken over');
like($header->{date}, qr/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
	'Date is there');
like($header->{'content-security-policy'}, qr/default-src 'self'.*frame-ancestors 'none'/,
	'security headers are there');
is($header->{'x-content-type-options'}, 'nosniff', '... all of them');
is((Web::answers($web->raw("GET /healthz HTTP/1.0\r\n\r\n")))[0][0], 200,
	'HTTP/1.0 is answered, and the connection closed');
my $two
	= $web->raw(
	"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /healthz "
		. "HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	);
is(join(' ', map { $_->[0] } Web::answers($two)), '405 200',
	'a request behind a chunked body is read from where the body ends');
my $socket = $web->connect;
$web->put($socket,
	"POST /healthz HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
like($web->get($socket, qr/\r\n\r\n/), qr/^HTTP\/1\.1 100 Continue\r\n\r\n$/, 'who waits for 100 Continue gets it');
$web->put($socket, 'ab');
is((Web::answers($web->get($socket)))[0][0], 405, 'and after the body the answer');

# ---- methods ----
($status, $header, $body) = get('HEAD /openapi.json');
my $length = $header->{'content-length'};
is("$status$body", 200, 'HEAD has no body');
($status, $header, $body) = get('GET /openapi.json');
is($length, length $body, 'but the length that GET has');
is((get('OPTIONS /healthz'))[1]{allow}, 'GET, HEAD, OPTIONS', 'OPTIONS names the methods');
is((get('OPTIONS *'))[0], 204, 'OPTIONS * is answered');
($status, $header) = get('DELETE /healthz');
is("$status $header->{allow}", '405 GET, HEAD, OPTIONS', 'another method is answered 405 with Allow');
is((get('GET http://a/healthz'))[0], 200, 'an absolute target is a path of its host');

is((get('GET http://a:80/healthz'))[0], 200, 'the default port says nothing');
is((get("\r\n\r\nGET /healthz"))[0], 200, 'empty lines before a request are ignored');
($status, $header, $body) = get("GET /caf\xc3\xa9");
is($status, 400, 'a target that is not ASCII is refused');
like($body, qr/percent-encode/, '... with what to do about it');
$socket = $web->connect;
$web->put($socket, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n");
shutdown $socket, 1;
is(join(' ', map { $_->[0] } Web::answers($web->get($socket))), '200 200',
	'a client that closes its direction gets its answers');

# ---- caching ----
my $etag = (get('GET /openapi.json'))[1]{etag};
like($etag, qr/^"[0-9a-f]{32}"$/, 'an answer that may be kept has a strong ETag');
($status, $header, $body) = get('GET /openapi.json', "If-None-Match: \"x\", W/$etag");
is("$status$body$header->{etag}", "304$etag", 'who has it gets 304');
ok(!exists $header->{'content-length'}, 'without a length of what is not there');
is((get('GET /openapi.json', 'If-None-Match: "x"'))[0], 200, 'who has another one gets it');
is((get('GET /openapi.json', 'If-None-Match: *'))[0], 304, 'an asterisk is any');
is((get('GET /healthz'))[1]{'cache-control'}, 'no-store', 'health is never stored');

# ---- parameters and problems ----
for my $case (
	['limit=0', 'invalid-parameter', 'limit', qr/whole number from 1 to 100/],
	['limit=', 'invalid-parameter', 'limit', qr/whole number/],
	['limit=1&limit=2', 'repeated-parameter', 'limit', qr/once/],
	['limits=1', 'unknown-parameter', 'limits', qr/Possible are .*\blimit\b/],
	['sort=size', 'invalid-parameter', 'sort', qr/quality/],
	['q=%ff', 'invalid-parameter', 'q', qr/UTF-8/],
	['%ff=1', 'bad-request', undef, qr/UTF-8/],
	['q=a%0ab', 'invalid-parameter', 'q', qr/control/],
	['q=%22%3Cb%3E', 'unavailable', undef, qr/Retry-After/],
) {
	my ($query, $name, $parameter, $remedy) = @$case;
	($status, $header, $body) = get("GET /v1/businesses?$query");
	my $problem = decode_json($body);
	is($problem->{type}, "urn:holdfast:problem:$name", "?$query is $name");
	is($problem->{parameter}, $parameter, '... naming the parameter');
	like($problem->{remedy}, $remedy, '... and the remedy');
	is("$header->{'content-type'} $problem->{status} $problem->{request_id}",
		"application/problem+json $status $header->{'x-request-id'}", '... as problem+json with status and request id');
}
is((get('GET /v1/businesses?q=x'))[1]{'retry-after'}, 1, '503 says when to try again');
is((get('GET /%76%31/regions'))[0], 503, 'an escaped path is the same path');
is((get('GET /v1/regions%2Fx'))[0], 404, 'an escaped slash is none');
is((get('GET /v1/../healthz'))[0], 404, 'dots are names like others');

# ---- people ----
($status, $header, $body) = get('GET /nowhere', 'Accept: text/html,application/xhtml+xml');
is("$status $header->{'content-type'}", '404 text/html; charset=utf-8',
	'a browser gets a page that says what is wrong');
like($body, qr/<h1.*There is nothing at this address/s, '... as its heading');
($status, $header) = get('GET /v1/businesses?limit=0', 'Accept: text/html');
is($header->{'content-type'}, 'application/problem+json', 'the API answers problem+json, whoever asks');
is((get('GET /imprint?utm_source=mail'))[0], 200, 'pages ignore what mailers add');

# ---- descriptions ----
my $api = decode_json((get('GET /openapi.json'))[2]);
is($api->{openapi}, '3.1.0', 'the OpenAPI document is JSON');
my %operations;
for my $path (sort keys %{ $api->{paths} }) {
	for my $operation (values %{ $api->{paths}{$path} }) {
		ok(!$operations{ $operation->{operationId} }++, "$path has an operationId of its own");
		my %in_path = map { $_->{name} => 1 } grep { $_->{in} eq 'path' } @{ $operation->{parameters} };
		is_deeply([sort keys %in_path], [sort $path =~ /\{(\w+)\}/g], '... and describes each {part}');
	}
}
my $text = encode_json($api);
for my $ref ($text =~ m{"#/components/([^"]+)"}g) {
	my ($kind, $name) = split m{/}, $ref;
	ok($api->{components}{$kind}{$name}, "$ref exists") if !$operations{"seen $ref"}++;
}
my $metrics = (get('GET /metrics'))[2];
my (%type, @bad);
for (split /\n/, $metrics) {
	if (/^# TYPE (\w+) (counter|gauge|histogram)$/) { $type{$1} = $2; next }
	next if /^# HELP (\w+) \S.*\.$/;
	push @bad, $_
		unless /^(\w+?)(_bucket|_sum|_count)?(?:\{(\w+="[^"\\]*",?)+\})? [0-9.e+-]+$/ && ($type{$1} || $type{"$1$2"});
}
is_deeply(\@bad, [], 'metrics are in the text format, each series with type and help');
like($metrics, qr/holdfast_http_requests_total\{process="web\/1",route="list_businesses",class="4xx"\} \d/,
	'requests are counted by route and class');
unlike($web->log, qr/limits=1|q=x/, 'the log holds no query');
$web->stop;

# ---- a client that leaves ----
# A database that accepts and says nothing: the query waits, and the client does not. What /metrics itself asks of the
# database waits too.
my $silent = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1') or die "listen: $!";
$web = Web->start(database => 'host=127.0.0.1 port=' . $silent->sockport . ' user=x dbname=x', 'db.timeout' => '60s');
$web->until('the monitor\'s query waits', sub { $web->metric('holdfast_db_queue') == 1 });
$socket = $web->connect;
$web->put($socket, "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
$web->until('the query waits', sub { $web->metric('holdfast_db_queue') == 2 });
close $socket;
$web->until('the server sees that the client is gone', sub { $web->metric('holdfast_http_clients_gone_total') == 1 });
is($web->metric('holdfast_db_queue'), 1, 'the query of a client that left is dropped, and no other');

# ---- the end ----
my $idle = $web->connect;
$web->put($idle, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
$web->get($idle, qr/ok\n/);
my $half = $web->connect;
$web->put($half, "POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
$web->until('three are connected', sub { $web->metric('holdfast_http_connections') == 3 });
kill TERM => $web->{pid};
is($web->get($idle), '', 'at SIGTERM an idle connection is closed');
$web->put($half, 'cd');
my ($last) = Web::answers($web->get($half));
is("$last->[0] $last->[1]{connection}", '405 close', 'a request under way is answered, and the connection closed');
close $half;
$web->stop;

$web = Web->start('web.drain_timeout' => '100ms');
$half = $web->connect;
$web->put($half, 'GET /hea');
$web->until('it is connected', sub { $web->metric('holdfast_http_connections') == 2 });
$web->stop;
is($web->get($half), '', 'what does not end is cut off at the deadline');
done_testing;
