#!/usr/bin/perl
# The debugging aids: log.level = debug tells every change of state, HOLDFAST_TRACE those of some areas, in every
# process of the instance.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1, 'log.level' => 'debug' });
$i->up;
is($i->get('/v1/stats/quality')->{status}, 200, 'a value is made for the cache');
$i->run('down');
my $log = $i->log;
like($log, qr/ debug holdfastd\[\d+\] "state" area="slot" process="web\/1" state="running"/,
	'debug: states of processes');
like($log, qr/ debug holdfast-web\[\d+\] "accepted" area="connection" fd=\d+/, 'connections');
like($log, qr/"answered" area="connection" id="[0-9a-f]{16}" route="stats_\w+" status=200/, 'requests');
like($log, qr/"fills" area="flight" class="\w+" key="[0-9a-f]{16}"/, 'fills of the cache');
like($log, qr/"sent" area="database" statement="\w+"/, 'statements');

$i->set('log.level' => 'info', 'web.processes' => 1);
unlink "$i->{dir}/log/holdfast.log" or die;
{
	local $ENV{HOLDFAST_TRACE} = 'flight';
	$i->up;
}
is($i->get('/v1/stats/quality')->{status}, 200, 'with HOLDFAST_TRACE=flight, too');
$i->run('down');
$log = $i->log;
like($log, qr/"fills" area="flight"/, 'a process that the supervisor has started logs its area');
is_deeply([ grep { !/"flight"/ } $log =~ /area=("\w+")/g ], [], 'and no other');
done_testing;
