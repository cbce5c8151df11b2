#!/usr/bin/perl
# At 3 AM: settings that cannot be read do not keep the operator from looking and stopping; a start that cannot succeed
# says why at once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use IO::Socket::INET;
use JSON::XS;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
my ($code, $text);

# ---- settings that cannot be read, while the instance runs ----
my $right = $i->slurp('holdfast.conf');
sub conf {
	my ($what) = @_;
	unlink "$i->{dir}/holdfast.conf";
	return if !defined $what;
	open my $out, '>', "$i->{dir}/holdfast.conf" or die $!;
	print $out $what;
	close $out;
}
my $lines = () = $right =~ /\n/g;
my $last = $lines + 1;
my %broken = (
	'an unknown option' => [ "${right}web.proceses = 3\n", qr/holdfast\.conf:$last: unknown option 'web\.proceses'/ ],
	'a value that is wrong' =>
		[ "${right}log.level = loud\n", qr/holdfast\.conf:$last: log\.level: 'loud' is not one/ ],
	'several lines that are wrong' => [ "nonsense\n${right}log.level = loud\nweb.proceses = 3\n",
		qr/conf:1: 'nonsense' is not .*; line ${\($last + 1)}: log\.level: .*; line ${\($last + 2)}: unknown/ ],
	'a line that is none' => [ "nonsense\n$right", qr/holdfast\.conf:1: 'nonsense' is not of the form/ ],
	'other bytes than text' => [ "\xff\xfe\n", qr/holdfast\.conf: not valid UTF-8/ ],
	'no file' => [ undef, qr/holdfast\.conf is missing/ ],
);
for my $what (sort keys %broken) {
	my ($content, $why) = @{ $broken{$what} };
	$i->up;
	conf($content);
	($code, $text) = $i->run('status');
	is($code, 0, "status with $what");
	like($text, $why, 'which it names');
	like($text, qr{^web/1\s+\d+\s+running}m, 'and shows what runs');
	is_deeply([ grep { length > 80 } split /\n/, $text =~ s/.*\n\n//sr ], [], 'in 80 columns');
	($code, $text) = $i->run('--json', 'status');
	like(decode_json($text)->{settings_error}, $why, 'also as JSON');
	($code, $text) = $i->run('stats', 'cache');
	is($code, 0, 'stats') or diag $text;
	($code, $text) = $i->run('reload');
	is($code, 1, 'reload is refused');
	like($text, defined $content ? $why : qr/holdfast\.conf: No such file/, 'and says why');
	is($i->get('/readyz')->{status}, 200, 'the instance serves on');
	($code, $text) = $i->run('down');
	is($code, 0, 'down') or diag $text;
	is_deeply([ $i->left ], [], 'stops everything');
	($code, $text) = $i->run('up', '--detach');
	is($code, 1, 'up is refused');
	like($text, $why, 'and names the line');
	is_deeply([ $i->left ], [], 'before anything runs');
	conf($right);
}
($code, $text) = $i->run('--json', 'down');
is($text, qq({"was_running":false}\n), 'down of an instance that does not run');

# ---- settings that are right by themselves ----
my $taken = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die;
my %wrong = (
	"pipeline.schedule = website sometimes 4" => qr/pipeline\.schedule: 'website sometimes 4' is not STAGE EVERY/,
	'web.listen = 127.0.0.1:' . $taken->sockport => qr/web\.listen: .*127\.0\.0\.1:\d+: Address already in use/,
	$> ? () : ('user.web = nobody-at-all' => qr/user\.web: there is no system user 'nobody-at-all'/),
);
for my $line (sort keys %wrong) {
	my ($name) = $line =~ /^([\w.]+)/;
	conf(($right =~ s/^\Q$name\E .*/# taken out/mr) . "$line\n");
	($code, $text) = $i->run('up', '--detach');
	is($code, 1, "up with $line");
	like($text, qr/holdfast\.conf:$last: $wrong{$line}/, 'names the line');
}
conf($right);

# ---- a server of db.url that does not answer: it may come later ----
my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'tcp') or die; # bound, not listening
my $refused = sprintf 'connection to server at "127.0.0.1", port %d failed: Connection refused', $silent->sockport;
conf(($right =~ s/^db\.url .*/# taken out/mr) . sprintf "db.url = postgresql://127.0.0.1:%d/x\n", $silent->sockport);
($code, $text) = $i->run('up', '--detach');
is($code, 0, 'up without the server of db.url');
like($text, qr/holdfast up: .*\Q$refused\E; pages answer 503/, 'says that it does not answer');
($code, $text) = $i->run('status');
is($code, 1, 'status, too');
like($text, qr/\Q$refused\E/, 'says so');
like($text, qr{^web/1\s+\d+\s+running}m, 'and shows what runs');
(undef, $text) = $i->run('--json', 'status');
like($text, qr/"database_error":"[^\n]*Connection refused"/, 'also as JSON');
like($i->get('/readyz')->{content}, qr/problem:unavailable/, 'a problem of its own, not of too many requests');
is(($i->run('down'))[0], 0, 'down');
conf($right);

# ---- starts that cannot succeed ----
rename "$i->{dir}/log", "$i->{dir}/log.away";
($code, $text) = $i->run('up', '--detach');
is($code, 1, 'up without its log folder');
like($text, qr{the log cannot be written: .*/log/.*No such file or directory}, 'says so');
rename "$i->{dir}/log.away", "$i->{dir}/log";

my $control = "$i->{dir}/data/global/pg_control";
chmod 0, $control;
($code, $text) = $i->run('up', '--detach');
is($code, 1, 'up with data that cannot be read gives up');
like($text, qr/could not open file "[^"]*pg_control": Permission denied/, "PostgreSQL's words are shown");
like($text, qr/the instance did not start: postgres failed 3 times in a row/, 'and which process it was');
is_deeply([ $i->left ], [], 'and nothing runs on');
chmod 0600, $control;

if (!$>) {
	rename "$i->{bin}/holdfast-web", "$i->{bin}/away";
	($code, $text) = $i->run('up', '--detach');
	is($code, 1, 'up without a program gives up');
	like($text, qr{cannot start holdfast-web: .*holdfast-web: No such file}, 'and says which is missing');
	is_deeply([ $i->left ], [], 'and nothing runs on');
	rename "$i->{bin}/away", "$i->{bin}/holdfast-web";
}

# A server that recovers for as long as a file does not come.
require POSIX;
POSIX::mkfifo("$i->{home}/archive", 0666);
chmod 0666, "$i->{home}/archive";
my @owner = (stat $control)[4, 5];
my %file = ('recovery.signal' => '', 'postgresql.auto.conf' => "restore_command = 'cat $i->{home}/archive; false'\n");
for my $name (sort keys %file) {
	open my $out, '>', "$i->{dir}/data/$name" or die $!;
	print $out $file{$name};
	close $out;
	chown @owner, "$i->{dir}/data/$name" if !$>;
}
($code, $text) = $i->run('up', '--detach', '--wait', 5);
is($code, 1, 'up while PostgreSQL recovers');
like($text, qr/holdfast up: waiting for postgres \(starting\).*; logged last: \S/, 'says what it waits for');
like($text, qr/not everything runs after 5 s;.* waiting for postgres \(starting\)/, 'and says it at the end');
is(($i->run('down'))[0], 0, 'and down ends it');
is_deeply([ $i->left ], [], 'without a rest');
unlink "$i->{dir}/data/recovery.signal";
open my $auto, '>', "$i->{dir}/data/postgresql.auto.conf" or die $!;
close $auto;
$i->up;
pass('after all of which it starts');
done_testing;
