#!/usr/bin/perl
# Records of unusual length and form, as pages of the directory and as sites of their own, in a real browser. What is
# asked of them is in visit_records.mjs.
#
#   HOLDFAST_SHOTS=DIR tests/browser/records.t     also writes a picture of each
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Instance;
use IO::Socket::INET;
use JSON::XS;
use Program;
use Site;
use Test::More;

my $json = JSON::XS->new->utf8->canonical;
my $word = 'Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz';
my %where = (city => 'Bern', country => 'CH', postcode => '3011', lat => 46.95, lon => 7.45, categories => ['cafe'],
	timezone => 'Europe/Zurich');
my @goods = map { { name => "Article number $_ with a name of some length", price => sprintf('%.2f', $_ * 1313.37),
	currency => 'CHF', $_ % 3 ? () : (description => 'What it is made of, and for whom. ' x 3) } } 1 .. 60;
my @records = (
	{ name => 'Gemeinschaftspraxis für Allgemeinmedizin, Chirotherapie und Palliativversorgung '
			. 'Dr. Schmidt-Rottluffsheimer & Partnerinnen', hours => 'Mo-Fr 08:00-12:00,13:00-18:00; Su 22:00-04:00',
		website => "https://www.gemeinschaftspraxis-schmidt-rottluffsheimer.extremhausen.example/$word", %where,
		street => 'Hauptstrasse 1', phone => '+41319999801', description => 'Short.' },
	{ name => 'Everything', hours => '24/7', street => "${word}strasse 123a", phone => '+41319999802', %where,
		offers => { items => \@goods }, service_area => [ map {"Village $_ by the long river"} 1 .. 40 ] },
	{ name => 'Ö', city => 'Bern', country => 'CH', street => 'Gasse 1', categories => ['cafe'] },
	{ name => "Only${word}gesellschaft", street => 'Gasse 2', %where },
	{ name => 'مخبز السلام الدمشقي', street => 'Gasse 3',
		hours => 'Mo-Su 06:00-20:00', phone => '+41319999803',
		description => 'مخبز عربي تقليدي في وسط المدينة. '
			. 'يقدم الخبز الطازج والحلويات الشرقية كل يوم.', %where },
	{ name => 'Changing hours', street => 'Gasse 4', alt_names => [ 'Changing', "$word & Co" ], %where,
		hours => 'Mo 08:00-12:00; Tu 09:00-12:00,14:00-18:00; Th 08:00-11:00,12:00-14:00,15:00-20:00; Fr 22:00-04:00; '
			. 'Sa 00:00-24:00; Dec 24-26 off; PH off', same_as => [ map {"https://$_.example/a"} 'a', $word ],
		extra => { languages => join('; ', qw(de en fr it es nl sr ar tr pl ru uk)), price_range => '€€',
			founded => 2011, awards => 'Goldene Kelle 2019; Silberne Kelle 2020',
			payment => 'cash; debit cards; credit cards' } },
);
my $n = 0;
$_->{external_id} = 'r' . ++$n for @records;

my $i = Instance->make(settings => { 'web.processes' => 1, 'site.name' => 'Directory of the Test',
	'site.contact_url' => 'mailto:directory@example.org', 'site.lang' => 'en' });
$i->up;
open my $out, '>', "$i->{home}/records.ndjson" or die "records.ndjson: $!";
print $out map { $json->encode($_) . "\n" } @records;
close $out;
$i->run_ok('import', '--source', 'records', '--source-name', 'Records of the test', '--licence', 'CC0-1.0',
	"$i->{home}/records.ndjson");
my $host = own_address();
my (@servers, @visited);
sub serve {
	my ($what, $dir, @paths) = @_;
	my $port = free_port();
	push @servers, Program->start(
		'python', [ 'python3', '-m', 'http.server', '--bind', $host, '--directory', $dir, $port ],
		log => "$i->{home}/python.log", ready => sub { IO::Socket::INET->new("$host:$port") });
	push @visited, map {"'$what=http://$host:$port/$_'"} @paths;
}
$i->run_ok('export', "$i->{home}/site");
my %files = Site::files("$i->{home}/site");
my @pages = sort grep { Site::is_business($_) || $_ eq 'bern/index.html' } keys %files;
is(scalar @pages, @records + 1, 'each record has a page, and their town');
serve('directory', "$i->{home}/site", @pages);
for my $record (@records[0, 1]) {
	my ($id) = map { Instance::id_text($_) } $i->sql("SELECT id FROM business WHERE name LIKE '"
			. substr($record->{name}, 0, 10) . "%'") =~ /(\d+)/;
	$i->run_ok('export', '--shop', $id, '--domain', "$record->{external_id}.example", "$i->{home}/shop-$id");
	my %pages = Site::files("$i->{home}/shop-$id");
	serve("shop-$record->{external_id}", "$i->{home}/shop-$id", '',
		grep({ defined } (sort grep {m{^goods/}} keys %pages)[0, -1]));
}
my $said = `node $FindBin::Bin/visit_records.mjs @visited`;
is($?, 0, 'every page is whole at every width') or diag $said;
$_->stop for @servers;
done_testing;
