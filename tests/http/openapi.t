#!/usr/bin/perl
# The API's description: two linters find no error, a client that is generated from it compiles and runs, and answers to
# random requests are as it says. HOLDFAST_REQUESTS asks for more of those (5000 are right).
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Directory;
use File::Temp qw(tempdir);
use Kept;
use Test::More;
use Tree;
use Web;

my $tools = "$root/tests/openapi";
plan skip_all => 'tests/openapi is not installed: tools/setup test' unless -d "$tools/node_modules/ajv";

my $directory = Directory->start;
my $web = Web->start(database => $directory->conninfo);
$web->until('the database answers', sub { ($web->request('GET /readyz'))[0] == 200 });
my $base = "http://$web->{address}";
my $dir = tempdir(CLEANUP => 1);
my (undef, undef, $body) = $web->request('GET /openapi.json');
open my $out, '>', "$dir/openapi.json" or die "openapi.json: $!";
print $out $body;
close $out;

# Exit status and what was said.
sub asked {
	my $pid = open my $in, '-|' // die "fork: $!";
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		chdir $dir;
		exec @_ or die "$_[0]: $!";
	}
	local $/;
	my $text = <$in> // '';
	close $in;
	return ($? >> 8, $text);
}
my $bin = "$tools/node_modules/.bin";
@ENV{qw(REDOCLY_TELEMETRY REDOCLY_SUPPRESS_UPDATE_NOTICE)} = ('off', 'true'); # no network

# ---- linters; a client that is generated, and what is written with it ----
my $client = kept('openapi', [ $body, files("$tools/client.mts", "$tools/package-lock.json", __FILE__) ], sub {
	open $out, '>', "$dir/spectral.yaml" or die;
	print $out qq(extends: ["spectral:oas"]\n);
	close $out;
	my @failed;
	my $sound = sub {
		my ($what, @command) = @_;
		my ($code, $text) = asked(@command);
		push @failed, "$what: exit $code: $text" if $code;
	};
	$sound->('Spectral', "$bin/spectral", 'lint', 'openapi.json', '-r', 'spectral.yaml', '--fail-severity', 'error');
	$sound->('Redocly', "$bin/redocly", 'lint', 'openapi.json');
	symlink "$tools/node_modules", "$dir/node_modules" or die "symlink: $!";
	system('cp', "$tools/client.mts", $dir) == 0 or die;
	$sound->('the client', "$bin/openapi-typescript", 'openapi.json', '-o', 'schema.d.ts');
	# without the types of browsers, a third of the compiler's work
	$sound->('the compiler', "$bin/tsc", qw(--strict --target es2022 --lib es2022 --module nodenext --skipLibCheck
		--types node), 'client.mts');
	diag @failed if @failed;
	return @failed ? undef : (files("$dir/client.mjs"))[0];
});
ok(defined $client, 'two linters find no error; a client is generated, and what is written with it compiles');
unlink "$dir/node_modules";
symlink "$tools/node_modules", "$dir/node_modules" or die "symlink: $!";
open $out, '>:raw', "$dir/client.mjs" or die "client.mjs: $!";
print $out $client // '';
close $out;
my ($code, $text) = asked('node', 'client.mjs', $base);
utf8::decode($text);
my $said = "東京 Sushi|東京 Sushi|JP|true|404|There is no such region or city\n";
is("$code $text", "0 $said", 'and runs against the server');

# ---- answers ----
my $requests = $ENV{HOLDFAST_REQUESTS} // 400;
($code, $text) = asked('node', "$tools/answers.mjs", $base, $requests, $ENV{SEED} // 1);
is($code, 0, "answers to $requests random requests are as described") or diag $text;
note $text;

$web->stop;
$directory->stop;
done_testing;
