#!/usr/bin/perl
# The two databases of an instance with a contact sphere: who may connect to which, and what a role may do there.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Instance;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;

# ---- an operator who has no sphere yet, or whose instance is down ----
for my $act ([qw(status)], [qw(rotate)], [qw(invite 3 --badge Chamber)], [qw(reports)], [qw(erase), '0' x 32]) {
	my ($failed, $said) = $i->run('contact', @$act);
	ok($failed && $said =~ /has no contact sphere; make it with 'holdfast contact setup/,
		"contact $act->[0] says what to do") or diag $said;
}
$i->set('web.processes' => 1, 'contact.listen' => own_address() . ':' . free_port());
my ($code, $text) = $i->run('migrate');
is($code, 0, 'with contact.listen, migrate makes the second database') or diag $text;
like($text, qr/^\d+ migrations? applied$/m, 'and its schema');
is(($i->run('migrate'))[1], "the schema is up to date\n", 'once');

# (exit code, output) of SQL as a role.
sub as {
	my ($role, $sql, $database) = @_;
	my $said = `psql -XAtq -v ON_ERROR_STOP=1 -h $i->{dir}/run -U $role -d $database -c "$sql" 2>&1`;
	return ($? >> 8, $said =~ s/\n\z//r);
}
sub denied {
	my ($role, $database, $sql) = @_;
	my ($failed, $said) = as($role, $sql, $database);
	ok($failed && $said =~ /permission denied|must be owner/, "$role may not in $database: $sql") or diag $said;
}
sub allowed {
	my ($role, $database, $sql) = @_;
	my ($failed, $said) = as($role, $sql, $database);
	is($failed, 0, "$role may in $database: $sql") or diag $said;
	return $said;
}

# ---- no role reaches both ----
my $table = Instance::read_file("$Instance::root/src/config/roles.def");
my %database = $table =~ /^ROLE\(\w+, "(\w+)", (\w+)/mg;
my %name = (DIRECTORY => 'holdfast', CONTACT => 'holdfast_contact');
cmp_ok(scalar keys %database, '>', 7, 'the table has roles');
for my $role (sort keys %database) {
	for my $other (sort keys %name) {
		if ($other eq $database{$role}) { allowed("holdfast_$role", $name{$other}, 'SELECT 1') }
		else { denied("holdfast_$role", $name{$other}, 'SELECT 1') }
	}
}
my $public = q{SELECT count(*) FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) a
	WHERE datname ~ 'holdfast' AND grantee = 0};
is(allowed('postgres', 'holdfast', $public), '0', 'the public has no right in either database');

# ---- what the process that serves visitors may do ----
allowed('holdfast_contact', 'holdfast_contact', "SELECT count(*) FROM $_") for qw(party unlock invite);
denied('holdfast_contact', 'holdfast_contact', $_) for 'SELECT * FROM consent', 'DELETE FROM consent',
	'UPDATE consent SET week = 0', 'TRUNCATE party', 'CREATE TABLE t ()', 'INSERT INTO invite VALUES (NULL, 1)',
	'ALTER TABLE party DROP COLUMN body', 'CREATE TEMPORARY TABLE t ()';
allowed('holdfast_profile', 'holdfast', $_) for 'SELECT count(*) FROM profile', 'SELECT count(name) FROM business';
denied('holdfast_profile', 'holdfast', $_) for 'SELECT phone FROM business', 'SELECT * FROM business_detail',
	'SELECT * FROM profile_report', 'UPDATE business SET name = NULL', 'CREATE TABLE t ()';
allowed('holdfast_web', 'holdfast', 'SELECT count(*) FROM profile');
denied('holdfast_web', 'holdfast', 'SELECT * FROM profile_report');
denied($_, 'holdfast', 'SELECT * FROM profile') for 'holdfast_import', 'holdfast_worker', 'holdfast_export';

# ---- rows have one size ----
my $sizes = q{SELECT string_agg(conrelid::regclass || ' ' || pg_get_constraintdef(oid), E'\n' ORDER BY 1)
	FROM pg_constraint WHERE contype = 'c' AND pg_get_constraintdef(oid) ~ '(body|entry)'};
like(allowed('postgres', 'holdfast_contact', $sizes), qr/\(length\($_->[0]\) = $_->[1]\)/, "$_->[0] has $_->[1] bytes")
	for [ 'body', 2436 ], [ 'body', 168 ], [ 'entry', 112 ];
my $toasted = q{SELECT count(*) FROM pg_class WHERE relname IN ('party', 'unlock', 'consent') AND reltoastrelid <> 0
	AND EXISTS (SELECT FROM pg_attribute
		WHERE attrelid = pg_class.oid AND attname ~ '^(body|entry)$' AND attstorage <> 'p')};
is(allowed('postgres', 'holdfast_contact', $toasted), '0', 'and is never moved out of its row');

# ---- commands that cannot be carried out change nothing ----
is(($i->run('contact', 'setup'))[0], 0, 'setup makes the key');
my $key = sub { Instance::read_file("$i->{dir}/keeper/key") };
my $before = $key->();
my ($listens) = $i->slurp('holdfast.conf') =~ /^contact\.listen = (\S+)$/m;
my $conf = $i->slurp('holdfast.conf');
my ($moved, $told) = $i->run('contact', 'setup', '--listen', '127.0.0.1:1');
is($moved, 1, 'setup of a sphere that is there does not move it');
like($told, qr/contact\.listen is \Q$listens\E already, not 127\.0\.0\.1:1/, 'and says where it listens');
is($i->slurp('holdfast.conf') . $key->(), $conf . $before, 'settings and key are as they were');
is(($i->run('contact', 'setup', '--listen', $listens))[0], 0, 'repeated as it was, setup succeeds');
like(($i->run('contact', 'invite', 'many', '--badge', 'Chamber'))[1], qr/a whole number from 1 to 100000, not 'many'/,
	'a number of codes that is none is refused in the words of the command');
is(($i->run('down'))[0], 0, 'down');
like(($i->run('contact', 'rotate'))[1], qr/is not running/, 'an instance that is down cannot rotate its keys');
is($key->(), $before, 'and its key file is as it was');
done_testing;
