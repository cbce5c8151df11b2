#!/usr/bin/perl
# The weight of exported pages and of their sheets, and that each rule of the sheets is for something.
#
#   HOLDFAST_FIGURES=1 tests/site/weights.t     also says the figures
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Find;
use Instance;
use List::Util 'sum';
use Site;
use Test::More;

my $root = "$FindBin::Bin/../..";

# ---- rules -------------------------------------------------------------------------------------
# Every name in a template, or in a script or C file that writes markup.
my $markup = '';
find({ no_chdir => 1, wanted => sub { $markup .= Site::slurp($_) if /\.(mustache|html|js)$/ } },
	"$root/web", "$root/web-contact");
$markup .= Site::slurp("$root/src/site/look/$_") for qw(locator.c order.c);
$markup .= Site::slurp("$root/src/monitor/judge.c"); # states of containers
my %used = map { $_ => 1 } $markup =~ /[a-z][a-z0-9-]*/gi;
$used{"t$_"} = $used{"c$_"} = 1 for 0 .. 9; # of look_pattern()
sub unused {
	my ($sheet) = @_;
	$sheet =~ s{/\*.*?\*/}{}gs;
	my %classes = map { $_ => 1 } map { /\.([a-z][a-z0-9-]*)/gi } $sheet =~ /([^{};]+)\{/g;
	return sort grep { !$used{$_} } keys %classes;
}
for my $sheet (qw(business site live ops)) {
	is_deeply([ unused(Site::slurp("$root/web/assets/$sheet.css")) ], [], "every class of $sheet.css is used");
}
is_deeply([ unused(Site::slurp("$root/web-contact/assets/contact.css")) ], [], 'and of contact.css');
is_deeply([ unused('.card .nobody-has-it { color: red }') ], ['nobody-has-it'], 'one that nothing has is found');

# ---- weights -----------------------------------------------------------------------------------
my $i = Instance->make(settings => { 'web.processes' => 1, 'site.url' => 'https://directory.example',
	'site.name' => 'Directory of the Test', 'site.contact_url' => 'mailto:directory@example.org' });
$i->up;
$i->import_samples;
my $site = "$i->{home}/site";
$i->run_ok('export', $site);
my %files = Site::files($site);
sub mean { return @_ ? sum(map { length $files{$_} } @_) / @_ : 0 }
my @business = grep { Site::is_business($_) } sort keys %files;
my %rich = map { $_ => 1 } grep { $files{$_} =~ /class="goods"/ && $files{$_} =~ /at-hours/ } @business;
my ($lean, $heavy) = (mean(grep { !$rich{$_} } @business), mean(sort keys %rich));
cmp_ok(length $files{'assets/business.css'}, '<=', 6000, 'the sheet of businesses');
cmp_ok(length $files{'assets/site.css'}, '<=', 11_850, 'the sheet of other pages');
cmp_ok($lean, '<=', 5400, 'pages of businesses without goods or hours, in the mean');
ok(keys %rich > 1, 'there are pages with goods and hours');
cmp_ok($heavy, '<=', 9000, 'pages of businesses with goods and hours, in the mean');
diag sprintf 'sheets of %d and %d bytes; pages of %.0f bytes lean, %.0f rich',
	map({ length $files{"assets/$_.css"} } qw(business site)), $lean, $heavy
	if $ENV{HOLDFAST_FIGURES};
my @more;
for my $path (grep { /\.html$/ } sort keys %files) {
	my $requests = 1 + (() = $files{$path} =~ /<(?:link rel="stylesheet"|script src=|img [^>]*src=)/g);
	push @more, "$path: $requests" if $requests > 3;
}
is_deeply(\@more, [], 'a page, its sheet and its script: 3 requests at most');
my @large = grep { $files{$_} !~ m{href="/assets/business\.css\?v=} } @business;
is_deeply(\@large, [], 'pages of businesses link the small sheet');
done_testing;
