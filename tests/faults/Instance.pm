# Makes an instance of its own and tells what is there of it. For tests/faults/*.t.
#
#   my $i = Instance->make(settings => { 'web.processes' => 2 }, user => 'nobody');
#   $i->run('up', '--detach');            # (exit code, output) of a command
#   my %p = $i->processes;                # pid => what it is: every process of the instance
#   is_deeply([ $i->left ], [], '...');   # after down: processes, files, port, shared memory
#
# Nothing sleeps: until() polls with a deadline. The programs are copied, so that a test can break them and
# any user can reach them. Everything is stopped and removed at the end.
package Instance;
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);

our $root = abs_path(dirname(__FILE__) . '/../..');
my $build = $ENV{HOLDFAST_BUILD} // "$root/build/" . ($ENV{VARIANT} // 'release');
my $deadline_s = 60;
my @made;
END {
	my $code = $?;
	$_->end for @made;
	$? = $code;
}

# A port that nobody listens on now.
sub free_port {
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "port: $!";
	return $socket->sockport;
}

sub make {
	my ($class, %more) = @_;
	my $home = tempdir(($ENV{TMPDIR} // '/tmp') . '/faults.XXXXXX');
	my $self = bless { home => $home, dir => "$home/i", bin => "$home/bin", port => free_port(), user => $more{user} }, $class;
	push @made, $self;
	chmod 0755, $home;
	mkdir $self->{bin};
	system('cp', glob("$build/holdfast $build/holdfastd $build/holdfast-*"), $self->{bin}) == 0 or die "no programs in $build\n";
	system('chown', '-R', $more{user}, $home) if $more{user};
	my ($code, $text) = $self->run('init', $self->{dir}, '--listen', "127.0.0.1:$self->{port}");
	die "init: $text" if $code;
	$self->set(%{ $more{settings} // {} });
	return $self;
}

# What init wrote, with these settings.
sub set {
	my ($self, %settings) = @_;
	$self->{conf} //= $self->slurp('holdfast.conf');
	open my $out, '>', "$self->{dir}/holdfast.conf" or die "holdfast.conf: $!";
	print $out grep({ !/^([\w.]+) =/ || !exists $settings{$1} } split /^/, $self->{conf}), map { "$_ = $settings{$_}\n" } sort keys %settings;
	close $out;
}

sub slurp { my ($self, $name) = @_; open my $in, '<', "$self->{dir}/$name" or return ''; local $/; return <$in> // '' }
sub log { $_[0]->slurp('log/holdfast.log') }

# A command of the program, as the instance's user: (exit code, standard output and error).
sub run {
	my ($self, @args) = @_;
	my @as = $self->{user} ? ('runuser', '-u', $self->{user}, '--') : ();
	my $pid = open my $out, '-|' // die "fork: $!";
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		chdir '/';
		exec @as, "$self->{bin}/holdfast", '-C', $self->{dir}, @args;
		die "exec: $!";
	}
	local $/;
	my $text = <$out>;
	close $out;
	return ($? & 127 ? 128 + ($? & 127) : $? >> 8, $text);
}

sub up {
	my ($self) = @_;
	my ($code, $text) = $self->run('up', '--detach');
	die "up: $text" . $self->log if $code;
	$self->remember;
}

# Poll until the code gives something true, which is returned; dies after the deadline.
sub until {
	my ($self, $what, $code) = @_;
	my $end = time + $deadline_s;
	while (time < $end) {
		my $value = $code->();
		return $value if $value;
		select undef, undef, undef, 0.005;
	}
	die "in $deadline_s s it did not happen that $what\n" . join("\n", %{ { $self->processes } }) . "\n" . $self->log;
}

# What 'status' says: name => row; empty when it says nothing.
sub status {
	my ($self) = @_;
	my ($code, $text) = $self->run('--json', 'status');
	return $code ? () : map { $_->{name} => $_ } @{ decode_json($text)->{processes} };
}

sub until_running {
	my ($self) = @_;
	return $self->until('everything runs', sub {
		my %s = $self->status;
		return %s && !grep { $_->{state} ne 'running' } values %s;
	});
}

# Every process that belongs to the instance, however it came about: pid => name. The supervisor has the folder
# in its arguments, web processes in their environment, PostgreSQL's work in it.
sub processes {
	my ($self) = @_;
	my %found;
	for my $proc (glob '/proc/[0-9]*') {
		my ($pid) = $proc =~ /(\d+)$/;
		next if $pid == $$;
		my %is = map { $_ => read_proc("$proc/$_") } qw(cmdline environ stat);
		my ($name, $state) = $is{stat} =~ /^\d+ \((.*)\) (\S)/s or next;
		next if $state eq 'Z';
		my $cwd = readlink("$proc/cwd") // '';
		$found{$pid} = $name
		    if $cwd =~ m{^\Q$self->{dir}\E/} || $is{environ} =~ /HOLDFAST_INSTANCE=\Q$self->{dir}\E\0/
		    || ($name eq 'holdfastd' && $is{cmdline} =~ /\0\Q$self->{dir}\E\0/);
	}
	return %found;
}
sub read_proc { open my $in, '<', $_[0] or return ''; local $/; return <$in> // '' }

sub supervisor { my ($self) = @_; my ($pid) = $self->slurp('run/lock') =~ /^(\d+)/; return $pid }

# The database's shared memory, to be looked for when it is gone.
sub remember {
	my ($self) = @_;
	my @lines = split /\n/, $self->slurp('data/postmaster.pid');
	$self->{shared}{$1} = 1 if ($lines[6] // '') =~ /\d+\s+(\d+)/;
}

sub listens { my ($self) = @_; return !!IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}) }

# What is left of a run that should have left nothing. A process that was killed may have let go of everything
# and still be on its way out of the kernel: it gets a second.
sub left {
	my ($self) = @_;
	my %p = $self->processes;
	for (my $end = time + 1; %p && time < $end; %p = $self->processes) {
		select undef, undef, undef, 0.01;
	}
	my @left = map { "process $_ $p{$_}" } sort keys %p;
	push @left, grep { -e } map { "$self->{dir}/$_" } qw(run data/postmaster.pid);
	push @left, "port $self->{port}" if $self->listens;
	my %segments = map { $_ => 1 } map { (split)[1] } grep { /^0x/ } `ipcs -m`;
	push @left, map { "shared memory $_" } grep { $segments{$_} } sort keys %{ $self->{shared} };
	return @left;
}

sub get {
	my ($self, $path) = @_;
	return HTTP::Tiny->new(timeout => 20, keep_alive => 0)->get("http://127.0.0.1:$self->{port}$path");
}

sub end {
	my ($self) = @_;
	$self->run('down', '--wait', 20) if -e "$self->{dir}/holdfast.conf";
	my %p = $self->processes;
	kill KILL => keys %p;
	system 'rm', '-rf', $self->{home};
}

1;
