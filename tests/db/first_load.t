#!/usr/bin/perl
# The first load of an empty directory takes the indexes away and builds them behind the data: the same ones, and in the
# transaction of the load, so that one that breaks off leaves them as they were.
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
	WHERE i.tablename IN ('business', 'business_detail')};
my $before = $i->sql($definitions);
my $keys = q{SELECT string_agg(conname || pg_get_constraintdef(oid), chr(10) ORDER BY conname) FROM pg_constraint
	WHERE conrelid IN ('business'::regclass, 'business_detail'::regclass)};
my $keys_before = $i->sql($keys);

my $left = $i->sql('BEGIN; SET LOCAL ROLE holdfast_import; SELECT directory_indexes_leave(); ROLLBACK');
cmp_ok($left, '>', 15, 'an empty directory lets its indexes go');
is($i->sql($definitions), $before, 'a load that breaks off has them again');
is($i->sql('SELECT directory_indexes_leave() + directory_indexes_return()'), 2 * $left, 'all of them come back');
is($i->sql($definitions), $before, 'as they were');
is($i->sql('SELECT count(*) FROM directory_index_left'), 0, 'and nothing is left to do');

$i->fill(20_000, 1);
is($i->sql('SELECT count(*) FROM business'), 20_000, 'a first load');
is($i->sql($definitions), $before, 'has the same indexes');
is($i->sql($keys), $keys_before, 'and the same keys');
is($i->sql('SELECT count(*) FROM directory_index_left'), 0, 'of which none is missing');
is($i->sql('SELECT directory_indexes_leave()'), 0, 'a directory that has something keeps them');
is(
	$i->sql(q{SELECT string_agg(grantee, ' ' ORDER BY grantee) FROM information_schema.routine_privileges
		WHERE routine_name ~ '^directory_indexes' AND grantee NOT IN ('postgres', 'holdfast_owner')}),
	'holdfast_import holdfast_import', 'only an import may call it'
);
is(($i->run('down'))[0], 0, 'down');
is_deeply([ $i->left ], [], 'nothing is left');
done_testing;
