#!/usr/bin/perl
# The operator's page in a real browser while a batch runs, on a phone and on a desktop. What is asked of it stands
# in ops.mjs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Pipeline;
use Test::More;

my $token = 'the secret of the test';
# Three containers with a call of a second at a time: the batch would take longer than the test file may.
my $p = Pipeline->make(businesses => 6000, api => { ms => [1000, 1000] },
	settings => { 'ops.token' => $token, 'pipeline.in_flight' => 1, 'pipeline.claim' => 10 });
my $i = $p->{i};
# A hundred containers of a batch before, so that there is much to draw.
$p->sql(q{INSERT INTO pipeline_batch (stage, total) VALUES ('website', 1000000)});
$p->sql(
	q{INSERT INTO pipeline_container (batch_id, heartbeat_ms, lease_ms, claimed, ok, in_flight, heartbeat_at,
		progress_at)
		SELECT 1, 5000, 600000, 1000, 900, 100, now() + interval '10 minutes', now() FROM generate_series(1, 200)}
);
my $worker = $p->start_worker(3);
$p->queue('--stage', 'http');
my $status = system('node', "$FindBin::Bin/ops.mjs", $i->url, $token);
is($status, 0, 'the page is as it should be');
# What a look costs the database, with two hundred containers and a million items.
my ($calls, $ms) = split /\|/,
	$p->sql(
	q{SELECT calls, round(mean_exec_time::numeric, 2) FROM pg_stat_statements
		WHERE query LIKE '%pipeline_batch AS b%' OR query LIKE '%FROM shown AS b%' ORDER BY calls DESC LIMIT 1}
	);
note "a read of the monitor takes the database $ms ms, once a second while somebody looks";
ok($calls > 3, 'the numbers were read again and again');
$worker->stop;
done_testing;
