#!/usr/bin/perl
# backup and restore of an instance whose databases are on a server of others: over TCP, with passwords, by a user who
# is no superuser. The server is as it was after everything that fails.
use strict;
use warnings;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Instance;
use POSIX ();
use Program;
use Server;
use Sphere;
use Test::More;
use Wait;

my $server = Server->start(address => own_address() . ':' . free_port());
$server->sql($_)
	for q{CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'kept'}, q{CREATE ROLE clerk LOGIN PASSWORD 'clerk'},
	map {"CREATE DATABASE $_ OWNER keeper"} qw(old old_contact new new_contact spare spare_contact);
sub url { my ($database) = @_; return $server->url($database, 'keeper', 'kept') }
sub everything { return $server->everything(qw(new new_contact)) }

# An instance whose SQL is the server's.
package Foreign { ## no critic
	our @ISA = ('Instance');
	sub sql { my ($self, $sql) = @_; return $server->sql($sql, $self->{database}) }
}
my $programs = Instance->make; # for the programs; its own cluster is not used
my $home = $programs->{home};
sub foreign {
	my ($dir, $database) = @_;
	my $port = free_port();
	return bless { %$programs, dir => "$home/$dir", database => $database, port => $port,
		address => "$programs->{host}:$port", shared => {}, conf => undef, owner => 0 }, 'Foreign';
}
sub sphere { my ($i, $address) = @_; return bless { i => $i, address => $address, count => 0 }, 'Sphere' }

# ---- the instance ----
my $i = foreign('original', 'old');
my $contact = own_address() . ':' . free_port();
$i->run_ok('init', $i->{dir}, '--db', url('old'), '--listen', $i->{address});
$i->run_ok('contact', 'setup', '--listen', $contact, '--db', url('old_contact'));
my %settings = ('web.processes' => 1, 'contact.k' => 2, 'contact.tick' => '1s', 'contact.enrol_per_hour' => 10000,
	'contact.listen' => $contact);
$i->set(%settings);
$i->run_ok('up', '--detach');
$i->fill(300, 1);
$i->run_ok(qw(enrich --stage quality));
my $s = sphere($i, $contact);
$server->sql($_, 'old') for q{INSERT INTO region (key, country, name) VALUES ('ch-bern', 'CH', 'Bern')
	ON CONFLICT DO NOTHING}, q{INSERT INTO business (id, region_id, source_id, category_id, group_id, name, country)
	SELECT n, r.id, s.id, c.id, c.group_id, 'Bakery ' || n, 'CH' FROM generate_series(1, 20) AS n
	JOIN region AS r ON r.key = 'ch-bern' JOIN source AS s ON s.key = 'some' JOIN category AS c ON c.key = 'bakery'},
	'GRANT SELECT ON business TO clerk';
my $alice = $s->party('Alice');
mkdir "$i->{dir}/web" or die $!;
open my $css, '>', "$i->{dir}/web/brand.css" or die $!;
print $css "content\n";
close $css;

my $folder = "$home/backups";
sub files { return sort map { s{.*/}{}r } glob "$folder/*" }
sub background {
	my ($of, @command) = @_;
	return Program->start($command[0], [ $of->command(@command) ], log => "$home/$command[0].log");
}
sub dumping { # the process of pg_dump or pg_restore that a command has started
	my ($program, $name) = @_;
	return wait_until("$name runs", sub {
		my ($child) = grep { /\d/ } split ' ',
			Instance::read_file("/proc/$program->{pid}/task/$program->{pid}/children");
		return $child && Instance::read_file("/proc/$child/cmdline") =~ /^\Q$name\E\0/ && $child;
	}, sub { $program->log });
}
sub gone { my ($pid) = @_; wait_until("process $pid ends", sub { !kill 0 => $pid }) }

# ---- killed in the middle: nothing is left, no password is shown ----
{
	open my $lock, '|-', 'sh', '-c', "PGPASSWORD='$server->{password}' exec psql -XAtq -o /dev/null "
		. "-h $server->{host} -p $server->{port} -U admin old" or die $!;
	$lock->autoflush;
	print $lock "BEGIN; LOCK TABLE business IN ACCESS EXCLUSIVE MODE;\n";
	wait_until('the table is locked', sub { $server->sql(q{SELECT count(*) FROM pg_locks
		WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'business'::regclass}, 'old') });
	my $backup = background($i, 'backup', $folder);
	my $dump = dumping($backup, 'pg_dump');
	wait_until('pg_dump waits', sub { $server->sql(q{SELECT count(*) FROM pg_stat_activity
		WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'}) });
	my @passwords = map { (split)[1] } split /\n/, $i->slurp('secrets');
	my $arguments = join ' ', map { Instance::read_file("/proc/$_/cmdline") } $dump, $backup->{pid};
	is((grep { index($arguments, $_) >= 0 } @passwords, 'kept'), 0, 'no password is in an argument of a program');
	$backup->kill;
	gone($dump);
	like(join(' ', files()), qr/^\S+\.partial$/, 'a backup that was killed leaves what the next one removes');
	like($i->slurp('notify/backup'), qr/^runs /, 'and that it did not end is known to the notifier');
	print $lock "ROLLBACK;\n\\q\n";
	close $lock;
}

# ---- a full disk ----
SKIP: {
	skip 'only root can mount a small disk', 2 if $>;
	my $small = "$home/small";
	mkdir $small or die $!;
	# In a mount namespace of its own, which ends with the command.
	my $mount = 'mount -t tmpfs -o size=64k,mode=0700 tmpfs "$1" && shift && exec "$@"';
	open my $out, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', 'unshare', '-m', 'sh', '-c', $mount, 'sh', $small,
		$i->command('backup', $small) or die $!;
	my $text = do { local $/; <$out> };
	close $out;
	my $code = $? >> 8;
	is($code, 1, 'a full disk fails the backup');
	like($text, qr/No space left on device/, 'and it says why');
}
{
	my $pid = fork // die $!;
	if (!$pid) {
		open STDOUT, '>', "$home/limited.log";
		open STDERR, '>&', \*STDOUT;
		exec 'sh', '-c', 'ulimit -f 40; exec "$@"', 'sh', $i->command('backup', $folder) or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	isnt($?, 0, 'a file that may not grow fails it, too');
	is_deeply([ grep { !/partial$/ } files() ], [], 'and no backup is in the folder');
}

# ---- a pooler ----
my $bouncer = "$home/bouncer";
{
	mkdir $bouncer or die $!;
	my $port = free_port();
	open my $ini, '>', "$bouncer/ini" or die $!;
	print $ini "[databases]\n* = host=$server->{host} port=$server->{port}\n[pgbouncer]\nlisten_addr = "
		. own_address() . "\nlisten_port = $port\nunix_socket_dir =\nauth_type = plain\nauth_file = $bouncer/users\n"
		. "pool_mode = transaction\nserver_reset_query =\n";
	close $ini;
	open my $users, '>', "$bouncer/users" or die $!;
	print $users map { my ($role, $word) = split; qq("$role" "$word"\n) } split /\n/, $i->slurp('secrets');
	close $users;
	system('chown', '-R', 'holdfast-web', $bouncer) if !$>;
	my $pooler = Program->start('PgBouncer', [ '/usr/sbin/pgbouncer', '-q', "$bouncer/ini" ], as => 'holdfast-web',
		log => "$home/bouncer.log", ready => sub { IO::Socket::INET->new(own_address() . ":$port") });
	my $direct = "postgresql://$server->{host}:$server->{port}/old";
	my $pooled = 'postgresql://' . own_address() . ":$port/old";
	$i->set(%settings, 'db.url' => $pooled);
	my ($code, $text) = $i->run('backup', $folder);
	is($code, 1, 'a pooler is refused');
	like($text, qr{a pooler is between.*name the server itself with --db postgresql://HOST:PORT/DATABASE},
		'and what to do is said');
	($code, $text) = $i->run('backup', "$home/direct", '--db', $direct);
	is($code, 0, 'the server itself can be named') or diag $text;
	($code, $text) = $i->run('backup', "$home/direct", '--db', url('old'));
	like($text, qr/--db takes an address without user and password/, 'without a password on the command line');
	$i->set(%settings);
	$pooler->stop;
}

# ---- a backup ----
my $said = $i->run_ok('backup', $folder);
is((files())[0] =~ /partial/, '', 'what was left is removed');
my ($file) = glob "$folder/*.zst";
is((stat $file)[2] & 07777, 0600, 'only its owner can read it');
like($said, qr/1 privilege of roles that are not the instance's will not be restored/, 'what is not restored is said');
my @members = split /\n/, `tar --zstd --ignore-zeros -tf '$file'`;
is_deeply([ grep { /^database/ } @members ], [ map {"database/$_"} qw(directory.dump directory.grants contact.dump
	contact.grants MANIFEST) ], 'it has both databases, their privileges and checksums');
ok((grep { $_ eq 'instance/web/brand.css' } @members), 'and the files of the operator');
is_deeply([ grep { m{keeper|secrets|instance/(log|run|data)} } @members ], [], 'but no keys, no passwords and no logs');
my $text_of = `tar --zstd --ignore-zeros -xOf '$file' | tr -d '\\0'`;
is((grep { index($text_of, (split)[1]) >= 0 } split /\n/, $i->slurp('secrets')), 0, 'no password is in it');

# ---- what is refused leaves the server as it was ----
my @to = ('--db', url('new'), '--contact-db', url('new_contact'));
my $before = everything();
sub refused {
	my ($what, $why, @command) = @_;
	my ($code, $text) = $i->run(@command);
	isnt($code, 0, "refused: $what");
	like($text, $why, 'and it says why');
	ok(!-e "$home/no", 'nothing is left of the instance');
	is_deeply(everything(), $before, 'and the server is as it was');
}
refused('no database', qr{say where it is restored, --db postgresql://USER}, 'restore', $file, "$home/no");
refused('none for the contact sphere', qr/database of contact.*--contact-db/, 'restore', $file, "$home/no",
	'--db', url('new'));
refused('a database with data', qr/the database 'old' is not empty/, 'restore', $file, "$home/no", '--db', url('old'),
	'--contact-db', url('new_contact'));
refused('one that is not there', qr/"nosuch" does not exist/, 'restore', $file, "$home/no", '--db', url('nosuch'));
refused('a wrong password', qr/password authentication failed/, 'restore', $file, "$home/no", '--db',
	$server->url('new', 'keeper', 'wrong'));
my $size = -s $file;
for my $part (10, 60, 99) {
	my $cut = "$home/cut";
	copy($file, $cut) or die $!;
	truncate $cut, $size * $part / 100 or die $!;
	refused("a backup cut at $part %", qr/no whole (?:backup|dump)/, 'restore', $cut, "$home/no", @to);
}
my $unpacked = "$home/unpacked";
mkdir $unpacked or die;
system("tar --zstd --ignore-zeros -xf '$file' -C '$unpacked'") == 0 or die 'tar';
sub packed { # the backup with a member that was changed
	my ($member, $change) = @_;
	my $path = "$unpacked/database/$member";
	copy($path, "$home/kept") or die $!;
	$change->($path);
	system("tar --zstd -cf '$home/changed' -C '$unpacked' instance database") == 0 or die 'tar';
	copy("$home/kept", $path) or die $!;
	return "$home/changed";
}
for my $member (qw(directory.dump contact.grants)) {
	refused("a changed byte in $member", qr/checksum mismatch of \Q$member\E/, 'restore', packed($member, sub {
		open my $out, '+<', $_[0] or die $!;
		seek $out, (-s $_[0]) / 2, 0;
		read $out, my $byte, 1;
		seek $out, -1, 1;
		print $out chr(ord($byte) ^ 1);
	}), "$home/no", @to);
}
refused('a missing member', qr/contact\.dump of the backup: No such file/, 'restore',
	packed('contact.dump', sub { unlink $_[0] }), "$home/no", @to);
refused('a manifest that leads elsewhere', qr/the manifest of the dump is not one/, 'restore', packed('MANIFEST', sub {
	open my $out, '>', $_[0] or die $!;
	print $out "holdfast dump 1\nabc 3 ../../etc/passwd\n";
}), "$home/no", @to);

# Something goes wrong at the end of the last database, when the first one is restored.
sub stop_at { # an event trigger of the server's administrator, as a plugin of an operator may have
	my ($database, $do) = @_;
	$server->sql($_, $database) for "CREATE FUNCTION stop_it() RETURNS event_trigger LANGUAGE plpgsql AS \$\$
		BEGIN IF tg_tag = 'GRANT' OR tg_tag = 'CREATE TABLE' THEN $do; END IF; END \$\$",
		'CREATE EVENT TRIGGER stop_it ON ddl_command_end EXECUTE FUNCTION stop_it()',
		'ALTER FUNCTION stop_it() SET SCHEMA pg_catalog';
}
sub go_on {
	my ($database) = @_;
	$server->sql($_, $database) for 'DROP EVENT TRIGGER stop_it',
		'SET allow_system_table_mods = on; DROP FUNCTION pg_catalog.stop_it()';
}
stop_at('new_contact', q{IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity ~ 'party')
	THEN RAISE EXCEPTION 'stopped'; END IF});
refused('a dump that cannot be restored', qr/the database of contact: pg_restore ended.*stopped/, 'restore', $file,
	"$home/no", @to);
go_on('new_contact');

# ---- killed in the middle of a restore ----
{
	stop_at('spare', 'PERFORM pg_advisory_xact_lock(1)');
	open my $lock, '|-', 'sh', '-c', "PGPASSWORD='$server->{password}' exec psql -XAtq -o /dev/null "
		. "-h $server->{host} -p $server->{port} -U admin spare" or die $!;
	$lock->autoflush;
	print $lock "SELECT pg_advisory_lock(1);\n";
	wait_until('it is held', sub { $server->sql(q{SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
		AND granted}) });
	my $restore = background($i, 'restore', $file, "$home/killed", '--db', url('spare'), '--contact-db',
		url('spare_contact'));
	wait_until('the restore waits', sub { $server->sql(q{SELECT count(*) FROM pg_stat_activity
		WHERE datname = 'spare' AND wait_event = 'advisory'}) });
	$restore->kill;
	print $lock "SELECT pg_advisory_unlock(1);\n\\q\n";
	close $lock;
	wait_until('its sessions end', sub { !$server->sql(q{SELECT count(*) FROM pg_stat_activity
		WHERE datname LIKE 'spare%' AND usename <> 'admin'}) });
	go_on('spare');
	is($server->sql(q{SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace}, 'spare'), 0,
		'a restore that was killed leaves no half of a database');
	system 'rm', '-rf', "$home/killed";
	my ($code, $text) = $i->run('restore', $file, "$home/again", '--db', url('spare'), '--contact-db',
		url('spare_contact'));
	if ($code) { # the roles had been made
		my ($drop) = $text =~ /remove it: (DROP ROLE [\w, ]+)/;
		ok($drop, 'what is in the way is named') or diag $text;
		$server->sql("REVOKE ALL ON DATABASE spare FROM " . ($drop =~ s/DROP ROLE //r), 'spare');
		$server->sql($drop);
		($code, $text) = $i->run('restore', $file, "$home/again", '--db', url('spare'), '--contact-db',
			url('spare_contact'));
	}
	is($code, 0, 'and it can be repeated') or diag $text;
}

# ---- restored ----
my $copy = foreign('copy', 'new');
my $copy_contact = own_address() . ':' . free_port();
my ($code, $text) = $i->run('restore', $file, $copy->{dir}, @to);
is($code, 0, 'it is restored') or diag $text;
like($text, qr{keys are in no backup\. Put the key file}, 'what is missing is said');
ok(!-e "$copy->{dir}/$_", "without $_") for qw(keeper database);
is($copy->slurp('web/brand.css'), "content\n", 'with the files of the operator');
my %old = map { split } split /\n/, $i->slurp('secrets');
my %new = map { split } split /\n/, $copy->slurp('secrets');
is_deeply([ sort map { s/_old_/_new_/r } keys %old ], [ sort keys %new ], 'with roles of its own');
my %known = reverse %old;
is((grep { $known{$_} } values %new), 0, 'which have other passwords');
my $conf = $copy->slurp('holdfast.conf') =~ s/^#.*\n//mgr;
unlike($conf, qr/keeper|kept/, "the administrator's name and password are not kept");
like($conf, qr{^db\.url = postgresql://\Q$server->{host}:$server->{port}\E/new$}m,
	'the settings name the new database');
sub digests {
	my ($database, @tables) = @_;
	return $server->sql(join(' UNION ALL ', map {"SELECT '$_', count(*), md5(string_agg(t::text, '' ORDER BY t::text))
		FROM $_ AS t"} @tables), $database);
}
sub tables { return split /\n/, $server->sql(q{SELECT relname FROM pg_class WHERE relkind = 'r'
	AND relnamespace = 'public'::regnamespace AND relname <> 'directory_identity' ORDER BY 1}, $_[0]) }
for my $pair ([ 'old', 'new' ], [ 'old_contact', 'new_contact' ]) {
	my @tables = tables($pair->[0]);
	is_deeply([ tables($pair->[1]) ], \@tables, "the tables of $pair->[0]");
	is(digests($pair->[1], @tables), digests($pair->[0], @tables), 'have the same rows');
	my %schema = map {
		local $ENV{PGPASSWORD} = $server->{password};
		my $dump = `pg_dump -s -h $server->{host} -p $server->{port} -U admin $_`;
		$_ => [ sort grep { /\S/ && !/^--|^\\|clerk/ } map { s/holdfast_(?:old|new)_/holdfast_/gr } split /\n/, $dump ]
	} @$pair;
	is_deeply($schema{ $pair->[1] }, $schema{ $pair->[0] }, 'the same schema and the same privileges');
}
isnt($server->sql('SELECT id FROM directory_identity', 'new'), $server->sql('SELECT id FROM directory_identity', 'old'),
	'exported sites take it for another directory');

# It works: every role can do its part.
my $key = "$i->{dir}/keeper/key";
mkdir "$copy->{dir}/keeper" or die $!;
copy($key, "$copy->{dir}/keeper/key") or die $!;
for my $name ('keeper', 'keeper/key') {
	my ($uid, $gid, $mode) = (stat "$i->{dir}/$name")[4, 5, 2];
	chown $uid, $gid, "$copy->{dir}/$name" or die $!;
	chmod $mode & 07777, "$copy->{dir}/$name" or die $!;
}
$copy->set(%settings, 'web.listen' => $copy->{address}, 'contact.listen' => $copy_contact);
$copy->run_ok('up', '--detach');
is($copy->get('/v1/businesses?limit=1')->{status}, 200, 'it serves');
is((sphere($copy, $copy_contact)->post('session', code => $alice->{code}))[0], 200, 'with the key the sphere is read');
$copy->fill(310, 1);
is($copy->sql(q{SELECT count(*) FROM business_detail AS d WHERE changed_xid >= pg_current_xact_id()}), 0,
	'no change is of the future');
cmp_ok($copy->sql('SELECT count(*) FROM business'), '>', $i->sql('SELECT count(*) FROM business'), 'it imports');
for my $command ([qw(enrich --stage quality)], ['migrate'], [ 'export', "$home/site" ], [ 'backup', "$home/second" ]) {
	($code, $text) = $copy->run(@$command);
	is($code, 0, "@$command") or diag $text;
}
$copy->run_ok('down');
$i->run_ok('down');
is(($i->run('backup', $folder))[0], 0, 'a backup needs the server, not the instance');
$programs->{ended} = 0;
done_testing;
