#!/usr/bin/perl
# What visitors of a small region ask for: kinds of business in ten languages and three scripts, with slips, plurals
# and endings, then names, streets, postcodes and telephones as people type them. The samples are the directory.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Test::More;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $i = Instance->make(settings => { 'cache.search_ttl' => '0s', 'web.processes' => 1 });
$i->up;
my $samples = "$FindBin::Bin/../../samples";
for my $file (qw(town.geojson association.csv boutique.ndjson tiling-firm.json overture-places.geojson)) {
	my ($code, $text) = $i->run('import', '--source', 's-' . $file =~ s/\W.*//r, "$samples/$file");
	ok($code == 0 || $text =~ /rejected records/, "the sample $file is imported") or diag $text;
}
cmp_ok($i->sql('SELECT count(*) FROM business'), '>', 200, 'there is something to find');

sub quote { my $text = shift; utf8::encode($text); return $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger }
sub find {
	my ($path, $q) = @_;
	my $answer = $i->get("$path" . quote($q));
	die "$q: $answer->{status} $answer->{content}\n" unless $answer->{success};
	return decode_json $answer->{content};
}

# ---- a kind, or a kind in a town: all of the first ten are of it ----
my %asked = (
	'accountant' => 'Steuerberater Hochtann, Steuerberatter',
	'bakery' => 'مخابز Hochtann, Bäkerei Silbertal, Beckerei Hochtann, Bäckereien Erlenau, Baeckerei Silbertal,'
		. ' bakkerij Hochtann, pekara Erlenau, пекара Silbertal, panaderia Villaclara, boulangerie Port-Lumière,'
		. ' bulangerie Port-Lumiere, Bäckerrei, Bäckereien, Bakcerei, bakkerijen, panaderias, pekare,'
		. ' boulangeries, panetterie, مخابز, Bäckerei in der Nähe, bester Bäcker Hochtann',
	'bicycle-shop' => 'Fahradladen Silbertal, Fahrrad Erlenau, bicycle shop Erlenau',
	'bookshop' => 'Buchandlung Silbertal, librairie Port-Lumière, Buchhandlungen',
	'butcher' => 'Fleischerei Silbertal, Metzger Lindmoos, Metzgerrei Erlenau, mesara Silbertal',
	'cafe' => 'Kaffee, Cafés',
	'car-repair' => 'Autowerkstadt Hochtann, Werkstatt Hochtann,'
		. ' Kfz Werkstatt Wiesbruck, ورشة سيارات Hochtann,'
		. ' Officina Hochtann, taller Villaclara, Autoreperatur, Autoreparatur Wiesbruck, KFZ, Reifen',
	'car-wash' => 'Waschanlage',
	'carpenter' => 'Schreiner Lindmoos, Tischler Silbertal, stolar Lindmoos, Schreinerrei, menuisier',
	'child-care' => 'Kita Lindmoos, Kindergarten Erlenau',
	'cinema' => 'Kino Erlenau',
	'dentist' => 'Zahnartz Erlenau, Zahnarzt Silbertal, Zahnärtzte in Silbertal, zahnarz kirchthal,'
		. ' dentits Silbertal, طبيب أسنان Erlenau, أطباء أسنان Silbertal,'
		. ' Zahnartz, Zahnärzte, أسنان,'
		. ' Zahnarzt Notdienst Silbertal',
	'doctor' => 'أطباء Erlenau, طبيب Hochtann, Hausartz Erlenau, Hausarzt Hochtann, doktor Erlenau,'
		. ' lekar Hochtann, Arzt Hochtann',
	'driving-school' => 'Fahrschulen, Farschule',
	'electrician' => 'Elektricker Wiesbruck, Elektriker Silbertal, electrican Wiesbruck, Elektirker,'
		. ' Elektriker Notdienst',
	'estate-agent' => 'Immobilienmakler',
	'fitness' => 'gym Silbertal, Fitnesstudio Erlenau',
	'florist' => 'Blumenladen Silbertal, Blumen Lindmoos, cvećara Erlenau, Blumengeschäft, Blumenlaeden,'
		. ' fleurist',
	'fuel' => 'Tankstele Silbertal, Tankstelle Erlenau, benzinska pumpa Silbertal, Tankstellen, Tanke',
	'funeral' => 'Bestattung Erlenau',
	'grocery' => 'Bioladen',
	'hairdresser' => 'Frisör Lindmoos, Friseur Silbertal, Frisöre in Lindmoos, Friseuse Erlenau,'
		. ' Coiffeur Erlenau, frizer Silbertal, фризер Silbertal, frizerski salon Silbertal,'
		. ' peluqueria Villaclara, kapper Lindmoos, parrucchiere Erlenau, حلاق Lindmoos, Frisör, Frisöre,'
		. ' Friseor, frizeri, Coiffeure, Coifeur, hairdressers, hair dresser, barber shop, حلاقين',
	'hospital' => 'Krankenhäuser, Krankenhaus Erlenau',
	'hotel' => 'فنادق Erlenau, Hotell Silbertal, Hotels Erlenau, Hotell, hoteles, alberghi',
	'ice-cream' => 'Eisdiele Erlenau, Gelateria Erlenau, Eisdielen',
	'jewellery' => 'Juweliere, Goldschmied',
	'lawyer' => 'Rechtsanwalt Erlenau, Anwälte Silbertal, Rechtsanwald Silbertal, محامين, Rechtsanwälte,'
		. ' Rechtsanwälte Silbertal, avocats, advokati, abogado',
	'library' => 'Bücherei',
	'locksmith' => 'Schlüsseldienst Erlenau',
	'moving-company' => 'Umzugsfirma',
	'nursing-home' => 'Altersheim',
	'optician' => 'Optiker Silbertal, optičar Erlenau, Optikerin, Brillenladen',
	'painter' => 'Maler',
	'pharmacy' => 'صيدليات Erlenau, صيدلية Silbertal, Apoteke Silbertal,'
		. ' Apotheken Erlenau, apoteka Hochtann,'
		. ' апотека Erlenau, farmacia Silbertal, pharmacie Erlenau,'
		. ' drogist Erlenau, الصيدليات في Erlenau,'
		. ' Apoteken, Apotekhe, صيدليات',
	'physiotherapist' => 'Fizioterapeut Silbertal, Physiotherapeut Erlenau, Physio Erlenau, Physiotherapeuten,'
		. ' Fysiotherapie',
	'plumber' => 'Klempner Silbertal, Klemptner Erlenau, vodoinstalater Silbertal, Klempner, loodgieter,'
		. ' idraulico',
	'print-shop' => 'Druckereien',
	'restaurant' => 'Resturant Hochtann, Restorant Wiesbruck, Restaurnat Erlenau, restaurants Silbertal,'
		. ' Gasthof Lindmoos, ristorante Erlenau, مطاعم Erlenau, مطعم Erlenau, Pizza Wiesbruck,'
		. ' Pizzaria Wiesbruck, Pizzerien Wiesbruck, المطاعم Erlenau,'
		. ' Resturant, مطاعم, gutes Restaurant Erlenau,'
		. ' italienisches Restaurant Erlenau',
	'roofer' => 'Dachdeker',
	'shoemaker' => 'Schuster',
	'shoes' => 'Schuhladen',
	'stationery' => 'Schreibwarenladen',
	'supermarket' => 'Supermarkt Erlenau, Supermärkte, supermarkets, Supermakt',
	'swimming-pool' => 'Schwimmbad Lindmoos',
	'taxi' => 'Taxi Erlenau',
	'tiler' => 'Fliesenleger, Fliesenlegger',
	'town-hall' => 'Rathaus Erlenau',
	'toys' => 'Spielzeuggeschäft',
	'travel-agency' => 'Reisebüro Silbertal, Reisebuero Erlenau',
	'veterinary' => 'Tierartz Wiesbruck, Tierarzt Wiesbruck, veterinär Wiesbruck, vet Wiesbruck, Tierärzte,'
		. ' tierarzt notfall',
);
for my $kind (sort keys %asked) {
	for my $q (split /\s*,\s*/, $asked{$kind}) {
		my $list = find('/v1/businesses?limit=10&q=', $q);
		my @other = grep { ($_->{category}{key} // '') ne $kind } @{ $list->{businesses} };
		ok(@{ $list->{businesses} } && !@other, "'$q' finds $kind")
			or diag 'found: ', join(', ', map {"$_->{name} ($_->{category}{key})"} @{ $list->{businesses} }),
			'; understood: ', JSON::XS->new->canonical->encode($list->{understood});
	}
}

# ---- what is served: those that serve it, and nobody else ----
for (
	['griechisch', 'Taverna Elaia'],
	['griechisches Restaurant', 'Taverna Elaia'],
	['Greek restaurant', 'Taverna Elaia'],
	['restaurant grec', 'Taverna Elaia'],
	['грчки ресторан', 'Taverna Elaia'],
	['مطعم يوناني', 'Taverna Elaia'],
	['griechische Küche', 'Taverna Elaia'],
	['cuisine grecque', 'Taverna Elaia'],
	['ristorante italiano', 'Ristorante Da Lucia'],
	['Italiener', 'Ristorante Da Lucia'],
	['vietnamesisch essen', 'Phở Hanoi'],
	['japanisches Restaurant Erlenau', 'Sushi Kōyō'],
	['bayerisches Gasthaus', 'Gasthof Zur Linde'],
) {
	my ($q, $name) = @$_;
	my $list = find('/v1/businesses?limit=10&q=', $q);
	is(join(', ', map { $_->{name} } @{ $list->{businesses} }), $name, "'$q' finds $name");
}
is(find('/v1/businesses?q=', 'Italiener')->{businesses}[0]{matched}, 'cuisine', 'and it is told why');
my $elsewhere = find('/v1/businesses?q=', 'griechisches Restaurant Wiesbruck');
is($elsewhere->{understood}{left_out}, 'griechisches', 'where nobody serves it, that is left out');
is_deeply([ grep { $_->{category}{key} ne 'restaurant' } @{ $elsewhere->{businesses} } ],
	[], 'and the restaurants there are offered');

# ---- one business: it is the first ----
for (
	[ 'Metzgerei Obermüler', 'Metzgerei Obermüller' ],
	[ 'obermueller', 'Metzgerei Obermüller' ],
	[ 'оптик дурхблик', 'Optik Durchblick' ],
	[ 'Pho Hanoi', 'Phở Hanoi' ],
	[ 'sushi koyo', 'Sushi Kōyō' ],
	[ 'yildiz', 'Obst & Gemüse Yıldız' ],
	[ 'Lange Zeile 44', 'Bäckerei Ährenglück' ],
	[ 'lange zeile 44 silbertal', 'Bäckerei Ährenglück' ],
	[ 'Silbergasse 39, 96472 Silbertal', 'Apotheke Zum Salbei' ],
	[ 'Färbergasse 17', 'Konditorei Marie' ],
	[ 'Faerbergasse 17', 'Konditorei Marie' ],
	[ 'Hauptstr. 23', 'Tannen-Apotheke' ],
	[ '030 23125001', 'Bäckerei Ährenglück' ],
	[ '+49 30 23125-001', 'Bäckerei Ährenglück' ],
	[ '0049 30/23125001', 'Bäckerei Ährenglück' ],
	[ '84494 Seestüberl', 'Seestüberl' ],
	[ 'Bäckerei Ähr', 'Bäckerei Ährenglück' ],
	[ 'Café Sahneh', 'Café Sahnehaube' ],
	[ 'konditorei mar', 'Konditorei Marie' ],
	[ 'tannen apo', 'Tannen-Apotheke' ],
	[ 'Recht und Billig', 'Kanzlei Recht & Billig' ],
) {
	my ($q, $name) = @$_;
	my $list = find('/v1/businesses?limit=5&q=', $q);
	is($list->{businesses}[0] ? $list->{businesses}[0]{name} : '-', $name, "'$q' finds $name");
}

# ---- while it is typed ----
for (
	[ 'zahna', 'dentist' ], [ 'fris', 'hairdresser' ], [ 'апот', 'pharmacy' ], [ 'bäck', 'bakery' ],
	[ 'baeck', 'bakery' ],
	[ 'صيدل', 'pharmacy' ],
) {
	my ($q, $kind) = @$_;
	my @kinds = map { $_->{key} } grep { $_->{kind} eq 'category' } @{ find('/v1/suggest?q=', $q)->{suggestions} };
	ok((grep { $_ eq $kind } @kinds), "'$q' suggests $kind") or diag "@kinds";
}
for (['silb', 'Silbertal'], ['erlen', 'Erlenau'], ['ерлен', 'Erlenau']) {
	my ($q, $town) = @$_;
	my @towns = map { $_->{text} } grep { $_->{kind} eq 'city' } @{ find('/v1/suggest?q=', $q)->{suggestions} };
	ok((grep { $_ eq $town } @towns), "'$q' suggests $town") or diag "@towns";
}

# ---- what is open, and what is not there ----
for my $q ('Friseur geöffnet', 'Bäckerei noch offen', 'restaurant open now') {
	is(find('/v1/businesses?q=', $q)->{understood}{open_now}, JSON::XS::true, "'$q' wishes for what is open");
}
my $none = find('/v1/businesses?q=', 'Zahnartz Wiesbruck');
is($none->{understood}{left_out}, 'Wiesbruck', 'where no dentist is, the town is left out, and that is told');
is($none->{businesses}[0]{category}{key}, 'dentist', 'and dentists elsewhere are offered');
is_deeply(find('/v1/businesses?q=', 'xqzvkj')->{businesses}, [], 'what nobody has finds nothing');
is($i->get('/search?q=xqzvkj')->{status}, 200, 'and the page says so');
is(($i->run('down'))[0], 0, 'down');
done_testing;
