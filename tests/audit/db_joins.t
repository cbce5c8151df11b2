#!/usr/bin/perl
# index-identity between two tables, through generated columns and columns that views compute, of both bounds of a
# range and of all alternatives of an OR: what is rewritten, how sure it is, what is left alone. Every rewrite is run:
# it gives the rows of the statement as it was, and is audited again: nothing is left to be said.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use AuditDb;
use Test::More;

my $db = AuditDb->start(settings => [qw(fsync=off)]);
$db->script(<<'SQL');
CREATE TABLE firm (id int PRIMARY KEY, mail text NOT NULL, code text, made timestamp NOT NULL, tags text[] NOT NULL,
	q int NOT NULL, town text NOT NULL, note text NOT NULL, low text GENERATED ALWAYS AS (lower(town)) STORED,
	up text GENERATED ALWAYS AS (upper(code)) STORED, part numeric(6, 0) GENERATED ALWAYS AS (q / 2.0) STORED);
INSERT INTO firm SELECT i, 'm' || i || '@x.org', CASE WHEN i % 9 > 0 THEN chr(65 + i % 60) || i END,
	timestamp '2024-01-01' + i * interval '70 minutes', ARRAY['t' || i, 'u'], i % 5000, 'Town ' || i, repeat('x', 300)
	FROM generate_series(1, 10000) i;
CREATE INDEX firm_mail ON firm (lower(mail));
CREATE INDEX firm_code ON firm (lower(code));
CREATE INDEX firm_made ON firm (made) INCLUDE (id);
CREATE INDEX firm_tags ON firm USING gin (tags);
CREATE INDEX firm_low ON firm (low);
CREATE INDEX firm_part ON firm (part);
CREATE INDEX firm_up ON firm (upper(code));
CREATE INDEX firm_q ON firm (q);
CREATE TABLE seen (id int PRIMARY KEY, mail text, day date, tag text, fid bigint, n numeric);
INSERT INTO seen SELECT i, CASE WHEN i % 5 > 0 THEN 'm' || i * 7 || '@x.org' END, date '2024-02-01' + i,
	CASE WHEN i % 4 > 0 THEN 't' || i * 3 END, i * 9, i * 9 FROM generate_series(1, 15) i;
CREATE TABLE reply (id int PRIMARY KEY, firm int, mail text NOT NULL);
INSERT INTO reply SELECT i, i, 'm' || i || '@x.org' FROM generate_series(1, 20) i;
CREATE VIEW days AS SELECT id, made, made::date AS day, q, COALESCE(q, 0) AS score, code, lower(mail) AS low_mail,
	upper(mail) AS up_mail, mail FROM firm;
CREATE VIEW since AS SELECT d.*, d.made AS start, date_trunc('month', d.made) AS month FROM days d;
CREATE VIEW hidden AS SELECT id, made::date AS day FROM firm;
CREATE VIEW latest AS SELECT made::date AS day, max(id) AS id, count(*) AS n FROM firm GROUP BY made::date;
ANALYZE;
SQL

my $join = 'SELECT f.id FROM seen s JOIN firm f ON';
# statement => what is to be written and how sure it is; '': nothing
my @cases = (
	[ "$join f.mail = s.mail", 'lower(f.mail) = s.mail', 'checked' ],
	[ "$join s.mail = f.mail AND s.id > 3", 'lower(f.mail) = s.mail', 'checked' ],
	[ 'SELECT f.id FROM seen s, firm f WHERE f.mail = lower(s.mail)', 'lower(f.mail) = (lower(s.mail))', 'checked' ],
	[ 'SELECT f.id FROM firm f WHERE EXISTS (SELECT FROM seen)', '' ],
	[ "$join f.made::date = s.day AND s.id = 3", 'f.made >= s.day AND f.made < s.day + 1', 'checked' ],
	[ "$join s.day = date(f.made) AND s.id = 3", 'f.made >= s.day AND f.made < s.day + 1', 'checked' ],
	[ "$join (f.made::date, f.note) = (s.day, s.tag) AND s.id = 3",
		'f.made >= s.day AND f.made < s.day + 1 AND f.note = s.tag', 'checked' ],
	[ "$join COALESCE(f.made::date = s.day, false) AND s.id = 3", 'f.made >= s.day AND f.made < s.day + 1', 'checked' ],
	[ "$join s.tag = ANY (f.tags)", 'f.tags @> ARRAY[s.tag]', 'proved' ],
	[ "$join f.id::bigint = s.fid", 'f.id = s.fid', 'proved' ],
	[ "$join f.id::numeric = s.n", '' ],
	[ "$join f.id = s.fid", '' ],
	[ "$join COALESCE(f.q, 0) = s.fid", 'f.q = s.fid', 'checked' ],
	[ "$join lower(f.town) = s.mail", 'f.low = s.mail', 'proved' ],
	[ "$join f.code = s.mail", '' ], # other values: a rewrite would change rows
	[ "$join f.mail > s.mail AND f.id < 9", '' ],
	[ 'SELECT a.id FROM firm a JOIN reply b ON a.mail = b.mail', 'lower(a.mail) = b.mail', 'checked' ],
	[ 'SELECT s.id FROM seen s LEFT JOIN firm f ON f.id = s.fid WHERE COALESCE(f.q, 0) = s.fid', '' ],
	[ "SELECT id FROM firm WHERE lower(town) = 'town 5'", q{low = 'town 5'}, 'proved' ],
	[ "SELECT id FROM firm WHERE lower(town) IN ('town 5', 'x')", q{low IN ('town 5', 'x')}, 'proved' ],
	[ "SELECT id FROM firm WHERE lower(town) > 'town 9998' AND id > 3", q{low > 'town 9998'}, 'proved' ],
	[ "SELECT id FROM firm WHERE up = 'M5'", q{upper(code) = 'M5'}, 'proved' ],
	[ 'SELECT id FROM firm ORDER BY lower(town) LIMIT 5', 'ORDER BY low', 'proved' ],
	[ 'SELECT id FROM firm WHERE low = lower(\'TOWN 7\')', '' ],
	# an index serves an OR when one serves each alternative
	[ "SELECT id FROM firm WHERE made::date = '2024-03-05' OR made::date = '2024-04-05'",
		q{(made >= '2024-03-05' AND made < '2024-03-06') OR (made >= '2024-04-05' AND made < '2024-04-06')}, 'proved' ],
	[ "SELECT id FROM firm WHERE made::date IN ('2024-03-05', '2024-04-05')",
		q{((made >= '2024-03-05' AND made < '2024-03-06') OR (made >= '2024-04-05' AND made < '2024-04-06'))},
		'proved' ],
	[ "SELECT id FROM firm AS f WHERE id > 3 AND (upper(f.mail) = 'M5\@X.ORG' OR f.q = 7)",
		q{(lower(f.mail) = lower('M5@X.ORG') OR f.q = 7)}, 'checked' ],
	[ "SELECT id FROM firm WHERE (date_trunc('day', made) = '2024-03-05' AND id > 5) OR 't7' = ANY (tags)",
		q{((made >= '2024-03-05' AND made < '2024-03-06') AND id > 5) OR tags @> ARRAY['t7']}, 'proved' ],
	[ "SELECT id FROM firm WHERE made BETWEEN '2024-03-05' AND '2024-03-06' OR lower(town) = 'town 7'",
		q{made BETWEEN '2024-03-05' AND '2024-03-06' OR low = 'town 7'}, 'proved' ],
	[ "SELECT id FROM firm WHERE made::date = '2024-03-05' OR note = 'y'", '' ],
	[ "SELECT id FROM firm WHERE q = 5 OR low = 'town 7'", '' ],
	[ "SELECT id FROM firm WHERE NOT (made::date = '2024-03-05' OR q = 5)", '' ],
	# both bounds
	[ "SELECT id FROM firm WHERE made::date >= '2024-03-05' AND made::date <= '2024-03-06'",
		q{made >= '2024-03-05' AND made < '2024-03-07'}, 'proved' ],
	[ "SELECT id FROM firm WHERE id > 3 AND q - 1 > 70 AND q - 1 < 80 AND id < 19000", 'q > 70 + 1 AND q < 80 + 1',
		'proved' ],
	[ "SELECT id FROM firm WHERE (made::date > '2024-03-05' AND made::date < '2024-03-08') OR q = 9",
		q{((made >= '2024-03-06' AND made < '2024-03-08')) OR q = 9}, 'proved' ],
	# what a view, a subquery or a CTE computes
	[ "SELECT id FROM days WHERE day = '2024-03-05'",
		q{days.made >= '2024-03-05' AND days.made < '2024-03-06'}, 'proved' ],
	[ "SELECT d.id FROM days d WHERE d.day >= '2024-03-05' AND d.day <= '2024-03-07' AND d.id > 3",
		q{d.made >= '2024-03-05' AND d.made < '2024-03-08'}, 'proved' ],
	[ "SELECT id FROM since WHERE month = '2024-01-01'", q{since.made >= '2024-01-01' AND since.made < '2024-02-01'},
		'proved' ],
	[ "SELECT id FROM since WHERE day = '2024-01-01'", q{since.made >= '2024-01-01' AND since.made < '2024-01-02'},
		'proved' ],
	[ 'SELECT q AS id FROM days ORDER BY score DESC LIMIT 5', 'ORDER BY days.q DESC', 'checked' ],
	[ 'SELECT q AS id, score AS s FROM days d ORDER BY s LIMIT 5', 'ORDER BY d.q', 'checked' ],
	[ 'SELECT q AS id, score FROM days ORDER BY 2 DESC LIMIT 5', 'ORDER BY days.q DESC', 'checked' ],
	[ "SELECT id FROM days WHERE up_mail = 'M5\@X.ORG'", q{lower(days.mail) = lower('M5@X.ORG')}, 'checked' ],
	[ "SELECT id FROM (SELECT id, made, made::date AS d FROM firm) t WHERE d = '2024-03-05'",
		q{t.made >= '2024-03-05' AND t.made < '2024-03-06'}, 'proved' ],
	[ "WITH t AS (SELECT *, made::date AS d FROM firm) SELECT id FROM t WHERE t.d = '2024-03-05' AND id > 2",
		q{t.made >= '2024-03-05' AND t.made < '2024-03-06'}, 'proved' ],
	[ "SELECT max(id) AS id, day FROM days WHERE day = '2024-03-05' GROUP BY day ORDER BY day",
		q{days.made >= '2024-03-05' AND days.made < '2024-03-06'}, 'proved' ],
	# the view does not show it, the index serves it, rows of an outer join have NULL, it is an aggregate
	[ "SELECT id FROM hidden WHERE day = '2024-03-05'", '' ],
	[ "SELECT id FROM days WHERE low_mail = 'm5\@x.org'", '' ],
	[ 'SELECT s.id FROM seen s LEFT JOIN days d ON d.id = s.fid WHERE d.score = 9', '' ],
	[ 'SELECT s.id FROM seen s LEFT JOIN days d ON d.id = s.fid WHERE d.score IS NULL', '' ],
	[ 'SELECT id FROM latest WHERE n = 3', '' ],
	[ "SELECT id FROM latest WHERE day = '2024-03-05'", '' ],
	# the column is rounded: the values differ
	[ 'SELECT id FROM firm WHERE q / 2.0 = 7.5', '' ],
);
my $report = $db->report(join('', map {"$_->[0];\n"} @cases), '--budget', 3000);
my (%found, @mended);
push @{ $found{ $_->{line} } }, $_ for grep { $_->{rule} eq 'index-identity' } @{ $report->{findings} };
for my $n (1 .. @cases) {
	my ($statement, $rewrite, $level) = @{ $cases[ $n - 1 ] };
	my @found = @{ $found{$n} // [] };
	is(join(', ', map { $_->{rewrite} } @found), $rewrite, $statement);
	is($found[0]{level}, $level, "  $found[0]{evidence}") if $rewrite && @found;
	for my $one (@found) {
		my $mended = AuditDb::mended($statement, { %$one, line => 1, end_line => 1 });
		push @mended, $mended;
		my $order = $statement =~ /ORDER/ ? '' : ' ORDER BY id';
		is($db->sql("SELECT ARRAY(SELECT id FROM ($statement) q$order) = ARRAY(SELECT id FROM ($mended) q$order)"),
			't', '  and gives the same rows');
	}
}
my @again = grep { $_->{rule} eq 'index-identity' } $db->found(join('', map {"$_;\n"} @mended), '--budget', 3000);
is(scalar @again, 0, 'what is written as the findings say has none') or diag map {"$mended[$_->{line} - 1]\n"} @again;
my ($plain) = grep { $_->{line} == 1 } @{ $report->{findings} };
is($plain->{evidence}, 'checked: mail and lower(mail) are equal in every row today; no constraint keeps it so',
	'the evidence says what was looked at');
$db->sql("UPDATE firm SET mail = 'M7\@x.org' WHERE id = 7");
is(scalar(grep { $_->{rule} eq 'index-identity' } $db->found("$cases[0][0];\n")), 0,
	'one row in which both differ is enough, and nothing is offered');
my @written = $db->found("UPDATE days SET code = 'x' WHERE day = '2024-03-05';\n"
		. "DELETE FROM days AS d WHERE d.day = :day;\n");
is(join('; ', map { $_->{rewrite} } @written), q{days.made >= '2024-03-05' AND days.made < '2024-03-06'}
		. '; d.made >= (:day)::date AND d.made < (:day)::date + 1',
	'writes have them too, and placeholders keep their names');
my ($generic) = $db->found("SELECT id FROM firm WHERE lower(town) = \$1;\n");
is("@$generic{qw(rewrite level)}", 'low = $1 proved', 'the expression of a generated column needs no constant');
done_testing;
