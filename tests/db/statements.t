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

# SQL in the database that a role belongs to.
sub sql_as {
	my ($role, $sql) = @_;
	return $directory->sql(($role =~ /^holdfast_contact/ ? "\\connect holdfast_contact\n" : '') . $sql);
}

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
my $utility = qr/^\s*(?:CREATE|REVOKE|COPY|ANALYZE|VACUUM)\b/;
my $temporary = '';
my ($prepared, $served, $columns) = (0, 0, 0);
for my $file (sort glob "$FindBin::Bin/../../sql/queries/*.sql") {
	my ($area) = $file =~ m{([^/]+)\.sql$};
	my @sections = sections($file);
	$temporary = join '', map {"$_->{sql};\n"} grep { $_->{name} =~ /^import_(\w+_)?create$/ } @sections
		if $area eq 'import';
	for my $s (@sections) {
		next if $s->{sql} =~ $utility;
		my $role = $s->{role} // 'holdfast_owner';
		my $count = () = do { my %n = map { $_ => 1 } $s->{sql} =~ /\$(\d+)/g; keys %n };
		my $begin = "BEGIN;\nSET LOCAL ROLE $role;\n" . ($area eq 'import' ? "$temporary" : '');
		my $text = $s->{sql};
		my $answer = eval { sql_as($role, "${begin}PREPARE s AS $text;\nSELECT 'prepared';\nROLLBACK;\n") } // '';
		like($answer, qr/^prepared$/m, "$s->{name} is prepared as $role");
		$prepared++;
		# \gdesc prepares the statement and asks the server to describe it (PQdescribePrepared).
		my $described = eval { sql_as($role, "$begin$text \\gdesc\nROLLBACK;\n") } // '';
		my @names = map { (split /\|/)[0] } grep { /\|/ } split /\n/, $described;
		my @columns = output_columns($text, $s->{name});
		is("@names", "@columns", "$s->{name} returns the columns that C knows");
		$columns += @columns;
		next unless @{ $s->{served_by} };
		my $nulls = join ', ', ('NULL') x $count;
		my $plan = sql_as($role, "${begin}SET LOCAL plan_cache_mode = force_generic_plan;\n"
			# Small tables are sorted and read whole more cheaply; the question is what the index can serve.
			. "SET LOCAL enable_seqscan = off;\nSET LOCAL enable_sort = off;\nPREPARE s AS $text;\nEXPLAIN EXECUTE s"
			. ($count ? "($nulls)" : '') . ";\nROLLBACK;\n");
		for my $index (@{ $s->{served_by} }) {
			like($plan, qr/\b\Q$index\E\b/, "$s->{name} is served by $index") or diag $plan;
			$served++;
		}
	}
}
cmp_ok($prepared, '>', 20, "$prepared statements");
cmp_ok($served, '>', 10, "$served plans");
cmp_ok($columns, '>', 200, "$columns columns");
$directory->stop;
done_testing;
