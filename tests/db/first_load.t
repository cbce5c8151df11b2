#!/usr/bin/perl
# The first load of an empty directory takes the indexes away and builds them behind the data: the same ones, and in the
# transaction of the load, so that one that breaks off leaves them as they were. What triggers count is counted
# behind the data, too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
my $definitions = q{SELECT string_agg(i.indexdef || c.indisvalid, chr(10) ORDER BY i.indexname)
	FROM pg_indexes AS i JOIN pg_index AS c ON c.indexrelid = i.indexname::regclass
	WHERE i.tablename IN ('business', 'business_detail', 'business_path')};
my $before = $i->sql($definitions);
my $keys = q{SELECT string_agg(conname || pg_get_constraintdef(oid), chr(10) ORDER BY conname) FROM pg_constraint
	WHERE conrelid IN ('business'::regclass, 'business_detail'::regclass, 'business_path'::regclass)};
my $keys_before = $i->sql($keys);
my $triggers = q{SELECT string_agg(tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text, chr(10)
	ORDER BY tgrelid, tgname) FROM pg_trigger WHERE NOT tgisinternal};
my $triggers_before = $i->sql($triggers);
like($triggers_before, qr/business_detail counted_insert O/, 'writers of businesses are counted by triggers');

# Counters that are not what there is.
my $wrong = q{SELECT
	(SELECT count(*) FROM word AS w FULL JOIN (SELECT word, count(*) AS n FROM business_detail, unnest(words) AS word
		WHERE word NOT LIKE '@%' GROUP BY 1) AS t USING (word)
	WHERE COALESCE(w.businesses, 0) <> COALESCE(t.n, 0))
} . join '', map {
	"|| ' ' || (SELECT count(*) FROM $_ AS c
		WHERE businesses <> (SELECT count(*) FROM business WHERE ${_}_id = c.id))"
} qw(city region category source);

my $left = $i->sql('BEGIN; SET LOCAL ROLE holdfast_import; SELECT directory_indexes_leave(); ROLLBACK');
cmp_ok($left, '>', 15, 'an empty directory lets its indexes go');
is($i->sql($definitions), $before, 'a load that breaks off has them again');
is($i->sql('SELECT directory_indexes_leave() + directory_indexes_return()'), 2 * $left, 'all of them come back');
is($i->sql($definitions), $before, 'as they were');
is($i->sql('SELECT count(*) FROM directory_index_left'), 0, 'and nothing is left to do');

$i->fill(8_000, 1);
is($i->sql('SELECT count(*) FROM business'), 8_000, 'a first load');
is($i->sql($definitions), $before, 'has the same indexes');
is($i->sql($keys), $keys_before, 'and the same keys');
is($i->sql('SELECT count(*) FROM directory_index_left'), 0, 'of which none is missing');
is($i->sql($triggers), $triggers_before, 'and the same triggers');
cmp_ok($i->sql('SELECT sum(businesses) FROM word'), '>', 40_000, 'it has counted its words');
is($i->sql($wrong), '0 0 0 0 0', 'words, towns, regions, categories and the source as often as they are there');
is($i->sql('SELECT count(*) FROM business WHERE id NOT IN (SELECT id FROM business_path)'), 0, 'each has its address');
is($i->sql('SELECT directory_indexes_leave()'), 0, 'a directory that has something keeps them');

my $more = "$i->{home}/more.ndjson";
system("'$i->{bin}/holdfast' generate 300 --seed 2 >'$more' 2>/dev/null") == 0 or die 'generate failed';
$i->run_ok('import', '--source', 'more', $more);
is($i->sql($wrong), '0 0 0 0 0', 'an import into it counts the same');
is($i->sql('SELECT count(*) FROM word WHERE businesses > 0 AND deletes IS NULL AND word !~ \'[0-9:@]\''), 0,
	'words are found with typing errors');
is(
	$i->sql(q{SELECT string_agg(grantee, ' ' ORDER BY grantee) FROM information_schema.routine_privileges
		WHERE routine_name ~ '^directory_indexes' AND grantee NOT IN ('postgres', 'holdfast_owner')}),
	'holdfast_import holdfast_import', 'only an import may call it'
);
is(($i->run('down'))[0], 0, 'down');
is_deeply([ $i->left ], [], 'nothing is left');
done_testing;
