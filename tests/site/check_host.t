#!/usr/bin/perl
# `export --check-host` asks a host for a sample of the published addresses, through the fetcher that calls no private
# address unless it is allowed: pages, files with their types, what does not exist, and former addresses.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Site;
use SiteServer;
use Test::More;

my %settings = ('web.processes' => 1, 'site.url' => 'https://shops.example', 'site.redirects' => 'nginx');
my $i = Instance->make(settings => \%settings);
$i->up;
$i->import_samples(qw(boutique.ndjson tiling-firm.json town.geojson));
my $site = "$i->{home}/site";
$i->run_ok('export', $site);
my ($page) = grep { Site::is_business($_) } Site::paths($site);
my ($id) = $page =~ /-(\w{13})\.html$/;
$i->run_ok('path', $id, 'elsewhere-now/new-name');
$i->run_ok('export', $site);

sub check {
	my ($server) = @_;
	return $i->run('--json', 'export', '--check-host', "http://$server->{host}:$server->{port}/", $site);
}
sub answers {
	my ($text) = @_;
	my ($json) = $text =~ /^(\[.*\])$/m or diag $text;
	return @{ decode_json($json // '[]') };
}
sub problems {
	return map { ($_->{url} =~ s{^http://[^/]+/}{}r) . ": $_->{problem}" } grep { $_->{problem} } answers($_[0]);
}

my $server = SiteServer->start('nginx', $site);
if (!$server) {
	$i->run_ok('down');
	done_testing;
	exit;
}
$i->set(%settings, 'pipeline.ports' => $server->{port});
my ($code, $text) = check($server);
is($code, 2, 'an address of this machine is refused');
like((problems($text))[0] // '', qr/127\./, '... and said to be');
%settings = (%settings, 'pipeline.allow' => '127.0.0.0/8');
$i->set(%settings, 'pipeline.ports' => $server->{port});
($code, $text) = check($server);
is($code, 0, 'the recipe for nginx serves the site as it is meant') or diag $text;
my @answers = answers($text);
is_deeply([ problems($text) ], [], 'nothing is wrong');
my %type = map { $_->{url} =~ s{^http://[^/]+/}{}r => $_->{type} =~ s/;.*//r } @answers;
like($type{''}, qr{^text/html$}, 'the home page is asked for');
ok((grep { /-\w{13}\.html$/ } keys %type) >= 3, '... and several businesses');
is(scalar(grep { ($_->{leads_to} // '') =~ m{/elsewhere-now/new-name-$id\.html$} } @answers),
	1, '... and a former address');
is((grep { $_->{url} =~ /no\/such/ } @answers)[0]{status}, 404, '... and one that does not exist');
$server->stop;

# Another host, which has not all of it: a copy without the map, without a page, with a file that is called otherwise.
my $copy = "$i->{home}/copy";
system('cp', '-r', $site, $copy) == 0 or die;
my ($first) = grep { /-\w{13}\.html$/ && $_ ne $page } sort keys %type;
unlink "$copy/$first", "$copy/robots.txt" or die;
mkdir "$copy/robots.txt" or die;
$server = SiteServer->start('nginx', $copy);
$i->set(%settings, 'pipeline.ports' => $server->{port});
($code, $text) = check($server);
is($code, 2, 'a host that lacks something has findings');
is_deeply([ sort(problems($text)) ], [
	sort("$first: is published, and is not served", 'robots.txt: is published, and is not served',
		"$page: does not redirect to the page's present address")
], 'each is named');
(undef, $text) = $i->run('export', '--check-host', "http://$server->{host}:$server->{port}", $site);
like($text, qr{^WRONG  404  text/html\S* .*http://\S+/\Q$first\E: is published, and is not served$}m, 'as text, too');
like($text, qr{^ok     200  text/html}m, 'with what is right');
$server->stop;
($code, $text) = $i->run('export', '--check-host', 'http://127.0.0.1', "$i->{home}/nothing");
is($code, 1, 'a folder without a site');
like($text, qr/nothing: No such file|was not published by an export/, 'is said to be that');
$i->run_ok('down');
done_testing;
