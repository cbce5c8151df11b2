#!/usr/bin/perl
# The pages of the contact sphere in a real browser: two people, from "new code" to a released contact, with the start
# page as all they know. What is asked of each page stands in visit_contact.mjs.
#
#   HOLDFAST_SHOTS=DIR tests/browser/contact.t     also writes pictures; HOLDFAST_WIDTH=1280: of another width;
#                                                  HOLDFAST_FORCED_COLORS=1: in the colours of the
#                                                  system, as with high contrast
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Sphere;

my $s = Sphere->start(settings => {
	'site.name' => 'Directory of the Test',
	'site.operator' => 'Example Operator|Main street 1|1000 Exampletown',
	'contact.tick' => '1s'
});
my $i = $s->i;
# Both hosts know each other; the address of the directory is known by now.
$i->set(
	'web.processes' => 1,
	'contact.listen' => $s->{address},
	'contact.tick' => '1s',
	'contact.url' => "http://$s->{address}",
	'site.url' => "http://$i->{address}",
	'site.name' => 'Directory of the Test',
	'site.operator' => 'Example Operator|Main street 1|1000 Exampletown'
);
$i->run_ok('down');
$i->run_ok('up', '--detach');
exit(system('node', "$FindBin::Bin/visit_contact.mjs", "http://$s->{address}") ? 1 : 0);
