#!/usr/bin/perl
# Pictures of a shop: which sizes are published and how pages show them, that an unchanged picture is not converted
# again, and that pictures without alt text or licence, and hostile ones, are refused by name and harm nothing.
use strict;
use warnings;
use Compress::Zlib qw(compress crc32);
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path 'make_path';
use Instance;
use JSON::XS;
use Site;
use Test::More;

plan skip_all => 'vipsthumbnail (libvips-tools) is not installed' unless -x '/usr/bin/vipsthumbnail';

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
$i->import_samples('boutique.ndjson');
my $id = Instance::id_text($i->sql("SELECT id FROM business WHERE name = 'Fadenspiel'") =~ /(\d+)/);
my ($photos, $dir) = ("$i->{dir}/photos/$id", "$i->{home}/shop");
make_path($photos);

sub put { my ($name, $bytes) = @_; open my $out, '>:raw', "$photos/$name" or die $!; print $out $bytes; close $out }
sub chunk { my ($type, $data) = @_; return pack('N', length $data) . "$type$data" . pack('N', crc32("$type$data")) }
# A PNG of this size; rows: how many it really has.
sub png {
	my ($width, $height, $rows, $text) = @_;
	my $row = "\0" . join '', map { pack 'C3', $_ % 256, $_ / 9 % 256, 90 } 1 .. ($rows ? $width : 1);
	return "\x89PNG\r\n\x1a\n" . chunk('IHDR', pack('NNC5', $width, $height, 8, 2, 0, 0, 0))
		. ($text ? chunk('tEXt', "Comment\0$text") : '') . chunk('IDAT', compress($row x ($rows
			|| 1))) . chunk('IEND', '');
}
sub export {
	my ($code, $text) = $i->run('--json', 'export', '--shop', $id, '--domain', 'fadenspiel.example', $dir);
	my ($json) = $text =~ /^(\{.*\})$/m;
	return { %{ $json ? decode_json($json)->{shops}[0] : {} }, code => $code, text => $text };
}

put('01-front.png', png(2000, 1200, 1200, 'secret place 48.3'));
put('02-small.png', png(600, 400, 400));
put('03-dress.png', png(1000, 1500, 1500));
put('photos.csv', <<'CSV');
file,alt,credit,licence,good
01-front.png,"The shop, ""by day"" <b>",A. Photographer,CC BY 4.0,
02-small.png,The counter,,CC0-1.0,
03-dress.png,A dress of linen,,CC0-1.0,Wickelrock Indigo
CSV
my $first = export();
is_deeply([ @$first{qw(code pictures pictures_refused)} ], [ 0, 3, 0 ], 'three pictures are published')
	or diag $first->{text};
my @results = map { s{.*/[0-9a-f]{32}-}{}r } grep {m{^i/}} Site::paths($dir);
is_deeply([ sort @results ], [ sort qw(480.webp 960.webp 1600.webp 1200x630.jpg 480.webp 960.webp 480.webp 960.webp
		1600.webp) ],
	'in three sizes, none enlarged, and one for links')
	or diag explain \@results;
my %files = Site::files($dir);
is_deeply([ grep { /^i\// && $files{$_} =~ /secret place/ } keys %files ], [], 'without metadata');
my $page = $files{'index.html'};
my $sizes = qr{srcset="/i/\S+ 480w, /i/\S+ 960w, /i/\S+ 1600w" sizes="[^"]+" width="480" height="288"};
my $alt = 'alt="The shop, &quot;by day&quot; &lt;b&gt;" decoding="async" fetchpriority="high">';
like($page, qr{<img class="art" src="/i/[0-9a-f]+-480\.webp" $sizes \Q$alt\E},
	'the first leads, at once, with its size and alt text');
like($page, qr{A\. Photographer, CC BY 4\.0}, 'and its credit');
like($page, qr{alt="A dress of linen" loading="lazy" decoding="async">}, 'that of a good is with the good, later');
like($page, qr{<meta property="og:image" content="https://fadenspiel\.example/i/[0-9a-f]+-1200x630\.jpg">},
	'links in messages show it');
like($page, qr{"image":"https://fadenspiel\.example/i/[0-9a-f]+-1600\.webp"}, 'and the block names it');
is_deeply([ Site::broken($dir, 'https://fadenspiel.example') ], [], 'no link leads nowhere');
my $audit = decode_json(`$i->{bin}/holdfast --json audit site '$dir' 2>/dev/null`);
is_deeply($audit->{findings}, [], 'our audit finds nothing');

my $fingerprint = Site::fingerprint("$i->{dir}/photos/.cache", 1);
ok(export()->{nothing_changed}, 'a second export finds nothing to do');
is(Site::fingerprint("$i->{dir}/photos/.cache", 1), $fingerprint, 'and converts nothing');

# ---- refused, by name ----
my $huge = png(60_000, 60_000, 0);
my %hostile = (
	'a-truncated.png' => substr(png(2000, 1200, 1200), 0, 900), 'b-bomb.png' => $huge,
	'c-drawing.png' => '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
	'd-other.jpg' => "GIF89a\x01\0\x01\0\x80\0\0<?php x ?>", 'e-start.jpg' => "\xff\xd8\xff" . "\0" x 5000,
	'f-empty.png' => ''
);
put($_, $hostile{$_}) for keys %hostile;
symlink '/etc/passwd', "$photos/g-link.png" or die;
mkdir "$photos/h-folder.png";
put('i-silent.png', png(20, 20, 20));
put('j-nobodys.png', png(20, 20, 20));
open my $csv, '>>', "$photos/photos.csv" or die;
print $csv "$_,Alt,,CC0-1.0,\n" for sort keys %hostile, 'g-link.png', 'h-folder.png';
print $csv "j-nobodys.png,Alt,,,\n";
close $csv;
my $second = export();
is_deeply([ @$second{qw(code pictures pictures_refused)} ], [ 0, 3, 10 ], 'the others are published as before')
	or diag $second->{text};
for my $case (
	(map { [ $_, qr/is broken|too large/ ] } qw(a-truncated.png b-bomb.png e-start.jpg)),
	(map { [ $_, qr/is no JPEG, PNG or WebP/ ] } qw(c-drawing.png d-other.jpg f-empty.png)),
	[ 'g-link.png', qr/is a symbolic link/ ], [ 'h-folder.png', qr/is not a regular file/ ],
	[ 'i-silent.png', qr/no alt text/ ], [ 'j-nobodys.png', qr/no licence/ ])
{
	my ($name, $cause) = @$case;
	like($second->{text}, qr/\Q$name\E.*$cause/, "$name is refused by name and cause");
}
$i->set('web.processes' => 1, 'site.photo_licence' => 'CC BY 4.0');
is(export()->{pictures}, 4, 'with a default licence a picture without one is published');
put('photos.csv', "file,alt,colour\n");
my $wrong = export();
ok($wrong->{code} == 1 && $wrong->{text} =~ /photos\.csv:1: unknown column 'colour'/, 'a wrong photos.csv is refused')
	or diag $wrong->{text};
done_testing;
