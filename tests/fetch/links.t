#!/usr/bin/perl
# Incident 8 by construction: a transaction around a call to the network is not a mistake that can be made in
# holdfast-fetch. Whoever writes one gets no program.
use strict;
use warnings;
use File::Temp 'tempdir';
use FindBin;
use Test::More;

my $root = "$FindBin::Bin/../..";
my $build = $ENV{HOLDFAST_BUILD} // die "HOLDFAST_BUILD is not set\n";
my $dir = tempdir(CLEANUP => 1);
my $sanitize = $build =~ m{/asan$} ? '-fsanitize=address,undefined' : $build =~ m{/tsan$} ? '-fsanitize=thread' : '';

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
sub spew { my ($path, $text) = @_; open my $out, '>', $path or die "$path: $!"; print $out $text; close $out }
sub said { my ($command) = @_; my $out = `cd '$root' && ( $command ) 2>&1`; return ($? >> 8, $out) }

# The rows about it hold.
spew("$dir/links", join '', grep { /^holdfast-fetch/ } map { "$_\n" } split /\n/, slurp("$root/tools/links"));
my ($code, $out) = said("tools/check-links '$build' '$dir/links'");
is($code, 0, 'holdfast-fetch contains no database') or diag($out);
($code, $out) = said("ldd '$build/holdfast-fetch'");
ok($code == 0 && $out =~ /libcurl/ && $out !~ /libpq/, 'it is linked with libcurl and not with libpq') or diag($out);

# Its own call.c, as it is and with a transaction in it, linked as programs.mk says.
my ($modules) = slurp("$root/programs.mk") =~ /^PROGRAM_holdfast-fetch := (.*)$/m;
my ($libs) = slurp("$root/Makefile") =~ /^LIBS_fetch +:= (.*)$/m;
my $archives = join ' ', map { "'$build/lib/" . s{/}{-}gr . ".a'" } split ' ', $modules;
sub linked {
	my ($source) = @_;
	spew("$dir/call.c", $source);
	my $sql = -d "$build/../gen" ? "-I'$build/../gen'" : '';
	return said(
		"\${CC:-cc} -std=gnu17 -D_GNU_SOURCE -DHOLDFAST_VERSION=0 $sanitize -Isrc $sql -c -o '$dir/call.o' "
			. "'$dir/call.c' && "
			. "\${CC:-cc} $sanitize -o '$dir/program' '$build/programs/holdfast_fetch.o' '$dir/call.o' -Wl,"
				. "--start-group $archives "
			. "-Wl,--end-group $libs -lseccomp -lm");
}
my $good = slurp("$root/src/fetch/call.c");
($code, $out) = linked($good);
is($code, 0, 'what there is links') or diag($out);
(my $bad = $good)
	=~ s{^(void call_resume\(struct call \*call\)\n\{\n)}
		{#include "db/db.h"\n$1\tif (db_begin((struct db *)(void *)call, NULL) != OK)\n\t\treturn;\n}m;
isnt($bad, $good, 'a transaction is put around the hop');
($code, $out) = linked($bad);
isnt($code, 0, 'that does not link');
like($out, qr/undefined reference to .?db_begin/, 'because there is nothing to begin one with');
spew("$dir/call.c", $bad);
mkdir "$dir/tree";
($code, $out)
	= said("mkdir -p '$dir/tree/src/fetch' '$dir/tree/tools' && cp src/fetch/*.[ch] '$dir/tree/src/fetch/' && "
		. "cp tools/layers '$dir/tree/tools/' && cp '$dir/call.c' '$dir/tree/src/fetch/' && tools/check-layers "
			. "'$dir/tree'"
	);
isnt($code, 0, 'nor does the check of the layers let it pass');
like($out, qr{src/fetch/call.c:\d+: "db/db.h"}, 'which names the line');
done_testing;
