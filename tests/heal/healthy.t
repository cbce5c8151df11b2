#!/usr/bin/perl
# heal that may act on everybody, beside loads that are well: it names no cause and does nothing. Each lasts until heal
# has looked HOLDFAST_HEALTHY times (10), five times a second. Longer and other ones: bench/scenes/run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Program;
use Test::More;

my $looks = $ENV{HOLDFAST_HEALTHY} // 10;
my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
my $pgbench = '/usr/lib/postgresql/15/bin/pgbench';
my @server = ('-h', "$i->{dir}/run", '-U', 'holdfast_owner', 'holdfast');
$i->sql('GRANT pg_signal_backend TO holdfast_heal; CREATE SCHEMA load AUTHORIZATION holdfast_owner;
	ALTER ROLE holdfast_owner SET search_path = load');
system("$pgbench -i -q -s 1 @server >'$i->{home}/pgbench' 2>&1") == 0 or die Instance::read_file("$i->{home}/pgbench");

sub load {
	my ($clients, $script, @more) = @_;
	my @file = ();
	if ($script) {
		open my $out, '>', "$i->{home}/script.sql" or die $!;
		print $out $script;
		close $out;
		@file = ('-f', "$i->{home}/script.sql");
	}
	return Program->start('the load', [ $pgbench, '-n', @file, '-c', $clients, '-T', 3600, @more, @server ],
		env => { PGAPPNAME => 'shop' }, log => "$i->{home}/load.log",
		ready => sub { $i->sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shop'") >= $clients });
}
my %loads = (
	'transactions' => sub { load(4, '', '-N', '-R', 200) },
	'reads as fast as it goes' => sub { load(1, '', '-S') },
	'an ORM with pauses of 4 ms' => sub { load(6, "\\set n random(1, 100000)\nBEGIN;
SELECT abalance FROM pgbench_accounts WHERE aid = :n;\n\\sleep 4 ms
UPDATE pgbench_accounts SET abalance = 1 WHERE aid = :n;\nCOMMIT;", '-R', 60) },
	'pollers of an empty queue' => sub { load(8, 'UPDATE pgbench_accounts SET abalance = 1 WHERE aid IN
	(SELECT aid FROM pgbench_accounts WHERE aid = -1 FOR UPDATE SKIP LOCKED LIMIT 5);', '-R', 80) },
	'a hot row' => sub { load(4, 'UPDATE pgbench_branches SET bbalance = bbalance + 1 WHERE bid = 1;', '-R', 100) },
	'indexes that are built' => sub { load(1, 'CREATE INDEX other ON pgbench_accounts (abalance);
DROP INDEX other;', '-R', 5) },
);
for my $name (sort keys %loads) {
	my $load = $loads{$name}->();
	my $ledger = "$i->{home}/ledger." . $name =~ s/\W/-/gr;
	my ($code, $text) = $i->run('heal', '--once', '--every', 200, '--seconds', $looks / 5, '--act', '--allow',
		'application=.', '--keep', $ledger);
	is($code, 0, "$name: no cause") or diag $text;
	my %kinds;
	$kinds{$_}++ for Instance::read_file($ledger) =~ /"kind":"(\w+)"/g;
	delete $kinds{gap}; # a busy machine
	is_deeply(\%kinds, { start => 1 }, "$name: nothing was found at any time, and nothing done")
		or diag Instance::read_file($ledger);
	ok(!$load->ended, "$name: the load has gone on");
	$load->stop;
}
done_testing;
