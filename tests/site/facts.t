#!/usr/bin/perl
# The blocks of real pages: every business of the samples (and of the farm shops, where they are) has one on its page,
# a second validator has nothing to say against it, and what it says can be read on the page.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use HTTP::Tiny;
use Instance;
use JSON::XS;
use Kept;
use Site;
use Test::More;
use Tree;
use Wait;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);
my $i = Instance->make(settings => {
	'web.processes' => 1, 'cache.search_ttl' => '0s', 'site.url' => 'https://directory.example'
});
my $home = $i->{home};
$i->up;
$i->no_statement_timeouts;
$i->import_samples;
my $farms = "$data/farm-shops-ch.geojson";
if (-r $farms) { $i->run_ok('import', '--source', 'osm', '--licence', 'ODbL-1.0', '--max-rejects', '50%', $farms) }
else { diag "no real records in $data: the samples alone are looked at" }

my $http = HTTP::Tiny->new(default_headers => { Accept => 'text/html, application/json' }, timeout => seconds_left());
sub get {
	my ($path) = @_;
	my $answer = $http->get($i->url($path));
	return $answer->{status} == 200 ? $answer->{content} : die "$path: $answer->{status} $answer->{content}";
}

is(
	scalar qx($root/tools/make-schema),
	do { open my $def, '<', "$root/src/site/facts/schema.def" or die $!; local $/; <$def> },
	'the table of schema.org is what the package says'
);

# Every business, page by page of the list.
my (%name, $cursor);
do {
	my $list = decode_json(get('/v1/businesses?limit=100' . ($cursor ? "&cursor=$cursor" : '')));
	my $items = $list->{items} // $list->{businesses};
	$name{ $_->{id} } = $_->{name} for @$items;
	$cursor = $list->{next} // $list->{next_cursor};
	$cursor =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ge if defined $cursor;
} while ($cursor);
cmp_ok(scalar keys %name, '>', 40, 'there are businesses') and note scalar(keys %name);

# What a reader sees of a page: its text and where its links lead, entities undone.
sub seen {
	my ($html) = @_;
	my $links = join ' ', $html =~ /\b(?:href)="([^"]*)"/g;
	$html =~ s{<(script|style)\b.*?</\1>}{}gs;
	$html =~ s{<[^>]*>}{ }g;
	my $all = "$html $links";
	my %entity = (amp => '&', lt => '<', gt => '>', quot => '"', '#39' => "'", '#x27' => "'");
	$all =~ s/&(\w+|#\w+);/$entity{$1} \/\/ "&$1;"/ge;
	$all =~ s/\s+/ /g;
	return $all;
}
# The page itself; the country, which is shown in directories of several; prices are compared by their digits.
my %silent = map { $_ => 1 } qw(@context @type @id url position openingHoursSpecification amenityFeature addressCountry
	priceCurrency);
sub unseen {
	my ($value, $seen, $key) = @_;
	if (($key // '') eq 'price') {
		my @numbers = $seen =~ /(\d+(?:[.,'\x{2019}\x{a0}\x{202f} ]?\d{3})*(?:[.,]\d+)?)/g;
		my %shown = map { (s/\D//gr => 1) } @numbers;
		(my $digits = $value) =~ s/\D//g;
		return $shown{$digits} || $shown{"${digits}00"} ? () : "price: $value";
	}
	return map { unseen($_, $seen, $key) } @$value if ref $value eq 'ARRAY';
	return map { $silent{$_} ? () : unseen($value->{$_}, $seen, $_) } sort keys %$value if ref $value;
	(my $text = $value) =~ s/\s+/ /g;
	$text =~ s/^ | $//g;
	$text =~ s{^https://directory\.example(?=/)}{}; # links within the site are relative to its root
	return index($seen, $text) < 0 ? "$key: $text" : ();
}

my $coder = JSON::XS->new->canonical;
# A page's block; numbers are strings, as they are written.
sub block_of { my ($json) = @_; return $coder->decode($json =~ s/":(-?\d+\.\d+)/":"$1"/gr) }
# The things of a page's @graph from the Nth on, each as a block of its own.
sub things {
	my ($json, $from) = @_;
	my $block = $coder->decode($json);
	my @things = @{ $block->{'@graph'} };
	return map { $coder->encode({ '@context' => $block->{'@context'}, %$_ }) } @things[ $from .. $#things ];
}
# The business without what differs between the directory and the export: the address of the page.
sub business { my ($block) = @_; return $coder->encode({ %{ $block->{'@graph'}[0] }, url => undef }) }

my (@without, @hidden, @blocks, @raw, @leaks, %block);
for my $id (sort keys %name) {
	utf8::decode(my $page = get("/b/$id"));
	my ($json, @more) = $page =~ m{<script type="application/ld\+json">(.*?)</script>}gs;
	push(@without, "$id $name{$id}"), next if !defined $json || @more;
	push @leaks, $id if $json =~ /[<>&\x{2028}\x{2029}]/;
	push @raw, $json;
	push @blocks, things($json, 0);
	my $read = block_of($json);
	$block{$id} = business($read);
	my @not = unseen($read, seen($page));
	push @hidden, "$id $name{$id}: @not" if @not;
}
is_deeply(\@without, [], 'every business has one block on its page') or diag join "\n", @without;
is_deeply(\@leaks, [], 'no block has a character that HTML could read');
is_deeply(\@hidden, [], 'what a block says can be read on its page') or diag scalar(@hidden), ' of ', scalar(@raw);

# The exported page of the same business says the same, but for its address; or the gate says why there is none.
$i->run_ok('export', "$home/site");
my ($exported, @other, @broken) = (0);
my %page_of = map { substr($_, -18, 13) => $_ } grep { Site::is_business($_) } Site::paths("$home/site");
for my $id (sort keys %name) {
	open my $file, '<:utf8', "$home/site/" . ($page_of{$id} // next) or die $!;
	my $page = do { local $/; <$file> };
	my ($json) = $page =~ m{<script type="application/ld\+json">(.*?)</script>}s;
	push(@broken, $id), next if !defined $json;
	$exported++;
	my $read = block_of($json);
	my @not = unseen($read, seen($page));
	push @hidden, "exported $id: @not" if @not;
	push @blocks, (things($json, 1))[0] if $exported <= 100; # all trails are made alike
	push @other, $id if business($read) ne $block{$id};
}
cmp_ok($exported, '>', 100, "$exported businesses are exported");
is_deeply(\@broken, [], 'each with a block');
is_deeply(\@other, [], 'the same as on the page of the directory');
is_deeply(\@hidden, [], 'and all it says can be read there');

my @cut = grep { !/"latitude":-?\d+\.\d{5,6},"longitude":-?\d+\.\d{5,6}}/ } grep { /"geo"/ } @raw;
is_deeply(\@cut, [], 'coordinates have at least five decimals in the text');
# Records that the importer takes and of which no valid block can be made as they are. A broken value that is
# optional costs the value: it is dropped and counted, and the business has its page. Without a sound name there is
# no page.
my %broken = (
	'url-private' => { website => 'http://192.168.1.10/' },
	'placeholder' => { description => '{{description}}' },
	'decoded-twice' => { description => "Z\x{c3}\x{bc}rich" },
	'replacement-character' => { description => "B\x{fffd}ckerei" },
	'lei-checksum' => { extra => { lei => '506700GE1G29325QX364' } },
	'radius-range' => { extra => { service_radius_km => '0' } },
	'price-negative' => { offers => { items => [{ name => 'Bread', price => '-3', currency => 'CHF' }] } },
	'currency-lower-case' => { offers => { items => [{ name => 'Bread', price => '3', currency => 'chf' }] } },
	'name-is-address' => { name => 'www.broken.example' },
	'postcode-malformed' => { postcode => '3000/1' },
	'street-without-town' => { city => '', postcode => '', lat => undef, lon => undef, service_area => ['Spiez'] },
	'type-unknown' => { extra => { departments => [{ name => 'Bar', type => 'Barr' }] } },
);
open my $records, '>:utf8', "$home/broken.ndjson" or die $!;
for my $fault (sort keys %broken) {
	my %record = (
		external_id => $fault, name => "Broken $fault", categories => ['bakery'], street => 'Hauptgasse 1',
		city => 'Bern', postcode => '3000',
		country => 'CH', lat => 46.94809, lon => 7.44744, phone => '+41319999999', %{ $broken{$fault} });
	delete @record{ grep { !defined $record{$_} } keys %record };
	print $records JSON::XS->new->canonical->encode(\%record), "\n";
}
close $records;
$i->run_ok('import', '--source', 'broken', '--licence', 'CC0-1.0', "$home/broken.ndjson");
# An import mends or drops these; a directory may have them from before.
$i->sql("UPDATE business_detail SET description = E'Z\\u00c3\\u00bcrich' WHERE external_id = 'decoded-twice'");
$i->sql("UPDATE business_detail SET website = 'http://192.168.1.10/' WHERE external_id = 'url-private'");
my $said = $i->run_ok('--json', 'export', "$home/site");
my %dropped = map { $_->{fault} => $_->{count} } @{ decode_json($said =~ /^(\{.*\})$/m ? $1 : die $said)->{dropped} };
my @named = grep { /invalid facts/ } split /^/, $said;
is(scalar(@named), 1, 'one record is refused') or diag @named;
like($named[0] // '', qr/fault="name-is-address:/, 'the one without a name, and its fault is named');
is_deeply(\%dropped, { map { $_ => 1 } grep { $_ ne 'name-is-address' } keys %broken },
	'each other value is dropped and counted');
my %page;
for my $path (map {"$home/site/$_"} grep { Site::is_business($_) } Site::paths("$home/site")) {
	open my $file, '<:utf8', $path or die $!;
	my $page = do { local $/; <$file> };
	$page{$1} = $page if $page =~ /<h1[^>]*>Broken ([\w-]+)</;
}
is_deeply([ sort keys %page ], [ sort grep { $_ ne 'name-is-address' } keys %broken ], 'and its business has a page');
my %gone = (
	'url-private' => '192.168', 'placeholder' => '{{',
	'lei-checksum' => '506700GE1G29325QX364',
	'price-negative' => 'CHF', 'postcode-malformed' => '3000/1', 'type-unknown' => 'Barr'
);
is_deeply([ grep { index($page{$_} // '', $gone{$_}) >= 0 } sort keys %gone ], [], 'that does not show it');

my ($tilers) = grep { /Fliesen Falkner/ } @blocks;
is(() = ($tilers // '') =~ /"\@type":"City"/g, 6, 'the tiling firm serves its six towns');

my $lines = join '', map {"$_\n"} @blocks;
open my $in, '>:utf8', "$home/blocks" or die $!;
print $in $lines;
close $in or die $!;
my $table = "$root/src/site/facts/schema.def";
for my $other ([ 'the second validator', 'validate.mjs', $table ],
	[ 'the compiler with types of schema.org', 'typecheck.mjs' ])
{
	my ($who, $program, @arguments) = @$other;
	my @read = ($lines, files("$FindBin::Bin/$program", "$root/package-lock.json", @arguments));
	my $said = kept($program, \@read, sub {
		my $said = `node $FindBin::Bin/$program @arguments <$home/blocks`;
		return $? ? undef : $said;
	});
	ok(defined $said, "$who ran");
	utf8::decode($said //= '');
	my @said = split /^/, $said;
	is(pop @said, @blocks . " blocks\n", "$who: over every block");
	is_deeply(\@said, [], "$who has nothing to say") or diag @said[0 .. ($#said < 20 ? $#said : 20)];
}

# Our own audit of the exported folder: the third opinion on the blocks, and the first on everything else.
my $report = `$build/holdfast --json audit site $home/site 2>/dev/null`;
my @errors = grep { $_->{severity} eq 'error' } @{ decode_json($report)->{findings} };
is_deeply([ map { "$_->{file}: $_->{rule}: $_->{message}" } @errors ], [], 'the audit finds no error in the export');
done_testing;
