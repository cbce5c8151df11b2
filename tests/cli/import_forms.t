#!/usr/bin/perl
# Columns as lists of many countries call them, values as people write them there, objects as sites and maps publish
# them: what `import --explain` makes of the first records. No instance is needed.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use JSON::XS;
use Test::More;
use Tree;

my $dir = tempdir(CLEANUP => 1);
my $json = JSON::XS->new->canonical;

# The records that --explain shows of a file.
sub records_of {
	my ($text, @options) = @_;
	open my $out, '>:utf8', "$dir/list" or die $!;
	print $out $text;
	close $out or die $!;
	open my $in, '-|', "$build/holdfast", '--json', 'import', '--explain', @options, "$dir/list" or die $!;
	local $/;
	my ($told) = (<$in> // '') =~ /^(\{.*\})$/m;
	close $in;
	return @{ decode_json($told // '{}')->{records} // [] };
}

# name => [text, field => value, ...]; of several records: field of the n-th as "n.field"
my @lists = (
	'Belgium, in languages' => [
		"EntityNumber;Denomination;StreetNL;HouseNumber;Box;Zipcode;MunicipalityNL\n"
			. "0200.065.765;Bakkerij;Kerkstraat;12;3;1000;Brussel\n",
		street => 'Kerkstraat 12, 3', postcode => '1000', city => 'Brussel'
	],
	'suburb beside city' => [
		"NZBN,Entity Name,Trading Name,Address,Suburb,City,Postcode\n"
			. "9429000000000,Bread Ltd,Daily Bread,12 Queen St,CBD,Auckland,1010\n",
		name => 'Daily Bread', street => '12 Queen St, CBD', city => 'Auckland', country => 'NZ'
	],
	'Argentina' => [
		"CUIT;Nombre de fantasía;Razón social;Domicilio;Localidad;Provincia\n"
			. "30-71234567-1;Panadería;Pan SRL;San Martín 12;Rosario;Santa Fe\n",
		name => 'Panadería', alt_names => ['Pan SRL'], city => 'Rosario', region => 'Santa Fe', country => 'AR'
	],
	'number in front of its street' => [
		"id;nom;numero;rep;nom_voie;code_postal;nom_commune\n1;A;12;bis;Rue de la Paix;75002;Paris\n",
		street => '12 bis Rue de la Paix', city => 'Paris', postcode => '75002'
	],
	'a kind of street beside its name' => [
		"id;nombre;tipo_via;via;numero;piso;cp;municipio;pais\n1;A;Calle;Mayor;12;2º B;28013;Madrid;España\n",
		street => 'Calle Mayor 12, 2º B'
	],
	'Turkey' => [
		"Ünvan;Adres;İlçe;İl;Telefon\nFırın A.Ş.;Bağdat Cad. 5;Kadıköy;İstanbul;0216 123 45 67\n",
		name => 'Fırın A.Ş.', city => 'Kadıköy', region => 'İstanbul', phone => '+902161234567'
	],
	'Korea' => [
		"상호명,주소,전화번호,업종,영업시간\n빵집,서울특별시 중구 세종대로 110,02-123-4567,Bakery,매일 10:00-22:00\n",
		name => '빵집', street => '서울특별시 중구 세종대로 110', categories => ['bakery'], hours => 'Mo-Su 10:00-22:00'
	],
	'China' => [
		"名称,地址,城市,省份,电话\n面包店,人民路5号,上海,上海市,021-12345678\n",
		name => '面包店', street => '人民路5号', city => '上海', phone => '021-12345678'
	],
	'Portugal' => [
		"NIPC;Nome;Morada;Código Postal;Localidade;Telefone\n"
			. "500000000;Padaria;Rua Augusta 24;1100-053;Lisboa;213 456 789\n",
		city => 'Lisboa', country => 'PT', phone => '+351213456789'
	],
	'Russia, Greece by their numbers' => [
		"ИНН;Наименование;Адрес;Город;Индекс;Телефон\n"
			. "7707083893;ООО Хлеб;ул. Ленина, 5;Москва;101000;8 (495) 123-45-67\n",
		street => 'ул. Ленина, 5', city => 'Москва', country => 'RU', phone => '+74951234567'
	],
	'a word for the business in front' => [
		"business_name,business_address,business_city,business_state,business_zip,store_phone\n"
			. "A,12 Main St,Boston,MA,02108,617-555-0123\n",
		name => 'A', street => '12 Main St', city => 'Boston', region => 'Massachusetts', postcode => '02108',
		phone => '+16175550123'
	],
	'a representative is no part of a number' => [
		"id;name;rep;street;city\n1;A;Petra Muster;Weg 1;Bern\n",
		street => 'Weg 1', extra => undef
	],
	'kinds in pairs and in lists of Python' => [
		"id;name;city;category\n1;A;Paris;Boulangerie-pâtisserie\n2;B;Bern;Bar-Restaurant\n"
			. "3;C;Bern;\"['Dining and Drinking > Bakery', 'Café']\"\n",
		'1.categories' => ['bakery'], '2.categories' => [ 'bar', 'restaurant' ], '3.categories' => [ 'bakery', 'cafe' ]
	],
	'an answer of an API' => [
		qq({"status":"ok","data":{"items":[{"id":1,"name":"A","city":"Bern"},{"id":2,"name":"B","city":"Chur"}]}}\n),
		name => 'A', '2.city' => 'Chur'
	],
	'objects by their ids' =>
		[ qq({"k1":{"name":"A","city":"Bern"},"k2":{"name":"B","city":"Chur"}}\n), '2.name' => 'B' ],
	'persons and products within are no businesses' => [
		qq({"id":1,"employees":[{"name":"Petra"}],"owner":{"name":"Max"},"products":[{"name":"Bread"}]}\n),
		name => undef
	],
	'a record whose list stands before its name' =>
		[ qq({"items":[{"name":"Pizza"}],"name":"A","city":"Bern"}\n), name => 'A', '2.name' => undef ],
	'register of Czechia' => [
		qq({"ekonomickeSubjekty":[{"ico":"27074358","obchodniJmeno":"Pekárna","sidlo":{"kodStatu":"CZ",)
			. qq("nazevObce":"Praha","nazevUlice":"Hlavní","cisloDomovni":12,"psc":11000}}]}\n),
		name => 'Pekárna', street => 'Hlavní 12', city => 'Praha', postcode => '11000', country => 'CZ'
	],
	'register of Norway' => [
		qq([{"navn":"BAKER AS","forretningsadresse":{"landkode":"NO","postnummer":"0155","poststed":"OSLO",)
			. qq("adresse":["Storgata 1"]},"slettedato":"2024-02-01"}]\n),
		name => 'BAKER AS', street => 'Storgata 1', postcode => '0155', city => 'OSLO', country => 'NO',
		closed => '2024-02-01'
	],
	'details of a place of Google' => [
		qq({"result":{"name":"A","formatted_address":"Hauptstr. 5, 10115 Berlin, Germany",)
			. qq("geometry":{"location":{"lat":52.53,"lng":13.38}},"business_status":"CLOSED_PERMANENTLY",)
			. qq("opening_hours":{"periods":[{"open":{"day":1,"time":"0900"},"close":{"day":1,"time":"1700"}},)
			. qq({"open":{"day":6,"time":"2000"},"close":{"day":0,"time":"0200"}}]}},"status":"OK"}\n),
		name => 'A', city => 'Berlin', lat => '52.5300000', closed => 'yes',
		hours => 'Mo 09:00-17:00; Sa 20:00-02:00'
	],
	'intervals of days' => [
		qq({"name":"A","hours":{"monday":{"openIntervals":[{"start":"09:00","end":"17:00"}]},)
			. qq("tuesday":{"isClosed":true}},"address":{"line1":"12 Main St","city":"Boston","region":"MA"}}\n),
		hours => 'Mo 09:00-17:00; Tu off', street => '12 Main St', city => 'Boston', country => 'US'
	],
	'values of ArcGIS and Opendatasoft in groups' => [
		qq([{"attributes":{"NAME":"A"},"geometry":{"x":7.45,"y":46.95}},)
			. qq({"fields":{"nom":"B","geo_point_2d":[48.86,2.34]}}]\n),
		name => 'A', lat => '46.9500000', '2.name' => 'B', '2.lat' => '48.8600000'
	],
	'metres by crs' => [
		qq({"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::3857"}},)
			. qq("features":[{"type":"Feature","id":1,"geometry":{"type":"Point",)
			. qq("coordinates":[950855.5,6003543.2]},"properties":{"name":"A"}}]}\n),
		lat => '47.3752636', lon => '8.5416803', country => 'CH'
	],
	'the Swiss grids' => [ # of the first swisstopo says 46.0441306, 8.7304972
		"id,name,country,E,N\n1,A,CH,2700000,1100000\n2,B,CH,683256,247923\n3,C,,2600072,1200147\n",
		lat => '46.0441268', lon => '8.7304993', '2.lat' => '47.3768789', '3.lat' => undef
	],
	'postal codes of one country only' => [
		"id,name,city,postcode,phone\n1,A,Leeds,LS1 4AP,0113 496 0000\n2,B,Toronto,M5X 1A9,\n3,C,Dublin,D02 X285,\n",
		country => 'GB', phone => '+441134960000', '2.country' => 'CA', '3.country' => 'IE'
	],
	'a whole address where a street is expected' => [
		"id,name,street,city\n1,A,\"Weg 1, 3000 Bern\",\n2,B,\"Weg 1, Hinterhaus\",\n"
			. "3,C,\"Route 66, 12345 Main Street\",\n",
		street => 'Weg 1', postcode => '3000', city => 'Bern', '2.street' => 'Weg 1, Hinterhaus',
		'3.city' => undef
	],
	'Hungary and Ireland with the code last' => [
		"id,name,address,country\n1,A,\"Fő utca 5, Budapest, 1011\",HU\n"
			. "2,B,\"12 O'Connell Street, Dublin 1, D01 F5P2\",IE\n",
		street => 'Fő utca 5', city => 'Budapest', postcode => '1011', '2.city' => 'Dublin 1',
		'2.postcode' => 'D01 F5P2'
	],
	'a person in a group, before the name of the business' => [
		qq({"contact":{"name":"Max Muster","phone":"031 300 00 01","email":"m\@r.example"},"location":{"name":"HQ",)
			. qq("city":"Bern","country":"CH"},"name":"R AG"}\n),
		name => 'R AG', alt_names => undef, extra => undef, city => 'Bern', phone => '+41313000001'
	],
	'a person alone is no business' => [ qq({"id":1,"contact":{"name":"Max Muster"}}\n), name => undef ],
	'columns of days and of holidays, physical addresses' => [
		"name,Mailing City,Physical City,Mo-Fr,Sa,So,Feiertage\nR,Reno,Boston,8-18,9-12,geschlossen,geschlossen\n",
		city => 'Boston', hours => 'Mo-Fr 08:00-18:00; Sa 09:00-12:00; Su,PH off'
	],
	'a street in two languages' => [
		"id;name;streetname_fr;streetname_nl;house_number;postcode;city\n"
			. "1;A;Rue de l'Eglise;Kerkstraat;12;1000;Bruxelles\n2;B;;Kerkstraat;12;1000;Brussel\n",
		street => "Rue de l'Eglise 12", '2.street' => 'Kerkstraat 12'
	],
	Dutch => [
		"Bedrijfsnaam;Adres;Huisnr;Postcode;Plaats;Land;Telefoonnummer;Categorie;Openingstijden\n"
			. "Bakker A;Dorpsstraat;5;1234 AB;Utrecht;Nederland;030 123 4567;Bakkerij;ma-vr 9.00-17.30 uur\n",
		name => 'Bakker A', street => 'Dorpsstraat 5', postcode => '1234 AB', city => 'Utrecht', country => 'NL',
		phone => '+31301234567', hours => 'Mo-Fr 09:00-17:30', categories => ['bakery']
	],
	Spanish => [
		"Nombre comercial;Dirección;Código Postal;Localidad;Provincia;"
			. "País;Teléfono;Página web;Horario;Categoría\n"
			. 'Panadería Sol;Calle Mayor 12;28013;Madrid;Madrid;España;91 123 45 67;www.sol.example;'
			. "Lunes a viernes de 9:00 a 14:00 y de 17:00 a 20:00;Panaderías\n",
		name => 'Panadería Sol', street => 'Calle Mayor 12', postcode => '28013', city => 'Madrid', country => 'ES',
		phone => '+34911234567', website => 'https://www.sol.example', hours => 'Mo-Fr 09:00-14:00,17:00-20:00',
		categories => ['bakery']
	],
	Italian => [
		"Ragione sociale;Via;N. civico;C.A.P.;Comune;Prov.;Telefono;Sito web;Orario;Attività\n"
			. "Forno Rossi;Via Roma;12/A;00184;Roma;RM;06 1234567;http://rossi.example;"
			. "lun-ven 8:00-13:00 / 15:30-19:30;Panificio\n",
		name => 'Forno Rossi', street => 'Via Roma 12/A', postcode => '00184', city => 'Roma',
		hours => 'Mo-Fr 08:00-13:00,15:30-19:30', categories => ['bakery']
	],
	French => [
		"Dénomination;N° voie;Type de voie;Libellé voie;Code postal;Commune;Pays;Tél.;Site internet;Horaires\n"
			. '"Boulangerie X";12 bis;rue;de la Paix;75002;Paris;France;01 42 60 00 00;http://x.example;'
			. "du lundi au vendredi de 9h à 12h et de 14h à 18h30\n",
		name => 'Boulangerie X', street => '12 bis rue de la Paix', postcode => '75002', city => 'Paris',
		phone => '+33142600000', hours => 'Mo-Fr 09:00-12:00,14:00-18:30'
	],
	American => [
		"Company Name\tAddress Line 1\tAddress Line 2\tCity\tState/Province\tZip/Postal Code\tPhone Number\tWeb Site\n"
			. "Joe LLC\t12 Main St\tSuite 4\tBoston\tMA\t02108\t(617) 555-0123\tjoe.example\n",
		name => 'Joe LLC', street => '12 Main St, Suite 4', city => 'Boston', region => 'Massachusetts',
			postcode => '02108',
		website => 'https://joe.example'
	],
	Polish => [
		"Nazwa;Ulica;Nr domu;Kod pocztowy;Miasto;Kraj;Telefon;WWW;Godziny otwarcia\n"
			. "Piekarnia;Długa;5;00-001;Warszawa;Polska;22 123 45 67;www.p.example;"
			. "pon.-pt. 8:00-18:00, sob. 9:00-13:00\n",
		name => 'Piekarnia', street => 'Długa 5', postcode => '00-001', city => 'Warszawa', country => 'PL',
		hours => 'Mo-Fr 08:00-18:00; Sa 09:00-13:00'
	],
	Portuguese => [
		"Nome;Morada;Código postal;Cidade;Telefone;Horário\n"
			. "Padaria;Rua Augusta 5;1100-048;Lisboa;21 123 4567;Seg-Sex 9h-18h\n",
		street => 'Rua Augusta 5', postcode => '1100-048', city => 'Lisboa', hours => 'Mo-Fr 09:00-18:00'
	],
	Danish => [
		"Navn;Adresse;Postnr;By;Telefon;Hjemmeside;Åbningstider\n"
			. "Bageren;Vestergade 3;1456;København;33 12 34 56;www.b.example;man-fre 9-17, lør 9-14\n",
		name => 'Bageren', postcode => '1456', city => 'København', website => 'https://www.b.example',
		hours => 'Mo-Fr 09:00-17:00; Sa 09:00-14:00'
	],
	Swedish => [
		"Företagsnamn;Gatuadress;Postnummer;Postort;Telefonnummer;Öppettider\n"
			. "Bageri AB;Storgatan 3;114 55;Stockholm;08-123 456 00;mån-fre 07.00-18.00, lör-sön 09.00-15.00\n",
		name => 'Bageri AB', postcode => '114 55', hours => 'Mo-Fr 07:00-18:00; Sa,Su 09:00-15:00'
	],
	'the register Sirene' => [
		"siret,denominationUniteLegale,numeroVoieEtablissement,typeVoieEtablissement,libelleVoieEtablissement,"
			. "codePostalEtablissement,libelleCommuneEtablissement,etatAdministratifEtablissement\n"
			. "1,A,3,RUE,DU BAC,75007,PARIS 7,A\n2,B,4,RUE,DU BAC,75007,PARIS 7,F\n",
		external_id => '1', closed => undef, '2.closed' => 'yes', city => 'PARIS 7'
	],
	'Companies House' => [
		'CompanyName,CompanyNumber,RegAddress.AddressLine1,RegAddress.PostTown,RegAddress.PostCode,RegAddress.Country,'
			. "CompanyStatus,SICCode.SicText_1\nACME LTD,1234567,1 HIGH STREET,"
			. "LEEDS,LS1 4AP,UNITED KINGDOM,Active,Bakery\n",
		name => 'ACME LTD', street => '1 HIGH STREET', city => 'LEEDS', postcode => 'LS1 4AP', country => 'GB',
		categories => ['bakery']
	],
	'a register of Brazil' => [
		"CNPJ;Nome Fantasia;Logradouro;Número;Complemento;CEP;Município;UF;Situação Cadastral\n"
			. "12.345.678/0001-90;Padaria;Rua Augusta;24;Loja 2;01310-200;São Paulo;SP;ATIVA\n"
			. "98.765.432/0001-10;Fechada;Rua B;1;;01310-200;São Paulo;SP;BAIXADA\n",
		street => 'Rua Augusta 24, Loja 2', postcode => '01310-200', '2.closed' => 'yes'
	],
	'registers of Denmark, Poland and Sweden' => [
		"CVR;Virksomhedsnavn;Vejnavn;Husnr;Postnr;By;Ophørsdato\n1;Bageren;Strøget;5;1160;København;\n"
			. "2;Lukket;Strøget;6;1160;København;2020-01-31\n",
		street => 'Strøget 5', '2.closed' => '2020-01-31'
	],
	'closed in other words' => [
		"id,name,city,Status\n1,A,Bern,Definitiv geschlossen\n2,B,Bern,operational\n3,C,Bern,opgeheven\n",
		closed => 'yes', '3.closed' => 'yes'
	],
	'plurals with other vowels' => [
		"id,name,city,Kategorie\n1,A,Bern,Zahnärzte\n2,B,Bern,Bäckereien\n",
		categories => ['dentist'], '2.categories' => ['bakery']
	],
	'words cut short' => [
		"Nr.,Name,Strasse Nr.,PLZ Ort,Tel. Nr.,Kanton\n1,A,Weg 1,8000 Zürich,044 668 18 00,ZH\n",
		external_id => '1', street => 'Weg 1', postcode => '8000', city => 'Zürich', phone => '+41446681800'
	],
	'postcodes of other countries in front of a town' => [
		"id,name,PLZ/Ort\n1,A,1011 AB Amsterdam\n2,B,D-10115 Berlin\n3,C,\"Boston, MA 02108\"\n",
		postcode => '1011 AB', city => 'Amsterdam', '2.postcode' => '10115', '2.city' => 'Berlin',
		'3.postcode' => '02108', '3.city' => 'Boston'
	],
	'a brand as the only name' =>
		[ "Brand,Street,City\nShop,Main St 1,Dublin\n", name => 'Shop', street => 'Main St 1' ],
	'columns in brackets' => [
		"ID,NAME,LATITUDE (WGS84),LONGITUDE (WGS84),Telefon (Geschäft)\n1,A,46.948,7.4474,031 300 00 01\n",
		lat => '46.9480000', lon => '7.4474000', phone => '+41313000001'
	],
	'east and north' => [ "id,name,E,N\n1,A,7.4474,46.948\n", lat => '46.9480000', lon => '7.4474000' ],
	'several telephones in columns' => [
		"Firma;Telefon 1;Telefon 2;Mobil;Fax\nA;044 668 18 00;044 668 18 01;079 123 45 67;044 668 18 09\n",
		phone => '044 668 18 00', extra => { phones => '044 668 18 01; 079 123 45 67' }
	],
	'begin and end of each day in columns of their own' => [
		"id,name,Montag von,Montag bis,tue_open,tue_close\n1,A,09:00,12:00,closed,closed\n",
		hours => 'Mo 09:00-12:00; Tu off'
	],
	'hours of days in columns' => [
		"id,name,Mon,Tue,Wed,Thu,Fri,Sat\n"
			. "1,A,9am-5pm,09:00-12:00/13:00-17:00,closed,8.30 - 17,10am-noon,6pm - midnight\n",
		hours => 'Mo 09:00-17:00; Tu 09:00-12:00,13:00-17:00; We off; Th 08:30-17:00; Fr 10:00-12:00; Sa 18:00-24:00'
	],
	'columns called after days, read together' =>
		[ "id;name;Mo-Fr;Sa;So\n1;A;8-18 Uhr;9-12;geschlossen\n",
			hours => 'Mo-Fr 08:00-18:00; Sa 09:00-12:00; Su off' ],
	'halves of days in columns' => [
		"id;name;Öffnungszeiten Mo vormittags;Öffnungszeiten Mo nachmittags\n1;A;9-12;14-18\n",
		hours => 'Mo 09:00-12:00,14:00-18:00'
	],
	'words for opening hours of all languages in front of days' => [
		"id;name;Radno vreme pon-pet;Radno vreme ned\n1;A;8-18;zatvoreno\n", hours => 'Mo-Fr 08:00-18:00; Su off'
	],
	'one column that could be a day is none' => [ "id;name;Do\n1;A;9-12\n", hours => undef ],
	'begin and end of days under a word for hours' => [
		"id,name,hours_monday_open,hours_monday_close,hours_tuesday_open,hours_tuesday_close\n"
			. "1,A,09:00,17:00,closed,\n",
		hours => 'Mo 09:00-17:00; Tu off'
	],
	# ---- columns that tell the country, two names, kinds of further languages ----
	'SIRET tells the country' => [
		"SIRET;Nom;Voie;Numéro;Code postal;Ville;Téléphone\n"
			. "73282932000074;Boulangerie X;rue de la Paix;10;75002;Paris;01 42 60 00 00\n",
		country => 'FR', street => '10 rue de la Paix', phone => '+33142600000'
	],
	'CNPJ tells the country' => [
		"CNPJ;Nome Fantasia;Logradouro;Número;CEP;Município;UF;Telefone\n"
			. "12.345.678/0001-95;Padaria;Rua Augusta;24;01310-200;São Paulo;SP;(11) 3456-7890\n",
		country => 'BR', street => 'Rua Augusta 24', region => 'São Paulo', phone => '+551134567890'
	],
	'KVK tells the country' => [
		"KvK-nummer;Handelsnaam;Straat;Huisnummer;Postcode;Plaats;Telefoon\n"
			. "12345678;Bakker;Dorpsstraat;5;1234 AB;Utrecht;030 123 4567\n",
		country => 'NL', street => 'Dorpsstraat 5', phone => '+31301234567'
	],
	'CVR tells the country' => [
		"CVR-nummer;Navn;Vejnavn;Husnr;Postnr;By;Telefon\n"
			. "12345678;Bageren;Strøget;5;1160;København;33 12 34 56\n",
		country => 'DK', phone => '+4533123456'
	],
	'Companies House number tells the country' => [
		"CompanyNumber,CompanyName,RegAddress.AddressLine1,RegAddress.PostTown,RegAddress.PostCode\n"
			. "01234567,ACME LTD,1 HIGH STREET,LEEDS,LS1 4AP\n",
		street => '1 HIGH STREET', city => 'LEEDS'
	],
	'Y-tunnus tells the country' => [
		"Y-tunnus;Toiminimi;Katuosoite;Postinumero;Postitoimipaikka;Puhelin\n"
			. "0112038-9;Leipomo Oy;Mannerheimintie 5;00100;HELSINKI;09 123 4567\n",
		name => 'Leipomo Oy', country => 'FI', street => 'Mannerheimintie 5', postcode => '00100',
		city => 'HELSINKI', phone => '+35891234567'
	],
	'Partita IVA tells the country' => [
		"Partita IVA;Denominazione;Indirizzo;CAP;Comune;Prov;Telefono\n"
			. "01234567890;Forno Rossi;Via Roma 12;00184;Roma;RM;06 1234567\n",
		country => 'IT', region => 'Roma', phone => '+39061234567'
	],
	'region code without a country: RM' => [
		"id;nome;indirizzo;cap;comune;provincia\n"
			. "1;Forno;Via Roma 12;00184;Roma;RM\n",
		country => 'IT'
	],
	'region code without a country: SP' => [
		"id;nome;endereco;cidade;uf\n"
			. "1;Padaria;Rua A 1;São Paulo;SP\n",
		country => 'BR'
	],
	'region code without a country: W' => [
		"id;name;strasse;plz;ort;bundesland\n"
			. "1;Bäcker;Graben 1;1010;Wien;W\n",
		country => 'AT'
	],
	'region code without a country: ZH' => [
		"id;name;strasse;plz;ort;kanton\n"
			. "1;Bäcker;Weg 1;8001;Zürich;ZH\n",
		country => 'CH', region => 'Zürich'
	],
	'a column of cantons of Bosnia is none of Switzerland' => [
		"id;name;ulica;mesto;kanton\n1;Pekara;Titova 1;Zenica;Zeničko-dobojski kanton\n"
			. "2;Bäcker;Weg 1;Bern;Kanton Bern\n",
		country => undef, '2.country' => 'CH'
	],
	'a Polish list is not of Poland alone' => [
		"id;nazwa;ulica;kod pocztowy;miasto\n1;Piekarnia;Hauptstr. 5;10115;Berlin\n", country => undef
	],
	'Firmenbuchnummer' => [
		"Firmenbuchnummer;Firma;Straße;Hausnr;PLZ;Ort\n"
			. "123456a;Bäcker GmbH;Graben;1;1010;Wien\n",
		street => 'Graben 1', city => 'Wien', country => 'AT'
	],
	'ABN' => [
		"ABN,Business Name,Street Number,Street Name,Suburb,State,Postcode\n"
			. "51824753556,Joe's,12,George St,Parramatta,NSW,2150\n",
		street => '12 George St', city => 'Parramatta', country => 'AU', region => 'New South Wales'
	],
	'IČO' => [
		"IČO;Název;Ulice;Číslo domovní;PSČ;Obec\n"
			. "12345678;Pekárna;Hlavní;12;110 00;Praha\n",
		name => 'Pekárna', street => 'Hlavní 12', postcode => '110 00', city => 'Praha'
	],
	'NIP i REGON' => [
		"NIP;REGON;Nazwa firmy;Ulica;Nr domu;Kod;Miejscowość;Województwo\n"
			. "5261040828;012345678;Piekarnia;Długa;5;00-238;Warszawa;mazowieckie\n",
		name => 'Piekarnia', street => 'Długa 5', city => 'Warszawa', country => 'PL', region => 'Mazowieckie'
	],
	'organisasjonsnummer' => [
		"Organisasjonsnummer;Navn;Forretningsadresse.adresse;Forretningsadresse.postnummer;"
			. "Forretningsadresse.poststed\n"
			. "923609016;Baker AS;Storgata 1;0155;OSLO\n",
		name => 'Baker AS', street => 'Storgata 1', postcode => '0155', city => 'OSLO'
	],
	'RFC Mexico DENUE' => [
		"id,nom_estab,raz_social,nombre_act,tipo_vial,nom_vial,numero_ext,nomb_asent,cod_postal,"
			. "entidad,municipio,telefono,www,latitud,longitud\n"
			. "1,PANADERIA EL SOL,,Panificación tradicional,CALLE,JUAREZ,12,CENTRO,44100,JALISCO,"
			. "Guadalajara,3331234567,,20.676,-103.347\n",
		name => 'PANADERIA EL SOL', street => 'CALLE JUAREZ 12, CENTRO', postcode => '44100',
		city => 'Guadalajara', region => 'Jalisco', country => 'MX', phone => '+523331234567'
	],
	'Razón social beside Nombre comercial' => [
		"id;Razón social;Nombre comercial;Municipio\n"
			. "1;Panificadora Sol S.L.;Panadería Sol;Madrid\n",
		name => 'Panadería Sol', alt_names => [ 'Panificadora Sol S.L.' ]
	],
	'Nombre comercial beside Razón social' => [
		"id;Nombre comercial;Razón social;Municipio\n"
			. "1;Panadería Sol;Panificadora Sol S.L.;Madrid\n",
		name => 'Panadería Sol', alt_names => [ 'Panificadora Sol S.L.' ]
	],
	'Trading name beside legal name' => [
		"id,Legal Name,Trading Name,City\n"
			. "1,Joe Foods Ltd,Joe's Diner,Leeds\n",
		name => q{Joe's Diner}, alt_names => [ 'Joe Foods Ltd' ]
	],
	'trade name missing' => [
		"id,Legal Name,Trading Name,City\n"
			. "1,Joe Foods Ltd,,Leeds\n",
		name => 'Joe Foods Ltd', alt_names => undef
	],
	'Danish kinds' => [
		"id;navn;by;branche\n"
			. "1;A;Aarhus;Bageri\n"
			. "2;B;Aarhus;Frisør\n"
			. "3;C;Aarhus;Tandlæge\n",
		categories => [ 'bakery' ], '2.categories' => [ 'hairdresser' ], '3.categories' => [ 'dentist' ]
	],
	'Finnish kinds' => [
		"id;nimi;kaupunki;toimiala\n"
			. "1;A;Turku;Leipomo\n"
			. "2;B;Turku;Kampaamo\n"
			. "3;C;Turku;Hammaslääkäri\n",
		name => 'A', city => 'Turku', categories => [ 'bakery' ], '2.categories' => [ 'hairdresser' ],
		'3.categories' => [ 'dentist' ]
	],
	'Norwegian kinds' => [
		"id;navn;sted;bransje\n"
			. "1;A;Oslo;Bakeri\n"
			. "2;B;Oslo;Frisør\n"
			. "3;C;Oslo;Tannlege\n",
		categories => [ 'bakery' ], '2.categories' => [ 'hairdresser' ], '3.categories' => [ 'dentist' ]
	],
	'Swedish kinds' => [
		"id;namn;ort;bransch\n"
			. "1;A;Lund;Bageri\n"
			. "2;B;Lund;Frisör\n"
			. "3;C;Lund;Tandläkare\n",
		categories => [ 'bakery' ], '2.categories' => [ 'hairdresser' ], '3.categories' => [ 'dentist' ]
	],
	'Google Takeout places API' => [
		qq({"places":[{"id":"ChIJx","displayName":{"text":"Café Sol","languageCode":"de"},)
			. qq("formattedAddress":"Hauptstr. 5, 10115 Berlin, Germany","location":{"latitude":52.53,)
			. qq("longitude":13.38},"nationalPhoneNumber":"030 1234567",)
			. qq("internationalPhoneNumber":"+49 30 1234567","websiteUri":"https://sol.example/",)
			. qq("businessStatus":"OPERATIONAL","regularOpeningHours":{"weekdayDescriptions":["Monday: 9:)
			. qq(00 AM – 5:00 PM","Tuesday: Closed"]},"primaryType":"cafe"}]}\n),
		name => 'Café Sol', city => 'Berlin', postcode => '10115', phone => '+49301234567',
		website => 'https://sol.example/', hours => 'Mo 09:00-17:00; Tu off', categories => [ 'cafe' ],
		lat => '52.5300000'
	],
	'Yelp fusion' => [
		qq({"businesses":[{"id":"y1","name":"Joe","is_closed":false,)
			. qq("categories":[{"alias":"bakeries","title":"Bakeries"}],"coordinates":{"latitude":37.77,)
			. qq("longitude":-122.42},"location":{"address1":"12 Main St","address2":"",)
			. qq("city":"San Francisco","zip_code":"94103","country":"US","state":"CA"},)
			. qq("phone":"+14155550123","display_phone":"(415) 555-0123","price":"\$\$"}]}\n),
		name => 'Joe', street => '12 Main St', city => 'San Francisco', postcode => '94103', country => 'US',
		phone => '+14155550123', lat => '37.7700000', categories => [ 'bakery' ], closed => undef
	],
	'Facebook page' => [
		qq({"id":"123","name":"Bakery","category":"Bakery","location":{"street":"Main St 1",)
			. qq("city":"Bern","country":"Switzerland","zip":"3000","latitude":46.94,"longitude":7.44},)
			. qq("phone":"+41 31 300 00 01","website":"http://b.example","hours":{"mon_1_open":"09:00",)
			. qq("mon_1_close":"12:00","mon_2_open":"13:00","mon_2_close":"17:00"},)
			. qq("is_permanently_closed":false}\n),
		name => 'Bakery', street => 'Main St 1', city => 'Bern', country => 'CH', phone => '+41313000001',
		hours => 'Mo 09:00-12:00,13:00-17:00', categories => [ 'bakery' ]
	],
	'Foursquare' => [
		qq({"fsq_place_id":"f1","name":"Bar","latitude":47.37,"longitude":8.54,"address":"Weg 1",)
			. qq("locality":"Zürich","region":"ZH","postcode":"8001","country":"CH",)
			. qq("tel":"044 300 00 01","website":"http://bar.example","date_closed":"2023-05-01",)
			. qq("fsq_category_labels":["Dining and Drinking > Bar"]}\n),
		name => 'Bar', city => 'Zürich', closed => '2023-05-01', phone => '+41443000001',
		categories => [ 'bar' ]
	],
	'schema.org department hours' => [
		qq({"\@context":"https://schema.org","\@type":["Bakery","CafeOrCoffeeShop"],"name":"X",)
			. qq("openingHours":["Mo-Fr 07:00-18:00","Sa 07:00-12:00"],)
			. qq("address":{"\@type":"PostalAddress","streetAddress":"Weg 1","addressLocality":"Bern",)
			. qq("addressCountry":{"\@type":"Country","name":"Schweiz"}},"telephone":["031 300 00 01",)
			. qq("031 300 00 02"]}\n),
		hours => 'Mo-Fr 07:00-18:00; Sa 07:00-12:00', country => 'CH', phone => '+41313000001',
		extra => { phones => '+41313000002' }
	],
	'schema.org closed all day spec' => [
		qq({"\@context":"http://schema.org","\@type":"Dentist","name":"X",)
			. qq("openingHoursSpecification":[{"dayOfWeek":"Sunday","opens":"","closes":""},)
			. qq({"dayOfWeek":"Monday","opens":"09:00","closes":"17:00"}]}\n),
		hours => 'Sunday -; Monday 09:00-17:00'
	],
	'chamber list' => [
		"Mitglieder 2026;;;;\n"
			. ";;;;\n"
			. "Firma;Inhaber;Adresse;Ort;Tel. / Fax\n"
			. "Muster AG;Max Muster;Weg 1;8001 Zürich;044 300 00 01 / 044 300 00 02\n",
		name => 'Muster AG', street => 'Weg 1', postcode => '8001', city => 'Zürich'
	],
	'hours of days in German columns' => [
		"Name;Ort;Mo von;Mo bis;Di von;Di bis\n"
			. "A;Bern;08:00;12:00;;\n",
		hours => 'Mo 08:00-12:00'
	],
	Serbian => [
		"naziv;ulica;broj;poštanski broj;mesto;država;telefon;veb sajt;radno vreme\n"
			. "Zora;Кнеза Милоша;12;11000;Beograd;Srbija;011/3123-456;www.zora.example;pon-pet 7-20h\n",
		name => 'Zora', street => 'Кнеза Милоша 12', postcode => '11000', city => 'Beograd', country => 'RS',
		phone => '+381113123456', website => 'https://www.zora.example', hours => 'Mo-Fr 07:00-20:00'
	],
	Arabic => [
		"الاسم,العنوان,المدينة,الهاتف,الدولة\n"
			. "مخبز النور,شارع الحمرا 5,بيروت,٠١ ٣٤٥ ٦٧٨,لبنان\n",
		name => 'مخبز النور', street => 'شارع الحمرا 5', city => 'بيروت',
			country => 'LB', phone => '01 345 678'
	],
	'a kind of street behind its name' => [
		"DBA Name,Street Number,Street Name,Street Type,Unit,City\nJoe,1234,Mission,ST,#5,San Francisco\n",
		street => '1234 Mission ST, #5'
	],
	'an address beside a column of numbers' =>
		[ "Handelsnaam,Adres,Huisnummer,Toevoeging\nFietser,Oudegracht,112,bis\n", street => 'Oudegracht 112 bis' ],
	'east in front of north' => [ qq(id,name,lon_lat\n1,A,"8.5417, 47.3769"\n), lat => '47.3769000',
		lon => '8.5417000' ],
	'geometries as text' => [
		qq(id,name,geometry\n1,A,SRID=4326;POINT(8.5 47.3)\n2,B,POINT Z (8.5 47.3 400)\n)
			. qq(3,C,"{""type"":""Point"",""coordinates"":[8.5,47.3]}"\n),
		lat => '47.3000000', '2.lat' => '47.3000000', '3.lon' => '8.5000000'
	],
	'other geometries are no place' => [ qq(id,name,geometry\n1,A,"MULTIPOINT((8.5 47.3))"\n), lat => undef ],
	'words of registers for who is gone' => [
		"id;name;Status\n1;A;Fermé définitivement\n2;B;CESSÉ\n3;C;Vorübergehend geschlossen\n",
		closed => 'yes', '2.closed' => 'yes', '3.closed' => undef
	],
	'kinds with an "and" between them' =>
		[ "id;name;category\n1;A;Restaurantes y cafés\n2;B;Bed and breakfast\n", categories => [ 'restaurant',
			'cafe' ] ],
	'a postcode that a spreadsheet has as a number' => [ "id;name;PLZ\n1;A;8001.00\n", postcode => '8001' ],
	'quotes that backslashes protect' =>
		[ qq(id,name,city\n1,"B \\"x\\"",Chur\n2,"C:\\",Bern\n), name => 'B "x"', '2.name' => 'C:\\',
			'2.city' => 'Bern' ],
	'quotes inside of a value that are not doubled' =>
		[ qq(id,name,city\n1,"A "B" C",Bern\n2,D,Chur\n), external_id => '2', name => 'D' ],
	'records under a name of their list' =>
		[ qq({"total":2,"results":[{"id":1,"name":"A"},{"id":2,"name":"B"}]}\n), name => 'A', '2.name' => 'B' ],
	'a company beside the name of a person' => [
		"Firma;Name;Vorname;Ort\nA AG;Muster;Petra;Bern\n;Muster;Petra;Bern\n", name => 'A AG', '2.name' => undef
	],
	'a line of sums below a list' => [
		"id,name,city\n1,A,Bern\n,Total: 1,\n2,Total Wine,Chur\n", name => 'A', '2.name' => 'Total Wine',
		'3.name' => undef
	],
	'a register that marks who is gone' => [
		"id;name;Betriebsstatus;gelöscht am\n1;A;aktiv;\n2;B;erloschen;31.12.2024\n", closed => undef,
		'2.closed' => '2024-12-31'
	],
);

sub business {
	my (%more) = @_;
	return $json->encode({ '@context' => 'https://schema.org', '@type' => 'Bakery', name => 'A', %more }) . "\n";
}
sub hours_at {
	my ($days, $opens, $closes, @more) = @_;
	return { dayOfWeek => $days, opens => $opens, closes => $closes, @more };
}
sub feature {
	my ($geometry, %tags) = @_;
	return $json->encode({ type => 'Feature', geometry => $geometry, properties => \%tags }) . "\n";
}
sub overpass { return $json->encode({ version => 0.6, elements => [@_] }) }
my $ring = [ [ 9, 47 ], [ 9.2, 47 ], [ 9.2, 47.2 ], [ 9, 47.2 ], [ 9, 47 ] ];

push @lists, (
	'an offset that the place has' => [
		business(address => { addressCountry => 'CH' },
			openingHoursSpecification => hours_at('Monday', '09:00:00+01:00', '17:00:00+01:00')),
		hours => 'Mo 09:00-17:00'
	],
	'an offset that it does not have' => [
		business(address => { addressCountry => 'CH' },
			openingHoursSpecification => hours_at('Monday', '09:00-08:00', '17:00-08:00')),
		hours => 'Monday 09:00-08:00-17:00-08:00'
	],
	'times without a day' =>
		[ business(openingHoursSpecification => hours_at(undef, '09:00', '17:00')), hours => '"09:00-17:00"' ],
	'short names of days are read together' =>
		[ business(openingHoursSpecification => hours_at([qw(Mo Di Mi)], 'T09:00', 'T17:00')),
			hours => 'Mo-We 09:00-17:00' ],
	'a season that is over' => [
		business(openingHoursSpecification => [
			hours_at('Monday', '9:00', '17:00', validFrom => '2020-01-01', validThrough => '2020-12-31'),
			hours_at('Monday', '10:00', '16:00') ]),
		hours => 'Mo 10:00-16:00'
	],
	'overlaps are united' => [
		business(openingHoursSpecification =>
				[ hours_at('Monday', '09:00', '12:00'), hours_at('Monday', '11:00', '15:00') ]),
		hours => 'Mo 09:00-15:00'
	],
	'closed beside times' =>
		[ business(openingHours => [ 'Mo 9:00-12:00', 'Mo closed' ]), hours => '"Mo 9:00-12:00; Mo closed"' ],
	'one entry that is no time' => [
		business(openingHours => [ 'Monday to Friday: 9am to 5.30pm', 'Saturday: By appointment' ]),
		hours => 'Monday to Friday: 9am to 5.30pm; Saturday: By appointment'
	],
	'days as members of an object' => [
		business(openingHoursSpecification => { Monday => { opens => '09:00', closes => '17:00' },
			Tuesday => '9:00-17:00' }),
		hours => 'Mo,Tu 09:00-17:00'
	],
	'closed said in the times' => [
		business(openingHoursSpecification =>
				[ hours_at('Monday', 'Closed', 'Closed'), hours_at('Tuesday', '10:00 a.m.', '10:00 p.m.') ]),
		hours => 'Mo off; Tu 10:00-22:00'
	],
	'hours of a graph by reference, in a list of blocks' => [
		$json->encode([ { '@context' => 'https://schema.org', '@graph' => [
			{ '@type' => 'WebPage', '@id' => '#p' },
			{ '@type' => 'Bakery', '@id' => '#b', name => { '@set' => ['A'] }, geo => { '@id' => '#g' },
				openingHoursSpecification => [ { '@id' => '#h' } ] },
			{ '@type' => 'OpeningHoursSpecification', '@id' => '#h', %{ hours_at('Monday', '9:00', '12:00') } },
			{ '@type' => 'GeoCoordinates', '@id' => '#g', latitude => '47,1', longitude => 8.2 } ] } ]) . "\n",
		external_id => '#b', name => 'A', hours => 'Mo 09:00-12:00', lat => '47.1000000'
	],
	'the middle of a box' => [
		business(geo => { '@type' => 'GeoShape', box => '47.0,8.0 47.2,8.2' }), lat => '47.1000000',
		lon => '8.1000000'
	],
	'a polygon is no place of a business' =>
		[ business(geo => { '@type' => 'GeoShape', polygon => '47 8 47 9 48 9 47 8' }), lat => undef ],
	'of several locations the first' => [
		business(location => [ map { { '@type' => 'Place', address => { streetAddress => $_ } } } 'A 1', 'B 2' ]),
		street => 'A 1'
	],
	'an address of a picture without a host' =>
		[ business(logo => '/logo.png', image => [ 'a.jpg', 'https://x.example/b.jpg' ]),
			extra => { image => 'https://x.example/b.jpg' } ],
	'an address in one line' => [
		business(address => 'Hauptstrasse 5, 8000 Zürich, Schweiz'), street => 'Hauptstrasse 5', postcode => '8000',
		city => 'Zürich', country => 'CH'
	],
	'an address in one line of America' => [
		business(address => '12 Main St, Suite 4, Boston, MA 02108, USA'), street => '12 Main St, Suite 4',
		city => 'Boston', region => 'Massachusetts', postcode => '02108', country => 'US'
	],
	'an address in one line that is not understood stays whole' =>
		[ business(address => 'behind the church, Bern'), street => 'behind the church, Bern', city => undef ],
	'an address in several lines' => [
		business(address => [ 'Hauptstrasse 6', '8000 Zürich' ]), street => 'Hauptstrasse 6', city => 'Zürich'
	],
	'a place as a circle, an area by its radius' => [
		business(geo => { '@type' => 'GeoShape', circle => '47.1 8.2 500' },
			serviceArea => { '@type' => 'GeoCircle', geoRadius => '50 km' }),
		lat => '47.1000000', lon => '8.2000000', extra => { service_radius_km => '50' }
	],
	'keys of JSON-LD without the at sign' => [
		qq({"\@context":"https://schema.org","type":"Dentist","id":"#d","name":"A",)
			. qq("address":{"type":"PostalAddress","streetAddress":"Weg 3"}}\n),
		external_id => '#d', categories => ['dentist'], street => 'Weg 3'
	],
	'a concept as a further type' => [
		business(additionalType => 'https://www.wikidata.org/wiki/Q1'), categories => ['bakery']
	],
	'ids of OpenStreetMap with their type, in any form' => [
		join('', map { $json->encode({ id => $_, name => 'A', shop => 'bakery' }) . "\n" } 'node_4711', 'way-5', 'N6'),
		external_id => 'n4711', '2.external_id' => 'w5', '3.external_id' => 'n6'
	],
	'names of Overture in other languages' => [
		feature({ type => 'Point', coordinates => [ 8, 47 ] }, id => 'a',
			names => { primary => 'A', common => { de => 'A', fr => 'B' } },
			addresses => [ { region => 'CH-ZH', country => 'CH' } ]),
		alt_names => ['B'], region => 'Zürich'
	],
	'an area is inside of itself' => [
		feature({ type => 'MultiPolygon', coordinates => [ [$ring] ] }, '@id' => 'relation/7', shop => 'mall',
			name => 'A'),
		external_id => 'r7', lat => '47.1000000', lon => '9.1000000'
	],
	'things of the street are no business' => [
		overpass(
			{ type => 'node', id => 1, lat => 47.1, lon => 9, tags => { amenity => 'bench', name => 'Bank' } },
			{ type => 'node', id => 2, lat => 47.1, lon => 9 },
			{ type => 'node', id => 3, lat => 47.1, lon => 9, tags => { amenity => 'cafe', name => 'C' } }),
		name => 'C', '2.name' => undef
	],
	'a pub that was given up, in a month of a year' => [
		overpass({
			type => 'node', id => 3, lat => 47.1, lon => 9,
			tags => { 'abandoned:amenity' => 'pub', name => 'Z', end_date => '2019-05' }
		}),
		closed => 'yes'
	],
);
while (my ($name, $list) = splice @lists, 0, 2) {
	my ($text, %right) = @$list;
	my @records = records_of($text);
	my %seen;
	for my $key (keys %right) {
		my ($n, $field) = $key =~ /^(\d)\.(\w+)$/ ? ($1 - 1, $2) : (0, $key);
		$seen{$key} = $records[$n]{$field};
	}
	is_deeply(\%seen, \%right, $name) or diag explain \@records;
}

# ---- all that an import would say ----
{
	open my $out, '>', "$dir/list" or die $!;
	print $out "SIRET,name,city,email\n1,A,Bern,a\@b.example\n2,,Bern,\n3,B,Chur,x,y,z\n4,C\n";
	close $out or die $!;
	open my $in, '-|', "$build/holdfast", 'import', '--explain', "$dir/list" or die $!;
	my $text = do { local $/; <$in> };
	close $in;
	like($text, qr/^2 records would be taken, 2 rejected/m, 'how many are rejected');
	like($text, qr/an import would stop: 2 of 4 records were rejected/, 'that they are too many');
	like($text, qr/^  look at line 4: rejected: 6 values where the header has 4$/m, 'where and why');
	like($text, qr/^  rejected because: .*the record has no name \(1\)/m, 'each cause, counted');
	like($text, qr/contact data left out: 1 e-mail/, 'what is never kept');
	like($text, qr/countries found by columns: FR \(2\)/, 'countries that the records do not name');
}
done_testing;
