#!/usr/bin/perl
# The live screen on a terminal of 100 columns and 30 lines: it fits, its keys show what they name, and the terminal is
# as it was when it ends.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use IPC::Open2;
use Test::More;
use Wait;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
$i->sql('CREATE TABLE queue (id integer); INSERT INTO queue VALUES (1)');
# A root that is idle in its transaction, and two that wait for it.
my @in;
for my $name (qw(billing-1 web-1 web-2)) {
	local $ENV{PGAPPNAME} = $name;
	open my $in, '|-', $i->psql(qw(-o /dev/null)) or die "psql: $!";
	$in->autoflush;
	print $in "BEGIN; UPDATE queue SET id = 1;\n";
	my $state = $name eq 'billing-1' ? "state = 'idle in transaction'" : "wait_event_type = 'Lock'";
	$i->until("$name is there",
		sub { $i->sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = '$name' AND $state") });
	push @in, $in;
}

# script(1) gives it a terminal; stty reads the settings of the terminal before and after.
my $command = join ' ', 'stty rows 30 cols 100; stty -g; ', (map { "'$_'" } $i->command('heal', '--every', 200)),
	'; echo "status $?"; stty -g';
my $pid = open2(my $out, my $keys, 'script', '-qec', $command, '/dev/null');
$keys->autoflush;
my $text = '';
# What was drawn since the last call, once it has the words.
sub until_shown {
	my ($words) = @_;
	wait_until("the screen shows $words", sub {
		my $ready = '';
		vec($ready, fileno $out, 1) = 1;
		sysread $out, $text, 65536, length $text if select $ready, undef, undef, 1;
		return $text =~ $words;
	}, sub { $text });
	my $shown = $text;
	$text = '';
	return $shown;
}
my $first = until_shown(qr/CAUSE.*2 sessions wait.*q quit/s);
my ($frame) = $first =~ /.*\e\[H\e\[J(.*)/s;
my @lines = split /\r?\n/, $frame =~ s/\e\[[\d;]*[a-zA-Z]//gr;
cmp_ok(scalar @lines, '<=', 30, 'a frame has 30 lines at most');
is_deeply([ grep { length > 100 } @lines ], [], 'of 100 columns at most');
like(join("\n", @lines), qr/^CAUSE .*^\s+DO .*^\s+UNTIL .*^\s+SURE /ms, 'cause, do, until, sure: from the top down');
my %pages = (s => qr/waits for.*web-1/s, w => qr/Sessions wait for a lock/, p => qr/DO /, l => qr/ledger|no ledger/,
	'?' => qr/freeze the screen/, r => qr/# Incident 1: Sessions wait for a lock.*What to do\..*billing-1/s);
for my $key (sort keys %pages) {
	print $keys $key;
	ok(until_shown($pages{$key}), "the key $key shows its page");
	print $keys ' ';
	until_shown(qr/CAUSE/);
}
print $keys 'a';
ok(until_shown(qr{incident 1: lock-chain/billing\S*, acknowledged}), 'a acknowledges the incident in the ledger');
print $keys ' ';
until_shown(qr/CAUSE/);
print $keys 'f';
ok(until_shown(qr/frozen/), 'f freezes it');
print $keys 'f';
until_shown(qr/CAUSE.*q quit/s);
print $keys 'q';
my $last = until_shown(qr/status \d+\r?\n[\da-f:]{20,}/);
like($last, qr/status 2/, 'q ends it, with the status that there is a cause');
my ($before) = $first =~ /^([\da-f:]{20,})\r?$/m;
my ($after) = $last =~ /^([\da-f:]{20,})\r?$/m;
is($after, $before, 'the terminal is as it was');
close $keys;
waitpid $pid, 0;
$i->sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^(billing|web)-'");
close $_ for @in;
done_testing;
