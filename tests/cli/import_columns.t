#!/usr/bin/perl
# Columns and keys of registers, of open data and of workbooks: what holdfast-parse makes of their first records.
use strict;
use warnings;
use utf8;
use Encode qw(encode_utf8);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Frames;
use JSON::XS;
use Test::More;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $json = JSON::XS->new->canonical;

# name => [text, field => value, ...]; of several records: field of the n-th as "n.field"
my @lists = (
	'parts of a street and of a number in columns of their own' => [
		"DBA NAME,LEGAL BUSINESS NAME,STREET NUMBER,STREET DIRECTION,STREET NAME,STREET TYPE,CITY,ST,dba_end_date\n"
			. "Joe's,Joe LLC,1200,N,CLARK,ST,Chicago,IL,\nShut,X LLC,1,S,CLARK,ST,Chicago,IL,12/31/2019\n",
		name => "Joe's", alt_names => 'Joe LLC', street => '1200 N CLARK ST', region => 'Illinois', country => 'US',
		'2.closed' => '2019-12-31'
	],
	'the kind of a street and the area of a telephone, Brazil' => [
		"cnpj;nome_fantasia;tipo_logradouro;logradouro;numero;municipio;uf;ddd;telefone\n"
			. "1;PADARIA;RUA;DAS FLORES;100;SAO PAULO;SP;11;33334444\n",
		street => 'RUA DAS FLORES 100', phone => '+551133334444'
	],
	'a letter behind the number of a house, Germany' => [
		"Name;Strasse;Hausnr;Zusatz;PLZ;Ort;Vorwahl;Rufnummer;Land\nA;Markt;7;b;99423;Weimar;3643;12345;DE\n",
		street => 'Markt 7b', phone => '+49364312345'
	],
	'words in headers that say nothing, Spain' => [
		"rotulo;desc_situacion_local;clase_vial_edificio;desc_vial_edificio;num_edificio;cod_postal\n"
			. "BAR PEPE;Abierto;CALLE;ATOCHA;25;28012\n",
		name => 'BAR PEPE', street => 'CALLE ATOCHA 25', postcode => '28012', closed => undef
	],
	'name of the shop beside that of the firm, Italy' => [
		"Ragione Sociale;Insegna;Comune;Tipologia\nGino Srl;Da Gino;Firenze;Alberghi\n",
		name => 'Da Gino', alt_names => 'Gino Srl', categories => 'hotel'
	],
	'a place in one column' => [
		qq(name,Location 1\nBar,"45 Elm St\nBoston, MA\n(42.3601, -71.0589)"\n)
			. qq(B,"Pier 3\nBoston, MA 02108\n(42.36, -71.05)"\n),
		street => '45 Elm St', city => 'Boston', region => 'Massachusetts', lat => '42.3601000', lon => '-71.0589000',
		'2.postcode' => '02108', '2.street' => 'Pier 3'
	],
	'names of groups above the names of columns' => [
		"Business;;Address;;\nName;Phone;Street;City;Zip\nA;212-555-0100;1 A St;New York;10001\n",
		name => 'A', street => '1 A St', city => 'New York'
	],
	'a header with a gap, and one record' => ["Name;;City\nA;x;Bern\n", name => 'A', city => 'Bern'],
	'a header with a gap, and no record' => ["Name;;City\n", name => undef],
	'halves of days, and parts that nobody here knows' => [
		"nom;lundi_matin;lundi_apres_midi;mardi_matin\nA;9h-12h;14h-18h;9h-12h\n",
		hours => 'Mo 09:00-12:00,14:00-18:00; Tu 09:00-12:00'
	],
	'parts of days' => [
		"name,Monday,Monday Supper,Tuesday\nA,9:00-14:00,18:00-22:00,9:00-14:00\n",
		hours => 'Mo 09:00-14:00,18:00-22:00; Tu 09:00-14:00'
	],
	'days by numbers, of Yelp and of Foursquare' => [
		$json->encode({
			id => 1, name => 'Y',
			hours => [ { hours_type => 'REGULAR',
					open => [ { is_overnight => JSON::XS::false, start => '1100', end => '2200', day => 0 } ] } ]
		})
			. "\n"
			. $json->encode({
				id => 2, name => 'F',
				hours => { regular => [ map { { day => $_, open => '0800', close => '1700' } } 1, 7 ] } }),
		hours => 'Mo 11:00-22:00', '2.hours' => 'Mo,Su 08:00-17:00'
	],
	'"food" of Google is no kind of shop' => [
		$json->encode({ id => 1, name => 'G', types => [ 'bakery', 'food', 'establishment' ] }), categories => 'bakery'
	],
	'a village without streets' => [
		$json->encode({ elements => [ {
			type => 'node', id => 1, lat => 50, lon => 14.4,
			tags => { name => 'A', shop => 'books', 'addr:place' => 'Lhota', 'addr:conscriptionnumber' => 12 }
		} ] }),
		street => 'Lhota 12'
	],
	'a number behind a number is no figure of it' => [
		"Název;Ulice;Číslo popisné;Číslo orientační;Obec;Land\nA;Dlouhá;120;5;Praha;CZ\n",
		street => 'Dlouhá 120/5'
	],
	'an addition that is a number, Netherlands' => [
		"Handelsnaam;Straatnaam;Huisnummer;Toevoeging;Postcode;Plaats;Land\nA;Kerkstraat;12;2;1017GC;Amsterdam;NL\n",
		street => 'Kerkstraat 12-2'
	],
	'a building that is a number, New York' => [
		"CAMIS,DBA,BUILDING,STREET,ZIPCODE\n1,BAKE SHOP,1007,MORRIS PARK AVENUE,10462\n"
			. "2,A,Rose House,High Street,10462\n",
		external_id => '1', street => '1007 MORRIS PARK AVENUE', country => 'US',
		'2.street' => 'High Street, Rose House'
	],
	'signs of countries in front of postal codes' => [
		"Name;Straße;PLZ Ort\nA;Weg 1;D-79098 Freiburg\nB;Weg 2;CH-4051 Basel\nC;Weg 3;A-6020 Innsbruck\n",
		country => 'DE', '2.country' => 'CH', '2.postcode' => '4051', '3.country' => 'AT'
	],
	'parts of an address under its name' => [
		"uid,name,address.street,address.houseNumber,address.swissZipCode,address.city,address_type\n"
			. "1,A,Gasse,5,3011,Bern,bakery\n",
		street => 'Gasse 5', postcode => '3011', country => 'CH', categories => undef
	],
	'closed for good, in a column that may be of regions' => [
		"id;nombre;ciudad;estado\n1;A;Madrid;Abierto\n2;B;Madrid;Baja definitiva\n3;C;Puebla;Puebla\n",
		closed => undef, region => undef, '2.closed' => 'yes', '3.region' => 'Puebla'
	],
	'closed for good, Italy and the United States' => [
		"id,nome,stato,License Status\n1,A,Attiva,Active\n2,B,Cessata,\n3,C,,CLOSED - PERMANENTLY\n",
		closed => undef, '2.closed' => 'yes', '3.closed' => 'yes'
	],
	'a place as WKT' => [ $json->encode({ name => 'A', geometry => 'POINT (6.95 50.94)' }), lat => '50.9400000' ],
	'hours of weekdays and of weekends' => [
		"id,name,weekday_hours,weekend_hours\n1,A,9am-5pm,10am-2pm\n",
		hours => 'Mo-Fr 09:00-17:00; Sa,Su 10:00-14:00'
	],
	'days with a text of hours; weekdays as a key' => [
		$json->encode({ name => 'A', hours => [ { day => 'Monday', hours => '9 AM - 5 PM' }, { day => 'Sunday',
						hours => 'Closed' } ] })
			. "\n"
			. $json->encode({ name => 'B', hours => { weekdays => '9-17 Uhr', saturday => '9-12 Uhr' } }),
		hours => 'Mo 09:00-17:00; Su off', '2.hours' => 'Mo-Fr 09:00-17:00; Sa 09:00-12:00'
	],
	'plurals of Dutch and Italian' => [
		"name;categorie\nA;Bloemenwinkels\nB;Enoteche\nC;Advocaten\n",
		categories => 'florist', '2.categories' => 'wine-shop', '3.categories' => 'lawyer'
	],
);
while (my ($name, $list) = splice @lists, 0, 2) {
	my ($text, %right) = @$list;
	my ($records) = Frames::of(encode_utf8($text));
	my %seen;
	for my $key (keys %right) {
		my ($n, $field) = $key =~ /^(\d)\.(\w+)$/ ? ($1 - 1, $2) : (0, $key);
		$seen{$key} = $records->[$n]{$field};
	}
	is_deeply(\%seen, \%right, $name) or diag explain $records;
}
done_testing;
