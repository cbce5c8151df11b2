# A holdfast-web of its own, and raw bytes to and from it.
#
#   my $web = Web->start('http.header_timeout' => '200ms');     # settings of holdfast.conf
#   my $text = $web->raw("GET / HTTP/1.1\r\n...");               # everything until the server closes
#   my @answers = Web::answers($text);                           # [status, {headers}, body], ...
#   $web->stop;                                                  # tests its exit status and sanitizer reports
#
# It listens on $web->{address}. The setting `database` is its connection string; without it there is none. Its
# limits of time are generous, so that only a test that sets one of them meets it.
package Web;
use strict;
use warnings;
use File::Temp qw(tempdir);
use Instance;
use IO::Select;
use IO::Socket::INET;
use Program;
use Test::More;
use Tree;
use Wait;

sub start {
	my ($class, %more) = @_;
	my %settings = (%Instance::generous, 'web.drain_timeout' => '600s', 'site.lang' => 'en', %more);
	my $dir = tempdir(CLEANUP => 1);
	my $self = bless { dir => $dir }, $class;
	my $database = delete $settings{database} // 'host=/nonexistent';
	open my $conf, '>', "$dir/conf" or die "conf: $!";
	print $conf "$_ = $settings{$_}\n" for sort keys %settings;
	close $conf;
	my @command = ("$build/holdfast-web", '--listen', '127.0.0.1:0', '--conf', "$dir/conf");
	$self->{program} = Program->start('holdfast-web', \@command, out => "$dir/out", log => "$dir/log",
		env => { HOLDFAST_DATABASE => $database, HOLDFAST_INSTANCE => undef });
	$self->{pid} = $self->{program}{pid};
	($self->{port}) = $self->{program}->until('it listens', sub { $self->said =~ /:(\d+)\n/ ? $1 : 0 });
	$self->{host} = '127.0.0.1';
	$self->{address} = "$self->{host}:$self->{port}";
	return $self;
}

# Its standard output, where it tells its address.
sub said { my ($self) = @_; open my $in, '<', "$self->{dir}/out" or return ''; local $/; return <$in> // '' }
sub log { my ($self) = @_; return $self->{program}->log }

sub until {
	my ($self, $event, $code) = @_;
	return wait_until($event, $code, sub { $self->log });
}

sub connect {
	my ($self, %more) = @_;
	my %to = (PeerAddr => $self->{host}, PeerPort => $self->{port}, Proto => 'tcp');
	return IO::Socket::INET->new(%to, %more) // die "connect: $!";
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
	while (!$enough || $text !~ $enough) {
		$select->can_read(seconds_left()) or die "the answer does not end; so far: $text\n";
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

# SIGTERM; it has to exit with 0, and no sanitizer may have complained.
sub stop {
	my ($self) = @_;
	is($self->{program}->stop, 0, 'the server exits 0 at the end');
	my $log = $self->log;
	ok($log !~ /Sanitizer|runtime error:| bug at /, 'and nothing was found wrong in it') or diag $log;
}

sub unescape {
	my ($text) = @_;
	my %plain = (r => "\r", n => "\n", t => "\t", 0 => "\0", '\\' => '\\');
	$text =~ s/\\(?:x([0-9a-f]{2})|(.))/defined $1 ? chr hex $1 : $plain{$2}/ge;
	return $text;
}

1;
