# An instance with some businesses, an API that its stage "http" asks, and where wanted a PgBouncer with few server
# connections in between.
#
#   my $p = Pipeline->make(businesses => 1000, pool => 2, api => { ms => [2, 5] }, settings => {...});
#   my ($code, $text) = $p->enrich('--stage', 'http');     # straight to the database
#   my $worker = $p->start_worker(4);                      # 'holdfast worker --containers 4', through PgBouncer
#   $p->sql('SELECT ...');
#
# The API answers {"ok": 1, "id": "..."} after a time within `ms`; every `fail`-th answer is a 500. For businesses given
# to poison() it never answers: it writes "poison PORT", the port of the fetcher's socket, so that a test can kill the
# process that asked.
#
# With one_pool all programs have one role at the server, and so share one pool of PgBouncer.
package Pipeline;
use strict;
use warnings;
use Address;
use File::Basename qw(dirname);
use HTTP::Tiny;
use Instance;
use POSIX ();
use Pooler;
use Program;
use Wait;

my $here = dirname(__FILE__);

sub make {
	my ($class, %more) = @_;
	my $host = own_address();
	my $port = free_port();
	my $self = bless { host => $host, port => $port, api_url => "http://$host:$port" }, $class;
	my $i = $self->{i} = Instance->make(settings => {
		'web.processes' => 1,
		'cache.search_ttl' => '0s',
		'pipeline.heartbeat' => '200ms',
		'pipeline.timeout' => '5s',
		'pipeline.flush' => '100ms',
		'pipeline.allow' => '127.0.0.0/8',
		'pipeline.ports' => $port,
		'pipeline.http_url' => "$self->{api_url}/item?id={id}&city={city}",
		'pipeline.http_facts' => 'answer=/ok id=/id',
		%{ $more{settings} // {} },
	});
	my $api = $more{api} // {};
	my @command = ('node', "$here/api.mjs", $host, $port, @{ $api->{ms} // [ 1, 3 ] }, $api->{fail} // 0);
	$self->{api} = Program->start('the API', \@command, log => "$i->{home}/api.log",
		ready => sub { Instance::read_file("$i->{home}/api.log") =~ /^listening$/m });
	open $self->{api_out}, '<', "$i->{home}/api.log" or die "api.log: $!";
	$i->up;
	$i->fill($more{businesses}, 7);
	$self->start_pooler($more{pool}, $more{one_pool}) if $more{pool};
	return $self;
}

sub start_pooler {
	my ($self, $pool, $one_pool) = @_;
	my $i = $self->{i};
	$self->sql('CREATE ROLE holdfast_all LOGIN INHERIT IN ROLE holdfast_web, holdfast_worker') if $one_pool;
	# The database knows the system user that PgBouncer runs as by more roles than its own.
	my $system = $> ? getpwuid $> : 'holdfast-worker';
	open my $ident, '>>', "$i->{dir}/data/pg_ident.conf" or die "pg_ident.conf: $!";
	print $ident map { "holdfast $system $_\n" } ($> ? () : 'holdfast_web'), $one_pool ? 'holdfast_all' : ();
	close $ident;
	$self->sql('SELECT pg_reload_conf()');
	$self->{pooler} = Pooler->start($i, pool => $pool, as => 'holdfast-worker', query_wait => 30,
		logins => [qw(holdfast_web postgres)], $one_pool ? (login => 'holdfast_all') : ());
}

sub sql { my ($self, $sql) = @_; return $self->{i}->sql($sql) }
sub column { my ($self, $sql) = @_; return $self->{i}->column($sql) }
sub until { my ($self, $event, $code) = @_; return $self->{i}->until($event, $code) }

sub conninfo {
	my ($self, $role) = @_;
	my $host = $self->{pooler} ? $self->{pooler}{dir} : "$self->{i}{dir}/run";
	return "host=$host user=" . ($role // 'holdfast_worker') . ' dbname=holdfast';
}

sub enrich { my ($self, @more) = @_; return $self->{i}->run('enrich', @more) }

# The id of a batch that is queued for workers.
sub queue {
	my ($self, @more) = @_;
	my $text = $self->{i}->run_ok('enrich', '--queue', @more);
	return $text =~ /^batch (\d+)/ ? $1 : die "no batch: $text";
}

sub finished {
	my ($self, $batch) = @_;
	return $self->sql("SELECT finished_at IS NOT NULL FROM pipeline_batch WHERE id = $batch") eq 't';
}

sub start_worker {
	my ($self, $containers) = @_;
	my @command = $self->{i}->command('worker', '--containers', $containers, '--db', $self->conninfo);
	return Program->start('the worker', \@command, log => "$self->{i}{home}/worker.log");
}
# The log of all workers.
sub log { my ($self) = @_; return Instance::read_file("$self->{i}{home}/worker.log") }

# Process ids of workers and fetchers that a process has started: ([...], [...]).
sub pairs {
	my ($self, $parent) = @_;
	my %found = ('holdfast-worker' => [], 'holdfast-fetch' => []);
	for my $stat (glob '/proc/[0-9]*/stat') {
		my ($pid, $name, $state, $ppid) = Instance::read_file($stat) =~ /^(\d+) \((.*?)\) (\S) (\d+)/ or next;
		push @{ $found{$name} }, $pid if $ppid == $parent->{pid} && $found{$name} && $state ne 'Z';
	}
	return @found{qw(holdfast-worker holdfast-fetch)};
}

# Which of the processes has the local end of a connection to our API.
sub owner_of_port {
	my ($self, $port, @pids) = @_;
	my $local = sprintf '0100007F:%04X', $port;
	my ($inode) = map { (split)[9] } grep { (split)[1] eq $local } split /\n/, Instance::read_file('/proc/net/tcp');
	return unless $inode;
	for my $pid (@pids) {
		return $pid if grep { (readlink // '') eq "socket:[$inode]" } glob "/proc/$pid/fd/*";
	}
	return;
}

# From now on, whichever process of the worker asks for a poisoned business dies of it, at once. Returns the process
# that sees to it, and a sub that says how many have died.
sub start_killer {
	my ($self, $worker) = @_;
	my $file = "$self->{i}{home}/killed";
	my $parent = $$;
	my $pid = fork // die "fork: $!";
	return ($pid, sub { scalar(() = Instance::read_file($file) =~ /\n/g) }) if $pid;
	open my $out, '>>', $file or POSIX::_exit(1);
	while (getppid == $parent) {
		for my $port ($self->poisoned_ports) {
			my (undef, $fetchers) = $self->pairs($worker);
			my $victim = $self->owner_of_port($port, @$fetchers) or next;
			kill KILL => $victim;
			syswrite $out, "$victim\n";
		}
		select undef, undef, undef, 0.005;
	}
	POSIX::_exit(0);
}

# ---- the API ----

sub ask_api {
	my ($self, $path) = @_;
	my $answer = HTTP::Tiny->new(timeout => seconds_left())->get("$self->{api_url}$path");
	return $answer->{success} ? $answer->{content} : die "the API: $answer->{status} $answer->{content}";
}

sub poison {
	my ($self, @ids) = @_;
	return $self->ask_api('/poison?ids=' . join ',', map { Instance::id_text($_) } @ids);
}

# Ports of sockets that asked for poisoned businesses since the last call.
sub poisoned_ports {
	my ($self) = @_;
	seek $self->{api_out}, 0, 1; # the file has grown
	return map { /^poison (\d+)$/ ? $1 : () } readline $self->{api_out};
}

1;
