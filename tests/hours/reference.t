#!/usr/bin/perl
# Opening hours beside the npm package opening_hours in steps of 15 minutes: a year of the texts of texts.txt and, when
# they are there, of every third of real farm shops. HOLDFAST_YEARS=2: two years, and all of them; the package takes
# nearly all of the time. Where they differ, docs/hours-differences.md says why.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp qw(tempdir);
use JSON::XS;
use Kept;
use Test::More;

my $root = "$FindBin::Bin/../..";
my $build = $ENV{HOLDFAST_BUILD} // "$root/build/" . ($ENV{VARIANT} // 'release');
my $work = tempdir(CLEANUP => 1);
my $from = 1767222000; # 2026-01-01 in Zurich

sub slurp { my ($path) = @_; open my $in, '<:raw', $path or die "$path: $!"; local $/; return scalar <$in> }
sub spill { my ($path, $text) = @_; open my $out, '>:raw', $path or die "$path: $!"; print $out $text; close $out }
my $told = slurp("$root/docs/hours-differences.md");

# (what the package accepts, what differs)
sub compare {
	my ($years, @texts) = @_;
	my $to = $from + $years * 365 * 86400;
	spill("$work/texts", join '', map {"$_\n"} @texts);
	system("'$build/tests/hours/evaluate' Europe/Zurich CH 47.4 8.5 $from $to <$work/texts >$work/ours") == 0
		or die 'evaluate';
	is(scalar(() = slurp("$work/ours") =~ /\n/g), @texts, 'every text is answered');
	my @files = ("$FindBin::Bin/reference.mjs", "$root/package-lock.json", "$work/texts", "$work/ours");
	my @read = ($from, $to, files(@files));
	my $compared = kept('hours', \@read, sub {
		my $said = `TZ=Europe/Zurich node $FindBin::Bin/reference.mjs $work/texts $work/ours $from $to 2>/dev/null`;
		return $? ? undef : $said;
	}) // die 'the reference did not run';
	my @all = map { decode_json($_) } split /\n/, $compared;
	return (\@all, [ grep { $_->{differs} } @all ]);
}
sub told_ok {
	my (@differ) = @_;
	for my $d (@differ) {
		my $text = $d->{text};
		utf8::encode($text);
		ok(index($told, "| `$text` |") >= 0, "it is told why they differ: $text")
			or diag "$d->{differs} of $d->{steps} steps, first $d->{where}";
	}
}

my @forms = split /\n/, slurp("$FindBin::Bin/texts.txt");
my $years = $ENV{HOLDFAST_YEARS} // 1;
my ($all, $differ) = compare($years, @forms);
cmp_ok(scalar @$all, '>=', 75, 'the package evaluates the forms of the specification');
told_ok(@$differ);
ok(!grep({ /^-/ } split /\n/, slurp("$work/ours")), 'and every one is understood');

my $file = ($ENV{HOLDFAST_DATA} // "$root/../shared/data") . '/farm-shops-ch.geojson';
SKIP: {
	skip "no real records at $file", 3 unless -e $file;
	my %seen;
	for my $f (@{ decode_json(slurp($file))->{features} }) {
		my $tags = $f->{properties}{tags} // $f->{properties};
		my $hours = $tags->{opening_hours} // next;
		utf8::encode($hours);
		$seen{ $hours =~ s/\s+/ /gr } = 1;
	}
	my @texts = sort keys %seen;
	@texts = @texts[ grep { $_ % 3 == 0 } 0 .. $#texts ] if $years == 1;
	($all, $differ) = compare($years, @texts);
	my $share = 100 * (1 - @$differ / @$all);
	diag sprintf '%d texts, the package evaluates %d; the same in every step: %d, %.2f %%', scalar @texts,
		scalar @$all, @$all - @$differ, $share;
	cmp_ok(scalar @$all, '>', $years == 1 ? 100 : 300, 'real texts');
	cmp_ok($share, '>=', 99, 'at least 99 of 100 are evaluated alike');
	told_ok(@$differ);
}
done_testing;
