#!/usr/bin/perl
# The replay of incident 9: the old monitor shows 0 while everything runs; ours moves with the first item and does
# not lie.
use strict;
use warnings;
use FindBin;
use JSON::XS;
use Test::More;

my $text = `'$FindBin::Bin/../../incidents/9-silent-monitor/run' --quick --json`;
is($?, 0, 'the old shape failed as told and ours held') or diag $text;
my $r = decode_json($text);
ok($r->{old}{looks_that_said_zero} > 5, 'the old monitor said 0 while everything ran');
is($r->{ours}{looks_that_said_zero}, 0, 'ours never did once an item was done');
note "the real end was not in $r->{ours}{expectations_wrong} of $r->{ours}{expectations} ranges; "
	. "the slow container was named $r->{ours}{straggler_seen} times";
is($r->{ours}{stalled_missed}, 0, 'one without a heartbeat for three of them was called nothing else than stalled');
note "a stopped one was seen as stalled after $r->{ours}{stalled_after_heartbeats} heartbeats";
ok($r->{ours}{stalled_items_finished_by_others}, 'and its items were finished by others');
ok($r->{ours}{failing_seen}, 'when all items fail it says so');
is($r->{ours}{cut_off_says}, 'UNKNOWN', 'and when it does not know it says so');
done_testing;
