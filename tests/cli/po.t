#!/usr/bin/perl
# holdfast po: what is wrong with translations is told with file, line and remedy; a template has every message.
use strict;
use warnings;
use utf8;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use JSON::XS;
use Test::More;
use Tree;

my $dir = tempdir(CLEANUP => 1);
mkdir "$dir/web";
mkdir "$dir/web/po";
sub po {
	my @command = ("$build/holdfast", '-C', $dir, @_);
	open my $out, '-|', @command or die "po: $!";
	my $text = do { local $/; <$out> } // '';
	close $out;
	return ($? >> 8, $text);
}
# What is found in the instance's own German file.
sub own {
	my ($text) = @_;
	open my $out, '>:utf8', "$dir/web/po/de.po" or die "de.po: $!";
	print $out $text;
	close $out;
	my ($code, $said) = po('--json', 'po', 'check', 'de');
	my @found = $said =~ /^\[/ ? @{ decode_json($said) } : ();
	return ($code, map { "$_->{line} $_->{kind}" } grep { $_->{file} =~ /^instance/ } @found);
}

my ($code, $template) = po(qw(po template));
is($code, 0, 'a template is printed');
like($template, qr{^#: web/site/\S+\nmsgid "}m, 'with the place where each message is said');
like($template, qr{^msgid "Registered name"$}m, 'those of tables, too');
like($template, qr{^msgctxt "\w[^"]*"$}m, 'and contexts');
like($template, qr{^msgid_plural "}m, 'and plurals');
if (grep { -x "$_/msgfmt" } split /:/, $ENV{PATH}) {
	for my $file (glob "$root/web/po/*.po") {
		is(system("msgfmt -c -o /dev/null '$file' 2>/dev/null"), 0, "gettext reads " . $file =~ s{.*/}{}r);
	}
}

is_deeply([ own(qq(msgid "Opening hours"\nmsgstr "Wann offen ist"\n)) ]->[1], undef, 'a good file has no finding');
is_deeply([ (own(qq(\nmsgid "Nobody says this"\nmsgstr "x"\n)))[1] ], ['2 unused'], 'what nothing says is unused');
is_deeply([ (own(qq(msgid "Facts as of {updated}."\nmsgstr "Stand {datum}."\n)))[1] ], ['1 differs'],
	'placeholders are compared');
is_deeply([ (own(qq(msgid "Find the business<br> you need."\nmsgstr "Finden"\n)))[1] ], ['1 differs'], 'tags, too');
is_deeply([ (own(qq(msgid "{count} business"\nmsgstr "x"\n)))[1] ], ['1 plural'], 'a count needs its forms');
is_deeply(
	[ (own(qq(msgid "{count} business"\nmsgid_plural "{count} businesses"\nmsgstr[0] "{count} Betrieb"\n)))[1] ],
	['1 plural'], 'all of them');
is((own(qq(msgid "Home"\nmsgstr "Start"\n)))[0] == 2, (own(''))[0] == 2,
	'the exit status is that of the program\'s own files');
is((own(qq(msgid "Gone"\nmsgstr "x"\n)))[0], 2, 'and 2 when there is a finding');
is((own(qq(msgid Home\n)))[0], 1, 'a file that is none is refused');
is((po(qw(po check xx)))[0], 1, 'so is a language that there is not');
is((po(qw(po nonsense)))[0], 64, 'and a word that is no command');
done_testing;
