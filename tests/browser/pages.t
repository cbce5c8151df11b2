#!/usr/bin/perl
# The public site in a real browser: an instance with the samples and generated records, and a web process whose
# database is away. What is asked of each page stands in visit.mjs.
#
#   HOLDFAST_SHOTS=DIR tests/browser/pages.t     also writes a picture of each page
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Web;

my $i = Instance->make(settings => {
	'site.name' => 'Directory of the Test',
	'site.operator' => 'Example Operator|Main street 1|1000 Exampletown',
	'site.contact_url' => 'mailto:directory@example.org',
	'db.timeout' => '600s'
});
my $down = Web->start('db.timeout' => '200ms', 'site.name' => 'Directory of the Test');
$i->up;
$i->no_statement_timeouts;
$i->import_samples;
$i->fill(2000, 1);
exit(system('node', "$FindBin::Bin/visit.mjs", $i->url, "http://$down->{address}") ? 1 : 0);
