#!/usr/bin/perl
# SARIF of the audits of sites, SQL, databases and APIs: valid by the schema of OASIS, every result refers to its
# rule, what could not be checked is a notification.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use JSON::XS;
use Test::More;

my $root = "$FindBin::Bin/../..";
my $tools = "$root/tests/openapi";
plan skip_all => 'tests/openapi is not installed: tools/setup test'
	unless -d "$tools/node_modules/\@microsoft/jest-sarif";

my $build = $ENV{HOLDFAST_BUILD};
my $db = AuditDb->start(settings => ['fsync=off']);
$db->script(<<'SQL');
CREATE TABLE post (id int PRIMARY KEY, made date NOT NULL, q int);
INSERT INTO post SELECT i, date '2024-01-01' + i % 700, 1 + i % 90 FROM generate_series(1, 9000) AS i;
CREATE INDEX ON post (made DESC NULLS LAST);
ANALYZE post;
SQL
sub write_file {
	my ($name, $text) = @_;
	open my $out, '>', "$db->{work}/$name" or die "$name: $!";
	print $out $text;
	close $out;
	return "$db->{work}/$name";
}
my $queries = write_file('queries.sql', <<'SQL');
SELECT id FROM post ORDER BY made DESC LIMIT 5;
UPDATE post SET q = 0 WHERE id IN (SELECT id FROM post ORDER BY id LIMIT 10) AND q IS NULL;
SELECT id FROM gone;
SELEC 1;
SQL
mkdir "$db->{work}/a site";
write_file('a site/index.html',
	'<!doctype html><html><body><a href="gone.html">x</a><img src="no such.png"></body></html>');
my $api = write_file('api.json', <<'JSON');
{"openapi": "3.0.0", "info": {"title": "t", "version": "1"}, "paths": {"/people": {"get": {"security": [], "responses":
{"200": {"description": "d", "content": {"application/json": {"schema": {"type": "array", "items": {"type": "object",
"properties": {"email": {"type": "string", "format": "email"}}}}}}}}}}}}
JSON

my @reports;
sub report {
	my ($name, @command) = @_;
	my $words = join ' ', map {"'$_'"} "$build/holdfast", 'audit', @command, '--sarif';
	system "$words >'$db->{work}/$name.sarif' 2>'$db->{work}/$name.err' </dev/null";
	push @reports, $name;
	my $report = eval { decode_json(AuditDb::slurp("$db->{work}/$name.sarif")) };
	ok($report, "audit $name writes SARIF") or diag AuditDb::slurp("$db->{work}/$name.err");
	return $report ? $report->{runs}[0] : {};
}

my $sql = report('sql', 'sql', $queries);
my $live = report('db', 'db', $db->url('postgres'), '--statements', $queries, '--min-rows', 0, '--notes');
report('site', 'site', "$db->{work}/a site");
report('api', 'api', $api);
report('clean', 'sql', write_file('clean.sql', "SELECT 1;\n"));

my @wrong = `node '$tools/sarif.mjs' @{[ map {"'$db->{work}/$_.sarif'"} @reports ]} 2>&1`;
is($?, 0, 'the schema was applied') or diag @wrong;
is_deeply(\@wrong, [], 'every report is valid');

for my $name (@reports) {
	my $run = decode_json(AuditDb::slurp("$db->{work}/$name.sarif"))->{runs}[0];
	my @rules = @{ $run->{tool}{driver}{rules} };
	my @misplaced = grep { $rules[ $_->{ruleIndex} ]{id} ne $_->{ruleId} } @{ $run->{results} };
	is(scalar @misplaced, 0, "$name: each result refers to its rule");
	is(scalar(grep { !$_->{helpUri} } @rules), 0, "$name: each rule has a page that explains it");
	is(scalar(grep { !$_->{partialFingerprints}{'finding/v1'} } @{ $run->{results} }), 0,
		"$name: each has a fingerprint");
	ok($run->{invocations}[0]{executionSuccessful}, "$name: the run was made");
	like($run->{invocations}[0]{toolExecutionNotifications}[0]{message}{text}, qr/\d/,
		"$name: and says what it looked at");
}
sub notified {
	my ($run) = @_;
	return [ map { ($_->{associatedRule}{id} // '') . ' '
		. ($_->{locations}[0]{physicalLocation}{region}{startLine} // '') }
			@{ $run->{invocations}[0]{toolExecutionNotifications} } ];
}
is_deeply(notified($sql), [ ' ', 'sql-unparsed 4' ],
	'what does not parse is a notification, though notes are not shown');
my ($fixed) = grep { $_->{fixes} } @{ $live->{results} };
my $inserted = $fixed->{fixes}[0]{artifactChanges}[0]{replacements}[0]{insertedContent}{text} // 'no fix';
like($fixed->{message}{text}, qr/\nWrite: .*\Q$inserted\E \((?:proved|checked): /,
	'a viewer without fixes shows what to write');
is_deeply(notified($live), [ ' ', 'sql-unparsed 4', 'sql-unplanned 3' ], 'and so is what the server does not plan');
done_testing;
