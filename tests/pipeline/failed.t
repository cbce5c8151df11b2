#!/usr/bin/perl
# Why items failed reaches people: by cause at the end of a batch, with --failed, each with --why; what workers died
# of is listed, queued again, dropped.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Pipeline;
use Test::More;

my $p = Pipeline->make(businesses => 30);
my $i = $p->{i};
$p->ask_api('/refuse');
my ($code, $text) = $p->enrich('--stage', 'http', '--limit', 12);
like($text, qr/12 items = 0 ok \+ 12 failed .*\n +12 http_error 404$/m, 'a batch ends with its causes') or diag $text;
($code, $text) = $p->enrich('--failed');
is($code, 0, '--failed');
like($text, qr/^http, batch \d+\n +12 http_error 404$/m, 'shows them again') or diag $text;
my ($id) = $p->column("SELECT min(business_id) FROM pipeline_result");
my $id_text = Instance::id_text($id);
($code, $text) = $p->enrich('--failed', '--why', '--stage', 'http');
like($text, qr/^\Q$id_text\E  .*  http  http_error 404  \d{4}-\d\d-\d\d /m, '--why shows each business') or diag $text;
is(scalar(() = $text =~ /http_error 404/g), 12, 'all of them');
($code, $text) = $i->run('--json', 'enrich', '--failed');
is_deeply(decode_json(($text =~ /^(\{.*\})$/m)[0])->{causes}, [ { cause => 'http_error 404', items => 12 } ],
	'as JSON');

# ---- one call ----
$p->ask_api('/count');
my $results = $p->sql('SELECT md5(string_agg(r::text, $$,$$ ORDER BY business_id)) FROM pipeline_result AS r');
($code, $text) = $p->enrich('--stage', 'http', '--try', $id_text);
is($code, 0, '--try makes one call') or diag $text;
like($text, qr{^request  GET \Q$p->{api_url}\E/item\?id=\Q$id_text\E}m, 'and shows the request');
like($text, qr/^answer   http_error, HTTP 404, \d+ ms/m, 'and the answer');
$p->ask_api('/accept');
($code, $text) = $p->enrich('--stage', 'http', '--try', $id_text);
like($text, qr/^answer   ok, HTTP 200, .*application\/json\nfact     answer = 1\nfact     id = \Q$id_text\E$/m,
	'and its facts')
	or diag $text;
($code, $text) = $p->enrich('--stage', 'quality', '--try', $id_text);
like($text, qr/^request  none.*\nanswer   ok\nfacts    \{"quality_score": /m, 'of a stage that asks nobody, too')
	or diag $text;
is($p->sql('SELECT md5(string_agg(r::text, $$,$$ ORDER BY business_id)) FROM pipeline_result AS r'), $results,
	'nothing is stored');
is(($p->enrich('--stage', 'http', '--try', 'nonsense'))[0], 1, 'an id that is none');

# ---- settings that are wrong are refused before anything is asked ----
for my $case ([ 'pipeline.http_url', "$p->{api_url}/{nmae}", qr/pipeline\.http_url: '\{nmae\}' is none of \{name\}/ ],
	[ 'pipeline.http_url', 'ftp://x/', qr/pipeline\.http_url: the URL begins with http/ ],
	[ 'pipeline.http_facts', 'phone=result', qr/pipeline\.http_facts: 'phone=result' is not name=\/json\/pointer/ ]) {
	my ($name, $value, $why) = @$case;
	$i->set('pipeline.http_url' => "$p->{api_url}/item?id={id}", $name => $value);
	($code, $text) = $p->enrich('--stage', 'http');
	ok($code == 1 && $text =~ $why, "refused: $name = $value") or diag $text;
	$i->set('pipeline.http_url' => "$p->{api_url}/item?id={id}", 'pipeline.http_facts' => 'answer=/ok id=/id');
}

# ---- headers with a secret, and POST ----
$i->set('pipeline.http_url' => "$p->{api_url}/echo",
	'pipeline.http_facts' => 'method=/method key=/key type=/type body=/body',
	'pipeline.ports' => $p->{port}, 'pipeline.allow' => '127.0.0.0/8',
		'pipeline.http_headers' => 'X-Key: a secret|Accept: application/json',
		'pipeline.http_body' => '{"q": "{name}"}');
$p->sql(qq{UPDATE business SET name = 'Zum "Adler"' WHERE id = $id});
($code, $text) = $p->enrich('--stage', 'http', '--try', $id_text);
like($text, qr/^request  POST /m, 'a body makes it a POST') or diag $text;
like($text, qr/^fact     method = POST\nfact     key = a secret\nfact     type = application\/json\n/m,
	'with the headers')
	or diag $text;
like($text, qr/^fact     body = \{"q": "Zum \\"Adler\\""\}$/m, 'values are texts of JSON') or diag $text;
$i->set('pipeline.http_url' => "$p->{api_url}/item?id={id}", 'pipeline.http_facts' => 'answer=/ok id=/id');

# ---- dead letters ----
$p->sql("INSERT INTO pipeline_dead SELECT max(b.id), $id, '2 workers died of it' FROM pipeline_batch AS b");
like(($p->enrich('--dead'))[1], qr/^\Q$id_text\E  .*  http  2 workers died of it  /m, 'the dead are listed');
is(($p->enrich('--dead', '--requeue'))[0], 64, 'queueing again needs a stage');
like(($p->enrich('--dead', '--requeue', '--stage', 'http'))[1], qr/^batch \d+ \(http\): 1 items queued$/m,
	'they are queued');
is($p->sql('SELECT count(*) FROM pipeline_item'), 1, 'in a batch of their own');
is($p->sql('SELECT count(*) FROM pipeline_dead'), 0, 'and dead no more');
$p->sql("INSERT INTO pipeline_dead SELECT max(b.id), $id, 'x' FROM pipeline_batch AS b");
like(($p->enrich('--dead', '--drop'))[1], qr/^1 dead items dropped$/m, 'or dropped');
is($p->sql('SELECT count(*) FROM pipeline_dead'), 0, 'for good');
is(($p->enrich('--why'))[0], 64, '--why by itself says what it goes with');
done_testing;
