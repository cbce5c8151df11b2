#!/usr/bin/perl
# Which record of a file is which business: files without ids that are corrected, complete files from which something is
# missing, and ids that are carried to another installation.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Directory ();
use Instance;
use JSON::XS;
use Test::More;

my $i = Instance->make(settings => { 'web.processes' => 1 });
$i->up;

my @fields = qw(name street postcode city country phone website lat lon description);

sub file {
	my ($name, @records) = @_;
	my $path = "$i->{home}/$name";
	open my $out, '>', $path or die "$path: $!";
	print $out join(',', @fields, 'register_number'), "\n";
	print $out join(',', map { $_ // '' } @$_{ @fields, 'register_number' }), "\n" for @records;
	close $out or die $!;
	return $path;
}

# "inserted/updated/unchanged" of an import, or what it says.
sub import_of {
	my ($source, $path, @options) = @_;
	my ($code, $text) = $i->run('--json', 'import', '--source', $source, @options, $path);
	my ($json) = $text =~ /^(\{.*\})$/m;
	return ($text, undef) unless $json;
	my $r = decode_json($json);
	return (join('/', @$r{qw(inserted updated unchanged)}), $r);
}

sub ids {
	my ($source) = @_;
	return $i->sql(
		"SELECT string_agg(b.id::text, ' ' ORDER BY b.id) FROM business b JOIN source s ON s.id = b.source_id
		WHERE s.key = '$source'"
	);
}

# ---- one changed field changes exactly one record ----
{
	my $seed = $ENV{HOLDFAST_SEED} // 1;
	note "seed $seed";
	srand $seed;
	my $count = 30;
	my $word = sub { join '', map { chr(97 + rand 26) } 1 .. 5 + rand 5 };
	my @towns = map { ucfirst $word->() } 1 .. 5;
	my @records = map { {
		name => ucfirst($word->()) . ' ' . $word->(),
			street => rand() < 0.8 ? ucfirst($word->()) . ' ' . int(1 + rand 99) : '',
		postcode => int(1000 + rand 8000), city => $towns[ rand @towns ], country => 'CH',
		phone => rand() < 0.6 ? sprintf('044 %03d %02d %02d', 200 + rand 700, rand 99, rand 99) : '',
		website => rand() < 0.5 ? 'https://' . $word->() . '.example' : '',
		lat => sprintf('%.5f', 47.05 + rand 0.2), lon => sprintf('%.5f', 9.4 + rand 0.2), description => $word->()
	} } 1 .. $count;
	# With a name and a town alone, another town is another business.
	$_->{street} ||= ucfirst($word->()) . ' 1' for grep { !$_->{phone} && !$_->{website} } @records;
	# Branches of one name in two towns, firms at one address, a chain with one website.
	$records[1]{name} = $records[0]{name};
	@{ $records[3] }{qw(street city postcode)} = @{ $records[2] }{qw(street city postcode)};
	@$_{qw(name website)} = ('Kette AG', 'https://kette.example') for @records[ 4, 5 ];
	$records[$_]{street} = "Ring $_" for 4, 5;
	my ($said) = import_of('random', file('random.csv', @records));
	is($said, "$count/0/0", 'records without ids are taken');
	my $first = ids('random');
	my %other = (
		name => sub { "$_[0] Neu" }, street => sub { "$_[0]a" }, postcode => sub { $_[0] + 1 },
			city => sub { "$_[0]dorf" },
		country => sub { $_[0] eq 'CH' ? 'LI' : 'CH' },
			phone => sub { '044 111 ' . sprintf('%02d %02d', rand 99, rand 99) },
			website => sub { 'https://neu' . int(rand 1e6) . '.example' },
		lat => sub { $_[0] + 0.001 }, lon => sub { $_[0] + 0.001 }, description => sub {"$_[0] more"}
	);
	for my $round (1 .. ($ENV{HOLDFAST_ROUNDS} // 2)) {
		for my $field (@fields) {
			my $at = int rand $count;
			my $record = $records[$at];
			$record->{$field} = $other{$field}->($record->{$field});
			($said) = import_of('random', file('random.csv', @records));
			is($said, '0/1/' . ($count - 1), "round $round: another $field changes one record")
				or diag "record $at: ", explain $record;
		}
	}
	is(ids('random'), $first, 'and all are still who they were');
}

# ---- no false merges ----
{
	my %at = (street => 'Weg 1', city => 'Bern', country => 'CH');
	my $one = { %at, name => 'Holding AG', register_number => 'CHE-1' };
	my ($said) = import_of('registers', file('registers.csv', $one));
	is($said, '1/0/0', 'a firm with its number in a register');
	($said) = import_of('registers', file('registers.csv', { %at, name => 'Holding AG', register_number => 'CHE-2' }));
	is($said, '1/0/0', 'another number at the same address is another firm');
	($said) = import_of('others', file('others.csv', { %at, name => 'Kern', phone => '031 300 00 01' }));
	($said) = import_of('others', file('others.csv', { %at, name => 'Frisch', phone => '031 300 00 02' }));
	is($said, '1/0/0', 'so is another name with another telephone');
}

# ---- what is suppressed stays suppressed ----
{
	my %a = (name => 'Kern', street => 'Weg 1', city => 'Chur', country => 'CH', phone => '081 250 00 01');
	my %b = (name => 'Frisch', street => 'Weg 2', city => 'Chur', country => 'CH');
	import_of('kept-out', file('kept-out.csv', \%a, \%b));
	my $id = Directory::id_text($i->sql("SELECT id FROM business WHERE name = 'Kern' AND city = 'Chur'"));
	$i->run_ok('suppress', $id);
	my ($said, $r) = import_of('kept-out', file('kept-out.csv', { %a, street => 'Weg 1a' }, \%b));
	is("$said/$r->{suppressed}", '0/0/1/1', 'a record without an id is still suppressed when its street was corrected');
	($said, $r) = import_of('kept-out', file('kept-out.csv', { %a, name => 'Kern AG' }, \%b));
	is("$said/$r->{suppressed}", '0/0/1/1', 'and when its name was');
	is($i->sql("SELECT count(*) FROM suppression WHERE suppression::text ~ 'Kern|Weg|250'"), 0,
		'the list of what is suppressed does not show it');
}

# ---- names, towns and files that differ ----
{
	my @all = map { { name => "N$_", street => "Gasse $_", city => 'Wintertur', country => 'CH',
			phone => "052 111 22 3$_" } } 1 .. 3;
	import_of('spelled', file('spelled.csv', @all));
	my $first = ids('spelled');
	@{ $all[0] }{qw(name city)} = ('Neu', 'Winterthur');
	my ($said) = import_of('spelled', file('spelled.csv', @all));
	is($said . ids('spelled'), "0/1/2$first", 'another spelling of name and town: telephone and street are the same');
	mkdir "$i->{home}/$_" for 'a', 'b';
	my ($one, $two) = map {
		my $of = $_;
		file("$of/list.csv", map { { name => "$of $_", city => 'Bern', country => 'CH' } } 1 .. 3)
	} 'a', 'b';
	$i->run_ok('import', $one);
	my ($code, $text) = $i->run('import', $two);
	is($code, 0, 'another file of the same name and without ids is taken');
	like($text, qr/none of the 3 records that source 'list' has is in this file/, 'and it is said');
}

# ---- complete files ----
sub list {
	my ($name, @ids) = @_;
	my $path = "$i->{home}/$name";
	open my $out, '>', $path or die "$path: $!";
	print $out "id,name,city,status\n", map { /^\D/ ? "$_\n" : "$_,Shop $_,Bern,\n" } @ids;
	close $out or die $!;
	return $path;
}
{
	import_of('complete', list('complete.csv', 1 .. 20));
	my $suppressed = Directory::id_text($i->sql("SELECT id FROM business WHERE name = 'Shop 20'"));
	$i->run_ok('suppress', $suppressed);
	my $path = list('complete.csv', 1 .. 10, 20);
	my ($said) = import_of('complete', $path);
	is($said, '0/0/10', 'without --complete nothing is removed');
	($said) = import_of('complete', $path, '--complete');
	like($said, qr/9 of 19 businesses of source 'complete' are not in the file, more than 10 %; nothing was changed/,
		'more than a tenth is not removed');
	($said, my $r) = import_of('complete', $path, '--complete', '--dry-run');
	is_deeply([ map { $_->{name} } @{ $r->{gone} } ], [ map {"Shop $_"} 11 .. 19 ], 'a dry run lists them');
	is($i->sql("SELECT count(*) FROM business WHERE name ~ '^Shop'"), 19, 'and removes none');
	($said, $r) = import_of('complete', $path, '--complete=50%');
	is("$said/$r->{removed}/$r->{suppressed}", '0/0/10/9/1', 'a limit that allows it');
	is(
		$i->sql("SELECT string_agg(external_id, ' ' ORDER BY external_id::int) FROM business_detail
			JOIN business b USING (id) WHERE name ~ '^Shop'"),
		'1 2 3 4 5 6 7 8 9 10', 'what is left'
	);
	is($i->sql("SELECT businesses FROM source WHERE key = 'complete'"), 10, 'is counted');
	is($i->sql("SELECT count(*) FROM suppression WHERE external_id = '20'"), 1, 'what was suppressed still is');
	# Record 10 cannot be taken, but it is there.
	$path = list('complete.csv', 1 .. 9);
	open my $more, '>>', $path or die $!;
	print $more "10,,Bern,\n";
	close $more or die $!;
	($said, $r) = import_of('complete', $path, '--complete');
	is("$said/$r->{rejected}/$r->{removed}", '0/0/9/1/0', 'a record that was rejected is not removed');
	my ($code, $text) = $i->run('import', '--complete=many', $path);
	is($code, 64, '--complete takes a percentage');
	like($text, qr/--complete takes a percentage, not 'many'/, 'and says so');
}

# ---- identities travel ----
{
	my %a = (name => 'Reise', street => 'Weg 1', city => 'Genf', country => 'CH', lat => '46.20000', lon => '6.14000');
	import_of('travel', file('travel.csv', \%a));
	$a{street} = 'Weg 1b';
	my $path = file('travel.csv', \%a);
	import_of('travel', $path);
	my $id = $i->sql("SELECT id FROM business WHERE name = 'Reise'");
	my $tsv = "$i->{home}/identities.tsv";
	open my $out, '>', $tsv or die $!;
	print $out $i->run_ok('identities');
	close $out or die $!;
	my $other = Instance->make(settings => { 'web.processes' => 1 });
	$other->up;
	$other->run_ok('import', '--source', 'travel', '--identities', $tsv, $path);
	is($other->sql("SELECT id FROM business WHERE name = 'Reise'"), $id, 'a corrected record has its old id elsewhere');
	$other->run_ok('import', '--source', 'travel', $path);
	is($other->sql('SELECT string_agg(id::text, chr(32)) FROM business'), $id, 'and keeps it');
	my ($code, $text) = $other->run('import', '--source', 'travel', '--identities', $path, $path);
	is($code, 1, 'another file than that of identities');
	like($text, qr/travel\.csv:1: not source, external id, id and path, separated by tabs/, 'is refused by line');
	is(($other->run('down'))[0], 0, 'down');
}

is(($i->run('down'))[0], 0, 'down');
is_deeply([ $i->left ], [], 'nothing is left');
done_testing;
