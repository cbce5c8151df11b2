#!/usr/bin/perl
# Queries whose words are hard to read: names that are words like "in" and "the", numbers, abbreviations, slips in the
# names of towns, towns of one name, words of one letter. What comes first was judged by eye; '-' is nothing.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Test::More;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

# What is open at some time must not depend on when this runs: hours of a month that is far away, and whole days.
my ($soon, $later) = map { (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[ ((gmtime)[4] + $_) % 12 ] } 2, 5;

# name | category | street | postcode | town | region | country | hours
my @records = map { [ split / *\| */, $_, -1 ] } split /\n/, <<'END';
EL SUR||300 De Haro St. #340|94103|San Francisco|California|US
EL SUR LLC||Off the Grid||San Francisco|California|US
The Mill|bakery|736 Divisadero St|94117|San Francisco|California|US
In-N-Out Burger|fast-food|333 Jefferson St|94133|San Francisco|California|US
Bottom of the Hill|bar|1233 17th St|94107|San Francisco|California|US
Le Marais Bistro|restaurant|2066 Chestnut St|94123|San Francisco|California|US
Leopold's|restaurant|2400 Polk St|94109|San Francisco|California|US
1760|restaurant|1760 Polk St|94109|San Francisco|California|US
Mozzeria|restaurant|3228 16th St|94103|San Francisco|California|US
Heritage|restaurant|3400 Laguna St|94123|San Francisco|California|US
Saint Francis Fountain|cafe|2801 24th St|94110|San Francisco|California|US
Hof Obere Wanne|farm-shop|Obere Wanne 32|4410|Liestal|Basel-Landschaft|CH
Hof Untere Wanne|farm-shop|Untere Wanne 1|4410|Liestal|Basel-Landschaft|CH
Hof Im Grien|farm-shop|Im Grien 3|4441|Thürnen|Basel-Landschaft|CH
Hof More|farm-shop|Morgasse 3|4441|Thürnen|Basel-Landschaft|CH
Weinkeller am Markt|wine-shop|Färbergasse 35|84496|Erlenau|Bayern|DE
Eiscafé Dolomiti|ice-cream|Marktplatz 25a|84496|Erlenau|Bayern|DE
Salon Haarspalter|hairdresser|Gerbergasse 13|84496|Erlenau|Bayern|DE
Tannen-Apotheke|pharmacy|Hauptstraße 23|84498|Hochtann|Bayern|DE
Barbershop Rasim|hairdresser|Hauptstraße 9|84498|Hochtann|Bayern|DE
Fotostudio Blende Acht|photo|Lange Zeile 4|96472|Silbertal|Bayern|DE
Garage Acht|car-repair|Lange Zeile 8|96472|Silbertal|Bayern|DE
Schreinerei Nut und Feder|carpenter|Lange Zeile 88|96472|Silbertal|Bayern|DE
Reifen Rund|car-repair|Lange Zeile 90|96472|Silbertal|Bayern|DE
Bäckerei Ost|bakery|Dorfstraße 1|06712|Zeitz|Sachsen-Anhalt|DE
Bäckerei Neustadt Süd|bakery|Markt 1|91413|Neustadt|Bayern|DE
Bäckerei Neustadt Nord|bakery|Markt 2|23730|Neustadt|Schleswig-Holstein|DE
Bäckerei St. Gallen|bakery|Marktgasse 1|9000|St. Gallen|St. Gallen|CH
Schnitt Später|hairdresser|Ring 1|66482|Zweibrück|Saarland|DE|LATER Mo-Su 08:00-18:00
Schnitt Bald|hairdresser|Ring 2|66482|Zweibrück|Saarland|DE|SOON Mo-Su 08:00-18:00
Schnitt Ungewiss|hairdresser|Ring 3|66482|Zweibrück|Saarland|DE
Werktagsbäckerei|bakery|Ring 4|66482|Zweibrück|Saarland|DE|Mo-Sa 00:00-24:00
Feiertagsbäckerei|bakery|Ring 5|66482|Zweibrück|Saarland|DE|Su 00:00-24:00
Café Sonntag|cafe|Ring 6|66482|Zweibrück|Saarland|DE|Mo 00:00-24:00
Café Kanne|cafe|Ring 7|66482|Zweibrück|Saarland|DE|Su 00:00-24:00
Café Ohne Namen|cafe|Ring 8|66482|Zweibrück|Saarland|DE
Tankstelle Tag und Nacht|fuel|Ring 9|66482|Zweibrück|Saarland|DE|24/7
Tankstelle Tag|fuel|Ring 10|66482|Zweibrück|Saarland|DE|Mo-Su 08:00-18:00
Pizzeria Vulcano|restaurant|Ring 11|66482|Zweibrück|Saarland|DE|
Wirtshaus am Ring|restaurant|Ring 12|66482|Zweibrück|Saarland|DE|
Open Kitchen|restaurant|Ring 13|66482|Zweibrück|Saarland|DE|
END
my $i = Instance->make(settings => { 'cache.search_ttl' => '0s', 'web.processes' => 1 });
$i->up;
{
	my $file = "$i->{home}/words.ndjson";
	open my $out, '>', $file or die;
	for (@records) {
		my %record;
		@record{qw(name categories street postcode city region country hours)} = map { $_ // '' } @$_, '';
		$record{hours} =~ s/SOON/$soon/;
		$record{hours} =~ s/LATER/$later/;
		$record{categories} = [ $record{categories} ] if $record{categories} ne '';
		delete $record{$_} for grep { $record{$_} eq '' } keys %record;
		print $out JSON::XS->new->utf8->canonical->encode({ %record, external_id => $record{name} }), "\n";
	}
	close $out;
	chmod 0644, $file;
	$i->run_ok('import', '--source', 'words', $file);
}
is($i->sql('SELECT count(*) FROM business') + 0, scalar @records, 'the records are there');
sub quote { my $text = shift; utf8::encode($text); return $text =~ s/([^A-Za-z0-9_.~-])/sprintf '%%%02X', ord $1/ger }

sub find {
	my ($q) = @_;
	my $answer = $i->get('/v1/businesses?facets=true&q=' . quote($q));
	die "$q: $answer->{status} $answer->{content}\n" unless $answer->{success};
	return decode_json $answer->{content};
}

for (
	# names that consist of words that join others
	[ 'EL SUR San Francisco', 'EL SUR' ], [ 'el sur sf', 'EL SUR' ], [ 'el sur', 'EL SUR' ],
	[ 'the mill san francisco', 'The Mill' ], [ 'in n out', 'In-N-Out Burger' ],
	[ 'bottom of the hill', 'Bottom of the Hill' ], [ 'nut und feder', 'Schreinerei Nut und Feder' ],
	# of one or two letters
	[ 'le', 'Le Marais Bistro' ], [ 'l', 'Le Marais Bistro|Leopold\'s' ], [ 'leo', 'Leopold\'s' ],
	# slips beside umlauts and in the names of towns
	[ 'Hof Oere Wanne', 'Hof Obere Wanne' ], [ 'Hof Obre Wane', 'Hof Obere Wanne' ],
	[ 'Friseur Elrenau', 'Salon Haarspalter' ], [ 'Frisör Erlnau', 'Salon Haarspalter' ],
	[ 'Apotheke Hochtan', 'Tannen-Apotheke' ], [ 'the mill san fransisco', 'The Mill' ],
	[ 'Bäckerei Sankt Galen', 'Bäckerei St. Gallen' ],
	# beginnings in front of a town
	[ 'wein erlenau', 'Weinkeller am Markt' ], [ 'eis erlenau', 'Eiscafé Dolomiti' ],
	# streets, abbreviated
	[ 'Haupt Str. 23', 'Tannen-Apotheke' ], [ 'Hauptstr. 9 Hochtann', 'Barbershop Rasim' ],
	[ 'Gerberg. 13', 'Salon Haarspalter' ], [ 'Haupt Straße 23 Hochtann', 'Tannen-Apotheke' ],
	# postcodes
	[ 'D-84496 Friseur', 'Salon Haarspalter' ], [ 'D 84498 Apotheke', 'Tannen-Apotheke' ],
	[ '06712', 'Bäckerei Ost' ], [ 'Bäckerei 06712 Zeitz', 'Bäckerei Ost' ],
	# numbers: of a name, of a street that has not this one
	[ '1760', '1760' ], [ '1760 polk', '1760' ], [ '3400 16th st', 'Mozzeria' ],
	[ 'Blende 8', 'Fotostudio Blende Acht' ],
	# towns of one name
	[ 'Bäckerei Neustadt Bayern', 'Bäckerei Neustadt Süd' ],
	[ 'Bäckerei Neustadt Schleswig-Holstein', 'Bäckerei Neustadt Nord' ],
	[ '23730 Neustadt Bäckerei', 'Bäckerei Neustadt Nord' ],
	# nothing is made of words that only join others
	[ 'und', 'Schreinerei Nut und Feder|Tankstelle Tag und Nacht' ], [ 'zzz', '-' ],
) {
	my ($q, $names) = @$_;
	my $list = find($q);
	my $first = $list->{businesses}[0] ? $list->{businesses}[0]{name} : '-';
	ok((grep { $_ eq $first } split /\|/, $names), "'$q' finds $names")
		or diag "first is $first; understood: ", JSON::XS->new->canonical->encode($list->{understood} // {});
}

# ---- what was understood, and how many there are ----
is(find('Friseur Elrenau')->{understood}{city}{key}, 'de-bayern-erlenau', 'a slip in a name of a town names it');
is(find('Friseur Elrenau')->{understood}{text}, 'Friseur Erlenau', 'and is shown as it is written');
is(find('san fransisco')->{facets}{total}, 11, 'also where the town has several words');
is(find('Gewisse Zwetschgen vom Hof')->{understood}{left_out}, 'Gewisse Zwetschgen',
	'words that nobody has are left out before those that somebody has');
my $answer = decode_json $i->get('/v1/businesses?limit=1&facets=true&q=Hofladen')->{content};
is($answer->{facets}{total}, 4, 'a page that names fill counts the list that the kind is, not the directory');
is(find('Bäckerei Neustadt')->{facets}{total}, 2, 'and towns of one name together');

# ---- wishes: what is open at a time, what is not wanted ----
sub found { my ($q) = @_; return join ', ', map { $_->{name} } @{ find("$q Zweibrück")->{businesses} } }
is(found('Friseur geöffnet'), 'Schnitt Bald, Schnitt Später, Schnitt Ungewiss',
	'where nothing is open, what opens next comes first, and what does not tell its hours last');
{
	my $u = find('Friseur geöffnet Zweibrück')->{understood};
	is_deeply([ @$u{qw(open_now open_when opens_next)} ], [ JSON::XS::true, 'now', JSON::XS::true ],
		'and that is told');
	my $page = $i->get('/search?q=' . quote('Friseur geöffnet Zweibrück'))->{content};
	like($page, qr/Nothing is known to be open then/, 'also on the page');
	like($page, qr/Schnitt Bald.*Schnitt Sp/s, 'which lists them');
}
for (
	[ 'Bäckerei sonntags geöffnet', 'Feiertagsbäckerei', 'sunday' ],
	[ 'Bäckerei Sonntag', 'Feiertagsbäckerei', 'sunday' ],
	[ 'boulangerie ouverte le dimanche', 'Feiertagsbäckerei', 'sunday' ],
	[ 'bakery open on Tuesday', 'Werktagsbäckerei', 'tuesday' ],
	[ '24h Tankstelle', 'Tankstelle Tag und Nacht', 'always' ],
	[ 'Tankstelle open late', 'Tankstelle Tag und Nacht', 'late' ],
	[ 'rund um die Uhr', 'Tankstelle Tag und Nacht', 'always' ],
	[ 'Friseur offen', 'Schnitt Bald, Schnitt Später, Schnitt Ungewiss', 'now' ],
	[ 'Café Sonntag', 'Café Sonntag, Café Kanne, Café Ohne Namen', undef ],
	[ 'Open Kitchen', 'Open Kitchen, Pizzeria Vulcano, Wirtshaus am Ring', undef ],
) {
	my ($q, $names, $when) = @$_;
	is(found($q), $names, "'$q' finds $names");
	is(find("$q Zweibrück")->{understood}{open_when}, $when, 'and wishes for ' . ($when // 'nothing'));
}
for (
	[ 'Restaurant ohne Pizza', 'Open Kitchen, Wirtshaus am Ring', 'Pizza' ],
	[ 'Restaurant -pizza', 'Open Kitchen, Wirtshaus am Ring', 'pizza' ],
	[ 'Café ohne Namen', 'Café Ohne Namen, Café Kanne, Café Sonntag', undef ],
) {
	my ($q, $names, $excluded) = @$_;
	is(join(', ', sort split /, /, found($q)), join(', ', sort split /, /, $names), "'$q' finds $names");
	is(find("$q Zweibrück")->{understood}{excluded}, $excluded, 'and excludes ' . ($excluded // 'nothing'));
}
is((split /, /, found('Café ohne Namen'))[0], 'Café Ohne Namen', 'a name that says what would be a wish comes first');
is((split /, /, found('pizza'))[0], 'Pizzeria Vulcano', 'a related name of the kind comes before others of it');
is(find('griechisches Restaurant Zweibrück')->{facets}{total}, 3, 'two words may name one kind');
is(($i->run('down'))[0], 0, 'down');
done_testing;
