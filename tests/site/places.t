#!/usr/bin/perl
# Towns, regions and kinds as levels of the exported site: which pages there are, when a list begins and ends, and that
# every trail leads to pages that exist.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Site;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1, 'site.url' => 'https://shops.example' });
$i->up;
my $site = "$i->{home}/site";
my $n = 0;

sub import_shops {
	my (@rows) = @_;
	my $file = "$i->{home}/shops" . ++$n . '.csv';
	open my $out, '>', $file or die $!;
	print $out "id,name,street,city,region,country,category,phone\n";
	print $out join(',', @$_), "\n" for @rows;
	close $out;
	$i->run_ok('import', '--source', 'shops', $file);
}
sub shop {
	my ($id, $name, $city, $kind, $region) = @_;
	return [ $id, $name, "Hauptgasse $id", $city, $region // 'Bern', 'CH', $kind, "+41 33 222 33 1$id" ];
}
sub export { my ($dir) = @_; $i->run_ok('export', $dir // $site); return Site::files($dir // $site) }
sub trail {
	my ($page) = @_;
	my ($nav) = $page =~ m{<nav class="trail".*?<ol>(.*?)</ol>}s;
	return [ $nav =~ /href="([^"]*)"/g ];
}
sub graph {
	my ($page) = @_;
	return decode_json(($page =~ m{<script type="application/ld\+json">(.*?)</script>}s)[0])->{'@graph'};
}
sub of_type { my ($type, $page) = @_; return (grep { $_->{'@type'} eq $type } @{ graph($page) })[0] }
sub page_of {
	my ($name, %files) = @_;
	my ($path) = grep { Site::is_business($_) && $files{$_} =~ m{<h1>\Q$name\E</h1>} } sort keys %files;
	return $path;
}

import_shops(shop(1, 'Bread One', 'Thun', 'bakery'), shop(2, 'Bread Two', 'Thun', 'bakery'),
	shop(3, 'Meat', 'Thun', 'butcher'), shop(4, 'Far Bread', 'Spiez', 'bakery'));
my %files = export();
ok($files{'thun/index.html'}, 'a town has a page');
is_deeply(trail($files{'thun/index.html'}), [ '/', '/#regions', '/in/ch-bern/' ], '... below its region');
ok($files{"$_/index.html"}, "there is $_/") for 'in/ch-bern', 'kind/bakery', 'spiez';
ok(!$files{'kind/butcher/index.html'}, 'but no page of a kind with one business');
ok(!$files{'thun/bakery.html'}, 'two of a kind are no list');
ok($files{'in/ch-bern/bakery.html'}, 'three in the region are');
for my $name ('Bread One', 'Bread Two', 'Meat') {
	like($files{'thun/index.html'}, qr/>\Q$name\E</, "the page of the town shows $name");
}
is_deeply(trail($files{ page_of('Bread One', %files) }), [ '/in/ch-bern/', '/thun/' ], 'a trail names what there is');
my $collection = of_type('CollectionPage', $files{'thun/index.html'});
is($collection->{url}, 'https://shops.example/thun/', 'the town is a collection for search engines');
is(scalar @{ $collection->{mainEntity}{itemListElement} }, 3, '... of its businesses');
like($files{'spiez/index.html'}, qr/noindex/, 'the page of a town with one business is not to be indexed');
my %map = map { $_ => 1 } map {m{<loc>https://shops\.example/([^<]*)}g} grep {m{<urlset}} values %files;
ok($map{'thun/'} && !$map{'spiez/'}, '... nor in the sitemap');
is_deeply([ Site::broken($site, 'https://shops.example') ], [], 'no link leads nowhere');

# ---- a list begins, for those that were there before, too ----
import_shops(shop(5, 'Bread Five', 'Thun', 'bakery'));
%files = export();
ok($files{'thun/bakery.html'}, 'the third of a kind makes a list');
for my $name ('Bread One', 'Bread Five') {
	my $page = $files{ page_of($name, %files) };
	is_deeply(trail($page), [ '/in/ch-bern/', '/thun/', '/thun/bakery.html' ], "the trail of $name has it");
	is(of_type('BreadcrumbList', $page)->{itemListElement}[2]{item}, 'https://shops.example/thun/bakery.html',
		'... and its BreadcrumbList');
}
like($files{'thun/index.html'}, qr{<a href="/thun/bakery\.html">}, 'the town links to it');
my %fresh = export("$i->{home}/fresh");
is_deeply(\%files, \%fresh, 'all files are what a first export makes');
is_deeply([ Site::broken($site, 'https://shops.example') ], [], 'no link leads nowhere');

# ---- and ends ----
my $id = Instance::id_text($i->sql(q{SELECT id FROM business WHERE name = 'Bread Five'}));
$i->run_ok('suppress', $id);
%files = export();
like($files{'thun/bakery.html'}, qr{<meta http-equiv="refresh" content="0; url=/thun/">},
	'without the third there is no list: its address leads on to the town');
is_deeply(trail($files{ page_of('Bread One', %files) }), [ '/in/ch-bern/', '/thun/' ], 'and no link to it');
is_deeply([ Site::broken($site, 'https://shops.example') ], [], 'none at all');

# ---- who moves is in the lists of the new town, at the old address ----
my $before = page_of('Meat', %files);
import_shops(shop(3, 'Meat', 'Spiez', 'butcher'));
%files = export();
is(page_of('Meat', %files), $before, 'who moves keeps the address');
is_deeply(trail($files{$before}), [ '/in/ch-bern/', '/spiez/' ], '... and stands in the new town');
like($files{'spiez/index.html'}, qr{href="/\Q$before\E"}, '... which links to it');

# ---- a long list ----
import_shops(map { shop(100 + $_, "Baker $_", 'Thun', 'bakery') } 1 .. 300);
%files = export();
my @pages = grep {m{^thun/bakery[.][^/]*html$}} sort keys %files;
cmp_ok(scalar @pages, '>', 3, 'it has several pages');
is_deeply([ grep { Site::is_business($_) } @pages ], [], 'none has an address that a business could have');
is_deeply([ Site::broken($site, 'https://shops.example') ], [], 'no link leads nowhere');

# ---- who comes to a town ----
sub import_serving {
	my (%towns) = @_; # name => [city, region, country, kind, towns...]
	my $file = "$i->{home}/serving" . ++$n . '.ndjson';
	open my $out, '>', $file or die $!;
	for my $name (sort keys %towns) {
		my ($city, $region, $country, $kind, @served) = @{ $towns{$name} };
		print $out encode_json({
			external_id => $name, name => $name, street => 'Weg 1', city => $city, region => $region,
			country => $country, categories => [$kind], service_area => \@served
		}), "\n";
	}
	close $out;
	$i->run_ok('import', '--source', 'serving', $file);
}
sub coming {
	my ($path) = @_;
	my ($section) = $files{$path} =~ m{<h2>[^<]*(?:kommen|come to)[^<]*</h2>\s*<ol class="found">(.*?)</ol>}s
		or return '';
	return join ', ', $section =~ m{<h2><a href="/[^"]+">([^<]+)</a></h2>}g;
}
my %serving = (
	Roofs => [ 'Spiez', 'Bern', 'CH', 'roofer', 'Spiez', 'THUN', 'Nowhere', 'Muri' ],
	'Bread Car' => [ 'Spiez', 'Bern', 'CH', 'bakery', 'Thun' ],
	Foreigner => [ 'Lindau', 'Bayern', 'DE', 'roofer', 'Thun', 'Muri' ],
	'Muri One' => [ 'Muri', 'Aargau', 'CH', 'cafe' ], 'Muri Two' => [ 'Muri', 'Uri', 'CH', 'cafe' ],
	Neighbour => [ 'Aarau', 'Aargau', 'CH', 'roofer', 'Muri' ]);
import_serving(%serving);
%files = export();
is(coming('thun/index.html'), 'Bread Car, Roofs', 'a town names who comes to it, of its country');
is(coming('thun/bakery.html'), 'Bread Car', 'its list of a kind those of the kind');
is_deeply([ grep { coming($_) } grep {m{^thun/bakery\.\w{13}\.html$}} @pages ], [], '... on its first page');
is(coming('spiez/index.html'), '', 'who has his seat there is in the list already');
my ($near) = grep {m{^muri[^/]*/index\.html$} && $files{$_} =~ /Muri One/} sort keys %files;
my ($other) = grep {m{^muri[^/]*/index\.html$} && $files{$_} =~ /Muri Two/} sort keys %files;
is_deeply([ coming($near), coming($other) ], [ 'Neighbour', '' ],
	'of two towns of a name the one in the same region is meant, and none where that does not say which');

# The towns that a business serves, as links to what there is of them.
sub served {
	my ($page) = @_;
	my ($towns) = $page =~ m{class="at-area">.*?<p class="tags">(.*?)</p>}s or return '';
	return join ', ', map { s/<[^>]*>//gr . (m/href="([^"]*)"/ ? "=$1" : '') } grep {/\S/} split /\n/, $towns;
}
my %links = (
	Roofs => 'Spiez=/spiez/, THUN=/thun/, Nowhere, Muri', 'Bread Car' => 'Thun=/thun/bakery.html',
	Foreigner => 'Thun, Muri', Neighbour => 'Muri=/' . $near =~ s/index.html$//r);
for my $name (sort keys %links) {
	my $path = page_of($name, %files);
	is(served($files{$path}), $links{$name}, "towns that $name serves lead to their pages");
	is(served($i->get("/$path")->{content}), $links{$name}, '... of the live directory, too');
}
my %then = %files;
import_serving(%serving, Roofs => [ 'Spiez', 'Bern', 'CH', 'roofer', 'Aarau' ]);
%files = export();
is_deeply([ coming('thun/index.html'), coming('aarau/index.html') ], [ 'Bread Car', 'Roofs' ],
	'who comes elsewhere now is there');
my @changed = grep { $files{$_} ne ($then{$_} // '') && /\.html$/ } sort keys %files;
is_deeply(\@changed, [ sort 'thun/index.html', 'aarau/index.html', page_of('Roofs', %files) ],
	'and no other page changed');
$i->run_ok('suppress', Instance::id_text($i->sql(q{SELECT id FROM business WHERE name = 'Bread Car'})));
%files = export();
is_deeply([ coming('thun/index.html'), coming('thun/bakery.html') ], [ '', '' ], 'who is suppressed comes no more');
is_deeply([ Site::broken($site, 'https://shops.example') ], [], 'no link leads nowhere');
import_serving(%serving, Foreigner => [ 'Lindau', 'Bayern', 'DE', 'roofer', 'Ulm' ]);
import_serving('Fish' => [ 'Ulm', 'Bayern', 'DE', 'butcher' ]);
%files = export();
is(served($files{ page_of('Foreigner', %files) }), 'Ulm=/ulm/', 'a town that comes into the directory is linked');
$i->run_ok('suppress', Instance::id_text($i->sql(q{SELECT id FROM business WHERE name = 'Fish'})));
%files = export();
is(served($files{ page_of('Foreigner', %files) }), 'Ulm', '... and no more when its last business has gone');
%fresh = export("$i->{home}/fresh");
is_deeply([ grep { ($files{$_} // '') ne ($fresh{$_} // '') } sort keys %{ { %files, %fresh } } ],
	['ulm/index.html'], 'all files are what a first export makes, but for the address that leads on');
done_testing;
