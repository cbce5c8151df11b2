#!/usr/bin/perl
# The language of pages: live ones and exported ones say the same in it, nothing English is left over in a language
# that is complete, and caches are told.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Site;
use Test::More;
use Tree;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my @complete = qw(de fr it es nl);
my $i = Instance->make(settings =>
		{ 'web.processes' => 1, 'site.lang' => 'auto', 'site.url' => 'https://shops.example', 'site.name' => 'Liste' });
$i->up;
$i->import_samples(qw(boutique.ndjson tiling-firm.json town.geojson association.csv));

sub page {
	my ($path, %headers) = @_;
	my $answer = $i->get($path, { headers => { Accept => 'text/html', %headers } });
	utf8::decode($answer->{content});
	return wantarray ? ($answer->{content}, $answer) : $answer->{content};
}
sub lang_of { $_[0] =~ /<html lang="([^"]*)"/ ? $1 : '' }

# What English texts there are, from a file of translations, with those that the language has in the same words. It is
# read once: hundreds of pages are looked at.
my %messages;
sub messages {
	my ($language) = @_;
	$messages{$language} //= { read_messages($language) };
	return %{ $messages{$language} };
}
sub read_messages {
	my ($language) = @_;
	my $text = Instance::read_file("$root/web/po/$language.po");
	utf8::decode($text);
	my %to;
	while ($text =~ /^msgid "(.+)"\n(?:msgid_plural ".*"\n)?msgstr(?:\[0\])? "(.*)"$/gm) {
		my ($english, $theirs) = map { s/\\"/"/gr } $1, $2;
		$to{$english} = $theirs;
	}
	return %to;
}
# Texts of a page that are messages in English, though the language has other words for them.
sub english_left {
	my ($html, $language) = @_;
	my %to = messages($language);
	my %theirs = map { $_ => 1 } values %to;
	my $plain = $html =~ s{<(script|style)\b.*?</\1>}{}gsr;
	my @texts = $plain =~ />\s*([^<>]+?)\s*</g;
	push @texts, $plain =~ /\b(?:aria-label|placeholder|title)="([^"]*)"/g;
	return grep { exists $to{$_} && $to{$_} ne $_ && !$theirs{$_} } @texts;
}

# ---- live ----

my ($home, $answer) = page('/');
is(lang_of($home), 'de', 'a directory of German businesses is in German, when the browser does not say');
like($home, qr/Finden Sie den Betrieb/, 'and says so in words');
like($answer->{headers}{vary}, qr/Accept-Language/, 'caches are told that the answer depends on the language');
is(lang_of(scalar page('/', 'Accept-Language' => 'xx, it;q=0.4, fr;q=0.8')), 'fr', 'a browser gets what it likes best');
is(lang_of(scalar page('/?lang=it', 'Accept-Language' => 'fr')), 'it', 'what the address says comes first');
is(lang_of(scalar page('/')), 'de', 'and none of them is kept for the others');
is((page('/?lang=xx'))[1]{status}, 400, 'a language that is none is refused');
is(lang_of(scalar page('/nowhere', 'Accept-Language' => 'fr')), 'fr', 'error pages have the language, too');
like(scalar page('/?lang=ar'), qr/<html lang="ar" dir="rtl">/, 'Arabic is written from right to left');

my ($id) = page('/search?q=Fadenspiel') =~ m{<h2><a href="(/[^"]*)">[^<]*Fadenspiel};
ok($id, 'the boutique is found') or BAIL_OUT('nothing to look at');
my $shop = page($id);
like($shop, qr/Mittwoch/, 'weekdays have their German names');
like($shop, qr/Öffnungszeiten/, 'and so have headings');
like($shop, qr/bar, Debitkarten/, 'and so have means of payment');
my $api = $i->get('/v1/categories', { headers => { 'Accept-Language' => 'de' } });
like($api->{content}, qr/Boutique|Bekleidung/i, 'the API names categories as it did');
for my $language (@complete) {
	my %left;
	for my $path ('/', '/search?q=Fadenspiel', '/search?q=zzzzzz', $id, '/regions', '/sources', '/imprint',
		'/privacy', '/nowhere') {
		my $html = page($path, 'Accept-Language' => $language);
		is(lang_of($html), $language, "$path is in '$language'") or next;
		$left{$path} = [$_] for english_left($html, $language);
	}
	is_deeply(\%left, {}, "no live page in '$language' says anything in English") or diag explain \%left;
}

# ---- exported ----

for my $language ('auto', @complete, 'ar') {
	my $tag = $language eq 'auto' ? 'de' : $language;
	my $site = "$i->{home}/$language";
	$i->set('web.processes' => 1, 'site.lang' => $language, 'site.url' => 'https://shops.example',
		'site.name' => 'Liste');
	$i->run_ok('export', $site);
	my %files = Site::files($site);
	my @pages = grep { /\.html$/ } sort keys %files;
	utf8::decode($files{$_}) for @pages, 'assets/open.js';
	is_deeply([ grep { lang_of($files{$_}) ne $tag } @pages ], [],
		"site.lang = $language: every page says it is '$tag'");
	next if $language eq 'ar';
	my %left = map { my $path = $_; map { $path => $_ } english_left($files{$path}, $tag) } @pages;
	is_deeply(\%left, {}, "no exported page in '$tag' says anything in English");
	my %to = messages($tag);
	like($files{'assets/open.js'}, qr/\Q@{[ $to{'Closed, opens {time}'} =~ s{(['"`])}{\\$1}gr ]}\E/,
		"the script speaks '$tag'");
	is_deeply([ Site::broken($site, 'https://shops.example') ], [], 'no link leads nowhere');
}

# ---- the operator's words ----

mkdir "$i->{dir}/web";
mkdir "$i->{dir}/web/po";
sub own {
	my ($text) = @_;
	open my $out, '>:utf8', "$i->{dir}/web/po/de.po" or die "de.po: $!";
	print $out $text;
	close $out;
	$i->set('web.processes' => 1, 'site.lang' => 'de', 'site.name' => 'Liste');
	return $i->run('export', "$i->{home}/own");
}
is((own(qq(msgid "Opening hours"\nmsgstr "Wann offen ist"\n)))[0], 0, 'an operator words one message differently');
my %own = Site::files("$i->{home}/own");
my ($mine) = grep { /Fadenspiel/
	&& /class="hours"/ } map { utf8::decode(my $text = $own{$_}); $text } grep { /\.html$/ } keys %own;
like($mine, qr/Wann offen ist/, 'it is on the pages');
like($mine, qr/Dienstag/, 'and all others are as they were');
my ($code, $text) = own(qq(msgid "Record {id}."\nmsgstr "Eintrag."\n));
is($code, 1, 'a translation without its placeholder stops the export');
like($text, qr{web/po/de\.po of the instance, line 1: the placeholders differ}, 'which names file, line and cause');
done_testing;
