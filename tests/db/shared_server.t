#!/usr/bin/perl
# Instances on a PostgreSQL that others use, too: init takes an empty database and nothing else, leaves nothing when it
# fails, and two instances do not get in each other's way.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Address;
use Instance;
use JSON::XS;
use Server;
use Test::More;

my $server = Server->start;
my $i = Instance->make; # for the programs; its own cluster is not used
my $home = $i->{home};

# ---- what is others' ----
$server->sql($_) for q{CREATE ROLE clerk LOGIN PASSWORD 'clerk'},
	q{CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'kept'}, q{CREATE ROLE nobody_much LOGIN PASSWORD 'x'},
	'CREATE DATABASE third OWNER keeper',
	map {"CREATE DATABASE $_"} 'shop', 'first', '"Second-1"', 'foreign_owner', 'fourth';
$server->sql($_, 'shop') for 'CREATE TABLE orders (id integer PRIMARY KEY)', 'INSERT INTO orders VALUES (1), (2)',
	'GRANT SELECT ON orders TO clerk';
$server->sql('CREATE FUNCTION only_a_function() RETURNS integer LANGUAGE sql AS $$SELECT 1$$', 'fourth');
my @databases = ('shop', 'first', 'Second-1', 'third', 'foreign_owner', 'fourth', 'postgres', 'template1');

sub init {
	my ($dir, $url) = @_;
	return $i->run('init', $dir, '--db', $url, '--listen', "$i->{host}:" . free_port());
}
sub refused {
	my ($what, $url, $why) = @_;
	my $before = $server->everything(@databases);
	my ($code, $text) = init("$home/no", $url);
	is($code, 1, "refused: $what");
	like($text, $why, 'and it says why');
	ok(!-e "$home/no", 'nothing is left of the instance');
	is_deeply($server->everything(@databases), $before, 'and the server is as it was');
}

refused('a database with tables', $server->url('shop'),
	qr/the database 'shop' is not empty \(public\.orders\); an instance needs one of its own/);
refused('a database with a function', $server->url('fourth'), qr/'fourth' is not empty \(public\.only_a_function\)/);
refused('a database that does not exist', $server->url('nosuch'), qr/"nosuch" does not exist/);
refused('a wrong password', $server->url('first', 'admin', 'wrong'), qr/password authentication failed/);
refused('a user who may not create roles', $server->url('first', 'nobody_much', 'x'),
	qr/allowed to create roles \(CREATEROLE\) and own the database 'first'/);
refused('a user who does not own the database', $server->url('foreign_owner', 'keeper', 'kept'),
	qr/own the database 'foreign_owner'/);
refused('no URL', 'host=somewhere', qr/--db takes a URL/);
$server->sql(q{CREATE ROLE holdfast_first_worker LOGIN PASSWORD 'somebody else'});
refused('a role of that name', $server->url('first'), qr/the role holdfast_first_worker exists already on this server/);
$server->sql('DROP ROLE holdfast_first_worker');

# The server lets nobody in but these two: the new roles cannot log in.
my $hba = "$server->{home}/data/pg_hba.conf";
my $open = Instance::read_file($hba);
sub set_hba { open my $out, '>', $hba or die $!; print $out @_; close $out; $server->sql('SELECT pg_reload_conf()') }
set_hba("local all admin,keeper scram-sha-256\n");
$i->until('the server has read it',
	sub { $server->sql("SELECT count(*) FROM pg_hba_file_rules WHERE 'admin' = ANY (user_name)") });
refused('roles that cannot log in', $server->url('first'),
	qr/the new role holdfast_first_owner cannot log in.*pg_hba\.conf/);
set_hba($open);
# Something goes wrong in the middle of the schema, when roles and rights have been made.
$server->sql($_, 'first') for q{
	CREATE FUNCTION stop_it() RETURNS event_trigger LANGUAGE plpgsql AS $$
	BEGIN
		IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.pipeline_batch') THEN
			RAISE EXCEPTION 'stopped';
		END IF;
	END $$}, 'CREATE EVENT TRIGGER stop_it ON ddl_command_end EXECUTE FUNCTION stop_it()',
	'ALTER FUNCTION stop_it() SET SCHEMA pg_catalog';
refused('a schema that cannot be made', $server->url('first'), qr/migration 0005_pipeline: .*stopped/);
$server->sql($_, 'first') for 'DROP EVENT TRIGGER stop_it',
	'SET allow_system_table_mods = on; DROP FUNCTION pg_catalog.stop_it()';

# ---- two instances and one of a user who is no superuser ----
my %instance = (one => [ 'first', 'admin', $server->{password} ], two => [ 'Second-1', 'admin', $server->{password} ],
	three => [ 'third', 'keeper', 'kept' ]);
my $before = $server->everything('shop', 'foreign_owner', 'fourth', 'postgres', 'template1');
for my $name (sort keys %instance) {
	my ($code, $text) = init("$home/$name", $server->url(@{ $instance{$name} }));
	is($code, 0, "an instance on the database $instance{$name}[0] as $instance{$name}[1]") or diag $text;
	my $conf = Instance::read_file("$home/$name/holdfast.conf") =~ s/^#.*\n//mgr;
	unlike($conf, qr/admin|keeper|kept|superuser/, "the administrator's name and password are not kept");
	is((stat "$home/$name/secrets")[2] & 07777, 0600, 'and the passwords of the roles are for us alone');
}
is(join(' ', map { /^role\|(holdfast\w*web)\|/ } @{ $server->everything }),
	'holdfast_first_web holdfast_second_1_9f7a3a53_web holdfast_third_web', 'each has roles of its own');
my %others = map { $_ => 1 } @$before;
my @new = grep { !$others{$_} } @{ $server->everything('shop', 'foreign_owner', 'fourth', 'postgres', 'template1') };
is_deeply([ grep { !/holdfast_|^database\|(?:first|Second-1|third)\|/ } @new ], [], "and what is others' is as it was");
refused('the database of an instance', $server->url('first'), qr/the database 'first' is not empty/);

# ---- they work beside one another ----
for my $name (sort keys %instance) {
	open my $csv, '>', "$home/$name.csv" or die $!;
	print $csv "name,city,country\nFarm shop $name,Bern,CH\n";
	close $csv;
}
my %is;
for my $name (sort keys %instance) {
	my $one = $is{$name} = bless { %$i, dir => "$home/$name", conf => undef }, 'Instance';
	($one->{port}) = $one->slurp('holdfast.conf') =~ /^web\.listen = \S+:(\d+)$/m;
	my ($code, $text) = $one->run('up', '--detach');
	is($code, 0, "up: $name") or diag $text;
}
for my $name (sort keys %instance) {
	my $one = $is{$name};
	my @commands = ([ 'import', "$home/$name.csv" ], [qw(enrich --stage quality)], ['migrate'], ['export'],
		[qw(suppress --list)], ['status']);
	for my $command (@commands) {
		my ($code, $text) = $one->run(@$command);
		is($code, 0, "@$command: $name") or diag $text;
	}
}
for my $name (sort keys %instance) {
	my $text = $is{$name}->get('/v1/businesses')->{content};
	like($text, qr/Farm shop $name/, "$name shows its own");
	unlike($text, qr/Farm shop (?!$name)/, 'and nothing of the others');
}
# Nobody reaches another's database.
for my $name (sort keys %instance) {
	my %password = map { split / / } split /\n/, $is{$name}->slurp('secrets');
	for my $role (sort keys %password) {
		for my $database ('first', 'Second-1', 'third') {
			my ($code, $text) = $server->try('SELECT 1', $database, $role, $password{$role});
			$database eq $instance{$name}[0]
				? is($code, 0, "$role connects to $database")
				: like($text, qr/permission denied for database/, "$role does not connect to $database");
		}
	}
}
like(($server->try('SELECT 1', 'first', 'clerk', 'clerk'))[1],
	qr/permission denied for database/, 'nor does a user of others');
for my $name (sort keys %instance) {
	is(($is{$name}->run('down'))[0], 0, "down: $name");
}
is($server->sql(q{SELECT count(*) FROM pg_stat_activity WHERE usename ~ 'holdfast'}), '0', 'no session is left');
{
	my $more = '&password=s3cret&connect_timeout=9';
	my $conf = $is{one}->slurp('holdfast.conf')
		=~ s{^(db\.url = "?postgresql://)([^\s"]+)}{$1me:s3cret\@$2$more}mr;
	open my $out, '>', "$home/one/holdfast.conf" or die $!;
	print $out $conf;
	close $out;
	my (undef, $text) = $is{one}->run('status');
	like($text, qr{^database   postgresql:///first\?host=[^&\s]+(?:&port=\d+)?&connect_timeout=9$}m,
		'status says which database');
	unlike($text, qr/s3cret/, 'and no password that an operator has written there');
}
is($server->sql('SELECT count(*) FROM orders', 'shop', 'clerk', 'clerk'), '2', 'and the clerk works on');
done_testing;
