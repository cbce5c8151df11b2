#!/usr/bin/perl
# What the keeper's core can call is a list: it has no way to a file, to memory, to the network or to the log, and
# `make check-links` says the same of the whole program for what it is linked with.
use strict;
use warnings;
use FindBin;
use Test::More;

my $build = $ENV{HOLDFAST_BUILD} // "$FindBin::Bin/../../build/" . ($ENV{VARIANT} // 'release');
plan skip_all => 'sanitizers call their own functions everywhere' if $build =~ m{/(?:asan|tsan)$};

# Every name that the objects of an archive need and none of these archives has.
sub needed {
	my (%has, %needs);
	for my $archive (@_) {
		open my $names, '-|', 'nm', "$build/lib/$archive.a" or die "nm: $!";
		while (<$names>) {
			$has{$2} = 1 if /^[0-9a-f]+ ([A-TV-Zb-z]) (\S+)$/;
			$needs{$1} = 1 if /^\s+U (\S+)$/;
		}
		close $names or die "nm $archive failed";
	}
	return sort grep { !$has{$_} } keys %needs;
}

my $memory = qr/(?:__)?mem(?:cpy|set|move|cmp)(?:_chk)?|strchr|strlen|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_/;
my @core = needed('keeper', 'keeper-message');
cmp_ok(scalar @core, '>', 20, 'the core needs something');
is_deeply(
	[
		grep {
			!/^(?:$memory|crypto_\w+|sodium_\w+|randombytes_buf|must_failed|err_set|err_errno)$/
				&& !/^(?:send|recv|__errno_location)$/
		} @core
	],
	[],
	'the core of the keeper calls libsodium, one socket, and nothing that allocates, opens, logs or asks for the time'
);

is_deeply(
	[ grep { !/^(?:$memory|must_failed|err_set|err_errno|send|recv|__errno_location)$/ } needed('keeper-message') ],
	[],
	'the messages need no cryptography: the contact process is linked with them'
);
done_testing;
