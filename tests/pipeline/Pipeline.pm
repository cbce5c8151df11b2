# An instance with some businesses, an API that its stage "http" asks, and a PgBouncer with few server connections in
# between, for tests and replays of the pipeline.
#
#   my $p = Pipeline->make(businesses => 1000, pool => 2, one_pool => 1, settings => {...}, api => { ms => [2, 5], poison => 3 });
#   $p->enrich('--stage', 'http');                  # (exit code, output), straight to the database
#   my $pid = $p->start_worker(4);                  # 'holdfast worker --containers 4' through PgBouncer
#   $p->sql('SELECT ...');
#
# The API answers {"ok": 1, "id": "..."} after a time within `ms`. Of the first `poison` businesses it never answers: it
# writes "poison PORT" for each, the port of the fetcher's socket, so that a test can kill who asked.
package Pipeline;
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../faults";
use File::Basename qw(dirname);
use Instance;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(time);

my $here = dirname(__FILE__);

sub make {
	my ($class, %more) = @_;
	my $self = bless { children => [], one_pool => $more{one_pool} }, $class;
	$self->{port} = Instance::free_port();
	$self->{i} = Instance->make(settings => {
		'web.processes' => 1, 'cache.search_ttl' => '0s', 'pipeline.heartbeat' => '200ms', 'pipeline.timeout' => '1s', 'pipeline.flush' => '100ms', 'pipeline.allow' => '127.0.0.0/8',
		'pipeline.ports' => $self->{port}, 'pipeline.http_url' => "http://127.0.0.1:$self->{port}/item?id={id}&city={city}", 'pipeline.http_facts' => 'answer=/ok id=/id',
		%{ $more{settings} // {} } });
	my $i = $self->{i};
	my $node = open($self->{api_out}, '-|') // die;
	if (!$node) {
		my $api = $more{api} // {};
		exec 'node', "$here/api.mjs", $self->{port}, @{ $api->{ms} // [1, 3] }, $api->{fail} // 0;
	}
	push @{ $self->{children} }, $node;
	readline($self->{api_out}) // die 'the API did not start';
	$i->up;
	my $file = "$i->{home}/records.ndjson";
	system("$i->{bin}/holdfast generate $more{businesses} --seed 7 >$file 2>/dev/null") == 0 or die;
	chmod 0644, $file;
	my ($code, $text) = $i->run('import', '--source', 'some', $file);
	die $text if $code;
	$self->pooler($more{pool}) if $more{pool};
	return $self;
}

# PgBouncer in transaction mode; it is the system user that the database knows as the worker's role.
sub pooler {
	my ($self, $pool) = @_;
	my $i = $self->{i};
	my $dir = $self->{pooler} = "$i->{home}/pooler";
	if (!-d $dir) {
		mkdir $dir or die;
		open my $ini, '>', "$dir/ini" or die;
		print $ini "[databases]\nholdfast = host=$i->{dir}/run port=5432\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = $dir\nlisten_port = 5432\nauth_type = trust\nauth_file = $dir/users\n"
		    . "pool_mode = transaction\ndefault_pool_size = $pool\nmax_client_conn = 500\nserver_reset_query =\nlogfile = $dir/log\npidfile = $dir/pid\nadmin_users = holdfast_worker\n"
		    . "server_login_retry = 1\nquery_wait_timeout = 30\nmax_db_connections = $pool\n";
		open my $users, '>', "$dir/users" or die;
		print $users qq("holdfast_worker" ""\n"holdfast_web" ""\n"postgres" ""\n);
		close $_ for $ini, $users;
		system('chown', '-R', 'holdfast-worker', $dir) == 0 or die unless $>;
		# One pooler for all programs, as operators have it: its system user may be the web's role too. With one_pool they
		# have one role at the server, and so one pool: incident 8 was that all shared their few connections.
		if ($self->{one_pool}) {
			$self->sql('CREATE ROLE holdfast_all LOGIN INHERIT IN ROLE holdfast_web, holdfast_worker');
			system('sed', '-i', 's/^holdfast = .*/& user=holdfast_all/', "$dir/ini") == 0 or die;
		}
		my ($system) = $> ? scalar getpwuid $> : 'holdfast-worker';
		open my $ident, '>>', "$i->{dir}/data/pg_ident.conf" or die;
		print $ident map { "holdfast $system $_\n" } ($> ? () : 'holdfast_web'), $self->{one_pool} ? 'holdfast_all' : ();
		close $ident;
		$self->sql('SELECT pg_reload_conf()');
	}
	my $pid = fork // die;
	if (!$pid) {
		open STDOUT, '>>', "$i->{home}/pooler.out";
		open STDERR, '>&', \*STDOUT;
		exec +($> ? () : ('setpriv', '--reuid', 'holdfast-worker', '--regid', 'holdfast-worker', '--clear-groups')), '/usr/sbin/pgbouncer', '-q', "$dir/ini";
		die "pgbouncer: $!";
	}
	push @{ $self->{children} }, $pid;
	$self->{pooler_pid} = $pid;
	$i->until('PgBouncer listens', sub { -S "$dir/.s.PGSQL.5432" && system("psql -XAtq -h $dir -U holdfast_worker -d pgbouncer -c 'SHOW VERSION' >/dev/null 2>&1") == 0 });
}
sub restart_pooler { my ($self, $pool) = @_; kill KILL => $self->{pooler_pid}; waitpid $self->{pooler_pid}, 0; unlink "$self->{pooler}/pid", "$self->{pooler}/.s.PGSQL.5432"; $self->pooler($pool) }
# A row of SHOW POOLS for a role, as name => value.
sub pools {
	my ($self, $role) = @_;
	my @lines = split /\n/, `psql -XA -F '|' -h $self->{pooler} -U holdfast_worker -d pgbouncer -c 'SHOW POOLS'`;
	my @names = split /\|/, $lines[0] // '';
	my ($row) = grep { /^holdfast\|$role\|/ } @lines;
	my %pool;
	@pool{@names} = split /\|/, $row // '';
	return %pool;
}

sub conninfo { my ($self) = @_; my $host = $self->{pooler} // "$self->{i}{dir}/run"; return "host=$host user=holdfast_worker dbname=holdfast" }
sub enrich { my ($self, @more) = @_; return $self->{i}->run('enrich', @more) }
sub start_worker {
	my ($self, $containers) = @_;
	my $i = $self->{i};
	my $pid = fork // die;
	if (!$pid) {
		open STDOUT, '>>', "$i->{home}/worker.log";
		open STDERR, '>&', \*STDOUT;
		exec "$i->{bin}/holdfast", '-C', $i->{dir}, 'worker', '--containers', $containers, '--db', $self->conninfo;
		die "exec: $!";
	}
	push @{ $self->{children} }, $pid;
	return $pid;
}
sub stop { my ($self, $pid) = @_; kill TERM => $pid; waitpid $pid, 0; @{ $self->{children} } = grep { $_ != $pid } @{ $self->{children} }; return $? }
sub log { my ($self) = @_; open my $in, '<', "$self->{i}{home}/worker.log" or return ''; local $/; return <$in> // '' }

# Workers and fetchers that descend from a process: (worker pids), (fetch pids).
sub pairs {
	my ($self, $parent) = @_;
	my %found = ('holdfast-worker' => [], 'holdfast-fetch' => []);
	for my $stat (glob '/proc/[0-9]*/stat') {
		my ($pid, $name, $state, $ppid) = (Instance::read_proc($stat) =~ /^(\d+) \((.*?)\) (\S) (\d+)/) or next;
		push @{ $found{$name} }, $pid if $ppid == $parent && $found{$name} && $state ne 'Z';
	}
	return @found{qw(holdfast-worker holdfast-fetch)};
}
# Which process has the local end of a connection to our API.
sub owner_of_port {
	my ($self, $port) = @_;
	my ($inode) = map { (split)[9] } grep { (split)[1] eq sprintf '0100007F:%04X', $port } split /\n/, Instance::read_proc('/proc/net/tcp');
	return unless $inode;
	for my $fd (glob '/proc/[0-9]*/fd/*') {
		return $fd =~ /(\d+)/ ? $1 : undef if (readlink($fd) // '') eq "socket:[$inode]";
	}
	return;
}

sub sql { my ($self, $sql) = @_; open my $p, '-|', 'sh', '-c', 'exec psql -XAtq -h "$0" -U postgres -d holdfast -c "$1" 2>>"$2"', "$self->{i}{dir}/run", $sql, "$self->{i}{home}/psql.log" or die; my $text = do { local $/; <$p> } // ''; chomp $text; return $text }
sub column { my ($self, $sql) = @_; return split /\n/, $self->sql($sql) }
# The id as URLs have it.
sub id_text { my ($id) = @_; my @digits = split //, '0123456789abcdefghjkmnpqrstvwxyz'; return join '', map { $digits[$id >> 5 * (12 - $_) & 31] } 0 .. 12 }
# From now on the API does not answer for these businesses.
sub poison { my ($self, @ids) = @_; my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}) or die; print $s "GET /poison?ids=" . join(',', map { id_text($_) } @ids) . " HTTP/1.0\r\n\r\n"; my @answer = <$s> }

sub DESTROY { my ($self) = @_; my $code = $?; for (@{ $self->{children} }) { kill TERM => $_ } for (reverse @{ $self->{children} }) { my $end = time + 5; while (waitpid($_, 1) == 0) { if (time > $end) { kill KILL => $_; waitpid $_, 0; last } select undef, undef, undef, 0.01 } } close $self->{api_out} if $self->{api_out}; $? = $code }

1;
