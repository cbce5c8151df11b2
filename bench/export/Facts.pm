# What pages of an exported site say: read for Hugo's content, and to compare two sites with the same pages.
package Facts;
use strict;
use warnings;
use utf8;
use Encode qw(decode encode);
use Exporter 'import';
use JSON::XS;

our @EXPORT = qw(facts_content facts_compare);

my $value = JSON::XS->new->canonical->utf8->allow_nonref;
my $json = JSON::XS->new->canonical->utf8;

sub slurp { open my $in, '<', $_[0] or die "$_[0]: $!"; local $/; return decode('UTF-8', <$in>) }

my %entity = (amp => '&', lt => '<', gt => '>', quot => '"', '#39' => "'", '#34' => '"', '#43' => '+', '#96' => '`');
sub plain { return $_[0] =~ s/&(#?\w+);/$entity{$1} \/\/ die "&$1;"/ger }
sub trim  { return plain($_[0] =~ s/^\s+|\s+$//gr) }
# The path of a link.
sub unescaped { return decode('UTF-8', encode('UTF-8', $_[0]) =~ s/%(..)/chr hex $1/ger) }
# The pages below a folder, as paths in it.
sub pages {
	my ($dir) = @_;
	open my $in, '-|', 'find', $dir, '-name', '*.html', '-printf', '%P\n' or die;
	my @paths = map { decode('UTF-8', $_) } <$in>;
	chomp @paths;
	return sort @paths;
}

# What is the same on both kinds of pages: the head, the block.
sub head {
	my ($t) = @_;
	my ($block) = $t =~ m{<script type="application/ld\+json">(.*?)</script>}s;
	my %head = (title => plain($t =~ m{<title>(.*?) – Holdfast</title>} ? $1 : ''));
	($head{description}) = map { plain($_) } $t =~ m{<meta[^>]*name="?description"? content="([^"]*)"};
	$head{noindex} = JSON::XS::true if $t =~ /content="noindex"/;
	return (\%head, $block ? $json->decode(encode('UTF-8', $block))->{'@graph'} : []);
}

sub links {
	my @links;
	for my $link ($_[0] =~ m{(<a href=.*?)(?=<a href=|$)}gs) {
		my ($href, $name) = $link =~ m{<a href="([^"]*)">(.*?)(?: <span|</a>)}s;
		push @links, { href => plain($href), name => trim($name) };
		$links[-1]{count} = $1 if $link =~ m{class="count">([^<]*)};
	}
	return \@links;
}

# A business's facts as front matter. What has a place of its own in the block is taken from it; the rest of the block
# is `more`.
sub business {
	my ($t, $head, $graph) = @_;
	my ($b, $trail) = @$graph;
	my %f = (title => delete $b->{name}, description => $head->{description}, type => 'business');
	delete $b->{url};
	$f{noindex} = JSON::XS::true if $head->{noindex};
	$f{id} = (delete $b->{'@id'}) =~ s{.*/}{}r;
	$f{schema} = delete $b->{'@type'};
	$f{about} = delete $b->{description} if exists $b->{description};
	if (my $a = delete $b->{address}) {
		my %key = (streetAddress => 'street', postalCode => 'postcode', addressLocality => 'city',
			addressRegion => 'region', addressCountry => 'country');
		$f{$key{$_}} = $a->{$_} for grep { $key{$_} } keys %$a;
	}
	if (my $geo = delete $b->{geo}) {
		@f{qw(lat lon)} = map {"$_"} @$geo{qw(latitude longitude)};
		$f{osm} = delete $b->{hasMap};
	}
	$f{geo} = $1 if $t =~ m{href="geo:([^"]*)"};
	$f{phone} = delete $b->{telephone} if exists $b->{telephone};
	$f{area} = [map { { type => $_->{'@type'}, name => $_->{name} } } @{ delete $b->{areaServed} }] if $b->{areaServed};
	$f{hours} = [map { { days => $_->{dayOfWeek}, opens => $_->{opens}, closes => $_->{closes} } }
			@{ delete $b->{openingHoursSpecification} }]
		if !grep { !$_->{dayOfWeek} || keys %$_ != 4 } @{ $b->{openingHoursSpecification} // [{}] };
	$f{same_as} = delete $b->{sameAs} if $b->{sameAs};
	$f{alt_names} = delete $b->{alternateName} if ref $b->{alternateName};
	# Hugo has keys of front matter in lower case.
	$f{more} = [map { { key => $_, json => decode('UTF-8', $value->encode($b->{$_})) } } sort keys %$b] if %$b;
	$f{trail} = [map { { name => $_->{name}, href => $_->{item} =~ s{https://[^/]+}{}r } }
			@{ $trail->{itemListElement} }] if $trail;
	# what is shown
	$f{pattern} = $1 if $t =~ /<div class="pic" style="([^"]*)"/;
	if ($t =~ m{<p class="kind">(.*?)</p>}) {
		my ($kind, @more) = split / · /, $1;
		$f{kind} = plain($kind =~ s{ in <a.*}{}r =~ s{ in (\Q@{[$f{city} // '-']}\E)$}{}r);
		$f{place} = plain($1) if $kind =~ m{ in <a href="([^"]*)"};
		$f{kind_more} = [map { plain($_) } @more] if @more;
	}
	@f{qw(week zone)} = (plain($1), plain($2)) if $t =~ /<p class="state" data-week="([^"]*)" data-zone="([^"]*)"/;
	$f{notes} = [map { plain($_) } $t =~ m{<p class="note"><strong>(.*?)</strong>}g]
		if $t =~ /<p class="note"><strong>/;
	$f{website} = plain($1) if $t =~ m{<a class="button" href="([^"]*)" rel="nofollow">Website};
	$f{reserve} = plain($1) if $t =~ m{<a class="button" href="([^"]*)" rel="nofollow">Reserve};
	$f{phone_text} = trim($1) if $t =~ m{<dt>Telephone<dd>(?:<a[^>]*>)?([^<\n]*)};
	if ($t =~ m{<h2>Opening hours</h2>(.*?)</section>}s) {
		my $table = $1;
		my @rows = map { my ($last, $days, $cell) = m{^(?: data-d="(\d)")?><th scope="row">(.*?)</th><td>(.*?)</td>}s;
			{ last => $last, days => plain($days), spans => [map { plain($_) } $cell =~ m{<span>(.*?)</span>}g] } }
			$table =~ m{<tr(.*?)</tr>}gs;
		@rows ? ($f{rows} = \@rows) : ($f{hours_text} = trim($table =~ s{</?p>}{}gr));
	}
	$f{goods} = [map { my ($name, $price, $about)
		= m{<strong>(.*?)</strong>(?: <span class="price">(.*?)</span>)?(?:<p>(.*?)</p>)?}s;
			{ name => plain($name), (defined $price ? (price => plain($price)) : ()),
				(defined $about ? (about => plain($about)) : ()) } } $1 =~ m{<li>(.*?)</li>}gs]
		if $t =~ m{<h2>Goods and services</h2>(.*?)</section>}s;
	$f{served} = [map { { name => plain(s/<[^>]*>//gr), (m{href="([^"]*)"} ? (href => plain($1)) : ()) } }
			$1 =~ m{<(?:a|span)\b.*?</(?:a|span)>}gs]
		if $t =~ m{<section class="at-area">(.*?)</section>}s;
	$f{facts} = [map { my ($label, $text) = m{^(.*?)<dd>(.*?)\s*$}s;
			{ label => plain($label), text => plain($text =~ s/<[^>]*>//gr),
				($text =~ m{href="([^"]*)"} ? (href => plain($1)) : ()) } } $1 =~ m{<dt>(.*?)(?=<dt>|</dl>)}gs]
		if $t =~ m{<h2>More facts</h2>(.*?)</section>}s;
	if ($t =~ m{<svg class="map" aria-hidden="true" viewBox="([^"]*)">(.*?)</svg><p class="fine">(.*?)</p>}s) {
		my ($box, $svg, $words) = ($1, $2, $3);
		my %m = (box => $box, words => plain($words), rings => [$svg =~ /<circle r="(\d+)"\/>(?=.*<\/g>)/g]);
		$m{way} = $1 if $svg =~ m{class="way" d="([^"]*)"};
		@m{qw(text_y centre)} = ($1, plain($2)) if $svg =~ m{<text y="([^"]*)">(.*?)</text>};
		$m{pin} = $1 if $svg =~ m{class="pin" d="(M-?\d+ -?\d+)};
		@m{qw(bar scale_x scale_y scale)} = ($1, $2, $3, plain($4))
			if $svg =~ m{class="bar-line" d="([^"]*)"/><text x="([^"]*)" y="([^"]*)">(.*?)</text>};
		$f{map} = \%m;
	}
	$f{lines} = [map { plain($_) } split /<br>/, $1] if $t =~ m{<address>(.*?)</address>}s;
	$f{near} = [map { my ($href, $name, $about) = m{<a href="([^"]*)">(.*?) <span>(.*?)</span>}s;
			{ href => plain($href), name => plain($name), about => plain($about) } } split /(?=<li>)/, $1]
		if $t =~ m{<ul class="near">(.*?)</ul>}s;
	$f{updated} = plain($1) if $t =~ /Facts as of (.*?)\. /;
	$f{source} = plain($1) if $t =~ m{<p class="credit">Source: (.*?)</p>};
	return \%f;
}

# A list: its heading, links, the paths of the businesses that it shows, its map.
sub list {
	my ($t, $head) = @_;
	my %f = (title => $head->{title}, description => $head->{description});
	$f{noindex} = JSON::XS::true if $head->{noindex};
	my $main = $t =~ s{.*<main}{<main}sr;
	my $found = sub {
		return [map { unescaped(plain($_)) =~ s/\.html$//r } $_[0] =~ m{<h2><a href="([^"]*)">}g];
	};
	($f{heading}) = map { plain($_) } $main =~ m{<h1>(.*?)</h1>};
	($f{note}) = map { plain($_) } $main =~ m{<p class="note">(.*?)</p>};
	$f{trail} = links($1) if $main =~ m{<nav class="trail".*?>(.*?)</nav>}s;
	$f{narrow} = JSON::XS::true if $main =~ /id="narrow"/;
	$f{chips} = links($1) if $main =~ m{<nav class="tags" aria-label="Kinds">(.*?)</nav>}s;
	$f{pager} = [map { my ($class, $href, $rel, $name)
				= m{^(?: class="(.*?)")? href="(.*?)"(?: rel="(.*?)")?>(.*?)</a>};
			{ href => plain($href), name => $name, ($rel ? (rel => $rel) : ()), ($class ? (class => $class) : ()) } }
			$1 =~ m{<a( .*?</a>)}g]
		if $main =~ m{<nav class="pager".*?>(.*?)</nav>}s;
	$f{numbers} = links($1 =~ s/ aria-label="[^"]*"//gr)
		if $main =~ m{<nav class="tags" aria-label="All pages">(.*?)</nav>}s;
	my @sections;
	my $rest = $main =~ s{<div class="side">.*}{}sr;
	while ($rest =~ m{(?:<h2>([^<]*)</h2>)?<(ul class="places|ol class="found)">(.*?)</[uo]l>}gs) {
		my ($title, $kind, $inside) = ($1, $2, $3);
		my $key = $kind =~ /places/ ? 'rows' : ($title // '') =~ /that come/ ? 'coming' : 'found';
		push @sections, {
			kind => $key, (defined $title ? (title => plain($title)) : ()),
			ids => $key eq 'rows' ? links($inside) : $found->($inside),
			$key eq 'rows' ? () : (kinds => $inside =~ m{<p class="where">[^<]* · } ? JSON::XS::true : JSON::XS::false,
				numbers => [map { /data-n="(\d+)"/ ? $1 + 0 : 0 } $inside =~ /<li[ >][^>]*/g])
		};
	}
	$f{sections} = \@sections;
	if ($main =~ m{<svg class="map spots"[^>]*>(.*?)</svg>}s) {
		my ($svg, %m) = $1;
		my $spot = qr{<a tabindex="-1" href="(.*?)"><circle cx="(.*?)" cy="(.*?)" r="11"/><text[^>]*y="(.*?)">(\d+)};
		while ($svg =~ /$spot/g) {
			push @{ $m{spots} }, { href => plain($1), x => $2, y => $3, text_y => $4, n => $5 };
		}
		$svg =~ s{<a .*?</a>}{}gs;
		push @{ $m{dots} }, { x => $1, y => $2, r => $3 } while $svg =~ m{<circle cx="(.*?)" cy="(.*?)" r="(.)"/>}g;
		push @{ $m{lines} }, $1 while $svg =~ m{<path class="bar-line" d="(.*?)"}g;
		push @{ $m{texts} }, { x => $1, y => $2, name => plain($3) }
			while $svg =~ m{<text x="(.*?)" y="(.*?)">(.*?)</text>}g;
		@m{qw(bar scale)} = (pop @{ $m{lines} }, pop @{ $m{texts} });
		$f{map} = \%m;
	}
	return \%f;
}
# What lists show of a business, by its path: the classes of its small picture; number and address, which pages leave
# out when they are placeholders.
sub items {
	my ($t, $of) = @_;
	while ($t =~ m{<div class="pic ([tc0-9 ]+)"></div><h2><a href="([^"]*)\.html">(.*?)</li>}gs) {
		my ($thumb, $path, $rest) = ($1, $2, $3);
		my $item = $of->{ unescaped(plain($path)) } = { thumb => $thumb };
		$item->{where} = plain($1) =~ s/.* · //r if $rest =~ m{<p class="where">(.*?)</p>};
		@$item{qw(item_phone item_phone_text)} = ($1, plain($2))
			if $rest =~ m{<a class="call" href="tel:(.*?)">(.*?)</a>};
	}
}
sub is_business { return $_[0] =~ /-[0-9a-z]{13}\.html$/ && $_[0] !~ m{^(in|kind)/} }

# Make Hugo's content of an exported site: each business and each list of it. Returns how many.
sub facts_content {
	my ($site, $to) = @_;
	my (%item, %made, $n);
	my $put = sub {
		my ($path, $front) = @_;
		my $folder = '';
		for my $part (split m{/}, "$to/content/$path" =~ s{/[^/]*$}{}r) {
			$folder .= "$part/";
			mkdir $folder unless $made{$folder}++;
		}
		open my $out, '>', "$to/content/$path" or die "$path: $!";
		print $out $json->encode($front), "\n";
		$n++;
	};
	my @pages = grep { m{/} && !m{^(imprint|privacy|search|sources)/} } pages($site);
	for my $page (grep { !is_business($_) } @pages) {
		my $t = slurp("$site/$page");
		my ($head, $graph) = head($t);
		items($t, \%item);
		my $front = list($t, $head);
		my ($collection) = grep { $_->{'@type'} eq 'CollectionPage' } @$graph;
		$front->{collection} = $collection->{name} if $collection; # without where a further page begins
		$front->{crumbs} = [map { { name => $_->{name},
				($_->{item} ? (href => $_->{item} =~ s{https://[^/]+}{}r) : ()) } }
			map { @{ $_->{itemListElement} } } grep { $_->{'@type'} eq 'BreadcrumbList' } @$graph];
		@$front{qw(type layout)} = ('list', 'list'); # sections and pages have one layout
		$front->{url} = "/$1" if $page =~ m{^(.*/)index\.html$};
		$put->($page =~ s{index\.html$}{_index.md}r =~ s{\.html$}{.md}r, $front);
	}
	for my $page (grep { is_business($_) } @pages) {
		my $t = slurp("$site/$page");
		my $front = business($t, head($t));
		my $path = '/' . $page =~ s/\.html$//r;
		$front = { %$front, %{ $item{$path} // {} } };
		$put->($page =~ s/\.html$/.md/r, $front);
	}
	return $n;
}

# What a page says: block, head, visible words, what its script and links use.
sub said {
	my ($file) = @_;
	my $t = slurp($file);
	my ($head, $graph) = head($t);
	my ($body) = $t =~ m{<body>(.*)</body>}s or die $file;
	my @attributes = sort map { plain($_) }
		$t =~ m{((?:data-week|data-zone|data-d|href|src|style|viewBox|d|cx|cy|x|y|property|content)
			=(?:"[^"]*"|[^\s>]+))}gx;
	s/="?(.*?)"?$/=$1/ for @attributes;
	my @words = split ' ', plain($body =~ s{<script.*?</script>}{}gsr =~ s/<[^>]*>/ /gr);
	return $json->pretty(0)->encode({ head => $head, block => $graph, words => "@words", attributes => \@attributes });
}

# Compare every page, or each n-th, of two sites: the same pages with the same facts. Returns the number of pages
# compared and the mean sizes of all; dies at the first difference.
sub facts_compare {
	my ($ours, $other, $each) = @_;
	my ($n, $compared, @bytes) = (0, 0, 0, 0);
	for my $page (grep { m{/} && !m{^(imprint|privacy|search|sources)/} } pages($ours)) {
		-e "$other/$page" or die "$other/$page is missing\n";
		$bytes[0] += -s "$ours/$page";
		$bytes[1] += -s "$other/$page";
		next if $n++ % $each;
		my ($a, $b) = (said("$ours/$page"), said("$other/$page"));
		if ($a ne $b) {
			my $at = 0;
			$at++ while substr($a, $at, 1) eq substr($b, $at, 1);
			my $from = $at < 60 ? 0 : $at - 60;
			die sprintf "%s differs:\n  %s\n  %s\n", $page, substr($a, $from, 160), substr($b, $from, 160);
		}
		$compared++;
	}
	return ($compared, $bytes[0] / $n, $bytes[1] / $n);
}
1;
