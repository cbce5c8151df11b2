#!/usr/bin/perl
# The database's user as an attacker: it exchanges files and folders for symbolic links and forges what its files
# say, while root runs init, up, down, import and export. Nothing outside its folder may change, no process and no
# shared memory of others may go.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Digest::MD5 qw(md5_hex);
use File::Find;
use Instance;
use IO::Socket::UNIX;
use IPC::SysV qw(IPC_PRIVATE IPC_RMID IPC_STAT S_IRUSR S_IWUSR);
use Socket qw(SOCK_SEQPACKET pack_sockaddr_un AF_UNIX);
use Test::More;

if ($>) {
	pass('an ordinary user has no privilege that its database could borrow');
	done_testing;
	exit 0;
}
my ($uid, $gid) = (getpwnam 'holdfast-db')[2, 3] or BAIL_OUT('no user holdfast-db');
my $i = Instance->make(settings => { 'web.processes' => 1 });
my $home = $i->{home};

# ---- what must stay as it is ----
my $victim = "$home/victim";
mkdir $victim, 0711;
for (qw(postgresql.conf pg_hba.conf secret lock control.sock .s.PGSQL.5432 PG_VERSION)) {
	open my $out, '>', "$victim/$_" or die $!;
	print $out "root's $_\n";
	chmod 0600, "$victim/$_";
}
mkdir "$victim/folder", 0700;
system('cp', "$victim/secret", "$victim/folder/file");
my $segment = shmget(IPC_PRIVATE, 4096, S_IRUSR | S_IWUSR) // die "shmget: $!";
# Processes that must live until they are killed read from this pipe, to which nobody writes. They end with the test.
pipe my $idle, my $writer or die "pipe: $!";
sub idle { close $writer; sysread $idle, my $nothing, 1 }
# A process of root's with the name that the database's processes have.
system('cp', '/bin/cat', "$home/postgres") == 0 or die;
my $process = fork // die;
if (!$process) {
	close $writer;
	open STDIN, '<&', $idle or die;
	exec "$home/postgres";
	die;
}
END {
	my $code = $?;
	kill KILL => $process if $process;
	shmctl($segment, IPC_RMID, 0) if defined $segment;
	$? = $code;
}
sub snapshot {
	my %seen;
	find({ no_chdir => 1, wanted => sub {
		my @s = lstat $_ or return;
		$seen{$_} = join ' ', @s[2, 4, 5], -f _ ? ($s[3], md5_hex(Instance::read_file($_))) : ();
	} }, $victim);
	my $data = '';
	$seen{segment} = shmctl($segment, IPC_STAT, $data) ? 'there' : 'gone';
	$seen{process} = Instance::read_file("/proc/$process/stat") =~ /^\d+ \(postgres\) [SR]/ ? 'lives' : 'dead';
	return \%seen;
}
$i->until('the process runs', sub { Instance::read_file("/proc/$process/comm") eq "postgres\n" });
my $before = snapshot();
sub unchanged {
	my ($when) = @_;
	is_deeply(snapshot(), $before, "nothing outside has changed: $when") or BAIL_OUT('the attacker has won');
}

# Run code as the database's user, in a process of its own; its number, or its exit status when it is waited for.
sub attacker {
	my ($code) = @_;
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	($(, $)) = ($gid, "$gid $gid");
	($<, $>) = ($uid, $uid);
	$code->();
	require POSIX;
	POSIX::_exit(0);
}
sub attack { my $pid = attacker(@_); waitpid $pid, 0; return $? }
sub stop { my ($pid) = @_; kill KILL => $pid; waitpid $pid, 0 }

# ---- the shared memory and the process that postmaster.pid names ----
my ($data, $run) = ("$i->{dir}/data", "$i->{dir}/run");
sub forge {
	my ($pid, $shared, $state) = @_;
	open my $out, '>', "$data/postmaster.pid" or return;
	print $out join "\n", $pid, $data, time, 5432, $run, '', "1 $shared", $state, '';
	close $out;
}
attack(sub { forge(1, $segment, 'ready') });
my ($code, $text) = $i->run('down', '--wait', 1);
is($code, 0, 'down with a forged postmaster.pid') or diag $text;
unchanged("shared memory of root's is named in postmaster.pid");
attack(sub { forge($process, $segment, 'ready') });
($code, $text) = $i->run('down', '--wait', 1);
unchanged("a process of root's is named in postmaster.pid");
for my $name ('symbolic link', 'hard link') {
	attack(sub {
		my @names = ("$victim/secret", "$data/postmaster.pid");
		unlink $names[1];
		$name eq 'hard link' ? link($names[0], $names[1]) : symlink($names[0], $names[1]);
	});
	$i->run('down', '--wait', 1);
	unchanged("postmaster.pid is a $name to a file of root's");
}
require POSIX;
attack(sub { unlink "$data/postmaster.pid"; POSIX::mkfifo("$data/postmaster.pid", 0600) });
($code, $text) = $i->run('status'); # comes back
is($code, 1, 'a FIFO in its place makes nobody wait');
attack(sub { unlink "$data/postmaster.pid" });

# ---- files in the folder of sockets, which the database's group can write to ----
$i->up;
ok(!attack(sub { open my $out, '>', "$run/stays" or die $! }), 'the attacker makes a file beside the sockets');
is(($i->run('down'))[0], 0, 'down');
ok(-d $run, 'and the folder stays');
for my $name (qw(lock control.sock .s.PGSQL.5432 .s.PGSQL.5432.lock)) {
	attack(sub { symlink "$victim/secret", "$run/$name" });
}
ok(-l "$run/lock", 'what root opens is a link to a file of root\'s');
$i->run('down', '--wait', 1);
unchanged('links are in the folder of sockets at down');
attack(sub { symlink "$victim/secret", "$run/$_" for qw(lock control.sock) });
($code, $text) = $i->run('up', '--detach');
unchanged('links are in the folder of sockets at up');
is($code, 0, 'and the instance starts') or diag $text, $i->log;
is(($i->run('down'))[0], 0, 'and stops');
my $liar = attacker(sub {
	my $s = IO::Socket->new->socket(AF_UNIX, SOCK_SEQPACKET, 0) or die;
	$s->bind(pack_sockaddr_un("$run/control.sock")) && $s->listen(5) or die $!;
	idle();
});
$i->until('somebody else listens on the control socket', sub { -S "$run/control.sock" });
($code, $text) = $i->run('status');
is($code, 1, 'nobody else is taken for the supervisor');
like($text, qr/belongs to another user/, 'and it is said');
stop($liar);
attack(sub { unlink "$run/control.sock", "$run/stays" });

# ---- a race at every file that root writes ----
# Thousands of looks a second, without taking a processor from the one that is raced against.
sub pause { select undef, undef, undef, 0.0001 }
my @links = qw(postgresql.conf pg_hba.conf pg_ident.conf);
sub race {
	my ($folder) = @_;
	return attacker(sub {
		while (1) {
			if (opendir my $dir, $folder) {
				for my $name (grep { /^(?:postgresql|pg_hba|pg_ident)\.conf/ } readdir $dir) {
					next if -l "$folder/$name";
					rename "$folder/$name", "$folder/.was" and symlink "$victim/secret", "$folder/$name";
					rename "$folder/.was", "$folder/$name" if $name =~ /conf$/ && rand() < 0.5;
				}
			}
			pause();
		}
	});
}
my $racer = race($data);
for my $round (1 .. 8) {
	$i->run('up', '--detach', '--wait', 2);
	$i->run('down', '--wait', 1);
}
stop($racer);
unchanged('8 rounds of up and down beside a process that exchanges files');

# ---- init that fails, with folders that become links while they are removed ----
my $new = "$home/new";
my $failures = 0;
while ($failures < 4) {
	$racer = attacker(sub {
		while (1) {
			for my $name (qw(base global pg_wal PG_VERSION)) {
				rename "$new/data/$name", "$new/data/.$name" and symlink "$victim/folder", "$new/data/$name";
			}
			pause();
		}
	});
	($code, $text) = $i->run('init', $new);
	stop($racer);
	system('rm', '-rf', $new), next if !$code; # it was faster
	$failures++;
	ok(!-e $new, 'init fails when its cluster is taken apart, and leaves nothing') or diag `find $new | head`;
}
unchanged('init beside a process that exchanges folders');

# ---- folders of the unprivileged user ----
my $own = "$home/own";
mkdir $own;
chown $uid, $gid, $own;
for my $command ([ 'init', "$own/i" ], [ 'init', "$own/i/deep/er" ]) {
	($code, $text) = $i->run(@$command);
	is($code, 1, "@$command[0] in a folder of another user is refused");
	like($text, qr/'own' belongs to the user holdfast-db/, 'and says whose it is') or diag $text;
	ok(!-e "$own/i", 'and makes nothing');
}
system('cp', '-a', $i->{dir}, "$own/copy");
for my $command ([qw(up --detach)], [qw(down)], [qw(status)], [qw(reload)], [qw(export)], [qw(migrate)], [qw(config)]) {
	local $i->{dir} = "$own/copy";
	($code, $text) = $i->run(@$command);
	is($code, 1, "@$command of an instance there is refused");
	like($text, qr/'own' belongs to the user holdfast-db/, 'and says whose it is');
}
$i->up;
open my $csv, '>', "$home/a.csv" or die $!;
print $csv "name,city,country\nA,Bern,CH\n,,\n";
close $csv;
mkdir "$home/sticky";
chmod 01777, "$home/sticky";
for my $folder ($own, "$home/sticky") {
	attack(sub { symlink "$victim/secret", "$folder/file"; symlink "$victim/folder", "$folder/site" });
	my @commands = ([ 'import', '--rejects', "$folder/file", "$home/a.csv" ], [ 'export', "$folder/site" ],
		[ 'export', "$folder/site/deeper" ], [ 'export', '--list', "$folder/file", "$home/site" ]);
	for my $command (@commands) {
		($code, $text) = $i->run(@$command);
		ok($code, "@$command is refused") or diag $text;
		unchanged("@$command");
	}
}
is(($i->run('export', "$home/sticky/fresh"))[0], 0, 'a new name in a sticky folder is not refused');
is(($i->run('import', '--rejects', "$home/sticky/rejects", "$home/a.csv"))[0], 0, 'nor is a new file');
chown $uid, $gid, "$home/sticky/fresh";
($code, $text) = $i->run('export', "$home/sticky/fresh");
is($code, 1, 'an exported tree that was given to another user is not written to');

# ---- a race at the export and the logs ----
$racer = race($data);
$i->run('import', "$home/a.csv"), $i->run('export') for 1 .. 3;
stop($racer);
$i->run('down', '--wait', 1);
unchanged('import and export beside a process that exchanges files');

# ---- sockets of a deep folder stand under /tmp, where anybody may be first ----
my $deep = "$home/" . 'd' x 100;
is(($i->run('init', $deep))[0], 0, 'an instance in a deep folder');
my $hash = do { # FNV-1a
	use integer;
	my $h = 14695981039346656037 + 0;
	$h = ($h ^ ord) * 1099511628211 for split //, $deep;
	sprintf '%016x', $h;
};
my $short = "/tmp/holdfast-0-$hash";
ok(!-e $short, 'whose folder of sockets is not there yet');
$liar = attacker(sub {
	use Fcntl ':flock';
	mkdir $short or die;
	open my $lock, '>', "$short/lock" or die;
	flock $lock, LOCK_EX;
	syswrite $lock, "$process\n";
	idle();
});
$i->until('the attacker is first', sub { -s "$short/lock" });
{
	local $i->{dir} = $deep;
	$i->run('down', '--wait', 1);
	unchanged('down, where the lock under /tmp names a process of root\'s');
	($code, $text) = $i->run('up', '--detach', '--wait', 5);
	is($code, 1, 'up does not use a folder of another user');
	like($text, qr/belongs to another user/, 'and says so');
	attack(sub { unlink "$short/lock"; rmdir $short; symlink $victim, $short });
	$i->run($_ eq 'up' ? qw(up --detach --wait 5) : qw(down --wait 1)) for qw(up down);
	unchanged('its folder of sockets is a link');
}
stop($liar);
unlink $short;
done_testing;
