#!/usr/bin/perl
# The script of docs/contact-api.md, as it stands there: it waits for a match and prints the contact.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Sphere;
use Test::More;
use Tree;

my ($script) = Instance::read_file("$root/docs/contact-api.md") =~ /^```sh\n(.*?)^```/ms
	or die 'no script in the document';
my $s = Sphere->start;
my ($alice, $bob) = ($s->party('Alice'), $s->party('Bobby', kind => 'offer'));
my %file = (script => $script, code => $alice->{code});
for my $name (sort keys %file) {
	open my $out, '>', "$s->{i}{home}/$name" or die $!;
	print $out $file{$name};
	close $out;
}
$s->unlock($alice, $bob);
local $ENV{WAIT_S} = '0.2';
open my $said, '-|', 'sh', "$s->{i}{home}/script", "http://$s->{address}", "$s->{i}{home}/code", $bob->{profile}
	or die $!;
$s->unlock($bob, $alice);
my $text = do { local $/; <$said> };
ok(close $said, 'the script ends with 0');
like($text, qr/"email":"\Q$bob->{contact}{email}\E"/, 'and prints the contact of the match');
is(($s->{i}->run('down'))[0], 0, 'down');
done_testing;
