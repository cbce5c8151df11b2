#!/usr/bin/perl
# holdfast audit sql: each rule finds its case and leaves its neighbour alone; the idioms of job queues are left alone;
# what cannot be checked is told; the three forms of a report; files that mean harm.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Path 'make_path';
use File::Temp 'tempdir';
use FindBin;
use JSON::XS;
use Test::More;

my $root = abs_path("$FindBin::Bin/../..");
my $build = $ENV{HOLDFAST_BUILD} // die "HOLDFAST_BUILD is not set\n";
my $work = tempdir('audit-sql-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $work;
my $count = 0;

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
sub write_file {
	my ($text, $path) = @_;
	$path //= "$work/" . ++$count . '.sql';
	make_path(dirname($path));
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out;
	return $path;
}
# (exit code, standard output, standard error)
sub audit {
	my (@arguments) = @_;
	my $code = system("'$build/holdfast' audit sql " . join(' ',
		map { "'$_'" } @arguments) . " >$work/out 2>$work/err");
	return ($code & 127 ? 128 + ($code & 127) : $code >> 8, slurp("$work/out"), slurp("$work/err"));
}
sub report {
	my ($code, $text, $talk) = audit('--json', '--notes', @_);
	return eval { decode_json($text) } // die "no report ($code): $text$talk";
}
# What was found in the SQL: "severity rule", in the order of the places.
sub found { return [ map { "$_->{severity} $_->{rule}" } @{ report(write_file($_[0]))->{findings} } ] }
sub looped { return "DO \$\$ BEGIN LOOP $_[0]; EXIT WHEN NOT FOUND; END LOOP; END \$\$" }

my $batch = 'UPDATE t SET done = true WHERE id IN (SELECT id FROM t ORDER BY id LIMIT 100)';
subtest 'a filter outside the LIMIT is found in every form of a batch' => sub {
	my %form = (
		'IN' => "$batch AND done = false",
		'an array' =>
			'UPDATE t SET done = true WHERE id = ANY (ARRAY(SELECT id FROM t ORDER BY id LIMIT 9)) AND NOT done',
		'= ANY of a subquery' =>
			'UPDATE t SET done = true WHERE id = ANY (SELECT id FROM t ORDER BY id LIMIT 9) AND NOT done',
		'EXISTS over a subquery' => 'UPDATE t SET done = true WHERE NOT done AND EXISTS (SELECT 1 FROM (SELECT id'
			. ' FROM t ORDER BY id LIMIT 9) b WHERE b.id = t.id)',
		'EXISTS over a CTE' => 'WITH b AS (SELECT id FROM t ORDER BY id LIMIT 9) DELETE FROM t WHERE x IS NULL'
			. ' AND EXISTS (SELECT FROM b WHERE t.id = b.id)',
		'MERGE, WHEN' => 'MERGE INTO t USING (SELECT id FROM t ORDER BY id LIMIT 9) b ON t.id = b.id'
			. ' WHEN MATCHED AND NOT t.done THEN UPDATE SET done = true',
		'MERGE, ON' => 'MERGE INTO t USING (SELECT id FROM t ORDER BY id LIMIT 9) b ON t.id = b.id AND NOT t.done'
			. ' WHEN MATCHED THEN DELETE',
		'a scalar' => 'UPDATE t SET done = true WHERE id = (SELECT id FROM t ORDER BY id LIMIT 1) AND NOT done',
		'ctid' => 'DELETE FROM t WHERE ctid IN (SELECT ctid FROM t LIMIT 9) AND x IS NULL',
		'FROM' =>
			'UPDATE t SET done = true FROM (SELECT id FROM t ORDER BY id LIMIT 9) b WHERE b.id = t.id AND NOT t.done',
		'USING and a CTE' =>
			'WITH b AS (SELECT id FROM t ORDER BY id LIMIT 9) DELETE FROM t USING b WHERE b.id = t.id AND t.at < now()',
		'a CTE through IN' =>
			'WITH b AS (SELECT id FROM t ORDER BY id LIMIT 9) DELETE FROM t'
				. ' WHERE id IN (SELECT id FROM b) AND at < now()',
		'a LIMIT over a CTE' =>
			'WITH c AS (SELECT * FROM t WHERE a) UPDATE t SET done = true'
				. ' WHERE id IN (SELECT id FROM c LIMIT 9) AND NOT done',
		'one level deeper' =>
			'UPDATE t SET done = true'
				. ' WHERE id IN (SELECT id FROM (SELECT id FROM t ORDER BY id LIMIT 9) x) AND NOT done',
		'a filter between' =>
			'UPDATE t SET done = true WHERE id IN (SELECT id FROM (SELECT id, done FROM t LIMIT 9) x WHERE NOT x.done)',
		'a row' => 'UPDATE t SET done = true WHERE (a, b) IN (SELECT a, b FROM t LIMIT 9) AND NOT done',
		'a write in a CTE' => "WITH w AS ($batch AND NOT done RETURNING id) SELECT count(*) FROM w",
		'PREPARE' => "PREPARE p AS $batch AND NOT done",
		'a body of SQL' => "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS \$\$ $batch AND NOT done \$\$",
		'BEGIN ATOMIC' => "CREATE FUNCTION f() RETURNS void LANGUAGE sql BEGIN ATOMIC $batch AND NOT done; END",
		'a body in quotes' => "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS '$batch AND state = ''new'''",
		'FETCH FIRST' =>
			'DELETE FROM t WHERE id IN (SELECT id FROM t ORDER BY id FETCH FIRST 9 ROWS ONLY) AND NOT keep',
		'placeholders' =>
			'UPDATE {{ t }} SET done = true WHERE id IN (SELECT id FROM {{ t }} LIMIT :n) AND state = %(state)s',
	);
	is_deeply(found($form{$_}), ['warning spinning-filter'], $_) for sort keys %form;
	is_deeply(found(looped("$batch AND NOT done")), ['error spinning-filter'], 'in a loop it is an error');
	is_deeply(found("$batch AND NOT done \\watch 1\n"), ['error spinning-filter'], '\watch is a loop');
	my $select = 'SELECT id FROM t ORDER BY id LIMIT 9';
	my %variable = (
		'a FOR of a loop' => "FOR r IN $select LOOP UPDATE t SET done = true WHERE id = r.id AND NOT done; END LOOP",
		'an array' => "ids := ARRAY($select); DELETE FROM t WHERE id = ANY (ids) AND NOT done",
		'an array of an aggregate' => "SELECT array_agg(id) INTO ids FROM ($select) s;"
			. ' UPDATE t SET done = true WHERE id = ANY (ids) AND done = false',
	);
	my %kept = (
		'a FOR of a loop' => "FOR r IN $select LOOP UPDATE t SET seen = now() WHERE id = r.id; END LOOP",
		'an array' => "ids := ARRAY($select); UPDATE t SET seen = now() WHERE id = ANY (ids)",
	);
	my %guarded = (
		'an IF in a FOR' => 'FOR r IN SELECT id, state FROM t ORDER BY id LIMIT 9 LOOP'
			. " IF r.state = 'dead' THEN DELETE FROM t WHERE id = r.id; END IF; END LOOP",
		'EXECUTE of a literal' => "EXECUTE 'DELETE FROM t WHERE id IN ($select) AND old'; EXIT WHEN NOT FOUND",
		'EXECUTE of format()' =>
			"EXECUTE format('UPDATE %I SET a = %L WHERE id IN (SELECT id FROM %1\$I LIMIT 9) AND b', r.name, r.v)",
		'EXECUTE of parts' => "EXECUTE 'DELETE FROM ' || quote_ident(n) || ' WHERE id IN (SELECT id FROM ' ||"
			. " quote_ident(n) || ' WHERE k = ' || quote_literal(v) || ' LIMIT 9) AND old'",
	);
	my %free = (
		'an IF with an ELSE that writes' => 'FOR r IN SELECT id, state FROM t ORDER BY id LIMIT 9 LOOP'
			. " IF r.state = 'dead' THEN DELETE FROM t WHERE id = r.id; ELSE UPDATE t SET a = 1 WHERE id = r.id;"
			. ' END IF; END LOOP',
		'EXECUTE with the condition inside' => "EXECUTE format('DELETE FROM %I WHERE id IN (SELECT id FROM %1\$I"
			. " WHERE old LIMIT 9)', n)",
		'EXECUTE with a bound' => "EXECUTE 'UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t WHERE id > ' || last ||"
			. " ' ORDER BY id LIMIT 9) AND b'",
		'EXECUTE of a variable' => 'EXECUTE command',
	);
	my $declared = sub { 'DO $$ DECLARE r record; ids int[]; BEGIN LOOP ' . "$_[0]; END LOOP; END \$\$" };
	is_deeply(found($declared->($variable{$_})), ['error spinning-filter'], "a variable: $_") for sort keys %variable;
	is_deeply(found($declared->($kept{$_})), ['warning spinning-write'], "what it keeps: $_") for sort keys %kept;
	is_deeply(found($declared->($guarded{$_})), ['error spinning-filter'], $_) for sort keys %guarded;
	is_deeply(found($declared->($free{$_})), [], $_) for sort keys %free;
	my $shop = 'UPDATE orders o SET sent = true FROM customers c WHERE c.id = o.customer_id AND c.active AND o.id IN';
	is_deeply(found("$shop (SELECT id FROM orders WHERE NOT sent ORDER BY id LIMIT 9)"), ['warning spinning-filter'],
		'a condition on a table that is joined');
	my $both = 'SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.active LIMIT 9';
	is_deeply(found("$shop ($both)"), [], 'not when the batch joins it as well');
	my $look = 'UPDATE t SET done = true FROM (SELECT id FROM t %s ORDER BY id LIMIT 9) b'
		. ' JOIN t x ON x.id = b.id AND %s WHERE t.id = b.id';
	is_deeply(found(sprintf $look, '', 'NOT x.done'), ['warning spinning-filter'], 'a condition of a second look');
	is_deeply(found(sprintf $look, 'WHERE NOT done', 'NOT x.done'), [], 'not when the batch has it');
	is_deeply(found((sprintf $look, 'WHERE NOT done', 'x.a') =~ s/x.id = b.id/x.id = b.up/r), [], 'nor of another row');
	my $bound = 'DELETE FROM t WHERE id <= (SELECT max(id) FROM (SELECT id FROM t %s LIMIT 9) b) AND old';
	is_deeply(found(sprintf $bound, 'ORDER BY id'), ['warning spinning-filter'], 'a batch by its last key');
	is_deeply(found(sprintf $bound, $_), [], "not $_")
		for 'WHERE old ORDER BY id', 'ORDER BY at', 'WHERE id > $1 ORDER BY id';
	is_deeply(found((sprintf $bound, 'ORDER BY id') =~ s/max/min/r), [], 'not by its first key');
	my $newest =
		'UPDATE s SET done = true WHERE id = (SELECT id FROM s WHERE k = $1 ORDER BY at DESC LIMIT 1) AND NOT done';
	is_deeply(found($newest), ['note spinning-filter'], 'the newest row may be meant by itself');
	is_deeply(found(looped($newest)), ['error spinning-filter'], 'but not in a loop');
	for my $inexact ($declared->($variable{'an array'}), $form{'a body in quotes'}) {
		my ($found) = @{ report(write_file($inexact))->{findings} };
		is($found->{rewrite}, undef, 'no remedy is made of a text whose places are not known');
		like($found->{message}, qr/^rows for which a condition of the write is false stay/, 'nor shown as a condition');
	}
};

subtest 'a condition that does not follow from the inner ones is found, one that follows is not' => sub {
	my $in = sub { "UPDATE t SET a = b WHERE id IN (SELECT id FROM t WHERE $_[0] ORDER BY id LIMIT 9) AND $_[1]" };
	my @no = (['n < 5', 'n < 3'], ['n < 5', 'n <= 4'], ["s = 'a'", "s IN ('b', 'c')"], ["s IN ('a', 'b')", "s = 'a'"],
		['x IS NULL', 'x IS NOT NULL'],
		['NOT done', 'EXISTS (SELECT 1 FROM u WHERE u.id = t.user_id AND u.active)'], ['a OR c', 'a'], ['at < now()',
			"at < now() - interval '1 day'"],
		['NOT done', 'id IN (SELECT t_id FROM u)'], ['s = $1', 's = $2'], ["s <> 'a'", "s = 'b'"], ['n > 3', 'n < 5'],
			['done IS NOT TRUE', 'NOT done']);
	my @yes = (['n < 3', 'n < 5'], ['n < 5', 'n <= 5'], ["s = 'a'", "s IN ('a', 'b')"], ["s IN ('a', 'b')",
		"s IN ('c', 'b', 'a')"], ["s = 'a'", "s <> 'b'"],
		['x > 0', 'x IS NOT NULL'], ['a', 'a OR c'], ['a OR c', 'c OR a'], ["at < now() - interval '1 day'",
			'at < now()'], ['NOT done', 'done IS NOT TRUE'],
		['s = $1', 's = $1'], ["s::text = 'a'", "s::text = 'a'"], ['n = 3', 'n BETWEEN 1 AND 5'], ['now() > at',
			'at < CURRENT_TIMESTAMP'], ['x IS NULL', 'x IS DISTINCT FROM 5'],
		["s = ANY (ARRAY['a', 'b'])", "s IN ('a', 'b')"], ["at < '2024-01-01'", "at < '2025-01-01'"], ['a AND c', 'c'],
			['t.a', 'a']);
	is_deeply(found($in->(@$_)), ['warning spinning-filter'], "$_->[0] does not imply $_->[1]") for @no;
	is_deeply(found($in->(@$_)), [], "$_->[0] implies $_->[1]") for @yes;
};

subtest 'the commands of a rule are statements of their own, on one line and on several' => sub {
	my $rule = 'CREATE RULE r AS ON INSERT TO t WHERE NEW.id > (SELECT 3) DO INSTEAD';
	my $spins = 'DELETE FROM t WHERE id IN (SELECT id FROM t ORDER BY id LIMIT 9) AND x IS NULL';
	my $fine = 'UPDATE t SET x = 1 WHERE id = NEW.id';
	my $one = ['warning spinning-filter'];
	is_deeply(found("$rule ($fine; $spins);"), $one, 'the second of two');
	is_deeply(found("$rule (\n\t$fine;\n\t-- both\n\t$spins;\n);\nSELECT 1;"), $one, 'a line each');
	is_deeply(found("$rule ($spins;\n /* and */ $fine\n);"), $one, 'the first of two');
	is_deeply(found("$rule $spins;"), $one, 'without brackets');
	is_deeply(found("\u$rule ($fine;\r\n$spins);" =~ s/INSTEAD/ALSO/r), $one, 'ALSO');
	is_deeply(found("$rule ($fine;\n SELECT 1;\n);\n$rule NOTHING;"), [], 'two that are right');
	is_deeply(found("$rule ($fine;\nCREATE TABLE u (a int);\n$spins;"), [ 'note sql-unparsed', $one->[0] ],
		'a bracket that is never closed does not hide what follows');
	my $report = report(write_file("SELECT 1;\n$rule (\n\t$fine;\n\t$spins;\n);\n"));
	is("@{$report->{findings}[0]}{qw(line column)}", '4 71', 'the place is that of the condition');
};

subtest 'a write that keeps its rows in the batch is found in a loop' => sub {
	my $set = sub { "UPDATE t SET $_[0] WHERE id IN (SELECT id FROM t $_[1] LIMIT 9)" };
	my @stays = (["path = '[]'", "WHERE path IS NULL OR path = '[]' ORDER BY id"], ['score = 1',
		'WHERE NOT done ORDER BY id'], ['score = 1', 'ORDER BY id'],
		["s = 'b'", "WHERE s IN ('a', 'b')"], ['x = NULL', 'WHERE x IS NULL'], ["s = 'b'", "WHERE s <> 'c'"], ['n = 2',
			'WHERE n < 5'], ['done = false', 'WHERE NOT done'], ['n = n', 'WHERE n = 0'],
		["s = CASE WHEN a THEN 'new' ELSE 'new' END", "WHERE s = 'new'"]);
	my @moves = (['done = true', 'WHERE NOT done'], ['n = n + 1', 'WHERE n < 5'], ['checked = now()',
		'ORDER BY checked NULLS FIRST'], ["s = 'c'", "WHERE s IN ('a', 'b')"],
		['x = 1', 'WHERE x IS NULL'], ['score = 1', 'WHERE id > $1 ORDER BY id'], ['score = 1', 'ORDER BY random()'],
			['n = 7', 'WHERE n < 5'], ["at = now() + interval '1 hour'", 'WHERE at < now()'],
		['(a, done) = (SELECT 1, true)', 'WHERE NOT done'], ['score = 1',
			'WHERE NOT EXISTS (SELECT 1 FROM log WHERE log.ref = t.id)'],
		["s = CASE WHEN a THEN 'new' ELSE 'old' END", "WHERE s = 'new'"]);
	is_deeply(found(looped($set->(@$_))), ['warning spinning-write'], "SET $_->[0] $_->[1]") for @stays;
	is_deeply(found(looped($set->(@$_))), [], "SET $_->[0] $_->[1]") for @moves;
	is_deeply(found($set->(@{ $stays[0] })), [], 'not outside of a loop');
	is_deeply(found(looped('DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT 9)')), [], 'not of a DELETE');
	my $other = 'UPDATE t SET a = 1 WHERE id IN (SELECT t_id FROM queue WHERE ready LIMIT 9)';
	is_deeply(found(looped($other)), ['warning spinning-write'],
		'a batch of keys of a table that the loop does not write');
	is_deeply(found(looped("$other; DELETE FROM queue WHERE done")), [], 'not of one that it writes');
	is_deeply(found(looped($other =~ s/ready/t_id > \$1/r)), [], 'nor where a caller moves on');
	is_deeply(found(looped($other =~ s/ready/EXISTS (SELECT 1 FROM t WHERE t.id = t_id AND a = 0)/r)), [],
		'nor with a condition on other tables');
};

subtest 'a LIMIT with a lock in a subquery is a note, in an array, a scalar or a CTE none' => sub {
	my $inner = "SELECT id FROM t WHERE s = 'new' ORDER BY id LIMIT 9 FOR UPDATE SKIP LOCKED";
	is_deeply(found("UPDATE t SET s = 'run' WHERE id IN ($inner)"), ['note limit-overrun'], 'IN');
	is_deeply(found("DELETE FROM t USING ($inner) b WHERE b.id = t.id"), ['note limit-overrun'], 'USING');
	is_deeply(found("UPDATE t SET s = 'run' WHERE id = ANY (ARRAY($inner))"), [], 'an array');
	is_deeply(found("WITH b AS ($inner) UPDATE t SET s = 'run' WHERE id IN (SELECT id FROM b)"), [], 'a CTE');
	my ($code, $text) = audit(write_file("UPDATE t SET s = 'run' WHERE id IN ($inner)"));
	is($code, 0, 'notes alone are no failure');
	like($text, qr/1 notes not shown/, 'and are counted');
};

subtest 'what is waited for inside a transaction is found' => sub {
	my $block = sub { "BEGIN;\nUPDATE t SET s = 1;\n$_[0];\nCOMMIT;\n" };
	my @waits = ('SELECT pg_sleep(5)', "SELECT * FROM dblink('host=other', 'SELECT 1') AS r(a int)",
		"SAVEPOINT a; SELECT http_get('https://x.example')", "COPY t FROM PROGRAM 'gzip -dc x'",
		"ROLLBACK TO a;\n\\! curl https://x.example\n",
		"\\prompt 'which? ' w\n", "SELECT extensions.http_post('https://x.example', 'x')");
	my $temporary = "CREATE TEMP TABLE x (a int); COPY x FROM PROGRAM 'gzip -dc x'; INSERT INTO x VALUES (1)";
	is_deeply(found("BEGIN; SET LOCAL work_mem = '1MB'; $temporary; UPDATE t SET s = 1; COMMIT"), [],
		'only a temporary table until then');
	is_deeply(found("BEGIN; UPDATE t SET s = 1; $temporary; COMMIT"), ['warning transaction-over-io'],
		'not until then');
	is_deeply(found("DO \$\$ BEGIN UPDATE t SET s = 1; EXECUTE 'SELECT pg_sleep(1)'; END \$\$"),
		['warning transaction-over-io'], 'in the text of EXECUTE');
	my @not = ('SELECT pg_sleep(0)', "SELECT * FROM dblink('dbname=' || current_database(), 'SELECT 1') AS r(a int)",
		"SELECT net.http_get('https://x.example')", 'SELECT count(*) FROM foreign_orders',
		"COMMIT; SELECT pg_sleep(5); BEGIN");
	is_deeply(found($block->($_)), ['warning transaction-over-io'], $_) for @waits;
	is_deeply(found($block->($_)), [], $_) for @not;
	my $body = sub { "CREATE $_[0] LANGUAGE plpgsql AS \$\$ BEGIN $_[1] END \$\$" };
	is_deeply(found($body->('FUNCTION f() RETURNS trigger', "PERFORM http_get('x'); RETURN NEW;")),
		['warning transaction-over-io'], 'in a trigger function');
	is_deeply(found($body->('PROCEDURE p()', 'UPDATE t SET a = 1; COMMIT; PERFORM pg_sleep(1);')), [],
		'after the commit of a procedure');
	is_deeply(found($body->('PROCEDURE p()',
		'LOOP PERFORM pg_sleep(1); UPDATE t SET a = a + 1; EXIT WHEN NOT FOUND; END LOOP;')),
		['warning transaction-over-io'], 'in the next round of a loop');
	is_deeply(found($body->('FUNCTION f() RETURNS void', 'PERFORM pg_sleep(1);')), [], 'not while nothing is locked');
};

sub routine {
	my ($body, $head) = @_;
	return 'CREATE FUNCTION f' . ($head // '() RETURNS void') . " AS \$\$ $body \$\$ LANGUAGE plpgsql";
}

subtest 'whether rows are locked follows RETURN, RAISE, handlers and temporary tables' => sub {
	my $sleep = 'PERFORM pg_sleep(3);';
	my %held = (
		'a branch that goes on' => "BEGIN IF n THEN UPDATE t SET x = 1; RAISE NOTICE 'x'; END IF; $sleep END",
		'inside of a branch that returns' =>
			"BEGIN IF n THEN UPDATE t SET x = 1; IF m THEN $sleep RETURN; END IF; RETURN; END IF; END",
		'behind a block with a handler' =>
			"BEGIN BEGIN UPDATE t SET x = 1; EXCEPTION WHEN others THEN NULL; END; $sleep END",
		'a lock from before the block' =>
			"BEGIN UPDATE t SET x = 1; BEGIN UPDATE u SET x = 1; EXCEPTION WHEN others THEN $sleep END; END",
		'the next round' => "BEGIN LOOP $sleep UPDATE t SET x = 1; END LOOP; END",
		'a table beside the temporary one' =>
			"BEGIN CREATE TEMP TABLE k (a int); INSERT INTO k VALUES (1); UPDATE t SET x = 1; $sleep END",
	);
	my %free = (
		'a branch that returns' => "BEGIN IF n THEN UPDATE t SET x = 1; RETURN; END IF; $sleep END",
		'one that raises' => "BEGIN IF n THEN UPDATE t SET x = 1; RAISE EXCEPTION 'no'; END IF; $sleep END",
		'one of CASE' => "BEGIN CASE n WHEN 1 THEN DELETE FROM t; RETURN; ELSE NULL; END CASE; $sleep END",
		'a handler that returns' =>
			"BEGIN BEGIN PERFORM 1; EXCEPTION WHEN others THEN INSERT INTO t VALUES (1); RETURN; END; $sleep END",
		'a retry' => "BEGIN LOOP BEGIN UPDATE t SET x = 1; EXIT;"
			. " EXCEPTION WHEN deadlock_detected THEN $sleep END; END LOOP; END",
		'before the write of a branch that returns' =>
			"BEGIN LOOP IF n THEN $sleep UPDATE t SET x = 1; RETURN; END IF; END LOOP; END",
		'a temporary table' =>
			"BEGIN CREATE TEMPORARY TABLE IF NOT EXISTS k(a int); INSERT INTO k VALUES (1); $sleep END",
	);
	is_deeply(found(routine($held{$_})), ['warning transaction-over-io'], $_) for sort keys %held;
	is_deeply(found(routine($free{$_})), [], $_) for sort keys %free;
};

subtest 'PL/pgSQL that the parser without a catalogue does not take is read' => sub {
	my $wrong = 'DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT 5) AND x;';
	my %body = (
		'a field of a record' => "DECLARE r record; BEGIN r.x := 1; $wrong END",
		'of a row type' => "DECLARE r s.t%ROWTYPE; q t := NULL; BEGIN SELECT 1 INTO r.x; q.y = 2;\n$wrong END",
		'of an argument' => [ "BEGIN a.x := 1; $wrong END", '(a foo) RETURNS foo' ],
		'a cursor' =>
			"DECLARE c CURSOR FOR SELECT 1; r record; BEGIN OPEN c; FETCH c INTO r; CLOSE c; $wrong END",
		'a loop over one' =>
			"DECLARE c CURSOR (k int) FOR SELECT k; BEGIN FOR r IN c(1) LOOP NULL; END LOOP; $wrong END",
		'a cursor that is an argument' => [
			"DECLARE c ALIAS FOR \$1; r int; BEGIN OPEN c FOR SELECT 1; MOVE c; $wrong END",
			'(refcursor) RETURNS int' ],
		'RETURN NEXT' => [ "BEGIN y := 1; RETURN NEXT; $wrong END", '(OUT y int) RETURNS SETOF int' ],
		'a row of a table' => [ "BEGIN y := 1;\nRETURN\nNEXT; $wrong END", '() RETURNS TABLE (y int)' ],
	);
	for my $name (sort keys %body) {
		my $text = routine(ref $body{$name} ? @{ $body{$name} } : $body{$name});
		my $file = write_file($text);
		my @found = @{ report($file)->{findings} };
		is_deeply([ map { $_->{rule} } @found ], ['spinning-filter'], $name) or next;
		my @lines = split /\n/, $text;
		my ($line) = grep { $lines[$_] =~ /\Q$wrong/ } 0 .. $#lines;
		is("$found[0]{line}:$found[0]{column}", 1 + $line . ':' . (2 + index $lines[$line], ' x;'), "$name: the place");
	}
	my $filled = 'BEGIN ' . $wrong =~ s/t WHERE/\@NS\@.t WHERE/r . ' END';
	is_deeply(found('INSERT INTO @extschema@.t VALUES (1); ' . routine($filled)), ['warning spinning-filter'],
		'names that a script fills in');
};

subtest 'the idioms of job queues and of maintenance give neither finding nor note' => sub {
	my $report = report("$root/tests/audit/idioms.sql");
	is_deeply([ map { "$_->{line} $_->{rule}: $_->{message}" } @{ $report->{findings} } ], [], 'nothing is found');
	is(scalar(() = slurp("$root/tests/audit/idioms.sql") =~ /^-- \d+ /mg), 63, 'of 63 idioms');
	like($report->{looked}, qr/ 0 unparsed/, 'and all are read');
};

subtest 'what is found is shown with its place, the marked source and what to write' => sub {
	my $path = write_file("-- é\nSELECT 1;\nUPDATE t AS o SET done = true\nWHERE o.id IN (SELECT i.id FROM t i\n"
		. "  ORDER BY i.id LIMIT 5) AND (o.done = false OR o.x);\n");
	my ($code, $text) = audit($path);
	is($code, 2, 'findings are exit 2');
	like($text, qr/^warning: a filter stands outside the LIMIT.*\[spinning-filter\]\n  \Q$path\E:5:30\n/,
		'the first line says what is wrong, the second where');
	like($text, qr/\n +5 \|   ORDER BY i\.id LIMIT 5\) AND \(o\.done = false OR o\.x\);\n +\| {30}\^{23}\n/,
		'the condition is marked');
	like($text,
		qr/\n  write     \Qid = ANY (ARRAY(SELECT i.id FROM t i WHERE (i.done = false OR i.x)\E/,
		'the remedy moves it inside');
	like($text, qr/\Q ORDER BY i.id LIMIT 5 FOR UPDATE SKIP LOCKED))\E\n/, 'before the order and the limit');
	my ($f) = @{ report($path)->{findings} };
	is_deeply([ @$f{qw(line column end_line end_column object)} ], [ 5, 30, 5, 53, 't' ],
		'JSON has both ends and the table');
	my ($same) = @{ report(write_file("\n\n" . slurp($path)))->{findings} };
	is($f->{fingerprint}, $same->{fingerprint}, 'the fingerprint stays when the statement moves');
	my ($sarif) = map { decode_json($_) } (audit('--sarif', $path))[1];
	is_deeply($sarif->{runs}[0]{results}[0]{locations}[0]{physicalLocation}{region}, { startLine => 5, startColumn =>
		30, endLine => 5, endColumn => 53 }, 'SARIF has the region');
	is($sarif->{runs}[0]{results}[0]{partialFingerprints}{'finding/v1'}, $f->{fingerprint}, 'and the fingerprint');
};

subtest 'a remedy is one line: comments are left out of it, literals stay as they are' => sub {
	my $inner = "SELECT id -- the first\n\tFROM t /* of\n all */ "
		. "WHERE n = 'a  -- b' AND m <> E'it\\'s  x'\n\tORDER BY id LIMIT 9";
	my $report = report(write_file("DELETE FROM t WHERE id IN ($inner) AND x IS NULL;\n"));
	is($report->{findings}[0]{rewrite}, q{id = ANY (ARRAY(SELECT id FROM t WHERE n = 'a  -- b' AND m <> E'it\\'s  x' }
			. 'AND x IS NULL ORDER BY id LIMIT 9 FOR UPDATE SKIP LOCKED))', 'it can be run');
};

subtest 'a comment with a reason suppresses one rule of one statement' => sub {
	my $bad = "$batch AND NOT done";
	is_deeply(found("-- holdfast-audit: ignore spinning-filter: run once by hand\n$bad"), [], 'before the statement');
	my $inside = "UPDATE t /* holdfast-audit: ignore spinning-filter: once */ SET done = true";
	is_deeply(found("$inside WHERE id IN (SELECT id FROM t LIMIT 9) AND NOT done"), [], 'in the statement');
	is_deeply(found("-- holdfast-audit: ignore spinning-filter: once\n$bad;\n$bad"), ['warning spinning-filter'],
		'not of the next one');
	is_deeply(found("-- holdfast-audit: ignore spinning-write: once\n$bad"), ['warning spinning-filter'],
		'not another rule');
	is_deeply(found("-- holdfast-audit: ignore spinning-filter\n$bad"), [ 'warning sql-ignore-without-reason',
		'warning spinning-filter' ], 'not without a reason');
	is_deeply(found("-- holdfast-audit: ignore spining: x\nSELECT 1"), ['warning sql-ignore-without-reason'],
		'and no unknown rule');
};

subtest 'what cannot be read is told and does not hide its neighbours' => sub {
	my $report = report(
		write_file("SELECT FROM WHERE;\n$batch AND NOT done;\nDO \$\$ BEGIN EXECUTE 'UPDATE ' || x; END \$\$;\n"));
	is_deeply([ map { "$_->{line} $_->{rule}" } @{ $report->{findings} } ], [ '1 sql-unparsed', '2 spinning-filter' ],
		'a statement that is no SQL is a note');
	like($report->{looked}, qr/not checked: 1 unparsed, 1 built at run time/, 'both are counted');
	is_deeply(found('SELECT ' . '(' x 10000), ['note sql-unparsed'], '10 000 brackets');
	is_deeply(found('SELECT ' . '1+' x 100000 . '1'), ['note sql-unparsed'], 'a chain of 100 000 operators');
	is_deeply(found("SELECT '\0'"), ['note sql-unparsed'], 'NUL bytes');
	is_deeply(found("DO \$\$ BEGIN LOOP \$\$; $batch AND NOT done"), [ 'note sql-unparsed', 'warning spinning-filter' ],
		'a broken body of PL/pgSQL');
	is_deeply(found(''), [], 'an empty file');
	is_deeply(found('INSERT INTO t VALUES ' . join(',', map { "($_, 'x')" } 1 .. 200000)), [],
		'an INSERT of 200 000 rows');
};

subtest 'files and folders are named, and so is what is wrong with the command' => sub {
	make_path("$work/tree/deep");
	write_file("$batch AND NOT done", "$work/tree/b.sql");
	write_file("$batch AND NOT done", "$work/tree/deep/a.sql");
	write_file("$batch AND NOT done", "$work/tree/notes.txt");
	is_deeply([ map { $_->{file} } @{ report("$work/tree")->{findings} } ], [ "$work/tree/b.sql",
		"$work/tree/deep/a.sql" ], 'of a folder the files that end in .sql');
	is(scalar @{ report("$work/tree/notes.txt", "$work/tree/b.sql")->{findings} }, 2, 'of files those named');
	is((audit('--rule', 'limit-overrun', "$work/tree"))[0], 0, '--rule asks one rule');
	is((audit('--rule', 'nonsense', "$work/tree"))[0], 64, 'an unknown rule is a usage error');
	my ($code, undef, $talk) = audit("$work/missing.sql");
	is($code, 1, 'a missing file is exit 1');
	like($talk, qr/missing\.sql: No such file/, 'and is named');
	make_path("$work/empty");
	is((audit("$work/empty"))[0], 1, 'a folder without SQL is exit 1');
};

SKIP: {
	my ($cases) = grep { -d } map { "$_/audit" } grep { defined } $ENV{HOLDFAST_CASES}, "$root/../shared/cases",
		"$root/../../shared/cases";
	skip 'the folder shared/cases is not here', 1 if !$cases;
	subtest 'labelled cases come out as they are labelled' => sub {
		my @kinds = qw(spinning-update/*.sql transaction-over-io/*.sql public/*/case.sql);
		for my $path (sort glob join ' ', map { "$cases/$_" } @kinds) {
			my $text = slurp($path);
			my ($rule) = $text =~ /^-- rule: (\S+)/m;
			my ($label) = $text =~ /^-- label: (\S+)/m;
			next if $rule eq 'index-identity';
			$label = 'none' if $text =~ /live only|never speaks again/;    # what the client does is not in the file
			my @found = grep { $_->{rule} !~ /^sql-/ } @{ report($path)->{findings} };
			my $got = !@found ? 'none' : (grep { $_->{severity} ne 'note' } @found) ? 'finding' : 'note';
			is($got, $label, $path =~ s{^\Q$cases\E/}{}r);
		}
	};
}
subtest 'migrations are taken in the order in which they are applied, and what is no .sql is counted' => sub {
	my $dir = "$work/migrations";
	my @names = qw(V1__a.sql V1.1__b.sql V2__c.sql V10__d.sql R__last.sql);
	write_file("$batch AND NOT done;\n", "$dir/flyway/$_") for @names;
	write_file("class Migration: pass\n", "$dir/django/000$_.py") for 1 .. 3;
	my $report = report('--scratch', "$dir/flyway");
	is(scalar(grep { $_->{rule} eq 'spinning-filter' } @{ $report->{findings} }), 5, 'each is read');
	write_file("CREATE TABLE t (id int);\n", "$dir/flyway/V1__a.sql");
	write_file("ALTER TABLE t ADD x int;\n", "$dir/flyway/V1.1__b.sql");
	write_file("ALTER TABLE t RENAME x TO y;\n-- migrate:down\nDROP TABLE t;\n", "$dir/flyway/V2__c.sql");
	write_file("DROP TABLE t;\n", "$dir/flyway/U2__c.sql");
	write_file("CREATE INDEX i ON t (y);\n", "$dir/flyway/V10__d.sql");
	write_file("SELECT y FROM t WHERE y = 1;\n", "$dir/flyway/R__last.sql");
	$report = report('--scratch', "$dir/flyway");
	like($report->{looked}, qr/ 0 statements of the schema failed/, 'in the right order, without what takes them back');
	like(report("$dir/flyway/", "$dir/django")->{looked}, qr/ 3 other files;/, 'the others are counted');
	my ($code, undef, $why) = audit("$dir/django");
	is($code, 1, 'a folder without SQL');
	like($why, qr/django: there is no file that ends in \.sql among 3 others\. .*manage\.py sqlmigrate/,
		'says what to give');
};

subtest 'JUnit: a failed test for each warning, a passed one when there is none' => sub {
	my $file = write_file("-- <&\"\x01\n$batch AND NOT done;\n");
	my ($code, $xml) = audit('--junit', $file);
	is($code, 2, 'findings');
	like($xml, qr/<testsuite name="holdfast audit" tests="1" failures="1" errors="0" skipped="0">/, 'counts');
	like($xml,
		qr/name="spinning-filter, line 2"><failure message="a filter stands outside the LIMIT[^<]*>[^<]*\.sql:2:/,
		'rule and place');
	like($xml, qr/\ncause: [^<]*&quot;NOT done&quot;[^<]*\nwrite: id = ANY/, 'cause and remedy, escaped');
	unlike($xml, qr/[\x00-\x08]/, 'no control characters');
	($code, $xml) = audit('--junit', write_file("SELECT 1;\n"));
	is($code, 0, 'nothing');
	like($xml, qr/tests="1" failures="0".*\n.*name="no finding"\/>/, 'is a test that passed');
	is((audit('--junit', '--sarif', $file))[0], 64, 'one form at a time');
};

subtest 'a baseline leaves out what is known, wherever it has moved to' => sub {
	my $known = write_file("$batch AND NOT done;\n", "$work/known.sql");
	my ($code) = audit('--write-baseline', "$work/baseline", $known);
	is($code, 0, 'writing a baseline succeeds, whatever is found');
	like(slurp("$work/baseline"), qr/^[0-9a-f]{16} spinning-filter \S+known.sql:1$/m,
		'a line has fingerprint, rule, place');
	write_file("SELECT 1;\n\n$batch\n  AND NOT done;\n", $known);
	($code, my $text) = audit('--baseline', "$work/baseline", $known);
	is($code, 0, 'nothing new');
	like($text, qr/; 1 in the baseline: 0 errors, 0 warnings/, 'what is known is counted');
	write_file("$batch AND NOT done;\n$batch AND NOT gone;\n", $known);
	is((audit('--baseline', "$work/baseline", $known))[0], 2, 'another finding is one');
	write_file("$batch AND NOT done;\n" x 2, $known);
	is((audit('--baseline', "$work/baseline", $known))[0], 2, 'and so is a second copy of a known one');
	is((audit('--baseline', "$work/baseline", '--write-baseline', "$work/other", $known))[0], 64,
		'a baseline is read or written');
	write_file("nothing\n", "$work/baseline");
	($code, undef, $text) = audit('--baseline', "$work/baseline", $known);
	is($code, 64, 'a file that is no baseline');
	like($text, qr/line 1 of the baseline .*--write-baseline/, 'says the line and the remedy');
};

done_testing();
