#!/usr/bin/perl
# Pages by distance, also with a text, a town and further facts: in the order that SQL gives, and what each reads,
# however far out. The database counts the buffers of what the web process asks (pg_stat_statements). HOLDFAST_PLACES
# asks for more businesses in the dense part.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Directory;
use Test::More;
use Web;

# The web process asks for bands by their numbers: it must divide as the index does.
sub slurp { my ($file) = @_; open my $in, '<', "$FindBin::Bin/../../$file" or die "$file: $!"; local $/; return <$in> }
my ($divisor) = slurp('src/directory/search/near.c') =~ /\bBAND_E7 = (\d+)/;
my ($band) = slurp('sql/expressions.sql') =~ /^-- expression: business_band\n(.+)/m;
is($band, "(lat_e7 / $divisor)", 'the bands of the program are those of the index');

# Tokens as src/directory/words/tokens.h hashes them.
sub mark {
	my ($token) = @_;
	return (ord($1) * 7919 + $2 * 31) % 65536 - 32768 if $token =~ /^@([cgrt])([0-9]+)$/;
	utf8::encode($token);
	my $h = 2166136261;
	$h = (($h ^ $_) * 16777619) % 2**32 for unpack 'C*', $token;
	return (($h ^ $h >> 16) & 0xffff) - 32768;
}

my $directory = Directory->start;
my $places = $ENV{HOLDFAST_PLACES} // 20_000;
my ($town, $town_key) = map {@$_} $directory->rows("SELECT id, key FROM city WHERE key = 'ch-r1-t1'");
$directory->fill(sub {
	# A dense disc of 45 km around 47,8 (most are near the middle), one around the date line and one at a pole.
	$directory->sql(<<"SQL");
CREATE TEMPORARY TABLE spot AS
SELECT i, CASE WHEN i % 40 = 1 THEN 90 - r / 111.195
		ELSE 47 * (i % 40 != 2)::integer + r * cosd(a) / 111.195 END AS lat,
	CASE WHEN i % 40 = 1 THEN a WHEN i % 40 = 2 THEN 179.99 + r * sind(a) / 111.195
		ELSE 8 + r * sind(a) / 111.195 / cosd(47) END AS lon
FROM (SELECT i, 45.0::float8 * ('x' || substr(md5('r' || i), 1, 6))::bit(24)::integer / 16777216 AS r,
		360.0::float8 * ('x' || substr(md5('a' || i), 1, 6))::bit(24)::integer / 16777216 - 180 AS a
	FROM generate_series(1, $places) AS i) AS u;
INSERT INTO business (id, lat_e7, lon_e7, source_id, category_id, group_id, name, country)
SELECT 1000 + i, (lat * 1e7)::integer, ((CASE WHEN lon > 180 THEN lon - 360 ELSE lon END) * 1e7)::integer, s.id,
	c.id, c.group_id, 'Spot ' || i, 'CH'
FROM spot JOIN (SELECT *, row_number() OVER (ORDER BY id) AS no FROM category) AS c
	ON c.no = 1 + i % 7919 % 97 % 41
CROSS JOIN (SELECT id FROM source WHERE key = 'alpha') AS s;
SQL
	# Every tenth is in a town; every sixteenth has the needle in its name, every twentieth has a fact. Some are not
	# hashed: what an older program wrote is looked up.
	$directory->sql(<<"SQL");
UPDATE business SET city_id = $town WHERE id > 1000 AND id <= 1000 + $places AND id % 10 = 0;
INSERT INTO business_detail (id, content_hash, external_id, name_key, words)
SELECT id, 0, 'e' || id, 'spot' || id, ARRAY['spot'] || CASE WHEN id % 16 = 3 THEN '{needle}'::text[] END
	|| CASE WHEN id % 20 = 7 THEN '{\@takeaway=yes}'::text[] END
	|| directory_facets(category_id, group_id, region_id, city_id)
FROM business WHERE id > 1000 AND id <= 1000 + $places;
SQL
	my $hashed = join ',', map { "('$_'," . mark($_) . ')' }
		$directory->column(q(SELECT DISTINCT unnest(words) FROM business_detail));
	$directory->sql(<<"SQL");
CREATE TEMPORARY TABLE hashed (token text COLLATE "C" PRIMARY KEY, mark smallint);
INSERT INTO hashed VALUES $hashed;
UPDATE business AS b SET marks = m.marks
FROM (SELECT d.id, array_agg(h.mark) AS marks FROM business_detail AS d CROSS JOIN unnest(d.words) AS w
	JOIN hashed AS h ON h.token = w GROUP BY d.id) AS m
WHERE b.id = m.id AND b.id % 1024 <> 3;
SQL
});
$directory->sql('VACUUM (ANALYZE) business, business_detail');
my $web = Web->start(database => $directory->conninfo);
$web->until('the database answers', sub { ($web->request('GET /readyz'))[0] == 200 });

my $counted = q(SELECT COALESCE(sum(shared_blks_hit + shared_blks_read), 0) FROM pg_stat_statements
	WHERE userid = 'holdfast_web'::regrole);

# A page: the ids of its businesses, their distances, and the next cursor. By patterns: reading so many records as
# JSON would take Perl longer than all the rest.
sub page {
	my ($query) = @_;
	my ($status, undef, $body) = $web->request("GET /v1/businesses?$query");
	if ($status != 200) {
		fail("$query: $status");
		return;
	}
	my @ids = $body =~ /"id":"([^"]+)"/g;
	my @metres = $body =~ /"distance_m":([0-9.e+-]+)/g;
	return (\@ids, \@metres, $body =~ /"next":"([^"]+)"/ ? $1 : undef);
}

# The buffers of all statements of a page of twenty.
sub buffers_of {
	my ($query) = @_;
	my ($before) = $directory->column($counted);
	page("$query&limit=20");
	my ($after) = $directory->column($counted);
	return $after - $before;
}

my $metres
	= '2 * 6371008.8 * asin(least(1, sqrt(power(sind((lat_e7 / 1e7 - %s) / 2), 2)'
	. ' + cosd(lat_e7 / 1e7) * cosd(%1$s) * power(sind((lon_e7 / 1e7 - %s) / 2), 2))))';
my ($category) = $directory->column('SELECT category_id FROM business WHERE id > 1000 AND id < 50000 GROUP BY 1
	ORDER BY count(*) DESC, 1 LIMIT 1');
my ($key, $group, $group_key)
	= map {@$_} $directory->rows("SELECT key, group_id, group_key FROM category WHERE id = $category");
my $has = sub { return "id IN (SELECT id FROM business_detail WHERE words \@> '{$_[0]}')" };
for (
	[ 'a dense part', '47,8', 50000, '', 'true' ],
	[ 'a dense part, one category', '47,8', 50000, "&category=$key", "category_id = $category" ],
	[ 'a dense part, one group', '47,8', 50000, "&category=$group_key", "group_id = $group" ],
	[ 'a text', '47,8', 50000, '&q=needle', $has->('needle') ],
	[
		'a text, one group', '47,8', 50000, "&q=needle&category=$group_key",
		$has->('needle') . " AND group_id = $group"
	],
	[ 'a town from beside it', '47.3,8.4', 50000, "&city=$town_key", "city_id = $town" ],
	[ 'a further fact', '47,8', 50000, '&takeaway=yes', $has->('@takeaway=yes') ],
	[ 'beside the dense part', '47.3,8.4', 50000, '', 'true' ],
	[ 'an almost empty part', '46.1,6.1', 50000, '', 'true' ],
	[ 'both sides of the date line', '0.01,-179.98', 50000, '', 'true' ],
	[ 'south of the equator', '-0.2,179.9', 50000, '', 'true' ],
	[ 'at a pole', '89.99,120', 50000, '', 'true' ],
	[ 'across a pole', '89.8,-30', 50000, '', 'true' ],
	[ 'nothing at all', '-30,-120', 50000, '', 'true' ],
) {
	my ($name, $near, $radius, $more, $where) = @$_;
	my $distance = sprintf $metres, split /,/, $near;
	my @expected = map { Directory::id_text($_) }
		$directory->column("SELECT id FROM business WHERE $where AND $distance <= $radius");
	my ($cursor, $most, $pages, @got, @distances) = ('', 0, 0);
	while (defined $cursor) {
		my $query = "near=$near&radius=$radius$more" . ($cursor && "&cursor=$cursor");
		my ($ids, $metres_away, $next) = page("$query&limit=100");
		last unless $ids;
		push @got, @$ids;
		push @distances, @$metres_away;
		# The first pages, some of those between, and the last.
		if ($pages < 3 || $pages % 16 == 0 || !defined $next) {
			my $buffers = buffers_of($query);
			$most = $buffers if $buffers > $most;
		}
		($cursor, $pages) = ($next, $pages + 1);
	}
	is(join("\n", sort @got), join("\n", sort @expected),
		"$name: all within the radius, none twice (" . @expected . ')');
	is("@distances", join(' ', sort { $a <=> $b } @distances), "$name: nearest first");
	cmp_ok($most, '>', 0, "$name: the buffers are counted");
	cmp_ok($most, '<=', 500, "$name: no page takes more than 500 buffers ($most)");
}

$web->stop;

# What an import writes is what was assumed here.
my $file = "$directory->{i}{home}/marks.json";
open my $out, '>:encoding(UTF-8)', $file or die "$file: $!";
print $out '[{"external_id": "m1", "name": "Käserei Žižek", "categories": ["cheese-dairy", "farm-shop"],
	"street": "Rue 5", "postcode": "8600", "city": "Bern", "country": "CH", "lat": 47, "lon": 7,
	"website": "https://zizek.example/",
	"extra": {"takeaway": "yes", "cuisine": "greek"}}]';
close $out;
$directory->{i}->run_ok('import', '--source', 'marks', $file);
my $written = sub {
	$directory->rows("SELECT array_to_string(d.words, ' '), array_to_string(b.marks, ' ')
		FROM business_detail AS d JOIN business AS b ON b.id = d.id WHERE d.external_id = 'm1'");
};
my ($row) = $written->();
like($row->[0], qr/kaserei .*\@t/, 'the words of an imported business');
is($row->[1], join(' ', map { mark($_) } split ' ', $row->[0]), 'its marks are hashes of its words');

$directory->stop;
done_testing;
