#!/usr/bin/perl
# Every fuzz target over its corpus and some mutations of it, in this build. Its subject accepts inputs of the corpus:
# one that is never called, or refuses everything, would find nothing for ever. HOLDFAST_MUTATIONS asks for more.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Command;
use Test::More;
use Tree;

my $mutations = $ENV{HOLDFAST_MUTATIONS} // 1000;
my $dir = tempdir(CLEANUP => 1);
my @targets = map { m{([^/]+)\.c$} } sort glob "$root/tests/fuzz/*.c";
for my $target (@targets) {
	my $last = "$dir/$target";
	my @command = ("$build/tests/corpus/$target", "$root/tests/fuzz/corpus/$target", $mutations, $last);
	my ($code, $said) = run_command(@command);
	is($code, 0, "$target: no fault is found") or diag $said, "the input:\n", escaped($last);
	my ($accepted) = $said =~ /^\d+ files, (\d+) of them accepted, \d+ mutations$/m;
	cmp_ok($accepted // 0, '>', 0, "$target: its subject accepts inputs of the corpus") or diag $said;
	note "$target: $said";
}
is_deeply([ map { m{([^/]+)$} } sort glob "$root/tests/fuzz/corpus/*" ], \@targets, 'each corpus is of a target');
done_testing;

sub escaped {
	my ($path) = @_;
	open my $in, '<:raw', $path or return "$path: $!";
	local $/;
	return (<$in> // '') =~ s/([^\x20-\x5b\x5d-\x7e])/sprintf '\\x%02x', ord $1/ger;
}
