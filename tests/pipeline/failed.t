#!/usr/bin/perl
# Why items failed reaches people: by cause at the end of a batch, with --failed, each with --why; what workers died of is
# listed, queued again, dropped.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::PP;
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
is_deeply(decode_json(($text =~ /^(\{.*\})$/m)[0])->{causes}, [ { cause => 'http_error 404', items => 12 } ], 'as JSON');

# ---- dead letters ----
$p->sql("INSERT INTO pipeline_dead SELECT max(b.id), $id, '2 workers died of it' FROM pipeline_batch AS b");
like(($p->enrich('--dead'))[1], qr/^\Q$id_text\E  .*  http  2 workers died of it  /m, 'the dead are listed');
is(($p->enrich('--dead', '--requeue'))[0], 64, 'queueing again needs a stage');
like(($p->enrich('--dead', '--requeue', '--stage', 'http'))[1], qr/^batch \d+ \(http\): 1 items queued$/m, 'they are queued');
is($p->sql('SELECT count(*) FROM pipeline_item'), 1, 'in a batch of their own');
is($p->sql('SELECT count(*) FROM pipeline_dead'), 0, 'and dead no more');
$p->sql("INSERT INTO pipeline_dead SELECT max(b.id), $id, 'x' FROM pipeline_batch AS b");
like(($p->enrich('--dead', '--drop'))[1], qr/^1 dead items dropped$/m, 'or dropped');
is($p->sql('SELECT count(*) FROM pipeline_dead'), 0, 'for good');
is(($p->enrich('--why'))[0], 64, '--why by itself says what it goes with');
done_testing;
