#!/usr/bin/perl
# Recordings of scenes, made by bench/scenes/run, are judged as they were: the same findings, in the same order. The
# first line beside a recording is the first cause that it should have; docs/heal-scenes.md tells where that is not so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Command;
use File::Temp qw(tempdir);
use JSON::XS;
use Test::More;
use Tree;

my $dir = tempdir(CLEANUP => 1);
my @recordings = glob "$FindBin::Bin/recordings/*.ndjson.gz";
cmp_ok(scalar @recordings, '>=', 40, 'there are recordings');
my %misses = map { $_ => 1 } split ' ', slurp("$FindBin::Bin/recordings/missed");
sub slurp { my ($file) = @_; open my $in, '<', $file or die "$file: $!"; local $/; return <$in> }

for my $file (@recordings) {
	my ($name) = $file =~ m{([^/]+)\.ndjson\.gz$};
	my ($label, @expected) = split /\n/, slurp($file =~ s/ndjson\.gz$/findings/r);
	system("gunzip -c '$file' >'$dir/recording'") == 0 or die "$file: gunzip failed";
	my ($code, $text) = run_command("$build/holdfast", '--json', 'heal', '--replay', "$dir/recording");
	my @said = map { decode_json($_) } split /\n/, $text;
	my @found = map { "$_->{diagnosis}/$_->{confidence}" } grep { $_->{diagnosis} } @said;
	is_deeply(\@found, \@expected, "$name: the findings are those of the recording") or diag $text;
	my ($first) = (grep { !m{/note$} } @found, 'none');
	is($code, $first eq 'none' ? 0 : 2, "$name: the exit status says whether there is a cause");
	my $right = $first =~ m{^\Q$label\E(/|$)} ? 1 : 0;
	is($right, $misses{$name} ? 0 : 1,
		"$name: the first cause is $label" . ($misses{$name} ? ', which is missed' : ''));
}
done_testing;
