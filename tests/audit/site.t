#!/usr/bin/perl
# holdfast audit site: the three forms of a report; sites as they are; folders and documents that mean harm.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path 'make_path';
use JSON::XS;
use POSIX 'mkfifo';
use Test::More;
use AuditSite;
use Tree;

# ---- the forms ----
my $dir = write_site({
		'index.html' => page(join "\n", map {qq(<a href="gone$_.html">x</a>)} 1 .. 30),
		'b/c d.html' => page('<img src="x.png">') });
my ($code, $text, $talk) = audit('audit', 'site', $dir);
is($code, 2, 'findings: 2');
is(scalar(() = $text =~ /^  index\.html:\d+:\d+: gone\d+\.html$/mg), 5,
	'a rule that is found often is shown five times');
like($text, qr/^  Publish the file or correct the link\.$/m, 'with its remedy');
like($text, qr/^error: a link leads to no file \[link-broken\], 30 times$(?:.*\n)+  and 25 more$/m,
	'and the rest is counted');
like($text, qr/^2 pages, 0 sitemaps, 2 files; .*: 31 errors, 0 warnings, 1 notes$/m, 'the last line sums up');
unlike($text, qr/auditing/, 'progress is talk, not data');
($code, $text) = audit('audit', 'site', '--sarif', $dir);
my $sarif = decode_json($text);
is($sarif->{version}, '2.1.0', 'SARIF says its version');
my $run = $sarif->{runs}[0];
is(scalar @{ $run->{results} }, 32, 'and has every finding');
my %known = map { $_->{id} => $_ } @{ $run->{tool}{driver}{rules} };
my @places = map { $_->{locations}[0]{physicalLocation} } @{ $run->{results} };
my @uris = map { $_->{artifactLocation}{uri} } @places;
is_deeply([ grep { !$known{ $_->{ruleId} } } @{ $run->{results} } ], [], 'each of a rule that is described');
is_deeply([ grep { !$_->{message}{text} } @{ $run->{results} } ], [], 'each with a text');
is_deeply([ grep { $_->{level} !~ /^(?:error|warning|note)$/ } @{ $run->{results} } ], [], 'each with a level');
is_deeply([ grep { !m{^[\w%./-]+$} } @uris ], [], 'each with a URI');
ok(!(grep { ($_->{region}{startLine} // 1) < 1 } @places), 'lines begin at 1');
ok(grep({ $_ eq 'b/c%20d.html' } @uris), 'names are escaped');
($code, $text) = audit('audit', 'site', write_site({ 'index.html' => page() }));
is($code, 0, 'nothing found: 0');
($code, $text) = audit('audit', 'site', "$dir/b/c d.html");
is($code, 0, 'a page by itself: what leads elsewhere is not judged');

# ---- a baseline ----
{
	my %site = ('index.html' => page('<a href="a1.html">x</a><script src="https://cdn.test/1.js"></script>'));
	($code) = audit('audit', 'site', '--write-baseline', "$work/known", write_site(\%site));
	is($code, 0, 'writing a baseline succeeds, whatever is found');
	$site{'index.html'} = page("\n\n<p>x</p>" . '<a href="a1.html">x</a>'
			. '<script src="https://cdn.test/1.js"></script>' x 3);
	($code, $text) = audit('audit', 'site', '--baseline', "$work/known", write_site(\%site));
	is($code, 0, 'what has moved, or changed in number only, is known');
	like($text, qr/; 2 in the baseline: 0 errors, 0 warnings/, 'and counted');
	$site{'index.html'} = page('<a href="a2.html">x</a>');
	($code) = audit('audit', 'site', '--baseline', "$work/known", write_site(\%site));
	is($code, 2, 'a broken link to another page is not, though the names differ in a digit only');
	$site{'index.html'} = page('<a href="a1.html">x</a><a href="a1.html">y</a>');
	($code) = audit('audit', 'site', '--baseline', "$work/known", write_site(\%site));
	is($code, 2, 'nor is a second link of the kind');
}

# ---- where the site is served, and what belongs to it ----
{
	# A site below a path, as every generator writes it that was told its base; nothing is said on the command line.
	my $base = 'https://example.org/docs';
	my $link = sub { canonical("$base/$_[0]") . '<link rel="stylesheet" href="/docs/a.css">' };
	my $below = write_site({
		'index.html' => page('<a href="/docs/b/">b</a><img alt="" src="/docs/i.png">', $link->('')),
		'b/index.html' => page('<a href="/docs/">up</a><a href="/docs/c">c</a>', $link->('b/')),
		'c.html' => page('<a href="/docs/gone">x</a>', $link->('c')), 'a.css' => '', 'i.png' => 'x',
		'sitemap.xml' => sitemap(map { ["$base/$_"] } '', 'b/', 'c'), 'robots.txt' => "Sitemap: $base/sitemap.xml\n"
	});
	my (undef, $report) = findings($below);
	is_deeply(named($report), ['c.html:3 link-broken'],
		'a site below a path: what is broken is found, and nothing else');
	# without canonical links and sitemaps, its own links tell
	my $head = '<link rel="stylesheet" href="/app/s.css">';
	my %pages;
	for my $n (1 .. 5) {
		my $next = $n == 2 ? 1 : $n % 5 + 1;
		$pages{"p$n.html"} = page(qq(<a href="/app/p$next.html">next</a><a href="/app/">home</a>), $head);
	}
	(undef, $report)
		= findings(write_site({ %pages, 'index.html' => page('<a href="/app/p1.html">1</a>'), 's.css' => '' }));
	is_deeply(named($report), [], 'the path is learned from links as well');
	(undef, $report) = findings(
		write_site({
			'index.html' => page('<a href="/old/">old</a><a href="/a.html">a</a>'),
			'a.html' => page('<a href="/">up</a>')
		}));
	is_deeply(named($report), ['index.html:3 link-broken'], 'one broken link makes no path');
	my $docs = write_site({
		'index.html' => page('', canonical("$u/docs/") . '<link rel="icon" href="/docs/i.png">'),
		'x/index.html' => page('', canonical("$u/docs/x/")),
		'docs.html' => page(), 'i.png' => ''
	});
	(undef, $report) = findings($docs, '--base-url', "$u/docs/");
	is_deeply(named($report), [], 'what is said on the command line counts');
}
{
	my $parts = {
		'index.html' => page('<a href="drafts/a.html">a</a>'),
		'_partials/head.html' => '<title></title><a href="gone.html">x</a>',
		'b/_layout.html' => '<html>{{ content }}',
		'nav.html' => '<nav><a href="../gone.html">x</a></nav>',
		'google1234567890.html' => 'google-site-verification: google1234567890.html',
		'drafts/a.html' => page('<a href="gone.html">x</a>'),
		'old/print/a.html' => page('<a href="gone.html">x</a>'),
	};
	my $dir = write_site($parts);
	my (undef, $report) = findings($dir);
	is_deeply(named($report), [ 'drafts/a.html:3 link-broken', 'old/print/a.html:3 link-broken' ],
		'partials, layouts and parts of pages are no pages');
	(undef, $report) = findings($dir, '--exclude', 'drafts/, */print/*');
	is_deeply(named($report), [], 'what is excluded is not audited, and a link to it is not broken');
	(undef, $report) = findings($dir, '--exclude', 'a.html,draft');
	is_deeply(named($report), [ 'drafts/a.html:3 link-broken', 'old/print/a.html:3 link-broken' ],
		'a pattern matches whole paths or folders');
}

# ---- microdata and RDFa say what JSON-LD says ----
{
	my %said = (
		name => 'Good Bread', telephone => '+41 44 123 45 67', openingHours => 'Mo-Fr 08:00-18:00', url => '/',
		latitude => '47.37690', longitude => '8.54170',
	);
	my $micro = sub {
		my %is = (%said, @_);
		qq(<div itemscope itemtype="https://schema.org/Bakery"><h1 itemprop="name">$is{name}</h1>
			<div itemprop="address" itemscope itemtype="https://schema.org/PostalAddress">
			<span itemprop="streetAddress">Main street 5</span>, <span itemprop="postalCode">8000</span>
			<span itemprop="addressLocality">Zurich</span><meta itemprop="addressCountry" content="CH"></div>
			<a itemprop="telephone" href="tel:$is{telephone}">044 123 45 67</a>
			<time itemprop="openingHours" datetime="$is{openingHours}">weekdays</time>
			<a itemprop="url" href="$is{url}">home</a>
			<div itemprop="geo" itemscope itemtype="https://schema.org/GeoCoordinates">
			<meta itemprop="latitude" content="$is{latitude}">
			<meta itemprop="longitude" content="$is{longitude}"></div></div>);
	};
	my $rdfa = sub {
		my $text = $micro->(@_);
		$text =~ s/itemscope itemtype="https:\/\/schema.org\/(\w+)"/typeof="$1"/g;
		$text =~ s/itemprop=/property=/g;
		return qq(<div vocab="https://schema.org/">$text</div>);
	};
	for my $form ([ 'microdata', $micro ], [ 'RDFa', $rdfa ]) {
		my ($name, $make) = @$form;
		my (undef, $report) = findings(write_site({ 'index.html' => page($make->()) }), '--base-url', $u);
		is_deeply(named($report), [], "$name: a sound business") or diag explain $report;
		my @wrong = (
			[ 'text-empty', name => '' ],
			[ 'placeholder', name => '[Your name]' ],
			[ 'telephone-letters', telephone => '555-CALL' ],
			[ 'opening-hours-unreadable', openingHours => 'Mo-Fr 25:00-99:00' ],
			[ 'latitude-range', latitude => '900.00001' ],
			[ 'coordinates-swapped', latitude => '8.54170', longitude => '47.37690' ],
			[ 'coordinates-outside-country', latitude => '52.52000', longitude => '13.40500' ],
			[ 'link-broken block-url-broken', url => 'gone.html' ],
		);
		for my $case (@wrong) {
			my ($rules, %change) = @$case;
			(undef, $report) = findings(write_site({ 'index.html' => page($make->(%change)) }), '--base-url', $u);
			my %found = map { $_->{rule} => 1 } @{ $report->{findings} };
			is_deeply([ sort keys %found ], [ sort split / /, $rules ], "$name: $rules") or diag explain $report;
		}
	}
	my $body = '<div itemscope itemtype="https://schema.org/Bakery" itemref="x y">'
		. '<h1 itemprop="name">Good Bread</h1></div>'
		. '<p id="x" itemprop="address">Main street 5, 8000 Zurich</p>'
		. '<div itemscope itemtype="http://data-vocabulary.org/Review"><b itemprop="rating">nine</b></div>';
	my (undef, $report) = findings(write_site({ 'index.html' => page($body) }));
	is_deeply(named($report), [], 'an item may refer to what stands elsewhere, and other vocabularies are not judged')
		or diag explain $report;
	$body = '<div itemscope itemtype="https://schema.org/Bakery"><h1 itemprop="name">Good Bread</h1>'
		. '<p itemprop="address">Main street 5</p><b itemprop="telephone">+41441234599</b></div>';
	(undef, $report) = findings(write_site({ 'index.html' => page("$body$shown", block()) }), '--base-url', $u);
	ok(grep({ $_->{rule} eq 'blocks-differ' } @{ $report->{findings} }),
		'microdata and JSON-LD of one business are compared');
}

# ---- what people write in many ways is seen ----
for my $case (
	[ 'Main street 5, Suite 2', 'Main Street 5 Suite 2' ],
	[ 'Main street 5, Suite 2', '<p>Main Street 5</p><p>(at the corner)</p><p>Ste. 2</p>' ],
	[ '12 Mill Street', '12 Mill St.' ],
	[ '5th Avenue 1', '5th Ave 1' ],
	[ "Hauptstra\xc3\x9fe 5", 'HAUPTSTRASSE 5' ],
	[ "Z\xc3\xbcrcherstr. 1", "Z\xc3\x9cRCHERSTRASSE 1" ],
	[ "Rue de l'\xc3\x89glise 3", "3, rue de l&rsquo;\xc3\x89glise, Rue de l&rsquo;eglise 3" ],
	)
{
	my ($street, $body) = @$case;
	my $json = qq(<script type="application/ld+json">{"\@context":"https://schema.org","\@type":"Bakery",)
		. qq("name":"Good Bread","address":{"\@type":"PostalAddress","streetAddress":"$street",)
		. qq("addressLocality":"Zurich"}}</script>);
	my (undef, $report)
		= findings(write_site({ 'index.html' => page("<h1>Good Bread</h1><p>$body</p><p>Zurich</p>", $json) }));
	is_deeply(named($report), [], "$street is shown") or diag explain $report;
}

# ---- what sites do and may do ----
{
	my $ld = sub {
		'<script type="application/ld+json">'
			. JSON::XS->new->canonical->encode({ '@context' => 'https://schema.org', @_ })
			. '</script>';
	};
	my $branch = sub {
		my ($number) = @_;
		return {
			'@type' => 'Bakery', name => 'Good Bread', telephone => "+4144123456$number",
			address => {
				'@type' => 'PostalAddress', streetAddress => "Main street $number", postalCode => '8000',
				addressLocality => 'Zurich', addressCountry => 'CH'
			}
		};
	};
	my %fine = (
		'an offer in a Product needs no item' => $ld->(
			'@type' => 'Product', name => 'Cake',
			offers => { '@type' => 'Offer', price => '5.00', priceCurrency => 'USD' }
		),
		'selectors of speakable' => $ld->(
			'@type' => 'WebPage', name => 'x',
			speakable =>
				{ '@type' => 'SpeakableSpecification', cssSelector => [ 'h1', '.sum' ], xpath => ['/html/head/title'] }
		),
		'a template of a search' => $ld->(
			'@type' => 'WebSite',
			url => 'https://x.example/',
			potentialAction => {
				'@type' => 'SearchAction', target => 'https://x.example/?q={term}',
				'query-input' => 'required name=term'
			}
		),
		'an answer with markup' => $ld->(
			'@type' => 'FAQPage',
			mainEntity => [ {
				'@type' => 'Question', name => 'Open?', acceptedAnswer => { '@type' => 'Answer', text => '<p>Yes</p>' }
			} ]
		),
		'a trail whose items have names' => $ld->(
			'@type' => 'BreadcrumbList',
			itemListElement => [
				{ '@type' => 'ListItem', position => 1, item => { '@id' => 'https://x.example/', name => 'Home' } },
				{ '@type' => 'ListItem', position => '2', name => 'Menu' } ]
		),
		'coarse coordinates of an area' => $ld->(
			'@type' => 'City', name => 'Bern',
			geo => { '@type' => 'GeoCoordinates', latitude => 46.9, longitude => 7.4 }
		),
		'the centre of a town of one who hides the street' => $ld->(
			'@type' => 'Plumber', name => 'Good Bread', areaServed => 'Zurich',
			address => { '@type' => 'PostalAddress', addressLocality => 'Zurich', addressCountry => 'CH' },
			geo => { '@type' => 'GeoCoordinates', latitude => 47.38, longitude => 8.54 }
		),
		'an image at a relative address' => $ld->('@type' => 'Product', name => 'Cake', image => '/a.png'),
		'branches of one name' => $ld->(
			'@graph' => [ map { $branch->($_) } 7, 8 ]
		),
		'a reference to another site' =>
			$ld->('@type' => 'Person', name => 'x', worksFor => { '@id' => 'https://other.example/#org' }),
	);
	for my $what (sort keys %fine) {
		my (undef, $report) = findings(
			write_site({
					'a.png' => 'x',
					'index.html' =>
						page("$shown<p>Main street 7, 044 123 45 67, Main street 8, 044 123 45 68</p>", $fine{$what}) }
			),
			'--base-url',
			'https://x.example'
		);
		my @said = grep { $_ !~ /local-business-missing/ } @{ named($report) };
		is_deeply(\@said, [], "no fault: $what") or diag explain $report;
	}
}

# ---- cases that others wrote, where they are: what each name says is found, and what has no error has none ----
SKIP: {
	my ($cases) = grep {-d} map {"$_/audit-site"} grep {defined} $ENV{HOLDFAST_CASES}, "$root/../shared/cases",
		"$root/../../shared/cases";
	skip 'the folder shared/cases is not here', 1 if !$cases;
	my %right = (
		'a01-clean' => [],
		'a02-microdata-bad' =>
			[qw(text-empty telephone-letters opening-hours-unreadable latitude-range longitude-missing)],
		'a03-openingHours-ampm' => ['opening-hours-unreadable'],
		'a07-yoast-graph' => [], 'a08-dangling-id' => ['id-dangling'], 'a10-swapped-latlon' => ['coordinates-swapped'],
		'a15-breadcrumb-no-position' => [ 'list-position-missing', 'list-name-missing' ],
		'a22-conflict-phone' => ['telephone-differs'], 'a23-localhost-canonical' => ['address-private'],
		'a28-comment-cdata' => ['block-unparsable'], 'a33-rating-of-product' => [], 'a36-speakable' => []);
	my %also = ('a02-microdata-bad' => { 'block-empty' => 1, 'address-coordinates-only' => 1 },
		'a22-conflict-phone' => { 'hours-unsaid' => 1 }, 'a07-yoast-graph' => { 'type-redundant' => 1 });
	for my $name (sort keys %right) {
		my (undef, $report) = findings("$cases/$name");
		my %found = map { $_->{rule} => 1 } @{ $report->{findings} };
		delete @found{ keys %{ $also{$name} // {} } };
		is_deeply([ sort keys %found ], [ sort @{ $right{$name} } ], "$name") or diag explain $report;
	}
}

# ---- what cannot be done ----
my $empty = write_site({ 'a.css' => '', 'sitemap.xml' => sitemap(["$u/"]) });
for my $wrong ([ 'audit', 'site', $empty ], [ 'audit', 'site', "$work/nowhere" ],
	[ 'audit', 'site', "$root/Makefile" ], [ 'audit', 'site', '/dev/null' ])
{
	($code, $text, $talk) = audit(@$wrong);
	ok($code == 1 && $talk =~ /^holdfast audit: \S/m && $text eq '', "exit 1 and why: @$wrong[2..$#$wrong]")
		or diag "$code $text $talk";
}
for my $wrong (['audit'], [ 'audit', 'database', 'x' ], [ 'audit', 'site', '--base-url', 'example.org', $dir ],
	[ 'audit', 'site', $dir, $dir ])
{
	($code) = audit(@$wrong);
	is($code, 64, "exit 64: @$wrong");
}

# ---- real sites: the documentation of three packages; what is found was looked up by hand (docs/audit-site.md) ----
for my $site ([
		'paper/dist/docs',
		{ 'fragment-missing' => 42, 'lang-missing' => 38, 'viewport-missing' => 38, 'description-missing' => 38 },
		['classes/CompoundPath.html:3792 fragment-missing']
	],
	[
		'snapsvg',
		{
			'resource-broken' => 12, 'link-broken' => 8, 'fragment-missing' => 76, 'insecure-request' => 3,
			'external-request' => 1, 'lang-missing' => 4, 'viewport-missing' => 19, 'description-missing' => 20
		},
		[
			'doc/reference.html:37 link-broken', 'doc/reference.html:63 fragment-missing',
			'demos/snap-ad/site/index.html:177 insecure-request'
		]
	],
	[
		'vis',
		{
			'resource-broken' => 15, 'link-broken' => 4, 'fragment-missing' => 1, 'external-request' => 8,
			'insecure-request' => 23, 'lang-missing' => 156, 'page-heavy' => 3, 'title-missing' => 1,
			'image-without-alt' => 8, 'viewport-missing' => 157, 'description-missing' => 158
		},
		[
			'docs/index.html:9 link-broken', 'docs/data/dataview.html:251 fragment-missing',
			'docs/data/dataset.html:8 resource-broken'
		]
	],
	)
{
	my ($name, $expected, $places) = @$site;
	my (undef, $report) = findings("$root/node_modules/$name");
	my %found;
	$found{ $_->{rule} }++ for @{ $report->{findings} };
	is_deeply(\%found, $expected, "$name: the findings, rule by rule");
	my %at = map { $_ => 1 } @{ named($report) };
	ok($at{$_}, "$name: $_") for @$places;
}

# ---- sites that mean harm ----
{
	# Counting hosts one by one against each other would take many minutes of CPU time for this.
	my $hosts = 150_000;
	my %pages = map {
		my $n = $_;
		("p$n.html" => page(join '', map {qq(<img alt="" src="//h$_.p$n.example/x">)} 1 .. $hosts))
	} 1 .. 2;
	my $many = write_site(\%pages);
	my $code = system("ulimit -t 100; '$build/holdfast' --json audit site '$many' >$work/out 2>$work/err");
	is($code >> 8, 2, 'very many hosts are counted in time that grows with their number');
	my $text = slurp("$work/out"); # a JSON reader in Perl takes a minute for it
	is(scalar(() = $text =~ /"rule": *"external-request"/g), 2 * $hosts, 'each of them once');
}
my $deep = write_site({
		'index.html' => page('<div>' x 10_000), # libgumbo's time grows with the square of it
		'attributes.html' => page('<p ' . join(' ', map {"a$_=1"} 1 .. 5_000) . '>'),
		'quotes.html' => '<a href="' x 300_000,
		'json.html' => page('', '<script type="application/ld+json">' . '[' x 500_000 . '</script>') });
my $report;
($code, $report) = findings($deep);
ok($code == 0 || $code == 2, 'nesting without end is read, or is what is wrong');
is(scalar(grep { $_->{rule} eq 'block-unparsable' && $_->{file} eq 'json.html' } @{ $report->{findings} }), 1,
	'JSON without end is unparsable');
my $odd = write_site({
		'index.html' => page('<a href="loop/x.html">x</a><a href="out/passwd">y</a>'),
		'utf16.html' => "\xff\xfe" . join('', map {"$_\0"} split //, page()), 'empty.html' => '',
		"b\xe4d.html" => page(), "new\nline.html" => page('<img src="gone.png" alt="">') });
symlink '.', "$odd/loop" or die;
symlink '/etc', "$odd/out" or die;
symlink '/etc/passwd', "$odd/secret.html" or die;
symlink 'nowhere', "$odd/dangling.html" or die;
mkfifo("$odd/pipe.html", 0644) or die;
make_path("$odd/" . join('/', ('d') x 100));
($code, $report) = findings($odd);
is($code, 2, 'loops, links out of the folder, pipes and depth end in a report');
my @by = map { "$_->{file} $_->{rule}" } @{ $report->{findings} };
ok(grep({ $_ eq 'utf16.html page-nul' } @by), 'UTF-16 is named');
ok(!grep({ /^(?:secret|pipe|dangling)\.html / } @by), 'what is no file of the site is not read');
ok(grep({ /^index\.html link-broken/ } @by), 'a folder behind a symbolic link is not the site\'s');
ok(grep({ m{^d/.* page-unreadable} } @by), 'depth without end is told');
($code, $text) = audit('audit', 'site', $odd);
unlike($text, qr/^line\.html/m, 'a name with a line break stays on its line');
SKIP: {
	skip 'root reads everything', 1 if $> == 0;
	my $shut = write_site({ 'index.html' => page(), 'shut.html' => page() });
	chmod 0, "$shut/shut.html";
	($code, $report) = findings($shut);
	is_deeply(named($report), ['shut.html page-unreadable'], 'what may not be read is a finding');
}
done_testing;
