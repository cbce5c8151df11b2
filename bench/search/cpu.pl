# CPU time of an instance: what tells the cost of a request also on a machine that does other things at the same time.
use strict;
use warnings;

sub cpu_line { my ($file) = @_; open my $in, '<', $file or return ''; return <$in> // '' }
sub cpu_children { my ($pid) = @_; return split ' ', cpu_line("/proc/$pid/task/$pid/children") }

# Its supervisor's children: (the server of the database, web processes).
sub cpu_processes {
	my ($instance) = @_;
	for my $pid (map {m{(\d+)}} glob '/proc/[0-9]*') {
		my ($program, @args) = split /\0/, cpu_line("/proc/$pid/cmdline");
		next unless ($program // '') =~ m{(?:^|/)holdfastd$} && ($args[0] // '') eq $instance;
		my ($server, @web) = (undef);
		for my $child (cpu_children($pid)) {
			my $name = cpu_line("/proc/$child/comm");
			$server = $child if $name =~ /^postgres/;
			push @web, $child if $name =~ /^holdfast-web/;
		}
		return ($server, @web) if $server && @web;
	}
	die "nothing runs in $instance\n";
}

# Milliseconds that they have used: the web processes, and the server with its sessions, also those that have ended.
sub cpu_ms {
	my ($server, @web) = @_;
	my $ms = 0;
	$ms += (split ' ', cpu_line("/proc/$_/schedstat"))[0] // 0 for @web, cpu_children($server);
	my @ended = (split ' ', cpu_line("/proc/$server/stat") =~ s/.*\) //r)[ 13, 14 ];
	return $ms / 1e6 + ($ended[0] + $ended[1]) * 1000 / (our $ticks //= `getconf CLK_TCK` + 0);
}
1;
