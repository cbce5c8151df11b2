#!/usr/bin/perl
# Rounds of up, kill -9 of a random process, down: nothing may be left behind. As root (when we are) and as an
# ordinary user. HOLDFAST_ROUNDS sets how many (.ci/deep has more), HOLDFAST_SEED repeats a run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Test::More;
use Time::HiRes qw(time);

my $rounds = $ENV{HOLDFAST_ROUNDS} // 12;
my $seed = $ENV{HOLDFAST_SEED} // 1;
srand $seed;
diag "seed $seed";

for my $user ($> == 0 ? (undef, 'nobody') : undef) {
	my $who = $user // getpwuid $>;
	# No process is killed because a busy machine lets it take its time: one that hangs would hang the test.
	my $i = Instance->make(user => $user, settings => { 'web.drain_timeout' => '600s' });
	my (%killed, @left, @forced, $recovered);
	my $begin = time;
	my $count = $> == 0 ? $rounds / 2 : $rounds;
	for my $round (1 .. $count) {
		$i->up;
		my %p = $i->processes;
		my @pids = sort { $a <=> $b } keys %p;
		# The supervisor is one of a dozen: it gets its share by itself in a third of the rounds.
		my $victim = rand() < 0.33 ? $i->supervisor : $pids[ rand @pids ];
		$killed{ $p{$victim} }++;
		kill KILL => $victim or BAIL_OUT("kill: $!");
		# Half of the time the instance may mend itself before it is stopped, else down comes at once.
		if ($victim != $i->supervisor && rand() < 0.5) {
			$i->until('the killed process is gone', sub { !kill 0, $victim });
			$i->until_running;
			$i->remember;
			$recovered++;
		}
		my ($code, $text) = $i->run('down', '--wait', 600);
		my @still = $code ? "down: $text" : $i->left;
		push @forced, "round $round ($p{$victim} killed): $text" if $text =~ /does not stop by itself/;
		push @left, "round $round ($p{$victim} killed): @still" if @still;
	}
	is_deeply(\@left, [], "nothing is left of $count rounds as $who");
	is_deeply(\@forced, [], 'and in none of them down had to kill a process') or diag $i->log;
	diag sprintf '%d rounds as %s in %.1f s; killed: %s; mended before down: %d', $count, $who, time - $begin,
	    join(', ', map { "$_ $killed{$_}" } sort keys %killed), $recovered // 0;
	# Would the test see something left? A process of the instance, a file, a port, a segment.
	$i->up;
	is(scalar(grep {/^(?:process \d+ holdfast|port|shared memory|.*\/run$|.*postmaster\.pid$)/} $i->present), 7,
		'and while it runs, each of these is seen');
	$i->end;
}
done_testing;
