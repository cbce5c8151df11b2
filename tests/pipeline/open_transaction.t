#!/usr/bin/perl
# Incident 8 by construction, the database's side: a worker into which somebody has patched a transaction around the
# wait for the network ends at that line, before it has waited, and the database sees nothing left open.
use strict;
use warnings;
use File::Temp 'tempdir';
use FindBin;
use lib "$FindBin::Bin/../lib";
use Pipeline;
use Test::More;
use Tree;

my $dir = tempdir(CLEANUP => 1);
my $sanitize = $build =~ m{/asan$} ? '-fsanitize=address,undefined' : $build =~ m{/tsan$} ? '-fsanitize=thread' : '';
sub slurp { my ($path) = @_; open my $in, '<', $path or die "$path: $!"; local $/; return scalar <$in> }

my $good = slurp("$root/src/pipeline/worker.c");
(my $bad = $good)
	=~ s{^(\tpipeline_wait\(w->db, w->options->peer_fd, worker_until_next_ms\(w\)\);\n)}
		{\tif (db_begin(w->db, err) != OK)\n\t\treturn UNAVAILABLE;\n$1}m;
isnt($bad, $good, 'a transaction is put around the wait for the fetcher');
open my $out, '>', "$dir/worker.c" or die;
print $out $bad;
close $out;
my ($modules) = slurp("$root/programs.mk") =~ /^PROGRAM_holdfast-worker := (.*)$/m;
my $archives = join ' ', map { "'$build/lib/" . s{/}{-}gr . ".a'" } split ' ', $modules;
my $compile = "\${CC:-cc} -std=gnu17 -D_GNU_SOURCE -DHOLDFAST_VERSION=0 $sanitize -Isrc -I'$build/../gen' "
	. "-isystem \"\$(pg_config --includedir)\" -Isrc/pipeline -c -o '$dir/worker.o' '$dir/worker.c'";
my $link = "\${CC:-cc} $sanitize -o '$dir/holdfast-worker' '$build/programs/holdfast_worker.o' '$dir/worker.o' "
	. "-Wl,--start-group $archives -Wl,--end-group -lpq -lutf8proc -lxxhash -lseccomp -lm";
my $said = `cd '$root' && { $compile && $link; } 2>&1`;
is($?, 0, 'it compiles and links: only running it shows') or diag $said;

my $p = Pipeline->make(businesses => 5, api => { ms => [1, 2] });
system('cp', '--remove-destination', "$dir/holdfast-worker", "$p->{i}{bin}/holdfast-worker") == 0 or die;
$p->start_worker(1);
$p->queue('--stage', 'http');
$p->until('the worker says why it ends', sub { $p->log =~ /bug at / });
like($p->log, qr/holdfast-worker: bug at .*database\.c:\d+: !db \|\| !db_in_transaction\(db\)/,
	'it ends at the wait, which names the rule');
$p->until('nothing of it is left in the database',
	sub { $p->sql(q{SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'}) eq '0' });
is($p->sql('SELECT count(*) FROM pipeline_result'), 0, 'and nothing was written');
done_testing;
