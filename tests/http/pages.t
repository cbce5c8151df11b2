#!/usr/bin/perl
# The pages as they come over the wire: hours, escaping, links to the operator, caching, errors, and the files that an
# operator puts in place of ours. How they look and feel to a browser stands in tests/browser.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Directory;
use IO::Socket::INET;
use Test::More;
use Web;
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $directory = Directory->start;
my $web = Web->start(database => $directory->conninfo, 'db.timeout' => '600s', 'cache.search_ttl' => '0s',
	'site.contact_url' => 'https://operator.example/form?from=directory', 'site.url' => 'https://directory.example');
$web->until('the database answers', sub { ($web->request('GET /readyz'))[0] == 200 });

my @html = ('Accept: text/html,application/xhtml+xml');
sub page {
	my ($path, $server) = @_;
	my ($status, $headers, $body) = ($server // $web)->request("GET $path", @html);
	utf8::decode($body);
	return wantarray ? ($status, $body, $headers) : $body;
}
my $bakery = '/b/' . Directory::id_text(13);

# ---- hours ----

# {Monday => '09:00–17:00', ...}
sub hours_of {
	my ($text, $zone) = @_;
	$directory->sql(
		"UPDATE business SET hours = '$text', timezone = '" . ($zone // 'Europe/Zurich') . "' WHERE id = 13");
	my $page = page($bakery);
	my %day = $page =~ m{<th scope="row">(\w+)</th><td>(.*?)</td>}g;
	s/<[^>]*>//g, s/\s+$// for values %day;
	return (\%day, $page);
}

sub week {
	my ($usual, %other) = @_;
	return { (map { $_ => $usual } qw(Monday Tuesday Wednesday Thursday Friday Saturday Sunday)), %other };
}

is_deeply((hours_of('Mo-Fr 09:00-12:00,13:00-17:00'))[0],
	week('09:00–12:00 13:00–17:00', Saturday => 'Closed', Sunday => 'Closed'), 'a week has its days with their times');
is_deeply((hours_of('24/7'))[0], week('Open 24 hours'), 'always open is said of every day');
is_deeply((hours_of('Fr,Sa 20:00-02:00'))[0], week('Closed', Friday => '20:00–02:00', Saturday => '20:00–02:00'),
	'a night stands with the evening it begins in');
is_deeply((hours_of('Su 22:00-03:00'))[0], week('Closed', Sunday => '22:00–03:00'), 'also at the end of the week');
is_deeply((hours_of('Mo 00:00-24:00; Tu 18:00-24:00'))[0],
	week('Closed', Monday => 'Open 24 hours', Tuesday => '18:00–24:00'), 'midnight ends a day');
{
	my ($days, $page) = hours_of('Apr-Oct Mo 10:00-12:00');
	is_deeply($days, {}, 'what is not weekly is not made a table');
	like($page, qr{<p>Apr-Oct Mo 10:00-12:00</p>}, 'but shown as it is written');
	like($page, qr{class="state}, 'and what is known about now is said');
	(undef, $page) = hours_of('"by appointment"');
	unlike($page, qr{class="state}, 'of what is not known nothing is said');
	# A season away: until when, not at what hour.
	my @then = gmtime(time + 60 * 86400);
	(undef, $page)
		= hours_of(sprintf '%d %s %d 10:00-12:00', $then[5] + 1900,
		(qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[ $then[4] ], $then[3]);
	my $date = sprintf '%d-%02d-%02d', $then[5] + 1900, $then[4] + 1, $then[3];
	like($page, qr/Closed until $date/, 'hours of a season tell its first day');
}
for my $zone (qw(Pacific/Kiritimati Pacific/Pago_Pago)) {
	chomp(my $before = `TZ=$zone date +%A`);
	my (undef, $page) = hours_of('Mo-Su 10:00-11:00', $zone);
	chomp(my $after = `TZ=$zone date +%A`);
	my @today = $page =~ m{aria-current="date"><th scope="row">(\w+)}g;
	ok(@today == 1 && ($today[0] eq $before || $today[0] eq $after), "today is the one of the business, in $zone");
}
like((hours_of('24/7'))[1], qr{<p class="state is-open">Open</p>}, 'what never closes is open');
like((hours_of('Mo-Su off'))[1], qr{<p class="state">Closed</p>}, 'what never opens is closed');

# ---- what comes from records is text ----

$directory->sql(
	q{UPDATE business SET name = '<script>alert(1)</script> & "Co" it''s', street = '</address><b>', phone = '"><i>'
		WHERE id = 13;
	UPDATE business_detail
		SET website = 'javascript:alert(1)',
		same_as = ARRAY['javascript:alert(2)', 'https://www.page.example/a?b=c&d=e'],
		service_area = ARRAY['<img src=x>'],
		extra = '{"<b>": "<i>", "legal_name": "M & Co", "listed": true, "deep": {"a": 1}}' WHERE id = 13}
);
{
	my ($status, $page) = page($bakery);
	is($status, 200, 'a hostile record has a page');
	unlike($page, qr{<script|</address><b>|<i>|<img src=x|<b>|javascript:},
		'in which its texts are no markup and its links no scripts');
	like($page, qr{&lt;script&gt;alert\(1\)&lt;/script&gt; &amp; &quot;Co&quot; it&#39;s}, 'but are shown');
	like($page, qr{href="https://www.page.example/a\?b=c&amp;d=e" rel="nofollow">page.example<},
		'pages elsewhere are linked by their host');
	like($page, qr{<dt>Registered name<dd>M &amp; Co[\s<]}, 'further facts have names that people read');
	like($page, qr{<dt>Listed<dd>yes[\s<]}, 'and values too');
	like($page, qr{<svg class="map" aria-hidden="true".*</svg>\s*<p class="fine">[^<]*centre of [^<]+</p>},
		'a located business is drawn from the centre of its town');
	like($page, qr{Zopf</strong> <span class="price">CHF.{1,2}4\.50<}, 'goods have a price');
	like(scalar page('/search?q=backerei+muller'), qr{&lt;script&gt;alert}, 'lists escape as well');
	unlike(scalar page('/search?q=%3Cscript%3Ealert(1)%3C/script%3E'), qr{<script>}, 'and so do the words of a search');
}
{
	$directory->sql("UPDATE business SET phone = '+41311234567', street = 'Marktgasse 3' WHERE id = 13");
	my $item = sub {
		my ($found) = scalar(page('/search?q=backerei+muller')) =~ m{(<li[^>]*>(?:(?!</li>).)*\Q$bakery\E.*?</li>)}s;
		return $found // '';
	};
	like($item->(), qr{Marktgasse 3.*href="tel:\+41311234567">031 123 45 67<}s, 'a list has streets and telephones');
	$directory->sql("UPDATE business SET phone = '+41310000000', street = 'placeholder' WHERE id = 13");
	like($item->(), qr{Bakery}, 'what stands in for an unknown value');
	unlike($item->(), qr{tel:|placeholder}, '... is left out, as on the page of the business');
}

# ---- sources, the operator, search engines ----

{
	my $page = page($bakery);
	like($page,
		qr{Source:\ <a\ href="https://alpha.example/"[^>]*>Alpha</a>,\ ©\ Alpha\ contributors;
			\ licence:\ <a\ href="https://opendatacommons.org/licenses/odbl/"}x,
		'a business page names source, credit and licence');
	my $id = Directory::id_text(13);
	like($page,
		qr{href="https://operator.example/form\?from=directory&amp;business=$id&amp;topic=claim">This is my business},
		'an owner is led to the operator with the record');
	like($page, qr{&amp;business=$id&amp;topic=error">Report an error}, 'and so is who finds an error');
	like($page, qr{<link rel="canonical" href="https://directory.example$bakery">}, 'a business page has one address');
	unlike($page, qr{noindex}, 'and may be indexed');
	like(scalar page('/search?q=word1'), qr{<meta name="robots" content="noindex">}, 'search results are not');
	like(scalar page('/search?category=bakery'),
		qr{<link rel="canonical" href="https://directory.example/kind/bakery/">}, 'lists by kind are');
}

# ---- the first page ----

{
	my $count = $directory->sql('SELECT count(*) FROM business') + 0;
	my ($total) = scalar(page('/')) =~ m{<p class="lead">([^<]*?) businesses};
	is($total =~ s/\D//gr, $count, 'every business counts, also without a kind');
	my ($switzerland) = scalar(page('/regions')) =~ m{<h2>Switzerland</h2>(.*?)(?:<h2>|</main>)}s;
	like($switzerland, qr{/search\?region=ch-r1"}, 'regions stand under their country');
	unlike($switzerland, qr{region=fr-}, 'and under no other');
}

# ---- caching and errors ----

{
	my (undef, undef, $headers) = page('/imprint');
	like($headers->{'content-security-policy'}, qr{default-src 'self'}, 'pages load nothing from elsewhere');
	is(($web->request('GET /imprint', @html, "If-None-Match: $headers->{etag}"))[0], 304,
		'an unchanged page is not sent again');
	my ($css) = page('/') =~ m{<link rel="stylesheet" href="([^"]+)">};
	my ($status, undef, $of) = page($css);
	is($status, 200, 'the style sheet is there');
	like($of->{'cache-control'}, qr{immutable}, 'and kept for ever under its versioned name');
}
for (
	[ '/b/nonsense', 404, 'There is no such business' ],
	[ "/b/" . Directory::id_text(4711), 404, 'There is no such business' ],
	[ '/search?category=nonsense', 404, 'There is no such category' ],
	[ '/search?city=nonsense', 404, 'There is no such region or city' ],
	[ '/regions/nonsense', 404, 'There is no such' ],
	[ '/search?sort=distance', 400, 'cannot be combined' ],
	[ '/search?cursor=nonsense', 400, 'cursor' ], [ '/search?near=a', 400, 'near is' ], [ '/search?q=%ff', 400, '' ],
	[ '/nowhere', 404, 'nothing at this address' ])
{
	my ($path, $expected, $says) = @$_;
	my ($status, $page, $headers) = page($path);
	is($status, $expected, "$path answers $expected");
	like($headers->{'content-type'}, qr{text/html}, 'with a page');
	like($page, qr{\Q$says\E.*</html>}s, 'that says what is wrong');
}
like((($web->request("GET /b/nonsense"))[1])->{'content-type'}, qr{problem\+json}, 'a program gets a problem instead');
is((page('/search?utm_source=mail&q=&category='))[0], 200, 'what forms and mailers add does no harm');
$web->stop;

# ---- the operator's own files ----

{
	my $i = $directory->{i};
	my $dir = $i->{dir};
	$i->run_ok('down');
	mkdir "$dir/web";
	mkdir "$dir/web/$_" for qw(templates assets);
	my $put = sub {
		my ($name, $text) = @_;
		open my $out, '>', "$dir/web/$name" or die "$name: $!";
		print $out $text;
		close $out;
	};
	$put->('templates/imprint.mustache', "{{>head}}<p>Ours: {{site.name}}</p>{{>foot}}");
	$put->('assets/site.css', 'body { color: teal }');
	$i->up;
	my $own = bless { host => $i->{host}, port => $i->{port} }, 'Web';
	like(scalar page('/imprint', $own), qr{<p>Ours: Holdfast</p>}, 'an operator replaces a template');
	like(scalar page('/privacy', $own), qr{no cookies}, 'the others stay');
	my ($css) = page('/imprint', $own) =~ m{<link rel="stylesheet" href="([^"]+)">};
	is(scalar page($css, $own), 'body { color: teal }', 'and the style sheet, under a name of its own');
}
$directory->stop;
done_testing;
