#!/usr/bin/perl
# The contact process or the keeper is killed with SIGKILL at every point of every operation that writes, and in a
# rotation. What they have is in two databases and changes by statements only, so the points are: a statement waits
# and is lost, or it waits and is carried out after the process has died. Locks of tables hold a statement at its
# point. Afterwards the party is complete or absent, the same request succeeds or has succeeded, and no contact is
# read by one side only.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Program;
use Sphere;
use Test::More;

my $s = Sphere->start(settings => { 'contact.unlocks_per_day' => 1000 });
my $i = $s->i;
my %database = (party => 'holdfast_contact', unlock => 'holdfast_contact', profile => 'holdfast');

sub in_database { my ($database, $sql) = @_; return $database eq 'holdfast' ? $i->sql($sql) : $s->sphere($sql) }

sub pid_of {
	my ($name) = @_;
	return $i->until("$name runs", sub {
		my %p = $i->processes;
		my ($pid) = grep { $p{$_} eq substr $name, 0, 15 } keys %p; # as the kernel cuts it
		return $pid;
	});
}

sub pair { return map { pid_of($_) } qw(holdfast-contact holdfast-keeper) }

# Kill one of the pair; both start anew.
my @killed;
sub kill_process {
	my ($name) = @_;
	@killed = pair();
	my $pid = pid_of($name);
	kill KILL => $pid;
	$i->until("$name is gone", sub { my %p = $i->processes; !$p{$pid} });
	delete $s->{http};
}
my $kills = 0;
sub until_new_pair {
	# One that dies often is started again later and later; not so by an operator.
	if (++$kills % 4 == 0) {
		$i->run_ok('down');
		$i->run_ok('up', '--detach');
	}
	$i->until('a new pair answers', sub {
		my %state = map { $_->{name} => $_->{state} } values %{ { $i->status } };
		my @states = @state{ 'contact/1', 'keeper/1' };
		return 0 if grep { $_ ne 'running' } @states;
		my @now = pair();
		return $now[0] != $killed[0] && $now[1] != $killed[1] && eval { $s->next_tick };
	});
}

# A session that holds a table so that statements which write it wait ($mode EXCLUSIVE), or all (ACCESS EXCLUSIVE).
sub hold {
	my ($table, $mode) = @_;
	open my $in, '|-', 'psql', qw(-XAtq -o /dev/null -v ON_ERROR_STOP=1 -U postgres -d), $database{$table}, '-h',
		"$i->{dir}/run"
		or die "psql: $!";
	$in->autoflush;
	print $in "BEGIN; LOCK TABLE $table IN $mode MODE;\n";
	$i->until("$table is held", sub {
		in_database($database{$table}, "SELECT count(*) FROM pg_locks WHERE relation = '$table'::regclass
			AND granted AND mode IN ('ExclusiveLock', 'AccessExclusiveLock')") > 0;
	});
	return $in;
}

my $waits = "FROM pg_stat_activity WHERE application_name = 'holdfast-contact' AND wait_event_type = 'Lock'";

# Kill the process $victim while the request waits for the table; $lost: the statement that waits is not carried out.
sub kill_at {
	my ($table, $mode, $lost, $victim, $request) = @_;
	my $in = hold($table, $mode);
	my $client = fork // die "fork: $!";
	if (!$client) {
		eval { delete $s->{http}; $request->() };
		require POSIX;
		POSIX::_exit(0);
	}
	$i->until('the statement waits', sub { $i->sql("SELECT count(*) $waits") > 0 });
	my $sessions = 'FROM pg_stat_activity WHERE pid IN (' . join(', ', $i->column("SELECT pid $waits")) . ')';
	kill_process($victim);
	my $gone = sub { $i->sql("SELECT count(*) $sessions") == 0 };
	if ($lost) {
		$i->sql("SELECT pg_terminate_backend(pid) $sessions");
		$i->until('its session is gone', $gone);
	}
	Instance::release($in);
	waitpid $client, 0;
	$i->until('its session has ended', $gone);
	until_new_pair();
	return;
}

# A statement may wait as long as a busy machine needs; for new sessions.
$i->sql("ALTER ROLE $_ SET lock_timeout = 0; ALTER ROLE $_ SET statement_timeout = 0")
	for qw(holdfast_contact holdfast_profile);
kill_process('holdfast-contact');
until_new_pair();

# The operation at each of its points: at the write of each table, lost or done. With HOLDFAST_KILLS=all also at the
# reading, where nothing can be left half done, and the operations that write one row again.
my $all = ($ENV{HOLDFAST_KILLS} // '') eq 'all';
my $count = 0;
sub points {
	my ($what, $tables, $case) = @_;
	my @points = map { my $t = $_; map { [ $t, 'EXCLUSIVE', $_ ] } 1, 0 } @$tables;
	unshift @points, [ 'party', 'ACCESS EXCLUSIVE', 1 ] if $all;
	for my $point (@points) {
		my ($table, $mode, $lost) = @$point;
		my $at = $mode eq 'EXCLUSIVE' ? "the write of $table" : 'the reading';
		my $name = "$what, killed at $at, which is " . ($lost ? 'lost' : 'done');
		my $victim = $count++ % 3 == 2 ? 'holdfast-keeper' : 'holdfast-contact';
		subtest $name => sub { $case->(sub { kill_at($table, $mode, $lost, $victim, $_[0]) }) };
	}
}

my ($alice, $bob) = map { $s->party($_) } qw(Alice Bob);
sub sign_in { $_->{ticket} = $s->ok('session', code => $_->{code})->{ticket} for @_ }

# Both or none read, whatever happened to one of them.
sub both_or_none {
	my ($p, $q) = @_;
	sign_in($p, $q);
	my @status = map { ($s->release(@$_))[0] } [ $p, $q ], [ $q, $p ];
	is($status[0], $status[1], "both read the other, or none does ($status[0])");
	return $status[0];
}

# ---- enrolment ----
points(enrol => [ 'party', 'profile' ], sub {
	my ($killed) = @_;
	my $code = $s->ok('code')->{code};
	my %enrol = (code => $code, contact => Sphere::contact_of('Dora'), text_version => 1,
		profile => Sphere::profile_of('Dora'));
	my $before = $s->sphere('SELECT count(*) FROM party');
	$killed->(sub { $s->post('enrol', %enrol) });
	my ($status, $in) = $s->post('session', code => $code);
	like("$status " . ($in->{state} // ''), qr/^(?:403 |200 (?:missing|published))$/, 'the party is there or is not');
	my $first = $s->ok('enrol', %enrol);
	is($s->ok('enrol', %enrol)->{profile}, $first->{profile}, 'asked again it is one party');
	is($s->sphere('SELECT count(*) FROM party'), $before + 1, 'with one row');
	is($s->ok('session', code => $code)->{state}, 'published', 'and a published profile');
	$s->ok('erase', ticket => $s->ok('session', code => $code)->{ticket}, code => $code);
});

# ---- signing in ----
$all and points(session => [ 'party', 'profile' ], sub {
	my ($killed) = @_;
	$killed->(sub { $s->post('session', code => $alice->{code}) });
	sign_in($alice);
	is_deeply($s->ok('self', ticket => $alice->{ticket})->{contact}, $alice->{contact}, 'nothing of the party is lost');
});

# ---- unlock and withdrawal ----
points(unlock => ['party'], sub {
	my ($killed) = @_;
	my ($p, $q) = map { $s->party($_) } qw(Paul Quinn);
	my $hash = $s->show($q)->{seen_hash};
	$s->unlock($q, $p);
	$killed->(sub {
		$s->post('unlock', ticket => $p->{ticket}, profile => $q->{profile}, seen_hash => $hash,
			text_version => 1);
	});
	$s->tick;
	both_or_none($p, $q);
	$s->unlock($p, $q);
	$i->until('they match', sub { both_or_none_quietly($p, $q) });
	is(both_or_none($p, $q), 200, 'asked again they match');
});
sub both_or_none_quietly { my ($p, $q) = @_; return ($s->release($p, $q))[0] == 200 }

points(withdraw => ['party'], sub {
	my ($killed) = @_;
	my ($p, $q) = map { $s->party($_) } qw(Rosa Sven);
	$s->unlock($p, $q);
	$s->tick;
	$killed->(sub { $s->post('withdraw', ticket => $p->{ticket}, profile => $q->{profile}) });
	sign_in($p);
	$s->withdraw($p, $q);
	$s->tick;
	sign_in($q);
	$s->unlock($q, $p);
	$s->tick;
	is(both_or_none($p, $q), 403, 'withdrawn before the answer, nobody reads');
});

# ---- changes ----
$all and points(contact => ['party'], sub {
	my ($killed) = @_;
	my $new = { %{ $alice->{contact} }, note => 'changed ' . $count };
	sign_in($alice);
	$killed->(sub { $s->post('contact', ticket => $alice->{ticket}, contact => $new) });
	sign_in($alice);
	my $has = $s->ok('self', ticket => $alice->{ticket})->{contact};
	ok($has->{note} eq $new->{note} || $has->{note} eq $alice->{contact}{note},
		'the contact is the old or the new one');
	$s->ok('contact', ticket => $alice->{ticket}, contact => $new);
	is_deeply($s->ok('self', ticket => $alice->{ticket})->{contact}, $new, 'asked again it is the new one');
	$alice->{contact} = $new;
});

points(profile => [ 'party', 'profile' ], sub {
	my ($killed) = @_;
	my $new = Sphere::profile_of('Bob', title => "Flour number $count");
	sign_in($bob);
	$killed->(sub { $s->post('profile', ticket => $bob->{ticket}, profile => $new) });
	sign_in($bob);
	$s->ok('profile', ticket => $bob->{ticket}, profile => $new);
	my $shown = $s->show($bob);
	ok($shown->{vouched}, 'asked again, the profile is the one that the party published');
	is($shown->{profile}{title}, "Flour number $count", 'with the new text');
});

points('new code' => ['party'], sub {
	my ($killed) = @_;
	my $new = $s->ok('code')->{code};
	sign_in($bob);
	$killed->(sub { $s->post('new-code', ticket => $bob->{ticket}, new_code => $new) });
	my @opens = grep { ($s->post('session', code => $_))[0] == 200 } $bob->{code}, $new;
	is(scalar @opens, 1, 'one of the two codes opens, and not both');
	$bob->{code} = $opens[0];
	sign_in($bob);
	is_deeply($s->ok('self', ticket => $bob->{ticket})->{contact}, $bob->{contact}, 'nothing of the party is lost');
});

points(erase => [ 'party', 'profile' ], sub {
	my ($killed) = @_;
	my $p = $s->party('Tom');
	$killed->(sub { $s->post('erase', ticket => $p->{ticket}, code => $p->{code}) });
	my ($status, $in) = $s->post('session', code => $p->{code});
	if ($status == 200) {
		$s->ok('erase', ticket => $in->{ticket}, code => $p->{code});
		($status) = $s->post('session', code => $p->{code});
	}
	is($status, 403, 'the party is gone, at the latest when it asks again');
	is($i->sql("SELECT count(*) FROM profile WHERE id = decode('$p->{profile}', 'hex')"), 0,
		'and so is its profile');
});

# ---- a rotation ----
sub all_open {
	my ($what) = @_;
	sign_in($alice, $bob);
	is_deeply($s->ok('self', ticket => $_->{ticket})->{contact}, $_->{contact}, "$what: $_->{name} reads its own")
		for $alice, $bob;
}
sub rotate_until {
	my ($what, $table, $mode, $kill) = @_;
	@killed = ();
	my $in = hold($table, $mode);
	my $rotation = Program->start('rotation', [ "$i->{bin}/holdfast", '-C', $i->{dir}, 'contact', 'rotate' ]);
	$i->until('the rotation waits', sub {
		$s->sphere("SELECT count(*) FROM pg_stat_activity WHERE datname = 'holdfast_contact'
			AND wait_event_type = 'Lock'") > 0;
	});
	$kill->($rotation);
	Instance::release($in);
	$rotation->reap;
	until_new_pair() if @killed;
	$i->until_running; # of two pairs neither knows the tickets of the other
	$i->until('the sphere answers', sub { eval { $s->next_tick } });
	delete $s->{http};
	all_open($what);
	like($i->run_ok('contact', 'rotate'), qr/^period \d+; /m, "$what: the next rotation finishes it");
	my $periods = 'SELECT count(DISTINCT period) FROM (SELECT period FROM party UNION ALL SELECT period FROM unlock) p';
	is($s->sphere($periods), 1, "$what: all rows are of one period");
	all_open("$what, afterwards");
}
rotate_until('the command is killed while rows are rewrapped', 'party', 'EXCLUSIVE', sub { $_[0]->kill });
rotate_until('the contact process is killed while rows are rewrapped', 'party', 'EXCLUSIVE',
	sub { kill_process('holdfast-contact') });
rotate_until('the keeper is killed while rows are rewrapped', 'party', 'EXCLUSIVE',
	sub { kill_process('holdfast-keeper') });
rotate_until('the command is killed before it drops the key', 'unlock', 'ACCESS EXCLUSIVE', sub { $_[0]->kill });

is(($i->run('down'))[0], 0, 'down');
is_deeply([ $i->left ], [], 'nothing is left');
done_testing;
