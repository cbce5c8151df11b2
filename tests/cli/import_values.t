#!/usr/bin/perl
# Single values as files of many languages have them, each with the fact that it is or the text that it stays. No
# instance is needed.
use strict;
use warnings;
use utf8;
use Encode qw(decode encode encode_utf8);
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use Frames;
use JSON::XS;
use Test::More;
use Tree;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $dir = tempdir(CLEANUP => 1);
my $json = JSON::XS->new->canonical->utf8;

# What `import --explain --json` reports of a file.
sub report_of {
	my ($bytes, @options) = @_;
	open my $out, '>:raw', "$dir/list" or die $!;
	print $out $bytes;
	close $out or die $!;
	open my $in, '-|', "$build/holdfast", '--json', 'import', '--explain', @options, "$dir/list" or die $!;
	local $/;
	my ($told) = (<$in> // '') =~ /^(\{.*\})$/m;
	close $in;
	return $json->decode($told // '{}');
}

# Records of one field each, in the order of the values.
sub lines_of {
	my ($field, @values) = @_;
	my $n = 0;
	return join '', map { $json->encode({ id => ++$n, name => 'N', country => 'CH', $field => $_ }) . "\n" } @values;
}

# ---- opening hours: facts ----
my @hours = (
	'Mo-Fr 8-12, 13.30-18 Uhr, Sa 8-16 Uhr' => 'Mo-Fr 08:00-12:00,13:30-18:00; Sa 08:00-16:00',
	'Montag bis Freitag: 08.00 - 12.00 / 13.30 - 18.30' => 'Mo-Fr 08:00-12:00,13:30-18:30',
	'Mo, Di, Do, Fr 9-12 und 14-18 Uhr; Mi 9-12 Uhr' => 'Mo,Tu,Th,Fr 09:00-12:00,14:00-18:00; We 09:00-12:00',
	'täglich 10–22 Uhr' => 'Mo-Su 10:00-22:00',
	'Täglich ausser Montag 11-23 Uhr' => 'Tu-Su 11:00-23:00',
	'Mo Ruhetag, Di-So 11.30-14.00 und 17.30-23.00' => 'Mo off; Tu-Su 11:30-14:00,17:30-23:00',
	'Montag geschlossen, Dienstag-Sonntag 10-18 Uhr' => 'Mo off; Tu-Su 10:00-18:00',
	'Mo-Fr 07:00-18:30, Sa 07:00-16:00, So geschlossen' => 'Mo-Fr 07:00-18:30; Sa 07:00-16:00; Su off',
	'Mo-Do 8-17, Fr 8-12' => 'Mo-Th 08:00-17:00; Fr 08:00-12:00',
	'Mo - Fr: 9:00 - 18:30 Uhr, Sa: 9:00 - 14:00 Uhr' => 'Mo-Fr 09:00-18:30; Sa 09:00-14:00',
	'Mi+Fr 15-18 Uhr' => 'We,Fr 15:00-18:00',
	'Di/Do 14:00-18:00' => 'Tu,Th 14:00-18:00',
	'Sa/So 8-12' => 'Sa,Su 08:00-12:00',
	'24/7' => '24/7',
	'Mo-Fr 8h-12h / 14h-18h' => 'Mo-Fr 08:00-12:00,14:00-18:00',
	'du lundi au vendredi 9h-12h 14h-18h' => 'Mo-Fr 09:00-12:00,14:00-18:00',
	'Lundi au samedi de 8h30 à 19h' => 'Mo-Sa 08:30-19:00',
	'lun-ven 9h00-12h30 et 13h30-18h00, sam 9h-12h' => 'Mo-Fr 09:00-12:30,13:30-18:00; Sa 09:00-12:00',
	'Du mardi au dimanche : 12h-14h30 / 19h-22h30. Fermé le lundi' => 'Mo off; Tu-Su 12:00-14:30,19:00-22:30',
	'Tous les jours de 7h à 20h' => 'Mo-Su 07:00-20:00',
	'tous les jours sauf le mercredi 9h-18h' => 'Mo,Tu,Th-Su 09:00-18:00',
	'fermé dimanche et lundi' => 'Mo,Su off',
	'7j/7 de 8h à 22h' => 'Mo-Su 08:00-22:00',
	'lun. mar. jeu. ven. 8:00-12:00' => 'Mo,Tu,Th,Fr 08:00-12:00',
	'Lunedì-venerdì 8.30-12.30 e 15.00-19.00' => 'Mo-Fr 08:30-12:30,15:00-19:00',
	'dal lunedì al venerdì dalle 9 alle 18' => 'Mo-Fr 09:00-18:00',
	'dal lunedi al sabato 7:30 - 19:30, domenica chiuso' => 'Mo-Sa 07:30-19:30; Su off',
	'tutti i giorni 8-20' => 'Mo-Su 08:00-20:00',
	'chiuso il lunedì' => 'Mo off',
	'lun - sab 9-13 15-19' => 'Mo-Sa 09:00-13:00,15:00-19:00',
	'Mon-Fri 9am-5pm' => 'Mo-Fr 09:00-17:00',
	'Mon - Fri 9:00 AM - 5:00 PM, Sat 10 AM - 2 PM, Sun Closed' => 'Mo-Fr 09:00-17:00; Sa 10:00-14:00; Su off',
	'Monday: 9:00 AM – 5:00 PM; Tuesday: Closed; Wednesday: 9:00 AM – 5:00 PM' => 'Mo,We 09:00-17:00; Tu off',
	'Mon-Thu 11am-10pm Fri-Sat 11am-11pm Sun 12pm-9pm' => 'Mo-Th 11:00-22:00; Fr,Sa 11:00-23:00; Su 12:00-21:00',
	'Daily 10am-10pm' => 'Mo-Su 10:00-22:00',
	'M-F 8am-5pm' => 'Mo-Fr 08:00-17:00',
	'Mon to Fri 8.30am to 5.30pm' => 'Mo-Fr 08:30-17:30',
	'Weekdays 9am-5pm, weekends 10am-4pm' => 'Mo-Fr 09:00-17:00; Sa,Su 10:00-16:00',
	'Mon-Fri 12pm-12am' => 'Mo-Fr 12:00-24:00',
	'Fri-Sat 6pm-2am' => 'Fr,Sa 18:00-02:00',
	'Mon-Fri 09:00 AM-05:00 PM' => 'Mo-Fr 09:00-17:00',
	'Mon-Sun 00:00-23:59' => '24/7',
	'Mo-Su' => '24/7',
	'Mo-Su 00:00-24:00' => '24/7',
	'Mo-Su 00:00-00:00' => 'Mo-Su off',
	'Mo 9-12; Mo 14-18' => 'Mo 09:00-12:00,14:00-18:00',
	'Mo-Fr 09:00-17:00; PH off' => 'Mo-Fr 09:00-17:00; PH off',
	'Mo-Fr 09:00-17:00; SH off' => 'Mo-Fr 09:00-17:00; SH off',
	'Apr-Oct Mo-Su 09:00-18:00; Nov-Mar Sa,Su 10:00-16:00' =>
		'Apr-Oct Mo-Su 09:00-18:00; Nov-Mar Sa,Su 10:00-16:00',
	'Mo-Fr 18:00-02:00' => 'Mo-Fr 18:00-02:00',
	'Mo-Fr 22-6' => 'Mo-Fr 22:00-06:00',
	'Fr 9-17, Mo 9-17' => 'Mo,Fr 09:00-17:00',
	'Mo-Fr 9-12:00' => 'Mo-Fr 09:00-12:00',
	'Mo-Fr 9:5-17' => 'Mo-Fr 09:05-17:00',
	'Mo-Fr 9.30-12.30 Uhr und 14.30-18.30 Uhr, Sa 9-12.30 Uhr' =>
		'Mo-Fr 09:30-12:30,14:30-18:30; Sa 09:00-12:30',
	'Mo–Fr: 06:00–22:00 | Sa–So: 08:00–20:00' => 'Mo-Fr 06:00-22:00; Sa,Su 08:00-20:00',
	'Mo-Fr 8:00-18:00 Uhr Sa 8:00-12:00 Uhr' => 'Mo-Fr 08:00-18:00; Sa 08:00-12:00',
	'Di bis Fr 9-18:30 durchgehend; Sa 8-16 durchgehend' => 'Tu-Fr 09:00-18:30; Sa 08:00-16:00',
	'Dienstags 9-12' => 'Tu 09:00-12:00',
	'sonn- und feiertags 10-12' => 'Su,PH 10:00-12:00',
	'Mo-Sa 10-20, sonn- und feiertags geschlossen' => 'Mo-Sa 10:00-20:00; Su,PH off',
	'Montags und mittwochs 14-18 Uhr' => 'Mo,We 14:00-18:00',
	'Mo-Fr 9-18 Uhr, Feiertage geschlossen' => 'Mo-Fr 09:00-18:00; PH off',
	'ma-vr 9.00-17.30 uur' => 'Mo-Fr 09:00-17:30',
	'maandag t/m vrijdag 9:00 - 18:00' => 'Mo-Fr 09:00-18:00',
	'lunes a viernes de 9:00 a 14:00 y de 16:00 a 20:00' => 'Mo-Fr 09:00-14:00,16:00-20:00',
	'L-V 9-14' => 'Mo-Fr 09:00-14:00',
	'de lunes a sábado 10-21h' => 'Mo-Sa 10:00-21:00',
	'pon-pet 8-20, sub 8-14' => 'Mo-Fr 08:00-20:00; Sa 08:00-14:00',
	'radnim danima 8-16' => 'Mo-Fr 08:00-16:00',
	'пн-пт 9:00-18:00' => 'Mo-Fr 09:00-18:00',
	'Пн-Пт с 9:00 до 18:00, Сб выходной' => 'Mo-Fr 09:00-18:00; Sa off',
	'ежедневно 10:00-22:00' => 'Mo-Su 10:00-22:00',
	'понедељак - петак 08-16' => 'Mo-Fr 08:00-16:00',
	'seg a sex 9h às 18h' => 'Mo-Fr 09:00-18:00',
	'poniedziałek - piątek 8:00 - 16:00' => 'Mo-Fr 08:00-16:00',
	'Po-Pá 8:00-17:00, So 8:00-12:00' => 'Mo-Fr 08:00-17:00; Sa 08:00-12:00',
	'H-P 8-16' => 'Mo-Fr 08:00-16:00',
	'Mon: 10am-8pm, Tue: 10am-8pm' => 'Mo,Tu 10:00-20:00',
	'Monday 10:00–20:00, Tuesday 10:00–20:00' => 'Mo,Tu 10:00-20:00',
	'Monday, Tuesday, Sunday 9:00-17:00' => 'Mo,Tu,Su 09:00-17:00',
	'Mo 08:00-12:00, 13:00-17:00 Di 08:00-12:00' => 'Mo 08:00-12:00,13:00-17:00; Tu 08:00-12:00',
	'Mo-Fr 0800-1200 1330-1800' => 'Mo-Fr 08:00-12:00,13:30-18:00',
	'Mo-Fr 0900-1700' => 'Mo-Fr 09:00-17:00',
	'Mon-Fri 9AM-5PM Closed Sat-Sun' => 'Mo-Fr 09:00-17:00; Sa,Su off',
	'Mo-Fr 14:00-12:00' => 'Mo-Fr 14:00-12:00',
	'Sa 23:59-00:00' => 'Sa 23:59-24:00',
	'Mo-Fr 10:00-18:00+' => 'Mo-Fr 10:00-18:00+',
	'Mo-Fr sunrise-sunset' => 'Mo-Fr sunrise-sunset',
	'Mo-Fr 10:00-18:00 "nach Anmeldung"' => 'Mo-Fr 10:00-18:00 "nach Anmeldung"',
	'week 1-53/2 Fr 09:00-12:00' => 'week 1-53/2 Fr 09:00-12:00',
	'Mo[1] 09:00-12:00' => 'Mo[1] 09:00-12:00',
	'Dec 24 off' => 'Dec 24 off',
	'{"Monday": "8:0-17:30", "Sunday": "closed"}' => 'Mo 08:00-17:30; Su off',
	q({'Monday': '9-17'}) => 'Mo 09:00-17:00',
	'[{"day":"Monday","open":"09:00","close":"17:00"}]' => 'Mo 09:00-17:00',
);
my (@given, @right);
while (my ($given, $right) = splice @hours, 0, 2) {
	push @given, $given;
	push @right, $right;
}
my ($records) = Frames::of(lines_of(hours => @given));
for my $i (0 .. $#given) {
	is($records->[$i]{hours}, $right[$i], "hours '$given[$i]'");
}
is(report_of(lines_of(hours => @given))->{fields}{hours}{as_text}, 0, 'all of them are facts');

# ---- opening hours that may mean several things, or more than times: texts ----
my @texts = (
	'werktags 8-18 Uhr',
	'Mo-Fr nach Vereinbarung',
	'Mo-Fr 8-12 Uhr, nachmittags nach Vereinbarung',
	'1. Samstag im Monat 9-12 Uhr',
	'jeden ersten Samstag 10-16',
	'rund um die Uhr',
	'24 Stunden',
	'24h',
	'durchgehend geöffnet',
	'ab 18 Uhr',
	'bis 22 Uhr',
	'Mo-Fr ab 17:00',
	'Mo-Fr 17 bis open end',
	'Open 24 hours',
	'Open daily 10-6',
	'Mon-Fri 10-6, Sat 10-4',
	'Mon–Fri 9–5:30',
	'M-F 8-5',
	'12:00 AM - 12:00 AM',
	'Mo-Fr 9-12; Mi off',
	'April bis Oktober täglich 9-18 Uhr',
	'Mai-September: Mo-So 10-18, Oktober-April: Sa-So 10-16',
	'Sommer 9-18 Uhr, Winter 10-16 Uhr',
	'1. April - 31. Oktober: 9-18 Uhr',
	'Mo-Fr 8-18 (Juli-August: 8-12)',
	'Mo-Fr 25:00-26:00',
	'Mo-Fr 12-8',
	'Mo-Fr 8-8',
	'Mo-Fr 9-9',
	'8-18',
	'08:00-18:00',
	'9-17 Uhr',
	'Open',
	'Closed',
	'geschlossen',
	'siehe Website',
	'auf Anfrage',
	'by appointment',
	'Mo-Fr 8-12 Uhr Termine nach Vereinbarung',
	'Mon-Fri 9-5; Closed on public holidays',
	'Mo-Fr 08:00-17:00 Uhr Mittagspause 12-13 Uhr',
	'2020 Mo-Fr 09:00-12:00',
	'2020-01-01 - 2020-12-31: 9-17',
);
($records) = Frames::of(lines_of(hours => @texts));
for my $i (0 .. $#texts) {
	is($records->[$i]{hours} =~ s/^"(.*)"$/$1/r, $texts[$i] =~ s/"/'/gr, "'$texts[$i]' stays text");
}
{
	my $hours = report_of(lines_of(hours => @texts))->{fields}{hours};
	is($hours->{as_text}, scalar @texts, 'each is counted as text');
	is_deeply([map { $_->{line} } @{ $hours->{examples} }], [ 1, 2, 3 ], 'the first with their lines');
}

# ---- UTF-8 that was encoded twice ----
my @words = ('Zürich', 'Bäckerei Müller', 'Café Crème', 'Plzeň', 'Kovačić', 'Łódź',
	'Пекарня Берёзка', 'Αθήνα', 'Győr',
	'MÜNCHEN', 'Škoda', 'Señor', 'L’Été', '“Bar” – Café', 'SÃO JOÃO', '50 €');
my @others = ('MÍŠEK', 'ČŠ', 'IRMÃ SANTA', '«Été»', 'Ñandú', 'ÉTÉ À LA PLAGE',
	'Şeker Fırını', 'Brânză',
	'Tōkyō', 'Việt Nam',
	'東京', 'مخبز', 'חיפה', 'ЁЛКА', 'Їжак і Ґанок',
	'Φάρμακα', '½ Preis', '¡Olé!', 'N° 5 ©', 'Öä', '«Ã ¼»', 'Ærø', 'Þór');
{
	my @twice;
	for my $word (@words) {
		for my $encoding (qw(cp1252 iso-8859-1 cp1250 cp1251)) {
			# What the encoding leaves undefined is taken for control codes.
			my $text = decode($encoding, encode_utf8($word), sub { chr shift });
			push @twice, [ $word, $encoding, $text ] if $text !~ /\x{fffd}/;
		}
	}
	($records) = Frames::of(lines_of(city => map { $_->[2] } @twice));
	is($records->[$_]{city}, $twice[$_][0], "$twice[$_][0] by way of $twice[$_][1]") for 0 .. $#twice;
	($records) = Frames::of(lines_of(city => @words, @others));
	my @plain = (@words, @others);
	is($records->[$_]{city}, $plain[$_], "$plain[$_] is left as it is") for 0 .. $#plain;
	my $report = report_of(encode_utf8("name;city\nA;Bern\nZÃ¼rcher;ZÃ¼rich\nB;StraÃŸe\n"));
	is($report->{remarks}[0]{line}, 3, 'it is told with the line');
	like($report->{remarks}[0]{text}, qr/'ZÃ¼rcher' is UTF-8 that was encoded twice, and was read as 'Zürcher'/,
		'and both');
	is($report->{fields}{city}{changed}, 2, 'and counted as changed');
	$report = report_of(encode_utf8("Name;StraÃŸe\nA;Weg 1\n"));
	is($report->{records}[0]{street}, 'Weg 1', 'names of columns, too');
}

# ---- what a business is called in Serbian, in both scripts ----
my %kinds = (Pekara => 'bakery', 'Пекара' => 'bakery', 'Ресторан' => 'restaurant', Mesara => 'butcher',
	'Месара' => 'butcher', Apoteka => 'pharmacy',
	'Апотека' => 'pharmacy', 'Frizerski salon' => 'hairdresser',
	'Фризерски салон' => 'hairdresser', 'Cvećara' => 'florist',
	'Цвећара' => 'florist', 'CVECARA' => 'florist',
	'Cafes, Tea Rooms & Coffee Shops' => 'cafe', 'Bakeries & Cafés' => "bakery\x1fcafe", 'Bäckerei und Café' =>
		"bakery\x1fcafe", 'Coffee Shop' => 'cafe');
{
	my @names = sort keys %kinds;
	($records) = Frames::of(lines_of(category => @names));
	is($records->[$_]{categories}, $kinds{ $names[$_] }, "category '$names[$_]'") for 0 .. $#names;
}

# ---- postal codes, places ----
my %codes = ("8'001" => '8001', "8\x{2019}001" => '8001', '8001' => '8001', 'CH-8001' => '8001', '8001.0' => '8001');
{
	my @codes = sort keys %codes;
	($records) = Frames::of(lines_of(postcode => @codes));
	is($records->[$_]{postcode}, $codes{ $codes[$_] }, "postal code $codes[$_]") for 0 .. $#codes;
}
for my $place (
	[ 'CH', 47.37, 8.54, 1, 'in the country' ], [ 'CH', 47.7, 8.6, 1, 'at its border' ],
	[ 'CH', 40.7, -74, 0, 'on another continent' ], [ 'CH', 47.37, -8.54, 0, 'with a lost sign' ],
	[ 'DE', 48.85, 2.35, 0, 'in a neighbouring capital' ], [ 'FR', -21.1, 55.5, 1, 'in a territory of the state' ],
	[ 'US', 18.4, -66.1, 1, 'on an island of the state' ], [ 'IT', 41.9, 12.45, 1, 'around an enclave' ],
	[ '', 40.7, -74, 1, 'of a record without a country' ], [ 'GB', 57.1, -2.05, 1, 'at the coast' ],
) {
	my ($country, $lat, $lon, $taken, $where) = @$place;
	my $line = $json->encode({ name => 'N', $country ? (country => $country) : (), lat => $lat, lon => $lon });
	my $report = report_of("$line\n");
	is(exists $report->{records}[0]{lat} ? 1 : 0, $taken, "coordinates $where") or diag $line;
	my $example = $report->{fields}{lat}{examples}[0] // {};
	is("$example->{line} $example->{cause}", '1 far outside the country of the address', 'which is told') if !$taken;
}

# ---- telephones: [country, as written, the number, further ones] ----
my @phones = (
	[ 'CH', '044 668 18 00', '+41446681800' ], [ 'CH', '+41 (0)44 668 18 00', '+41446681800' ],
	[ 'CH', '0041446681800', '+41446681800' ], [ 'CH', 'tel:+41446681800', '+41446681800' ],
	[ 'CH', '+41446681800 / +41446681801', '+41446681800', '+41446681801' ],
	[ 'CH', '0446681800,0446681801', '+41446681800', '+41446681801' ],
	[ 'CH', '044 668 18 00 (Büro), 079 123 45 67 (mobil)', '+41446681800', '+41791234567' ],
	[ 'CH', '044 668 18 00, 044 668 18 01 (Fax)', '+41446681800' ], [ 'CH', '٠٤٤ ٦٦٨ ١٨ ٠٠', '+41446681800' ],
	[ 'CH', '41 44 668 18 00', '+41446681800' ], [ 'CH', '0800 123 456', '+41800123456' ], [ 'CH', 'keine', undef ],
	[ 'DE', 'Tel. 030/123456', '+4930123456' ], [ 'DE', '(030) 123 456-0', '+49301234560' ], [ 'DE', '112', undef ],
	[ 'US', '415.555.2671', '+14155552671' ], [ 'GB', '020 7946 0958', '+442079460958' ],
	[ 'FR', '+33 (0)1 42 60 00 00', '+33142600000' ], [ 'RS', '011 123 4567', '+381111234567' ],
	[ 'AT', '0043 1 5331234', '+4315331234' ], [ 'IT', '06 1234567', '+39061234567' ],
);
($records) = Frames::of(join '',
	map { $json->encode({ name => 'N', country => $_->[0], phone => $_->[1] }) . "\n" } @phones);
for my $i (0 .. $#phones) {
	my ($country, $written, $number, $more) = @{ $phones[$i] };
	is($records->[$i]{phone}, $number, "telephone '$written' in $country");
	is($records->[$i]{extra} && $json->decode(encode_utf8($records->[$i]{extra}))->{phones}, $more, 'and further ones');
}

# ---- addresses: [columns, row, street, postcode, city] ----
my @addresses = (
	[ 'street;housenumber;postcode;city;country', 'Hauptstr.;5;1010;Wien;AT', 'Hauptstr. 5', '1010', 'Wien' ],
	[ 'street;housenumber;postcode;city;country', 'Hauptstr. 5;5;1010;Wien;AT', 'Hauptstr. 5', '1010', 'Wien' ],
	[ 'street;housenumber;postcode;city;country', 'Main Street;12;D02;Dublin;IE', '12 Main Street', 'D02', 'Dublin' ],
	[ 'rue;numero;cp;ville;pays', 'Rue X;12 bis;75001;Paris;FR', '12 bis Rue X', '75001', 'Paris' ],
	[ 'Via;N. civico;CAP;Comune;country', 'Via Roma;12/A;00100;Roma;IT', 'Via Roma 12/A', '00100', 'Roma' ],
	[ 'street;housenumber;postcode;city;country', 'Calle Mayor;s/n;28013;Madrid;ES',
		'Calle Mayor s/n', '28013', 'Madrid' ],
	[ 'address;country', 'Hauptstrasse 5, 8001 Zürich;CH', 'Hauptstrasse 5', '8001', 'Zürich' ],
	[ 'address;country', 'c/o Müller, Weg 3, 3000 Bern;CH', 'c/o Müller, Weg 3', '3000', 'Bern' ],
	[ 'Adresse', '5 rue de la Paix, 75002 Paris, France', '5 rue de la Paix', '75002', 'Paris' ],
	[ 'address;country', '12 Main St, Springfield, IL 62701;US', '12 Main St', '62701', 'Springfield' ],
	[ 'address;country', 'Knez Mihailova 5, 11000 Beograd;RS', 'Knez Mihailova 5', '11000', 'Beograd' ],
	[ 'address;country', 'By the old mill;GB', 'By the old mill', undef, undef ],
	[ 'address;city', 'Weg 1, 2. Stock;Bern', 'Weg 1, 2. Stock', undef, 'Bern' ],
	[ 'PLZ Ort;Land', 'D-10115 Berlin;DE', undef, '10115', 'Berlin' ],
	[ 'PLZ Ort;Land', '1234 AB Utrecht;NL', undef, '1234 AB', 'Utrecht' ],
);
for my $case (@addresses) {
	my ($columns, $row, @right) = @$case;
	my ($got) = Frames::of(encode_utf8("name;$columns\nN;$row\n"));
	is_deeply([ @{ $got->[0] }{qw(street postcode city)} ], \@right, "address $row");
}

# ---- opening hours of schema.org: [properties, hours] ----
my @week = qw(Monday Tuesday Wednesday Thursday Friday);

sub spec {
	my ($days, $opens, $closes, %more) = @_;
	return { $days ? (dayOfWeek => $days) : (), defined $opens ? (opens => $opens) : (),
		defined $closes ? (closes => $closes) : (), %more };
}
my @specifications = (
	[ [ 'Mo-Fr 09:00-12:00', 'Mo-Fr 13:00-17:00' ], 'Mo-Fr 09:00-12:00,13:00-17:00' ],
	[ [ 'Mo', 'Tu 9:00-17:00' ], 'Mo 00:00-24:00; Tu 09:00-17:00' ], [ 'monday 9:00-17:00', 'Mo 09:00-17:00' ],
	[ 'Monday, Tuesday, Sunday', 'Mo,Tu,Su 00:00-24:00' ], [ [ 'Su 00:00-00:00' ], 'Su off' ],
	[ 'Mo-Fr 10:00-19:00 Sa 10:00-22:00', 'Mo-Fr 10:00-19:00; Sa 10:00-22:00' ],
	[ [ spec(\@week, '09:00', '17:00'), spec('Saturday', '10:00', '14:00') ], 'Mo-Fr 09:00-17:00; Sa 10:00-14:00' ],
	[ [ spec('https://schema.org/Monday', 'T09:00', 'T17:00') ], 'Mo 09:00-17:00' ],
	[ [ spec('http://purl.org/goodrelations/v1#Monday', '09:00', '17:00') ], 'Mo 09:00-17:00' ],
	[ [ spec({ '@id' => 'schema:Monday' }, '09:00', '17:00') ], 'Mo 09:00-17:00' ],
	[ [ spec('Monday', '09:00', '12:00'), spec('Monday', '13:00', '17:00') ], 'Mo 09:00-12:00,13:00-17:00' ],
	[ [ spec('Monday', '09:00', '17:00'), spec('Monday', '08:00', '12:00') ], 'Mo 08:00-17:00' ],
	[ [ spec('Sunday', '00:00', '23:59') ], 'Su 00:00-24:00' ],
	[ [ spec('Friday', '18:00', '02:00') ], 'Fr 18:00-02:00' ],
	[ [ spec('Sunday') ], 'Su off' ], [ [ spec(\@week, '9:00 AM', '5:00 PM') ], 'Mo-Fr 09:00-17:00' ],
	[ [ spec(\@week, '09:00+01:00', '17:00+01:00') ], 'Mo-Fr 09:00-17:00' ],
	[ [ spec(undef, '09:00', '17:00') ], '"09:00-17:00"' ],
	[ [ spec('Monday', '09:00', '17:00'), spec('Monday', 'closed', 'closed') ],
		'Monday 09:00-17:00; Monday closed-closed' ],
	[ [ spec('Monday', '24:00', '08:00') ], 'Monday 24:00-08:00' ],
	[ [ spec('Monday', '09:00', '') ], 'Monday 09:00-' ],
	[ [ spec(\@week, '09:00', '17:00', validFrom => '2020-01-01', validThrough => '2020-12-31'),
			spec(\@week, '10:00', '16:00') ], 'Mo-Fr 10:00-16:00' ],
	[ [ spec('PublicHolidays', '10:00', '12:00'), spec(\@week, '09:00', '17:00') ],
		'Mo-Fr 09:00-17:00; PH 10:00-12:00' ],
);
($records) = Frames::of(join '', map {
	my ($hours) = @$_;
	my $long = ref $hours && ref $hours->[0];
	$json->encode({ '@type' => 'Bakery', name => 'N', address => { addressCountry => 'CH' },
			($long ? 'openingHoursSpecification' : 'openingHours') => $hours }) . "\n";
} @specifications);
is($records->[$_]{hours}, $specifications[$_][1], "schema.org: $specifications[$_][1]") for 0 .. $#specifications;

# ---- coordinates of a place in Switzerland: [lat, lon, taken as] ----
my @coordinates = (
	[ '47.37', '8.54', '47.3700000 8.5400000' ], [ '47,37', '8,54', '47.3700000 8.5400000' ],
	[ q(47°22'N), q(8°32'E), '47.3666667 8.5333333' ], [ '8.54', '47.37', '47.3700000 8.5400000' ],
	[ 'N 47.37', 'E 8.54', '47.3700000 8.5400000' ], [ q(47° 22.2' N), q(8° 32.4' E), '47.3700000 8.5400000' ],
	[ '0', '0', '' ], [ '2683000', '1247000', '47.3686103 8.5375042' ], [ '473700000', '85400000', '' ],
	[ '91', '8', '' ],
	[ 'abc', '8', '' ],
);
($records) = Frames::of(join '',
	map { $json->encode({ name => 'N', country => 'CH', lat => $_->[0], lon => $_->[1] }) . "\n" } @coordinates);
is(join(' ', grep {defined} @{ $records->[$_] }{qw(lat lon)}), $coordinates[$_][2],
	"$coordinates[$_][0], $coordinates[$_][1]")
	for 0 .. $#coordinates;

# ---- JSON-LD: own prefixes and names, businesses inside of others ----
my $address = { '@type' => 'PostalAddress', streetAddress => 'Weg 1' };
my %documents = (
	'a prefix of its own' => [ { '@context' => { s => 'https://schema.org/' }, '@type' => 's:Bakery',
		's:name' => 'Brot' },
		'Brot' ],
	'a prefix in a list of contexts' => [ { '@context' => [ 'https://schema.org', { sd => 'http://schema.org/' } ],
			'@graph' => [ { '@type' => 'sd:Bakery', 'sd:name' => 'Brot' } ] }, 'Brot' ],
	'names of its own' => [ { '@context' => { '@vocab' => 'https://schema.org/', titel => 'name', art => '@type' },
			art => 'Bakery', titel => 'Brot' }, 'Brot' ],
	'a list of items' => [ { '@type' => 'ItemList', itemListElement => [
				{ '@type' => 'ListItem', item => { '@type' => 'Bakery', name => 'A' } },
				{ '@type' => 'Bakery', name => 'B' },
				{ '@type' => 'Person', name => 'P' } ] }, 'A B' ],
	'a list as the subject of a page' => [ { '@type' => 'CollectionPage', name => 'L', mainEntity => { '@type' =>
				'ItemList', itemListElement => [
					{ '@type' => 'ListItem', item => { '@type' => 'Bakery', name => 'A' } } ] } },
		'A' ],
	'parts of an organization' => [ { '@type' => 'Organization', name => 'Kette', telephone => '1', subOrganization => [
				{ '@type' => 'Bakery', name => 'A', address => $address }, { '@type' => 'Bakery', name => 'B' } ] },
		'Kette A B' ],
	'a department with an address' => [ { '@type' => 'Store', name => 'S', department => [
				{ '@type' => 'Pharmacy', name => 'A', address => $address },
				{ '@type' => 'Bakery', name => 'B' } ] }, 'S A' ],
	'parts within a graph' => [ { '@graph' => [ { '@type' => 'WebSite', name => 'W' }, { '@type' => 'Organization',
				name => 'O', subOrganization => { '@type' => 'Bakery', name => 'A' } },
				{ '@type' => 'Bakery', name => 'B' } ] },
		'B A' ],
	'a way through the site' => [ { '@type' => 'BreadcrumbList', itemListElement => [ { '@type' => 'ListItem',
				name => 'Start', item => 'https://a.example/' } ] }, '' ],
);
for my $name (sort keys %documents) {
	my ($document, $right) = @{ $documents{$name} };
	($records) = Frames::of($json->encode($document));
	is(join(' ', map { $_->{name} } @$records), $right, "JSON-LD: $name");
}
done_testing;
