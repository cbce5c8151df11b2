#!/usr/bin/perl
# Recall and precision of the rules that need no database, over shapes of statements: each fault in every form of a
# batch, every way of calling tables and columns, every place where a statement stands (a file, PL/pgSQL, psql, the
# placeholders of drivers), and beside it the nearest statement that is right. Exactly the faults are found, and what is
# to be written names the key as the statement must. AUDIT_SHAPES=N plays N rounds.
use strict;
use warnings;
use utf8;
use File::Temp 'tempdir';
use FindBin;
use JSON::XS;
use Test::More;

my $build = $ENV{HOLDFAST_BUILD} // die "HOLDFAST_BUILD is not set\n";
my $work = tempdir('audit-shapes-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $work;
binmode $_, ':utf8' for Test::More->builder->output, Test::More->builder->failure_output;

# %t the table, %i its key, %s what is written; %m another column.
my @names = (
	[ 'job', 'id', 'state', 'score' ],
	[ '"Job"', '"Id"', '"State"', '"Score"' ],
	[ 'app.job', 'job_id', 'done_at', 'rank' ],
	[ 'public."order"', '"user"', '"group"', '"limit"' ],
	[ '"tä"', '"sß"', '"ñ"', '"é"' ],
	[ 'JOB', 'Id', 'STATE', 'Score' ],
);
# What is left to do, and the write that makes it false.
my @lefts = (
	[ '%s IS NULL', '%s = now()' ],
	[ "%s = 'new'", "%s = 'done'" ],
	[ "%s <> 'done'", "%s = 'done'" ],
	[ 'NOT %s', '%s = true' ],
	[ '%s = false', '%s = true' ],
	[ "%s IN ('new', 'open')", "%s = 'done'" ],
	[ '%s < 5', '%s = 5' ],
	[ "%s IS DISTINCT FROM 'done'", "%s = 'done'" ],
	[ "%s = ANY ('{new,open}')", "%s = 'done'" ],
	[ "COALESCE(%s, '') = ''", "%s = 'done'" ],
	[ '%s BETWEEN 1 AND 3', '%s = 9' ],
	[ "%s LIKE 'n%'", "%s = 'done'" ],
	[ "%s::text = 'new'", "%s = 'done'" ],
	[ '(%s IS NULL OR %s < 3)', '%s = 5' ],
	[ '%s IS NOT TRUE', '%s = true' ],
	[ "lower(%s) = 'new'", "%s = 'done'" ],
	[ '%s & 4 = 0', '%s = %s | 4' ],
	[ "%s < now() - interval '1 hour'", '%s = now()' ],
	[ '%s = $2', "%s = 'done'" ],
	[ '%s = :wanted', "%s = 'done'" ],
	[ "NOT (%s = 'done')", "%s = 'done'" ],
);
# Forms of a batch: %w is what is written, %o the condition outside of the LIMIT, %n the one inside.
my @forms = (
	'UPDATE %t SET %w WHERE %i IN (SELECT %i FROM %t%n ORDER BY %i LIMIT 100)%o',
	'UPDATE %t SET %w WHERE %i = ANY (ARRAY(SELECT %i FROM %t%n ORDER BY %i LIMIT 100))%o',
	'UPDATE %t SET %w WHERE %i = ANY (SELECT %i FROM %t%n ORDER BY %i LIMIT 100)%o',
	'UPDATE %t SET %w WHERE %i = (SELECT %i FROM %t%n ORDER BY %i LIMIT 1)%o',
	'UPDATE %t AS x SET %w WHERE x.%i IN (SELECT y.%i FROM %t y%n ORDER BY y.%i LIMIT 100)%o',
	'UPDATE ONLY %t SET %w WHERE %i IN (SELECT %i FROM %t%n FETCH FIRST 100 ROWS ONLY)%o',
	'UPDATE %t x SET %w FROM (SELECT %i FROM %t%n ORDER BY %i LIMIT 100) b WHERE b.%i = x.%i%o',
	'WITH b AS (SELECT %i FROM %t%n ORDER BY %i LIMIT 100) UPDATE %t x SET %w FROM b WHERE x.%i = b.%i%o',
	'WITH b AS (SELECT %i FROM %t%n LIMIT 100) UPDATE %t SET %w WHERE %i IN (SELECT %i FROM b)%o',
	'UPDATE %t SET %w WHERE %i IN (SELECT %i FROM (SELECT %i FROM %t%n ORDER BY %i) q LIMIT 100)%o',
	'UPDATE %t SET %w WHERE ctid IN (SELECT ctid FROM %t%n LIMIT 100)%o',
	'UPDATE %t SET %w WHERE (%i) IN (SELECT %i FROM %t%n ORDER BY %m DESC LIMIT 100)%o',
	'DELETE FROM %t WHERE %i IN (SELECT %i FROM %t%n ORDER BY %i LIMIT 100)%o',
	'DELETE FROM %t x USING (SELECT %i FROM %t%n ORDER BY %i LIMIT 100) b WHERE b.%i = x.%i%o',
	'WITH b AS (SELECT %i FROM %t%n LIMIT 100) DELETE FROM %t x USING b WHERE x.%i = b.%i%o',
);
# Where a statement stands; %q.
my %places = (
	'a file' => '%q;',
	'a comment before it' => "-- the next batch\n/* of the day */ %q;",
	'lines' => "\n\n%q\n;\n",
	'a CTE that returns' => 'WITH u AS (%q RETURNING 1) SELECT count(*) FROM u;',
	'a function' => "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS \$\$\nBEGIN\n\t%q;\nEND \$\$;",
	'a function in SQL' => "CREATE FUNCTION f() RETURNS void LANGUAGE sql AS \$x\$ %q; \$x\$;",
	'a procedure' => 'CREATE PROCEDURE p(n int) LANGUAGE plpgsql AS $x$ BEGIN IF n > 1 THEN %q; END IF; END; $x$;',
	'BEGIN ATOMIC' => 'CREATE FUNCTION f() RETURNS void BEGIN ATOMIC %q; END;',
	'a loop' => "DO \$\$ BEGIN LOOP %q; EXIT WHEN NOT FOUND; COMMIT; END LOOP; END \$\$;",
	'psql' => "\\set ON_ERROR_STOP on\n%q \\watch 5\n",
);
my %loops = ('a loop' => 1, 'psql' => 1);

my @cases;
sub put {
	my ($title, $text, $expected, $key) = @_;
	my $name = sprintf '%05d.sql', scalar @cases;
	open my $out, '>:utf8', "$work/$name" or die "$name: $!";
	print $out $text;
	close $out;
	push @cases, { title => $title, text => $text, expected => $expected, key => $key };
	return;
}
sub named {
	my ($text, $names, %more) = @_;
	$text =~ s/%([a-z])/$more{$1} \/\/ "%$1"/ge for 1 .. 2;
	my %column = (t => $names->[0], i => $names->[1], s => $names->[2], m => $names->[3]);
	return $text =~ s/%([tism])/$column{$1}/gr;
}

my $turns = 0;

# Each form in each place; names and conditions take turns, so that another round has other pairs of them.
sub play {
	for my $n (0 .. $#forms) {
		my $delete = $forms[$n] =~ /DELETE/;
		for my $place (sort keys %places) {
			my $turn = $turns++;
			my ($names, $left) = ($names[ $turn % @names ], $lefts[ $turn % @lefts ]);
			next if $left->[0] =~ /[\$:]/ && $place =~ /function|procedure|ATOMIC|loop|psql/;
			my $target = $forms[$n] =~ / x / && $forms[$n] !~ / y/ ? 'x.' : $forms[$n] =~ / AS x / ? 'x.' : '';
			my $outer = " AND $left->[0]" =~ s/%s/$target%s/gr;
			# the best 100 are marked, and what is marked already is left out: right
			my $ranking = $forms[$n] =~ /ORDER BY %m/;
			my $say = sub {
				my ($title, $expected, %more) = @_;
				my $statement = named($forms[$n], $names, w => $left->[1], n => '', o => '', %more);
				put("form $n, $place: $title", named($places{$place}, $names, q => $statement), $expected,
					$names->[1]);
			};
			$say->('a filter outside', $ranking && $outer =~ /DISTINCT/ ? '' : 'spinning-filter', o => $outer);
			$say->('the filter inside', '', n => " WHERE $left->[0]");
			$say->('inside and outside', '', n => " WHERE $left->[0]", o => $outer);
			$say->('a key to move on by', '', n => ' WHERE %i > $1', o => $outer) unless $forms[$n] =~ /ctid/;
			next if $delete || $ranking;
			$say->('a write that changes nothing of it', $loops{$place} ? 'spinning-write' : '',
				n => " WHERE $left->[0]", w => '%m = 1');
		}
	}
	$turns++;
	return;
}
play() for 1 .. $ENV{AUDIT_SHAPES} // 1;
# A LIMIT with a lock: under IN and FROM it may run again, in an array, a scalar and a CTE not.
for my $n (0 .. $#forms) {
	for my $lock ('FOR UPDATE', 'FOR UPDATE SKIP LOCKED', 'FOR NO KEY UPDATE NOWAIT', 'FOR SHARE') {
		my ($names, $left) = ($names[ $n % @names ], $lefts[ $n % @lefts ]);
		my $form = $forms[$n] =~ s/((?:LIMIT \d+|ROWS ONLY))\)/$1 $lock)/r;
		next if $form =~ /q LIMIT/; # of what is behind a subquery the lock is taken inside
		my $again = $form =~ /^WITH|ARRAY|= \(SELECT/ ? '' : 'limit-overrun';
		put("form $n, $lock", named($form, $names, w => $left->[1], n => " WHERE $left->[0]", o => '') . ';', $again,
			$names->[1]);
	}
}
# A wait inside a transaction, and behind it.
my @waits = (q{SELECT pg_sleep(3)}, q{SELECT pg_catalog.pg_sleep(0.5)}, q{SELECT pg_sleep_for('5 minutes')},
	q{SELECT http_get('https://x.example/')}, q{SELECT status FROM http_post('https://x.example/', 'a', 'b')},
	q{SELECT * FROM dblink('host=far', 'SELECT 1') AS r (a int)}, q{COPY job TO PROGRAM 'mail -s x'},
	q{SELECT content FROM http((('POST', 'https://x.example/', NULL, NULL, NULL))::http_request)});
my @begins = ('BEGIN', 'START TRANSACTION', 'begin work', 'BEGIN ISOLATION LEVEL REPEATABLE READ');
my @ends = ('COMMIT', 'END', 'commit work');
for my $w (0 .. $#waits) {
	for my $b (0 .. $#begins) {
		my ($begin, $end) = ($begins[$b], $ends[ ($w + $b) % @ends ]);
		my $write = named('UPDATE %t SET %s = 1 WHERE %i = 4', $names[ ($w + $b) % @names ]);
		put("$begin, $waits[$w]", "$begin;\n$write;\n$waits[$w];\n$end;\n", 'transaction-over-io');
		put("$begin, behind it $waits[$w]", "$begin;\n$write;\n$end;\n$waits[$w];\n", '');
		put("before it $waits[$w], $begin", "$waits[$w];\n$begin;\n$write;\nROLLBACK;\n", '');
	}
}

system("'$build/holdfast' audit sql --json --notes $work >$work/report 2>$work/err");
open my $in, '<', "$work/report" or die $!;
my $report = eval { decode_json(do { local $/; <$in> }) } // die "no report\n";
my (%found, @unlike);
for my $f (@{ $report->{findings} }) {
	my ($n) = $f->{file} =~ m{(\d+)\.sql$};
	push @{ $found{ $n + 0 } }, $f->{rule};
	my $key = $cases[$n]{key} // next;
	$key = lc $key if $key !~ /^"/;
	push @unlike, "$cases[$n]{text}\n  $f->{rewrite}" if $f->{rewrite} && $f->{rewrite} !~ /^(?:\Q$key\E|ctid) = /;
}
my (@missed, @false);
for my $n (0 .. $#cases) {
	my $c = $cases[$n];
	my ($is, $expected) = (join(' ', @{ $found{$n} // [] }), $c->{expected});
	next if $is eq $expected;
	push @{ $expected && $is !~ /\Q$expected/ ? \@missed : \@false },
		"$c->{title}: " . ($expected || 'nothing') . ', not ' . ($is || 'nothing') . "\n  $c->{text}";
}
my $faults = grep { $_->{expected} } @cases;
note(scalar(@cases) . " files, $faults of them with a fault");
sub few { return join "\n", @_ > 9 ? @_[ 0 .. 9 ] : @_ }
is(scalar @missed, 0, "each of $faults faults is found") or diag few(@missed);
is(scalar @false, 0, 'and nothing else') or diag few(@false);
is(scalar @unlike, 0, 'a remedy names the key with its quotes') or diag few(@unlike);
done_testing;
