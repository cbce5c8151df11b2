#!/usr/bin/perl
# Files of the operator in the exported site: web/public is copied, what was put into the published folder by hand
# survives every exchange of trees; and a site below a path, as our own audit sees it.
use strict;
use warnings;
use File::Path 'make_path';
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use JSON::XS;
use Program;
use Site;
use Test::More;

my $i = Instance->make(
	settings => { 'web.processes' => 1, 'site.url' => "HTTPS://B\xc3\xa4ckerei.Example:443/Verzeichnis/" });
$i->up;
my $site = "$i->{home}/site";
sub export {
	my ($code, $text) = $i->run('--json', 'export', @_, $site);
	my ($json) = $text =~ /^(\{.*\})$/m;
	return $code ? { failed => $text, code => $code } : decode_json($json // die $text);
}

sub put {
	my ($path, $text) = @_;
	make_path($path =~ s{/[^/]*$}{}r);
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out;
}
sub slurp { my ($path) = @_; open my $in, '<', $path or return undef; local $/; return scalar <$in> }
my $change = 0;
# A change of a business, so that the next export exchanges the trees.
sub change {
	$change++;
	$i->sql(
		"UPDATE business_detail
			SET description = 'Text $change', change = nextval('business_change'), updated_at = now()
				WHERE id = (SELECT min(id) FROM business)"
	);
}

$i->import_samples(qw(boutique.ndjson tiling-firm.json town.geojson association.csv));

# ---- web/public ----
my $public = "$i->{dir}/web/public";
my %mine
	= ('CNAME' => "shops.example\n", '.nojekyll' => '',
	'.well-known/security.txt' => "Contact: https://shops.example/\n",
	'google123.html' => 'google-site-verification: google123.html', 'images/a b.png' => "\x89PNG" . 'x' x 300_000);
put("$public/$_", $mine{$_}) for keys %mine;
my $first = export();
is($first->{generation}, 1, 'a first export') or diag explain $first;
is_deeply({ map { $_ => slurp("$site/$_") } keys %mine }, \%mine, 'files of web/public are published as they are');
is(export()->{nothing_changed}, JSON::XS::true, 'when nothing has changed, nothing is done');
put("$public/images/new.svg", '<svg/>');
unlink "$public/CNAME";
my $second = export();
ok(!$second->{nothing_changed}, 'a file that is new there is a reason to export');
is(slurp("$site/images/new.svg"), '<svg/>', 'it is published');
ok(!-e "$site/CNAME", 'and what was taken out is gone');
is(slurp("$site/images/a b.png"), $mine{'images/a b.png'}, 'the others stay');
put("$public/third.txt", 'third');
my $third = export();
ok(!$third->{whole} && $third->{read} == 0 && slurp("$site/third.txt") eq 'third',
	'and none to render businesses again')
	or diag explain $third;
put("$public/index.html", 'mine');
my $refused = export();
ok($refused->{code} && $refused->{failed} =~ m{web/public/index\.html: the export writes a file of this name itself},
	'a file that the export writes itself is refused, by name')
	or diag explain $refused;
unlink "$public/index.html";
symlink '/etc/passwd', "$public/passwd" or die;
export();
ok(!-e "$site/passwd" && !-l "$site/passwd", 'a link there is not published');

# ---- what a page says of hours and of itself ----
{
	my ($with, $without) = split /\n/, $i->sql('SELECT id FROM business WHERE quality_score > 10 ORDER BY id LIMIT 2');
	$i->sql(
		"UPDATE business SET hours = 'Mo-Fr 09:00-17:00; Dec 24-26 off; PH off', timezone = 'Europe/Zurich', "
			. "phone = '+41319999999', street = 'Main street 1', city = 'Bern' WHERE id = $with"
	);
	$i->sql("UPDATE business SET hours = NULL, phone = NULL, street = NULL, city = 'Bern' WHERE id = $without");
	$i->sql(
		"UPDATE business_detail SET website = NULL, description = NULL, change = nextval('business_change'),
			updated_at = now() WHERE id IN ($with, $without)"
	);
	export();
	my $path = sub { return "$site/" . Site::page($site, Instance::id_text($_[0])) };
	my ($rich, $poor) = map { slurp($path->($_)) } $with, $without;
	like($rich, qr/Closed 24\xe2\x80\x9326 December/, 'days of the year on which it is closed are said in words');
	like($rich, qr/Closed on public holidays/, 'and public holidays');
	like($rich, qr/Monday.*Friday/s, 'beside the table of the week');
	unlike($rich, qr/Dec 24-26 off|data-week=/,
		'the text of opening_hours is not shown, and no script reckons with weeks that are not every week');
	like($rich, qr/name="description" content="[^"]*: address, opening hours, telephone\.">/,
		'the description names what the page has');
	like($poor, qr/name="description" content="[^":]*\.">/, 'and nothing that it has not');
}

# ---- files that were put into the published folder ----
my %foreign = ('BingSiteAuth.xml' => '<users/>', 'shop/index.html' => '<p>my own page</p>', 'shop/deep/x.txt' => 'x',
	'assets/logo.png' => 'logo', 'b/readme.txt' => 'hello', '.well-known/acme/token' => 'token');
# Also in the folders of businesses.
my ($town) = map {m{^([^/]+)/}} grep { Site::is_business($_) && !m{^in/} } Site::paths($site);
$foreign{"$town/menu.pdf"} = 'menu';
$foreign{"$town/photos/1.txt"} = 'one';
put("$site/$_", $foreign{$_}) for keys %foreign;
for my $round (1 .. 5) {
	change();
	my $report = export();
	ok(!$report->{failed} && !$report->{nothing_changed}, "exchange $round") or diag explain $report;
	is_deeply({ map { $_ => slurp("$site/$_") } keys %foreign }, \%foreign, '... what was put there stands there');
}
put("$site/BingSiteAuth.xml", '<users>2</users>');
unlink "$site/shop/deep/x.txt", "$site/b/readme.txt", "$site/$town/menu.pdf";
for my $round (1 .. 3) {
	change();
	export();
	is(slurp("$site/BingSiteAuth.xml"), '<users>2</users>', 'what was changed there stays changed');
	is(slurp("$site/$town/photos/1.txt"), 'one', '... what is beside businesses, too');
	ok(!-e "$site/shop/deep" && !-e "$site/b/readme.txt" && !-e "$site/$town/menu.pdf",
		'and what was removed does not come back');
}
my ($page) = grep { Site::is_business($_) } Site::paths($site);
$i->sql('DELETE FROM business');
export();
my @pages = grep { Site::is_business($_) } Site::paths($site);
is(scalar @pages, 0, 'pages of what is no more are nobody\'s own files');
my @lists = glob "$site/in/*/*.html $site/kind/*/*.html";
is_deeply([ grep { slurp($_) !~ m{http-equiv="refresh" content="0; url=/Verzeichnis/"} } @lists ], [],
	'nor are lists, whose addresses lead to the home page');

# ---- where it is served ----
$i->import_samples(qw(boutique.ndjson tiling-firm.json town.geojson association.csv));
export();
like(slurp("$site/sitemap.xml"), qr{<loc>https://xn--bckerei-5wa\.example/Verzeichnis/},
	'site.url has one spelling: punycode, no port, no closing slash');
like(slurp("$site/index.html"), qr{href="/Verzeichnis/assets/site\.css}, 'links lead below its path');
my $text = `$i->{bin}/holdfast --json audit site '$site' 2>/dev/null`;
my @errors = grep { $_->{severity} eq 'error' } @{ decode_json($text)->{findings} };
is_deeply([ map {"$_->{file}: $_->{rule}: $_->{message}"} @errors ], [],
	'our audit learns the path and finds no error');

for my $wrong ([ 'example.org', 'does not begin with' ], [ 'https://example.org/?a=1', 'query' ],
	[ 'https://user@example.org', 'user name' ], [ 'ftp://example.org', 'does not begin with' ],
	[ 'https://exa mple.org', 'host' ], [ 'https://example.org:99999', 'port' ])
{
	$i->set('site.url' => $wrong->[0]);
	my ($code, $said) = $i->run('export', $site);
	ok($code == 1 && $said =~ /holdfast\.conf:\d+: .*site\.url.*\Q$wrong->[1]\E.*write it as https/s,
		"site.url = $wrong->[0] is refused, with file and line")
		or diag $said;
}
done_testing;
