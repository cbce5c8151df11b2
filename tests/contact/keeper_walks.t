#!/usr/bin/perl
# The keeper's core before every sequence of actions, many random ones and the database's owner. The volume is small
# here; `make walk` sets HOLDFAST_WALK_DEPTH and HOLDFAST_WALKS to what docs/contact-figures.md reports.
use strict;
use warnings;
use FindBin;
use Test::More;

my $build = $ENV{HOLDFAST_BUILD} // "$FindBin::Bin/../../build/" . ($ENV{VARIANT} // 'release');
my $depth = $ENV{HOLDFAST_WALK_DEPTH} // 5;
my $walks = $ENV{HOLDFAST_WALKS} // 60;
my $seed = $ENV{HOLDFAST_SEED} // 1;

# (exit code, last line)
sub output {
	my (@command) = @_;
	open my $out, '-|', @command or die "$command[0]: $!";
	my @lines = <$out>;
	close $out;
	chomp @lines;
	note $_ for @lines;
	return ($? >> 8, $lines[-1] // '', \@lines);
}
my $none = qr/: 0 early, 0 one-sided, 0 lost, 0 differ$/;

my ($code, $line) = output("$build/tests/contact/walk", 'all', 2, $depth);
is($code, 0, "every sequence of two parties to depth $depth ends well");
my ($sequences) = $line =~ /^(\d+) sequences, \d+ actions$none/;
is($sequences, 7**$depth, 'nothing is read early, one-sidedly, or lost in ' . 7**$depth . ' sequences');

($code, $line) = output("$build/tests/contact/walk", 'merged', 2, 12);
is($code, 0, 'every action from every state of the model, also with hidden parties, ends well');
my ($states) = $line =~ /^(\d+) states of the model within 12 actions; \d+ sequences, \d+ actions$none/;
cmp_ok($states // 0, '>', 300, 'the core agrees with the model in every state of it');

($code, $line) = output("$build/tests/contact/walk", 'random', $walks, 40, $seed);
is($code, 0, "$walks random walks of three parties with new codes, restarts and rotations (seed $seed)");
like($line, qr/^$walks sequences, @{[ $walks * 40 ]} actions$none/,
	'and the core agrees with the model after every step');

($code, $line, my $lines) = output("$build/tests/contact/tamper");
is($code, 0, 'no changed, exchanged or copied row releases a contact, but for the rollback');
my @released = map { /^(.*): \d+ requests, ([1-9]\d*) releases$/ ? "$1: $2" : () } @$lines;
is_deeply(
	\@released,
	[
		'the old unlock put back, read by B: 1',
		'the old unlock put back, read by A: 1',
		'the old rows put back, read by B: 1'
	],
	'an unlock that is put back within its period releases as documented, and nothing else does'
);
my ($tampered) = map { /^both have matched, every byte of a row of theirs: (\d+) requests/ ? $1 : () } @$lines;
cmp_ok($tampered // 0, '>', 10_000, 'every byte of every column was changed');
done_testing;
