# Small static sites for holdfast audit site, and what it says of them.
#
#   $work, $u           a folder that goes at the end; an origin
#   %shop, $shown       the properties of block(); what a page shows of it
#   write_site(FILES)   the files ({ name => content }) in a folder of their own
#   page, canonical, alternate, sitemap, block, graph, hours    parts of sites
#   audit(ARGUMENTS)    (exit status, standard output, standard error)
#   findings(DIR, OPTIONS)   (exit status, the JSON report)
#   named(REPORT)       "file:line rule" of each finding
package AuditSite;
use strict;
use warnings;
use Exporter 'import';
use File::Basename 'dirname';
use File::Path 'make_path';
use File::Temp 'tempdir';
use JSON::XS;
use Tree;

our @EXPORT = qw($work $u %shop $shown write_site page canonical alternate sitemap block graph hours
	audit findings named slurp);

our $work = tempdir('audit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
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
our %shop = (
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
	return '<script type="application/ld+json">' . JSON::XS->new->canonical->encode(\%is) . '</script>';
}

sub graph {
	return
		  '<script type="application/ld+json">'
		. JSON::XS->new->canonical->encode({ '@context' => 'https://schema.org', '@graph' => [@_] })
		. '</script>';
}

sub hours {
	my ($day, $opens, $closes) = @_;
	return { '@type' => 'OpeningHoursSpecification', dayOfWeek => $day, opens => $opens, closes => $closes };
}
our $shown
	= '<h1>Good Bread</h1><address>Main street 5, 8000 Zurich</address><a href="tel:+41441234567">044 123 45 67</a>';
our $u = 'https://example.org';

1;
