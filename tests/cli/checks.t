#!/usr/bin/perl
# The checks of the build (layers, links, docs, statements) pass on this tree and refuse a copy that was broken on
# purpose.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Command;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;
use Tree;

my $work = tempdir(CLEANUP => 1);

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
sub spew {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
}
sub copy { my ($to, @from) = @_; system('cp', '-r', @from, $to) == 0 or die "cp: @from" }

sub accepted {
	my ($name, @command) = @_;
	my ($code, $text) = run_command(@command);
	is($code, 0, $name) or diag $text;
}

sub refused {
	my ($name, $message, @command) = @_;
	my ($code, $text) = run_command(@command);
	subtest $name => sub {
		isnt($code, 0, 'the check fails');
		like($text, $message, 'and says why');
	};
}

# ---- layers ----
accepted('the layers hold', "$root/tools/check-layers");
my $tree = "$work/tree";
make_path("$tree/tools");
copy("$tree/src", "$root/src");
copy("$tree/tools", "$root/tools/layers");

sub with_include {
	my ($file, $header, $check) = @_;
	my $text = slurp("$tree/$file");
	spew("$tree/$file", qq($text#include "$header"\n));
	$check->();
	spew("$tree/$file", $text);
}
with_include('src/base/buf.c', 'commands/commands.h', sub {
	refused('a lower layer that includes a higher one', qr/src\/base\/buf\.c:.*commands is not below base/,
		"$root/tools/check-layers", $tree);
});
with_include('src/web/web.c', 'http/internal.h', sub {
	refused("another module's internal.h", qr/internal\.h stays in its folder/, "$root/tools/check-layers", $tree);
});

# ---- links ----
accepted('programs contain only what they may', "$root/tools/check-links", $build);
spew("$work/links", "holdfast-web symbol ^db_query\$ it may not ask\n");
refused('a forbidden symbol', qr/holdfast-web contains symbol db_query: it may not ask/,
	"$root/tools/check-links", $build, "$work/links");
spew("$work/links", "holdfast library ^libpq\\. it may not connect\n");
refused('a forbidden library', qr/holdfast contains library libpq/, "$root/tools/check-links", $build, "$work/links");

# ---- docs ----
accepted('help, manual pages and README agree', "$root/tools/check-docs", $build);
my $docs = "$work/docs";
make_path("$docs/tools", "$docs/man");
copy("$docs/tools", map { "$root/tools/$_" } qw(check-docs make-man make-theme-docs));
copy("$docs/man", glob "$root/man/*");
system('cp', '-r', "$root/web", "$root/docs", $docs) == 0 or die 'cp'; # what the manual of themes is made of
my $readme = slurp("$root/README.md");
spew("$docs/README.md", $readme =~ s/^.*holdfast suppress.*\n//mgr);
refused('a command that the README lacks', qr/^< suppress$/m, "$docs/tools/check-docs", $build);
spew("$docs/README.md", $readme);
spew("$docs/man/holdfast.1", slurp("$root/man/holdfast.1") =~ s/^.*dry.*\n//mgr);
refused('an option that the manual lacks', qr/man\/holdfast\.1 is not what the programs say/,
	"$docs/tools/check-docs", $build);

# ---- statements ----
sub statements_refused {
	my ($name, $message, $sql) = @_;
	spew("$work/area.sql", $sql);
	refused($name, $message, "$root/tools/embed-sql", "$work/area.sql", "$work/out_area");
}
statements_refused('an unknown expression', qr/unknown expression \{\{bussiness_rank\}\}/,
	"-- name: a\nSELECT {{bussiness_rank}};\n");
statements_refused('a name that is defined twice', qr/is defined twice/,
	"-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;\n");

done_testing;
