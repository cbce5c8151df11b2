# Many clients at once, without a process for each: connections are opened and written to first, then read.
#
#   my $crowd = Crowd->new($port);
#   my @answers = $crowd->ask('/a', ['/b', 'If-None-Match: "x"']);      # {path, status, headers, content}, in this order
#   my $asked = $crowd->begin(('/a') x 64); ...; my @answers = $crowd->end($asked);
#
# An answer without status: the connection was cut, or nothing came before the deadline.
package Crowd;
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use Time::HiRes qw(time);

sub new { my ($class, @ports) = @_; return bless { ports => \@ports, next => 0 }, $class }

sub begin {
	my ($self, @asked) = @_;
	my @open;
	for my $one (@asked) {
		my ($path, @lines) = ref $one ? @$one : $one;
		my $port = $self->{ports}[ $self->{next}++ % @{ $self->{ports} } ];
		my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "connect: $!";
		push @open, { path => $path, socket => $socket, text => '' };
		syswrite $socket, join "\r\n", "GET $path HTTP/1.1", 'Host: x', 'Connection: close', @lines, '', '';
	}
	return \@open;
}


sub end {
	my ($self, $open, $deadline_s) = @_;
	my $select = IO::Select->new(map { $_->{socket} } @$open);
	my %by = map { $_->{socket} => $_ } @$open;
	for (my $end = time + ($deadline_s // 60); $select->count && time < $end;) {
		for my $socket ($select->can_read(0.2)) {
			my $n = sysread $socket, $by{$socket}{text}, 65536, length $by{$socket}{text};
			next if $n;
			$select->remove($socket);
			$by{$socket}{done} = time;
		}
	}
	return map { parse($_) } @$open;
}

sub parse {
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

sub ask { my ($self, @asked) = @_; return $self->end($self->begin(@asked)) }

1;
