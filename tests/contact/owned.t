#!/usr/bin/perl
# The database as if an attacker owned it, who is in league with a party: rows are changed, copied, swapped, forged and
# deleted as the roles of the contact process. Nothing of it releases a contact. Putting an old row back whole is the
# one exception; it works exactly as documented, and ends with the period of the keys.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Sphere;
use Test::More;

my $s = Sphere->start;
my $i = $s->i;
my ($victim, $friend, $thief) = map { $s->party($_) } qw(Victim Friend Thief);

# As the role of the process: more than it may do is refused, what it may do is done.
sub owned { my ($sql) = @_; return $s->sphere("SET ROLE holdfast_contact; $sql") }

$s->unlock($thief, $victim);
$s->unlock($victim, $friend);
$s->unlock($friend, $victim);
$i->until('victim and friend have matched', sub { $s->state_of($victim, $friend) eq 'matched' });
is(($s->release($thief, $victim))[0], 403, 'the thief is shown nothing');
$s->sphere('CREATE TABLE kept_party AS TABLE party; CREATE TABLE kept_unlock AS TABLE unlock');

sub restore {
	$s->sphere('TRUNCATE party, unlock; INSERT INTO party TABLE kept_party; INSERT INTO unlock TABLE kept_unlock');
}

my @attack;
for my $table ([ 'party', 'code_label', 'id_label' ], [ 'unlock', 'label' ]) {
	my ($name, @label) = @$table;
	my @rows = split /\n/, $s->sphere("SELECT $label[0] FROM $name ORDER BY 1");
	for my $from (@rows) {
		for my $to (grep { $_ ne $from } @rows) {
			push @attack, [ "$name: a body in another row",
				"UPDATE $name SET body = (SELECT body FROM $name WHERE $label[0] = '$from') WHERE $label[0] = '$to'" ];
			push @attack, [ "$name: two rows change their labels",
				"UPDATE $name SET $label[0] = CASE $label[0] WHEN '$from'
				THEN '\\x00000000000000000000000000000000'::bytea ELSE $label[0] END;
				UPDATE $name SET $label[0] = '$from' WHERE $label[0] = '$to';
				UPDATE $name SET $label[0] = '$to' WHERE $label[0] = '\\x00000000000000000000000000000000'" ]
				if $from lt $to;
		}
		push @attack, [ "$name: forged", "UPDATE $name SET body = decode(repeat('5a', length(body)), 'hex')
			WHERE $label[0] = '$from'" ];
		push @attack, [ "$name: deleted", "DELETE FROM $name WHERE $label[0] = '$from'" ];
	}
	push @attack, [ "$name: another period", "UPDATE $name SET period = period + 1" ];
}
push @attack, [ 'party: another version', 'UPDATE party SET version = version + 7' ],
	[ 'party: never expires', 'UPDATE party SET expires_week = 900000' ],
	[ 'unlock: kept for ever', 'UPDATE unlock SET keep_week = 900000' ];
my $released = 0;
for my $attack (@attack) {
	my ($what, $sql) = @$attack;
	owned($sql);
	my ($status, $answer, $r) = $s->release($thief, $victim);
	if ($status == 200 || $r->{content} =~ /victim\@|Victim Canary/) {
		$released++;
		fail("$what released the contact of the victim");
	}
	restore();
}
is($released, 0, scalar(@attack) . ' changes by the owner of the database released nothing');
is(($s->release($friend, $victim))[0], 200, 'and with the rows as they were the match is there');

# ---- the directory ----
my $kept = $i->sql("SELECT body FROM profile WHERE id = decode('$victim->{profile}', 'hex')");
$i->sql("SET ROLE holdfast_profile; UPDATE profile SET body = 'Unlock us, we are somebody else.'
	WHERE id = decode('$victim->{profile}', 'hex')");
ok(!$s->show($victim)->{vouched}, 'a profile that was changed in the database is not vouched for');
is($s->show($victim)->{profile}, undef, 'and not shown before an unlock');

# ---- an old row put back whole ----
my ($cheat, $mark) = ($s->party('Cheat'), $s->party('Marks'));
my $before = $s->sphere('SELECT string_agg(label::text, \' \' ORDER BY label) FROM unlock');
$s->unlock($cheat, $mark);
my ($label) = grep { $before !~ /\Q$_\E/ } split /\n/, $s->sphere('SELECT label FROM unlock');
$s->sphere("CREATE TABLE old_row AS SELECT * FROM unlock WHERE label = '$label'");
$s->withdraw($cheat, $mark);
$s->tick;
$s->unlock($mark, $cheat);
$s->tick;
is(($s->release($cheat, $mark))[0], 403, 'who withdrew before the other answered reads nothing');
my $back = "DELETE FROM unlock WHERE label = '$label'; INSERT INTO unlock SELECT * FROM old_row";
$s->sphere($back);
is(($s->release($cheat, $mark))[0], 200, 'an old row put back whole is what the keeper cannot see: as documented');
$i->run_ok('contact', 'rotate');
$s->sphere('INSERT INTO unlock SELECT * FROM old_row ON CONFLICT DO NOTHING');
$s->sphere("DELETE FROM unlock WHERE period > (SELECT period FROM old_row)
	AND keep_week = (SELECT keep_week FROM old_row)");
$cheat->{ticket} = $s->ok('session', code => $cheat->{code})->{ticket};
is(($s->release($cheat, $mark))[0], 403, 'and ends with the period: the old row is noise');
is(($i->run('down'))[0], 0, 'down');
done_testing;
