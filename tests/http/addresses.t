#!/usr/bin/perl
# The directory answers at the addresses of the exported site: /PLACE/NAME-ID.html. The id decides; from any other path,
# and from /b/ID, one is led to the right one. No place has an address that something else begins with.
use strict;
use warnings;
use File::Find;
use File::Path 'make_path';
use FindBin;
use lib "$FindBin::Bin/../lib";
use HTTP::Tiny;
use Instance;
use Test::More;
use Tree;
use Wait;

my $i = Instance->make(settings => { 'web.processes' => 1, 'cache.search_ttl' => '1s',
	'site.url' => 'https://directory.example' });
make_path("$i->{dir}/web/public/.well-known");
open my $proof, '>', "$i->{dir}/web/public/.well-known/proof" or die $!;
print $proof "mine\n";
close $proof or die $!;
$i->up;
$i->import_samples('boutique.ndjson');
my $http = HTTP::Tiny->new(max_redirect => 0, timeout => seconds_left());
sub get { return $http->get($i->url($_[0]), { headers => { accept => 'text/html' } }) }

my ($row) = $i->rows("SELECT id, path FROM business_path JOIN business USING (id) WHERE name = 'Fadenspiel'");
my ($number, $path) = @$row;
my $id = Instance::id_text($number);
my $right = "/$path-$id.html";
is($path, 'erlenau/fadenspiel', 'the business has a path');
for my $round (1, 2) { # the second time from the cache
	my $page = get($right);
	is($page->{status}, 200, 'its page is there');
	like($page->{content}, qr{<link rel="canonical" href="https://directory\.example\Q$right\E">},
		'... and says so itself');
	for my $other ("/b/$id", "/erlenau/another-name-$id.html", "/x/y/z-$id.html") {
		my $moved = get($other);
		is("$moved->{status} " . ($moved->{headers}{location} // ''), "301 $right", "$other leads there");
	}
}
$i->run_ok('path', $id, 'erlenau/kleider');
for my $before ("/b/$id", $right) { # pages are kept for cache.search_ttl
	wait_until("$before leads to the new address",
		sub { (get($before)->{headers}{location} // '') eq "/erlenau/kleider-$id.html" });
}
for my $lost ("/erlenau/x-0000000000000.html", '/nowhere/', '/in/', '/in/xx-nothing/', '/kind/nothing/',
	'/kind/boutique', '/erlenau/nothing.html', '/erlenau/index.html', "/erlenau/x$id.html", '/b/nothing') {
	is(get($lost)->{status}, 404, "$lost is nothing");
}

# ---- towns, regions and kinds ----
my $title = sub { my ($page) = @_; return ($page->{content} =~ m{<h1>([^<]*)</h1>})[0] // $page->{status} };
my $kind = $i->sql("SELECT c.key FROM category AS c JOIN business AS b ON b.category_id = c.id WHERE b.id = $number");
my $region = $i->sql("SELECT r.key FROM region AS r JOIN business AS b ON b.region_id = r.id WHERE b.id = $number");
for my $round (1, 2) { # the second time from the cache
	for ([ '/erlenau/', 'Businesses in Erlenau' ], [ "/in/$region/", 'Businesses in Bayern' ]) {
		my ($address, $heading) = @$_;
		my $page = get($address);
		is($title->($page), $heading, "$address is a page");
		like($page->{content}, qr{<link rel="canonical" href="https://directory\.example\Q$address\E">},
			'... at its own address');
		like($page->{content}, qr/>Fadenspiel</, '... with its businesses');
	}
	for my $thin ("/erlenau/$kind.html", "/in/$region/$kind.html", "/kind/$kind/") {
		my $page = get($thin);
		like($page->{content}, qr/>Fadenspiel</, "$thin is a list");
		like($page->{content}, qr/<meta name="robots" content="noindex">/, '... too short to be indexed');
	}
}
my $near = $i->sql("SELECT lat_e7 / 1e7 || ',' || lon_e7 / 1e7 FROM business WHERE id = $number");
my $town_key = $i->sql("SELECT key FROM city WHERE slug = 'erlenau'");
like(get("/search?city=$town_key")->{content}, qr{<link rel="canonical" href="https://directory\.example/erlenau/">},
	'the same list of the search names that address');
my ($trail) = get("/erlenau/kleider-$id.html")->{content} =~ m{<nav class="trail".*?<ol>(.*?)</ol>}s;
is(join(' ', ($trail // '') =~ /href="([^"]*)"/g), "/in/$region/ /erlenau/ /erlenau/$kind.html",
	'the trail of a business leads through them');

# Lists link to the pages themselves.
for my $list ('/search?q=fadenspiel', '/erlenau/', "/in/$region/", '/search?sort=name', "/kind/$kind/",
	"/search?near=$near&radius=50000") {
	wait_until("$list links to the address of the page", sub {
		get($list)->{content} =~ m{href="/erlenau/kleider-$id\.html"};
	});
	unlike(get($list)->{content}, qr{href="/b/}, '... and to none that leads on');
}

is(get('/.well-known/proof')->{content}, "mine\n", 'files of the operator are still served');

# First segments of every route that could be the name of a place.
my %first;
find(sub {
	return unless /\.c$/ && $File::Find::name !~ m{/contact/};
	open my $in, '<', $_ or die "$_: $!";
	while (<$in>) { $first{$1} = 1 while m{(?:\.pattern = |PAGE\()"/([a-z0-9-]+)(?=[/"])}g }
}, "$root/src");
cmp_ok(scalar keys %first, '>', 8, 'there are routes');
open my $def, '<', "$root/src/directory/slug/reserved.def" or die $!;
my %reserved = map { $_ => 1 } do { local $/; <$def> } =~ /RESERVED\("([^"]+)"\)/g;
is_deeply([ grep { !$reserved{$_} } sort keys %first ], [], 'no place can have the first segment of a route');
done_testing;
