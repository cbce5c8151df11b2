# heal, stepped by a test: tests/heal/steps.c, whose header has the commands. It looks when the test says so, by clocks
# that the test sets, and stops between its look and its act.
#
#   my $heal = Steps->start($instance, ledger => FILE, allow => 'application=^billing');
#   my $look = $heal->step(12);                  # { reach, standby, relief, cancels, terminates, causes }
#   $heal->ask('open billing-1');                # any command; its answer
#   my @lines = $heal->lines('gap');             # of the ledger, of a kind or all
#   $heal->server_clock('1 h');                  # set the clock of the server, as heal sees it
#   $look = $heal->pass(5);                      # five looks, with the clocks of both a second further each time
#   $heal->free_clock                            # the server's clock is the real one again
#   $heal->standby(1);                           # the server is one; 0: it is promoted
#   $heal->server_started('1 h');                # so much later than it was: another server, or a restart
#   $heal->pid_reused($old => $new);             # process $new has the number of $old, which is gone
#
# The clock of heal stands still except for what commands add; the first pass or server_clock stops that of the server,
# too, so that nothing depends on how fast the machine is. Sessions must have begun by then, because their times are
# real. Clock, standby and processes are functions that heal's role finds before those of pg_catalog: the server itself
# goes on as it was.
package Steps;
use strict;
use warnings;
use Instance;
use IPC::Open2;
use JSON::XS;
use Tree;

sub prepare {
	my ($i) = @_;
	$i->sql(q{
		GRANT pg_signal_backend TO holdfast_heal;
		CREATE SCHEMA fake;
		CREATE TABLE fake.clock (base timestamptz, ahead interval);
		INSERT INTO fake.clock VALUES (NULL, '0');
		CREATE TABLE fake.standby AS SELECT false AS is_one;
		CREATE FUNCTION fake.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS
			'SELECT is_one OR pg_catalog.pg_is_in_recovery() FROM fake.standby';
		CREATE TABLE fake.server AS SELECT interval '0' AS later;
		CREATE FUNCTION fake.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql AS
			'SELECT pg_catalog.pg_postmaster_start_time() + later FROM fake.server';
		CREATE TABLE fake.process (shown integer, process integer);
		CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
			'SELECT coalesce(base, pg_catalog.clock_timestamp()) + ahead FROM fake.clock';
		-- A busy machine may need longer for a look than heal allows.
		CREATE FUNCTION fake.set_config(name text, value text, is_local boolean) RETURNS text LANGUAGE sql AS
			$$SELECT pg_catalog.set_config(name, '0', is_local)$$;
		CREATE FUNCTION fake.pg_stat_get_activity(wanted integer) RETURNS SETOF pg_catalog.pg_stat_activity
			LANGUAGE plpgsql AS $$
		DECLARE r pg_catalog.pg_stat_activity;
		BEGIN
			FOR r IN SELECT * FROM pg_catalog.pg_stat_activity LOOP
				r.pid := coalesce((SELECT p.shown FROM fake.process AS p WHERE p.process = r.pid), r.pid);
				IF wanted IS NULL OR r.pid = wanted THEN RETURN NEXT r; END IF;
			END LOOP;
		END $$;
		CREATE FUNCTION fake.pg_terminate_backend(wanted integer) RETURNS boolean LANGUAGE sql AS
			'SELECT pg_catalog.pg_terminate_backend(
				coalesce((SELECT process FROM fake.process WHERE shown = wanted), wanted))';
		CREATE FUNCTION fake.pg_cancel_backend(wanted integer) RETURNS boolean LANGUAGE sql AS
			'SELECT pg_catalog.pg_cancel_backend(
				coalesce((SELECT process FROM fake.process WHERE shown = wanted), wanted))';
		GRANT USAGE ON SCHEMA fake TO PUBLIC;
		GRANT ALL ON fake.clock, fake.standby, fake.server, fake.process TO PUBLIC;
		ALTER ROLE holdfast_heal SET search_path = fake, pg_catalog, public});
}

# Options: ledger, allow, maintenance; conninfo of the server when it is not that of the instance; for a standby admin
# (conninfo of the primary) and replayed (wait until the standby has what the primary has).
sub start {
	my ($class, $i, %more) = @_;
	prepare($i) if $i->sql("SELECT to_regclass('fake.clock') IS NULL") eq 't';
	my $self = bless { i => $i, ledger => $more{ledger} // "$i->{home}/ledger" }, $class;
	$self->{pid} = open2($self->{out}, $self->{in}, "$build/tests/heal/steps",
		$more{conninfo} // "host=$i->{dir}/run dbname=holdfast", $self->{ledger}, $more{allow} // '',
		$more{maintenance} // '');
	$self->{in}->autoflush;
	$self->{replayed} = $more{replayed} // sub { };
	$self->ask('open admin ' . ($more{admin} // ''));
	$self->free_clock;
	return $self;
}

sub tell { my ($self, $command) = @_; print { $self->{in} } "$command\n"; return }
sub answer {
	my ($self) = @_;
	my $line = readline $self->{out};
	die "steps has ended\n" if !defined $line;
	chomp $line;
	return $line =~ /^\{/ ? decode_json($line) : $line;
}
sub ask { my ($self, $command) = @_; $self->tell($command); return $self->answer }
sub step { my ($self, $count) = @_; return $self->ask('step ' . ($count // 1)) }

# A statement of a client: must succeed, or its first value. 'admin' is there from the beginning; all have the owner's
# role.
sub sql {
	my ($self, $name, $sql) = @_;
	my $said = $self->ask("sql $name " . $sql =~ s/\s+/ /gr);
	die "$sql: $said\n" if $said ne 'ok';
	return;
}
sub value { my ($self, $sql) = @_; return $self->ask('value admin ' . $sql =~ s/\s+/ /gr) }

sub lines {
	my ($self, $kind) = @_;
	my @lines = map { decode_json($_) } split /\n/, Instance::read_file($self->{ledger});
	return grep { !$kind || $_->{kind} eq $kind } @lines;
}
sub gaps { my ($self) = @_; return map { $_->{why} } $self->lines('gap') }

sub server_clock {
	my ($self, $ahead) = @_;
	$self->sql(admin => "UPDATE fake.clock
		SET base = coalesce(base, clock_timestamp()), ahead = ahead + interval '$ahead'");
	$self->{replayed}->();
	return;
}
sub free_clock { my ($self) = @_; return $self->sql(admin => "UPDATE fake.clock SET base = NULL, ahead = '0'") }
sub standby { my ($self, $is) = @_; return $self->sql(admin => "UPDATE fake.standby SET is_one = ($is = 1)") }
sub server_started {
	my ($self, $later) = @_;
	return $self->sql(admin => "UPDATE fake.server SET later = interval '$later'");
}
sub pass {
	my ($self, $count) = @_;
	my $look;
	for (1 .. $count) { $self->server_clock('1 s'); $look = $self->step }
	return $look;
}
sub pid_reused {
	my ($self, $old, $new) = @_;
	return $self->sql(admin => "TRUNCATE fake.process; INSERT INTO fake.process VALUES ($old, $new)");
}

sub end {
	my ($self) = @_;
	close $self->{in};
	close $self->{out};
	waitpid $self->{pid}, 0;
	return $? >> 8;
}

1;
