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
