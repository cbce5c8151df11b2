#!/usr/bin/perl
# What the lists cost in buffers, on thirty thousand businesses: bounds that a wrong plan breaks. (That
# every statement is served by the index it names is tested with all the others, for every area.)
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Directory;
use Test::More;
require "$FindBin::Bin/../../tools/statements.pl";

my $directory = Directory->start;
my $sql = sub { $directory->sql($_[0]) };
my $statements = statements('directory');
my $rank = expressions()->{business_rank};

sub indexes {
	my ($node) = @_;
	return ($node->{'Index Name'} // (), map { indexes($_) } @{ $node->{Plans} // [] });
}

sub heap_fetches {
	my ($node) = @_;
	my $n = $node->{'Heap Fetches'} // 0;
	$n += heap_fetches($_) for @{ $node->{Plans} // [] };
	return $n;
}

my ($region) = $directory->column('SELECT id FROM region ORDER BY businesses DESC LIMIT 1');
my ($city) = $directory->column('SELECT id FROM city ORDER BY businesses DESC LIMIT 1');
my ($category) = $directory->rows('SELECT id FROM category ORDER BY businesses DESC LIMIT 1');
my ($group) = $directory->column('SELECT group_id FROM category GROUP BY 1 ORDER BY sum(businesses) DESC LIMIT 1');

# Lists by quality: from the index alone, also deep.
for (
	['list_all', 'true'],
	['list_group', "group_id = $group", $group],
	['list_category', "category_id = $category->[0]", $category->[0]],
	['list_region', "region_id = $region", $region],
	['list_region_group', "region_id = $region AND group_id = $group", $region, $group],
	['list_region_category', "region_id = $region AND category_id = $category->[0]", $region, $category->[0]],
	['list_city', "city_id = $city", $city],
	['list_city_group', "city_id = $city AND group_id = $group", $city, $group],
	['list_city_category', "city_id = $city AND category_id = $category->[0]", $city, $category->[0]],
) {
	my ($name, $where, @params) = @$_;
	my ($middle) = $directory->rows("SELECT $rank, id FROM business WHERE $where ORDER BY 1 DESC, 2 DESC
		OFFSET (SELECT count(*) / 2 FROM business WHERE $where) LIMIT 1");
	for (['the first page', 101, 0], ['a page in the middle', @$middle]) {
		my ($page, @key) = @$_;
		my (undef, $plan) = explained($sql, ([$statements->{$name}, @params, @key, 21]) x 2);
		cmp_ok($plan->{buffers}, '<=', 12, "$name: $page takes at most 12 buffers");
		is(heap_fetches($plan->{Plan}), 0, "$name: $page needs nothing from the table") or diag explain $plan->{Plan};
	}
}

# The others: the index in its order, and no more rows than asked for.
my @spot = (0.6770, 0.0885, 0.7306); # in the middle of the businesses
for (
	['list_by_name', 60, 'business_by_name', 'Word2', 0, 21],
	['list_city_by_name', 60, 'business_of_city_by_name', $city, undef, undef, '', -1, 21],
	['list_by_id', 60, 'business_pkey', (undef) x 4, -1, 21],
	['list_by_id_rare', 200, 'business_detail_by_word', '{name2999}', (undef) x 8, -1, 21],
	[
		'list_box', 300, 'business_near', 0.675, 0.088, 0.729, 0.679, 0.09, 0.732,
		79000000, 469000000, 79500000, 469500000, (undef) x 4, 101, 0, 21
	],
	['list_text_by_name', 200, 'business_detail_by_word', '{name2999}', (undef) x 8, '', -1, 21],
	['list_text_recent_walk', 1000, 'business_detail_by_change', '{word0}', (undef) x 8, '9223372036854775807', 0,
		2000, 21],
	['list_text_recent_rare', 200, 'business_detail_by_word', '{name2999}', (undef) x 8, '9223372036854775807', 0, 21],
	['list_part_by_name', 300, 'business_of_region_category_by_rank', undef, $category->[0], $region, undef, '', -1,
		21],
	['list_recent', 110, 'business_detail_by_change', '9223372036854775807', 0, 21],
	['list_near', 150, 'business_near', @spot, 0.01, undef, undef, -1, 0, 21],
	['list_near', 250, 'business_near', @spot, 0.01, undef, $category->[0], -1, 0, 21],
	['list_text_rare', 150, 'business_detail_by_word', '{name2999}', (undef) x 8, 101, 0, 21],
	['list_text_walk', 2500, 'business_detail_by_rank', '{word0}', (undef) x 8, 101, 0, 10000, 21],
	['text_head', 250, 'business_detail_by_word', '{name2999}', (undef) x 8, 'name2999', '{name2999}', 21],
	['text_names', 400, 'business_detail_by_name_key', 'word2name', 'word2namf', '{}', 20],
	['text_phone', 20, 'business_by_phone', 1000013],
	['words_known', 20, 'word_pkey', '{word0,.town}', '{}'],
	['words_near', 60, 'word_by_deletes', '{bakceri}'],
	['places_named', 20, 'city_by_name_key', '{town11}', '{}'],
	['suggest_names', 60, 'business_detail_by_name_key', 'word2name', 'word2namf', 8],
	['suggest_towns', 40, 'city_by_name_key', 'town1', 'town2', 3],
	['places_of_query', 20, 'city_key_key', 'ch-r1', 'ch-r1-t1', undef, 2],
	['business_get', 40, 'business_pkey', 13],
) {
	my ($name, $most, $index, @params) = @$_;
	my (undef, $plan) = explained($sql, ([$statements->{$name}, @params]) x 2);
	ok((grep { $_ eq $index } indexes($plan->{Plan})), "$name uses $index") or diag join ' ', indexes($plan->{Plan});
	cmp_ok($plan->{buffers}, '<=', $most, "$name takes at most $most buffers");
}

$directory->stop;
done_testing;
