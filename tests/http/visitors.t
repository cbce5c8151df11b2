#!/usr/bin/perl
# Queries as visitors type them, in seven languages and two more scripts, over records that an import brought.
# What comes first was judged by eye and is kept here; '-' is nothing.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Test::More;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

# name | category | street | postcode | town | region | country | telephone | website | further names
my @records = map { [split / *\| */, $_, -1] } split /\n/, <<'END';
Bäckerei Hug|bakery|Bahnhofstrasse 22|8001|Zürich|Zürich|CH|+41443332211|https://www.hug.example/|
Pera|bakery|Langstrasse 4|8004|Zürich|Zürich|CH|+41443332212||
Pera Grill|restaurant|Seestrasse 9|8002|Zürich|Zürich|CH|+41443332213||
Café Peraglio|cafe|Via Nassa 3|6900|Lugano|Ticino|CH|+41919112233||
Hofladen Krähenbühl|farm-shop|Dorf 1|3550|Langnau|Bern|CH|+41344021100||
Hofladen Sonnenberg|farm-shop|Sonnenberg 7|6005|Luzern|Luzern|CH|||
Metzgerei Müller|butcher|Marktgasse 12|3011|Bern|Bern|CH|+41313112233||
Müller Elektro AG|electrician|Lagerweg 5|3013|Bern|Bern|CH|+41313112244||
Arztpraxis Dr. Keller|doctor|Spitalgasse 2|3011|Bern|Bern|CH|+41313115566||
Zahnarzt am Bärenplatz|dentist|Bärenplatz 1|3011|Bern|Bern|CH|||
Apotheke zum Löwen|pharmacy|Kramgasse 8|3011|Bern|Bern|CH|||
Restaurant Kreuz|restaurant|Hauptstrasse 1|3600|Thun|Bern|CH|||
Kreuz|restaurant|Kirchweg 3|4500|Solothurn|Solothurn|CH|||
Hotel Kreuz Post|hotel|Bahnhofplatz 2|3600|Thun|Bern|CH|||
Krause & Sommer|lawyer|Domstraße 5|50667|Köln|Nordrhein-Westfalen|DE|+492219876543||
Blumen Sommer|florist|Severinstraße 60|50678|Köln|Nordrhein-Westfalen|DE|+48220000147||
Bäckerei Merzenich|bakery|Neumarkt 3|50667|Köln|Nordrhein-Westfalen|DE|||
Route 66 Diner|restaurant|Aachener Straße 66|50674|Köln|Nordrhein-Westfalen|DE|||
McDonald's|fast-food|Hohe Straße 1|50667|Köln|Nordrhein-Westfalen|DE|||
Boulangerie Dupont|bakery|12 rue du Rhône|1204|Genève|Genève|CH|+41227311111||
Pharmacie de l'Étoile|pharmacy|3 rue de Lausanne|1201|Genève|Genève|CH|||
Cabinet médical Rive|doctor|5 rue de Rive|1204|Genève|Genève|CH|||
Chez Jeanne d'Arc|restaurant|7 rue Neuve|69001|Lyon|Auvergne-Rhône-Alpes|FR|+33478123456||
Garage des Bergues|car-repair|2 quai des Bergues|1201|Genève|Genève|CH|+41910000298||
Panificio Rossi|bakery|Via Roma 10|20121|Milano|Lombardia|IT|+390212345678||
Trattoria da Gino|restaurant|Corso Como 3|20154|Milano|Lombardia|IT|||
Farmacia Centrale|pharmacy|Piazza Duomo 1|20121|Milano|Lombardia|IT|||
Panadería La Espiga|bakery|Calle Mayor 5|28013|Madrid|Madrid|ES|+34911234567||
Peluquería Carmen|hairdresser|Calle Luna 8|28004|Madrid|Madrid|ES|+34910000298||
Bakkerij van Dam|bakery|Damstraat 4|1012 JM|Amsterdam|Noord-Holland|NL|+31201234567||
Slagerij de Jong|butcher|Haarlemmerdijk 9|1013 KA|Amsterdam|Noord-Holland|NL|+3220000147||
Pekara Zlatni klas|bakery|Knez Mihailova 10|11000|Beograd|Beograd|RS|+381112345678||
Stomatološka ordinacija Jović|dentist|Terazije 3|11000|Beograd|Beograd|RS|||
Ταβέρνα Ακρόπολη|restaurant|Ερμού 5|10563|Athens|Attica|GR|+302101234567||
The Kings Arms|pub|14 High Street|SW1A 2AA|London|England|GB|+442071234567|https://kingsarms.example/menu|
Smith & Sons Plumbing|plumber|3 Mill Lane|SE1 9SG|London|England|GB|||
Pizza Palace|restaurant|88 Baker Street|W1U 6TJ|London|England|GB|||
Stand -Room 21 Derby Grill Port Walk Nord Tor||Markt 9|04109|Leipzig|Sachsen|DE|||
Pizza Milla||5 Baker Street|W1U 6TJ|London|England|GB|||
Sushi Ko|restaurant|Damstraat 9|1012 JM|Amsterdam|Noord-Holland|NL|||
Sushi Mi|restaurant|Damstraat 11|1012 JM|Amsterdam|Noord-Holland|NL|||
Buchhandlung am Markt|bookshop|Markt 4|04109|Leipzig|Sachsen|DE||https://buch-am-markt.example/|Bücherstube
Velo Meier|bicycle-shop|Ringstrasse 6|8400|Winterthur|Zürich|CH|||
Coiffeur Chic|hairdresser|Steinberggasse 2|8400|Winterthur|Zürich|CH|||
END

my %hours = (
	'Apotheke zum Löwen' => '24/7', 'Müller Elektro AG' => 'Mo-Su,PH 00:00-24:00', 'Metzgerei Müller' => 'off',
	'Arztpraxis Dr. Keller' => '"by appointment"'
);
my $i = Instance->make(settings => { 'cache.search_ttl' => '0s', 'web.processes' => 1 });
$i->up;
{
	my $file = "$i->{home}/visitors.ndjson";
	open my $out, '>', $file or die;
	for (@records) {
		my %record;
		@record{qw(name categories street postcode city region country phone website alt_names)} = map { $_ // '' } @$_,
			'', '';
		$record{extra} = { cuisine => 'japanese' } if $record{name} =~ /^Sushi/;
		$record{$_} = [ $record{$_} ] for grep { $record{$_} ne '' } qw(categories alt_names);
		$record{hours} = $hours{ $record{name} } // '';
		delete $record{$_} for grep { $record{$_} eq '' } keys %record;
		print $out JSON::XS->new->utf8->canonical->encode({ %record, external_id => $record{name} }), "\n";
	}
	close $out;
	chmod 0644, $file;
	$i->run_ok('import', '--source', 'visitors', $file);
}
is($i->sql('SELECT count(*) FROM business') + 0, scalar @records, 'the records are there');
sub quote { my $text = shift; utf8::encode($text); return $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger }

sub get {
	my ($path) = @_;
	my $answer = $i->get($path);
	die "$path: $answer->{status} $answer->{content}\n" unless $answer->{success};
	return decode_json $answer->{content};
}
sub find { return get('/v1/businesses?q=' . quote($_[0])) }

for (
	# what they want by name
	[ 'pera', 'Pera' ], [ 'PERA', 'Pera' ], [ 'Pera Zürich', 'Pera' ], [ 'pera grill', 'Pera Grill' ],
	[ 'peragl', 'Café Peraglio' ],
	[ 'Kreuz', 'Kreuz' ], [ 'Kreuz Thun', 'Restaurant Kreuz' ], [ 'kreuz in solothurn', 'Kreuz' ],
	[ '3600 kreuz', 'Restaurant Kreuz' ],
	[ 'Krause und Sommer', 'Krause & Sommer' ], [ 'krause sommer köln', 'Krause & Sommer' ],
	[ 'mc donalds', q(McDonald's) ],
	[ 'McDonalds Köln', q(McDonald's) ], [ 'route 66', 'Route 66 Diner' ],
	[ 'chez jeanne darc', q(Chez Jeanne d'Arc) ],
	[ 'Bücherstube', 'Buchhandlung am Markt' ], [ 'stomatoloska ordinacija', 'Stomatološka ordinacija Jović' ],
	[ 'kings arms', 'The Kings Arms' ],
	# with slips
	[ 'metzgerei mueller', 'Metzgerei Müller' ], [ 'Metzgerie Müller', 'Metzgerei Müller' ],
	[ 'hofladen krahenbul', 'Hofladen Krähenbühl' ],
	[ 'buchandlung am markt', 'Buchhandlung am Markt' ], [ 'pekara zlanti klas', 'Pekara Zlatni klas' ],
	[ 'acafé peraglio', 'Café Peraglio' ],
	# addresses, telephones, websites
	[ 'Bahnhofstrasse 22', 'Bäckerei Hug' ], [ 'bahnhofstr 22 zürich', 'Bäckerei Hug' ], [ '8400', 'Coiffeur Chic' ],
	[ '044 333 22 11', 'Bäckerei Hug' ],
	[ '0041 44 3332213', 'Pera Grill' ], [ '+44 (0)20 7123 4567', 'The Kings Arms' ],
	# one number in two countries: by the trunk prefix of each
	[ '0910000298', 'Garage des Bergues' ], [ '910 000 298', 'Peluquería Carmen' ],
	[ '+41 (0)91 000 02 98', 'Garage des Bergues' ], [ '0034-910000298', 'Peluquería Carmen' ],
	[ '020 000 147', 'Slagerij de Jong' ], [ '22 0000147', 'Blumen Sommer' ],
	[ 'kingsarms.example', 'The Kings Arms' ], [ 'www.hug.example', 'Bäckerei Hug' ],
	# kinds and places
	[ 'bakery in Zurich', 'Bäckerei Hug|Pera' ], [ 'Arzt Bern', 'Arztpraxis Dr. Keller' ],
	[ 'physician bern', 'Arztpraxis Dr. Keller' ], [ 'médecin Genève', 'Cabinet médical Rive' ],
	[ 'boulangeries genève', 'Boulangerie Dupont' ], [ 'farmacia milano', 'Farmacia Centrale' ],
	[ 'panificio in milano', 'Panificio Rossi' ], [ 'panaderías en Madrid', 'Panadería La Espiga' ],
	[ 'peluquería madrid', 'Peluquería Carmen' ], [ 'bakkerij in amsterdam', 'Bakkerij van Dam' ],
	[ 'pekara beograd', 'Pekara Zlatni klas' ], [ 'пекара Београд', 'Pekara Zlatni klas' ],
	[ 'zubar beograd', 'Stomatološka ordinacija Jović' ], [ 'taverna akropoli', 'Ταβέρνα Ακρόπολη' ],
	[ 'hof laden langnau', 'Hofladen Krähenbühl' ], [ 'Hof-Läden', 'Hofladen Krähenbühl|Hofladen Sonnenberg' ],
	[ '50667 Köln', q(Bäckerei Merzenich|Krause & Sommer|McDonald's) ], [ 'plumber london', 'Smith & Sons Plumbing' ],
	[ 'garage genève', 'Garage des Bergues' ], [ 'velo winterthur', 'Velo Meier' ],
	# plurals, function words, and other names of places
	[ 'Bäckereien in Köln', 'Bäckerei Merzenich' ], [ 'bakeries in Cologne', 'Bäckerei Merzenich' ],
	[ 'Ärztinnen in Bern', 'Arztpraxis Dr. Keller' ], [ 'hotel a Ginevra', 'Hotel Kreuz Post' ],
	[ 'boulangeries à Zurich', 'Bäckerei Hug|Pera' ], [ 'pharmacies de Genf', q(Pharmacie de l'Étoile) ],
	[ 'Apotheke Mailand', 'Farmacia Centrale' ], [ 'farmacie a Ginevra', q(Pharmacie de l'Étoile) ],
	[ 'tandarts in Belgrado', 'Stomatološka ordinacija Jović' ], [ 'pekare u Beogradu', 'Pekara Zlatni klas' ],
	[ 'frizeri u Madridu', 'Peluquería Carmen' ],
	[ 'pubs in England', 'The Kings Arms' ], [ 'zubari u Srbiji', 'Stomatološka ordinacija Jović' ],
	[ 'Hofläden in der Schweiz', 'Hofladen Krähenbühl|Hofladen Sonnenberg' ],
	[ 'restaurants en Allemagne', 'Route 66 Diner' ], [ 'carnicería Ámsterdam', 'Slagerij de Jong' ],
	[ 'Farm shop Bern', 'Hofladen Krähenbühl' ],
	[ 'Eier ab Hof Langnau', 'Hofladen Krähenbühl' ], [ 'selber pflücken Luzern', 'Hofladen Sonnenberg' ],
	[ 'pick your own Bern', 'Hofladen Krähenbühl' ], [ 'vendita diretta Luzern', 'Hofladen Sonnenberg' ],
	# slips in what names a category or a town
	[ 'bakrey in Zurich', 'Bäckerei Hug|Pera' ], [ 'bakery in Zurcih', 'Bäckerei Hug|Pera' ],
	[ 'pharmcy geneva', q(Pharmacie de l'Étoile) ], [ 'hairdreser madrid', 'Peluquería Carmen' ],
	# streets written out or not
	[ 'bakery bahnhofstr 22', 'Bäckerei Hug' ], [ '14 High St', 'The Kings Arms' ],
	[ 'Damstr. 4', 'Bakkerij van Dam' ],
	# a word in a name before what only is of the category
	[ 'pizza', 'Pizza Palace' ],
	# what is not there
	[ 'Stand -Room 21 Derby Grill Port Walk Nord Tor in Leipzig', 'Stand -Room 21 Derby Grill Port Walk Nord Tor' ],
	[ '+41 44 000 00 00', '-' ], [ '079 123 45 67', '-' ], [ 'www.nobody.example', '-' ],
	['qqqqqqqq', '-'], ['...', '-'], ['😀', '-'],
) {
	my ($q, $wanted) = @$_;
	my $list = find($q);
	my $first = $list->{businesses}[0] ? $list->{businesses}[0]{name} : '-';
	ok((grep { $_ eq $first } split /\|/, $wanted), "'$q' finds $wanted")
		or diag "first is $first; understood: ", JSON::XS->new->canonical->encode($list->{understood} // {});
	ok($list->{understood}, "what was made of '$q' is told");
}

my $u = find('bakery in Zurich')->{understood};
is("$u->{text}: $u->{category}{key}, $u->{city}{name}", 'bakery in Zurich: bakery, Zürich',
	'category and town are told as filters');
my $none = find('pera qqqqqqqq');
is("$none->{businesses}[0]{name} without $none->{understood}{left_out}", 'Pera without qqqqqqqq',
	'a word without which there is something is left out, and that is told');
# A street is left out as a whole, and before a cuisine, and its name is no slip of a similar word.
for my $wish ('pizza mill lane', 'japanese mill lane') {
	my ($kind) = split ' ', $wish;
	my $u = find($wish)->{understood};
	is("$u->{text} without $u->{left_out}", "$kind without mill lane", "'$wish' is $kind where there is some");
}
is_deeply([ sort map { $_->{name} } @{ find('pizza london')->{businesses} } ], [ 'Pizza Milla', 'Pizza Palace' ],
	'beside the kind in the place there are names that say it, where their kind is not known');
{
	my $near = find('Metzger Thun');
	my $u = $near->{understood};
	is("$near->{businesses}[0]{name}: $u->{text} without $u->{left_out}, $u->{region}{key}",
		'Metzgerei Müller: Metzger without Thun, ch-bern', 'where a town has none, what the region around it has');
	my $page = get('/v1/businesses?limit=1&q=' . quote('bakery winterthur'));
	my @names = map { $_->{name} } @{ $page->{businesses} };
	$page = get('/v1/businesses?limit=1&q=' . quote('bakery winterthur') . "&cursor=$page->{next}");
	is_deeply([ sort @names, map { $_->{name} } @{ $page->{businesses} } ], [ 'Bäckerei Hug', 'Pera' ], 'page by page');
	is($page->{understood}{left_out}, 'winterthur', 'and every page tells it');
}
is(find('hotel Genf')->{understood}{left_out}, 'Genf', 'where there is none, the place is left out before the kind');
is(find('farm shop bern')->{understood}{region}{key}, 'ch-bern', 'the region of a town without one is looked in');
is(find('restaurants en Allemagne')->{understood}{country}{name}, 'Germany', 'a country is told');
is(find('bakrey in Zurich')->{understood}{text}, 'Bakery in Zurich', 'what was corrected is told');
is(find('hotel open now')->{understood}{open_now}, JSON::XS::true, 'so is a wish for what is open');
for my $wish ('farmacia aperta ora', 'panadería abierta ahora', 'bakkerij open nu', 'otvorena sada pekara',
	'отворено сада пекара', 'boulangeries ouvertes maintenant', 'صيدلية مفتوحة الآن')
{
	is(find($wish)->{understood}{open_now}, JSON::XS::true, "'$wish' wishes for what is open");
}
for my $wish ('coiffeur près de chez moi', 'farmacia vicino a qui', 'bakker dichtbij', 'مخبز قريب مني') {
	is(find($wish)->{understood}{near_me}, JSON::XS::true, "'$wish' wishes for what is near");
}
ok(find('pizza near me')->{understood}{near_me}, 'what asks for the visitor\'s place is told');
is(find('pizza near me')->{businesses}[0]{category}{key}, 'restaurant', 'and the rest is searched for');
is(find('bern')->{understood}{city}{key}, 'ch-bern-bern', 'a town alone is its list');
is((grep { $_->{address}{city} ne 'Bern' } @{ find('bern')->{businesses} }) + 0, 0, 'of that town only');
is(find('Bahnhofstrasse 22')->{businesses}[0]{matched}, 'street', 'where it was found is told');

# ---- the languages of categories ----
sub label {
	my ($path, @headers) = @_;
	my $answer = $i->get($path, { headers => {@headers} });
	my $label = decode_json($answer->{content})->{businesses}[0]{category}{label};
	return "$label, by $answer->{headers}{vary}";
}
my $pera = '/v1/businesses?q=pera&limit=1';
is(label($pera), 'Bakery, by Accept, Accept-Encoding, Accept-Language', 'categories are named in English');
is(label("$pera&lang=sr"), 'Pekara, by Accept, Accept-Encoding, Accept-Language',
	'or in the language that is asked for');
is(label($pera, 'Accept-Language' => 'rm, de-CH;q=0.9, en;q=0.5'),
	'Bäckerei, by Accept, Accept-Encoding, Accept-Language', 'or that the client likes best');
is(label("$pera&lang=fr", 'Accept-Language' => 'de'),
	'Boulangerie, by Accept, Accept-Encoding, Accept-Language', 'the parameter before the header');

# ---- what a list consists of ----
my $facets = get('/v1/businesses?facets=true&q=bern')->{facets};
is_deeply(
	[ $facets->{total}, $facets->{more}, map { "$_->{key} $_->{businesses}" } @{ $facets->{cities} } ],
	[ 5, JSON::XS::false, 'ch-bern-bern 5' ], 'a list is counted when that is asked for'
);
is_deeply(
	[ sort map { "$_->{label} $_->{businesses}" } @{ $facets->{categories} } ],
	[ 'Butcher 1', 'Dentist 1', 'Doctor 1', 'Electrician 1', 'Pharmacy 1' ], 'by category'
);
is($facets->{open_now}, 2, 'and by what is open, where that is known');
is(get('/v1/businesses?facets=true&city=ch-bern-bern')->{facets}{open_now}, 2, 'of a list without words, too');
{
	my $loose = get('/v1/businesses?facets=true&limit=2&q=qqxzz%20bern');
	is_deeply(
		[ $loose->{understood}{left_out}, @{ $loose->{facets} }{qw(total open_now)},
			map { $_->{businesses} } @{ $loose->{facets}{cities} } ],
		[ 'qqxzz', 5, 2, 5 ],
		'of a text that matches nothing until a word is left out, all that is found is counted, on whichever page it is'
	);
}
like($i->get('/search?city=ch-bern-bern')->{content}, qr{Open now</a>\s*<[^>]*>2<}, 'a page offers it with the count');
is(get('/v1/businesses?facets=true&q=kreuz')->{facets}{total}, 3, 'so is a text');
is(get('/v1/businesses?q=kreuz')->{facets}, undef, 'and nothing is counted unasked');
my ($script) = $i->get('/')->{content} =~ m{<script src="(/assets/search\.js\?v=[^"]+)" defer>};
like($i->get($script // '/none')->{content}, qr{/v1/suggest}, 'the script of the search box is there');
like($i->get('/search?q=kreuz')->{content}, qr{<p class="note">3 businesses</p>}, 'a page says how many there are');
like($i->get('/search?q=kreuz+qqqqqqqq')->{content}, qr{Without <strong>qqqqqqqq</strong>}, 'and what was left out');

# ---- what the page offers of a text ----
{
	my $page = sub { my $text = $i->get('/search?' . $_[0])->{content}; utf8::decode($text); return $text };
	my $chips = sub {
		my %to;
		$_[0] =~ s/&amp;/&/g;
		$to{$2} = $1 while $_[0] =~ m{<li><a href="([^"]*)" rel="nofollow" aria-label="Remove ([^"]*)">}g;
		return \%to;
	};
	is_deeply($chips->($page->('q=bakery+in+Zurich')),
		{ Bakery => '/search?q=Zurich', 'Zürich' => '/search?q=bakery' },
		'what was understood can be taken away, part by part');
	is_deeply($chips->($page->('q=hug+in+Zurich&category=bakery&open_at=now')),
		{
			"\x{201c}hug\x{201d}" => '/search?q=Zurich&category=bakery&open_at=now',
			'Zürich' => '/search?q=hug&category=bakery&open_at=now',
			'Bakery' => '/search?q=hug%20in%20Zurich&open_at=now',
				'Open now' => '/search?q=hug%20in%20Zurich&category=bakery'
		}, 'and so can filters');
	is($chips->($page->('q=bakery+open+now+in+Zurich'))->{Bakery}, '/search?q=Zurich%20open%20now', 'a wish stays');
	like($page->('q=Bahnhofstrasse+22'), qr{<span class="because">by its street</span>}, 'a result says why it is one');
	unlike($page->('q=bakery+in+Zurich'), qr{class="because"}, 'but not what was understood of the whole text');
	like($page->('q=hugqqqqqqq'), qr{did you mean: <a href="/search\?q=[^"]*" rel="nofollow">},
		'where nothing is, what begins alike is offered');
	unlike($page->('q=%F0%9F%98%80'), qr{did you mean}, 'unless there is nothing to begin with');
}

# ---- suggestions ----
sub suggest { return get('/v1/suggest?q=' . quote($_[0]))->{suggestions} }
is_deeply([ map { $_->{text} } grep { $_->{kind} eq 'name' } @{ suggest('per') } ], [ 'Pera', 'Pera Grill' ],
	'names that begin so, short ones first');
is_deeply([ map {"$_->{text} $_->{businesses}"} grep { $_->{kind} eq 'city' } @{ suggest('BE') } ],
	[ 'Bern 5', 'Beograd 2' ], 'towns by their size');
is_deeply([ map { $_->{key} } grep { $_->{kind} eq 'category' } @{ suggest('apot') } ], ['pharmacy'],
	'categories in any language');
is_deeply([ map { $_->{text} } grep { $_->{kind} eq 'category' } @{ suggest('bake') } ], ['Bakery'],
	'as pages call them first');
is_deeply(suggest('...'), [], 'signs suggest nothing');

done_testing;
