#!/usr/bin/perl
# Sources that must not build: a program that asks for what it is not linked with, a listing with a contact. Their first
# line says as which program they are linked, the second what the compiler or linker must say. Those that say "builds"
# are the control. A folder that includes what it must not is refused by tools/check-layers.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Command;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;

$ENV{LC_ALL} = 'C'; # the compiler's quotes
my $root = "$FindBin::Bin/../..";
my $build = $ENV{HOLDFAST_BUILD} // "$root/build/" . ($ENV{VARIANT} // 'release');
my $work = tempdir(CLEANUP => 1);
my @flags;
@flags = ('-fsanitize=address,undefined') if $build =~ m{/asan$};
@flags = ('-fsanitize=thread') if $build =~ m{/tsan$};
chomp(my $pg = qx(pg_config --includedir));

sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }
my %modules = slurp("$root/programs.mk") =~ /^PROGRAM_(\S+) := (.*)$/mg;

# The source linked with the modules and libraries of the program: (exit code, what was said)
sub built_as {
	my ($program, $source) = @_;
	my @archives = map { "$build/lib/" . s{/}{-}gr . '.a' } split ' ', $modules{$program} // die "no program $program";
	my (undef, $needed) = run_command('readelf', '-d', "$build/$program");
	my @libraries = map {"-l:$_"} grep { !/^ld-linux/ } $needed =~ /\(NEEDED\).*\[(.+)\]/g;
	return run_command(
		'cc', '-std=gnu17', '-D_GNU_SOURCE', "-I$root/src", "-I$build/../gen", '-isystem', $pg, @flags, '-o',
			"$work/out",
		$source, '-Wl,--start-group', @archives, '-Wl,--end-group', @libraries);
}

my @sources = glob "$FindBin::Bin/mustfail/*.c";
cmp_ok(scalar @sources, '>=', 12, 'there are sources');
for my $source (@sources) {
	my ($name) = $source =~ m{([^/]+)\.c$};
	my $text = slurp($source);
	my ($program) = $text =~ m{\A/\* as: (\S+) \*/$}m or die "$source: line 1 says no program";
	my ($code, $said) = built_as($program, $source);
	if ($text =~ m{^/\* builds \*/$}m) {
		is($code, 0, "$name builds as $program: the control") or diag $said;
		next;
	}
	my ($why) = $text =~ m{^/\* fails: (.*) \*/$}m or die "$source: line 2 says no cause";
	isnt($code, 0, "$name does not build as $program");
	like($said, qr/$why/, "$name: and that is why");
}

# The layers as they are, and one file that includes the keeper.
sub layers_with {
	my ($file, $header) = @_;
	my $tree = tempdir(CLEANUP => 1);
	my ($folder) = $file =~ m{^(.*)/};
	make_path("$tree/tools", "$tree/src/$folder");
	system('cp', "$root/tools/layers", "$tree/tools/layers") == 0 or die 'cp';
	open my $lint, '>', "$tree/tools/lint-exceptions" or die $!;
	open my $out, '>', "$tree/src/$file" or die "$file: $!";
	print $out qq{#include "$header"\n};
	close $out;
	return run_command("$root/tools/check-layers", $tree);
}
for my $folder (qw(web directory/search directory/pages http commands db)) {
	my ($code, $said) = layers_with("$folder/probe.c", 'keeper/keeper.h');
	isnt($code, 0, "$folder may not include the keeper");
	like($said, qr{\Qsrc/$folder/probe.c:1: "keeper/keeper.h": keeper is not below $folder\E},
		"$folder: and is told so");
}
my ($code, $said) = layers_with('programs/probe.c', 'keeper/keeper.h');
is($code, 0, 'a program may') or diag $said;
done_testing;
