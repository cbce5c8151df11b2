#!/usr/bin/perl
# search.t once more, with the first pages of each list, through PgBouncer in transaction mode: no statement depends on
# its session.
use strict;
use warnings;
use FindBin;
$ENV{HOLDFAST_THROUGH_PGBOUNCER} = 1;
$ENV{HOLDFAST_WALK_PAGES} = 3;
-x '/usr/sbin/pgbouncer' or die "pgbouncer is not installed; run tools/setup test\n";
do "$FindBin::Bin/search.t" or die $@ || $!;
