#!/usr/bin/perl
# backup and restore: one file, made while the instance works, from which an equal instance comes.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Instance;
use JSON::XS;
use Test::More;
use Wait;

my $i = Instance->make;
$i->up;
$i->fill(300, 1);
my $folder = "$i->{home}/backups";
sub files { return sort map { s{.*/}{}r } glob "$folder/*" }
sub members { my ($file) = @_; return split /\n/, `tar --zstd --ignore-zeros -tf '$file'` }

# What must be in no backup, and what of the operator's must be.
mkdir "$i->{dir}/$_" for qw(keeper web);
for my $file ('keeper/key', 'secrets', 'web/brand.css') {
	open my $out, '>', "$i->{dir}/$file" or die "$file: $!";
	print $out "content of $file\n";
	close $out;
	chmod 0600, "$i->{dir}/$file";
}

# ---- while it works ----
# Somebody writes all the time, each row its own transaction. A backup holds a moment: all rows before it and none
# behind it.
$i->sql('CREATE TABLE moment (n integer PRIMARY KEY)');
my $writer = fork // die "fork: $!";
if (!$writer) {
	open my $psql, '|-', $i->psql(qw(-o /dev/null)) or die "psql: $!";
	$psql->autoflush;
	my $go = 1;
	local $SIG{TERM} = sub { $go = 0 };
	for (my $n = 1; $go; $n++) {
		print $psql "INSERT INTO moment VALUES ($n);\n";
	}
	close $psql;
	require POSIX;
	POSIX::_exit(0);
}
sub moment { my ($of) = @_; return ($of // $i)->sql('SELECT coalesce(max(n), 0) FROM moment') }
$i->until('rows are written', sub { moment() > 0 });
my $before = moment();
my $made = decode_json($i->run_ok('--json', 'backup', $folder) =~ s/^[^{].*\n//mgr);
my $after = moment();
kill TERM => $writer;
waitpid $writer, 0;
is_deeply([ files() ], [ $made->{file} =~ s{.*/}{}r ], 'the folder has the file and nothing else');
like($made->{file}, qr{/holdfast-\d{4}-\d\d-\d\dT\d{6}Z\.tar\.zst$}, 'it is named after its time');
is($made->{bytes}, -s $made->{file}, 'and as large as was said');
is((stat $made->{file})[2] & 07777, 0600, 'only its owner can read it');
my @members = members($made->{file});
ok((grep { $_ eq 'instance/holdfast.conf' } @members), 'the settings are in it');
ok((grep { $_ eq 'instance/web/brand.css' } @members), 'and the files of the operator');
ok((grep { $_ eq 'backup_manifest' } @members), "and the database's checksums");
is_deeply([ grep { m{keeper|secrets|instance/(log|run|data)} } @members ], [], 'but no keys, no passwords and no logs');

# ---- restore ----
sub restored {
	my ($file, $name) = @_;
	my $copy = bless { %$i, dir => "$i->{home}/$name", port => free_port(), shared => {}, ended => 0 }, 'Instance';
	$copy->{address} = "$copy->{host}:$copy->{port}";
	delete $copy->{conf};
	my ($code, $text) = $i->run('restore', $file, $copy->{dir});
	return ($copy, $code, $text);
}
my $digest = q{SELECT md5(string_agg(b::text || d::text,
	'' ORDER BY b.id)) FROM business b JOIN business_detail d USING (id)};
my ($copy, $code, $text) = restored($made->{file}, 'copy');
is($code, 0, 'it is restored') or diag $text;
ok(!-e "$copy->{dir}/keeper", 'without keys');
is($copy->slurp('web/brand.css'), "content of web/brand.css\n", 'with the files of the operator');
$copy->set('web.listen' => $copy->{address});
$copy->up;
is($copy->sql($digest), $i->sql($digest), 'the businesses are equal');
my $rows = $copy->sql('SELECT count(*) FROM moment');
is($rows, moment($copy), 'no row before the moment of the backup is missing');
cmp_ok($rows, '>=', $before, 'it is after its beginning');
cmp_ok($rows, '<=', $after, 'and before its end');
is($copy->get('/v1/businesses?limit=1')->{status}, 200, 'and it serves');
$copy->end_copy;

# ---- standard output ----
system("@{[ map { qq('$_') } $i->command('backup', '-') ]} >'$i->{home}/stream' 2>'$i->{home}/stream.log'");
is($?, 0, "'-' writes to standard output") or diag Instance::read_file("$i->{home}/stream.log");
($copy, $code, $text) = restored("$i->{home}/stream", 'streamed');
is($code, 0, 'which can be restored too') or diag $text;

# ---- what is refused leaves nothing ----
sub refused {
	my ($what, $why, @command) = @_;
	my ($code, $text) = $i->run(@command);
	isnt($code, 0, "refused: $what");
	like($text, $why, 'and it says why');
}
refused('a folder that is not empty', qr/streamed exists and is not empty; nothing was changed/,
	'restore', $made->{file}, $copy->{dir});
my $size = -s $made->{file};
for my $part (10, 50, 99) {
	my $cut = "$i->{home}/cut";
	system('cp', $made->{file}, $cut) == 0 or die 'cp';
	truncate $cut, $size * $part / 100 or die "truncate: $!";
	refused("a backup cut at $part %", qr/no whole backup|tar: |pg_verifybackup/, 'restore', $cut,
		"$i->{home}/from_cut");
	ok(!-e "$i->{home}/from_cut", 'and nothing is left');
}
refused('what is no backup', qr/no whole backup/, 'restore', "$i->{bin}/holdfast", "$i->{home}/from_cut");
refused('a file that does not exist', qr/nosuch: No such file/, 'restore', "$i->{home}/nosuch", "$i->{home}/from_cut");
ok(!-e "$i->{home}/from_cut", 'nothing is left of any of them');
refused('a folder in the instance', qr/is in the folder of the instance and would be lost with it/,
	'backup', "$i->{dir}/backups");

# A changed byte in the database: checksums find it.
my $unpacked = "$i->{home}/unpacked";
mkdir $unpacked or die;
system("tar --zstd --ignore-zeros -xf '$made->{file}' -C '$unpacked'") == 0 or die 'tar';
my ($table) = grep { -s $_ > 8192 } sort glob "$unpacked/base/*/1249*";
open my $page, '+<', $table or die "$table: $!";
seek $page, 4000, 0;
read $page, my $byte, 1;
seek $page, 4000, 0;
print $page chr(ord($byte) ^ 1);
close $page;
system("tar --zstd -cf '$i->{home}/changed' -C '$unpacked' .  --transform='s,^\\./,,'") == 0 or die 'tar';
refused('a backup with a changed byte', qr/checksum mismatch/, 'restore', "$i->{home}/changed", "$i->{home}/from_cut");
ok(!-e "$i->{home}/from_cut", 'nothing is left');

# ---- retention, and what a killed backup leaves ----
rename $made->{file}, "$folder/holdfast-2020-01-0${_}T000000Z.tar.zst" for 1;
for my $day (2, 3) {
	open my $old, '>', "$folder/holdfast-2020-01-0${day}T000000Z.tar.zst" or die;
}
open my $partial, '>', "$folder/holdfast-2020-01-04T000000Z.tar.zst.partial" or die;
open my $other, '>', "$folder/notes.txt" or die;
$text = $i->run_ok('backup', $folder, '--keep', 2);
like($text, qr/removed 2 older backups/, '--keep removes the oldest, and says how many');
my @left = files();
is(@left, 3, 'two backups and what is none are left');
is($left[0], 'holdfast-2020-01-03T000000Z.tar.zst', 'the newer of the old ones');
is($left[2], 'notes.txt', 'files that are no backups stay; one that a killed backup left does not');

# ---- not running ----
$i->run_ok('down');
refused('an instance that is down', qr/is not running; start it/, 'backup', "$folder-new");
ok(!-e "$folder-new", 'and no folder is made');
is_deeply([ files() ], \@left, 'and the folder is as it was');

done_testing;

# A copy shares the folder of the original, which the original removes.
sub Instance::end_copy { my ($self) = @_; $self->run_ok('down'); $self->{ended} = 1 }
