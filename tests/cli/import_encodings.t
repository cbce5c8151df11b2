#!/usr/bin/perl
# Files in encodings other than UTF-8: named with --encoding they are read right in every format and packing; unnamed
# they are read right by their letters, which is told, or refused. No instance is needed.
use strict;
use warnings;
use utf8;
use Encode qw(encode find_encoding);
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use IO::Compress::Gzip qw(gzip);
use IO::Compress::Zip qw(zip);
use JSON::XS;
use Test::More;
use Tree;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $dir = tempdir(CLEANUP => 1);

# (exit status, the first record, standard error, remarks)
sub read_file {
	my ($bytes, @options) = @_;
	open my $out, '>:raw', "$dir/list" or die $!;
	print $out $bytes;
	close $out or die $!;
	my @command = ("$build/holdfast", '--json', 'import', '--explain', @options, "$dir/list");
	my $told = do {
		open my $in, '-|', 'sh', '-c', 'exec "$@" 2>"$0"', "$dir/errors", @command or die $!;
		local $/;
		my $text = <$in> // '';
		close $in;
		$text;
	};
	my $status = $? >> 8;
	open my $errors, '<:raw', "$dir/errors" or die $!;
	local $/;
	my $said = <$errors> // '';
	die "not UTF-8: $said" if !utf8::decode($said);
	my ($json) = $told =~ /^(\{.*\})$/m;
	my $report = decode_json($json // '{}');
	return ($status, $report->{records}[0] // {}, $said, $report->{remarks} // []);
}

my $russian = [ 'Пекарня Берёзка', 'Москва' ];
my $czech = [ 'Pekařství Žižkov', 'Plzeň' ];
my $greek = [ 'Αρτοποιείο Ήλιος', 'Αθήνα' ];
my $german = [ 'Bäckerei Müßig', 'Köln' ];
my $japanese = [ '田中製パン所', '東京' ];
my $chinese = [ '北京烤鸭店', '北京' ];
# iconv's name, Perl's name, texts, read right without a name
my @encodings = (
	[ 'windows-1250', 'cp1250', $czech ], [ 'ISO-8859-2', 'iso-8859-2', $czech ],
	[ 'windows-1251', 'cp1251', $russian ], [ 'KOI8-R', 'koi8-r', $russian ],
	[ 'ISO-8859-5', 'iso-8859-5', $russian ], [ 'IBM866', 'cp866', $russian ],
	[ 'KOI8-U', 'koi8-u', [ 'Пекарня Їжак', 'Київ' ] ], [ 'windows-1253', 'cp1253', $greek ],
	[ 'ISO-8859-7', 'iso-8859-7', $greek ], [ 'windows-1254', 'cp1254', [ 'Fırın Güneş', 'İzmir' ] ],
	[ 'windows-1255', 'cp1255', [ 'מאפיית שמש', 'חיפה' ] ],
	[ 'windows-1256', 'cp1256', [ 'مخبز الشمس', 'بيروت' ] ],
	[ 'windows-1257', 'cp1257', [ 'Kepykla Žąsis', 'Šiauliai' ] ],
	[ 'ISO-8859-15', 'iso-8859-15', [ 'Cœur de pain', 'Liège' ] ], [ 'CP850', 'cp850', $german ],
	[ 'IBM437', 'cp437', [ 'Bäckerei Müller', 'Köln' ] ], [ 'macintosh', 'MacRoman', $german ],
	[ 'SHIFT_JIS', 'shiftjis', $japanese ], [ 'EUC-JP', 'euc-jp', $japanese ], [ 'GBK', 'cp936', $chinese ],
	[ 'Big5', 'big5-eten', [ '陽光麵包店', '臺北' ] ], [ 'EUC-KR', 'euc-kr', [ '햇빛빵집', '서울' ] ],
	[ 'windows-1252', 'cp1252', $german ], [ 'UTF-16', 'UTF-16', $russian ], [ 'utf-8', 'UTF-8', $greek ],
);
my %declared = map { $_ => 1 } 'UTF-16', 'utf-8';
# Too few letters, or none of a language that is known.
my %refused = map { $_ => 1 } qw(SHIFT_JIS EUC-JP GBK Big5 EUC-KR);
for (@encodings) {
	my ($name, $perl, $texts) = @$_;
	my ($business, $city) = @$texts;
	my $csv = "name;city;street\n$business;$city;A 1\n";
	my $bytes = encode($perl, $csv, Encode::FB_CROAK);
	my $json = encode($perl, qq({"name":"$business","city":"$city","street":"A 1"}\n), Encode::FB_CROAK);
	gzip(\$bytes, \my $gzip) or die;
	zip(\$bytes, \my $zip, Name => 'list.csv') or die;
	my %form = ('a CSV' => $bytes, 'a CSV in gzip' => $gzip, 'a CSV in a zip' => $zip, NDJSON => $json);
	for my $form (sort keys %form) {
		my ($status, $record, $errors) = read_file($form{$form}, '--encoding', $name);
		is_deeply([ $status, @$record{qw(name city street)} ], [ 0, $business, $city, 'A 1' ], "$form in $name")
			or diag $errors;
	}
	# Characters that go on in the next read.
	my $long = encode($perl, "name;city;street\n" . "$business;$city;A 1\n" x 9000, Encode::FB_CROAK);
	my ($status, $errors);
	if (length encode($perl, $city) > length $city) {
		($status, undef, $errors) = read_file($long, '--encoding', $name);
		is($status, 0, "9 000 lines in $name") or diag $errors;
	}
	($status, my $record, $errors, my $remarks) = read_file($bytes);
	if ($refused{$name}) {
		is($status, 1, "$name without its name is refused");
		like($errors, qr/line 2: the text is not UTF-8.* name its encoding, such as --encoding/, 'with the remedy');
		next;
	}
	is_deeply([ $status, @$record{qw(name city)} ], [ 0, $business, $city ], "$name is known by its letters")
		or diag $errors;
	if ($declared{$name}) {
		is_deeply($remarks, [], 'which needs no remark');
		next;
	}
	my ($word) = grep {/[^\x00-\x7f]/} split / /, $business;
	is($remarks->[0]{line}, 2, 'which is told with the line of a word');
	like($remarks->[0]{text}, qr/read as \S+ by its letters, as in '\Q$word\E': --encoding names another one/,
		'and it');
}

# Words of which a letter is another one in another encoding, and little else to tell by: right, or refused.
for my $case (
	['cp1252', 'Crème', 'Genève'], ['cp1252', 'Caffè', 'Forlì'], ['cp1252', 'Señor', 'Málaga'],
	['cp1252', 'Pão', 'Évora'],
	['cp1252', 'Blåbær', 'Tromsø'], ['cp1252', 'Ísafold', 'Höfn'], ['cp1252', 'Õun', 'Põlva'],
	['cp1252', 'MÜSLI', 'KÖLN'],
	['cp1250', 'Čokolada', 'Ljubljana'], ['cp1250', 'Pekara Kovačić', 'Čakovec'], ['cp1250', 'Szőlő', 'Győr'],
	['cp1250', 'Gołąb', 'Łódź'], ['cp1250', 'Brânză', 'Iaşi'], ['cp1254', 'Şeker', 'Diyarbakır'],
	['cp1257', 'Maiznīca', 'Rīga'], ['iso-8859-2', 'Şcoală', 'Timişoara'], ['MacRoman', 'Crème', 'Genève'],
	['MacCentralEurRoman', 'Žižka', 'Plzeň'], ['cp850', 'Crème', 'Genève'], ['cp852', 'Gołąb', 'Łódź'],
) {
	my ($perl, $business, $city) = @$case;
	my $csv = "name;city\n$business;$city\n";
	my ($status, $record, $errors) = read_file(encode($perl, $csv, Encode::FB_CROAK));
	my $read = join '/', $status, map { $record->{$_} // '' } qw(name city);
	my $refused = $status == 1 && $errors =~ /name its encoding, such as --encoding/;
	ok($read eq "0/$business/$city" || $refused, "$business, $city in $perl is read right or refused") or diag $read;
	is("$status $record->{name}", "0 $business", 'and it is read right') if $perl eq 'cp1252';
}

{
	my $text = "name;city\nA;B\nПекарня;C\n";
	my ($status, undef, $errors) = read_file(encode('cp1251', $text), '--encoding', 'utf-8');
	is($status, 1, 'a byte that is not in the encoding fails the file');
	like($errors, qr/line 3: byte 0xCF is not in utf-8; is --encoding right\?/, 'with its line');
	my $half = substr encode('shiftjis', "name\n$japanese->[0]"), 0, -1;
	($status, undef, $errors) = read_file($half, '--encoding', 'SJIS');
	is($status, 1, 'so does half a character at the end');
	like($errors, qr/ends within a character/, 'which is said');
	($status, undef, $errors) = read_file("\xEF\xBB\xBF" . encode('UTF-8', $text), '--encoding', 'windows-1251');
	is($status, 1, 'a mark of UTF-8 contradicts another encoding');
	like($errors, qr/mark of UTF-8 or UTF-16: leave --encoding out/, 'which is said');
	($status, undef, $errors) = read_file(encode('cp1251', "Название;Город\nA;B\n"));
	is($status, 0, 'a header alone tells the encoding by its letters') or diag $errors;
	for my $unknown ('klingon', '', 'UTF-8//TRANSLIT', '../x') {
		($status, undef, $errors) = read_file("name\nA\n", '--encoding', $unknown);
		is($status, 64, "an encoding '$unknown' is not known");
		like($errors, qr/iconv -l/, 'and where their names are is said');
	}
}
{
	my $osm = qq(<?xml version="1.0" encoding="windows-1251"?>\n<osm version="0.6"><node id="1" lat="55.7" lon="37.6">)
		. qq(<tag k="shop" v="bakery"/><tag k="name" v="$russian->[0]"/></node></osm>\n);
	for my $case (['windows-1251', 'cp1251'], ['KOI8-R', 'koi8-r'], ['ibm866', 'cp866'], ['ISO-8859-5', 'iso-8859-5']) {
		my ($name, $perl) = @$case;
		my ($status, $record, $errors) = read_file(encode($perl, $osm =~ s/windows-1251/$name/r));
		is("$status $record->{name}", "0 $russian->[0]", "XML that declares $name is read so") or diag $errors;
	}
	my ($failed, undef, $why) = read_file(encode('cp1251', $osm =~ s/ encoding="windows-1251"//r));
	is($failed, 1, 'XML of another encoding that declares none is refused');
	like($why, qr/line 2: not UTF-8.*--encoding windows-1251 \('Пекарня'\)/, 'with line, remedy and a word');
	for my $list ('{"name":"Müller","city":"Köln"}' . "\n",
		'[{"name":"A"},' . "\n" . '{"name":"Müller","city":"Köln"}]') {
		($failed, undef, $why) = read_file(encode('cp1252', $list));
		is($failed, 1, 'JSON is UTF-8, or it is refused');
		like($why, qr/line [12]: not UTF-8, which JSON is.*--encoding windows-1252 \('Müller'\)/, 'with the remedy');
	}
	my ($status, $record) = read_file(encode('cp1251', $osm), '--encoding', 'windows-1251');
	is("$status $record->{name}", "0 $russian->[0]", 'what XML declares is not applied twice');
	($status, $record) = read_file(encode('UTF-16', $osm =~ s/windows-1251/UTF-16/r));
	is("$status $record->{name}", "0 $russian->[0]", 'neither is UTF-16');
}
{
	my $utf16 = encode('UTF-16', "name;city\n$russian->[0];$russian->[1]\n");
	zip(\$utf16, \my $zip, Name => 'list.csv') or die;
	my ($status, $record) = read_file($zip);
	is("$status $record->{name}", "0 $russian->[0]", 'UTF-16 is known inside a zip, too');
	my $stray = encode('UTF-8', "name;city\n" . "Bär;Köln\n" x 20) . encode('cp1252', "Müller;Zürich\n");
	($status, $record, undef, my $remarks) = read_file($stray);
	is("$status $remarks->[0]{line}", '0 22', 'values of another encoding in a UTF-8 file are told');
	like($remarks->[0]{text}, qr/not UTF-8 as the rest of the file; 'Müller' was read as windows-1252/, 'with a word');
	my $mixed = encode('cp1251', "name;city;Примечание\n") . encode('UTF-8', "Bär;Köln;x\n" x 200);
	($status, $record) = read_file($mixed);
	is("$status $record->{name}", '0 Bär', 'a header in another encoding than its UTF-8 file costs that column alone');
	($status, $record) = read_file(encode('cp1252', "name;city\n" . "Müller;Köln\n" x 3 . "ÄÖÜ AG;Bern\n"));
	is($status, 0, 'a name in capitals among others is no sign of another encoding');
	my $signs = "L\x{2019}Été;Paris\nCafé \x{2013} Bar\x{2026};Lyon\n\x{201E}Zum Bär\x{201C};Köln\n"
		. "50 \x{20AC}\x{2013}60 \x{20AC};Wien\nCœur d\x{2019}Œuvre;Nantes\nŠkoda-Haus;Bern\n"
		. "\x{2022}\x{2022}\x{2022} Drei;Bonn\n";
	($status, my $first, my $errors) = read_file(encode('cp1252', "name;city\n$signs"));
	is("$status $first->{name}", "0 L\x{2019}Été", 'nor are quotes, dashes and signs') or diag $errors;
}
# One byte of no encoding, at any place of a file: the file is read, or refused with a sentence, and what is said of it
# is UTF-8.
{
	my $file = encode('UTF-8', "Firma;Straße;Ort;Öffnungszeiten\nMüller;Weg 1;Zürich;Mo-Fr 08:00-12:00\n");
	my %said;
	for my $at (0 .. length($file) - 1) {
		my ($status, undef, $errors) = read_file(substr($file, 0, $at) . "\xd8" . substr $file, $at);
		$said{$errors}++
			if $status && $errors !~ /line \d+: |no column is known as the name/;
	}
	is_deeply(\%said, {}, 'a stray byte anywhere is no reason to give up without a cause');
}
done_testing;
