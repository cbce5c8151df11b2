#!/usr/bin/perl
# A town that some records name without its region is one place, whatever the order; another town of the name is not
# taken for it, and addresses stay.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1, 'site.quality_publish' => 0, 'site.quality_index' => 0,
	'site.url' => 'https://site.example' });
$i->up;

sub import_lines {
	my ($source, @lines) = @_;
	my $file = "$i->{home}/$source.csv";
	open my $out, '>', $file or die "$file: $!";
	print $out map {"$_\n"}
		'id,name,city,region,country,lat,lon,street,category', map {"$_,Weg 1,cafe"} @lines;
	close $out or die $!;
	return $i->run_ok('import', '--source', $source, $file);
}

my @lines = map { s/\s+//gr } (
	# North and south, some 400 km apart.
	'n1,North1,  Neuhof, Hessen, DE, 50.45, 9.61',
	'n2,North2,  Neuhof, Hessen, DE, 50.46, 9.62',
	's1,South1,  Neuhof, Bayern, DE, 47.60, 10.90',
	'nn,NearNorth, Neuhof, , DE, 50.52, 9.70',
	'ns,NearSouth, Neuhof, , DE, 47.61, 10.91',
	'fa,Far,     Neuhof, , DE, 53.55, 9.99',
	'no,Nowhere, Neuhof, , DE, , ',
	# The only one of its name.
	'a1,Alone1,  Erlenau, Bayern, DE, 48.30, 12.12',
	'a2,Alone2,  Erlenau, , DE, 48.31, 12.13',
	'a3,Alone3,  Erlenau, , DE, , ',
	# The same name abroad, and a second one that has no region.
	'x1,Abroad,  Erlenau, , AT, 48.30, 14.30',
	'b1,Known,   Buchau, Tirol, AT, 47.42, 11.72',
	'b2,Second,  Buchau, , AT, 47.03, 15.44',
	'b3,Unsaid,  Buchau, , AT, , ',
	# Its place says nothing of where it is.
	'c1,Silent,  Carlau, Wien, AT, , ',
	'c2,Quiet,   Carlau, , AT, , ',
	'c3,Said,    Darlau, , AT, 48.2, 16.3',
	'c4,Mute,    Darlau, Wien, AT, , ',
	'e1,Still,   Ellau, Wien, AT, , ',
	'e2,East,    Ellau, , AT, 48.2, 16.3',
	'e3,West,    Ellau, , AT, 47.2, 10.2');
my $expected = <<'END';
Abroad|at-erlenau
Alone1|de-bayern-erlenau
Alone2|de-bayern-erlenau
Alone3|de-bayern-erlenau
East|at-ellau
Far|de-neuhof
Known|at-tirol-buchau
Mute|at-wien-darlau
NearNorth|de-hessen-neuhof
NearSouth|de-bayern-neuhof
North1|de-hessen-neuhof
North2|de-hessen-neuhof
Nowhere|de-neuhof
Quiet|at-wien-carlau
Said|at-wien-darlau
Second|at-buchau
Silent|at-wien-carlau
South1|de-bayern-neuhof
Still|at-wien-ellau
Unsaid|at-buchau
West|at-ellau
END

# What lists count and find.
my $facts = q{SELECT b.name, c.key FROM business AS b JOIN business_detail AS d USING (id)
	JOIN region AS r ON r.id = b.region_id JOIN city AS c ON c.id = b.city_id AND c.region_id = r.id
	WHERE ARRAY(SELECT w FROM unnest(d.words) AS w WHERE w ~ '^@[rt][0-9]' ORDER BY w)
			= ARRAY['@r' || r.id, '@t' || c.id]
		AND b.marks @> directory_marks(NULL, NULL, r.id, c.id) ORDER BY b.name};
my $wrong_counts = 'SELECT count(*) FROM city AS c
	WHERE businesses <> (SELECT count(*) FROM business WHERE city_id = c.id)';

sub emptied {
	$i->sql('DELETE FROM business; DELETE FROM business_detail; DELETE FROM business_path; DELETE FROM city;
		DELETE FROM region; DELETE FROM source');
	return;
}

for my $order ([ 'one import' => \@lines ], [ 'reversed' => [ reverse @lines ] ]) {
	my ($name, $records) = @$order;
	import_lines('one', @$records);
	is($i->sql($facts) . "\n", $expected, "$name: each has the place that is its own");
	like(import_lines('one', @$records), qr/0 inserted \+ 0 updated/, '... and a second import changes nothing');
	is($i->sql($facts) . "\n", $expected, '... in truth');
	is($i->sql($wrong_counts), 0, '... counts are right');
	emptied();
}

# Not those without coordinates, which are placed by what is known when they come.
my @single = grep {/^(?:n1|s1|nn|ns|fa|a1|a2),/} @lines;
my $single = join '', grep {/^(?:Alone[12]|Far|Near|North1|South1)/} split /^/, $expected;
for my $order ([ 'one by one' => \@single ], [ 'one by one, reversed' => [ reverse @single ] ]) {
	my ($name, $records) = @$order;
	import_lines(/^(\w+)/, $_) for @$records;
	is($i->sql($facts) . "\n", $single, "$name: the same");
	is($i->sql($wrong_counts), 0, '... counts are right');
	is($i->sql('SELECT count(*) FROM city WHERE businesses = 0'), 0, '... no place is left empty');
	emptied();
}

# ---- a directory that has two places from before ----
import_lines('old', grep {/^a1/} @lines);
import_lines('town', grep {/^(?:a2|x1)/} @lines);
$i->sql(q{
	INSERT INTO region (key, country) VALUES ('de', 'DE');
	INSERT INTO city (region_id, key, name, slug, paths)
		SELECT id, 'de-erlenau', 'Erlenau', 'erlenau-de', 1 FROM region WHERE key = 'de';
	UPDATE business AS b SET region_id = c.region_id, city_id = c.id FROM city AS c
		WHERE c.key = 'de-erlenau' AND b.name = 'Alone2';
	UPDATE business_path AS p SET path = 'erlenau-de/alone2' FROM business AS b WHERE b.id = p.id AND b.name = 'Alone2';
	UPDATE business_detail AS d SET words = ARRAY(SELECT w FROM unnest(words) AS w WHERE w !~ '^@[rt][0-9]')
			|| ARRAY['@r' || b.region_id, '@t' || b.city_id] FROM business AS b WHERE b.id = d.id;
	UPDATE directory_identity SET homes_given = false});
my $paths = $i->sql('SELECT id, path FROM business_path ORDER BY id');
like(import_lines('town', grep {/^(?:a2|x1)/} @lines), qr/0 inserted \+ 0 updated/, 'the same file again');
is($i->sql($facts), "Abroad|at-erlenau\nAlone1|de-bayern-erlenau\nAlone2|de-bayern-erlenau", 'makes one of two places');
is($i->sql('SELECT id, path FROM business_path ORDER BY id'), $paths, 'addresses of businesses stay');
is($i->sql(q{SELECT slug, slug_old FROM city WHERE key = 'de-bayern-erlenau'}), 'erlenau|{erlenau-de}',
	'the address of the place that is no more is kept');
like($i->run_ok('identities'), qr{^\tde-bayern-erlenau\t\terlenau\terlenau-de$}m, '... and goes to other machines');
my $live = $i->get('/erlenau-de/');
is($live->{status}, 200, 'the live directory answers there');
like($live->{content}, qr{<link rel="?canonical"? href="?[^">]*/erlenau/}, '... as the page of the place');
note $i->run_ok('export', "$i->{home}/public");
ok(-f "$i->{home}/public/erlenau/index.html", 'the exported place');
my $stub = do { local (@ARGV, $/) = "$i->{home}/public/erlenau-de/index.html"; <> };
like($stub, qr{/erlenau/}, '... to which its former address leads');
import_lines('later', 'z1,Late,Erlenau,Kärnten,AT,46.6,14.3');
isnt($i->sql(q{SELECT slug FROM city WHERE key = 'at-karnten-erlenau'}), 'erlenau-de', 'no other place takes it');

done_testing;
