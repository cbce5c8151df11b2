#!/usr/bin/perl
# What holdfast-fetch does for its worker: calls of every kind, whose turn it is, its ticks, and its end.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes 'time';
use lib "$FindBin::Bin/../lib";
use Fetch;
use Instance;
use Wait;

my $up = Upstream->start;
my %port = %{ $up->{ports} };
my $P = $port{http};
my $fetch = Fetch->start(hello => $up->hello);

# ---- kinds ----

{
	my $a = $fetch->call(
		url => "http://good.test:$P/json",
		facts => [
			latitude => '/0/lat', longitude => '/0/lon',
			flag => '/0/a~1b', nothing => '/1/lat'
		]);
	is_deeply($a->{facts}, { latitude => ['48.1'], longitude => ['11.5'], flag => ['true'] },
		'an API: what its mapping names');
	is_deeply(
		[ @$a{qw(http_status content_type final_url redirects)} ],
		[ 200, 'application/json', "http://good.test:$P/json", 0 ], 'with status, type and address'
	);
	is($fetch->call(url => "http://good.test:$P/json?key=s3cret")->{final_url}, "http://good.test:$P/json",
		'but not with its key');
	is(
		$fetch->call(kind => 'website', url => "http://good.test:$P/?q=1&m=jane%40example.org")->{final_url},
		"http://good.test:$P/",
		"nor with anybody's e-mail address"
	);
	is($fetch->call(kind => 'website', url => "http://good.test:$P/?q=1")->{final_url}, "http://good.test:$P/?q=1",
		'a page keeps its query');
	is($fetch->call(url => "http://good.test:$P/json", facts => [ x => 'no-pointer' ])->{outcome}, 'unreadable',
		'a broken mapping is said');
	is(
		$fetch->call(url => "http://good.test:$P/email", facts => [ x => '/contact' ])->{facts}, undef,
		'an e-mail address goes no further'
	);
	my $posted = $fetch->call(
		url => "http://good.test:$P/echo", method => 'POST', body => 'a=b', headers => "X-Key: s3cret\n",
		facts => [ map { $_ => "/$_" } qw(method body h-x-key h-user-agent h-accept-encoding h-via h-cookie) ]);
	is_deeply(
		$posted->{facts},
		{
			method => ['POST'], body => ['a=b'], 'h-x-key' => ['s3cret'],
			'h-user-agent' => ['Holdfast/test (+https://example.org/bot)'], 'h-accept-encoding' => ['gzip, deflate, br']
		},
		'POST, headers and our own name arrive'
	);
	is($fetch->call(url => "http://good.test:$P/echo", method => 'HEAD')->{outcome}, 'ok',
		'HEAD has no body to wait for');
	for my $bad ("Host: x\n", "Content-Length: 5\n", "Transfer-Encoding: chunked\n", "X y: z\n", "no colon\n",
		"X: a\rb\n", ": x\n")
	{
		is($fetch->call(url => "http://good.test:$P/echo", headers => $bad)->{outcome}, 'refused_url',
			'a header is refused: ' . $bad =~ s/\s+$//r);
	}
}
{
	my $a
		= $fetch->call(kind => 'website', url => "http://good.test:$P", facts => [ telephone => '+49 (0)30 1234567' ]);
	is_deeply(
		$a->{facts},
		{
			title => ["B\xc3\xa4ckerei Huber"], language => ['de'], description => ['Brot'],
			json_ld => [ 'Bakery', 'PostalAddress' ], local_business => ['true'],
			telephone => [ '+49301234567', '0301234567' ],
			same_telephone => ['true']
		},
		'a website: what its page says'
	);
	is($fetch->call(kind => 'website', url => "https://good.test:$port{http2}/")->{facts}{language}[0], 'de',
		'also over HTTP/2');
	is($fetch->call(kind => 'website', url => "http://b\xc3\xa4cker.gra.test:$P/")->{outcome}, 'no_such_name',
		'a name with umlauts is looked up');
	is($up->stats->{dns}{'xn--bcker-gra.gra.test/1'}, 1, 'in its ASCII form');
}
{
	my %mail = ('mail.test' => { mx => ['10 a.mail.test', '20 b.mail.test'], address => ['true'] },
		'onlymx.test' => { mx => ['5 mx.elsewhere.test'] }, 'null.test' => { null_mx => ['true'] },
		'nomx.test' => { address => ['true'] }, 'nothing.test' => undef,
		'MAIL.test.' => { mx => [ '10 a.mail.test', '20 b.mail.test' ], address => ['true'] });
	for my $domain (sort keys %mail) {
		my $a = $fetch->call(kind => 'mx', url => $domain);
		is_deeply([@$a{qw(outcome facts)}], ['ok', $mail{$domain}], "mail servers of $domain");
	}
	is($fetch->call(kind => 'mx', url => 'nx.test')->{outcome}, 'no_such_name', 'a domain that does not exist');
	is($fetch->call(kind => 'mx', url => 'servfail.test')->{outcome}, 'dns',
		'a resolver that fails says nothing about the domain');
	is($fetch->call(kind => 'mx', url => $_)->{outcome}, 'refused_url', "no domain: $_")
		for 'a b', 'http://x/', '127.0.0.1', 'a..b', 'jane@x.test';
	is($fetch->call(url => "http://nx.test:$P/")->{outcome}, 'no_such_name', 'a website of no such name');
	my $wide = Fetch->start(hello => $up->hello(allow => "$up->{host}/32 127.0.0.9/32 ::/16"));
	is($wide->call(url => "http://two.test:$P/json")->{outcome}, 'ok',
		'where one address does not answer the next one is called');
	is($wide->call(url => "http://six.test:$P/json")->{outcome}, 'ok', 'of both families');
	is($wide->call(url => "http://two.test:$port{closed}/json")->{outcome}, 'connect', 'until none is left');
	is($fetch->call(url => "http://good.test:$port{closed}/")->{outcome}, 'connect', 'nobody listens');
}

# ---- redirects ----

sub escaped { my ($s) = @_; $s =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ge; return $s }
{
	my %ask = (
		method => 'POST', body => 'secret', headers => "Authorization: Bearer t\n",
		facts => [ map { $_ => "/$_" } qw(method body h-authorization) ]);
	my $to = sub {
		my ($status, $host) = @_;
		$fetch->call(%ask, url => "http://good.test:$P/to?s=$status&u=" . escaped("http://$host:$P/echo"))->{facts};
	};
	is_deeply($to->(302, 'good.test'), { method => ['GET'], 'h-authorization' => ['Bearer t'] },
		'302 makes a GET of a POST');
	is_deeply($to->(307, 'good.test'), { method => ['POST'], body => ['secret'], 'h-authorization' => ['Bearer t'] },
		'307 does not');
	is_deeply($to->(302, 'b.good.test'), { method => ['GET'] }, "another host does not get the request's headers");
	my $a = $fetch->call(url => "http://good.test:$P/to?u=" . escaped('../json'), facts => [ lat => '/0/lat' ]);
	is_deeply([ @$a{qw(final_url redirects)} ], [ "http://good.test:$P/json", 1 ],
		'a relative Location counts from where it was said');
	is($fetch->call(url => "http://good.test:$P/chain/1", max_redirects => 0)->{outcome}, 'too_many_redirects',
		'none are followed when none may be');
}

# ---- status and Retry-After ----

for (
	[ '/status/404', 'http_error', 404, 0 ], [ '/status/500', 'http_error', 500, 0 ], [ '/503', 'http_error', 503, 0 ],
	[ '/429', 'retry_after', 429, 120000 ], [ '/429-plain', 'retry_after', 429, 60000 ],
	[ '/503-year', 'retry_after', 503, 86400000 ])
{
	my ($path, @want) = @$_;
	is_deeply([ @{ $fetch->call(url => "http://good.test:$P$path") }{qw(outcome http_status retry_after_ms)} ], \@want,
		"$path: @want");
}
my $dated = $fetch->call(url => "http://good.test:$P/503-date");
ok($dated->{outcome} eq 'retry_after' && $dated->{retry_after_ms} > 500e3 && $dated->{retry_after_ms} <= 601e3,
	"/503-date: in $dated->{retry_after_ms} ms");

# ---- robots.txt ----

my %robots = (
	"http://deny.good.test:$P/" => 'robots', "http://part.good.test:$P/" => 'ok',
	"http://part.good.test:$P/secret" => 'robots',
	"http://gone.good.test:$P/" => 'ok', "http://moved.good.test:$P/" => 'robots',
	"http://broken.good.test:$P/" => 'http_error',
	"http://late.good.test:$P/" => 'retry_after',
	"http://good.test:$P/to?u=" . escaped("http://deny.good.test:$P/") => 'robots'
);
is($fetch->call(kind => 'website', url => $_)->{outcome}, $robots{$_}, "robots.txt: $_ is $robots{$_}")
	for sort keys %robots;
is($fetch->call(url => "http://deny.good.test:$P/json")->{outcome}, 'ok', 'an API is not a crawl');
{
	my $requests = $up->stats->{requests};
	is($requests->{'part.good.test/robots.txt'}, 1, 'robots.txt is read once for a host');
	ok(!$requests->{'deny.good.test/'} && !$requests->{'broken.good.test/'}, 'what it forbids was never asked for');
}

# ---- whose turn it is ----

{
	# A host that never answers, so that it does not depend on the machine who is first.
	my $beside = Fetch->start(hello => $up->hello);
	$beside->request(url => "http://hung.good.test:$P/hang") for 1 .. 8;
	my $other = $beside->request(url => "http://free.good.test:$P/json");
	is($beside->next_message->{item}, $other, 'a host that is free does not wait for one that is busy');
	close delete $beside->{socket};
	$beside->wait_end;
	my @slow = map { $fetch->request(url => "http://busy.good.test:$P/slow") } 1 .. 8;
	my $answers = $fetch->answers(8);
	is((grep { $_->{outcome} eq 'ok' } values %$answers), 8, 'the busy one answers all in the end');
	is($up->stats->{most}{'busy.good.test'}, 2, 'and never had more than two at once');
	cmp_ok($answers->{ $slow[-1] }{waited_ms}, '>=', 600, 'who waited knows how long');
	$fetch->request(url => "http://wide.good.test:$P/slow", host_concurrency => 6) for 1 .. 8;
	$fetch->answers(8);
	is($up->stats->{most}{'wide.good.test'}, 6, 'a request may ask for more');
	my $start = time;
	$fetch->request(url => "http://spaced.good.test:$P/json", host_interval_ms => 200) for 1 .. 4;
	is(scalar keys %{ $fetch->answers(4) }, 4, 'starts at an interval are all made');
	cmp_ok(time - $start, '>=', 0.6, 'and not sooner');
}

{
	# Eight sites that all lead to one platform: it has its turn, too.
	$fetch->request(url => "http://site$_.good.test:$P/to?u=" . escaped("http://platform.good.test:$P/slow"))
		for 1 .. 8;
	my @answers = values %{ $fetch->answers(8) };
	is((grep { $_->{outcome} eq 'ok' && $_->{redirects} == 1 } @answers), 8, 'redirects to one host all arrive');
	is($up->stats->{most}{'platform.good.test'}, 2, 'and wait for its turn like first calls');
	my @waited = grep { $_->{waited_ms} >= 600 } @answers;
	ok((grep { $_->{total_ms} < $_->{waited_ms} } @waited), 'what they waited is told apart from what they took');
	$fetch->call(url => "http://kept.good.test:$P/json") for 1 .. 3;
	$fetch->call(url => "http://unkept.good.test:$P/json") for 1 .. 3;
	my $dns = $up->stats->{dns};
	is_deeply([ @$dns{ 'kept.good.test/1', 'unkept.good.test/1' } ], [ 1, 3 ],
		'a name is asked for as often as its TTL wants it');
}

# ---- ticks ----

{
	my $began = time;
	my $alone = Fetch->start(hello => $up->hello(tick_ms => 50, max_in_flight => 1));
	my @seen = $alone->next_tick;
	is_deeply([@{ $seen[0] }{qw(type in_flight waiting oldest_ms network_ms)}], ['tick', 0, 0, 0, 0],
		'an idle loop ticks and says so');
	$alone->request(url => "http://good.test:$P/hang") for 1 .. 2;
	my @hung;
	while (@hung < 10) {
		my $tick = $alone->next_tick;
		last if $tick->{type} ne 'tick';
		push @seen, $tick;
		push @hung, $tick if $tick->{in_flight} == 1 && $tick->{waiting} == 1;
	}
	is(scalar @hung, 10, 'while a call hangs the loop ticks on');
	cmp_ok($hung[-1]{oldest_ms}, '>', $hung[0]{oldest_ms} + 300, 'the oldest call grows old in the ticks');
	my ($sum, $passed) = (0, (time - $began) * 1000);
	$sum += $_->{network_ms} + $_->{limiter_ms} + $_->{idle_ms} for @seen;
	# A busy machine makes ticks late, and then they have more to account for: neither bound depends on it.
	ok($sum >= 0.9 * 50 * $#seen && $sum <= $passed + 10, "its milliseconds are the time that passed ($sum)");
	cmp_ok((grep { $_->{network_ms} > $_->{idle_ms} } @hung), '>=', @hung / 2, 'and belong to the network');
	kill 'STOP', $alone->{pid};
	my $stopped = sub { Instance::read_file("/proc/$alone->{pid}/stat") =~ /\) T / };
	wait_until('it is stopped', $stopped);
	1 while $alone->message_at_hand;
	my $until = time + 0.5; # ten ticks' time
	wait_until('ten ticks would have come', sub { time > $until });
	is($alone->message_at_hand, undef, 'a stopped loop does not tick: the heartbeat cannot lie');
	kill 'CONT', $alone->{pid};
	my $again;
	do { $again = $alone->next_tick } until $again->{type} ne 'answer';
	is($again->{type}, 'tick', 'it ticks again when it runs again');
}

# ---- a worker that does not read ----

{
	my $count = 200; # of 20 kB each, many times what the socket holds
	my $asked = Fetch->start(hello => $up->hello(tick_ms => 10));
	for (1 .. $count) {
		$asked->request(
			url => "http://unread.good.test:$P/echo", host_concurrency => 20, headers => 'X-Long: ' . 'x' x 1000 . "\n",
			facts => [ map { ("f$_" => '/h-x-long') } 1 .. 20 ]);
	}
	wait_until('all have been called', sub { ($up->stats->{requests}{'unread.good.test/echo'} // 0) == $count });
	my $answers = $asked->answers($count);
	is(scalar keys %$answers, $count, 'answers that the worker did not take at once are kept, none is lost');
	is((grep { $_->{outcome} eq 'ok' && keys %{ $_->{facts} } == 20 } values %$answers), $count, 'and all are whole');
}

# ---- the end ----

sub ends {
	my ($how, $hello, $code, $act, $reason) = @_;
	my $f = Fetch->start(defined $hello ? (hello => $hello) : ());
	$act->($f);
	my $bye;
	while (my $m = $f->next_message) { $bye = $m, last if $m->{type} =~ /^(?:bye|end)$/ }
	$reason
		? like($bye->{reason} // 'no farewell', $reason, "$how: says why")
		: is($bye->{type}, 'bye', "$how: says farewell");
	is($f->wait_end >> 8, $code, "$how: ends with $code");
}
ends('drained', $up->hello, 0, sub { $_[0]->drain });
ends('SIGTERM', $up->hello, 0, sub { $_[0]->next_tick; kill 'TERM', $_[0]{pid} });
ends('no hello', undef, 1, sub { $_[0]->drain }, qr/drain before hello/);
ends('two hellos', $up->hello, 1, sub { $_[0]->hello(%{ $up->hello }) }, qr/second hello/);
ends('an answer', $up->hello, 1, sub { $_[0]->send_message('bye', 0, pack 'L', 0) }, qr/bye is not for the fetcher/);
ends('garbage', $up->hello, 1, sub { $_[0]->send_raw('x' x 500) }, qr/version/);
ends('a cut message', $up->hello, 1, sub { $_[0]->send_message('request', 1, 'x' x 10) }, qr/request/);
ends('a wrong range', $up->hello(allow => '10.0.0.1'), 1, sub { }, qr/not a range/);
ends('a wrong port', $up->hello(ports => '99999'), 1, sub { }, qr/not a port/);
ends('a wrong resolver', $up->hello(resolvers => 'x.y'), 1, sub { }, qr/resolvers/);
{
	my $f = Fetch->start(hello => $up->hello(max_in_flight => 2, host_concurrency => 2));
	my @items = map { $f->request(url => "http://drained.good.test:$P/slow") } 1 .. 6;
	my $tick;
	do { $tick = $f->next_tick } until $tick->{in_flight} == 2;
	$f->drain;
	my $late = $f->request(url => "http://drained.good.test:$P/slow");
	my $answers = $f->answers(7);
	is_deeply([ map { $answers->{$_}{outcome} } @items, $late ], [ 'ok', 'ok', ('cancelled') x 5 ],
		'a drain lets those in flight end, and gives the rest back');
	is($f->next_message->{type}, 'bye', 'then comes the farewell');
	is($f->wait_end, 0, 'and the end');
	my $orphan = Fetch->start(hello => $up->hello);
	$orphan->request(url => "http://good.test:$P/hang", timeout_ms => 60000);
	$orphan->next_tick;
	close delete $orphan->{socket};
	is($orphan->wait_end, 0, 'without its worker it ends at once, whatever is in flight');
}
is(scalar @{ $up->stats->{canary} }, 0, 'no connection was ever made inside');
done_testing;
