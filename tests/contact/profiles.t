#!/usr/bin/perl
# Profiles in the public sphere: read-only, from the moment they are published until they are erased; who else fits.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Sphere;
use Test::More;

my $s = Sphere->start;
my $i = $s->i;
sub get {
	my ($path) = @_;
	my $r = $i->get($path);
	return ($r->{status}, eval { decode_json($r->{content}) } // $r->{content});
}

my $need = $s->party('Alice', languages => 'fr DE fr', size => 'small');
my $offer = $s->party('Bobby', kind => 'offer', title => 'Flour <from> our mill');
my $far
	= $s->party('Carol', kind => 'offer', group => 'food-shops', category => undef, region => undef, country => 'CH');
my ($status, $list) = get('/v1/profiles');
is($status, 200, 'profiles are listed');
is(scalar @{ $list->{profiles} }, 3, 'all of them');
my ($first) = grep { $_->{id} eq $need->{profile} } @{ $list->{profiles} };
is_deeply([ @$first{qw(kind category region country size languages)} ],
	[ 'need', 'bakery', 'ch-bern', 'CH', 'small', 'de fr' ],
	'as they were published');
for (
	[ 'kind=offer', 2 ], [ 'category=bakery', 2 ], [ 'region=ch-bern&kind=need', 1 ], [ 'language=fr', 1 ],
	[ 'group=none', 0 ])
{
	is(scalar @{ (get("/v1/profiles?$_->[0]"))[1]{profiles} }, $_->[1], "$_->[0] gives $_->[1]");
}
my (%seen, $cursor);
do {
	my (undef, $page) = get('/v1/profiles?limit=1' . ($cursor ? "&cursor=$cursor" : ''));
	$seen{ $_->{id} }++ for @{ $page->{profiles} };
	$cursor = $page->{next};
} while $cursor;
is(join(' ', map { $seen{$_} } sort keys %seen), '1 1 1', 'page by page each comes once');
is((get('/v1/profiles?cursor=zz'))[0], 400, 'a cursor that is none is refused');
is((get('/v1/profiles/' . '0' x 32))[0], 404, 'a number that does not exist is not found');
(undef, my $similar) = get("/v1/profiles/$need->{profile}/similar");
is_deeply([ map { $_->{id} } @{ $similar->{profiles} } ], [ $offer->{profile}, $far->{profile} ],
	'similar: the other side, the nearest first');
is_deeply($similar->{profiles}[0]{reasons}, [ 'the other side of the same field', 'the same trade', 'the same region' ],
	'with the reasons');

# ---- pages ----
my $page = $i->get('/profiles')->{content};
like($page, qr/Flour &lt;from&gt; our mill/, 'the page lists them, escaped');
$page = $i->get("/profiles/$offer->{profile}")->{content};
like($page, qr/<code>$offer->{profile}<\/code>/, 'and shows one with its number');
unlike($page, qr/<script(?! type="application\/ld)/, 'without a script of its own');
$page = $i->get("/profiles/$need->{profile}?lang=de")->{content};
like($page, qr/>\Q$_\E</, "names, not keys, in the language of the page: $_")
	for 'Bäckerei, Lebensmittel', 'Bern', 'Schweiz', 'weniger als 10 Personen', 'Deutsch, Französisch';
my ($path) = $i->get("/profiles/$need->{profile}")->{content} =~ m{href="(/profiles/[0-9a-f]+/similar)"};
$page = $i->get($path)->{content};
is_deeply([ $page =~ m{<h2><a href="/profiles/([0-9a-f]+)"}g ], [ $offer->{profile}, $far->{profile} ],
	'the page of a profile leads to one with those of the other side that fit');
is_deeply([ $page =~ m{<p class="note">([^<]*)</p>}g ],
	[ 'the other side of the same field, the same trade, the same region', 'the other side of the same field' ],
	'which says why');
like($page, qr{<title>Profiles of the other side that fit}, 'by its title');
like($i->get("$path?lang=de")->{content}, qr/dieselbe Branche/, 'in the language of the reader');
is($i->get('/profiles/' . '0' x 31 . '/similar')->{status}, 404, 'a number that is none is not found');

# ---- what is hidden or erased is gone at once ----
$s->ok('erase', ticket => $offer->{ticket}, code => $offer->{code});
is((get("/v1/profiles/$offer->{profile}"))[0], 404, 'an erased profile is gone at once');
is(scalar @{ (get('/v1/profiles'))[1]{profiles} }, 2, 'also from the list');
$i->run_ok('contact', 'hide', $far->{profile}, '--reason', 'spam');
is(scalar @{ (get('/v1/profiles'))[1]{profiles} }, 1, 'and so is a hidden one');

# ---- the schema has no field for a contact ----
my (undef, $api) = get('/openapi.json');
my @fields;
sub fields {
	my ($at) = @_;
	if (ref $at eq 'HASH') { push @fields, keys %{ $at->{properties} // {} }; fields($_) for values %$at }
	elsif (ref $at eq 'ARRAY') { fields($_) for @$at }
}
fields($api->{components}{schemas}{$_}) for qw(Profile SimilarProfile ProfileList SimilarProfiles);
is_deeply([ grep {/mail|phone|contact|name$/i && !/region_name/} @fields ],
	[], 'the schema of a profile has no field for a contact');
is(($i->run('down'))[0], 0, 'down');
done_testing;
