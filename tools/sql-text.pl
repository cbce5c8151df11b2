# What the tools and tests that read sql/ share: sections, output columns, expressions, C strings.
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
			die "$file:$.: the expression $name is defined twice\n" if exists $expressions{$name};
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
		die "$file: the expression $_ has $1 in it; write it out: expressions are replaced once\n"
			if $expressions{$_} =~ /(\{\{.*?\}\})/;
	}
	return \%expressions;
}

sub expand {
	my ($line, $where) = @_;
	$line =~ s/\{\{([^{}]*)\}\}/exists expressions()->{$1} ? expressions()->{$1}
		: die "$where: unknown expression {{$1}}; sql\/expressions.sql has: @{[join ', ', sort keys %{expressions()}]}\n"/ge;
	return $line;
}

# The sections of sql/queries/AREA.sql in order: {name, role, served_by, row, extends, line, sql}. See tools/embed-sql
# for what the header lines mean.
sub sections {
	my ($file) = @_;
	my (@sections, %seen, $role);
	open my $in, '<', $file or die "$file: $!\n";
	while (my $line = <$in>) {
		if ($line =~ /^-- name:\s*(\S+)\s*$/) {
			my $name = sql_name($1, "$file:$.");
			die "$file:$.: the name $name is defined twice (first in line $seen{$name})\n" if $seen{$name};
			$seen{$name} = $.;
			push @sections, { name => $name, role => $role, served_by => [], sql => '', line => $. };
		} elsif ($line =~ /^-- (role|served-by|row|extends):\s*(\S+)\s*$/) {
			my ($what, $value) = ($1, $2);
			die "$file:$.: -- $what: before the first -- name:\n" unless @sections || $what eq 'role';
			if ($what eq 'role') {
				$role = $value;
				$sections[-1]{role} = $role if @sections && $sections[-1]{sql} eq '';
			} elsif ($what eq 'served-by') {
				push @{ $sections[-1]{served_by} }, $value;
			} else {
				$sections[-1]{$what} = sql_name($value, "$file:$.");
			}
		} elsif ($line =~ /^\s*--/ || $line =~ /^\s*$/) {
			next;
		} else {
			die "$file:$.: SQL before the first -- name:\n" unless @sections;
			$sections[-1]{sql} .= expand($line, "$file:$.");
		}
	}
	for my $s (@sections) {
		$s->{sql} =~ s/\s*;?\s*$//;
		die "$file:$s->{line}: the section $s->{name} is empty\n" if $s->{sql} eq '';
	}
	return @sections;
}

sub sql_name {
	my ($name, $where) = @_;
	die "$where: '$name' is no name: lower case letters, digits, _\n" unless $name =~ /^[a-z][a-z0-9_]*$/;
	return $name;
}

# The names of the columns that a statement returns, in order: what PostgreSQL calls them. Each is `alias.column`,
# `column` or `... AS name`; anything else, and a name used twice, stops the build. The statements test compares the
# names with the server's.
sub output_columns {
	my ($sql, $where) = @_;
	my $list = output_list($sql);
	my (@names, %seen);
	for my $item (split_list($list)) {
		$item =~ s/^\s+|\s+$//g;
		my ($name) = $item =~ /(?:^|\s)AS\s+([a-z_][a-z0-9_]*)$/i;
		($name) = $item =~ /^(?:[a-z_][a-z0-9_]*\.)?([a-z_][a-z0-9_]*)$/i unless defined $name;
		die "$where: the column '$item' has no name: write ... AS name\n" unless defined $name;
		die "$where: two columns are called $name: write ... AS another_name\n" if $seen{$name}++;
		push @names, lc $name;
	}
	return @names;
}

# The statement in tokens outside of parentheses; what is inside of a pair stays one token.
sub outer_tokens {
	my ($sql) = @_;
	my ($depth, @tokens) = (0);
	while ($sql =~ /\G(--[^\n]*|'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_\$][\w\$]*|\d[\d.]*|\s+|.)/gcs) {
		my $token = $1;
		next if $token =~ /^--/;
		if ($token =~ /^[(\[]$/ && $depth++ == 0) { push @tokens, $token }
		elsif ($depth) { $tokens[-1] .= $token; $depth-- if $token =~ /^[)\]]$/ }
		else { push @tokens, $token }
	}
	return @tokens;
}

# The text between SELECT and FROM, or behind RETURNING, of the outermost statement; '' when it returns nothing.
sub output_list {
	my ($sql) = @_;
	my ($kind, $list, $before) = ('', '', '');
	for my $token (outer_tokens($sql)) {
		my $word = uc $token;
		if (!$kind) {
			$kind = $word if $word =~ /^(?:SELECT|INSERT|UPDATE|DELETE|COPY|CREATE|VACUUM|ANALYZE|VALUES|TABLE)$/;
		} elsif ($kind eq 'SELECT') {
			last if $word =~ /^(?:FROM|WHERE|GROUP|HAVING|ORDER|LIMIT|OFFSET|FETCH|UNION|EXCEPT|INTERSECT|FOR)$/
				&& $before ne 'DISTINCT';
			$list .= $token unless $word eq 'DISTINCT' && $list !~ /\S/;
		} elsif ($word eq 'RETURNING') {
			$kind = 'SELECT';
		}
		$before = $word if $word =~ /\S/;
	}
	return $kind eq 'SELECT' ? $list : '';
}

sub split_list {
	my ($list) = @_;
	my @items = ('');
	for my $token (outer_tokens($list)) {
		if ($token eq ',') { push @items, '' } else { $items[-1] .= $token }
	}
	return $list =~ /\S/ ? @items : ();
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
