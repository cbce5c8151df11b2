package Frames;
# What holdfast-parse makes of a text, record by record, without an instance:
#   my ($records, $rejects) = Frames::of($bytes, '--country', 'CH');
# A record is { name => ..., street => ... } of texts as they are on the wire, a reject the text of its frame.
use strict;
use warnings;
use Encode qw(decode_utf8);
use File::Temp qw(tempfile);
use Tree;

my @fields = do {
	open my $in, '<', "$root/src/directory/record/fields.def" or die "fields.def: $!";
	map { /^FIELD\((\w+),/ ? lc $1 : () } <$in>;
};

sub of {
	my ($bytes, @options) = @_;
	my ($file, $path) = tempfile(UNLINK => 1);
	binmode $file;
	print $file $bytes;
	close $file or die $!;
	open my $in, '-|', 'sh', '-c', 'exec "$@" <"$0"', $path, "$build/holdfast-parse", 'frames', @options or die $!;
	binmode $in;
	local $/;
	my $frames = <$in> // '';
	close $in;
	my (@records, @rejects);
	while (length $frames > 4) {
		my ($length, $type) = unpack 'VC', $frames;
		my $body = substr $frames, 5, $length - 1;
		substr($frames, 0, 4 + $length) = '';
		push @rejects, decode_utf8(substr $body, 16) if $type == 2;
		next if $type != 1;
		my (%record, $at);
		for ($at = 8; $at < length $body;) {
			my ($field, $bytes) = unpack 'CV', substr $body, $at, 5;
			$record{ $fields[$field] } = decode_utf8(substr $body, $at + 5, $bytes);
			$at += 5 + $bytes;
		}
		push @records, \%record;
	}
	return (\@records, \@rejects);
}

1;
