#!/usr/bin/perl
# A site in several languages: a tree for each, whose pages name each other, a page at the root that leads to them, and
# nothing for our own audit to find.
use strict;
use warnings;
use utf8;
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Site;
use Test::More;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my %settings = ('web.processes' => 1, 'site.url' => 'https://shops.example', 'site.name' => 'Liste & Co');
my $i = Instance->make(settings => { %settings, 'site.languages' => 'de fr ar' });
$i->up;
$i->import_samples(qw(boutique.ndjson tiling-firm.json town.geojson association.csv));
my $site = "$i->{home}/site";
make_path("$i->{dir}/web/public/.well-known");
my %mine = ('CNAME' => "shops.example\n", '.well-known/security.txt' => "Contact: https://shops.example/\n");
for my $name (sort keys %mine) {
	open my $out, '>', "$i->{dir}/web/public/$name" or die "$name: $!";
	print $out $mine{$name};
	close $out;
}
my ($code, $text) = $i->run('--json', 'export', $site);
is($code, 0, 'the site is exported') or diag $text;
my %files = Site::files($site);
utf8::decode($files{$_}) for grep { /\.html$/ } keys %files;
is_deeply({ map { $_ => $files{$_} } keys %mine }, \%mine, 'files of the operator are at the root');
my @html = grep { /\.html$/ } keys %files;
my %in; # language => path without it => content
/^(de|fr|ar)\/(.*)$/ and $in{$1}{$2} = $files{$_} for @html;

is_deeply([ sort keys %{ $in{fr} } ], [ sort keys %{ $in{de} } ], 'the trees have the same pages');
cmp_ok(scalar keys %{ $in{de} }, '>', 20, 'and not only a few');
for my $language (qw(de fr ar)) {
	my @wrong = grep { $in{$language}{$_} !~ /<html lang="$language"/ } keys %{ $in{$language} };
	is_deeply(\@wrong, [], "pages of /$language/ are in it");
}
my @links = map { [ $_, $files{$_} =~ /<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">/g ] } sort @html;
my @indexed = grep { $files{ $_->[0] } !~ /name="robots" content="noindex"/ } @links;
is_deeply([ map { $_->[0] } grep { @$_ != 9 } @indexed ], [],
	'every page to be indexed names all languages and one for all others');
my ($page) = grep { m{^de/(?!index)} && $files{$_} =~ /Fadenspiel/ && $files{$_} =~ /class="hours"/ } sort @html;
my $path = $page =~ s{^de/}{}r;
my %own = $files{$page} =~ /<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">/g;
is_deeply(\%own, {
	(map { $_ => "https://shops.example/$_/$path" } qw(de fr ar)), 'x-default' => "https://shops.example/de/$path"
}, 'they are the same page in each, the first language being that of all others');
like($files{$page}, qr{<link rel="canonical" href="https://shops.example/de/\Q$path\E">}, 'each is its own canonical');
my ($id) = $files{$page} =~ m{"\@id":"(https://shops\.example/id/[^"#]+)};
ok($id, 'a business has one identity') and like($files{"fr/$path"}, qr/\Q"$id\E/, 'in every language');
like($files{'index.html'}, qr{<a href="/fr/" hreflang="fr" lang="fr">Français</a>}, 'the root leads to the trees');
like($files{'index.html'}, qr{<a href="/ar/"[^>]* dir="rtl">}, 'also to one from right to left');
like($files{'index.html'}, qr{<h1>Liste &amp; Co</h1>}, 'its name is escaped');
like($files{'robots.txt'}, qr{^Sitemap: https://shops\.example/fr/sitemap\.xml$}m, 'robots.txt names all sitemaps');
is_deeply([ Site::broken($site, 'https://shops.example') ], [], 'no link leads nowhere');

my ($found, $report) = $i->run('--json', 'audit', 'site', $site);
my @findings = eval { @{ decode_json($report)->{findings} } };
is_deeply([ map { "$_->{rule} $_->{file}" } grep { ($_->{severity} // '') ne 'note' } @findings ], [],
	'our audit finds nothing')
	or diag substr $report, 0, 3000;

my $before = Site::fingerprint($site, 1);
is(($i->run('export', $site))[0], 0, 'exported again');
is(Site::fingerprint($site, 1), $before, 'nothing is written');

for my $case (['de', qr/site\.lang = de/], ['de xx', qr/"xx"/], ['de fr de', qr/"de" is there twice/]) {
	$i->set(%settings, 'site.languages' => $case->[0]);
	my ($failed, $why) = $i->run('export', "$i->{home}/none");
	is($failed, 1, "'$case->[0]' is refused");
	like($why, $case->[1], 'which says why');
}
done_testing;
