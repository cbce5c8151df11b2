# Statements of sql/queries/ for tests and benchmarks: their text, and what PostgreSQL does with them.
use strict;
use warnings;
use File::Basename 'dirname';
use JSON::XS ();
require(dirname(__FILE__) . '/sql-text.pl');

# name => text of one area, expressions put in.
sub statements {
	my ($area) = @_;
	my %text = map { $_->{name} => $_->{sql} } sections(dirname(__FILE__) . "/../sql/queries/$area.sql");
	return \%text;
}

# The text with its parameters put in as literals, NULL for undef: planned as the web's unnamed
# statements are, with the values known.
sub with_params {
	my ($text, @params) = @_;
	$text =~ s/\$(\d+)/my $p = $params[$1 - 1]; defined $p ? "'" . $p =~ s{'}{''}gr . "'" : 'NULL'/ge;
	return $text;
}

# Run each [text, params...] with EXPLAIN (ANALYZE, BUFFERS) through $sql (a function from SQL to
# psql's unaligned output as characters): the plans as PostgreSQL gives them, with {buffers} added.
sub explained {
	my ($sql, @asked) = @_;
	my $answer = $sql->(join '', map { 'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' . with_params(@$_) . ";\n" } @asked);
	my @plans = map { JSON::XS->new->decode($_)->[0] } $answer =~ /^(\[.*?^\])$/msg;
	die "asked for " . @asked . " plans, got " . @plans . "\n" unless @plans == @asked;
	$_->{buffers} = $_->{Plan}{'Shared Hit Blocks'} + $_->{Plan}{'Shared Read Blocks'} for @plans;
	return @plans;
}
1;
