#!/usr/bin/perl
# The replay of incident 5: the old shape herds, ours makes one statement for each key and expiry.
use strict;
use warnings;
use FindBin;
use JSON::XS;
use Test::More;

my $text = `'$FindBin::Bin/../../incidents/5-thundering-herd/run' --quick --json`;
is($?, 0, 'the old shape failed as told and ours held') or diag $text;
my $r = decode_json($text);
ok($r->{old}{statements} >= 2 * 14 * $r->{expiries}, "the old shape made $r->{old}{statements} statements");
is($r->{ours}{statements}, 14 * $r->{expiries}, 'ours one for each key and expiry');
done_testing;
