# A command that is run to its end.
#
#   my ($code, $text) = run_command('tools/check-links', $build);
#
# The exit status (of a command that a signal killed: the signal's number + 128, as in a shell) and what it wrote to
# standard output and standard error, in the order in which it was written.
package Command;
use strict;
use warnings;
use Exporter qw(import);
use POSIX ();

our @EXPORT = qw(run_command);

sub run_command {
	my @command = @_;
	my $pid = open my $out, '-|' // die "fork: $!";
	if (!$pid) {
		open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
		exec { $command[0] } @command or print "$command[0]: $!\n";
		POSIX::_exit(127);
	}
	my $text = do { local $/; <$out> } // '';
	close $out;
	return ($? & 127 ? ($? & 127) + 128 : $? >> 8, $text);
}

1;
