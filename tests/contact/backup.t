#!/usr/bin/perl
# A backup of an instance with a contact sphere: it holds the sealed rows and no key. With the key file of its period
# the restored sphere can be read, without it or with the key of a later period it cannot.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Sphere;
use Test::More;

my $s = Sphere->start(settings => { 'contact.k' => 2 });
my $i = $s->{i};
my ($alice, $bob) = map { $s->party($_) } qw(Alice Bob);
$s->unlock($alice, $bob);
$s->unlock($bob, $alice);
$s->tick;
$s->tick;
is(($s->release($alice, $bob))[0], 200, 'two parties have matched');
my $key = "$i->{dir}/keeper/key";
copy($key, "$i->{home}/key") or die "$key: $!";
$i->run_ok('backup', "$i->{home}/backups");
my ($file) = glob "$i->{home}/backups/*";
my $archive = `tar --zstd --ignore-zeros -xOf '$file' | tr -d '\\0'`;
like($archive, qr/contact\.listen/, 'the backup can be searched');
unlike($archive, qr/\Q$_\E/, 'no contact is in it') for map { @{ $_->{contact} }{qw(name email phone)} } $alice, $bob;
my $key_bytes = Instance::read_file($key);
is((grep { index($archive, substr $key_bytes, $_ * 16, 16) >= 0 && substr($key_bytes, $_ * 16, 16) =~ /[^\0]{12}/ }
	0 .. length($key_bytes) / 16 - 1), 0, 'and no part of the key file');

# A copy beside the original, with a key file or none.
sub restored {
	my ($name, $with) = @_;
	my $copy = bless { %$i, dir => "$i->{home}/$name", port => free_port(), shared => {}, ended => 1 }, 'Instance';
	delete $copy->{conf};
	my ($code, $text) = $i->run('restore', $file, $copy->{dir});
	is($code, 0, "restored: $name") or diag $text;
	like($text, qr{keys are in no backup\. Put the key file of the time to \Q$copy->{dir}\E/keeper/key},
		'and what is missing is said');
	my $sphere = bless { %$s, i => $copy, address => own_address() . ':' . free_port() }, 'Sphere';
	delete $sphere->{http};
	$copy->set('web.listen' => "$i->{host}:$copy->{port}", 'contact.listen' => $with ? $sphere->{address} : '',
		'contact.k' => 2, 'contact.tick' => '1s', 'web.processes' => 1);
	return ($copy, $sphere) if !$with;
	my ($uid, $gid, $mode) = (stat $key)[4, 5, 2];
	my ($folder_uid, $folder_gid, $folder_mode) = (stat "$i->{dir}/keeper")[4, 5, 2];
	mkdir "$copy->{dir}/keeper" or die $!;
	copy($with, "$copy->{dir}/keeper/key") or die $!;
	for ([ "$copy->{dir}/keeper", $folder_uid, $folder_gid, $folder_mode ], [ "$copy->{dir}/keeper/key", $uid, $gid,
		$mode ]) {
		chown $_->[1], $_->[2], $_->[0] or die $!;
		chmod $_->[3] & 07777, $_->[0] or die $!;
	}
	$copy->run_ok('up', '--detach');
	return ($copy, $sphere);
}

my ($copy, $sphere) = restored('with-key', "$i->{home}/key");
my $ticket = $sphere->ok('session', code => $alice->{code})->{ticket};
my ($status, $answer) = $sphere->post('release', ticket => $ticket, profile => $bob->{profile});
is($status, 200, 'with the key of its period it can be read');
is_deeply($answer->{contact}, $bob->{contact}, 'and the match still holds');
$copy->run_ok('down');

($copy) = restored('without-key');
$copy->run_ok('up', '--detach');
is($copy->get('/v1/regions')->{status}, 200, 'without the sphere the directory runs');
$copy->run_ok('down');

# ---- after the period ----
my $period = $s->sphere('SELECT max(period) FROM party');
$i->run_ok('contact', 'rotate');
is($s->sphere("SELECT count(*) FROM party WHERE period <= $period"), 0, 'all rows are of the new period');
unlike($i->run_ok('contact', 'status'), qr/\bperiod $period\b/, 'and the old key is gone');
is(($s->post('session', code => $alice->{code}))[0], 200, 'the running sphere goes on');
copy($key, "$i->{home}/later") or die $!;
($copy, $sphere) = restored('later-key', "$i->{home}/later");
is(($sphere->post('session', code => $alice->{code}))[0], 403, 'with a later key the old backup is unreadable');
$copy->run_ok('down');
done_testing;
