#!/usr/bin/perl
# Non-interference: what a party may not know makes no difference that anybody could see. Each operation is run in two
# worlds that differ only in that; its answer, the statements that were sent, the rows that they wrote and the WAL
# records of it are equal.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Sphere;
use Test::More;

my $json = JSON::XS->new->canonical;
my $waldump = '/usr/lib/postgresql/15/bin/pg_waldump';

# Nothing of the server's own may write meanwhile.
sub start {
	my (%settings) = @_;
	my $s = Sphere->start(
		settings => \%settings,
		postgresql => "autovacuum = off\nfull_page_writes = off\nwal_compression = off\nbgwriter_lru_maxpages = 0\n"
			. "checkpoint_timeout = 1d\nwal_level = logical\n");
	return $s;
}

# As if nobody had ever enrolled: rows lie on the same pages in both worlds.
sub empty {
	my ($s) = @_;
	$s->sphere('TRUNCATE party, unlock, consent, invite RESTART IDENTITY');
	$s->i->sql('TRUNCATE profile, profile_report RESTART IDENTITY');
}

sub statements {
	my ($s) = @_;
	return [ $s->i->column(<<'SQL') ];
SELECT calls || ' x ' || (CASE WHEN query ~ '^ *(SELECT|WITH asked)' THEN '-' ELSE rows::text END) || ' '
	|| regexp_replace(query, '\s+', ' ', 'g')
FROM pg_stat_statements AS s JOIN pg_roles AS r ON r.oid = s.userid
WHERE r.rolname IN ('holdfast_contact', 'holdfast_profile') AND query !~ 'pending|expires_on <|_week <' ORDER BY 1
SQL
}

# Manager, type and length of each record of the operations' own databases.
sub wal {
	my ($s, $from, $to) = @_;
	my @records;
	open my $in, '-|', "$waldump -p $s->{i}{dir}/data/pg_wal -s $from -e $to 2>/dev/null" or die "pg_waldump: $!";
	while (<$in>) {
		my ($manager, $length, $type) = /^rmgr: (\w+)\s+len \(rec\/tot\):\s+(\d+\/\s*\d+), .*?desc: (\S+)/ or next;
		next if $manager =~ /^(?:XLOG|Standby)$/;
		# A page's visibility map and old versions are dealt with when somebody happens to read the page.
		next if $manager eq 'Heap2';
		push @records, "$manager $type " . ($length =~ s/\s//gr);
	}
	return [ sort @records ];
}

# What can be seen of an operation.
sub seen {
	my ($s, $path, %body) = @_;
	$s->i->sql('SELECT pg_stat_statements_reset()');
	my $from = $s->i->sql('SELECT pg_current_wal_insert_lsn()');
	my ($status, $answer, $r) = $s->post($path, %body);
	my $to = $s->i->sql('SELECT pg_current_wal_flush_lsn()');
	my $text = $json->encode($answer) =~ s/"20\d\d-[^"]*"/TIME/gr =~ s/"[0-9a-f]{16,}"/HEX/gr;
	return { status => $status, answer => $text, bytes => length $r->{content}, statements => statements($s),
		wal => wal($s, $from, $to) };
}

# The same operations of Alice in a world; $secret: whether Bob's unlock, which she may not know of, is of her.
sub before_the_tick {
	my ($s, $secret) = @_;
	empty($s);
	my ($alice, $bob, $carol) = map { $s->party($_) } qw(Alice Bobby Carol);
	my %hash = map { $_->{profile} => $s->show($_)->{seen_hash} } $bob, $carol;
	my %of = (ticket => $alice->{ticket}, profile => $bob->{profile});
	my %unlock = (%of, seen_hash => $hash{ $bob->{profile} }, text_version => 1);
	$s->unlock($bob, $secret ? $alice : $carol);
	my @seen = (
		seen($s, 'unlock', %unlock), seen($s, 'unlock', %unlock), seen($s, 'matches', ticket => $alice->{ticket}),
		seen($s, 'release', %of), seen($s, 'report', %of, cause => 'other', text => 'none'),
		seen($s, 'self', ticket => $alice->{ticket}), seen($s, 'show', profile => $bob->{profile}),
		seen($s, 'withdraw', %of), seen($s, 'matches', ticket => $alice->{ticket}),
		seen($s, 'contact', ticket => $alice->{ticket}, contact => Sphere::contact_of('Alice')),
		seen($s, 'session', code => $alice->{code}));
	# And who is nobody.
	my %nobody = (ticket => $alice->{ticket}, profile => '5a' x 16);
	push @seen, seen($s, 'unlock', %nobody, seen_hash => '00' x 32, text_version => 1), seen($s, 'release', %nobody);
	return @seen;
}

sub after_the_tick {
	my ($s, $secret) = @_;
	empty($s);
	my ($alice, $bob, $carol) = map { $s->party($_) } qw(Alice Bobby Carol);
	my %of = (ticket => $alice->{ticket}, profile => $bob->{profile});
	# Bob unlocked somebody and withdrew before Alice came.
	my $other = $secret ? $alice : $carol;
	$s->unlock($bob, $other);
	$s->tick;
	$s->withdraw($bob, $other);
	$s->tick;
	$s->unlock($alice, $bob);
	$s->tick;
	return (
		seen($s, 'matches', ticket => $alice->{ticket}), seen($s, 'release', %of),
		seen($s, 'report', %of, cause => 'other', text => 'none'), seen($s, 'withdraw', %of),
		# A withdrawal counts from the next tick on, which may come before the question or after it.
		do { $s->tick; seen($s, 'matches', ticket => $alice->{ticket}) });
}

# Whether it is Bob who exists: unlocking him writes what unlocking nobody writes.
sub existence {
	my ($s, $secret) = @_;
	empty($s);
	my ($alice, $bob) = map { $s->party($_) } qw(Alice Bobby);
	my $hash = $s->show($bob)->{seen_hash};
	my %of = (ticket => $alice->{ticket}, profile => $secret ? $bob->{profile} : 'a5' x 16);
	return (seen($s, 'unlock', %of, seen_hash => $hash, text_version => 1), seen($s, 'withdraw', %of));
}

sub compare {
	my ($what, $s, $world) = @_;
	my @without = $world->($s, 0);
	my @with = $world->($s, 1);
	is(scalar @with, scalar @without, "$what: " . @with . ' operations');
	for my $n (0 .. $#with) {
		for my $part (qw(status answer bytes statements wal)) {
			is_deeply($with[$n]{$part}, $without[$n]{$part}, "$what, operation $n: $part is the same")
				or diag explain [ $without[$n]{$part}, $with[$n]{$part} ];
		}
	}
	return @with;
}

my $s = start('contact.tick' => '24h');
my @seen = compare('before the tick', $s, \&before_the_tick);
cmp_ok(scalar @{ $seen[0]{wal} }, '>', 3, 'an unlock has records in the WAL');
like(join("\n", @{ $seen[0]{statements} }), qr/INSERT INTO unlock/, 'and its statements were seen');
is($seen[3]{status}, 403, 'nothing was released');
compare('who exists', $s, \&existence);
# That the comparison finds a difference: an operation that writes one row more.
my $alice = $s->party('Alice');
my %nobody = (profile => 'a5' x 16, seen_hash => '00' x 32, text_version => 1);
my $more = seen($s, 'unlock', ticket => $alice->{ticket}, %nobody);
my $less = seen($s, 'self', ticket => $alice->{ticket});
isnt($json->encode($more->{wal}), $json->encode($less->{wal}), 'another operation looks different');
$s->i->run_ok('down');

$s = start();
compare('after the tick', $s, \&after_the_tick);
$s->i->run_ok('down');
done_testing;
