# An instance with a directory in it: 15 000 businesses, and some that tests know by name.
#
#   my $directory = Directory->start;
#   my $web = Web->start(database => $directory->conninfo);
#   my @rows = $directory->rows('SELECT ...');    # as the superuser; also sql, column
#   $directory->fill(sub { ... });              # the sub inserts many businesses
#   $directory->stop;
#
# The rows are made by SQL, always the same: what search must find is computed by SQL from the same rows, and not by
# the importer.
package Directory;
use strict;
use warnings;
use utf8;
use Instance;
use Pooler;

sub start {
	my ($class) = @_;
	# The instance's own web process is not the one that is tested.
	my %settings = ('web.processes' => 1);
	my $self = bless {}, $class;
	$self->{i} = Instance->make(settings => \%settings, prepared => [ 'directory' => \&prepare ]);
	$self->{i}->up;
	return $self;
}

sub prepare {
	my ($i) = @_;
	$i->up;
	$i->no_statement_timeouts;
	my $file = "$i->{home}/filling.sql";
	open my $out, '>:utf8', $file or die "$file: $!";
	print $out filling();
	close $out;
	without_indexes($i, sub { system($i->psql('-f', $file)) == 0 or die "psql failed\n" });
	$i->sql('VACUUM (ANALYZE) business, business_detail, word, category, region, city, source');
}

# As in a first import the indexes of the two large tables are made at the end: a third of the CPU.
sub without_indexes {
	my ($i, $code) = @_;
	my $of = q(FROM pg_index WHERE indrelid IN ('business'::regclass, 'business_detail'::regclass)
		AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY indexrelid);
	my @names = split /\n/, $i->sql("SELECT indexrelid::regclass $of");
	my @definitions = split /\n/, $i->sql("SELECT pg_get_indexdef(indexrelid) $of");
	$i->sql(join '', map {"DROP INDEX $_;\n"} @names);
	$code->();
	$i->sql(join '', map {"$_;\n"} @definitions);
	return;
}
sub fill { my ($self, $code) = @_; return without_indexes($self->{i}, $code) }

# HOLDFAST_THROUGH_PGBOUNCER: through PgBouncer in transaction mode, with two server connections.
sub conninfo {
	my ($self) = @_;
	my $host = "$self->{i}{dir}/run";
	$host = $self->pooler->{dir} if $ENV{HOLDFAST_THROUGH_PGBOUNCER};
	return "host=$host user=holdfast_web dbname=holdfast";
}
sub pooler {
	my ($self) = @_;
	return $self->{pooler} //= Pooler->start($self->{i}, pool => 2, as => 'holdfast-web');
}

sub sql {
	my ($self, $sql) = @_;
	utf8::encode($sql);
	my $text = $self->{i}->sql($sql);
	utf8::decode($text);
	return $text;
}
sub column { my ($self, $sql) = @_; return split /\n/, $self->sql($sql) }
sub rows { my ($self, $sql) = @_; return map { [ split /\|/, $_, -1 ] } $self->column($sql) }
sub id_text { return Instance::id_text(@_) }

sub stop {
	my ($self) = @_;
	$self->{pooler}->stop if $self->{pooler};
	$self->{i}->run_ok('down');
}

sub filling {
	return <<'SQL';
BEGIN;
INSERT INTO source (key, name, licence, licence_url, attribution, url) VALUES
	('alpha', 'Alpha', 'ODbL-1.0', 'https://opendatacommons.org/licenses/odbl/', '© Alpha contributors',
		'https://alpha.example/'),
	('beta', 'Beta', NULL, NULL, NULL, NULL);
INSERT INTO region (key, country, name)
	SELECT lower(c) || '-r' || r, c, 'Region ' || r
		FROM unnest(ARRAY['CH', 'FR', 'JP']) AS c, generate_series(1, 8) AS r;
INSERT INTO region (key, country) VALUES ('de', 'DE');
INSERT INTO city (region_id, key, name)
	SELECT r.id, r.key || '-t' || t, 'Town ' || r.id || ' ' || t FROM region AS r, generate_series(1, 6) AS t;
-- Skewed as real ones are: squares of a uniform number between 0 and 1.
CREATE TEMPORARY TABLE made AS
SELECT ('x' || md5('id' || i))::bit(64)::bigint & 9223372036854775807 AS id, i,
	CASE WHEN i % 10 < 3 THEN NULL ELSE floor(100 * sqrt(u2))::smallint END AS quality_score,
	1 + floor(150 * u1 * u1)::integer AS city_no, 1 + floor(192 * u3 * u3)::integer AS category_no,
	46 + u4 * 2 AS lat, 6 + u5 * 4 AS lon,
	initcap('word' || floor(400 * u5 * u5 * u5)) || ' ' || initcap('name' || floor(3000 * u4 * u4)) AS name,
	ARRAY['word' || floor(400 * u5 * u5 * u5), 'name' || floor(3000 * u4 * u4)] AS words,
	1 + (i % 7 = 0)::integer AS source_no
FROM (SELECT i, ('x' || substr(md5('u' || i), 1, 6))::bit(24)::integer / 16777216.0::float8 AS u1,
		('x' || substr(md5('u' || i), 7, 6))::bit(24)::integer / 16777216.0::float8 AS u2,
		('x' || substr(md5('u' || i), 13, 6))::bit(24)::integer / 16777216.0::float8 AS u3,
		('x' || substr(md5('v' || i), 1, 6))::bit(24)::integer / 16777216.0::float8 AS u4,
		('x' || substr(md5('v' || i), 7, 6))::bit(24)::integer / 16777216.0::float8 AS u5
	FROM generate_series(1, 15000) AS i) AS u;
INSERT INTO business (id, region_id, city_id, lat_e7, lon_e7, source_id, category_id, group_id, quality_score,
	name, street, postcode, city, country, phone, hours, timezone)
SELECT m.id, t.region_id, t.id, CASE WHEN i % 20 > 0 THEN lat * 1e7 END, CASE WHEN i % 20 > 0
	THEN lon * 1e7 END, s.id, c.id, c.group_id, m.quality_score,
	m.name, 'Street ' || i % 50, 8000 + i % 1000, t.name, r.country, '+4131' || 1000000 + i,
	CASE i % 3 WHEN 0 THEN '24/7' WHEN 1 THEN 'Mo-Fr 09:00-17:00' END, CASE WHEN i % 3 < 2 THEN 'Europe/Zurich' END
FROM made AS m
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS no FROM city) AS t ON t.no = m.city_no
JOIN region AS r ON r.id = t.region_id
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS no FROM category) AS c ON c.no = m.category_no
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS no FROM source) AS s ON s.no = m.source_no
ORDER BY t.region_id, t.id, c.group_id;
-- Known by name. The first two stand 222.4 m apart, on both sides of the date line.
INSERT INTO business (id, lat_e7, lon_e7, source_id, category_id, group_id, name, country, hours, timezone,
	quality_score)
SELECT v.id, v.lat_e7, v.lon_e7, s.id, c.id, c.group_id, v.name, v.country, v.hours, v.timezone, v.quality_score
FROM (VALUES
	(11, 0, 1799990000, 'Last Minute', 'FJ', '24/7', 'Pacific/Fiji', 90),
	(12, 0, -1799990000, 'First Minute', 'FJ', NULL, NULL, 80),
	(13, 469480000, 74470000, 'Bäckerei Müller', 'CH', 'Mo-Fr 09:00-17:00', 'Europe/Zurich', 70),
	(14, 356800000, 1397700000, '東京 Sushi', 'JP', NULL, NULL, 60),
	(15, 469480000, 74470000, 'Zwilling', 'CH', NULL, NULL, NULL),
	(16, 469480000, 74470000, 'zwilling', 'CH', NULL, NULL, NULL)
) AS v (id, lat_e7, lon_e7, name, country, hours, timezone, quality_score)
JOIN category AS c ON c.key = 'bakery' JOIN source AS s ON s.key = 'alpha';
INSERT INTO business_detail (id, content_hash, external_id, name_key, words, quality_score, description, alt_names,
	offers, categories)
SELECT b.id, 0, 'e' || b.id,
	CASE b.id WHEN 13 THEN 'backereimuller' ELSE replace(lower(b.name), ' ', '') END,
	coalesce(m.words, CASE b.id WHEN 11 THEN '{last,minute}' WHEN 12 THEN '{first,minute}'
		WHEN 13 THEN '{backerei,muller}'
		WHEN 14 THEN '{東京,sushi}' ELSE '{zwilling}' END::text[])
		|| directory_facets(b.category_id, b.group_id, b.region_id, b.city_id), b.quality_score,
	CASE WHEN b.id = 13 THEN 'Brot & "Gipfeli" <seit 1900>' END,
	CASE WHEN b.id = 13 THEN ARRAY['Boulangerie Müller', 'The "old" one'] END,
	CASE WHEN b.id = 13 THEN '{"items": [{"name": "Zopf", "price": 4.5, "currency": "CHF"}]}'::jsonb END,
	CASE WHEN b.id = 13 THEN ARRAY[(SELECT id FROM category WHERE key = 'cafe')] END
FROM business AS b LEFT JOIN made AS m USING (id)
ORDER BY b.id;
COMMIT;
SQL
}

1;
