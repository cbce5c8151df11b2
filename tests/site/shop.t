#!/usr/bin/perl
# The site of a single shop: which files it has, what its pages say to people and to search engines, what shop.toml
# adds, and that a file that is wrong, a kill or a foreign folder costs nothing of what is published.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Path 'make_path';
use Instance;
use JSON::XS;
use POSIX 'strftime';
use Program;
use Site;
use Test::More;
use Wait;

my $i = Instance->make(settings => { 'web.processes' => 1, 'site.url' => 'https://shops.example' });
$i->up;
$i->import_samples(qw(boutique.ndjson tiling-firm.json));
my $home = $i->{home};
my %id = map { reverse split /\|/ } split /\n/, $i->sql('SELECT id, name FROM business');
my ($boutique, $tiler) = map { Instance::id_text($id{$_}) } 'Fadenspiel', 'Fliesen Falkner & Amsel';

sub export {
	my (@arguments) = @_;
	my ($code, $text) = $i->run('--json', 'export', @arguments);
	my ($json) = $text =~ /^(\{.*\})$/m;
	my $report = $json ? decode_json($json) : {};
	return { %{ $report->{shops}[0] // {} }, code => $code, text => $text };
}
sub shop { my ($id, $domain, $dir) = @_; return export('--shop', $id, '--domain', $domain, "$home/$dir") }
sub put {
	my ($path, $text) = @_;
	make_path($path =~ s{/[^/]*$}{}r);
	open my $out, '>:utf8', $path or die "$path: $!";
	print $out $text;
	close $out;
}
sub toml { my ($id, $text) = @_; put("$i->{dir}/shops/$id/shop.toml", $text) }
sub graph { my ($page) = @_; return map { @{ decode_json($_)->{'@graph'} } } blocks($page) }
sub blocks { my ($page) = @_; return $page =~ m{<script type="application/ld\+json">(.*?)</script>}g }
sub day { my ($days) = @_; return strftime('%Y-%m-%d', gmtime(time + $days * 86400)) }
sub findings {
	my ($dir) = @_;
	my $found = decode_json(`$i->{bin}/holdfast --json audit site '$dir' 2>/dev/null`)->{findings};
	return [ map {"$_->{file}: $_->{rule}: $_->{message}"} @$found ];
}
# Goods of the boutique, and a change that an export sees.
sub goods {
	my (@names) = @_;
	my $items = encode_json({ items => [ map { { name => $_, price => '12.00', currency => 'EUR' } } @names ] });
	$items =~ s/'/''/g;
	$i->sql("UPDATE business_detail SET offers = '$items', updated_at = now(), "
			. "change = nextval('business_change') WHERE id = $id{Fadenspiel}");
}

# ---- a shop on one page ----
my $first = shop($boutique, 'fadenspiel.example', 'boutique');
is($first->{generation}, 1, 'a first export') or diag $first->{text};
my %files = Site::files("$home/boutique");
is_deeply([ sort keys %files ], [ sort qw(index.html imprint/index.html privacy/index.html 404.html robots.txt
		sitemap.xml CNAME assets/icon.svg assets/open.js fadenspiel.vcf fadenspiel.ics) ],
	'a whole site: pages, map, address, icon, vCard, calendar');
is_deeply([ Site::broken("$home/boutique", 'https://fadenspiel.example') ], [], 'no link leads nowhere');
is_deeply(findings("$home/boutique"), [], 'our own audit finds nothing');
is($files{CNAME}, "fadenspiel.example\n", 'the domain stands where hosts read it');
my $page = $files{'index.html'};
like($page, qr{<link rel="canonical" href="https://fadenspiel\.example/">}, 'the page is its domain\'s canonical one');
like($page, qr{<meta http-equiv="Content-Security-Policy" content="default-src 'self'; },
	'it may load nothing from others');
like($page, qr{name="description" content="Kleider, Taschen und [^"]+ 089 99998980">},
	'its description has the telephone');
my ($business, $website) = graph($page);
is($business->{'@type'}, 'ClothingStore', 'the block has the most specific type');
is($business->{url}, 'https://fadenspiel.example/', 'its address is the shop\'s own');
is($website->{'@type'}, 'WebSite', 'and the site is described');
is($website->{publisher}{'@id'}, $business->{'@id'}, 'as the shop\'s');
is_deeply([ grep { exists $_->{availability} } @{ $business->{makesOffer} } ], [], 'no offer has a stock state');
like($page, qr{<a class="b main" href="sms:\+498999998980">}, 'the way in that the record names leads');
my @urls = $files{'sitemap.xml'} =~ m{<loc>(.*?)</loc>}g;
is_deeply(\@urls, [ map {"https://fadenspiel.example/$_"} '', 'imprint/', 'privacy/' ], 'the map has the pages');
is_deeply([ grep { $files{$_} =~ /<form|add to (?:cart|basket)|checkout|document\.cookie|https?:\/\/[^"]*\.js/i }
			keys %files ],
	[], 'no cart, no form, no cookie, no script of others');
is_deeply([ grep { $files{$_} =~ /<link[^>]+stylesheet|\@import|url\((?!#|"data:)/ } keys %files ], [],
	'the sheet is in the page: one request shows it');
cmp_ok(length $page, '<', 24_000, 'and it is small');
my $again = shop($boutique, 'fadenspiel.example', 'boutique');
ok($again->{nothing_changed} && $again->{generation} == 1, 'a second export finds nothing to do')
	or diag $again->{text};

export('--gzip', '--shop', $boutique, '--domain', 'fadenspiel.example', "$home/boutique");
ok(-e "$home/boutique/index.html.gz", 'with --gzip the copies of pages that did not change are there, too');
shop($boutique, 'fadenspiel.example', 'boutique');
is_deeply([ grep {/\.gz$/} Site::paths("$home/boutique") ], [], 'without it none is left to be served instead');

my $tiled = shop($tiler, 'fliesen-falkner.example', 'tiler');
is($tiled->{code}, 0, 'the tiling firm has a site, too') or diag $tiled->{text};
my $firm = Site::slurp("$home/tiler/index.html");
is_deeply(findings("$home/tiler"), [], 'and our audit finds nothing');
cmp_ok(index($firm, '<li>Birkenfurt'), '<', index($firm, '<li><span>Badsanierung'), 'towns come before services');
like($firm, qr{<a class="b main" href="tel:}, 'without a link to reserve, a call leads');
is((graph($firm))[0]{'@type'}, 'HomeAndConstructionBusiness', 'its type is its trade\'s');
is(scalar(grep {/\.html$/} Site::paths("$home/tiler")), 4, 'there is no page for a town');

# ---- shop.toml ----
my ($yesterday, $today, $tomorrow) = map { day($_) } -1, 0, 1;
toml($boutique, <<"TOML");
tagline = "Dresses <by> daylight."
reserve = "https://wa.me/498999998980"
theme = "plain"
story = """
We sew **everything** ourselves. <script>x</script>
"""
imprint = "Owner: *E. Example*"
[[notice]]
text = "Old notice"
until = $yesterday
[[notice]]
text = "Present notice"
until = $today
[[notice]]
text = "Future notice"
from = $tomorrow
until = $tomorrow
TOML
is(shop($boutique, 'fadenspiel.example', 'boutique')->{code}, 0, 'with words of its own');
$page = Site::slurp("$home/boutique/index.html");
like($page, qr{<p class="lead">Dresses &lt;by&gt; daylight\.</p>}, 'the tagline leads, escaped');
like($page, qr{<strong>everything</strong> ourselves\. &lt;script&gt;}, 'the story is Markdown, HTML in it is text');
like($page, qr{class="b main" href="https://wa\.me/498999998980"}, 'its link to reserve goes before the record\'s');
ok($page =~ /Present notice/ && $page !~ /Old notice|Future notice/,
	'a notice is shown from its first to its last day');
like(Site::slurp("$home/boutique/imprint/index.html"), qr{Owner: <em>E\. Example</em>}, 'the imprint has its lines');
is_deeply(findings("$home/boutique"), [], 'and our audit finds nothing');

my $published = Site::fingerprint("$home/boutique", 1);
for my $wrong ([ "tagline = \"a\"\ntagg = \"b\"\n", qr{shops/$boutique/shop\.toml:2: unknown key 'tagg'} ],
	[ 'reserve = "javascript:alert(1)"', qr{shop\.toml:1: reserve: a link that begins with} ],
	[ "\nstory = \"\"\"[a](ftp://b)\"\"\"", qr{shop\.toml:2: story: the address "ftp://b"} ],
	[ 'theme = "pink"', qr{shop\.toml: theme: there is no theme 'pink'} ])
{
	toml($boutique, $wrong->[0]);
	my $refused = shop($boutique, 'fadenspiel.example', 'boutique');
	ok($refused->{code} == 1 && $refused->{text} =~ $wrong->[1], "refused by file, line and cause: $wrong->[1]")
		or diag $refused->{text};
}
is(Site::fingerprint("$home/boutique", 1), $published, 'and the published site is the same file for file');
unlink "$i->{dir}/shops/$boutique/shop.toml" or die;

# ---- how many pages ----
goods(map {"Good $_"} 1 .. 24);
shop($boutique, 'fadenspiel.example', 'boutique');
ok(!-e "$home/boutique/goods", '24 goods are on the one page');
goods('index', 'Twice', 'Twice', "\x{79cb}", map {"Good $_"} 5 .. 25);
my $many = shop($boutique, 'fadenspiel.example', 'boutique');
my @goods = grep {m{^goods/.*\.html$}} Site::paths("$home/boutique");
is(scalar @goods, 26, '25 have a page each and one for all') or diag $many->{text}, explain \@goods;
is_deeply([ Site::broken("$home/boutique", 'https://fadenspiel.example') ], [], 'each is linked, also of equal names');
is_deeply(findings("$home/boutique"), [], 'our audit finds nothing');
my (undef, $product) = graph(Site::slurp("$home/boutique/goods/good-7.html"));
is_deeply([ @$product{qw(@type name url)}, $product->{offers}{price}, exists $product->{offers}{availability} ? 1 : 0 ],
	[ 'Product', 'Good 7', 'https://fadenspiel.example/goods/good-7.html', '12.00', 0 ],
	'the page of a good is a Product with a price and without a stock state');
like(Site::slurp("$home/boutique/goods/good-7.html"), qr{href="sms:\+498999998980\?body=Good%207"},
	'what is put aside is named in the message');
is_deeply([ sort map { s{^https://fadenspiel\.example/}{}r } Site::slurp("$home/boutique/sitemap.xml")
			=~ m{<loc>(.*?)</loc>}g ],
	[ sort map { s{(^|/)index\.html$}{$1}r } grep { /\.html$/ && $_ ne '404.html' } Site::paths("$home/boutique") ],
	'the map has every page');
goods('One');
shop($boutique, 'fadenspiel.example', 'boutique');
ok(!-e "$home/boutique/goods", 'with few goods the pages are gone');
for my $case ([ 1500, 0 ], [ 1501, 1 ]) {
	my ($letters, $own) = @$case;
	my $text = "First part.\n\n" . "\xe4" x ($letters - 12); # the empty line counts as one blank
	toml($boutique, "story = \"\"\"\n$text\"\"\"\n");
	shop($boutique, 'fadenspiel.example', 'boutique');
	is(-e "$home/boutique/story/index.html" ? 1 : 0, $own, "a story of $letters letters has a page of its own: $own");
}
is_deeply(findings("$home/boutique"), [], 'our audit finds nothing');
unlink "$i->{dir}/shops/$boutique/shop.toml" or die;

# ---- nothing is lost ----
put("$home/boutique/google123.html", 'google-site-verification');
put("$i->{dir}/shops/$boutique/public/menu.txt", 'soup');
toml($boutique, "tagline = \"Second\"\n");
shop($boutique, 'fadenspiel.example', 'boutique');
is(Site::slurp("$home/boutique/google123.html"), 'google-site-verification', 'a file put there by hand stays');
is(Site::slurp("$home/boutique/menu.txt"), 'soup', 'and the shop\'s own files are published');
{
	# A full disk, by a limit of file sizes: the run ends in the middle of the journal, a page, the manifest.
	my $before = Site::fingerprint("$home/boutique", 1);
	my $killed = 0;
	for my $size (0, 200, 4000, 16_000, 24_000) {
		toml($boutique, "tagline = \"Limit $size\"\n");
		my $limit = int($size / 1024);
		my @command = $i->command('export', '--shop', $boutique, '--domain', 'fadenspiel.example', "$home/boutique");
		my $said = `ulimit -f $limit; @command 2>&1`;
		$killed += $? != 0;
		is(Site::fingerprint("$home/boutique", 1), $before, "a disk full after $size bytes: nothing is lost") if $?;
		$before = Site::fingerprint("$home/boutique", 1) if !$?;
	}
	cmp_ok($killed, '>', 1, 'runs did fail');
	my $program = Program->start('export', [
			$i->command('export', '--shop', $boutique, '--domain', 'fadenspiel.example', "$home/boutique") ],
		log => "$home/killed.log", ready => sub {1});
	$program->kill;
	toml($boutique, "tagline = \"After all\"\n");
	my $report = shop($boutique, 'fadenspiel.example', 'boutique');
	is($report->{code}, 0, 'the next run completes') or diag $report->{text};
	like(Site::slurp("$home/boutique/index.html"), qr/After all/, 'with what is true now');
	is_deeply([ Site::broken("$home/boutique", 'https://fadenspiel.example') ], [], 'as a whole');
	shop($boutique, 'other.example', 'fresh');
	my $fresh = shop($boutique, 'fadenspiel.example', 'fresh');
	is($fresh->{code}, 0, 'a new domain');
	my %here = Site::files("$home/boutique");
	delete $here{'google123.html'};
	is_deeply(\%here, { Site::files("$home/fresh") }, 'file for file what a fresh export makes');
}
my $one = export('--shop', Instance::id_text(5), "$home/none");
ok($one->{code} == 1 && $one->{text} =~ /there is no business/, 'a business that is not there') or diag $one->{text};
ok(!-e "$home/none", 'leaves no folder');

# ---- with the directory ----
$i->set('web.processes' => 1, 'site.url' => 'https://shops.example',
	'shops' => "$boutique fadenspiel.example shops/b\nshops = $tiler fliesen-falkner.example $home/t");
toml($boutique, "nonsense\n");
my ($code, $text) = $i->run('--json', 'export');
my ($json) = $text =~ /^(\{.*\})$/m;
my $both = decode_json($json);
is($code, 1, 'a run in which one shop is refused says so');
is(scalar @{ $both->{shops} }, 2, 'and does the others');
like($both->{shops}[0]{error} // '', qr{shop\.toml:1: a line is}, 'by name');
ok(-e "$home/t/index.html" && -e "$i->{dir}/site/index.html" && !-e "$i->{dir}/shops/b/index.html",
	'directory and other shop are there');
toml($boutique, '');
is(($i->run('export'))[0], 0, 'repaired');
ok(-e "$i->{dir}/shops/b/index.html", 'it is there, below the instance');
my ($entry) = grep {/<h1>Fadenspiel/} map { Site::slurp("$i->{dir}/site/$_") } grep {/\.html$/}
	Site::paths("$i->{dir}/site");
like((blocks($entry))[0], qr{"sameAs":\[[^\]]*"https://fadenspiel\.example/"}, 'the directory\'s entry names the site');
unlike($entry, qr{rel="canonical" href="https://fadenspiel}, 'and stays the canonical page of the directory');
my $taken = export('--shop', $boutique, '--domain', 'fadenspiel.example', "$i->{dir}/site");
ok($taken->{code} == 1 && $taken->{text} =~ /is the site of the directory; name another folder/,
	'the directory\'s folder is not overwritten')
	or diag $taken->{text};
for my $wrong ([ "$boutique fadenspiel.example", qr/three words/ ], [ 'x y z', qr/'x' is not an id/ ],
	[ "$boutique a/b c", qr/is not a domain/ ],
	[ "$boutique a.example c\nshops = $boutique b.example d", qr/those of another line/ ],
	[ "$boutique a.example $i->{dir}/site/shop", qr/in the folder of the directory/ ])
{
	$i->set('web.processes' => 1, shops => $wrong->[0]);
	my ($failed, $said) = $i->run('export');
	ok($failed == 1 && $said =~ $wrong->[1], "shops = $wrong->[0] is refused") or diag $said;
}
done_testing;
