#!/usr/bin/perl
# The cache's memory under ThreadSanitizer: threads over one mapping, as processes are in service. What is built for it
# stays beside the build that is tested, so that the next run compiles what has changed.
use strict;
use warnings;
use FindBin;
use Test::More;

my $root = "$FindBin::Bin/../..";
my $build = ($ENV{HOLDFAST_BUILD} // "$root/build/release") =~ s{/[^/]+/?\z}{}r;
my $made = `make -s -C '$root' BUILD='$build' VARIANT=tsan '$build/tsan/tests/unit/cache_store' 2>&1`;
is($?, 0, 'it is built') or diag $made;
# Steps of one thread and kills of processes, in which this tool sees no races, are for the unit test itself.
local %ENV = (%ENV, HOLDFAST_ONLY => 'threads_*', HOLDFAST_TURNS => 15000,
	TSAN_OPTIONS => 'halt_on_error=1 exitcode=66', CMOCKA_MESSAGE_OUTPUT => 'STDOUT');
my $text = `'$build/tsan/tests/unit/cache_store' 2>&1`;
is($?, 0, 'and runs without a data race') or diag $text;
unlike($text, qr/WARNING: ThreadSanitizer/, 'nor any other finding');
like($text, qr/threads_never_fill_a_key_twice_at_a_time/, 'with threads');
done_testing;
