#!/usr/bin/perl
# Precision and recall of index-identity over mutants: real statements, each with the index that serves it, of which one
# thing is changed (expression, collation, predicate, NULLS placement, cast, function), alone and in joins. A mutant is
# labelled by running it: is the index still used with everything else off, and does the statement as it was give the
# rows of the mutant? Some stand in PL/pgSQL too: the same is said of them there.
# AUDIT_MUTANTS=N takes N of them (200 for the figures of docs/audit-sql.md); AUDIT_SEED another choice.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use JSON::XS;
use Test::More;

my ($wanted, $seed) = ($ENV{AUDIT_MUTANTS} // 30, $ENV{AUDIT_SEED} // 1);
srand $seed;
my $db = AuditDb->start(settings => ['fsync=off', 'timezone=Europe/Berlin']);
$db->script(<<'SQL');
CREATE TABLE base (id int PRIMARY KEY, score int, priority int NOT NULL, amount numeric(8, 2) NOT NULL,
	name text NOT NULL,
	mail text, state text NOT NULL, made timestamp NOT NULL, seen timestamptz, done boolean NOT NULL,
		doc jsonb NOT NULL,
	tags text[] NOT NULL, token uuid NOT NULL);
INSERT INTO base SELECT i, CASE WHEN i % 6 > 0 THEN i * 7919 % 2000 - 20 END, 1 + i * 31 % 900,
	(i * 131 % 90000) / 100.0,
	(ARRAY['Ada', 'ada', 'Bo ', 'Zoë'])[1 + i % 4] || i * 37 % 1500,
	CASE WHEN i % 9 > 0 THEN 'm' || i % 1400 || '@Example.org' END,
	(ARRAY['new', 'open', 'done', 'Open'])[1 + i % 4], timestamp '2024-01-01' + i * 31 % 4000 * interval '97 minutes',
	CASE WHEN i % 5 > 0 THEN timestamptz '2024-10-20 00:00+00' + i * 13 % 4000 * interval '7 minutes' END, i % 11 = 0,
	jsonb_build_object('n', i % 700, 'k', 'v' || i % 400), ARRAY['t' || i % 90, 'u' || i % 7], md5(i::text)::uuid
FROM generate_series(1, 4000) AS i;
CREATE TABLE few (k int PRIMARY KEY, f_low text, f_day date, f_no int, f_tag text);
INSERT INTO few SELECT i, lower((ARRAY['Ada', 'ada', 'Bo ', 'Zoë'])[1 + i % 4] || i * 37 % 1500),
	date '2024-01-01' + i, 1 + i * 31 % 900, 't' || i FROM generate_series(1, 20) AS i;
ANALYZE few;
SQL

# Index, the statement that it serves, and changes of it: [what is replaced, by what].
my @sources = (
	[ '(COALESCE(score, 0)) DESC', 'ORDER BY COALESCE(score, 0) DESC',
		[ 'COALESCE(score, 0) DESC', 'score DESC NULLS LAST' ],
		[ 'COALESCE(score, 0)', 'COALESCE(score, 0::bigint)' ], [ 'COALESCE(score, 0)', 'COALESCE(score, -100)' ],
		[ 'COALESCE(score, 0)', 'CASE WHEN score IS NULL THEN 0 ELSE score END' ], [ '0)', '1)' ] ],
	[ '(COALESCE(score, -100)) DESC', 'ORDER BY COALESCE(score, -100) DESC',
		[ 'COALESCE(score, -100) DESC', 'score DESC NULLS LAST' ],
		[ 'COALESCE(score, -100) DESC', 'score DESC' ] ],
	[ 'priority DESC NULLS LAST', 'ORDER BY priority DESC NULLS LAST', [ ' NULLS LAST', '' ],
		[ 'priority', 'priority + 0' ],
		[ 'priority', 'priority::bigint' ], [ 'priority DESC NULLS LAST', '-priority' ], [ 'priority',
			'priority::text' ] ],
	[ 'score', 'ORDER BY score', [ 'score', 'score NULLS FIRST' ], [ 'score', 'score IS NULL, score' ],
		[ 'score', 'score::numeric' ],
		[ 'score', 'abs(score)' ], [ 'score', 'COALESCE(score, 9999)' ] ],
	[ 'name', 'ORDER BY name', [ 'name', 'lower(name)' ], [ 'name', 'name COLLATE "C"' ],
		[ 'name', 'name COLLATE "und-x-icu"' ],
		[ 'name', q{name || ''} ], [ 'name', 'name::varchar' ] ],
	[ 'made', 'ORDER BY made DESC', [ 'made', 'made::date' ], [ 'made', q{date_trunc('minute', made)} ],
		[ 'made', q{made AT TIME ZONE 'UTC'} ],
		[ 'made DESC', 'made DESC NULLS LAST' ] ],
	[ 'state, made DESC NULLS LAST', q{WHERE state = 'open' ORDER BY made DESC NULLS LAST},
		[ ' NULLS LAST', '' ], [ 'state', 'lower(state)' ] ],
	[ 'lower(name)', q{WHERE lower(name) = 'ada37'}, [ 'lower(name)', 'upper(name)' ], [ 'lower(name)', 'name' ],
		[ q{lower(name) = 'ada37'}, q{name ILIKE 'ada37'} ], [ 'lower(name)', 'lower(trim(name))' ],
		[ q{'ada37'}, q{'ada37'::char(8)} ], [ 'lower(name)', 'low' ] ],
	[ 'low', q{WHERE low = 'ada37'}, [ 'low', 'lower(name)' ], [ 'low', 'upper(name)' ], [ 'low', 'name' ],
		[ q{low = 'ada37'}, q{lower(name) IN ('ada37')} ], [ 'low', 'low::varchar' ],
		[ 'low', q{lower(name) || ''} ] ],
	[ 'low DESC', 'ORDER BY low DESC', [ 'low', 'lower(name)' ], [ 'low', 'name' ],
		[ 'low DESC', 'lower(name) DESC NULLS LAST' ] ],
	[ 'lower(mail)', q{WHERE lower(mail) = 'm37@example.org'}, [ 'lower(mail)', q{COALESCE(lower(mail), '')} ],
		[ 'lower(mail)', 'mail' ] ],
	[ 'priority', 'WHERE priority = 45', [ '45', '45::numeric' ], [ 'priority = 45', q{priority::text = '45'} ],
		[ 'priority = 45', 'priority - 1 = 44' ],
		[ 'priority = 45', '-priority = -45' ], [ 'priority = 45', 'priority * 2 = 90' ],
		[ 'priority', 'COALESCE(priority, 0)' ],
		[ '= 45', 'IS NOT DISTINCT FROM 45' ], [ '45', '45.0' ] ],
	[ 'score', 'WHERE score = 45', [ 'score', 'COALESCE(score, 0)' ], [ 'score', 'COALESCE(score, 45)' ],
		[ 'score', 'abs(score)' ], [ '45', '45.0' ] ],
	[ 'made', q{WHERE made >= '2024-03-05' AND made < '2024-03-06'},
		[ q{made >= '2024-03-05' AND made < '2024-03-06'}, q{made::date = '2024-03-05'} ],
		[ q{made >= '2024-03-05' AND made < '2024-03-06'}, q{to_char(made, 'YYYY-MM-DD') = '2024-03-05'} ],
		[ q{made >= '2024-03-05' AND made < '2024-03-06'}, q{date_trunc('day', made) = '2024-03-05'} ],
		[ q{made >= '2024-03-05' AND made < '2024-03-06'}, q{made::date BETWEEN '2024-03-05' AND '2024-03-05'} ] ],
	[ 'seen', q{WHERE seen >= '2024-10-27 01:00+01' AND seen < '2024-10-27 02:00+01'},
		[ q{seen >= '2024-10-27 01:00+01' AND seen < '2024-10-27 02:00+01'},
			q{date_trunc('hour', seen) = '2024-10-27 01:00+01'} ],
		[ q{seen >= '2024-10-27 01:00+01' AND seen < '2024-10-27 02:00+01'},
			q{seen AT TIME ZONE 'UTC' BETWEEN '2024-10-27 00:00' AND '2024-10-27 00:59:59'} ] ],
	[ 'token', q{WHERE token = 'c4ca4238-a0b9-2382-0dcc-509a6f75849b'}, [ 'token', 'token::text' ],
		[ 'token', 'upper(token::text)' ] ],
	[ 'amount', 'WHERE amount = 6.55', [ 'amount', 'amount::float8' ], [ '6.55', '6.55::float8' ],
		[ 'amount', 'round(amount, 2)' ], [ 'amount = 6.55', 'amount + 1 = 7.55' ] ],
	[ 'GIN tags', q{WHERE tags @> ARRAY['t7']}, [ q{tags @> ARRAY['t7']}, q{'t7' = ANY (tags)} ],
		[ q{tags @> ARRAY['t7']}, q{tags[1] = 't7'} ] ],
	[ 'GIN doc', q{WHERE doc @> '{"k": "v7"}'}, [ q{doc @> '{"k": "v7"}'}, q{doc->>'k' = 'v7'} ],
		[ q{doc @> '{"k": "v7"}'}, q{doc->'k' = '"v7"'} ],
		[ q{doc @> '{"k": "v7"}'}, q{doc#>>'{k}' = 'v7'} ], [ q{doc @> '{"k": "v7"}'}, q{doc->>'k' LIKE 'v7'} ] ],
	[ q{(doc->>'k')}, q{WHERE doc->>'k' = 'v7'}, [ q{doc->>'k'}, q{doc#>>'{k}'} ],
		[ q{doc->>'k'}, q{lower(doc->>'k')} ] ],
	[ 'priority WHERE done', 'WHERE done ORDER BY priority', [ 'WHERE done', 'WHERE done IS TRUE' ],
		[ 'WHERE done', 'WHERE COALESCE(done, false)' ],
		[ 'WHERE done', 'WHERE NOT done' ] ],
	[ q{priority WHERE state = 'open'}, q{WHERE state = 'open' ORDER BY priority},
		[ q{state = 'open'}, q{lower(state) = 'open'} ],
		[ q{state = 'open'}, q{state IN ('open')} ], [ q{state = 'open'}, q{state <> 'new'} ],
		[ q{state = 'open'}, q{state::varchar = 'open'} ] ],
	[ 'lower(name)', 'JOIN few ON lower(name) = f_low', [ 'lower(name)', 'upper(name)' ], [ 'lower(name)', 'low' ],
		[ 'lower(name)', 'lower(trim(name))' ], [ 'lower(name)', 'name' ],
		[ 'lower(name) = f_low', 'COALESCE(lower(name) = f_low, false)' ] ],
	[ 'low', 'JOIN few ON low = f_low', [ 'low', 'lower(name)' ], [ 'low', 'name' ], [ '= f_low', '= upper(f_low)' ] ],
	[ 'made', 'JOIN few ON made >= f_day AND made < f_day + 1',
		[ 'made >= f_day AND made < f_day + 1', 'made::date = f_day' ],
		[ 'made >= f_day AND made < f_day + 1', q{date_trunc('day', made) = f_day} ],
		[ 'made >= f_day AND made < f_day + 1', '(made::date, done) = (f_day, false)' ] ],
	[ 'priority', 'JOIN few ON priority = f_no', [ 'priority', 'priority::bigint' ],
		[ 'priority', 'priority::text::int' ],
		[ 'priority', 'COALESCE(priority, 0)' ], [ 'priority', 'priority - 1' ] ],
	[ 'GIN tags', 'JOIN few ON tags @> ARRAY[f_tag]', [ 'tags @> ARRAY[f_tag]', 'f_tag = ANY (tags)' ],
		[ 'tags @> ARRAY[f_tag]', 'tags[1] = f_tag' ] ],
	[ 'made WHERE priority >= 800', 'WHERE priority >= 800 ORDER BY made', [ '>= 800', '> 799' ],
		[ '>= 800', '> 798' ], [ '>= 800', '>= 800.0' ] ],
);

my (@mutants, @setup);
for my $i (0 .. $#sources) {
	my ($index, $statement, @changes) = @{ $sources[$i] };
	my ($gin, $keys, $predicate) = $index =~ /^(GIN )?(.*?)(?: WHERE (.*))?$/;
	push @setup, "CREATE TABLE t$i (LIKE base INCLUDING ALL); INSERT INTO t$i TABLE base;"
		. " ALTER TABLE t$i ADD low text GENERATED ALWAYS AS (lower(name)) STORED; CREATE INDEX t${i}_x ON t$i "
		. ($gin ? 'USING gin ' : '') . "($keys)" . ($predicate ? " WHERE $predicate" : '') . "; ANALYZE t$i;";
	for my $extra ('', ' AND id > 0', ' AND id < 3500', ' AND amount >= 0') {
		next if $extra && $statement !~ /^(?:WHERE|JOIN)/;
		for my $change (@changes) {
			my ($from, $to) = @$change;
			my $at = index $statement, $from;
			die "$statement: no $from" if $at < 0;
			my $mutant = $statement;
			substr $mutant, $at, length $from, $to;
			s/(?= ORDER BY|$)/$extra/ for my ($old, $new) = ($statement, $mutant);
			my $limit = $statement =~ /ORDER BY/ ? ' LIMIT 20' : '';
			push @mutants, { table => "t$i", old => "$old$limit", new => "$new$limit" };
		}
	}
	next if $statement !~ /ORDER BY/;
	push @mutants, map { my $n = $_; map { { table => "t$i", old => "$statement LIMIT $n",
		new => $statement =~ s/\Q$_->[0]\E/$_->[1]/r . " LIMIT $n" } } @changes } 5, 90;
}
my @chosen = map { $_->[1] } sort { $a->[0] <=> $b->[0] } map { [ rand, $_ ] } @mutants;
$#chosen = $wanted - 1 if @chosen > $wanted;
$db->script(join "\n", @setup);

# A query: whether the statement gives the rows of the mutant; of an ORDER BY the same ranks, so that ties may stand
# in any order.
sub same_rows {
	my ($m, $statement) = @_;
	my ($where, $order, $limit) = $m->{new} =~ /^SELECT id FROM \w+(.*?)(?: ORDER BY (.*) LIMIT (\d+))?$/;
	return $order
		? "WITH k AS (SELECT id, dense_rank() OVER (ORDER BY $order) AS r FROM $m->{table}$where),"
			. " n AS (SELECT row_number() OVER () AS n, id FROM ($statement) AS q)"
			. " SELECT ARRAY(SELECT r FROM k ORDER BY r LIMIT $limit)"
			. ' = ARRAY(SELECT k.r FROM n JOIN k USING (id) ORDER BY n)'
		: 'SELECT ' . join ' = ', map {"ARRAY(SELECT id FROM ($_) AS q ORDER BY id)"} $statement, $m->{new};
}

# Labels: whether the index serves the mutant, and whether the statement as it was gives its rows.
my $off = join '', map {"SET enable_$_ = off;"} qw(sort incremental_sort seqscan hashjoin mergejoin material hashagg);
for my $m (@chosen) { $m->{$_} = "SELECT id FROM $m->{table} $m->{$_}" for qw(old new) }
my $explain = join '', map {"EXPLAIN $_->{new};\n\\echo -- end\n"} @chosen;
my @plans = split /^-- end$/m, join "\n", $db->script("$off\n$explain");
is(scalar @plans, scalar @chosen, 'each has a plan');
for my $m (@chosen) {
	my $plan = shift @plans;
	$m->{served} = $plan =~ /$m->{table}_x/ && $plan !~ /\bSort\b/ && ($plan =~ /Index Cond/
		|| $m->{new} =~ /ORDER BY/);
}
my @same = $db->script(join '', map { same_rows($_, $_->{old}) . ";\n" } @chosen);
$_->{same} = shift(@same) eq 't' for @chosen;
my $report = $db->report(join('', map {"$_->{new};\n"} @chosen), '--budget', 3000);
push @{ $chosen[ $_->{line} - 1 ]{found} }, grep { $_->{rule} =~ /^index-identity/ } $_ for @{ $report->{findings} };

my @sure = map { my ($first) = grep { $_->{rule} eq 'index-identity' } @{ $_->{found} }; $first } @chosen;
# a rewrite is right when it gives the rows of the mutant
my @offered = grep { $sure[$_] } 0 .. $#chosen;
my @right = $db->script(join '', map { same_rows($chosen[$_],
	AuditDb::mended($chosen[$_]{new}, { %{ $sure[$_] }, line => 1, end_line => 1 })) . ";\n" } @offered);
my @wrong = map { my ($f, $m) = ($sure[ $offered[$_] ], $chosen[ $offered[$_] ]);
	"$f->{level}: $m->{new}\n  $f->{rewrite}\n  $f->{evidence}" }
	grep { $right[$_] ne 't' } 0 .. $#offered;
my @near = grep { !$chosen[$_]{served} && $chosen[$_]{same} } 0 .. $#chosen;
my ($offered, $near, $hit) = (scalar @offered, scalar @near, scalar grep { $sure[$_] } @near);
my $right = $offered - @wrong;
note(sprintf '%d of %d mutants, seed %d', scalar @chosen, scalar @mutants, $seed);
note(sprintf '%d rewrites offered, %d right (precision %.1f %%)', $offered, $right, 100 * $right / ($offered || 1));
note(sprintf '%d near misses with the same rows, %d found (recall %.1f %%)', $near, $hit, 100 * $hit / ($near || 1));
cmp_ok($offered, '>', $wanted / 8, 'rewrites are offered');
is(scalar @wrong, 0, 'no rewrite that is called proved or checked changes rows') or diag join "\n", @wrong;
cmp_ok($hit, '>=', 0.7 * $near, 'most near misses that keep the rows are found');
# The same in PL/pgSQL, of a body with a line of its own for each.
my @code = @chosen[ 0 .. ($#chosen < 11 ? $#chosen : 11) ];
$db->script("CREATE FUNCTION body() RETURNS void LANGUAGE plpgsql AS \$x\$ BEGIN\n"
		. join("\n", map {"PERFORM count(*) FROM ($_->{new}) AS q;"} @code) . "\nEND \$x\$;");
my ($status, $out) = $db->audit('--statements', 'code', '--json', '--notes', '--min-rows', 0, '--budget', 3000);
my $in_code = eval { decode_json($out) } // die "no report ($status): $out";
my %said;
push @{ $said{ $_->{line} } }, $_->{rewrite} for grep { $_->{rule} eq 'index-identity' } @{ $in_code->{findings} };
is_deeply([ map {@$_} map { $said{$_} } sort { $a <=> $b } keys %said ],
	[ map { map { $_->{rewrite} } grep { $_->{rule} eq 'index-identity' } @{ $_->{found} // [] } } @code ],
	'in PL/pgSQL the same is said of the first ' . @code);
note("not offered: $chosen[$_]{new}") for grep { !$sure[$_] } @near;
done_testing;
