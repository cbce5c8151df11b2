#!/usr/bin/perl
# Finding businesses through a running holdfast-web, compared with SQL over the same rows. HOLDFAST_WALK_PAGES: how many
# pages of each list are read at most (default 15; 0: all); one list of everything is always read to its end.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Directory;
use HTTP::Tiny;
use JSON::XS;
use Test::More;
use Wait;
use Web;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $directory = Directory->start;
my $web = Web->start(database => $directory->conninfo, 'cache.search_ttl' => '0s'); # each request is a search
$web->until('the database answers', sub { ($web->request('GET /readyz'))[0] == 200 });

sub quote { my $text = shift; utf8::encode($text); return $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger }
# (status, body as a tree)
sub get {
	my ($path, @headers) = @_;
	my ($status, $header, $body) = $web->request("GET $path", @headers);
	return ($status, $body =~ /^\{/ ? decode_json $body : $body, $header);
}

sub ids {
	my ($path) = @_;
	my ($status, $list) = get($path);
	return $status == 200 ? [ map { $_->{id} } @{ $list->{businesses} } ] : "$status";
}

sub names {
	my ($path) = @_;
	my ($status, $list) = get($path);
	return $status == 200 ? [ map { $_->{name} } @{ $list->{businesses} } ] : "$status";
}

my $pages = $ENV{HOLDFAST_WALK_PAGES} // 15;
my $cut; # the list that was walked over last goes on behind these pages
my $http = HTTP::Tiny->new(timeout => seconds_left());
# Follow a list of the API to its end, or for some pages: a member of every business, or several of them ("id,name")
# with a tab between. An answer but 200, a page longer than its limit and a list that does not end are its only line.
sub walk {
	my ($path, %more) = @_;
	my @members = split /,/, $more{members} // 'id';
	my $most = $more{pages} // $pages;
	my ($limit) = $path =~ /[?&]limit=(\d+)/;
	my @lines;
	for (my $page = 0; $path && !($most && $page >= $most); $page++) {
		return ["no end after $page pages"] if $page > 5000;
		my $answer = $http->get("http://127.0.0.1:$web->{port}$path");
		return ["$path: $answer->{status} $answer->{content}"] if $answer->{status} != 200;
		# By patterns: reading thirty thousand records as JSON would take Perl longer than all the rest.
		my @found = map { my $member = $_; [ $answer->{content} =~ /"$member":"?([^",}]+)/g ] } @members;
		return ["$path: too long"] if @{ $found[0] } > ($limit // 20);
		return ["$path: not all have @members"] if grep { @$_ != @{ $found[0] } } @found;
		push @lines, map { my $at = $_; join "\t", map { $_->[$at] } @found } 0 .. $#{ $found[0] };
		($path) = $answer->{content} =~ /"next_url":"([^"]+)"/;
	}
	$cut = !!$path;
	return \@lines;
}
# Larger pages where that many would not reach the end; the API gives at most a hundred at a time.
sub limit_for {
	my ($limit, $count) = @_;
	my $larger = $pages ? int($count / $pages) + 1 : 0;
	return $larger <= $limit ? $limit : $larger < 100 ? $larger : 100;
}
# What was walked over is what SQL says, or its first pages.
sub walked_ok {
	my ($got, $expected, $name) = @_;
	my @expected = @$expected;
	splice @expected, scalar @$got if $cut;
	return is(join("\n", @$got), join("\n", @expected), $name);
}
# The same where the order is not said: the first pages have some of them, none twice.
sub walked_some_ok {
	my ($got, $expected, $name) = @_;
	my %got = map { $_ => 1 } @$got;
	my @expected = $cut ? grep { $got{$_} } @$expected : @$expected;
	return is(join("\n", sort @$got), join("\n", sort @expected), $name);
}
sub problem_is {
	my ($path, $status, $type, $name) = @_;
	my ($got, $body, $header) = get($path);
	is("$got $header->{'content-type'} " . (ref $body ? $body->{type} : ''),
		"$status application/problem+json urn:holdfast:problem:$type", $name);
	return $body;
}

# ---- every list from beginning to end, without gaps or repeats ----
my $rank = 'ORDER BY COALESCE(quality_score, 0) DESC, id DESC';
my $by_name = 'ORDER BY name COLLATE "und-x-icu", id';
my $newest = 'ORDER BY (SELECT change FROM business_detail AS d WHERE d.id = business.id) DESC';
my $has = sub { "EXISTS (SELECT FROM business_detail AS d WHERE d.id = business.id AND words @> '{$_[0]}')" };
my ($region) = $directory->column(q(SELECT key FROM region WHERE name IS NOT NULL ORDER BY businesses DESC LIMIT 1));
my ($city) = $directory->column(q(SELECT key FROM city ORDER BY businesses DESC LIMIT 1));
my ($category) = $directory->column(q(SELECT key FROM category ORDER BY businesses DESC LIMIT 1));
my ($group) = $directory->column(q(SELECT group_key FROM category GROUP BY 1 ORDER BY sum(businesses) DESC LIMIT 1));
my %where = (
	region => "region_id = (SELECT id FROM region WHERE key = '$region')",
	city => "city_id = (SELECT id FROM city WHERE key = '$city')",
	category => "category_id = (SELECT id FROM category WHERE key = '$category')",
	group => "group_id = (SELECT DISTINCT group_id FROM category WHERE group_key = '$group')",
);
for (
	[ 'everything by quality', '', 'true', $rank, 100 ],
	[ 'a group', "category=$group", $where{group}, $rank, 97 ],
	[ 'a category', "category=$category", $where{category}, $rank, 7 ],
	[ 'a region', "region=$region", $where{region}, $rank, 89 ],
	[ 'a group in a region', "region=$region&category=$group", "$where{region} AND $where{group}", $rank, 11 ],
	[ 'a category in a region', "region=$region&category=$category", "$where{region} AND $where{category}", $rank, 3 ],
	[ 'a city', "city=$city", $where{city}, $rank, 13 ],
	[ 'a group in a city', "city=$city&category=$group", "$where{city} AND $where{group}", $rank, 5 ],
	[ 'a category in a city', "city=$city&category=$category", "$where{city} AND $where{category}", $rank, 2 ],
	[ 'everything by name', 'sort=name', 'true', $by_name, 100 ],
	[ 'a city by name', "sort=name&city=$city", $where{city}, $by_name, 17 ],
	[
		'a group in a city by name', "sort=name&city=$city&category=$group", "$where{city} AND $where{group}",
		$by_name, 3
	],
	[
		'a category in a city by name', "sort=name&city=$city&category=$category", "$where{city} AND $where{category}",
		$by_name, 1
	],
	[ 'a region by name', "sort=name&region=$region", $where{region}, $by_name, 97 ],
	[ 'a category by name', "sort=name&category=$category", $where{category}, $by_name, 50 ],
	[
		'a group in a region by name', "sort=name&region=$region&category=$group",
		"$where{region} AND $where{group}", $by_name, 7
	],
	[ 'a word by name', 'sort=name&q=word0', $has->('word0'), $by_name, 100 ],
	[
		'a category of a region, the newest', "sort=recent&region=$region&category=$category",
		"$where{region} AND $where{category}", $newest, 3
	],
	[ 'a city, the newest', "sort=recent&city=$city", $where{city}, $newest, 20 ],
	[ 'a word, the newest', 'sort=recent&q=word0', $has->('word0'), $newest, 100 ],
	[ 'everything by id', 'sort=id', 'true', 'ORDER BY id', 100 ],
	[ 'a region by id', "sort=id&region=$region", $where{region}, 'ORDER BY id', 97 ],
	[
		'a category in a city by id', "sort=id&city=$city&category=$category", "$where{city} AND $where{category}",
		'ORDER BY id', 1
	],
	[
		'a small section of the map', 'bbox=7.9,46.9,8.1,47.1',
		'lon_e7 BETWEEN 79000000 AND 81000000 AND lat_e7 BETWEEN 469000000 AND 471000000', $rank, 19
	],
	[
		'a large one', 'bbox=7,46,9,47',
		'lon_e7 BETWEEN 70000000 AND 90000000 AND lat_e7 BETWEEN 460000000 AND 470000000', $rank, 100
	],
	[ 'a section over the date line', 'bbox=179,-1,-179,1', 'id IN (11, 12)', $rank, 1 ],
	[
		'everything by change', 'sort=recent', 'true', $newest, 100
	],
	)
{
	my ($name, $query, $where, $order, $limit) = @$_;
	my @expected = map { Directory::id_text($_) } $directory->column("SELECT id FROM business WHERE $where $order");
	cmp_ok(scalar @expected, '>', $limit, "$name: there is more than a page to walk over");
	$limit = limit_for($limit, scalar @expected);
	my %all = $query eq '' ? (pages => $ENV{HOLDFAST_WALK_PAGES} // 0) : ();
	my $got = walk("/v1/businesses?limit=$limit" . ($query && "&$query"), %all);
	walked_ok($got, \@expected, "$name: page by page it is what SQL says, in its order");
}

# ---- words, page by page: the best first, then all others, none twice ----
for (
	[ 'a common word', 'q=word0', $has->('word0'), 100 ],
	[ 'a rare word', 'q=name2999', $has->('name2999'), 20 ],
	[ 'a word in a region', "q=word0&region=$region", "$where{region} AND " . $has->('word0'), 9 ],
	[
		'a word in a category of a city', "q=word0&city=$city&category=$category",
		"$where{city} AND $where{category} AND " . $has->('word0'), 20
	],
	[ 'two words', 'q=word0%20name1', $has->('word0,name1'), 25 ],
	)
{
	my ($name, $query, $where, $limit) = @$_;
	my @expected = sort map { Directory::id_text($_) } $directory->column("SELECT id FROM business WHERE $where");
	$limit = limit_for($limit, scalar @expected);
	my $got = walk("/v1/businesses?limit=$limit&$query");
	my %seen;
	is((grep { $seen{$_}++ } @$got) + 0, 0, "$name: none comes twice");
	splice @$got, scalar @expected;
	walked_some_ok($got, \@expected, "$name: first those that have it exactly (" . @expected . ')');
}

# ---- open at an instant ----
for ([
		'on a Monday morning', '2026-11-23T09:30:00%2B01:00',
		q((hours = '24/7' OR hours LIKE 'Mo-Fr%') AND timezone IS NOT NULL)
	],
	[
		'the same in another zone', '2026-11-23T08:30:00Z',
		q((hours = '24/7' OR hours LIKE 'Mo-Fr%') AND timezone IS NOT NULL)
	],
	[ 'before they open', '2026-11-23T08:59:59%2B01:00', q(hours = '24/7' AND timezone IS NOT NULL) ],
	[ 'when they close', '2026-11-23T17:00:00%2B01:00', q(hours = '24/7' AND timezone IS NOT NULL) ],
	[ 'on a Sunday', '2026-11-22T12:00:00%2B01:00', q(hours = '24/7' AND timezone IS NOT NULL) ],
	)
{
	my ($name, $at, $open) = @$_;
	for my $scope ('', "&region=$region", "&q=word0") {
		my $where
			= $scope =~ /region/ ? $where{region}
			: $scope =~ /q=/
			? "EXISTS (SELECT FROM business_detail AS d WHERE d.id = business.id AND words @> '{word0}')"
			: 'true';
		my @expected
			= map { Directory::id_text($_) } $directory->column("SELECT id FROM business WHERE $where AND $open $rank");
		my $got = walk("/v1/businesses?limit=100&open_at=$at$scope");
		my $compare = $scope =~ /q=/ ? \&walked_some_ok : \&walked_ok; # with words the order is another
		$compare->($got, \@expected, "open $name, with '$scope'");
	}
}
my (undef, $monday) = get('/v1/businesses?q=muller&open_at=2026-11-23T09:30:00%2B01:00');
is_deeply($monday->{businesses}[0]{open}, { state => 'open', changes_at => '2026-11-23T16:00:00.000Z' },
	'when it closes is told');
is_deeply(ids('/v1/businesses?q=muller&open_at=2026-11-22T09:30:00%2B01:00'), [], 'who is closed is left out');
is((get('/v1/businesses?q=sushi'))[1]{businesses}[0]{open}{state}, 'unknown', 'without hours nothing is claimed');

# ---- places on a sphere ----
my $metres
	= '2 * 6371008.8 * asin(least(1, sqrt(power(sind((lat_e7 / 1e7 - %s) / 2), 2)'
	. ' + cosd(lat_e7 / 1e7) * cosd(%1$s) * power(sind((lon_e7 / 1e7 - %s) / 2), 2))))';
for (
	[ 'near a town', 47, 8, 20000, '', 'true', 50 ],
	[ 'near a town, one category', 47, 8, 50000, "&category=$category", $where{category}, 3 ],
	[ 'near a town, one group', 47, 8, 50000, "&category=$group", $where{group}, 20 ],
	[
		'near a town, a common word', 47, 8, 50000, '&q=word0',
		"EXISTS (SELECT FROM business_detail AS d WHERE d.id = business.id AND words @> '{word0}')", 20
	],
	[ 'near a town, a region', 47, 8, 50000, "&region=$region", $where{region}, 9 ],
	[ 'near a town, a city', 47, 8, 50000, "&city=$city", $where{city}, 20 ],
	[ 'near the bakery, where three stand at one spot', 46.948, 7.447, 2000, '', 'true', 1 ],
	)
{
	my ($name, $lat, $lon, $radius, $query, $where, $limit) = @$_;
	my $distance = sprintf $metres, $lat, $lon;
	my @expected = sort map { Directory::id_text($_) }
		$directory->column("SELECT id FROM business WHERE $where AND $distance <= $radius");
	$limit = limit_for($limit, scalar @expected);
	my $path = "/v1/businesses?near=$lat,$lon&radius=$radius&limit=$limit$query";
	my @got = map { [ split /\t/ ] } @{ walk($path, members => 'id,distance_m') };
	walked_some_ok([ map { $_->[0] } @got ], \@expected,
		"$name: all within the radius, none twice (" . @expected . ')');
	my @distances = map { $_->[1] } @got;
	is("@distances", join(' ', sort { $a <=> $b } @distances), "$name: nearest first");
}
# Other orders of what is near.
for (
	[ 'the best within 8 km', 8000, 'sort=quality', 'true', $rank, 19 ],
	[ 'the best within 50 km', 50000, 'sort=quality', 'true', $rank, 100 ],
	[ 'the best of a group within 8 km', 8000, "sort=quality&category=$group", $where{group}, $rank, 3 ],
	[ 'within 50 km by name', 50000, 'sort=name', 'true', $by_name, 100 ],
	[ 'within 50 km, the newest', 50000, 'sort=recent', 'true', $newest, 100 ],
	[ 'within 50 km by id', 50000, 'sort=id', 'true', 'ORDER BY id', 100 ],
	)
{
	my ($name, $radius, $query, $where, $order, $limit) = @$_;
	my $distance = sprintf $metres, 47, 8;
	my @expected = map { Directory::id_text($_) }
		$directory->column("SELECT id FROM business WHERE $where AND $distance <= $radius $order");
	cmp_ok(scalar @expected, '>', $limit, "$name: there is more than a page to walk over");
	$limit = limit_for($limit, scalar @expected);
	my $got = walk("/v1/businesses?near=47,8&radius=$radius&limit=$limit&$query");
	walked_ok($got, \@expected, "$name: page by page it is what SQL says, in its order");
}
is_deeply(names('/v1/businesses?near=0,180&radius=1000&sort=name'), [ 'First Minute', 'Last Minute' ],
	'also across the date line');
is((get('/v1/businesses?near=0,180&radius=1000&sort=name'))[1]{businesses}[0]{distance_m}, 111.2, 'with distances');
is((get('/v1/businesses?near=90,0&radius=50000&sort=quality'))[0], 200, 'and around a pole');
my (undef, $dateline) = get('/v1/businesses?near=0,179.999&radius=1000');
is(join(' ', map {"$_->{name} $_->{distance_m}"} @{ $dateline->{businesses} }), 'Last Minute 0 First Minute 222.4',
	'the date line is no border');

# ---- words ----
is_deeply(names('/v1/businesses?q=' . quote('bäckerei müller')), ['Bäckerei Müller'], 'words are found as written');
is_deeply(names('/v1/businesses?q=BACKEREI+MULLER'), ['Bäckerei Müller'], 'without marks and in capitals');
for my $typo ('bakerei muller', 'backergei muller', 'backerei mulelr', 'bxckerei muller', 'mullre backerei',
	'acberei muller')
{
	my ($status, $list) = get('/v1/businesses?q=' . quote($typo));
	my $words = join ' ', sort split / /, $list->{understood}{text};
	is(
		"$list->{businesses}[0]{name}: $words",
		'Bäckerei Müller: '
			. join(
			' ', sort grep {$_} map { $typo =~ /\b$_->[0]\b/ ? $_->[0] : $_->[1] } [ 'muller', 'Müller' ],
			[ 'backerei', 'Bäckerei' ]
			),
		"'$typo' is understood"
	);
	ok($list->{understood}{corrected}, 'and it is said that it was corrected');
}
is(names('/v1/businesses?q=' . quote($_))->[0], 'Bäckerei Müller', "'$_' is another spelling")
	for 'mueller baeckerei', 'bäckereimüller', 'baeckerei mueller', 'BÄCKEREI MÜLLER',
	'Бекерай мюллер' =~ s/Бекерай мюллер/Backerei Muller/r;
my (undef, $right) = get('/v1/businesses?q=backerei');
is_deeply([ @{ $right->{understood} }{qw(text corrected)} ], [ 'backerei', JSON::XS::false ],
	'what is written right is not corrected');
is(names('/v1/businesses?q=backer')->[0], 'Bäckerei Müller', 'the last word may be a beginning');
is(names('/v1/businesses?q=mull')->[0], 'Bäckerei Müller', 'of any word');
is_deeply(names('/v1/businesses?q=' . quote('東京')), ['東京 Sushi'], 'scripts without spaces are found');
is_deeply(names('/v1/businesses?q=minute&category=bakery'), ['Last Minute', 'First Minute'], 'better ones first');
is_deeply(names('/v1/businesses?q=minute&near=0,-179.999'), ['First Minute', 'Last Minute'], 'nearer ones first');
is_deeply(names('/v1/businesses?q=qqqqqqqqqq'), [], 'a word that nothing resembles finds nothing');
my (undef, $without) = get('/v1/businesses?q=backerei+qqqqqqqqqq');
is("$without->{businesses}[0]{name} / $without->{understood}{left_out}", 'Bäckerei Müller / qqqqqqqqqq',
	'beside one that is known it is left out, and that is said');
is(names('/v1/businesses?q=' . quote("backerei'; DROP TABLE business; --"))->[0], 'Bäckerei Müller',
	'SQL is words like others');
is_deeply(names('/v1/businesses?q=' . quote('{"a",b}\\')), [], 'so are brackets and backslashes');

# ---- further facts ----
{
	my $file = "$directory->{i}{home}/further.ndjson";
	open my $out, '>', $file or die;
	print $out
		qq({"external_id":"$_->[0]","name":"$_->[0]","country":"CH","city":"Thun","extra":$_->[1]}\n)
		for [ 'Grill', '{"takeaway":"yes"}' ],
		[ 'Buffet', '{"takeaway":"no","wheelchair":"limited"}' ],
		[ 'Kiosk', '{"takeaway":"maybe","wheelchair":"yes"}' ];
	close $out;
	$directory->{i}->run_ok('import', '--source', 'further', $file);
}
is_deeply(names('/v1/businesses?takeaway=yes'), ['Grill'], 'businesses are filtered by a further fact');
is_deeply(names('/v1/businesses?takeaway=no&city=ch-thun'), ['Buffet'], 'together with a place');
is_deeply(names('/v1/businesses?takeaway=no&q=grill'), [], 'and with words');
is_deeply(names('/v1/businesses?wheelchair=limited&takeaway=no'), ['Buffet'], 'and two of them');
like(problem_is('/v1/businesses?takeaway=maybe', 400, 'invalid-parameter', 'another value is refused')->{detail},
	qr/one of|yes, only, no/, 'and those that there are are named');

# ---- cursors ----
my ($status, $first) = get("/v1/businesses?region=$region&limit=5");
my $next = $first->{next};
like($next, qr/^[A-Za-z0-9_-]+$/, 'a cursor needs no escaping');
is_deeply(ids("/v1/businesses?region=$region&limit=3&cursor=$next"),
	[ @{ ids("/v1/businesses?region=$region&limit=8") }[ 5 .. 7 ] ], 'the limit may change on the way');
problem_is("/v1/businesses?limit=5&cursor=$next", 400, 'invalid-cursor', 'a cursor of another query is refused');
problem_is("/v1/businesses?region=$region&sort=distance&cursor=$next", 400, 'unsupported-combination',
	'what cannot be asked is refused before its cursor');
problem_is("/v1/businesses?region=$region&cursor=$_", 400, 'invalid-cursor',
	"a cursor like '" . substr($_, 0, 30) . "' is refused")
	for 'A', 'AAAA', 'x' x 600, quote("$next="), substr($next, 0, -1), "${next}A", $next =~ s/^./B/r;
{
	my $accepted = 0;
	for my $at (0 .. length($next) - 1) {
		for my $letter ('A', 'z', '-') {
			my $changed = $next;
			next if substr($changed, $at, 1, $letter) eq $letter;
			$accepted++ if ref ids("/v1/businesses?region=$region&limit=5&cursor=$changed");
		}
	}
	is($accepted, 0, 'no cursor with one letter changed is accepted');
}

# ---- for maps and scripts of other sites ----
{
	my ($status, $map, $header) = get('/v1/businesses.geojson?q=minute');
	is("$status $header->{'content-type'} $map->{type}", '200 application/geo+json FeatureCollection',
		'a list for maps');
	is_deeply(
		[ map { [ $_->{properties}{name}, @{ $_->{geometry}{coordinates} } ] } @{ $map->{features} } ],
		[ [ 'Last Minute', 179.999, 0 ], [ 'First Minute', -179.999, 0 ] ],
		'has points, longitude first'
	);
	is((get('/v1/businesses?limit=1', 'Accept: application/geo+json'))[2]{'content-type'},
		'application/geo+json', 'also for who accepts only that');
	is($header->{'access-control-allow-origin'}, '*', 'scripts of other sites may read it');
	is((get('/v1/businesses?limit=0'))[2]{'access-control-allow-origin'}, '*', 'also what is wrong');
	is(($web->request('GET /search'))[1]{'access-control-allow-origin'}, undef, 'but not the pages');
}

# ---- what is refused, and how ----
my $refused = problem_is('/v1/businesses?sort=distance', 400, 'unsupported-combination', 'distance needs a place');
like($refused->{detail}, qr{sort=distance goes with: near \(and category\); q and near \(and category, region, city},
	'and what is possible is named');
is(problem_is('/v1/businesses?radius=500', 400, 'unsupported-combination', 'a radius needs a place, too')->{detail},
	'radius goes with near', 'and says so');
problem_is('/v1/businesses?category=nonsense', 404, 'no-such-category', 'an unknown category');
problem_is('/v1/businesses?region=nonsense', 404, 'no-such-place', 'an unknown region');
problem_is('/v1/businesses?city=nonsense', 404, 'no-such-place', 'an unknown city');
problem_is("/v1/businesses?region=de&city=$city", 404, 'no-such-place', 'a city of another region');
is((get("/v1/businesses?region=$region&city=$city"))[0], 200, 'a city of its own region');
problem_is("/v1/businesses?$_", 400, 'invalid-parameter', "$_ is refused")
	for 'limit=0', 'limit=101', 'limit=x', 'near=91,0', 'near=1', 'radius=0', 'radius=60000', 'sort=price',
	'open_at=soon', 'bbox=1,2,3', 'bbox=1,2,3,4,5', 'bbox=1,50,2,40', 'bbox=200,1,2,3', 'q=' . 'x' x 201;
is_deeply(names("/v1/businesses?q=$_"), [], "'$_' finds nothing, politely") for '%21%3F', '...', quote('😀');
problem_is('/v1/businesses?offset=20', 400, 'unknown-parameter', 'there is no offset');
problem_is('/v1/businesses?q=a&q=b', 400, 'repeated-parameter', 'a parameter is given once');

# ---- one business ----
my ($baker, $etag);
{
	my ($status, $business, $header) = get('/v1/businesses/' . Directory::id_text(13));
	($baker, $etag) = ($business, $header->{etag});
	is($status, 200, 'a business has its address');
}
is($baker->{name}, 'Bäckerei Müller', 'its name');
is($baker->{description}, 'Brot & "Gipfeli" <seit 1900>', 'its description');
is_deeply($baker->{alternate_names}, ['Boulangerie Müller', 'The "old" one'], 'its other names');
is_deeply($baker->{offers}, { items => [{ name => 'Zopf', price => 4.5, currency => 'CHF' }] }, 'its offers');
is_deeply($baker->{further_categories}, ['cafe'], 'its further categories');
is($baker->{source}{licence}, 'ODbL-1.0', 'and the licence of its source');
is((get('/v1/businesses/' . Directory::id_text(13), "If-None-Match: $etag"))[0], 304, 'unchanged it is not sent again');
my %known = map { $_ => 1 } keys %$baker;
ok($known{$_}, "the record has the member $_")
	for
	qw(id name category address location telephone opening_hours timezone open quality_score
		source external_id region city website extra);
problem_is("/v1/businesses/$_", 404, 'no-such-business', "no business at '$_'")
	for Directory::id_text(17), 'x', 'ilou' x 3, '0' x 14, 'zzzzzzzzzzzzz';
my ($one) = @{ (get("/v1/businesses?limit=1"))[1]{businesses} };
my (undef, $same) = get("/v1/businesses/$one->{id}");
is_deeply({ map { $_ => $same->{$_} } keys %$one }, $one, 'a row of a list says the same as the record')
	or diag explain [ $one, $same ];

# ---- sizes, never counted on reading ----
my $count = sub { $directory->column("SELECT count(*) FROM business WHERE $_[0]") };
my $size = sub {
	my ($list, $key) = @_;
	my ($found) = grep { $_->{key} eq $key } @$list;
	return $found->{businesses};
};
is($size->((get('/v1/categories'))[1]{categories}, $category), ($count->($where{category}))[0],
	'the size of a category');
is($size->((get('/v1/regions'))[1]{regions}, $region), ($count->($where{region}))[0], 'the size of a region');
my ($of)
	= $directory->column("SELECT r.key FROM city AS t JOIN region AS r ON r.id = t.region_id WHERE t.key = '$city'");
is($size->((get("/v1/regions/$of/cities"))[1]{cities}, $city), ($count->($where{city}))[0], 'the size of a city');
problem_is('/v1/regions/nonsense/cities', 404, 'no-such-place', 'cities of a region that is none');
$directory->sql("DELETE FROM business_detail USING business WHERE business.id = business_detail.id AND $where{city};
	DELETE FROM business WHERE $where{city}; UPDATE business SET category_id = NULL, group_id = NULL
		WHERE $where{category};
	UPDATE business_detail SET words = array_replace(words, 'word1', 'word0') WHERE words @> '{word1}'
		AND NOT words @> '{word0}'"
);
is((get("/v1/businesses?city=$city"))[1]{city}{businesses}, 0, 'a city that was emptied');
is_deeply(ids("/v1/businesses?city=$city"), [], 'lists nothing');
is($size->((get('/v1/categories'))[1]{categories}, $category), 0, 'a category that was emptied');
is(
	$directory->sql(
		'SELECT count(*) FROM word AS w FULL JOIN (SELECT unnest(words) AS word, count(*) AS n FROM business_detail
			GROUP BY 1) AS c USING (word)
	WHERE COALESCE(w.businesses, 0) <> COALESCE(c.n, 0) AND word NOT LIKE \'@%\''
	) + 0,
	0,
	'the dictionary counts what there is'
);
is(
	$directory->sql(
		'SELECT count(*) FROM category AS g LEFT JOIN (SELECT category_id, count(*) AS n FROM business GROUP BY 1) AS c
			ON c.category_id = g.id WHERE g.businesses <> COALESCE(c.n, 0)'
	) + 0,
	0,
	'the categories count what there is'
);

$web->stop;
$directory->stop;
done_testing;
