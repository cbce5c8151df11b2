#!/usr/bin/perl
# Pictures of the directory's businesses: whose folder it is, what pages, lists, blocks and links in messages show, that
# nothing private of a camera's file is published, that a change of a picture changes its pages and no others, and that
# what cannot be published is refused by name and line.
use strict;
use warnings;
use Compress::Zlib qw(compress crc32);
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path qw(make_path remove_tree);
use Instance;
use JSON::XS;
use Site;
use Test::More;

plan skip_all => 'vipsthumbnail (libvips-tools) is not installed' unless -x '/usr/bin/vipsthumbnail';

my $i = Instance->make(settings => { 'web.processes' => 1, 'site.url' => 'https://d.example' });
$i->up;
$i->import_samples('boutique.ndjson', 'tiling-firm.json');
my $shop = Instance::id_text($i->sql("SELECT id FROM business WHERE name = 'Fadenspiel'") =~ /(\d+)/);
my $firm = Instance::id_text($i->sql("SELECT id FROM business WHERE name <> 'Fadenspiel' LIMIT 1") =~ /(\d+)/);
my ($photos, $dir) = ("$i->{dir}/photos", "$i->{home}/site");

sub put {
	my ($name, $bytes) = @_;
	my ($folder) = "$photos/$name" =~ m{(.*)/};
	make_path($folder);
	open my $out, '>:raw', "$photos/$name" or die $!;
	print $out $bytes;
	close $out;
}
sub chunk { my ($type, $data) = @_; return pack('N', length $data) . "$type$data" . pack('N', crc32("$type$data")) }
sub png {
	my ($width, $height, $tone) = @_;
	my $row = "\0" . join '', map { pack 'C3', $_ % 256, $_ / 9 % 256, $tone } 1 .. $width;
	return "\x89PNG\r\n\x1a\n" . chunk('IHDR', pack('NNC5', $width, $height, 8, 2, 0, 0, 0))
		. chunk('IDAT', compress($row x $height)) . chunk('IEND', '');
}
# What a telephone writes into its pictures: turned by 90 degrees, with the place, the device and its owner.
sub camera_jpeg {
	my ($width, $height) = @_;
	my $from = "$i->{home}/plain.png";
	open my $out, '>:raw', $from or die $!;
	print $out png($width, $height, 90);
	close $out;
	system('/usr/bin/vipsthumbnail', $from, '--size', "${width}x$height", '-o', "$i->{home}/plain.jpg") == 0 or die;
	my $jpeg = Site::slurp("$i->{home}/plain.jpg");
	my $text = "PRIVATE-device\0\0";
	my $gps = pack('v', 2) . pack('vvVa4', 1, 2, 2, "N\0\0\0") . pack('vvVV', 2, 5, 3, 98) . pack('V', 0);
	my $exif = "II*\0" . pack('V', 8) . pack('v', 3)
		. pack('vvVV', 0x10f, 2, length $text, 50) . pack('vvVvv', 0x112, 3, 1, 6, 0) . pack('vvVV', 0x8825, 4, 1, 66)
		. pack('V', 0) . $text;
	$exif .= "\0" x (66 - length $exif) . $gps;
	$exif .= "\0" x (98 - length $exif) . pack('V6', 48, 1, 18, 1, 229229229, 1);
	my $marker = sub { my ($code, $body) = @_; return "\xff" . chr($code) . pack('n', 2 + length $body) . $body };
	return "\xff\xd8" . $marker->(0xe1, "Exif\0\0$exif")
		. $marker->(0xe1, "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>PRIVATE-owner</x:xmpmeta>")
		. $marker->(0xed, "Photoshop 3.0\0" . '8BIM' . pack('nnN', 0x404, 0, 13) . 'PRIVATE-place')
		. $marker->(0xfe, 'PRIVATE-comment') . substr($jpeg, 2);
}
sub export {
	my ($code, $text) = $i->run('--json', 'export', $dir);
	my ($json) = $text =~ /^(\{.*\})$/m;
	return { %{ $json ? decode_json($json) : {} }, code => $code, text => $text };
}

put("boutique%2Ffadenspiel/01-front.jpg", camera_jpeg(2000, 1200));
put("boutique%2Ffadenspiel/02-dress.png", png(700, 900, 10));
put("boutique%2Ffadenspiel/photos.csv", <<'CSV');
file,alt,credit,licence,good
01-front.jpg,"The shop, ""by day"" <b>",A. Photographer,CC BY 4.0,
02-dress.png,A dress of linen,,CC0-1.0,Wickelrock Indigo
CSV
my $first = export();
is_deeply([ @$first{qw(code pictures pictures_refused)} ], [ 0, 2, 0 ],
	'a folder with the id of the source is that of the business')
	or diag $first->{text};

my %files = Site::files($dir);
my @pictures = grep {m{^i/}} keys %files;
is(scalar @pictures, 6, 'each is published in the sizes that it has, and one for links');
is_deeply([ grep { $files{$_} =~ /PRIVATE|Exif|EXIF|XMP |xmpmeta|8BIM/ } @pictures ], [],
	'no place, device, owner or comment of the camera is published');
my $number = pack 'V', 229229229;
is_deeply([ grep { index($files{$_}, $number) >= 0 || index($files{$_}, reverse $number) >= 0 } @pictures ], [],
	'nor the seconds of the latitude in another form');
my $name = Site::page($dir, $shop);
my $page = $files{$name};
my $sizes = qr{srcset="[^"]+ 480w, \S+ 960w, \S+ 1200w" sizes="[^"]+" width="480" height="800"};
my $alt = 'alt="The shop, &quot;by day&quot; &lt;b&gt;"';
like($page, qr{<img class="pic" src="/i/[0-9a-f]+-480\.webp" $sizes \Q$alt\E},
	'the first leads the page, turned as the camera says, with its size and alt text');
like($page, qr{</header><p class="credit">[^<]*A\. Photographer, CC BY 4\.0</p>},
	'and credit, which no heading covers');
unlike($page, qr{<div class="pic}, 'in the place of the pattern');
like($page,
	qr{<li><img src="[^"]+" [^>]*alt="A dress of linen" loading="lazy" decoding="async"><p>Wickelrock Indigo</p>},
	'the others follow, loaded when they are seen');
like($page, qr{<meta property="og:image" content="https://d\.example/i/[0-9a-f]+-1200x630\.jpg">},
	'links in messages show it');
like($page, qr{<meta property="og:image:alt" content="The shop}, 'with its alt text');
like($page, qr{<meta name="twitter:card" content="summary_large_image">}, 'large');
my ($block) = $page =~ m{<script type="application/ld\+json">(.*?)</script>};
my ($business) = grep { ($_->{name} // '') eq 'Fadenspiel' } @{ decode_json($block)->{'@graph'} };
like(join(' ', @{ $business->{image} }),
	qr{^https://d\.example/i/[0-9a-f]+-1600\.webp https://d\.example/i/[0-9a-f]+-960\.webp$},
	'and the block names both');
my ($list) = grep { m{^(?!i/).*\.html$} && $_ ne $name && $files{$_} =~ /<ol class="found">.*Fadenspiel/s } keys %files;
like($files{$list} // '', qr{<img class="pic" src="/i/[0-9a-f]+-480\.webp"[^>]*alt="" loading="lazy"},
	'lists show the first in place of the pattern');
like($files{$list}, qr{<a class="call" href="tel:\+498999998980">089 99998980</a>}, 'and the telephone in groups');
like($files{$list}, qr{<p class="where" data-week="[^"]+" data-zone="[^"]+">Tuesday.*?: 10:00.*?, 14:00.*?; Saturday: },
	'and, until the script says more, the hours of the week');
is_deeply([ Site::broken($dir, 'https://d.example') ], [], 'no link leads nowhere');
my $audit = decode_json(`$i->{bin}/holdfast --json audit site '$dir' 2>/dev/null`);
is_deeply($audit->{findings}, [], 'our audit finds nothing');

# ---- changes ----
my $cache = Site::fingerprint("$photos/.cache", 1);
ok(export()->{nothing_changed}, 'a second export finds nothing to do');
is(Site::fingerprint("$photos/.cache", 1), $cache, 'and converts nothing');
my $other = $files{ Site::page($dir, $firm) };
put("$firm/front.png", png(500, 300, 50));
put("$firm/photos.csv", "file,alt,licence\nfront.png,The works,CC0-1.0\n");
my $added = export();
is_deeply([ @$added{qw(code pictures)} ], [ 0, 3 ], 'a new picture, in a folder with our own id,')
	or diag $added->{text};
like(Site::slurp("$dir/" . Site::page($dir, $firm)), qr/alt="The works"/, 'is on its page');
is(Site::slurp("$dir/$name"), $page, 'and no other page changes');
put("$firm/photos.csv", "file,alt,licence\nfront.png,The old works,CC0-1.0\n");
my $changed = export();
ok(!$changed->{whole} && $changed->{read} == 1, 'of a changed alt text one page is made again')
	or diag $changed->{text};
like(Site::slurp("$dir/" . Site::page($dir, $firm)), qr/alt="The old works"/, 'which has it');
remove_tree("$photos/$firm");
export();
my $again = Site::slurp("$dir/" . Site::page($dir, $firm));
is($again, $other, 'without its folder the page is as it was before');
is(scalar(grep {m{^i/}} Site::paths($dir)), 6, 'and the files are gone');

# ---- refused, by name and line ----
put("boutique%2Ffadenspiel/$_.png", png(40, 40, 40)) for qw(silent nobodys unknown);
open my $csv, '>>', "$photos/boutique%2Ffadenspiel/photos.csv" or die $!;
print $csv "silent.png,,,CC0-1.0,\nnobodys.png,Alt,,,\nabsent.png,Alt,,CC0-1.0,\n";
close $csv;
put('nothing-of-ours/a.png', png(40, 40, 40));
put("$firm/photos.csv", "file,alt\na.png,\"open\n");
my $refused = export();
is($refused->{code}, 0, 'what is refused does not keep the rest from being published') or diag $refused->{text};
is($refused->{pictures}, 2, 'which is as before');
for my $case (
	[ 'silent.png', qr/photos\.csv:4: it has no alt text/ ],
	[ 'nobodys.png', qr/photos\.csv:5: it has no licence, and site\.photo_licence is not set/ ],
	[ 'unknown.png', qr/photos\.csv has no line for it/ ], [ 'absent.png', qr/photos\.csv:6: there is no file/ ],
	[ 'nothing-of-ours', qr/no business has this id/ ],
	[ "$firm", qr/photos\.csv:2: a quote is not closed/ ])
{
	my ($what, $cause) = @$case;
	like($refused->{text}, qr/(?:$what).*$cause/, "$what is refused by name and cause");
}
put("boutique%2Ffadenspiel/photos.csv", "file,alt\n01-front.jpg,a\n01-front.jpg,b\n");
like(export()->{text}, qr/photos\.csv:3: '01-front\.jpg' is in line 2 already/, 'a picture with two lines is refused');
put("$shop/a.png", png(40, 40, 40));
like(export()->{text}, qr/"boutique%2Ffadenspiel" cause="the business has a folder of another name, too"/,
	'as is a second folder of one business');
done_testing;
