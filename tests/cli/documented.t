#!/usr/bin/perl
# Every command that README.md, ARCHITECTURE.md, CONTRIBUTING.md, docs/ and the manual pages show exists and works
# as shown. Examples (the README's tables, indented lines, EXAMPLES of the manual) are run against an instance;
# commands that are named in running text, targets of make and files are looked up.
use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Instance;
use Test::More;

my $root = abs_path("$FindBin::Bin/../..");
sub slurp { my ($file) = @_; open my $in, '<', $file or die "$file: $!"; local $/; return <$in> }

# [file, text, is it an example?]
my @shown;
for my $file ((map { "$root/$_" } qw(README.md ARCHITECTURE.md CONTRIBUTING.md)), glob "$root/docs/*.md") {
	my $name = $file =~ s{^\Q$root\E/}{}r;
	for (split /\n/, slurp($file)) {
		push @shown, [ $name, s/ {3,}.*//r, 1 ] and next if s/^    (?=\S)//;
		my $table = /^\|/ && $name eq 'README.md';
		push @shown, map { [ $name, $_, $table ] } /`([^`]+)`/g;
	}
}
for my $file (glob "$root/man/*") {
	my $text = slurp($file) =~ s/\\([-e])/$1/gr;
	push @shown, map { [ $file =~ s{^\Q$root\E/}{}r, $_, 1 ] } map { split /\n/ } $text =~ /^\.nf\n(.*?)^\.fi/msg;
}

# What the words of examples stand for here. A new one needs a row.
my $i = Instance->make;
my $csv = "$root/samples/association.csv";
my %stands_for = (
	'URL' => "postgresql:///holdfast?host=$i->{dir}/run&user=holdfast_owner",
	'ID' => 'ID', # of a business, when there is one
	'[PATH]' => undef, '[DIR]' => undef, '[URL]' => undef, '[URL|ID]' => undef, 'FILE|DIR...' => "$root/sql/queries",
	'queries/' => "$root/sql/queries", '.holdfast-baseline' => "$i->{home}/baseline",
	'FILE' => "$root/tests/fuzz/corpus/openapi/users.yaml",
	'DIR|FILE' => "$i->{dir}/site", 'FILE...' => $csv,
	'ADDRESS' => own_address() . ':' . free_port(),
	'shops.geojson' => "$root/samples/town.geojson",
	'DIR|-' => "$i->{home}/backups",
	'N' => 10, '1400000' => 1000, 'ID...' => '--list', 'NAME' => 'quality',
	'/var/lib/holdfast/town' => $i->{dir}, '/var/lib/holdfast' => $i->{dir},
);
my %stays = map { $_ => 1 } qw(up worker top heal --serve); # these run until they are stopped
my %target = map { $_ => 1 } `make -C '$root' -pRrq : 2>/dev/null` =~ /^([a-z][\w-]*):(?!=)/mg;
my (%seen, @examples, @mentions);
for (@shown) {
	my ($where, $line, $example) = @$_;
	my $command = $line =~ s/^time //r =~ s/^(?:[A-Z_]+=\S+ )+//r =~ s/ *>.*//r =~ s/\\\|/|/gr;
	next if $seen{"$command $example"}++;
	if ($command =~ /^make ([a-z][\w-]+.*)/) {
		my @wanted = grep { !/=/ } split ' ', $1;
		is_deeply([ grep { !$target{$_} } @wanted ], [], "$where: $line: the target exists");
	} elsif ($command =~ m{^(?:\./)?(test|run|tools/[\w-]+|(?:bench|incidents|tests)/\S+/run)(?: (\S+))?$}) {
		my ($program, $file) = ($1, $2);
		ok(-e "$root/$program", "$where: $line: the file exists");
		ok(-e "$root/$file", "$where: $line: and its argument") if $file && $file =~ m{/};
	} elsif ($command =~ /^man -l (\S+)/) {
		is(system("man -l '$root/$1' >/dev/null 2>&1"), 0, "$where: $line: the page can be read");
	} elsif ($command =~ /^holdfast (.+)/) {
		push @{ $example ? \@examples : \@mentions }, [ $where, $line, $1 ];
	}
}
cmp_ok(scalar @examples, '>', 15, 'commands of holdfast are shown');

# Running text names a command, perhaps with an option: both exist.
for (@mentions) {
	my ($where, $line, $rest) = @$_;
	my ($name, @more) = split ' ', $rest;
	my ($code, $text) = $i->run($name, '--help');
	is($code, 0, "$where: $line: the command exists");
	like($text, qr/\Q$_\E\b/, "and its option $_") for grep { /^--/ } @more;
}

my ($code, $text) = $i->run('up', '--detach');
is($code, 0, 'an instance runs') or diag $text;
for my $command (['migrate'], [ 'import', $csv ], ['export']) {
	($code, $text) = $i->run(@$command);
	is($code, 0, "@$command") or diag $text;
}
$stands_for{ID} = Instance::id_text($i->sql('SELECT min(id) FROM business'));
$stands_for{DIR} = "$i->{home}/shop";
my $initialised = 0;
for (@examples) {
	my ($where, $line, $rest) = @$_;
	my @words = grep { defined } map { exists $stands_for{$_} ? $stands_for{$_} : $_ } split ' ', $rest;
	@words = map { $_ eq 'ID' ? Instance::id_text($i->sql('SELECT min(id) FROM business')) : $_ } @words;
	my ($name) = grep { !/^[-\/]/ } @words;
	is_deeply([ grep { /^[A-Z]{2,}$|[|\[]/ } @words ], [], "$where: $line: this test knows what the words stand for");
	@words = ('init', "$i->{home}/another") if $name eq 'init';
	@words = ('restore', glob("$i->{home}/backups/*"), "$i->{home}/another") if $name eq 'restore';
	push @words, '--help' if (grep { $stays{$_} } @words) && !grep { $_ eq '--detach' } @words;
	next if $name eq 'init' && $initialised++; # each is the same command by now
	$i->run('down') if "@words" =~ /up --detach/;
	($code, $text) = $i->run(@words);
	ok($code == 0 || $name eq 'audit' && $code == 2, "$where: $line") or diag "exit $code: $text";
	system('rm', '-rf', "$i->{home}/another");
	$i->run('up', '--detach') if $name eq 'down';
}
$i->run('down');
done_testing;
