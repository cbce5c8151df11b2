# holdfast audit db against a PostgreSQL of the test's own.
#
#   my $db = AuditDb->start(settings => ['log_statement=all']);   # a Server, see there
#   $db->sql('CREATE TABLE ...');
#   my @found = $db->found("SELECT ...;", '--min-rows', 0);       # findings of a file with these statements
#   my ($code, $out, $talk) = $db->audit('--statements', $file);  # the command itself
#   my ($pooler, $dir) = $db->pooler('shop', @lines);             # a PgBouncer, the folder of its socket (port 6432)
package AuditDb;
use strict;
use warnings;
use parent -norequire, 'Server';
use File::Temp 'tempdir';
use JSON::XS;
use Program;
use Server;

my $build = $ENV{HOLDFAST_BUILD} // die "HOLDFAST_BUILD is not set\n";

sub start {
	my ($class, %more) = @_;
	my $self = $class->SUPER::start(initdb => '-E UTF8 --locale=C.UTF-8', %more);
	$self->{work} = tempdir('audit-db-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $self->{work};
	return $self;
}

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }

sub file {
	my ($self, $text) = @_;
	my $path = "$self->{work}/" . ++$self->{files} . '.sql';
	open my $out, '>:utf8', $path or die "$path: $!";
	print $out $text;
	close $out;
	return $path;
}

# Many statements in one session; their answers, a line each.
sub script {
	my ($self, $sql) = @_;
	local $ENV{PGPASSWORD} = $self->{password};
	local $ENV{PGOPTIONS} = '-c client_min_messages=error';
	my $to = "-h $self->{home} -U admin -d postgres";
	my $answer = `psql -XAtq -v ON_ERROR_STOP=1 $to -f '@{[ $self->file($sql) ]}' 2>&1`;
	die $answer if $?;
	return split /\n/, $answer;
}

# (exit code, standard output, standard error). The first argument may be the address: { url => ... }.
sub audit {
	my ($self, @arguments) = @_;
	my $url = ref $arguments[0] ? shift(@arguments)->{url} : $self->url('postgres');
	# what is found must not depend on how busy the machine is
	for my $limit (qw(--plan-limit --compare-limit)) {
		push @arguments, $limit, 60000 if !grep { $_ eq $limit } @arguments;
	}
	my @command = ("$build/holdfast", 'audit', 'db', $url, @arguments);
	my $words = join ' ', map { s/'/'\\''/gr =~ s/(.*)/'$1'/sr } @command;
	my $code = system("$words >$self->{work}/out 2>$self->{work}/err </dev/null");
	my ($out, $talk) = (slurp("$self->{work}/out"), slurp("$self->{work}/err"));
	return ($code & 127 ? 128 + ($code & 127) : $code >> 8, $out, $talk);
}

sub report {
	my ($self, $statements, @arguments) = @_;
	my ($code, $out, $talk) =
		$self->audit('--statements', $self->file($statements), '--json', '--notes', '--min-rows', 0, @arguments);
	return eval { decode_json($out) } // die "no report ($code): $out$talk";
}
sub found { my ($self, @arguments) = @_; return @{ $self->report(@arguments)->{findings} } }

# In transaction mode, with the database under the name `shop` and further lines of settings.
sub pooler {
	my ($self, $name, @lines) = @_;
	my $dir = "$self->{work}/pooler";
	-d $dir or mkdir $dir or die "$dir: $!";
	open my $ini, '>', "$dir/ini" or die "$dir/ini: $!";
	print $ini map {"$_\n"} '[databases]',
		"$name = host=$self->{home} port=5432 dbname=postgres user=admin password='$self->{password}'",
		'[pgbouncer]', 'listen_addr =', "unix_socket_dir = $dir", 'listen_port = 6432', 'auth_type = any',
		'pool_mode = transaction', @lines, "logfile = $dir/log", "pidfile = $dir/pid";
	close $ini;
	system('chown', '-R', 'holdfast-parse', $dir) if !$>;
	my $pooler = Program->start('PgBouncer', [ '/usr/sbin/pgbouncer', '-q', "$dir/ini" ],
		as => 'holdfast-parse', log => "$self->{work}/pooler.log", ready => sub { -S "$dir/.s.PGSQL.6432" });
	return ($pooler, $dir);
}

# The statements with what a finding says to write in place of what it marks.
sub mended {
	my ($text, $finding) = @_;
	my @lines = split /\n/, $text, -1;
	my $offset = sub {
		my ($line, $column) = @_;
		my $n = $column - 1;
		$n += 1 + length $lines[ $_ - 1 ] for 1 .. $line - 1;
		return $n;
	};
	my $from = $offset->(@$finding{qw(line column)});
	my $to = $offset->(@$finding{qw(end_line end_column)});
	return substr($text, 0, $from) . $finding->{fix} . substr($text, $to);
}

1;
