#!/usr/bin/perl
# The static export: what is written, what is not written again, and that the published folder is one whole generation
# whatever happens to a run.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Instance;
use Encode ();
use JSON::XS;
use Program;
use Site;
use Test::More;
use Time::HiRes qw(time);
use Wait;

my $i = Instance->make(
	settings => {
		'web.processes' => 1, 'site.url' => 'https://shops.example', 'site.name' => 'Shops of the Test',
		'site.operator' => 'Example Operator|Main street 1'
	});
$i->up;
our $site = "$i->{home}/site";

sub import_text {
	my ($name, $text, $source) = @_;
	open my $out, '>', "$i->{home}/$name" or die $!;
	print $out $text;
	close $out;
	my ($code, $said)
		= $i->run('import', '--source', $source, '--source-name', "Source $source", '--licence', 'CC0-1.0',
		"$i->{home}/$name");
	die $said if $code;
}
sub export {
	my (@options) = @_;
	my ($code, $text) = $i->run('--json', 'export', @options, $site);
	my ($json) = $text =~ /^(\{.*\})$/m;
	return $code ? { failed => $text, code => $code } : decode_json($json // die $text);
}
# Paths do not change: those that are new are read together.
my %path;
sub path_of {
	my ($id) = @_;
	%path = map { @$_ } $i->rows('SELECT id, path FROM business_path') if !exists $path{$id};
	return "$path{$id}-" . Instance::id_text($id) . '.html';
}
# Ids of businesses that have a page, in order.
sub paged {
	return grep { -e "$site/" . path_of($_) } split /\n/, $i->sql('SELECT id FROM business ORDER BY id');
}

sub touch {
	$i->sql('UPDATE business SET ' . $_[1] . " WHERE id IN ($_[0])");
	$i->sql("UPDATE business_detail SET change = nextval('business_change'), updated_at = now() WHERE id IN ($_[0])");
}

# ---- the first export ----
{
	my $report = export('--dry-run');
	ok(!-e $site && !-e "$site.state", 'a dry run of a first export makes nothing') or diag explain $report;
}
$i->import_samples(qw(boutique.ndjson tiling-firm.json town.geojson association.csv));
my $generated = `$i->{bin}/holdfast generate 300 --seed 7 2>/dev/null`;
import_text('generated.ndjson', $generated, 'generated');
my $first = export();
is($first->{generation}, 1, 'a first export') or die explain $first;
is($first->{pages} + $first->{withheld}, $i->sql('SELECT count(*) FROM business'),
	'every business has a page or is withheld');
my %files = Site::files($site);
is(scalar(grep { Site::is_business($_) } keys %files), $first->{pages}, 'a file for each page of a business');
is_deeply([ Site::broken($site, 'https://shops.example') ], [], 'no link of any page leads nowhere');
ok($files{$_}, "there is $_")
	for
	qw(index.html 404.html robots.txt sitemap.xml sources/index.html imprint/index.html
		privacy/index.html assets/site.css);
my %linked;

for my $page (grep {/\.html$/} keys %files) {
	$linked{ Site::decoded(s/[?#].*//r =~ s{^/}{}r) } = 1 for Site::links($files{$page});
}
is_deeply([ grep { Site::is_business($_) && !$linked{$_} } sort keys %files ], [],
	'every page of a business is reached from a list');
is_deeply([
		grep {
				   /\.html$/
				&& $_ ne '404.html'
				&& $files{$_} !~ /noindex/
				&& $files{$_} !~ m{<link rel="canonical" href="https://shops\.example/}
		} sort keys %files
	],
	[],
	'every indexed page says its address'
);
is_deeply([
		grep {
			$files{$_} =~ m{<script(?! src="/assets/(?:open|search)\.js[^"]*" defer>| type="application/ld\+json">)}
		}
		grep {/\.html$/} sort keys %files
	],
	[],
	'no page has a script inside'
);
is_deeply([
		grep {
				   $files{$_} =~ /(?:src|srcset|action)="(?:https?:)?\/\//i
				|| $files{$_} =~ /<link[^>]+rel="(?:stylesheet|icon|preload|preconnect)"[^>]+href="https?:/
		} grep {/\.html$/} keys %files
	],
	[],
	'no page asks anybody else for anything'
);
is_deeply([
		grep { $files{$_} =~ /<form(?![^>]* role="search")|add to (?:cart|basket)|checkout|document\.cookie/i }
		grep {/\.(?:html|js)$/} keys %files
	],
	[],
	'there is no cart, no account, no cookie'
);
# What search engines and those who share a page are told is what the page says.
my @odd;
for my $path (grep {/\.html$/} sort keys %files) {
	my $page = $files{$path};
	next if defined Site::leads_to($page, 'https://shops.example');
	my %og = $page =~ m{<meta property="og:(\w+)" content="([^"]*)">}g;
	my ($canonical) = $page =~ m{<link rel="canonical" href="([^"]*)">};
	my ($about) = $page =~ m{<meta name="description" content="([^"]*)">};
	push @odd, $path if defined $canonical ? $og{url} ne $canonical || ($og{description} // '') ne ($about // '') : %og;
	push @odd, "$path: title" if defined $canonical && index($page, "<title>$og{title}") < 0;
	my ($name) = $page =~ m{<h1>([^<]*)</h1>};
	push @odd, "$path: name" if Site::is_business($path) && index($page, "<title>$name \xe2\x80\x93 ") < 0;
	(my $plain = $about // '') =~ s/&[^;]*;/x/g;
	push @odd, "$path: long" if Site::is_business($path) && length(Encode::decode_utf8($plain)) > 155;
}
is_deeply(\@odd, [], 'title, description, Open Graph and canonical address of every page say the same');
like($files{'index.html'}, qr/"\@type":"WebSite"/, 'the home page names the site');
unlike($files{'index.html'}, qr/SearchAction/, '... and no search box that nobody shows');
is_deeply([ grep { m{^(?:in|[^/]+)/.*\.html$} && !m{/index\.html$} && !Site::is_business($_)
	&& $files{$_} !~ /"\@type":"ItemList"/ } sort keys %files ], [],
	'every list is one for search engines');
cmp_ok(length $files{'assets/open.js'}, '<', 3100, 'the script is small');

# ---- sitemaps ----
my @parts = $files{'sitemap.xml'} =~ m{<loc>https://shops\.example/([^<]+)</loc>}g;
my @urls = map { $files{$_} =~ m{<loc>https://shops\.example/([^<]*)</loc>}g } @parts;
my %urls = map { ($_ =~ m{(?:^|/)$} ? "${_}index.html" : Site::decoded($_)) => 1 } @urls;
is(scalar @urls, scalar keys %urls, 'no address stands in a sitemap twice');
is_deeply([ sort keys %urls ], [ sort grep { /\.html$/ && $_ ne '404.html' && $files{$_} !~ /noindex/ } keys %files ],
	'the sitemaps name every page that may be indexed, and no other');
like($files{'robots.txt'}, qr{^Sitemap: https://shops\.example/sitemap\.xml$}m, 'robots.txt names the sitemap');
my $day = $i->sql("SELECT to_char(max(updated_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM business_detail");
my %days = map { $_ => 1 } map { $files{$_} =~ m{<lastmod>([^<]*)}g } @parts;
is_deeply([keys %days], [$day], 'lastmod is the day of the last change');
$i->sql("UPDATE business_detail SET updated_at = '2020-02-03T12:00:00Z' WHERE id = (SELECT min(id) FROM business)");

# ---- the shop that is a place ----
my ($boutique) = grep { /Reserve|data-week/
	&& /class="goods"/ } map { $files{$_} } grep { Site::is_business($_) } sort keys %files;
like($boutique // '', qr/class="price">/, 'goods stand there with their prices');
like($boutique // '', qr/href="tel:/, 'a telephone is called');
like($boutique // '', qr/href="geo:[-\d.]+,[-\d.]+"/, 'a place opens in a map');
my ($vcf) = ($boutique // '') =~ m{href="/([^"]+\.vcf)"};
like($files{ $vcf // '' } // '', qr/^BEGIN:VCARD\r\nVERSION:4\.0\r\n.*^FN:.*END:VCARD\r\n\z/ms,
	'there is an address book entry');
my $ics = $files{ ($vcf // '') =~ s/vcf$/ics/r } // '';
like($ics, qr/^BEGIN:VCALENDAR\r\n.*^RRULE:FREQ=WEEKLY;BYDAY=(?:MO|TU|WE|TH|FR|SA|SU)\r\n.*END:VCALENDAR\r\n\z/ms,
	'and the opening hours as a calendar');
is_deeply([ grep { length > 75 } split /\r\n/, $ics . ($files{ $vcf // '' } // '') ], [], 'whose lines are folded');

# ---- what is not written again ----
export();
my $before = Site::fingerprint($site, 1);
my $again = export();
ok($again->{nothing_changed}, 'nothing changed') or diag explain $again;
is(Site::fingerprint($site, 1), $before, 'and nothing was written');
my ($id) = grep { Site::slurp("$site/" . path_of($_)) =~ /href="geo:/ } paged();
touch($id, "name = 'Renamed & Sons \"1 < 2\"'");
my $one = export();
is($one->{generation}, $again->{generation} + 1, 'a changed record makes a new generation');
cmp_ok($one->{read}, '<=', 3, 'reads what changed in two generations');
cmp_ok($one->{written}, '<=', 16, "writes few files ($one->{written})");
like(Site::slurp("$site/" . path_of($id)), qr/<h1>Renamed &amp; Sons &quot;1 &lt; 2&quot;<\/h1>/,
	'the page says it, escaped');
my %was = map { $_ => Site::slurp("$site/$_") } Site::paths($site);
$i->sql("UPDATE business_detail SET description = 'Everything.', change = nextval('business_change') WHERE id = $id");
export();
my %is = Site::files($site);
is_deeply([ grep { !/\.(?:vcf|ics)$/ && ($was{$_} // '') ne $is{$_} } sort keys %is ], [ path_of($id) ],
	'a change that lists do not show changes one page');

# ---- the nearest others ----
# The pages that do not show the nearest three within 25 km, by distance and with their names. What has a page with a
# place counts.
sub near_wrong {
	my %page = map { ($_ => Site::slurp("$site/" . path_of($_))) } paged();
	my %at = map { $_->[0] => $_ } grep { ($page{ $_->[0] } // '') =~ /href="geo:/ }
		$i->rows('SELECT id, lat_e7 / 1e7, lon_e7 / 1e7, name FROM business WHERE lat_e7 IS NOT NULL');
	my %id = map { Instance::id_text($_) => $_ } keys %at;
	my %point;
	for my $b (values %at) {
		my ($lat, $lon) = map { $_ * atan2(1, 1) / 45 } @$b[ 1, 2 ];
		$point{ $b->[0] } = [ cos($lat) * cos($lon), cos($lat) * sin($lon), sin $lat ];
	}
	my $metres = sub {
		my ($p, $q) = @point{@_};
		return 6371000 * sqrt(($p->[0] - $q->[0])**2 + ($p->[1] - $q->[1])**2 + ($p->[2] - $q->[2])**2);
	};
	my @wrong;
	for my $id (sort keys %page) {
		my @shown = ($page{$id} =~ m{<ul class="near">(.*?)</ul>}s ? $1 : '') =~ m{-(\w{13})\.html">(.*?) <span>}g;
		my (@far, @names);
		while (my ($text, $name) = splice @shown, 0, 2) {
			push @names, "$id: $name" if !$id{$text} || $name ne escaped($at{ $id{$text} }[3]);
			push @far, $id{$text} ? $metres->($id, $id{$text}) : -1;
		}
		my @wanted = sort { $a <=> $b } grep { $_ < 25_000 } map { $metres->($id, $_) }
			grep { $point{$id} && $_ ne $id } keys %at;
		splice @wanted, 3;
		push @wrong, @names, "@far" eq "@wanted" ? () : "$id: @far, not @wanted";
	}
	return @wrong;
}
sub escaped { return $_[0] =~ s/&/&amp;/gr =~ s/"/&quot;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/'/&#39;/gr }
is_deeply([ near_wrong() ], [], 'every page shows the three nearest others');
sub near_as_live {
	my ($name, @paths) = @_;
	my $near = sub { return $_[0] =~ m{(<ul class="near">.*?</ul>)}s };
	is_deeply([ map { $near->($i->get("/$_")->{content}) } @paths ],
		[ map { $near->(Site::slurp("$site/$_")) } @paths ], $name);
}
near_as_live('and so does the live page', (sort map { path_of($_) } paged())[ 0 .. 4 ]);
{
	my ($all) = $i->rows("SELECT string_agg(id::text, ',' ORDER BY id) FROM (SELECT id FROM business
		WHERE lat_e7 IS NOT NULL AND id <> $id AND region_id IN (SELECT region_id FROM business GROUP BY 1
			HAVING count(*) > 9) ORDER BY id LIMIT 9) AS b");
	my @some = split /,/, $all->[0];
	my ($lat, $lon) = @{ ($i->rows("SELECT lat_e7, lon_e7 FROM business WHERE id = $id"))[0] };
	touch(join(',', @some[ 0 .. 4 ]), "lat_e7 = $lat, lon_e7 = $lon");
	touch($some[5], "name = 'Another name'");
	touch($some[6], 'lat_e7 = NULL, lon_e7 = NULL');
	touch($some[7], 'quality_score = 1');
	$i->sql("UPDATE business_detail SET extra = '{\"hide_address\": \"yes\"}', change = nextval('business_change')
		WHERE id = $some[8]");
	export();
	is_deeply([ near_wrong() ], [], '... also when some have come to one spot, been renamed, gone or been hidden');
	is_deeply([ Site::broken($site, 'https://shops.example') ], [], '... and no link leads nowhere');
	touch(join(',', @some[ 1 .. 4 ]), 'lat_e7 = 500000000, lon_e7 = 90000000');
	touch("$some[0],$some[7]", 'quality_score = 60');
	$i->sql("UPDATE business_detail SET extra = NULL, change = nextval('business_change') WHERE id = $some[8]");
	export();
	is_deeply([ near_wrong() ], [], '... and come back');
	my %paged = map { $_ => 1 } paged();
	my @here = grep { $paged{$_} } split /\n/, $i->sql("SELECT b.id FROM business AS b
		JOIN business AS o USING (country) WHERE o.id = $id AND b.lat_e7 IS NOT NULL ORDER BY b.id LIMIT 40");
	splice @here, 6;
	touch(join(',', @here), 'lat_e7 = ' . ($lat + 3000) . ", lon_e7 = $lon");
	my $abroad = splice @here, 1, 1;
	touch($abroad, "country = 'JP'");
	export();
	near_as_live('at one spot those that follow come first, on live pages, too', map { path_of($_) } @here);
	my $named = path_of($abroad);
	unlike(Site::slurp("$site/" . path_of($here[0])), qr/\Q$named/, '... and none whose coordinates lie abroad');
}

# ---- new, gone, suppressed, back ----
my $region
	= $i->sql(
	'SELECT r.key FROM business AS b JOIN region AS r ON r.id = b.region_id GROUP BY r.key ORDER BY count(*) DESC, r.key
		LIMIT 1'
	);
import_text('many.csv', "id,name,city,region,country,category,street\n"
		. join('', map {"m$_,Baker $_,Bern,Bern,CH,bakery,Street $_\n"} 1 .. 600), 'many');
export();
my %many = Site::files($site);
my @lists = sort grep { m{^in/ch-bern/bakery[.-]} } keys %many;
cmp_ok(scalar @lists, '>', 5, 'a long list has pages: ' . scalar @lists);
import_text('more.csv',
	"id,name,city,region,country,category,street\nn1,Another Baker,Bern,Bern,CH,bakery,Street 1000\n", 'more');
export();
my %more = Site::files($site);
my @changed = grep { ($many{$_} // '') ne $more{$_} } grep { m{^in/ch-bern/bakery[.-]} } sort keys %more;
cmp_ok(scalar @changed, '<=', 3, 'a new record changes its page of the list, not those behind it: ' . scalar @changed);
is_deeply([Site::broken($site, 'https://shops.example')], [], 'and no link is broken');
my $baker = $i->sql(q{SELECT id FROM business WHERE name = 'Another Baker'});
ok($more{ path_of($baker) }, 'the new record has a page');
touch($baker, "phone = '+41311234567'");
export();
my ($baker_list) = grep { $more{$_} =~ m{Street 1000} } grep { m{^in/ch-bern/bakery[.-]} } sort keys %more;
like(Site::slurp("$site/$baker_list"), qr{href="tel:\+41311234567"}, 'its list has its telephone');
touch($baker, "phone = '+41310000000', street = 'placeholder'");
export();
my $listing = Site::slurp("$site/$baker_list");
like($listing, qr{Another Baker}, 'what stands in for an unknown value');
unlike($listing, qr{placeholder|tel:\+41310000000}, '... is left out of lists, as on its page');
my ($code, $text) = $i->run('suppress', Instance::id_text($baker));
is($code, 0, 'it is suppressed') or diag $text;
my $gone = export();
ok(!-e "$site/" . path_of($baker), 'and its page is gone');
is_deeply([Site::broken($site, 'https://shops.example')], [], 'with every link to it');
export();
my @left = Site::paths($site);
is(scalar @left, scalar keys %many, 'no file is left of what is no more');

# ---- the gate ----
{
	import_text("twin-$_.csv",
		"id,name,city,region,country,category,street,postcode,phone\nt1,Twin Bakery,Thun,Bern,CH,bakery,"
			. "Hauptgasse 7,3600,+4133222333$_\n",
		"twin-$_")
		for 1, 2;
	my @twins = split /\n/,
		$i->sql(q{SELECT id FROM business WHERE name = 'Twin Bakery' ORDER BY COALESCE(quality_score, 0) DESC, id});
	is(scalar @twins, 2, 'the same business from two sources');
	is(export()->{gate}{causes} ? scalar(grep { -e "$site/" . path_of($_) } @twins) : 'no report', 1, 'has one page');
	ok(-e "$site/" . path_of($twins[0]), 'that of the better record');
	$i->run('suppress', Instance::id_text($twins[0]));
	export();
	is_deeply([ map { -e "$site/" . path_of($_) ? 1 : 0 } @twins ], [ 0, 1 ], 'when that one goes the other comes');
	is_deeply([ Site::broken($site, 'https://shops.example') ], [], 'without a broken link');
	$i->sql(
		"UPDATE business_detail
			SET extra = '{\"hide_address\": \"yes\"}', service_area = '{Spiez}', change = nextval('business_change')
			WHERE id = $twins[1]"
	);
	export();
	my %now = Site::files($site);
	ok($now{ path_of($twins[1]) }, 'a business that hides its address has a page');
	is_deeply([ grep { $now{$_} =~ /Hauptgasse 7/ } sort keys %now ], [],
		'and its street stands in no file of the site');
	my %blocks = map { $_ => $now{$_} =~ m{<script type="application/ld\+json">(.*?)</script>}s }
		grep { Site::is_business($_) } keys %now;
	$i->sql(
		"UPDATE business SET hours = 'Mo-Fr 08:00-12:00; Su,PH off', timezone = 'Europe/Zurich' WHERE id = $twins[1]");
	$i->sql("UPDATE business_detail SET change = nextval('business_change') WHERE id = $twins[1]");
	export();
	like(Site::slurp("$site/" . path_of($twins[1])), qr{Closed on public holidays.*<table class="hours">}s,
		'what the week does not say stands on top');
	is_deeply([
			grep {
				!eval { decode_json($blocks{$_})->{'@graph'}[0]{name} }
			} sort keys %blocks
		],
		[],
		'every page carries its facts as JSON-LD'
	);
	export();
}

# ---- a change whose transaction began before an export and ended after it ----
{
	my $late = (paged())[-1];
	open my $psql, '|-', $i->psql(qw(-o /dev/null)) or die "psql: $!";
	$psql->autoflush(1);
	print $psql
		"BEGIN; UPDATE business SET name = 'Late' WHERE id = $late; UPDATE business_detail
			SET change = nextval('business_change') WHERE id = $late;\n";
	$i->until('the change waits',
		sub { $i->sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'") eq '1' });
	touch($id, "name = 'Early'");
	export();
	like(Site::slurp("$site/" . path_of($id)), qr/<h1>Early</, 'what has been committed is there');
	print $psql "COMMIT;\n";
	close $psql or die;
	export();
	like(Site::slurp("$site/" . path_of($late)), qr/<h1>Late</,
		'a lower change number that was committed later is not missed');
}

# ---- other templates: the operator's ----
mkdir "$i->{dir}/web";
mkdir "$i->{dir}/web/site";
open my $own, '>', "$i->{dir}/web/site/missing.mustache" or die $!;
print $own '{{>head}}<main id="main"><h1>Nothing here</h1></main>{{>foot}}';
close $own;
system('chown', '-R', $i->{user}, "$i->{dir}/web") if $i->{user};
my $themed = export();
ok($themed->{whole}, 'another template is another site');
like(Site::slurp("$site/404.html"), qr/<h1>Nothing here</, 'made with it');
cmp_ok($themed->{written}, '<', $themed->{pages}, 'and only what came out differently was written');
open $own, '>', "$i->{dir}/web/site/missing.mustache" or die $!;
print $own "one\n{{#never}}";
close $own;
like(export()->{failed}, qr/missing, line 2/, 'a mistake in a template is told with its line');
is(Site::slurp("$site/404.html") =~ /Nothing here/, 1, 'and nothing happens to the site');
unlink "$i->{dir}/web/site/missing.mustache";
export();

# ---- killed at random moments ----
# A whole generation has the same mark on every page that was changed with it.
my @marked = (paged())[0 .. 149];
my $ids = join ',', @marked;

sub marks {
	my %m;
	$m{ (Site::slurp("$site/" . path_of($_)) =~ /<h1>Mark (\d+)</)[0] // 'none' } = 1 for @marked;
	return sort keys %m;
}
touch($ids, "name = 'Mark 0'");
my $began = time;
export();
my $usual = time - $began;
my $kills = $ENV{HOLDFAST_KILLS} // 6;
my ($killed, $wrong, $finished, $round) = (0, 0, 0, 0);
srand 20261123;
# As many runs as it takes: one that was faster than the moment makes the next moments earlier.
while ($killed < $kills) {
	touch($ids, "name = 'Mark @{[++$round]}'");
	my ($published) = marks();
	my $export = Program->start('export', [ $i->command('export', $site) ]);
	my $moment = time + rand $usual;
	wait_until('the moment comes', sub { time >= $moment || $export->ended });
	if ($export->kill & 127) { $killed++ } else { $usual *= 0.8 }
	my @now = marks();
	$wrong++, diag "round $round: published @now, was $published"
		if @now != 1 || ($now[0] ne $published && $now[0] ne $round);
	next if $killed % 3 || $finished == $killed / 3;
	my $report = export();
	$finished++ if !$report->{failed} && join(' ', marks()) eq $round && !Site::broken($site, 'https://shops.example');
	diag explain $report if $report->{failed};
}
is($killed, $kills, "$kills exports were killed in the middle (of $round)");
is($wrong, 0, 'the published folder was one whole generation after each');
is($finished, int($kills / 3), 'and the next run finished');
is_deeply([glob "$site.state/journal-*"], [], 'leaving no journal');
{
	local $site = "$i->{home}/fresh";
	export();
	my %fresh = Site::files($site);
	my %old = Site::files("$i->{home}/site");
	is_deeply([ grep { ($fresh{$_} // '') ne ($old{$_} // '') } sort keys %{ { %fresh, %old } } ], [],
		'what went through all that is, to the byte, what a first export makes');
}

# ---- a full disk, as a limit of the file size and as a small file system ----
{
	touch($ids, "name = 'Mark 1060'");
	my $whole = Site::fingerprint($site);
	my $said = `bash -c 'ulimit -f 8; exec "\$@"' - $i->{bin}/holdfast -C $i->{dir} export $site 2>&1`;
	isnt($? >> 8, 0, 'a run that may not write ends');
	like($said, qr/File too large/, 'and says why');
	is(Site::fingerprint($site), $whole, 'what is published is as it was');
	export();
	is(join(' ', marks()), '1060', 'the next run finishes');
}
SKIP: {
	my $small = "$i->{home}/small";
	mkdir $small;
	skip 'mounting a small file system needs root', 4
		if $> || system("mount -t tmpfs -o size=100m,nr_inodes=20000 tmpfs $small 2>/dev/null") != 0;
	local $site = "$small/site";
	my $report = export();
	is($report->{code} // 0, 0, 'a site on a small disk') or diag explain $report;
	touch($ids, "name = 'Mark 1061'");
	my $free = (split ' ', `df -k --output=avail $small | tail -1`)[0];
	system("dd if=/dev/zero of=$small/ballast bs=1k count=@{[$free - 400]} 2>/dev/null");
	my $whole = Site::fingerprint($site);
	like(export()->{failed} // '', qr/\Q$site\E.*No space left on device: make room/,
		'a full disk is told with path, cause and remedy');
	is(Site::fingerprint($site), $whole, 'and leaves what is published as it was');
	unlink "$small/ballast";
	$report = export();
	diag explain $report if $report->{failed};
	is(join(' ', marks()), '1061', 'the next run finishes');
	system("umount $small") == 0 or diag "umount $small";
}

# ---- two at once; folders that are not ours ----
{
	touch($ids, "name = 'Mark 1062'");
	my @pids;
	for my $n (1, 2) {
		my $pid = fork // die;
		if (!$pid) {
			open STDOUT, '>', "$i->{home}/two$n";
			open STDERR, '>&', \*STDOUT;
			exec(($i->{user} ? ('runuser', '-u', $i->{user}, '--') : ()), "$i->{bin}/holdfast", '-C', $i->{dir},
				'export', $site);
		}
		push @pids, $pid;
	}
	waitpid $_, 0 for @pids;
	is_deeply([marks()], ['1062'], 'of two exports at once one waits or is refused');
	open my $held, '<', "$site.state/lock" or die $!;
	flock $held, 2;
	like(export()->{failed}, qr/another export of .* is running; nothing was done/,
		'one that finds another at work is refused');
}
{
	local $site = "$i->{home}/other";
	mkdir $site;
	open my $out, '>', "$site/precious" or die $!;
	close $out;
	system('chown', '-R', $i->{user}, $site) if $i->{user};
	like(export()->{failed}, qr/has files that no export has written/, 'a folder that is not ours is refused');
	ok(-e "$site/precious", 'and left alone');
	ok(!-e "$site.state", 'and nothing is left beside it');
	unlink "$site/precious";
	is(export()->{generation}, 1, 'an empty one is taken');
}

# ---- other forms ----
{
	local $site = "$i->{home}/packed";
	export('--gzip', '--brotli', '--list', "$i->{home}/list");
	my @paths = Site::paths($site);
	my %there = map { $_ => 1 } @paths;
	is_deeply(
		[ grep { /\.(?:html|css|xml)$/ && -s "$site/$_" >= 256 && !($there{"$_.gz"} && $there{"$_.br"}) } @paths ], [],
		'compressed files stand beside');
	my ($some) = grep { Site::is_business($_) } @paths;
	is(`gzip -dc $site/$some.gz`, Site::slurp("$site/$some"), 'and hold the same');
	is(
		`node -e 'const read = require("fs").readFileSync("$site/$some.br");
			process.stdout.write(require("zlib").brotliDecompressSync(read))'`,
		Site::slurp("$site/$some"), 'both');
	my %list = map { (split /\t/)[1] => 1 } split /\n/, Site::slurp("$i->{home}/list");
	is_deeply([sort keys %list], [grep { !/\.(?:gz|br)$/ } @paths], 'the list names every file');
	export('--gzip');
	is_deeply([grep { /\.br$/ } Site::paths($site)], [], 'what is no longer asked for goes');
}
{
	local $site = "$i->{home}/linked";
	export('--symlink');
	ok(-l $site, 'published through a link');
	touch($id, "name = 'Through a link'");
	my $tree = readlink $site;
	export('--symlink');
	isnt(readlink $site, $tree, 'which then leads to the other tree');
	like(Site::slurp("$site/" . path_of($id)), qr/<h1>Through a link</, 'with the change');
}
is($i->sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'holdfast_export'"), '0', 'no session is left');
done_testing;
