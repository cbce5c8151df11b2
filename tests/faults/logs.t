#!/usr/bin/perl
# The log of a detached instance: a reload opens it again after a rotation, in JSON every line of it is an object,
# whoever wrote it, and the id of a request leads from the access log to its statements.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Pooler;
use Test::More;
use Web;

my %settings = ('web.processes' => 1, 'http.access_log' => 'yes', 'log.format' => 'json', 'cache.search_ttl' => 0,
	'pipeline.schedule' => 'website 1h 1');
my $i = Instance->make(settings => \%settings);
$i->up;
$i->until_running;

# What PostgreSQL writes: an error of several lines with everything that could look like the end of a string.
eval { $i->sql(qq{SELECT\n\t'a "quoted" \\ text \x01'\n\tFROM no_such_table_of_the_test}) };
my $log = $i->until('the error is in the log', sub { $i->log =~ /no_such_table_of_the_test/ && $i->log });
# Statements of two requests; the server is told to log all.
$i->sql('ALTER SYSTEM SET log_min_duration_statement = 0; SELECT pg_reload_conf()');
$i->until('the server logs statements', sub { $i->sql('SHOW log_min_duration_statement') eq '0' });
my @ids = map { $i->get($_)->{headers}{'x-request-id'} } '/v1/businesses?sort=name', '/v1/categories';
sub lines { my ($text) = @_; return map { eval { decode_json($_) } // diag("no JSON: $_") && () } split /\n/, $text }
for my $id ($ids[0]) {
	like($id, qr/^[0-9a-f]{16}$/, 'an answer has the id of its request');
	$i->until('the statement is in the log', sub { grep { ($_->{event} // '') =~ /\*?request='$id'/ } lines($i->log) });
	my @found = lines($i->log);
	is((grep { $_->{event} eq 'request' && $_->{id} eq $id } @found), 1, 'the access log has it');
	my @statements = grep { $_->{program} eq 'postgres' && $_->{event} =~ m{/\*request='$id'\*/ } } @found;
	cmp_ok(@statements, '>', 0, 'and so has the statement in the log of the server');
	is((grep { $_->{event} =~ /request='$id'/
		&& $_->{event} =~ /request='(?!$id)/ } @found), 0, 'which is of no other');
}

# Processes that die while they write nothing of ours, and what they leave.
my %status = $i->status;
kill SEGV => $status{'web/1'}{pid};
$i->until('it was started again', sub { my %s = $i->status; ($s{'web/1'}{restarts} // 0) > 0 });
my @text = split /\n/, $i->log;
my @bad = grep { !eval { ref decode_json($_) eq 'HASH' } } @text;
is_deeply(\@bad, [], 'every line is a JSON object');
my %programs = map { $_->{program} => 1 } lines($i->log);
ok($programs{$_}, "there are lines of $_") for qw(holdfastd holdfast-web postgres);
my ($error) = grep { $_->{event} =~ /no_such_table/ && $_->{event} =~ /ERROR/ } lines($i->log);
is($error->{level}, 'error', 'an error of the server is one');
isnt($error->{pid}, $status{postgres}{pid}, 'of the process of the server that met it');
is((grep { !defined $_->{time} || !defined $_->{level} || !defined $_->{pid} } lines($i->log)), 0,
	'with time, level and process');

# Rotation: the file is renamed, and a reload begins another one.
my $file = "$i->{dir}/log/holdfast.log";
rename $file, "$file.1" or die $!;
$i->run_ok('reload');
$i->until('the supervisor writes to the new file', sub { $i->log =~ /reloading/ });
$i->until_running;
my $old = Instance::read_file("$file.1");
eval { $i->sql('SELECT 1 FROM no_such_table_after_rotation') };
my $answer = $i->get('/v1/categories');
for my $what ([ qr/no_such_table_after_rotation/, 'PostgreSQL, which was not restarted' ],
	[ qr/"request".*$answer->{headers}{'x-request-id'}/, 'the web process' ]) {
	ok($i->until("$what->[1] writes to the new file", sub { $i->log =~ $what->[0] }),
		"$what->[1] writes to the new file");
}
unlike(Instance::read_file("$file.1"), qr/after_rotation/, 'and nobody to the old one');
# With settings that are wrong, too: the file was renamed all the same.
rename $file, "$file.2" or die $!;
my $conf = $i->slurp('holdfast.conf');
open my $out, '>', "$i->{dir}/holdfast.conf" or die $!;
print $out "nonsense\n";
close $out;
my ($code) = $i->run('reload');
isnt($code, 0, 'a reload with wrong settings is refused');
ok($i->until('which the new file says', sub { $i->log =~ /reload refused/ }), 'which the new file says');
open $out, '>', "$i->{dir}/holdfast.conf" or die $!;
print $out $conf;
close $out;

# The same behind a pooler in transaction mode.
my $pooler = Pooler->start($i, pool => 2, as => $> ? scalar(getpwuid $>) : 'holdfast-web', login => 'holdfast_web',
	logins => ['holdfast_web']);
my $web = Web->start(database => "host=$pooler->{dir} dbname=holdfast user=holdfast_web", 'http.access_log' => 'yes',
	'cache.search_ttl' => 0);
my ($head) = $web->raw("GET /v1/businesses HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
my ($id) = $head =~ /X-Request-Id: (\w+)/i;
ok($i->until('its statement is in the log of the server', sub { $i->log =~ m{/\*request='$id'\*/} }),
	'a pooler passes it on');
$web->stop;
$pooler->stop if $pooler->can('stop');
$i->run_ok('down');
is_deeply([ $i->left ], [], 'down leaves nothing');
my @last = grep { !eval { ref decode_json($_) eq 'HASH' } } split /\n/, $i->log;
is_deeply(\@last, [], 'to the last line of the server');
done_testing;
