#!/usr/bin/perl
# Values that cross libpq, and PgBouncer's console: what tests/db/values says of them.
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Directory;
use Test::More;
use Tree;

-x '/usr/sbin/pgbouncer' or die "pgbouncer is not installed; run tools/setup test\n";
my $directory = Directory->start;
my $program = "$build/tests/db/values";

sub values_of {
	my (@arguments) = @_;
	open my $in, '-|', $program, @arguments or die "$program: $!";
	my @lines = <$in>;
	close $in;
	chomp @lines;
	return @lines;
}

my $bytes = join '', map { chr($_ % 256) } 0 .. 99_999;
my @expected = map { my $n = $_; join ' ', $n, md5_hex(substr $bytes, 0, $n), 'same' } 0, 1, 256, 100_000;
my $host = "$directory->{i}{dir}/run";
for my $format (qw(hex escape)) {
	$directory->sql("ALTER DATABASE holdfast SET bytea_output = $format;\n");
	my @lines = values_of('bytes', "host=$host user=postgres dbname=holdfast");
	is_deeply([grep { /^synchronous/ } @lines], [map { "synchronous $_" } @expected],
		"bytea of every byte value goes there and back, bytea_output $format");
	is_deeply([grep { /^asynchronous/ } @lines], [map { "asynchronous $_" } @expected],
		"the same through the pool, bytea_output $format");
	is((grep { /^null/ } @lines)[0], 'null null', "NULL stays NULL, bytea_output $format");
}

my %came = map { /^([^:]+): (.+)/ ? ($1, $2) : () } values_of('overdue', "host=$host user=postgres dbname=holdfast");
like($came{slow}, qr/^timed out: overdue: no answer from the database in \d+ ms/,
	'a statement that had the whole time while others were answered is slow');
like($came{$_}, qr/^unavailable: overdue: no connection was free for most of \d+ ms/, "a query $_ is not called slow")
	for 'never sent', 'never sent, others answered', 'sent at 60 %', 'sent at last';
like($came{'sent after the last answer'}, qr/^unavailable: overdue: no answer/,
	'a database that answered nothing since is silent');

my $pooler = $directory->pooler;
my $console = "host=$pooler->{dir} user=holdfast_web";
my @lines = values_of('console', $console, 60_000);
is(scalar(grep { /^\d+ \d+ [1-9]/ } @lines), 8, 'every word of the list has an answer with columns') or diag "@lines";
is((grep { /^mode/ } @lines)[0], 'mode statement, no such column -1', 'columns are found by name')
	or diag "@lines";
like((values_of('console', "$console dbname=holdfast", 60_000))[0], qr/^failed: SHOW CLIENTS: .*unrecognized/,
	'a database is no console, and says so');
like((values_of('console', 'host=/nonexistent user=x', 60_000))[0], qr/^unavailable: PgBouncer's console: /,
	'without a PgBouncer the console is unavailable');
$pooler->{program}->signal('STOP');
like((values_of('console', $console, 200))[0], qr/^timed out: .*PgBouncer does not answer in 200 ms/,
	'a PgBouncer that hangs is not waited for');
$pooler->{program}->signal('CONT');
$directory->stop;
done_testing;
