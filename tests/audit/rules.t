#!/usr/bin/perl
# holdfast audit site: every rule finds its case and leaves its neighbour alone.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use AuditSite;
use Tree;

my $rest = [ 'x-default', "$u/" ];
my %dated = map { ("p$_.html" => page('x')) } 1 .. 25;

my $german = 'Wir sind die Bäckerei in der Altstadt und backen für Sie das Brot von morgen. Der Teig ruht nicht '
	. 'nur eine Nacht, und das ist auf der Zunge zu merken. '
	. 'Die Brote sind aus dem Ofen, bis Sie kommen, auch mit Körnern.';
my $promising = '<meta name="description" content="Bakery in Thun: address, opening hours.">';

sub describe { return qq(<meta name="description" content="$_[0]">) }
# A list of pages elsewhere, and the trail to a page.
sub list {
	my ($count) = @_;
	return {
		'@type' => 'ItemList',
		itemListElement =>
			[ map { { '@type' => 'ListItem', position => $_, url => "https://other.example/$_" } } 1 .. $count ]
	};
}

sub trail {
	return graph({
		'@type' => 'BreadcrumbList',
		itemListElement => [ { '@type' => 'ListItem', position => 1, name => 'Bread' } ]
	});
}

my @inside = ('OMNI HOTEL - 2ND FLOOR PANTRY', 'The Clift Hotel (Main Kitchen)',
	'WHITCOMB HOTEL- EMPLOYEES / BSMT CAFETERIA');
my $parent = {
	'@type' => 'Organization', name => 'Good Bread',
	subOrganization => { '@type' => 'Bakery', name => 'x', telephone => '+41441234599' }
};
# A part of a longer list, of whole objects.
sub entries {
	my $n = 0;
	return {
		'@type' => 'ItemList', numberOfItems => 99,
		itemListElement => [ map { { '@type' => 'ListItem', position => ++$n, item => $_ } } @_ ]
	};
}

sub located {
	my ($lat, $lon) = @_;
	return { %shop, geo => { '@type' => 'GeoCoordinates', latitude => "$lat", longitude => "$lon" } };
}

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
		'lang-differs', { 'index.html' => page($german) }, ['index.html:1'],
		{ 'index.html' => page("<p lang=\"de\">$german</p>"),
			'kurz.html' => page('<p>Wir sind die Bäckerei in der Stadt.</p>') }
	],
	[
		'description-promises',
		{ 'index.html' => page($shown, block() . $promising, no_description => 1) }, ['index.html:2'],
		{
			'index.html' => page("$shown<p>Fresh bread from 9:30</p>", block() . $promising, no_description => 1),
			'all.html' => page('<p>All our shops</p>', $promising, no_description => 1)
		}
	],
	[
		'og-image-relative', { 'index.html' => page('', '<meta property="og:image" content="/a.png">'),
			'a.png' => 'x' },
		['index.html:2'],
		{ 'index.html' => page('', '<meta property="og:image" content="https://other.example/a.png">') }
	],
	[
		'og-image-broken', { 'index.html' => page('', qq(<meta property="og:image" content="$u/gone.png">)) },
		['index.html:2'],
		{ 'index.html' => page('', qq(<meta property="og:image" content="$u/a.png">)), 'a.png' => 'x' },
		[ '--base-url', $u ]
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
		'telephone-differs',
		{ 'index.html' => page("$shown<p>Phone: 2019-03-01-44</p>", block()) },
		['index.html:2'],
		{
			'index.html' =>
				page("$shown<p>Call for papers 2019-03-01. Tel.: open since 2019-03-01, 1998-12-31</p>", block())
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
		'hours-differ',
		{ 'index.html' => page("$shown<p>Supermarkt: Sa 8-12 Uhr</p>", block(openingHours => 'Sa 09:00-12:00')) },
		['index.html:2'],
		{
			'index.html' => page("$shown<p>Wochenmarkt in Thun: Sa 8-12 Uhr. Laden: Mo-Su 00:00-23:59</p>",
				block(openingHours => 'Mo-Su 00:00-23:59'))
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
		'blocks-differ', # told of the one that differs from most
		{
			( map { ("$_.html" => page($shown, block())) } qw(a c index) ),
			'b.html' => page($shown =~ s/123 45 67/123 45 99/r, block(telephone => '+41441234599'))
		}, ['b.html:2'],
		{ map { ("$_.html" => page($shown, block())) } qw(a b index) },
		[ '--base-url', $u ], ['b.html:3 telephone-differs']
	],
	[
		'markup-in-text', # but vacancies have it, and constants
		{ 'index.html' => page($shown, block(description => '<p>Bread</p>')) }, ['index.html:2'], {
			'index.html' => page($shown, block() . "\n"
					. '<script type="application/ld+json">{"@context":"https://schema.org","@type":"JobPosting",'
					. '"title":"Baker","description":"<p>Bake.</p>","employmentType":"PART_TIME"}</script>')
		},
		[ '--base-url', $u ]
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
	# what is inside of a hotel is none: no type-in-name
	(
		map { [
				'type-general',
				{ 'index.html' => page("$_ $shown", block('@type' => 'LocalBusiness', name => $_)) },
				['index.html:2'],
				{ 'index.html' => page($shown, block()) },
				[ '--base-url', $u ]
			] } @inside
	),
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
		'hreflang-broken', { 'index.html' => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ], $rest)) },
		['index.html:2'],
		{ 'index.html' => page('', alternate([ 'en', "$u/" ], [ 'de', 'https://example.com/de.html' ], $rest)) },
		[ '--base-url', $u ]
	],
	[
		'hreflang-not-returned',
		{ 'index.html' => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ], $rest)), 'de.html' => page() },
		['index.html:2'],
		{ map { $_ => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ], $rest)) } qw(index.html de.html) },
		[ '--base-url', $u ]
	],
	[
		'hreflang-without-self',
		{
			'index.html' => page('', alternate([ 'de', "$u/de.html" ], [ 'x-default', "$u/de.html" ])),
			'de.html' => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ], $rest))
		},
		['index.html:2'],
		{ map { $_ => page('', alternate([ 'en', "$u/" ], [ 'de', "$u/de.html" ], $rest)) } qw(index.html de.html) },
		[ '--base-url', $u ]
	],
	[
		'hreflang-malformed', { 'index.html' => page('', alternate([ 'en-UK', "$u/" ], $rest)) }, ['index.html:2'],
		{ 'index.html' => page('', alternate([ 'en-GB', "$u/" ], $rest)) }, [ '--base-url', $u ]
	],
	[
		'hreflang-without-default',
		{ map { $_ => page('', alternate([ 'en', "$u/" ], [ 'en-GB', "$u/b.html" ])) } qw(index.html b.html) },
		[ 'b.html:2', 'index.html:2' ],
		{ 'index.html' => page('', alternate([ 'en', "$u/" ])) },
		[ '--base-url', $u ]
	],
	[
		'hreflang-twice',
		{
			map { $_ => page('', alternate([ 'en', "$u/" ], [ 'EN', "$u/b.html" ], $rest)) } qw(index.html b.html)
		},
		[ 'b.html:2', 'index.html:2' ],
		{ 'index.html' => page('', alternate([ 'en', "$u/" ], [ 'en', "$u/" ], $rest)) },
		[ '--base-url', $u ]
	],
	[
		'hreflang-not-canonical',
		{
			'index.html' => page('', alternate([ 'en', "$u/" ], [ 'en-GB', "$u/b.html" ], $rest)),
			'b.html' => page('', canonical("$u/") . alternate([ 'en', "$u/" ], [ 'en-GB', "$u/b.html" ], $rest))
		},
		[ 'b.html:2', 'index.html:2' ],
		{
			map {
				$_->[0] =>
					page('', canonical($_->[1]) . alternate([ 'en', "$u/" ], [ 'en-GB', "$u/b.html" ], $rest))
			} [ 'index.html', "$u/" ],
			[ 'b.html', "$u/b" ]
		},
		[ '--base-url', $u ]
	],
	[
		'lang-malformed', { 'index.html' => page('', '', lang => ' lang="en_US"') }, ['index.html:1'],
		{ 'index.html' => page('', '', lang => ' lang="zh-Hant-TW"') }
	],
	[
		'lang-malformed', { 'index.html' => page('', '', lang => ' lang="english"') }, ['index.html:1'],
		{ 'index.html' => page('', '', lang => ' lang="sl-rozaj"') }
	],
	[
		'lang-differs',
		{ 'index.html' => page("\xd0\xb1\xd1\x83\xd0\xbb\xd0\xba\xd0\xb0 " x 60, '', lang => ' lang="de-AT"') },
		['index.html:1'],
		{
			'index.html' =>
				page("\xd0\xb1\xd1\x83\xd0\xbb\xd0\xba\xd0\xb0 " x 60, '', lang => ' lang="sr-Cyrl"'),
			'b.html' => page("\xd0\xb1\xd1\x83\xd0\xbb\xd0\xba\xd0\xb0 and breads " x 60)
		}
	],
	[
		'page-decoded-twice', { 'index.html' => page("<p>Z\xc3\x83\xc2\xbcrich") }, ['index.html:3'],
		{
			'index.html' => page(
				"<code>Z\xc3\x83\xc2\xbcrich</code> \xc2\xabIRM\xc3\x83\xc2\xbb "
					. "\xe2\x80\x9cCAF\xc3\x89\xe2\x80\x9d \xc2\xab\xc2\xa0caf\xc3\xa9\xc2\xa0\xc2\xbb")
		}
	],
	[
		'page-decoded-twice', { 'index.html' => page("it\xc3\xa2\xe2\x82\xac\xe2\x84\xa2s") }, ['index.html:3'],
		{ 'index.html' => page("it\xe2\x80\x99s \xc3\xa2ge") }
	],
	[
		'list-thin', { 'index.html' => page('', graph(list(2))) }, ['index.html:2'],
		{
			'index.html' => page('', graph(list(3))),
			'b.html' => page('', graph(list(2), { '@type' => 'Product', name => 'x' })),
			'c.html' => page('<a rel="prev" href="/">back</a>', graph(list(1))),
			'd.html' => page('', graph({ %{ list(1) }, numberOfItems => 51 })),
			'e.html' => page('', graph(list(1)) . '<meta name="robots" content="noindex">')
		}
	],
	[
		'list-thin',
		{
			'index.html' => page(
				'',
				graph(
					{ '@type' => 'CollectionPage', name => 'x', mainEntity => list(1) },
					{ '@type' => 'Product', name => 'x' }))
		},
		['index.html:2'],
		{
			'index.html' => page(
				'',
				graph({
					'@type' => 'BreadcrumbList',
					itemListElement => [ { '@type' => 'ListItem', position => 1, name => 'x' } ]
				},
				{ '@type' => 'CollectionPage', name => 'x' })) }
	],
	[
		'breadcrumb-missing',
		{
			'a/b.html' => page($shown, block(url => undef) . trail()),
			'a/c/index.html' => page($shown, block(url => undef) . trail()),
			'a/d.html' => page($shown, block(url => undef))
		},
		['a/d.html'],
		{
			'a/b.html' => page($shown, block(url => undef) . trail()),
			'a/c/index.html' => page("$shown<nav aria-label='Breadcrumb'>x</nav>", block(url => undef)),
			'a/d.html' => page($shown, block(url => undef) . '<meta name="robots" content="noindex">'),
			'a/index.html' => page(), 'about.html' => page(), 'de/index.html' => page(),
			'de/about.html' => page()
		},
		[ '--base-url', $u ]
	],
	[
		'breadcrumb-nowhere',
		{ 'index.html' => page($shown, block()), 'a/b.html' => page(), 'a/c.html' => page() },
		['a/b.html'],
		{ 'index.html' => page($shown, block()), 'a/index.html' => page() },
		[ '--base-url', $u ]
	],
	[
		'description-promises',
		{
			'index.html' =>
				page($shown, block() . describe('Bread in Thun, prices and telephone.'), no_description => 1)
		},
		['index.html:2'],
		{
			'index.html' => page(
				"$shown<p>From 5 \xe2\x82\xac", block() . describe('Bread in Thun: prices, address, telephone.'),
				no_description => 1
			),
			'b.html' => page($shown, block() . describe('We address telephone prices.'), no_description => 1)
		},
		[ '--base-url', $u ]
	],
	[
		'description-promises',
		{ 'index.html' => page($shown, block() . describe('Bread in Thun. +41 44 999 88 77'), no_description => 1) },
		['index.html:2'],
		{
			'index.html' => page(
				"$shown<p>Open around the clock",
				block() . describe('Bread, opening hours. +41 (0)44 123 45 67'), no_description => 1
			)
		},
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
		{ %dated, 'sitemap.xml' => sitemap(map { [ "$u/p$_.html", '2026-01-31T08:00:00Z' ] } 1 .. 25) },
		['sitemap.xml'],
		{ %dated, 'sitemap.xml' => sitemap(map { [ "$u/p$_.html", sprintf '2026-01-31T08:%02d:00Z', $_ ] } 1 .. 25) }
	],
	[
		'sitemap-lastmod-uniform',
		{ %dated, 'sitemap.xml' => sitemap(map { [ "$u/p$_.html", '2026-01-31T08:00:00+01:00' ] } 1 .. 20) },
		['sitemap.xml'], { %dated, 'sitemap.xml' => sitemap(map { [ "$u/p$_.html", '2026-01-31' ] } 1 .. 25) }
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
	# businesses in lists and as parts; names that a block gives to terms
	[
		'local-business-missing',
		{ 'index.html' => page($shown, graph({ '@type' => 'Organization', name => 'Good Bread' })) },
		['index.html:3'],
		{
			'index.html' => page($shown, graph($parent)),
			'b.html' => page($shown, graph(entries(map { { '@type' => 'Bakery', name => "b$_" } } 1 .. 3))) }
	],
	[
		'coordinates-outside-country',
		{ 'index.html' => page($shown, graph(entries(located(47.37691, 8.54171), located(-33.86881, 151.20931)))) },
		['index.html:2'],
		{ 'index.html' => page($shown, graph(entries(located(47.37691, 8.54171), located(46.94811, 7.44741)))) },
		[ '--base-url', $u ]
	],
	[
		'telephone-without-plus',
		{
			'index.html' => page($shown, '<script type="application/ld+json">'
					. '{"@context":{"x":"https://schema.org/","tel":{"@id":"x:telephone"},"is":"@type"},'
					. '"is":"x:Bakery",'
					. '"x:name":"Good Bread","tel":"044 123 45 67","x:address":"Main street 5, 8000 Zurich"}</script>')
		},
		['index.html:2'],
		{
			'index.html' => page($shown, '<script type="application/ld+json">'
					. '{"@context":{"x":"https://schema.org/","tel":{"@id":"x:telephone"},"is":"@type",'
					. '"o":"https://other.example/"},"is":"x:Bakery","o:rank":9,'
					. '"x:name":"Good Bread","tel":"+41441234567","x:address":"Main street 5, 8000 Zurich"}</script>')
		},
		[ '--base-url', $u ]
	],
	[
		'context-foreign',
		{
			'index.html' => page($shown, '<script type="application/ld+json">'
					. '{"@context":{"x":"https://schema.org/"},"@type":"Bakery","name":"Good Bread",'
					. '"address":"Main street 5, 8000 Zurich"}</script>')
		},
		['index.html:2'],
		{ 'index.html' => page($shown, block()) },
		[ '--base-url', $u ]
	],
	[
		'telephone-differs',
		{ 'index.html' => page("$shown<p>Anrufe: 044 999 88 77</p>", block()) }, ['index.html:2'],
		{ 'index.html' => page("$shown<p>Calle 82 28034-99, Hotel 1234567, excellent 765 4321</p>", block()) },
		[ '--base-url', $u ]
	],
	[
		'title-missing', { 'index.html' => "\xef\xbb\xbf" . page('', '', no_title => 1) }, ['index.html'],
		{ 'index.html' => "\xef\xbb\xbf" . page() }
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
		'type-general',
		{
			'index.html' => page($shown, block('@type' => 'LocalBusiness')),
			'b.html' => page('', graph({ '@type' => 'Organization', name => 'Bread Group' }))
		},
		['index.html:2'],
		{
			'index.html' => page("$shown Brush Makers", block('@type' => 'LocalBusiness', name => 'Brush Makers')),
			'b.html' => page($shown, block())
		},
		[ '--base-url', $u ]
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
done_testing;
