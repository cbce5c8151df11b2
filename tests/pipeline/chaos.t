#!/usr/bin/perl
# Chaos: workers and fetchers are killed and stopped at random, PgBouncer and PostgreSQL (at once, without a
# checkpoint) are restarted, some items kill whoever asks them, and a ledger that the database keeps by itself is
# the auditor: nothing is lost, nothing is written twice, and dead are exactly those that kill.
#
# HOLDFAST_ITEMS, HOLDFAST_KILLS and HOLDFAST_WORKERS make it larger (make chaos: 100 000, 500, 8).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Pipeline;
use Test::More;
use Time::HiRes qw(time);

my ($items, $kills, $workers) = ($ENV{HOLDFAST_ITEMS} // 2500, $ENV{HOLDFAST_KILLS} // 30, $ENV{HOLDFAST_WORKERS} // 4);
my $seed = $ENV{HOLDFAST_SEED} // 1;
srand $seed;
note "seed $seed: $items items, $kills kills, $workers workers";
my $p = Pipeline->make(
	businesses => $items,
	pool => 4,
	api => { ms => [ 20, 60 ], fail => 97 },
	settings => {
		'pipeline.heartbeat' => '500ms', 'pipeline.timeout' => '4s', 'pipeline.claim' => 100, 'pipeline.in_flight' => 4
	});
my $i = $p->{i};
my $lease_s = 3 * 0.5 + 4;
my @ids = $p->column('SELECT id FROM business ORDER BY md5(id::text)');
my @poison = @ids[0 .. 2];
$p->poison(@poison);
# Every result that is written, by whomever.
$p->sql('CREATE TABLE ledger (business_id bigint, outcome text, at timestamptz DEFAULT clock_timestamp())');
$p->sql(
	q{CREATE FUNCTION write_down() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO ledger
		VALUES (NEW.business_id, NEW.outcome); RETURN NULL; END $$}
);
$p->sql('CREATE TRIGGER audited AFTER INSERT OR UPDATE ON pipeline_result FOR EACH ROW EXECUTE FUNCTION write_down()');

my $batch = $p->queue('--stage', 'http');
my $command = $p->start_worker($workers);
my ($killer, $poisoned) = $p->start_killer($command);
END { my $code = $?; kill KILL => $killer if $killer; $? = $code }
my (%done, %stopped);
my $next = 0;
# An item that two workers in a row died of while they had no other counts as one that kills. Only those that do
# may meet that end here: as long as any item is alone, nothing else is killed.
my $alone
	= "SELECT EXISTS (SELECT FROM pipeline_item WHERE lane = 2) OR EXISTS (SELECT FROM pipeline_claim WHERE lane = 2)";

sub disturb {
	my ($w, $f) = $p->pairs($command);
	my $what = rand;
	if ($what < 0.8) {
		my @all = (@$w, @$f) or return;
		kill KILL => $all[ rand @all ];
		$done{kills}++;
	} elsif ($what < 0.9 && @$w) {
		my $victim = $w->[ rand @$w ];
		kill STOP => $victim;
		$stopped{$victim} = time + 1.1 * $lease_s;
		$done{stops}++;
	} elsif ($what < 0.95 && ($done{pooler} // 0) < 3) {
		$p->{pooler}->restart;
		$done{pooler}++;
	} elsif (($done{postgres} // 0) < 2) {
		my ($pid) = $i->slurp('data/postmaster.pid') =~ /^(\d+)/;
		kill QUIT => $pid; # -m immediate
		$i->until('PostgreSQL is back', sub { $p->sql('SELECT 1') eq '1' });
		$done{postgres}++;
	}
}
$i->until('the batch is finished', sub {
	for (keys %stopped) {
		next if time < $stopped{$_};
		kill CONT => $_;
		delete $stopped{$_};
	}
	if (($done{kills} // 0) < $kills && time >= $next && $p->sql($alone) eq 'f') {
		disturb();
		$next = time + 0.02 + rand 0.05;
	}
	return $p->finished($batch);
});
kill CONT => keys %stopped;
my $claims = "SELECT count(*) FROM pipeline_claim WHERE batch_id = $batch AND cardinality(items) > 0";
$i->until('those that were stopped have noticed', sub { $p->sql($claims) eq '0' });
is($command->stop, 0, 'the containers stop in order');
cmp_ok($done{kills} // 0, '>=', 5, "$done{kills} processes were killed");
note join ', ', map { "$done{$_} $_" } sort keys %done;
cmp_ok($poisoned->(), '>=', 2 * @poison, 'items that kill killed often enough') or diag $poisoned->();
my $n = @ids;
is(       $p->sql('SELECT count(DISTINCT business_id) FROM ledger')
		+ $p->sql("SELECT count(*) FROM pipeline_dead WHERE batch_id = $batch"), $n, 'nothing is lost');
is($p->sql('SELECT count(*) FROM (SELECT FROM ledger GROUP BY business_id HAVING count(*) > 1) AS twice'), 0,
	'nothing is written twice');
is(join(' ', sort { $a <=> $b } $p->column("SELECT business_id FROM pipeline_dead WHERE batch_id = $batch")),
	join(' ', sort { $a <=> $b } @poison), 'dead are exactly those that kill');
is(
	$p->sql(
		"SELECT sum(claimed - in_flight - ok - failed - skipped - dead - again - returned) FROM pipeline_container
			WHERE batch_id = $batch"
	),
	0,
	'the numbers of the containers add up'
);
is($p->sql("SELECT sum(ok + failed + dead) FROM pipeline_container WHERE batch_id = $batch"), $n, 'to all items');
note 'late results that were refused: ' . $p->sql("SELECT sum(fenced) FROM pipeline_container WHERE batch_id = $batch");
done_testing;
