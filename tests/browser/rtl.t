#!/usr/bin/perl
# Pages from right to left: an Arabic site in a real browser, on a phone of 320 px and on a desktop. What is asked of
# each page stands in visit_rtl.mjs.
#
#   HOLDFAST_SHOTS=DIR tests/browser/rtl.t     also writes a picture of each page
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Instance;
use IO::Socket::INET;
use Program;
use Site;
use Test::More;

my ($host, $port) = (own_address(), free_port());
my $base = "http://$host:$port";
my $i = Instance->make(settings => { 'web.processes' => 1, 'site.lang' => 'ar', 'site.url' => $base,
	'site.name' => 'Shops' });
$i->up;
$i->import_samples(qw(boutique.ndjson tiling-firm.json));
my $site = "$i->{home}/site";
$i->run_ok('export', $site);
my %files = Site::files($site);
# One page of each kind: a business with hours, a list, a place.
my ($shop) = grep { /\.html$/ && $files{$_} =~ /class="hours"/ } sort keys %files;
my @pages = ('', 'imprint/', grep { defined } $shop, grep { m{/index\.html$}
	&& !/^(?:imprint|privacy|sources)/ } sort keys %files);
my $server = Program->start('python', [ 'python3', '-m', 'http.server', '--bind', $host, '--directory', $site, $port ],
	log => "$i->{home}/python.log", ready => sub { IO::Socket::INET->new("$host:$port") });
# Those that layout.json has: the first business with hours is the boutique.
my %name = ('' => 'home=', 'imprint/' => 'imprint=', $shop // '' => 'boutique=');
my $said = join ' ', map { "'" . ($name{$_} // '') . "$base/$_'" } @pages[0 .. ($#pages > 5 ? 5 : $#pages)];
my $tap = `node $FindBin::Bin/visit_rtl.mjs $said`;
is($?, 0, 'every page is laid out from right to left and fits') or diag $tap;
$server->stop;
done_testing;
