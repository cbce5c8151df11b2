#!/usr/bin/perl
# The instance as a service of systemd: what the supervisor says to the service manager, and that it works within the
# limits of deploy/systemd/holdfast.service, as far as a test can set them: umask, no new privileges,
# capabilities.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use IO::Socket::UNIX;
use Program;
use Test::More;
use Tree;
use Wait;

my $unit = Instance::read_file("$root/deploy/systemd/holdfast.service");
my $i = Instance->make;

# Messages as they come, in order. A process of its own reads them, as a service manager does: the socket has room for
# few, and what finds none is lost.
my $manager = Program->start('a service manager', [ $^X, '-MIO::Socket::UNIX', '-e', <<'END', "$i->{home}/notify" ],
	umask 0;
	$| = 1;
	my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => shift) or die "socket: $!";
	while (defined $socket->recv(my $text, 4096)) { print $text =~ s/\n/\t/gr, "\n" }
END
	out => "$i->{home}/said", ready => sub { -S "$i->{home}/notify" });
my @said;
my $heard = 0;
sub hear {
	my $text = Instance::read_file("$i->{home}/said");
	my $whole = rindex($text, "\n") + 1;
	push @said, map { s/\t/\n/gr } split /\n/, substr $text, $heard, $whole - $heard;
	$heard = $whole;
	return @said;
}
# All that was said until now has been read.
my $marks = 0;
sub hear_all {
	my $mark = 'mark ' . ++$marks;
	IO::Socket::UNIX->new(Type => SOCK_DGRAM, Peer => "$i->{home}/notify")->send($mark) or die "send: $!";
	$i->until('what was said is read', sub { grep { $_ eq $mark } hear() });
	@said = grep { !/^mark/ } @said;
}
sub until_said {
	my ($what, $pattern) = @_;
	$i->until($what, sub { grep { /$pattern/ } hear() });
	ok(1, $what);
}

# ---- limits ----
my ($capabilities) = $unit =~ /^CapabilityBoundingSet=(.+)$/m;
my $bounding = join ',', '-all', map { '+' . lc s/^CAP_//r } split ' ', $capabilities;
my @limits = (qw(setpriv --no-new-privs --bounding-set), $bounding);
@limits = () if $>; # capabilities are root's to give up
sub start {
	my (%env) = @_;
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	umask oct(($unit =~ /^UMask=(\d+)$/m)[0]);
	local @ENV{ keys %env } = values %env;
	open STDOUT, '>', "$i->{dir}/log/holdfast.log";
	open STDERR, '>&', \*STDOUT;
	chdir '/';
	exec(@limits, $i->command('up')) or die "exec: $!";
}

my $pid = start(NOTIFY_SOCKET => "$i->{home}/notify", WATCHDOG_USEC => 200_000);
until_said('READY=1 when everything runs', qr/^READY=1$/m);
$i->until_running;
my @before = grep { /READY|RELOADING|STOPPING/ } hear();
is(scalar @before, 1, 'and once');
is($i->get('/v1/regions')->{status}, 200, 'it serves within the limits of the unit');
$i->fill(20, 1);
is($i->sql('SELECT count(*) FROM business'), 20, 'it takes an import');
my @alive = grep { /^WATCHDOG=1$/m } hear();
$i->until('WATCHDOG=1 again and again', sub { grep({ /^WATCHDOG=1$/m } hear()) > @alive + 3 });
my %processes = $i->processes;
is_deeply([ grep { $_ != $pid && Instance::read_file("/proc/$_/environ") =~ /NOTIFY_SOCKET/ } keys %processes ], [],
	'no child can speak for the supervisor');

@said = ();
$i->run_ok('reload');
until_said('RELOADING=1 at a reload', qr/^RELOADING=1\nMONOTONIC_USEC=\d+$/m);
until_said('READY=1 when it is done', qr/^READY=1$/m);

# A supervisor that hangs says nothing, so that the service manager notices.
$i->freeze($pid);
hear_all();
@said = ();
my $asked = 0;
$i->until('time for four messages has passed', sub { select undef, undef, undef, 0.1; $asked++ >= 4 });
hear_all();
is_deeply(\@said, [], 'no WATCHDOG=1 from a supervisor that is stopped');
kill CONT => $pid;
until_said('WATCHDOG=1 when it goes on', qr/^WATCHDOG=1$/m);

@said = ();
kill TERM => $pid;
until_said('STOPPING=1 at the end', qr/^STOPPING=1$/m);
waitpid $pid, 0;
is($?, 0, 'exit code 0');
is_deeply([ $i->left ], [], 'nothing is left');

# ---- without a manager, or with one that is gone ----
for my $env ({}, { NOTIFY_SOCKET => "$i->{home}/nosuch" }, { NOTIFY_SOCKET => 'relative' }) {
	$pid = start(%$env);
	$i->until_running;
	kill TERM => $pid;
	waitpid $pid, 0;
	my $how = $env->{NOTIFY_SOCKET} ? "with NOTIFY_SOCKET=$env->{NOTIFY_SOCKET}" : 'without NOTIFY_SOCKET';
	is($?, 0, "it runs $how");
}

# ---- the unit by itself ----
SKIP: {
	my ($analyze) = grep { -x } map { "$_/systemd-analyze" } split /:/, $ENV{PATH};
	skip 'systemd-analyze is not installed', 1 unless $analyze;
	for my $file (glob "$root/deploy/systemd/*.service") {
		my $text = `systemd-analyze security --offline=true --threshold=26 --no-pager '$file' 2>&1`;
		is($?, 0, ($file =~ s{.*/}{}r) . ': exposure of 2.6 or less') or diag $text;
		unlike($text, qr/^\S+:\d+: /m, 'and nothing in it that systemd does not know');
	}
}
done_testing;
