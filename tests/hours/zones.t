#!/usr/bin/perl
# The rules of zones as pages have them, computed by their script, beside libc: every zone of the system, at the hours
# around each day on which clocks change anywhere and at others of some years.
use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Kept;
use POSIX qw(tzset);
use Test::More;

my ($build, $root) = ($ENV{HOLDFAST_BUILD} // "$FindBin::Bin/../../build/release", "$FindBin::Bin/../..");
my $work = tempdir(CLEANUP => 1);
my $from = 1_795_910_400; # 29 November 2026

open my $in, '<', '/usr/share/zoneinfo/tzdata.zi' or die $!;
my %named;
while (<$in>) {
	$named{$1} = 1 if /^Z (\S+)/;
	$named{$2} = 1 if /^L (\S+) (\S+)/;
}
my @zones = grep { m{^[A-Z][\w+/-]*$} && -f "/usr/share/zoneinfo/$_" } sort keys %named;
open my $out, '>', "$work/zones" or die $!;
print $out "$_\n" for @zones;
close $out;
my @rules = map {s/\n//r} `$build/tests/hours/evaluate $from <$work/zones`;
is(scalar @rules, scalar @zones, scalar(@zones) . ' zones');
my $without = grep { $_ eq '' } @rules;
cmp_ok($without, '<', @zones / 50, "$without of them have no rule and are left to the browser");

# An instant of each third day of some years, and each half hour of the days around the changes of Europe and America.
my @instants = map { $from + $_ * 86_400 * 3 + $_ % 24 * 3600 + 1799 } 0 .. 400;
for my $day (1_805_500_800, 1_806_192_000, 1_824_940_800, 1_825_545_600) {
	push @instants, map { ($day + $_ * 1800, $day + $_ * 1800 - 1) } -48 .. 96;
}
my (@cases, %seen);
for my $i (0 .. $#zones) {
	next if $rules[$i] eq '';
	local $ENV{TZ} = $zones[$i];
	tzset();
	my @minutes = map {
		my (undef, $min, $hour, undef, undef, undef, $weekday) = localtime $_;
		(($weekday + 6) % 7) * 1440 + $hour * 60 + $min;
	} @instants;
	next if $seen{"$rules[$i] @minutes"}++;
	push @cases, { zone => $zones[$i], rule => $rules[$i], minutes => \@minutes };
}
open $out, '>', "$work/cases.json" or die $!;
print $out JSON::XS->new->canonical->encode({ instants => \@instants, cases => \@cases });
close $out;
open $out, '>', "$work/run.mjs" or die $!;
# The script sees a line for each zone that is open in the minute that libc names, and one that is closed then.
print $out <<'JS';
import { readFileSync } from 'node:fs';
const [script, file] = process.argv.slice(2), { instants, cases } = JSON.parse(readFileSync(file));
const run = new Function('document', 'Date', readFileSync(script, 'utf8'));
let asked = 0;
instants.forEach((at, i) => {
	class Clock extends Date { static now() { return at * 1000; } }
	const lines = cases.flatMap(({ zone, rule, minutes }) => ['', `${minutes[i]}-${minutes[i] + 1}`,
		minutes[i] ? `0-${minutes[i]}` : '1-2'].slice(1).map((week, closed) => ({
			zone, closed, dataset: { week, zone: rule }, closest: () => null })));
	run({ querySelectorAll: () => lines, getElementById: () => null, documentElement: { lang: 'en' } }, Clock);
	for (const line of lines) {
		asked++;
		if (line.className !== (line.closed ? 'state' : 'state is-open'))
			console.log(`${line.zone} at ${at}: ${line.textContent}`);
	}
});
console.log(asked);
JS
close $out;
my $said = kept('zones', [ files("$work/run.mjs", "$root/web/site/open.js", "$work/cases.json") ], sub {
	my $said = `node $work/run.mjs $root/web/site/open.js $work/cases.json`;
	return $? ? undef : $said;
}) // die 'run.mjs failed';
my ($asked, @wrong) = reverse split /^/, $said;
chomp $asked;
cmp_ok($asked, '>', 50_000, "$asked states");
is(scalar @wrong, 0, 'the script knows the minute of every zone') or diag @wrong[ 0 .. ($#wrong < 9 ? $#wrong : 9) ];
done_testing;
