#!/usr/bin/perl
# A database of any earlier schema is brought to this one by 'holdfast migrate': the schema is then that of a new
# instance, what was in it is still there, and it takes an import.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib", "$FindBin::Bin/../../tools";
use Instance;
use Test::More;
use Tree;
require "sql-text.pl";

my $i = Instance->make;
$i->up;
my @to = ('-U', 'postgres', '-h', "$i->{dir}/run");

sub postgres { # a statement in a database beside ours
	my ($database, $sql) = @_;
	open my $psql, '|-', qw(psql -XAtq -o /dev/null -v ON_ERROR_STOP=1), @to, '-d', $database or die "psql: $!";
	print $psql "SET client_min_messages = error;\n$sql";
	close $psql or die "psql failed in $database\n";
}
# Lines of the statements, sorted: the order of grants is that in which they were made.
sub schema { return [ sort grep { /\S/ && !/^--|^\\/ } split /\n/, `pg_dump -s @to holdfast` ] }
sub seeds { return $i->sql('SELECT string_agg(c::text, E\'\n\' ORDER BY id) FROM category c') }

my @applied = map { { version => $_->[0], name => $_->[1], checksum => $_->[2] } }
	$i->rows('SELECT version, name, checksum FROM schema_migration ORDER BY version');
my ($fresh, $fresh_seeds) = (schema(), seeds());
cmp_ok(scalar @applied, '>', 1, 'there are earlier schemas');

# The database in the making, a migration at a time, as its owner.
sub apply {
	my ($m) = @_;
	my $file = sprintf "$root/sql/migrations/%04d_%s.sql", $m->{version}, $m->{name};
	open my $in, '<', $file or die "$file: $!";
	my $text = join '', map { expand($_, "$file:$.") } <$in>;
	postgres('step', "BEGIN; SET ROLE holdfast_owner; $text;
		INSERT INTO schema_migration (version, name, checksum) VALUES ($m->{version}, '$m->{name}',
			'$m->{checksum}'); COMMIT;");
}
# Records as that schema has them, made with the columns of the second migration.
my $records = q{
	INSERT INTO source (key, name) VALUES ('old', 'Old list');
	INSERT INTO region (key, country, name, businesses) VALUES ('ch-bern', 'CH', 'Bern', 2), ('ch', 'CH', NULL, 0);
	INSERT INTO city (region_id, key, name, businesses) VALUES (1, 'ch-bern-thun', 'Thun', 2);
	INSERT INTO business (id, region_id, city_id, source_id, name, street, postcode, city, country, phone, hours)
		VALUES (7, 1, 1, 1, 'Bäckerei Muster', 'Weg 1', '3600', 'Thun', 'CH', '+41 33 222 11 00', 'Mo-Fr 08:00-18:00'),
			(9, 1, 1, 1, 'Ohne Weiteres', NULL, NULL, NULL, NULL, NULL, NULL);
	INSERT INTO business_detail (id, content_hash, external_id, words, extra, hours_week)
		VALUES (7, 1, 'a', '{backerei,muster}', '{"operator": "Muster"}', '{[480,1080)}'), (9, 2, 'b', '{}', NULL,
			NULL);
	INSERT INTO suppression (id, source_key, external_id, reason) VALUES (11, 'old', 'c', 'asked');
};
my $kept = q{SELECT string_agg(concat_ws('|', b.id, b.name, b.street, b.phone, b.hours, d.external_id, d.extra),
	E'\n' ORDER BY b.id)
	FROM business b JOIN business_detail d USING (id)};
my $content = qq{7|Bäckerei Muster|Weg 1|+41 33 222 11 00|Mo-Fr 08:00-18:00|a|{"operator": "Muster"}\n}
	. '9|Ohne Weiteres|b';

postgres('postgres', 'CREATE DATABASE step TEMPLATE template0;');
postgres('step', 'GRANT CREATE ON DATABASE step TO holdfast_owner;
	GRANT USAGE, CREATE ON SCHEMA public TO holdfast_owner WITH GRANT OPTION;');
for my $m (@applied[ 0 .. $#applied - 1 ]) {
	apply($m);
	postgres('step', "BEGIN; SET ROLE holdfast_owner; $records; COMMIT;") if $m->{version} == 2;
	postgres('postgres', "DROP DATABASE holdfast WITH (FORCE);\nCREATE DATABASE holdfast TEMPLATE step;");
	my ($code, $text) = $i->run('migrate');
	is($code, 0, "from $m->{version} ($m->{name})") or diag $text;
	my $expected = @applied - $m->{version};
	like($text, qr/^$expected migrations? applied$/m, 'the missing ones are applied');
	is_deeply(schema(), $fresh, 'the schema is that of a new instance');
	is(seeds(), $fresh_seeds, 'the reference tables, too');
	next if $m->{version} < 2;
	is($i->sql($kept), $content, 'the businesses are still there');
	is($i->sql('SELECT id FROM suppression'), '11', 'and who must not come back');
	next if $m->{version} > 2;
	$i->import_samples('town.geojson');
	cmp_ok($i->sql('SELECT count(*) FROM business'), '>', 2, 'it takes an import');
}
my ($code, $text) = $i->run('migrate');
is("$code $text", "0 the schema is up to date\n", 'once more: nothing to do');

done_testing;
