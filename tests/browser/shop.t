#!/usr/bin/perl
# The sites of the boutique and of the tiling firm in a real browser. What is asked of them is in visit_shop.mjs.
#
#   HOLDFAST_SHOTS=DIR tests/browser/shop.t     also writes a picture of each
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use File::Path 'make_path';
use Instance;
use IO::Socket::INET;
use Program;
use Site;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
$i->import_samples(qw(boutique.ndjson tiling-firm.json));
my $shops = "$FindBin::Bin/../../samples/shops";
my %toml = ('Fadenspiel' => '0v74bj21t10bx', 'Fliesen Falkner & Amsel' => '34bemyn8dzknq'); # ids of ./run
my %domain = ('Fadenspiel' => 'fadenspiel.example', 'Fliesen Falkner & Amsel' => 'fliesen-falkner.example');
my $host = own_address();
my (@servers, @visited);
for my $name (sort keys %domain) {
	my ($id) = map { Instance::id_text($_) } $i->sql("SELECT id FROM business WHERE name = '$name'") =~ /(\d+)/;
	make_path("$i->{dir}/shops/$id");
	open my $out, '>', "$i->{dir}/shops/$id/shop.toml" or die $!;
	print $out Site::slurp("$shops/$toml{$name}/shop.toml");
	close $out;
	my $dir = "$i->{home}/$domain{$name}";
	$i->run_ok('export', '--shop', $id, '--domain', $domain{$name}, $dir);
	my $port = free_port();
	push @servers, Program->start(
		'python', [ 'python3', '-m', 'http.server', '--bind', $host, '--directory', $dir, $port ],
		log => "$i->{home}/python.log", ready => sub { IO::Socket::INET->new("$host:$port") });
	push @visited, "$toml{$name}=http://$host:$port";
}
my $said = `node $FindBin::Bin/visit_shop.mjs @visited`;
is($?, 0, 'both are complete and usable') or diag $said;
$_->stop for @servers;
done_testing;
