# An instance of its own for a test: made, run, looked at, removed.
#
#   my $i = Instance->make(settings => { 'web.processes' => 2 }, user => 'nobody');
#   $i->up;
#   my ($code, $text) = $i->run('import', $file);      # exit code and output of a command
#   my $answer = $i->get('/v1/regions');               # as HTTP::Tiny has it
#   my $n = $i->sql('SELECT count(*) FROM business');  # as the superuser
#   my %p = $i->processes;                             # pid => name, every process of the instance
#   is_deeply([ $i->left ], [], '...');                # after down: processes, files, port, shared memory
#
# Its folder is $i->{dir}; $i->{home} is around it, for files of the test. It listens on $i->{address}, which is
# $i->{host} and $i->{port}. The programs are in $i->{bin}, so that a test can exchange them and any user can
# reach them; they are links, so that none may be written to. Everything is stopped and removed at the end.
#
# Under tools/run-tests the program's own 'init' runs once for each system user; the instances are copies of what it
# made. A test file that needs more than an empty directory names its preparation, which is run once, too:
# make(prepared => [ 'directory' => sub { my ($i) = @_; $i->up; $i->sql(...) } ]). fsync is off then: tests kill
# processes, never the machine.
package Instance;
use strict;
use warnings;
use Address;
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::XS;
use Session;
use Template;
use Tree;
use Wait;

# Limits of time that a busy machine must not reach. A test that is about one of them sets it.
our %generous = map { $_ => '600s' } qw(http.header_timeout http.body_timeout http.idle_timeout http.write_timeout
	db.timeout cache.wait cache.lease web.hang_timeout);

my @made;
my %sessions; # by process, folder and database: an instance may be copied, and a process forked
END {
	my $code = $?;
	$_->end for grep { $_->{owner} == $$ } @made;
	$? = $code;
}

sub make {
	my ($class, %more) = @_;
	my $home = tempdir('instance.XXXXXX', DIR => $ENV{TMPDIR} // '/tmp');
	my $self = bless {
		owner => $$, home => $home, dir => "$home/i", bin => "$home/bin", host => own_address(), port => free_port(),
		user => $more{user}
	}, $class;
	$self->{address} = "$self->{host}:$self->{port}";
	push @made, $self;
	chmod 0755, $home; # other users go through
	from_template('programs', $self->{bin}, sub {
		mkdir $self->{bin} or die "$self->{bin}: $!";
		my @programs = glob "$build/holdfast $build/holdfastd $build/holdfast-*";
		system('cp', @programs, $self->{bin}) == 0 or die "no programs in $build\n";
	}, '-al');
	system('chown', $more{user}, $home, $self->{bin}) if $more{user};
	my ($name, $prepare) = @{ $more{prepared} // [] };
	my $template = join '.', $name // 'empty', $self->{user} // $>;
	$self->write_conf($self->slurp('holdfast.conf') =~ s/^web\.listen = \K.*/$self->{address}/mr)
		if from_template($template, $self->{dir}, sub { $self->prepare($prepare) });
	$self->set(%{ $more{settings} // {} });
	return $self;
}

sub prepare {
	my ($self, $prepare) = @_;
	$self->run_ok('init', $self->{dir}, '--listen', $self->{address});
	if ($ENV{HOLDFAST_TEST_TEMPLATES}) {
		open my $out, '>>', "$self->{dir}/data/postgresql.auto.conf" or die "postgresql.auto.conf: $!";
		print $out map {"$_\n"} 'fsync = off', 'full_page_writes = off', 'shared_buffers = 128MB',
			'min_wal_size = 32MB', 'wal_recycle = off'; # or every copy has the WAL of the preparation
		close $out;
	}
	return unless $prepare;
	$self->set('web.processes' => 1);
	$prepare->($self);
	$self->run_ok('down', '--wait', 600);
	unlink glob "$self->{dir}/log/*";
	$self->write_conf($self->{conf});
}

# What init wrote, with these settings instead of those of the last call. Pages are in English unless site.lang is
# given.
sub set {
	my ($self, %more) = @_;
	my %settings = (%generous, 'site.lang' => 'en', %more);
	$self->{conf} //= $self->slurp('holdfast.conf');
	$self->write_conf(join '', (grep { !/^([\w.]+) =/ || !exists $settings{$1} } split /^/, $self->{conf}),
		map { "$_ = $settings{$_}\n" } sort keys %settings);
}

sub write_conf {
	my ($self, $text) = @_;
	open my $out, '>', "$self->{dir}/holdfast.conf" or die "holdfast.conf: $!";
	print $out $text;
	close $out;
}

sub slurp { my ($self, $name) = @_; return read_file("$self->{dir}/$name") }
sub log { my ($self) = @_; return $self->slurp('log/holdfast.log') }

# The content of a file, or nothing: files of /proc go away at any time.
sub read_file { my ($path) = @_; open my $in, '<', $path or return ''; local $/; return <$in> // '' }

# ---- commands ----

sub command {
	my ($self, @args) = @_;
	$self->end_sessions;
	my @as = $self->{user} ? ('runuser', '-u', $self->{user}, '--') : ();
	return (@as, "$self->{bin}/holdfast", '-C', $self->{dir}, @args);
}

# A command of the program, as the instance's user: (exit code, standard output and error).
sub run {
	my ($self, @args) = @_;
	my $pid = open my $out, '-|' // die "fork: $!";
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		chdir '/';
		exec $self->command(@args) or print "exec: $!";
		require POSIX;
		POSIX::_exit(127);
	}
	local $/;
	my $text = <$out> // '';
	close $out;
	return ($? & 127 ? 128 + ($? & 127) : $? >> 8, $text);
}

# The output of a command that must succeed.
sub run_ok {
	my ($self, @args) = @_;
	my ($code, $text) = $self->run(@args);
	die "holdfast @args: exit code $code\n$text" . $self->log if $code;
	return $text;
}

sub up {
	my ($self) = @_;
	$self->run_ok('up', '--detach');
	$self->remember;
}

# Some generated businesses; always the same for a number and seed.
sub fill {
	my ($self, $count, $seed) = @_;
	my $file = "$self->{home}/records.ndjson";
	system("'$self->{bin}/holdfast' generate $count --seed $seed >'$file' 2>/dev/null") == 0 or die 'generate failed';
	chmod 0644, $file;
	$self->run_ok('import', '--source', 'some', $file);
	unlink $file;
}

# The samples of the tree, all of them or those named.
sub import_samples {
	my ($self, @names) = @_;
	my @files = @names ? map { "$root/samples/$_" } @names : glob "$root/samples/*.{json,csv,geojson,ndjson}";
	my @source = ('--source', 'samples', '--source-name', 'Samples of the test', '--licence', 'CC0-1.0');
	$self->run_ok('import', @source, $_) for @files;
}

sub until {
	my ($self, $event, $code) = @_;
	return wait_until($event, $code, sub {
		my %p = $self->processes;
		return join("\n", map { "process $_ $p{$_}" } sort keys %p) . "\n" . $self->log;
	});
}

# ---- what runs ----

# What 'status' says: name => row; empty when it says nothing.
sub status {
	my ($self) = @_;
	my ($code, $text) = $self->run('--json', 'status');
	return $code ? () : map { $_->{name} => $_ } @{ decode_json($text)->{processes} };
}

# Until everything runs; after a reload, until no process of before it is left that could still answer.
sub until_running {
	my ($self) = @_;
	return $self->until('everything runs', sub {
		my %s = $self->status;
		return %s && !grep { $_->{state} ne 'running' || $_->{replacing} } values %s;
	});
}

# Stop processes as SIGSTOP does. The signal is sent at once, but one that runs on another processor goes on until it
# notices; afterwards none of them does.
sub freeze {
	my ($self, @pids) = @_;
	kill STOP => @pids;
	$self->until('the processes are stopped', sub {
		!grep { read_file("/proc/$_/stat") !~ /^\d+ \(.*\) [TZ]/s } grep { kill 0 => $_ } @pids;
	});
}

# Every process that belongs to the instance, however it came about: pid => name. The supervisor has the folder
# in its arguments, web processes in their environment, PostgreSQL's work in it.
sub processes {
	my ($self) = @_;
	$self->end_sessions;
	my %found;
	for my $proc (glob '/proc/[0-9]*') {
		my ($pid) = $proc =~ /(\d+)$/;
		next if $pid == $$;
		my ($name, $state) = read_file("$proc/stat") =~ /^\d+ \((.*)\) (\S)/s or next;
		next if $state eq 'Z';
		$found{$pid} = $name
			if (readlink("$proc/cwd") // '') =~ m{^\Q$self->{dir}\E/}
			|| $name eq 'holdfastd' && read_file("$proc/cmdline") =~ /\0\Q$self->{dir}\E\0/
			|| read_file("$proc/environ") =~ /HOLDFAST_INSTANCE=\Q$self->{dir}\E\0/;
	}
	return %found;
}

sub supervisor { my ($self) = @_; my ($pid) = $self->slurp('run/lock') =~ /^(\d+)/; return $pid }

# The ids of the database's shared memory, so that a test can check that it was removed.
sub remember {
	my ($self) = @_;
	my @lines = split /\n/, $self->slurp('data/postmaster.pid');
	$self->{shared}{$1} = 1 if ($lines[6] // '') =~ /\d+\s+(\d+)/;
}

sub listens {
	my ($self) = @_;
	return !!IO::Socket::INET->new(PeerAddr => $self->{host}, PeerPort => $self->{port});
}

# What there is of the instance now.
sub present {
	my ($self) = @_;
	my %p = $self->processes;
	my @present = map { "process $_ $p{$_}" } sort keys %p;
	push @present, grep { -e } map { "$self->{dir}/$_" } qw(run data/postmaster.pid);
	push @present, "port $self->{port}" if $self->listens;
	my %segments = map { $_ => 1 } map { (split)[1] } grep { /^0x/ } `ipcs -m`;
	push @present, map { "shared memory $_" } grep { $segments{$_} } sort keys %{ $self->{shared} };
	return @present;
}

# What is left of a run that should have left nothing. A process that was killed may have released everything and
# still be on its way out of the kernel, which on a busy machine takes its time.
sub left {
	my ($self) = @_;
	eval { wait_until('no process is left', sub { my %p = $self->processes; !%p }) };
	return $self->present;
}

# ---- what it serves and holds ----

sub url { my ($self, $path) = @_; return "http://$self->{host}:$self->{port}" . ($path // '') }

sub get {
	my ($self, $path, @options) = @_; # those of HTTP::Tiny
	return HTTP::Tiny->new(timeout => seconds_left(), keep_alive => 0)->get($self->url($path), @options);
}

sub psql {
	my ($self, @more) = @_;
	return ('psql', qw(-XAtq -v ON_ERROR_STOP=1 -U postgres -d holdfast -h), "$self->{dir}/run", @more);
}

# What psql prints, without the last line break. Dies when a statement fails.
sub sql { my ($self, $sql) = @_; return $self->sql_in('holdfast', $sql) }

# The same in a database of the instance. Questions share a session, which ends before the next command and before
# anybody looks at the instance's processes; other statements have one of their own.
sub sql_in {
	my ($self, $database, $sql) = @_;
	my $log = "$self->{home}/psql.$$.log"; # notices are no output
	my $text;
	if (Session::is_question($sql)) {
		my $sessions = $sessions{$$}{ $self->{dir} } //= {};
		$text = $sessions->{$database}->ask($sql) if $sessions->{$database};
		if (!defined $text) { # the first question, or the server has ended the session
			$sessions->{$database}->close if $sessions->{$database};
			$sessions->{$database} = Session->start([ $self->psql('-d', $database) ], $log = "$log.$database");
			$text = $sessions->{$database}->ask($sql);
		}
		$self->end_sessions if !defined $text;
	} else {
		my $file = "$self->{home}/statement.$$.sql"; # a file may have \gdesc and the like, -c may not
		open my $in, '>', $file or die "$file: $!";
		print $in $sql;
		close $in;
		my $pid = open my $out, '-|' // die "fork: $!";
		if (!$pid) {
			open STDERR, '>', $log;
			exec $self->psql('-d', $database, '-f', $file) or print STDERR "psql: $!";
			require POSIX;
			POSIX::_exit(127);
		}
		local $/;
		$text = <$out>;
		close $out or undef $text;
	}
	die read_file($log) . "$sql\n" if !defined $text;
	return $text =~ s/\n\z//r;
}

sub end_sessions {
	my ($self) = @_;
	$_->close for values %{ delete $sessions{$$}{ $self->{dir} } // {} };
}

# The lines of it, and these split into columns.
sub column { my ($self, $sql) = @_; return split /\n/, $self->sql($sql) }
sub rows { my ($self, $sql) = @_; return map { [ split /\|/, $_, -1 ] } $self->column($sql) }

# A transaction that locks tables, so that their readers wait until release().
sub hold {
	my ($self, @tables) = @_;
	open my $in, '|-', $self->psql(qw(-o /dev/null)) or die "psql: $!";
	$in->autoflush;
	print $in "BEGIN; LOCK TABLE @{[ join ', ', @tables ]} IN ACCESS EXCLUSIVE MODE;\n";
	my $names = join ', ', map { "'$_'::regclass" } @tables;
	$self->until('the tables are held', sub {
		$self->sql("SELECT count(*) FROM pg_locks WHERE relation IN ($names) AND mode = 'AccessExclusiveLock'
			AND granted") == @tables;
	});
	return $in;
}
sub release { my ($in) = @_; print $in "COMMIT;\n\\q\n"; close $in }

# Statements of the web role may then take as long as a busy machine, or a test that holds a table, needs. Holds for
# new sessions.
sub no_statement_timeouts {
	my ($self) = @_;
	$self->sql("ALTER ROLE holdfast_web SET $_ = '600s'") for qw(statement_timeout lock_timeout);
}

# Statements of the web role over `business` or its details: how many were finished when none of them ran, and the
# sessions of those that run. A client may have its answer before the server has counted the statement.
sub fills_finished {
	my ($self) = @_;
	$self->until('no fill runs', sub { !$self->fills_running });
	return $self->sql(q{SELECT coalesce(sum(s.calls), 0) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid
		WHERE r.rolname = 'holdfast_web' AND s.query ~ 'FROM business'});
}
sub fill_sessions {
	my ($self) = @_;
	return $self->column(q{SELECT pid FROM pg_stat_activity
		WHERE usename = 'holdfast_web' AND state = 'active' AND query ~ 'FROM business'});
}
sub fills_running { my ($self) = @_; return scalar(my @sessions = $self->fill_sessions) }

# The id of a business as URLs have it.
sub id_text {
	my ($id) = @_;
	my @digits = split //, '0123456789abcdefghjkmnpqrstvwxyz';
	return join '', map { $digits[ $id >> 5 * (12 - $_) & 31 ] } 0 .. 12;
}

sub end {
	my ($self) = @_;
	return if $self->{ended}++;
	$self->run('down', '--wait', 20) if -e "$self->{dir}/holdfast.conf";
	my %p = $self->processes;
	kill KILL => keys %p;
	system 'rm', '-rf', $self->{home};
}

1;
