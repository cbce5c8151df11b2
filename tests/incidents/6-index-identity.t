#!/usr/bin/perl
# The replay of incident 6: the old statement sorts the whole table; the audit's rewrite reads the index and keeps the
# rows.
use strict;
use warnings;
use FindBin;
use JSON::XS;
use Test::More;

my $text = `'$FindBin::Bin/../../incidents/6-index-identity/run' --quick --json`;
is($?, 0, 'the old shape failed as told and the rewrite held') or diag $text;
my $r = decode_json($text);
is($r->{rewrite}, 'ORDER BY COALESCE(quality_score, 0) DESC', 'the audit of pg_stat_statements writes the rewrite');
is($r->{level}, 'checked', 'and says how far it is known to keep the rows');
done_testing;
