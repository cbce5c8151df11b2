#!/usr/bin/perl
# What an upload needs: `export --changed` makes a copy of the site before into one of the site after, and files that
# did not change keep the time of their last change although two trees take turns.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use Instance;
use Site;
use Test::More;

my $i = Instance->make(settings => {
	'web.processes' => 1, 'site.url' => 'https://shops.example/all', 'site.quality_publish' => 0
});
$i->up;
$i->import_samples;
my ($site, $copy, $list) = map {"$i->{home}/$_"} qw(site copy changes);

# Do to the copy what the file says. Returns the lines, each as [what, path].
sub upload {
	my @lines = map { [ split /\t/ ] } split /\n/, Site::slurp($list);
	for (@lines) {
		my ($what, $path) = @$_;
		unlink "$copy/$path" or die "$path: $!" if $what eq 'delete';
		next if $what ne 'put';
		make_path(dirname("$copy/$path"));
		copy("$site/$path", "$copy/$path") or die "$path: $!";
	}
	return @lines;
}
sub export { $i->run_ok('export', '--changed', $list, $site) }
sub same { my ($what) = @_; is_deeply({ Site::files($copy) }, { Site::files($site) }, $what) }
sub change {
	my ($ids, $set) = @_;
	$i->sql("UPDATE business SET $set WHERE id IN ($ids)");
	$i->sql("UPDATE business_detail SET change = nextval('business_change'), updated_at = now() WHERE id IN ($ids)");
}
sub changed_at { return map { $_ => join '.', (stat "$site/$_")[9], (stat _)[7] } Site::paths($site) }

export();
my @first = upload();
same('a first export is a list of everything');
is_deeply([ grep { $_->[0] ne 'put' } @first ], [], 'with nothing to delete or to invalidate');
my %part = map { $first[$_][1] => $_ } 0 .. $#first;
my ($page) = grep { m{-\w{13}\.html$} } sort keys %part;
my ($leaf) = grep { m{^s/./} } sort keys %part;
my @order = @part{ 'assets/site.css', $leaf, $page, 'index.html', 's/root.bin', 'sitemap.xml' };
ok($order[$_] < $order[ $_ + 1 ], 'in the order of publication') for 1 .. 4;

export();
is(Site::slurp($list), '', 'nothing changed: an empty list');
my @ids = split /\n/, $i->sql(q{SELECT id FROM business_detail ORDER BY id});
change($ids[0], q{name = 'Renamed for an upload'});
$i->sql("DELETE FROM business_detail WHERE id = $ids[1]; DELETE FROM business WHERE id = $ids[1]");
export();
my @lines = upload();
same('a changed and a deleted record: the copy becomes the site');
my %kind;
$kind{ $_->[0] }++ for @lines;
ok($kind{put} && $kind{delete} && $kind{invalidate}, 'files are put and deleted, addresses invalidated');
my @what = map { $_->[0] } @lines;
my %rank = (put => 0, delete => 1, invalidate => 2);
is_deeply(\@what, [ sort { $rank{$a} <=> $rank{$b} } @what ],
	'what is gone is deleted after everything is there');
is_deeply([ grep { $_->[0] eq 'invalidate' && $_->[1] !~ m{^/all/} } @lines ], [], 'addresses are those of the site');
is_deeply([ grep { $_->[0] eq 'invalidate' && $_->[1] =~ m{/s/./|/assets/|index\.html$} } @lines ], [],
	'what never changes under its name is not invalidated, and folders by their address');

# ---- times ----
my %before = changed_at();
for my $name ('Once more', 'And again') {
	change($ids[2], "name = '$name'");
	my %content = Site::files($site);
	export();
	my %now = Site::files($site);
	my %after = changed_at();
	is_deeply([ grep { ($content{$_} // '') eq $now{$_} && ($before{$_} // '') ne $after{$_} } sort keys %now ], [],
		'every file that has not changed keeps its time');
	upload();
	same('and the copy follows');
	%before = changed_at();
}

# ---- what it does not do ----
for my $copies ('--gzip', '--brotli') {
	my ($code, $said) = $i->run('export', '--changed', $list, $copies, $site);
	ok($code && $said =~ /--changed does not name compressed copies/, "with $copies it is refused");
}

# ---- very much ----
my $generated = `$i->{bin}/holdfast generate 1200 --seed 3 2>/dev/null`;
open my $out, '>', "$i->{home}/more.ndjson" or die $!;
print $out $generated;
close $out;
$i->run_ok('import', '--source', 'more', '--licence', 'CC0-1.0', "$i->{home}/more.ndjson");
export();
upload();
same('many new records');
change('SELECT id FROM business', q{name = name || ' II'});
export();
@lines = upload();
same('everything renamed');
is_deeply([ map { $_->[1] } grep { $_->[0] eq 'invalidate' } @lines ], ['/all/*'],
	'so many addresses are invalidated by one wildcard');
$i->run_ok('down');
done_testing;
