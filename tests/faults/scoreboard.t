#!/usr/bin/perl
# The numbers of all processes, whichever answers: /metrics adds up at every scrape, waits for the reading of the
# pipeline that it began, and a web process that hangs is seen and replaced, and holds no key of the cache from then on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Clients;
use Instance;
use Test::More;

my $processes = 3;
my $i = Instance->make(settings => { 'web.processes' => $processes, 'web.hang_timeout' => '15s',
	'cache.wait' => '60s' });
$i->up;

# ---- the first scrape ----
my $file = "$i->{home}/some.ndjson";
system("$i->{bin}/holdfast generate 50 >$file 2>/dev/null") == 0 or die;
my ($code, $said) = $i->run('import', '--source', 'some', $file);
is($code, 0, 'there are businesses') or diag $said;
($code, $said) = $i->run('enrich', '--stage', 'quality');
is($code, 0, 'and a batch has judged them') or diag $said;
my $text = $i->get('/metrics')->{content};
like($text, qr/^holdfast_pipeline_known 1$/m, 'the first scrape knows the pipeline');
my %outcomes = $text =~ /^holdfast_pipeline_items_total\{stage="quality",outcome="(\w+)"\} (\d+)$/mg;
is_deeply(\%outcomes, { ok => 50, failed => 0, skipped => 0, dead => 0 }, 'items are counted by stage and outcome');
like($text, qr/^holdfast_process_running\{process="postgres"\} 1$/m, 'processes without HTTP are in it');
like($text, qr/^holdfast_process_restarts_total\{process="web\/1"\} 0$/m, 'with their restarts');

# ---- who may write ----
my %running = $i->status;
for my $web (grep { m{^web/} } sort keys %running) {
	my @maps = grep { /memfd:holdfast-scoreboard/ } split /\n/,
		Instance::read_file("/proc/$running{$web}{pid}/maps");
	is(join(' ', sort map { (split)[1] } @maps), 'r--s rw-s', "$web can write its own region and read all others");
}

# ---- whichever answers ----
my $asked = 60;
$i->get('/healthz') for 1 .. $asked;
my %by_process = series($i->get('/metrics')->{content}, 'holdfast_http_requests_total', 'route="health"');
is(scalar keys %by_process, $processes, 'every process has answered some requests, and one scrape has all of them')
	or diag explain \%by_process;
# A process publishes what it has counted right after its answer.
$i->until('all are counted', sub {
	my %now = series($i->get('/metrics')->{content}, 'holdfast_http_requests_total', 'route="health"');
	my $counted = 0;
	$counted += $_ for values %now;
	return $counted >= $asked;
});
my (%answers, $total);
for (1 .. 40) {
	my %now = series($i->get('/metrics')->{content}, 'holdfast_http_requests_total', 'route="health"');
	$answers{ join ' ', map { "$_=$now{$_}" } sort keys %now }++;
	$total = 0;
	$total += $_ for values %now;
}
is(scalar keys %answers, 1, '40 scrapes say the same') or diag explain \%answers;
cmp_ok($total, '>=', $asked, 'and no request is missing');
like($i->get('/metrics')->{content}, qr/^holdfast_pipeline_known 1$/m, 'later scrapes know the pipeline, too');

# ---- a web process that hangs ----
my %before = $i->status;
my ($hung, @others) = map { $before{"web/$_"}{pid} } 2, 1, 3;
# It is stopped while it makes a value: the others stand still until it has begun.
$i->freeze(@others);
my $hold = $i->hold(qw(business business_detail source));
my $clients = Clients->new($i->{address});
my $parked = $clients->begin(('/v1/stats/quality') x 12);
$i->until('web/2 makes a value', sub { $i->fills_running == 1 });
$i->freeze($hung);
kill CONT => @others;
Instance::release($hold);
# Connections that the kernel gives to the one that hangs wait until it is replaced; then they are answered.
my $beside = $clients->begin(('/healthz') x 30);
# The supervisor is stopped, too, so that it does not kill the one that hangs meanwhile.
$i->until('its successor is started', sub { $i->log =~ /"hangs" process="web\/2".*"started" process="web\/2"/s });
$i->freeze($i->supervisor);
is($i->get('/v1/stats/quality')->{status}, 200, 'the value that it had begun is made by another, before it is dead');
kill CONT => $i->supervisor;
my @codes = map { $_->{status} } $clients->end($beside);
is_deeply([ grep { $_ != 200 } @codes ], [], 'every request is answered although one process hangs')
	or diag "@codes";
my %after;
$i->until('web/2 is replaced', sub {
	%after = $i->status;
	return $after{'web/2'}{state} eq 'running' && $after{'web/2'}{pid} != $hung;
});
is($after{'web/2'}{restarts}, $before{'web/2'}{restarts} + 1, 'which counts as a restart');
is($after{$_}{pid}, $before{$_}{pid}, "$_ is left alone") for 'web/1', 'web/3';
like($i->log, qr/"hangs" process="web\/2"/, 'the log says that it hung');
$i->until('the one that hung is gone', sub { !kill 0 => $hung });
pass('it does not stay behind');
$i->run('down');
is_deeply([ $i->left ], [], 'and nothing is left');
done_testing;

# process => value of one metric's series that have these labels
sub series {
	my ($content, $metric, $labels) = @_;
	my %found;
	for ($content =~ /^\Q$metric\E\{([^}]*\Q$labels\E[^}]*\} \d+)$/mg) {
		my ($process, $value) = /process="([^"]+)".* (\d+)$/;
		$found{$process} += $value;
	}
	return %found;
}
