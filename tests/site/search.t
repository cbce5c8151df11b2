#!/usr/bin/perl
# The search of an exported site, which needs no server: it answers as the live directory does, reads few files, folds
# as the importer does, and a changed record changes its own leaves only.
#
#   HOLDFAST_SEARCH_QUERIES=10000 tests/site/search.t     so many queries instead of 120
#   HOLDFAST_SEARCH_RECORDS=100000                        so many records instead of 2 000
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Encode qw(decode encode);
use Instance;
use IO::Socket::INET;
use IO::Uncompress::Gunzip qw(gunzip);
use IPC::Open2 qw(open2);
use JSON::XS;
use Program;
use Site;
use Test::More;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);
my $queries = $ENV{HOLDFAST_SEARCH_QUERIES} // 120;
my $records = $ENV{HOLDFAST_SEARCH_RECORDS} // 2000;
my $port = free_port();
my $base = 'http://' . own_address() . ":$port";
my $i = Instance->make(settings => {
	'web.processes' => 1, 'site.url' => $base, 'site.lang' => 'en', 'site.quality_publish' => 0,
	'site.quality_index' => 0,
	'site.search_url' => 'https://live.example/search',
	'site.search_pairs' => 6 # as at a million records: most names are of words that so many have
});
$i->up;
$i->no_statement_timeouts;
my $site = "$i->{home}/site";

sub import_text {
	my ($name, @lines) = @_;
	open my $out, '>:utf8', "$i->{home}/$name.ndjson" or die $!;
	print $out map {"$_\n"} @lines;
	close $out;
	$i->run_ok('import', '--source', $name, '--licence', 'CC0-1.0', "$i->{home}/$name.ndjson");
}

# Names in many scripts, always the same ones.
my $seed = 7;
sub any { my ($n) = @_; $seed = ($seed * 1103515245 + 12345) & 0x7fffffff; return ($seed >> 8) % $n }
sub strange_name {
	my @ranges = (
		[ 0x41, 0x7a ], [ 0xc0, 0x17f ], [ 0x386, 0x3ce ], [ 0x400, 0x45f ], [ 0x1e00, 0x1eff ], [ 0xe01, 0xe2e ],
		[ 0x3042, 0x30fe ], [ 0x4e00, 0x4eff ], [ 0xff21, 0xff5a ], [ 0x300, 0x308 ], [ 0xfb00, 0xfb06 ],
		[ 0x2160, 0x216b ],
		[ 0x620, 0x64a ], [ 0x905, 0x939 ], [ 0x10d0, 0x10f0 ], [ 0xac00, 0xac40 ], [ 0x30, 0x39 ], [ 0x10400, 0x10427 ]
	);
	my $text = 'x';
	for (0 .. 3 + any(12)) {
		my ($from, $to) = @{ $ranges[ any(scalar @ranges) ] };
		$text .= chr($from + any($to - $from + 1)) x (1 + any(2));
		$text .= (' ', "'", '-', "\x{2019}", '.', '&', 'ae', 'oe')[ any(8) ] if any(3) == 0;
	}
	return $text;
}
my $json = JSON::XS->new->canonical;
import_text('strange',
	map { $json->encode({ external_id => "s$_", name => strange_name(), city => 'Köln', country => 'DE' }) } 1 .. 300);
sub known {
	my ($id, $name, $city, $country, %more) = @_;
	return $json->encode({
		external_id => $id, name => $name, city => $city, country => $country, street => 'Markt 3',
		website => "https://$id.example", hours => 'Mo-Fr 08:00-17:00', %more
	});
}
import_text(
	'known',
	known('k1', 'Fliesen Falkner & Amsel', 'Hochtann', 'DE', categories => ['tiler']),
	known('k2', 'Kjær AS', 'Vigeland', 'NO'),
	known('k3', 'Kjær A/S', 'Vigeland', 'NO'),
	known('k4', 'EL SUR', 'Hochtann', 'DE'),
	known('k5', 'Zum Olivenbaum', 'Hochtann', 'DE', categories => ['restaurant'], extra => { cuisine => 'greek' }),
	known('k6', 'Zur Linde', 'Hochtann', 'DE', categories => ['cafe'], extra => { cuisine => 'italian;greek' }),
	known('k7', 'Biohofladen Amsel', 'Hochtann', 'DE', categories => ['farm-shop']),
	known('k8', 'Bio Hofladen Drossel', 'Hochtann', 'DE', categories => ['farm-shop']),
	known('k9', 'Laden 24', 'San Lorenz', 'CH'),
	known('k10', 'Bazar San Remo', 'San Lorenz', 'CH', street => 'Gasse 24'),
	known('k11', 'Hof Soral', 'Nirgendwil', undef, categories => ['farm-shop'])
);
open my $generator, '-|:utf8', "$i->{bin}/holdfast", 'generate', $records, '--seed', 5 or die $!;
chomp(my @generated = <$generator>);
close $generator;
import_text('generated', @generated);
$i->run_ok('export', $site);

# What the script answers to each message; with $live, how that compares with the live directory, too. One process
# answers until the site is exported again.
my $script;
sub ask {
	my ($messages, $live) = @_;
	if (!$script) {
		$script = {};
		my @command = ('node', "$FindBin::Bin/search.mjs", $site, "http://$i->{address}");
		$script->{pid} = open2($script->{answers}, $script->{messages}, @command);
		$script->{messages}->autoflush;
	}
	my @answers;
	for my $message (@$messages) {
		print { $script->{messages} } JSON::XS->new->utf8->encode({ %$message, $live ? (live => 1) : () }) . "\n";
		push @answers, decode_json(readline $script->{answers} // BAIL_OUT('the script has ended'));
	}
	return grep { !$_->{unpublished} } @answers;
}
sub end_script {
	close $script->{messages};
	is(readline $script->{answers}, undef, 'the script has no more to say');
	waitpid $script->{pid}, 0;
	is($?, 0, 'and ends well');
	undef $script;
}
sub from_database {
	my ($sql) = @_;
	my @rows = map { decode_json($_) } split /\n/, $i->sql($sql);
	$_->{id} = Instance::id_text($_->{id}) for grep { defined $_->{id} } @rows;
	return @rows;
}

# ---- folding ----
{
	my @rows = from_database(q{SELECT json_build_object('name', b.name, 'key', d.name_key, 'words',
		ARRAY(SELECT w FROM unnest(d.words) AS w WHERE w !~ '^[./:@~]'))
		FROM business AS b JOIN business_detail AS d USING (id)
		WHERE d.alt_names IS NULL ORDER BY b.id LIMIT 1000});
	my @folded = ask([ map { { fold => $_->{name} } } @rows ]);
	my @differ = grep { $rows[$_]{key} ne $folded[$_]{key}
			|| join(' ', sort @{ $rows[$_]{words} }) ne join(' ', sort @{ $folded[$_]{words} }) } 0 .. $#rows;
	is_deeply(
		[ map { [ $rows[$_], $folded[$_] ] } @differ ], [],
		'the script folds ' . scalar @rows . ' names in many scripts as the importer has done'
	);
}

# ---- the same answers ----
my $third = int($queries / 3) || 1;
my $drawn = "'id', b.id::text, 'q', ";
my %drawn = (
	'a name' => "SELECT json_build_object($drawn name) FROM business AS b
		ORDER BY md5(id::text) LIMIT $third",
	'a name and a town' => "SELECT json_build_object($drawn name || ' ' || city) FROM business AS b
		WHERE city IS NOT NULL ORDER BY md5(id::text || 't') LIMIT $third",
	'a kind and a town' => "SELECT json_build_object($drawn c.label || ' ' || b.city) FROM business AS b
		JOIN category AS c ON c.id = b.category_id WHERE b.city IS NOT NULL ORDER BY md5(b.id::text
			|| 'k') LIMIT $third"
);
my @words;
for my $what (sort keys %drawn) {
	my @answers = ask([ from_database($drawn{$what}) ], 1);
	my @within = grep { !$_->{beyond} } @answers;
	my @other = grep { !$_->{same} } @within;
	is(scalar @other, 0, scalar @within . " queries of $what answer as the live directory does")
		or diag explain [ @other[ 0 .. ($#other < 2 ? $#other : 2) ] ];
	cmp_ok(scalar @within, '>=', 0.8 * @answers, 'few are said to be beyond the search');
	my @requests = sort { $a <=> $b } map { $_->{requests} } @within;
	my @bytes = sort { $a <=> $b } map { $_->{bytes} } @within;
	my @at = map { int($_ * $#within) } 0.5, 0.9, 1;
	note "$what: " . @answers . ' queries, ' . (@answers - @within) . ' beyond; p50, p90, max: '
		. "requests @requests[@at], bytes @bytes[@at]; root $answers[0]{root}";
	next if $what ne 'a name';
	cmp_ok($requests[ @requests * 0.9 ], '<=', 5, 'nine in ten names need five requests after the root');
	cmp_ok($bytes[ @bytes * 0.9 ], '<=', 100_000, 'and 100 kB');
}
{
	my @some = from_database("SELECT json_build_object($drawn
			(regexp_split_to_array(name, '[^[:alnum:]]+'))[1] || ' ' || city)
		FROM business AS b WHERE city IS NOT NULL AND name ~ '^[A-Za-z]{4}'
		ORDER BY md5(id::text || 'w') LIMIT $third");
	my @answers = ask(\@some, 1);
	my @within = grep { !$_->{beyond} } @answers;
	is_deeply([ grep { !$_->{same} } @within ], [], 'a word and a town answer as the live directory does');
	is_deeply([ map { "$_->{q}: $_->{requests}" } grep { $_->{requests} > 3 && $_->{found} >= 10 } @within ], [],
		'and a page of them needs three requests after the root');
}

# ---- what people type ----
{
	my @expected = (
		[ 'fliesen falkner', 'Fliesen Falkner & Amsel', '' ],
		[ 'FALKNER Hochtann', 'Fliesen Falkner & Amsel', '' ],
		[ 'fliesenleger hochtann', 'Fliesen Falkner & Amsel', '' ],
		[ 'falkn', 'Fliesen Falkner & Amsel', '' ],
		[ 'fliesen falkmer', 'Fliesen Falkner & Amsel', 1 ],
		[ 'fliesen falker', 'Fliesen Falkner & Amsel', 1 ],
		[ 'fliesen flakner', 'Fliesen Falkner & Amsel', 1 ],
		[ 'fliesen falknner', 'Fliesen Falkner & Amsel', 1 ]
	);
	my @answers = ask([ map { { q => $_->[0] } } @expected ]);
	is_deeply([ map { [ $_->{q}, $_->{rows}[0]{name}, $_->{corrected} ? 1 : '' ] } @answers ], \@expected,
		'beginnings and one typing error a word are found');
	my ($kind, $place, $nothing, $signs) = ask([ map { { q => $_ } } 'restaurant', 'Hochtann', 'qqzzqqzz', '!?' ]);
	is($kind->{beyond}, 'town', 'a kind alone asks for a town');
	is($place->{beyond}, 'kind', 'a town alone is said to be beyond the search');
	my ($stops, $open, $not) = ask([ map { { q => $_ } } 'El Sur Hochtann', 'Fliesenleger geöffnet Hochtann',
		'fliesenleger Hochtann -maler' ]);
	is($stops->{rows}[0]{name}, 'EL SUR', 'a name of words that join others is found with its town');
	is_deeply([ map {"$_->{rows}[0]{name}: $_->{beyond}"} $open, $not ], [ ('Fliesen Falkner & Amsel: kind') x 2 ],
		'what is open, or not wanted, is said to be beyond the search, and the rest is answered');
	is_deeply([ @$_{qw(found beyond)} ], [ 0, '' ], 'what nobody has finds nothing') for $nothing, $signs;
}

# ---- names of common words ----
{
	my %now = Site::files($site);
	my %group;
	for my $path (grep { m{^s/./} } keys %now) {
		gunzip(\$now{$path} => \my $text) or die;
		$group{$_} = 1 for $text =~ /^=([^\n]*)/mg;
	}
	my @pairs = map { /^(\S{3,}) (\S{3,})\t$/ ? [ $1, $2 ] : () } sort keys %group;
	cmp_ok(scalar(grep { $_->[1] !~ /^@/ } @pairs), '>', 20, 'pairs of words that many have are stored');
	cmp_ok(scalar(grep { $_->[1] =~ /^@/ } @pairs), '>', 20, 'and pairs of a word and a kind');
	my @some = grep {defined} @pairs[ map { int($_ * @pairs / 40) } 0 .. 39 ];
	my $label = sub { decode('UTF-8', $i->sql("SELECT label FROM category WHERE id = $_[0]")) };
	my @asked = map { $_->[1] =~ /^@(\d+)/ ? "$_->[0] " . $label->($1) : "@$_" } @some;
	# The search does not know regions.
	my @answers = grep { !$_->{beyond} && !grep {/ region$/} @{ $_->{theirs} } } ask([ map { { q => $_ } } @asked ], 1);
	cmp_ok(scalar @answers, '>=', 30, 'most names of two such words are within the search');
	is_deeply([ map { "$_->{q}: @{ $_->{ours} } | @{ $_->{theirs} }" } grep { !$_->{same} } @answers ], [],
		'and answered as by the live directory');
	is_deeply([ map {"$_->{q}: $_->{requests}"}
		grep { $_->{requests} > 5 && $_->{found} && !$_->{corrected} } @answers ], [], 'by five requests');
}

# ---- how it is written ----
{
	my @asked = ('Bio Hofladen', 'Biohofladen Hochtann', 'Laden 24', 'Bazar San Remo San Lorenz',
		'Farm shop Nirgendwil');
	my @answers = ask([ map { { q => $_ } } @asked ], 1);
	is_deeply([ @asked[ grep { !$answers[$_]{same} || $answers[$_]{beyond} } 0 .. $#asked ] ], [],
		'words in one or two, a number, a word twice, a town of no country are answered as by the live directory')
		or diag explain \@answers;
	is(join('; ', map { join ', ', sort map { $_->{name} } @{ $_->{rows} } } @answers[ 0, 3, 4 ]),
		'Bio Hofladen Drossel, Biohofladen Amsel; Bazar San Remo; Hof Soral', 'and found');
}

# ---- cuisines ----
{
	my @asked = (
		'griechisch Hochtann',
		'greek restaurant Hochtann',
		'griechische Küche Hochtann',
		'cucina italiana Hochtann',
		'Grčka', 'in Griechisch Hochtann'
	);
	my @answers = ask([ map { { q => $_ } } @asked ], 1);
	my @differ = grep { !$answers[$_]{same} } 0 .. $#asked;
	is_deeply([ @asked[@differ] ], [], 'cuisines are answered as by the live directory')
		or diag explain [ @answers[@differ] ];
	is(
		join('; ', map { join ', ', map { $_->{name} } @{ $_->{rows} } } @answers[ 1, 3 ]),
		'Zum Olivenbaum; Zur Linde', 'who serves it is found, beside a kind of business and by another language'
	);
	is(
		join(', ', sort map { $_->{name} } @{ $answers[0]{rows} }),
		'Zum Olivenbaum, Zur Linde', 'also where it is not said what kind of business is meant'
	);
}

# ---- files ----
my %files = Site::files($site);
my @parts = grep {m{^s/}} sort keys %files;
is_deeply([ grep { !m{^s/root\.bin$|^s/[0-9a-z]/[0-9a-z]{10}\.bin$} } @parts ], [],
	'files are named by their content');
{
	my @large;
	for my $path (@parts) {
		gunzip(\$files{$path} => \my $text) or die;
		push @large, $path if $path ne 's/root.bin' && length $text > 110_000;
	}
	is_deeply(\@large, [], 'each is compressed and of bounded size');
}
{
	$i->run_ok('export', '--gzip', "$i->{home}/packed");
	my %packed = Site::files("$i->{home}/packed");
	is_deeply([ grep {m{^s/.*\.gz$}} keys %packed ], [], 'no compressed copy is put beside what is compressed');
	is_deeply([ grep { ($packed{$_} // '') ne $files{$_} } @parts ], [], 'the same records give the same files');
}
my $id = $i->sql(q{SELECT id FROM business WHERE name LIKE 'Fliesen Falkner%'});
$i->sql("UPDATE business SET name = 'Fliesen Falkner und Sperling' WHERE id = $id");
$i->sql("UPDATE business_detail SET change = nextval('business_change'), updated_at = now() WHERE id = $id");
end_script();
$i->run_ok('export', $site);
{
	my %now = Site::files($site);
	my @new = grep { m{^s/./} && !exists $files{$_} } keys %now;
	my @gone = grep { m{^s/./} && !exists $now{$_} } keys %files;
	cmp_ok(scalar @new, '<=', 10, 'a changed name changes its own leaves only (' . @new . ' of ' . @parts . ')');
	cmp_ok(scalar @gone, '<=', 10, 'and removes those that they replace');
	my ($answer) = ask([ { q => 'falkner sperling' } ]);
	is($answer->{rows}[0]{name}, 'Fliesen Falkner und Sperling', 'and is found by its new name');
	end_script();
}

# ---- in a browser ----
{
	my @serve = ('python3', '-m', 'http.server', '--bind', own_address(), '--directory', $site, $port);
	my $server = Program->start('python', \@serve,
		log => "$i->{home}/python.log", ready => sub { IO::Socket::INET->new(own_address() . ":$port") });
	my $said = `node $FindBin::Bin/../browser/visit_search.mjs $base`;
	is($?, 0, 'the pages work in a browser, with and without JavaScript') or diag $said;
}

# ---- off ----
$i->set('web.processes' => 1, 'site.url' => $base, 'site.search' => 'no');
$i->run_ok('export', "$i->{home}/without");
my %without = Site::files("$i->{home}/without");
is_deeply([ grep { m{^s/|^search/|^assets/search\.js} } keys %without ], [],
	'a site without search has no file of it');
is_deeply([ grep { /\.html$/ && $without{$_} =~ m{search/|<form} } keys %without ], [], 'and no page leads to it');
is_deeply([ Site::broken("$i->{home}/without", $base) ], [], 'no link leads nowhere');
$i->run_ok('down');
done_testing;
