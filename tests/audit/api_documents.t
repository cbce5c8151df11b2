#!/usr/bin/perl
# holdfast audit api over descriptions of real APIs: each finding has a label in tests/apis/labels, which somebody gave
# who read the schema; 95 of 100 are right. The documents are packages of npm, of which ./test has the small one and
# `make check-apis` installs the others (800 MB) into tests/apis.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Test::More;
use Tree;

my $all = $ENV{HOLDFAST_APIS};
my (%labels, $document);
open my $in, '<', "$root/tests/apis/labels" or die "labels: $!";
while (<$in>) {
	next if /^#/ || !/\S/;
	chomp;
	if (/^== (.+)/) { $document = $1; next }
	s/\s+#.*//;
	if (/^\? (.+)/) { push @{ $labels{$document}{missed} }, $1; next }
	my ($right, $kind, $objects) = /^([-+]) (\S+ \w+):\s*(.*)/ or die "labels: line $.: $_\n";
	my ($before, $first, @more) = $objects =~ /^(.*\.)([^.,]+(?:,[^.,]+)+)$/ ? ($1, split /,/, $2) : ('', $objects);
	$labels{$document}{findings}{"$kind: $before$_"} = $right for $first, @more;
}

my ($right, $wrong, $contacts, $missed) = (0) x 4;
for my $name (sort keys %labels) {
	my ($path) = grep {-f} map {"$root/$_/node_modules/$name"} 'tests/apis', '.';
	if (!$path) {
		die "$name is not there: make check-apis installs it\n" if $all;
		diag "$name: not installed, not audited (make check-apis)";
		pass("$name is for make check-apis");
		next;
	}
	my @before = times;
	my $report = decode_json(`'$build/holdfast' --json audit api '$path'`);
	my @after = times;
	my $seconds = $after[2] + $after[3] - $before[2] - $before[3];
	my %label = %{ $labels{$name}{findings} };
	my %found = map { ("$_->{rule} $_->{severity}: "
		. ($_->{object} // '') =~ s/\s+$//r) => 1 } @{ $report->{findings} };
	is_deeply([ sort grep { !$label{$_} } keys %found ], [], "$name: each finding has a label");
	is_deeply([ sort grep { !$found{$_} } keys %label ], [], "$name: what is labelled is found");
	cmp_ok($seconds, '<', 10, "$name: $seconds s of a processor");
	for (keys %found) {
		next unless $label{$_};
		$label{$_} eq '+' ? $right++ : $wrong++;
		$contacts++ if $label{$_} eq '+' && /^contact-in-(?!example)/;
	}
	$missed += @{ $labels{$name}{missed} // [] };
}
# struct rusage of the children: the largest, in kB.
if ($^O eq 'linux' && `uname -m` eq "x86_64\n") {
	syscall 98, -1, my $usage = "\0" x 144;
	my $megabytes = int((unpack 'q18', $usage)[4] / 1024);
	cmp_ok($megabytes, '<', 300, "memory: $megabytes MB at most");
}
if ($right) {
	my $precision = 100 * $right / ($right + $wrong);
	cmp_ok($precision, '>=', 95, sprintf 'precision %.1f %%: %d of %d findings', $precision, $right, $right + $wrong);
	note sprintf 'recall %.1f %%: %d of %d fields with contact data', 100 * $contacts / ($contacts + $missed),
		$contacts, $contacts + $missed if $contacts;
}
done_testing;
