#!/usr/bin/perl
# Whatever happens to records - renamed, moved to another town, imported in another order, deleted and back again, given
# another path, carried to a new machine, published in several languages - no address changes that should not, no two
# pages have one, and every address that was published is a page or leads to one in one step: with stubs, nginx and
# Caddy. What is deleted leads nowhere.
#   ADDRESS_SEEDS=50 ADDRESS_STEPS=20 ADDRESS_RECORDS=5000   more of it; HOLDFAST_SEED: other ones
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use List::Util qw(shuffle);
use Site;
use SiteServer;
use Test::More;

my $seeds = $ENV{ADDRESS_SEEDS} // 2;
my $steps = $ENV{ADDRESS_STEPS} // 5;
my $records = $ENV{ADDRESS_RECORDS} // 40;
my $first_seed = $ENV{HOLDFAST_SEED} // 18;
my $url = 'https://shops.example';
my %settings = ('web.processes' => 1, 'site.url' => $url, 'site.quality_publish' => 0, 'site.search' => 'no');
my @towns = ([ 'Thun', 'Bern' ], [ 'Spiez', 'Bern' ], [ 'Genf', 'Genf' ], [ "M\xfcnster", 'Bern' ],
	[ "M\xfcnster", 'Wallis' ], [ 'Search', 'Uri' ]);
my @kinds = qw(bakery butcher cafe);
my $json = JSON::XS->new->canonical->utf8;
my $i = Instance->make(settings => \%settings);
$i->up;

sub some { return $_[ rand @_ ] }
sub fresh {
	my ($n) = @_;
	my $town = some(@towns);
	return { n => $n, name => some('Muster', 'Sonne', "B\xe4ckerei", "\x{41a}\x{430}\x{444}\x{435}") . " $n",
		town => $town, kind => some(@kinds) };
}
sub import_all {
	my ($instance, $shops, @more) = @_;
	my $file = "$instance->{home}/shops.ndjson";
	open my $out, '>', $file or die "$file: $!";
	for my $s (@$shops) {
		print $out $json->encode({
			external_id => "x$s->{n}", name => $s->{name}, street => "Weg $s->{n}", postcode => '3600',
			city => $s->{town}[0], region => $s->{town}[1], country => 'CH', categories => [ $s->{kind} ],
			phone => sprintf('+41 33 2%06d', 330_000 + $s->{n}),
			$s->{n} % 2 ? (hours => 'Mo-Fr 08:00-12:00') : ()
		}) . "\n";
	}
	close $out or die $!;
	$instance->run_ok('import', '--source', 'shops', '--complete=100%', '--max-rejects=100%', @more, $file);
}
sub export {
	my ($instance, $site, %set) = @_;
	$instance->set(%settings, %set);
	$instance->run_ok('export', $site);
	return Site::files($site);
}

# The operations. Each changes the records; `gone` are those that are deleted.
my (@shops, @gone);
my %operation = (
	rename => sub { some(@shops)->{name} = "Renamed " . int rand 1000 },
	move => sub { some(@shops)->{town} = some(@towns) },
	another_kind => sub { some(@shops)->{kind} = some(@kinds) },
	another_order => sub { @shops = shuffle @shops },
	delete => sub { push @gone, splice @shops, rand @shops, 1 + @shops / 4 if @shops > 8 },
	return => sub { push @shops, splice @gone, 0, 3 },
	empty_town => sub {
		my $town = some(@towns);
		my @stay = grep { $_->{town} != $town } @shops;
		return if @stay < 8;
		push @gone, grep { $_->{town} == $town } @shops;
		@shops = @stay;
	},
	path => sub {
		my ($id) = $i->column(
			"SELECT d.id FROM business_detail AS d WHERE d.external_id = 'x" . some(@shops)->{n} . "'");
		$i->run_ok('path', Instance::id_text($id), 'handmade/given-' . int rand 5) if $id;
		return $id;
	});

# What must hold. *ever: address => id of a business, or '' of a list. Returns the files.
sub holds {
	my ($what, $files, $ever, $live) = @_;
	my %page = map { $_ => $files->{$_} }
		grep { /\.html$/ && !defined Site::leads_to($files->{$_}, $url) } keys %$files;
	my %by_id;
	for my $path (grep { Site::is_business($_) } keys %page) {
		my ($id) = $path =~ /-(\w{13})\.html$/;
		push @{ $by_id{$id} }, $path;
		$ever->{$path} = $id;
	}
	$ever->{$_} //= '' for grep { m{/} && !m{^(?:sources|imprint|privacy|search)/} } keys %page;
	$ever->{$_} = /-(\w{13})\.\w+$/ && $1 for grep {/\.(?:vcf|ics)$/} keys %$files;
	my @twice = map {"@{$by_id{$_}}"} grep { @{ $by_id{$_} } > 1 } keys %by_id;
	my @wrong = grep { my $f = $_; ($by_id{$f}[0] // '') ne "$live->{$f}-$f.html" } keys %$live;
	my @due = grep { $ever->{$_} eq '' || $live->{ $ever->{$_} } } keys %$ever;
	my @dead = grep { $ever->{$_} ne '' && !$live->{ $ever->{$_} } && $files->{$_} } keys %$ever;
	is_deeply([ \@twice, \@wrong, [ Site::lost($files, $url, sort @due) ], \@dead ], [ [], [], [], [] ],
		"$what: addresses are kept, differ, and lead on");
	return @due;
}
sub live {
	my ($instance) = @_;
	return { map { Instance::id_text($_->[0]) => $_->[1] }
			$instance->rows('SELECT id, path FROM business JOIN business_path USING (id)') };
}

my (%files, %ever, @due, %kept, $site);
for my $seed ($first_seed .. $first_seed + $seeds - 1) {
	srand $seed;
	@shops = map { fresh($_) } 1 .. $records;
	@gone = %ever = ();
	$site = "$i->{home}/site$seed";
	for my $step (0 .. $steps) {
		my @did;
		for (1 .. ($step ? 3 : 0)) {
			my $name = some(sort keys %operation);
			my $changed = $operation{$name}->();
			push @did, $name;
			delete $kept{$changed} if $name eq 'path' && $changed;
		}
		import_all($i, \@shops);
		my %path = map { @$_ } $i->rows('SELECT id, path FROM business_path');
		is_deeply([ grep { $kept{$_} ne ($path{$_} // 'none') } keys %kept ], [], 'no path has changed by itself');
		%kept = %path;
		%files = export($i, $site, 'site.redirects' => 'stubs');
		@due = holds("seed $seed, step $step (@did)", \%files, \%ever, live($i));
	}
}
my %folder;
$folder{ $_ =~ s{[^/]*$}{}r }++ for grep { Site::is_business($_) } keys %files;
is_deeply([ grep { $folder{$_} > 4096 && !m{/./$} } keys %folder ], [], 'no folder has more than 4096 businesses');

# ---- servers ----
for my $how (SiteServer::names()) {
	%files = export($i, $site, 'site.redirects' => $how);
	my $server = SiteServer->start($how, $site) or next;
	my @lost;
	for my $path (sort @due) {
		(my $address = $path) =~ s{(^|/)index\.html$}{$1};
		my $encoded = $address =~ s{([^A-Za-z0-9/._-])}{sprintf '%%%02X', ord $1}ger;
		my $answer = $server->get($encoded);
		next if $answer->{status} == 200 && $answer->{body} eq ($files{$path} // '');
		my ($to) = ($answer->{location} // '') =~ m{^(?:https?://[^/]+)?/(.*)$};
		push @lost, "$path: $answer->{status}" and next if $answer->{status} != 301 || $files{$path};
		push @lost, "$path leads to $to, which is no page" if !$files{ Site::file_of($to) };
	}
	is_deeply(\@lost, [], scalar(@due) . " addresses with $how");
	$server->stop;
}

# ---- several languages ----
%files = export($i, $site, 'site.redirects' => 'stubs', 'site.languages' => 'de fr');
is_deeply([ Site::lost(\%files, $url, @due) ], [], 'with several languages every address leads to the first one');

# ---- a new machine, which has nothing but the identities and the records ----
my $other = Instance->make(settings => \%settings);
$other->up;
my $ids = "$other->{home}/identities.tsv";
open my $out, '>', $ids or die $!;
print $out $i->run_ok('identities');
close $out or die $!;
chmod 0644, $ids;
@shops = shuffle @shops;
import_all($other, \@shops, '--identities', $ids);
%files = export($other, "$other->{home}/site", 'site.redirects' => 'stubs');
is_deeply(live($other), live($i), 'a new machine has the same addresses');
my $live = live($other);
my @of_businesses = grep { $ever{$_} ne '' && $live->{ $ever{$_} } } sort keys %ever;
is_deeply([ Site::lost(\%files, $url, @of_businesses) ], [], '... and those from before lead on there');
$other->run_ok('down');
$i->run_ok('down');
done_testing;
