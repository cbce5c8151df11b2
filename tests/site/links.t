#!/usr/bin/perl
# Links that the operator writes - in pages, slots, templates, translations, settings and shop.toml - lead to the page
# of the reader's language, or to the file or language that they name, wherever the site stands.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Basename 'dirname';
use File::Path 'make_path';
use Instance;
use Site;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;
$i->import_samples(qw(boutique.ndjson tiling-firm.json));
my $url = 'https://d.example';
my $shop = Instance::id_text($i->sql(q(SELECT id FROM business WHERE name LIKE 'Fadenspiel%')));

sub put {
	my ($path, $text) = @_;
	make_path(dirname("$i->{dir}/$path"));
	open my $out, '>', "$i->{dir}/$path" or die "$path: $!";
	print $out $text;
	close $out or die $!;
}
# Every form of a link to the imprint, and what names a file, a language or another host.
sub texts {
	my ($site, $base) = @_;
	put('web/public/flyer.pdf', '%PDF');
	put('web/public/house.png', 'PNG');
	put('web/public/visit/index.html', 'visit');
	put('web/site/pages/membership.md', <<~"END");
		# How to join

		Ask [us](/imprint/), [there](/imprint/#top), [at home](/), in [French](/fr/privacy/) or read
		[this]($site/imprint/), the [leaflet](/flyer.pdf), its [picture](/house.png), [how to come](/visit/),
		[more](https://other.example/imprint/).
		END
	put('web/site/slots/foot.mustache', <<~"");
		<p class="fine"><a href="/membership/">Join</a> <a href='/imprint/'>Who</a> <a href="{{base}}/privacy/">Data</a>
		<img src="/house.png" srcset="/house.png 2x" width="8" height="8" alt="Our house"></p>

	put('web/site/slots/head.mustache', "<style>.brand{background:url(/house.png)}</style>\n");
	put('web/po/de.po', qq(msgid "Home"\nmsgstr "Start"\n));
	put("shops/$shop/shop.toml", <<~"");
		story = "See [the directory]($site/), [who runs it]($site/imprint/), [us](/imprint/)."
		[[notice]]
		text = "[Join]($site/membership/)"
		until = 2099-01-01

	return ('site.url' => $site, 'site.contact_url' => '/membership/#write', 'web.processes' => 1,
		'site.quality_publish' => 0);
}
sub links_of { my ($html) = @_; return { map { $_ => 1 } Site::links($html) } }
sub has { # each of these links is on the page, none of those is
	my ($html, $with, $without, $what) = @_;
	my $links = links_of($html);
	is_deeply([ [ grep { !$links->{$_} } @$with ], [ grep { $links->{$_} } @$without ] ], [ [], [] ], $what)
		or diag join ' ', sort keys %$links;
}

for my $case ([ 'the root of a host', $url, '' ], [ 'a folder of a host', "$url/all", '/all' ]) {
	my ($where, $site, $base) = @$case;
	my %settings = texts($site, $base);

	$i->set(%settings);
	my $dir = "$i->{home}/one" . length $base;
	$i->run_ok('export', $dir);
	my %files = Site::files($dir);
	has($files{'membership/index.html'},
		[ map { "$base$_" } '/imprint/#top', qw(/imprint/ / /flyer.pdf /house.png /visit/ /fr/privacy/) ],
		[ $base ? '/imprint/' : () ], "one language at $where: links are below it");
	is_deeply([ grep { !m{/fr/privacy/$} } Site::broken($dir, $site) ],
		[], '... and lead somewhere, but that to a language there is not');

	my $many = "$i->{home}/many" . length $base;
	$i->set(%settings, 'site.languages' => 'de fr');
	$i->run_ok('export', $many);
	%files = Site::files($many);
	for my $l (qw(de fr)) {
		my $in = "$base/$l";
		has($files{"$l/membership/index.html"}, [
				"$in/imprint/", "$in/imprint/#top", "$in/", "$base/fr/privacy/", "$site/$l/imprint/",
				"$base/flyer.pdf", "$base/house.png", "$base/visit/", 'https://other.example/imprint/'
			], [ '/imprint/', "$site/imprint/" ],
			"$l at $where: a page's links lead to the reader's language, or what they name");
		has($files{"$l/membership/index.html"}, [ "$in/membership/", "$in/privacy/" ], ['/membership/'],
			'so do those of slots');
		like($files{"$l/index.html"}, qr{<img src="\Q$base\E/house\.png" srcset="\Q$base\E/house\.png 2x"},
			'a picture of the operator is at the root');
		like($files{"$l/index.html"}, qr{url\(\Q$base\E/house\.png\)}, 'also in a style');
		has($files{"$l/imprint/index.html"}, ["$in/membership/#write"], [], 'site.contact_url is one, too');
		my ($business) = grep { m{^$l/} && Site::is_business($_) } sort keys %files;
		like($files{$business}, qr{href="\Q$in\E/membership/\?business=\w{13}&amp;topic=claim#write"},
			'with the business in it, before the fragment');
	}
	is_deeply([ Site::broken($many, $site) ], [], 'no link leads nowhere');

	my $own = "$i->{home}/shop" . length $base;
	$i->run_ok('export', '--shop', $shop, '--domain', 'shop.example', $own);
	my $page = Site::slurp("$own/index.html");
	has($page, [ "$site/de/", "$site/de/imprint/", "$site/de/membership/", '/imprint/' ], ["$site/imprint/"],
		'texts of a shop lead to the directory in its language, and to its own pages');
}
$i->run_ok('down');
done_testing;
