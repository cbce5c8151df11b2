#!/usr/bin/perl
# Whole files as people have them: cut off, in any dialect, with marks, headers and sums in odd places, values that are
# no values. Each with every record that it is. No instance is needed.
use strict;
use warnings;
use utf8;
use Encode qw(encode encode_utf8);
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use Frames;
use IO::Compress::Zip;
use JSON::XS;
use Test::More;
use Tree;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $json = JSON::XS->new->canonical->utf8;

# A record as "field=value field=value".

sub line_of {
	my ($record, @fields) = @_;
	my %facts = $record->{extra} ? %{ $json->decode(encode_utf8($record->{extra})) } : ();
	return join ' ', map {
		my $value = /^extra\.(.*)/ ? $facts{$1} : $record->{$_};
		my ($name) = /^(?:extra\.)?(.*)/;
		defined $value ? "$name=" . $value =~ tr/\x1f/,/r : ()
	} @fields;
}

# [title, bytes, records, rejects]: records one a line, of the fields that the first names.
my @files = (
	# ---- cut off ----
	[ 'cut within a row', "id,name,city\n1,A,Bern\n2,B,Ch", [ '1 A Bern', '2 B Ch' ], 0 ],
	[ 'cut within a character', "id,name,city\n1,A,Bern\n2,B,Z\xc3", [ '1 A Bern', '2 B -' ], 0 ],
	[ 'cut within a character, amid UTF-8',
		"id,name,city\n1,Ä,Zürich\n2,B,Z\xc3" =~ s/Ä/\xc3\x84/r =~ s/ü/\xc3\xbc/r,
		[ '1 Ä Zürich', '2 B -' ], 0 ],
	[ 'half a character within', "id,name,city\n1,A,Z\xc3\n2,B,Z\xc3\xbcrich\n", [ '1 A -', '2 B Zürich' ], 0 ],
	[ 'cut within a quoted value', qq(id,name,city\n1,A,Bern\n2,B,"Chur), ['1 A Bern'], 1 ],
	[ 'a quote that is not closed', qq(id,name,city\n1,A,Bern\n2,"B,Chur\n3,C,Genf\n), [ '1 A Bern', '3 C Genf' ], 1 ],
	[ 'NDJSON cut within a record', qq({"id":1,"name":"A"}\n{"id":2,"na), ['1 A -'], 1 ],
	[ 'the end of a DOS file', "id,name,city\r\n1,A,Bern\r\n\x1a", ['1 A Bern'], 0 ],
	# ---- sizes ----
	[ 'a value of a megabyte', "id,name,city,description\n1,A,Bern," . ('x' x 900_000) . "\n2,B,Chur,y\n",
		[ '1 A Bern', '2 B Chur' ], 0 ],
	[ 'a row of two megabytes', "id,name,city,description\n1,A,Bern," . ('x' x 2_000_000) . "\n2,B,Chur,y\n",
		['2 B Chur'], 1 ],
	[ 'too many values', "id,name,city\n1,A" . (',x' x 600) . "\n2,B,Chur\n", ['2 B Chur'], 1 ],
	# ---- marks and encodings ----
	( map {
			my ($encoding, $mark) = @$_;
			[ "$encoding " . ($mark ? 'with' : 'without') . ' a mark',
				encode($encoding, ($mark ? "\x{feff}" : '') . "id;name;city\n1;Ä;Zürich\n2;B 🍞;Chur\n"),
				[ '1 Ä Zürich', '2 B 🍞 Chur' ], 0 ]
		} map { [ $_, 1 ], [ $_, 0 ] } qw(UTF-16LE UTF-16BE UTF-32LE UTF-32BE) ),
	( map {
			[ "Cyrillic in $_ without a mark", encode($_,
				"ид;назив;град\n1;Пекара;Београд\n2;Хлеб;Ниш\n"),
				[ '- Пекара Београд', '- Хлеб Ниш' ], 0 ]
		} qw(UTF-16LE UTF-16BE) ),
	[ 'half a pair in UTF-16', encode('UTF-16LE', "\x{feff}id;name;city\n1;A") . "\x3c\xd8"
			. encode('UTF-16LE', ";Bern\n"),
		[ "1 A\x{fffd} Bern" ], 0 ],
	[ 'JSON in UTF-16', encode('UTF-16LE', qq(\x{feff}[{"id":1,"name":"Ä"}])), ['1 Ä -'], 0 ],
	[ 'JSON with a mark', encode_utf8(qq(\x{feff}[{"id":1,"name":"Ä"}])), ['1 Ä -'], 0 ],
	[ 'two marks', encode_utf8("\x{feff}\x{feff}id,name,city\n1,A,Bern\n"), ['1 A Bern'], 0 ],
	[ 'a mark in front of a quote', encode_utf8(qq(\x{feff}"id","name","city"\n"1","A","Bern"\n)), ['1 A Bern'], 0 ],
	# ---- dialects ----
	[ 'a line that names the separator', "sep=;\r\nid;name;city\r\n1;A, B;Bern\r\n", ['1 A, B Bern'], 0 ],
	[ 'bars', "id|name|city\n1|A, B|Bern\n2|C; D|Chur\n", [ '1 A, B Bern', '2 C; D Chur' ], 0 ],
	[ 'tabs with a quote for inches', qq(id\tname\tcity\n1\t12" Pizza\tBern\n2\tB\tChur\n),
		[ '1 12" Pizza Bern', '2 B Chur' ], 0 ],
	[ 'blanks around values', qq(id , name , city\n1 , A , Bern\n2 , "B, C" , Chur\n),
		[ '1 A Bern', '2 B, C Chur' ], 0 ],
	[ 'a quoted value with a line end', qq(id,name,city\n1,"A\nB",Bern\n2,"C\r\nD",Chur\n),
		[ '1 A B Bern', '2 C D Chur' ], 0 ],
	[ 'carriage returns alone', "id,name,city\r1,A,Bern\r2,B,Chur\r", [ '1 A Bern', '2 B Chur' ], 0 ],
	[ 'two kinds of line ends', "id,name,city\r\n1,A,Bern\n2,B,Chur\r\n", [ '1 A Bern', '2 B Chur' ], 0 ],
	[ 'a separator behind the last value', "id;name;city;\n1;A;Bern;\n2;B;Chur;;\n", [ '1 A Bern', '2 B Chur' ], 0 ],
	[ 'a comma that is not quoted', "id,name,city\n1,A, Inc.,Bern\n2,B,Chur\n", ['2 B Chur'], 1 ],
	[ 'separators of lines within values', encode_utf8("id,name,city\n1,A\x{2028}B,Bern\n2,C\x{85}D,Chur\n"),
		[ '1 A B Bern', '2 C D Chur' ], 0 ],
	# ---- headers and lines that are no records ----
	[ 'columns without a name', "id,,name,,city,\n1,,A,,Bern,\n2,x,B,y,Chur,z\n", [ '1 A Bern', '2 B Chur' ], 0 ],
	[ 'the header again', "id,name,city\n1,A,Bern\nid,name,city\n2,B,Chur\nID,Name,City\n",
		[ '1 A Bern', '2 B Chur' ], 0 ],
	[ 'a header in the third row', "Verzeichnis\nStand: 1.1.2026\nid;Name;Ort\n1;A;Bern\n", ['1 A Bern'], 0 ],
	[ 'a title with empty cells', "Member list;;\n;;\nid;Name;Ort\n1;A;Bern\n", ['1 A Bern'], 0 ],
	[ 'comments above', "# exported 2026\n# by x\nid,name,city\n1,A,Bern\n", ['1 A Bern'], 0 ],
	[ 'empty lines', "id,name,city\n\n1,A,Bern\n,,\n\n2,B,Chur\n   \n", [ '1 A Bern', '2 B Chur' ], 0 ],
	[ 'the same column twice', "id,name,name,city\n1,A,B,Bern\n2,,C,Chur\n", [ '1 A Bern', '2 C Chur' ], 0 ],
	( map { [ "'$_' below the list", encode_utf8("id;name;city;Umsatz\n1;A;Bern;5\n$_\n"), ['1 A Bern'], 0 ] }
			'Total;;;11', 'Summe;;;5', ';Grand total;;5', ';Total général;;', ';Subtotal;;5',
				';Anzahl Einträge: 1;;',
		';Gesamt: 1 Betriebe;;', 'Quelle: Handelskammer, Stand 2025;;;', 'Source: city council;;;',
		';Stand: 1.1.2026;;', '* ohne Filialen;;;', '© 2026 Kammer;;;', ';Итого: 1;;', ';Ukupno;;5' ),
	[ 'names that begin as sums',
		"id,name,city\n1,Total Wine,Bern\n2,Source Records,Chur\n3,Summe & Co,Genf\n4,Total,Thun\n",
		[ '1 Total Wine Bern', '2 Source Records Chur', '3 Summe & Co Genf', '4 Total Thun' ], 0 ],
	# ---- JSON ----
	[ 'NDJSON with empty lines', qq({"id":1,"name":"A"}\r\n\r\n{"id":2,"name":"B"}\r\n), [ '1 A -', '2 B -' ], 0 ],
	[ 'objects without a line end between them', qq({"id":1,"name":"A"}{"id":2,"name":"B"}\n),
		[ '1 A -', '2 B -' ], 0 ],
	[ 'NaN', qq({"id":1,"name":"A","lat":NaN}\n{"id":2,"name":"B"}\n), ['2 B -'], 1 ],
	[ 'a NUL in a text', qq({"id":1,"name":"A\\u0000"}\n{"id":2,"name":"B"}\n), ['2 B -'], 1 ],
	[ 'values of other types',
		qq({"id":1,"name":123,"city":true}\n{"id":2,"name":null}\n{"id":3,"name":"B","city":false}\n),
		[ '1 123 -', '3 B -' ], 1 ],
	[ 'markup and references',
		encode_utf8(qq({"id":1,"name":"A &amp; B","city":"K&ouml;ln"}\n{"id":2,"name":"<b>X</b>"}\n)
			. qq({"id":3,"name":"1 < 2 & 3 > 2"}\n)), [ '1 A & B Köln', '2 X -', '3 1 < 2 & 3 > 2 -' ], 0 ],
	[ 'a name that is an e-mail address', qq({"id":1,"name":"info\@a.example"}\n{"id":2,"name":"B b\@b.example"}\n),
		['2 B -'], 1 ],
	[ 'features without a place', $json->encode({ type => 'FeatureCollection', features => [
				{ type => 'Feature', id => 1, geometry => undef, properties => { name => 'A', city => 'Bern' } },
				{ type => 'Feature', id => 2, geometry => { type => 'Point', coordinates => [] },
					properties => { name => 'B' } }, { type => 'Feature', properties => undef } ] }),
		[ '1 A Bern', '2 B -' ], 1 ],
	# ---- ids ----
	[ 'one id twice', "id,name,city\n1,A,Bern\n1,B,Bern\n", [ '1 A Bern', '1 B Bern' ], 0 ],
	[ 'ids that differ in letters and zeros', "id,name,city\n001,A,Bern\n1,B,Bern\nx,C,Bern\nX,D,Bern\n",
		[ '001 A Bern', '1 B Bern', 'x C Bern', 'X D Bern' ], 0 ],
);
for my $case (@files) {
	my ($title, $bytes, $right, $refused) = @$case;
	my ($records, $rejects) = Frames::of($bytes);
	my @is = map {
		my $r = $_;
		join ' ', map { defined $r->{$_} && $r->{$_} !~ /^contents:/ ? $r->{$_} : '-' } qw(external_id name city)
	} @$records;
	is_deeply([ @is, scalar @$rejects ], [ @$right, $refused ], $title) or diag explain $rejects;
}

# What is no list of businesses fails, with what is looked for or what to do.
for my $case (
	[ 'other separators', "id^name^city\n1^A^Bern\n", qr/no column is known as the name/ ],
	[ 'no header', "1,A,Weg 1,3000,Bern\n", qr/use --columns or --map/ ],
	[ 'a page', "<!DOCTYPE html><html><body>404</body></html>\n", qr/no column is known/ ],
	[ 'a card', "BEGIN:VCARD\nVERSION:3.0\nFN:A\nEND:VCARD\n", qr/no column is known/ ],
	[ 'bytes', "name\0\1\2\xff\0\0\xfe", qr/the file is not text/ ],
	[ 'one NUL in a text', "id,name,city\n1,A\0B,Bern\n2,C,Chur\n", qr/the file is not text/ ],
	[ 'JSON cut off', qq([{"id":1,"name":"A"},{"id":2,"na), qr/line 1, column 30: the string does not end/ ],
	[ 'half a unit of UTF-16', encode('UTF-16LE', "\x{feff}id;name\n1;A\n") . "\x31", qr/ends within a character/ ],
) {
	my ($title, $bytes, $why) = @$case;
	open my $out, '>:raw', (my $path = tempdir(CLEANUP => 1) . '/list') or die $!;
	print $out $bytes;
	close $out or die $!;
	my $said = qx($build/holdfast import --explain $path 2>&1);
	isnt($?, 0, "$title: refused");
	like($said, $why, 'with why');
}

# ---- single values: [fields, columns, row, right] ----
my @values = (
	# coordinates
	( map { [ 'lat lon', 'country;coordinates', "CH;$_->[0]", $_->[1] ? 'lat=47.3769000 lon=8.5417000' : '' ] }
			[ '47.3769, 8.5417', 1 ], [ '8.5417, 47.3769', 1 ], [ '47,3769 8,5417', 1 ], [ '47,3769, 8,5417', 1 ],
		[ '(47.3769, 8.5417)', 1 ], [ 'POINT(8.5417 47.3769)', 1 ], [ 'POINT(47.3769 8.5417)', 1 ],
		[ '47.3769N 8.5417E', 1 ], [ '47.3769/8.5417', 1 ], [ '[8.5417,47.3769]', 1 ], [ 'geo:47.3769,8.5417', 1 ],
		[ '47.3769', 0 ], [ '32T 465200 5247000', 0 ],
		[ '8FVC9G8F+6X', 0 ],
		[ '47.3769W 8.5417S', 0 ], [ '0,0', 0 ] ),
	( map { [ 'lat lon', 'country;coordinates', $_, 'lat=47.3686103 lon=8.5375042' ] }
			'CH;2683000 1247000', 'CH;683000/247000', 'CH;247000 683000' ),
	[ 'lat lon', 'country;coordinates', 'FR;2683000 1247000', '' ],
	( map { [ 'lat lon', 'country;lat;lon', "CH;$_->[0]", $_->[1] ? "lat=$_->[1] lon=$_->[2]" : '' ] }
			[ '47,3769;8,5417', '47.3769000', '8.5417000' ], [ '47.3769°;8.5417°', '47.3769000', '8.5417000' ],
		[ '4.73769E1;8.5417E0', '47.3769000', '8.5417000' ], [ '47 22 36;8 32 30', '47.3766667', '8.5416667' ],
		[ '47:22:36;8:32:30', '47.3766667', '8.5416667' ], [ q(47°22'36"N;8°32'30"O), '47.3766667', '8.5416667' ],
		[ '8.5417;47.3769', '47.3769000', '8.5417000' ],
		[ "47\x{a0}.3769;8.5417" ], [ '47..3769;8.5417' ], [ '47.3769;8.5417,5' ], [ '−47.3769;8.5417' ],
		[ '47.3769;NaN' ],
		[ '47.3769;' ], [ '47.376.900;8.541.700' ], [ '999;999' ], [ '0.8269;0.1491' ], [ '47.3769;0' ] ),
	[ 'lat lon', 'country;lat;lon', 'US;37.8;122.4', '' ], [ 'lat lon', 'country;lat;lon', 'US;-122.4;37.8',
		'lat=37.8000000 lon=-122.4000000' ],
	# addresses in one column
	( map { [ 'street postcode city region country', 'address', $_->[0], $_->[1] ] }
			[ '10 Downing Street, London SW1A 2AA',
				'street=10 Downing Street postcode=SW1A 2AA city=London country=GB' ],
		[ '10 Downing Street, London, SW1A 2AA, UK',
			'street=10 Downing Street postcode=SW1A 2AA city=London country=GB' ],
		[ 'SW1A 2AA London', 'postcode=SW1A 2AA city=London country=GB' ],
		[ 'London SW1A 2AA', 'postcode=SW1A 2AA city=London country=GB' ],
		[ '221B Baker St, London NW1 6XE', 'street=221B Baker St postcode=NW1 6XE city=London country=GB' ],
		[ 'Unit 5, 12 Main St, Dublin, D02 X285, Ireland',
			'street=Unit 5, 12 Main St postcode=D02 X285 city=Dublin country=IE' ],
		[ '100 King St W, Toronto, ON M5X 1A9, Canada',
			'street=100 King St W postcode=M5X 1A9 city=Toronto region=Ontario country=CA' ],
		[ 'Level 3, 100 George St, Sydney NSW 2000, Australia',
			'street=Level 3, 100 George St postcode=2000 city=Sydney region=New South Wales country=AU' ],
		[ '1600 Amphitheatre Pkwy, Mountain View, CA 94043-1351, USA',
			'street=1600 Amphitheatre Pkwy postcode=94043-1351'
				. ' city=Mountain View region=California country=US' ],
		[ 'Hauptstr. 5, D-10115 Berlin', 'street=Hauptstr. 5 postcode=10115 city=Berlin' ],
		[ 'Hauptstrasse 5 / 8001 Zürich', 'street=Hauptstrasse 5 postcode=8001 city=Zürich' ],
		[ 'Via Roma 12, 00184 Roma RM', 'street=Via Roma 12 postcode=00184 city=Roma region=Roma country=IT' ],
		[ 'Via Roma 12, 00184 Roma (RM), Italia',
			'street=Via Roma 12 postcode=00184 city=Roma region=Roma country=IT' ],
		[ '12 Rue X, 75001 Paris CEDEX 01', 'street=12 Rue X postcode=75001 city=Paris CEDEX 01' ],
		[ 'Dorpsstraat 5, 1234AB Utrecht', 'street=Dorpsstraat 5 postcode=1234AB city=Utrecht' ],
		[ '1011 Budapest, Fő utca 5., Magyarország', 'street=Fő utca 5. postcode=1011 city=Budapest country=HU' ],
		[ '1234 Main Street, Apt 5', 'street=1234 Main Street, Apt 5' ],
		[ '1234 Main Street', 'street=1234 Main Street' ],
		[ 'Bahnhofplatz, Zürich', 'street=Bahnhofplatz, Zürich' ],
		[ '8001 Zürich, Hauptstrasse 5', 'street=8001 Zürich, Hauptstrasse 5' ],
		[ qq("Weg 2\n7000 Chur\nSchweiz"), 'street=Weg 2 postcode=7000 city=Chur country=CH' ],
		[ qq("Weg 2,\r\n7000 Chur"), 'street=Weg 2 postcode=7000 city=Chur' ] ),
	# as each country writes them
	( map { [ 'street postcode city region country', 'country;address', $_->[0], $_->[1] ] }
			[ 'JP;〒150-0001 東京都渋谷区神宮前1-2-3',
				'street=東京都渋谷区神宮前1-2-3 postcode=150-0001 country=JP' ],
		[ ';1-2-3 Jingumae, Shibuya-ku, Tokyo 150-0001, Japan',
			'street=1-2-3 Jingumae, Shibuya-ku postcode=150-0001 city=Tokyo country=JP' ],
		[ ';Rua Augusta, 1234 - Consolação, São Paulo - SP, 01304-001, Brasil',
			'street=Rua Augusta, 1234 - Consolação postcode=01304-001 city=São Paulo region=São Paulo country=BR' ],
		[ 'BR;Rua Augusta, 1234 - Consolação, São Paulo - SP, 01304-001',
			'street=Rua Augusta, 1234 - Consolação postcode=01304-001 city=São Paulo region=São Paulo country=BR' ],
		[ 'BR;Av. Paulista, 1578, Bela Vista, São Paulo/SP, CEP 01310-200',
			'street=Av. Paulista, 1578, Bela Vista postcode=01310-200 city=São Paulo region=São Paulo country=BR' ],
		[ 'CZ;Vodičkova 681/14, 110 00 Praha 1',
			'street=Vodičkova 681/14 postcode=110 00 city=Praha 1 country=CZ' ],
		[ 'CZ;Vodičkova 681/14, Praha 1, 110 00',
			'street=Vodičkova 681/14 postcode=110 00 city=Praha 1 country=CZ' ],
		[ ';Vodičkova 681/14, 11000 Praha 1 - Nové Město, Česko',
			'street=Vodičkova 681/14 postcode=11000 city=Praha 1 - Nové Město country=CZ' ],
		[ ';123 Teheran-ro, Gangnam-gu, Seoul 06133, South Korea',
			'street=123 Teheran-ro, Gangnam-gu postcode=06133 city=Seoul country=KR' ],
		[ ';No. 88 Century Avenue, Pudong, Shanghai 200120, China',
			'street=No. 88 Century Avenue, Pudong postcode=200120 city=Shanghai country=CN' ],
		[ ';ul. Marszałkowska 10/12, 00-590 Warszawa, Polska',
			'street=ul. Marszałkowska 10/12 postcode=00-590 city=Warszawa country=PL' ],
		[ ';1011 Budapest, Fő utca 5., Magyarország', 'street=Fő utca 5. postcode=1011 city=Budapest country=HU' ],
		[ 'HU;Budapest, Fő utca 5, 1011', 'street=Budapest, Fő utca 5, 1011 country=HU' ],
		[ ';Bağdat Caddesi No:123, 34710 Kadıköy/İstanbul, Türkiye',
			'street=Bağdat Caddesi No:123 postcode=34710 city=Kadıköy region=İstanbul country=TR' ],
		[ ';12, MG Road, Bengaluru, Karnataka 560001, India',
			'street=12, MG Road postcode=560001 city=Bengaluru region=Karnātaka country=IN' ],
		[ 'IN;B-12, Connaught Place, New Delhi - 110001',
			'street=B-12, Connaught Place postcode=110001 city=New Delhi country=IN' ],
		[ ';12 George St, Sydney NSW 2000, Australia',
			'street=12 George St postcode=2000 city=Sydney region=New South Wales country=AU' ],
		[ 'AU;Shop 4, 12 George St, Parramatta, NSW 2150',
			'street=Shop 4, 12 George St postcode=2150 city=Parramatta region=New South Wales country=AU' ],
		[ ';Av. Insurgentes Sur 123, Col. Roma Norte, 06700 Ciudad de México, CDMX, México',
			'street=Av. Insurgentes Sur 123, Col. Roma Norte postcode=06700 city=Ciudad de México'
				. ' region=Ciudad de México country=MX' ],
		[ 'MX;Av. Juárez 50, Centro, 44100 Guadalajara, Jal.',
			'street=Av. Juárez 50, Centro postcode=44100 city=Guadalajara region=Jalisco country=MX' ],
		[ 'SG;1 Raffles Place, #20-61, Singapore 048616',
			'street=1 Raffles Place, #20-61 postcode=048616 city=Singapore country=SG' ],
		[ 'ES;Calle Mayor 5, 28013 Madrid (Madrid)',
			'street=Calle Mayor 5 postcode=28013 city=Madrid region=Madrid country=ES' ],
		[ ';C/ Mayor, 5, 2º B, 28013 Madrid, España',
			'street=C/ Mayor, 5, 2º B postcode=28013 city=Madrid country=ES' ],
		[ 'PT;Rua do Ouro 12, 1100-060 Lisboa', 'street=Rua do Ouro 12 postcode=1100-060 city=Lisboa country=PT' ],
		[ 'DK;Vestergade 3, 1456 København K', 'street=Vestergade 3 postcode=1456 city=København K country=DK' ],
		[ 'FI;Mannerheimintie 5, 00100 Helsinki',
			'street=Mannerheimintie 5 postcode=00100 city=Helsinki country=FI' ],
		[ 'SE;Storgatan 3, 114 55 Stockholm', 'street=Storgatan 3 postcode=114 55 city=Stockholm country=SE' ],
		[ 'FR;10 rue de la Paix 75002 Paris', 'street=10 rue de la Paix postcode=75002 city=Paris country=FR' ],
		[ 'DE;Hauptstraße 5 10115 Berlin', 'street=Hauptstraße 5 postcode=10115 city=Berlin country=DE' ],
		[ ';1600 Amphitheatre Pkwy, Mountain View, CA 94043, United States',
			'street=1600 Amphitheatre Pkwy postcode=94043 city=Mountain View region=California country=US' ],
		[ ';Hlavná 12, 811 01 Bratislava, Slovensko',
			'street=Hlavná 12 postcode=811 01 city=Bratislava country=SK' ],
		[ ';Strada Lipscani 12, București 030033, România',
			'street=Strada Lipscani 12 postcode=030033 city=București country=RO' ],
		[ ';Leoforos Vas. Sofias 12, Athina 106 74, Greece',
			'street=Leoforos Vas. Sofias 12 postcode=106 74 city=Athina country=GR' ],
		[ ';12 Jalan Ampang, 50450 Kuala Lumpur, Malaysia',
			'street=12 Jalan Ampang postcode=50450 city=Kuala Lumpur country=MY' ],
		[ 'GB;behind the old mill, ask for Joe', 'street=behind the old mill, ask for Joe country=GB' ],
		[ 'US;12345 Main Road, Springfield', 'street=12345 Main Road, Springfield country=US' ],
		[ 'US;Route 66, 12345 Main Street', 'street=Route 66, 12345 Main Street country=US' ],
		[ ';Hangzhou Road 5, Hangzhou, Zhejiang 310000, China',
			'street=Hangzhou Road 5 postcode=310000 city=Hangzhou region=Zhejiang Sheng country=CN' ],
		[ ';Connaught Place, Delhi 110001, India', 'street=Connaught Place postcode=110001 city=Delhi country=IN' ],
		[ ';Suwon-si, Gyeonggi-do 16490, South Korea',
			'postcode=16490 city=Suwon-si region=Gyeonggi-do country=KR' ],
		[ 'CZ;Praha, Vodičkova 5, 11000', 'street=Praha, Vodičkova 5, 11000 country=CZ' ],
		[ 'DE;Hauptstraße 5, 10115 Berlin, Hinterhof', 'street=Hauptstraße 5, 10115 Berlin, Hinterhof country=DE' ],
		[ 'CH;Weg 3 8001 Zürich', 'street=Weg 3 postcode=8001 city=Zürich country=CH' ],
		[ 'CH;Route de Lausanne 1200', 'street=Route de Lausanne 1200 country=CH' ],
		[ 'CH;Piazza 1200 Anni', 'street=Piazza 1200 Anni country=CH' ],
		[ 'HU;Fő utca 12 Budapest 1011', 'street=Fő utca 12 Budapest 1011 country=HU' ],
		[ 'BR;Rua Direita 12, Centro, Ouro Preto - MG',
			'street=Rua Direita 12, Centro, Ouro Preto - MG country=BR' ],
		[ 'IN;SHOP 5, 100000 Miles Cafe, Pune 411001',
			'street=SHOP 5, 100000 Miles Cafe postcode=411001 city=Pune country=IN' ],
		[ 'CO;Calle 50 #12-34, Bogotá', 'street=Calle 50 #12-34, Bogotá country=CO' ],
		[ ';Via Roma 12, 00184 Roma RM, Italia',
			'street=Via Roma 12 postcode=00184 city=Roma region=Roma country=IT' ],
		[ ';Avenida da Liberdade 110, 1269-046 Lisboa, Portugal',
			'street=Avenida da Liberdade 110 postcode=1269-046 city=Lisboa country=PT' ],
		[ ';Kungsgatan 5, 111 43 Stockholm, Sverige',
			'street=Kungsgatan 5 postcode=111 43 city=Stockholm country=SE' ],
		[ ';10 Downing Street, London SW1A 2AA, UK',
			'street=10 Downing Street postcode=SW1A 2AA city=London country=GB' ],
		[ ';Unit 5, 12345 Industrial Road', 'street=Unit 5, 12345 Industrial Road' ] ),
	[ 'street city', 'address;city', qq("Weg 1\n2. Stock";Bern), 'street=Weg 1, 2. Stock city=Bern' ],
	[ 'postcode city region', 'PLZ Ort', 'London SW1A 2AA', 'postcode=SW1A 2AA city=London' ],
	( map { [ 'street postcode city', 'street;zip;city', $_->[0], $_->[1] ] }
			[ 'Weg 1, 3000 Bern;3000;Bern', 'street=Weg 1 postcode=3000 city=Bern' ],
		[ 'Weg 1, 3000 Bern;3001;Bern', 'street=Weg 1, 3000 Bern postcode=3001 city=Bern' ],
		[ '3000 Bern;;', 'street=3000 Bern' ], [ 'Weg 1;;3000 Bern', 'street=Weg 1 postcode=3000 city=Bern' ],
		[ 'Weg 1;3000;3000 Bern', 'street=Weg 1 postcode=3000 city=Bern' ],
		[ 'Weg 1;3001;3000 Bern', 'street=Weg 1 postcode=3001 city=3000 Bern' ],
		[ 'Weg 1;;29 Palms', 'street=Weg 1 city=29 Palms' ] ),
	( map { [ 'postcode city', 'PLZ;Ort', $_->[0], $_->[1] ] } [ '8.001;Zürich', 'postcode=8001 city=Zürich' ],
		[ 'CH 8001;Zürich', 'postcode=8001 city=Zürich' ], [ '8001 Zürich;Zürich', 'postcode=8001 city=Zürich' ],
		[ 'SW1A 2AA;London', 'postcode=SW1A 2AA city=London' ],
		[ '114 55;Stockholm', 'postcode=114 55 city=Stockholm' ],
		[ '94043-1351;X', 'postcode=94043-1351 city=X' ], [ 'Zürich;8001', '' ], [ '8001;true', 'postcode=8001' ] ),
	# telephones
	( map { [ 'phone', 'country;phone', $_->[0], $_->[1] ? "phone=$_->[1]" : '' ] }
			[ 'DE;030/123456-0/-10', '+49301234560' ], [ 'CH;044 668 18 00 / 01', '+41446681800' ],
		[ 'DE;030 123456-12', '+493012345612' ], [ 'CH;Tel. 044 668 18 00 Fax 044 668 18 01', '+41446681800' ],
		[ 'CH;Fax: 044 668 18 01' ], [ 'CH;4.46682E+08' ], [ 'US;+1 415-555-2671 ext. 12', '+14155552671' ],
		[ 'FR;01 42 60 00 00 poste 12', '+33142600000' ], [ 'CH;true' ] ),
	# dates
	( map { [ 'closed', 'closed_on', $_->[0], $_->[1] ? "closed=$_->[1]" : '' ] } [ '2024-01-02', '2024-01-02' ],
		[ '2.1.2024', '2024-01-02' ], [ '02.01.2024', '2024-01-02' ], [ '13/02/2024', '2024-02-13' ],
		[ '02/13/2024', '2024-02-13' ], [ '01/02/2024', 'yes' ], [ '20240102', '2024-01-02' ],
		[ '45293', '2024-01-02' ],
		[ 'January 2, 2024', 'yes' ], [ '2. Januar 2024', 'yes' ], [ '02.01.24', 'yes' ], [ '2024', 'yes' ],
		[ '2099-01-01' ], [ '1.1.2099' ], [ '0000-00-00' ], [ '01.01.99' ], [ 'unknown' ] ),
	( map { [ 'extra.founded', 'founded', $_->[0], $_->[1] ? "founded=$_->[1]" : '' ] } [ '1999', '1999' ],
		[ '2.1.1999', '1999-01-02' ], [ '1999-05', '1999-05' ], [ '19990102', '1999-01-02' ],
		[ 'since 1999', 'since 1999' ], [ '01/02/1999', '01/02/1999' ], [ '0' ], [ '99' ], [ '36161' ],
		[ '1704153600' ],
		[ '0000-00-00' ], [ '2999' ] ),
	# what is ticked
	( map { [ 'extra.wheelchair', 'wheelchair', $_->[0], "wheelchair=$_->[1]" ] } [ 'ja', 'yes' ], [ 'Nein', 'no' ],
		[ 'OUI', 'yes' ], [ 'non', 'no' ], [ 'sì', 'yes' ], [ 'WAHR', 'yes' ], [ 'falsch', 'no' ], [ '1', 'yes' ],
		[ '0', 'no' ],
		[ 'x', 'yes' ], [ 'да', 'yes' ], [ 'НЕТ', 'no' ], [ 'não', 'no' ], [ 'TRUE', 'yes' ], [ 'nie', 'no' ],
		[ 'tak', 'yes' ],
		[ 'limited', 'limited' ], [ 'teilweise', 'teilweise' ] ),
	( map { [ 'closed', 'closed', $_->[0], $_->[1] ? 'closed=yes' : '' ] } [ 'ja', 1 ], [ 'nein' ], [ 'Oui', 1 ],
		[ 'да', 1 ],
		[ 'нет' ], [ 'x', 1 ], [ '0' ], [ 'VRAI', 1 ], [ 'sonntags' ], [ 'Mo' ], [ 'temporarily' ], [ 'n/a' ] ),
	( map { [ 'closed', 'is_open', $_->[0], $_->[1] ? 'closed=yes' : '' ] } [ 'ja' ], [ 'nein', 1 ], [ 'non', 1 ],
		[ 'нет', 1 ],
		[ '0', 1 ], [ '1' ], [ 'unknown' ] ),
	# hours
	( map { [ 'hours', 'country;opening hours', $_->[0], "hours=$_->[1]" ] }
			[ 'UA;Пн-Пт 9:00-18:00, Сб 10:00-15:00, Нд вихідний',
				'Mo-Fr 09:00-18:00; Sa 10:00-15:00; Su off' ],
		[ 'BG;Понеделник-Петък 9:00-18:00, Неделя почивен ден',
			'Mo-Fr 09:00-18:00; Su off' ],
		[ 'LB;الاثنين - الجمعة 9:00 - 17:00، السبت مغلق', 'Mo-Fr 09:00-17:00; Sa off' ],
		[ 'CH;Mo geschl., Di-Fr 9-18', 'Mo off; Tu-Fr 09:00-18:00' ], [ 'CH;tägl. 9-18 Uhr', 'Mo-Su 09:00-18:00' ],
		[ 'CH;Mo-Fr 9.5-12', 'Mo-Fr 9.5-12' ], [ 'SE;Mån–fre 9–18, lör 10–15, sön stängt',
			'Mo-Fr 09:00-18:00; Sa 10:00-15:00; Su off' ],
		[ 'HU;Hétfő-péntek 8-16, vasárnap zárva', 'Mo-Fr 08:00-16:00; Su off' ],
		[ 'FI;ma-pe 9-17, la 10-14, su suljettu', 'Mo-Fr 09:00-17:00; Sa 10:00-14:00; Su off' ],
		[ 'GR;Δευτέρα - Παρασκευή 9:00-17:00, Κυριακή κλειστά',
			'Mo-Fr 09:00-17:00; Su off' ],
		[ 'TR;Pazartesi-Cuma 09:00-18:00, Pazar kapalı', 'Mo-Fr 09:00-18:00; Su off' ],
		[ 'JP;月〜金 9:00〜18:00', 'Mo-Fr 09:00-18:00' ],
		[ 'DE;Mo-Fr 9-18 Uhr (Mi bis 20 Uhr)', 'Mo-Fr 9-18 Uhr (Mi bis 20 Uhr)' ] ),
	# web addresses
	( map { [ 'website', 'website', $_->[0], $_->[1] ? "website=$_->[1]" : '' ] }
			[ 'www.a.example', 'https://www.a.example' ],
		[ 'HTTP://A.Example/Path', 'http://a.example/Path' ], [ 'https://müller.example', 'https://müller.example' ],
		[ 'https://a.example:8443/x', 'https://a.example:8443/x' ], [ 'a.example.', 'https://a.example.' ],
		[ 'www,a.example' ],
		[ 'https://a..example' ], [ 'http:/a.example' ], [ 'https://192.168.0.1/' ], [ 'https://localhost/' ],
		[ 'keine' ],
		[ 'javascript:alert(1)' ], [ 'http://http://a.example' ], [ 'https://u:p@a.example' ],
		[ 'https://a.example:99999/' ] ),
);
# All of the same columns in one file.
my %rows;
push @{ $rows{ $_->[1] } }, $_ for @values;
for my $columns (sort keys %rows) {
	my $n = 0;
	my $text = join '', "id;name;$columns\n", map { ++$n . ";N;$_->[2]\n" } @{ $rows{$columns} };
	my ($records) = Frames::of(encode_utf8($text));
	my %by_id = map { $_->{external_id} => $_ } @$records;
	$n = 0;
	for my $case (@{ $rows{$columns} }) {
		my ($fields, undef, $row, $right) = @$case;
		is(line_of($by_id{ ++$n } // {}, split / /, $fields), $right, "$columns: " . $row =~ s/\s+/ /gr);
	}
}

# ---- parts of schema.org: [members, fields, right] ----
for my $case (
	[ { address => { streetAddress => 'Weg 1', postOfficeBoxNumber => '12', addressCountry => 'CH' } }, 'street',
		'street=Weg 1, Postfach 12' ],
	[ { address => { streetAddress => 'Weg 1', postOfficeBoxNumber => 'BP 12' } }, 'street', 'street=Weg 1, BP 12' ],
	[ { openingHours => { '@value' => 'Mo 10:00-18:00' } }, 'hours', 'hours=Mo 10:00-18:00' ],
	[ { address => { addressLocality => '3000 Bern' } }, 'postcode city', 'postcode=3000 city=Bern' ],
	[ { openingHours => [ 'Monday 9:00-17:00', 'Tuesday Closed' ] }, 'hours', 'hours=Mo 09:00-17:00; Tu off' ],
	[ { openingHours => 'Mo-Fr 9:00-5:00' }, 'hours', 'hours="Mo-Fr 9:00-5:00"' ],
	[ { openingHoursSpecification => { dayOfWeek => 'Monday', opens => '12:00 PM', closes => '12:00 AM' } }, 'hours',
		'hours=Mo 12:00-24:00' ],
	[ { openingHoursSpecification => { dayOfWeek => 'Monday', opens => '09:00', closes => '09:00' } }, 'hours',
		'hours="Monday 09:00-09:00"' ],
	[ { openingHoursSpecification => { dayOfWeek => 'Mondai', opens => '09:00', closes => '17:00' } }, 'hours',
		'hours=Mondai 09:00-17:00' ],
	[ { contactPoint => { telephone => '0446681800', name => 'P. Muster' } }, 'phone', '' ],
	[ { geo => { latitude => 0, longitude => 0 } }, 'lat lon', '' ],
) {
	my ($members, $fields, $right) = @$case;
	my ($records) = Frames::of($json->encode({ '@type' => 'Bakery', name => 'N', %$members }));
	is(line_of($records->[0] // {}, split / /, $fields), $right, 'schema.org: ' . $json->encode($members));
}

# ---- prices of schema.org: [as given, currency, as kept] ----
for my $case (
	[ '4,50', 'CHF', '4.50' ], [ '4.50', 'CHF', '4.50' ], [ 4.5, 'CHF', '4.5' ], [ "1'200.00", 'CHF', '1200.00' ],
	[ '1’200.-', 'CHF', '1200' ], [ '1.200,00', 'EUR', '1200.00' ], [ '1,200.00', 'USD', '1200.00' ],
	[ '12 345,60', 'EUR', '12345.60' ], [ 'CHF 15.–', 'CHF', '15' ], [ 'Fr. 12.50', 'CHF', '12.50' ],
	[ '€ 4,50', 'EUR', '4.50' ], [ '4,50 €', 'EUR', '4.50' ], [ '$10', 'USD', '10' ], [ '0', 'CHF', '0' ],
	[ '4,500', 'CHF', '4,500' ], [ '4.500', 'EUR', '4.500' ], [ 'ab 4.50', 'CHF', 'ab 4.50' ],
	[ '4.50–6.00', 'CHF', '4.50–6.00' ], [ 'free', 'CHF', 'free' ], [ '-3', 'CHF', '-3' ], [ '1e3', 'CHF', '1e3' ],
	[ '€ 4,50', 'CHF', '€ 4,50' ], [ "1'20", 'CHF', "1'20" ], [ '1,2,3', 'EUR', '1,2,3' ], [ '4.', 'EUR', '4.' ],
) {
	my ($given, $currency, $kept) = @$case;
	my $offer = { '@type' => 'Offer', name => 'X', price => $given, priceCurrency => $currency };
	my ($records) = Frames::of($json->encode({ '@type' => 'Store', name => 'N', makesOffer => $offer }));
	my $offers = $json->decode(encode_utf8($records->[0]{offers} // '{}'));
	is($offers->{items}[0]{price}, $kept, "a price of '$given' $currency");
}

# ---- workbooks: cells as [type, value, style]; styles are number, date, hh:mm, 00000 ----
sub book_of {
	my (@sheets) = @_;
	my @parts = (
		'xl/workbook.xml' => '<workbook xmlns:r="r"><sheets>' . join('', map {
				qq(<sheet name="S$_" sheetId="$_" r:id="r$_") . ($sheets[$_ - 1]{hidden} ? ' state="hidden"/>' : '/>')
			} 1 .. @sheets) . '</sheets></workbook>',
		'xl/_rels/workbook.xml.rels' => '<Relationships>' . join('', map {
				qq(<Relationship Id="r$_" Target="worksheets/s$_.xml"/>)
			} 1 .. @sheets) . '</Relationships>',
		'xl/styles.xml' => '<styleSheet><numFmts><numFmt numFmtId="170" formatCode="[$-407]hh:mm;@"/>'
			. '<numFmt numFmtId="171" formatCode="00000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
			. '<xf numFmtId="20"/><xf numFmtId="171"/><xf numFmtId="170"/></cellXfs></styleSheet>',
	);
	for my $n (1 .. @sheets) {
		my $row = 0;
		my $rows = join '', map {
			my $cells = $_;
			my $column = 'A';
			++$row;
			qq(<row r="$row">) . join('', map {
				my ($type, $value, $style) = ref $_ ? @$_ : ('inlineStr', $_, 0);
				my $cell = $column++ . $row;
				my $inner = $type eq 'inlineStr' ? "<is><t>$value</t></is>" : "<v>$value</v>";
				defined $value ? qq(<c r="$cell" t="$type" s="$style">$inner</c>) : ''
			} @$cells) . '</row>'
		} @{ $sheets[ $n - 1 ]{rows} };
		push @parts, "xl/worksheets/s$n.xml" => "<worksheet><sheetData>$rows</sheetData>"
			. join('', map {qq(<mergeCells count='1'><mergeCell\n ref='$_'/></mergeCells>)}
				@{ $sheets[ $n - 1 ]{merged} // [] })
			. '</worksheet>';
	}
	my $bytes = '';
	my $zip;
	while (my ($name, $text) = splice @parts, 0, 2) {
		if ($zip) { $zip->newStream(Name => $name) } else { $zip = IO::Compress::Zip->new(\$bytes, Name => $name) }
		$zip->print(encode_utf8($text));
	}
	$zip->close;
	return $bytes;
}
for my $case (
	[ 'times of the day', 'hours', [ [ 'id', 'name', 'Montag von', 'Montag bis', 'Dienstag von', 'Dienstag bis' ],
			[ 1, 'A', [ 'n', 0.375, 2 ], [ 'n', 0.75, 4 ], [ 'n', 0.333333333333333, 2 ], [ 'n', 1, 2 ] ] ],
		'hours=Mo 09:00-18:00; Tu 08:00-24:00' ],
	[ 'a date, and days as a plain number', 'closed', [ [ 'id', 'name', 'closed on' ],
		[ 1, 'A', [ 'n', 45293.5, 1 ] ] ],
		'closed=2024-01-02' ],
	[ 'booleans', 'extra.wheelchair', [ [ 'id', 'name', 'wheelchair' ], [ 1, 'A', [ 'b', 0, 0 ] ] ], 'wheelchair=no' ],
	[ 'cells that are missing at the end', 'name', [ [ 'id', 'name', map {"x$_"} 1 .. 9 ], [ 1, 'A' ] ], 'name=A' ],
	[ 'telephones without their 0, and errors', 'phone postcode', [ [ 'id', 'name', 'country', 'phone', 'PLZ' ],
			[ 1, 'A', 'CH', [ 'n', 446681800, 0 ], [ 'e', '#REF!', 0 ] ] ], 'phone=+41446681800' ],
	[ 'zeros that only the format shows', 'postcode', [ [ 'id', 'name', 'country', 'PLZ' ],
			[ 1, 'A', 'DE', [ 'n', 1067, 3 ] ] ], 'postcode=01067' ],
) {
	my ($title, $fields, $rows, $right) = @$case;
	my ($records, $rejects) = Frames::of(book_of({ rows => $rows }));
	is(line_of($records->[0] // {}, split / /, $fields), $right, "a workbook with $title") or diag explain $rejects;
}
{
	my ($records, $rejects) = Frames::of(book_of({ hidden => 1, rows => [ [ 'id', 'name' ], [ 1, 'Old' ] ] },
			{ rows => [ ['Members'], [], [ 'id', 'name', 'city' ], [ 2, 'New', 'Bern' ], ['Total: 1'],
				['Source: x'] ] }));
	is_deeply([ map { $_->{name} } @$records ], ['New'], 'of a workbook the first sheet that is shown');
	is(@$rejects, 0, 'without the lines below its list') or diag explain $rejects;
}

{
	my ($records, $rejects) = Frames::of(book_of({ merged => [ 'A1:D1', 'C3:C4', 'B4:B5' ], rows => [ ['Members'],
			[ 'id', 'name', 'category', 'city' ], [ 1, 'A_x000D_', 'Bakery', 'Bern' ],
			[ 2, 'パン</t><rPh sb="0" eb="2"><t>ぱん</t></rPh><t>屋', undef, 'Chur' ],
			[ 3, undef, undef, 'Thun' ] ] }));
	is(join(' ', map { line_of($_, qw(name categories)) } @$records),
		'name=A categories=bakery name=パン屋 categories=bakery',
		'a cell over two rows counts in both, but a name in one; readings and escapes are no text');
	is(@$rejects, 1, 'the row without a name is a reject');
}
{
	my $bytes = '';
	my $zip = IO::Compress::Zip->new(\$bytes, Name => 'notes.pdf');
	$zip->print('x' x 1000);
	for my $n (1, 2) {
		$zip->newStream(Name => "$n.csv");
		$zip->print("id,name\n$n,A\n" . "$n$n,B\n" x (2 - $n));
	}
	$zip->close;
	open my $out, '>:raw', (my $path = tempdir(CLEANUP => 1) . '/list.zip') or die $!;
	print $out $bytes;
	close $out or die $!;
	like(scalar qx($build/holdfast import --explain $path 2>&1), qr/packed file: 1\.csv, further packed file: 2\.csv,/,
		'of an archive the largest file of records is read, the others are named');
}

# ---- encodings of the smaller languages, by their letters ----
for my $case (
	[ 'iso-8859-16', 'Brânză și Pâine', 'Iași', 'ISO-8859-16' ], [ 'iso-8859-4',
		'Šūnu maiznīca Ķirsis', 'Rīga' ],
	[ 'iso-8859-10', 'Bakarí Þórður', 'Ísafjörður' ], [ 'iso-8859-3', 'Bäckerei Müller', 'Zürich' ],
) {
	my ($perl, $business, $city) = @$case;
	my ($records) = Frames::of(encode($perl, "name;city\n$business;$city\n", Encode::FB_CROAK), '--encoding', $perl);
	is("$records->[0]{name}/$records->[0]{city}", "$business/$city", "$perl by its name");
	($records) = Frames::of(encode($perl, "name;city\n$business;$city\n", Encode::FB_CROAK));
	ok(!@$records || "$records->[0]{name}/$records->[0]{city}" eq "$business/$city", "$perl is read right or refused")
		or diag "$records->[0]{name}/$records->[0]{city}";
}

# ---- --country against where a record lies ----
for my $case ([ '47.37;8.54', 'lat=47.3700000 lon=8.5400000 country=CH' ],
	[ '8.54;47.37', 'lat=47.3700000 lon=8.5400000 country=CH' ],
	[ '40.7;-74', 'country=CH' ], [ '47.55;7.6', 'lat=47.5500000 lon=7.6000000 country=CH' ], [ ';', 'country=CH' ],
	[ '52.5;13.4', 'country=CH' ]) {
	my ($records) = Frames::of("name;lat;lon\nN;$case->[0]\n", '--country', 'CH');
	is(line_of($records->[0], qw(lat lon country)), $case->[1], "$case->[0] in a file of --country CH");
}
done_testing;
