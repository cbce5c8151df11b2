# A Redis of its own, with nothing on disk; $redis->{address} is where it listens.
#
#   my $redis = Redis->start($dir, password => 'secret');
#   $redis->stop; $redis->run;          # away, and back at the same address
package Redis;
use strict;
use warnings;
use Address;
use IO::Socket::INET;
use Program;

sub start {
	my ($class, $dir, %more) = @_;
	my $self = bless { dir => $dir, host => own_address(), port => free_port(), password => $more{password} }, $class;
	$self->{address} = "$self->{host}:$self->{port}";
	$self->run;
	return $self;
}

sub run {
	my ($self) = @_;
	my @password = defined $self->{password} ? ('--requirepass', $self->{password}) : ();
	$self->{program} = Program->start('Redis', [ 'redis-server', '--bind', $self->{host}, '--port', $self->{port},
		'--save', '', '--appendonly', 'no', '--dir', $self->{dir}, @password ], log => "$self->{dir}/redis.log",
		ready => sub { IO::Socket::INET->new($self->{address}) });
}

sub signal { my ($self, $signal) = @_; return $self->{program}->signal($signal) }
sub stop { my ($self) = @_; return $self->{program}->kill }

1;
