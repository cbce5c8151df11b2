#!/usr/bin/perl
# The same verdicts before PostgreSQL 13 to 18, except where a version serves more; and what heal reads.
# Without HOLDFAST_VERSIONS=all (make check-versions) 13 and 18, those of them that tests/versions has.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use File::Basename 'dirname';
use File::Temp 'tempdir';
use IO::Handle;
use JSON::XS;
use Program;
use Test::More;
use Wait;

my $versions = "$FindBin::Bin/../versions/node_modules";
my @wanted = ($ENV{HOLDFAST_VERSIONS} // '') eq 'all' ? (13 .. 18) : (13, 18);
my @there = grep { -d "$versions/postgres-$_/native" } @wanted;
die "tests/versions is not installed: tools/setup versions\n" if $ENV{HOLDFAST_VERSIONS} && @there < @wanted;
plan skip_all => 'tests/versions is not installed: tools/setup versions' unless @there;

# npm unpacks no symbolic links; the package lists them.
sub linked {
	my ($native) = @_;
	for my $link (@{ decode_json(AuditDb::slurp("$native/pg-symlinks.json")) }) {
		my ($to, $at) = map { "$native/../$_" } @$link{qw(source target)};
		symlink substr($to, length(dirname $at) + 1), $at unless -l $at || -e $at;
	}
	return "$native/bin";
}

# Statement, verdict, and the version until which an index serves it.
my @cases = (
	[ 'SELECT id FROM firm ORDER BY q DESC NULLS LAST LIMIT 20', 'index-identity checked' ],
	[ 'SELECT id FROM firm ORDER BY qn DESC LIMIT 20', 'index-identity proved' ],
	[ 'SELECT id FROM firm ORDER BY z DESC NULLS LAST LIMIT 20', 'index-identity-other-rows differs' ],
	[ 'SELECT id FROM firm ORDER BY COALESCE(q, 0) DESC LIMIT 20', '' ],
	[ q{SELECT id FROM firm ORDER BY date_part('year', made) LIMIT 20}, 'index-identity proved', 13 ],
	[ q{SELECT id FROM firm WHERE made::date = '2024-02-03'}, 'index-identity proved' ],
	[ q{SELECT id FROM firm WHERE upper(name) = 'FIRM 5'}, 'index-identity checked' ],
	[ q{SELECT id FROM firm WHERE 't7' = ANY (tags)}, 'index-identity proved' ],
	[ q{SELECT id FROM firm WHERE doc->>'k' = 'v7'}, 'index-identity checked' ],
	[ 'SELECT id FROM firm WHERE qn + 1 = $1', 'index-identity proved' ],
	[ 'SELECT id FROM firm WHERE upper(name) = $1', 'index-identity-generic none' ],
	[ 'SELECT id FROM firm WHERE flag AND z = 7', 'index-identity proved, index-identity-sampled constant' ],
	[ 'SELECT id FROM part ORDER BY n DESC LIMIT 20', 'index-identity proved' ],
	[ q{UPDATE firm SET q = 1 WHERE made::date = '2024-02-03'}, 'index-identity proved' ],
);

# Before 15 a session that has just connected keeps the counter of its rows back until its next statement. A watch knows
# of them all the same, when its last look is over: (the watch, the application that works meanwhile).
sub watched {
	my ($db) = @_;
	local $ENV{PGPASSWORD} = $db->{password};
	local $ENV{PGAPPNAME} = 'discovery';
	open my $works, '|-', 'psql', '-XAtq', '-o', '/dev/null', $db->url('postgres') or die "psql: $!";
	$works->autoflush;
	print $works "DO \$\$ BEGIN LOOP PERFORM pg_sleep(0.1); COMMIT; END LOOP; END \$\$;\n";
	my $none = $db->file("SELECT 1;\n");
	my @command = ("$ENV{HOLDFAST_BUILD}/holdfast", qw(audit db), $db->url('postgres'));
	my $watch = Program->start('audit', [ @command, qw(--notes --watch 25 --statements), $none ],
		out => "$db->{work}/watched", log => "$db->{work}/watch.log");
	return ($watch, $works);
}

sub watch_told {
	my ($db, $watch, $works) = @_;
	local $ENV{PGPASSWORD} = $db->{password};
	local $ENV{PGAPPNAME} = 'discovery';
	wait_until('it has looked 17 times', sub {
			17 <= $db->sql("SELECT coalesce(max(calls), 0) FROM pg_stat_statements"
				. " WHERE query LIKE '%c.oid%n_tup_upd%'") });
	open my $session, '|-', 'psql', '-XAtq', $db->url('postgres') or die "psql: $!";
	$session->autoflush;
	print $session "UPDATE batch SET state = 'done';\n";
	$watch->reap;
	my $counted = $db->sql("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'batch'");
	$db->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'discovery'"
		. ' AND pid <> pg_backend_pid()');
	close $_ for $session, $works;
	return (AuditDb::slurp("$db->{work}/watched"), $counted);
}

for my $version (@there) {
	my $bin = linked("$versions/postgres-$version/native");
	my @seen = $version < 15 ? 'shared_preload_libraries=pg_stat_statements' : ();
	my $db = AuditDb->start(bin => $bin, settings => [ 'fsync=off', 'timezone=UTC', @seen ]);
	$db->script('CREATE EXTENSION pg_stat_statements; CREATE TABLE batch (id int, state text);'
		. " INSERT INTO batch SELECT i, 'new' FROM generate_series(1, 3000) AS i") if @seen;
	my @watch = @seen ? watched($db) : ();
	$db->script(<<'SQL');
CREATE TABLE firm (id int PRIMARY KEY, q int, z int, qn int NOT NULL, made timestamp NOT NULL, name text NOT NULL,
	tags text[] NOT NULL, doc jsonb NOT NULL, flag boolean);
INSERT INTO firm SELECT i, CASE WHEN i % 7 > 0 THEN 1 + i * 7919 % 5000 END, CASE WHEN i % 7 > 0 THEN i % 50 END,
	i * 7919 % 5000,
	timestamp '2024-01-01' + i * 31 % 5000 * interval '97 minutes', 'Firm ' || i % 2000, ARRAY['t' || i % 90],
	jsonb_build_object('k', 'v' || i % 900), i % 20 = 0
FROM generate_series(1, 6000) AS i;
CREATE INDEX ON firm ((COALESCE(q, 0)) DESC);
CREATE INDEX ON firm ((COALESCE(z, 0)) DESC);
CREATE INDEX ON firm (qn DESC NULLS LAST);
CREATE INDEX ON firm (made);
CREATE INDEX ON firm (extract(year FROM made));
CREATE INDEX ON firm (lower(name));
CREATE INDEX ON firm USING gin (tags);
CREATE INDEX ON firm USING gin (doc);
CREATE INDEX ON firm (z) WHERE flag IS TRUE;
CREATE TABLE part (id int NOT NULL, n int NOT NULL) PARTITION BY HASH (id);
CREATE TABLE part_a PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_b PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO part SELECT i, i * 7919 % 5000 FROM generate_series(1, 6000) AS i;
CREATE INDEX ON part (n DESC NULLS LAST);
ANALYZE;
SQL
	my $address = $db->url('postgres');
	my $recording = tempdir(CLEANUP => 1) . '/recording';
	open my $heal, '-|', "'$ENV{HOLDFAST_BUILD}/holdfast' heal --json --once --record '$recording' '$address' 2>&1"
		or die "heal: $!";
	my $report = $db->report(join('', map {"$_->[0];\n"} @cases), '--budget', 300);
	my %found;
	push @{ $found{ $_->{line} } },
		"$_->{rule} $_->{level}" for grep { $_->{rule} =~ /^index/ } @{ $report->{findings} };
	for my $i (0 .. $#cases) {
		my ($statement, $verdict, $until) = @{ $cases[$i] };
		$verdict = '' if $until && $version <= $until;
		is(join(', ', @{ $found{ $i + 1 } // [] }), $verdict, "$version: $statement");
	}
	like($report->{looked}, qr/ 0 not planned/, "$version: every statement is planned");
	if (@watch) {
		my ($told, $counted) = watch_told($db, @watch);
		like($told, qr/^note: rows of public\.batch change only in bursts: none for [12]\d s, while discovery works/m,
			"$version: a silent batch is told, of which the server has counted $counted rows");
	}
	my $said = do { local $/; <$heal> };
	close $heal;
	isnt($? >> 8, 1, "$version: heal could look") or diag $said;
	# A statement that fails is left out of the sample, so that it would not be missed.
	my %read;
	for my $sample (map { decode_json($_) } split /\n/, AuditDb::slurp($recording)) {
		$read{$_} = 1 for grep { ref $sample->{$_} ne 'ARRAY' || @{ $sample->{$_} } } keys %$sample;
	}
	is_deeply([ grep { !$read{$_} } qw(tables freeze_max wal_at checkpoint_at), $version > 13 ? 'sessions_at' : () ],
		[], "$version: heal read the state of the server");
}
done_testing;
