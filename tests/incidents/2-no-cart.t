#!/usr/bin/perl
# The replay of incident 2: what a cart needs, and what files do not.
use strict;
use warnings;
use FindBin;
use JSON::XS;
use Test::More;

my $text = `'$FindBin::Bin/../../incidents/2-no-cart/run' --quick --json`;
is($?, 0, 'the old shape failed as told and ours held') or diag $text;
my $r = decode_json($text);
ok($r->{old}{sold_twice}, 'the cart sold what the till had sold');
is($r->{old}{server_dead}, 'gone', 'and was gone with its server');
is($r->{ours}{processes} + $r->{ours}{states}, 0, 'files need no process and no stock');
ok($r->{ours}{without_script}, 'and work without script');
is($r->{ours}{look}{cookies}, 0, 'and without a cookie');
done_testing;
