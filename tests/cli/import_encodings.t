#!/usr/bin/perl
# Files in encodings other than UTF-8: named with --encoding they are read right in every format and packing; unnamed
# they are read right or refused. No instance is needed.
use strict;
use warnings;
use utf8;
use Encode qw(encode find_encoding);
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use IO::Compress::Gzip qw(gzip);
use IO::Compress::Zip qw(zip);
use JSON::PP;
use Test::More;
use Tree;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $dir = tempdir(CLEANUP => 1);

# (exit status, the first record, standard error)
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
	open my $errors, '<:utf8', "$dir/errors" or die $!;
	local $/;
	my ($json) = $told =~ /^(\{.*\})$/m;
	return ($status, decode_json($json // '{}')->{records}[0] // {}, <$errors> // '');
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
my %western = map { $_ => 1 } 'windows-1252', 'UTF-16', 'utf-8';
# Nothing in these bytes tells that they are not Windows-1252.
my %guessed = map { $_ => 1 }
	qw(windows-1250 ISO-8859-2 windows-1254 windows-1257 macintosh ISO-8859-15);
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
	next if $guessed{$name};
	($status, my $record, $errors) = read_file($bytes);
	if ($western{$name}) {
		is("$status $record->{name}", "0 $business", "$name is known without its name");
		next;
	}
	is($status, 1, "$name without its name is refused");
	like($errors, qr/neither UTF-8 nor of Western Europe: name its encoding, such as --encoding/, 'with the remedy');
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
	like($errors, qr/name its encoding, such as --encoding/, 'a header that cannot be read tells of its encoding');
	for my $unknown ('klingon', '', 'UTF-8//TRANSLIT', '../x') {
		($status, undef, $errors) = read_file("name\nA\n", '--encoding', $unknown);
		is($status, 64, "an encoding '$unknown' is not known");
		like($errors, qr/iconv -l/, 'and where their names are is said');
	}
}
{
	my $osm = qq(<?xml version="1.0" encoding="windows-1251"?>\n<osm version="0.6"><node id="1" lat="55.7" lon="37.6">)
		. qq(<tag k="shop" v="bakery"/><tag k="name" v="$russian->[0]"/></node></osm>\n);
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
done_testing;
