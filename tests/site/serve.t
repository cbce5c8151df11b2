#!/usr/bin/perl
# holdfast export --serve and holdfast theme: pages on request, reload at a change, mistakes with their line.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use HTTP::Tiny;
use Instance;
use IO::Socket::INET;
use Program;
use Test::More;
use Wait;

my $i = Instance->make(settings => { 'site.url' => 'https://shops.example' });
$i->up;
$i->import_samples('boutique.ndjson', 'tiling-firm.json');
$i->run_ok('export');
my $log = "$i->{home}/serve.log";
my $address = sub { open my $in, '<', $log
	or return; local $/; return (<$in> // '') =~ m{(http://[0-9.:]+)/ shows} ? $1 : undef };
my $server = Program->start('serve', [ $i->command('export', '--serve') ], log => $log, ready => $address);
my $base = $address->();
my $http = HTTP::Tiny->new(timeout => seconds_left());
my $get = sub { return $http->get($base . shift) };

my $home = $get->('/');
is($home->{status}, 200, 'home is made on request');
like($home->{content}, qr{EventSource}, 'with the line that loads it again');
my ($page) = grep {m{fliesen}} map { m{^/([^"]+\.html)$} ? $_ : () } links_of(site_files());
my $business = $get->($page);
like($business->{content}, qr{<h1>Fliesen Falkner}, 'the page of a business, too');
like($get->('/assets/site.css')->{content}, qr{--brand:}, 'and the sheet');
is($get->('/nothing.html')->{status}, 404, 'what the site has not is not found');
my $styles = $get->('/_/')->{content};
like($styles, qr{Everything, dark.*The longest names.*Nothing but a name}s, '/_/ shows every piece in every state');
my ($host) = $base =~ m{//(.*)};
my $foreign = IO::Socket::INET->new($host) or die "$host: $!";
print $foreign "GET / HTTP/1.1\r\nHost: shops.example\r\n\r\n";
like(scalar(<$foreign>), qr{^HTTP/1.1 403 }, 'another name is refused');
is($http->post("$base/")->{status}, 405, 'only GET is answered');

# A browser waits; a template changes.
my $events = IO::Socket::INET->new($host) or die "$host: $!";
print $events "GET /_/events HTTP/1.1\r\nHost: $host\r\n\r\n";
my $line;
$line = <$events> until ($line // '') =~ /^retry:/;
$i->run_ok('theme', 'new', 'site/parts/state.mustache');
my $own = "$i->{dir}/web/site/parts/state.mustache";
write_file($own, "<p class=\"ours\">ours</p>\n{{#week}}<p>\n");
$line = <$events> until $line =~ /^data: reload/;
ok(1, 'a change of a file reloads the browser');
my $broken = wait_until('the mistake is shown', sub {
	my $answer = $get->($page);
	return $answer->{status} == 500 ? $answer->{content} : undef;
});
like($broken, qr{parts/state, line 2: the section is never closed}, 'a mistake is shown with file and line');
like($broken, qr{<strong>   2  \{\{#week\}\}&lt;p>}, 'and the line itself');
write_file($own, "<p class=\"ours\">ours</p>\n");
my $mended = wait_until('the mended page is shown', sub {
	my $answer = $get->($page);
	return $answer->{status} == 200 ? $answer->{content} : undef;
});
like($mended, qr{<p class="ours">ours</p>}, 'a mended template is shown');
$server->stop;

# ---- several languages ----
$i->set('site.url' => 'https://shops.example', 'site.languages' => 'de fr');
unlink $log;
$server = Program->start('serve', [ $i->command('export', '--serve', '--only', 'hochtann', "$i->{home}/never") ],
	log => $log, ready => $address);
$base = $address->();
like($get->('/')->{content}, qr{href="/de/".*href="/fr/"}s, 'with several languages / leads to each');
my %of = map { $_ => $get->("/$_$page")->{content} } qw(de fr);
like($of{de}, qr{<html lang="de">.*>Impressum<.*<a href="/fr\Q$page\E"}s, 'a page in one of them');
like($of{fr}, qr{<html lang="fr">.*Fliesen Falkner.*<a href="/de\Q$page\E"}s, '... and in the other');
like($get->('/fr/hochtann/')->{content}, qr{href="/fr\Q$page\E"}, '... with its lists');
is($get->('/fr/assets/business.css')->{status}, 200, '... and its sheet');
is($get->($page)->{status}, 404, 'beside them there is no page');
$server->stop;
$i->set('site.url' => 'https://shops.example');

# ---- a town, without an export ----
sub only {
	my ($only) = @_;
	unlink $log;
	$server = Program->start('serve', [ $i->command('export', '--serve', '--only', $only, "$i->{home}/never") ],
		log => $log, ready => $address);
	$base = $address->();
}
my ($town) = $page =~ m{^/([^/]+)/};
only($town);
like($get->("/$town/")->{content}, qr{Fliesen Falkner}, 'a town is shown with its businesses, without an export');
is($get->($page)->{status}, 200, '... and their pages');
$server->stop;
my ($failed, $why) = $i->run('export', '--serve', '--only', "$town,atlantis", "$i->{home}/never");
ok($failed && $why =~ /--only: 'atlantis' is neither the id of a business nor the address of a town/,
	'what is no town is refused by name') or diag $why;

# ---- holdfast theme ----
like($i->run_ok('theme', 'diff'), qr{site/parts/state.mustache: yours; the original has not changed},
	'what is copied is compared');
write_file("$i->{dir}/web/.base/site/parts/state.mustache", "older\n");
my ($code, $out) = $i->run('theme', 'diff');
is($code, 2, 'an upgrade under a copy is a finding');
like($out, qr{state.mustache: changed by an upgrade.*^-older}ms, 'and is shown');
mkdir "$i->{dir}/web/assets";
write_file("$i->{dir}/web/assets/theme.css", ":root { --soft: light-dark(#999, #999); }\n");
($code, $out) = $i->run('theme', 'check');
is($code, 2, 'a colour that cannot be read is a finding');
like($out, qr{light, --soft on --paper: contrast 2\.\d+, less than 4\.5}, 'with its contrast');
done_testing;

sub write_file { my ($path, $text) = @_; open my $file, '>', $path or die "$path: $!"; print $file $text; close $file }
sub site_files { return split /\n/, `cd $i->{dir}/site && find . -name '*.html'` }
sub links_of { return map { s{^\.}{}r } @_ }
