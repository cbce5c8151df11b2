#!/usr/bin/perl
# Recall and precision of index-identity over shapes of statements: each fault, an index over nearly the expression, in
# every shape (aliases, quoted names, CTEs, subqueries, views, partitions, joins, writes, the SQL of mappers), and
# beside it the same statement over a table whose index is right. The fault is found with a rewrite; what is written so
# gives the same rows, and is found no more. Of the neighbour nothing is said.
# AUDIT_SHAPES=all plays every one, AUDIT_SHAPES=N so many (default 60), AUDIT_SEED another choice.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use Test::More;

binmode $_, ':utf8' for Test::More->builder->output, Test::More->builder->failure_output;
my ($wanted, $seed) = ($ENV{AUDIT_SHAPES} // 60, $ENV{AUDIT_SEED} // 1);
srand $seed;
my $rows = $wanted eq 'all' ? 3000 : 1500; # enough for a planner that has an index to use it

# [column and type, value, the index that nearly serves, what is written, the index that serves it]; @ is the column.
my %filters = (
	upper => [ 'c text NOT NULL', q{'Xy' || i}, 'lower(@)', q{upper(@) = 'XY5'}, 'upper(@)' ],
	day => [ 'd timestamp NOT NULL', q{timestamp '2024-01-01' + i * interval '3 hours'}, '@', q{@::date = '2024-03-05'},
		'(@::date)' ],
	days => [ 'ds timestamp NOT NULL', q{timestamp '2024-01-01' + i * interval '3 hours'}, '@',
		q{@::date IN ('2024-03-05', '2024-04-05')}, '(@::date)' ],
	month => [ 'mo timestamp NOT NULL', q{timestamp '2024-01-01' + i * interval '3 hours'}, '@',
		q{date_trunc('month', @) = '2024-03-01'}, q{date_trunc('month', @)} ],
	range => [ 'r timestamp NOT NULL', q{timestamp '2024-01-01' + i * interval '3 hours'}, '@',
		q{@::date >= '2024-03-05' AND @::date <= '2024-03-07'}, '(@::date)' ],
	plus => [ 'p int NOT NULL', 'i', '@', '@ + 1 = 6', '(@ + 1)' ],
	cast => [ 'b int NOT NULL', 'i', '@', '@::bigint = 6', '(@::bigint)' ],
	null => [ 'n int', 'CASE WHEN i % 7 > 0 THEN i END', '(COALESCE(@, 0))', '@ = 6', '@' ],
	token => [ 'u uuid NOT NULL', q{md5(i::text)::uuid}, '@', q{@::text = 'e4da3b7f-bbce-2345-d777-2b0674a318d5'},
		'(@::text)' ],
	tags => [ 't text[] NOT NULL', q{ARRAY['t' || i, 'u']}, 'GIN @', q{'t5' = ANY (@)}, undef ],
	either => [ 'e timestamp NOT NULL', q{timestamp '2024-01-01' + i * interval '3 hours'}, '@',
		q{(@::date = '2024-03-05' OR @::date = '2024-04-05')}, '(@::date)' ],
	left => [ 'l text NOT NULL', q{'Z' || lpad(i::text, 5, '0')}, '@ text_pattern_ops', q{left(@, 6) = 'Z00005'},
		'left(@, 6)' ],
);
my %orders = (
	nulls => [ 'on_ timestamp NOT NULL', q{timestamp '2024-01-01' + i * 7919 % 3001 * interval '1 minute'},
		'@ DESC NULLS LAST', '@ DESC', '@' ],
	coalesce => [ 'oc int', 'CASE WHEN i % 7 > 0 THEN i * 7919 % 3001 + 1 END', '(COALESCE(@, 0)) DESC',
		'@ DESC NULLS LAST', '@ DESC NULLS LAST' ],
	zero => [ 'oz int NOT NULL', 'i * 7919 % 3001', '@', '@ + 0', '(@ + 0)' ],
	minus => [ 'om int NOT NULL', 'i * 7919 % 3001', '@', '-@', '(-@)' ],
	wide => [ 'ow int NOT NULL', 'i * 7919 % 3001', '@', '@::bigint DESC', '(@::bigint)' ],
);

# How tables and columns are called: a name as it is written.
my %styles = (
	plain => sub { $_[0] },
	quoted => sub {qq{"$_[0]"}},
	mixed => sub { qq{"} . ucfirst($_[0]) . 'Of"' },
	reserved => sub { { id => '"user"', c => '"order"', d => '"select"', n => '"group"' }->{ $_[0] } // qq{"$_[0] x"} },
	umlaut => sub {qq{"ä$_[0]ß"}},
);

# Shapes of a statement with a condition: %T the table, %W the condition, its columns behind a name or none, %i the key.
# What is written so is what an application sends: the last are of ActiveRecord, Django, Prisma, SQLAlchemy, Hibernate.
my %filter_shapes = (
	'bare' => [ 'SELECT %i FROM %T WHERE %W', '' ],
	'alias' => [ 'SELECT x.%i FROM %T x WHERE %W', 'x.' ],
	'a quoted alias' => [ 'SELECT "A b".%i FROM %T AS "A b" WHERE %W', '"A b".' ],
	'schema' => [ 'SELECT %i FROM public.%T WHERE %W', '' ],
	'first of several' => [ 'SELECT %i FROM %T WHERE %W AND %i > 0', '' ],
	'last of several' => [ 'SELECT %i FROM %T WHERE %i > 0 AND %i < 9000 AND %W', '' ],
	'brackets' => [ 'SELECT %i FROM %T WHERE ((%W)) AND (%i > 0)', '' ],
	'a parameter beside it' => [ 'SELECT %i FROM %T WHERE %i > $1 AND %W', '' ],
	'a named parameter' => [ 'SELECT %i FROM %T WHERE %i > :last AND %W', '' ],
	'lines and comments' => [ "select %i -- the key\nfrom %T /* all */\nwhere\n\t%W\norder by %i", '' ],
	'a CTE' => [ 'WITH f AS (SELECT * FROM %T WHERE %W) SELECT %i FROM f', '' ],
	'outside of a CTE' => [ 'WITH f AS (SELECT * FROM %T) SELECT f.%i FROM f WHERE %W', 'f.' ],
	'a CTE that is kept' => [ 'WITH f AS MATERIALIZED (SELECT %i FROM %T WHERE %W) SELECT %i FROM f', '' ],
	'a subquery' => [ 'SELECT s.%i FROM (SELECT %i FROM %T WHERE %W) s', '' ],
	'outside of a subquery' => [ 'SELECT s.%i FROM (SELECT * FROM %T WHERE %i > 0) AS s WHERE %W', 's.' ],
	'IN' => [ 'SELECT %i FROM %T WHERE %i IN (SELECT y.%i FROM %T y WHERE %W)', 'y.' ],
	'EXISTS' => [ 'SELECT x.%i FROM %T x WHERE %W AND EXISTS (SELECT FROM sink s WHERE s.id = x.%i)', 'x.' ],
	'a scalar' => [ 'SELECT (SELECT max(%i) FROM %T WHERE %W) AS %i', '' ],
	'a join' => [ 'SELECT x.%i FROM sink s JOIN %T x ON x.%i = s.id WHERE %W', 'x.' ],
	'ON of a join' => [ 'SELECT x.%i FROM sink s JOIN %T x ON x.%i = s.id AND %W', 'x.' ],
	'the kept side of an outer join' => [ 'SELECT x.%i FROM %T x LEFT JOIN sink s ON s.id = x.%i WHERE %W', 'x.' ],
	'a comma' => [ 'SELECT x.%i FROM sink s, %T x WHERE x.%i = s.id AND %W', 'x.' ],
	'arms of a UNION' => [ 'SELECT id AS %i FROM sink WHERE id < 3 UNION ALL SELECT %i FROM %T WHERE %W', '' ],
	'GROUP BY' => [ 'SELECT min(%i) AS %i FROM %T WHERE %W GROUP BY %i % 3', '' ],
	'HAVING' => [ 'SELECT max(%i) AS %i FROM %T WHERE %W HAVING count(*) > 0', '' ],
	'a lock' => [ 'SELECT %i FROM %T WHERE %W FOR UPDATE SKIP LOCKED', '' ],
	'UPDATE' => [ 'UPDATE %T SET %i = %i WHERE %W', '' ],
	'UPDATE with an alias' => [ 'UPDATE %T AS x SET %i = x.%i WHERE %W', 'x.' ],
	'UPDATE FROM' => [ 'UPDATE sink AS s SET id = s.id FROM %T x WHERE x.%i = s.id AND %W', 'x.' ],
	'DELETE' => [ 'DELETE FROM %T WHERE %W', '' ],
	'DELETE USING' => [ 'DELETE FROM sink s USING %T AS x WHERE x.%i = s.id AND %W', 'x.' ],
	'INSERT' => [ 'INSERT INTO sink (id) SELECT %i + 100000 FROM %T WHERE %W', '' ],
	'a writing CTE' => [ 'WITH f AS (SELECT %i FROM %T WHERE %W) INSERT INTO sink SELECT %i + 100000 FROM f', '' ],
	'ActiveRecord' => [ 'SELECT %T.* FROM %T WHERE %W ORDER BY %T.%i ASC LIMIT 21', '%T.' ],
	'Django' => [ 'SELECT %T.%i FROM %T WHERE (%W AND NOT (%T.%i = 0)) LIMIT 21', '%T.' ],
	'Prisma' => [ 'SELECT "public".%T.%i FROM "public".%T WHERE (%W AND 1=1) OFFSET 0', '%T.' ],
	'SQLAlchemy' => [ "SELECT a_1.%i AS %i \nFROM %T AS a_1 \nWHERE %W \n LIMIT 50", 'a_1.' ],
	'Hibernate' => [ 'select j_0.%i from %T j_0 where %W and j_0.%i>0 offset 0 rows fetch first 9 rows only', 'j_0.' ],
);
my %order_shapes = (
	'bare' => [ 'SELECT %i FROM %T ORDER BY %W LIMIT 7', '' ],
	'alias' => [ 'SELECT x.%i FROM %T x ORDER BY %W LIMIT 7', 'x.' ],
	'a condition' => [ 'SELECT %i FROM %T WHERE %i > 9 ORDER BY %W LIMIT 7', '' ],
	'a parameter' => [ 'SELECT %i FROM %T WHERE %i > $1 ORDER BY %W LIMIT 7 OFFSET 2', '' ],
	'a page' => [ 'SELECT %i FROM %T ORDER BY %W FETCH FIRST 7 ROWS ONLY', '' ],
	'the key behind it' => [ 'SELECT %i FROM %T ORDER BY %W, %i LIMIT 7', '', 'partly' ],
	'a subquery' => [ 'SELECT s.%i FROM (SELECT * FROM %T ORDER BY %W LIMIT 7) s', '' ],
	'outside of a subquery' => [ 'SELECT s.%i FROM (SELECT * FROM %T) AS s ORDER BY %W LIMIT 7', 's.' ],
	'a CTE' => [ 'WITH f AS (SELECT * FROM %T ORDER BY %W LIMIT 7) SELECT %i FROM f', '' ],
	'outside of a CTE' => [ 'WITH f AS (SELECT * FROM %T) SELECT %i FROM f ORDER BY %W LIMIT 7', '' ],
	'a join' => [ 'SELECT x.%i FROM %T x JOIN sink s ON s.id = x.%i ORDER BY %W LIMIT 7', 'x.' ],
	'an outer join' => [ 'SELECT x.%i FROM %T x LEFT JOIN sink s ON s.id = x.%i ORDER BY %W LIMIT 7', 'x.' ],
	'an arm of a UNION' => [ '(SELECT %i FROM %T ORDER BY %W LIMIT 7) UNION ALL SELECT 1', '' ],
	'a lock' => [ 'SELECT %i FROM %T ORDER BY %W LIMIT 7 FOR UPDATE', '' ],
	'a batch' => [ 'DELETE FROM %T WHERE %i = ANY (ARRAY(SELECT x.%i FROM %T x ORDER BY %W LIMIT 7))', 'x.' ],
	'LATERAL' => [ 'SELECT l.%i FROM sink s, LATERAL (SELECT x.%i FROM %T x ORDER BY %W LIMIT 1) l', 'x.' ],
	'ActiveRecord' => [ 'SELECT %T.* FROM %T ORDER BY %W LIMIT 7 OFFSET 0', '%T.' ],
	'Prisma' => [ 'SELECT "public".%T.%i FROM "public".%T WHERE 1=1 ORDER BY %W LIMIT 7 OFFSET 0', '%T.' ],
);
# What stands for the table: itself, partitioned, behind a view, behind a view that renames.
my @stores = qw(table parts view renamed);

my (%all, @setup, @cases);
$all{$_} = $filters{$_} for keys %filters;
$all{$_} = $orders{$_} for keys %orders;
push @setup, 'CREATE TABLE sink (id int PRIMARY KEY); INSERT INTO sink SELECT generate_series(1, 2000);';
for my $style (sort keys %styles) {
	my $name = $styles{$style};
	for my $kind (qw(near right)) {
		my $id = $name->('id');
		my (@columns, @values, @indexes);
		for my $key (sort keys %all) {
			my ($column, $value, @index) = @{ $all{$key} };
			my ($short, $type) = split / /, $column, 2;
			push @columns, $name->($short) . " $type";
			push @values, $value;
			my $index = $index[ $kind eq 'near' ? 0 : 2 ] // next;
			my $gin = $index =~ s/^GIN // ? 'USING gin ' : '';
			$index =~ s/\@/$name->($short)/ge;
			push @indexes, "$gin($index)";
		}
		for my $store (qw(table parts)) {
			my $table = $name->("${store}_${kind}_$style");
			push @setup, "CREATE TABLE $table ($id int PRIMARY KEY, " . join(', ', @columns) . ')'
				. ($store eq 'parts' ? " PARTITION BY RANGE ($id)" : '') . ';';
			for my $n ($store eq 'parts' ? (0, 1) : ()) {
				my ($part, $from) = ($name->("part${n}_${kind}_$style"), $n * $rows / 2 + 1);
				push @setup, "CREATE TABLE $part PARTITION OF $table FOR VALUES FROM ($from) TO ("
					. ($from + $rows / 2) . ');';
			}
			push @setup,
				"INSERT INTO $table SELECT i, " . join(', ', @values) . " FROM generate_series(1, $rows) AS i;";
			push @setup, map {"CREATE INDEX ON $table $_;"} @indexes;
			push @setup, "ANALYZE $table;";
		}
		my $table = $name->("table_${kind}_$style");
		push @setup, 'CREATE VIEW ' . $name->("view_${kind}_$style") . " AS SELECT * FROM $table;";
		push @setup, 'CREATE VIEW ' . $name->("renamed_${kind}_$style") . " AS SELECT $id AS " . $name->('idr') . ', '
			. join(', ', map { my ($s) = split / /, $all{$_}[0]; $name->($s) . ' AS ' . $name->("${s}r") }
				sort keys %all) . " FROM $table WHERE $id > 0;";
	}
}

sub statement {
	my ($style, $store, $kind, $shape, $key) = @_;
	my $name = $styles{$style};
	my ($text, $prefix) = @$shape;
	my ($column) = split / /, $all{$key}[0];
	my $behind = $store eq 'renamed' ? 'r' : '';
	my $condition = $all{$key}[3] =~ s/\@/$prefix . $name->("$column$behind")/ger;
	my ($table, $id) = ($name->("${store}_${kind}_$style"), $name->("id$behind"));
	return $text =~ s/%W/$condition/r =~ s/%T/$table/gr =~ s/%i/$id/gr;
}
for my $set ([ \%filters, \%filter_shapes ], [ \%orders, \%order_shapes ]) {
	my ($keys, $shapes) = @$set;
	for my $key (sort keys %$keys) {
		for my $shape (sort keys %$shapes) {
			my $store = $stores[ rand @stores ];
			my $writes = $shapes->{$shape}[0] =~ /^(?:UPDATE|DELETE|WITH.*INSERT)|FOR UPDATE/;
			$store = 'table' if $writes && $store =~ /view|renamed/;
			my $style = (sort keys %styles)[ rand keys %styles ];
			my %case = (title => "$key, $shape ($store, $style)", order => $keys == \%orders);
			$case{$_} = statement($style, $store, $_, $shapes->{$shape}, $key) for qw(near right);
			delete $case{right} unless $all{$key}[4];
			push @cases, \%case;
		}
	}
}
my $total = @cases;
@cases = map { $_->[1] } sort { $a->[0] <=> $b->[0] } map { [ rand, $_ ] } @cases;
$#cases = $wanted - 1 if $wanted ne 'all' && @cases > $wanted;

my $db = AuditDb->start(settings => [qw(fsync=off autovacuum=off)]);
$db->script(join "\n", @setup);

# The findings of index-identity of each statement; a statement of several lines is one.
sub judged {
	my (@statements) = @_;
	my (@found, @at, $line);
	$line = 1;
	for my $s (@statements) { push @at, $line; $line += 1 + ($s =~ tr/\n//) }
	my $report = $db->report(join('', map {"$_;\n"} @statements), '--budget', 3000);
	like($report->{looked}, qr/ 0 unparsed, .* 0 not planned, 0 not reached/, 'every statement is judged')
		or diag join "\n", map { $_->{message} } grep { $_->{rule} =~ /^sql-/ } @{ $report->{findings} };
	for my $f (grep { $_->{rule} =~ /^index-identity/ } @{ $report->{findings} }) {
		my ($n) = grep { $at[$_] <= $f->{line} } reverse 0 .. $#at;
		push @{ $found[$n] }, { %$f, line => $f->{line} - $at[$n] + 1, end_line => $f->{end_line} - $at[$n] + 1 };
	}
	return map { $_ // [] } @found[ 0 .. $#statements ];
}
# A query of what a statement gives.
sub rows_of {
	my ($case, $statement) = @_;
	my $order = $case->{order} ? '' : ' ORDER BY q::text';
	$statement =~ s/\$1|:last/3/g;
	return "SELECT md5(array_agg(q::text$order)::text) FROM ($statement) AS q;";
}

my @near = judged(map { $_->{near} } @cases);
my @right = judged(map { $_->{right} // 'SELECT id FROM sink WHERE id = 1' } @cases);
my (@missed, @false, @mended, @of);
for my $n (0 .. $#cases) {
	my ($sure) = grep { $_->{rule} eq 'index-identity' && $_->{fix} } @{ $near[$n] };
	push @false, "$cases[$n]{title}: $cases[$n]{right}\n  $_->{rewrite}"
		for grep { $_->{rule} eq 'index-identity' } @{ $right[$n] };
	if (!$sure) {
		push @missed, "$cases[$n]{title}: $cases[$n]{near}" . join '', map {"\n  $_->{rule}: " . ($_->{evidence} // '')}
			@{ $near[$n] };
		next;
	}
	push @mended, AuditDb::mended($cases[$n]{near}, $sure);
	push @of, $n;
}
note(scalar(@cases) . " of $total shapes, seed $seed; " . @of . ' found, ' . @false . ' false');
cmp_ok(@of / @cases, '>=', 0.95, 'the faults are found');
note("missed: $_") for @missed;
is(scalar @false, 0, 'nothing is said of the neighbours') or diag join "\n", @false;

# Reads give the same rows; of writes the condition is the same as that of a read.
my @reads = grep { $mended[$_] !~ /^\s*(?:UPDATE|DELETE|INSERT|WITH.*INSERT)/ } 0 .. $#mended;
my @same = $db->script(join '', map { my $n = $_;
	join('', map { rows_of($cases[ $of[$n] ], $_) } $cases[ $of[$n] ]{near}, $mended[$n]) } @reads);
my @other = grep { $same[ 2 * $_ ] ne $same[ 2 * $_ + 1 ] } 0 .. $#reads;
is(scalar @same, 2 * @reads, 'every rewrite runs');
is(scalar @other, 0, 'what is written gives the same rows')
	or diag join "\n", map {"$cases[$of[$reads[$_]]]{near}\n  $mended[$reads[$_]]"} @other;
my @again = judged(@mended);
my @left = grep { grep { $_->{rule} eq 'index-identity' } @{ $again[$_] } } 0 .. $#again;
is(scalar @left, 0, 'and is found no more') or diag join "\n", map {"$mended[$_]\n  $again[$_][0]{rewrite}"} @left;
done_testing;
