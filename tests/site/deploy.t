#!/usr/bin/perl
# The recipes for publishing an exported site, deploy/: nginx and Caddy are started with them as they stand there, but
# for addresses and the folder; the files for other hosts are checked for form, and the script for buckets is run with a
# command that writes down what it is asked for.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use Instance;
use IO::Uncompress::Gunzip qw(gunzip);
use Site;
use SiteServer;
use Test::More;

my $deploy = "$FindBin::Bin/../../deploy";
my $i = Instance->make(settings => { 'web.processes' => 1, 'site.url' => 'https://directory.example' });
$i->up;
$i->import_samples;
my $site = "$i->{home}/site";
$i->run_ok('export', '--gzip', $site);
my %files = Site::files($site);
my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;

# ---- servers ----
my ($page) = grep { m{^[^/]+/[^/]+-\w{13}\.html$} && length $files{$_} > 3000 } sort keys %files;
my ($vcf) = grep {/\.vcf$/} sort keys %files;
my ($leaf) = grep {m{^s/./}} sort keys %files;

for my $name (SiteServer::names()) {
	my $server = SiteServer->start($name, $site) or next;
	my $get = sub { $server->get(@_) };
	my @expected = (
		[ '', 'index.html', qr{^text/html; ?charset=utf-8$}i, qr/^public, max-age=300$/ ],
		[ $page, $page, qr{^text/html; ?charset=utf-8$}i, qr/^public, max-age=300$/ ],
		[ 'assets/site.css', undef, qr{^text/css; ?charset=utf-8$}i, qr/immutable/ ],
		[ 'assets/search.js', undef, qr{^(?:text|application)/javascript; ?charset=utf-8$}i, qr/immutable/ ],
		[ 'sitemap.xml', undef, qr{^(?:text|application)/xml}, qr/max-age=300/ ],
		[ $vcf, undef, qr{^text/vcard; ?charset=utf-8$}i, qr/max-age=300/ ],
		[ $leaf, undef, qr{^application/octet-stream$}, qr/immutable/ ],
		[ 's/root.bin', undef, qr{^application/octet-stream$}, qr/^no-cache$/ ]
	);
	for (@expected) {
		my ($path, $as, $type, $cache) = @$_;
		my $answer = $get->($path);
		ok($answer->{status} == 200 && $answer->{body} eq $files{ $as // $path }, "$name serves /$path");
		like($answer->{'content-type'} // '', $type, 'with its type');
		like($answer->{'cache-control'} // '', $cache, 'and how long it may be kept');
	}
	my $packed = $get->($page, 'Accept-Encoding' => 'gzip');
	is($packed->{'content-encoding'}, 'gzip', "$name serves the compressed copy");
	gunzip(\$packed->{body} => \my $text);
	is($text, $files{$page}, 'which is the page');
	is($get->($leaf, 'Accept-Encoding' => 'gzip')->{'content-encoding'}, undef, 'a leaf is not compressed twice');
	my $plain = $get->($page);
	is($get->($page, 'If-None-Match' => $plain->{etag})->{status}, 304, 'what has not changed is not sent again');
	like($plain->{'content-security-policy'} // '', qr/default-src 'self'/, 'pages may ask nobody else');
	my $range = $get->($leaf, Range => 'bytes=0-9');
	is_deeply([ $range->{status}, $range->{body} ], [ 206, substr $files{$leaf}, 0, 10 ], 'ranges work');
	my $missing = $get->('no/such-page.html');
	is_deeply([ @$missing{qw(status body)} ], [ 404, $files{'404.html'} ],
		'what is missing gets the page that the site has for it');
	is($get->('.holdfast')->{status}, 404, 'and so does a name with a dot');
	$server->stop;
}

# ---- the files for other hosts ----
sub headers {
	my ($text) = @_;
	my (%rule, $path);
	for (grep { !/^#|^\s*$/ } split /\n/, $text) {
		if (m{^(/\S*)$}) { $path = $1 }
		elsif (/^  ([\w-]+): (\S.*)$/ && $path) { $rule{$path}{$1} = $2 }
		else { return "line '$_'" }
	}
	return \%rule;
}
for my $host (qw(netlify cloudflare)) {
	my $rule = headers(Site::slurp("$deploy/$host/_headers"));
	is(ref $rule, 'HASH', "$host/_headers has paths and fields") or diag $rule;
	like($rule->{'/*'}{'Content-Security-Policy'}, qr/default-src 'self'/, 'with the policy');
	is($rule->{'/s/root.bin'}{'Cache-Control'}, 'no-cache', 'and the root of the search is always asked for');
}
for my $toml (glob("$deploy/*/*.toml")) {
	my $said = `python3 -c 'import sys, tomllib; tomllib.load(open(sys.argv[1], "rb"))' $toml 2>&1`;
	is($?, 0, ($toml =~ m{deploy/(.*)})[0] . ' is TOML') or diag $said;
}
{
	my $workflow = Site::slurp("$deploy/github-pages/pages.yml");
	unlike($workflow, qr/\t/, 'the workflow is indented by spaces');
	like($workflow, qr/^$_:/m, "it has $_") for qw(name on permissions jobs);
	is_deeply([ $workflow =~ /uses: actions\/([\w-]+)@/g ],
		[qw(checkout configure-pages upload-pages-artifact deploy-pages)], 'and the steps of a publication in order');
}

# ---- buckets ----
open my $aws, '>', "$dir/aws" or die $!;
print $aws "#!/bin/sh\nprintf '%s\\n' \"\$*\" >>$dir/asked\n";
close $aws;
chmod 0755, "$dir/aws";
is(system("AWS=$dir/aws $deploy/s3/publish $site s3://bucket E123"), 0, 'the script for buckets runs');
my @asked = split /\n/, Site::slurp("$dir/asked");
like($asked[0], qr/immutable.*--include assets\/\*/, 'assets and leaves go first');
like($asked[-2], qr/--delete$/, 'what is gone is deleted after all is there');
like($asked[-1], qr/^cloudfront create-invalidation/, 'and the copies are invalidated last');
my @order = map { my $n = $_; (grep { $asked[$_] =~ $n } 0 .. $#asked)[0] }
	qr/assets/, qr/--exclude \*\/index\.html$/, qr/--include index\.html/, qr/--include s\/root\.bin/,
		qr/--include sitemap/, qr/--delete/;
is_deeply(\@order, [ sort { $a <=> $b } @order ], 'assets, pages, lists, the root of the search, sitemaps, deletions');
{
	open my $map, '>', "$site.state/redirects.s3" or die $!;
	print $map "# Former addresses\nthun/old.html\t/thun/new.html\nbern/index.html\t/in/ch/\n";
	close $map;
	unlink "$dir/asked";
	is(system("AWS=$dir/aws $deploy/s3/publish $site s3://bucket/below"), 0, 'and again with former addresses');
	@asked = split /\n/, Site::slurp("$dir/asked");
	my @two = ([ 'thun/old.html', '/thun/new.html' ], [ 'bern/index.html', '/in/ch/' ]);
	is_deeply([ @asked[ -2, -1 ] ], [
		map {"s3api put-object --bucket bucket --key below/$_->[0] --website-redirect-location $_->[1]"} @two
	], 'each is an object that leads on, after the deletions');
	unlink "$site.state/redirects.s3";
}
isnt(system("AWS=$dir/aws $deploy/s3/publish $dir s3://bucket 2>$dir/said"), 0, 'a folder that is no site is refused');

# ---- the limits of hosts ----
my $published = Site::fingerprint($site);
my ($code, $said) = $i->run('export', '--gzip', '--fit', 20, $site);
my $files = keys %files;
ok($code == 1 && $said =~ /takes 20 files, the site has $files: \d+ pages of businesses, \d+ cards/,
	'a site with more files than the host takes is refused, with what it has')
	or diag $said;
is(Site::fingerprint($site), $published, 'and what is published stays');
$i->run_ok('export', '--gzip', '--fit', $_, $site) for $files, 'cloudflare', 'github-pages';
is(($i->run('export', '--fit', 'nobody', $site))[0], 64, 'a host without limits that are known is a mistake');
$i->run_ok('down');
done_testing;
