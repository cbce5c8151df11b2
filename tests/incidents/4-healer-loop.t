#!/usr/bin/perl
# The replay of incident 4: a healer that cancels loops; ours does nothing to the herd and names it.
use strict;
use warnings;
use FindBin;
use JSON::XS;
use Test::More;

my $text = `'$FindBin::Bin/../../incidents/4-healer-loop/run' --quick --json`;
is($?, 0, 'the old shape failed as told and ours held') or diag $text;
my $r = decode_json($text);
cmp_ok($r->{naive}{acts}, '>=', $r->{naive}{waves}, 'the naive healer cancels in every wave');
cmp_ok($r->{naive}{errors}, '>', 0, 'which clients see');
is($r->{ours}{acts}, 0, 'ours cancels nothing');
is($r->{ours}{named}{k}, 8, 'it names the herd with all eight sessions');
is($r->{ours}{named}{statements}, $r->{keys}, 'and every statement');
is_deeply($r->{ours}{named}{moves}, [qw(SUSPECT OPEN CURED CLOSED)],
	"after the cure it closes the incident by itself");
like($r->{ours}{named}{markdown},
	qr{/v1/stats/quality.*portal-8.*One machine: a lock per key}s,
	"the report has routes, callers and the recipe");
done_testing;
