#!/usr/bin/perl
# The exported site in a real browser, as Python's file server serves it, and file by file as nginx does. What is asked
# of it stands in visit_site.mjs.
#
#   HOLDFAST_SHOTS=DIR tests/browser/site.t     also writes a picture of each page
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use HTTP::Tiny;
use Instance;
use IO::Socket::INET;
use Program;
use Site;
use Test::More;
use Wait;

my $host = own_address();
my $port = free_port();
my $base = "http://$host:$port";
my $i = Instance->make(settings => {
	'web.processes' => 1,
	'site.url' => $base,
	'site.name' => 'Shops of the Test',
	'site.operator' => 'Example Operator|Main street 1|1000 Exampletown',
	'site.contact_url' => 'mailto:directory@example.org'
});
$i->up;
$i->import_samples;
my $site = "$i->{home}/site";
$i->run_ok('export', $site);
sub serve {
	my ($name, @command) = @_;
	return Program->start($name, \@command, log => "$i->{home}/$name.log",
		ready => sub { IO::Socket::INET->new("$host:$port") });
}

my $server = serve('python', 'python3', '-m', 'http.server', '--bind', $host, '--directory', $site, $port);
my $said = `node $FindBin::Bin/visit_site.mjs $base`;
is($?, 0, "complete and usable as Python's file server serves it") or diag $said;
$server->stop;

# The same bytes need no second look in a browser: nginx serves each of them at its address.
my $temporary = join '', map { "\t${_}_temp_path $i->{home}/nginx.$_;\n" } qw(client_body proxy fastcgi uwsgi scgi);
my $user = $> ? '' : "user root;\n";
open my $conf, '>', "$i->{home}/nginx.conf" or die "nginx.conf: $!";
print $conf <<"CONF";
${user}daemon off;
master_process off;
pid $i->{home}/nginx.pid;
error_log $i->{home}/nginx.log;
events {}
http {
	include /etc/nginx/mime.types;
	access_log off;
${temporary}	server { listen $host:$port; root $site; error_page 404 /404.html; }
}
CONF
close $conf;
$server = serve('nginx', '/usr/sbin/nginx', '-c', "$i->{home}/nginx.conf");
my $http = HTTP::Tiny->new(timeout => seconds_left());
my @wrong;
my %files = Site::files($site);
for my $path (sort keys %files) {
	(my $address = $path) =~ s{(^|/)index\.html$}{$1};
	my $answer = $http->get("$base/$address");
	push @wrong, "$path: $answer->{status}" if $answer->{status} != 200 || $answer->{content} ne $files{$path};
	my $type = $answer->{headers}{'content-type'};
	push @wrong, "$path: $type" if $path =~ /\.html$/ && $type !~ m{^text/html};
}
is_deeply(\@wrong, [], 'nginx serves every one of ' . keys(%files) . ' files at its address');
is_deeply([ Site::broken($site, $base) ], [], 'and no link leads elsewhere');
my $gone = $http->get("$base/nowhere/nothing.html");
ok($gone->{status} == 404 && $gone->{content} eq $files{'404.html'}, 'what is not there is answered with its page');
$server->stop;
done_testing;
