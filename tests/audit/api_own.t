#!/usr/bin/perl
# holdfast audit api over the description of our own API, as holdfast-web serves it: what it finds is right.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use File::Temp 'tempdir';
use JSON::XS;
use Test::More;
use Tree;
use Web;

my $work = tempdir('audit-own-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $work;
my $web = Web->start;
my (undef, undef, $body) = $web->request('GET /openapi.json');
open my $out, '>', "$work/openapi.json" or die "$work: $!";
print $out $body;
close $out;
my $report = decode_json(`'$build/holdfast' --json audit api '$work/openapi.json'`);
cmp_ok(scalar(() = $report->{looked} =~ /[1-9]\d* operations/g), '==', 1, "looked at: $report->{looked}");
# Telephones are those of businesses, which the directory is there to show; nothing else is contact data. Objects that
# hold what an import or an operator names are open.
is_deeply([ sort map { "$_->{severity} $_->{rule}" . ($_->{object} ? " $_->{object}" : '') } @{ $report->{findings} } ],
	[
	'note answer-without-schema', 'note contact-in-public-answer Business.telephone',
	'note contact-in-public-list BusinessSummary.telephone', map {"note open-object $_"} qw(Business.extra
		Business.found[].facts Business.offers Operations.alarms[] Operations.cache Operations.database
		Operations.heal Operations.pipeline)
	],
	'nothing but what is right');
$web->stop;
done_testing;
