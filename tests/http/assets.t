#!/usr/bin/perl
# Files carried inside the program: the tool that embeds them, and how they are served.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Tree;
use Web;

# ---- tools/embed-files ----
my $dir = tempdir(CLEANUP => 1);
my %files = (
	'all.txt' => join('', map { chr } 0 .. 255) x 3,
	'digits.txt' => "\0" . '7' . "\n9??=\"\\%d",
	'empty.css' => '',
	'sub/page.html' => "<p>caf\xc3\xa9\n",
	'sub.svg' => '<svg/>',
);
mkdir "$dir/web" and mkdir "$dir/web/sub" or die "mkdir: $!";
for my $path (keys %files) { open my $out, '>:raw', "$dir/web/$path" or die; print $out $files{$path} }
sub embed { return `$root/tools/embed-files $dir/web $dir/files.c 2>&1` }
is(embed() . $?, '0', 'a folder is embedded');
open my $main, '>', "$dir/main.c" or die;
print $main <<'END';
#include <stdio.h>
#include <string.h>
#include "base/files.h"
int main(int argc, char **argv)
{
	const struct file *file = argc > 1 ? files_find(str_of(argv[1])) : NULL;
	for (size_t i = 1; i < files_count; i++)
		if (str_cmp(files[i - 1].path, files[i].path) >= 0)
			return 3;
	if (!file || strlen(file->type) < 5)
		return 2;
	printf("%.*s %s ", STR_ARG(file->hash), file->type);
	fwrite(file->body.p, 1, file->body.n, stdout);
	return file->body.p[file->body.n];
}
END
close $main;
my $cc = $ENV{CC} // 'gcc';
is(
	system(
		"$cc -std=gnu17 -Wall -Wextra -Werror -I$root/src -D_GNU_SOURCE -o $dir/program $dir/main.c $dir/files.c "
			. "$root/src/base/*.c -lm"
	),
	0,
	'what it makes compiles without a warning'
);

for my $path (sort keys %files) {
	my $out = `$dir/program $path`;
	my ($hash, $type, $body) = $out =~ /^(\w+) ((?:[a-z]+\/[a-z+]+)(?:; charset=utf-8)?) (.*)$/s;
	is("$? $hash", '0 ' . substr(sha256_hex($files{$path}), 0, 16), "$path is found, with the hash of its content");
	ok($body eq $files{$path}, '... and is the same, byte by byte');
}
is(system("$dir/program nothing.txt") >> 8, 2, 'what is not there is not found');
open my $odd, '>', "$dir/web/x.exe" or die;
like(embed(), qr/x\.exe: no media type/, 'a file of unknown type stops the build');
isnt($?, 0, '... as a failure');
unlink "$dir/web/x.exe";
open $odd, '>', "$dir/web/.hidden.txt" or die;
like(embed(), qr/hidden/, 'so does a hidden file');

# ---- serving ----
my $web = Web->start;
my @assets = sort grep { -f } glob "$root/web/assets/*";
cmp_ok(scalar @assets, '>', 0, 'there are assets');
for my $path (@assets) {
	my ($name) = $path =~ m{([^/]+)$};
	open my $in, '<:raw', $path or die "$path: $!";
	my $bytes = do { local $/; <$in> };
	my ($status, $header, $body) = $web->request("GET /assets/$name");
	my $hash = substr sha256_hex($bytes), 0, 16;
	if ($name =~ /^(?:site|business)\.css$/) { # packed, with the colours of the theme, when the process starts
		$bytes = $body;
		($hash) = $header->{etag} =~ /^"([0-9a-f]{16})"$/ or die "no hash: $header->{etag}";
		like($body, qr/--\w+:/, "$name has the colours");
	}
	ok($status == 200 && $body eq $bytes, "$name is served as it is");
	is("$header->{etag} $header->{'cache-control'}", "\"$hash\" no-cache",
		'... to be asked for again, with its hash as ETag');
	($status, $header) = $web->request("GET /assets/$name?v=$hash");
	like($header->{'cache-control'}, qr/immutable/, '... for ever under the name with its hash');
	($status, $header) = $web->request("GET /assets/$name?v=0000000000000000");
	is($header->{'cache-control'}, 'no-cache', '... but not under another hash');
	is(($web->request("GET /assets/$name", "If-None-Match: \"$hash\""))[0], 304, '... and not twice');
}
for my $path ('/assets/', '/assets/nothing.css', '/assets/../templates/home.html', '/assets/..%2ftemplates', '/assets')
{
	is(($web->request("GET $path"))[0], 404, "$path is not there");
}
$web->stop;
done_testing;
