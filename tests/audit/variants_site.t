#!/usr/bin/perl
# holdfast audit site over generated sites of several pages: languages, lists, breadcrumbs, canonical links, sitemaps,
# in the forms that sound sites have: nothing is found; and with one fault each: it is found. HOLDFAST_ROUNDS: how many
# of both (default 60), HOLDFAST_SEED: which.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use AuditSite;

my $rounds = $ENV{HOLDFAST_ROUNDS} // 60;
my $seed = $ENV{HOLDFAST_SEED} // 1;
my $state = $seed * 2654435761 % 2**32;

sub below { my ($n) = @_; $state = ($state * 1664525 + 1013904223) % 2**32; return int($state / 2**32 * $n) }
sub one { return $_[ below(scalar @_) ] }

sub trail {
	my ($name) = @_;
	my $ordered = q{<ol><li><a href="/">Home</a><li>x</ol>};
	return one(
		sub {
			'', graph({
				'@type' => 'BreadcrumbList',
				itemListElement => [
					{ '@type' => 'ListItem', position => 1, name => 'Home', item => "$u/" },
					{ '@type' => 'ListItem', position => 2, name => $name } ]
			});
		},
		sub { "<nav>$ordered</nav>", '' },
		sub { '<div class="yoast-breadcrumbs"><a href="/">Home</a> x</div>', '' },
		sub { q{<ul aria-label="Fil d'Ariane"><li><a href="/">Home</a></ul>}, '' },
		sub {
			'<div itemscope itemtype="https://schema.org/BreadcrumbList"><span itemprop="itemListElement" itemscope '
				. 'itemtype="https://schema.org/ListItem"><meta itemprop="position" content="1">'
				. '<meta itemprop="name" content="x"></span></div>', '';
		}
	)->();
}
# A group of pages of one thing in several languages, in a folder of its own.
sub group {
	my ($n, $fault) = @_;
	my @languages = (qw(en de fr nl))[ 0 .. 1 + below(3) ];
	my %file = map { ($_ => one("$_.html", "$_/index.html")) } @languages;
	my %url = map { ($_ => "$u/g$n/" . $file{$_} =~ s/index\.html$//r) } @languages;
	my %is = (
		self => 1, default => 1, twice => 0, trail => 1, entries => 3 + below(3), noindex => '', canonical => {%url},
		returned => 1, more => '', lang => { map { ($_ => $_) } @languages }, wanted => \@languages
	);
	my ($first, $last) = @languages[ 0, -1 ];
	$fault->(\%is, $first, $last, \%url) if $fault;
	my %files;
	for my $l (@languages) {
		my @links = map { [ $_ => $url{$_} ] } grep { $_ ne $l || $is{self} || $l ne $last } @languages;
		@links = grep { $_->[0] ne $first } @links if $l eq $last && !$is{returned};
		push @links, [ 'x-default' => $url{$first} ] if $is{default} || $l ne $last;
		push @links, [ $first => $url{$last} ] if $is{twice} && $l eq $last;
		@links = reverse @links if below(2);
		my $entries = $l eq $last ? $is{entries} : 3 + below(3);
		my $list = {
			'@type' => 'ItemList',
			itemListElement => [ map { { '@type' => 'ListItem', position => $_, url => "$u/" } } 1 .. $entries ]
		};
		$list = { '@type' => 'CollectionPage', name => 'x', mainEntity => $list } if below(2);
		my ($shown, $data) = $l eq $last && !$is{trail} ? ('', '') : trail("g$n");
		my $head = alternate(@links) . "\n" . canonical($is{canonical}{$l}) . graph($list) . $data;
		$head .= $l eq $last ? $is{noindex} : '';
		$files{"g$n/$file{$l}"}
			= page(qq($shown<a href="$url{$first}">x</a>) . ($l eq $last ? $is{more} : ''), $head,
			lang => qq( lang="$l"));
	}
	return (\%files, map { $url{$_} } @languages);
}

my $noindex = '<meta name="robots" content="noindex">';
my %faults = (
	'hreflang-without-default' => sub { $_[0]{default} = 0 },
	'hreflang-twice' => sub { $_[0]{twice} = 1 },
	'hreflang-without-self' => sub { my ($is) = @_; @$is{qw(self returned)} = (0, 1) },
	'hreflang-not-returned' => sub { my ($is) = @_; @$is{qw(returned default)} = (0, 0) },
	'hreflang-not-canonical' => sub { my ($is, $first, $last, $url) = @_; $is->{canonical}{$last} = $url->{$first} },
	'canonical-noindex' => sub {
		my ($is, $first, $last, $url) = @_;
		$is->{noindex} = $noindex;
		$is->{canonical}{$first} = $url->{$last};
	},
	'canonical-chain' => sub {
		my ($is, $first, $last, $url) = @_;
		@{ $is->{canonical} }{ $first, $last } = ($url->{$last}, "$u/");
	},
	'list-thin' => sub { $_[0]{entries} = 1 + below(2) },
	'breadcrumb-missing' => sub { $_[0]{trail} = 0 },
	'sitemap-noindex' => sub { $_[0]{noindex} = $noindex },
	'sitemap-not-canonical' => sub { my ($is, $first, $last) = @_; $is->{canonical}{$last} = "$u/" },
	'link-broken' => sub { $_[0]{more} = '<a href="../gone/">x</a>' },
	'fragment-missing' => sub { $_[0]{more} = '<a href="/#gone">x</a>' },
);

# The sites of many groups: what is found, by the folder of the group; of sitemaps by the address that is named.
sub audited {
	my ($fault_of) = @_;
	my (%files, @urls);
	for my $n (1 .. $rounds) {
		my ($more, @more) = group($n, $fault_of->($n));
		%files = (%files, %$more);
		push @urls, map { [ $_, one('2026-01-31', '2026-02-01T08:00:00Z', '2026-03') ] } @more;
	}
	# the last pages of lists, in whatever number of entries, and pages that are not asked for breadcrumbs
	my $end = { '@type' => 'ItemList', itemListElement => [ { '@type' => 'ListItem', position => 1, url => "$u/" } ] };
	$files{'index.html'} = page($shown, block(url => "$u/"));
	$files{'about.html'} = page();
	$files{'list-2.html'} = page('<a rel=prev href="/">x</a>', graph($end));
	my (undef, $report)
		= findings(write_site({ %files, 'sitemap.xml' => sitemap([ "$u/", '2026-01-01' ], @urls) }), '--base-url', $u);
	my %by;
	for my $f (@{ $report->{findings} }) {
		my ($group) = "$f->{file} $f->{message}" =~ m{\bg(\d+)/};
		$by{ $group // $f->{file} }{ $f->{rule} } = "$f->{file}:$f->{line}: $f->{message}";
	}
	return \%by;
}
is_deeply(audited(sub {undef}), {}, "nothing is found in $rounds sound groups of pages (seed $seed)");
my @rules = sort keys %faults;
my $found = audited(sub { $faults{ $rules[ $_[0] % @rules ] } });
my @missed = grep { !$found->{$_}{ $rules[ $_ % @rules ] } } 1 .. $rounds;
is_deeply([ map {"g$_ $rules[$_ % @rules]: @{[ %{ $found->{$_} // {} } ]}"} @missed ], [],
	'each fault is found: ' . @rules . ' kinds');
done_testing;
