#!/usr/bin/perl
# Each command of README.md before an instance that is broken: an option that does not exist, folders without
# permission, an address that is taken, a database that is away. It fails, names the line, file or address with the
# cause and what to do, and changes and loses nothing.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use IO::Socket::INET;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 }, user => $> ? undef : 'nobody');
my $right = $i->slurp('holdfast.conf');
my $line = 1 + (() = $right =~ /\n/g);
my $root = "$FindBin::Bin/../..";
my $csv = "$i->{home}/association.csv";
system('cp', "$root/samples/association.csv", $csv) == 0 or die;
my %folder = map { $_ => "$i->{home}/$_" } qw(site shut);
for (values %folder) {
	mkdir or die "$_: $!";
	chown +(stat $i->{dir})[4, 5], $_ if !$>;
}
my $taken = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die;
my $nobody_listens = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'tcp') or die; # bound only
my $away = $nobody_listens->sockport;

# Which of the faults below each command meets. A command of README.md needs a row.
my @rows = (
	[ 'up --detach' => qw(option instance) ],
	[ 'down' => qw(instance) ], # it stops what runs, whatever the settings say
	[ 'reload' => qw(instance down) ],
	[ 'status' => qw(option instance down) ],
	[ 'stats cache' => qw(instance down) ],
	[ 'config' => qw(option instance) ],
	[ 'migrate' => qw(option instance down away) ],
	[ "import $csv" => qw(option instance down away paths) ],
	[ "export $folder{site}" => qw(option instance down away paths) ],
	[ "export $folder{site} --serve=${\$taken->sockport}" => qw(address) ],
	[ 'contact setup --listen 127.0.0.1:1' => qw(option instance) ],
	[ 'contact status' => qw(option instance) ],
	[ 'contact rotate' => qw(option instance) ],
	[ 'heal' => qw(option instance down away) ],
	[ 'enrich --stage quality' => qw(option instance down away) ],
	[ 'worker' => qw(option instance down away) ],
	[ 'top' => qw(option instance down away) ],
	[ 'theme check' => qw(option instance) ],
	[ 'theme data business 0000000000001' => qw(option instance down away) ],
	[ 'suppress --list' => qw(option instance down away) ],
	[ "backup $folder{shut}" => qw(option instance paths) ],
	[ "backup $folder{site}" => qw(down away) ],
	[ 'identities' => qw(option instance down away) ],
	[ 'path 0000000000001' => qw(option instance down away) ],
	[ "init $folder{shut}/new" => qw(paths) ], # these need no instance
	[ "restore $folder{shut}/backup $i->{home}/restored" => qw(paths) ],
	[ "audit sql $folder{shut}" => qw(paths) ],
	[ "audit api $folder{shut}/api.yaml" => qw(paths) ],
	[ "audit site $folder{shut}" => qw(paths) ],
	[ "audit db postgresql://127.0.0.1:$away/x" => qw(server) ],
	[ "heal postgresql://127.0.0.1:$away/x" => qw(server) ],
);
my %needs_no_row = map { $_ => 1 } qw(generate po); # they read nothing
open my $readme, '<', "$root/README.md" or die;
my %shown = map { $_ => 1 } map { /^\| `holdfast ([a-z]+)/ ? $1 : () } <$readme>;
my %has_row = map { (split ' ', $_->[0])[0] => 1 } @rows;
is_deeply([ grep { !$has_row{$_} && !$needs_no_row{$_} } sort keys %shown ], [], 'each command has a row');

sub conf {
	my ($text) = @_;
	open my $out, '>', "$i->{dir}/holdfast.conf" or die $!;
	print $out $text;
	close $out;
}
my $refused = qr/connection to server at "127\.0\.0\.1", port $away failed: Connection refused/;
my $denied = qr/Permission denied: run as a user who may, or give this one access/;
my $conf = qr/\Q$i->{dir}\E\/holdfast\.conf/;
sub shut { my ($mode, @paths) = @_; chmod $mode, @paths }
# Fault: [ what every such command says, how it is made, how it is undone ].
my %fault = (
	option => [ qr/$conf:$line: unknown option 'web\.proceses'; did you mean 'web\.processes'\?/,
		sub { conf("${right}web.proceses = 3\n") }, sub { conf($right) } ],
	instance => [ qr/\Q$i->{dir}\E: $denied/, sub { shut(0, $i->{dir}) }, sub { shut(0700, $i->{dir}) } ],
	down => [ qr/the instance \Q$i->{dir}\E is not running; start it with 'holdfast up --detach'/, sub { }, sub { } ],
	away => [ qr/$conf:$line: db\.url: database: $refused/,
		sub { conf(($right =~ s/^db\.url .*/# taken out/mr) . "db.url = postgresql://127.0.0.1:$away/x\n") },
		sub { conf($right) } ],
	server => [ qr/database: $refused/, sub { }, sub { } ],
	paths => [ qr/(?:\Q$csv\E|\Q$folder{site}\E|\Q$folder{shut}\E)\S*: $denied/,
		sub { $i->up; shut(0, $csv, values %folder) }, sub { shut(0755, $csv, values %folder); $i->run('down') } ],
	address => [ qr/127\.0\.0\.1:${\$taken->sockport}: Address already in use: choose another address/,
		sub { $i->up; $i->run_ok('export', $folder{site}) }, sub { $i->run('down') } ],
);

# What there is of the instance and beside it: path, size and time of the last change. How a run ended is kept on
# purpose, and a server that runs writes its own files.
sub files {
	my $data = $i->supervisor ? 'data' : 'data(?!/base)';
	return grep { !m{^\Q$i->{home}\E/(?:bin|i/(?:notify|log|run|$data))(?:[/ ]|$)} }
		split /\n/, `find '$i->{home}' -type f -printf '%p %s %T@\n' -o -printf '%p\n'`;
}
for my $name (qw(option instance down away server paths address)) {
	my ($says, $break, $mend) = @{ $fault{$name} };
	$break->();
	my %before = map { $_ => 1 } files();
	for my $row (@rows) {
		my ($command, @faults) = @$row;
		next if !grep { $_ eq $name } @faults;
		my ($code, $text) = $i->run(split ' ', $command);
		is($code, 1, "$name: $command fails") or diag $text;
		like($text, $says, 'and says why, and what to do');
	}
	my %after = map { $_ => 1 } files();
	is_deeply([ grep { !$after{$_} } sort keys %before ], [], "$name: nothing was changed or lost");
	$mend->();
}
done_testing;
