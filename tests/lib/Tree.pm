# Where the sources and the built programs are.
#
#   $root     the top of the source tree
#   $build    the folder with the programs: $HOLDFAST_BUILD, else build/$VARIANT, else build/release
#   $data     real records, which are not part of the tree: $HOLDFAST_DATA, else ../shared/data
package Tree;
use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);

our @EXPORT = qw($root $build $data);
our $root = abs_path(dirname(__FILE__) . '/../..');
our $build = $ENV{HOLDFAST_BUILD} // "$root/build/" . ($ENV{VARIANT} // 'release');
our $data = $ENV{HOLDFAST_DATA} // "$root/../shared/data";

1;
