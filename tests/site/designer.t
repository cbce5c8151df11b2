#!/usr/bin/perl
# What a designer does who knows docs/theme.md: other colours, another order, a piece changed, a mistake made and found.
# The commands are those of the document.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Site;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1, 'site.lang' => 'en' });
$i->up;
$i->import_samples('boutique.ndjson');
my $site = "$i->{home}/site";
my $document = Site::slurp("$FindBin::Bin/../../docs/theme.md");
for my $command ('theme new textile', 'theme check', 'theme new site/parts/hours.mustache', 'export') {
	like($document, qr/^    holdfast \Q$command\E(?: |$)/m, "the document has: holdfast $command");
}
$i->run_ok('export', $site);
sub page {
	my %files = Site::files($site);
	my ($page) = map { $files{$_} } grep { Site::is_business($_) } keys %files;
	return ($page, $files{'assets/business.css'});
}
sub change {
	my ($path, $code) = @_;
	my $text = Site::slurp($path);
	local $_ = $text;
	$code->();
	isnt($_, $text, "$path is changed");
	open my $out, '>', $path or die "$path: $!";
	print $out $_;
	close $out;
}

# Colours.
chomp(my $tokens = $i->run_ok('theme', 'new', 'textile'));
is($tokens, "$i->{dir}/web/assets/theme.css", 'the file to change is named');
change($tokens, sub { s/--brand: light-dark\([^)]*\)/--brand: light-dark(#eeee00, #eba0bd)/ });
my ($code, $out) = $i->run('theme', 'check');
is($code, 2, 'a colour that cannot be read is a finding');
like($out, qr/^light, --brand on --paper: contrast 1\.\d+, less than 4\.5$/m, 'with the pair and its contrast');
change($tokens, sub { s/#eeee00/#3b2a7a/ });
$i->run_ok('theme', 'check');

# One piece, first with a mistake.
chomp(my $piece = $i->run_ok('theme', 'new', 'site/parts/hours.mustache'));
change($piece, sub { s/<h2>/<h2 class="ours">/; s/\z/{{#hours}\n/ });
my $lines = () = Site::slurp($piece) =~ /\n/g;
for my $command ([ 'theme', 'check' ], [ 'export', $site ]) {
	($code, $out) = $i->run(@$command);
	is($code, 1, "@$command: refused");
	like($out, qr{web/site/parts/hours\.mustache: .*, line $lines: }, 'with the file and the line');
}
unlike((page())[0], qr/class="ours"/, 'and what was published stays');
change($piece, sub { s/\{\{#hours\}\n\z// });
$i->run_ok('theme', 'check');

# The order.
open my $conf, '>>', "$i->{dir}/holdfast.conf" or die "holdfast.conf: $!";
print $conf "site.business_order = goods about hours\n";
close $conf;
$i->run_ok('export', $site);
my ($page, $sheet) = page();
like($page, qr/<h2 class="ours">/, 'the piece is the own one');
like($page, qr/at-goods.*at-about/s, 'the order is the new one');
like($sheet, qr/--brand:light-dark\(#3b2a7a,#eba0bd\)/, 'and so is the colour');

# A font.
mkdir "$i->{dir}/web/$_" for qw(public public/fonts site site/slots);
sub write_to {
	my ($path, $text) = @_;
	open my $out, '>', "$i->{dir}/web/$path" or die "$path: $!";
	print $out $text;
	close $out;
}
write_to('public/fonts/mine.woff2', 'wOF2');
write_to('site/slots/head.mustache',
	qq{<link rel="preload" href="/fonts/mine.woff2" as="font" type="font/woff2" crossorigin>\n});
change($tokens, sub {
	$_ .= "\@font-face { font-family: Mine; src: url(/fonts/mine.woff2) }\n:root { --text: Mine, serif }\n";
});
$i->run_ok('theme', 'check');
$i->run_ok('export', $site);
($page, $sheet) = page();
like($sheet, qr{\@font-face\s*\{[^\}]*url\(/fonts/mine\.woff2\)}, 'the sheet names the own font');
like($page, qr{<link rel="preload" href="/fonts/mine\.woff2"}, 'the page asks for it at once');
ok(-e "$site/fonts/mine.woff2", 'and it is there');

# What templates see: values that are still there when they are printed.
my ($id) = map { Instance::id_text($_) } $i->sql('SELECT id FROM business') =~ /(\d+)/;
my $values = decode_json($i->run_ok('theme', 'data', 'business', $id));
is_deeply([ @$values{qw(id name timezone)} ], [ $id, 'Fadenspiel', '60e' ],
	'the values are those of the page');
done_testing;
