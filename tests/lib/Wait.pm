# The only way for a test to wait: for an event, never for a time.
#
#   my $value = wait_until('the table is locked', sub { ... });     # what the sub returned, which is true
#   my $s = seconds_left();                                         # for select, HTTP::Tiny, browsers
#
# There is one limit, for the whole test file: HOLDFAST_TEST_LIMIT seconds from its start (tools/run-tests sets it;
# otherwise 7200, which is enough for replays and benchmarks of full size). A test that passes never comes near it,
# however busy the machine is; it only ends a test that would hang.
package Wait;
use strict;
use warnings;
use Exporter qw(import);
use Time::HiRes qw(time);

our @EXPORT = qw(wait_until seconds_left);
our $limit = $ENV{HOLDFAST_TEST_LIMIT} // 7200;
my $end = time + $limit;

# At least one second, because 0 means "no limit" to some callees.
sub seconds_left { my $left = $end - time; return $left > 1 ? $left : 1 }

# Call the code until it returns something true, and return that. A call that dies counts as "not yet"; its
# message is reported when the limit is reached, together with what the report sub returns.
sub wait_until {
	my ($event, $code, $report) = @_;
	my $error = '';
	my $start = time;
	while (1) {
		my $began = time;
		my $value = eval { $code->() };
		return $value if $value;
		$error = $@;
		my $now = time;
		if ($now >= $end) {
			my $log = $report ? $report->() : '';
			$log = '...' . substr $log, -8000 if length $log > 8000;
			die "after $limit s still not: $event\n$error$log";
		}
		# What is checked needs the processor, too: checks take a quarter of the time at most, and who has waited long
		# asks less often.
		my $pause = 3 * ($now - $began);
		$pause = ($now - $start) / 20 if $pause < ($now - $start) / 20;
		select undef, undef, undef, $pause < 0.005 ? 0.005 : $pause > 0.2 ? 0.2 : $pause;
	}
}

1;
