# Addresses to listen on that no other test file, and nothing else on the machine, uses.
#
#   my $host = own_address();       # a loopback address of this test file, as 127.64.12.7
#   my $port = free_port();         # a port on it that nobody else can take
#
# A port that was free when it was looked for may be taken a moment later. So every process takes one of the
# 4 million addresses in 127.64.0.0/10 for itself alone: it keeps a socket that listens there, which the kernel
# closes when the process ends. The ports are below those that the kernel gives out by itself, so that no
# outgoing connection has one of them either. Clients still connect from 127.0.0.1.
package Address;
use strict;
use warnings;
use Exporter qw(import);
use IO::Socket::INET;

our @EXPORT = qw(own_address free_port);
use constant { LEASE_PORT => 20000, LAST_PORT => 29999, ADDRESSES => 1 << 22 };
my ($owner, $lease, $address, $port) = (0);

sub own_address {
	return $address if $owner == $$;
	# Process ids differ from one another, so that the first attempt succeeds unless a test left something behind.
	for my $n (0 .. 999) {
		my $number = ($$ + $n * 7919) % ADDRESSES;
		my $candidate = sprintf '127.%d.%d.%d', 64 + ($number >> 16), $number >> 8 & 255, $number & 255;
		$lease = IO::Socket::INET->new(LocalAddr => $candidate, LocalPort => LEASE_PORT, Listen => 1) or next;
		($owner, $address, $port) = ($$, $candidate, LEASE_PORT);
		return $address;
	}
	die "no loopback address is free: $!\n";
}

sub free_port {
	my $host = own_address();
	while (++$port <= LAST_PORT) {
		# Something outside of the tests may listen on this port of every address.
		return $port if IO::Socket::INET->new(LocalAddr => $host, LocalPort => $port, Listen => 1);
	}
	die "no port of $host is free\n";
}

1;
