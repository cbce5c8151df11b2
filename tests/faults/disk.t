#!/usr/bin/perl
# Full disks, each a real one: the folder of the database, of the logs, of an export, of backups, and of what was told.
# Nothing is lost, the error names path, cause and remedy, and once there is room everything goes on by itself.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Test::More;
use Wait;

# In a mount namespace of its own the small disks go away with the test.
if ($>) {
	plan skip_all => 'a small disk is mounted, which only root can do';
} elsif (!$ENV{HOLDFAST_DISK_NAMESPACE}) {
	plan skip_all => 'this machine permits no mount namespace'
		if system('unshare --mount --propagation private true 2>/dev/null') != 0;
	$ENV{HOLDFAST_DISK_NAMESPACE} = 1;
	exec qw(unshare --mount --propagation private), $^X, $0, @ARGV or die "unshare: $!";
}

my %settings = ('web.processes' => 1, 'cache.search_ttl' => 0, 'log.format' => 'json', 'notify.steady' => '1s',
	'notify.disk_free' => '256kB', 'notify.timeout' => '600s');
$settings{'user.notify'} = 'nobody' if !getpwnam 'holdfast-notify';
my $i = Instance->make;
my $told = "$i->{home}/told";
mkdir $told;
chmod 0777, $told;
write_file("$i->{home}/tell", <<"END", 0755);
#!/bin/sh
name=\$(mktemp '$told/message.XXXXXX') && cat >"\$name" && mv "\$name" "\$name.done" && chmod 644 "\$name.done"
END
$i->set(%settings, 'notify.command' => "$i->{home}/tell");
# The database has 80 MB more than it needs at first, five segments of its log; the others have little.
my $data_mb = (split ' ', `du -sm $i->{dir}/data`)[0] + 80;
my %disk = (data => "${data_mb}m", log => '2m', notify => '512k', site => '1m', backups => '1m', small => '8m');
my @mounted;
END { system('umount', '-l', @mounted) if @mounted } # before the folder of the test is removed
for my $name (sort keys %disk) {
	my $at = place($name);
	mkdir $at;
	my ($mode, $uid, $gid) = (stat $at)[ 2, 4, 5 ];
	rename $at, "$at.old" or die "$at: $!";
	mkdir $at;
	system(qw(mount -t tmpfs -o), sprintf('size=%s,mode=%o,uid=%d,gid=%d', $disk{$name}, $mode & 07777, $uid, $gid),
		'none', $at) == 0 or die "mount $at";
	push @mounted, $at;
	system("cp -a $at.old/. $at/ && rm -rf $at.old") == 0 or die "cp $at";
}
chmod 0700, place('backups');

# What was told, without room for the file that says so.
fill('notify');
$i->up;
$i->fill(300, 1);
my $before = everything();
is(told('disk/instance'), 0, 'with room nothing is told');
fill('log', 64);
my ($alarm) = until_told('disk/log', 'raised');
like($alarm->{text}, qr/the disk with the log is nearly full/, 'a full disk is told by what is on it');
like($alarm->{do}, qr/remove old backups and logs/, 'with what to do');
empty('log');
until_told('disk/log', 'over');
like(until_log(qr/("what was told cannot be kept.*)/), qr{notify/told: No space left on device: make room},
	'that this cannot be kept is in the log with path, cause and remedy');
fill('log');
until_told('disk/log', 'raised', 2);

# The log is full to its last byte: everybody goes on.
$i->get('/no-such-page') for 1 .. 3;
eval { $i->sql('SELECT 1 FROM no_such_table_on_a_full_disk') };
is($i->get('/v1/businesses')->{status}, 200, 'a full log stops nobody');
is_deeply([ dead($i) ], [], 'and kills nobody');
empty('notify');
empty('log');
until_told('disk/log', 'over', 2);
until_log(qr/(what was told is kept)/);
my %status = $i->status;
kill KILL => $status{'notify/1'}{pid};
$i->until('another notifier runs',
	sub { my %s = $i->status; $s{'notify/1'}{state} eq 'running' && $s{'notify/1'}{pid} != $status{'notify/1'}{pid} });
# A line that was cut off when the disk became full is the only damage.
eval { $i->sql('SELECT 1 FROM no_such_table_with_room') };
until_log(qr/(no_such_table_with_room)/);
my @lines = grep { length } split /\n/, $i->log =~ s/\0+//gr;
my @cut = grep { !eval { decode_json($_) } } @lines;
cmp_ok(@cut, '<=', 2, 'the log is readable line by line, but for what was cut off') or diag explain \@cut;

# An export and a backup without room.
my $site = place('site') . '/exported'; # its folder is exchanged as a whole
my ($code, $text) = $i->run('export', $site);
is($code, 1, 'an export without room fails');
full_disk($text, $site, 'it');
ok(!-e "$site/index.html", 'and publishes nothing');
($code, $text) = $i->run('backup', place('backups'));
is($code, 1, 'a backup without room fails');
full_disk($text, place('backups'), 'it');
is_deeply([ glob place('backups') . '/*' ], [], 'and leaves nothing');
like((until_told('backup', 'raised'))[0]{text}, qr/No space left on device/, 'which is told');
enlarge($_, '200m') for qw(site backups);
$i->run_ok('export', $site);
ok(-e "$site/index.html", 'with room the site is exported');
$i->run_ok('backup', place('backups'));
until_told('backup', 'over');
my ($backup) = glob place('backups') . '/*.zst';
($code, $text) = $i->run('restore', $backup, place('small') . '/i');
is($code, 1, 'a restore without room fails');
full_disk($text, place('small') . '/i', 'it');
unlike($text, qr/no whole backup/, 'and does not blame the backup');
is_deeply([ glob place('small') . '/*' ], [], 'and leaves nothing');

# The database: first while its own files grow, then without room for the log of its transactions.
my $records = "$i->{home}/more.ndjson";
system("'$i->{bin}/holdfast' generate 10000 --seed 2 >'$records' 2>/dev/null") == 0 or die 'generate failed';
chmod 0644, $records;
fill('data', 8 << 10);
($code, $text) = $i->run('import', '--source', 'more', $records);
is($code, 1, 'an import without room fails');
like($text,
	qr/\Q$records\E: .*(?:No space left on device|disk and try again|server closed the connection|recovery mode)/,
	'and says so');
# A server that ends for want of room removes files of its own: the disk is filled again until this is told.
$i->until('a full disk of the database is told', sub { fill('data'); told('disk/data', 'raised') });
eval { $i->sql(q{CREATE TABLE grows AS SELECT repeat('x', 500) FROM generate_series(1, 200000)}) };
like($@, qr/No space left on device|server closed the connection|recovery mode|No such file or directory/,
	'nor can a table grow');
until_log(qr/"postgres".*(No space left on device)/);
empty('data');
$i->until('the directory answers', sub { $i->get('/readyz')->{status} == 200 });
$i->until_running;
is(everything(), $before, 'nothing was lost and nothing is half there');
until_told('disk/data', 'over');
enlarge('data', '600m');
$i->run_ok('import', '--source', 'more', $records);
is($i->sql(q{SELECT count(*) FROM business b JOIN source s ON s.id = b.source_id WHERE s.key = 'more'}), 10000,
	'with room the same import works, without a restart by hand');
%status = $i->status;
is($status{$_}{restarts}, 0, "$_ has not died of any of it") for qw(web/1 monitor/1);
is(told('backup', 'raised'), 1, 'and no alarm was told twice, over the death of the notifier');

# Nothing starts on a full disk without saying why.
$i->run_ok('down');
fill('data');
($code, $text) = $i->run('up', '--detach');
if ($code) {
	like($text . $i->log, qr/No space left on device/, 'up on a full disk says the cause');
} else {
	is($i->get('/readyz')->{status}, 200, 'up on a full disk serves what is there');
}
empty('data');
$i->run('down');
$i->up;
is($i->get('/readyz')->{status}, 200, 'and with room it starts');
$i->run_ok('down');
is_deeply([ $i->left ], [], 'down leaves nothing');
done_testing;

sub place { my ($name) = @_; return $name =~ /^(?:site|backups|small)$/ ? "$i->{home}/$name" : "$i->{dir}/$name" }

# Use up a disk but for some kB.
sub fill {
	my ($name, $but) = @_;
	my $at = place($name);
	my ($free) = `df -k --output=avail '$at'` =~ /(\d+)/;
	open my $out, '>>', "$at/ballast" or die "$at: $!";
	my $kb = "\0" x 1024;
	for (1 .. $free - ($but // 0)) { syswrite($out, $kb) == 1024 or last }
	if (!$but) { 1 while syswrite $out, "\0" x 64 }
	close $out;
}
sub empty { my ($name) = @_; unlink place($name) . '/ballast' or die "ballast: $!" }
sub enlarge {
	my ($name, $size) = @_;
	system(qw(mount -o), "remount,size=$size", place($name)) == 0 or die "mount $name";
}
sub write_file {
	my ($path, $text, $mode) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out;
	chmod $mode, $path;
}

sub full_disk {
	my ($said, $path, $what) = @_;
	like($said, qr/\Q$path\E/, "$what names the folder,");
	like($said, qr/No space left on device/, 'the cause,');
	like($said, qr/make room on that disk and try again/, 'and the remedy');
}

# The directory as one number.
sub everything {
	return $i->sql(q{SELECT count(*) || ' ' || md5(string_agg(b::text, ',' ORDER BY b.id)) FROM business b});
}

sub told {
	my ($key, $state) = @_;
	return grep { $_->{key} eq $key && $_->{state} eq ($state // 'raised') }
		sort { $a->{at} cmp $b->{at} } map { decode_json(Instance::read_file($_)) } glob "$told/*.done";
}
sub until_told {
	my ($key, $state, $n) = @_;
	return @{ $i->until("$key is told as $state", sub { my @m = told($key, $state); @m >= ($n // 1) && \@m }) };
}
sub until_log {
	my ($like) = @_;
	return $i->until("the log has $like", sub { $i->log =~ $like && $1 });
}
sub dead { my ($at) = @_; my %s = $at->status; return grep { $s{$_}{restarts} } sort keys %s }
