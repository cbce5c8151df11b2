#!/usr/bin/perl
# Pages of the operator: web/site/pages/NAME.md is /NAME/, with its title, description and a link in every foot; a
# mistake is named with file and line, and the published site stays.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path 'make_path';
use Instance;
use Site;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1, 'site.url' => 'https://d.example' });
$i->up;
$i->import_samples('boutique.ndjson');
my ($pages, $dir) = ("$i->{dir}/web/site/pages", "$i->{home}/site");
make_path($pages);

sub put { my ($name, $text) = @_; open my $out, '>', "$pages/$name" or die $!; print $out $text; close $out }

put('membership.md', "# How to *join*\n\nAsk <us> at [the office](/imprint/).\n\n- one\n- two\n");
$i->run_ok('export', $dir);
my %files = Site::files($dir);
my $page = $files{'membership/index.html'} // '';
like($page, qr{<h1>How to join</h1>}, 'its first heading is its title');
like($page, qr{<p>Ask &lt;us&gt; at <a href="/imprint/">the office</a>\.\s*</p>},
	'its text is Markdown, HTML in it is text');
like($page, qr{name="description" content="Ask &lt;us&gt; at the office\.">}, 'its first paragraph describes it');
like($page, qr{<link rel="canonical" href="https://d\.example/membership/">}, 'it has an address of its own');
like($files{'sitemap-places.xml'}, qr{<loc>https://d\.example/membership/</loc>}, 'and is in the map of the site');
my @without = grep { /\.html$/ && $files{$_} !~ m{<a href="/membership/">How to join</a>} } sort keys %files;
is_deeply(\@without, [], 'every page links to it in its foot');
is_deeply([ Site::broken($dir, 'https://d.example') ], [], 'no link leads nowhere');

put('membership.md', "# How to join\n\nBy post.\n");
$i->run_ok('export', $dir);
like(Site::slurp("$dir/membership/index.html"), qr{<p>By post\.\s*</p>}, 'a changed text is published');

my $published = Site::fingerprint($dir);
for my $case (
	[ 'untitled.md', "Text\n", qr{untitled\.md: line 1: it begins with no title} ],
	[ 'link.md', "# A\n\n[x](javascript:1)\n", qr{link\.md: line 3: } ],
	[ 'Über uns.md', "# A\n", qr{the name of a page is lower-case letters} ],
	[ 'sources.md', "# A\n", qr{no other address of the site} ],
	[ 'erlenau.md', "# A\n", qr{erlenau\.md: a town of the directory has this address} ])
{
	my ($name, $text, $says) = @$case;
	put($name, $text);
	my ($code, $said) = $i->run('export', $dir);
	ok($code == 1 && $said =~ $says, "$name is refused by name") or diag $said;
	unlink "$pages/$name";
}
is(Site::fingerprint($dir), $published, 'and the published site stays');
unlink "$pages/membership.md";
$i->run_ok('export', $dir);
ok(!-e "$dir/membership", 'without its file the page is gone');
done_testing;
