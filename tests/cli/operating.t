#!/usr/bin/perl
# docs/OPERATING.md names every metric, every state of the pipeline and every diagnosis that the programs know, and none
# that they do not.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Test::More;
use Tree;

my $page = Instance::read_file("$root/docs/OPERATING.md");
# The names in the first column of the table below a heading.
sub named {
	my ($heading) = @_;
	my ($table) = $page =~ /^#+ \Q$heading\E\n.*?\n(\|.*?)\n\n/ms or die "no table below $heading\n";
	my @rows = map { (split /\|/)[1] } split /\n/, $table;
	return map { s/[` ]//gr } map { split /,/ } @rows[ 2 .. $#rows ];
}
sub same {
	my ($what, $known, $named) = @_;
	is_deeply([ sort @$named ], [ sort @$known ], "$what: the page names what there is");
}

my $i = Instance->make;
$i->up;
$i->until('the pipeline is known', sub { $i->get('/metrics')->{content} =~ /^holdfast_pipeline_known 1$/m });
my %known = map { $_ => 1 } $i->get('/metrics')->{content} =~ /^# TYPE (\w+) /mg;
my @named = named('Metrics');
cmp_ok(scalar @named, '>', 25, 'metrics are named');
is_deeply([ grep { !$known{$_} && $_ ne 'holdfast_pipeline_items_total' } @named ], [], 'each of them exists');
my %named = map { $_ => 1 } @named;
is_deeply([ grep { !$named{$_} && !/^holdfast_cache_/ } sort keys %known ], [], 'and no other does');
like($i->run_ok('stats', 'cache'), qr/\b$_\b/, "stats cache has $_")
	for map { /^holdfast_cache_(\w+)_total$/ } keys %known;

my ($states) = Instance::read_file("$root/src/monitor/judge.c") =~ /monitor_state_names\[MONITOR_STATES\] = \{(.*?)\}/s;
same('states', [ $states =~ /"(\w+)"/g ], [ named('The pipeline') ]);
my %diagnoses = map { $_ => 1 }
	Instance::read_file("$root/src/heal/judge/diagnoses.def") =~ /^DIAGNOSIS\(\w+, "([\w-]+)"/mg;
same('diagnoses', [ keys %diagnoses ], [ named('What `holdfast heal` may find') ]);
done_testing;
