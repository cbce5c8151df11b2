#!/usr/bin/perl
# One near miss and one sound statement of each kind, every one with an index and a table of its own:
# label || index || statement, where T is the table; a line that begins with a tab continues.
# The audit warns of each "miss"; what it writes is executed and changes no row. Of an "open" one it says nothing or
# notes it, which is known (docs/audit-sql.md). Of a "sound" statement, which an index serves or which means something
# else, nothing is a warning.
# AUDIT_SHOW=1 prints what is found.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use Test::More;

binmode $_, ':utf8' for Test::More->builder->output, Test::More->builder->failure_output;
my $db = AuditDb->start(settings => [ 'fsync=off', 'timezone=Europe/Berlin' ]);
my (@cases, @setup);
for my $line (split /\n/, join('', <DATA>) =~ s/\n\t/ /gr) {
	next if $line =~ /^#/;
	my ($label, $index, $statement) = split /\s+\|\|\s+/, $line, 3;
	my $t = 'k' . (@cases + 1);
	s/\bT\b/$t/g for $index, $statement;
	push @cases, { label => $label, index => $index, statement => $statement, table => $t };
	push @setup, <<"SQL";
CREATE TABLE $t (id int PRIMARY KEY, name text NOT NULL, code text NOT NULL, email text, q int, score int NOT NULL,
	made timestamp NOT NULL, seen timestamptz NOT NULL, day date NOT NULL, price numeric(10,2) NOT NULL,
	ok boolean NOT NULL, flag boolean, doc jsonb NOT NULL, tags text[] NOT NULL, uid uuid NOT NULL, ip inet NOT NULL,
	kind varchar(20) NOT NULL, state mood NOT NULL, epoch bigint NOT NULL, mixed text NOT NULL, neg int);
INSERT INTO $t SELECT * FROM rows_of_all;
$index;
ANALYZE $t;
SQL
}
$db->script(<<'SQL' . join "\n", @setup);
CREATE TYPE mood AS ENUM ('two', 'one', 'ten');
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE EXTENSION ltree;
CREATE EXTENSION pg_trgm;
CREATE FUNCTION inlined(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
CREATE FUNCTION norm(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN lower(trim($1)); END';
CREATE TABLE rows_of_all (id, name, code, email, q, score, made, seen, day, price, ok, flag, doc, tags, uid, ip, kind,
	state, epoch, mixed, neg) AS SELECT i, 'name' || i, 'c' || lpad(i::text, 5, '0'),
	CASE WHEN i % 5 = 0 THEN NULL WHEN i % 7 > 0 THEN '' ELSE 'u' || i || '@x.org' END,
	CASE WHEN i % 9 > 0 THEN i * 7927 % 1511 + 1 END, i * 7927 % 1511,
	timestamp '2024-01-01 03:00' + i * interval '6 hours', timestamptz '2024-01-01 03:00+00' + i * interval '6 hours',
	date '2020-01-01' + 2 * i, (i * 7927 % 1511)::numeric / 4, i % 50 = 0,
	CASE WHEN i % 40 = 0 THEN true WHEN i % 3 > 0 THEN false END, jsonb_build_object('k', 'v' || i, 'n', i::text),
	ARRAY['t' || i, 'u'], md5(i::text)::uuid, ('10.' || i / 256 % 256 || '.' || i % 256 || '.3')::inet,
	'kind' || i % 700, (CASE WHEN i % 300 = 0 THEN 'one' WHEN i % 2 = 0 THEN 'two' ELSE 'ten' END)::mood,
	1700000000 + i * 7200, (ARRAY['ıx', 'IX', 'Ab', 'aB'])[1 + i % 4] || i / 4,
	CASE WHEN i % 11 > 0 THEN i * 7927 % 1511 - 750 END
FROM generate_series(1, 1500) AS i;
CREATE TABLE other (k int PRIMARY KEY, made timestamp, code text, ref text);
INSERT INTO other SELECT i, timestamp '2024-01-01' + i * interval '1 day', 'c' || lpad(i::text, 5, '0'), i::text
FROM generate_series(1, 50) AS i;
ANALYZE other;
SQL

# What gives the rows of a query, or the table as a write leaves it.
sub effect {
	my ($case, $statement) = @_;
	return "SELECT q::text FROM ($statement) AS q ORDER BY 1;" if $statement =~ /^(?:SELECT|WITH)/;
	return "BEGIN; $statement; SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM $case->{table} AS t; ROLLBACK;";
}

my @changed; # [statement, what it was]
my %by_line;
push @{ $by_line{ $_->{line} } }, $_ for $db->found((join '', map {"$_->{statement};\n"} @cases), '--budget', 3000);
for my $i (0 .. $#cases) {
	my ($case, @found) = ($cases[$i], @{ $by_line{ $i + 1 } // [] });
	my @warnings = grep { $_->{severity} ne 'note' } @found;
	my $said = join "\n", $case->{index}, map {
		"$_->{severity} $_->{rule}: " . join ' | ', map { $_ // () } @$_{qw(rewrite evidence alternative)}
	} @found;
	note("$case->{statement}\n$said") if $ENV{AUDIT_SHOW};
	ok(scalar @warnings, "found: $case->{statement}") or diag $said if $case->{label} eq 'miss';
	is(scalar @warnings, 0, "sound: $case->{statement}") or diag $said if $case->{label} eq 'sound';
	for my $finding (grep { $_->{fix} && $_->{level} =~ /^(?:proved|checked)$/ } @found) {
		my $new = AuditDb::mended($case->{statement}, { %$finding, line => 1, end_line => 1 });
		push @changed, [ $new, effect($case, $new), effect($case, $case->{statement}) ];
	}
}
# In one session: a psql for each would take longer than what it asks.
my @answers = map { [] } 0 .. 2 * @changed;
my @lines = $db->script(join '', map {"$_\n\\echo -- end\n"} map { @$_[ 1, 2 ] } @changed);
my $n = 0;
for (@lines) {
	if ($_ eq '-- end') { $n++ }
	else { push @{ $answers[$n] }, $_ }
}
is($n, 2 * @changed, 'each has been executed');
for my $i (0 .. $#changed) {
	is(join("\n", @{ $answers[ 2 * $i ] }), join("\n", @{ $answers[ 2 * $i + 1 ] }), "the same rows: $changed[$i][0]");
}
done_testing;
__DATA__
# aggregates over one end of an index
miss || CREATE INDEX ON T (COALESCE(q, 0)) || SELECT max(q) FROM T
open || CREATE INDEX ON T (score) || SELECT min(score + 0) FROM T
miss || CREATE INDEX ON T (score) || SELECT max(score::bigint) FROM T
miss || CREATE INDEX ON T (COALESCE(q, 0)) || SELECT q FROM T WHERE q IS NOT NULL ORDER BY q DESC LIMIT 1
# prefixes
miss || CREATE INDEX ON T (name text_pattern_ops) || SELECT id FROM T WHERE substring(name from 1 for 6) = 'name77'
miss || CREATE INDEX ON T (name text_pattern_ops) || SELECT id FROM T WHERE position('name77' in name) = 1
miss || CREATE INDEX ON T (name text_pattern_ops) || SELECT id FROM T WHERE strpos(name, 'name77') = 1
miss || CREATE INDEX ON T (lower(name) text_pattern_ops) || SELECT id FROM T WHERE name ILIKE 'name77%'
miss || CREATE INDEX ON T (reverse(name) text_pattern_ops) || SELECT id FROM T WHERE name LIKE '%e77'
miss || CREATE INDEX ON T (lower(code) text_pattern_ops) || SELECT id FROM T WHERE upper(code) LIKE 'C0007%'
# statements
miss || CREATE INDEX ON T (made) || MERGE INTO T USING (VALUES (9)) AS v (k) ON T.made::date = '2024-03-05' WHEN
	MATCHED THEN UPDATE SET score = v.k
open || CREATE INDEX ON T (lower(code)) || MERGE INTO T USING other AS o ON upper(T.code) = upper(o.code) WHEN
	MATCHED THEN UPDATE SET score = o.k
miss || CREATE INDEX ON T (lower(code)) || SELECT id FROM T WHERE ROW(upper(code)) = ROW('C00077')
open || CREATE INDEX ON T (made, kind) || SELECT id FROM T WHERE (made::date, kind) = ('2024-03-05', 'kind513')
miss || CREATE INDEX ON T (made, id) || SELECT id FROM T WHERE made > '2024-12-05' OR (made = '2024-12-05' AND id >
	9) ORDER BY made, id LIMIT 20
open || CREATE INDEX ON T (made, id) || SELECT id FROM T WHERE made > $1 OR (made = $2 AND id > $3) ORDER BY made, id
miss || CREATE INDEX ON T (score) || SELECT id FROM T WHERE NOT (score + 1 <> 6)
miss || CREATE INDEX ON T (COALESCE(q, 0)) || SELECT id FROM T WHERE CASE WHEN q IS NULL THEN 0 ELSE q END = 7
miss || CREATE INDEX ON T (q) || SELECT id FROM T WHERE nullif(q, 0) = 7
miss || CREATE INDEX ON T (made) || UPDATE T SET score = 1 WHERE to_char(made, 'YYYY-MM-DD') = '2024-03-05'
miss || CREATE INDEX ON T (day) || SELECT id FROM T WHERE extract(year FROM day) = 2024 AND extract(month FROM day)
	= 3
miss || CREATE INDEX ON T (made) || SELECT id FROM T WHERE timestamp '2025-01-10' - made < interval '3 days'
miss || CREATE INDEX ON T (seen) || SELECT id FROM T WHERE seen AT TIME ZONE 'UTC' >= '2025-01-05'
miss || CREATE INDEX ON T USING gin (doc) || SELECT id FROM T WHERE doc->>'k' = 'v77'
miss || CREATE INDEX ON T ((doc->>'n')) || SELECT id FROM T WHERE (doc->>'n')::int = 77
miss || CREATE INDEX ON T ((doc->>'k')) || SELECT id FROM T WHERE doc @> '{"k": "v77"}'
miss || CREATE INDEX ON T (uid) || DELETE FROM T WHERE uid::text = '28dd2c79-55ce-9264-5624-0b2ff0100bde'
miss || CREATE INDEX ON T USING gin (tags) || SELECT id FROM T WHERE array_position(tags, 't77') IS NOT NULL
miss || CREATE INDEX ON T (ip) || SELECT id FROM T WHERE host(ip) = '10.0.77.3'
miss || CREATE INDEX ON T (kind) || SELECT id FROM T WHERE kind = 'kind77'::char(6)
miss || CREATE INDEX ON T (price) || SELECT id FROM T WHERE price = 7.25::float8
miss || CREATE INDEX ON T (state) || SELECT id FROM T WHERE state::text = 'one'
miss || CREATE INDEX ON T (id) WHERE flag || SELECT id, name FROM T WHERE COALESCE(flag, false) = true
miss || CREATE INDEX ON T (name) WHERE score >= 2901 || SELECT name FROM T WHERE score > 2900 ORDER BY name LIMIT 20
miss || CREATE INDEX ON T (id) WHERE email <> '' || SELECT id, name FROM T WHERE COALESCE(email, '') <> ''
# order
miss || CREATE INDEX ON T (made DESC NULLS LAST) || SELECT id, made FROM T ORDER BY made DESC LIMIT 20
miss || CREATE INDEX ON T ((made::date)) || SELECT id, made FROM T ORDER BY date_trunc('day', made) LIMIT 20
miss || CREATE INDEX ON T (score) || SELECT id, score FROM T ORDER BY -score LIMIT 20
# other expressions of one value
miss || CREATE INDEX ON T (name) || SELECT id FROM T WHERE name COLLATE "C" = 'name77'
miss || CREATE INDEX ON T (mod(id, 700)) || SELECT id FROM T WHERE id % 700 = 3
miss || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score / 10 = 5
miss || CREATE INDEX ON T (epoch) || SELECT id FROM T WHERE to_timestamp(epoch) < timestamptz '2023-11-15 12:00+00'
miss || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score <@ int4range(5, 10)
miss || CREATE INDEX ON T (seen) || SELECT id FROM T WHERE seen <@ tstzrange('2024-03-05 00:00+00', '2024-03-06
	00:00+00')
miss || CREATE INDEX ON T (ok) || SELECT id, name FROM T WHERE ok::int = 1
miss || CREATE INDEX ON T (trim(lower(name))) || SELECT id FROM T WHERE lower(trim(name)) = 'name77'
miss || CREATE INDEX ON T (extract(year FROM day)) || SELECT id FROM T WHERE date_part('year', day) = 2025
miss || CREATE INDEX ON T (code) || SELECT id FROM T WHERE concat(code) = 'c00077'
miss || CREATE INDEX ON T (code) || SELECT id FROM T WHERE code || '' = 'c00077'
open || CREATE INDEX ON T (score) || SELECT T.id FROM other AS o JOIN T ON T.score::text = o.ref WHERE o.k < 3
miss || CREATE INDEX ON T (made) || SELECT id FROM T WHERE date_trunc('day', made) BETWEEN '2024-03-05' AND
	'2024-03-06'
# behind what changes nothing in a WHERE
miss || CREATE INDEX ON T (score) || SELECT id FROM T WHERE COALESCE(score = 5, false)
miss || CREATE INDEX ON T (score) || SELECT id FROM T WHERE CASE WHEN score = 5 THEN true ELSE false END
miss || CREATE INDEX ON T (score) || SELECT id FROM T WHERE (score = 5) IS TRUE
miss || CREATE INDEX ON T (made) || SELECT id FROM T WHERE (made::date, kind) = ('2024-03-05', 'kind513')
# numbers
miss || CREATE INDEX ON T (neg) || SELECT id FROM T WHERE abs(neg) < 5
miss || CREATE INDEX ON T (neg) || SELECT id FROM T WHERE neg / 10 = 0
miss || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score * -1 < -2990
miss || CREATE INDEX ON T (price) || SELECT id FROM T WHERE floor(price) = 7
miss || CREATE INDEX ON T (price) || SELECT id FROM T WHERE price::int = 7
miss || CREATE INDEX ON T (price) || SELECT id FROM T WHERE price * 100 = 725
miss || CREATE INDEX ON T (epoch) || SELECT id FROM T WHERE epoch * 1000 > 1710700000001
miss || CREATE INDEX ON T (neg) || SELECT id FROM T WHERE neg * 7 <= -10449
miss || CREATE INDEX ON T (neg) || SELECT id FROM T WHERE neg * 7 < -10449 AND score > 7
miss || CREATE INDEX ON T (neg) || SELECT id FROM T WHERE neg * 7 >= 10449
miss || CREATE INDEX ON T (left(name, 6)) || SELECT id FROM T WHERE name LIKE 'name77%'
miss || CREATE INDEX ON T USING gin (doc) || SELECT id FROM T WHERE doc->>'k' IN ('v7', 'v77')
miss || CREATE INDEX ON T USING gin (tags) || SELECT id FROM T WHERE NOT ('t77' <> ALL (tags))
miss || CREATE INDEX ON T (name) WHERE score > 2900 || SELECT id, name FROM T WHERE score::bigint > 2950 ORDER BY name
	LIMIT 20
sound || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score * 7 = 8
sound || CREATE INDEX ON T (left(name, 6)) || SELECT id FROM T WHERE name LIKE 'na%77'
sound || CREATE INDEX ON T (name) WHERE score > 2900 || SELECT id, name FROM T WHERE score::bigint > 2800 ORDER BY name
	LIMIT 20
sound || CREATE INDEX ON T USING gin (tags) || SELECT id FROM T WHERE NOT ('t77' = ALL (tags))
# functions that are operators, and operators that order nothing
miss || CREATE INDEX ON T USING gin (doc) || SELECT id FROM T WHERE jsonb_contains(doc, '{"k": "v77"}')
miss || CREATE INDEX ON T USING gin (tags) || SELECT id FROM T WHERE arraycontains(tags, ARRAY['t77'])
miss || ALTER TABLE T ADD r int4range; UPDATE T SET r = int4range(score, score + 10); CREATE INDEX ON T USING gist
	(r) || SELECT id FROM T WHERE range_contains_elem(r, 50)
miss || CREATE INDEX ON T USING gin (tags) || SELECT id FROM T WHERE 't77' IN (SELECT unnest(tags))
miss || CREATE INDEX ON T USING gin (to_tsvector('simple', name)) || SELECT id FROM T WHERE to_tsvector(name) @@
	to_tsquery('simple', 'name77')
miss || ALTER TABLE T ADD tsv tsvector GENERATED ALWAYS AS (to_tsvector('english', name)) STORED; CREATE INDEX ON T
	USING gin (tsv) || SELECT id FROM T WHERE to_tsvector('english', name) @@ to_tsquery('english', 'name77')
# members
miss || CREATE INDEX ON T ((doc->>'k')) || SELECT id FROM T WHERE doc->'k' = '"v77"'
miss || CREATE INDEX ON T ((doc->>'k')) || SELECT id FROM T WHERE doc['k'] = '"v77"'
miss || CREATE INDEX ON T ((doc->'k')) || SELECT id FROM T WHERE doc->>'k' = 'v77'
miss || ALTER TABLE T ADD h hstore; UPDATE T SET h = hstore('k', 'v'||id); CREATE INDEX ON T USING gin (h) ||
	SELECT id FROM T WHERE h->'k' = 'v77'
miss || ALTER TABLE T ADD path ltree; UPDATE T SET path = ('a'||id % 40||'.b'||id % 7||'.c'||id)::ltree;
	CREATE INDEX ON T USING gist (path) || SELECT id FROM T WHERE subpath(path, 0, 2) = 'a37.b0'
# trigrams and suffixes
miss || CREATE INDEX ON T USING gin (name gin_trgm_ops) || SELECT id FROM T WHERE position('name77' in name) > 0
miss || CREATE INDEX ON T (reverse(name) text_pattern_ops) || SELECT id FROM T WHERE right(name, 3) = 'e77'
miss || CREATE INDEX ON T USING gist (name gist_trgm_ops) || SELECT id FROM T ORDER BY similarity(name, 'name77')
	DESC LIMIT 1
# of one column
miss || CREATE INDEX ON T (name) WHERE state = 'one' || SELECT id, name FROM T WHERE state::text = 'one' ORDER BY
	name LIMIT 20
miss || CREATE INDEX ON T (score) WHERE q IS NULL || SELECT id, score FROM T WHERE COALESCE(q, -1) = -1 ORDER BY
	score LIMIT 20
miss || CREATE INDEX ON T (q) || SELECT id, q FROM T ORDER BY CASE WHEN q IS NULL THEN 1 ELSE 0 END, q LIMIT 20
miss || CREATE INDEX ON T (norm(name)) || SELECT id FROM T WHERE lower(trim(name)) = 'name77'
miss || ALTER TABLE T ADD ct citext; UPDATE T SET ct = 'Name'||id; CREATE INDEX ON T (ct) || SELECT id FROM T
	WHERE ct = 'Name77'::text
miss || CREATE INDEX ON T (made); ALTER TABLE T ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON T USING (NOT ok) ||
	SELECT id FROM T WHERE made::date = '2024-03-05'
# texts, regular expressions, fractions
miss || CREATE INDEX ON T (made) || SELECT id FROM T WHERE made::text LIKE '2024-03-05%'
miss || CREATE INDEX ON T (made) || SELECT id FROM T WHERE made::text LIKE '2024-03-05 03:%'
miss || CREATE INDEX ON T (seen) || SELECT id FROM T WHERE CAST(seen AS text) LIKE '2025%'
miss || CREATE INDEX ON T (uid) || SELECT id FROM T WHERE uid::text LIKE '28dd2c79-5%'
miss || CREATE INDEX ON T (lower(name)) || SELECT id FROM T WHERE name ~* '^name77$'
miss || CREATE INDEX ON T (lower(name) text_pattern_ops) || SELECT id FROM T WHERE name ~* '^NAME77'
miss || CREATE INDEX ON T (neg) || SELECT id FROM T WHERE neg < -1490.5
miss || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score::numeric BETWEEN 7.5 AND 11.5
miss || CREATE INDEX ON T (lower(email)) || SELECT id FROM T WHERE UPPER(email::text) = UPPER('u77@x.org')
miss || CREATE INDEX ON T (made) || SELECT id FROM T WHERE DATE_TRUNC('week', made)::date = '2024-03-04'
# not found
open || CREATE INDEX ON T (name text_pattern_ops) || SELECT id, name FROM T ORDER BY name LIMIT 20
open || CREATE INDEX ON T (COALESCE(q, 0)) || SELECT id FROM T WHERE q IS NULL OR q = 0
open || CREATE INDEX ON T USING gin (tags) || SELECT id FROM T WHERE tags[1] = 't77'
open || ALTER TABLE T ADD r int4range; UPDATE T SET r = int4range(score, score + 10); CREATE INDEX ON T USING gist
	(r) || SELECT id FROM T WHERE lower(r) <= 50 AND upper(r) > 50
open || CREATE INDEX ON T (ip) || SELECT id FROM T WHERE ip::text LIKE '10.0.77.%'
# sound: served as they stand
sound || CREATE INDEX ON T (q) || SELECT max(q) FROM T
sound || CREATE INDEX ON T (made DESC NULLS LAST) || SELECT min(made) FROM T
sound || CREATE INDEX ON T (lower(name)) || SELECT max(lower(name)) FROM T
sound || CREATE INDEX ON T (q) || SELECT kind, max(q) FROM T GROUP BY kind
sound || CREATE INDEX ON T (substring(name, 1, 6)) || SELECT id FROM T WHERE substring(name from 1 for 6) = 'name77'
sound || CREATE INDEX ON T (name text_pattern_ops) || SELECT id FROM T WHERE name LIKE 'name77%'
sound || CREATE INDEX ON T (name text_pattern_ops) || SELECT id FROM T WHERE name ~ '^name77'
sound || CREATE INDEX ON T ((made::date)) || SELECT id FROM T WHERE date(made) = '2024-03-05'
sound || CREATE INDEX ON T (made) || SELECT id FROM T WHERE made >= '2024-03-05' AND made < '2024-03-06'
sound || CREATE INDEX ON T (made, id) || SELECT id FROM T WHERE (made, id) > ('2024-03-05', 9) ORDER BY made, id
	LIMIT 20
sound || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score BETWEEN SYMMETRIC 9 AND 5
sound || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score = ANY ('{5,6}'::bigint[])
sound || CREATE INDEX ON T (made) || SELECT id FROM T ORDER BY made DESC LIMIT 20
sound || CREATE INDEX ON T (q NULLS FIRST) || SELECT id FROM T ORDER BY q DESC NULLS LAST LIMIT 20
sound || CREATE INDEX ON T (lower(code)) || SELECT id FROM T WHERE lower(code) = 'c00077'
sound || CREATE INDEX ON T (kind) || SELECT id FROM T WHERE kind::text = 'kind77'
sound || CREATE INDEX ON T (id) WHERE NOT ok || SELECT id FROM T WHERE ok = false AND id < 9
sound || CREATE INDEX ON T USING gin (doc) || SELECT id FROM T WHERE doc @> '{"k": "v77"}'
sound || CREATE INDEX ON T USING gin (tags) || SELECT id FROM T WHERE tags @> ARRAY['t77']
sound || CREATE INDEX ON T (ip) || SELECT id FROM T WHERE ip << '10.0.77.0/24'
sound || CREATE INDEX ON T ((doc->>'k')) || SELECT id FROM T WHERE doc->>'k' = 'v77'
sound || CREATE INDEX ON T (code) || MERGE INTO T USING other AS o ON T.code = o.code WHEN MATCHED THEN UPDATE SET
	score = o.k
# sound: nothing that is meant otherwise
sound || CREATE INDEX ON T (name text_pattern_ops) || SELECT id FROM T WHERE substring(name from 2 for 6) = 'ame77'
sound || CREATE INDEX ON T (name text_pattern_ops) || SELECT id FROM T WHERE position('77' in name) > 0
sound || CREATE INDEX ON T (name text_pattern_ops) || SELECT id FROM T WHERE position('77' in name) = 5
sound || CREATE INDEX ON T (name text_pattern_ops) || SELECT id FROM T WHERE left(name, 6) = 'name7'
sound || CREATE INDEX ON T (made) || SELECT id FROM T WHERE date_trunc('month', made) = '2024-03-05'
sound || CREATE INDEX ON T (q) || SELECT id FROM T WHERE COALESCE(q, 0) = 0
sound || CREATE INDEX ON T (COALESCE(neg, 0)) || SELECT id FROM T ORDER BY neg DESC NULLS LAST LIMIT 2000
sound || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score % 10 = 3
sound || CREATE INDEX ON T (lower(mixed)) || SELECT id FROM T WHERE upper(mixed) = 'IX7'
sound || CREATE INDEX ON T (made) || SELECT id FROM T WHERE seen::date = '2024-03-05'
sound || CREATE INDEX ON T (name) || SELECT id FROM T WHERE length(name) = 5
sound || CREATE INDEX ON T (price) || SELECT id FROM T WHERE price / 10 = 5
sound || CREATE INDEX ON T (lower(name)) || SELECT id FROM T ORDER BY lower(name), name LIMIT 20
sound || CREATE INDEX ON T (q) || SELECT id FROM T ORDER BY random() LIMIT 20
sound || CREATE INDEX ON T (q) || SELECT id FROM T WHERE q <> 5
sound || CREATE INDEX ON T (made) || SELECT id FROM T WHERE extract(dow FROM made) = 1
sound || CREATE INDEX ON T (day) || SELECT id FROM T WHERE extract(month FROM day) = 3
sound || CREATE INDEX ON T (seen) || SELECT id FROM T WHERE seen::time > '23:00'
sound || CREATE INDEX ON T (code) || SELECT id FROM T WHERE code > 'c00077' OR name = 'x'
sound || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score / 10 <> 5
sound || CREATE INDEX ON T (made, id) || SELECT id FROM T WHERE made > '2024-12-05' OR (made = '2024-12-06' AND id
	> 9)
sound || CREATE INDEX ON T (made, id) || SELECT id FROM T WHERE made > '2024-12-05' OR (made = '2024-12-05' AND id
	< 9)
sound || CREATE INDEX ON T (COALESCE(q, 0)) || SELECT min(q) FROM T
sound || CREATE INDEX ON T (COALESCE(q, 5000)) || SELECT max(q) FROM T
sound || CREATE INDEX ON T (lower(mixed)) || SELECT max(mixed) FROM T
sound || CREATE INDEX ON T (made) WHERE email IS NOT NULL || SELECT id, made FROM T WHERE length(email) > 0 ORDER BY
	made LIMIT 5
sound || CREATE INDEX ON T (lower(name)) || SELECT id FROM T WHERE inlined(name) = 'name77'
sound || CREATE INDEX ON T (state) || SELECT id FROM T ORDER BY state::text LIMIT 2000
sound || ALTER TABLE T ADD ct citext; UPDATE T SET ct = CASE WHEN id % 2 = 0 THEN 'name' ELSE 'NAME' END||id / 2;
	CREATE INDEX ON T (ct) || SELECT id FROM T WHERE ct::text = 'name77'
sound || ALTER TABLE T ADD r int4range; UPDATE T SET r = int4range(score, score + 10); CREATE INDEX ON T USING
	gist (r) || SELECT id FROM T WHERE r @> 50
sound || ALTER TABLE T ADD r int4range; UPDATE T SET r = int4range(score, CASE WHEN id % 5 > 0 THEN score + 10 END);
	CREATE INDEX ON T USING gist (r) || SELECT id FROM T WHERE lower(r) <= 50 AND upper(r) > 50
sound || CREATE INDEX ON T USING gin (to_tsvector('simple', name)) || SELECT id FROM T WHERE to_tsvector('english',
	name) @@ to_tsquery('english', 'names')
sound || CREATE INDEX ON T USING gin (tags) || SELECT id FROM T WHERE tags && ARRAY['t77', 't78']
sound || CREATE INDEX ON T (abs(neg)) || SELECT id FROM T WHERE neg = 5
sound || CREATE INDEX ON T (score) || SELECT id FROM T WHERE score::text LIKE '5%'
sound || CREATE INDEX ON T (price) || SELECT id FROM T WHERE price / 10 = 5 AND round(price, 1) = 7
sound || CREATE INDEX ON T (score) || SELECT id FROM T WHERE CASE WHEN score = 5 THEN false ELSE true END
sound || CREATE INDEX ON T (score) || SELECT id FROM T WHERE COALESCE(score = 5, true) IS NOT TRUE
sound || CREATE INDEX ON T (score) || SELECT id FROM T WHERE (score, q) <> (5, 6)
sound || CREATE INDEX ON T (made) || SELECT id FROM T WHERE made::text LIKE '2024-03-05 1%'
sound || CREATE INDEX ON T (seen) || SELECT id FROM T WHERE seen::text LIKE '2024-10-27 02:%'
sound || CREATE INDEX ON T (uid) || SELECT id FROM T WHERE uid::text LIKE '28dd2c795%'
sound || CREATE INDEX ON T (lower(mixed)) || SELECT id FROM T WHERE mixed ~* '^ix7'
sound || CREATE INDEX ON T (upper(mixed)) || SELECT id FROM T WHERE mixed ~* '^ıx5$'
sound || CREATE INDEX ON T (mixed COLLATE "C") || SELECT id FROM T WHERE mixed ~* '^ıx5$'
sound || CREATE INDEX ON T (mixed COLLATE "C") || SELECT max(mixed) AS id FROM T
sound || CREATE INDEX ON T (mixed COLLATE "C") || SELECT id FROM T WHERE mixed < 'c'
sound || CREATE INDEX ON T (mixed) || SELECT max(mixed COLLATE "C") AS id FROM T
sound || CREATE INDEX ON T (mixed) || SELECT id FROM T WHERE mixed COLLATE "C" < 'c'
sound || CREATE INDEX ON T (made) || SELECT id FROM T WHERE DATE_TRUNC('month', made)::date = '2024-03-04'
