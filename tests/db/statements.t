#!/usr/bin/perl
# Every statement of sql/queries/: prepared against the schema under the role of the program that runs it; its output
# columns are called as the C program calls them; and those that name an index are planned with it, also when the
# planner does not know the parameters.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../http";
use Directory;
use Test::More;
require "$FindBin::Bin/../../tools/statements.pl";

my $directory = Directory->start;

# Statements that PREPARE does not take: they are run as they are, or only mean something inside an import.
my $utility = qr/^\s*(?:CREATE|COPY|ANALYZE|VACUUM)\b/;
my $temporary = '';
my ($prepared, $served, $columns) = (0, 0, 0);
for my $file (sort glob "$FindBin::Bin/../../sql/queries/*.sql") {
	my ($area) = $file =~ m{([^/]+)\.sql$};
	my @sections = sections($file);
	($temporary) = map { "$_->{sql};\n" } grep { $_->{name} eq 'import_create' } @sections if $area eq 'import';
	for my $s (@sections) {
		next if $s->{sql} =~ $utility;
		my $role = $s->{role} // 'holdfast_owner';
		my $count = () = do { my %n = map { $_ => 1 } $s->{sql} =~ /\$(\d+)/g; keys %n };
		my $begin = "BEGIN;\nSET LOCAL ROLE $role;\n" . ($area eq 'import' ? "$temporary" : '');
		my $text = $s->{sql};
		my $answer = eval { $directory->sql("${begin}PREPARE s AS $text;\nSELECT 'prepared';\nROLLBACK;\n") } // '';
		like($answer, qr/^prepared$/m, "$s->{name} is prepared as $role");
		$prepared++;
		# \gdesc prepares the statement and asks the server to describe it (PQdescribePrepared).
		my $described = eval { $directory->sql("$begin$text \\gdesc\nROLLBACK;\n") } // '';
		my @names = map { (split /\|/)[0] } grep { /\|/ } split /\n/, $described;
		my @columns = output_columns($text, $s->{name});
		is("@names", "@columns", "$s->{name} returns the columns that C knows");
		$columns += @columns;
		next unless @{ $s->{served_by} };
		my $nulls = join ', ', ('NULL') x $count;
		my $plan = $directory->sql("${begin}SET LOCAL plan_cache_mode = force_generic_plan;\n"
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
