#!/usr/bin/perl
# A host that answers 429 for ever: its items fail in the end, the batch ends, and until then top says for whom it
# waits. What a stage cannot ask is not in its batch, or skipped.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Pipeline;
use Test::More;

my $p = Pipeline->make(businesses => 60,
	settings => { 'pipeline.postponements' => 10000, 'pipeline.postponed' => '100ms' });
my $i = $p->{i};

# ---- for too long, however seldom ----
$p->ask_api('/throttle?after=1');
my ($code, $text) = $p->enrich('--stage', 'http', '--limit', 10);
like($text, qr/10 items = 0 ok \+ 10 failed \+ 0 dead/, 'the age of a pause is bounded') or diag $text;
is($p->sql("SELECT string_agg(DISTINCT outcome, ',') FROM pipeline_result WHERE stage = 'http'"), 'postponed too long',
	'and said');

# ---- for ever ----
$i->write_conf($i->slurp('holdfast.conf') =~ s/^(pipeline\.postponements) = .*/$1 = 2/mr
	=~ s/^(pipeline\.postponed) = .*/$1 = 6h/mr);
$p->sql('DELETE FROM pipeline_host; DELETE FROM pipeline_result');
($code, $text) = $p->enrich('--stage', 'http');
is($code, 0, 'a batch whose host only postpones ends') or diag $text;
like($text, qr/60 items = 0 ok \+ 60 failed \+ 0 dead/, 'its items have failed');
is($p->sql("SELECT string_agg(DISTINCT outcome, ',') FROM pipeline_result WHERE stage = 'http'"), 'postponed too long',
	'with the cause');
cmp_ok($p->sql('SELECT max(postponed) FROM pipeline_host'), '>=', 1, 'and the host is remembered');

# ---- it comes back ----
$p->ask_api('/throttle?after=0');
($code, $text) = $p->enrich('--stage', 'http');
like($text, qr/60 items = 60 ok/, 'a host that answers again is asked as before') or diag $text;
is($p->sql('SELECT sum(postponed) FROM pipeline_host'), 0, 'and begins anew');

# ---- while it lasts ----
$p->ask_api('/throttle?after=3600');
my $batch = $p->queue('--stage', 'http', '--limit', 5);
my $worker = $p->start_worker(1);
$i->until('all items are postponed',
	sub { $p->sql("SELECT count(*) FROM pipeline_item
		WHERE batch_id = $batch AND due_at > now() + interval '50 minutes'") == 5 });
my $top;
$i->until('top says for whom the batch waits',
	sub { ($code, $top) = $i->run('top', '--once'); $top =~ /^  \Q$p->{host}\E has asked for a pause/m });
like($top, qr/^batch $batch http  THROTTLED$/m, 'it is THROTTLED') or diag $top;
like($top, qr/waits: the next of 5 queued items is due in \d+m/, 'and when it goes on');
is($worker->stop, 0, 'the worker ends');
$p->sql("DELETE FROM pipeline_item; UPDATE pipeline_batch SET finished_at = now() WHERE finished_at IS NULL;
	DELETE FROM pipeline_host");
$p->ask_api('/throttle?after=0');

# ---- two thousand that died hide nobody ----
$p->sql("INSERT INTO pipeline_batch (stage, total) VALUES ('http', 100000)");
($batch) = $p->column('SELECT max(id) FROM pipeline_batch');
$p->sql("INSERT INTO pipeline_container (batch_id, heartbeat_ms, lease_ms, heartbeat_at, claimed, ok, in_flight)
	SELECT $batch, 60000, 600000, now() - CASE WHEN n = 1 THEN interval '0' ELSE interval '1 day' END, 3, 2, 1
	FROM generate_series(1, 2001) AS n");
$i->until('the database answers top', sub { (undef, $top) = $i->run('top', '--once'); $top !~ /UNKNOWN/ });
my ($living) = $p->column("SELECT min(id) FROM pipeline_container WHERE batch_id = $batch");
like($top, qr/^  ok 4002 .* in flight 2001 .*\n.*\n  #$living +WORKING .*\n  2000 DEAD, .* hold 2000 items$/m,
	'the living are shown, and the dead in one line below them') or diag $top;
$p->sql('UPDATE pipeline_batch SET finished_at = now() WHERE finished_at IS NULL');

# ---- nothing to ask ----
$p->sql('UPDATE business_detail SET website = NULL');
$p->sql("UPDATE business_detail SET website = '$p->{api_url}/'
	WHERE id IN (SELECT id FROM business_detail ORDER BY id LIMIT 7)");
like($i->run_ok('enrich', '--queue', '--stage', 'website'), qr/: 7 items queued/,
	'a batch holds only what the stage can ask');
($batch) = $p->column('SELECT max(id) FROM pipeline_batch');
$p->sql('UPDATE business_detail SET website = NULL');
$worker = $p->start_worker(1);
$i->until('the batch ends', sub { $p->finished($batch) });
is($p->sql("SELECT sum(ok), sum(failed), sum(skipped) FROM pipeline_container WHERE batch_id = $batch"), '0|0|7',
	'what has nothing to ask by then is skipped');
is($p->sql("SELECT count(*) FROM pipeline_result WHERE batch_id = $batch"), 0, 'and has no result');
is($worker->stop, 0, 'the worker ends in order');
done_testing;
