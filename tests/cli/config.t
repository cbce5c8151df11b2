#!/usr/bin/perl
# The settings from outside: 'config' shows them all, and every row of the table is read by some program.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
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
like($text, qr/holdfast\.conf:\d+: unknown option 'web\.proceses'; did you mean 'web\.processes'\?/,
	'and the mistake is named');
is_deeply([ $i->left ], [], 'and nothing is left');

# ---- secrets ----
my $file = "$i->{dir}/holdfast.conf";
sub mode { return sprintf '%04o', (stat $_[0])[2] & 07777 }
my $fresh = Instance->make;
is(mode("$fresh->{dir}/holdfast.conf"), '0600', 'settings are made for us alone');
$i->set('web.processes' => 1);
chmod 0644, $file;
$i->up;
is(mode($file), '0644', 'settings without a secret may be open');
is($i->get('/readyz')->{status}, 200, 'and the instance runs');
$i->set('web.processes' => 1, 'ops.token' => 'the-secret-of-operators');
is(mode($file), '0644', 'somebody sets a secret');
($code, $text) = $i->run('reload');
is($code, 0, 'with a reload') or diag $text;
is(mode($file), '0600', 'the file is closed');
like($i->log, qr/hold secrets and were open to other users/, 'and it is logged');
$i->until_running;
$i->until('/ops is on', sub { $i->get('/ops')->{status} == 200 });
pass('processes whose user cannot read the file have the settings');
is(($i->run('down'))[0], 0, 'down');
chmod 0640, $file;
$i->up;
is(mode($file), '0600', 'at a start, too');
is(($i->run('down'))[0], 0, 'down');

# ---- what operators add to the database's files ----
mkdir "$i->{dir}/conf.d";
my $system = $> ? scalar getpwuid $> : 'nobody';
my %own = ('postgresql.conf' => "work_mem = '7MB'", 'pg_ident.conf' => "holdfast $system visitor",
	'pg_hba.conf' => 'local all rejected reject');
for my $name (sort keys %own) {
	open my $out, '>', "$i->{dir}/conf.d/$name" or die $!;
	print $out "# mine\n$own{$name}\n";
	close $out;
}
sub sql { my $said = `psql -XAtq -h $i->{dir}/run -U $_[0] -d holdfast -c "$_[1]" 2>&1`; return $said =~ s/\n\z//r }
for my $round ('first', 'second') {
	$i->up;
	is(sql('postgres', 'SHOW work_mem'), '7MB', "a setting of conf.d prevails at the $round start");
	sql('postgres', 'CREATE ROLE visitor LOGIN IN ROLE holdfast_web; CREATE ROLE rejected LOGIN') if $round eq 'first';
	my $mapped = q{SELECT count(*) FROM pg_ident_file_mappings WHERE pg_username = 'visitor' AND error IS NULL};
	is(sql('postgres', $mapped), '1', 'a user of pg_ident.conf is known');
	like(sql('rejected', 'SELECT 1'), qr/pg_hba\.conf rejects connection/, 'a line of pg_hba.conf comes first');
	is($i->get('/readyz')->{status}, 200, 'and the instance runs');
	is(($i->run('down'))[0], 0, 'down');
}
open my $bad, '>', "$i->{dir}/conf.d/postgresql.conf" or die $!;
print $bad "work_mem = 'much'\n";
close $bad;
($code, $text) = $i->run('up', '--detach');
is($code, 1, 'a mistake there keeps the instance from starting');
like($text, qr/invalid value for parameter "work_mem": "much"/, 'and is shown');
is_deeply([ $i->left ], [], 'and nothing is left');
done_testing;
