#!/usr/bin/perl
# Every statement of sql/queries/: prepared against the schema under the role of the program that runs it; and those
# that name an index are planned with it, also when the planner does not know the parameters.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../http";
use Directory;
use Test::More;
require "$FindBin::Bin/../../tools/statements.pl";

my $directory = Directory->start;

# [name, text, role, indexes, parameters] of each section.
sub sections {
	my ($file) = @_;
	my ($role, @sections) = (undef);
	open my $in, '<', $file or die "$file: $!";
	while (<$in>) {
		if (/^-- role: (\S+)/) { $role = $1; $sections[-1]{role} = $1 if @sections && !$sections[-1]{text} }
		elsif (/^-- name: (\S+)/) { push @sections, { name => $1, role => $role, text => '', served_by => [] } }
		elsif (/^-- served-by: (\S+)/) { push @{ $sections[-1]{served_by} }, $1 }
		elsif (!/^\s*--/ && @sections) { $sections[-1]{text} .= expand($_, "$file:$.") }
	}
	return @sections;
}

# Statements that PREPARE does not take: they are run as they are, or only mean something inside an import.
my $utility = qr/^\s*(?:CREATE|COPY|ANALYZE|VACUUM)\b/;
my $temporary = '';
my ($prepared, $served) = (0, 0);
for my $file (sort glob "$FindBin::Bin/../../sql/queries/*.sql") {
	my ($area) = $file =~ m{([^/]+)\.sql$};
	my @sections = sections($file);
	($temporary) = map { $_->{text} } grep { $_->{name} eq 'import_create' } @sections if $area eq 'import';
	for my $s (@sections) {
		next if $s->{text} =~ $utility;
		my $role = $s->{role} // 'holdfast_owner';
		my $count = () = do { my %n = map { $_ => 1 } $s->{text} =~ /\$(\d+)/g; keys %n };
		my $begin = "BEGIN;\nSET LOCAL ROLE $role;\n" . ($area eq 'import' ? "$temporary" : '');
		(my $text = $s->{text}) =~ s/;\s*$//;
		my $answer = eval { $directory->sql("${begin}PREPARE s AS $text;\nSELECT 'prepared';\nROLLBACK;\n") } // '';
		like($answer, qr/^prepared$/m, "$s->{name} is prepared as $role");
		$prepared++;
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
$directory->stop;
done_testing;
