# A PgBouncer in front of an instance's database, as operators have it: in transaction mode, or in that of `mode`. The
# folder of its socket is $pooler->{dir}.
#
#   my $pooler = Pooler->start($instance, pool => 2, as => 'holdfast-worker', logins => [qw(holdfast_web ...)]);
#   my %row = $pooler->pools('holdfast_web');      # of SHOW POOLS
#   $pooler->restart;                              # as an operator who kills it
#
# It does not run as root but as the system user `as`, which the database knows as the role of the same name. `login`
# is the role that it has at the server, whatever role its clients have; without it they keep their own.
package Pooler;
use strict;
use warnings;
use Program;

sub start {
	my ($class, $instance, %more) = @_;
	my $self = bless { instance => $instance, dir => "$instance->{home}/pooler", as => $more{as} }, $class;
	($self->{admin} = $more{as}) =~ tr/-/_/;
	mkdir $self->{dir} or die "$self->{dir}: $!";
	my $login = $more{login} ? " user=$more{login}" : '';
	write_file("$self->{dir}/ini", <<"INI");
[databases]
holdfast = host=$instance->{dir}/run port=5432$login
[pgbouncer]
listen_addr =
unix_socket_dir = $self->{dir}
listen_port = 5432
auth_type = trust
auth_file = $self->{dir}/users
pool_mode = @{[ $more{mode} // 'transaction' ]}
default_pool_size = $more{pool}
max_db_connections = $more{pool}
max_client_conn = 500
server_reset_query =
server_login_retry = 1
query_wait_timeout = @{[ $more{query_wait} // 600 ]}
logfile = $self->{dir}/log
pidfile = $self->{dir}/pid
admin_users = $self->{admin}
INI
	write_file("$self->{dir}/users", join '', map { qq("$_" ""\n) } $self->{admin}, @{ $more{logins} // [] });
	if (!$>) { system('chown', '-R', $more{as}, $self->{dir}) == 0 or die "chown to $more{as}" }
	$self->run;
	return $self;
}

sub write_file { my ($path, $text) = @_; open my $out, '>', $path or die "$path: $!"; print $out $text; close $out }

sub run {
	my ($self) = @_;
	my $dir = $self->{dir};
	my $answers = sub { -S "$dir/.s.PGSQL.5432" && $self->admin('SHOW VERSION') =~ /PgBouncer/ };
	$self->{program} = Program->start('PgBouncer', [ '/usr/sbin/pgbouncer', '-q', "$dir/ini" ],
		as => $self->{as}, log => "$self->{instance}{home}/pooler.log", ready => $answers);
}

sub restart {
	my ($self) = @_;
	$self->{program}->kill;
	unlink "$self->{dir}/pid", "$self->{dir}/.s.PGSQL.5432";
	$self->run;
}

sub stop { my ($self) = @_; $self->{program}->stop }

# Output of a command of its console: a line of column names, then rows.
sub admin {
	my ($self, $command) = @_;
	return scalar `psql -XA -F '|' -h $self->{dir} -U $self->{admin} -d pgbouncer -c '$command' 2>&1`;
}

# The row of SHOW POOLS for a role, as name => value.
sub pools {
	my ($self, $role) = @_;
	my @lines = split /\n/, $self->admin('SHOW POOLS');
	my @names = split /\|/, $lines[0] // '';
	my ($row) = grep { /^holdfast\|\Q$role\E\|/ } @lines;
	my %pool;
	@pool{@names} = split /\|/, $row // '';
	return %pool;
}

1;
