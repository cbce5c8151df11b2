#!/usr/bin/perl
# The Makefile builds what the sources and flags are now: what an archive holds is the proof of what a program
# can do, so nothing may stay in it that is no longer there. Works on a copy of the tree.
use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Command;
use File::Temp qw(tempdir);
use JSON::XS;
use Test::More;

my $root = abs_path("$FindBin::Bin/../..");
# A module of eight sources is enough to see what is compiled; nothing is run.
my $tree = tempdir(CLEANUP => 1);
my @sources = map {"src/base/$_.c"} qw(ascii backoff clock date err memory random str);
system("cd '$root' && cp -r --parents Makefile programs.mk sql tools web @sources src/base/*.h"
		. " \$(find tests bench -name '*.c' -not -path '*/node_modules/*') '$tree'") == 0 or die;
delete @ENV{qw(MAKEFLAGS MAKELEVEL MFLAGS CC CFLAGS)};
$ENV{VARIANT} = 'debug'; # compiles fastest

sub make { return run_command('make', '-C', $tree, @_) }
my $archive = 'build/debug/lib/base.a';
sub members { return split /\n/, `ar t $tree/$archive` }

my ($code, $text) = make($archive);
is($code, 0, 'a module builds by itself') or diag $text;
($code, $text) = make($archive);
unlike($text, qr/ CC /, 'and is not compiled twice');

open my $extra, '>', "$tree/src/base/extra.c" or die;
print $extra "int extra(void);\nint extra(void)\n{\n\treturn 1;\n}\n";
close $extra;
make($archive);
ok(scalar(grep { $_ eq 'extra.o' } members()), 'a new source is in its archive');
unlink "$tree/src/base/extra.c";
($code) = make($archive);
is($code, 0, 'a source is deleted');
is_deeply([ grep { $_ eq 'extra.o' } members() ], [], 'and leaves the archive');
cmp_ok(scalar members(), '>', 5, 'in which the others stay');

($code, $text) = make($archive, 'CFLAGS=-DSOMETHING_ELSE');
is($text =~ s/ CC //gr eq $text ? 0 : 1, 1, 'other flags compile it again');
my $compiled = () = $text =~ / CC /g;
is($compiled, scalar members(), 'every file of it');
($code, $text) = make($archive, 'CFLAGS=-DSOMETHING_ELSE');
unlike($text, qr/ CC /, 'once');

# The whole tree is needed here; nothing is run.
$text = `make -n -C '$root' VARIANT=release check-one 'T=tests/unit/json.c tests/cli/import.t' 2>&1`;
like($text, qr{run-tests build/release build/release/tests/unit/json tests/cli/import\.t$}m,
	'check-one takes the source of a unit test');

# ---- reports ----
# Each benchmark that writes a page of docs/ does it by the one function of the Makefile.
my $makefile = do { open my $file, '<', "$root/Makefile" or die; local $/; <$file> };
is_deeply([ $makefile =~ /^(\t[^\n]*\|\s*tee\b[^\n]*)/mg ], [], 'no recipe hides the end of a command behind a pipe');
my $page = "$tree/docs/page.md";
mkdir "$tree/docs";
sub report { # exit code of make, the page afterwards
	my ($command) = @_;
	my ($code) = make('--eval', "page: ; \$(call report,$command,$page)", 'page');
	open my $in, '<', $page or return ($code, undef);
	return ($code, join '', <$in>);
}
is_deeply([ report('echo first; false') ], [ 2, undef ], 'a failed report fails the target and writes no page');
is_deeply([ report('echo first') ], [ 0, "first\n" ], 'one that succeeds writes it');
is_deeply([ report('echo second; exit 3') ], [ 2, "first\n" ], 'the next failed one leaves it as it was');

make('compile_commands.json');
open my $in, '<', "$tree/compile_commands.json" or die;
my %known = map { $_->{file} => 1 } @{ decode_json(do { local $/; <$in> }) };
is_deeply([ grep { !$known{$_} } qw(src/base/err.c tests/unit/json.c tests/fuzz/json.c bench/http/load.c) ], [],
	'compile_commands.json has the tests and benchmarks');
done_testing;
