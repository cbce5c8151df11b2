#!/usr/bin/perl
# The public site in a real browser: an instance with the samples and generated records, and a web process whose
# database is away. What is asked of each page stands in visit.mjs.
#
#   HOLDFAST_SHOTS=DIR tests/browser/pages.t     also writes a picture of each page
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use FindBin;
use IO::Socket::INET;
use lib "$FindBin::Bin/../http";
use Web;
use Test::More;

my $root = abs_path("$FindBin::Bin/../..");
my $build = $ENV{HOLDFAST_BUILD} // "$root/build/" . ($ENV{VARIANT} // 'release');
my $home = tempdir('holdfast-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $home; # the database's user goes through
my $dir = "$home/i";

sub holdfast { system("$build/holdfast -C $dir @_ >>$home/log 2>&1") == 0 or die "holdfast @_: " . `cat $home/log` }

my $free = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "port: $!";
my $address = '127.0.0.1:' . $free->sockport;
holdfast('init');
open my $conf, '>>', "$dir/holdfast.conf" or die $!;
print $conf <<"CONF";
web.listen = $address
site.name = Directory of the Test
site.operator = Example Operator|Main street 1|1000 Exampletown
site.contact_url = mailto:directory\@example.org
CONF
close $conf;
close $free;

my $down = Web->start('db.timeout' => '200ms', 'site.name' => 'Directory of the Test');
my $up = eval {
	holdfast('up', '--detach');
	holdfast('import', '--source', 'samples', '--source-name', "'Samples of the test'", '--licence', 'CC0-1.0', $_)
	    for glob "$root/samples/*.json $root/samples/*.csv $root/samples/*.geojson $root/samples/*.ndjson";
	holdfast("generate 2000 --seed 1 | $build/holdfast -C $dir import --source generated --licence CC0-1.0 -");
	1;
};
my $why = $@;
my $status = $up ? system('node', "$FindBin::Bin/visit.mjs", "http://$address", "http://127.0.0.1:$down->{port}") : 1;
diag $why unless $up;
holdfast('down') if -e $dir;
$down->reaped if kill TERM => $down->{pid};
exit($status ? 1 : 0);
