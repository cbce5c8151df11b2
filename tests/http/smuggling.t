#!/usr/bin/perl
# Everything in parser/refused is refused with its status and the connection ends: what stands behind it,
# wherever a careless reader would let it begin, is never executed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Tree;
use Web;

my %status;
open my $faults, '<', "$root/src/http/parse/faults.def" or die "faults.def: $!";
while (<$faults>) { $status{$1} = $2 if /^FAULT\(\w+, "([^"]+)", (\d+)/ }

my $web = Web->start('http.access_log' => 'yes');
my $hidden = "GET /healthz?hidden HTTP/1.1\r\nHost: a\r\nX-Hidden: yes\r\n\r\n";

# The control: what is not hidden does run, and is seen in the log.
my @plain = Web::answers(
	$web->raw("GET /seen1 HTTP/1.1\r\nHost: a\r\n\r\nGET /seen2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
is(scalar @plain, 2, 'two pipelined requests get two answers');
like($web->log, qr{path="/seen1".*path="/seen2"}s, 'and both are in the log, in order');

my $n = 0;
open my $cases, '<', "$root/tests/http/parser/refused" or die "refused: $!";
while (my $line = <$cases>) {
	next if $line =~ /^#/;
	chomp $line;
	my ($fault, $bytes) = split / \| /, $line, 2;
	$n++;
	(my $marked = $hidden) =~ s{/healthz}{/hidden$n};
	my @answers = Web::answers($web->raw(Web::unescape($bytes) . $marked));
	is(join(' ', map { $_->[0] } @answers), $status{$fault}, "$fault: one answer, then the end: $bytes");
	is($answers[0][1]{connection}, 'close', '... which says that it is the end');
}
cmp_ok($n, '>=', 100, 'there are a hundred cases');
unlike($web->log, qr{/hidden}, 'no hidden request was executed');
is($web->metric('holdfast_http_refusals_total', 'cause="duplicate-content-length"'), 3,
	'refusals are counted by cause');

# The same with the request sent slowly: framing must not depend on how bytes arrive.
for my $case ("POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n",
	"POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n") {
	my $socket = $web->connect;
	for my $byte (split //, $case . $hidden) {
		$web->put($socket, $byte) or last;
	}
	my @answers = Web::answers($web->get($socket));
	is(join(' ', map { $_->[0] } @answers), 400, 'byte by byte it is refused as well');
}
# A body's bytes are never a request, whatever they look like.
my $body = "GET /hidden-body HTTP/1.1\r\nHost: a\r\n\r\n";
my @answers
	= Web::answers(
	$web->raw("POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\n\r\n$body")
	);
is($answers[0][0], 404, 'a request with a body is read as one');
unlike($web->log, qr{path="/hidden}, 'and its body is not executed');
$web->stop;
done_testing;
