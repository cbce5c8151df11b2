#!/usr/bin/perl
# Every statement of sql/queries/: prepared against the schema under the role of the program that runs it; its output
# columns are called as the C program calls them; and those that name an index are planned with it, also when the
# planner does not know the parameters.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Directory;
use File::Temp qw(tempdir);
use Test::More;
require "$FindBin::Bin/../../tools/statements.pl";

my $directory = Directory->start;
$directory->{i}->set('web.processes' => 1, 'contact.listen' => own_address() . ':' . free_port());
$directory->{i}->run_ok('migrate');

# What the build refuses, with file and line.
sub embed_error {
	my ($sql) = @_;
	my $dir = tempdir(CLEANUP => 1);
	open my $out, '>', "$dir/area.sql" or die $!;
	print $out $sql;
	close $out;
	my $said = `$FindBin::Bin/../../tools/embed-sql $dir/area.sql $dir/area 2>&1`;
	return $? ? $said =~ s{\Q$dir/}{}gr : 'accepted';
}
is(
	embed_error("-- name: a\nSELECT id, count(*) FROM t;\n"),
	"area.sql:1: the column 'count(*)' has no name: write ... AS name\n", 'a column without a name stops the build'
);
is(
	embed_error("-- name: a\nSELECT b.id, c.id FROM b, c;\n"),
	"area.sql:1: two columns are called id: write ... AS another_name\n", 'two columns of one name stop the build'
);
like(
	embed_error("-- name: a\n-- row: r\nSELECT id, name FROM t;\n-- name: b\n-- row: r\nSELECT name, id FROM t;\n"),
	qr/^area.sql:4: b does not give the row r:/, 'statements of one row must return the same columns'
);
like(
	embed_error("-- name: a\n-- row: r\nSELECT id FROM t;\n-- name: b\n-- extends: r\nSELECT name, id FROM t;\n"),
	qr/^area.sql:4: b does not begin with the columns of r: id/,
	'a statement that extends a row begins with its columns'
);
is(
	embed_error(
			  "-- name: a\nWITH x AS (SELECT 1 AS one) INSERT INTO t (c) SELECT ',' || one FROM x\n"
			. "RETURNING t.c, (SELECT 1 FROM x) AS d, 'a''b,' AS e;\n"
	),
	'accepted',
	'commas and SELECT inside of strings and parentheses do not count'
);

# Statements that PREPARE does not take: they are run as they are, or only mean something inside an import.
my $utility = qr/^\s*(?:ALTER|CREATE|DROP|REVOKE|COPY|ANALYZE|VACUUM)\b/;
my @statements;
for my $file (sort glob "$FindBin::Bin/../../sql/queries/*.sql") {
	my ($area) = $file =~ m{([^/]+)\.sql$};
	my @sections = sections($file);
	my $temporary = join '', map {"$_->{sql};\n"} grep { $_->{name} =~ /^import_(\w+_)?create$/ } @sections;
	for my $s (grep { $_->{sql} !~ $utility } @sections) {
		$s->{role} //= 'holdfast_owner';
		$s->{begin} = "BEGIN;\nSET LOCAL ROLE $s->{role};\n" . ($area eq 'import' ? $temporary : '');
		push @statements, $s;
	}
}

# What is asked of each statement, as scripts for psql: a line "@@ NAME QUESTION" stands before each answer. A statement
# that fails ends its own transaction only.
sub script {
	my ($s, $question, $text) = @_;
	return "\\echo @\@ $s->{name} $question\n$s->{begin}$text\nROLLBACK;\nDEALLOCATE ALL;\n";
}
sub questions {
	my ($s) = @_;
	my $prepare = "PREPARE s AS $s->{sql};\n";
	# \gdesc prepares the statement and asks the server to describe it (PQdescribePrepared).
	my $all = script($s, 'prepared', "${prepare}SELECT 'prepared';") . script($s, 'described', "$s->{sql} \\gdesc");
	return $all unless @{ $s->{served_by} };
	my $count = () = do { my %n = map { $_ => 1 } $s->{sql} =~ /\$(\d+)/g; keys %n };
	my $nulls = $count ? '(' . join(', ', ('NULL') x $count) . ')' : '';
	# Small tables are sorted and read whole more cheaply; the question is what the index can serve.
	return $all . script($s, 'planned',
		"SET LOCAL plan_cache_mode = force_generic_plan;\nSET LOCAL enable_seqscan = off;\n"
		. "SET LOCAL enable_sort = off;\n${prepare}EXPLAIN EXECUTE s$nulls;");
}
my %answer;
for my $database ('holdfast', 'holdfast_contact') {
	my $file = "$directory->{i}{home}/statements.sql";
	open my $out, '>:utf8', $file or die "$file: $!";
	print $out map { questions($_) }
		grep { ($_->{role} =~ /^holdfast_contact/ ? 'holdfast_contact' : 'holdfast') eq $database } @statements;
	close $out;
	my @psql = $directory->{i}->psql('-v', 'ON_ERROR_STOP=0', '-d', $database, '-f', $file);
	open my $said, '-|', "@psql 2>&1" or die "psql: $!";
	my $at = 'before';
	while (<$said>) { /^@@ (.+)/ ? $at = $1 : ($answer{$at} .= $_) }
	close $said or die "psql: $?";
}
is($answer{before}, undef, 'psql reads the scripts');

my ($served, $columns) = (0, 0);
for my $s (@statements) {
	my ($prepared, $described, $plan) = map { $answer{"$s->{name} $_"} // '' } qw(prepared described planned);
	like($prepared, qr/^prepared$/m, "$s->{name} is prepared as $s->{role}") or diag $prepared;
	my @names = map { (split /\|/)[0] } grep { /\|/ } split /\n/, $described;
	my @columns = output_columns($s->{sql}, $s->{name});
	is("@names", "@columns", "$s->{name} returns the columns that C knows") or diag $described;
	$columns += @columns;
	for my $index (@{ $s->{served_by} }) {
		like($plan, qr/\b\Q$index\E\b/, "$s->{name} is served by $index") or diag $plan;
		$served++;
	}
}
# A chunk of a table that is read by id: a merge join reads a table whose ids are not bounded from its beginning, for
# each chunk, so that all chunks of 1.4 million records would read 200 million.
my ($chunks, @unbounded) = (0);
for my $s (grep { $_->{sql} =~ /\bLIMIT\b/ } @statements) {
	my ($of) = $s->{sql} =~ /\b(\w+)\.id > \$1\b/ or next;
	$chunks++;
	my @joined = $s->{sql} =~ /\b(\w+)\.id = \Q$of\E\.id\b/g;
	push @unbounded, map {"$s->{name}: $_"} grep { $s->{sql} !~ /\b$_\.id > \$1/ } @joined;
}
cmp_ok($chunks, '>', 3, "$chunks statements read chunks");
is_deeply(\@unbounded, [], '... and bound each table that they join by id');
my $prepared = @statements;
cmp_ok($prepared, '>', 20, "$prepared statements");
cmp_ok($served, '>', 10, "$served plans");
cmp_ok($columns, '>', 200, "$columns columns");
$directory->stop;
done_testing;
