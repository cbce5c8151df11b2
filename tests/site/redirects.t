#!/usr/bin/perl
# Addresses that pages and cards had lead on: by stubs, nginx and Caddy, and by files for hosts, for businesses and
# lists, directly to a page that exists.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Site;
use SiteServer;
use Test::More;

my $url = 'https://shops.example/all';
my %settings = ('web.processes' => 1, 'site.url' => $url, 'site.quality_publish' => 0, 'site.search' => 'no');
my $json = JSON::XS->new->canonical;

sub import_records {
	my ($i, $source, @records) = @_;
	my $file = "$i->{home}/$source.ndjson";
	open my $out, '>', $file or die "$file: $!";
	print $out map { $json->encode($_) . "\n" } @records;
	close $out or die $!;
	$i->run_ok('import', '--source', $source, '--complete=100%', $file);
}
sub shop {
	my ($n, %of) = @_;
	return {
		external_id => "x$n", name => "Shop $n", street => "Weg $n", postcode => 3600, city => 'Thun', region => 'Bern',
		country => 'CH', categories => ['bakery'], phone => sprintf('+41 33 222 33 1%d', $n),
		hours => 'Mo-Fr 08:00-12:00', %of
	};
}
sub export { my ($i, $how) = @_; $i->set(%settings, 'site.redirects' => $how); $i->run_ok('export', "$i->{home}/site") }

sub stub { return Site::leads_to($_[0], $url) }

my $i = Instance->make(settings => \%settings);
$i->up;
my $site = "$i->{home}/site";
sub id_of { my ($n) = @_; return $i->sql("SELECT id FROM business_detail WHERE external_id = 'x$n'") }
sub page_of { my ($n) = @_; return Site::page($site, Instance::id_text(id_of($n))) }
my @shops = map { shop($_) } 1 .. 4;
push @shops, shop(5, city => 'Spiez'), shop(6, city => 'Spiez', categories => ['butcher']);
import_records($i, 'shops', @shops);
export($i, 'stubs');
my %first = Site::files($site);
my @ever = grep {/\.(?:html|vcf|ics)$/} sort keys %first;
ok((grep {/\.vcf$/} @ever) >= 5, 'businesses have cards');
is_deeply([ grep { defined stub($first{$_}) } @ever ], [], 'a first export has nothing that leads on');

# ---- stubs ----
my $id = Instance::id_text(id_of(1));
my $before = page_of(1);
$i->run_ok('path', $id, "thun/$_") for qw(second third);
import_records($i, 'shops', @shops[ 0 .. 1, 4 .. 5 ]); # Thun has no list of bakeries any more, the canton has
export($i, 'stubs');
my %files = Site::files($site);
my $now = "thun/third-$id.html";
is(stub($files{$before}), $now, 'an address that was changed twice leads on');
is(stub($files{"thun/second-$id.html"}), $now, 'so does one that was never published, and directly');
ok(!defined stub($files{$now}), '... to the page');
for my $ending (qw(vcf ics)) {
	my ($then, $card) = map { s/html$/$ending/r } $before, $now;
	is($files{$then}, $files{$card}, "its .$ending stands at both addresses");
	like($files{$card}, qr{\nURL:\Q$url/thun/third-$id\E\.html\r\n}, '... and names the present page')
		if $ending eq 'vcf';
}
is(stub($files{'thun/bakery.html'}), 'thun/index.html', 'a list with too few entries leads to its town');
unlike($files{'sitemap.xml'} . join('', map { $files{$_} } grep {/^sitemap/} keys %files), qr/second|\Q$before\E/,
	'no sitemap names what leads on');
my @gone = map { "thun/shop-$_" } 3, 4;
is_deeply([ grep { my $p = $_; grep { index($p, $_) == 0 } @gone } keys %files ], [], 'what is deleted leads nowhere');
is_deeply([ Site::lost(\%files, $url, grep { !/shop-[34]-/ } @ever) ], [], 'every address is a page or leads to one');
my ($code, $report) = $i->run('--json', 'audit', 'site', $site);
my ($found) = $report =~ /^(\{.*\})$/m or diag $report;
is_deeply([ map {"$_->{rule} $_->{file}: $_->{message}"} grep { defined stub($files{ $_->{file} } // '') }
			@{ decode_json($found)->{findings} } ], [], 'our audit finds nothing about what leads on');
like($i->run_ok('export', $site), qr/nothing has changed/, 'and nothing is written twice');

# ---- back again: the page stands where the stub was ----
$i->run_ok('path', $id, $before =~ s/-\w{13}\.html$//r);
import_records($i, 'shops', @shops);
for my $round (1 .. 3) { # each tree, and the first one again
	export($i, 'stubs');
	%files = Site::files($site);
	is($files{$before} =~ /<h1>([^<]*)/ && $1, 'Shop 1', "round $round: the page is at its first address");
	like($files{$before}, qr{</body>(?:\s*</html>)?\s*$}, '... whole, and nothing behind it');
	is(stub($files{$now}), $before, 'and the last one leads to it');
	ok(!defined stub($files{'thun/bakery.html'}), 'the list is there again');
	is_deeply([ Site::lost(\%files, $url, @ever) ], [], 'nothing is lost');
	$i->sql(
		"UPDATE business_detail SET change = nextval('business_change'), updated_at = now() WHERE id = " . id_of(2));
}

# ---- a place without businesses, and one that becomes a duplicate ----
import_records($i, 'shops', @shops[ 0 .. 3 ]);
export($i, 'stubs');
%files = Site::files($site);
is(stub($files{'spiez/index.html'}), 'in/ch-bern/index.html', 'a town without businesses leads to its region');
import_records($i, 'shops', @shops, shop(7, city => 'Spiez', categories => ['butcher'], name => 'Twin'));
export($i, 'stubs');
my $twin = page_of(7);
import_records($i, 'shops', @shops,
	shop(7, map { $_ => $shops[5]{$_} } qw(city categories name street phone postcode)));
export($i, 'stubs');
%files = Site::files($site);
my ($kept) = grep { Site::is_business($_) && !defined stub($files{$_}) && $files{$_} =~ /<h1>Shop 6</ } keys %files;
my $other = $kept eq $twin ? undef : $twin;
is(stub($files{$other}), $kept, 'the page of a duplicate leads to that of its twin') if $other;
ok($kept, 'one of two twins has a page');

# ---- files of the operator at such addresses ----
sub put { my ($path, $text) = @_; open my $out, '>', "$site/$path" or die "$path: $!"; print $out $text; close $out }
import_records($i, 'shops', @shops);
export($i, 'none');
put('thun/cafe.html', 'mine');
import_records($i, 'shops', @shops[ 0, 1, 4 ]);
export($i, 'none');
put('thun/bakery.html', 'mine, too');
export($i, 'stubs');
%files = Site::files($site);
is_deeply([ @files{qw(thun/cafe.html thun/bakery.html)} ], [ 'mine', 'mine, too' ],
	'a file of the operator stands where a list was');
unlink "$site/thun/bakery.html" or die;
open my $published, '<', "$site/thun/cafe.html" or die $!; # as a web server that is sending it has it open
import_records($i, 'shops', @shops, map { shop($_, categories => ['cafe']) } 7 .. 9);
my $said = export($i, 'stubs');
like($said, qr/\n  1 of your own files are replaced by files of the export\n/,
	'a list that comes replaces it, which is said');
is(join('', <$published>), 'mine', '... in the tree that is published next, not in the published one');
like($said, qr{not kept" path="?thun/cafe\.html}, 'with its name');

# ---- servers ----
import_records($i, 'shops', @shops);
$i->run_ok('path', $id, 'thun/once-more');
for my $how (SiteServer::names()) {
	import_records($i, 'shops', @shops[ 0, 1, 4 ]);
	export($i, $how);
	%files = Site::files($site);
	is_deeply([ grep { defined stub($files{$_}) } grep {/\.html$/} keys %files ], [], "no stubs with $how");
	my $server = SiteServer->start($how, $site) or next;
	my $location = sub { my $a = $server->get($_[0]); return "$a->{status} " . ($a->{location} // '') };
	like($location->("thun/once-more-$id.html"), qr/^200/, 'the page is served') or next;
	my $card_then = $before =~ s/html$/ics/r;
	for (
		[ $card_then, "thun/once-more-$id.ics" ], [ $before, "thun/once-more-$id.html" ],
		[ "thun/second-$id.html", "thun/once-more-$id.html" ],
		[ 'thun/bakery.html', 'thun/' ]
	) {
		# The server serves the tree at its root; the site's address has a path.
		my $answer = $server->get("all/$_->[0]");
		is("$answer->{status} " . ($answer->{location} =~ s{^https?://[^/]+}{}r),
			"301 /all/$_->[1]", "$_->[0] leads on");
	}
	my $missing = $server->get('all/thun/nothing.html');
	is_deeply([ @$missing{qw(status body)} ], [ 404, $files{'404.html'} ], 'what never was is missing');
	$server->stop;
}

# ---- hosts that are told by a file ----
my @forms = (
	[ netlify => qr{^/all/(\S+) (/all/\S*) 301$}, sub { $_[0] =~ s{(^|/)index\.html$}{$1}r } ],
	[ s3 => qr{^([^/\t][^\t]*)\t(/all/[^\t]*)$}, sub { $_[0] } ]
);
for (@forms) {
	my ($how, $form, $written) = @$_;
	import_records($i, 'shops', @shops[ 0, 1, 4 ]);
	export($i, $how);
	my @lines = grep { !/^#/ } split /\n/, Site::slurp("$site.state/redirects.$how");
	is_deeply([ grep { !/$form/ } @lines ], [], "each line of $how has its form");
	my %to = map { /$form/ ? ($1 => $2) : () } @lines;
	for ([ $before, "thun/once-more-$id.html" ], [ 'thun/bakery.html', 'thun/' ], [ 'spiez/butcher.html', undef ]) {
		my ($from, $to) = @$_;
		is($to{ $written->($from) }, $to && "/all/$to", "$how: $from " . ($to ? 'leads on' : 'never was'));
	}
	is(-s "$site.state/redirects.nginx", length "# Former addresses of pages, made by holdfast export.\n",
		'the map of a server that is not chosen is empty');
}
export($i, 'none');
%files = Site::files($site);
is_deeply([ grep { defined stub($files{$_}) } grep {/\.html$/} keys %files ], [], 'and none with none');

# ---- a site that gets languages: its addresses lead to the first one's pages ----
my $many = "$i->{home}/many";
sub languages {
	my ($how) = @_;
	$i->set(%settings, 'site.languages' => 'de fr', 'site.redirects' => $how);
	return $i->run_ok('export', $many);
}
$i->set(%settings, 'site.redirects' => 'stubs');
$i->run_ok('export', $many);
%first = Site::files($many);
open my $mine, '>', "$many/mine.html" or die $!;
close $mine;
languages('stubs');
%files = Site::files($many);
@ever = grep { /\.(?:html|vcf|ics)$/ && m{/} } sort keys %first;
is_deeply([ Site::lost(\%files, $url, @ever) ], [], 'every address of before leads to a page');
my @cards = grep { !/html$/ } @ever;
is_deeply([ map { $files{$_} } @cards ], [ map { $files{"de/$_"} // $files{$_} } @cards ],
	'... cards with the content of the first language');
is_deeply([ grep { /html$/ && defined $files{$_} && (stub($files{$_}) // '') ne
	(stub($first{$_}) ? stub($files{$_}) : "de/$_") } @ever ],
	[], '... to the same one in the first language');
is_deeply([ grep { !m{^(?:de|fr)/} && !/\.(?:vcf|ics)$/ && !defined stub($files{$_}) } sort keys %files ],
	[qw(404.html index.html mine.html robots.txt)], 'nothing else of it is left, but files of the operator');
ok(!-e "$many.state/tree", 'its spare tree is gone');
my $marks = Site::fingerprint($many, 1);
like(languages('stubs'), qr/nothing has changed/, 'the next run has nothing to do');
is(Site::fingerprint($many, 1), $marks, '... and writes nothing');
$i->run_ok('path', $id, 'thun/in-two-languages');
languages('stubs');
%files = Site::files($many);
is_deeply([ Site::lost(\%files, $url, @ever, map { "$_/thun/once-more-$id.html" } qw(de fr)) ], [],
	'an address that changes later: both lead to the page at once');
for my $how (SiteServer::names()) {
	languages($how);
	%files = Site::files($many);
	is_deeply([ grep { defined stub($files{$_}) } keys %files ], [], "no stubs with $how");
	my $server = SiteServer->start($how, $many) or next;
	for ([ "thun/once-more-$id.html", 'de' ], [ "fr/thun/once-more-$id.html", 'fr' ]) {
		my $answer = $server->get("all/$_->[0]");
		is("$answer->{status} " . ($answer->{location} =~ s{^https?://[^/]+}{}r),
			"301 /all/$_->[1]/thun/in-two-languages-$id.html", "$_->[0] leads on");
	}
	$server->stop;
}
$i->run_ok('down');
done_testing;
