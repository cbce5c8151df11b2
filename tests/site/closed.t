#!/usr/bin/perl
# A business that has closed for good: the exported page at its address says so and since when, and nothing leads there.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Site;
use Test::More;

my $i = Instance->make(settings => {
	'web.processes' => 1, 'site.url' => 'https://shops.example', 'site.quality_publish' => 0, 'site.search' => 'no'
});
$i->up;
my $site = "$i->{home}/site";

# Import Abel and the other one, which is in a state, and export.
sub directory {
	my (%state) = @_;
	my $file = "$i->{home}/shops.ndjson";
	my %all = (
		street => 'Weg 1', postcode => 3600, city => 'Thun', region => 'Bern', country => 'CH',
		categories => ['bakery'], hours => 'Mo-Fr 08:00-12:00'
	);
	open my $out, '>', $file or die "$file: $!";
	print $out map { encode_json($_) . "\n" } { %all, external_id => 'a', name => 'Abel', phone => '+41 33 222 33 11' },
		{ %all, external_id => 'b', name => 'Kain & Sohn', phone => '+41 33 222 33 12', %state };
	close $out or die $!;
	$i->run_ok('import', '--source', 'shops', $file);
	return $i->run_ok('export', $site);
}
sub everything_else {
	my ($page) = @_;
	return join '', map { Site::slurp("$site/$_") } grep { $_ ne $page } Site::paths($site);
}

directory();
my ($page) = grep {m{/kain.*\.html$}} Site::paths($site);
my ($card) = grep {m{/kain.*\.vcf$}} Site::paths($site);
ok($page && $card, 'while it is open it has a page and a card');

directory(closed => '2024-01-02');
my $html = Site::slurp("$site/$page");
like($html, qr{<h1>Kain &amp; Sohn</h1>}, 'its address stays');
like($html, qr{closed for good \(<time datetime="2024-01-02">2024-01-02</time>\)}, 'and says since when');
like($html, qr{<meta name="robots" content="noindex}, 'for no search engine');
unlike($html, qr{ld\+json|222 33 12|Weg 1}, 'without the facts of the business');
ok(!-e "$site/$card", 'the card is gone');
my ($name) = $page =~ m{([^/]+)\.html$};
unlike(everything_else($page), qr/\Q$name\E|Kain/, 'no list, sitemap or other page names it');
like($i->run_ok('export', $site), qr/nothing (has )?changed/i, 'a second export has nothing to do');
my ($code, $found) = $i->run('audit', 'site', $site);
unlike($found, qr/\Q$name\E.*error/, 'the audit finds no fault in it');

directory(closed => '2024-02-03');
like(Site::slurp("$site/$page"), qr/2024-02-03/, 'another date is another page');
directory(closed => 'yes');
like(Site::slurp("$site/$page"), qr/2024-02-03/, 'a date that was once known stays');

directory();
like(Site::slurp("$site/$page"), qr{222 ?33 ?12}, 'open again, it has its page again');
ok(-e "$site/$card", 'and its card');
like(everything_else($page), qr/\Q$name\E/, 'and is on lists');

done_testing;
