# Many HTTP clients at once, without a process for each: connections are opened and written to first, then read.
#
#   my $clients = Clients->new('127.64.0.1:20001', ...);                 # in turns, where there are several
#   my @answers = $clients->ask('/a', ['/b', 'If-None-Match: "x"']);     # {path, status, headers, content, done}
#   my $asked = $clients->begin(('/a') x 64); ...; my @answers = $clients->end($asked);
#
# Answers come in the order of the requests. One without status: the connection was cut.
package Clients;
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);
use Wait;

sub new { my ($class, @addresses) = @_; return bless { addresses => \@addresses, next => 0 }, $class }

sub begin {
	my ($self, @asked) = @_;
	my @open;
	for my $one (@asked) {
		my ($path, @lines) = ref $one ? @$one : $one;
		my $address = $self->{addresses}[ $self->{next}++ % @{ $self->{addresses} } ];
		my $socket = IO::Socket::INET->new($address) or die "connect to $address: $!";
		push @open, { path => $path, socket => $socket, text => '' };
		syswrite $socket, join "\r\n", "GET $path HTTP/1.1", 'Host: x', 'Connection: close', @lines, '', '';
	}
	return \@open;
}

sub end {
	my ($self, $open) = @_;
	while (my @waiting = grep { !$_->{done} } @$open) {
		$self->read_some($open, seconds_left()) or die "no answer to @{[ map { $_->{path} } @waiting ]}\n";
	}
	return map { parsed($_) } @$open;
}

# Read what comes within the seconds; true when there was something.
sub read_some {
	my ($self, $open, $seconds) = @_;
	my %by = map { $_->{socket} => $_ } grep { !$_->{done} } @$open;
	my @ready = IO::Select->new(map { $_->{socket} } values %by)->can_read($seconds);
	for my $socket (@ready) {
		my $one = $by{$socket};
		$one->{done} = time if !sysread $socket, $one->{text}, 65536, length $one->{text};
	}
	return scalar @ready;
}

# How many have been answered so far.
sub answered {
	my ($self, $open) = @_;
	$self->read_some($open, 0);
	return scalar grep { $_->{done} } @$open;
}

# The first answer to a request that is repeated until one comes: some processes that listen there may be stopped.
sub ask_any {
	my ($self, $path) = @_;
	my @open;
	wait_until("$path is answered", sub {
		push @open, @{ $self->begin($path) } if @open < 64;
		$self->read_some(\@open, 0.2);
		return scalar grep { $_->{done} && $_->{text} } @open;
	});
	my ($answered) = grep { $_->{done} && $_->{text} } @open;
	return parsed($answered);
}

sub ask { my ($self, @asked) = @_; return $self->end($self->begin(@asked)) }

sub parsed {
	my ($one) = @_;
	close $one->{socket};
	my %answer = (path => $one->{path}, done => $one->{done});
	my ($head, $content) = $one->{text} =~ /^(.*?)\r\n\r\n(.*)$/s or return \%answer;
	my ($status, @lines) = split /\r\n/, $head;
	($answer{status}) = $status =~ /^HTTP\/1\.1 (\d{3})/;
	$answer{headers} = { map { my ($k, $v) = split /:\s*/, $_, 2; lc $k => $v } @lines };
	$answer{content} = $content;
	return \%answer;
}

1;
