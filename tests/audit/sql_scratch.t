#!/usr/bin/perl
# holdfast audit sql --scratch: files before the planner of a throw-away cluster with their schema; what of a schema
# fails is told; a schema that means harm gets no further than its own database; nothing stays behind.
use strict;
use warnings;
use File::Path 'make_path';
use File::Temp 'tempdir';
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use POSIX 'setpgid';
use Test::More;
use Wait;

my $build = $ENV{HOLDFAST_BUILD} // die "HOLDFAST_BUILD is not set\n";
my $work = tempdir('audit-scratch-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $work;
make_path("$work/tmp", "$work/db", { mode => 0755 });
$ENV{TMPDIR} = "$work/tmp";

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
sub write_file {
	my ($name, $text) = @_;
	open my $out, '>', "$work/$name" or die "$work/$name: $!";
	print $out $text;
	close $out;
	return "$work/$name";
}
sub report {
	my (@arguments) = @_;
	my $command = "'$build/holdfast' audit sql --scratch --json --notes --budget 300 @arguments";
	my $code = system("$command >$work/out 2>$work/err </dev/null");
	my $report = eval { decode_json(slurp("$work/out")) } // die "no report ($code): " . slurp("$work/err");
	return ($code >> 8, $report);
}
# "rule line level" of what was found.
sub found {
	return [ map { join ' ', $_->{rule}, $_->{line}, $_->{level} // '-' } @{ $_[0]{findings} } ];
}

my $tables = write_file('db/1.sql', <<'SQL');
SET search_path = '';
CREATE TABLE public.post (id bigint PRIMARY KEY, made timestamptz NOT NULL, q int, r int CHECK (r > 0));
CREATE INDEX post_made ON public.post (made DESC NULLS LAST);
CREATE INDEX post_q ON public.post ((COALESCE(q, 0)) DESC);
SQL
write_file('db/2.sql', <<'SQL');
BEGIN;
CREATE INDEX post_r ON post ((COALESCE(r, 0)) DESC);
ALTER TABLE post OWNER TO somebody;
UPDATE post SET q = 1 WHERE q IS NULL;
COMMIT;
COPY post FROM stdin;
1	2024-01-01	1	1
\.
SQL
my $queries = write_file('queries.sql', <<'SQL');
SELECT id FROM post WHERE id > :last ORDER BY made DESC LIMIT 20;
SELECT id FROM post ORDER BY q DESC NULLS LAST LIMIT 20;
SELECT id FROM post ORDER BY r DESC NULLS LAST LIMIT 20;
SELECT id FROM post ORDER BY made DESC NULLS LAST LIMIT 20;
SELECT id FROM gone;
SQL
my ($code, $report) = report("--schema $tables $queries");
is($code, 2, 'a finding');
is_deeply(found($report), [ 'index-identity 1 proved', 'index-identity-sampled 2 none', 'sql-unplanned 5 -' ],
	'proved by the type is a warning; what only rows can say is a note; another table is told');

(undef, $report) = report("--schema $work/db $queries");
is_deeply(
	found($report),
	[
		'sql-unapplied 3 -', 'index-identity 1 proved', 'index-identity-sampled 2 none', 'index-identity 3 proved',
		'sql-unplanned 5 -'
	],
	'migrations of a folder in order; a CHECK proves; a role that is not there is told'
);
is($report->{findings}[3]{rewrite}, 'ORDER BY COALESCE(r, 0) DESC', 'the rewrite');

my $routine = write_file('routine.sql', <<'SQL');
CREATE FUNCTION latest(since bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_id bigint; v_q int;
BEGIN
	SELECT id, q INTO STRICT v_id, v_q FROM post WHERE id > since ORDER BY made DESC LIMIT 1;
	UPDATE post SET q = 1 FROM unnest(ARRAY[1]) AS x WHERE post.id = x AND x.x > 2;
	INSERT INTO post (id, made) SELECT id, made FROM post WHERE q = v_q ORDER BY made DESC LIMIT 1
		ON CONFLICT DO NOTHING;
	PERFORM pg_notify('post', v_id::text);
	RETURN v_id;
END $$;
SQL
(undef, $report) = report("--schema $tables $routine");
is_deeply(found($report), [ 'index-identity 4 proved', 'index-identity 6 proved' ],
	'statements of a routine are planned without what is not SQL: INTO, variables; ON CONFLICT is no part of a SELECT');

my $mark = "$work/tmp/harm";
my $harm = write_file('harm.sql', <<"SQL");
COPY (SELECT 1) TO PROGRAM 'touch $mark';
DO \$\$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch $mark'''; END \$\$;
ALTER SYSTEM SET shared_preload_libraries = 'x';
SET SESSION AUTHORIZATION postgres;
SELECT pg_read_file('/etc/passwd');
CREATE FUNCTION system(cstring) RETURNS int LANGUAGE c AS '/lib/x86_64-linux-gnu/libc.so.6', 'system';
CREATE TABLE kept (id int PRIMARY KEY, b int NOT NULL);
CREATE INDEX kept_b ON kept (b DESC NULLS LAST);
SELECT id FROM kept ORDER BY b DESC LIMIT 3;
SQL
($code, $report) = report($harm);
ok(!-e $mark, 'no program of a schema runs');
my @unapplied = grep { $_->{rule} eq 'sql-unapplied' } @{ $report->{findings} };
is_deeply([ map { $_->{line} } @unapplied ], [ 2, 3, 4, 6 ], 'what needs a superuser fails, and is told');
my ($kept) = grep { $_->{rule} eq 'index-identity' } @{ $report->{findings} };
is($kept->{line}, 9, 'the rest is audited');
is_deeply([ glob "$work/tmp/*" ], [], 'nothing stays behind');

# Ctrl-C of a terminal: it reaches initdb, the server and the audit alike, and an impatient person presses it again.
my $slow = write_file('slow.sql', "CREATE TABLE begun ();\n" . "SELECT pg_sleep(0.5);\n" x 400);
my %moments = ('the folder is there' => '', 'initdb writes' => 'data/base', 'the server runs' => 'run/.s.PGSQL.*');
for my $moment (sort keys %moments) {
	for my $times (1, 2) {
		my $pid = fork // die "fork: $!";
		if (!$pid) {
			setpgid(0, 0);
			open STDOUT, '>', "$work/out";
			open STDERR, '>&', \*STDOUT;
			exec "$build/holdfast", 'audit', 'sql', '--scratch', $slow or die "exec: $!";
		}
		my $there = sub { my @paths = glob "$work/tmp/holdfast-audit-*/$moments{$moment}"; -e ($paths[0] // '') };
		wait_until($moment, $there);
		kill 'INT', -$pid;
		if ($times == 2) {
			# once more while it clears up; it may be done by then
			wait_until('the server is gone', sub { !glob("$work/tmp/holdfast-audit-*/run/.s.PGSQL.*") });
			kill 'INT', -$pid;
		}
		waitpid $pid, 0;
		is($? & 127, 2, "$moment: Ctrl-C ends it, pressed $times times");
		is_deeply([ glob "$work/tmp/*" ], [], 'and nothing stays behind then');
	}
}
done_testing;
