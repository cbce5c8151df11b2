# A folder of an exported site, as a web server would serve it. For tests/site/*.t and bench/export.
#
#   my %files = Site::files($dir);        # path => content
#   my @broken = Site::broken($dir);      # "page: link" for each that leads nowhere in the folder
#   my @pages = grep { Site::is_business($_) } keys %files;
#   my $page = Site::page($dir, $id);     # path of the page of a business, by the id as pages have it
#   my $to = Site::leads_to($html, $url); # file that a page for a former address leads to; undef: it is a page
#   my @lost = Site::lost(\%files, $url, @paths); # those that neither are pages nor lead to one in one step, and why
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

sub file_of { my ($address) = @_; return decoded($address) =~ s{(^|/)$}{$1index.html}r }
sub leads_to {
	my ($html, $url) = @_;
	my ($base) = $url =~ m{^https?://[^/]+(.*)$};
	my ($to) = $html =~ m{<meta http-equiv="refresh" content="0; url=\Q$base\E/([^"]*)">} or return undef;
	my ($canonical) = $html =~ m{<link rel="canonical" href="\Q$url\E/([^"]*)">};
	my ($link) = $html =~ m{<a href="\Q$base\E/([^"]*)">};
	return 'several addresses' if ($canonical // $to) ne $to || ($link // '') ne $to;
	return 'neither a canonical address nor noindex' if !defined $canonical && $html !~ /noindex/;
	return file_of($to);
}
sub lost {
	my ($files, $url, @paths) = @_;
	my @lost;
	for my $path (@paths) {
		my $to = defined $files->{$path} ? leads_to($files->{$path}, $url) : undef;
		push @lost, "$path is nothing" if !defined $files->{$path};
		push @lost, "$path leads to $to, which is no page"
			if defined $to && (!defined $files->{$to} || defined leads_to($files->{$to}, $url));
	}
	return @lost;
}

# $base: the address of the site, below which links are.
sub broken {
	my ($dir, $base) = @_;
	my (%there, @broken);
	my ($folder) = ($base // '') =~ m{^https?://[^/]+(/.*)};
	$there{$_} = 1 for paths($dir);
	for my $page (grep { /\.html$/ } sort keys %there) {
		for my $link (links(slurp("$dir/$page"))) {
			next if $link =~ m{^(?:#|geo:|tel:|mailto:|sms:)};
			next if $link =~ m{^https?://} && (!$base || index($link, $base) != 0);
			(my $path = $link) =~ s/[?#].*//;
			my $absolute = $base && $path =~ s/^\Q$base\E//;
			my $relative = $path !~ m{^/} && !($absolute && $path eq '');
			$relative ||= $path !~ s{^\Q$folder\E(?=/)}{} if $folder && !$absolute;
			$path =~ s{^/}{};
			$path = decoded($path);
			$path .= 'index.html' if $path eq '' || $path =~ m{/$};
			push @broken, "$page: $link" if $relative || !$there{$path};
		}
	}
	return @broken;
}

1;
