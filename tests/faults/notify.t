#!/usr/bin/perl
# notify.command: the operator is told of an alarm once, and once when it is over; whatever is killed in between.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Test::More;

my $i = Instance->make;
# The command of the test: it keeps what it gets, and does what the file "behave" says.
my $told = "$i->{home}/told";
my $command = "$i->{home}/tell";
mkdir $told;
chmod 0777, $told;
open my $script, '>', $command or die $!;
print $script <<"END";
#!/bin/sh
mode=\$(cat '$i->{home}/behave' 2>/dev/null)
case \$mode in
hang) sleep 1000 & echo \$\$ >'$told/hangs'; wait ;;
fail) head -c 100000 /dev/zero | tr '\\0' x; echo "\$HOLDFAST_ALARM_KEY" >>'$told/failures'; exit 3 ;;
esac
test "\$1 \$2" = "--team night" || exit 4
name=\$(mktemp '$told/message.XXXXXX') && cat >"\$name" && env >"\$name.env" && chmod 644 "\$name" &&
	mv "\$name" "\$name.done"
END
close $script;
chmod 0755, $command;
sub behave {
	my ($how) = @_;
	open my $out, '>', "$i->{home}/behave" or die $!;
	print $out $how;
	close $out;
	chmod 0644, "$i->{home}/behave";
}
# What was told, in the order of its time.
sub told { return sort { $a->{at} cmp $b->{at} } map { decode_json(Instance::read_file($_)) } glob "$told/*.done" }
sub about { my ($key, $state) = @_; return grep { $_->{key} eq $key && $_->{state} eq $state } told() }
sub until_told {
	my ($key, $state, $n) = @_;
	$i->until("$key is told as $state", sub { about($key, $state) >= ($n // 1) });
	return (about($key, $state))[-1];
}

my %settings = ('web.processes' => 1, 'notify.command' => "$command --team  night", 'notify.steady' => '2s',
	'notify.timeout' => '600s', 'notify.disk_free' => 0);
$settings{'user.notify'} = 'nobody' if !$> && !getpwnam 'holdfast-notify';
$i->set(%settings);
$i->up;
my %status = $i->until_running && $i->status;
is($status{'notify/1'}{state}, 'running', 'with a command there is a notifier');
is($status{'monitor/1'}{state}, 'running', 'and a monitor');

# A process that keeps dying.
$i->until('the process has died often enough', sub {
	my %s = $i->status;
	kill KILL => $s{'web/1'}{pid} if $s{'web/1'}{state} eq 'running';
	return about('process/web/1', 'raised');
});
my $alarm = until_told('process/web/1', 'raised');
is($alarm->{kind}, 'process', 'it is told by its kind,');
is($alarm->{severity}, 'critical', 'how bad it is,');
like($alarm->{text}, qr/web\/1 keeps dying/, 'what is wrong,');
like($alarm->{do}, qr/holdfast status/, 'and what to do');
is($alarm->{instance}, $i->{dir}, 'of which instance');
my ($env) = map { Instance::read_file($_) } glob "$told/*.env";
like($env, qr/^HOLDFAST_ALARM_KEY=process\/web\/1$/m, 'it is in the environment, too');
unlike($env, qr/HOLDFAST_DATABASE|HOLDFAST_SETTINGS|passw/, 'without anything of the database');
until_told('process/web/1', 'over');
is(about('process/web/1', 'raised'), 1, 'it was told once');

# A disk that is nearly full, over the death of everybody.
$i->set(%settings, 'notify.disk_free' => '1000000GB');
$i->run_ok('reload');
like(until_told('disk/instance', 'raised')->{text}, qr/nearly full: \d+ MB are free/, 'a full disk is told');
%status = $i->until_running && $i->status;
kill KILL => $status{'notify/1'}{pid};
$i->until('another notifier runs', sub {
	my %s = $i->status;
	$s{'notify/1'}{state} eq 'running' && $s{'notify/1'}{pid} != $status{'notify/1'}{pid};
});
$i->run_ok('down');
$i->up;
$i->until_running;
# A later alarm is told: the notifier has looked at everything meanwhile.
my ($code, $text) = $i->run('backup', '/proc/none');
isnt($code, 0, 'a backup fails');
like(until_told('backup', 'raised')->{text}, qr/backup failed: .*proc/, 'which is told');
is(about('disk/instance', 'raised'), 1, 'after restarts nothing is told again');
is(about('disk/instance', 'over'), 0, 'and what is still there is not over');
mkdir "$i->{home}/backups", 0700;
$i->run_ok('backup', "$i->{home}/backups");
until_told('backup', 'over');
$i->set(%settings);
$i->run_ok('reload');
until_told('disk/instance', 'over');
is(about('disk/instance', 'over'), 1, 'the end of the disk\'s alarm is told once');

# A command that fails is tried again and does no harm; then one that hangs.
behave('fail');
$i->run('backup', '/proc/none');
$i->until('the command has failed', sub { -s "$told/failures" });
like($i->until('which the log says', sub { $i->log =~ /(notify\.command failed.*)/ && $1 }), qr/ended with status 3/,
	'with what came of it');
my $metric = $i->until('the metrics know',
	sub { $i->get('/metrics')->{content} =~ /^(holdfast_alarm\{key="backup".*)$/m && $1 });
ok($metric, 'the alarm is in /metrics');
$i->set(%settings, 'notify.timeout' => '1s');
behave('hang');
$i->run_ok('reload');
$i->until('the command hangs', sub { -s "$told/hangs" });
$i->until('it is killed', sub { $i->log =~ /within notify\.timeout and was killed/ });
my $group = Instance::read_file("$told/hangs") + 0;
$i->until('with what it started', sub { !kill 0 => -$group });
# One that is killed may have told before: it succeeds only once its limit is the long one again.
behave('fail');
$i->set(%settings);
%status = $i->status;
$i->run_ok('reload');
$i->until('a notifier with the new settings runs', sub {
	my %s = $i->status;
	$s{'notify/1'}{state} eq 'running' && $s{'notify/1'}{pid} != $status{'notify/1'}{pid};
});
behave('');
until_told('backup', 'raised', 2);
is(about('backup', 'raised'), 2, 'in the end it is told, once');

# A backup that was killed.
$i->run_ok('backup', "$i->{home}/backups");
until_told('backup', 'over', 2);
open my $held, '+<', "$i->{dir}/notify/backup" or die $!;
truncate $held, 0;
print $held 'runs 1000000 ';
close $held;
like(until_told('backup', 'raised', 3)->{text}, qr/did not end/, 'a backup that was killed is told');

$i->run_ok('down');
is_deeply([ $i->left ], [], 'down leaves nothing');
done_testing;
