#!/usr/bin/perl
# The exported site in a real browser, as Python's file server has it, and file by file as nginx does. What is asked of it stands in
# visit_site.mjs.
#
#   HOLDFAST_SHOTS=DIR tests/browser/site.t     also writes a picture of each page
use strict;
use warnings;
use FindBin;
use lib map { "$FindBin::Bin/../$_" } qw(faults site);
use HTTP::Tiny;
use Instance;
use IO::Socket::INET;
use Site;
use Test::More;

my $port = Instance::free_port();
my $i = Instance->make(settings => { 'web.processes' => 1, 'site.url' => "http://127.0.0.1:$port", 'site.name' => 'Shops of the Test',
	'site.operator' => 'Example Operator|Main street 1|1000 Exampletown', 'site.contact_url' => 'mailto:directory@example.org' });
my $server = 0;
eval {
	$i->up;
	for my $sample (glob "$Instance::root/samples/*.json $Instance::root/samples/*.csv $Instance::root/samples/*.geojson $Instance::root/samples/*.ndjson") {
		my ($code, $text) = $i->run('import', '--source', 'samples', '--source-name', 'Samples of the test', '--licence', 'CC0-1.0', $sample);
		die $text if $code;
	}
	my ($code, $text) = $i->run('export', "$i->{home}/site");
	die $text if $code;
	my $site = "$i->{home}/site";
	open my $conf, '>', "$i->{home}/nginx.conf" or die $!;
	print $conf $> ? '' : "user root;\n", "daemon off;\nmaster_process off;\npid $i->{home}/nginx.pid;\nerror_log $i->{home}/nginx.log;\nevents {}\nhttp {\n\tinclude /etc/nginx/mime.types;\n\taccess_log off;\n",
	    (map { "\t${_}_temp_path $i->{home}/nginx.$_;\n" } qw(client_body proxy fastcgi uwsgi scgi)), "\tserver { listen 127.0.0.1:$port; root $site; error_page 404 /404.html; }\n}\n";
	close $conf;
	my $serve = sub {
		my @command = @_;
		$server = fork // die "fork: $!";
		if (!$server) {
			open STDOUT, '>', '/dev/null';
			open STDERR, '>', '/dev/null';
			exec @command;
			die "$command[0]: $!";
		}
		$i->until('the file server answers', sub { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) });
	};
	my $stop = sub { kill TERM => $server; waitpid $server, 0; $server = 0 };

	$serve->('python3', '-m', 'http.server', '--bind', '127.0.0.1', '--directory', $site, $port);
	my $said = `node $FindBin::Bin/visit_site.mjs http://127.0.0.1:$port`;
	is($?, 0, "complete and usable as Python's file server has it") or diag $said;
	$stop->();

	# The same bytes need no second look in a browser: that nginx has each of them at its address.
	$serve->('/usr/sbin/nginx', '-c', "$i->{home}/nginx.conf");
	my $http = HTTP::Tiny->new;
	my @wrong;
	my %files = Site::files($site);
	for my $path (sort keys %files) {
		(my $address = $path) =~ s{(^|/)index\.html$}{$1};
		my $answer = $http->get("http://127.0.0.1:$port/$address");
		push @wrong, "$path: $answer->{status}" if $answer->{status} != 200 || $answer->{content} ne $files{$path};
		push @wrong, "$path: $answer->{headers}{'content-type'}" if $path =~ /\.html$/ && $answer->{headers}{'content-type'} !~ m{^text/html};
	}
	is_deeply(\@wrong, [], 'nginx has every one of ' . keys(%files) . ' files at its address');
	is_deeply([ Site::broken($site, "http://127.0.0.1:$port") ], [], 'and no link leads elsewhere');
	my $gone = $http->get("http://127.0.0.1:$port/b/00/nothing.html");
	ok($gone->{status} == 404 && $gone->{content} eq $files{'404.html'}, 'what is not there is answered with its page');
	$stop->();
	1;
} or fail($@);
if ($server) { kill TERM => $server; waitpid $server, 0 }
done_testing;
