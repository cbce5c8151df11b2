#!/usr/bin/perl
# holdfast audit site: every rule finds its case and leaves its neighbour alone; the three forms of a report;
# folders and documents that mean harm.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Path 'make_path';
use File::Temp 'tempdir';
use FindBin;
use JSON::PP;
use POSIX 'mkfifo';
use Test::More;

my $root = abs_path("$FindBin::Bin/../..");
my $build = $ENV{HOLDFAST_BUILD} // die "HOLDFAST_BUILD is not set\n";
my $work = tempdir('audit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $work;
my $count = 0;

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
sub write_site {
	my ($files) = @_;
	my $dir = "$work/" . ++$count;
	for my $name (sort keys %$files) {
		make_path(dirname("$dir/$name"));
		open my $out, '>', "$dir/$name" or die "$name: $!";
		print $out $files->{$name};
		close $out;
	}
	return $dir;
}
# (exit code, standard output, standard error)
sub audit {
	my (@arguments) = @_;
	my $code = system("'$build/holdfast' " . join(' ', map { "'$_'" } @arguments) . " >$work/out 2>$work/err");
	return ($code & 127 ? 128 + ($code & 127) : $code >> 8, slurp("$work/out"), slurp("$work/err"));
}
sub findings {
	my ($dir, @options) = @_;
	my ($code, $text, $talk) = audit('--json', 'audit', 'site', @options, $dir);
	my $report = eval { decode_json($text) } or die "no report ($code): $text$talk";
	return ($code, $report);
}
# "file:line rule", in order.
sub named {
	return [ sort map { $_->{file} . ($_->{line} ? ":$_->{line}" : '') . " $_->{rule}" } @{ $_[0]{findings} } ];
}

# A sound page: the head's addition is on line 2, the body on line 3.
sub page {
	my ($body, $head, %more) = @_;
	my $lang = $more{lang} // ' lang="en"';
	my $say = join '', map { $more{"no_$_->[0]"} ? '' : $_->[1] } [ 'title', '<title>A page</title>' ],
		[ 'description', '<meta name="description" content="What it is">' ],
		[ 'viewport', '<meta name="viewport" content="width=device-width">' ];
	return
		  "<!DOCTYPE html><html$lang><head><meta charset=\"utf-8\">$say\n"
		. ($head // '')
		. "</head>\n<body>"
		. ($body // '')
		. "</body></html>\n";
}
sub canonical { return qq(<link rel="canonical" href="$_[0]">) }

sub alternate {
	return join '', map {qq(<link rel="alternate" hreflang="$_->[0]" href="$_->[1]">)} @_;
}

sub sitemap {
	return
		  qq(<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n)
		. join('', map { "<url><loc>$_->[0]</loc>" . ($_->[1] ? "<lastmod>$_->[1]</lastmod>" : '') . "</url>\n" } @_)
		. "</urlset>\n";
}
my %shop = (
	'@context' => 'https://schema.org', '@type' => 'Bakery', name => 'Good Bread', telephone => '+41 44 123 45 67',
	url => 'https://example.org/',
	address => {
		'@type' => 'PostalAddress', streetAddress => 'Main street 5', postalCode => '8000',
		addressLocality => 'Zurich', addressCountry => 'CH'
	});

sub block {
	my (%change) = @_;
	my %is = (%shop, %change);
	delete $is{$_} for grep { !defined $is{$_} } keys %is;
	return '<script type="application/ld+json">' . JSON::PP->new->canonical->encode(\%is) . '</script>';
}

sub graph {
	return
		  '<script type="application/ld+json">'
		. JSON::PP->new->canonical->encode({ '@context' => 'https://schema.org', '@graph' => [@_] })
		. '</script>';
}

sub hours {
	my ($day, $opens, $closes) = @_;
	return { '@type' => 'OpeningHoursSpecification', dayOfWeek => $day, opens => $opens, closes => $closes };
}
my $shown
	= '<h1>Good Bread</h1><address>Main street 5, 8000 Zurich</address><a href="tel:+41441234567">044 123 45 67</a>';
my $u = 'https://example.org';
my %dated = map { ("p$_.html" => page('x')) } 1 .. 25;

# rule => [files that have it, where it is found, files that do not, more options, other rules that are found too]
my @cases = ([
		'page-unreadable', { 'index.html' => page() . ' ' x (64 << 20) }, ['index.html'],
		{ 'index.html' => page() . ' ' x (1 << 20) }
	],
	[
		'page-not-utf-8', { 'index.html' => page("Z\xfcrich") }, ['index.html'],
		{ 'index.html' => page("Z\xc3\xbcrich") }
	],
	[ 'page-nul', { 'index.html' => page("a\0b") }, ['index.html'], { 'index.html' => page('ab') } ],
	[ 'title-missing', { 'index.html' => page('', '', no_title => 1) }, ['index.html'], { 'index.html' => page() } ],
	[
		'title-missing', { 'index.html' => page('', '<title> </title>', no_title => 1) }, ['index.html'],
		{ 'index.html' => page('<svg><title></title></svg>') }
	],
	[
		'lang-missing', { 'index.html' => page('', '', lang => '') }, ['index.html'],
		{ 'index.html' => '<meta http-equiv="refresh" content="0; url=x.html">', 'x.html' => page() }
	],
	[
		'description-missing', { 'index.html' => page('', '', no_description => 1) }, ['index.html'],
		{ 'index.html' => page('', '<meta name="robots" content="noindex">', no_description => 1) }
	],
	[
		'viewport-missing', { 'index.html' => page('', '', no_viewport => 1) }, ['index.html'],
		{ 'index.html' => page() }
	],
	[
		'page-placeholder', { 'index.html' => page('', '<title>Untitled Document</title>', no_title => 1) },
		['index.html:2'], { 'index.html' => page('', '<title>Document management for bakers</title>', no_title => 1) }
	],
	[
		'page-placeholder', { 'index.html' => page('<p>Lorem ipsum dolor sit amet</p>') }, ['index.html'],
		{ 'index.html' => page('<!-- Lorem ipsum dolor --><template>Lorem ipsum dolor</template>') }
	],
	[
		'id-dangling',
		{ 'index.html' => page($shown, block(parentOrganization => { '@id' => '#org' })) },
		['index.html:2'],
		{
			'index.html' => page(
				$shown,
				block(parentOrganization => { '@id' => '#org' }, image => { '@id' => 'https://cdn.example/x.jpg' })
					. graph({ '@type' => 'Organization', '@id' => '#org', name => 'Bread Group' }))
		},
		[ '--base-url', $u ]
	],
	[
		'id-dangling',
		{
			'index.html' =>
				page($shown, block('@id' => "$u/#shop", parentOrganization => { '@id' => "$u/about.html#org" }))
		},
		['index.html:2'],
		{
			'index.html' =>
				page($shown, block('@id' => "$u/#shop", parentOrganization => { '@id' => "$u/about.html#org" })),
			'about.html' =>
				page('', graph({ '@type' => 'Organization', '@id' => "$u/about.html#org", name => 'Bread Group' }))
		},
		[ '--base-url', $u ]
	],
	[
		'telephone-differs',
		{ 'index.html' => page("$shown<p>Call us: 044 999 88 77</p>", block()) },
		['index.html:2'],
		{
			'index.html' => page(
				"$shown<p>Fax: 044 999 88 77, mobile phone: none, Mobile 079 999 88 77</p><p>Call (044) 123 45-67</p>",
				block())
		},
		[ '--base-url', $u ]
	],
	[
		'telephone-differs',
		{ 'index.html' => page("$shown<a href=\"tel:+41%2044%20999%2088%2077\">call</a>", block()) },
		['index.html:3'],
		{
			'index.html' => page(
				"$shown<a href=\"tel:+41%2044%20999%2088%2077\">call</a>",
				block(department => { '@type' => 'Bakery', name => 'Shop', telephone => '+41449998877' }))
		},
		[ '--base-url', $u ]
	],
	[
		'hours-differ',
		{ 'index.html' => page("$shown<p>Mon-Fri: 9am - 6pm</p>", block(openingHours => 'Mo-Fr 09:00-17:00')) },
		['index.html:2'],
		{
			'index.html' => page(
				"$shown<p>Monday to Friday 9-5, closed</p><p>Sat 10 to 11 people come</p>",
				block(openingHours => 'Mo-Fr 09:00-17:00'))
		},
		[ '--base-url', $u ]
	],
	[
		'hours-differ',
		{
			'index.html' => page(
				"$shown<table><tr><td>Montag<td>geschlossen</table>",
				block(openingHoursSpecification => [ hours('Monday', '08:00', '12:00') ]))
		},
		['index.html:2'],
		{
			'index.html' => page(
				"$shown<table><tr><td>Montag<td>8\x{e2}\x{80}\x{93}12 Uhr, 13.30\x{e2}\x{80}\x{93}18 Uhr</table>",
				block(
					openingHoursSpecification =>
						[ hours('Monday', '08:00', '12:00'), hours('Monday', '13:30', '18:00') ]))
		},
		[ '--base-url', $u ]
	],
	[
		'hours-unsaid', { 'index.html' => page("$shown<p>Open Mon-Fri 9-5</p>", block()) }, ['index.html:2'],
		{ 'index.html' => page("$shown<p>Meet Monday, 5 people; sun 40 degrees</p>", block()) }, [ '--base-url', $u ]
	],
	[
		'blocks-differ',
		{ 'index.html' => page($shown, block() . "\n" . block(telephone => '+41 44 999 88 77')) },
		['index.html:3'],
		{
			'index.html' => page(
				$shown,
				block() . "\n"
					. block(
					telephone => '+41 (44) 123 45 67',
					address => { %{ $shop{address} }, streetAddress => 'Main Street, 5' }))
		},
		[ '--base-url', $u ],
		['index.html:3 value-not-visible']
	],
	[
		'blocks-differ',
		{
			'index.html' => page($shown, block()),
			'contact.html' => page($shown =~ s/123 45 67/123 45 99/r, block(telephone => '+41441234599'))
		},
		['index.html:2'],
		{
			'index.html' => page($shown, block()),
			'contact.html' => page($shown, block(telephone => '+41 44 123 45 67'))
		},
		[ '--base-url', $u ],
		['contact.html:3 telephone-differs']
	],
	[
		'address-private', { 'index.html' => page('', canonical('http://localhost:4000/')) }, ['index.html:2'],
		{ 'index.html' => page('<a href="http://localhost:4000/">as in the guide</a>', canonical("$u/")) }
	],
	[
		'address-private', { 'index.html' => page(), 'sitemap.xml' => sitemap(['http://127.0.0.1:8080/']) },
		['sitemap.xml:3'], { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"]) }
	],
	[
		'canonical-hosts',
		{
			'index.html' => page('', canonical("$u/")), 'a.html' => page('', canonical("$u/a.html")),
			'b.html' => page('', canonical('https://www.example.org/b.html'))
		},
		['b.html:2'],
		{ 'index.html' => page('', canonical("$u/")), 'a.html' => page('', canonical('https://EXAMPLE.org/a.html')) }
	],
	[
		'canonical-hosts',
		{
			'index.html' =>
				page('', canonical("$u/") . qq(\n<meta property="og:url" content="https://www.example.org/">))
		},
		['index.html:3'],
		{ 'index.html' => page('', canonical("$u/") . qq(<meta property="og:url" content="$u/">)) }
	],
	[
		'image-without-alt', { 'a.png' => 'x', 'index.html' => page('<img src="a.png">') }, ['index.html:3'],
		{ 'a.png' => 'x', 'index.html' => page('<img src="a.png" alt="">') }
	],
	[
		'block-unparsable', { 'index.html' => page('', '<script type="application/ld+json">{"a": }</script>') },
		['index.html:2'], { 'index.html' => page($shown, block()) }, [ '--base-url', $u ]
	],
	[
		'block-url-broken', { 'index.html' => page($shown, block(image => "$u/gone.jpg")) }, ['index.html:2'],
		{ 'a.jpg' => 'x', 'index.html' => page($shown, block(image => "$u/a.jpg")) }, [ '--base-url', $u ]
	],
	[
		'value-not-visible', { 'index.html' => page($shown, block(name => 'Better Bread')) }, ['index.html:2'],
		{ 'index.html' => page($shown =~ s/Good Bread/ GOOD\n Bread /r, block()) }, [ '--base-url', $u ]
	],
	[
		'value-not-visible', { 'index.html' => page($shown =~ s/5, 8000/5,<span hidden>8000<\/span>/r, block()) },
		['index.html:2'], { 'index.html' => page($shown, block()) }, [ '--base-url', $u ]
	],
	[
		'local-business-missing', { 'index.html' => page($shown) }, ['index.html:3'],
		{ 'index.html' => page('<address>By <a href="mailto:x@example.org">x@example.org</a> 2026</address>') }
	],
	[
		'local-business-missing',
		{ 'index.html' => page('<p>Bakery Miller, 12 Mill Street, Springfield 62701</p><p>Phone: (217) 555 0123</p>') },
		['index.html'],
		{
			'index.html' => page('<p>Chapter 12, Wall Street, tells of 2008 and 40000 telegrams</p>'),
			'a.html' => page(
				'<div itemscope itemtype="https://schema.org/Bakery"><h1 itemprop="name">Miller</h1><p '
					. 'itemprop="address">12 Mill Street, Springfield 62701</p>phone (217) 555 0123</div>'
			) }
	],
	[
		'type-in-name',
		{
			'index.html' => page(
				"Good Bread Hair Salon $shown", block('@type' => 'LocalBusiness', name => 'Good Bread Hair Salon'))
		},
		['index.html:2'],
		{ 'index.html' => page($shown, block()) },
		[ '--base-url', $u ],
		['index.html:2 type-general']
	],
	[
		'cart-beside-door', { 'index.html' => page("$shown<form action=\"/cart/add\"></form>", block()) },
		['index.html:3'], { 'index.html' => page('<form action="/cart/add"></form>') }, [ '--base-url', $u ]
	],
	[
		'cart-beside-door',
		{ 'index.html' => page("$shown<button class=\"big snipcart-add-item\">Buy</button>", block()) },
		['index.html:3'], { 'index.html' => page("$shown<p class=\"cartography\">Map</p>", block()) },
		[ '--base-url', $u ]
	],
	[
		'canonical-twice', { 'index.html' => page('', canonical("$u/") . canonical("$u/a.html")), 'a.html' => page() },
		['index.html:2'], { 'index.html' => page('', canonical("$u/") . canonical("$u/")) }
	],
	[
		'canonical-relative', { 'index.html' => page('', canonical('/')) }, ['index.html:2'],
		{ 'index.html' => page('', canonical("$u/")) }
	],
	[
		'canonical-broken', { 'index.html' => page('', canonical("$u/gone.html")) }, ['index.html:2'],
		{ 'index.html' => page('', canonical("$u/a")), 'a.html' => page() }
	],
	[
		'canonical-chain',
		{
			'index.html' => page('', canonical("$u/a.html")), 'a.html' => page('', canonical("$u/b.html")),
			'b.html' => page('', canonical("$u/b.html"))
		},
		['index.html:2'],
		{ 'index.html' => page('', canonical("$u/a.html")), 'a.html' => page('', canonical("$u/a.html")) }
	],
	[
		'canonical-noindex',
		{
			'index.html' => page('', canonical("$u/a.html")),
			'a.html' => page('', '<meta name="robots" content="NoIndex, follow">')
		},
		['index.html:2'],
		{
			'index.html' => page('', canonical("$u/a.html")),
			'a.html' => page('', '<meta name="robots" content="nofollow">') }
	],
	[
		'hreflang-malformed', { 'index.html' => page('', alternate([ 'en_GB', "$u/" ])) }, ['index.html:2'],
		{ 'index.html' => page('', alternate([ 'zh-Hant-TW', "$u/" ], [ 'es-419', "$u/" ], [ 'x-default', "$u/" ])) },
		[ '--base-url', $u ]
	],
	[
		'hreflang-broken', { 'index.html' => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ])) },
		['index.html:2'],
		{ 'index.html' => page('', alternate([ 'en', "$u/" ], [ 'de', 'https://example.com/de.html' ])) },
		[ '--base-url', $u ]
	],
	[
		'hreflang-not-returned',
		{ 'index.html' => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ])), 'de.html' => page() },
		['index.html:2'],
		{ map { $_ => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ])) } qw(index.html de.html) },
		[ '--base-url', $u ]
	],
	[
		'hreflang-without-self',
		{
			'index.html' => page('', alternate([ 'de', "$u/de.html" ])),
			'de.html' => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ]))
		},
		['index.html:2'],
		{ map { $_ => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ])) } qw(index.html de.html) },
		[ '--base-url', $u ]
	],
	[
		'link-broken',
		{ 'a/index.html' => page('<a href="../b.html">b</a>') },
		['a/index.html:3'],
		{
			'a/index.html' => page(
				'<a href="../b.html?x=1#top">b</a><a href="mailto:x@example.org">m</a><a '
					. 'href="//example.com/y">y</a><a href="./">self</a><a href="../b">b</a><a '
						. 'href="../c%20d.html">c</a>'
			),
			'b.html' => page(),
			'c d.html' => page() }
	],
	[
		'link-broken', { 'index.html' => page('<a href="b.html%00.pdf">b</a>'), 'b.html' => page() }, ['index.html:3'],
		{ 'index.html' => page('<a href="b%2ehtml">b</a>'), 'b.html' => page() }
	],
	[
		'link-broken', { 'index.html' => page('<a href="%00">b</a>') }, ['index.html:3'],
		{ 'index.html' => page('<a href="./">b</a>') }
	],
	[
		'resource-broken', { 'index.html' => page('<img src="a.png%00" alt="">'), 'a.png' => 'x' }, ['index.html:3'],
		{ 'index.html' => page('<img src="a.png?%00" alt="">'), 'a.png' => 'x' }
	],
	[
		'link-broken', { 'a.html' => page('<a href="x.html">x</a>', '<base href="/sub/">'), 'x.html' => page() },
		['a.html:3'], { 'a.html' => page('<a href="x.html">x</a>', '<base href="/sub/">'), 'sub/x.html' => page() }
	],
	[
		'fragment-missing',
		{ 'index.html' => page('<a href="b.html#gone">b</a>'), 'b.html' => page('<p id="here">x</p>') },
		['index.html:3'],
		{
			'index.html' =>
				page('<a href="b.html#here">b</a><a href="#caf%C3%A9">c</a><p id="café">x</p><a href="#">top</a>'),
			'b.html' => page('<a name="here">x</a>') }
	],
	[
		'resource-broken',
		{ 'index.html' => page('', '<link rel="stylesheet" href="/gone.css">') },
		['index.html:2'],
		{
			'a.css' => '',
			'index.html' => page(
				'<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">',
				'<link rel="stylesheet" href="/a.css?v=1">'
			) }
	],
	[
		'external-request', { 'index.html' => page('', '<script src="https://cdn.example.com/a.js"></script>') },
		['index.html:2'], { 'index.html' => page('<a href="https://cdn.example.com/a.js">x</a>') }
	],
	[
		'insecure-request', { 'index.html' => page('<img alt="" src="http://example.com/a.png">') }, ['index.html:3'],
		{ 'index.html' => page('<a href="http://example.com/">x</a>') }, [], ['index.html:3 external-request']
	],
	[
		'page-heavy', { 'index.html' => page('<img alt="" src="a.jpg">'), 'a.jpg' => 'x' x (2 << 20) }, ['index.html'],
		{ 'index.html' => page('<img alt="" src="a.jpg" loading="lazy">'), 'a.jpg' => 'x' x (2 << 20) }
	],
	[
		'sitemap-malformed',
		{ 'index.html' => page(), 'sitemap.xml' => '<urlset><url><loc>https://example.org/</loc></url>' },
		['sitemap.xml:1'], { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"]) }
	],
	[
		'sitemap-too-many',
		{ 'index.html' => page(), 'sitemap.xml' => sitemap(map { ["https://example.org/#$_"] } 1 .. 50001) },
		['sitemap.xml'], { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"]) }, [], ['many']
	],
	[
		'sitemap-too-large', { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"]) . ' ' x (50 << 20) },
		['sitemap.xml'], { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"]) }
	],
	[
		'sitemap-url-relative', { 'index.html' => page(), 'sitemap.xml' => sitemap(['/']) }, ['sitemap.xml:3'],
		{ 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"]) }
	],
	[
		'sitemap-foreign', { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"], ['https://example.com/']) },
		['sitemap.xml:4'], { 'index.html' => page(), 'sitemap.xml' => sitemap(['https://EXAMPLE.org/']) }
	],
	[
		'sitemap-url-broken', { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"], ["$u/a&amp;b.html"]) },
		['sitemap.xml:4'],
		{ 'index.html' => page(), 'a&b.html' => page(), 'sitemap.xml' => sitemap(["$u/"], ["$u/a&amp;b.html"]) }
	],
	[
		'sitemap-noindex',
		{ 'index.html' => page('', '<meta name="robots" content="noindex">'), 'sitemap.xml' => sitemap(["$u/"]) },
		['sitemap.xml:3'], { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"]) }
	],
	[
		'sitemap-not-canonical',
		{ 'index.html' => page('', canonical("$u/a.html")), 'a.html' => page(), 'sitemap.xml' => sitemap(["$u/"]) },
		['sitemap.xml:3'], { 'index.html' => page('', canonical("$u/")), 'sitemap.xml' => sitemap(["$u/"]) }
	],
	[
		'sitemap-lastmod-malformed',
		{ 'index.html' => page(), 'sitemap.xml' => sitemap([ "$u/", '31.1.2026' ]) },
		['sitemap.xml:3'],
		{
			'index.html' => page(), 'a.html' => page(),
			'sitemap.xml' => sitemap([ "$u/", '2026-01-31' ], [ "$u/a.html", '2026-01-31T08:00:00.123+01:00' ]) }
	],
	[
		'sitemap-lastmod-uniform',
		{ %dated, 'sitemap.xml' => sitemap(map { [ "$u/p$_.html", '2026-01-31' ] } 1 .. 25) }, ['sitemap.xml'],
		{ %dated, 'sitemap.xml' => sitemap(map { [ "$u/p$_.html", sprintf '2026-01-%02d', $_ ] } 1 .. 25) }
	],
	[
		'sitemap-url-twice', { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"], ["$u/index.html"]) },
		['sitemap.xml:4'], { 'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"]) }
	],
	[
		'robots-sitemap-broken',
		{ 'index.html' => page(), 'robots.txt' => "User-agent: *\nSitemap: $u/gone.xml\n" },
		['robots.txt:2'],
		{
			'index.html' => page(), 'sitemap.xml' => sitemap(["$u/"]),
			'robots.txt' => "User-agent: *\nSitemap: $u/sitemap.xml\n"
		}
	],
	# checks of blocks are the exporter's own (tests/site/facts.t has them all); that they are asked, and where
	[
		'telephone-without-plus', { 'index.html' => page($shown, block(telephone => '044 123 45 67')) },
		['index.html:2'], { 'index.html' => page($shown, block()) }, [ '--base-url', $u ]
	],
	[
		'type-general', { 'index.html' => page($shown, block('@type' => 'LocalBusiness')) }, ['index.html:2'],
		{ 'index.html' => page($shown, block('@type' => [ 'Bakery', 'CafeOrCoffeeShop' ])) }, [ '--base-url', $u ]
	],
	[
		'rating-self-serving',
		{
			'index.html' => page(
				$shown,
				block(aggregateRating => { '@type' => 'AggregateRating', ratingValue => 4.5, reviewCount => 10 }))
		},
		['index.html:2'],
		{ 'index.html' => page($shown, block()) },
		[ '--base-url', $u ]
	],
);
for my $case (@cases) {
	my ($rule, $bad, $where, $good, $options, $also) = @$case;
	my ($code, $report) = findings(write_site($bad), @{ $options // [] });
	my %severity = map { $_->{rule} => $_->{severity} } @{ $report->{findings} };
	if (($also // [''])->[0] eq 'many') {
		ok(grep({ $_ eq "$where->[0] $rule" } @{ named($report) }), "$rule: found at $where->[0]");
	} else {
		is_deeply(named($report), [ sort((map {"$_ $rule"} @$where), @{ $also // [] }) ],
			"$rule: found at @$where, and nothing else")
			or diag explain $report;
	}
	is($code, $severity{$rule} eq 'note' ? 0 : 2, "$rule ($severity{$rule}): the exit status says so");
	($code, $report) = findings(write_site($good), @{ $options // [] });
	ok($code == 0 && !@{ $report->{findings} }, "$rule: its neighbour is left alone") or diag explain $report;
}
my %tried = map { $_->[0] => 1 } @cases;
my @rules = slurp("$root/src/audit/site/rules.def") =~ /^RULE\(\w+, "([^"]+)"/mg;
is_deeply([ grep { !$tried{$_} } @rules ], [], 'every rule of the table has a case');

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
is_deeply([
		grep {
				   !$known{ $_->{ruleId} }
				|| !$_->{message}{text}
				|| $_->{level} !~ /^(?:error|warning|note)$/
				|| $_->{locations}[0]{physicalLocation}{artifactLocation}{uri} !~ m{^[\w%./-]+$}
		} @{ $run->{results} }
	],
	[],
	'each of them with a rule that is described, a level, a text and a URI'
);
ok(!(grep { ($_->{locations}[0]{physicalLocation}{region}{startLine} // 1) < 1 } @{ $run->{results} }),
	'lines begin at 1');
ok(grep({ $_->{locations}[0]{physicalLocation}{artifactLocation}{uri} eq 'b/c%20d.html' } @{ $run->{results} }),
	'names are escaped');
($code, $text) = audit('audit', 'site', write_site({ 'index.html' => page() }));
is($code, 0, 'nothing found: 0');
($code, $text) = audit('audit', 'site', "$dir/b/c d.html");
is($code, 0, 'a page by itself: what leads elsewhere is not judged');

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
	my %pages = map { (
		"p$_.html" => page(
				  '<a href="/app/'
				. ($_ % 5 + 1 == 3 ? 'p1' : 'p' . ($_ % 5 + 1))
				. '.html">next</a><a href="/app/">home</a>', '<link rel="stylesheet" href="/app/s.css">'
		)) } 1 .. 5;
	(undef, $report)
		= findings(write_site({ %pages, 'index.html' => page('<a href="/app/p1.html">1</a>'), 's.css' => '' }));
	is_deeply(named($report), [], 'the path is learned from links as well');
	(undef, $report) = findings(
		write_site({
			'index.html' => page('<a href="/old/">old</a><a href="/a.html">a</a>'),
			'a.html' => page('<a href="/">up</a>')
		}));
	is_deeply(named($report), ['index.html:3 link-broken'], 'one broken link makes no path');
	(undef, $report) = findings(
		write_site({
				'index.html' => page('', canonical("$u/docs/") . '<link rel="icon" href="/docs/i.png">'),
				'docs.html' => page(), 'i.png' => '', 'x/index.html' => page('', canonical("$u/docs/x/")) }
		),
		'--base-url',
		"$u/docs/"
	);
	is_deeply(named($report), [], 'what is said on the command line counts');
}
{
	my $parts = {
		'index.html' => page('<a href="drafts/a.html">a</a>'),
		'_partials/head.html' => '<title></title><a href="gone.html">x</a>', 'b/_layout.html' => '<html>{{ content }}',
		'nav.html' => '<nav><a href="../gone.html">x</a></nav>',
		'google1234567890.html' => 'google-site-verification: google1234567890.html',
		'drafts/a.html' => page('<a href="gone.html">x</a>'), 'old/print/a.html' => page('<a href="gone.html">x</a>') };
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
			[ 'text-empty', name => '' ], [ 'telephone-letters', telephone => '555-CALL' ],
			[ 'opening-hours-unreadable', openingHours => 'Mo-Fr 25:00-99:00' ],
			[ 'latitude-range', latitude => '900.00001' ],
			[ 'coordinates-swapped', latitude => '8.54170', longitude => '47.37690' ],
			[ 'coordinates-outside-country', latitude => '52.52000', longitude => '13.40500' ],
			[ 'link-broken block-url-broken', url => 'gone.html' ], [ 'placeholder', name => '[Your name]' ]);
		for my $case (@wrong) {
			my ($rules, %change) = @$case;
			(undef, $report) = findings(write_site({ 'index.html' => page($make->(%change)) }), '--base-url', $u);
			my %found = map { $_->{rule} => 1 } @{ $report->{findings} };
			is_deeply([ sort keys %found ], [ sort split / /, $rules ], "$name: $rules") or diag explain $report;
		}
	}
	my (undef, $report) = findings(
		write_site({
			'index.html' => page(
				'<div itemscope itemtype="https://schema.org/Bakery" itemref="x y"><h1 itemprop="name">Good '
					. 'Bread</h1></div><p id="x" itemprop="address">Main street 5, 8000 Zurich</p><div itemscope '
						. 'itemtype="http://data-vocabulary.org/Review"><b itemprop="rating">nine</b></div>'
			)
		}));
	is_deeply(named($report), [], 'an item may refer to what stands elsewhere, and other vocabularies are not judged')
		or diag explain $report;
	(undef, $report) = findings(
		write_site({
				'index.html' => page(
					'<div itemscope itemtype="https://schema.org/Bakery"><h1 itemprop="name">Good Bread</h1><p '
						. 'itemprop="address">Main street 5</p><b itemprop="telephone">+41441234599</b></div>'
						. $shown, block()) }
		),
		'--base-url',
		$u
	);
	ok(grep({ $_->{rule} eq 'blocks-differ' } @{ $report->{findings} }),
		'microdata and JSON-LD of one business are compared');
}

# ---- what people write in many ways is seen ----
for my $case (
	[ 'Main street 5, Suite 2', 'Main Street 5 Suite 2' ],
	[ 'Main street 5, Suite 2', '<p>Main Street 5</p><p>(at the corner)</p><p>Ste. 2</p>' ],
	[ "Hauptstra\xc3\x9fe 5", 'HAUPTSTRASSE 5' ], [ '12 Mill Street', '12 Mill St.' ],
	[ "Rue de l'\xc3\x89glise 3", "3, rue de l&rsquo;\xc3\x89glise, Rue de l&rsquo;eglise 3" ],
	[ "Z\xc3\xbcrcherstr. 1", "Z\xc3\x9cRCHERSTRASSE 1" ], [ '5th Avenue 1', '5th Ave 1' ])
{
	my ($street, $body) = @$case;
	my $json
		= '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Bakery","name":"Good '
			. 'Bread","address":{"@type":"PostalAddress","streetAddress":"'
		. $street
		. '","addressLocality":"Zurich"}}</script>';
	my (undef, $report)
		= findings(write_site({ 'index.html' => page("<h1>Good Bread</h1><p>$body</p><p>Zurich</p>", $json) }));
	is_deeply(named($report), [], "$street is shown") or diag explain $report;
}

# ---- what sites do and may do ----
{
	my $ld = sub {
		'<script type="application/ld+json">'
			. JSON::PP->new->canonical->encode({ '@context' => 'https://schema.org', @_ })
			. '</script>';
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
			'@graph' => [
				map { {
					'@type' => 'Bakery',
					name => 'Good Bread',
					telephone => "+4144123456$_",
					address => {
						'@type' => 'PostalAddress', streetAddress => "Main street $_", postalCode => '8000',
						addressLocality => 'Zurich', addressCountry => 'CH'
					}
				} } 7,
				8
			]
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
		'index.html' => page('<div>' x 200_000),
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
