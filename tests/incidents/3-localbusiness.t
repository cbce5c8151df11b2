#!/usr/bin/perl
# The replay of incident 3: a firm that machines cannot read, and what three of them read of its facts.
use strict;
use warnings;
use FindBin;
use JSON::XS;
use Test::More;

my $text = `'$FindBin::Bin/../../incidents/3-localbusiness/run' --quick --json`;
is($?, 0, 'the old shape failed as told and ours held') or diag $text;
my $r = decode_json($text);
is($r->{old}{blocks}, 0, 'machines could read nothing');
is($r->{ours}{knows}{towns}, 6, 'now they read all six towns');
is_deeply($r->{ours}{knows}{representatives}, [ 'Korbinian Falkner', 'Ronja Amsel' ],
	'and who represents the firm, by name');
is_deeply($r->{ours}{findings}, [], 'our audit has nothing to say');
is_deeply($r->{ours}{others}, [], 'nor have two other readers');
is_deeply($r->{ours}{published}, [], 'and no broken record was published');
done_testing;
