#!/usr/bin/perl
# What parties do: enrol, unlock, match, release, withdraw, change, erase; over HTTP, with the real keeper and a real
# PostgreSQL.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Sphere;
use Test::More;

my $s = Sphere->start(settings => { 'contact.k' => 5 });
my $i = $s->{i};

# ---- enrolment ----
my $code = $s->ok('code')->{code};
like($code, qr/^(?:[0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]{4}$/, 'a code has 28 signs in groups of four');
isnt($s->ok('code')->{code}, $code, 'each is another one');
is($s->sphere('SELECT count(*) FROM party'), '0', 'and nothing is stored');
my $wrong = $code =~ s/^(.)/$1 eq '7' ? '8' : '7'/er;
my %enrol = (contact => Sphere::contact_of('Alice'), profile => Sphere::profile_of('Alice'), text_version => 1);
my ($status, $answer) = $s->post('enrol', code => $wrong, %enrol);
is($status, 400, 'a code with a typing error is refused');
is($answer->{parameter}, 'code', 'by its field');
unlike(encode_json($answer), qr/\Q$wrong\E/, 'and is not in the answer');
my $first = $s->ok('enrol', code => lc $code =~ s/-/ /gr, %enrol);
is($first->{state}, 'published', 'a party enrols with the code typed back, in its own way');
is($first->{fits}, 20, 'and is told how many businesses fit');
my $again = $s->ok('enrol', code => $code, %enrol);
is($again->{profile}, $first->{profile}, 'sent twice, it is one party');
is($s->sphere('SELECT count(*) FROM party'), '1', 'with one row');
is($i->sql('SELECT count(*) FROM profile'), '1', 'and one profile');
my $alice = { name => 'Alice', code => $code, %$again, contact => $enrol{contact} };
my $bob = $s->party('Bob', kind => 'offer', title => 'Flour from our mill');
my $carol = $s->party('Carol');

# ---- what is refused at intake ----
for (
	[ 'too few businesses', 409, 'too-few-fit', region => 'ch-uri' ],
	[ 'too few with a size', 409, 'too-few-fit', category => 'cafe' ],
	[ 'an e-mail address', 400, 'text-tells-who', body => 'Write to us: mill at oberland dot ch, please.' ],
	[ 'a telephone number', 400, 'text-tells-who', body => 'Call us any time at 031 555 12 34, thank you.' ],
	[ 'a name of the region', 400, 'text-tells-who', body => 'We are the Oberland Backstube and look for flour.' ],
	[ 'a language that is none', 400, 'invalid-parameter', languages => 'in fo at mi ll' ],
	[ 'a country that is none', 400, 'invalid-parameter', region => undef, country => 'Atlantis' ],
	[ 'a country of no business', 400, 'invalid-parameter', region => undef, country => 'Frankreich' ],
	[ 'an unknown category', 400, 'invalid-parameter', category => 'wizard' ],
	)
{
	my ($what, $expected, $problem, %change) = @$_;
	($status, $answer) = $s->post('enrol', code => $s->ok('code')->{code}, contact => Sphere::contact_of('X'),
		text_version => 1, profile => Sphere::profile_of('X', %change));
	is($status, $expected, "$what is refused");
	like($answer->{type}, qr/\Q$problem\E$/, 'as what it is') or diag encode_json($answer);
}
is($i->sql('SELECT count(*) FROM profile'), '3', 'nothing of that is stored');
sub enrol {
	return $s->post('enrol', code => $s->ok('code')->{code}, contact => Sphere::contact_of('X'), text_version => 1,
		profile => Sphere::profile_of('X', @_));
}
($status, $answer) = enrol(region => 'Brn');
like($answer->{detail}, qr/no region "Brn"; it has, for example: Bern \(CH\)/,
	'a name that is none brings such as are near');
for (
	[ 'the name of the region', region => 'bern' ],
	[ 'and what another language calls it', region => 'Canton de Berne', country => 'Suisse' ],
	)
{
	my ($what, @place) = @$_;
	($status, $answer) = enrol(@place, languages => 'French, deutsch');
	is($status, 200, "$what is enough") or diag encode_json($answer);
	is_deeply([ @{ $s->ok('self', ticket => $answer->{ticket})->{profile} }{qw(region region_name country languages)} ],
		[ 'ch-bern', 'Bern', 'CH', 'de fr' ], 'its keys are kept');
	$s->i->run_ok('contact', 'erase', $answer->{profile});
}
$i->sql("UPDATE region SET name = 'Bern', country = 'DE' WHERE key = 'ch-uri'");
($status, $answer) = enrol(region => 'Bern');
like($answer->{detail}, qr/several regions are called "Bern": Bern \(..\), Bern \(..\)/,
	'a name of two needs its country');
is((enrol(region => 'Bern', country => 'Switzerland'))[0], 200, 'with which it is one');
$i->sql("UPDATE region SET name = 'Uri', country = 'CH' WHERE key = 'ch-uri'");
($status, $answer) = $s->post('enrol', code => $s->ok('code')->{code}, contact => Sphere::contact_of('X'),
	text_version => 1, profile => Sphere::profile_of('X', body => 'We are bigmill on Insta'));
like($answer->{detail}, qr/"bigmill on Insta"\. Leave it out: it belongs to your contact data/,
	'a refusal names the passage and what to do about it');

# ---- signing in ----
($status, $answer) = $s->post('session', code => $s->ok('code')->{code});
is($status, 403, 'a code that nobody has enrolled with opens nothing');
$alice->{ticket} = $s->ok('session', code => $code)->{ticket};
my $self = $s->ok('self', ticket => $alice->{ticket});
is_deeply($self->{contact}, $alice->{contact}, 'a party reads its own contact');
is($self->{profile}{title}, 'Flour by the tonne', 'and its profile');
is($self->{left_today}, 5, 'and how many unlocks are left');
($status) = $s->post('self', ticket => 'a1' x 80);
is($status, 403, 'a ticket that the keeper has not made opens nothing');

# ---- a match ----
my $shown = $s->show($bob);
ok($shown->{vouched}, 'a profile is shown as its party published it');
is($shown->{profile}{title}, 'Flour from our mill', 'with its text');
($status, $answer) = $s->post('unlock', ticket => $alice->{ticket}, profile => $bob->{profile}, seen_hash => 'ab' x 32,
	text_version => 1);
is($status, 409, 'an unlock names the profile that was seen');
is($s->unlock($alice, $bob)->{left_today}, 4, 'Alice unlocks Bob');
$s->tick; $s->tick;
is($s->state_of($alice, $bob), 'waiting', 'one side alone waits');
is(($s->release($alice, $bob))[0], 403, 'and is shown nothing');
is(($s->release($bob, $alice))[0], 403, 'on either side');
is_deeply($s->ok('matches', ticket => $bob->{ticket})->{matches}, [], 'Bob sees nothing of it');
$s->unlock($bob, $alice);
$i->until('Alice has a match', sub { $s->state_of($alice, $bob) eq 'matched' });
is($s->state_of($bob, $alice), 'matched', 'from the same tick on both have one');
($status, $answer) = $s->release($alice, $bob);
is_deeply($answer->{contact}, $bob->{contact}, 'Alice reads the contact of Bob');
($status, $answer) = $s->release($bob, $alice);
is_deeply($answer->{contact}, $alice->{contact}, 'and Bob that of Alice');
is(($s->release($carol, $alice))[0], 403, 'Carol reads none of them');
is(($s->release($carol, $bob))[0], 403, 'nor the other');

# ---- changes ----
$alice->{contact}{phone} = '+41 31 555 99 99';
$s->ok('contact', ticket => $alice->{ticket}, contact => $alice->{contact});
is(($s->release($bob, $alice))[1]{contact}{phone}, '+41 31 555 99 99', 'a changed contact is what the match sees');
$s->ok('profile', ticket => $bob->{ticket}, profile => Sphere::profile_of('Bob', title => 'Flour, and bran too'));
is($s->show($bob)->{profile}{title}, 'Flour, and bran too', 'a changed profile is shown');
my $new = $s->ok('code')->{code};
$bob->{ticket} = $s->ok('new-code', ticket => $bob->{ticket}, new_code => $new)->{ticket};
is(($s->post('session', code => $bob->{code}))[0], 403, 'the old code opens nothing any more');
$bob->{ticket} = $s->ok('session', code => $new)->{ticket};
is_deeply(($s->release($bob, $alice))[1]{contact}, $alice->{contact}, 'with the new code the match is still there');

# ---- withdrawal ----
$s->withdraw($alice, $bob);
$s->tick; $s->tick;
is($s->state_of($alice, $bob), 'matched', 'what has matched stays readable after a withdrawal');
is(($s->release($_->[0], $_->[1]))[0], 200, 'for both') for [ $alice, $bob ], [ $bob, $alice ];
$s->unlock($carol, $bob);
$s->tick; $s->tick;
$s->withdraw($carol, $bob);
$s->tick; $s->tick;
$s->unlock($bob, $carol);
$s->tick; $s->tick;
is(($s->release($_->[0], $_->[1]))[0], 403, 'who withdrew before the other answered is not shown')
	for [ $carol, $bob ], [ $bob, $carol ];
is(($s->try_unlock($carol, $bob))[0], 409, 'and a withdrawal that counted is final');

# ---- nobody, hidden, reported ----
my $nobody = { profile => '00' x 16 };
is($s->show($nobody)->{profile}, undef, 'nobody vouches for a number that does not exist');
is(($s->try_unlock($alice, $nobody))[0], 200, 'unlocking it is answered like any other');
$s->ok('report', profile => $bob->{profile}, cause => 'fake', text => 'Not a mill at all', ticket => $alice->{ticket});
$s->ok('report', profile => $bob->{profile}, cause => 'other', text => 'I do not like it');
is(join(' ', $i->column('SELECT matched FROM profile_report ORDER BY n')),
	't f', 'a report says whether they have matched');
like($i->run_ok('contact', 'reports'), qr/by a matched party/, 'and the operator reads it');
like($i->run_ok('--json', 'contact', 'reports'), qr/^\{"reports":\[\{.*"matched":true.*\}\],"to_review":\[\]\}$/,
	'also as JSON');
$i->run_ok('contact', 'hide', $carol->{profile}, '--reason', 'No mill and no bakery');
$i->until('it is carried out', sub { $i->sql('SELECT count(*) FROM profile WHERE pending IS NOT NULL') eq '0' });
my $in = $s->ok('session', code => $carol->{code});
is("$in->{state}: $in->{reason}", 'hidden: No mill and no bakery', 'a hidden party is told why');
ok(!$s->show($carol)->{vouched}, 'and nobody can unlock it');

# ---- invitations, consents ----
my ($invite) = split /\n/, $i->run_ok('contact', 'invite', 2, '--badge', 'Chamber of Bern');
my $invited = $s->ok('enrol', code => $s->ok('code')->{code}, invite => $invite, contact => Sphere::contact_of('Dora'),
	text_version => 1, profile => Sphere::profile_of('Dora'));
is($s->show($invited)->{profile}{badge}, 'Chamber of Bern', 'who comes by an invitation has its badge');
is($s->sphere('SELECT count(*) FROM invite'), '1', 'and the invitation is used up');
($status) = $s->post('enrol', code => $s->ok('code')->{code}, invite => $invite, contact => Sphere::contact_of('Eve'),
	text_version => 1, profile => Sphere::profile_of('Eve'));
is($status, 403, 'it cannot be used twice');
open my $key, '>', "$i->{home}/offline" or die $!;
print $key "$s->{offline_key}\n";
close $key;
chmod 0600, "$i->{home}/offline"; # the keeper's user cannot open it
my $consents = $i->run_ok('contact', 'consent', '--offline-key', "$i->{home}/offline");
like($consents, qr/ unlock party $alice->{profile} target $bob->{profile} text 1/,
	'the offline key opens who has consented');
like(($i->run('contact', 'consent', '--offline-key', "$i->{home}/nowhere"))[1], qr/nowhere: No such file/,
	'a file of the key that is not there is named');
like(($i->run('contact', 'consent', '--offline-key', "$i->{dir}/holdfast.conf"))[1],
	qr/has no offline key, or one with/, 'and so is one that has no key');

# ---- erasure ----
my $gone = $s->ok('erase', ticket => $bob->{ticket}, code => $new);
like($gone->{gone_for_good_on}, qr/^20\d\d-/, 'who erases is told when backups are unreadable');
is(($s->post('session', code => $new))[0], 403, 'nobody signs in any more');
is($i->sql("SELECT count(*) FROM profile WHERE id = decode('$bob->{profile}', 'hex')"), '0', 'the profile is gone');
is(($s->release($alice, $bob))[0], 403, 'and the match, too');

# ---- rotation ----
my $rows = $s->sphere('SELECT count(*) FROM party');
my %before = $i->processes;
like($i->run_ok('contact', 'rotate'), qr/^period 2; /m, 'a rotation begins a period');
is($s->sphere('SELECT count(*) || \' \' || min(period) FROM party'), "$rows 2", 'all rows are in it');
is($s->sphere('SELECT coalesce(min(period), 2) FROM unlock'), '2', 'unlocks as well');
my %after = $i->processes;
is_deeply([ grep { ($before{$_} // '') =~ /contact|keeper/ } keys %after ], [],
	'and nothing that knows the older key still runs');
my $own = $s->ok('session', code => $code);
is_deeply($s->ok('self', ticket => $own->{ticket})->{contact}, $alice->{contact}, 'and nothing is lost');

unlike($i->log, qr/Canary|canary\.example|555 99|\Q$code\E/, 'no contact and no code is in the log');
is(($i->run('down'))[0], 0, 'down');
is_deeply([ $i->left ], [], 'nothing is left');
done_testing;
