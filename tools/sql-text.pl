# What embed-sql and embed-migrations share: expressions and C strings.
use strict;
use warnings;
use File::Basename 'dirname';

my %expressions;

# sql/expressions.sql: "-- expression: name", then the text up to the next.
sub expressions {
	return \%expressions if %expressions;
	my $file = dirname(__FILE__) . "/../sql/expressions.sql";
	my $name;
	open my $in, '<', $file or die "$file: $!\n";
	while (<$in>) {
		if (/^-- expression:\s*([a-z][a-z0-9_]*)\s*$/) {
			$name = $1;
			die "$file:$.: the expression $name stands twice\n" if exists $expressions{$name};
			$expressions{$name} = '';
		} elsif (/^\s*--/ || /^\s*$/) {
			next;
		} else {
			die "$file:$.: text before the first -- expression:\n" unless defined $name;
			$expressions{$name} .= $_;
		}
	}
	for (keys %expressions) {
		$expressions{$_} =~ s/^\s+|\s+$//g;
		die "$file: the expression $_ is empty\n" if $expressions{$_} eq '';
	}
	return \%expressions;
}

sub expand {
	my ($line, $where) = @_;
	$line =~ s/\{\{([^{}]*)\}\}/exists expressions()->{$1} ? expressions()->{$1}
		: die "$where: unknown expression {{$1}}; sql\/expressions.sql has: @{[join ', ', sort keys %{expressions()}]}\n"/ge;
	return $line;
}

sub c_string {
	return join "\n", map {
		(my $text = $_) =~ s/([\\"])/\\$1/g;
		$text =~ s/\t/\\t/g;
		$text =~ s/\?\?/?\\?/g;
		"\t\"$text\\n\"";
	} split /\n/, $_[0];
}
1;
