#!/usr/bin/perl
# The whole directory as one answer: equal to the table, with filters, packed, for clients that are slow or leave, and
# while an import runs.
use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Compress::Zlib qw(memGunzip);
use Directory;
use JSON::XS;
use Socket qw(SOL_SOCKET SO_RCVBUF pack_sockaddr_in inet_aton);
use Test::More;
use Web;

my $directory = Directory->start;
my $web = Web->start(database => $directory->conninfo, 'web.bulk' => 2);
$web->until('the database answers', sub { ($web->request('GET /readyz'))[0] == 200 });
my $path = '/v1/businesses.ndjson';

# The body of an answer in chunks; dies when it was cut off.
sub unchunked {
	my ($text) = @_;
	my $body = '';
	$text =~ s/\A.*?\r\n\r\n//s or die "no head\n";
	while ($text =~ /\G([0-9a-f]+)\r\n/gc) {
		my $n = hex $1;
		$body .= substr $text, pos $text, $n;
		return ($body, substr $text, pos($text) + 2) if $n == 0;
		pos($text) = pos($text) + $n + 2;
	}
	die "cut off after " . length($body) . " bytes\n";
}
sub asked { return "GET $_[0] HTTP/1.1\r\nHost: a\r\nConnection: close\r\n$_[1]\r\n" }
# By patterns: reading thirty thousand records as JSON would take Perl longer than all the rest. That a line is the
# record is looked at once.
sub ids { return $_[0] =~ /^\{"id":"([^"]+)"/mg }
sub ids_of {
	my ($where) = @_;
	return map { Directory::id_text($_) } $directory->column("SELECT id FROM business WHERE $where ORDER BY id");
}

# ---- what it holds ----
my ($all) = unchunked($web->raw(asked($path, '')));
is(join("\n", ids($all)), join("\n", ids_of('true')), 'every business is there once, by id');
{
	my ($first) = split /\n/, $all;
	my $line = decode_json($first);
	my (undef, undef, $body) = $web->request("GET /v1/businesses/$line->{id}");
	my $one = decode_json($body);
	is_deeply($line, { map { $_ => $one->{$_} } keys %$line }, 'a line says what the record says');
}
{
	my $text = $web->raw(asked($path, "Accept-Encoding: br, gzip\r\n"));
	like($text, qr/^Content-Encoding: gzip\r$/m, 'it is packed for who takes that');
	my ($packed) = unchunked($text);
	is(memGunzip($packed), $all, 'and the same then');
	cmp_ok(length $packed, '<', length($all) / 3, 'but small');
	my $refusing = asked("$path?city=ch-r1-t1", "Accept-Encoding: gzip;q=0\r\n");
	unlike($web->raw($refusing), qr/Content-Encoding/, 'not for others');
}
for (
	[ 'category=bakery', q{category_id = (SELECT id FROM category WHERE key = 'bakery')} ],
	[ 'region=ch-r1', q{region_id = (SELECT id FROM region WHERE key = 'ch-r1')} ],
	[
		'region=ch-r1&category=bakery', q{region_id = (SELECT id FROM region WHERE key = 'ch-r1')
			AND category_id = (SELECT id FROM category WHERE key = 'bakery')}
	],
	[ 'bbox=7,46,8,47', 'lon_e7 BETWEEN 70000000 AND 80000000 AND lat_e7 BETWEEN 460000000 AND 470000000' ],
	[ 'takeaway=yes', 'false' ],
	[ 'wheelchair=yes', q{id IN (SELECT id FROM business_detail WHERE extra ->> 'wheelchair' = 'yes')} ],
) {
	my ($query, $where) = @$_;
	my ($body) = unchunked($web->raw(asked("$path?$query", '')));
	is(join("\n", ids($body)), join("\n", ids_of($where)), "filtered by $query");
}
my ($refused, $why) = $web->request("GET $path?category=nonsense", 'Accept-Encoding: gzip');
is("$refused " . ($why->{'content-encoding'} // 'plain'), '404 plain', 'what cannot be listed is refused, not packed');
is(($web->request("GET $path?q=a"))[0], 400, 'there are no words');
is(($web->request("HEAD $path"))[0], 200, 'HEAD is answered');
{
	my $old = $web->raw("GET $path HTTP/1.0\r\nHost: a\r\n\r\n") =~ s/\A.*?\r\n\r\n//sr;
	is($old, $all, 'without chunks for HTTP/1.0');
	my $socket = $web->connect;
	$web->put($socket, "GET $path?city=ch-r1-t1 HTTP/1.1\r\nHost: a\r\n\r\n" . asked('/healthz', ''));
	my (undef, $rest) = unchunked($web->get($socket));
	is((Web::answers($rest))[0][2], "ok\n", 'the next request on the connection is answered');
}

# ---- slow clients ----
# One that takes what fits into the sockets' buffers and no more.
sub slow {
	my $socket = IO::Socket::INET->new(Proto => 'tcp') // die "socket: $!";
	setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 4096;
	connect $socket, pack_sockaddr_in($web->{port}, inet_aton($web->{host})) or die "connect: $!";
	$web->put($socket, asked($path, ''));
	return { socket => $socket, read => $web->get($socket, qr/^HTTP\/1\.1 200/) };
}
my @slow = (slow(), slow());
# When the sockets hold what they can, no statement follows.
my ($last, $same) = ('', 0);
$web->until('no statement follows', sub {
	my $now = $directory->sql("SELECT count(*) FILTER (WHERE state = 'active'), max(query_start) FROM pg_stat_activity
		WHERE usename = 'holdfast_web' AND query LIKE '%FROM business%'");
	$same = $now eq $last && $now =~ /^0/ ? $same + 1 : 0;
	$last = $now;
	return $same == 5;
});
ok($web->until('clients that are slow hold no transaction', sub {
	$directory->sql("SELECT count(*) = 0 FROM pg_stat_activity WHERE usename = 'holdfast_web'
		AND (xact_start IS NOT NULL AND state <> 'active' OR backend_xmin IS NOT NULL)") eq 't';
}), 'clients that are slow hold no transaction');
my ($status, $header) = $web->request("GET $path");
is($status, 503, 'more than web.bulk are not served at once');
cmp_ok($header->{'retry-after'} // 0, '>', 0, 'and told when to come again');
close((shift @slow)->{socket});
$web->until('who leaves makes room', sub { ($web->request("HEAD $path"))[0] == 200 });

# ---- an import meanwhile ----
my %before = map { $_ => 1 } ids_of('true');
my $file = "$directory->{i}{home}/meanwhile.ndjson";
open my $out, '>', $file or die;
print $out qq({"external_id":"$_","name":"Meanwhile $_","country":"CH","city":"Thun"}\n) for 1 .. 500;
close $out;
chmod 0644, $file;
$directory->{i}->run_ok('import', '--source', 'meanwhile', $file);
$directory->sql("DELETE FROM business_detail WHERE id IN (SELECT id FROM business WHERE id % 97 = 0);
	DELETE FROM business WHERE id % 97 = 0;
	UPDATE business SET name = name || ' AG', quality_score = 1 WHERE id % 89 = 0");
my ($body) = unchunked($slow[0]{read} . $web->get($slow[0]{socket}));
close $slow[0]{socket};
my @got = ids($body);
my %seen;
is((grep { $seen{$_}++ } @got) + 0, 0, 'none comes twice though an import ran');
my @missing = grep { $before{$_} && !$seen{$_} } ids_of('true');
is("@missing", '', 'and none is missing that was there throughout');
$web->stop;
$directory->stop;
done_testing;
