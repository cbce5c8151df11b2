#!/usr/bin/perl
# What each role may do, how the schema is brought up to date, and a database that is not ours.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../faults";
use Instance;
use JSON::PP;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;

# (exit code, output) of SQL as a role.
sub as {
	my ($role, $sql, $database) = @_;
	my $text = `psql -XAtq -v ON_ERROR_STOP=1 -h $i->{dir}/run -U $role -d @{[$database // 'holdfast']} -c "$sql" 2>&1`;
	return ($? >> 8, $text =~ s/\n\z//r);
}
sub denied { my ($role, $sql) = @_; my ($code, $text) = as($role, $sql); ok($code != 0 && $text =~ /permission denied|must be owner|read-only/, "$role may not: $sql") or diag $text }
sub allowed { my ($role, $sql) = @_; my ($code, $text) = as($role, $sql); is($code, 0, "$role may: $sql") or diag $text; return $text }

# ---- roles ----
allowed('holdfast_web', "SELECT count(*) FROM $_") for qw(business business_detail category region city source word);
denied('holdfast_web', $_) for 'SELECT * FROM suppression', 'INSERT INTO source (key, name) VALUES (\'x\', \'x\')', 'UPDATE business SET name = name',
	'DELETE FROM business', 'CREATE TABLE t ()', 'CREATE TEMPORARY TABLE t ()', 'TRUNCATE business', 'SELECT pg_read_file(\'PG_VERSION\')';
denied('holdfast_import', $_) for 'CREATE TABLE t ()', 'DROP TABLE business', 'INSERT INTO schema_migration (version, name, checksum) VALUES (9, \'x\', \'x\')',
	'ALTER TABLE business ADD COLUMN x integer';
is(allowed('holdfast_web', 'SHOW statement_timeout'), '3s', 'web statements are bounded');
is(allowed('postgres', "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'holdfast%' AND (rolsuper OR rolcreaterole OR rolcreatedb)"), '0', 'no role of ours is more than a role');
is(allowed('postgres', 'SHOW listen_addresses'), '', 'the server listens on no address');
is(allowed('postgres', "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND column_name ~ 'mail|person|contact'"), '0', 'there is no column for contact data');

# ---- migrations ----
is(($i->run('migrate'))[1], "the schema is up to date\n", 'nothing to do') or diag(($i->run('migrate'))[1]);
as('postgres', q{UPDATE schema_migration SET checksum = 'x' WHERE version = 1});
my ($code, $text) = $i->run('migrate');
is($code, 1, 'a migration that was changed afterwards is refused');
like($text, qr/migration 0001_bookkeeping is not the one that was applied/, 'by its name');
is(($i->run('import', '/dev/null'))[0], 1, 'and nothing else works on it');
as('postgres', q{DROP TABLE schema_migration});
as('postgres', q{DROP OWNED BY holdfast_owner});

# ---- an existing database, through PgBouncer ----
my $other = "$i->{home}/other";
is((as('postgres', 'CREATE DATABASE elsewhere', 'postgres'))[0], 0, 'a database elsewhere');
my $url = "postgresql://postgres\@/elsewhere?host=$i->{dir}/run";
($code, $text) = $i->run('init', $other, '--db', $url, '--listen', '127.0.0.1:' . Instance::free_port());
is($code, 0, 'an instance on it') or diag $text;
ok(!-e "$other/data", 'has no cluster of its own');
my $conf = do { local (@ARGV, $/) = "$other/holdfast.conf"; <> };
unlike($conf, qr/postgres\@/, "the administrator's name is not kept");
is((stat "$other/secrets")[2] & 07777, 0600, 'the passwords are for us alone');
{
	local $i->{dir} = $other; # commands below are for this one
	($code, $text) = $i->run('migrate');
	is($code, 0, 'its schema is up to date') or diag $text;
	open my $csv, '>', "$i->{home}/a.csv" or die $!;
	print $csv "name,city,country\nA,Bern,CH\n";
	close $csv;
	($code, $text) = $i->run('--json', 'import', "$i->{home}/a.csv");
	is($code, 0, 'import') or diag $text;
}
($code, $text) = $i->run('init', "$i->{home}/third", '--db', 'postgresql://postgres@/nosuch?host=' . "$i->{dir}/run");
is($code, 1, 'a database that does not exist is refused');
ok(!-e "$i->{home}/third", 'and nothing is left of the instance');
($code, $text) = $i->run('init', $other);
is($code, 1, 'an instance is not made over another');
like($text, qr/exists and is not empty; nothing was changed/, 'and says so');
done_testing;
