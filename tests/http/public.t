#!/usr/bin/perl
# What stands at the root of the site for machines, the operator's own files, and the operator's tokens.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Directory;
use Test::More;
use Web;

my $web = Web->start('ops.token' => 'right', 'metrics.token' => 'scraper', 'site.url' => 'https://shop.example/a&b');
sub get { return $web->request(@_) }

# ---- without files of the operator ----
my ($status, $header, $body) = get('GET /robots.txt');
is("$status $header->{'content-type'}", '200 text/plain; charset=utf-8', 'robots.txt is there');
like($body, qr{^User-agent: \*\nDisallow: /ops\n}, '... and keeps robots from what is no page');
like($body, qr{^Sitemap: https://shop\.example/a&b/sitemap\.xml$}m, '... and names the exported sitemap');
($status, $header) = get('GET /favicon.ico');
is("$status $header->{'content-type'}", '200 image/svg+xml', 'favicon.ico is the icon of the pages');
is((get('GET /favicon.ico', "If-None-Match: $header->{etag}"))[0], 304, '... and sent once');
($status, $header, $body) = get('GET /sitemap.xml');
is("$status $header->{'content-type'}", '200 application/xml', 'sitemap.xml is an index');
like($body, qr{<loc>https://shop\.example/a&amp;b/sitemap\.xml</loc>}, '... of the exported one');
is((get('GET /nothing.txt'))[0], 404, 'another name is not found');
is((get('GET /.well-known/security.txt'))[0], 404, 'nor is one of .well-known');

# ---- tokens ----
($status, $header, $body) = get('GET /ops/numbers');
is("$status $header->{'www-authenticate'}", '401 Bearer', 'a token is asked for');
like($body, qr/missing/, '... because none was sent');
for my $given ('Bearer right', 'bearer right', 'BEARER   right') {
	isnt((get('GET /ops/numbers', "Authorization: $given"))[0], 401, "$given is the operator");
}
for my $given ('Bearer', 'Bearer ', 'Basic right', 'right', 'Bearer rightright', 'Bearer righ') {
	is((get('GET /ops/numbers', "Authorization: $given"))[0], 401, "'$given' is not");
}
is((get('GET /metrics'))[0], 401, '/metrics asks for a token when one is configured');
like((get('GET /metrics', 'Authorization: Bearer scraper'))[2], qr/^holdfast_/m, '... and is read with it');
is((get('GET /metrics', 'Authorization: Bearer right'))[0], 401, '... and not with another');
my @statuses;
push @statuses, (get('GET /ops/numbers', 'Authorization: Bearer guess'))[0] for 1 .. 20;
is($statuses[-1], 429, 'an address that guesses is refused for a while');
($status, $header, $body) = get('GET /ops/numbers', 'Authorization: Bearer right');
is($status, 429, '... also when the next guess is right');
cmp_ok($header->{'retry-after'}, '>=', 1, '... and told when to come back');
like($body, qr/too-many-attempts/, '... as a problem of its own');
is((get('GET /healthz'))[0], 200, 'everything else is answered');
$web->stop;

$web = Web->start;
unlike((get('GET /robots.txt'))[2], qr/Sitemap/, 'without site.url robots.txt names no sitemap');
is((get('GET /sitemap.xml'))[0], 404, 'and there is none');
is((get('GET /metrics'))[0], 200, 'without metrics.token everybody reads /metrics');
$web->stop;

# ---- files of the operator ----
my $directory = Directory->start;
$directory->{i}->run_ok('down');
for my $folder (map { "$directory->{i}{dir}/$_" } 'web', 'web/public', 'web/public/.well-known') {
	-d $folder || mkdir $folder or die "$folder: $!";
}
my %files = ('robots.txt' => "User-agent: *\nDisallow:\n", 'google1234.html' => 'google-site-verification',
	'plain' => "\0\1", '.well-known/security.txt' => "Contact: https://a.example\n", '.hidden' => 'secret');
for my $name (keys %files) {
	open my $out, '>', "$directory->{i}{dir}/web/public/$name" or die "$name: $!";
	print $out $files{$name};
	close $out;
}
$directory->{i}->up;
$web = bless { host => $directory->{i}{host}, port => $directory->{i}{port} }, 'Web';
for my $case (['robots.txt', 'text/plain; charset=utf-8'], ['google1234.html', 'text/html; charset=utf-8'],
	['plain', 'application/octet-stream'], ['.well-known/security.txt', 'text/plain; charset=utf-8']) {
	my ($name, $type) = @$case;
	($status, $header, $body) = get("GET /$name");
	is("$status $header->{'content-type'} $body", "200 $type $files{$name}", "the operator's $name is served");
}
is((get("GET /$_"))[0], 404, "$_ is not") for '.hidden', 'web', '.well-known', '.well-known/..%2frobots.txt';
is((get('GET /favicon.ico'))[0], 200, 'what the operator has no file for stays');
$directory->stop;
done_testing;
