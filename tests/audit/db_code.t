#!/usr/bin/perl
# What `audit db` finds in the code of a live database: functions, procedures, trigger functions, rules and views, each
# with its own name and line; and what it leaves alone.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use JSON::XS;
use Test::More;

my $db = AuditDb->start(settings => [qw(fsync=off log_statement=all)]);
$db->script(<<'SQL');
CREATE SCHEMA app;
CREATE TABLE app.firm (id int PRIMARY KEY, quality int NOT NULL, town text NOT NULL, mailed timestamp,
	state text NOT NULL);
INSERT INTO app.firm SELECT i, 1 + i * 7919 % 5000, 'Town ' || i % 300, NULL, 'new' FROM generate_series(1, 10000) i;
CREATE INDEX firm_quality ON app.firm ((COALESCE(quality, 0)) DESC);
CREATE INDEX firm_town ON app.firm (lower(town));
CREATE TABLE app.small (id int PRIMARY KEY, quality int NOT NULL);
CREATE INDEX small_quality ON app.small ((COALESCE(quality, 0)) DESC);
CREATE TABLE app.tiny (id int PRIMARY KEY, quality int NOT NULL);
CREATE INDEX tiny_quality ON app.tiny ((COALESCE(quality, 0)) DESC);
ANALYZE;
CREATE EXTENSION dblink;

CREATE FUNCTION app.spins(n int) RETURNS bigint LANGUAGE sql AS $$
	WITH done AS (
		UPDATE app.firm SET state = 'done'
		WHERE id IN (SELECT id FROM app.firm ORDER BY id LIMIT n) AND state = 'new' RETURNING id
	) SELECT count(*) FROM done
$$;
CREATE PROCEDURE app.endless() LANGUAGE plpgsql AS $$
DECLARE taken int;
BEGIN
	LOOP
		UPDATE app.firm SET mailed = now()
		WHERE id IN (SELECT id FROM app.firm WHERE state = 'new' ORDER BY id LIMIT 100);
		GET DIAGNOSTICS taken = ROW_COUNT;
		EXIT WHEN taken = 0;
		COMMIT;
	END LOOP;
END $$;
CREATE FUNCTION app.call_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	UPDATE app.firm SET state = 'told' WHERE id = NEW.id;
	PERFORM dblink_connect('host=elsewhere');
	PERFORM dblink_exec('NOTIFY told');
	RETURN NEW;
END $$;
CREATE TRIGGER tell AFTER INSERT ON app.firm FOR EACH ROW EXECUTE FUNCTION app.call_out();
CREATE FUNCTION app.best(want text) RETURNS SETOF int LANGUAGE plpgsql SET search_path = app AS $$
DECLARE one int; secret text := 'kept';
BEGIN
	SELECT id INTO one FROM firm ORDER BY quality DESC LIMIT 1;
	RETURN QUERY SELECT f.id FROM firm AS f WHERE f.state = want ORDER BY f.quality DESC LIMIT 5;
END $$;
CREATE FUNCTION app.dynamic(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DELETE FROM ' || t; END $$;
CREATE VIEW app.top AS SELECT id, town FROM app.firm ORDER BY quality DESC LIMIT 50;
CREATE MATERIALIZED VIEW app.frozen AS SELECT id FROM app.firm
	WHERE COALESCE(quality, 0) > 4990 ORDER BY quality DESC LIMIT 3;
CREATE VIEW app.some AS SELECT id FROM app.small ORDER BY quality DESC LIMIT 50;
CREATE VIEW app.few AS SELECT id FROM app.tiny ORDER BY quality DESC LIMIT 50;
CREATE VIEW app.few_more AS SELECT id, quality FROM app.tiny ORDER BY quality DESC LIMIT 20;
CREATE RULE spin AS ON UPDATE TO app.small DO ALSO (
	UPDATE app.firm SET state = 'x' WHERE id = NEW.id;
	DELETE FROM app.firm WHERE id IN (SELECT id FROM app.firm ORDER BY id LIMIT 5) AND mailed IS NULL;
);

-- right as they are
CREATE FUNCTION app.claims(n int) RETURNS SETOF int LANGUAGE sql AS $$
	UPDATE app.firm SET state = 'done'
	WHERE id = ANY (ARRAY(SELECT id FROM app.firm WHERE state = 'new'
		ORDER BY id LIMIT n FOR UPDATE SKIP LOCKED)) RETURNING id
$$;
CREATE PROCEDURE app.ends() LANGUAGE plpgsql AS $$
BEGIN
	LOOP
		UPDATE app.firm SET state = 'done'
		WHERE id = ANY (ARRAY(SELECT id FROM app.firm WHERE state = 'new'
			ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED));
		EXIT WHEN NOT FOUND;
		COMMIT;
	END LOOP;
END $$;
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.mailed := now(); RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON app.firm FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE VIEW app.served AS SELECT id, town FROM app.firm ORDER BY COALESCE(quality, 0) DESC LIMIT 50;
CREATE RULE nothing AS ON DELETE TO app.small DO INSTEAD NOTHING;
CREATE FUNCTION app.added(a int, b int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT a + b; END;
SQL

my ($code, $text, $talk) = $db->audit('--statements', 'code', '--json', '--notes');
my $report = eval { decode_json($text) } // die "no report ($code): $text$talk";
my @found = grep { $_->{rule} !~ /^sql-/ } @{ $report->{findings} };
my %at = map { ("$_->{file}:$_->{line}" => $_) } @found;

subtest 'the incidents are found in each kind of code, at its line' => sub {
	my %wanted = (
		'function app.spins(integer):7' => 'spinning-filter warning',
		'procedure app.endless():8' => 'spinning-write warning',
		'function app.call_out() of trigger tell on app.firm:7' => 'transaction-over-io warning',
		'function app.best(text):8' => 'index-identity warning',
		'function app.best(text):9' => 'index-identity warning',
		'view app.top:5' => 'index-identity warning',
		'rule spin on app.small:8' => 'spinning-filter warning',
	);
	for my $place (sort keys %wanted) {
		my $one = $at{$place} // {};
		is(join(' ', map { $_ // '' } @{$one}{qw(rule severity)}), $wanted{$place}, $place);
	}
	my $view = $at{'view app.top:5'};
	is($view->{rewrite}, 'ORDER BY COALESCE(firm.quality, 0) DESC', 'a view: what to write in it');
	is($view->{level}, 'proved', 'for quality is never NULL');
	is($view->{statement}, 'app.top', 'JSON names the view');
	my ($frozen) = grep { $_->{file} eq 'materialized view app.frozen' } @found;
	is($frozen && $frozen->{rule}, 'index-identity', 'a materialized view as well');
};

subtest 'code that is right gives nothing, and neither do extensions' => sub {
	is(join("\n", grep {/claims|ends|touch|served|nothing|added|dblink/} sort keys %at), '', 'no finding');
	is(join("\n", map {"$_->{file}: $_->{message}"} grep { $_->{rule} eq 'sql-unparsed' } @{ $report->{findings} }), '',
		'everything is read');
	is(join("\n", map {"$_->{file}:$_->{line} $_->{message}"} grep { $_->{rule} eq 'sql-unplanned' }
		@{ $report->{findings} }), '', 'everything is planned');
};

subtest 'what was looked at is said in numbers' => sub {
	like($report->{looked}, qr/ 17 functions, views and rules/, 'the code is counted');
	like($report->{looked}, qr/ 1 built at run time/, 'EXECUTE is counted as not checked');
	like($report->{looked}, qr/ 3 with tables under 10000 rows \(2 tables; --min-rows\)/, 'small tables are counted');
};

subtest 'a person reads what, where, why and what to write' => sub {
	my ($exit, $out) = $db->audit('--statements', 'code', '--rule', 'spinning-write');
	is($exit, 2, 'findings');
	like($out, qr/^  procedure app\.endless\(\):8:\d+\n/m, 'the place is the name of the procedure');
	unlike($out, qr/statement app\./, 'which is said once');
};

subtest 'without pg_stat_statements the code is audited, and the exit status says that not everything was' => sub {
	my ($exit, $out, $why) = $db->audit('--rule', 'spinning-filter');
	is($exit, 1, 'could not check everything');
	like($out, qr/function app\.spins\(integer\):7/, 'the code is');
	like($why, qr/CREATE EXTENSION pg_stat_statements/, 'and what is missing is said');
};

subtest 'SARIF names the object and offers no change of a file' => sub {
	my (undef, $out) = $db->audit('--statements', 'code', '--sarif');
	my ($result) = grep { $_->{locations}[0]{physicalLocation}{artifactLocation}{uri} =~ /app\.top/ }
		@{ decode_json($out)->{runs}[0]{results} };
	my %names = map { ($_->{kind} => $_->{fullyQualifiedName}) } @{ $result->{locations}[0]{logicalLocations} };
	is($names{statement}, 'app.top', 'the view');
	is($names{index}, 'app.firm.firm_quality', 'the index');
	ok(!$result->{fixes}, 'no fix');
};

subtest 'nothing of the code is run' => sub {
	my @sent = grep {/^holdfast audit|execute <unnamed>|statement: /} split /\n/, AuditDb::slurp("$db->{home}/log");
	is(scalar(grep {/: (?:CALL|SELECT app\.|REFRESH)/} @sent), 0, 'no call');
	is($db->sql("SELECT count(*) FROM app.firm WHERE state <> 'new'"), 0, 'no row changed');
};

subtest 'whether a LIMIT bounds what is written is what the plan says' => sub {
	my $db = AuditDb->start(settings => [qw(fsync=off autovacuum=off)]);
	# one row when it was analysed, 21 since; and a table of which the statistics are right
	$db->script(<<'SQL');
CREATE TABLE few (id int PRIMARY KEY, state text NOT NULL);
INSERT INTO few VALUES (1, 'new');
ANALYZE few;
INSERT INTO few SELECT i, 'new' FROM generate_series(2, 21) AS i;
CREATE TABLE job (LIKE few INCLUDING ALL);
INSERT INTO job SELECT i, 'new' FROM generate_series(1, 10000) AS i;
ANALYZE job;
SQL
	my $batch = sub { "SELECT id FROM $_[0] WHERE state = 'new' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED" };
	my $said = sub {
		my ($statement) = @_;
		return join ', ', map {"$_->{severity} $_->{rule}"}
			grep { $_->{rule} eq 'limit-overrun' } $db->found("$statement;\n");
	};
	my @cases = (
		[ 'warning limit-overrun', "UPDATE few SET state = 'run' WHERE id IN (" . $batch->('few') . ')' ],
		[ 'warning limit-overrun', 'UPDATE few AS f SET state = $1 WHERE f.id IN ('
				. $batch->('few') =~ s/2/\$2/r . ')' ],
		[ 'warning limit-overrun', 'DELETE FROM few USING (' . $batch->('few') . ') AS b WHERE b.id = few.id' ],
		[ 'note limit-overrun', "UPDATE job SET state = 'run' WHERE id IN (" . $batch->('job') . ')' ],
		[ 'note limit-overrun', "WITH done AS (UPDATE job SET state = 'run' WHERE id IN (" . $batch->('job')
				. ') RETURNING id) SELECT * FROM done' ],
		[ '', "UPDATE few SET state = 'run' WHERE id = ANY (ARRAY(" . $batch->('few') . '))' ],
		[ '', "UPDATE few SET state = 'run' WHERE id = (" . $batch->('few') =~ s/2/1/r . ')' ],
		[ '', 'WITH b AS (' . $batch->('few') . ") UPDATE few SET state = 'run' WHERE id IN (SELECT id FROM b)" ],
	);
	is($said->($_->[1]), $_->[0], $_->[1]) for @cases;
	# the judgement is what happens
	my $written = sub { scalar $db->script("BEGIN; $_[0] RETURNING few.id; ROLLBACK") };
	my ($found) = grep { $_->{rule} eq 'limit-overrun' } $db->found("$cases[0][1];\n");
	is($written->($cases[0][1]), 21, 'LIMIT 2 writes 21 rows');
	is($written->($cases[0][1] =~ s/id IN .*/$found->{rewrite}/r), 2, 'and 2 as the finding says to write it');
	like($found->{message}, qr/runs again for each row of few \(1 expected by the statistics of today\)/, 'why');
};
done_testing;
