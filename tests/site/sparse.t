#!/usr/bin/perl
# Records of which any part is missing: no exported page, live page or shop has a list, a section or a text with nothing
# in it, a heading that nothing follows, or a link to a part that is not there. HOLDFAST_SEED takes other subsets.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use HTTP::Tiny;
use Instance;
use JSON::XS;
use Site;
use Test::More;
use Wait;

my $seed = $ENV{HOLDFAST_SEED} // 18;
srand $seed;
my $json = JSON::XS->new->utf8->canonical;
my $i = Instance->make(settings =>
		{ 'web.processes' => 1, 'site.url' => 'https://shops.example', 'site.quality_publish' => 0 });
$i->up;

# Each field with one value; which of them a record has is drawn. The last two are the fullest and the emptiest.
my %field = (
	street => 'Weg 1', postcode => '3600', city => 'Thun', region => 'Bern', country => 'CH',
	categories => ['bakery'], hours => 'Mo-Fr 08:00-12:00; PH off', phone => '+41 33 222 33 11',
	website => 'https://abel.example/', description => 'Brot aus dem Holzofen.', alt_names => ['Abels Backstube'],
	same_as => ['https://social.example/abel'], service_area => [ 'Thun', 'Spiez' ], timezone => 'Europe/Zurich',
	offers => { items => [ { name => 'Brot', price => '4.50', currency => 'CHF' }, { name => 'Rat' } ] },
	point => [ 46.758, 7.628 ], extra => { founded => 2011, payment => 'cash, debit cards; barter' },
);
my @subsets = map { my $most = $_; [ grep { rand() < $most } sort keys %field ] } map { .12, .3, .6 } 1 .. 12;
my $n = 0;
open my $out, '>', "$i->{home}/records.ndjson" or die "records.ndjson: $!";
for my $subset (@subsets, [ sort keys %field ], []) {
	my %record = (external_id => 'r' . ++$n, name => "Abel $n", map { $_ => $field{$_} } @$subset);
	my $point = delete $record{point};
	@record{ 'lat', 'lon' } = map { $_ + $n / 10_000 } @$point if $point;
	print $out $json->encode(\%record) . "\n";
}
close $out or die $!;
$i->run_ok('import', '--source', 'records', '--licence', 'CC0-1.0', "$i->{home}/records.ndjson");

# What is there without anything in it. A cell, and what only a style or the script fills, may be empty.
sub hollow {
	my ($html) = @_;
	my ($body) = $html =~ /(<body.*)/s;
	my @found;
	$body =~ s{<script.*?</script>|<svg.*?</svg>}{*}gs;
	push @found, "$1 is empty" while $body =~ m{<((dl|ul|ol|section|nav|address|h[1-6]|p|li|a|dd|strong|header|table)\b
		(?![^>]*data-week)[^>]*)>\s*</\2>}gx;
	push @found, "$1 has a term of nothing" while $body =~ m{(<dt>[^<]*)<dd>\s*<(?:dt|/dl)}g;
	push @found, "nothing follows $1" while $body =~ m{(<h([1-6])[^>]*>[^<]*)</h\2>\s*</(?:section|div|main)>}g;
	push @found, map {"#$_ is not there"} grep { $body !~ /\bid="$_"/ } $body =~ /href="#([^"]+)"/g;
	return @found;
}
is(scalar(hollow('<body><dl class="a"> </dl><section><h2>A</h2> </section><a href="#x">x</a>')),
	3, 'what is hollow is found');

# name => page; each finding once, with the first page that has it.
sub sound {
	my ($what, %page) = @_;
	my %first;
	for my $name (sort keys %page) { $first{$_} //= $name for hollow($page{$name}) }
	ok(!%first, "$what: nothing hollow") or diag map {"$first{$_}: $_\n"} sort keys %first;
}

my $site = "$i->{home}/site";
$i->run_ok('export', $site);
my %files = Site::files($site);
my @pages = grep { Site::is_business($_) } keys %files;
cmp_ok(scalar @pages, '>', 20, 'records of which little is known have pages');
sound('exported pages', map { $_ => $files{$_} } grep {/\.html$/} keys %files);

my $http = HTTP::Tiny->new(timeout => seconds_left());
my @ids = map { Instance::id_text($_) } split /\n/, $i->sql('SELECT id FROM business ORDER BY name');
sound('live pages', map { $_ => $http->get($i->url . $_)->{content} } '/', '/search', map {"/b/$_"} @ids);

# Of a shop its facts must be valid: it needs an address, an area or coordinates.
my %of_shop;
for my $at (grep { $_ % 3 == 0 || $_ >= $#ids - 1 } 0 .. $#ids) {
	my $dir = "$i->{home}/shop$at";
	my ($code, $text) = $i->run('export', '--shop', $ids[$at], '--domain', "shop$at.example", $dir);
	next if $code && $text =~ /facts are invalid/;
	is($code, 0, "shop $at") or diag $text;
	my %of = Site::files($dir);
	$of_shop{"$at/$_"} = $of{$_} for grep {/\.html$/} keys %of;
}
cmp_ok(scalar keys %of_shop, '>', 20, 'records of which little is known have sites of their own');
sound('sites of shops', %of_shop);
done_testing;
