#!/usr/bin/perl
# The exported site in a real browser, served by nothing but Python's file server. What is asked of it stands in
# visit_site.mjs.
#
#   HOLDFAST_SHOTS=DIR tests/browser/site.t     also writes a picture of each page
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../faults";
use Instance;
use IO::Socket::INET;
use Test::More;

my $port = Instance::free_port();
my $i = Instance->make(settings => { 'web.processes' => 1, 'site.url' => "http://127.0.0.1:$port", 'site.name' => 'Shops of the Test',
	'site.operator' => 'Example Operator|Main street 1|1000 Exampletown', 'site.contact_url' => 'mailto:directory@example.org' });
my ($server, $status) = (0, 1);
eval {
	$i->up;
	for my $sample (glob "$Instance::root/samples/*.json $Instance::root/samples/*.csv $Instance::root/samples/*.geojson $Instance::root/samples/*.ndjson") {
		my ($code, $text) = $i->run('import', '--source', 'samples', '--source-name', 'Samples of the test', '--licence', 'CC0-1.0', $sample);
		die $text if $code;
	}
	my ($code, $text) = $i->run('export', "$i->{home}/site");
	die $text if $code;
	$server = fork // die "fork: $!";
	if (!$server) {
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		exec 'python3', '-m', 'http.server', '--bind', '127.0.0.1', '--directory', "$i->{home}/site", $port;
		die "python3: $!";
	}
	$i->until('the file server answers', sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) });
	$status = system('node', "$FindBin::Bin/visit_site.mjs", "http://127.0.0.1:$port");
	1;
} or diag $@;
if ($server) { kill TERM => $server; waitpid $server, 0 }
exit($status ? 1 : 0);
