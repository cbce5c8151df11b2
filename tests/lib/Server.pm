# A PostgreSQL that is not Holdfast's: passwords, databases and roles of others.
#
#   my $s = Server->start;                            # or start(settings => ['log_statement=all'], initdb => '-E UTF8')
#   my $old = Server->start(bin => DIR);              # another version's programs
#   my $far = Server->start(address => 'HOST:PORT');  # as over a network: its URLs are of TCP
#   my $copy = $s->standby;                           # that follows it, until $copy->promote
#   my $other = Server->start(own_pids => 1);         # numbers of processes are its own; dies where that is not allowed
#   $other->next_pid(4711);                           # the next process that it starts probably gets this number
#   $s->sql('CREATE DATABASE shop');                  # as the superuser
#   $s->url('shop', 'somebody', 'secret')             # postgresql://somebody:secret@...
#   $s->everything                                    # roles, passwords, databases, rights, tables: to be compared
package Server;
use strict;
use warnings;
use Digest::MD5 qw(md5_hex);
use File::Temp qw(tempdir);
use IPC::Open3 qw(open3);
use Program;
use Template;
use Wait;

# Tests kill processes, never the machine; and what a statement finds may not depend on when autovacuum came.
my @cheap = qw(fsync=off full_page_writes=off autovacuum=off jit=off);

my @started;
END {
	my $code = $?;
	$_->stop for @started;
	$? = $code;
}

# Its folder, and as whom its programs run.
sub prepare {
	my ($class, %more) = @_;
	my $home = tempdir(($ENV{TMPDIR} // '/tmp') . '/server.XXXXXX', CLEANUP => 1);
	chmod 0755, $home;
	my @as = $> ? () : qw(runuser -u nobody --);
	chown((getpwnam 'nobody')[2, 3], $home) if @as;
	my $self = bless { home => $home, as => \@as, bin => $more{bin} // '/usr/lib/postgresql/15/bin',
		password => 'of the superuser' }, $class;
	push @started, $self;
	$self->own_pids if $more{own_pids};
	return $self;
}

# A namespace of process numbers, in which a process that sleeps is the first one.
sub own_pids {
	my ($self) = @_;
	my @user = $> ? qw(-U --map-root-user) : ();
	my $holder = Program->start('namespace', [ qw(unshare --kill-child -pf), @user, qw(sleep infinity) ],
		log => "$self->{home}/namespace");
	my $first = $holder->until('the namespace is there', sub {
		open my $in, '<', "/proc/$holder->{pid}/task/$holder->{pid}/children" or die "children: $!";
		return (readline($in) // '') =~ /^(\d+)/ ? $1 : 0;
	});
	$self->{enter} = [ qw(nsenter -p -t), $first, $> ? qw(-U --preserve-credentials) : () ];
	unshift @{ $self->{as} }, @{ $self->{enter} };
	push @{ $self->{as} }, qw(unshare -U --map-user=65534) if $>;
	return;
}

sub next_pid {
	my ($self, $pid) = @_;
	system(@{ $self->{enter} }, 'sh', '-c', 'echo "$1" >/proc/sys/kernel/ns_last_pid', 'sh', $pid - 1) == 0
		or die "ns_last_pid: $?";
	return;
}

sub start {
	my ($class, %more) = @_;
	my $self = $class->prepare(%more);
	my $home = $self->{home};
	$self->initdb($more{initdb} // '');
	@$self{qw(host port)} = split /:/, $more{address} // "$home:5432";
	$self->{listen} = $more{address} ? $self->{host} : '';
	if ($more{address}) {
		open my $hba, '>>', "$home/data/pg_hba.conf" or die "pg_hba.conf: $!";
		print $hba "host all all 127.0.0.0/8 scram-sha-256\n";
	}
	return $self->run(@{ $more{settings} // [] });
}

# The folder of data; made once for each version and options in a run of the tests.
sub initdb {
	my ($self, $options) = @_;
	my $home = $self->{home};
	from_template('server.' . md5_hex("$self->{bin} $options"), "$home/data", sub {
		open my $out, '>', "$home/password" or die $!;
		print $out "$self->{password}\n";
		close $out;
		chmod 0644, "$home/password";
		my $how = "-A scram-sha-256 -U admin --pwfile=$home/password --no-sync $options";
		$self->command("$self->{bin}/initdb -D $home/data $how");
	});
	return;
}

sub run {
	my ($self, @settings) = @_;
	my $home = $self->{home};
	@settings = (@cheap, @settings);
	$self->command("$self->{bin}/pg_ctl -D $home/data -l $home/log -w -o \"-c listen_addresses='$self->{listen}'"
			. " -p $self->{port} -k $home" . join('', map {" -c $_"} @settings) . '" start');
	return $self;
}

# A server that follows this one by streaming replication.
sub standby {
	my ($self, %more) = @_;
	my $copy = ref($self)->prepare(bin => $self->{bin}, %more);
	@$copy{qw(host port listen)} = ($copy->{home}, 5432, '');
	$copy->command("$self->{bin}/pg_basebackup -R -X stream -c fast -D $copy->{home}/data -d '"
			. $self->url('postgres') =~ s{/postgres\?}{/?}r . "'");
	$copy->run;
	$copy->{follows} = $self;
	return $copy;
}

# Until the standby has all that the server it follows has now.
sub replayed {
	my ($self) = @_;
	my $lsn = $self->{follows}->sql('SELECT pg_current_wal_lsn()');
	wait_until('the standby has replayed', sub { $self->sql("SELECT pg_last_wal_replay_lsn() >= '$lsn'") eq 't' });
	return;
}
sub promote {
	my ($self) = @_;
	$self->command("$self->{bin}/pg_ctl -D $self->{home}/data -w promote");
	return;
}

sub restart {
	my ($self) = @_;
	$self->command("$self->{bin}/pg_ctl -D $self->{home}/data -l $self->{home}/log -m fast -w restart");
	return;
}

sub stop {
	my ($self) = @_;
	return if $self->{stopped}++;
	my $stop = "$self->{bin}/pg_ctl -D $self->{home}/data -m immediate stop";
	system { 'sh' } 'sh', '-c', "cd / && @{$self->{as}} $stop >/dev/null 2>&1";
}

sub command {
	my ($self, $command) = @_;
	my $said = `cd / && @{$self->{as}} $command 2>&1 </dev/null`;
	die "$command: $said" if $?;
}

# (exit code, output) of SQL.
sub try {
	my ($self, $sql, @as) = @_;
	return $self->psql([ '-c', $sql ], @as);
}
# (exit code, output) of psql with these arguments, and with this standard input.
sub psql {
	my ($self, $arguments, $database, $user, $password, $input) = @_;
	local $ENV{PGPASSWORD} = $password // $self->{password};
	my @to = ('-h', $self->{host}, '-p', $self->{port}, '-U', $user // 'admin', '-d', $database // 'postgres');
	my $pid = open3(my $in, my $out, undef, qw(psql -XAtq -v ON_ERROR_STOP=1), @to, @$arguments);
	print $in $input // '';
	close $in;
	my $text = do { local $/; <$out> } // '';
	waitpid $pid, 0;
	return ($? >> 8, $text =~ s/\n\z//r);
}
sub sql {
	my ($self, @args) = @_;
	my ($code, $text) = $self->try(@args);
	die "$args[0]: $text" if $code;
	return $text;
}

sub url {
	my ($self, $database, $user, $password) = @_;
	$_ = s/([^A-Za-z0-9_-])/sprintf '%%%02X', ord $1/ger
		for $database, $user //= 'admin', $password //= $self->{password};
	return "postgresql://$user:$password\@/$database?host=$self->{home}" if $self->{host} eq $self->{home};
	return "postgresql://$user:$password\@$self->{host}:$self->{port}/$database";
}

# What a command that must touch nothing must not touch, one line a thing. One psql for all databases: it costs more to
# start than what it asks.
sub everything {
	my ($self, @databases) = @_;
	my $roles = q{
		SELECT 'role', rolname, rolpassword, rolsuper::text, rolcanlogin::text,
			(SELECT string_agg(s.setconfig::text, ' ') FROM pg_db_role_setting s WHERE s.setrole = a.oid)
			FROM pg_authid a WHERE rolname !~ '^pg_'
		UNION ALL SELECT 'member', roleid::regrole::text, member::regrole::text, '', '', '' FROM pg_auth_members
		UNION ALL SELECT 'database', datname, datdba::regrole::text,
			(SELECT string_agg(a::text, ' ' ORDER BY a::text)
				FROM unnest(coalesce(datacl, acldefault('d', datdba))) a), '', ''
			FROM pg_database ORDER BY 1, 2, 3;};
	my $inside = q{
		SELECT current_database() || ': schema', nspname, nspowner::regrole::text, nspacl::text
			FROM pg_namespace WHERE nspname !~ '^pg_t'
		UNION ALL SELECT current_database() || ': relation', relname, relowner::regrole::text, relacl::text
			FROM pg_class WHERE relnamespace >= 16384 OR relnamespace = 'public'::regnamespace
		UNION ALL SELECT current_database() || ': extension', extname, '', '' FROM pg_extension ORDER BY 1, 2;};
	my $script = join "\n", $roles, map { qq{\\connect "$_"\n$inside} } @databases;
	my ($code, $text) = $self->psql([ '-f', '-' ], undef, undef, undef, "$script\n");
	die "everything: $text" if $code;
	return [ split /\n/, $text ];
}

1;
