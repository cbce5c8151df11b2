#!/usr/bin/perl
# A contact sphere whose database is on a PostgreSQL that is not Holdfast's: what setup refuses, that it leaves
# nothing when it does, and that parties match and keys rotate there.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Instance;
use Server;
use Sphere;
use Test::More;

my $server = Server->start;
my $programs = Instance->make; # for the programs; its own cluster is not used
my $home = $programs->{home};
$server->sql($_) for map {"CREATE DATABASE $_"} qw(directory sphere taken);
$server->sql('CREATE TABLE orders (id integer)', 'taken');
my $listen = "$programs->{host}:" . free_port();
my ($code, $text) = $programs->run('init', "$home/one", '--db', $server->url('directory'), '--listen', $listen);
is($code, 0, 'an instance on a server of somebody else') or diag $text;
my $i = bless { %$programs, dir => "$home/one", conf => undef, port => $listen =~ /(\d+)$/ }, 'Instance';
my $address = own_address() . ':' . free_port();
my $conf = $i->slurp('holdfast.conf');

sub refused {
	my ($what, $why, @options) = @_;
	my $before = $server->everything(qw(directory sphere taken));
	($code, $text) = $i->run('contact', 'setup', '--listen', $address, @options);
	is($code, 1, "refused: $what");
	like($text, $why, 'and it says why');
	is($i->slurp('holdfast.conf'), $conf, 'the settings are as they were');
	ok(!-e "$home/one/keeper/key", 'there is no key');
	is_deeply($server->everything(qw(directory sphere taken)), $before, 'and the server is as it was');
}
refused('no database is named', qr/no PostgreSQL of its own: --db URL/);
refused('a database with tables', qr/'taken' is not empty \(public\.orders\)/, '--db', $server->url('taken'));
refused('the database of the directory', qr/'directory' is not empty/, '--db', $server->url('directory'));
refused('a database that does not exist', qr/"nosuch" does not exist/, '--db', $server->url('nosuch'));
refused('a wrong password', qr/password authentication failed/, '--db', $server->url('sphere', 'admin', 'wrong'));

($code, $text) = $i->run('contact', 'setup', '--listen', $address, '--db', $server->url('sphere'));
is($code, 0, 'an empty database of its own is taken') or diag $text;
my ($offline) = $text =~ /^((?:[0-9A-Z]{4}-)+[0-9A-Z]+)$/m;
ok($offline, 'and the offline key is printed');
unlike($i->slurp('holdfast.conf'), qr/admin|superuser/, "the administrator's name and password are not kept");
$i->{conf} = $i->slurp('holdfast.conf');
$i->set('contact.tick' => '1s', 'contact.k' => 2, 'web.processes' => 1);
is(($i->run('up', '--detach'))[0], 0, 'it runs') or diag $i->log;

my $s = bless { i => $i, address => $address, offline_key => $offline, count => 0 }, 'Sphere';
{
	no warnings 'redefine', 'once';
	local *Instance::sql = sub { return $server->sql($_[1], 'directory') };
	$s->fill;
}
my ($alice, $bob) = map { $s->party($_) } qw(Alice Bob);
$s->unlock($alice, $bob);
$s->tick;
is(($s->release($bob, $alice))[0], 403, 'one unlock releases nothing');
$s->unlock($bob, $alice);
$i->until('they match', sub { $s->state_of($alice, $bob) eq 'matched' });
is_deeply(($s->release($bob, $alice))[1]{contact}, $alice->{contact}, 'two unlocks release the contacts');
is_deeply(($s->release($alice, $bob))[1]{contact}, $bob->{contact}, 'of both');

# ---- keys ----
like($i->run_ok('contact', 'status'), qr/^period +1, since \S+$/m, 'a new period is not due for rotation');
like($i->run_ok('contact', 'rotate', '--due'), qr/^period 1 ends in 720 hours: nothing is to be done$/,
	'nor is it rotated');
($code, $text) = $i->run('contact', 'key-copy', "$home/copy");
is($code, 1, 'no copy of the keys is made while parties are told that there is none');
like($text, qr/contact\.key_copy_days is 0/, 'and it says which setting to change');
$i->set('contact.tick' => '1s', 'contact.k' => 2, 'web.processes' => 1, 'contact.key_copy_days' => 30);
$i->run_ok('reload');
like($i->run_ok('contact', 'key-copy', "$home/copy"), qr/sealed to the offline key/, 'then it is');
is((stat "$home/copy")[2] & 07777, 0600, 'for its owner alone');
is(($i->run('contact', 'key-copy', "$home/copy"))[0], 1, 'a copy is not overwritten');
my ($key, $copy) = map { Instance::read_file($_) } "$home/one/keeper/key", "$home/copy";
ok(index($copy, $key) < 0 && length $copy > 100, 'it is no copy of the bytes');
open my $out, '>', "$home/offline" or die $!;
print $out "The offline key, and what else was printed:\n$offline\nThe contact sphere is set up.\n";
close $out;
my $restore = "$i->{bin}/holdfast-keeper restore-key --offline-key /dev/fd/3";
like(scalar `$restore $home/restored 3< $home/offline < $home/copy 2>&1`, qr/^newest period 1 made/,
	'the offline key opens it');
is(Instance::read_file("$home/restored"), $key, 'and makes the same key file') if length $key;

$i->set('contact.tick' => '1s', 'contact.k' => 2, 'web.processes' => 1, 'contact.period' => '1h');
like($i->run_ok('contact', 'rotate', '--due'), qr/^period 1 ends in 1 hours/, 'the setting decides when it is due');
like($i->run_ok('contact', 'rotate'), qr/^period 2; /m, 'without --due it is done at any time');
is($server->sql('SELECT min(period) FROM party', 'sphere'), 2, 'all parties are in the new period');
my $ticket = $s->ok('session', code => $alice->{code})->{ticket};
is_deeply($s->ok('self', ticket => $ticket)->{contact}, $alice->{contact}, 'and nothing is lost');
is(($i->run('down'))[0], 0, 'down');
done_testing;
