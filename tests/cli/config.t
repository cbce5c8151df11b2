#!/usr/bin/perl
# The settings from outside: 'config' shows them all, and every row of the table is read by some program.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::PP;
use Test::More;
use Tree;

my $def = Instance::read_file("$root/src/config/options.def");
my %id = map { /^OPTION\((\w+),\s*"([\w.]+)"/ ? ($2 => $1) : () } split /\n/, $def;
cmp_ok(scalar keys %id, '>', 20, 'the table has rows');

my $sources = join '', map { Instance::read_file($_) } glob("$root/src/*/*.c $root/src/*/*/*.c");
my @unread = grep { $sources !~ /\bCONFIG_$id{$_}\b/ } sort keys %id;
is_deeply(\@unread, [], 'every setting is read by a program');
ok($sources !~ /\bCONFIG_NO_SUCH_SETTING\b/, 'and one that is not would be noticed');

my $i = Instance->make;
my ($code, $text) = $i->run('--json', 'config');
is($code, 0, 'config shows the settings');
my %shown = map { $_->{name} => $_ } @{ decode_json($text) };
is_deeply([ sort keys %shown ], [ sort keys %id ], 'all of them');
is($shown{'web.listen'}{value}, $i->{address}, 'with the value of this instance');
is($shown{'web.listen'}{default}, '127.0.0.1:8080', 'and the default, which is loopback');
ok(!$shown{'web.listen'}{reload} && $shown{'http.idle_timeout'}{reload}, 'and whether a reload is enough');
($code, $text) = $i->run('config', 'log.level');
like($text, qr/\A# debug\|info\|warn\|error: .*\nlog\.level = info\n\z/, 'one of them with its meaning');
($code, $text) = $i->run('config', 'log.levle');
is($code, 64, 'a name that does not exist is a usage error');
$i->set('web.proceses' => 3);
($code, $text) = $i->run('up', '--detach');
is($code, 1, 'with a mistake in the file nothing starts');
like($text, qr/holdfast\.conf:\d+: unknown option 'web\.proceses'; did you mean 'web\.processes'\?/, 'and the mistake is named');
is_deeply([ $i->left ], [], 'and nothing is left');
done_testing;
