#!/usr/bin/perl
# A slow disk, a real one: the kernel lets the instance make a few writes a second (blkio of a cgroup, root only).
# Readers are answered all the time, an import takes long and arrives whole, nobody is taken for hung, and status and
# down work.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Program;
use Test::More;

my $root = '/sys/fs/cgroup/blkio';
my $group = "$root/holdfast-test-$$";
END { my $code = $?; rmdir $group; $? = $code }
sub write_file {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
}
# Tests may keep their files in memory, which nothing slows down.
local $ENV{TMPDIR} = '/var/tmp';
delete local $ENV{HOLDFAST_TEST_TEMPLATES};
my $i = Instance->make(settings => { 'web.processes' => 2, 'web.hang_timeout' => '20s', 'cache.search_ttl' => '0s' });
my $device = (stat $i->{home})[0];
my $number = sprintf '%d:%d', $device >> 8 & 0xfff, $device & 0xff;
# Eight writes a second of at most 4 kB: an fsync of the log takes some tenths of a second.
eval {
	die "no block device\n" if !-e "/sys/dev/block/$number";
	mkdir $group or die "$group: $!\n";
	write_file("$group/blkio.throttle.write_iops_device", "$number 8");
	1;
} or plan skip_all => "no disk can be slowed down here: $@";

$i->up;
$i->sql("ALTER SYSTEM SET $_"), $i->sql('SELECT pg_reload_conf()') for 'fsync = on', "checkpoint_timeout = '30s'";
$i->until('the server syncs', sub { $i->sql('SHOW fsync') eq 'on' });
$i->fill(200, 1);
my $before = $i->sql('SELECT count(*) FROM business');
my $file = "$i->{home}/more.ndjson";
system("'$i->{bin}/holdfast' generate 300 --seed 9 >'$file'") == 0 or die;

# A process of the list may have ended since.
sub slow_down {
	for my $pid (keys %{ { $i->processes } }) {
		eval { write_file("$group/cgroup.procs", $pid); 1 } or $@ =~ /No such process/ or die $@;
	}
}
sub written {
	my ($n) = Instance::read_file("$group/blkio.throttle.io_serviced") =~ /^\Q$number\E Write (\d+)/m;
	return $n // 0;
}
slow_down();
my $import = Program->start('import', [ $i->command('import', '--source', 'more', $file) ],
	log => "$i->{home}/import.log");
my (%answers, $asked);
$i->until('the import has ended', sub {
	slow_down(); # sessions that began since
	for my $path ('/', '/v1/businesses?limit=5&q=shop' . ++$asked, '/v1/categories', '/readyz') {
		my $answer = $i->get($path);
		$answers{ $answer->{status} }++;
		diag "$path: $answer->{status} $answer->{content}" if $answer->{status} != 200;
	}
	return $import->ended;
});
is_deeply([ keys %answers ], [200], "all of the $answers{200} requests meanwhile were answered 200");
cmp_ok(written(), '>=', 1, 'the disk was written to ' . written() . ' times within the limit');
is($import->{status}, 0, 'the import has succeeded') or diag Instance::read_file("$i->{home}/import.log");
is($i->sql('SELECT count(*) FROM business'), $before + 300, 'and is whole');
my %s = $i->status;
is_deeply([ grep { $s{$_}{restarts} } sort keys %s ], [], 'no process was taken for hung');
my ($code, $text) = $i->run('status');
is($code, 0, 'status works');
$i->run_ok('down');
is_deeply([ $i->left ], [], 'and down stops everything');
done_testing;
