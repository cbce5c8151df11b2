#!/usr/bin/perl
# Our own medicine: every statement of sql/queries/ is audited before the planner of an instance with a directory in it,
# and so is what that instance has run, from its pg_stat_statements.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Directory;
use JSON::XS;
use Test::More;
require "$FindBin::Bin/../../tools/statements.pl";

my $directory = Directory->start;
my $build = $ENV{HOLDFAST_BUILD};
my $file = "$directory->{i}{home}/own.sql";
my %area;
open my $out, '>', $file or die "$file: $!";
for my $source (sort glob "$FindBin::Bin/../../sql/queries/*.sql") {
	my ($area) = $source =~ m{([^/]+)\.sql$};
	for my $s (sections($source)) {
		print $out "-- $area $s->{name}\n$s->{sql};\n";
		$area{$area}++;
	}
}
close $out;

sub audit {
	my (@arguments) = @_;
	my $url = "postgresql:///holdfast?host=$directory->{i}{dir}/run&user=holdfast_owner";
	my $text = `'$build/holdfast' audit db '$url' --json --notes --budget 300 @arguments 2>&1`;
	return eval { decode_json($text) } // die "no report: $text";
}
sub shown { return join "\n", map {"$_->{severity} $_->{rule} $_->{line}: $_->{message}"} @_ }

my $report = audit('--statements', $file, '--min-rows', 100);
my @found = grep { $_->{severity} ne 'note' } @{ $report->{findings} };
is(scalar @found, 0, 'no warning about our own statements') or diag shown(@found);
my ($statements, $unparsed) = $report->{looked} =~ /^(\d+) statements.*checked: (\d+) unparsed/;
my @parts = grep { $_->{rule} eq 'sql-unparsed' } @{ $report->{findings} };
is($unparsed, 0, "$statements statements are read") or diag shown(@parts);
my @unplanned = grep { $_->{rule} eq 'sql-unplanned' } @{ $report->{findings} };
my @other = grep { $_->{message} !~ /relation "(?:party|unlock|consent|import_\w+)" does not exist/ } @unplanned;
is(scalar @other, 0, 'all are planned but those of the contact database and of tables that an import makes')
	or diag shown(@other);

$report = audit();
@found = grep { $_->{severity} ne 'note' } @{ $report->{findings} };
is(scalar @found, 0, "no warning about what the instance has run: $report->{looked}") or diag shown(@found);
$directory->stop;
done_testing;
