#!/usr/bin/perl
# The replay of incident 1: an API that gives whole rows gives every contact away; ours none before a match, two after.
use strict;
use warnings;
use FindBin;
use JSON::XS;
use Test::More;

my $text = `'$FindBin::Bin/../../incidents/1-contact-sphere/run' --quick --json`;
is($?, 0, 'the old shape failed as told and ours held') or diag $text;
my $r = decode_json($text);
is($r->{old}, $r->{parties}, "the old API gives $r->{old} of $r->{parties} contacts to a stranger");
is($r->{ours}{before}, 0, "ours none in $r->{ours}{asked} requests");
is($r->{ours}{after}, 2, 'and two after a match');
ok($r->{ours}{right}, 'each to the other');
done_testing;
