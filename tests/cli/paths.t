#!/usr/bin/perl
# Addresses: a business keeps the path that it got when it came into the directory, whatever happens to its record, here
# and in another installation; no two businesses and no two places have one address, and no folder grows without limit.
#   PATHS=1400000   businesses of the property test; 3000 is enough for every kind of change
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Test::More;

my $many = $ENV{PATHS} // 3000;
my $i = Instance->make;
$i->up;
my $json = JSON::XS->new->canonical; # texts are bytes

sub records {
	my ($instance, $source, @records) = @_;
	my $file = "$instance->{home}/some.ndjson";
	open my $out, '>', $file or die "$file: $!";
	print $out map { $json->encode($_) . "\n" } @records;
	close $out or die $!;
	chmod 0644, $file;
	return $instance->run_ok('import', '--source', $source, $file);
}
sub paths { my ($instance) = @_; return { map { @$_ } $instance->rows('SELECT id, path FROM business_path') } }
sub path_of {
	my ($name) = @_;
	return $i->sql("SELECT path FROM business_path JOIN business USING (id) WHERE name = '$name'");
}
sub slug_of { my ($key) = @_; return $i->sql("SELECT slug FROM city WHERE key = '$key'") }

# ---- what an address is made of ----
my %place = (region => 'Bayern', country => 'DE', categories => ['bakery'], postcode => '80331', street => 'Weg 1');
my $n = 0;
sub record { my (%of) = @_; return { %place, external_id => 'r' . $n++, %of } }
records($i, 'names',
	record(name => 'Café Müller & Söhne', city => 'München'),
	record(name => 'Färgaren', city => 'Malmö', country => 'SE', region => 'Skåne'),
	record(name => 'Pekara', city => 'Au'), # a code of two letters
	record(name => 'Look', city => 'Search'),
	record(name => 'North', city => 'Münster', region => 'Nordrhein-Westfalen'),
	record(name => 'South', city => 'Münster', region => 'Baden-Württemberg'),
	record(name => 'Twin one', city => 'Neustadt', region => 'Hessen'),
	record(name => 'Twin two', city => 'Neustadt/Hessen', region => 'Sachsen'),
	record(name => 'No town', city => undef), record(name => 'Nowhere', city => undef, region => undef,
		country => undef));
is(path_of('Café Müller & Söhne'), 'muenchen/cafe-mueller-soehne', 'a German name');
is(path_of('Färgaren'), 'malmo/fargaren', 'a Swedish one');
is(path_of('Pekara'), 'au-bayern/pekara', 'a place has no word of two letters');
is(path_of('Look'), 'search-bayern/look', 'nor one that other addresses begin with');
is(join(' ', sort(slug_of('de-nordrhein-westfalen-munster'), slug_of('de-baden-wurttemberg-munster'))),
	'muenster muenster-nordrhein-westfalen', 'the second place of a name has its region');
is(path_of('No town'), 'in/de-bayern/n/no-town', 'without a town it is in the region');
is(path_of('Nowhere'), 'elsewhere/n/nowhere', 'without both it is elsewhere');

# ---- kept, whatever comes ----
$i->fill($many, 5);
my $before = paths($i);
is(scalar(keys %$before), $i->sql('SELECT count(*) FROM business'), 'every business has a path');
is($i->sql('SELECT count(*) FROM city WHERE slug IS NULL'), 0, 'every place has one');

my $renamed = record(external_id => 'r0', name => 'Konditorei Meier', city => 'Passau');
records($i, 'names', $renamed);
is(path_of('Konditorei Meier'), 'muenchen/cafe-mueller-soehne', 'who is renamed and moves keeps it');
$i->fill($many, 5);
is_deeply(paths($i), $before, 'another import changes none');
records($i, 'names', record(external_id => 'r1', name => 'Färgaren', city => 'Malmö', country => 'SE',
	region => 'Skåne',
	closed => 'yes'));
records($i, 'names', record(external_id => 'r1', name => 'Färgaren nya', city => 'Lund', country => 'SE',
	region => 'Skåne'));
is(path_of('Färgaren nya'), 'malmo/fargaren', 'who comes back has it again');

# ---- by hand ----
my $id = Instance::id_text($i->sql("SELECT id FROM business WHERE name = 'Look'"));
my $xid = $i->sql("SELECT changed_xid FROM business_detail JOIN business USING (id) WHERE name = 'Look'");
like($i->run_ok('path', $id), qr{^/search-bayern/look-$id\.html  Look$}m, 'the command shows it');
like($i->run_ok('path', $id, 'suchen/look'), qr{^/suchen/look-$id\.html}m, 'and changes it');
is($i->sql("SELECT path_old FROM business_path WHERE path = 'suchen/look'"), '{search-bayern/look}',
	'the old one is kept');
isnt($i->sql("SELECT changed_xid FROM business_detail JOIN business USING (id) WHERE name = 'Look'"), $xid,
	'the next export sees it');
$i->run_ok('path', $id, 'search-bayern/look');
is($i->sql("SELECT path_old FROM business_path WHERE path = 'search-bayern/look'"), '{suchen/look}', 'back again');
for my $bad ('look', '/a/b', 'a/B', 'search/look', 'de/look', 'a/../b', 'a/b.html', 'a/b/c/d/e') {
	my ($code, $text) = $i->run('path', $id, $bad);
	ok($code == 1 && $text =~ /is no path/, "refused: $bad") or diag "$code $text";
}
my ($code, $text) = $i->run('path', '0000000000000');
is($code, 1, 'an id that nobody has') or diag $text;

# ---- a new machine ----
my $other = Instance->make;
$other->up;
my $ids = "$other->{home}/identities.tsv";
open my $out, '>', $ids or die $!;
print $out $i->run_ok('identities');
close $out or die $!;
chmod 0644, $ids;
# Of two places with one name the second comes first.
my $second_slug = "SELECT b.name, b.id, c.slug FROM business AS b JOIN city AS c ON c.id = b.city_id
	WHERE b.name IN ('North', 'South') AND c.slug LIKE 'muenster-%'";
my ($second) = map { $_->[0] } $i->rows($second_slug);
my %of = (North => 'Nordrhein-Westfalen', South => 'Baden-Württemberg');
$other->run_ok('import', '--identities', $ids, '--source', 'names', do {
	my $file = "$other->{home}/names.ndjson";
	open my $names, '>', $file or die $!;
	print $names $json->encode($renamed), "\n",
		$json->encode(record(external_id => $second eq 'North' ? 'r4' : 'r5', name => $second, city => 'Münster',
			region => $of{$second})),
		"\n";
	close $names;
	chmod 0644, $file;
	$file;
});
$other->fill($many, 5);
my ($here, $there) = (paths($i), paths($other));
is_deeply([ grep { ($here->{$_} // '') ne $there->{$_} } sort keys %$there ], [],
	'the same addresses in another installation');
my %slug = map { @$_ } $i->rows('SELECT key, slug FROM city');
is_deeply([ grep { $slug{ $_->[0] } ne $_->[1] } $other->rows('SELECT key, slug FROM city') ], [],
	'and the same places');
is_deeply([ $other->rows($second_slug) ], [ $i->rows($second_slug) ], '... whichever of a name comes first');
is($other->sql('SELECT count(*) FROM city_slug JOIN city USING (slug)'), 0,
	'no address waits for a place that is there');
is_deeply([ sort(grep {/^\t/} split /^/, $other->run_ok('identities')) ],
	[ sort(grep {/^\t/} split /^/, $i->run_ok('identities')) ], 'it hands on those that have not come, too');
$other->end;

# ---- none collides, no folder is too full ----
my %folder;
$folder{ $_ =~ s{/[^/]*$}{}r }++ for values %$here;
my @full = grep { $folder{$_} > 4096 && !m{/.$} } keys %folder;
is_deeply(\@full, [], 'no folder of a place has more than 4096');
is($i->sql('SELECT count(*) - count(DISTINCT slug) FROM city'), 0, 'no two places have one slug');
# A place of which a source has more than fits.
$i->sql("UPDATE city SET paths = 4095 WHERE key = 'de-hessen-neustadt'");
records($i, 'full', map { record(name => "Full $_", city => 'Neustadt', region => 'Hessen') } 1 .. 3);
is_deeply([ sort map { path_of("Full $_") =~ s/-\d$//r } 1 .. 3 ],
	[ 'neustadt/f/full', 'neustadt/f/full', 'neustadt/full' ],
	'what still fits is in the folder of the place, the others in that of their letter');
records($i, 'full', record(name => 'Last', city => 'Neustadt', region => 'Hessen'));
is(path_of('Last'), 'neustadt/l/last', 'so is what comes later');

# ---- suppressed: nothing is left to read ----
$i->run_ok('suppress', $id);
is($i->sql("SELECT count(*) FROM business_path WHERE path LIKE '%look%'"), 0,
	'of who is suppressed the path goes, too');

# ---- from before there were addresses ----
$i->sql($_)
	for 'DELETE FROM business_path', 'UPDATE city SET slug = NULL, paths = 0',
	'UPDATE directory_identity SET paths_given = false';
$i->run_ok('path', Instance::id_text($i->sql("SELECT id FROM business WHERE name = 'South'")));
is($i->sql('SELECT count(*) FROM business b WHERE NOT EXISTS (SELECT FROM business_path p WHERE p.id = b.id)'), 0,
	'an older directory gets its paths at once');
is($i->sql('SELECT count(*) FROM city WHERE slug IS NULL'), 0, 'its places, too');
done_testing;
