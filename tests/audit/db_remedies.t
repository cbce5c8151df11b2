#!/usr/bin/perl
# The remedies of `audit db` before the server: every CREATE INDEX that it proposes is executed, and the planner then
# uses the new index for the statement; every rewrite is planned, and uses the index that the finding names. Of an
# expression that is not immutable no index is proposed, because there is none.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use Test::More;

my $db = AuditDb->start(settings => ['fsync=off'], initdb => '-E UTF8 --locale=C.UTF-8');
$db->script(<<'SQL');
CREATE SCHEMA "Sales-1";
SET search_path = "Sales-1";
CREATE TABLE "Order" (id int PRIMARY KEY, "Mail" text NOT NULL, code varchar(40), made timestamp NOT NULL,
	seen timestamptz NOT NULL, n int, q numeric, kind text NOT NULL, doc jsonb NOT NULL, "select" text NOT NULL,
	day date NOT NULL);
INSERT INTO "Order" SELECT i, 'M' || i || '@x.org', CASE WHEN i % 9 > 0 THEN 'C' || i END,
	timestamp '2024-01-01' + i * interval '70 minutes', timestamptz '2024-01-01' + i * interval '70 minutes',
	CASE WHEN i % 7 > 0 THEN i - 9000 END, i % 977 - 3.5, chr(65 + i % 26),
	jsonb_build_object('k' || i % 900, i, 'name', 'N' || i), 'S' || i, date '2000-01-01' + i % 3000
	FROM generate_series(1, 10000) AS i;
INSERT INTO "Order" SELECT i, 'm' || i - 20000 || '@X.org', 'c' || i - 20000, '2020-01-01', '2020-01-01', 0, NULL, 'a',
	'{}', 's', '2000-01-01' FROM generate_series(20001, 20400) AS i;
CREATE INDEX ON "Order" ((md5("Mail")));
CREATE INDEX ON "Order" (lower("Mail"));
CREATE INDEX ON "Order" (lower(code));
CREATE INDEX ON "Order" (code);
CREATE INDEX ON "Order" ((COALESCE(n, 0)) DESC);
CREATE INDEX ON "Order" ((COALESCE(q, 0)));
CREATE INDEX ON "Order" (kind, (COALESCE(n, 0)));
CREATE INDEX ON "Order" (made) WHERE n > 5;
CREATE INDEX ON "Order" ((made + interval '1 day'));
CREATE INDEX ON "Order" ((seen AT TIME ZONE 'UTC'));
CREATE INDEX ON "Order" USING gin (doc jsonb_path_ops);
CREATE INDEX ON "Order" (lower("select") COLLATE "C");
CREATE INDEX ON "Order" ((day + 1));
CREATE TABLE parts (LIKE "Order") PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10000) TO (100000);
INSERT INTO parts TABLE "Order";
CREATE INDEX ON parts (lower(code));
CREATE INDEX ON parts ((COALESCE(n, 0)) DESC);
CREATE VIEW public.orders AS SELECT *, upper("Mail") AS up FROM "Order";
ANALYZE;
SQL
my $o = '"Sales-1"."Order"';
my $p = '"Sales-1".parts';
# statement, what an index is proposed over; undef: nothing
my @cases = (
	[ qq{SELECT id FROM $o WHERE upper("Mail") = 'M5\@X.ORG'}, qr/upper\("Mail"\)/ ],
	[ qq{SELECT id FROM $o AS x WHERE x."Mail" = 'M5\@x.org'}, qr/"Mail"/ ],
	[ qq{SELECT id FROM $o WHERE upper(code) = 'C5'}, qr/upper\(code\)/ ],
	[ qq{SELECT id FROM $p WHERE code = 'C5'}, qr/code/ ],
	[ qq{SELECT id FROM $p ORDER BY n DESC NULLS LAST LIMIT 5}, qr/n DESC NULLS LAST/ ],
	[ qq{SELECT id FROM $o ORDER BY n DESC NULLS LAST LIMIT 5}, qr/n DESC NULLS LAST/ ],
	[ qq{SELECT id FROM $o x ORDER BY x.q LIMIT 5}, qr/q/ ],
	[ qq{SELECT id FROM $o WHERE kind = 'B' ORDER BY n LIMIT 5}, qr/n/ ],
	[ qq{SELECT id FROM $o WHERE code LIKE 'C77%'}, qr/code text_pattern_ops/ ],
	[ qq{SELECT id FROM $o WHERE doc ? 'k7'}, qr/gin/ ],
	[ qq{SELECT id FROM $o ORDER BY upper("select") LIMIT 5}, qr/upper\("select"\)/ ],
	[ qq{SELECT id FROM $o ORDER BY "select" COLLATE "C" LIMIT 5}, qr/COLLATE "C"/ ],
	[ q{SELECT id FROM public.orders WHERE up = 'M5@X.ORG'}, qr/upper\("Mail"\)/ ],
	# in no index: the time zone decides
	[ qq{SELECT id FROM $o WHERE seen::date = '2024-03-05'}, undef ],
	[ qq{SELECT id FROM $o ORDER BY date_trunc('day', seen) LIMIT 5}, undef ],
	[ qq{SELECT id FROM $o WHERE to_char(made, 'YYYY') = '2024'}, undef ],
	[ qq{SELECT id FROM $o WHERE made::text = '2024-03-05 00:00:00'}, undef ],
	[ qq{SELECT id FROM $o WHERE seen + interval '1 day' = '2024-03-05'}, undef ],
	[ qq{SELECT id FROM $o WHERE day - CURRENT_DATE = 5}, undef ],
);
# The plan with everything off that could stand in for an index.
sub planned {
	my ($statement) = @_;
	my $off = join '', map {"SET enable_$_ = off; "} qw(seqscan sort incremental_sort hashjoin mergejoin);
	return join "\n", $db->script("${off}EXPLAIN $statement;");
}
sub indexes {
	my ($but) = @_;
	return $db->script("SELECT oid || ' ' || relname FROM pg_class"
			. " WHERE relkind IN ('i', 'I') AND oid <> ALL ('{$but}');");
}
my $report = $db->report(join('', map {"$_->[0];\n"} @cases), '--budget', 3000);
my %found;
push @{ $found{ $_->{line} } }, $_ for grep { $_->{rule} =~ /^index-identity/ } @{ $report->{findings} };
my ($created, $rewritten) = (0, 0);
my $before = join ',', map { /^(\d+)/ } indexes('');
for my $n (1 .. @cases) {
	my ($statement, $proposed) = @{ $cases[ $n - 1 ] };
	my @proposals = map { $_->{alternative} // () } @{ $found{$n} // [] };
	if (!$proposed) {
		is("@proposals", '', "none for $statement");
		next;
	}
	like($proposals[0] // '', $proposed, $statement);
	for my $create (@proposals) {
		$db->sql($create);
		my @new = map { / (.*)/ } indexes($before);
		my $plan = planned($statement);
		ok(scalar(grep { $plan =~ /\b\Q$_\E\b/ } @new), '  the new index serves it') or diag "$create\n@new\n$plan";
		$created++;
	}
	my @left = @proposals ? grep { $_->{rule} =~ /^index-identity/ } $db->found("$statement;\n") : ();
	is(scalar @left, 0, '  and nothing is left to say') or diag explain \@left;
	# those of partitions go with that of the table
	my $drop = q{SELECT format('DROP INDEX %s', oid::regclass) FROM pg_class WHERE relkind IN ('i', 'I')}
		. " AND NOT relispartition AND oid <> ALL ('{$before}');";
	$db->sql($_) for $db->script($drop);
	for my $f (grep { $_->{fix} } @{ $found{$n} // [] }) {
		my ($index) = $f->{object} =~ /\.([^.]+)$/;
		my $plan = planned(AuditDb::mended($statement, { %$f, line => 1, end_line => 1 }));
		my @parts = $db->script("SELECT c.relname FROM pg_class AS c LEFT JOIN pg_inherits AS i ON i.inhrelid = c.oid"
				. qq{ WHERE '"Sales-1"."$index"'::regclass IN (c.oid, i.inhparent);});
		ok(scalar(grep { $plan =~ /\b\Q$_\E\b/ } @parts), "  the rewrite uses $index") or diag "@parts\n$plan";
		$rewritten++;
	}
}
cmp_ok($created, '>=', 10, "$created indexes were made");
cmp_ok($rewritten, '>=', 3, "$rewritten rewrites were planned");
done_testing;
