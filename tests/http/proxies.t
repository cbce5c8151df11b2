#!/usr/bin/perl
# Behind a proxy: limits by address are those of the visitors, whom only trusted proxies can name. The recipes in
# deploy/proxies are started as they stand there, but for addresses, ports and files.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use Program;
use Test::More;
use Tree;
use Wait;
use Web;

my $proxy = '127.0.0.1';     # what the web process trusts
my $other = '127.3.0.1';     # what it does not
my $dir = tempdir(CLEANUP => 1);
chmod 0755, $dir;

# A database that accepts and says nothing: requests for /readyz wait, and count for their address.
my $silent = IO::Socket::INET->new(Listen => 100, LocalAddr => '127.0.0.1') or die "listen: $!";
sub start {
	my (%settings) = @_;
	return Web->start(database => 'host=127.0.0.1 port=' . $silent->sockport . ' user=x dbname=x',
		'db.timeout' => '600s', 'http.connections_per_address' => 3, 'web.drain_timeout' => '100ms',
		'web.trusted_proxies' => "192.0.2.0/24, $proxy", %settings);
}
my $web;
sub status { my ($text) = @_; return $text =~ m{^HTTP/1\.\d (\d+)} ? $1 : "nothing: $text" }

# Two visitors send four requests each, of which three wait: one of each is refused, and no other. `begin` makes the
# bytes of a visitor's request; visitors are numbered, and none comes again.
my $visitors = 0;
sub limited {
	my ($what, $begin, $from) = @_;
	for my $which ('a visitor', 'another visitor') {
		$visitors++;
		my @held = map { my $s = $web->connect(LocalAddr => $from); $web->put($s, $begin->($visitors)); $s } 1 .. 4;
		my @answered = IO::Select->new(@held)->can_read(seconds_left());
		is(join(' ', map { status($web->get($_, qr/\r\n\r\n/)) } @answered), 503,
			"$what: $which has three requests at once and no fourth");
		push @{ $web->{held} }, @held;
	}
}
sub http { my (@fields) = @_; return join("\r\n", 'GET /readyz HTTP/1.1', 'Host: a', @fields) . "\r\n\r\n" }

sub claim { return 'X-Forwarded-For: 6.6.6.' . int rand 250 }

# ---- the three ways, by hand ----
$web = start();
limited('X-Forwarded-For', sub { http("X-Forwarded-For: 198.51.100.$_[0]") }, $proxy);
limited('X-Forwarded-For over two trusted proxies',
	sub { http("X-Forwarded-For: 198.51.100.$_[0], 192.0.2.7") }, $proxy);
limited('X-Forwarded-For with what the visitor claims',
	sub { http(claim(), "X-Forwarded-For: 198.51.100.$_[0]") }, $proxy);
my @own = map { my $s = $web->connect(LocalAddr => $other); $web->put($s, http(claim())); $s } 1 .. 4;
my @answered = IO::Select->new(@own)->can_read(seconds_left());
is(join(' ', map { status($web->get($_)) } @answered), 503, 'from whom is not trusted the field is not believed');
@own = ();
$web->stop;

$web = start('web.client_address' => 'forwarded');
limited('Forwarded', sub { http("Forwarded: for=\"[2001:db8:$_[0]::1]:47011\";proto=https", claim()) }, $proxy);
$web->stop;

$web = start('web.client_address' => 'proxy-protocol');
limited('PROXY protocol 1', sub { "PROXY TCP4 198.51.100.$_[0] 192.0.2.1 1 2\r\n" . http() }, $proxy);
limited('PROXY protocol 2', sub {
	return "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" . pack('C8nn', 198, 51, 100, $_[0], 192, 0, 2, 1, 1, 2) . http()
}, $proxy);
my $hello = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
is(status($web->raw("PROXY UNKNOWN\r\n$hello", LocalAddr => $proxy)), 200, 'a proxy may ask for itself');
is(status($web->raw($hello, LocalAddr => $proxy)), 400, 'a trusted proxy must say for whom it asks');
is(status($web->raw("PROXY TCP4 198.51.100.1 192.0.2.1 1 2\r\n$hello", LocalAddr => $other)), 400, 'nobody else may');
is(status($web->raw($hello, LocalAddr => $other)), 200, 'and need not');
$web->stop;

# ---- the recipes ----
system("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=directory.example "
		. "-addext subjectAltName=DNS:directory.example -keyout $dir/privkey.pem -out $dir/fullchain.pem 2>$dir/openssl"
	) == 0
	or die 'openssl: ' . `cat $dir/openssl`;
system("cat $dir/fullchain.pem $dir/privkey.pem >$dir/directory.pem && chmod 644 $dir/*.pem") == 0 or die;

sub recipe {
	my ($name) = @_;
	open my $in, '<', "$root/deploy/proxies/$name" or die "$name: $!";
	local $/;
	return <$in>;
}
# nginx, Caddy and HAProxy as they are told in deploy/proxies: the configuration made from the recipe, and the command.
my %proxies = (
	nginx => ['nginx.conf', 'x-forwarded-for', sub {
		my ($text, $at, $web_port) = @_;
		$text =~ s/listen \[::\].*\n//g;
		$text =~ s/listen 80;/listen @{[own_address]}:@{[free_port]};/;
		$text =~ s/listen 443 /listen $at /;
		$text =~ s{/etc/ssl/directory\.example/}{$dir/}g;
		$text =~ s/server 127\.0\.0\.1:8080/server 127.0.0.1:$web_port/;
		return "daemon off;\npid $dir/nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\naccess_log off;\n"
			. join('', map { "${_}_temp_path $dir/$_;\n" } qw(client_body proxy fastcgi uwsgi scgi)) . "$text}\n";
	}, sub { ('nginx', '-e', 'stderr', '-c', $_[0]) }],
	caddy => ['Caddyfile', 'x-forwarded-for', sub {
		my ($text, $at, $web_port) = @_;
		my ($host, $port) = split /:/, $at;
		my $site = "https://directory.example:$port {\n\tbind $host\n\ttls $dir/fullchain.pem $dir/privkey.pem";
		$text =~ s/^directory\.example \{/$site/m;
		$text =~ s/127\.0\.0\.1:8080\n\}/127.0.0.1:$web_port\n}/;
		return "{\n\tadmin off\n\tauto_https disable_redirects\n}\n$text";
	}, sub { ('caddy', 'run', '--adapter', 'caddyfile', '--config', $_[0]) }],
	haproxy => ['haproxy.cfg', 'proxy-protocol', sub {
		my ($text, $at, $web_port) = @_;
		$text =~ s/bind :80\n/bind @{[own_address]}:@{[free_port]}\n/;
		$text =~ s/bind :443 /bind $at /;
		$text =~ s/maxconn \d+/maxconn 100/; # a user has few descriptors
		$text =~ s{/etc/haproxy/directory\.pem}{$dir/directory.pem}g;
		$text =~ s/server web 127\.0\.0\.1:8080/server web 127.0.0.1:$web_port/;
		return $text;
	}, sub { ('haproxy', '-db', '-f', $_[0]) }],
);

sub curl {
	my ($at, $from, $path, @more) = @_;
	my ($host, $port) = split /:/, $at;
	return (
		'curl', '-s', '--noproxy', '*', '--cacert', "$dir/fullchain.pem", '--interface', $from,
		'-m', int seconds_left(), '--resolve', "directory.example:$port:$host", '-o', '/dev/null', '-w',
		'%{http_code}', @more,
		"https://directory.example:$port$path"
	);
}
sub answer { open my $in, '-|', @_ or die "$_[0]: $!"; return <$in> // '' }

sub start_proxy {
	my ($name, $at, $make, $command) = @_;
	open my $out, '>', "$dir/$name.conf" or die "$name.conf: $!";
	print $out $make->(recipe($proxies{$name}[0]), $at, $web->{port});
	close $out;
	return Program->start($name, [ $command->("$dir/$name.conf") ], log => "$dir/$name.log",
		env => { XDG_DATA_HOME => $dir, XDG_CONFIG_HOME => $dir, HOME => $dir },
		ready => sub { answer(curl($at, '127.4.0.1', '/healthz')) eq '200' });
}

for my $name (sort keys %proxies) {
	my ($file, $way, $make, $command) = @{ $proxies{$name} };
	if (!grep { -x "$_/$name" } split(/:/, $ENV{PATH}), '/usr/sbin') {
		diag "$name is not installed (tools/setup test): deploy/proxies/$file is not tried";
		next;
	}
	$ENV{PATH} .= ':/usr/sbin' if $ENV{PATH} !~ m{(^|:)/usr/sbin(:|$)};
	$web = start('web.client_address' => $way, 'http.connections' => 200);
	my $at = own_address() . ':' . free_port();
	my $program = start_proxy($name, $at, $make, $command);
	pass("$name starts with deploy/proxies/$file and serves over TLS");
	# Five visitors send four requests each, with claims of their own.
	my @requests = map {
		my $visitor = $_ % 5;
		my @command = curl($at, "127.5.0.$visitor", '/readyz', '-H', claim(), '-H', 'Forwarded: for=6.6.6.6');
		my $curl = Program->start("visitor $visitor", \@command, out => "$dir/$name.$_", log => "$dir/curl.log");
		{ visitor => $visitor, curl => $curl, out => "$dir/$name.$_" }
	} 1 .. 20;
	my @refused;
	$web->until("$name: five are refused", sub { (@refused = grep { $_->{curl}->ended } @requests) >= 5 });
	is_deeply([sort map { "$_->{visitor} " . answer('cat', $_->{out}) } @refused], [map { "$_ 503" } 0 .. 4],
		"$name: each visitor has three requests at once and no fourth, whatever it claims");
	$_->{curl}->kill for @requests;
	$program->stop;
	$web->stop;
}
done_testing;
