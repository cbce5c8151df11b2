#!/usr/bin/perl
# A process that backs off because of a setting is started at once, with the new settings, when the operator has mended
# it and reloads; what runs is replaced as in any reload.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Test::More;
use Time::Local qw(timegm);

my %good = ('web.processes' => 1, 'pipeline.schedule' => 'http 1h 1', 'pipeline.http_url' => 'http://127.0.0.1/{id}',
	'pipeline.http_facts' => 'answer=/ok', 'log.format' => 'json');
my %bad = (%good, 'pipeline.http_url' => '');
my $i = Instance->make(settings => \%good);
$i->up;
my %first = $i->until_running && $i->status;
is($first{'schedule/1'}{state}, 'running', 'with a stage that can be asked the schedule runs');

# The log says for each failure how long the process backs off. It must have been started before that time was over. A
# busy machine may need longer than that for the reload: then a longer wait is tried.
my $in_time;
for my $wait_ms (1500, 4000, 10000) {
	my $seen = length $i->log;
	$i->set(%bad);
	$i->run_ok('reload');
	my $back_off = $i->until("the schedule backs off for $wait_ms ms", sub {
		my @waits = grep { $_->{ms} >= $wait_ms } events($seen, 'backs off');
		return $waits[-1];
	});
	$i->set(%good);
	$seen = length $i->log;
	my ($code, $text) = $i->run('reload');
	is($code, 0, 'the settings are mended and accepted') or diag $text;
	my $started = $i->until('the schedule is started', sub { (events($seen, 'started'))[0] });
	$i->until_running;
	$in_time = at($started) < at($back_off) + $back_off->{ms} / 1000;
	last if $in_time;
}
ok($in_time, 'it is started at once, not when its back-off ends');
like($i->log, qr/pipeline\.http_url/, 'the log says what was wrong');
my %s = $i->status;
is($s{'schedule/1'}{state}, 'running', 'and runs with the new settings');
isnt($s{'web/1'}{pid}, $first{'web/1'}{pid}, 'other processes have the new settings, too');
is($s{'web/1'}{restarts}, 0, 'and none of them has failed');

# A reload begins the back-off again: what still fails is tried soon, not after the long wait of before.
$i->set(%bad);
$i->run_ok('reload');
$i->until('it has failed six times', sub {
	my %t = $i->status;
	return $t{"schedule/1"}{restarts} >= $s{'schedule/1'}{restarts} + 6;
});
my $seen = length $i->log;
$i->run_ok('reload');
# It may have failed once more before the supervisor came to the reload.
my $reloading = $i->until('the reload begins', sub { $i->log =~ /.*"reloading"/s && $+[0] > $seen && $+[0] });
my $again = $i->until('it fails again', sub { (events($reloading, 'backs off'))[0] });
cmp_ok($again->{ms}, '<=', 100, 'settings that are still wrong begin with the shortest back-off');
$i->set(%good);
$i->run_ok('reload');
$i->until_running;
pass('and once they are right everything runs');
$i->run_ok('down');
is_deeply([ $i->left ], [], 'down leaves nothing');
done_testing;

# Lines of the supervisor about the schedule (or about none) after a place in the log.
sub events {
	my ($from, $event) = @_;
	return grep { $_->{event} eq $event && ($_->{process} // 'schedule/1') eq 'schedule/1' }
		map { eval { decode_json($_) } // () } split /\n/, substr $i->log, $from;
}

sub at {
	my ($line) = @_;
	my ($y, $mon, $d, $h, $min, $s) = $line->{time} =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):([\d.]+)Z$/;
	return timegm(int $s, $min, $h, $d, $mon - 1, $y) + $s - int $s;
}
