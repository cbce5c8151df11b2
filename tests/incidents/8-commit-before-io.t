#!/usr/bin/perl
# The replay of incident 8: the old daemons hold every server connection while they wait; ours none.
use strict;
use warnings;
use FindBin;
use JSON::XS;
use Test::More;

my $text = `'$FindBin::Bin/../../incidents/8-commit-before-io/run' --quick --json`;
is($?, 0, 'the old shape failed as told and ours held') or diag $text;
my $r = decode_json($text);
is($r->{old}{idle_in_transaction}, $r->{pool}, 'the old shape held every connection in a transaction that waited');
is($r->{ours}{idle_in_transaction}, 0, 'ours none at any sample');
is($r->{ours}{refused}, 0, 'and no request of the web failed');
done_testing;
