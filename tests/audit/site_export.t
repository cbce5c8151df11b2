#!/usr/bin/perl
# Our own export in every mode, audited: there is nothing to find, neither error nor warning nor note.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path 'make_path';
use Instance;
use JSON::XS;
use Site;
use Test::More;
use Tree;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
my @town = 'town.geojson'; # two thirds of the businesses of the samples
$i->import_samples(grep { $_ ne $town[0] } map { s{.*/}{}r } glob "$root/samples/*.{json,csv,geojson,ndjson}");
my $home = $i->{home};
my $number = 0;

sub put {
	my ($path, $text) = @_;
	make_path($path =~ s{/[^/]*$}{}r);
	open my $out, '>:raw', $path or die "$path: $!";
	print $out $text;
	close $out;
}
# The folder of an export with these settings, and its report.
sub export {
	my ($settings, @arguments) = @_;
	my $dir = "$home/site" . ++$number;
	$i->set('web.processes' => 1, 'site.url' => 'https://directory.example', %$settings);
	$i->run_ok('export', @arguments, $dir);
	return $dir;
}
sub findings {
	my ($dir, @options) = @_;
	my $text = `$build/holdfast --json audit site @options '$dir' 2>/dev/null`;
	return decode_json($text)->{findings};
}
sub is_clean {
	my ($what, $dir) = @_;
	my @found = map {"$_->{severity} $_->{rule}: $_->{file}:$_->{line}: $_->{message}"} @{ findings($dir) };
	my $pages = grep { /\.html$/ } Site::paths($dir);
	ok($pages > 0 && !@found, "$what: $pages pages, nothing found")
		or diag join "\n", @found > 60 ? @found[ 0 .. 59 ] : @found;
}

# ---- modes of the export, over some businesses ----
is_clean('a directory with a name, an operator and a theme',
	export({
		'site.name' => 'Shops of the valley', 'site.operator' => 'Valley association|Main street 1|8000 Zurich',
		'site.contact_url' => 'mailto:office@directory.example', 'site.theme' => 'textile'
	}));
is_clean('lean: no search, no address book entries', export({ 'site.search' => 'no' }, '--without-cards'));
is_clean('below a path', export({ 'site.url' => 'https://directory.example/shops' }));
is_clean('with the live directory beside it', export({ 'site.search_url' => 'https://live.example/' }));
is_clean('five languages below a path',
	export({ 'site.languages' => 'en it es nl sr', 'site.url' => 'https://directory.example/shops' }));
is_clean('without an address: links are relative to the root, nothing is canonical', export({ 'site.url' => '' }));
is_clean('what a small host takes, by its name', export({}, '--fit', 'cloudflare'));
is_clean('what a small host takes', export({}, '--fit', '1000'));
is_clean('compressed copies', export({}, '--gzip', '--brotli'));
is_clean('everything is published and nothing hidden from search engines',
	export({ 'site.quality_publish' => 0, 'site.quality_index' => 0, 'site.stale_after' => 0 }));
is_clean('nothing is offered to search engines', export({ 'site.quality_index' => 100 }));

my %id = map { reverse split /\|/ } split /\n/, $i->sql('SELECT id, name FROM business');
for my $name ('Fadenspiel', 'Fliesen Falkner & Amsel') {
	my $dir = export({}, '--shop', Instance::id_text($id{$name}), '--domain', 'shop.example');
	is_clean("the site of $name", $dir);
}

# ---- languages, and every business of the samples ----
$i->import_samples(@town);
my $plain = export({});
is_clean('plain', $plain);
is_clean($_, export({ 'site.lang' => $_ })) for qw(de fr ar);

# ---- what the blocks of the exported pages say is what the database has ----
{
	my (@differ, $compared);
	my %fact = map { my @f = split /\t/, $_, -1; (Instance::id_text($f[0]) => \@f) } split /\n/, $i->sql(
		q{SELECT concat_ws(E'\t', id, name, coalesce(street, ''), coalesce(postcode, ''), coalesce(city, ''),
			coalesce(country, ''), coalesce(phone, ''), coalesce(lat_e7::text, ''),
			coalesce(lon_e7::text, ''), coalesce(description, ''), coalesce(extra ->> 'hide_address', ''))
			FROM business JOIN business_detail USING (id) WHERE description IS NULL OR description !~ E'[\\n\\t]'});
	for my $path (grep { Site::is_business($_) } Site::paths($plain)) {
		my $fact = $fact{ substr $path, -18, 13 } or next;
		my ($json) = Site::slurp("$plain/$path") =~ m{<script type="application/ld\+json">(.*?)</script>}s;
		my $block = JSON::XS->new->utf8->decode($json =~ s/":(-?\d+\.\d+)/":"$1"/gr)->{'@graph'}[0];
		utf8::encode($_) for grep {defined} my ($name, $about, $street, $postcode, $city, $country)
			= (@$block{qw(name description)},
			@{ $block->{address} // {} }{qw(streetAddress postalCode addressLocality addressCountry)});
		my @said = map { $_ // '' } $name, $street, $postcode, $city, $country, $block->{telephone},
			@{ $block->{geo} // {} }{qw(latitude longitude)}, $about;
		my @is = @$fact[ 1 .. 9 ];
		# the page has six decimals, the database seven
		abs($said[$_] * 1e7 - $is[$_]) < 6 and $said[$_] = $is[$_] for grep { length $said[$_] } 6, 7;
		@is[ 1, 6, 7 ] = ('') x 3 if $fact->[10] eq 'true';
		$compared++;
		push @differ, "$path: $said[$_], not $is[$_]" for grep { $said[$_] ne $is[$_] } 0 .. $#is;
	}
	cmp_ok($compared, '>', 200, 'exported blocks are compared with the database') and note $compared;
	is_deeply(\@differ, [], 'and have its facts');
}
put("$i->{dir}/web/site/pages/membership.md",
	"# How to *join*\n\nAsk us at [the office](mailto:office\@directory.example).\n\n- one\n");
put("$i->{dir}/web/public/CNAME", "directory.example\n");
is_clean('pages and files of the operator', export({}));
is_clean('the same in two languages', export({ 'site.languages' => 'en de' }));
done_testing;
