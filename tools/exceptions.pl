# Reads tools/lint-exceptions: places that break a rule today. The list only shrinks.
use strict;
use warnings;

# A function for the places of one rule. Called with a place: whether it is listed. Called without, at the end: prints
# the lines that no violation needed and returns how many there are, so that a line goes with the last thing it excuses.
sub exceptions {
	my ($root, $rule) = @_;
	my $list = "$root/tools/lint-exceptions";
	my (%line, %needed);
	if (open my $in, '<', $list) {
		while (my $text = <$in>) {
			next unless $text =~ /^\Q$rule\E\s+(.+?)\s*$/;
			$line{$1} = $.;
		}
	}
	return sub {
		if (@_) {
			$needed{ $_[0] } = 1;
			return exists $line{ $_[0] };
		}
		my @spare = sort { $line{$a} <=> $line{$b} } grep { !$needed{$_} } keys %line;
		print "tools/lint-exceptions:$line{$_}: nothing there breaks the rule '$rule' any more; delete the line\n"
			for @spare;
		return scalar @spare;
	};
}
1;
