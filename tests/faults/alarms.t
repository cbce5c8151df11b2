#!/usr/bin/perl
# What processes of the instance detect reaches notify.command, once: a batch whose container hangs and a pipeline that
# cannot be read, both with their end, and an incident of the healer. (Processes, disks and backups: notify.t.)
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Pipeline;
use Test::More;

my %settings = ('notify.steady' => '1s', 'notify.timeout' => '600s', 'notify.disk_free' => 0, 'heal.enabled' => 'yes',
	'heal.cured_after' => '5s');
$settings{'user.notify'} = 'nobody' if !$> && !getpwnam 'holdfast-notify';
my $p = Pipeline->make(businesses => 40, api => { ms => [ 1, 3 ] }, settings => \%settings);
my $i = $p->{i};
my $told = "$i->{home}/told";
mkdir $told;
chmod 0777, $told;
open my $script, '>', "$i->{home}/tell" or die $!;
print $script <<"END";
#!/bin/sh
name=\$(mktemp '$told/message.XXXXXX') && cat >"\$name" && chmod 644 "\$name" && mv "\$name" "\$name.done"
END
close $script;
chmod 0755, "$i->{home}/tell";
open my $conf, '>>', "$i->{dir}/holdfast.conf" or die $!;
print $conf "notify.command = $i->{home}/tell\n"; # changes by 'down' and 'up'
close $conf;
$i->run_ok('down');
$i->up;
$i->until_running;

my %message; # by file: a message does not change, and reading it again at every look would cost most of the test's time
sub told {
	my ($kind, $state) = @_;
	$message{$_} //= decode_json(Instance::read_file($_)) for glob "$told/*.done";
	return grep { $_->{kind} eq $kind && $_->{state} eq $state } sort { $a->{at} cmp $b->{at} } values %message;
}
sub until_told {
	my ($kind, $state) = @_;
	return $i->until("$kind is told as $state", sub { (told($kind, $state))[0] });
}

# ---- an incident of the healer: a session that is idle in a transaction, and one that waits for it ----
# It opens when it has stayed for a minute: the other alarms come in between.
$i->sql('CREATE TABLE queue (id integer PRIMARY KEY, note text); INSERT INTO queue VALUES (1);
	ALTER TABLE queue OWNER TO holdfast_owner');
my @in;
for my $name (qw(billing-1 web-1)) {
	local $ENV{PGAPPNAME} = $name;
	open my $in, '|-', $i->psql(qw(-U holdfast_owner -o /dev/null)) or die "psql: $!";
	$in->autoflush;
	print $in "BEGIN; UPDATE queue SET note = '$name' WHERE id = 1;\n";
	my $state = $name eq 'web-1' ? "wait_event_type = 'Lock'" : "state = 'idle in transaction'";
	$i->until("$name is there",
		sub { $i->sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = '$name' AND $state") });
	push @in, $in;
}

# ---- a batch: its only container has items in hand and is stopped ----
my @ids = $i->column('SELECT id FROM business');
$p->poison(@ids);    # the service never answers
my $batch = $p->queue('--stage', 'http');
my $worker = $p->start_worker(1);
$i->until('it has claimed items', sub { $p->poisoned_ports });
my @stopped = map { @$_ } $p->pairs($worker);
kill STOP => @stopped;
my $alarm = until_told('pipeline', 'raised');
is($alarm->{key}, "pipeline/$batch", 'a batch is told by its number');
like($alarm->{text}, qr/^batch $batch \(http\) is (?:STALLED|DEAD); containers: .*1 (?:STALLED|DEAD).*40 of 40 items/,
	'with its state, its containers and what is open');
like($alarm->{do}, qr/holdfast top/, 'and what to do');
$p->ask_api('/poison?ids=');
kill KILL => @stopped; # the command starts another pair
until_told('pipeline', 'over');
$i->until('the batch ends', sub { $p->finished($batch) });
is(told('pipeline', 'raised'), 1, 'it was told once');
is($i->sql("SELECT sum(ok + failed + dead + skipped) FROM pipeline_container WHERE batch_id = $batch"), 40,
	'and no item is lost');
$worker->stop;

# ---- the pipeline cannot be read ----
$i->sql('REVOKE SELECT ON pipeline_batch FROM holdfast_web');
$alarm = until_told('database', 'raised');
is($alarm->{severity}, 'critical', 'a pipeline that cannot be read is told');
like($alarm->{text}, qr/permission denied for table pipeline_batch/, 'with the cause');
$i->sql('GRANT SELECT ON pipeline_batch TO holdfast_web');
until_told('database', 'over');
is(told('database', 'raised'), 1, 'once');

# ---- the incident of the healer ----
$alarm = until_told('heal', 'raised');
like($alarm->{key}, qr{^heal/\d+$}, 'an incident is told by its number');
like($alarm->{text}, qr/^lock-chain: /, 'with its diagnosis');
my ($number) = $alarm->{key} =~ /(\d+)/;
like($alarm->{do}, qr/heal --report $number/, 'and where to read more');
for my $in (@in) { print $in "COMMIT;\n\\q\n"; close $in }
$alarm = until_told('heal', 'over');
is($alarm->{key}, "heal/$number", 'its end is told under the same number');
is(told('heal', 'raised'), 1, 'and it was told once');
$i->run_ok('down');
is_deeply([ $i->left ], [], 'down leaves nothing');
done_testing;
