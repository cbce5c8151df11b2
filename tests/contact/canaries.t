#!/usr/bin/perl
# Canaries: contacts with a mark that is nowhere else. Before a match no mark is found anywhere, in any form; after
# it, exactly the two parties read exactly each other's. That each search finds what it looks for is shown by planting
# it first. HOLDFAST_CANARIES: how many parties (default 120; docs/contact-figures.md has more).
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../lib";
use Encode qw(encode);
use File::Find;
use HTTP::Tiny;
use IO::Handle;
use JSON::XS;
use MIME::Base64 qw(encode_base64);
use Sphere;
use Test::More;
use Wait;

my $count = $ENV{HOLDFAST_CANARIES} // 120;
my $mark = 'Kanarie' . join '', map { ('a' .. 'z')[ rand 26 ] } 1 .. 12;

# ---- the forms of a mark ----
sub forms {
	my ($text) = @_;
	my %form = (plain => $text, lower => lc $text, upper => uc $text, hex => unpack('H*', $text),
		percent => join('', map { sprintf '%%%02X', ord } split //, $text),
		quoted => join('', map { sprintf '=%02X', ord } split //, $text),
		escapes => join('', map { sprintf '\u%04x', ord } split //, $text),
		'UTF-16LE' => encode('UTF-16LE', $text), 'UTF-16BE' => encode('UTF-16BE', $text),
			reversed => scalar reverse $text);
	# Base 64 of a text within another depends on where it begins; the signs at both ends on what is around it.
	for my $offset (0 .. 2) {
		my $coded = encode_base64('x' x $offset . $text, '') =~ s/=+$//r;
		$form{"base64/$offset"} = substr $coded, $offset ? 4 : 0, length($coded) - 8;
	}
	$form{"base64url/$_"} = $form{"base64/$_"} =~ tr{+/}{-_}r for 0 .. 2;
	return %form;
}
my %form = forms($mark);
# How often the text has a mark in any form. index() is several times as fast as a pattern of all forms, and the text is
# not copied: it may be everything that a process has in memory.
sub marks {
	my ($found, %once) = (0, reverse %form);
	for my $form (keys %once) {
		my $at = -1;
		$found++ while ($at = index $_[0], $form, $at + 1) >= 0;
	}
	return $found;
}
is(marks("...$form{$_}..."), 1, "the search knows a mark as $_") for sort keys %form;
is(marks('... Kanarie ...'), 0, 'and nothing else');

my $s = Sphere->start(
	settings => { 'contact.tick' => '1s', 'http.access_log' => 'yes', 'log.level' => 'debug',
		'contact.enrol_per_hour' => 100000 },
	postgresql => "log_min_duration_statement = 0\nlog_parameter_max_length = -1\n"
);
my $i = $s->i;

# ---- places ----
sub slurp { my ($file) = @_; open my $in, '<:raw', $file or return ''; local $/; return <$in> // '' }

# Files of the database that had no mark and have not been written to since are not read again: each look reads what the
# database wrote after the one before, not all of it. Others are: what is mapped is written without a trace.
my %clean;

sub in_files {
	my ($dir) = @_;
	my @found;
	find({ no_chdir => 1, wanted => sub {
		return unless -f;
		my ($inode, $bytes, $written) = (stat _)[ 1, 7, 9 ];
		my $as_of = "$inode $bytes $written";
		return if ($clean{$_} // '') eq $as_of;
		my $old = time - $written >= 2; # in seconds: a file can be written to again in the same one
		my $marks = marks(slurp($_));
		push @found, $_ if $marks;
		$clean{$_} = $as_of if !$marks && $old && m{/data/};
	} }, $dir) if -e $dir;
	return @found;
}

sub in_dumps {
	return grep { marks(scalar `pg_dump -h $i->{dir}/run -U postgres -d $_ --inserts`) } 'holdfast', 'holdfast_contact';
}

# A backup as the text that is in it.
my $backups = 0;
sub in_backup {
	my $to = "$i->{home}/backup" . $backups++;
	$i->run_ok('backup', $to);
	my ($file) = glob "$to/*";
	open my $archive, '-|:raw', "tar --zstd --ignore-zeros -xOf '$file'" or die "tar: $!";
	local $/;
	my $text = <$archive>;
	close $archive or die "$file cannot be read\n";
	unlink $file;
	return ($text =~ /contact\.listen/ ? () : 'the backup has no settings', marks($text) ? $file : ());
}

# What a process has in its memory, where we may read it. AddressSanitizer's shadow has terabytes, and no contents.
my ($piece, $overlap, $shadow) = (1 << 24, 1 << 10, 1 << 36);
sub memory {
	my ($pid) = @_;
	my $found = 0;
	open my $maps, '<', "/proc/$pid/maps" or return;
	open my $mem, '<:raw', "/proc/$pid/mem" or return;
	while (<$maps>) {
		my ($from, $to) = /^([0-9a-f]+)-([0-9a-f]+) r/ or next;
		next if /\[v(?:var|syscall)/;
		no warnings 'portable';
		my ($start, $length) = (hex $from, hex($to) - hex $from);
		next if $length > $shadow;
		for (my $at = 0; $at < $length; $at += $piece - $overlap) {
			last unless sysseek $mem, $start + $at, 0;
			my $bytes;
			last unless sysread $mem, $bytes, $length - $at < $piece ? $length - $at : $piece;
			$found += marks($bytes);
		}
	}
	return $found;
}

sub in_memory {
	my %p = $i->processes;
	my @found;
	for my $pid (sort keys %p) {
		next unless $p{$pid} =~ /^holdfast-(?:cont|keep|web)/;
		my $n = memory($pid);
		push @found, "$p{$pid}: $n" if $n;
	}
	return @found;
}

# Every place where a mark may not be.
sub everywhere {
	$s->i->sql('CHECKPOINT');
	return map { "$_->[0]: @{ $_->[1] }" } grep { @{ $_->[1] } } [ 'files', [ in_files($i->{dir}) ] ],
		[ 'dumps', [ in_dumps() ] ], [ 'backups', [ in_backup() ] ];
}

# Planted, each is found.
$s->sphere("CREATE TABLE planted AS SELECT '$mark'::text AS mark");
my @planted = everywhere();
like("@planted", qr{data/base/}, 'a mark in a table is found in its file');
like("@planted", qr{data/pg_wal/}, 'and in the WAL');
like("@planted", qr/dumps: .*holdfast_contact/, 'and in a dump');
like("@planted", qr/backups: /, 'and in a backup');
like("@planted", qr{log/holdfast\.log}, 'and in the log of the server');
$s->sphere('DROP TABLE planted');
my $web = HTTP::Tiny->new(timeout => seconds_left(), keep_alive => 0);
# What was found is left in WAL and log: from here on another mark is used.
$mark = 'Kanarie' . join '', map { ('a' .. 'z')[ rand 26 ] } 1 .. 12;
%form = forms($mark);
%clean = ();
is_deeply([ everywhere() ], [], 'the new mark is nowhere');

# The results of a sub for each of a list, asked for on several connections at once. They come through files: a pipe
# that is full would stop its connection until all before it have been read.
sub each_of {
	my ($code, @list) = @_;
	my (@worker, @result);
	my $connections = @list > 1000 ? 64 : @list > 64 ? 16 : 1;
	for my $worker (0 .. $connections - 1) {
		open my $out, '+>', undef or die "a temporary file: $!";
		$out->autoflush(1);
		my $pid = fork // die "fork: $!";
		if (!$pid) {
			delete $s->{http};
			for my $n (grep { $_ % $connections == $worker } 0 .. $#list) {
				my $result = eval { encode_json([ $n, $code->($list[$n]) ]) } // die $@;
				print {$out} "$result\n" or die "a temporary file: $!";
			}
			require POSIX;
			POSIX::_exit(0);
		}
		push @worker, [ $pid, $out ];
	}
	for (@worker) {
		my ($pid, $out) = @$_;
		waitpid $pid, 0;
		die "a connection failed\n" if $?;
		seek $out, 0, 0;
		while (<$out>) {
			my ($n, $value) = @{ decode_json($_) };
			$result[$n] = $value;
		}
	}
	return @result;
}

# A ticket is good for a quarter of an hour. With many parties each part of the test takes longer: who has a ticket that
# is older than five minutes signs in again.
sub signed_in {
	for my $p (@_) {
		next if $p->{signed_in} && time - $p->{signed_in} < 300;
		$p->{ticket} = $s->ok('session', code => $p->{code})->{ticket};
		$p->{signed_in} = time;
	}
}

# ---- parties whose contact is the mark ----
my @party = each_of(sub {
	my ($n) = @_;
	my $code = $s->ok('code')->{code};
	my $own = sprintf '%s%05d', $mark, $n;
	my $contact = { name => "Mr $own", organisation => "$own Ltd", email => "$own\@canary.example", phone => "+41 $own",
		note => "call $own" };
	my $in = $s->ok('enrol', code => $code, contact => $contact, text_version => 1,
		profile => Sphere::profile_of("number $n", kind => $n % 2 ? 'need' : 'offer'));
	return { code => $code, contact => $contact, profile => $in->{profile}, ticket => $in->{ticket}, own => $own };
}, 1 .. $count);
is(scalar @party, $count, "$count parties");
my ($alice, $bob, $carol) = @party;
signed_in(@party[ 0 .. ($#party > 5 ? 5 : $#party) ]);
$s->unlock($alice, $bob);
$s->unlock($_, $alice) for @party[ 2 .. ($#party > 5 ? 5 : $#party) ];
$s->tick; $s->tick;

# Every operation of both documents, as nobody and as another party, right and wrong in each field.
my $marks_in_answers = 0;
my $asked = 0;
sub walk {
	my ($base, $ticket, $skip) = @_;
	my $answer = $web->get("$base/openapi.json");
	my $api = decode_json($answer->{content});
	for my $path (sort keys %{ $api->{paths} }) {
		for my $method (sort keys %{ $api->{paths}{$path} }) {
			next if $path =~ m{^/v1/(?:self|export|erase|new-code|contact|profile)$} && $skip;
			my $schema = $api->{paths}{$path}{$method}{requestBody}{content}{'application/json'}{schema} // {};
			$schema = $api->{components}{schemas}{ $1 } if ($schema->{'$ref'} // '') =~ m{([^/]+)$};
			my %valid = (ticket => $ticket, profile => $bob->{profile}, text_version => 1, seen_hash => '00' x 32,
				cause => 'other', text => 'x', code => '0' x 28, new_code => '0' x 28);
			my @bodies = ({ map { exists $valid{$_} ? ($_ => $valid{$_})
				: () } keys %{ $schema->{properties} // {} } });
			for my $field (sort keys %{ $schema->{properties} // {} }) {
				push @bodies, map { { %{ $bodies[0] }, $field => $_ } } 'wrong', 'y' x 5000, [1];
			}
			my $at = $path =~ s/\{id\}/$bob->{profile}/gr =~ s/\{\w+\}/x/gr;
			for my $body (@bodies) {
				my $r = $web->request(uc $method, "$base$at",
					{ headers => { 'content-type' => 'application/json' },
						content => uc $method eq 'GET' ? '' : encode_json($body) });
				$marks_in_answers += marks($r->{content}) + marks(join ' ', map {"$_"} %{ $r->{headers} });
				$asked++;
			}
			$marks_in_answers += marks($web->request('PUT', "$base$at")->{content});
		}
	}
}
walk("http://$s->{address}", 'ab' x 80, 0);
signed_in($carol);
walk("http://$s->{address}", $carol->{ticket}, 1);
walk($i->url, 'x', 0);
for my $page ('/', '/protected', '/imprint', '/privacy', '/left') {
	$marks_in_answers += marks($web->get("http://$s->{address}$page")->{content});
}
$marks_in_answers += marks($web->get($i->url($_))->{content})
	for '/', '/profiles', "/profiles/$alice->{profile}", '/search?q=Kanarie';
cmp_ok($asked, '>', 200, "$asked requests");
is($marks_in_answers, 0, 'before a match no answer to anybody else has a contact');
signed_in($alice, $bob, $carol);
for my $pair ([ $alice, $bob ], [ $bob, $alice ], [ $carol, $alice ], [ $alice, $carol ]) {
	my ($status, $answer, $r) = $s->release(@$pair);
	is("$status " . marks($r->{content}), '403 0', 'nor has a release');
}
is_deeply([ everywhere() ], [], 'before a match no file, log, WAL and dump has one');
$i->run_ok('export');
is(scalar(in_files("$i->{dir}/site")), 0, 'nor has the exported site');
SKIP: {
	my %p = $i->processes;
	my ($contact) = grep { $p{$_} =~ /^holdfast-cont/ } keys %p;
	my ($server) = grep { $p{$_} =~ /^postgres/ } keys %p;
	skip 'the memory of other processes cannot be read here', 2
		unless defined memory($contact);
	is_deeply([ in_memory() ], [], 'and no process that serves or keeps has one in its memory');
	skip 'builds for debugging write cores', 1 unless $Instance::build =~ m{/release$};
	my @sphere = grep { $p{$_} =~ /^holdfast-(?:cont|keep)/ } keys %p;
	my @dumps = grep { Instance::read_file("/proc/$_/limits") !~ /^Max core file size +0 +0 /m } @sphere;
	is(scalar @dumps, 0, 'and a release writes no core of them');
}

# ---- the match ----
signed_in($alice, $bob);
$s->unlock($bob, $alice);
$i->until('a match', sub { $s->state_of($alice, $bob) eq 'matched' });
# Everybody signs in and asks for the two, and the two ask for everybody.
my (%reads, %status);
for my $found (each_of(sub {
	my ($p) = @_;
	signed_in($p, $alice, $bob);
	my @found;
	for my $pair (map { ([ $p, $_ ], [ $_, $p ]) } grep { $_->{own} ne $p->{own} } $alice, $bob) {
		my ($status, $answer, $r) = $s->release(@$pair);
		push @found, [ $status, map {"$pair->[0]{own} reads $_"} $r->{content} =~ /($mark\d{5})/g ];
	}
	return \@found;
}, @party))
{
	for my $answer (@$found) {
		my ($status, @read) = @$answer;
		$status{$status}++;
		$reads{$_} = 1 for @read;
	}
}
is_deeply(\%status, { 200 => 4, 403 => 4 * ($count - 2) }, 'after it everybody asked, and only the two are answered');
is_deeply([ sort keys %reads ], [ sort "$alice->{own} reads $bob->{own}", "$bob->{own} reads $alice->{own}" ],
	'after it exactly the two read exactly each other');
is_deeply([ everywhere() ], [], 'and still no file, log, WAL and dump has one');

# Codes and tickets are secrets, too. grep looks for all of them in one pass; an alternation of 30 000 took minutes. The
# first signs of a secret stand for it: they are enough to be it by no accident, and whole ones take three times as
# long.
sub lines_of_log_with {
	open my $list, '>', "$i->{home}/searched" or die "searched: $!";
	print {$list} map { substr($_, 0, 16) . "\n" } @_;
	close $list;
	return 0 + `LC_ALL=C grep -caFf '$i->{home}/searched' '$i->{dir}/log/holdfast.log'`;
}
cmp_ok(lines_of_log_with(map { $_->{profile} } @party), '>=', $count, 'the log has the number of each profile');
is(lines_of_log_with(map { $_->{code}, $_->{code} =~ s/-//gr, $_->{ticket} } @party), 0, 'and no code and no ticket');

# The core of a process that crashes after it has handled all of them. Only a debug build writes one, in /tmp; each
# process is killed after the one before has left its core, as they have one name.
my $core = '/tmp/core';
sub core_of {
	my ($name) = @_;
	my %p = $i->processes;
	my ($pid) = grep { $p{$_} =~ /^$name/ } sort { $a <=> $b } keys %p;
	unlink $core;
	kill 'ABRT', $pid;
	$i->until("$name has left its core", sub { !-e "/proc/$pid" });
	my $bytes = slurp($core);
	unlink $core;
	return $bytes;
}
SKIP: {
	skip 'a build for debugging writes cores', 7 unless $Instance::build =~ m{/debug$};
	skip 'cores are written elsewhere here', 7 unless Instance::read_file('/proc/sys/kernel/core_pattern') eq "core\n";
	# A release is the last that both have done.
	signed_in($alice, $bob);
	is(($s->release($alice, $bob))[0], 200, 'a contact has passed through both just now');
	my @secrets = map { substr $_, 0, 16 }
		map { ($_->{code}, $_->{code} =~ s/-//gr, pack 'H*', $_->{ticket}) } $alice, $bob;
	for my $name ('holdfast-cont', 'holdfast-keep') {
		my $bytes = core_of($name);
		ok(length $bytes > 1 << 18 && index($bytes, 'holdfast') >= 0, "$name has written a core, and it is read");
		is(marks($bytes), 0, 'without a contact');
		is(scalar(grep { index($bytes, $_) >= 0 } @secrets), 0, 'code or ticket');
		$i->until('the sphere is back', sub { eval { $s->ok('code') } });
	}
}
is(($i->run('down'))[0], 0, 'down');
done_testing;
