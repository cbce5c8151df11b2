# An instance of its own with a directory in it. For tests/http/*.t.
#
#   my $directory = Directory->start;             # 30 000 businesses, and some that tests know by name
#   my $web = Web->start(database => $directory->conninfo);
#   my @rows = $directory->rows('SELECT ...');    # as the superuser
#   $directory->stop;
#
# The rows are made by SQL, always the same: what search must find is told by SQL over the same rows, and
# not by the importer.
package Directory;
use strict;
use warnings;
use utf8;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Socket::INET;

our $root = abs_path(dirname(__FILE__) . '/../..');
my $build = $ENV{HOLDFAST_BUILD} // "$root/build/" . ($ENV{VARIANT} // 'release');
my %running;
END { my $code = $?; $_->stop for values %running; $? = $code }

sub start {
	my ($class) = @_;
	my $dir = tempdir('holdfast-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	chmod 0755, $dir; # the database's user goes through
	my $self = bless { dir => "$dir/i" }, $class;
	$self->holdfast('init');
	open my $conf, '>>', "$self->{dir}/holdfast.conf" or die $!;
	# Its own web process is not the one that is tested; it only needs a port that nobody has.
	my $free = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die $!;
	print $conf "web.processes = 1\nweb.listen = 127.0.0.1:" . $free->sockport . "\n";
	close $free;
	close $conf;
	$running{$self} = $self;
	$self->holdfast('up', '--detach');
	$self->sql($self->filling);
	return $self;
}

sub holdfast {
	my ($self, @arguments) = @_;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDOUT, '>', '/dev/null';
		open STDERR, '>>', dirname($self->{dir}) . '/log';
		exec "$build/holdfast", '-C', $self->{dir}, @arguments;
		die "$build/holdfast: $!";
	}
	waitpid $pid, 0;
	die "holdfast @arguments failed: " . `cat @{[dirname $self->{dir}]}/log` if $?;
}

sub stop {
	my ($self) = @_;
	kill TERM => delete $self->{pgbouncer_pid} if $self->{pgbouncer_pid};
	$self->holdfast('down') if delete $running{$self};
}

# How the web role reaches the database: straight, or through PgBouncer in transaction mode when a test asks for it.
sub conninfo {
	my ($self) = @_;
	my $host = $ENV{HOLDFAST_THROUGH_PGBOUNCER} ? $self->pgbouncer : "$self->{dir}/run";
	return "host=$host user=holdfast_web dbname=holdfast";
}

# A PgBouncer with two server connections in front of the database; gives the folder of its socket. It does not run
# as root, so that it is holdfast-web there, which the database knows as the web role.
sub pgbouncer {
	my ($self) = @_;
	return $self->{pgbouncer} if $self->{pgbouncer};
	my $dir = dirname($self->{dir}) . '/pgbouncer';
	mkdir $dir or die "$dir: $!";
	open my $ini, '>', "$dir/ini" or die $!;
	print $ini <<"INI";
[databases]
holdfast = host=$self->{dir}/run port=5432
[pgbouncer]
listen_addr =
unix_socket_dir = $dir
listen_port = 5432
auth_type = trust
auth_file = $dir/users
pool_mode = transaction
default_pool_size = 2
max_client_conn = 50
server_reset_query =
logfile = $dir/log
pidfile = $dir/pid
admin_users = holdfast_web
INI
	open my $users, '>', "$dir/users" or die $!;
	print $users qq("holdfast_web" ""\n);
	close $_ for $ini, $users;
	my @as = $> ? () : ('runuser', '-u', 'holdfast-web', '--');
	system('chown', '-R', 'holdfast-web', $dir) == 0 or die unless $>;
	system(@as, '/usr/sbin/pgbouncer', '-q', '-d', "$dir/ini") == 0 or die "pgbouncer: " . `cat $dir/log`;
	my $end = time + 20;
	until (-S "$dir/.s.PGSQL.5432" && -s "$dir/pid") { die 'pgbouncer does not start: ' . `cat $dir/log` if time > $end; select undef, undef, undef, 0.01 }
	chomp($self->{pgbouncer_pid} = `cat $dir/pid`);
	return $self->{pgbouncer} = $dir;
}

# One row of an admin command of it, as name => value.
sub pools {
	my ($self) = @_;
	my @lines = split /\n/, `psql -XA -F '|' -h $self->{pgbouncer} -U holdfast_web -d pgbouncer -c 'SHOW POOLS'`;
	my @names = split /\|/, $lines[0];
	my ($row) = grep { /^holdfast\|/ } @lines;
	my %pool;
	@pool{@names} = split /\|/, $row // '';
	return %pool;
}

sub sql {
	my ($self, $text) = @_;
	my $file = dirname($self->{dir}) . '/psql';
	open my $out, '>:utf8', $file or die $!;
	print $out $text;
	close $out;
	open my $in, '-|:utf8', 'psql', qw(-X -q -At -v ON_ERROR_STOP=1 -h), "$self->{dir}/run", qw(-U postgres -d holdfast -f), $file or die $!;
	local $/;
	my $answer = <$in> // '';
	close $in or die "psql failed\n";
	return $answer;
}

sub rows { my ($self, $text) = @_; return map { [split /\|/, $_, -1] } split /\n/, $self->sql($text) }
sub column { my ($self, $text) = @_; return map { $_->[0] } $self->rows($text) }

# The id as URLs have it.
sub id_text {
	my ($id) = @_;
	my @digits = split //, '0123456789abcdefghjkmnpqrstvwxyz';
	return join '', map { $digits[$id >> 5 * (12 - $_) & 31] } 0 .. 12;
}

sub filling {
	return <<'SQL';
BEGIN;
INSERT INTO source (key, name, licence, licence_url, attribution, url) VALUES
	('alpha', 'Alpha', 'ODbL-1.0', 'https://opendatacommons.org/licenses/odbl/', '© Alpha contributors', 'https://alpha.example/'),
	('beta', 'Beta', NULL, NULL, NULL, NULL);
INSERT INTO region (key, country, name)
	SELECT lower(c) || '-r' || r, c, 'Region ' || r FROM unnest(ARRAY['CH', 'FR', 'JP']) AS c, generate_series(1, 8) AS r;
INSERT INTO region (key, country) VALUES ('de', 'DE');
INSERT INTO city (region_id, key, name)
	SELECT r.id, r.key || '-t' || t, 'Town ' || r.id || ' ' || t FROM region AS r, generate_series(1, 6) AS t;
-- Skewed as real ones are: squares of a uniform number between 0 and 1.
CREATE TEMPORARY TABLE made AS
SELECT ('x' || md5('id' || i))::bit(64)::bigint & 9223372036854775807 AS id, i,
	CASE WHEN i % 10 < 3 THEN NULL ELSE floor(100 * sqrt(u2))::smallint END AS quality_score,
	1 + floor(150 * u1 * u1)::integer AS city_no, 1 + floor(192 * u3 * u3)::integer AS category_no,
	46 + u4 * 2 AS lat, 6 + u5 * 4 AS lon,
	initcap('word' || floor(400 * u5 * u5 * u5)) || ' ' || initcap('name' || floor(3000 * u4 * u4)) AS name,
	ARRAY['word' || floor(400 * u5 * u5 * u5), 'name' || floor(3000 * u4 * u4)] AS words,
	1 + (i % 7 = 0)::integer AS source_no
FROM (SELECT i, ('x' || substr(md5('u' || i), 1, 6))::bit(24)::integer / 16777216.0::float8 AS u1,
		('x' || substr(md5('u' || i), 7, 6))::bit(24)::integer / 16777216.0::float8 AS u2,
		('x' || substr(md5('u' || i), 13, 6))::bit(24)::integer / 16777216.0::float8 AS u3,
		('x' || substr(md5('v' || i), 1, 6))::bit(24)::integer / 16777216.0::float8 AS u4,
		('x' || substr(md5('v' || i), 7, 6))::bit(24)::integer / 16777216.0::float8 AS u5
	FROM generate_series(1, 30000) AS i) AS u;
INSERT INTO business (id, region_id, city_id, lat_e7, lon_e7, source_id, category_id, group_id, quality_score,
	name, street, postcode, city, country, phone, hours, timezone)
SELECT m.id, t.region_id, t.id, CASE WHEN i % 20 > 0 THEN lat * 1e7 END, CASE WHEN i % 20 > 0 THEN lon * 1e7 END, s.id, c.id, c.group_id, m.quality_score,
	m.name, 'Street ' || i % 50, 8000 + i % 1000, t.name, r.country, '+4131' || 1000000 + i,
	CASE i % 3 WHEN 0 THEN '24/7' WHEN 1 THEN 'Mo-Fr 09:00-17:00' END, CASE WHEN i % 3 < 2 THEN 'Europe/Zurich' END
FROM made AS m
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS no FROM city) AS t ON t.no = m.city_no
JOIN region AS r ON r.id = t.region_id
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS no FROM category) AS c ON c.no = m.category_no
JOIN (SELECT *, row_number() OVER (ORDER BY id) AS no FROM source) AS s ON s.no = m.source_no
ORDER BY t.region_id, t.id, c.group_id;
-- Known by name. The first two stand 222.4 m apart, on both sides of the date line.
INSERT INTO business (id, lat_e7, lon_e7, source_id, category_id, group_id, name, country, hours, timezone, quality_score)
SELECT v.id, v.lat_e7, v.lon_e7, s.id, c.id, c.group_id, v.name, v.country, v.hours, v.timezone, v.quality_score
FROM (VALUES
	(11, 0, 1799990000, 'Last Minute', 'FJ', '24/7', 'Pacific/Fiji', 90),
	(12, 0, -1799990000, 'First Minute', 'FJ', NULL, NULL, 80),
	(13, 469480000, 74470000, 'Bäckerei Müller', 'CH', 'Mo-Fr 09:00-17:00', 'Europe/Zurich', 70),
	(14, 356800000, 1397700000, '東京 Sushi', 'JP', NULL, NULL, 60),
	(15, 469480000, 74470000, 'Zwilling', 'CH', NULL, NULL, NULL),
	(16, 469480000, 74470000, 'zwilling', 'CH', NULL, NULL, NULL)
) AS v (id, lat_e7, lon_e7, name, country, hours, timezone, quality_score)
JOIN category AS c ON c.key = 'bakery' JOIN source AS s ON s.key = 'alpha';
INSERT INTO business_detail (id, content_hash, external_id, words, quality_score, description, alt_names, offers, categories)
SELECT b.id, 0, 'e' || b.id,
	coalesce(m.words, CASE b.id WHEN 11 THEN '{last,minute}' WHEN 12 THEN '{first,minute}' WHEN 13 THEN '{backerei,muller}'
		WHEN 14 THEN '{東京,sushi}' ELSE '{zwilling}' END::text[])
		|| directory_facets(b.category_id, b.group_id, b.region_id, b.city_id), b.quality_score,
	CASE WHEN b.id = 13 THEN 'Brot & "Gipfeli" <seit 1900>' END, CASE WHEN b.id = 13 THEN ARRAY['Boulangerie Müller', 'The "old" one'] END,
	CASE WHEN b.id = 13 THEN '{"items": [{"name": "Zopf", "price": 4.5, "currency": "CHF"}]}'::jsonb END,
	CASE WHEN b.id = 13 THEN ARRAY[(SELECT id FROM category WHERE key = 'cafe')] END
FROM business AS b LEFT JOIN made AS m USING (id)
ORDER BY b.id;
COMMIT;
VACUUM (ANALYZE) business, business_detail, word, category, region, city, source;
SQL
}

1;
