#!/usr/bin/perl
# holdfast audit site over pages in the many forms that sound pages have: nothing is found; and over the same pages with
# one fault each: it is found. HOLDFAST_ROUNDS: how many of both (default 150), HOLDFAST_SEED: which.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Test::More;
use AuditSite;
use Tree;

my $rounds = $ENV{HOLDFAST_ROUNDS} // 150;
my $seed   = $ENV{HOLDFAST_SEED}   // 1;
my $state  = $seed * 2654435761 % 2**32;

sub below { my ($n) = @_; $state = ($state * 1664525 + 1013904223) % 2**32; return int($state / 2**32 * $n) }
sub one   { return $_[ below(scalar @_) ] }
my $json = JSON::XS->new->canonical;

# ---- what a business is ----
my $nb   = "\xc2\xa0";
my %text = (
	en => 'We are the shop in the old town, and you are welcome to come in and look at what we have. The things that '
		. 'we sell are made by hand, with care, and of the best that the region has. They have been made this way.',
	de =>
		"Wir sind der Laden in der Altstadt und freuen uns auf Sie. Die Waren sind mit der Hand gemacht, auch "
		. "f\xc3\xbcr Sie nach Ma\xc3\x9f, und das Beste aus der Region ist bei uns nicht teuer. Sie werden sehen, es "
		. "ist ein gutes Gef\xc3\xbchl.",
	fr =>
		"Nous sommes dans la vieille ville, avec les produits de la r\xc3\xa9gion pour vous. Votre visite est une joie "
		. "pour nous, et les prix sont dans notre vitrine. Vous \xc2\xab${nb}entrez${nb}\xc2\xbb, nous aidons.",
	it =>
		"Siamo nella citt\xc3\xa0 vecchia, il negozio della regione. Il meglio dei prodotti \xc3\xa8 anche nella "
		. 'nostra vetrina, che sono gli stessi dal 1950. Questo negozio degli artigiani vende anche il pane.',
	es => 'Somos el taller de los vecinos, y las manos para las cosas. Nuestro trabajo y sus detalles desde 1950, '
		. "como m\xc3\xa1s le guste, est\xc3\xa1 en el taller.",
	nl => 'Wij zijn een winkel van de oude stad, met het beste voor u. Onze producten worden door hand gemaakt, ook op '
		. 'maat, en wij wachten op uw bezoek naar deze winkel.',
	el => "\xce\x9a\xce\xb1\xce\xbb\xcf\x8e\xcf\x82 \xce\xae\xce\xbb\xce\xb8\xce\xb1\xcf\x84\xce\xb5 " x 12,
	pt =>
		"Loja \xe2\x80\x9cCASA DA L\xc3\x83\xe2\x80\x9d e \xc2\xabIRM\xc3\x83\xc2\xbb: o "
		. "CAF\xc3\x89\xc2\xae da aldeia.",
);

# country => [calling code, of a trunk zero, postcodes, towns with places, streets, language]
my %country = (
	CH => [ '41', '0', sub { 8000 + below(100) }, [ "Z\xc3\xbcrich", 47.37, 8.54 ], ['Hauptstrasse NN'], 'de' ],
	DE => [
		'49', '0', sub { 80000 + below(999) }, [ "M\xc3\xbcnchen", 48.13, 11.57 ], ["Gro\xc3\x9fe Stra\xc3\x9fe NN"],
		'de'
	],
	FR => [
		'33', '0', sub { 75000 + below(20) }, [ 'Paris', 48.85, 2.35 ], ["NN, rue de l\xe2\x80\x99\xc3\x89glise"], 'fr'
	],
	IT => [ '39', '', sub { sprintf '00%03d', 100 + below(90) }, [ 'Roma', 41.89, 12.49 ], ['Via Garibaldi NN'], 'it' ],
	ES => [ '34', '', sub { 28000 + below(50) }, [ 'Madrid', 40.41, -3.70 ], ["Calle de Alcal\xc3\xa1, NN"],     'es' ],
	NL => [ '31', '0', sub { (1000 + below(99)) . ' AB' },      [ 'Amsterdam', 52.37, 4.89 ], ['Kerkstraat NN'], 'nl' ],
	GB => [ '44', '0', sub { 'SW' . (1 + below(9)) . 'A 1AA' }, [ 'London',    51.50, -0.12 ], ['NN Mill Road'], 'en' ],
	US => [ '1',  '',  sub { 10000 + below(99) }, [ 'New York', 40.71, -74.00 ], ['NN Main Street, Suite 2'],    'en' ],
	GR => [
		'30', '', sub { 10400 + below(99) }, [ "\xce\x91\xce\xb8\xce\xae\xce\xbd\xce\xb1", 37.98, 23.72 ],
		["\xce\x95\xcf\x81\xce\xbc\xce\xbf\xcf\x8d NN"], 'el'
	],
	PT => [ '351', '', sub { '1000-' . (100 + below(99)) }, [ 'Lisboa', 38.72, -9.13 ], ['Rua Augusta NN'], 'pt' ],
);
my @types = qw(Bakery BookStore CafeOrCoffeeShop Dentist Electrician HairSalon Hotel Restaurant ClothingStore Florist);
my @names = (
	'Good & Bread', "Caf\xc3\xa9 \xe2\x80\x9eMohn\xe2\x80\x9c", "Joe's", "M\xc3\xbcller S\xc3\xb6hne", '7 Days',
	"\xce\x95\xce\xbb\xce\xb9\xce\xac",
	"L\xe2\x80\x99Or", 'ABC-Shop', "Irm\xc3\xa3 \xc2\xabIRM\xc3\x83\xc2\xbb",
	"\xd0\x91\xd1\x83\xd0\xbb\xd0\xba\xd0\xb0", "CAF\xc3\x89\xc2\xae"
);

sub business {
	my ($n) = @_;
	my $iso = one(sort keys %country);
	my ($code, $trunk, $postcode, $town, $streets, $lang) = @{ $country{$iso} };
	my $number = ($trunk ? '' : '2') . sprintf '%d%07d', 20 + below(70), $n * 7919 + 1000003;
	my ($street, $house) = (one(@$streets), 1 + below(200));
	$street =~ s/NN/$house/;
	my ($opens, $closes) = (6 + below(5), 15 + below(7));
	return {
		iso      => $iso, lang => $lang, name => one(@names) . " $n", type => one(@types), street => $street,
		postcode => '' . $postcode->(), town => $town->[0], phone => "+$code$number", local => "$trunk$number",
		lat      => sprintf('%.5f', $town->[1] + below(900) / 1e5 + 1e-5),
		lon      => sprintf('%.5f', $town->[2] + below(900) / 1e5 + 1e-5),
		opens    => $opens, closes => $closes, page => "$u/p$n.html"
	};
}

# ---- the block as a tree, in its forms ----
my @week = qw(Monday Tuesday Wednesday Thursday Friday);

sub hours_of {
	my ($b) = @_;
	my ($from, $to) = map { sprintf '%02d:00', $_ } @$b{qw(opens closes)};
	my $way = below(5);
	return (openingHours => "Mo-Fr $from-$to")                             if $way == 0;
	return (openingHours => [ map { "$_ $from-$to" } qw(Mo Tu We Th Fr) ]) if $way == 1;
	return (openingHours => [ "Mo-Th $from-$to", "Fr $from-$to" ])         if $way == 2;
	my $spec = sub {
		return { '@type' => 'OpeningHoursSpecification', dayOfWeek => $_[0], opens => $from, closes => "$to:00" };
	};
	return (openingHoursSpecification => $spec->([@week])) if $way == 3;
	return (openingHoursSpecification => [ map { $spec->("https://schema.org/$_") } @week ]);
}

sub tree {
	my ($b) = @_;
	my %geo = (latitude => $b->{lat}, longitude => $b->{lon});
	%geo = map { $_ => $geo{$_} + 0 } keys %geo
		if below(2) && $json->encode([ map { $_ + 0 } values %geo ]) =~ /^\[-?\d+\.\d{5},-?\d+\.\d{5}\]$/;
	return {
		'@type' => below(6) ? $b->{type} : [ $b->{type}, 'Organization' ]->[0],
		name    => $b->{name}, url => $b->{page}, telephone => $b->{phone},
		address => {
			'@type'         => 'PostalAddress', streetAddress  => $b->{street}, postalCode => $b->{postcode},
			addressLocality => $b->{town},      addressCountry => $b->{iso}
		},
		(below(2) ? (geo        => { '@type' => 'GeoCoordinates', %geo })              : ()),
		(below(2) ? (sameAs     => ["https://social.example/$b->{local}"])             : ()),
		(below(2) ? (priceRange => one('$$', "\xe2\x82\xac\xe2\x82\xac", '10-20 CHF')) : ()),
		(
			below(3)
			? ()
			: (makesOffer => [ { '@type' => 'Offer', name => 'Voucher', price => '25.00', priceCurrency => 'EUR' } ])
		),
		(below(3) ? () : (foundingDate => one('1950', '1950-03', '1950-03-01'))),
		hours_of($b)
	};
}

# Names of terms with a prefix.
sub prefixed {
	my ($v, $p) = @_;
	return [ map { prefixed($_, $p) } @$v ] if ref $v eq 'ARRAY';
	return $v                               if !ref $v;
	return {
		map {
			my $is = $v->{$_};
			$_ eq '@type' ? ($_ => ref $is ? [ map { "$p:$_" } @$is ] : "$p:$is") : ("$p:$_" => prefixed($is, $p))
		} keys %$v
	};
}

# JSON::XS is given bytes, and writes bytes.
sub encode {
	my ($v) = @_;
	my $text = below(2) ? $json->encode($v) : JSON::XS->new->canonical->pretty->encode($v);
	$text =~ s{/}{\\/}g    if below(4) == 0;
	$text =~ s/&/\\u0026/g if below(2);
	return $text;
}

sub trail_of {
	my ($b) = @_;
	return {
		'@type'         => 'BreadcrumbList',
		itemListElement => [
			{ '@type' => 'ListItem', position => 1, name => 'Shops', item => "$u/" },
			{ '@type' => 'ListItem', position => 2, name => $b->{name} }
		]
	};
}

sub as_json {
	my ($b, $tree) = @_;
	my $about = one('https://schema.org', 'http://schema.org', 'https://schema.org/', 'http://schema.org/');
	my @forms = (
		sub { { '@context' => $about, %$tree } },
		sub { [ { '@context' => $about, %$tree } ] },
		sub { [ { '@context' => $about, %$tree }, { '@context' => $about, %{ trail_of($b) } } ] },
		sub { { '@context' => $about,                                       '@graph' => [ $tree, trail_of($b) ] } },
		sub { { '@context' => { '@vocab' => "$about" =~ s{([^/])$}{$1/}r }, %$tree } },
		sub { { '@context' => [ $about, { '@language' => $b->{lang} } ],    %$tree } },
		sub { { '@context' => { schema => 'https://schema.org/' },          %{ prefixed($tree, 'schema') } } },
		sub { { '@context' => { s => 'http://schema.org/' },                %{ prefixed($tree, 's') } } },
		sub {
			my %is = %$tree;
			{
				'@context' => [ $about, { type => '@type', title => 'https://schema.org/name' } ],
				type       => delete $is{'@type'}, title => delete $is{name}, %is
			};
		},
		sub {
			{
				'@context' => $about,
				'@graph'   => [
					{
						'@type'    => 'WebPage', '@id' => "$b->{page}#page", name => 'x',
						about      => { '@id' => "$b->{page}#it" },
						breadcrumb => trail_of($b)
					},
					{ %$tree, '@id' => "$b->{page}#it" }
				]
			}
		},
		sub { { '@context' => $about, '@type' => 'WebPage', name => 'x', mainEntity => $tree } },
	);
	my $type   = one('application/ld+json', 'application/LD+JSON', 'application/ld+json; charset=utf-8');
	my $q      = one('"', "'");
	my $text   = encode(one(@forms)->());
	my $before = one('', "\n", "\r\n\t");
	return "<script type=$q$type$q>$before$text$before</script>";
}

sub escaped {
	my ($s) = @_;
	$s =~ s/&/&amp;/g;
	$s =~ s/</&lt;/g;
	$s =~ s/"/&quot;/g;
	$s =~ s/\xc3\xbc/one("\xc3\xbc", '&uuml;', '&#252;', '&#xFC;')/ge;
	$s =~ s/\xc3\xa9/one("\xc3\xa9", '&eacute;', '&#233;')/ge;
	return $s;
}

# The tree as microdata or RDFa, in <meta> and <link>.
sub items {
	my ($v, $form, $name) = @_;
	my $type = $v->{'@type'};
	my ($p, $property) = $form eq 'micro' ? ('', 'itemprop') : ($form eq 's' ? 's:' : '', 'property');
	my $is = $name ? qq( $property="$p$name") : '';
	my $open =
		$form eq 'micro' ? qq(<div itemscope itemtype="http://schema.org/$type"$is>) : qq(<div typeof="$p$type"$is>);
	my $text = $open;
	for my $key (grep { $_ ne '@type' } sort keys %$v) {
		for my $one (ref $v->{$key} eq 'ARRAY' ? @{ $v->{$key} } : $v->{$key}) {
			if    (ref $one)           { $text .= items($one, $form, $key) }
			elsif ($one =~ /^https?:/) { $text .= qq(<link $property="$p$key" href=") . escaped($one) . '">' }
			else                       { $text .= qq(<meta $property="$p$key" content=") . escaped($one) . '">' }
		}
	}
	return "$text</div>";
}

sub data {
	my ($b, $tree) = @_;
	my $way = below(10);
	return as_json($b, $tree)    if $way < 6;
	return items($tree, 'micro') if $way < 8;
	return
		  one('<div vocab="https://schema.org/">', '<section vocab="http://schema.org">')
		. items($tree, 'rdfa')
		. '</div>'
		if $way == 8;
	return '<div prefix="s: https://schema.org/">' . items($tree, 's') . '</div>';
}

# ---- what the page shows ----
my %days = (
	de => [ 'Montag bis Freitag', 'Mo-Fr',   "Mo\xe2\x80\x93Fr" ],
	en => [ 'Monday to Friday',   'Mon-Fri', 'Mon - Fri:' ], fr => ['Lundi - vendredi :'], it => ['Lun-Ven'],
	es => ['Lunes - viernes'],
	nl => [ 'Maandag t/m vrijdag', 'ma-vr' ]
);

sub shown_hours {
	my ($b) = @_;
	my $days = $days{ $b->{lang} } or return '';
	my ($from, $to) = @$b{qw(opens closes)};
	my $dash = one('-', "\xe2\x80\x93", " \xe2\x80\x93 ");
	my $span = one(sprintf('%02d:00%s%02d:00', $from, $dash, $to), sprintf('%d.00%s%d.00', $from, $dash, $to));
	$span = sprintf '%dam%s%dpm', $from, $dash, $to - 12 if $b->{lang} eq 'en' && below(2);
	$span .= ' Uhr' if $b->{lang} eq 'de' && below(2);
	return '<p>' . one(@$days) . " $span</p>";
}

sub shown {
	my ($b) = @_;
	my $phone = $b->{local};
	$phone =~ s/(\d\d\d)(\d\d\d?)(?=\d)/one("$1 $2 ", "$1 \/ $2", "$1-$2-", "$1$nb$2$nb", "($1) $2 ")/e;
	my $label = one('Tel. ', 'Tel: ', 'Telefon ', 'Phone ', '');
	my $call  = one(
		sub { qq(<a href="tel:$b->{phone}">$phone</a>) }, sub { qq(<A HREF='tel:$b->{phone}'>$label$phone</A>) },
		sub { "$label$phone" }, sub { qq(<a href=tel:$b->{phone}>) . one('Call', 'Anrufen') . "</a> $phone" }
	);
	my $gap  = one(', ', '<br>', "<br/>\n", "</span> <span>", " \xc2\xb7 ");
	my $name = escaped($b->{name});
	$name = one($name, $name, "<span>$name</span>", uc($name) =~ /&/ ? $name : "<!-- a --> $name <!-- b -->");
	my $address = join $gap, escaped($b->{street}), escaped("$b->{postcode} $b->{town}");
	$address = one("<address><span>$address</span></address>", "<p><span>$address</span></p>",
		"<td><span>$address</span></td>");
	$address = "<table><tr>$address</table>" if $address =~ /^<td/;
	my @parts = ("<h1>$name</h1>", $address, '<p>' . $call->() . '</p>', shown_hours($b), "<p>$text{$b->{lang}}</p>");
	push @parts, one(
		'<template><p>Lorem ipsum dolor</p></template>', '<!-- <p>Tel. 000 999 88 77</p> -->',
		'<p hidden>Tel. 000 999 88 77</p>',              '<p>Fax 000 999 88 77</p>',
		'<p>Since 2019-03-01. Order no. 20190301-77</p>',
		'<noscript>no script</noscript>', '<svg viewBox="0 0 9 9"><title>a</title><path d="M0 0 9 9"/></svg>',
		'<style>p{color:red}</style>',    '<p>IBAN CH93 0076 2011 6238 5295 7</p>', '<img src="a.png" alt="">',
		"<p><code>Z\xc3\x83\xc2\xbcrich</code></p>",
		'<p lang="en">Thank you and goodbye, it was a pleasure for all of us</p>'
	);
	return join one('', "\n", '<hr>'), @parts;
}

# $f: a fault, which may change the tree, the head, the body and the whole.
sub variant {
	my ($b, $f) = @_;
	$f //= {};
	my $tree = tree($b);
	$f->{tree}->($tree, $b) if $f->{tree};
	my $body = shown($b);
	my $data = $f->{json} ? as_json($b, $tree) : data($b, $tree);
	my %head = (
		title       => '<title>' . escaped($b->{name}) . '</title>',
		description => qq(<meta name="description" content="A shop. $b->{phone}">),
		viewport    => '<meta name="viewport" content="width=device-width">',
		canonical   => qq(<link rel="canonical" href="$b->{page}">),
	);
	$f->{head}->(\%head, $b) if $f->{head};
	my $head   = join one('', "\n"), '<meta charset="utf-8">', map { $head{$_} } sort keys %head;
	my $inside = $data =~ /^<script/ && below(2);
	$head .= $data if $inside;
	$body .= $data if !$inside;
	$body = $f->{body}->($body, $b) if $f->{body};
	my $lang = one(qq(lang="$b->{lang}"), "lang=$b->{lang}", qq(LANG='$b->{lang}-$b->{iso}'));
	my $page =
		  one('<!doctype html>', '<!DOCTYPE HTML>', "\xef\xbb\xbf<!DOCTYPE html>")
		. "<html $lang>"
		. one("<head>$head</head><body>$body</body></html>", "\n<head>\n$head\n</head>\n<body>\n$body\n",
		"$head<body>$body");
	$page = $f->{page}->($page, $b) if $f->{page};
	$page =~ s/\n/\r\n/g            if below(5) == 0;
	return $page;
}

# ---- sound pages ----
sub audited {
	my ($files) = @_;
	my (undef, $report) = findings(write_site({ 'index.html' => page(), 'a.png' => 'x', %$files }), '--base-url', $u);
	my %by;
	push @{ $by{ $_->{file} } }, "$_->{rule}: $_->{message}" for @{ $report->{findings} };
	return \%by;
}
my (%sound, %business);
for my $n (1 .. $rounds) {
	$business{$n} = business($n);
	$sound{"p$n.html"} = variant($business{$n});
}
my $by = audited(\%sound);
is_deeply([ sort keys %$by ], [], "nothing is found in $rounds sound pages (seed $seed)")
	or diag map { ("$_: @{ $by->{$_} }\n", substr($sound{$_} // '', 0, 3000), "\n") }
	grep { defined } (sort keys %$by)[ 0 .. 2 ];

# ---- one fault each ----
my $swap = sub {
	my ($from, $to) = @_;
	return sub { $_[0] =~ s/$from/$to/r }
};
my $append = sub {
	my ($text) = @_;
	return sub { "$_[0]$text" }
};
my %faults = (
	'text-empty'               => { tree => sub { $_[0]{priceRange} = '' } },
	'telephone-letters'        => { tree => sub { $_[0]{telephone}  = 'call us' } },
	'telephone-without-plus'   => { tree => sub { $_[0]{telephone} =~ s/^\+/00/ } },
	'telephone-placeholder'    => { tree => sub { $_[0]{telephone} = '+1 555 0100000' =~ s/.*/+1234567890/r } },
	'value-not-visible'        => { tree => sub { $_[0]{name} = 'Another shop entirely' } },
	'opening-hours-unreadable' =>
		{ tree => sub { delete $_[0]{openingHoursSpecification}; $_[0]{openingHours} = 'Mo-Fr 25:00-99:00' } },
	'latitude-range' => {
		tree => sub { $_[0]{geo} = { '@type' => 'GeoCoordinates', latitude => '97.37001', longitude => '8.54001' } }
	},
	'longitude-missing' => { tree => sub { $_[0]{geo} = { '@type' => 'GeoCoordinates', latitude => '47.37001' } } },
	'coordinates-zero'  =>
		{ tree => sub { $_[0]{geo} = { '@type' => 'GeoCoordinates', latitude => '0', longitude => '0' } } },
	'coordinates-outside-country' => {
		tree => sub { $_[0]{geo} = { '@type' => 'GeoCoordinates', latitude => '-33.86881', longitude => '151.20931' } }
	},
	'coordinates-coarse' => {
		tree => sub {
			$_[0]{geo} = { '@type' => 'GeoCoordinates', latitude => sprintf('%.2f', $_[1]{lat}),
				longitude => sprintf('%.2f', $_[1]{lon}) };
		}
	},
	'country-unknown'  => { tree => sub { $_[0]{address}{addressCountry} = 'XQ' } },
	'type-unknown'     => { tree => sub { $_[0]{'@type'}                 = 'Bakerie' } },
	'property-unknown' => { tree => sub { $_[0]{fone}                    = 'x' } },
	'decoded-twice'    => { tree => sub { $_[0]{description}             = "Caf\xc3\x83\xc2\xa9" } },
	'decoded-twice ' => { tree => sub { $_[0]{description} = "Gro\xc3\x83\xc5\xb8" } },
	'placeholder'      => { tree => sub { $_[0]{description}             = '{{description}}' } },
	'price-malformed'  => {
		tree => sub { $_[0]{makesOffer} = { '@type' => 'Offer', name => 'x', price => '12,-', priceCurrency => 'EUR' } }
	},
	'currency-unknown' => {
		tree => sub { $_[0]{makesOffer} = { '@type' => 'Offer', name => 'x', price => '12', priceCurrency => 'XQX' } }
	},
	'date-impossible'     => { tree => sub { $_[0]{foundingDate} = '2001-02-30' } },
	'rating-self-serving' => {
		tree =>
			sub { $_[0]{aggregateRating} = { '@type' => 'AggregateRating', ratingValue => '4.5', reviewCount => '9' } }
	},
	'type-redundant'     => { json => 1, tree => sub { $_[0]{'@type'}            = [ 'Organization', $_[1]{type} ] } },
	'id-dangling'        => { json => 1, tree => sub { $_[0]{parentOrganization} = { '@id' => '#nobody' } } },
	'url-private'        => { tree => sub { $_[0]{sameAs} = ['http://localhost:3000/'] } },
	'block-unparsable'   => { json => 1, page => $swap->('\{\s*"', '{,"') },
	'telephone-differs'  => { body => $append->('<a href="tel:+999123412345">call</a>') },
	'page-decoded-twice' => { body => $append->("<p>Gr\xc3\x83\xc2\xbc\xc3\x83\xc5\xb8e</p>") },
	'page-placeholder'   => { body => $append->('<p>Lorem <b>ipsum</b> dolor sit</p>') },
	'link-broken'        => { body => $append->('<a href="/gone/">x</a>') },
	'fragment-missing'   => { body => $append->('<a href="#gone">x</a>') },
	'resource-broken'    => { body => $append->('<img alt="" src=gone.png>') },
	'external-request'   =>
		{ body => sub { my ($t, $b) = @_; qq($t<img alt="" src="https://$b->{local}.example/a.png">) } },
	'insecure-request'     => { body => $append->('<script src="http://cdn.example/a.js"></script>') },
	'image-without-alt'    => { body => $append->('<img src="a.png">') },
	'cart-beside-door'     => { body => $append->('<form action="/checkout/"></form>') },
	'title-missing'        => { head => sub { delete $_[0]{title} }, page => $swap->('<svg.*?</svg>', '') },
	'description-missing'  => { head => sub { delete $_[0]{description} } },
	'description-promises' =>
		{ head => sub { $_[0]{description} = '<meta name=description content="Call +99 999 999 99 99">' } },
	'viewport-missing'         => { head => sub { delete $_[0]{viewport} } },
	'canonical-twice'          => { head => sub { $_[0]{z}         = canonical("$u/") } },
	'canonical-relative'       => { head => sub { $_[0]{canonical} = canonical('/p1.html') } },
	'canonical-broken'         => { head => sub { $_[0]{canonical} = canonical("$u/gone.html") } },
	'address-private'          => { head => sub { $_[0]{canonical} = canonical('http://192.168.0.3/') } },
	'og-image-relative'        => { head => sub { $_[0]{z}         = '<meta property="og:image" content="a.png">' } },
	'hreflang-malformed'       => { head => sub { $_[0]{z}         = alternate([ 'english', $_[1]{page} ]) } },
	'hreflang-broken'          => { head => sub { $_[0]{z}         = alternate([ 'en',      "$u/gone" ]) } },
	'hreflang-not-returned'    => { head => sub { $_[0]{z}         = alternate([ 'en',      "$u/" ]) } },
	'hreflang-without-default' =>
		{ head => sub { $_[0]{z} = alternate([ 'en', $_[1]{page} ], [ 'de', 'https://other.example/' ]) } },
	'hours-differ' => { body => $append->('<p>Saturday 9am-5pm</p>') },
	'lang-differs' =>
		{ body => $append->('<p>' . 'lettering ' x 300), page => $swap->('(?i)<html lang=\S+?>', '<html lang=ru>') },
	'lang-missing'   => { page => $swap->('(?i)<html lang=\S+?>', '<html>') },
	'lang-malformed' => { page => $swap->('(?i)<html lang=\S+?>', '<html lang=en_US>') },
	'page-not-utf-8' => { page => sub { "$_[0]<p>Z\xfcrich</p>" } },
	'page-nul'       => { page => sub { "$_[0]<p>\0</p>" } },
);
my (%mutant, %wanted);
my @rules = sort keys %faults;
for my $n (1 .. ($rounds > @rules ? $rounds : @rules)) {
	my $rule   = $rules[ $n % @rules ];
	my $number = $rounds + $n;
	$mutant{"p$number.html"} = variant(business($number), $faults{$rule});
	$wanted{"p$number.html"} = $rule =~ s{ }{}r;
}
my $found  = audited(\%mutant);
my @missed = grep {
	my $rule = $wanted{$_};
	!grep { /^\Q$rule\E:/ } @{ $found->{$_} // [] }
} sort keys %wanted;
is(scalar @missed, 0, 'each fault is found: ' . keys(%wanted) . " pages, $#rules kinds")
	or diag map { ("$_ $wanted{$_}: @{ $found->{$_} // [] }\n", substr($mutant{$_}, 0, 3000), "\n") }
	@missed[ 0 .. ($#missed < 3 ? $#missed : 3) ];
note join ' ', map { $wanted{$_} } @missed;
done_testing;
