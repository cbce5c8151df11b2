#!/usr/bin/perl
# The schedule in the configuration: batches by themselves, over restarts, and a warning before there is too little
# room.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Pipeline;
use Test::More;

my $p = Pipeline->make(businesses => 120, api => { ms => [ 20, 30 ] },
	settings => { 'pipeline.in_flight' => 2, 'pipeline.schedule' => 'quality 1h 1; http 400ms 2' });
my $i = $p->{i};
my $batches = sub {
	$p->sql("SELECT count(*) FROM pipeline_batch WHERE stage = '$_[0]' AND finished_at IS NOT NULL AND total > 0");
};

# ---- by itself, again and again ----
$i->until('three batches of http ran', sub { $batches->('http') >= 3 });
is($p->sql("SELECT count(*) FROM pipeline_result WHERE stage = 'http' AND outcome = 'ok'"),
	$p->sql('SELECT count(*) FROM business'), 'each business was asked for');
is($p->sql("SELECT count(*) FROM pipeline_batch WHERE stage = 'quality'"), 1,
	'what is due in an hour is not made again');
is(
	$p->sql(
		"SELECT count(*) FROM pipeline_batch AS a, pipeline_batch AS b WHERE a.id < b.id
			AND a.stage = b.stage AND b.created_at < a.finished_at"
	),
	0,
	'batches of a stage follow one another'
);

# ---- too little room is said, with what would do ----
$i->until('it warns', sub { $i->log =~ /the schedule has too little room/ });
like($i->log,
	qr/the\ schedule\ has\ too\ little\ room"\ stage="http"\ items=\d+\ load=\d[\d.]*
		\ containers=2\ containers_that_do=\d+\ minutes_that_do=[\d.]+/x,
	'stage, load, and the containers or minutes that would do');

# ---- it dies, and what it began is gone on with ----
my $pid_of
	= sub { my %s = $i->status; my $row = $s{"schedule/1"}; $row && $row->{state} eq "running" ? $row->{pid} : 0 };
my $pid = $pid_of->();
ok($pid, 'the supervisor runs it');
my $last = $p->sql('SELECT max(id) FROM pipeline_batch');
kill KILL => $pid;
$i->until('another one runs', sub { my $now = $pid_of->(); $now && $now != $pid });
my $before = $batches->('http');
$i->until('and makes batches', sub { $batches->('http') >= $before + 2 });
my $open = "SELECT count(*) FROM pipeline_batch WHERE finished_at IS NULL AND id <= $last";
$i->until('none that it left stays open', sub { $p->sql($open) eq '0' });

# ---- a batch that cannot end holds up no other stage ----
$p->ask_api('/throttle?after=3600');
$i->until('a batch of http waits for its host',
	sub { $p->sql("SELECT count(*) FROM pipeline_item WHERE due_at > now() + interval '50 minutes'") > 0 });
my $waiting = $p->sql("SELECT max(id) FROM pipeline_batch WHERE stage = 'http'");
$before = $batches->('quality');
$p->sql("UPDATE pipeline_batch SET created_at = created_at - interval '1 day' WHERE stage = 'quality';
	UPDATE pipeline_result SET found_at = found_at - interval '1 day' WHERE stage = 'quality'");
$i->until('quality has another batch', sub { $batches->('quality') > $before });
is($p->sql("SELECT finished_at IS NULL FROM pipeline_batch WHERE id = $waiting"), 't', 'and http waits still');

# ---- what cannot be understood ----
my ($code) = $i->run('down');
is($code, 0, 'it stops with the instance');
for my $wrong ('website', 'website soon', 'webside 1h', 'website 1h 0', 'website 1h 2 3', 'website 0s') {
	$i->set('pipeline.schedule' => $wrong);
	my ($refused, $text) = $i->run('up', '--detach');
	ok($refused == 1 && $text =~ /holdfast\.conf:\d+: pipeline\.schedule: '\Q$wrong\E' is not STAGE EVERY CONTAINERS/,
		"refused: $wrong")
		or diag $text;
}
done_testing;
