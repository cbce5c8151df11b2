#!/usr/bin/perl
# The pipeline in order and out of order, through PgBouncer: results with source and time, failures, retries,
# fences, the reaper, the end of a batch.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Pipeline;
use Test::More;

my $p = Pipeline->make(businesses => 600, pool => 2, api => { ms => [1, 4] }, settings => { 'pipeline.claim' => 50 });
my $i = $p->{i};
my $n = $p->sql('SELECT count(*) FROM business');

# ---- stages that ask nobody ----
for my $stage (qw(quality geocode)) {
	my ($code, $text) = $p->enrich('--stage', $stage);
	is($code, 0, "stage $stage") or diag $text;
	is($p->sql("SELECT count(*) FROM pipeline_result WHERE stage = '$stage'"), $n, 'has a result for each business');
}
is(
	$p->sql(
		q{SELECT count(*) FROM pipeline_result r JOIN business b ON b.id = r.business_id WHERE stage = 'quality'
			AND (r.facts ->> 'quality_score')::int IS DISTINCT FROM b.quality_score}
	),
	0,
	'the score is that of the business'
);
is(
	$p->sql(
		q{SELECT count(*) FROM pipeline_result r JOIN business b ON b.id = r.business_id WHERE stage = 'geocode'
			AND outcome = 'ok' AND (b.lat_e7 IS NOT NULL OR r.facts ->> 'precision' <> 'town')}
	),
	0,
	'only what has no place is given one, and how precise it is'
);
is(
	$p->sql(
		'SELECT count(*) FROM business b JOIN business_detail d USING (id) WHERE b.quality_score IS DISTINCT
			FROM d.quality_score'
	),
	0,
	'both tables have the same score'
);

# ---- asking others, with containers that go through the pooler ----
my $worker = $p->start_worker(3);
my $batch = $p->queue('--stage', 'http');
$i->until('it is finished', sub { $p->finished($batch) });
is(
	$p->sql(
		"SELECT count(*) FROM pipeline_result WHERE stage = 'http' AND outcome = 'ok' AND facts ->> 'answer' = '1'
			AND source = 'http' AND found_at > now() - interval '1 hour'"
	),
	$n,
	'each business has an answer, with source and time'
);
is($p->sql("SELECT sum(ok) FROM pipeline_container WHERE batch_id = $batch"), $n, 'the containers counted them');
is(
	$p->sql(
		"SELECT sum(claimed - in_flight - ok - failed - skipped - dead - again - returned), sum(in_flight)
			FROM pipeline_container
			WHERE batch_id = $batch"
	),
	'0|0',
	'and their numbers add up'
);
is($p->sql("SELECT sum(ok) FROM pipeline_minute WHERE batch_id = $batch"), $n, 'by minute too');
$i->until('all containers have finalised themselves',
	sub { $p->sql("SELECT count(*) FROM pipeline_container WHERE batch_id = $batch AND finished_at IS NULL") eq '0' });
is($p->sql('SELECT count(*) FROM pipeline_item'), 0, 'nothing is left in the queue');
my (undef, $text) = $p->enrich('--stage', 'http', '--older', 1);
like($text, qr/nothing to do/, 'what is fresh is not asked for again');

# ---- a zombie: its claim passes to another, what it brings late is refused ----
$p->{api}->signal('STOP'); # nothing ends before the claims were seen
$batch = $p->queue('--stage', 'http', '--limit', 200);
my ($workers) = $p->pairs($worker);
$i->until('a container has a claim',
	sub { $p->sql("SELECT count(*) FROM pipeline_claim WHERE batch_id = $batch AND cardinality(items) > 0") > 0 });
$i->freeze(@$workers);
$p->sql('CREATE TABLE taken (lane integer, items integer)');
$p->sql(q{CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
	INSERT INTO taken VALUES (NEW.lane, cardinality(NEW.items)); RETURN NULL; END $$});
$p->sql('CREATE TRIGGER taken AFTER INSERT ON pipeline_claim FOR EACH ROW EXECUTE FUNCTION write_down()');
$p->{api}->signal('CONT');
my $second = $p->start_worker(2);
$i->until('others finish it', sub { $p->finished($batch) });
is($p->sql('SELECT max(items) FROM taken WHERE lane = 1'), 10, 'what it held is taken ten at a time, not one by one');
my $written
	= $p->sql(
	"SELECT md5(string_agg(business_id || found_at::text, ',' ORDER BY business_id)) FROM pipeline_result
		WHERE batch_id = $batch"
	);
kill CONT => $_ for @$workers;
$i->until('the late ones have noticed',
	sub { $p->sql("SELECT count(*) FROM pipeline_container WHERE batch_id = $batch AND finished_at IS NULL") eq '0' });
is(
	$p->sql(
		"SELECT md5(string_agg(business_id || found_at::text, ',' ORDER BY business_id)) FROM pipeline_result
			WHERE batch_id = $batch"
	),
	$written,
	'what a zombie brings late changes nothing'
);
is($p->sql("SELECT count(*) FROM pipeline_result WHERE batch_id = $batch"), 200, 'each item has its result');
is($second->stop, 0, 'containers stop in order');

# ---- claims take what they delete, and nothing twice ----
is($p->sql(q{SELECT count(*) FROM pg_constraint WHERE conrelid = 'pipeline_item'::regclass AND contype = 'u'}), 1,
	'an item cannot be queued twice in a batch');
is($worker->stop, 0, 'and all end with 0');
unlike($p->log, qr/idle in transaction|must/, 'no transaction was left open');

# ---- a record shows what was found out, and where ----
my ($id) = $p->column("SELECT business_id FROM pipeline_result WHERE stage = 'http' LIMIT 1");
my $record = decode_json($i->get('/v1/businesses/' . Instance::id_text($id))->{content});
my ($found) = grep { $_->{stage} eq 'http' } @{ $record->{found} // [] };
is($found->{source}, 'http', 'a record shows from where a fact came');
is($found->{facts}{answer}, '1', 'and the fact');
like($found->{found_at}, qr/^\d{4}-\d\d-\d\dT/, 'and when');
done_testing;
