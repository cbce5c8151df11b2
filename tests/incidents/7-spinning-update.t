#!/usr/bin/perl
# The replay of incident 7: the old daemon changes nothing for ever, ours finishes, and empty claims raise the alarm.
use strict;
use warnings;
use FindBin;
use JSON::XS;
use Test::More;

my $text = `'$FindBin::Bin/../../incidents/7-spinning-update/run' --quick --json`;
is($?, 0, 'the old shape failed as told and ours held') or diag $text;
my $r = decode_json($text);
ok($r->{old}{left} > 0, "the old daemon stays with $r->{old}{left} left");
is($r->{ours}{left}, 0, 'ours has none left');
is($r->{ours}{alarm_after_polls}, 2, 'an alarm within two empty claims');
done_testing;
