#!/usr/bin/perl
# Pages are filled once, like the answers of the API: fourteen of them, eight processes, several expiries. Many
# readers of one page are all answered. An import shows although nothing has expired.
use strict;
use warnings;
no warnings 'numeric';
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Clients;
use Compress::Zlib qw(memGunzip);
use Instance;
use Test::More;
use Time::HiRes qw(time);

my $ttl = 3;
my %generous = ('http.connections_per_address' => 2000, 'http.connections' => 2000, 'db.connections' => 4);
my %short = (%generous, 'web.processes' => 8, 'cache.search_ttl' => $ttl . 's', 'cache.stale' => '0s');
my $i = Instance->make(settings => \%short);
$i->up;
$i->fill(2000, 5);
$i->no_statement_timeouts;
$i->run_ok('down'); # it holds for new sessions
$i->up;

my ($region) = $i->column('SELECT key FROM region WHERE name IS NOT NULL ORDER BY businesses DESC, key LIMIT 1');
my ($city) = $i->column('SELECT key FROM city ORDER BY businesses DESC, key LIMIT 1');
my ($row) = $i->rows('SELECT path, id FROM business_path ORDER BY id LIMIT 1');
my $business = "/$row->[0]-" . Instance::id_text($row->[1]) . '.html';
my @paths = (
	'/', '/regions', "/regions/$region", '/sources', $business, '/search', "/search?region=$region",
		"/search?city=$city",
	'/search?category=bakery', '/search?q=hotel', '/search?q=bakery', '/search?sort=name', '/search?near=47,8',
	'/search?open_at=now');
my $clients = Clients->new($i->{address});
sub metric { return ($clients->ask_any('/metrics')->{content} =~ /^holdfast_cache_$_[0] (\d+)$/m)[0] }

my $rounds = $ENV{HOLDFAST_ROUNDS} // 3;
my $end = 0;
for my $round (1 .. $rounds) {
	my @answers;
	# A machine may be so busy that a page expires before the last request that waits has found it: such a round
	# proves nothing, and another one follows.
	$i->until("round $round: all are answered before a page expires", sub {
		$i->until('everything has expired', sub { time > $end });
		# The fills hang until the last request is there.
		my $hold = $i->hold(qw(business business_detail source region city category));
		my $asked = $clients->begin((@paths) x 16);
		$i->until('all wait', sub { metric('waiting') == 14 * 16 });
		my $released = time;
		Instance::release($hold);
		@answers = $clients->end($asked);
		my $answered = time;
		$end = $answered + $ttl + 0.01;
		return $answered < $released + $ttl;
	});
	is((grep { ($_->{status} // 0) != 200 } @answers) + 0, 0, "round $round: all " . @answers . ' are answered');
	my (%body, %made);
	for (@answers) {
		$body{ $_->{path} }{ $_->{content} }++;
		# One that came to its fill when another had ended finds the value.
		$made{ $_->{path} }++ if $_->{headers}{'cache-status'} =~ /fwd=miss; stored|fwd=miss$/;
	}
	is_deeply([ map { scalar keys %{ $body{$_} } } @paths ], [ (1) x 14 ], 'each page is the same for everybody');
	is_deeply([ map { $made{$_} } @paths ], [ (1) x 14 ], 'and was made once');
}

# ---- many readers of one page ----
my $readers = $ENV{HOLDFAST_READERS} // 500;
$i->run_ok('down');
$i->set(%generous, 'web.processes' => 2, 'cache.search_ttl' => '3600s', 'cache.stale' => '3600s');
$i->up;
{
	my $hold = $i->hold(qw(business business_detail));
	my $asked = $clients->begin(('/search?region=' . $region) x $readers);
	$i->until('all wait', sub { metric('waiting') == $readers });
	Instance::release($hold);
	my %status;
	$status{ $_->{status} // 'cut' }++ for $clients->end($asked);
	is_deeply(\%status, { 200 => $readers }, "$readers readers of one page are all answered");
}

# ---- packed ----
{
	my ($plain) = $clients->ask('/search');
	my ($packed) = $clients->ask([ '/search', 'Accept-Encoding: gzip, br' ]);
	is($plain->{headers}{'content-encoding'}, undef, 'a page is sent as it is');
	is($packed->{headers}{'content-encoding'}, 'gzip', 'or packed, to who takes that');
	is(memGunzip($packed->{content}), $plain->{content}, 'and the same then');
	is_deeply([ map { $_->{headers}{vary} } $plain, $packed ], [ ('Accept-Encoding, Accept-Language') x 2 ],
		'proxies are told');
	isnt($packed->{headers}{etag}, $plain->{headers}{etag}, 'they have tags of their own');
	my ($same) = $clients->ask([ '/search', 'Accept-Encoding: gzip', "If-None-Match: $packed->{headers}{etag}" ]);
	is($same->{status}, 304, 'by which they are asked for again');
	my ($answer) = $clients->ask([ '/v1/businesses', 'Accept-Encoding: gzip' ]);
	like(memGunzip($answer->{content}), qr/^\{"businesses"/, 'answers of the API, too');
}

# ---- an import ----
sub shows { return ($i->get($_[0])->{content} =~ $_[1]) ? 1 : 0 }
ok(!shows('/search?q=Zwergenhaus', qr/<a href="[^"]*">Zwergenhaus</), 'what is not there yet is not found');
my ($before) = $i->get('/')->{content} =~ /<p class="lead">([^ ]*) businesses/;
my $file = "$i->{home}/new.ndjson";
open my $out, '>', $file or die;
print $out qq({"external_id":"1","name":"Zwergenhaus","country":"CH","city":"Thun","categories":["bakery"]}\n);
close $out;
chmod 0644, $file;
$i->run_ok('import', '--source', 'new', $file);
$i->until('the import shows in results', sub { shows('/search?q=Zwergenhaus', qr/<a href="[^"]*">Zwergenhaus</) });
$i->until('and on the first page', sub { !shows('/', qr/<p class="lead">\Q$before\E businesses/) });
pass('an import shows although nothing has expired');
$i->run_ok('suppress', map { Instance::id_text($_) } $i->column(q(SELECT id FROM business WHERE name = 'Zwergenhaus')));
$i->until('so does what is taken away', sub { !shows('/search?q=Zwergenhaus', qr/<a href="[^"]*">Zwergenhaus</) });
pass('and so does what is taken away');

$i->run_ok('down');
done_testing;
