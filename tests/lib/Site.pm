# A folder of an exported site, as a web server would serve it. For tests/site/*.t and bench/export.
#
#   my %files = Site::files($dir);        # path => content
#   my @broken = Site::broken($dir);      # "page: link" for each that leads nowhere in the folder
#   my @pages = grep { Site::is_business($_) } keys %files;
#   my $page = Site::page($dir, $id);     # path of the page of a business, by the id as pages have it
#   my $same = Site::fingerprint($dir);   # differs when any file, or the time of its last change, does
package Site;
use strict;
use warnings;
use Digest::SHA qw(sha1_hex);
use File::Find;

sub paths {
	my ($dir) = @_;
	my @paths;
	find({ no_chdir => 1, follow => -l $dir ? 1 : 0, wanted => sub { push @paths, substr $_, length($dir) + 1 if -f } },
		$dir)
		if -d $dir;
	return sort @paths;
}
# /PLACE/NAME-ID.html.
sub is_business { return $_[0] =~ m{^.*-[0-9a-hjkmnp-tv-z]{13}\.html$} }
sub page { my ($dir, $id) = @_; return (grep { is_business($_) && /-\Q$id\E\.html$/ } paths($dir))[0] }
sub slurp { my ($path) = @_; open my $in, '<:raw', $path or die "$path: $!"; local $/; return <$in> // '' }
sub files { my ($dir) = @_; return map { $_ => slurp("$dir/$_") } paths($dir) }

sub fingerprint {
	my ($dir, $times) = @_;
	return sha1_hex(join "\0",
		map { ($_, slurp("$dir/$_"), $times ? (stat "$dir/$_")[9] . '.' . (stat _)[1] : '') } paths($dir));
}

# Where a page leads: addresses of attributes, with entities undone.
sub links {
	my ($html) = @_;
	my @links = $html =~ /\b(?:href|src)="([^"]*)"/g;
	s/&amp;/&/g, s/&#39;/'/g, s/&quot;/"/g for @links;
	return @links;
}

sub decoded { return $_[0] =~ s/%([0-9A-F]{2})/chr hex $1/ger }

# Relative to $base, the address of the site.
sub broken {
	my ($dir, $base) = @_;
	my (%there, @broken);
	$there{$_} = 1 for paths($dir);
	for my $page (grep { /\.html$/ } sort keys %there) {
		for my $link (links(slurp("$dir/$page"))) {
			next if $link =~ m{^(?:#|geo:|tel:|mailto:|sms:)};
			next if $link =~ m{^https?://} && (!$base || index($link, $base) != 0);
			(my $path = $link) =~ s/[?#].*//;
			$path =~ s/^\Q$base\E// if $base;
			my $relative = $path !~ m{^/};
			$path =~ s{^/}{};
			$path = decoded($path);
			$path .= 'index.html' if $path eq '' || $path =~ m{/$};
			push @broken, "$page: $link" if $relative || !$there{$path};
		}
	}
	return @broken;
}

1;
