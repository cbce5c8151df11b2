# What slow programs of others said, kept for all trees of the user, as ccache keeps objects: by the content of all that
# they read. Their answer to the same bytes is not asked for again.
#
#   my $said = kept('typecheck', [ $text, files("$root/package-lock.json", ...) ], sub { ...; return $what_they_said });
#
# The sub returns text, or nothing when they failed, which is not kept. Below XDG_CACHE_HOME, else ~/.cache;
# HOLDFAST_TEST_KEPT=no asks them always.
package Kept;
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use File::Path qw(make_path);

our @EXPORT = qw(kept files);

# The contents of files.
sub files {
	return map { open my $in, '<:raw', $_ or die "$_: $!"; local $/; scalar <$in> } @_;
}

sub kept {
	my ($name, $read, $ask) = @_;
	my @bytes = map { my $text = $_; utf8::encode($text) if utf8::is_utf8($text); $text } @$read;
	my $home = $ENV{XDG_CACHE_HOME} // ($ENV{HOME} // '') . '/.cache';
	my $file = "$home/holdfast-tests/$name-" . sha256_hex(join '', map { length() . ":$_" } @bytes);
	my $always = ($ENV{HOLDFAST_TEST_KEPT} // '') eq 'no';
	return +(files($file))[0] if -e $file && !$always;
	my $said = $ask->();
	# A folder that cannot be written to keeps nothing.
	if (defined $said && eval { make_path("$home/holdfast-tests"); 1 } && open my $out, '>:raw', "$file.$$") {
		print $out $said;
		close $out and rename "$file.$$", $file or unlink "$file.$$";
	}
	return $said;
}

1;
