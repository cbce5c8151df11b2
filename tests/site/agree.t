#!/usr/bin/perl
# After businesses were renamed, have moved and got other addresses, everything that names a page names its present
# address: canonical and alternate links, sitemaps, lists, blocks of facts, cards and the entries of the search.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use IO::Uncompress::Gunzip qw(gunzip);
use JSON::XS;
use Site;
use Test::More;

my $url = 'https://shops.example';
my $i = Instance->make(settings => {
	'web.processes' => 1, 'site.url' => $url, 'site.languages' => 'de fr', 'site.quality_publish' => 0
});
$i->up;
my $site = "$i->{home}/site";

sub import_shops {
	my ($name, $town) = @_;
	open my $out, '>', "$i->{home}/shops.csv" or die $!;
	print $out "id,name,street,city,region,country,category,phone,hours\n";
	print $out "$_,$name $_,Weg $_,$town,Bern,CH,bakery,+41 33 222 33 1$_,Mo-Fr 08:00-12:00\n" for 1 .. 5;
	close $out or die $!;
	$i->run_ok('import', '--source', 'shops', "$i->{home}/shops.csv");
}
sub slug { my ($text) = @_; return lc($text) =~ s/'//gr =~ s/[^a-z0-9]+/-/gr =~ s/^-|-$//gr }
# What does not agree, in one tree.
sub odd {
	my ($tree, %files) = @_;
	my ($root, %page, @odd) = ("$url/$tree");
	$files{$_} =~ /<html/ && !defined Site::leads_to($files{$_}, $root) and $page{$_} = $files{$_}
		for grep {/\.html$/} keys %files;
	my $is_page = sub { my ($address) = @_; return $page{ Site::file_of($address =~ s{^\Q$root\E/}{}r) } };
	for my $path (sort keys %page) {
		my ($canonical) = $page{$path} =~ m{<link rel="canonical" href="([^"]*)">} or next;
		push @odd, "$path: canonical $canonical" if Site::file_of($canonical =~ s{^\Q$root\E/}{}r) ne $path;
		my ($block) = $page{$path} =~ m{<script type="application/ld\+json">(.*?)</script>}s;
		my $of = $block ? decode_json($block)->{'@graph'}[0]{url} // '' : 'none';
		push @odd, "$path: block of $of" if Site::is_business($path) && $of ne $canonical;
		my ($card) = $page{$path} =~ m{href="/$tree/([^"]*\.vcf)"};
		push @odd, "$path: card" if $card && $files{ Site::decoded($card) } !~ /^URL:\Q$canonical\E\r$/m;
		for my $link (grep { m{^/$tree/} } Site::links($page{$path})) {
			my $file = Site::file_of($link =~ s{^/$tree/|[?#].*}{}gr);
			push @odd, "$path links to $file" if $file =~ /\.html$/ && !$page{$file};
		}
	}
	my @listed = map { m{<loc>([^<]*\.html|[^<]*/)</loc>}g } map { $files{$_} } grep {/^sitemap/} keys %files;
	push @odd, 'empty sitemaps' if @listed < 10;
	push @odd, map {"sitemap: $_"} grep { !$is_page->($_) } @listed;
	my $found = 0;
	for my $leaf (grep { m{^s/.*\.bin$} && $_ ne 's/root.bin' } sort keys %files) {
		gunzip(\$files{$leaf}, \my $text) or next;
		for my $row (split /\n/, $text) {
			my (undef, undef, $name, $address, undef, undef, $town) = split /\t/, $row;
			# ID:NAME:FOLDER, without what follows from the name and the town
			my ($id, $own_name, $own_folder) = ($address // '') =~ /^(\w{13})(?::([^:]*)(?::(.*))?)?$/ or next;
			my $path = ($own_folder // slug($town)) . '/' . ($own_name || slug($name)) . "-$id.html";
			$found++;
			push @odd, "search: $path" if !$page{$path};
		}
	}
	push @odd, 'the search has no entries' if !$found;
	return @odd;
}
sub holds {
	my ($what) = @_;
	$i->run_ok('export', $site);
	my %files = Site::files($site);
	for my $tree (qw(de fr)) {
		my %in = map { s{^$tree/}{}r => $files{$_} } grep { m{^$tree/} } keys %files;
		is_deeply([ odd($tree, %in) ], [], "$what: all of /$tree/ agree");
	}
	my @unreal;
	for my $path (grep { m{^(?:de|fr)/.*\.html$} } sort keys %files) {
		for my $other ($files{$path} =~ m{<link rel="alternate" hreflang="[^"]+" href="\Q$url\E/([^"]*)">}g) {
			my $page = $files{ Site::file_of($other) } // '';
			push @unreal, "$path: $other" if $page !~ m{<link rel="canonical" href="\Q$url/$other\E">};
		}
	}
	is_deeply(\@unreal, [], '... and every page in another language names itself so');
}

import_shops('Shop', 'Thun');
holds('at first');
import_shops('Renamed', 'Spiez');
holds('renamed and moved');
my @ids = map { Instance::id_text($_) } $i->column('SELECT id FROM business ORDER BY id');
$i->run_ok('path', $ids[$_], "handmade/given-$_") for 0 .. 2;
holds('with other addresses');
$i->run_ok('path', $ids[0], 'handmade/once-more');
$i->run_ok('suppress', $ids[4]);
holds('once more, and one is gone');
$i->run_ok('down');
done_testing;
