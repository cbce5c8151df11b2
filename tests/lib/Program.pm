# A background program of a test: started, waited for, stopped. It is killed when the test ends, however it ends.
#
#   my $redis = Program->start('redis', [ 'redis-server', ... ], log => "$dir/redis.log",
#	ready => sub { IO::Socket::INET->new("$host:$port") });
#   $redis->signal('STOP');
#   my $status = $redis->stop;          # SIGTERM, then its wait status
#
# Options: log (file that gets its output; appended to), out (another file for standard output), env (hash; undef
# removes), as (system user, when run by root), ready (wait until this is true; dies when the program ends first), group
# (signals are for all that it starts, too, as for a shell that runs programs one after the other).
package Program;
use strict;
use warnings;
use POSIX ();
use Wait;

my $owner = $$;
my %running;
END {
	my $code = $?;
	if ($$ == $owner) { $_->kill for values %running }
	$? = $code;
}

sub start {
	my ($class, $name, $command, %more) = @_;
	my $self = bless { name => $name, log => $more{log} // '/dev/null', group => $more{group} }, $class;
	my @as = $more{as} && !$> ? ('setpriv', '--reuid', $more{as}, '--regid', $more{as}, '--clear-groups', '--') : ();
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		setpgrp if $more{group};
		my $env = $more{env} // {};
		for (keys %$env) { defined $env->{$_} ? ($ENV{$_} = $env->{$_}) : delete $ENV{$_} }
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', $more{out} // $self->{log} or POSIX::_exit(126);
		open STDERR, '>>', $self->{log} or POSIX::_exit(126);
		exec @as, @$command or print STDERR "$command->[0]: $!\n";
		POSIX::_exit(127);
	}
	setpgrp $pid, $pid if $more{group}; # whoever of the two is first
	$self->{pid} = $pid;
	$running{$pid} = $self;
	$self->until("$name is ready", $more{ready}) if $more{ready};
	return $self;
}

sub until {
	my ($self, $event, $code) = @_;
	my $value;
	wait_until($event, sub { $value = eval { $code->() }; $value || $self->ended }, sub { $self->log });
	$value //= eval { $code->() };
	return $value || die "$self->{name} ended before $event\n" . $self->log;
}

sub log { my ($self) = @_; open my $in, '<', $self->{log} or return ''; local $/; return <$in> // '' }

sub signal { my ($self, $signal) = @_; return CORE::kill($signal => $self->{group} ? -$self->{pid} : $self->{pid}) }

# True when it has ended; the wait status is then in {status}.
sub ended {
	my ($self) = @_;
	return 1 if defined $self->{status};
	return 0 if waitpid($self->{pid}, POSIX::WNOHANG) == 0;
	$self->{status} = $?;
	delete $running{ $self->{pid} };
	return 1;
}

sub reap {
	my ($self) = @_;
	wait_until("$self->{name} ends", sub { $self->ended }, sub { $self->log });
	return $self->{status};
}

sub stop { my ($self) = @_; $self->signal('TERM') unless $self->ended; return $self->reap }
sub kill { my ($self) = @_; $self->signal('KILL') unless $self->ended; return $self->reap }

1;
