#!/usr/bin/perl
# What each role may do, and how the schema is brought up to date. Databases of other servers: shared_server.t.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Instance;
use JSON::XS;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;

# (exit code, output) of SQL as a role.
sub as {
	my ($role, $sql, $database) = @_;
	my $text = `psql -XAtq -v ON_ERROR_STOP=1 -h $i->{dir}/run -U $role -d @{[$database // 'holdfast']} -c "$sql" 2>&1`;
	return ($? >> 8, $text =~ s/\n\z//r);
}
sub denied {
	my ($role, $sql) = @_;
	my ($code, $text) = as($role, $sql);
	ok($code != 0 && $text =~ /permission denied|must be owner|read-only/, "$role may not: $sql") or diag $text;
}
sub allowed {
	my ($role, $sql) = @_;
	my ($code, $text) = as($role, $sql);
	is($code, 0, "$role may: $sql") or diag $text;
	return $text;
}

# ---- roles ----
allowed('holdfast_web', "SELECT count(*) FROM $_") for qw(business business_detail category region city source word);
denied('holdfast_web', $_) for 'SELECT * FROM suppression', q{INSERT INTO source (key, name) VALUES ('x', 'x')},
	'UPDATE business SET name = name', 'DELETE FROM business', 'TRUNCATE business', 'CREATE TABLE t ()',
	'CREATE TEMPORARY TABLE t ()', q{SELECT pg_read_file('PG_VERSION')};
denied('holdfast_import', $_) for 'CREATE TABLE t ()', 'DROP TABLE business',
	q{INSERT INTO schema_migration (version, name, checksum) VALUES (9, 'x', 'x')},
	'ALTER TABLE business ADD COLUMN x integer';
is(allowed('holdfast_web', 'SHOW statement_timeout'), '3s', 'web statements are bounded');
for my $database ('postgres', 'template1') {
	my ($code, $text) = as('holdfast_web', 'SELECT 1', $database);
	ok($code, "a role connects to its own database, not to $database");
	like($text, qr/permission denied for database/, 'because it has no right to');
}
my $public = q{SELECT count(*) FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) a
	WHERE datname = 'holdfast' AND grantee = 0};
is(allowed('postgres', $public), '0', 'the public has no right in the database');
my $table = Instance::read_file("$Instance::root/src/config/roles.def");
my @names = sort map { "holdfast_$_" } $table =~ /^ROLE\(\w+, "(\w+)", DIRECTORY/mg;
my $names = q{SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname ~ 'holdfast'};
is(allowed('postgres', $names), "@names", 'the roles are those of the table');
my $more
	= q{SELECT count(*) FROM pg_roles WHERE rolname LIKE 'holdfast%' AND (rolsuper OR rolcreaterole OR rolcreatedb)};
is(allowed('postgres', $more), '0', 'no role of ours is more than a role');
is(allowed('postgres', 'SHOW listen_addresses'), '', 'the server listens on no address');
my $contact = q{SELECT count(*) FROM information_schema.columns
	WHERE table_schema = 'public' AND column_name ~ 'mail|person|contact'};
is(allowed('postgres', $contact), '0', 'there is no column for contact data');

# ---- migrations ----
is(($i->run('migrate'))[1], "the schema is up to date\n", 'nothing to do') or diag(($i->run('migrate'))[1]);
as('postgres', q{UPDATE schema_migration SET checksum = 'x' WHERE version = 1});
my ($code, $text) = $i->run('migrate');
is($code, 1, 'a migration that was changed afterwards is refused');
like($text, qr/migration 0001_bookkeeping is not the one that was applied/, 'by its name');
is(($i->run('import', '/dev/null'))[0], 1, 'and nothing else works on it');

# ---- init over something ----
my $other = "$i->{home}/other";
mkdir $other;
open my $file, '>', "$other/file" or die $!;
($code, $text) = $i->run('init', $other);
is($code, 1, 'an instance is not made over another');
like($text, qr/exists and is not empty; nothing was changed/, 'and says so');
done_testing;
