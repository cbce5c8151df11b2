#!/usr/bin/perl
# One region, one row: a directory from before regions had the names of ISO 3166-2 is merged by its next import.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1, 'site.quality_publish' => 0 });
$i->up;

sub import_lines {
	my ($source, @lines) = @_;
	my $file = "$i->{home}/$source.csv";
	open my $out, '>', $file or die "$file: $!";
	print $out map {"$_\n"} 'id,name,street,city,region,country', @lines;
	close $out or die $!;
	return $i->run_ok('import', '--source', $source, $file);
}
import_lines('old', '1,Alm,Weg 1,Innsbruck,Tirol,AT', '2,Bar,Weg 2,Innsbruck,Tirol,AT', '3,Cafe,Weg 3,Hall,Tirol,AT',
	'4,Dom,Weg 4,Passau,Bayern,DE', '5,Eck,Weg 5,Passau,Bayern,DE');
my $paths = $i->sql('SELECT id, path FROM business_path ORDER BY id');

# As it was: Bar and Cafe in "AT-7", Bavaria under its English name.
$i->sql(q{
	INSERT INTO region (key, country, name) VALUES ('at-at-7', 'AT', 'AT-7');
	INSERT INTO city (region_id, key, name, slug)
		SELECT id, key || '-innsbruck', 'Innsbruck', 'innsbruck-at-7' FROM region WHERE name = 'AT-7';
	UPDATE city SET region_id = r.id, key = r.key || '-hall' FROM region AS r
		WHERE r.name = 'AT-7' AND city.name = 'Hall';
	UPDATE business AS b SET region_id = r.id, city_id = c.id FROM region AS r, city AS c
		WHERE r.name = 'AT-7' AND c.region_id = r.id AND c.name = b.city AND b.name <> 'Alm' AND b.country = 'AT';
	UPDATE business_detail AS d SET words = ARRAY(SELECT w FROM unnest(words) AS w WHERE w !~ '^@[rt][0-9]')
			|| ARRAY['@r' || b.region_id, '@t' || b.city_id] FROM business AS b WHERE b.id = d.id;
	UPDATE region SET key = 'de-bavaria', name = 'Bavaria' WHERE country = 'DE';
	UPDATE city SET key = 'de-bavaria-passau' WHERE name = 'Passau';
	UPDATE directory_identity SET regions_merged = false});
is($i->sql('SELECT count(*) FROM region WHERE businesses > 0'), 3, 'before: three regions');

# What lists count and find, by names: without the numbers of rows.
my $facts = q{SELECT b.name, r.key, r.name, c.key, r.businesses, c.businesses,
	'@r' || r.id = ANY(d.words) AND '@t' || c.id = ANY(d.words)
		AND cardinality(ARRAY(SELECT w FROM unnest(d.words) AS w WHERE w ~ '^@[rt][0-9]')) = 2
	FROM business AS b JOIN business_detail AS d USING (id) JOIN region AS r ON r.id = b.region_id
	JOIN city AS c ON c.id = b.city_id WHERE c.region_id = r.id ORDER BY b.name};
import_lines('new', '1,Fee,Weg 6,Wien,Wien,AT');
is($i->sql($facts), join("\n",
	'Alm|at-tirol|Tirol|at-tirol-innsbruck|3|2|t', 'Bar|at-tirol|Tirol|at-tirol-innsbruck|3|2|t',
	'Cafe|at-tirol|Tirol|at-tirol-hall|3|1|t', 'Dom|de-bayern|Bayern|de-bayern-passau|2|2|t',
	'Eck|de-bayern|Bayern|de-bayern-passau|2|2|t', 'Fee|at-wien|Wien|at-wien-wien|1|1|t'),
	'the next import merges regions and towns, with counts and words of lists');
is($i->sql('SELECT count(*) FROM region'), 3, 'no row is left over');
is($i->sql('SELECT count(*) FROM city'), 4, 'of towns neither');
is($i->sql('SELECT id, path FROM business_path WHERE path !~ \'fee\' ORDER BY id'), $paths, 'addresses stay');
is($i->sql("SELECT count(*) FROM city_slug WHERE slug = 'innsbruck-at-7'"), 1,
	'no other town takes the address of a merged one');
is($i->sql('SELECT count(*) FROM region AS r
	WHERE businesses <> (SELECT count(*) FROM business WHERE region_id = r.id)'), 0, 'counts are right');
like(import_lines('new', '1,Fee,Weg 6,Wien,Wien,AT'), qr/0 updated|unchanged/,
	'once: the next import finds nothing to merge');
my $list = decode_json($i->get('/v1/businesses?region=at-tirol')->{content})->{businesses};
is(join(' ', sort map { $_->{name} } @$list), 'Alm Bar Cafe', 'the list of the region has all');

done_testing;
