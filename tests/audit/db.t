#!/usr/bin/perl
# holdfast audit db: what it finds and says, what it sends to the server, what it does when the server is busy, when the
# role may not look, when the address is a pooler's.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use IO::Handle;
use JSON::XS;
use Program;
use Test::More;
use Wait;

my $db = AuditDb->start(
	settings => [qw(log_statement=all fsync=off shared_preload_libraries=pg_stat_statements log_line_prefix=%a:)]);
$db->sql(<<'SQL');
CREATE EXTENSION pg_stat_statements;
CREATE TABLE firm (id int PRIMARY KEY, quality int, name text NOT NULL, town text NOT NULL, tags text[] NOT NULL);
INSERT INTO firm SELECT i, CASE WHEN i % 7 > 0 THEN 1 + i * 7919 % 5000 END, 'Firm ' || i, 'Town ' || i % 300,
	ARRAY['t' || i % 40]
	FROM generate_series(1, 10000) i;
CREATE INDEX firm_quality ON firm ((COALESCE(quality, 0)) DESC);
CREATE INDEX firm_town ON firm (lower(town));
CREATE INDEX firm_tags ON firm USING gin (tags);
ANALYZE firm;
CREATE ROLE reader LOGIN PASSWORD 'of the reader' IN ROLE pg_monitor;
GRANT SELECT ON firm TO reader;
SQL
sub reader { return { url => $db->url('postgres', 'reader', 'of the reader') } }
sub log_text { return AuditDb::slurp("$db->{home}/log") }
my $order = "SELECT id, name FROM firm ORDER BY quality DESC NULLS LAST LIMIT 50";

subtest 'the finding of the incident: place, rewrite, evidence, costs, the other remedy' => sub {
	my ($code, $out, $talk) = $db->audit(reader(), '--statements', $db->file("$order;\n"));
	is($code, 2, 'a warning is a finding');
	like($out, qr/^warning: .*\[index-identity\]\n  \S+:1:36\n/, 'rule and place');
	like($out, qr/\n          \|\s+\^{23}\n/, 'the ORDER BY is marked');
	like($out, qr/\n  write     ORDER BY COALESCE\(quality, 0\) DESC\n/, 'what to write');
	like($out, qr/\n  rows      checked: no row has quality <= 0 today; .*CHECK \(quality > 0\)\n/, 'evidence');
	like($out, qr/\n  or        CREATE INDEX CONCURRENTLY ON public.firm \(quality DESC NULLS LAST\)\n/, 'or an index');
	is($talk, '', 'nothing else is said');
	my ($found) = $db->found("$order;\n");
	is("@$found{qw(rule level object)}", 'index-identity checked public.firm.firm_quality', 'members of the JSON');
	cmp_ok($found->{cost}{before}, '>', 50 * $found->{cost}{after}, 'costs as the planner says them');
	is(AuditDb::mended("$order;\n", $found),
		"SELECT id, name FROM firm ORDER BY COALESCE(quality, 0) DESC LIMIT 50;\n", 'the fix');
};

subtest 'a constraint makes it proof; a row that breaks it makes it a note' => sub {
	$db->sql('ALTER TABLE firm ADD CONSTRAINT positive CHECK (quality >= 1)');
	my ($proved) = $db->found("$order;\n");
	is("@$proved{qw(level evidence)}", 'proved proved: a CHECK keeps quality > 0', 'proved by a validated CHECK');
	$db->sql('ALTER TABLE firm DROP CONSTRAINT positive; UPDATE firm SET quality = 0 WHERE id = 4');
	my ($broken) = $db->found("$order;\n");
	is("@$broken{qw(rule severity)}", 'index-identity-other-rows note', 'one row with 0 is enough');
	is($broken->{fix}, undef, 'and nothing is offered to be written');
	$db->sql('UPDATE firm SET quality = 1 WHERE id = 4; ANALYZE firm');
};

subtest 'statements are taken from pg_stat_statements, whose constants are parameters' => sub {
	$db->sql('SELECT pg_stat_statements_reset()');
	$db->sql("$order; SELECT id FROM firm WHERE lower(town) = 'town 5'; SELECT id FROM firm WHERE town = 'Town 5';"
			. "SELECT id FROM firm ORDER BY COALESCE(quality, 0) DESC LIMIT 3");
	my ($code, $out) = $db->audit(reader(), '--json', '--notes');
	my @found = @{ decode_json($out)->{findings} };
	my ($by_order) = grep { $_->{rule} eq 'index-identity' } @found;
	is($by_order->{rewrite}, 'ORDER BY COALESCE(quality, 0) DESC', 'an ORDER BY without constants is judged');
	like($by_order->{statement}, qr/^-?\d+$/, 'the statement is named by its queryid');
	my ($generic) = grep { $_->{rule} eq 'index-identity-generic' && $_->{object} =~ /firm_quality/ } @found;
	is($generic && $generic->{severity}, 'note', 'an expression whose constant is hidden is a note');
	my ($one) = $db->audit(reader(), '--statement', $by_order->{statement});
	is($one, 2, 'one statement by its queryid');
	my ($none, undef, $talk) = $db->audit(reader(), '--statement', 1);
	is($none, 1, 'a queryid that is not there could not be checked');
	like($talk, qr/has no statement 1 of this database/, 'and is said');
};

subtest 'what cannot be planned is counted and named' => sub {
	my $report = $db->report("SELECT 1 FROM nowhere WHERE a = 1;\nSELECT id FROM firm WHERE nothing = 1;\nSELEC 1;\n");
	my @rules = map { $_->{rule} } @{ $report->{findings} };
	is("@rules", 'sql-unplanned sql-unplanned sql-unparsed', 'each is a note');
	like($report->{looked}, qr/not checked: 1 unparsed, 0 built at run time, 2 not planned/, 'and counted');
	like($report->{findings}[0]{message}, qr/relation "nowhere" does not exist/, 'with the reason of the server');
};

subtest 'parameters, placeholders, writes and locks are planned as they will be' => sub {
	my @found = $db->found(<<'SQL');
SELECT id FROM firm WHERE id > $1 ORDER BY quality DESC NULLS LAST LIMIT $2;
SELECT id FROM firm WHERE id > :last ORDER BY quality DESC NULLS LAST LIMIT :n;
SELECT id FROM firm ORDER BY quality DESC NULLS LAST LIMIT 5 FOR UPDATE SKIP LOCKED;
UPDATE firm SET name = 'x' WHERE 't3' = ANY (tags);
DELETE FROM firm WHERE id = ANY (ARRAY(SELECT id FROM firm ORDER BY quality DESC NULLS LAST LIMIT 5 FOR UPDATE));
INSERT INTO firm SELECT f.* FROM firm AS f WHERE $1 = ANY (f.tags);
SQL
	is(join(' ', map {"$_->{line}:$_->{level}"} grep { $_->{rule} eq 'index-identity' } @found),
		'1:checked 2:checked 3:checked 4:proved 5:checked 6:proved', 'a finding in each');
	is($found[-1]{rewrite}, 'f.tags @> ARRAY[$1]', 'columns as the statement calls them');
};

subtest 'nothing is sent but what the door lets through' => sub {
	my $before = length log_text();
	$db->audit(reader(), '--statements', $db->file("$order; SELECT id FROM firm WHERE lower(town) = upper('x');"
				. "UPDATE firm SET name = 'y' WHERE town = \$1; SELECT 1; DROP TABLE firm; SELECT pg_sleep(0);"
				. "COPY firm TO PROGRAM 'true'; SELECT nextval('s'); VACUUM; SELECT 1 ORDER BY quality; ANALYZE firm"));
	$db->audit(reader());
	my @sent = map { /^holdfast audit:.*?(?:statement|execute \S+):\s+(.*)/s ? $1 : () }
		split /\n(?=[^\t])/, substr log_text(), $before;
	my $begin = qr/BEGIN READ ONLY(?:; SET LOCAL \w+ = (?:'[^']*'|[\w", ]+))+/;
	my $explain = qr/EXPLAIN \(VERBOSE, FORMAT JSON\) (?:SELECT\b.*|EXECUTE holdfast_probe\([NUL, ]+\))/s;
	my $prepare = qr/PREPARE holdfast_probe \([a-z, ]+\) AS SELECT\b.*/s;
	my $count = qr/count\(\*\)(?: FILTER \(WHERE .*?\))?/s;
	my $ours = join '|', qw(class index attribute proc constraint extension backend_pid stat_statements);
	my $catalogue = qr/(?:SELECT|WITH) .*\bpg_(?:$ours)\b.*/s;
	my $end = qr/ROLLBACK|DEALLOCATE holdfast_probe/;
	my $compare = qr/SELECT \/\* holdfast audit \*\/ $count(?:, $count)* FROM .*/s;
	my $known = qr/$begin|$end|$explain|$prepare|$compare|$catalogue/s;
	my @other = grep { !/^$known$/s } @sent;
	cmp_ok(scalar @sent, '>', 40, scalar(@sent) . ' statements were logged');
	is_deeply(\@other, [], 'each is of a known form');
	is(scalar(grep {/^BEGIN/} @sent), scalar(grep {/^ROLLBACK/} @sent), 'every transaction is rolled back');
	is($db->sql('SELECT count(*) FROM firm'), 10000, 'nothing changed');
};

subtest 'row security: a comparison needs the role that the statement runs as' => sub {
	$db->sql(<<'SQL');
CREATE TABLE own (id int PRIMARY KEY, q int, who text NOT NULL);
INSERT INTO own SELECT i, 1 + i % 900, 'reader' FROM generate_series(1, 10000) i;
CREATE INDEX own_q ON own ((COALESCE(q, 0)) DESC);
ANALYZE own;
ALTER TABLE own ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON own USING (who = current_user);
GRANT SELECT ON own TO reader;
SQL
	my $statement = "SELECT id FROM own ORDER BY q DESC NULLS LAST LIMIT 5;\n";
	my ($without) = $db->found($statement);
	like($without->{evidence}, qr/^not comparable: the table has row security; .*--as/, 'without a role');
	my ($as) = $db->found($statement, '--as', 'reader');
	is($as->{level}, 'checked', 'as the role: checked over the rows that it sees');
};

subtest 'the search_path of the statement decides which table it means' => sub {
	$db->sql(<<'SQL');
CREATE SCHEMA app;
CREATE TABLE app.note (id int PRIMARY KEY, made timestamp NOT NULL);
INSERT INTO app.note SELECT i, now() FROM generate_series(1, 10000) i;
CREATE INDEX note_made ON app.note (made DESC NULLS LAST);
ANALYZE app.note;
SQL
	my $statement = "SELECT id FROM note ORDER BY made DESC LIMIT 5;\n";
	is(($db->found($statement))[0]{rule}, 'sql-unplanned', 'not in the search_path');
	is(($db->found($statement, '--search-path', 'public, "app"'))[0]{level}, 'proved', '--search-path');
};

subtest 'a comparison that its limit ends is counted, and the index is proposed all the same' => sub {
	# one row outside of the sample takes longer than any limit, the others no time
	$db->script(<<'SQL');
CREATE FUNCTION norm(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower(trim($1)); END';
CREATE TABLE wide (id int PRIMARY KEY, code text NOT NULL, filler text NOT NULL);
INSERT INTO wide SELECT i, 'c' || i, repeat('x', 1500) FROM generate_series(1, 4000) i;
CREATE INDEX wide_norm ON wide (norm(code));
ANALYZE wide;
CREATE TABLE slow AS SELECT min(code) AS code FROM wide WHERE code NOT IN (
	SELECT s.code FROM wide AS s TABLESAMPLE SYSTEM (60) REPEATABLE (1));
CREATE OR REPLACE FUNCTION norm(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
	'BEGIN IF $1 = (SELECT code FROM slow) THEN PERFORM pg_sleep(600); END IF; RETURN lower(trim($1)); END';
SQL
	my $statement = "SELECT id FROM wide ORDER BY lower(code) LIMIT 5;\n";
	my $report = $db->report($statement, '--compare-limit', 2000);
	my ($found) = @{ $report->{findings} };
	is("@$found{qw(severity level)}", 'note sampled', 'a sample is no warning');
	like($found->{evidence}, qr/of all rows it takes longer than --compare-limit/, 'says why');
	is($found->{alternative}, 'CREATE INDEX CONCURRENTLY ON public.wide (lower(code))', 'an index is right anyway');
	like($report->{looked}, qr/ended by their limits, .*: 0 plans \(--plan-limit 60000\), [1-9] compar/, 'counted');
	like($report->{looked}, qr/ comparisons \(--compare-limit 2000\)/, 'with the limit');
	unlike($db->report($order)->{looked}, qr/ended by/, 'of others nothing is said');
};

subtest 'a busy server is left alone after three time-outs' => sub {
	my $holder = Program->start('holder', [ 'psql', '-XAtq', $db->url('postgres'), '-c',
			"SET application_name = 'holder'; BEGIN; LOCK TABLE firm IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)" ],
		log => "$db->{work}/holder.log");
	wait_until('the table is locked', sub {
			$db->sql("SELECT count(*) FROM pg_locks"
				. " WHERE relation = 'firm'::regclass AND mode = 'AccessExclusiveLock' AND granted") });
	my ($code, $out, $talk) = $db->audit('--statements', $db->file("$order;\n" x 20));
	is($code, 1, 'the audit could not be done');
	like($talk, qr/3 probes in a row ran into a time limit .*the audit stops/, 'and says why');
	my $left = $db->sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holdfast audit'");
	is($left, 0, 'no session stays behind');
	$db->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'");
	$holder->stop;
};

subtest 'a DDL that waits gets its turn between two probes' => sub {
	# few rows: what is tried is the number of probes, not what a comparison costs
	$db->script(<<'SQL');
CREATE TABLE branch (id int PRIMARY KEY, town text NOT NULL);
INSERT INTO branch SELECT i, 'Town ' || i % 60 FROM generate_series(1, 600) i;
CREATE INDEX branch_town ON branch (lower(town));
ANALYZE branch;
SQL
	my $file = $db->file(join '', map {"SELECT id FROM branch WHERE upper(town) = 'TOWN $_';\n"} 1 .. 60);
	# One session takes the lock again and again, so that a turn costs no more than the lock.
	local $ENV{PGPASSWORD} = $db->{password};
	my $turns = sub { return scalar(() = AuditDb::slurp("$db->{work}/turns") =~ /^turn$/mg) };
	my $ddl = Program->start('the DDL', [ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-f', $db->file(
				"BEGIN\\; LOCK TABLE branch IN ACCESS EXCLUSIVE MODE\\; SELECT 'turn'\\; COMMIT \\watch 0.02\n"),
			$db->url('postgres') ],
		out => "$db->{work}/turns", log => "$db->{work}/ddl.log", ready => $turns);
	my $before = $turns->();
	my (undef, $out) = $db->audit('--statements', $file, '--budget', 3000, '--min-rows', 0, '--json');
	my $while = $turns->() - $before;
	ok(!$ddl->ended, 'no lock was refused') or diag $ddl->log;
	cmp_ok($while, '>=', 5, 'the lock was granted many times while the audit ran') or diag "$while turns";
	note "$while turns";
	$ddl->stop;
	like(decode_json($out)->{looked}, qr/^60 statements/, 'which was done');
};

subtest 'sessions that wait outside with a transaction open are found while they do' => sub {
	# An application of several sessions, a person, and one session that was forgotten.
	my %sessions = ('enricher' => 3, 'psql' => 1, 'importer' => 1);
	my @open;
	for my $name (sort keys %sessions) {
		for (1 .. $sessions{$name}) {
			local $ENV{PGAPPNAME} = $name;
			open my $session, '|-', 'psql', '-XAtq', '-o', '/dev/null', $db->url('postgres') or die "psql: $!";
			$session->autoflush;
			print $session "BEGIN; SELECT id FROM firm WHERE name = 'Firm secret' AND '$name' <> '' LIMIT 200;\n";
			push @open, $session;
		}
	}
	wait_until('they wait', sub {
			$db->sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") == 5 });
	my $none = $db->file("SELECT 1;\n");
	my ($code, $out) = $db->audit(reader(), '--watch', 7, '--statements', $none);
	is($code, 2, 'a finding');
	my ($first) = split /\n/, $out;
	is($first, 'error: 3 sessions of enricher wait outside the database with a transaction open [transaction-over-io]',
		'the first line is count, who and what');
	like($out, qr/^warning: a session of importer has a transaction open and has done nothing for \d+ s /m,
		'one that does nothing: its age, and no guess');
	like($out, qr/whether it calls something or was forgotten cannot be seen/, 'the cause is not guessed');
	like($out, qr/Claim and commit; call; write and commit/, 'the remedy');
	unlike($out, qr/secret/, 'no literal of a statement is shown');
	unlike($out, qr/psql/, 'a person is a note');
	print $_ "COMMIT;\n\\q\n" for @open;
	close $_ for @open;
	($code, $out) = $db->audit(reader(), '--watch', 5, '--statements', $none);
	is($code, 0, 'and nothing when nobody waits');
};

subtest 'addresses and options that cannot be used' => sub {
	my ($away, undef, $talk) = $db->audit({ url => 'host=/nowhere dbname=x' });
	is($away, 1, 'a server that is away: the audit could not be done');
	my ($usage) = $db->audit('--statement', 'x');
	is($usage, 64, 'a queryid that is none');
	my ($unknown, undef, $why) = $db->audit('--rule', 'nothing');
	is("$unknown $why" =~ s/\n.*//sr, "64 holdfast audit: there is no rule 'nothing'", 'a rule that is none');
	my ($clean) = $db->audit('--statements', $db->file("SELECT id FROM firm WHERE id = 4;\n"));
	is($clean, 0, 'nothing found');
	$db->sql('CREATE DATABASE bare');
	my ($bare, undef, $extension) = $db->audit({ url => $db->url('bare') });
	is($bare, 1, 'a database without pg_stat_statements');
	like($extension, qr/CREATE EXTENSION pg_stat_statements.*--statements FILE/, 'says what to do');
};
done_testing;
