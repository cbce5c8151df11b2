# Folders that are made once in a run of the tests, and copied from then on.
#
#   my $copied = from_template('empty.0', $folder, sub { ... });    # the sub makes $folder
#   from_template('programs', $folder, sub { ... }, '-al');         # files are links to those of the template
#
# The first test file that asks for a name makes it; others wait meanwhile. Without tools/run-tests, which says in
# HOLDFAST_TEST_TEMPLATES where templates are, each is made.
package Template;
use strict;
use warnings;
use Exporter qw(import);
use Fcntl qw(LOCK_EX);

our @EXPORT = qw(from_template);

sub from_template {
	my ($name, $folder, $make, $how) = @_;
	my $template = $ENV{HOLDFAST_TEST_TEMPLATES} ? "$ENV{HOLDFAST_TEST_TEMPLATES}/$name" : '';
	if (!$template) {
		$make->();
		return 0;
	}
	open my $lock, '>', "$template.lock" or die "$template.lock: $!";
	flock $lock, LOCK_EX or die "$template.lock: $!";
	if (!-e $template) {
		$make->();
		copy_folder($folder, "$template.new");
		rename "$template.new", $template or die "$template: $!";
		return 0;
	}
	close $lock;
	copy_folder($template, $folder, $how);
	return 1;
}

sub copy_folder {
	my ($from, $to, $how) = @_;
	system('cp', $how // '-a', $from, $to) == 0 or die "cannot copy $from\n";
	return;
}

1;
