# One psql for many questions: a process and a session for each would cost forty times as much as what is asked.
#
#   my $session = Session->start([ 'psql', ... ], $log);    # $log: the file that gets its errors
#   my $text = $session->ask('SELECT ...');    # what psql prints; undef when the session has ended, which an error does
#   Session::is_question($sql)                 # it changes nothing, neither data nor the session
#   $session->close;
package Session;
use strict;
use warnings;
use IPC::Open3 qw(open3);

my @open;
END { my $code = $?; $_->close for @open; $? = $code }

sub start {
	my ($class, $command, $log) = @_;
	my $self = bless { owner => $$, mark => "end of answer $$" }, $class;
	open my $errors, '>', $log or die "$log: $!";
	$self->{pid} = open3($self->{ask}, $self->{answers}, '>&' . fileno $errors, @$command);
	push @open, $self;
	return $self;
}

sub is_question {
	my ($sql) = @_;
	return $sql =~ /\A\s*(?:SELECT|WITH|VALUES|SHOW)\b/ && $sql !~ /;\s*\S|\\|\bpg_\w+\s*\(/
		&& $sql !~ /\b(?:INSERT|UPDATE|DELETE|MERGE|LOCK|set_config|nextval|setval)\b/i;
}

sub ask {
	my ($self, $sql) = @_;
	local $SIG{PIPE} = 'IGNORE';
	utf8::encode($sql) if $sql =~ /[^\x00-\xff]/;
	syswrite $self->{ask}, $sql =~ s/;?\s*\z/;\n/r . "\\echo $self->{mark}\n" or return;
	my $text = '';
	while ($text !~ s/^\Q$self->{mark}\E\n\z//m) {
		sysread $self->{answers}, $text, 65536, length $text or return;
	}
	return $text;
}

# In a process that was forked from the owner it leaves the session as it is.
sub close {
	my ($self) = @_;
	return if $self->{owner} != $$ || $self->{closed}++;
	local $SIG{PIPE} = 'IGNORE';
	syswrite $self->{ask}, "\\q\n"; # a process that was forked meanwhile may have its end of the pipe open
	CORE::close($_) for @$self{qw(ask answers)};
	waitpid $self->{pid}, 0;
	@open = grep { $_ != $self } @open;
	return;
}

1;
