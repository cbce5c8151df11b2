# A holdfast-fetch at one end of a socketpair and the test at the other, in the place of the worker; and the upstreams
# that it calls (package Upstream below). The messages are packed here independently of pipeline/wire, so that the
# tests pin their format.
#
#   my $up = Upstream->start;
#   my $fetch = Fetch->start(hello => $up->hello);
#   my $answer = $fetch->call(url => "http://good.test:$up->{ports}{http}/json");
package Fetch;
use strict;
use warnings;
use File::Temp ();
use IO::Select;
use JSON::XS;
use POSIX ();
use Socket;
use Time::HiRes qw(time);
use Tree;
use Wait;

my %type = (hello => 1, request => 2, answer => 3, tick => 4, drain => 5, bye => 6);
my %type_name = reverse %type;
my %kind = (http => 1, website => 2, mx => 3);
my %method = (GET => 1, HEAD => 2, POST => 3);
our @outcome = qw(? ok http_error timeout dns no_such_name connect tls refused_address refused_url too_large
	too_many_redirects robots retry_after unreadable cancelled);

sub _fd_to { POSIX::dup2(@_) // die "dup2: $!" }

# Program and hello; hello => undef: none is sent.
sub start {
	my ($class, %o) = @_;
	my $program = "$build/holdfast-fetch";
	socketpair(my $ours, my $theirs, AF_UNIX, SOCK_SEQPACKET, PF_UNSPEC) or die "socketpair: $!";
	setsockopt($_, SOL_SOCKET, SO_SNDBUF, 524288) for $ours, $theirs;
	my $log = File::Temp->new; # its log; shown only when a sanitizer or the sandbox has written into it
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		$ENV{$_} = 'http://127.0.0.1:9/' for qw(http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY);
		open STDERR, '>', $log or POSIX::_exit(126);
		my $end = fileno $theirs;
		_fd_to($end, 20);
		_fd_to(20, 5); # PROCESS_PEER_FD
		POSIX::close(20);
		exec { $program } 'holdfast-fetch' or POSIX::_exit(127);
	}
	close $theirs;
	my $self = bless { pid => $pid, socket => $ours, log => $log, log_name => $log->filename, ticks => [], item => 0 },
		$class;
	$self->hello(%{ $o{hello} }) if exists $o{hello};
	return $self;
}

sub send_raw { my ($self, $packet) = @_; return defined send($self->{socket}, $packet, 0) }

sub send_message {
	my ($self, $name, $item, $payload) = @_;
	$self->send_raw(pack('S S L Q', 1, $type{$name}, length $payload, $item) . $payload) or die "send $name: $!";
}

sub hello {
	my ($self, %h) = @_;
	%h = (
		tick_ms => 100, max_in_flight => 64, host_concurrency => 2,
		user_agent => 'Holdfast/test (+https://example.org/bot)',
		allow => '', ports => '80 443', resolvers => '', authorities => '', %h
	);
	$self->send_message(
		'hello', 0,
		pack(
			'L L L L/a* L/a* L/a* L/a* L/a*',
			@h{qw(tick_ms max_in_flight host_concurrency user_agent allow ports resolvers authorities)}));
}

# Returns the item's number.
sub request {
	my ($self, %r) = @_;
	%r = (kind => 'http', method => 'GET', max_redirects => 5, timeout_ms => 300_000, max_body_bytes => 2 << 20,
		host_concurrency => 0, host_interval_ms => 0, headers => '', body => '', facts => [], %r);
	my $item = ++$self->{item};
	my @facts = @{ $r{facts} };
	$self->send_message(
		'request',
		$item,
		pack(
			'C C C L L L L L/a* L/a* L/a* L', $kind{ $r{kind} }, $method{ $r{method} },
			@r{qw(max_redirects timeout_ms max_body_bytes host_concurrency host_interval_ms url headers body)},
			@facts / 2
			)
			. join '',
		map { pack 'L/a*', $_ } @facts
	);
	return $item;
}

# The next message, or the end ({ type => 'end' }).
sub read_message {
	my ($self) = @_;
	IO::Select->new($self->{socket})->can_read(seconds_left()) or die 'no message from holdfast-fetch';
	return $self->message_at_hand;
}

# The next message that has been sent already; undef: there is none.
sub message_at_hand {
	my ($self) = @_;
	return undef unless IO::Select->new($self->{socket})->can_read(0);
	my $from = recv($self->{socket}, my $packet, 65536, 0);
	return { type => 'end' } if !defined $from || $packet eq '';
	my ($version, $type, $length, $item) = unpack 'S S L Q', $packet;
	my $payload = substr $packet, 16;
	die "broken message" unless $version == 1 && $length == length $payload && $type_name{$type};
	my %m = (type => $type_name{$type}, item => $item);
	if ($m{type} eq 'answer') {
		(
			@m{
				qw(outcome redirects http_status retry_after_ms waited_ms connect_ms total_ms body_bytes final_url
				content_type
					detail)
			},
			my $count,
			my $rest
		) = unpack 'C C L L L L L L L/a* L/a* L/a* L a*', $payload;
		$m{outcome} = $outcome[ $m{outcome} ];
		for (1 .. $count) {
			(my ($name, $value), $rest) = unpack 'L/a* L/a* a*', $rest;
			push @{ $m{facts}{$name} }, $value;
		}
		die "bytes behind the answer" unless $rest eq '';
	} elsif ($m{type} eq 'tick') {
		@m{qw(in_flight waiting oldest_ms network_ms limiter_ms idle_ms answered bytes)} = unpack 'L6 Q Q', $payload;
	} elsif ($m{type} eq 'bye') {
		$m{reason} = unpack 'L/a*', $payload;
	}
	return \%m;
}

# The next message that is no tick; ticks are kept in {ticks}.
sub next_message {
	my ($self) = @_;
	while (1) {
		my $m = $self->read_message;
		return $m unless $m->{type} eq 'tick';
		push @{ $self->{ticks} }, { %$m, at => time };
	}
}

sub next_tick {
	my ($self) = @_;
	my $m = $self->read_message;
	push @{ $self->{ticks} }, { %$m, at => time } if $m->{type} eq 'tick';
	return $m;
}

# One request and its answer.
sub call {
	my ($self, %r) = @_;
	my $item = $self->request(%r);
	my $m = $self->next_message;
	die "no answer to $r{url} but $m->{type}" unless $m->{type} eq 'answer' && $m->{item} == $item;
	return $m;
}

# Answers to so many requests, by item; fewer when it ends before.
sub answers {
	my ($self, $count) = @_;
	my %by;
	while (keys %by < $count) {
		my $m = $self->next_message;
		last unless $m->{type} eq 'answer';
		die "a second answer to $m->{item}" if $by{ $m->{item} };
		$by{ $m->{item} } = $m;
	}
	return \%by;
}

sub drain { $_[0]->send_message('drain', 0, '') }

# What /proc says of its memory, in bytes.
sub memory {
	my ($self, $what) = @_;
	open my $in, '<', "/proc/$self->{pid}/status" or return undef;
	my ($kb) = map { /^$what:\s+(\d+) kB/ ? $1 : () } <$in>;
	return $kb * 1024;
}

# Waits for its end; returns the wait status.
sub wait_end {
	my ($self) = @_;
	wait_until('holdfast-fetch ends', sub { waitpid($self->{pid}, POSIX::WNOHANG) == $self->{pid} });
	delete $self->{pid};
	return $?;
}

sub DESTROY {
	my ($self) = @_;
	local $?;
	close $self->{socket} if $self->{socket};
	if ($self->{pid}) {
		kill 'KILL', $self->{pid};
		waitpid $self->{pid}, 0;
	}
	# During global destruction the file's object may have been destroyed before this one.
	open my $in, '<', $self->{log_name} or return;
	my $text = do { local $/; <$in> } // '';
	print STDERR $text if $text =~ /Sanitizer|runtime error|sandbox:|must/;
}

package Upstream;
use Address;
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IPC::Open2;

my $here = dirname(__FILE__);

# Certificates: an authority; of it a good one, one for another name and an expired one; and a self-signed one.
sub certificates {
	my ($dir, $address) = @_;
	my $run = sub { system("cd '$dir' && ($_[0]) >>log 2>&1") == 0 or die "openssl failed: $dir/log" };
	my $key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';
	$run->("openssl req -x509 $key -keyout ca.key -out ca.pem -days 2 -subj '/CN=Test authority'");
	$run->("openssl req -x509 $key -keyout self.key -out self.pem -days 2 -subj /CN=good.test "
			. '-addext subjectAltName=DNS:good.test');
	for ([ 'good', 'good.test', '-days 2' ], [ 'other', 'other.test', '-days 2' ], [ 'old', 'good.test', '-days -1' ]) {
		my ($name, $host, $days) = @$_;
		$run->("openssl req $key -keyout $name.key -out $name.csr -subj /CN=$host");
		$run->("printf 'subjectAltName=DNS:$host,IP:$address' >$name.ext");
		$run->("openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $name.pem $days "
				. "-extfile $name.ext");
	}
}

# Nobody but this test file listens on {host}; port {ports}{closed} of it stays closed.
sub start {
	my ($class) = @_;
	my $dir = tempdir(CLEANUP => 1);
	my $host = own_address();
	certificates($dir, $host);
	my $pid = open2(my $out, my $in, 'node', "$here/upstream.mjs", $dir, $host);
	my $self = bless { pid => $pid, out => $out, in => $in, host => $host }, $class;
	$self->{ports} = { %{ $self->line }, closed => free_port() };
	open my $ca, '<', "$dir/ca.pem" or die "ca.pem: $!";
	$self->{authority} = do { local $/; <$ca> };
	return $self;
}

sub line {
	my ($self) = @_;
	my $line = readline $self->{out};
	return JSON::XS::decode_json($line // die "the upstream has ended");
}
sub stats { my ($self) = @_; syswrite $self->{in}, "stats\n"; return $self->line }
sub hello {
	my ($self, %h) = @_;
	my $p = $self->{ports};
	my @open = @$p{qw(http https selfsigned othername expired http2 nottls silent closed)};
	return {
		allow => "$self->{host}/32", resolvers => "$self->{host}:$p->{dns}", authorities => $self->{authority},
		ports => join(' ', sort @open), %h
	};
}

sub DESTROY {
	my ($self) = @_;
	local $?;
	close $self->{in};
	waitpid $self->{pid}, 0;
}

1;
