#!/usr/bin/perl
# heal and a server that is restarted, full, or stopped in the middle of an answer: each is named, heal does not end,
# does not hang, and does nothing in the window after.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Program;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
sub postmaster { return (split /\n/, $i->slurp('data/postmaster.pid'))[0] }
my $watcher = "SELECT pid FROM pg_stat_activity WHERE application_name = 'holdfast heal'";

my $runs = 0;
sub watch {
	my ($ledger, $record) = map { "$i->{home}/$_." . ++$runs } qw(ledger record);
	my @heal = $i->command('heal', '--once', '--seconds', 3600, '--every', 300, '--keep', $ledger, '--record', $record);
	my $heal = Program->start('heal', \@heal, log => "$i->{home}/heal.$runs");
	$i->until('it watches', sub { -s $record && $i->sql($watcher) });
	return ($heal, $ledger, $record);
}
sub lines { my ($file) = @_; return eval { map { decode_json($_) } split /\n/, Instance::read_file($file) } }
sub stop { my ($heal) = @_; $heal->signal('INT'); $i->until('heal ends', sub { $heal->ended }); return $heal->log }

# ---- restarted ----
my ($heal, $ledger, $record) = watch();
my $before = postmaster();
kill INT => $before;
$i->until('another one runs', sub { my $now = eval { postmaster() } // $before; $now != $before
	&& eval { $i->sql($watcher) } });
$i->until('the ledger has it', sub { grep { ($_->{why} // '') eq 'the server was restarted' } lines($ledger) });
ok((grep { $_->{kind} eq 'finding' && $_->{finding}{key} eq 'unreachable' } lines($ledger)),
	'a restart is named, as an incident');
stop($heal); # what the screen shows at the end may be of a window behind the restart

# ---- stopped in the middle ----
($heal, $ledger, $record) = watch();
my @stopped = (postmaster(), $i->sql($watcher));
END { my $code = $?; kill CONT => @stopped; $? = $code }
$i->freeze(@stopped);
$heal->until('a sample says that it hangs', sub { Instance::read_file($record) =~ /"reach":4/ });
my $said = stop($heal);
kill CONT => @stopped;
like($said, qr/is there and does not answer in time/, 'a server that is stopped is named');
$i->until('the server answers again', sub { eval { $i->sql('SELECT 1') } });

# ---- full ----
my $max = $i->sql("SELECT current_setting('max_connections')::integer");
my @held;
($heal, $ledger, $record) = watch();
for (1 .. $max) {
	open my $in, '|-', $i->psql('-o', '/dev/null') or die "psql: $!";
	push @held, $in;
}
my $code;
$i->until('one that cannot get in names a full server', sub {
	($code, my $text) = $i->run('heal', '--once', '--seconds', 2);
	return $text =~ /it has no free connection/;
});
is($code, 2, 'a full server is a finding');
my $samples = () = Instance::read_file($record) =~ /^\{"at"/mg;
$i->until('the one that is in goes on',
	sub { my $now = () = Instance::read_file($record) =~ /^\{"at"/mg; $now > $samples + 2 });
unlike(Instance::read_file($record), qr/"reach"/, 'its connection works all the time');
close $_ for @held;
stop($heal);
done_testing;
