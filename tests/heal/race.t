#!/usr/bin/perl
# How often an act of heal hits another statement than the one it was meant for. heal acts only on statements that have
# been running for a second: of those none may be hit wrongly. For shorter ones the figures are printed; with
# HOLDFAST_RACE=10000 each length has that many tries, and docs/heal-acts.md what came of them.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Pooler;
use Test::More;
use Tree;

my $tries = $ENV{HOLDFAST_RACE} // 0;
my $i = Instance->make(settings => { 'web.processes' => 1 });
mkdir "$i->{dir}/conf.d";
open my $conf, '>', "$i->{dir}/conf.d/postgresql.conf" or die "conf.d: $!";
print $conf "max_connections = 80\n";
close $conf;
$i->up;
$i->sql('GRANT pg_signal_backend TO holdfast_heal');
my $direct = "host=$i->{dir}/run dbname=holdfast";
my $observer = "$direct user=holdfast_heal";

sub race {
	my ($victim, $victims, $ms, $n) = @_;
	my @command = ("$build/tests/heal/race", $observer, $victim, $victims, $ms, $n);
	open my $out, '-|', @command or die "@command: $!";
	my ($sent, $right, $wrong, $nobody) = split ' ', readline($out) // '';
	close $out;
	$i->until('the victims are gone',
		sub { $i->sql("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'victim-%'") == 0 })
		if $victim !~ /pooler/;
	is($?, 0, "race: $n tries of $ms ms") or return (0, 0);
	diag "statements of $ms ms, $victims clients: $sent cancels sent, $right hit the statement that was seen, "
		. "$wrong another one, $nobody nothing";
	return ($sent, $right, $wrong, $nobody);
}

my ($sent, $right, $wrong) = race("$direct user=holdfast_owner", $tries ? 50 : 10, 1000, $tries ? 2000 : 20);
is($wrong, 0, 'of statements of a second, as heal demands, none was hit wrongly');
cmp_ok($right, '>=', $sent * 0.8, 'and nearly all were hit') if $sent;

# A backend that a pooler hands from client to client between two statements.
my $pooler = Pooler->start($i, pool => 1, as => 'holdfast-worker', login => 'holdfast_worker',
	logins => ['holdfast_worker']);
for ([ 50, 40 ], [ 5, 100 ], [ 0.5, 100 ]) {
	my ($ms, $few) = @$_;
	($sent, $right, $wrong) = race("host=$pooler->{dir} dbname=holdfast user=holdfast_worker", 4, $ms, $tries || $few);
	cmp_ok($wrong, '<=', $sent * ($ms < 5 ? 0.3 : 0.05), "of statements of $ms ms few were hit wrongly");
}
done_testing;
