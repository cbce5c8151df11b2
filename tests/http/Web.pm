# Runs a holdfast-web of its own and talks raw bytes with it. For tests/http/*.t.
#
#   my $web = Web->start('http.header_timeout' => '200ms');     # settings of holdfast.conf
#   my $text = $web->raw("GET / HTTP/1.1\r\n...");               # everything until the server closes
#   my @answers = Web::answers($text);                           # [status, {headers}, body], ...
#
# Nothing sleeps: until() polls with a deadline. The program is $HOLDFAST_BUILD/holdfast-web, or that of
# build/release. It is stopped, and its exit and sanitizer reports are looked at, by stop().
package Web;
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);

our $root = abs_path(dirname(__FILE__) . '/../..');
my $build = $ENV{HOLDFAST_BUILD} // "$root/build/" . ($ENV{VARIANT} // 'release');
my $deadline_s = 20;
my %running;
END { my $code = $?; kill KILL => keys %running; $? = $code }

sub start {
	my ($class, %settings) = @_;
	my $self = bless { dir => tempdir(CLEANUP => 1) }, $class;
	my $database = delete $settings{database} // 'host=/nonexistent';
	open my $conf, '>', "$self->{dir}/conf" or die "conf: $!";
	print $conf "$_ = $settings{$_}\n" for sort keys %settings;
	close $conf;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		$ENV{HOLDFAST_DATABASE} = $database;
		delete $ENV{HOLDFAST_INSTANCE};
		open STDOUT, '>', "$self->{dir}/out" or die;
		open STDERR, '>', "$self->{dir}/log" or die;
		exec "$build/holdfast-web", '--listen', '127.0.0.1:0', '--conf', "$self->{dir}/conf";
		die "$build/holdfast-web: $!";
	}
	$running{$pid} = 1;
	$self->{pid} = $pid;
	$self->until('it listens', sub { $self->slurp('out') =~ /:(\d+)\n/ and $self->{port} = $1 });
	return $self;
}

sub slurp { my ($self, $name) = @_; open my $in, '<', "$self->{dir}/$name" or return ''; local $/; return <$in> // '' }
sub log { $_[0]->slurp('log') }

# Poll until the code gives something true, which is returned; dies after the deadline.
sub until {
	my ($self, $what, $code) = @_;
	my $end = time + $deadline_s;
	while (time < $end) {
		my $value = $code->();
		return $value if $value;
		select undef, undef, undef, 0.005;
	}
	die "in $deadline_s s it did not happen that $what\n" . $self->log;
}

sub connect {
	my ($self, %more) = @_;
	return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Proto => 'tcp', %more)
	    // die "connect: $!";
}

# Send what the server takes (it may close before the end: that is no error here).
sub put {
	my ($self, $socket, $bytes) = @_;
	local $SIG{PIPE} = 'IGNORE';
	for (my $at = 0; $at < length $bytes;) {
		my $n = syswrite $socket, $bytes, 65536, $at;
		return 0 unless $n;
		$at += $n;
	}
	return 1;
}

# Read until the end, or until `enough` matches what was read.
sub get {
	my ($self, $socket, $enough) = @_;
	my $text = '';
	my $select = IO::Select->new($socket);
	my $end = time + $deadline_s;
	while (!$enough || $text !~ $enough) {
		my $left = $end - time;
		die "no end of the answer in $deadline_s s; so far: $text\n" if $left <= 0 || !$select->can_read($left);
		last unless sysread $socket, $text, 65536, length $text;
	}
	return $text;
}

# One connection: send, read until the server closes.
sub raw {
	my ($self, $bytes, %more) = @_;
	my $socket = $self->connect(%more);
	$self->put($socket, $bytes);
	my $text = $self->get($socket);
	close $socket;
	return $text;
}

# One request on a connection of its own: (status, headers, body).
sub request {
	my ($self, $line, @headers) = @_;
	my $text = $self->raw(join("\r\n", "$line HTTP/1.1", 'Host: a', 'Connection: close', @headers) . "\r\n\r\n");
	my ($first) = answers($text, $line =~ /^HEAD /);
	return @$first;
}

sub answers {
	my ($text, $head) = @_;
	my @answers;
	while ($text =~ s/\AHTTP\/1\.1 (\d+) [^\r\n]*\r\n(.*?)\r\n\r\n//s) {
		my ($status, $lines, %header) = ($1, $2);
		$header{ lc $1 } = $2 while $lines =~ /^([^:]+): (.*?)\r?$/mg;
		my $n = $head ? 0 : $header{'content-length'} // 0;
		push @answers, [$status, \%header, substr $text, 0, $n, ''];
	}
	push @answers, ["rest: $text", {}, ''] if $text ne '';
	return @answers;
}

# The value of a metric's series: metric('holdfast_http_refusals_total', 'cause="bare-lf"').
sub metric {
	my ($self, $name, $label) = @_;
	my (undef, undef, $body) = $self->request('GET /metrics');
	for (split /\n/, $body) {
		next unless /^\Q$name\E\{([^}]*)\} (\S+)$/;
		return $2 if !defined $label || index($1, $label) >= 0;
	}
	return 0;
}

# SIGTERM; true when it exits 0 and no sanitizer has complained.
sub stop {
	my ($self) = @_;
	kill TERM => $self->{pid};
	$self->reaped;
	my $log = $self->log;
	is($self->{status}, 0, 'the server exits 0 at the end');
	ok($log !~ /Sanitizer|runtime error:| bug at /, 'and nothing was found wrong in it') or diag $log;
}

# Wait for the exit; the wait status is kept.
sub reaped {
	my ($self) = @_;
	return $self->{status} if defined $self->{status};
	$self->until('the server exits', sub { waitpid($self->{pid}, 1) == $self->{pid} and $self->{status} = $?, 1 });
	delete $running{ $self->{pid} };
	return $self->{status};
}

sub unescape {
	my ($text) = @_;
	my %plain = (r => "\r", n => "\n", t => "\t", 0 => "\0", '\\' => '\\');
	$text =~ s/\\(?:x([0-9a-f]{2})|(.))/defined $1 ? chr hex $1 : $plain{$2}/ge;
	return $text;
}

1;
