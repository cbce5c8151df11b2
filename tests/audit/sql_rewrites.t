#!/usr/bin/perl
# Soundness of index-identity: a rewrite that is called proved or checked gives the rows of the statement as it was,
# over random data with NULL, 0, negatives, ties, the hour that the end of summer time repeats, '_', 'Ä', blanks, outer
# joins, groups, empty tables. Both are run and compared. AUDIT_SEEDS=N plays N worlds instead of one,
# AUDIT_WORLD=N begins with the Nth.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use Test::More;

my $db = AuditDb->start(settings => ['fsync=off', 'timezone=Europe/Berlin']);
$db->sql('CREATE EXTENSION pg_trgm');

# Each paragraph of the data: indexes, each on a table of its own; orders and conditions, tried on every table of it.
my @groups = ({});
while (my $line = <DATA>) {
	chomp $line;
	my ($kind, $text) = $line =~ /^(index|order|condition|where|extreme) ?(.*)/;
	if ($kind) { push @{ $groups[-1]{$kind} }, $text }
	else { push @groups, {} }
}

# What makes worlds differ: values of a, spellings of x, times.
my @values = (
	{   a => '1 + (random() * 40)::int', wild => 'false', scale => 0,
		x => q{(ARRAY['ab','cd','e_','f'])[1 + (random() * 3)::int]} },
	{   a => '(random() * 9)::int - 3', wild => 'true', scale => 1,
		x => q{(ARRAY['Ab','aB','ab','Ä','ä','A_',' Ab','','ß','SS'])[1 + (random() * 9)::int]} },
	{ a => '(random() * 30)::int', x => q{'k' || (random() * 90)::int}, wild => 'false', scale => 0 },
	{   a => '(ARRAY[0, 3, 4, -3])[1 + (random() * 3)::int]', wild => 'true', scale => 1,
		x => q{(ARRAY['Ab','Ä','x%','_'])[1 + (random() * 3)::int]} },
);
sub fill {
	my ($table, $world, $rows) = @_;
	my $v = $values[ $world % @values ];
	my $null = $world % 3 ? 'random() < 0.15' : 'false';
	my $time = $v->{scale}
		? q{timestamptz '2024-10-27 00:00+00' + (random() * 12)::int * interval '15 minutes'}
		: q{timestamptz '2024-08-01 00:00+00' + (random() * 9000)::int * interval '37 minutes'};
	return <<"SQL";
CREATE TABLE $table (id int PRIMARY KEY, a int, b int NOT NULL, x text, ts timestamp, tz timestamptz, d date, f boolean,
	g text[], j jsonb, u uuid, ip inet, n numeric, e mood, c char(4));
INSERT INTO $table SELECT i, CASE WHEN NOT $null THEN $v->{a} END, (random() * 4)::int,
	CASE WHEN NOT $null THEN $v->{x} END,
	CASE WHEN NOT $null THEN ($time)::timestamp END, CASE WHEN NOT $null THEN $time END,
	CASE WHEN NOT $null THEN ($time)::date END, CASE WHEN NOT $null THEN random() < 0.5 END,
	CASE WHEN NOT $null THEN ARRAY['t' || (random() * 4)::int, NULL, 't' || (random() * 4)::int] END,
	jsonb_build_object('k', 'v' || (random() * 3)::int, 'n', CASE WHEN random() < 0.5 THEN to_jsonb((random() * 9)::int)
		ELSE to_jsonb((random() * 9)::int::text) END),
	('00000000-0000-0000-0000-0000000000' || lpad(to_hex((random() * 20)::int), 2, '0'))::uuid,
	('10.0.0.' || (random() * 9)::int || CASE WHEN $v->{wild} AND random() < 0.3 THEN '/24' ELSE '' END)::inet,
	CASE WHEN NOT $null THEN (random() * 5)::numeric(4, $v->{scale}) END,
	(ARRAY['two', 'one', 'ten'])[1 + (random() * 2)::int]::mood,
	(ARRAY['ab', 'AB', 'abc', 'b'])[1 + (random() * 3)::int]
FROM generate_series(1, $rows) AS i;
SQL
}

my (@statements, @setup);
my $tables = 0;
sub statement { push @statements, {@_}; return }

# A table with the index; the statements that are tried on it.
sub play {
	my ($group, $index, $world, $n) = @_;
	my $t = 't' . ++$tables;
	my $rows = $world % 7 == 6 && $n % 3 == 0 ? 0 : 150 + 40 * ($n % 5);
	my ($method, $keys) = $index =~ /^GIN: (.*)/ ? ('gin', $1) : ('btree', $index);
	my ($list, $predicate) = split / WHERE /, $keys, 2;
	push @setup, fill($t, $world, $rows), "CREATE INDEX ${t}_x ON $t USING $method ($list)"
		. ($predicate ? " WHERE $predicate" : '') . ";\nANALYZE $t;";
	push @setup, "ALTER TABLE $t ADD CHECK (a > 0) NOT VALID;" if $world % 4 == 0;
	push @setup, "ALTER TABLE $t ALTER a SET NOT NULL, ALTER ts SET NOT NULL;" if $world % 3 == 0;
	my $from = $n % 4 == 3 ? "(VALUES (1), (3), (500), (501), (7)) AS o (k) LEFT JOIN $t ON $t.id = o.k" : $t;
	my $id = $from eq $t ? 'id' : 'o.k';
	for my $order (@{ $group->{order} }) {
		for my $where (@{ $group->{where} }) {
			my $filter = $where ? " WHERE $where" : '';
			$filter = " WHERE a = 4" if $predicate && $n % 2;
			statement(id => $id, from => $from, filter => $filter, order => $order,
				text => "SELECT $id AS id FROM $from$filter ORDER BY $order LIMIT 20");
		}
	}
	my ($other, $either) = ('', $n);
	for my $condition (@{ $group->{condition} }) {
		statement(text => "SELECT $id AS id FROM $from WHERE $condition");
		# an OR with the one before it, and both bounds where it is one
		statement(text => "SELECT $id AS id FROM $from WHERE $other OR ($condition)") if $other && ++$either % 3 == 0;
		statement(text => "SELECT $id AS id FROM $from WHERE $condition AND " . $condition =~ tr/<>/></r)
			if $condition =~ /^[^<>]+ [<>]=? [^<>]+$/;
		$other = $condition;
		statement(text => "SELECT $id AS id FROM $from WHERE $condition ORDER BY b", unordered => 1) if $predicate;
	}
	statement(text => "SELECT $_ AS id FROM $from" . ($n % 3 ? '' : ' WHERE b > 1')) for @{ $group->{extreme} };
	my $inner = "(SELECT id AS v, a AS q, x AS y FROM $t WHERE b < 3) s";
	statement(text => "SELECT s.v AS id FROM $inner ORDER BY s.q DESC NULLS LAST LIMIT 9",
		id => 'id', from => $t, filter => ' WHERE b < 3', order => 'a DESC NULLS LAST', limit => 9);
	statement(text => "SELECT min(id) AS id FROM $t GROUP BY ROLLUP (b) ORDER BY b DESC NULLS LAST LIMIT 3", skip => 1);
	return;
}

my $seeds = $ENV{AUDIT_SEEDS} // 1;
my $first = $ENV{AUDIT_WORLD} // 0;
for my $world ($first .. $first + $seeds - 1) {
	for my $group (@groups) {
		my $n = 0;
		play($group, $_, $world * 5 + $n, $n++ + $world) for @{ $group->{index} };
	}
}
my $random = 0.42 + $first / 1000;
$db->script("CREATE TYPE mood AS ENUM ('two', 'one', 'ten'); SELECT setseed($random);\n" . join "\n", @setup);

my $text = join '', map {"$_->{text};\n"} @statements;
my $report = $db->report($text, '--budget', 3000);
unlike($report->{looked}, qr/[1-9]\d* not reached/, 'every statement is looked at');
my @sure = grep { ($_->{level} // '') =~ /^(?:proved|checked)$/ && $_->{fix} } @{ $report->{findings} };
my %level;
$level{ $_->{level} // 'none' }++ for grep { $_->{rule} =~ /^index-identity/ } @{ $report->{findings} };
note(scalar(@statements) . " statements on $tables tables; " . join ', ', map {"$level{$_} $_"} sort keys %level);
cmp_ok(scalar @sure, '>', 60 * $seeds, 'many rewrites are called proved or checked: ' . scalar @sure);

my @checks;
for my $finding (@sure) {
	my $s = $statements[ $finding->{line} - 1 ];
	my %one = (%$finding, line => 1, end_line => $finding->{end_line} - $finding->{line} + 1);
	my $new = AuditDb::mended($s->{text}, \%one);
	if ($s->{order}) {
		my $limit = $s->{limit} // 20;
		push @checks, "WITH k AS (SELECT $s->{id} AS id, dense_rank() OVER (ORDER BY $s->{order}) AS r"
			. " FROM $s->{from}$s->{filter}), n AS (SELECT row_number() OVER () AS n, id FROM ($new) AS q)"
			. " SELECT ARRAY(SELECT r FROM k ORDER BY r LIMIT $limit)"
			. " = ARRAY(SELECT k.r FROM n JOIN k USING (id) ORDER BY n)";
	} else {
		push @checks, "SELECT " . join ' = ', map {"ARRAY(SELECT id FROM ($_) AS q ORDER BY id)"} $s->{text}, $new;
	}
}
my @answers = $db->script(join '', map {"$_;\n"} @checks);
is(scalar @answers, scalar @checks, 'every rewrite could be run');
my @wrong = grep { $answers[$_] ne 't' } 0 .. $#answers;
is(scalar @wrong, 0, 'no rewrite that is called proved or checked changes rows');
for (@wrong[ 0 .. ($#wrong < 9 ? $#wrong : 9) ]) {
	my $f = $sure[$_];
	diag("$f->{level}: $statements[$f->{line} - 1]{text}\n  $f->{object}: $f->{rewrite}\n  $f->{evidence}");
}
done_testing;
__DATA__
index (COALESCE(a, 0)) DESC
index (COALESCE(a, 0))
index (COALESCE(a, -1)) DESC
index (COALESCE(a, 99))
index a
index a DESC NULLS LAST
index (-a)
index (CASE WHEN a IS NULL THEN 0 ELSE a END)
index b, a NULLS FIRST
index b, (COALESCE(a, 0)) DESC
index a, b
index (a + 1)
index (abs(a))
order a DESC NULLS LAST
order a
order a NULLS FIRST
order a DESC
order COALESCE(a, 0) DESC
order COALESCE(a, 5)
order -a
order a + 0
order a IS NULL, a
order a IS NOT NULL, a DESC
order abs(a)
order a DESC NULLS LAST, b
order COALESCE(a, 0::bigint)
condition COALESCE(a, 0) = 3
condition COALESCE(a, 0) = 0
condition COALESCE(a, 0) > 3
condition a + 1 = 4
condition a - 2 <= 1
condition 3 = a + 1
condition a = 3::numeric
condition a = 3.5::numeric
condition a IS NOT DISTINCT FROM 3
condition -a = -3
condition abs(a) = 3
condition a IN (1, 3)
condition a BETWEEN 2 AND 5
condition a + 1 BETWEEN 2 AND 5
condition COALESCE(a, 0) BETWEEN 0 AND 4
condition a::text BETWEEN '1' AND '3'
condition a * 2 = 6
condition a * 2 <= 6
condition a * 2 > 5
condition 10 - a < 5
condition 10 - a = 7
condition a = 3.0
condition a < 3.0
condition a::text = ANY ('{3,4}')
condition a::text IN ('3', '-1')
condition GREATEST(a, 0) = 3
condition COALESCE(a, 0) IN (0, 3)
condition a <@ int4range(1, 4)
condition a <@ int4range(-1, 3, '(]')
condition int4range(0, 3) @> a
condition a > 2 OR (a = 2 AND b > 1)
condition (b <= 2 AND a = 3) OR a < 3
condition to_timestamp(a) < timestamptz '1970-01-01 00:00:03+00'
condition to_timestamp(a) >= '1970-01-01 00:00:02.5+00'
condition to_timestamp(a) > '1970-01-01 00:00:02.5+00'
condition to_timestamp(a) <= '1970-01-01 00:00:03+00'
extreme max(a)
extreme min(a)
extreme max(a + 0)
extreme min(COALESCE(a, 0))
extreme max(-a)
extreme min(abs(a))
condition a::text = '3'
condition a::text = '03'
condition a < 3.5
condition a >= -2.25
condition a::numeric > 3.5
condition a <= -0.5
condition a / 2 = 1
condition a / 2 = -1
condition a / 3 = 0
condition abs(a) < 3
condition abs(a) <= 3
condition a * -1 < -2
condition a * -2 = 6
condition (a = 3) IS TRUE
condition COALESCE(a < 3, false)
condition CASE WHEN a = 3 THEN true ELSE false END
condition NOT (a + 1 <> 4)
condition NOT a + 1 > 4
condition (a + 1, b) = (4, 2)
condition ROW(COALESCE(a, 0)) = ROW(3)
condition a IS NULL OR a = 0
extreme max(a::bigint)
extreme min(a::numeric)
where 
where b = 2
where a IS NOT NULL
where a > 0

index x
index lower(x)
index upper(x)
index x DESC NULLS LAST
index x COLLATE "C"
index (COALESCE(x, ''))
index trim(x)
index md5(x)
index GIN: x gin_trgm_ops
index x text_pattern_ops
index (x || '')
index lower(x) text_pattern_ops
index reverse(x) text_pattern_ops
order x
order lower(x)
order upper(x)
order x COLLATE "C"
order x DESC NULLS LAST
order lower(trim(x))
order COALESCE(x, '')
order x || ''
order x COLLATE "und-x-icu"
order length(x), x
condition lower(x) = 'ab'
condition upper(x) = 'AB'
condition x ILIKE 'ab'
condition x ILIKE 'a_'
condition lower(x) LIKE '%b%'
condition lower(x) LIKE '%B%'
condition x ILIKE '%b%'
condition trim(x) = 'Ab'
condition left(x, 1) = 'A'
condition left(x, 2) = 'A_'
condition substr(x, 1, 2) = 'Ab'
condition left(x, 2) = 'A'
condition x ILIKE 'a%'
condition x LIKE '%b'
condition x LIKE '%\_'
condition upper(x) LIKE 'A%'
condition position('A' IN x) = 1
condition position('_' IN x) = 1
condition strpos(x, 'Ab') = 1
condition position('b' IN x) = 2
condition position('b' IN x) > 0
condition strpos(x, '_') >= 1
condition right(x, 1) = 'b'
condition right(x, 1) = '_'
condition right(x, 2) = 'Ä'
condition starts_with(x, 'A')
condition x ^@ '_'
condition regexp_like(x, 'b$')
condition lower(x) ~ 'b'
extreme max(x)
extreme min(lower(x))
extreme max(trim(x))
condition x ILIKE 'Ä%'
condition x ~* '^ab$'
condition x ~* '^ä'
condition upper(x) = upper('ab')
condition upper(x) IN ('AB', 'Ä')
condition upper(x) = ANY (ARRAY['AB', 'SS'])
condition x = 'Ab' COLLATE "C"
condition x COLLATE "und-x-icu" = 'Ab'
condition x BETWEEN 'A' AND 'b'
condition lower(x) BETWEEN 'a' AND 'b'
condition x LIKE 'Ab%'
condition lower(x) = 'ä'
condition upper(x) = 'Ä'
condition COALESCE(x, '') = ''
condition COALESCE(x, 'Ab') = 'Ab'
condition x || '' = 'Ab'
condition lower(x) = 'AB'
condition lower(x) IN ('ab', 'ä')
condition x = 'Ab'::varchar
condition x::varchar(2) = 'Ab'
condition md5(x) = md5('Ab')
where 
where x IS NOT NULL

index ts
index tz
index d
index date_trunc('day', ts)
index (ts::date)
index extract(year FROM ts)
index ts DESC NULLS LAST
index date_trunc('month', ts)
index (tz AT TIME ZONE 'Europe/Berlin')
index (tz AT TIME ZONE 'UTC')
index (COALESCE(tz, 'infinity'))
order ts::date
order date_trunc('day', ts)
order tz AT TIME ZONE 'Europe/Berlin'
order tz AT TIME ZONE 'UTC'
order tz
order tz::date
order ts
order ts DESC
order date_part('year', ts)
order d::timestamp
order date_part('epoch', ts)
order date(ts)
order tz::timestamp
condition ts::date = '2024-10-27'
condition tz::date = '2024-10-27'
condition date(tz) >= '2024-10-27'
condition ts::date <= '2024-10-27'
condition ts::date > '2024-10-26'
condition extract(year FROM ts) = 2024
condition extract(year FROM tz) = 2024
condition date_part('year', ts) < 2024
condition date_trunc('month', ts) = '2024-10-01'
condition date_trunc('month', ts) = '2024-10-02'
condition date_trunc('day', tz) = '2024-10-27'
condition date_trunc('hour', tz) = '2024-10-27 02:00'
condition date_trunc('hour', ts) = '2024-10-27 02:00'
condition date_trunc('hour', ts) > '2024-10-27 01:00'
condition date_trunc('week', ts) <= '2024-10-21'
condition date_trunc('month', ts) = timestamptz '2024-10-01 00:00+00'
condition date_trunc('day', d) = '2024-10-27'
condition ts::date BETWEEN '2024-10-26' AND '2024-10-27'
condition tz::date BETWEEN '2024-10-26' AND '2024-10-27'
condition ts::date = timestamptz '2024-10-27 00:00+00'
condition ts::date >= timestamptz '2024-10-26 12:00+00'
condition to_char(ts, 'YYYY-MM') = '2024-10'
condition to_char(tz, 'YYYY-MM-DD') = '2024-10-27'
condition to_char(tz AT TIME ZONE 'UTC', 'YYYY-MM-DD') = '2024-10-27'
condition extract(epoch FROM ts) > 1730000000
condition extract(epoch FROM tz) <= 1729990000
condition (tz AT TIME ZONE 'Europe/Berlin')::date = '2024-10-27'
condition (tz AT TIME ZONE 'UTC')::date > '2024-10-26'
condition date_trunc('hour', tz AT TIME ZONE 'Europe/Berlin') = '2024-10-27 02:00'
condition tz AT TIME ZONE 'Europe/Berlin' >= '2024-10-27 02:30'
condition ts AT TIME ZONE 'Europe/Berlin' < '2024-10-27 02:30+01'
condition extract(year FROM tz AT TIME ZONE 'UTC') = 2024
condition timestamp '2024-10-28' - ts < '1 day'
condition ts + interval '1 hour' > timestamptz '2024-10-27 01:30+00'
condition tz + interval '1 hour' > timestamp '2024-10-27 03:30'
condition ts + interval '1 hour' > '2024-10-27 02:30'
condition ts + interval '1 day' > '2024-10-27'
condition tz + interval '1 day' > '2024-10-28 02:30'
condition ts - interval '1 month' = '2024-09-30'
condition d::text = '2024-10-27'
condition d::text LIKE '2024-10%'
condition ts::text LIKE '2024-10-27%'
condition ts::text LIKE '2024-10-27 02:%'
condition tz::text LIKE '2024-10-27%'
condition date_trunc('week', ts)::date = '2024-10-21'
condition date_trunc('month', tz)::date <= '2024-10-01'
condition tz AT TIME ZONE 'Europe/Berlin' = '2024-10-27 02:30'
condition d + 1 = '2024-10-28'
condition d <@ daterange('2024-10-01', '2024-10-27', '(]')
condition tz <@ tstzrange('2024-10-27 00:00+00', '2024-10-27 01:00+00')
condition ts <@ tsrange('2024-10-27 00:00', '2024-10-27 02:30', '[]')
condition tz - interval '2 hours' < '2024-10-27 02:30'
where 
where ts IS NOT NULL
where tz < '2024-10-28'

index f, b
index b WHERE f
index b WHERE f IS TRUE
index b WHERE NOT f
index b WHERE a >= 3
index b WHERE a > 0
index b WHERE lower(x) = x
index b WHERE mod(a, 2) = 0
index b WHERE x <> ''
index b WHERE a IS NOT NULL
index b WHERE COALESCE(f, true)
index b WHERE b IS NOT NULL
index f WHERE b IS NOT NULL AND c IS NOT NULL
order b
order b DESC
condition f
condition f IS TRUE
condition COALESCE(f, false)
condition COALESCE(f, true)
condition NOT f
condition f = true
condition a > 2
condition a > 3
condition a = 4
condition a = 3
condition a IN (4, 2)
condition x = 'ab'
condition x = 'Ab'
condition COALESCE(x, '') <> ''
condition COALESCE(a, 0) > 2
condition a < 3 OR a > 3
condition f IS NOT FALSE
condition x > 'A'
condition CASE WHEN f THEN true END
condition f IS NOT DISTINCT FROM true
condition COALESCE(a, -9) = -9
condition a::text = '4'
where 

index GIN: g
index GIN: j
index GIN: j jsonb_path_ops
index (j->>'k')
index u
index ip
index (n::int)
index n
index e
index (u::text)
index c
index ((j->>'n')::int)
order j#>>'{k}'
order j->>'k'
order (j->>'n')::int
order u::text
order ip
order host(ip)
order n
order n::int
order round(n)
order e
order e::text
order c
order c::text
condition 't2' = ANY (g)
condition j->>'k' = 'v1'
condition j#>>'{k}' = 'v1'
condition j->>'n' = '5'
condition j->'k' = '"v1"'
condition (j->>'n')::numeric = 5
condition (j->>'n')::int IN (5, 7)
condition j->>'n' IN ('5', '7')
condition u::text IN ('00000000-0000-0000-0000-00000000000a')
condition n BETWEEN 1 AND 3.0
condition n::text = '3'
condition ip::text = ANY (ARRAY['10.0.0.3/32', '10.0.0.4/32'])
condition e::text BETWEEN 'o' AND 'u'
condition left(c, 2) = 'ab'
condition u::text = '00000000-0000-0000-0000-00000000000a'
condition u::text = '00000000-0000-0000-0000-00000000000A'
condition host(ip) = '10.0.0.3'
condition ip::text = '10.0.0.3/32'
condition n::int = 3
condition n = 3::float8
condition n + 0.1 = 3.1
condition e::text = 'two'
condition c = 'ab'
condition c::text = 'ab'
condition round(n) = 3
condition (j->>'n')::int = 5
condition j @> '{"k": "v1"}'
condition j @> '{"n": "5"}'
condition jsonb_contains(j, '{"k": "v1"}')
condition jsonb_exists(j, 'n')
condition j->'n' = '5'
condition j->'n' = '"5"'
condition j['k'] = '"v1"'
condition arraycontains(g, ARRAY['t2'])
condition array_position(g, 't2') IS NOT NULL
condition 't2' IN (SELECT unnest(g))
condition floor(n) = 3
condition ceil(n) = 1
condition trunc(n) = 0
condition n::int = 0
condition abs(n) < 2
where 
